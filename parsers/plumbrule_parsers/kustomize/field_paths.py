"""Paths into objects: those of field specs, and those of replacements and variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from plumbrule_parsers.go_regex import RegexError, compile_go
from plumbrule_parsers.kustomize.trees import (
    BuildError,
    empty_map,
    items_of,
    set_items,
    text_of,
    written,
)
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

_INDEX = re.compile(r"[0-9]{1,6}\Z")


@lru_cache(maxsize=4096)
def steps(path: str, delimiter: str = "/") -> tuple[str, ...]:
    """The names of a path; a backslash before the delimiter makes it part of a name."""
    parts = path.split(delimiter)
    if len(parts) > 1 and parts[0] == "":
        parts = parts[1:]
    found = [parts[0]]
    for part in parts[1:]:
        if found[-1].endswith("\\"):
            found[-1] = f"{found[-1][:-1]}{delimiter}{part}"
        else:
            found.append(part)
    return tuple(found)


@lru_cache(maxsize=1024)
def dotted(path: str) -> tuple[str, ...]:
    """The steps of a dotted path; what stands in brackets may contain dots."""
    found: list[str] = []
    parts = steps(path, ".")
    index = 0
    while index < len(parts):
        part = parts[index]
        if part.startswith("[") and not part.endswith("]"):
            while index + 1 < len(parts):
                index += 1
                part = f"{part}.{parts[index]}"
                if parts[index].endswith("]"):
                    break
            if "=" not in part:
                part = part.strip("[]")
        found.append(part)
        index += 1
    return tuple(found)


Make = Callable[[], Value]
Act = Callable[[MapValue, str], None]


def visit(
    body: MapValue, path: str, act: Act, make: Make | None = None, place: Place | None = None
) -> None:
    """Call `act` with the owner and the key of every field at a path of a field spec.

    Lists on the way are passed through. With `make`, what is missing is made: mappings on the way
    and, at the end, what `make` returns, both at `place`.
    """
    _visit(body, steps(path), 0, act, make, place)


def _visit(
    node: Value, path: tuple[str, ...], at: int, act: Act, make: Make | None, place: Place | None
) -> None:
    if isinstance(node, ListValue):
        for item in node:
            _visit(item, path, at, act, make, place)
        return
    if not isinstance(node, MapValue):
        return
    name = path[at].removesuffix("[]")
    listed = name != path[at]
    last = at == len(path) - 1
    if node.get(name) is None:  # absent, or written as null
        if make is None or listed or not name:
            if name in node and last:
                act(node, name)
            return
        node.put(name, make() if last else empty_map(node, place), place)
    if last:
        act(node, name)
    else:
        _visit(node[name], path, at + 1, act, make, place)


# ------------------------------------------------------------------ dotted paths
def lookup(body: MapValue, path: tuple[str, ...]) -> tuple[Value, Place | None] | None:
    """The value at a dotted path, with its place; None if there is none."""
    current: Value = body
    place: Place | None = None
    for step in (one.strip() for one in path):
        if not step:
            continue
        if isinstance(current, ListValue):
            index = _position(current, step)
            if index is None:
                return None
            place = current.place(index) or place
            current = current[index]
        elif isinstance(current, MapValue) and step in current:
            place = current.place(step) or place
            current = current[step]
        else:
            return None
    return current, place


def _position(items: ListValue, step: str) -> int | None:
    if step == "-":
        return len(items) - 1 if items else None
    if _INDEX.match(step):
        return int(step) if int(step) < len(items) else None
    if not (step.startswith("[") and step.endswith("]") and "=" in step):
        return None
    key, _, value = step[1:-1].partition("=")
    for index, item in enumerate(items):
        if key == "":
            if not isinstance(item, (MapValue, ListValue)) and text_of(item) == value:
                return index
        elif isinstance(item, MapValue) and key in item and written(item, key) == value:
            return index
    return None


class Spot:
    """A place in a tree that can be read and set."""

    __slots__ = ("key", "owner")

    def __init__(self, owner: MapValue | ListValue, key: str | int) -> None:
        self.owner, self.key = owner, key

    @property
    def value(self) -> Value:
        """What stands there."""
        owner, key = self.owner, self.key
        if isinstance(owner, MapValue):
            return owner.get(str(key))
        return owner[int(key)]

    @property
    def text(self) -> str:
        """What stands there as it is written."""
        if isinstance(self.owner, MapValue):
            return written(self.owner, str(self.key))
        return text_of(self.value)

    @property
    def place(self) -> Place | None:
        """Where it stands."""
        owner, key = self.owner, self.key
        return owner.place(str(key)) if isinstance(owner, MapValue) else owner.place(int(key))

    def set(self, value: Value, place: Place | None) -> None:
        """Put something else there."""
        owner, key = self.owner, self.key
        if isinstance(owner, MapValue):
            owner.put(str(key), value, place)
            return
        owner[int(key)] = value
        if place is not None:
            owner.places[int(key)] = place


def spots(
    body: MapValue, path: tuple[str, ...], make: Make | None, place: Place | None
) -> list[Spot]:
    """All spots of a dotted path with wildcards. BuildError: an index or a pattern is wrong.

    With `make`, what is missing is made, at `place`.
    """
    return list(_spots(body, path, make, place))


def _spots(
    node: Value, path: tuple[str, ...], make: Make | None, place: Place | None
) -> Iterator[Spot]:
    step, rest = path[0], path[1:]
    following = rest[0] if rest else ""
    if isinstance(node, ListValue):
        for index in _indexes(node, step, following, make, place):
            if rest:
                yield from _spots(node[index], rest, make, place)
            else:
                yield Spot(node, index)
    elif isinstance(node, MapValue):
        if step == "*" or (step.startswith("[") and step.endswith("]")):
            raise BuildError("field-path", f"`{step[:60]}` needs a list, and finds a mapping")
        if step not in node:
            if make is None:
                return
            node.put(step, _made(node, following, make, place), place)
        if rest:
            yield from _spots(node[step], rest, make, place)
        else:
            yield Spot(node, step)
    elif node is not None:
        raise BuildError("field-path", f"`{step[:60]}` is looked up in a single value")


def _indexes(
    items: ListValue, step: str, following: str, make: Make | None, place: Place | None
) -> list[int]:
    if step == "*":
        return list(range(len(items)))
    if _INDEX.match(step):
        index = int(step)
        if index == len(items) and make is not None and place is not None:
            like = MapValue(place.value.source, place.value.start, place.value.start)
            made = _made(like, following, make, place)
            set_items(items, [*items_of(items), (made, place)])
        if index >= len(items):
            raise BuildError("field-path", f"index {index} is beyond the {len(items)} items")
        return [index]
    if not (step.startswith("[") and step.endswith("]") and "=" in step):
        raise BuildError("field-path", f"`{step[:60]}` needs a mapping, and finds a list")
    key, _, pattern = step[1:-1].partition("=")
    found = _matching(items, key, pattern)
    if not found and make is not None:
        if key:
            item = empty_map(MapValue(items.source, items.start, items.start), place)
            item.put(key, pattern, place)
            set_items(items, [*items_of(items), (item, place)])
        else:
            set_items(items, [*items_of(items), (pattern, place)])
        found = _matching(items, key, pattern)
    return found


def _matching(items: ListValue, key: str, pattern: str) -> list[int]:
    try:
        expression = compile_go(pattern)
        found = []
        for index, item in enumerate(items):
            if key == "":
                text = text_of(item)
            elif isinstance(item, MapValue) and key in item:
                text = written(item, key)
            else:
                continue
            if expression.search(text.strip()) is not None:
                found.append(index)
    except RegexError as error:
        raise BuildError("regex", f"`{pattern[:60]}` is no regular expression: {error}") from error
    return found


def _made(like: MapValue, following: str, make: Make, place: Place | None) -> Value:
    if following == "":
        return make()
    made = empty_map(like, place)
    if _INDEX.match(following) or (following.startswith("[") and following.endswith("]")):
        return ListValue(made.source, made.start, made.start)
    return made
