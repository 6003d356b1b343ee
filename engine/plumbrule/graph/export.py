"""The graph, or a part of it, as text: DOT, Mermaid, JSON or GraphML; same graph, same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from plumbrule.graph.graph import Edge, Graph
from plumbrule.graph.paths import Part, whole
from plumbrule.redact import cut_out, secret_ranges
from plumbrule_parsers.document import Hole, Node

FORMS: Final = ("dot", "mermaid", "json", "graphml")
DRAWN: Final = ("dot", "mermaid")  # forms that are looked at, not read by programs
DRAW_LIMIT: Final = 1_500

# Control characters, lone surrogates and the two that XML refuses: no syntax here can hold all.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class TooLargeError(ValueError):
    """The part has more nodes than can be drawn; the message says what to do instead."""


def export(
    graph: Graph, form: str, part: Part | None = None, *, limit: int = DRAW_LIMIT
) -> str:  # fmt: skip
    """The part (None: everything) in one of `FORMS`, ending with a line end.

    Raises TooLargeError for a drawing of more than `limit` nodes.
    """
    part = part or whole(graph)
    if form in DRAWN and len(part.addresses) > limit:
        raise TooLargeError(
            f"{len(part.addresses)} nodes are too many for one drawing (the limit is {limit}); "
            f"name a node to draw what is around it, write `json` or `graphml`, "
            f"or allow it with `--limit {len(part.addresses)}`"
        )
    if form == "dot":
        return _dot(graph, part)
    if form == "mermaid":
        return _mermaid(graph, part)
    if form == "graphml":
        return _graphml(graph, part)
    if form == "json":
        return json.dumps(_facts(graph, part), indent=2, ensure_ascii=False) + "\n"
    raise ValueError(f"`{form[:40]}` is not one of {', '.join(FORMS)}")


def holes_of(graph: Graph, part: Part) -> list[Hole]:
    """The holes that could hide something at the nodes of the part."""
    chosen = set(part.addresses)
    if len(chosen) == len(graph.nodes):
        return list(graph.holes)
    members = (graph.nodes[address] for address in part.addresses)
    nodes = list({(node.path, node.unit): node for node in members}.values())
    return [
        hole
        for hole in graph.holes
        if (hole.kinds or not hole.addresses or chosen.intersection(hole.addresses))
        and any(graph.concerns(hole, node) for node in nodes)
    ]


def clean(text: str) -> str:
    """The text on one line, with what no text format can hold replaced."""
    return _UNPRINTABLE.sub("\ufffd", re.sub(r"[\r\n\t\u2028\u2029]+", " ", text))


def shown(text: str) -> str:
    """Words of the repository, on one line and without secrets."""
    return clean(cut_out(text, secret_ranges(text)))


def _facts(graph: Graph, part: Part) -> dict[str, Any]:
    return {
        "version": 1,
        "nodes": [_node_facts(graph, graph.nodes[address]) for address in part.addresses],
        "edges": [_edge_facts(edge) for edge in part.edges],
        "holes": [_hole_facts(hole) for hole in holes_of(graph, part)],
    }


def _node_facts(graph: Graph, node: Node) -> dict[str, Any]:
    return {
        "address": clean(node.address),
        "kind": node.kind,
        "label": shown(node.label),
        "path": clean(node.path),
        "line": node.span.line,
        "environment": clean(graph.environments.get(node.address, "")),
        "onlyIf": shown(str(node.condition)) if node.condition is not None else "",
    }


def _edge_facts(edge: Edge) -> dict[str, Any]:
    return {
        "name": edge.name,
        "origin": clean(edge.origin),
        "target": clean(edge.target),
        "path": clean(edge.evidence.path),
        "line": edge.evidence.line,
        "possible": edge.doubt is not None,
        "doubt": shown(str(edge.doubt)) if edge.doubt is not None else "",
    }


def _hole_facts(hole: Hole) -> dict[str, Any]:
    return {
        "why": shown(str(hole.why)),
        "path": clean(hole.span.path),
        "line": hole.span.line,
        "kinds": sorted(hole.kinds),
        "edges": sorted(hole.edges),
        "within": clean(hole.within),
    }


def _names(part: Part) -> dict[str, str]:
    return {address: f"n{number}" for number, address in enumerate(part.addresses)}


def _by_file(graph: Graph, addresses: Iterable[str]) -> list[tuple[str, list[Node]]]:
    files: dict[str, list[Node]] = {}
    for address in addresses:
        node = graph.nodes[address]
        files.setdefault(node.path, []).append(node)
    return sorted(files.items())


def _edge_label(edge: Edge) -> str:
    return f"{edge.name}? ({edge.doubt})" if edge.doubt is not None else edge.name


def _hole_label(hole: Hole) -> str:
    what = ", ".join((*sorted(hole.kinds), *sorted(hole.edges))) or "any kind"
    return f"not read: {hole.why} ({hole.span.path}:{hole.span.line}, could hold {what})"


# ------------------------------------------------------------------ DOT


def _quoted(text: str) -> str:
    escaped = shown(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _dot(graph: Graph, part: Part) -> str:
    names = _names(part)
    lines = [
        "digraph plumbrule {",
        '  rankdir="LR";',
        '  node [shape="box", style="rounded", fontname="sans-serif", fontsize="10"];',
        '  edge [fontname="sans-serif", fontsize="9"];',
    ]
    for number, (path, nodes) in enumerate(_by_file(graph, part.addresses)):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(path)};"]
        for node in nodes:
            look = [f"label={_quoted(node.label)}", f"tooltip={_quoted(node.kind)}"]
            if node.condition is not None:
                tip = f"{node.kind}, only if {node.condition}"
                look = [look[0], f"tooltip={_quoted(tip)}", 'style="rounded,dashed"']
            lines.append(f"    {names[node.address]} [{', '.join(look)}];")
        lines.append("  }")
    for edge in part.edges:
        look = [f"label={_quoted(_edge_label(edge))}"]
        if edge.doubt is not None:
            look.append('style="dashed"')
        lines.append(f"  {names[edge.origin]} -> {names[edge.target]} [{', '.join(look)}];")
    for number, hole in enumerate(holes_of(graph, part)):
        look = [f"label={_quoted(_hole_label(hole))}", 'shape="note"', 'style="dotted"']
        lines.append(f"  h{number} [{', '.join(look)}];")
    return "\n".join((*lines, "}")) + "\n"


# ------------------------------------------------------------------ Mermaid


def _entity(text: str) -> str:
    """Mermaid's quoted text: whatever could end it or be read as markup becomes an entity."""
    escaped = re.sub(r"[#\"<>&`\\;|\[\]{}]", lambda found: f"#{ord(found[0])};", shown(text))
    return f'"{escaped or " "}"'


def _mermaid(graph: Graph, part: Part) -> str:
    names = _names(part)
    lines = ["flowchart LR"]
    conditional: list[str] = []
    for number, (path, nodes) in enumerate(_by_file(graph, part.addresses)):
        lines.append(f"  subgraph f{number}[{_entity(path)}]")
        for node in nodes:
            label = node.label
            if node.condition is not None:
                conditional.append(names[node.address])
                label = f"{label} (only if {node.condition})"
            lines.append(f"    {names[node.address]}[{_entity(label)}]")
        lines.append("  end")
    for edge in part.edges:
        arrow = "-->" if edge.doubt is None else "-.->"
        origin, target = names[edge.origin], names[edge.target]
        lines.append(f"  {origin} {arrow}|{_entity(_edge_label(edge))}| {target}")
    holes = holes_of(graph, part)
    lines += [f"  h{number}>{_entity(_hole_label(hole))}]" for number, hole in enumerate(holes)]
    if conditional:
        lines.append("  classDef conditional stroke-dasharray: 4 3")
        lines.append(f"  class {','.join(conditional)} conditional")
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------ GraphML


def _graphml(graph: Graph, part: Part) -> str:
    """GraphML by networkx; the holes stand as JSON in an attribute of the graph."""
    import networkx as nx

    names = _names(part)
    out: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    holes = [_hole_facts(hole) for hole in holes_of(graph, part)]
    out.graph["holes"] = json.dumps(holes, ensure_ascii=False)
    for address in part.addresses:
        out.add_node(names[address], **_node_facts(graph, graph.nodes[address]))
    for number, edge in enumerate(part.edges):
        facts = _edge_facts(edge)
        facts.pop("origin")
        facts.pop("target")
        out.add_edge(names[edge.origin], names[edge.target], key=f"e{number}", **facts)
    return "\n".join(nx.generate_graphml(out)) + "\n"
