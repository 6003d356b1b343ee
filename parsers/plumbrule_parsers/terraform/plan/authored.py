"""Planned values at the places where a person wrote them: each entry with its line in the `.tf`."""

from __future__ import annotations

from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.static import FILLED
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    Value,
)

_META = frozenset({"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner",
                   "connection"})  # fmt: skip
_NAMING = frozenset({"name", "module", "type", "address"})
# What providers copy from other resources into this one; those resources are nodes themselves.
_COPIED = frozenset({"ingress", "egress", "security_rule", "inline_policy"})
PLANNED = "planned value"  # what a hop from the configuration into the plan says


def authored(planned: Node, written: Node) -> MapValue:
    """The planned fields, each at its place in the block that declares the resource.

    What nobody wrote has no place and is left out if it is not known either: what the provider
    will choose is then absent, as in the configuration. What the plan does not know keeps the
    parts that the configuration tells.
    """
    fields, source = planned.fields, written.fields
    made = MapValue(source.source, source.start, source.end, rest=fields.rest)
    move = _Move(written.span)
    for key, value in fields.items():
        place = source.place(key)
        if key in _NAMING:
            given = source.get(key) if key == "module" else value
            made.put(key, given, place)
        elif key in source:
            kept = move.finer(value, source[key])
            at = move.place(place, fields.place(key), planned.span)
            made.put(key, move.value(kept, source[key], at), at)
        elif source.rest is None and (
            key in _COPIED
            or (isinstance(value, Unknown) and value.reason is not Reason.SECRET
                and key not in FILLED)
        ):  # fmt: skip
            continue
        else:
            made.put(key, move.value(value, None, None))
    for key in source:
        if key in _META and key not in made:
            made.put(key, source[key], source.place(key))
    return made


def fits(planned: Value, written: Value) -> bool:
    """Whether what was written may have become what was planned."""
    if isinstance(written, (Unknown, Segments)) or isinstance(planned, (Unknown, Segments)):
        return True
    if isinstance(written, MapValue):
        return isinstance(planned, MapValue) and all(
            fits(planned.get(key), value) for key, value in written.items() if key not in _NAMING
        )
    if isinstance(written, ListValue):
        listed = planned if isinstance(planned, ListValue) else [planned]
        return all(
            any(fits(one, item) for one in listed) for item in written if not _is_empty(item)
        )
    if isinstance(planned, (MapValue, ListValue)):
        return False
    return _text(planned) == _text(written)


def _is_empty(value: Value) -> bool:
    return value is None or (isinstance(value, (MapValue, ListValue)) and not value)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


class _Move:
    """Rebuilds values with places in the configuration; `head` is the head of the block."""

    def __init__(self, head: Span) -> None:
        self.head = head

    def place(self, written: Place | None, planned: Place | None, at: Span) -> Place | None:
        """The authored place, with a hop to where the plan holds the value."""
        if written is None:
            return None
        hop = Hop(planned.value if planned is not None else at, PLANNED)
        return Place(written.value, written.key, (hop, *written.via))

    @staticmethod
    def finer(planned: Value, written: Value) -> Value:
        """What the configuration tells of a value that the plan does not know."""
        if not isinstance(planned, Unknown) or planned.reason is Reason.SECRET:
            return planned
        return written if isinstance(written, (Segments, MapValue, ListValue)) else planned

    def value(self, planned: Value, written: Value, at: Place | None) -> Value:
        """The value with places from `written`, or all at `at` where the two differ in form."""
        if planned is written:
            return planned
        if isinstance(planned, MapValue):
            if isinstance(written, ListValue) and len(written) == 1:
                written = written[0]
            return self.mapping(planned, written if isinstance(written, MapValue) else None, at)
        if isinstance(planned, ListValue):
            return self.listed(planned, written, at)
        return planned

    def mapping(self, planned: MapValue, written: MapValue | None, at: Place | None) -> MapValue:
        span = written.span if written is not None else at.value if at is not None else self.head
        made = MapValue(span.source, span.start, span.end, rest=planned.rest)
        for key, value in planned.items():
            inner = written.get(key) if written is not None else None
            place = at
            if written is not None:
                place = self.place(written.place(key), planned.place(key), planned.span)
            kept = self.finer(value, inner)
            made.put(key, self.value(kept, inner, place), place)
        return made

    def listed(self, planned: ListValue, written: Value, at: Place | None) -> ListValue:
        others: list[tuple[Value, Place | None]] = []
        if isinstance(written, ListValue):
            others = [(item, written.place(index)) for index, item in enumerate(written)]
        elif isinstance(written, MapValue):
            others = [(written, at)]
        span = at.value if at is not None else self.head
        made = ListValue(span.source, span.start, span.end, rest=planned.rest, tag=planned.tag)
        for index, item in enumerate(planned):
            twins = [number for number, (other, _place) in enumerate(others) if fits(item, other)]
            inner: Value = None
            place = at if at is None else Place(at.value, None, at.via)
            # Sets come in an order of their own, so an entry is known by what it says.
            if len(twins) == 1 or (twins and not isinstance(item, (MapValue, ListValue))):
                inner, own = others.pop(twins[0])
                place = self.place(own, planned.place(index), planned.span) or place
            if place is not None:
                made.places[index] = place
            kept = self.finer(item, inner)
            made.append(self.value(kept, inner, place))
        return made
