"""One service over another, as an override file, `extends` or a merge key in `services` has it.

Source: https://docs.docker.com/reference/compose-file/merge/. Mappings are merged, lists are
joined, a few are joined by what tells their entries apart, and commands replace each other.
"""

from __future__ import annotations

from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Segments,
    Unknown,
    Value,
    join_segments,
)

_REPLACED = frozenset({"command", "entrypoint", "test"})
# Lists of `NAME=value` that may be written as mappings.
PAIRS = frozenset({"environment", "labels", "args", "annotations", "sysctls", "extra_hosts"})
# Lists of names that may be written as mappings.
NAMED = frozenset({"depends_on", "networks"})
_BY_TARGET = frozenset({"volumes", "secrets", "configs"})
_DEPTH = 20


def merged(base: MapValue, over: MapValue, depth: int = 0) -> MapValue:
    """The base with what stands over it."""
    made = base.copy_with()
    made.rest = base.rest or over.rest
    for key, value in over.items():
        place = over.place(key)
        tag = getattr(value, "tag", "")
        if tag == "!reset":
            made.put(key, None)
        elif key not in base or depth >= _DEPTH:
            made.put(key, value, place)
        else:
            made.put(key, _one(key, base[key], value, base.place(key), place, depth), place)
    return made


def _one(
    key: str, before: Value, after: Value, was: Place | None, now: Place | None, depth: int
) -> Value:
    if key in _REPLACED or getattr(after, "tag", "") == "!override" or after is None:
        return after if after is not None else before
    if key in PAIRS or key in NAMED:
        before, after = as_map(before, was), as_map(after, now)
    if isinstance(before, MapValue) and isinstance(after, MapValue):
        return merged(before, after, depth + 1)
    if isinstance(before, ListValue) and isinstance(after, ListValue):
        return _joined(key, before, after)
    return after


def _joined(key: str, before: ListValue, after: ListValue) -> ListValue:
    made = ListValue(after.source, after.start, after.end, rest=before.rest or after.rest)
    taken = {_target(item) for item in after} if key in _BY_TARGET else set()
    for listed in (before, after):
        for index, item in enumerate(listed):
            if listed is before and _target(item) in taken:
                continue
            if any(type(item) is type(other) and item == other for other in made):
                continue
            place = listed.place(index)
            if place is not None:
                made.places[len(made)] = place
            made.append(item)
    return made


def _target(item: Value) -> str:
    """What tells a mount from others: where it is mounted."""
    if isinstance(item, MapValue):
        return str(item.get("target") or item.get("source"))
    parts = str(item).split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def as_map(value: Value, place: Place | None = None) -> Value:
    """`[NAME=value, NAME]` and `[name]` as a mapping; a name alone has no value."""
    if not isinstance(value, ListValue):
        return value
    made = MapValue(value.source, value.start, value.end, rest=value.rest)
    for index, item in enumerate(value):
        parts = item.parts if isinstance(item, Segments) else (item,)
        if not isinstance(parts[0], str):
            if isinstance(parts[0], Unknown):
                made.rest = made.rest or parts[0]
            continue
        name, sign, rest = parts[0].partition("=")
        if sign or len(parts) == 1:
            given: Value = join_segments([rest, *parts[1:]]) if sign else None
            if isinstance(given, Segments) and len(given.parts) == 1:
                given = given.unknowns[0]
            made.put(name.strip(), given, value.place(index) or place)
    return made
