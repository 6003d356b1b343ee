"""What the values of a block tell of the resources, and their instances, that they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.static import Copy, Meant
from plumbrule_parsers.traced import MAX_HOPS
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Reason,
    Segments,
    Unknown,
    Value,
)

_LOST = {Reason.LIMIT, Reason.CYCLE, Reason.TYPE}  # such a value does not tell where it came from


@dataclass(slots=True)
class Seen:
    """The hops and unknowns of values. `vague` are blocks of which an instance is not told."""

    hops: set[tuple[str, int, int]] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    identities: set[str] = field(default_factory=set)
    vague: set[str] = field(default_factory=set)
    lost: Unknown | None = None

    def value(self, value: Value, via: tuple[Hop, ...]) -> None:
        """Take in a value with all that is in it."""
        self.hops.update((hop.span.path, hop.span.start, hop.span.end) for hop in via)
        self.notes.update(hop.note for hop in via)
        unknowns: tuple[Unknown, ...] = ()
        if isinstance(value, Unknown):
            unknowns = (value,)
        elif isinstance(value, Segments):
            unknowns = value.unknowns
        elif isinstance(value, MapValue):
            for key, item in value.items():
                place = value.place(key)
                self.value(item, place.via if place is not None else ())
        elif isinstance(value, ListValue):
            for index, item in enumerate(value):
                place = value.place(index)
                self.value(item, place.via if place is not None else ())
        for unknown in unknowns:
            self.identities.add(unknown.identity)
            if not unknown.identity:
                self.vague.add(unknown.reference)
            if self.lost is None and (unknown.reason in _LOST or len(via) >= MAX_HOPS):
                self.lost = Unknown(unknown.reason, unknown.detail, unknown.span)

    def identifies(self, module: Module, address: str, key: str = "") -> bool:
        """Whether a value is certainly one of this very resource, or of its instance."""
        start = f"{module.chain}:{address}."
        return any(one.startswith(start) and one.endswith(key) for one in self.identities)

    def instances(self, module: Module, address: str, copies: Sequence[Copy]) -> list[Copy]:
        """The instances that values certainly come from; none if no value tells."""
        if len(copies) == 1:
            return list(copies)
        return [
            copy
            for copy in copies
            if copy.key
            and (
                self.identifies(module, address, copy.key)
                or any(
                    note.startswith(start) and note[len(start) : len(start) + 1] in (".", "")
                    for start in (f"{address}{copy.key}",)
                    for note in self.notes
                )
            )
        ]

    def meant(
        self, module: Module, address: str, copies: Sequence[Copy], span: Span,
        untold: Unknown | None,
    ) -> Meant:  # fmt: skip
        """The instances that are meant, as far as values tell; `untold` decides if none does."""
        told = self.instances(module, address, copies)
        if not told:
            return tuple((copy, untold or copy.beyond) for copy in copies)
        if address not in self.vague and self.lost is None:
            return tuple((copy, None) for copy in told)
        doubt = which(address, copies, span)
        return tuple((copy, None if copy in told else doubt) for copy in copies)


def seen_in(fields: MapValue) -> Seen:
    """What the fields of a block tell."""
    seen = Seen()
    for key in fields:
        place = fields.place(key)
        seen.value(fields[key], place.via if place is not None else ())
    return seen


def which(address: str, copies: Sequence[Copy], span: Span) -> Unknown:
    """That it cannot be told which instance is meant."""
    return Unknown(Reason.CARDINALITY, f"which of {len(copies)} instances of {address}", span)
