"""One finding for one defect: what holds alike in several units is said once, with their names.

A file that several units use is judged once for each. Findings of one rule at one place about one
declaration are then the same finding; it says in which units and environments it holds, unless it
holds in all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from plumbrule.environments import DEFAULT
from plumbrule.finding import Exempted, Finding, Review
from plumbrule.graph.graph import Graph

MOST_RELATED = 8  # places of one finding after merging


class Merger:
    """The graph's declarations with the resolutions that each has."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        # plain address -> addresses, of what has more than one resolution
        self.resolutions: dict[str, list[str]] = {}
        for node in graph.nodes.values():
            if node.variant:
                self.resolutions.setdefault(node.plain_address, []).append(node.address)
        for plain, listed in self.resolutions.items():
            if plain in graph.nodes:
                listed.insert(0, plain)

    def plain(self, address: str) -> str:
        """The address without its variant."""
        node = self.graph.nodes.get(address)
        return node.plain_address if node is not None else address

    # -------------------------------------------------------------- findings
    def findings(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, each defect once, in order of place."""
        groups: dict[tuple[object, ...], list[Finding]] = {}
        for one in found:
            groups.setdefault((one.rule, one.span, self.plain(one.subject)), []).append(one)
        made = [self.one(group) for group in groups.values()]
        return tuple(sorted(_told_apart(made), key=Finding.sort_key))

    def exempted(self, taken: Iterable[Exempted]) -> tuple[Exempted, ...]:
        """The violations that were taken back, each defect once."""
        groups: dict[tuple[object, ...], list[Exempted]] = {}
        for one in taken:
            at = one.finding
            key = at.rule, at.span, self.plain(at.subject), one.because, one.owner, one.until
            groups.setdefault(key, []).append(one)
        made = [
            replace(group[0], finding=self.one([one.finding for one in group]))
            for group in groups.values()
        ]
        return tuple(sorted(made, key=lambda one: one.finding.sort_key()))

    def one(self, group: Sequence[Finding]) -> Finding:
        """One finding for several resolutions of its subject, labelled."""
        # What is sure in one unit is sure; then the plain resolution speaks.
        ordered = sorted(group, key=lambda one: (bool(one.only_if), one.subject))
        first = ordered[0]
        every = self.resolutions.get(self.plain(first.subject), ())
        if len(every) < 2:
            return first
        related = {spot.span: spot for one in reversed(ordered) for spot in reversed(one.related)}
        kept = tuple(reversed(related.values()))[:MOST_RELATED]
        held = {one.subject for one in group}
        if len(held) == len(every):
            return replace(first, related=kept)
        return replace(first, related=kept, units=self.names(held),
                       environments=self.environments(held, every))  # fmt: skip

    def names(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """What tells the resolutions: their variants, or the unit of the plain one."""
        nodes = (self.graph.nodes[address] for address in addresses)
        return tuple(sorted({node.variant or node.unit for node in nodes}))

    def environments(self, held: set[str], every: Iterable[str]) -> tuple[str, ...]:
        """The environments in which it holds, if they say where it does and where it does not."""
        inside = {self.graph.environments.get(address, DEFAULT) for address in held}
        outside = {
            self.graph.environments.get(address, DEFAULT) for address in every
            if address not in held
        }  # fmt: skip
        return () if DEFAULT in inside or inside & outside else tuple(sorted(inside))

    # -------------------------------------------------------------- reviews
    def reviews(self, undecided: Iterable[Review]) -> tuple[Review, ...]:
        """The undecided checks, each once, with the causes of all its resolutions."""
        groups: dict[tuple[object, ...], list[Review]] = {}
        for one in undecided:
            groups.setdefault((one.rule, one.span, self.plain(one.subject)), []).append(one)
        made = []
        for group in groups.values():
            ordered = sorted(group, key=lambda one: one.subject)
            causes = {cause.key: cause for one in reversed(ordered) for cause in
                      reversed(one.causes)}  # fmt: skip
            made.append(replace(ordered[0], causes=tuple(reversed(causes.values()))))
        return tuple(sorted(made, key=Review.sort_key))


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
