"""One finding for one defect: what holds alike in several units is said once, with their names.

A file that several units use is judged once for each, and so is each instance of what is declared
with `for_each`. Findings of one rule at one place about one declaration are then the same finding,
whatever the declared thing is called in each unit; it says in which units and environments it
holds, unless it holds in all, and which instances it is about.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from plumbrule.environments import DEFAULT
from plumbrule.finding import (
    MOST_NAMES,
    SEVERITIES,
    Exempted,
    Finding,
    Fix,
    RelatedSpan,
    Review,
)
from plumbrule.graph.graph import Graph
from plumbrule_parsers.document import Node
from plumbrule_parsers.text_edits.edit import TextEdit, clash
from plumbrule_parsers.value import ListValue

# File, place and kind of a node, and its number among those of one unit that stand there.
_Declaration = tuple[str, int, int, str, int]
MOST_RELATED = 8  # places of one finding after merging


@dataclass(frozen=True, slots=True)
class _Resolutions:
    """What is declared in files with several resolutions: by address, and each with its own."""

    declarations: Mapping[str, _Declaration]
    addresses: Mapping[_Declaration, list[str]]


def _resolutions(graph: Graph) -> _Resolutions:
    """The graph's declarations, worked out once: an editor judges one graph in many portions."""
    key = ("resolutions", "")
    found = graph.indexes.get(key)
    if isinstance(found, _Resolutions):
        return found
    several = {node.path for node in graph.nodes.values() if node.variant or node.instance}
    declarations: dict[str, _Declaration] = {}
    addresses: dict[_Declaration, list[str]] = {}
    counts: Counter[tuple[str, str, str, _Declaration]] = Counter()
    nodes = (node for node in graph.nodes.values() if node.path in several)
    for node in sorted(nodes, key=lambda node: (node.plain_address, node.variant, node.instance)):
        # A release's name is part of what its objects are called, so the place tells.
        place = (node.path, node.span.start, node.span.end, node.kind, 0)
        number = counts[node.unit, node.variant, node.instance, place]
        counts[node.unit, node.variant, node.instance, place] = number + 1
        declaration = (*place[:4], number)
        declarations[node.address] = declaration
        addresses.setdefault(declaration, []).append(node.address)
    made = graph.indexes[key] = _Resolutions(declarations, addresses)
    return made


class Merger:
    """The graph's declarations with the resolutions that each has."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        found = _resolutions(graph)
        self.declarations, self.resolutions = found.declarations, found.addresses

    def declaration(self, address: str) -> _Declaration | str:
        """What is declared, in whichever unit: equal for all resolutions of one declaration."""
        return self.declarations.get(address, address)

    # -------------------------------------------------------------- findings
    def findings(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, each defect once, in order of place."""
        groups: dict[tuple[object, ...], list[Finding]] = {}
        for one in found:
            groups.setdefault((one.rule, one.span, self.declaration(one.subject)), []).append(one)
        made = [self.one(group) for group in groups.values()]
        return tuple(sorted(_told_apart(made), key=Finding.sort_key))

    def exempted(self, taken: Iterable[Exempted]) -> tuple[Exempted, ...]:
        """The violations that were taken back, each defect once."""
        groups: dict[tuple[object, ...], list[Exempted]] = {}
        for one in taken:
            at = one.finding
            key = at.rule, at.span, self.declaration(at.subject), one.because, one.owner, one.until
            groups.setdefault(key, []).append(one)
        made = [
            replace(group[0], finding=self.one([one.finding for one in group]))
            for group in groups.values()
        ]
        return tuple(sorted(made, key=lambda one: one.finding.sort_key()))

    def one(self, group: Sequence[Finding]) -> Finding:
        """One finding for several resolutions of its subject, labelled."""
        # What is sure in one unit is sure; then the plain resolution speaks.
        ordered = sorted(group, key=self.order)
        first = ordered[0]
        declaration = self.declarations.get(first.subject)
        every = self.resolutions[declaration] if declaration is not None else [first.subject]
        if len(every) < 2:
            return first
        related = {spot.span: spot for one in reversed(ordered) for spot in reversed(one.related)}
        kept = tuple(reversed(related.values()))[:MOST_RELATED]
        alike = [one for one in ordered if bool(one.only_if) == bool(first.only_if)]
        first = replace(first, related=kept, severity=_gravest(alike))
        held = {one.subject for one in group}
        where = {self.name(address) for address in held}
        first = self.of_instances(first, ordered, [one for one in every if self.name(one) in where])
        outside = [address for address in every if self.name(address) not in where]
        if not outside:
            return first
        return replace(first, units=tuple(sorted(where)),
                       environments=self.environments(held, outside))  # fmt: skip

    def of_instances(
        self, first: Finding, ordered: Sequence[Finding], every: Sequence[str]
    ) -> Finding:  # fmt: skip
        """The finding with the instances that it is about, if its declaration has several."""
        nodes = self.graph.nodes
        there = {nodes[address].instance for address in every}
        held = list(dict.fromkeys(nodes[one.subject].instance for one in ordered))
        if len(there) < 2:
            return first
        if len(held) > 1:
            first = replace(_joined(first, ordered, held, len(there), nodes),
                            fix=_fix_of_all(first.fix, ordered))  # fmt: skip
        if len(held) == len(there):
            return first
        spots = {spot.span: spot for spot in first.related}
        for one in ordered:
            entry = self.entry(nodes[one.subject])
            if entry is not None:
                spots.setdefault(entry.span, entry)
        return replace(first, related=tuple(spots.values())[:MOST_RELATED])

    def entry(self, node: Node) -> RelatedSpan | None:
        """Where the entry of the instance stands that made the node."""
        while node.parent and "for_each" not in node.fields:
            above = self.graph.nodes.get(node.parent)
            if above is None:
                return None
            node = above
        keys = node.fields.get("for_each")
        place = keys.place(0) if node.instance and isinstance(keys, ListValue) else None
        return RelatedSpan(place.value, f"entry {node.instance}") if place is not None else None

    def order(self, one: Finding) -> tuple[bool, bool, str]:
        """What is sure comes first, then the plain resolution."""
        node = self.graph.nodes.get(one.subject)
        return bool(one.only_if), node is not None and bool(node.variant), one.subject

    def name(self, address: str) -> str:
        """What tells the resolution: its variant, or the unit of the plain one."""
        node = self.graph.nodes[address]
        return node.variant or node.unit

    def environments(self, held: set[str], outside: Iterable[str]) -> tuple[str, ...]:
        """The environments in which it holds, if they say where it does and where it does not."""
        inside = {self.graph.environments.get(address, DEFAULT) for address in held}
        others = {self.graph.environments.get(address, DEFAULT) for address in outside}
        return () if DEFAULT in inside or inside & others else tuple(sorted(inside))

    # -------------------------------------------------------------- reviews
    def reviews(self, undecided: Iterable[Review]) -> tuple[Review, ...]:
        """The undecided checks, each once, with the causes of all its resolutions."""
        groups: dict[tuple[object, ...], list[Review]] = {}
        for one in undecided:
            groups.setdefault((one.rule, one.span, self.declaration(one.subject)), []).append(one)
        made = []
        for group in groups.values():
            ordered = sorted(group, key=lambda one: one.subject)
            causes = {cause.key: cause for one in reversed(ordered) for cause in
                      reversed(one.causes)}  # fmt: skip
            made.append(replace(ordered[0], causes=tuple(reversed(causes.values())),
                                severity=_gravest(ordered)))  # fmt: skip
        return tuple(sorted(made, key=Review.sort_key))


def _gravest(group: Sequence[Finding] | Sequence[Review]) -> str:
    """What the worst of the resolutions makes of it."""
    return max((one.severity for one in group), key=SEVERITIES.index)


def _joined(
    first: Finding, ordered: Sequence[Finding], held: Sequence[str], there: int,
    nodes: Mapping[str, Node],
) -> Finding:  # fmt: skip
    """One finding for several instances, whose message and label say which."""
    every = len(held) == there
    own = nodes[first.subject].instance
    named = [one or "others" for one in held]
    more = len(named) - MOST_NAMES
    listed = ", ".join(named[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    told = f"all {there} instances" if every else f"{len(held)} of {there} instances: {listed}"
    common = {_without(one.message, nodes[one.subject].instance) for one in ordered}
    if len(common) == 1:
        message = f"{common.pop()} ({told})"
    else:
        message = f"{first.message} (alike in {told})"
    label = _without(first.subject_label, own) if every else first.subject_label
    return replace(first, message=message, subject_label=label)


def _without(text: str, instance: str) -> str:
    """A text that names an instance, about all of them."""
    return text.replace(instance, "") if instance else text


def _fix_of_all(fix: Fix | None, findings: Sequence[Finding]) -> Fix | None:
    """The fixes of all instances in one, where each has one and none clash."""
    edits: dict[TextEdit, None] = {}
    for one in findings:
        for edit in one.fix.edits if one.fix is not None else ():
            if any(clash(edit, other) for other in edits):
                return fix
            edits[edit] = None
    if fix is None or any(one.fix is None for one in findings):
        return fix
    safe = all(one.fix is not None and one.fix.safe for one in findings)
    return replace(fix, safe=safe, edits=tuple(edits))


def _told_apart(findings: list[Finding]) -> list[Finding]:
    """The findings with fingerprints of their own.

    What differs between the units of one declaration would share one: the plain resolution keeps
    it, so that a second unit does not make it look new.
    """
    seen: set[str] = set()
    made = []
    for one in sorted(findings, key=lambda one: (one.subject, one.rule, one.span.sort_key())):
        mark = one.fingerprint
        if mark in seen:
            text = f"{mark}\0{one.subject}\0{one.span.path}"
            mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        seen.add(mark)
        made.append(one if mark == one.fingerprint else replace(one, fingerprint=mark))
    return made
