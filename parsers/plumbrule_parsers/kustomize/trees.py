"""Positioned trees that change: copies, entries that keep their history, items, texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Segments, Unknown, Value
from plumbrule_parsers.yaml_scalars import resolve_go

MAX_HOPS: Final = 8  # of one value's history; the oldest and the latest are kept
MAX_DEPTH: Final = 200  # of a value that a step copies to another place
MAX_COPIED: Final = 20_000  # values inside it
MAX_TEXT: Final = 1_000_000  # letters of a text that a step makes
SET: Final = "set here"
Item: TypeAlias = tuple[Value, Place | None]


class BuildError(Exception):
    """A step cannot be done as it is written; `code` and `message` are those of its problem."""

    def __init__(self, code: str, message: str, span: Span | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.span, self.hint = code, message, span, hint


def copied(value: Value) -> Value:
    """The value with containers of its own; offsets are shared, since nobody changes them."""
    if isinstance(value, MapValue):
        return copied_map(value)
    if isinstance(value, ListValue):
        made = ListValue(
            value.source, value.start, value.end, (), dict(value.places), value.rest, value.tag
        )
        made.extend([
            copied(item) if item.__class__ in (MapValue, ListValue) else item for item in value
        ])  # fmt: skip
        made.offsets = value.offsets
        return made
    return value


def copied_map(value: MapValue) -> MapValue:
    """The mapping with containers of its own."""
    made = MapValue(
        value.source, value.start, value.end, (), dict(value.places), value.rest, value.tag
    )
    made.update(value)
    for key, item in value.items():
        if item.__class__ in (MapValue, ListValue):
            made[key] = copied(item)
    made.offsets = value.offsets
    return made


def copy_within(value: Value, depth: int) -> Value:
    """A copy for a place of that depth. BuildError: it would be too large or too deep.

    Steps that copy what they made before could otherwise double it again and again.
    """
    level: list[Value] = [value]
    count = 0
    while level:
        count += len(level)
        if depth > MAX_DEPTH or count > MAX_COPIED:
            raise BuildError("too-large", f"a value with more than {MAX_COPIED} parts or "
                             f"{MAX_DEPTH} levels is copied")  # fmt: skip
        depth += 1
        level = [
            item
            for one in level
            if isinstance(one, (MapValue, ListValue))
            for item in (one.values() if isinstance(one, MapValue) else one)
        ]
    return copied(value)


def empty_map(like: MapValue, place: Place | None = None) -> MapValue:
    """A mapping that nobody wrote, at the place that makes it needed."""
    if place is not None:
        return MapValue(place.value.source, place.value.start, place.value.start)
    return MapValue(like.source, like.start, like.start)


def remove(owner: MapValue, key: str) -> None:
    """Take an entry away, if it is there."""
    if key in owner:
        owner.offsets = list(owner.offsets)  # shared with the tree that was read
        owner.drop(key)


def items_of(owner: ListValue) -> list[Item]:
    """The items, each with its place."""
    return [(item, owner.place(index)) for index, item in enumerate(owner)]


def set_items(owner: ListValue, items: Iterable[Item]) -> None:
    """Give a list other items."""
    found = list(items)
    owner.offsets = []
    owner.places = {index: place for index, (_, place) in enumerate(found) if place is not None}
    owner[:] = [item for item, _ in found]


def put(owner: MapValue, key: str, value: Value, place: Place | None, note: str = SET) -> None:
    """Set an entry; if it was there, its place leads from where it was set to where it is now."""
    owner.put(key, value, changed(owner.place(key), place, note))


def changed(before: Place | None, after: Place | None, note: str) -> Place | None:
    """The later place, with the way that led there.

    What was replaced is part of the history, but no longer of the value.
    """
    if before is None or after is None:
        return after if after is not None else before
    if before.value == after.value and before.value.source is after.value.source:
        return before
    earlier = before.via or (Hop(before.entry, SET),)
    replaced = [Hop(hop.span, hop.note, "replaced") for hop in earlier]
    via = (*replaced, *(after.via or (Hop(after.entry, note),)))
    return Place(after.value, after.key, _short(via))


def kept(
    before: Place | None, cause: Place | None, note: str, kind: str = "adapted"
) -> Place | None:  # fmt: skip
    """The earlier place of a value that was only adapted, with what adapted it.

    `kind` is "data" if a part of the value comes from the cause.
    """
    if before is None or cause is None:
        return before if before is not None else cause
    earlier = before.via or (Hop(before.entry, SET),)
    return Place(before.value, before.key, _short((*earlier, Hop(cause.entry, note, kind))))


def _short(via: tuple[Hop, ...]) -> tuple[Hop, ...]:
    if len(via) <= MAX_HOPS:
        return via
    return (*via[:2], *via[2 - MAX_HOPS :])


def text_of(value: Value) -> str:
    """A scalar as YAML writes it; "" for a collection."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (MapValue, ListValue)):
        return ""
    return str(value) if isinstance(value, (int, Segments)) else f"<{value.reason}>"


def written(owner: MapValue, key: str) -> str:
    """The text of an entry as it is written: `1.10` and not 1.1."""
    value = owner.get(key)
    if isinstance(value, str):
        return value
    place = owner.place(key)
    if place is not None and not place.via and not isinstance(value, (MapValue, ListValue)):
        text = place.value.text
        if len(text) < 40 and resolve_go(text) == value:
            return text
    return "null" if value is None else text_of(value)


def string_at(owner: MapValue, *path: str) -> str:
    """The text at a path of mappings, "" if there is none."""
    current: Value = owner
    for key in path:
        if not isinstance(current, MapValue):
            return ""
        current = current.get(key)
    return text_of(current)


def map_at(owner: MapValue, *path: str) -> MapValue | None:
    """The mapping at a path of mappings."""
    current: Value = owner
    for key in path:
        current = current.get(key) if isinstance(current, MapValue) else None
    return current if isinstance(current, MapValue) else None


def entry_of(place: Place | None) -> Span | None:
    """The span of a place, None if there is none."""
    return place.entry if place is not None else None


def is_unknown(value: Value) -> bool:
    """True for a value that cannot be told."""
    return isinstance(value, (Unknown, Segments))
