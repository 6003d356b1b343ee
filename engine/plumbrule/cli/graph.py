"""Print the resource graph: whole, the neighbourhood of a node, or the path between two."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable

from plumbrule.cli.color import writable
from plumbrule.cli.prepare import UsageError, common_arguments, given_paths, jobs_argument, prepare
from plumbrule.graph.graph import Graph
from plumbrule.graph.paths import Part

FORMATS = ("list", "count", "dot", "mermaid", "json", "graphml")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb graph` takes."""
    common_arguments(parser)
    jobs_argument(parser)
    parser.add_argument("--format", choices=FORMATS, default="list", help="(default: list)")
    parser.add_argument(
        "--node",
        metavar="NODE",
        help="only what is near this node: its address or label, or the end of one",
    )
    parser.add_argument("--depth", type=int, default=1, metavar="N", help="how near (default: 1)")
    parser.add_argument("--from", dest="origin", metavar="NODE", help="a path from this node")
    parser.add_argument("--to", dest="target", metavar="NODE", help="a path to this node")
    parser.add_argument("--kind", metavar="KIND", help="only nodes of this kind")
    parser.add_argument(
        "--unit", metavar="NAME", help="only the nodes of this unit (see `plumb units`)"
    )
    parser.add_argument(
        "--limit",
        type=int,
        default=1500,
        metavar="N",
        help="draw at most so many nodes (default: 1500)",
    )


def run(options: argparse.Namespace) -> int:
    """The graph in the chosen form; 2 if a node is not found or there is no path."""
    from plumbrule.graph.export import TooLargeError, export
    from plumbrule.graph.find import NodeNotFoundError
    from plumbrule.scan.scan import build_model

    if bool(options.origin) is not bool(options.target):
        raise UsageError("`--from` and `--to` go together")
    paths = given_paths(options)
    prepared = prepare(options, paths)
    model = build_model(paths, prepared.config, prepared.pack, jobs=options.jobs)
    graph = model.graph
    unit = _unit(model.units, options.unit) if options.unit is not None else None
    try:
        part = _part(graph, options, unit)
        if options.format == "count":
            text = _count(graph, part)
        elif options.format == "list":
            text = _list(graph, part)
        else:
            text = export(graph, options.format, part, limit=options.limit)
    except (NodeNotFoundError, TooLargeError) as error:
        raise UsageError(str(error)) from None
    sys.stdout.write(writable(text))
    return 0


def _unit(names: Iterable[str], wanted: str) -> str:
    """The unit that is meant: by its name, or by the only one that ends so."""
    from plumbrule.language.schema import suggest

    known = list(names)
    name = wanted.rstrip("/") if wanted.rstrip("/") in known else wanted
    ends = [one for one in known if one.endswith((f"/{name}", f"@{name}"))]
    if name in known:
        return name
    if len(ends) == 1:
        return ends[0]
    listed = f"; it could be {', '.join(f'`{one}`' for one in ends[:5])}" if ends else ""
    raise UsageError(
        f"there is no unit `{wanted}`{listed or suggest(wanted, known)}",
        "`plumb units` lists them",
    )


def _part(graph: Graph, options: argparse.Namespace, unit: str | None) -> Part:
    from plumbrule.graph.find import find_node
    from plumbrule.graph.paths import neighbourhood, shortest_path, whole

    if options.origin:
        ends = find_node(graph, options.origin), find_node(graph, options.target)
        part = shortest_path(graph, *(end.address for end in ends))
        if part is None:
            raise UsageError(f"there is no path from {ends[0].label} to {ends[1].label}")
    elif options.node:
        part = neighbourhood(graph, find_node(graph, options.node).address, options.depth)
    else:
        part = whole(graph)
    if not options.kind and unit is None:
        return part
    chosen = tuple(
        address
        for address in part.addresses
        if (not options.kind or graph.is_a(graph.nodes[address].kind, options.kind))
        and unit in (None, graph.nodes[address].unit)
    )
    if not chosen and options.kind:
        raise UsageError(
            f"there is no node of the kind `{options.kind}`" + (f" in `{unit}`" if unit else ""),
            "`plumb schema` lists the kinds",
        )
    kept = set(chosen)
    if unit is not None and not options.kind and options.format == "list":
        # Where a unit leads out of itself is what a reader wants to know of it.
        return Part(chosen, tuple(edge for edge in part.edges if edge.origin in kept))
    return Part(chosen, tuple(edge for edge in part.edges if {edge.origin, edge.target} <= kept))


def _count(graph: Graph, part: Part) -> str:
    """How many nodes of each kind and edges of each type, sure and possible."""
    kinds = Counter(graph.nodes[address].kind for address in part.addresses)
    sure = Counter(edge.name for edge in part.edges if edge.doubt is None)
    possible = Counter(edge.name for edge in part.edges if edge.doubt is not None)
    lines = [f"{len(part.addresses)} nodes, {len(part.edges)} edges, {len(graph.holes)} holes"]
    if len(part.addresses) == len(graph.nodes) > 0:
        from plumbrule.graph.paths import components

        apart = components(graph)
        lines.append(
            f"{len(apart)} parts that no edge joins; the largest has {len(apart[0])} nodes"
        )
    lines += [f"  {count:7} {kind}" for kind, count in sorted(kinds.items())]
    lines += [
        f"  {sure[name]:7} -{name}->"
        + (f" and {possible[name]} possible" if possible[name] else "")
        for name in sorted({*sure, *possible})
    ]
    return "\n".join((*lines, ""))


def _list(graph: Graph, part: Part) -> str:
    """Nodes by file with their edges, for people."""
    from plumbrule.graph.export import shown

    leaving: dict[str, list[str]] = {}
    for edge in part.edges:
        if edge.name != "contains":
            doubt = f"  (possible: {edge.doubt})" if edge.doubt is not None else ""
            line = f"      -{edge.name}-> {shown(graph.nodes[edge.target].label)}{doubt}"
            leaving.setdefault(edge.origin, []).append(line)
    lines: list[str] = []
    file = ""
    for address in sorted(part.addresses, key=lambda a: graph.nodes[a].span.sort_key()):
        node = graph.nodes[address]
        if node.path != file:
            file = node.path
            lines.append(file)
        only = f"  only if {node.condition.detail}" if node.condition is not None else ""
        lines.append(f"  {node.span.line:5}  {node.kind}  {shown(node.label)}{only}")
        lines += leaving.get(address, [])
    return "\n".join((*lines, ""))
