"""Flows: a value that was written in one declaration and stands in another makes an edge.

Parsers keep for every value the hops from where it is used to where a person wrote it: the values
key, the argument of the caller, the variable's default. Each hop lies in some declaration, and each
of these has an edge `ends_in` to the use, with the hops between as its `way`. So a password in a
variable's default is followed through modules, `helm_release` and templates to the container that
gets it. The edges are closed by construction: one step is the whole way, and a chain of steps (two
values that meet in one declaration) claims nothing about one value.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from plumbrule.graph.graph import Edge
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, ListValue, MapValue, Value


def flow_edges(by_address: Mapping[str, Node]) -> Iterator[Edge]:
    """The `ends_in` edges among the nodes, each with the hop where the value enters."""
    owners = _Owners(by_address)
    for node in by_address.values():
        # Several entries often share their hops; to compare them would cost more than it saves.
        ways = {id(way): way for way in _ways(node.fields)}
        if ways:
            yield from _into(node, ways.values(), _above(node, by_address), owners)


def _into(
    node: Node, ways: Iterable[tuple[Hop, ...]], family: frozenset[str], owners: _Owners
) -> Iterator[Edge]:  # fmt: skip
    """The edges to one node, from every declaration that a value of it comes through."""
    seen = set(family)
    for way in ways:
        for number, hop in enumerate(way):
            if hop.kind != "data":
                continue  # it only decided which value is taken
            owner = owners.of(hop.span, node)
            if owner is None or owner.address in seen:
                continue
            seen.add(owner.address)
            if not owner.parent or node.address not in _above(owner, owners.by_address):
                yield Edge(owner.address, node.address, "ends_in", hop.span, way=way[:number])


def _above(node: Node, by_address: Mapping[str, Node]) -> frozenset[str]:
    """The node and all that contain it: nothing ends in a part of itself, or in its own whole."""
    seen: set[str] = set()
    at: Node | None = node
    while at is not None and at.address not in seen:
        seen.add(at.address)
        at = by_address.get(at.parent)
    return frozenset(seen)


def _ways(value: Value) -> Iterator[tuple[Hop, ...]]:
    """The hops of every entry that has some."""
    stack: list[MapValue | ListValue] = [value] if isinstance(value, (MapValue, ListValue)) else []
    while stack:
        at = stack.pop()
        if at.places:
            for place in at.places.values():
                if place.via:
                    yield place.via
        inner = at.values() if isinstance(at, MapValue) else at
        stack += [item for item in inner if isinstance(item, (MapValue, ListValue))]


class _Owners:
    """Which declaration a place lies in: the innermost, in each of its resolutions."""

    def __init__(self, by_address: Mapping[str, Node]) -> None:
        found: dict[str, dict[tuple[int, int], list[Node]]] = {}
        for node in by_address.values():
            fields, span = node.fields, node.span
            if fields.source is span.source and fields.end > fields.start:
                extent = min(fields.start, span.start), max(fields.end, span.end)
            else:
                extent = span.start, span.end
            found.setdefault(span.path, {}).setdefault(extent, []).append(node)
        self.found = found
        self.by_address = by_address
        self.tables: dict[str, _Table] = {}
        self.known: dict[tuple[str, int, int], _Resolutions | None] = {}

    def of(self, span: Span, target: Node) -> Node | None:
        """The declaration that holds the place, as it is seen from the target."""
        key = span.sort_key()
        if key not in self.known:
            self.known[key] = self.resolutions(span)
        found = self.known[key]
        return found.seen_from(target) if found is not None else None

    def resolutions(self, span: Span) -> _Resolutions | None:
        """The innermost declaration that holds the place, in all its resolutions."""
        extents = self.found.get(span.path)
        if extents is None:
            return None
        table = self.tables.get(span.path)
        if table is None:
            table = self.tables[span.path] = _Table(extents)
        extent = table.innermost(span.start, span.end)
        if extent is None:
            return None
        nodes = extents[extent]
        around = {node.parent for node in nodes}  # an only entry may be as long as its file
        return _Resolutions([node for node in nodes if node.address not in around])


class _Table:
    """The extents of one file, each with the next one around it."""

    def __init__(self, extents: Iterable[tuple[int, int]]) -> None:
        self.extents = sorted(extents, key=lambda extent: (extent[0], -extent[1]))
        self.starts = [start for start, _end in self.extents]
        self.around: list[int] = []
        opened: list[int] = []
        for number, (start, _end) in enumerate(self.extents):
            while opened and self.extents[opened[-1]][1] <= start:
                opened.pop()
            self.around.append(opened[-1] if opened else -1)
            opened.append(number)

    def innermost(self, start: int, end: int) -> tuple[int, int] | None:
        """The smallest extent that holds the stretch."""
        at = bisect_right(self.starts, start) - 1
        while at >= 0:
            extent = self.extents[at]
            if extent[0] <= start and end <= extent[1]:
                return extent
            at = self.around[at]
        return None


class _Resolutions:
    """One declaration as each unit that uses its file resolves it."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        ordered = sorted(nodes, key=lambda node: node.address, reverse=True)
        self.first = ordered[-1]
        self.by_variant = {node.variant: node for node in ordered}
        self.by_unit = {node.unit: node for node in ordered}
        self.by_instance = {(node.unit, node.variant, node.instance): node for node in ordered
                            if node.instance}  # fmt: skip

    def seen_from(self, target: Node) -> Node:
        """What `called_by` gives, in the instance with the target's key if there is one."""
        found = self.called_by(target)
        if not self.by_instance:
            return found
        return self.by_instance.get((found.unit, found.variant, target.instance), found)

    def called_by(self, target: Node) -> Node:
        """That of the target's own call, else of the nearest caller above it, else of its unit."""
        if len(self.by_variant) == 1:
            return self.first
        chain = target.variant
        while chain:
            found = self.by_variant.get(chain)
            if found is not None:
                return found
            chain = chain.rpartition(".")[0]
        plain = self.by_variant.get("")
        if plain is not None and plain.unit == target.unit:
            return plain
        return self.by_unit.get(target.unit) or plain or self.first
