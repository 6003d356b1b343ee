"""Print the resource graph: whole, the neighbourhood of a node, or the path between two."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

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
    graph = build_model(paths, prepared.config, prepared.pack, jobs=options.jobs).graph
    try:
        part = _part(graph, options)
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


def _part(graph: Graph, options: argparse.Namespace) -> Part:
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
    if not options.kind:
        return part
    chosen = tuple(
        address for address in part.addresses if graph.is_a(graph.nodes[address].kind, options.kind)
    )
    if not chosen:
        raise UsageError(
            f"there is no node of the kind `{options.kind}`", "`plumb schema` lists the kinds"
        )
    kept = set(chosen)
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
    leaving: dict[str, list[str]] = {}
    for edge in part.edges:
        if edge.name != "contains":
            doubt = f"  (possible: {edge.doubt})" if edge.doubt is not None else ""
            line = f"      -{edge.name}-> {graph.nodes[edge.target].label}{doubt}"
            leaving.setdefault(edge.origin, []).append(line)
    lines: list[str] = []
    file = ""
    for address in sorted(part.addresses, key=lambda a: graph.nodes[a].span.sort_key()):
        node = graph.nodes[address]
        if node.path != file:
            file = node.path
            lines.append(file)
        only = f"  only if {node.condition.detail}" if node.condition is not None else ""
        lines.append(f"  {node.span.line:5}  {node.kind}  {node.label}{only}")
        lines += leaving.get(address, [])
    return "\n".join((*lines, ""))
