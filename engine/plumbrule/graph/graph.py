"""Graph: nodes by address and kind, typed edges both ways, and what is known to be missing.

The store is a dictionary of dictionaries in networkx's own shape, because building it costs nothing
and networkx (110 ms to import) is needed only for paths, components and export.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plumbrule_parsers.document import Hole, Node, Unit
from plumbrule_parsers.source import Span, record
from plumbrule_parsers.value import Hop, Unknown


@record(frozen=True, slots=True)
class Edge:
    """A typed edge. `doubt` is set if it is only possible; `evidence` is where it was read.

    `way` are the places that a value passes between the origin and the target, from the target.
    """

    origin: str
    target: str
    name: str
    evidence: Span
    doubt: Unknown | None = None
    way: tuple[Hop, ...] = ()


class Graph:
    """Built once by `link`, then read only.

    `ancestors` gives for each kind itself and all its supertypes, nearest first. Iteration order of
    everything is by address, so results do not depend on file order.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        edges: Iterable[Edge],
        holes: Iterable[Hole],
        ancestors: Mapping[str, tuple[str, ...]],
        environments: Mapping[str, str] | None = None,
        units: Mapping[str, Unit] | None = None,
    ) -> None:
        self.nodes: dict[str, Node] = {
            node.address: node for node in sorted(nodes, key=lambda node: node.address)
        }
        self.ancestors = ancestors
        self.holes: tuple[Hole, ...] = tuple(
            sorted(holes, key=lambda hole: (*hole.span.sort_key(), str(hole.why)))
        )
        self.environments: Mapping[str, str] = environments or {}  # address -> environment
        self.units: Mapping[str, Unit] = units or {}  # by name
        self._extents: dict[str, list[Node]] = {}
        self._hiding: dict[str, list[Hole]] = {}
        self._edge_hiding: dict[frozenset[str], list[Hole]] = {}
        self._around: dict[tuple[str, str], frozenset[int]] = {}
        self.indexes: dict[tuple[object, ...], object] = {}  # filled by the evaluator on demand
        self.doubts: dict[int, object] = {}  # the same, by the identity of an edge's unknown
        for node in self.nodes.values():
            for kind in ancestors.get(node.kind, (node.kind,)):
                self._extents.setdefault(kind, []).append(node)
        # edge name -> address -> edges, in both directions
        self.successors: dict[str, dict[str, tuple[Edge, ...]]] = {}
        self.predecessors: dict[str, dict[str, tuple[Edge, ...]]] = {}
        self.edge_count = 0
        for name, rows in sorted(_best(edges).items()):
            forward: dict[str, tuple[Edge, ...]] = {}
            backward: dict[str, list[Edge]] = {}
            for origin in sorted(rows):
                row = rows.pop(origin)
                listed = forward[origin] = tuple([row[target] for target in sorted(row)])
                self.edge_count += len(listed)
                for edge in listed:
                    backward.setdefault(edge.target, []).append(edge)
            self.successors[name] = forward
            self.predecessors[name] = {target: tuple(found) for target, found in backward.items()}

    def extent(self, kind: str) -> list[Node]:
        """All nodes of the kind or a subtype, by address."""
        return self._extents.get(kind, [])

    def is_a(self, kind: str, ancestor: str) -> bool:
        """True if `kind` is `ancestor` or one of its subtypes."""
        return kind == ancestor or ancestor in self.ancestors.get(kind, ())

    def outgoing(self, address: str, name: str) -> tuple[Edge, ...]:
        """Edges of that type that start at the node, by target."""
        return self.successors.get(name, {}).get(address, ())

    def incoming(self, address: str, name: str) -> tuple[Edge, ...]:
        """Edges of that type that end at the node, by origin."""
        return self.predecessors.get(name, {}).get(address, ())

    def extent_holes(self, kind: str) -> list[Hole]:
        """Holes that could hide nodes of the kind."""
        found = self._hiding.get(kind)
        if found is None:
            found = [hole for hole in self.holes if self._may_hide(hole, kind)]
            self._hiding[kind] = found
        return found

    def edge_holes(self, names: frozenset[str]) -> list[Hole]:
        """Holes that could hide edges of one of the names."""
        found = self._edge_hiding.get(names)
        if found is None:
            found = [hole for hole in self.holes if not names.isdisjoint(hole.edges)]
            self._edge_hiding[names] = found
        return found

    def around(self, node: Node) -> frozenset[int]:
        """The holes that could concern the node, as identities; equal for a folder and unit."""
        key = node.path.rpartition("/")[0], node.unit
        found = self._around.get(key)
        if found is None:
            found = frozenset(id(hole) for hole in self.holes if self.concerns(hole, node))
            self._around[key] = found
        return found

    def concerns(self, hole: Hole, node: Node) -> bool:
        """True if the hole could concern the node: by its file, or by the folder of its unit."""
        if within_reach(hole.within, node.path):
            return True
        unit = self.units.get(node.unit)
        return unit is not None and within_reach(hole.within, f"{unit.folder}/.")

    def _may_hide(self, hole: Hole, kind: str) -> bool:
        if not hole.kinds:
            return not hole.edges
        return any(self.is_a(seen, kind) or self.is_a(kind, seen) for seen in hole.kinds)


def within_reach(within: str, path: str) -> bool:
    """True if a hole that belongs to the folder `within` could concern the file `path`.

    It does if the file's folder lies above or below that folder: a chart beside a manifest may
    hold the pods that the manifest's Service selects, a chart in another subtree does not.
    """
    if not within or not path:
        return True
    folder = path.rpartition("/")[0]
    return (
        not folder or f"{within}/".startswith(f"{folder}/") or f"{folder}/".startswith(f"{within}/")
    )


def _best(edges: Iterable[Edge]) -> dict[str, dict[str, dict[str, Edge]]]:
    """By name, origin and target the edge that says most: a sure one, else the first evidence."""
    found: dict[str, dict[str, dict[str, Edge]]] = {}
    for edge in edges:
        row = found.setdefault(edge.name, {}).setdefault(edge.origin, {})
        known = row.get(edge.target)
        if known is None or _order(edge) < _order(known):
            row[edge.target] = edge
    return found


def _order(edge: Edge) -> tuple[bool, tuple[str, int, int], str]:
    doubt = edge.doubt
    return doubt is not None, edge.evidence.sort_key(), str(doubt) if doubt is not None else ""
