"""Parts of the graph that people ask for: a neighbourhood, a path, the components; by networkx."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from plumbrule.graph.graph import Edge, Graph

if TYPE_CHECKING:
    import networkx as nx

# A path over sure edges beats one of the same length over possible ones, and never a shorter one
# as long as paths have fewer than a million steps.
_SURE = {"weight": 1_000_000}
_POSSIBLE = {"weight": 1_000_001}


@dataclass(frozen=True, slots=True)
class Part:
    """Some nodes of a graph (sorted addresses) and the edges to show between them, in order."""

    addresses: tuple[str, ...]
    edges: tuple[Edge, ...]


def all_edges(graph: Graph) -> Iterator[Edge]:
    """Every edge, by name, origin and target."""
    for name in sorted(graph.successors):
        by_origin = graph.successors[name]
        for origin in sorted(by_origin):
            yield from by_origin[origin]


def whole(graph: Graph) -> Part:
    """Everything."""
    return Part(tuple(graph.nodes), tuple(all_edges(graph)))


def neighbourhood(graph: Graph, address: str, depth: int = 1) -> Part:
    """The nodes at most `depth` edges away, in either direction, and all edges between them."""
    import networkx as nx

    near = set(nx.ego_graph(to_networkx(graph), address, radius=depth, undirected=True))
    edges = (edge for edge in all_edges(graph) if edge.origin in near and edge.target in near)
    return Part(tuple(sorted(near)), tuple(edges))


def shortest_path(graph: Graph, origin: str, target: str) -> Part | None:
    """The shortest path along the edges, else the shortest against some of them, else None.

    Of several, sure edges are preferred, then earlier addresses. `edges` has the steps in order;
    a step that runs against its edge shows the edge as it is.
    """
    import networkx as nx

    shape = to_networkx(graph)
    try:
        steps = nx.dijkstra_path(shape, origin, target)
    except nx.NetworkXNoPath:
        try:
            steps = nx.dijkstra_path(shape.to_undirected(as_view=True), origin, target)
        except nx.NetworkXNoPath:
            return None
    best: dict[tuple[str, str], Edge] = {}
    for edge in all_edges(graph):
        key = edge.origin, edge.target
        if key not in best or (best[key].doubt is not None and edge.doubt is None):
            best[key] = edge
    pairs = pairwise(steps)
    edges = tuple(best.get((one, other)) or best[other, one] for one, other in pairs)
    return Part(tuple(sorted(steps)), edges)


def components(graph: Graph) -> list[tuple[str, ...]]:
    """The parts that no edge joins, each as sorted addresses; the largest first."""
    import networkx as nx

    found = [tuple(sorted(part)) for part in nx.weakly_connected_components(to_networkx(graph))]
    return sorted(found, key=lambda part: (-len(part), part))


def to_networkx(graph: Graph) -> nx.DiGraph[str]:
    """The graph's shape in networkx: an arc where any edge is; `weight` prefers sure edges.

    The result is for reading only: arcs share their attributes.
    """
    nodes: dict[str, dict[str, Any]] = {address: {} for address in graph.nodes}
    arcs = _arcs(all_edges(graph))
    return _adopt(nodes, arcs) or _add(nodes, arcs)


_Arcs = dict[tuple[str, str], dict[str, int]]


def _arcs(edges: Iterable[Edge]) -> _Arcs:
    arcs: _Arcs = {}
    for edge in edges:
        key = edge.origin, edge.target
        if edge.doubt is None:
            arcs[key] = _SURE
        else:
            arcs.setdefault(key, _POSSIBLE)
    return dict(sorted(arcs.items()))


def _adopt(nodes: dict[str, dict[str, Any]], arcs: _Arcs) -> nx.DiGraph[str] | None:
    """A graph that takes our dictionaries over, or None if this networkx does not work like that.

    Adding 100,000 edges one by one takes a second, adopting them next to nothing. The names are
    private to networkx, so the result is probed, and a test compares it with `_add`.
    """
    import networkx as nx

    forward: dict[str, dict[str, dict[str, int]]] = {address: {} for address in nodes}
    backward: dict[str, dict[str, dict[str, int]]] = {address: {} for address in nodes}
    for (origin, target), data in arcs.items():
        forward[origin][target] = data
        backward[target][origin] = data
    shape: Any = nx.DiGraph()
    try:
        shape._node, shape._adj, shape._pred = nodes, forward, backward  # noqa: SLF001
    except AttributeError:
        return None
    if shape.number_of_nodes() != len(nodes) or shape.number_of_edges() != len(arcs):
        return None
    first = next(iter(arcs), None)
    if first is not None and not (
        shape.has_edge(*first) and first[0] in shape.pred[first[1]] and first[1] in shape[first[0]]
    ):
        return None
    found: nx.DiGraph[str] = shape
    return found


def _add(nodes: dict[str, dict[str, Any]], arcs: _Arcs) -> nx.DiGraph[str]:
    import networkx as nx

    shape: nx.DiGraph[str] = nx.DiGraph()
    shape.add_nodes_from(nodes)
    shape.add_edges_from((origin, target, data) for (origin, target), data in arcs.items())
    return shape
