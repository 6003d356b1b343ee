"""Documents to one graph: references become edges, sure or possible, each with its evidence.

A reference that matches by fields looks for fitting nodes in the folder of its own file, then in
each folder above, and takes the nearest level that has any (`within` bounds how far up). A
repository holds the same object many times, in overlays and examples, and the nearest one is meant.
What the origin's own unit holds is nearer than everything else, and what is resolved once for each
of several units is never linked from one to the other: they are alternatives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from plumbrule.graph.flows import flow_edges
from plumbrule.graph.graph import Edge, Graph
from plumbrule_parsers.document import (
    Document,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
    ToMatch,
    Unit,
)
from plumbrule_parsers.value import MapValue, Reason, Segments, Unknown, Value


def link(
    documents: Iterable[Document],
    ancestors: Mapping[str, tuple[str, ...]],
    environments: Mapping[str, str],
    units: Mapping[str, Unit] | None = None,
    unit_nodes: Mapping[str, str] | None = None,
) -> tuple[Graph, tuple[Problem, ...]]:
    """The graph of all documents, and the references that had to fit and did not.

    `units` and `unit_nodes` give for each unit's name its record and the address of its own node.
    """
    ordered = sorted(documents, key=lambda document: document.source.path)
    nodes = [node for document in ordered for node in document.nodes]
    holes: list[Hole] = [hole for document in ordered for hole in document.holes]
    by_address = {node.address: node for node in nodes}
    edges: list[Edge] = [
        Edge(node.parent, node.address, "contains", node.span)
        for node in nodes
        if node.parent in by_address
    ]
    index = _Index(nodes, ancestors)
    problems: list[Problem] = []
    for document in ordered:
        for reference in document.references:
            origin = by_address.get(reference.origin)
            if origin is None:
                continue
            found = list(_resolve(reference, origin, by_address, index))
            edges.extend(found)
            if not found and not reference.external:
                problems.append(_dangling(reference, origin))
    edges += flow_edges(by_address)
    edges += _unit_edges(by_address, units or {}, unit_nodes or {})
    return Graph(nodes, edges, holes, ancestors, environments, units), tuple(problems)


def _unit_edges(
    by_address: Mapping[str, Node], units: Mapping[str, Unit], unit_nodes: Mapping[str, str]
) -> Iterator[Edge]:
    """From each unit to what it holds, and from what declares a unit (a release) to the unit."""
    for node in by_address.values():
        own = unit_nodes.get(node.unit)
        if own is not None and own != node.address and not node.parent:
            yield Edge(own, node.address, "holds", node.span)
    for name, unit in units.items():
        for address in unit.declared_by:
            if address in by_address:
                yield Edge(address, unit_nodes[name], "deploys", unit.span)


def _dangling(reference: Reference, origin: Node) -> Problem:
    target = reference.target
    what = target.address if isinstance(target, ToAddress) else " or ".join(target.kinds)
    return Problem(
        "dangling-reference", f"{origin.label} refers to {what}, which is not in the repository",
        reference.span, Severity.WARNING,
    )  # fmt: skip


def _resolve(
    reference: Reference, origin: Node, by_address: Mapping[str, Node], index: _Index
) -> Iterator[Edge]:
    target = reference.target
    matches: list[_Match] = []
    if isinstance(target, ToAddress):
        found = by_address.get(target.address)
        if found is not None:
            matches.append((found, None))
    else:
        matches = index.matches_again(target, origin)
    for node, doubt in matches:
        if node.address == origin.address:
            continue
        start, end = origin.address, node.address
        if reference.reverse:
            start, end = end, start
        yield Edge(start, end, reference.edge, reference.span, reference.condition or doubt,
                   way=reference.way)  # fmt: skip


_ABSENT = object()
_Match = tuple[Node, Unknown | None]


class _Index:
    """Nodes by kind and by the values of the fields that references ask for.

    Nodes with an unknown in such a field stand in a bucket of their own, because they may fit.
    """

    def __init__(self, nodes: list[Node], ancestors: Mapping[str, tuple[str, ...]]) -> None:
        self.by_kind: dict[str, list[Node]] = {}
        for node in nodes:
            for kind in ancestors.get(node.kind, (node.kind,)):
                self.by_kind.setdefault(kind, []).append(node)
        self.tables: dict[tuple[str, tuple[str, ...]], _Table] = {}
        self.by_label: dict[tuple[str, str], _LabelTable] = {}
        # Which units resolve a file: two that share one are alternatives of each other.
        self.resolved = {(node.unit, node.path) for node in nodes}
        self.last: tuple[ToMatch, Node, list[_Match]] | None = None

    def matches_again(self, target: ToMatch, origin: Node) -> list[_Match]:
        """As `matches`; one mention often makes two edges, one after the other."""
        last = self.last
        if last is None or last[0] is not target or last[1] is not origin:
            last = self.last = target, origin, self.matches(target, origin)
        return last[2]

    def matches(self, target: ToMatch, origin: Node) -> list[_Match]:
        """The nearest nodes that fit, surely or possibly, by address."""
        found: list[_Match] = []
        seen: set[str] = set()
        for kind in target.kinds:
            for node in self._candidates(kind, target):
                if node.address in seen:
                    continue
                seen.add(node.address)
                if node.unit != origin.unit and self.alternative(node, origin):
                    continue
                verdict = _fits(node, target)
                if verdict is True:
                    found.append((node, None))
                elif verdict is not False:
                    found.append((node, verdict))
        return _nearest(found, origin, target.within)

    def alternative(self, node: Node, origin: Node) -> bool:
        """True if the units of the two resolve a file of each other: only one of them is run."""
        if not node.variant and not origin.variant:
            return False
        return (node.unit, origin.path) in self.resolved or (
            origin.unit, node.path
        ) in self.resolved  # fmt: skip

    def _candidates(self, kind: str, target: ToMatch) -> Iterable[Node]:
        known = [pair for pair in target.equals if isinstance(pair[1], (str, int))]
        if known:
            names = tuple([name for name, _value in known])
            table = self.tables.get((kind, names))
            if table is None:
                table = _Table(self.by_kind.get(kind, []), names)
                self.tables[kind, names] = table
            exact = table.exact.get(tuple([value for _name, value in known]), ())
            return (*exact, *table.unknown) if table.unknown else exact
        labels = [(key, value) for key, value in target.labels if isinstance(value, str)]
        if labels:
            label_table = self.by_label.get((kind, target.labels_field))
            if label_table is None:
                label_table = _LabelTable(self.by_kind.get(kind, []), target.labels_field)
                self.by_label[kind, target.labels_field] = label_table
            best = min((label_table.exact.get(label, []) for label in labels), key=len)
            return (*best, *label_table.unknown)
        return self.by_kind.get(kind, ())


class _Table:
    def __init__(self, nodes: list[Node], names: tuple[str, ...]) -> None:
        self.exact: dict[tuple[Any, ...], list[Node]] = {}
        self.unknown: list[Node] = []
        for node in nodes:
            # Null is absent, and an absent field fits "": the comparison in `_equal` says so too.
            found = map(node.fields.get, names)
            values = tuple(["" if value is None else value for value in found])
            others = [value for value in values if not isinstance(value, (str, int))]
            if node.fields.rest is not None or any(
                isinstance(value, (Unknown, Segments)) for value in others
            ):
                self.unknown.append(node)
            elif not others:
                self.exact.setdefault(values, []).append(node)


class _LabelTable:
    def __init__(self, nodes: list[Node], name: str) -> None:
        self.exact: dict[tuple[str, str], list[Node]] = {}
        self.unknown: list[Node] = []
        for node in nodes:
            labels = node.fields.get(name)
            if isinstance(labels, MapValue):
                if labels.rest is not None or any(
                    not isinstance(value, (str, int, bool)) for value in labels.values()
                ):
                    self.unknown.append(node)
                    continue
                for key, value in labels.items():
                    if isinstance(value, str):
                        self.exact.setdefault((key, value), []).append(node)
            elif isinstance(labels, (Unknown, Segments)) or (
                labels is None and node.fields.rest is not None
            ):
                self.unknown.append(node)


def _fits(node: Node, target: ToMatch) -> bool | Unknown:
    """Whether the node fits: True, False, or the unknown that decides it."""
    doubt: Unknown | None = None
    for name, value in target.equals:
        verdict = _equal(node.fields.get(name, _ABSENT), value, node.fields.rest)
        if verdict is False:
            return False
        if isinstance(verdict, Unknown):
            doubt = doubt or verdict
    if target.labels or target.expressions:
        labels = node.fields.get(target.labels_field)
        if isinstance(labels, (Unknown, Segments)):
            return doubt or _unknown(labels)
        if labels is None and node.fields.rest is not None:
            return doubt or node.fields.rest  # the labels may stand among what was not read
        if not isinstance(labels, MapValue):
            labels = None
        for verdict in _label_verdicts(labels, target):
            if verdict is False:
                return False
            if isinstance(verdict, Unknown):
                doubt = doubt or verdict
    return doubt if doubt is not None else True


def _label_verdicts(labels: MapValue | None, target: ToMatch) -> Iterator[bool | Unknown]:
    rest = labels.rest if labels is not None else None
    entries = labels if labels is not None else {}
    for key, value in target.labels:
        yield _equal(entries.get(key, _ABSENT), value, rest)
    for key, operator, values in target.expressions:
        present = entries.get(key, _ABSENT)
        if present is _ABSENT and rest is not None:
            yield rest
        elif operator == "Exists":
            yield present is not _ABSENT
        elif operator == "DoesNotExist":
            yield present is _ABSENT
        elif operator == "In":
            yield _among(present, values)
        elif operator == "NotIn":
            verdict = _among(present, values)
            yield verdict if isinstance(verdict, Unknown) else not verdict
        else:
            yield Unknown(Reason.TYPE, f"label operator `{operator[:40]}`")


def _among(present: Any, values: tuple[Value, ...]) -> bool | Unknown:
    if present is _ABSENT:
        return False
    doubt: Unknown | None = None
    for value in values:
        verdict = _equal(present, value, None)
        if verdict is True:
            return True
        if isinstance(verdict, Unknown):
            doubt = doubt or verdict
    return doubt if doubt is not None else False


def _equal(one: Any, other: Any, rest: Unknown | None) -> bool | Unknown:
    if one is _ABSENT or one is None:
        # "" asks for a field that is absent: two objects without a namespace share one.
        return rest if rest is not None else bool(other == "")
    for value in (one, other):
        if isinstance(value, Unknown):
            both = isinstance(one, Unknown) and isinstance(other, Unknown)
            if both and one.identity and one.identity == other.identity:
                return True
            return value
    for segments, text in ((one, other), (other, one)):
        if isinstance(segments, Segments):
            if isinstance(text, str):
                fits = text.startswith(segments.prefix) and text.endswith(segments.suffix)
                long_enough = len(text) >= len(segments.prefix) + len(segments.suffix)
                return segments.unknowns[0] if fits and long_enough else False
            return segments.unknowns[0]
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)


def _unknown(value: Unknown | Segments) -> Unknown:
    return value if isinstance(value, Unknown) else value.unknowns[0]


def _nearest(found: list[_Match], origin: Node, within: str) -> list[_Match]:
    """The matches at the nearest folder level, in order of address.

    A level whose matches are all doubtful does not end the search: if they do not fit after all,
    the next level is meant. So what the next sure level adds is possible, by the nearest doubt.
    """
    if within:
        found = [match for match in found if match[0].path.startswith(f"{within}/")]
    if len(found) <= 1:
        return found
    chosen: dict[str, _Match] = {}
    doubt: Unknown | None = None
    for level in _levels(found, origin):
        for node, own in level:
            chosen.setdefault(node.address, (node, own or doubt))
        doubts = [own for _node, own in level if own is not None]
        if len(doubts) < len(level):
            break
        doubt = doubt or next(iter(doubts), None)
    return [chosen[address] for address in sorted(chosen)]


def _levels(found: list[_Match], origin: Node) -> Iterator[list[_Match]]:
    """The matches in the origin's unit, in its folder, in the folder above, and so on."""
    if origin.unit:
        yield [match for match in found if match[0].unit == origin.unit]
    folder = origin.path.rpartition("/")[0]
    while folder:
        yield [match for match in found if match[0].path.startswith(f"{folder}/")]
        folder = folder.rpartition("/")[0]
    yield found
