"""JSON patches (RFC 6902) on positioned trees, as Kustomize's library understands them.

It does not mind if a key that is replaced or copied is absent.
Source: https://www.rfc-editor.org/rfc/rfc6902.
"""

from __future__ import annotations

import re

from plumbrule_parsers.kustomize.trees import (
    MAX_DEPTH,
    BuildError,
    changed,
    copied,
    copy_within,
    items_of,
    put,
    remove,
    set_items,
    text_of,
)
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

_INDEX = re.compile(r"-?[0-9]{1,9}\Z")
_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
REPLACED = "replaced here"


def json_patch(body: MapValue, operations: ListValue) -> None:
    """Do all operations on the object. BuildError: one cannot be done; those before it were."""
    for index, operation in enumerate(operations):
        place = operations.place(index)
        span = place.value.first_line if place is not None else None
        if not isinstance(operation, MapValue):
            raise BuildError("json-patch", "an operation of a JSON patch must be a mapping", span)
        _apply(body, operation, operation.span.first_line)


def _apply(root: MapValue, operation: MapValue, span: Span) -> None:
    name = operation.get("op")
    if name not in _OPERATIONS:
        raise BuildError("json-patch", f"`{text_of(name)[:40]}` is no operation of a JSON patch",
                         span, "one of add, remove, replace, move, copy, test")  # fmt: skip
    path = _pointer(operation, "path", span)
    if name == "remove":
        _remove(root, path, span)
    elif name in ("move", "copy"):
        origin = _pointer(operation, "from", span)
        value, place = _get(root, origin, span)
        if name == "move":
            _remove(root, origin, span)
        _add(
            root,
            path,
            copy_within(value, len(path)),
            changed(place, operation.place("path"), "moved here"),
            span,
        )
    elif name == "test":
        found, _ = _get(root, path, span)
        if found != operation.get("value"):
            raise BuildError("json-patch-test", f"the test of `{'/'.join(path)[:80]}` fails", span)
    else:
        value = copied(operation.get("value"))
        at = operation.place("value") or operation.place("path")
        if name == "add":
            _add(root, path, value, at, span)
        else:
            _replace(root, path, value, at, span)


def _pointer(operation: MapValue, key: str, span: Span) -> tuple[str, ...]:
    path = operation.get(key)
    if not isinstance(path, str) or (path and not path.startswith("/")):
        raise BuildError("json-patch", f"`{key}` of a JSON patch must be a pointer such as "
                         "`/spec/replicas`", span)  # fmt: skip
    if path.count("/") > MAX_DEPTH:
        raise BuildError("too-deep", f"`{key}` has more than {MAX_DEPTH} steps", span)
    return tuple(one.replace("~1", "/").replace("~0", "~") for one in path.split("/")[1:])


def _owner(root: MapValue, path: tuple[str, ...], span: Span) -> MapValue | ListValue:
    """The collection that holds the last step of the path."""
    if not path:
        raise BuildError("json-patch-path", "only `replace` can mean the whole object", span)
    current: Value = root
    for step in path[:-1]:
        current = _step(current, step)
        if not isinstance(current, (MapValue, ListValue)):
            raise BuildError("json-patch-path", f"there is no `/{'/'.join(path)[:120]}` to patch",
                             span)  # fmt: skip
    if not isinstance(current, (MapValue, ListValue)):
        raise BuildError("json-patch-path", "the path leads nowhere", span)
    return current


def _step(owner: Value, step: str) -> Value:
    if isinstance(owner, MapValue):
        return owner.get(step)
    if isinstance(owner, ListValue) and _INDEX.match(step):
        index = int(step)
        if -len(owner) <= index < len(owner):
            return owner[index]
    return None


def _index(owner: ListValue, step: str, span: Span, *, new: bool = False) -> int:
    """The position of an item; negative ones count from the end."""
    size = len(owner) + (1 if new else 0)
    if new and step == "-":
        return len(owner)
    index = int(step) if _INDEX.match(step) else None
    if index is None or not -size <= index < size:
        raise BuildError("json-patch-path", f"`{step[:40]}` is no position in a list of "
                         f"{len(owner)}", span)  # fmt: skip
    return index if index >= 0 else index + size


def _get(root: MapValue, path: tuple[str, ...], span: Span) -> tuple[Value, Place | None]:
    if not path:
        return root, None
    owner = _owner(root, path, span)
    if isinstance(owner, MapValue):
        return owner.get(path[-1]), owner.place(path[-1])
    index = _index(owner, path[-1], span)
    return owner[index], owner.place(index)


def _add(
    root: MapValue, path: tuple[str, ...], value: Value, place: Place | None, span: Span
) -> None:
    owner = _owner(root, path, span)
    if isinstance(owner, MapValue):
        put(owner, path[-1], value, _keyed(place), REPLACED)
        return
    index = _index(owner, path[-1], span, new=True)
    items = items_of(owner)
    items.insert(index, (value, place))
    set_items(owner, items)


def _replace(
    root: MapValue, path: tuple[str, ...], value: Value, place: Place | None, span: Span
) -> None:
    if not path:
        _whole(root, value, span)
        return
    owner = _owner(root, path, span)
    if isinstance(owner, MapValue):
        put(owner, path[-1], value, _keyed(place), REPLACED)
        return
    index = _index(owner, path[-1], span)
    owner[index] = value
    after = changed(owner.place(index), place, REPLACED)
    if after is not None:
        owner.places[index] = after


def _remove(root: MapValue, path: tuple[str, ...], span: Span) -> None:
    owner = _owner(root, path, span)
    if isinstance(owner, MapValue):
        if path[-1] not in owner:
            raise BuildError("json-patch-path", f"there is no `/{'/'.join(path)[:120]}` to patch",
                             span)  # fmt: skip
        remove(owner, path[-1])
        return
    index = _index(owner, path[-1], span)
    set_items(owner, [one for at, one in enumerate(items_of(owner)) if at != index])


def _keyed(place: Place | None) -> Place | None:
    """The place of a patch's value as that of an entry: `value:` is not the entry's key."""
    return Place(place.value, None, place.via) if place is not None else None


def _whole(root: MapValue, value: Value, span: Span) -> None:
    if not isinstance(value, MapValue):
        raise BuildError("json-patch", "an object can only be replaced by a mapping", span)
    for key in list(root):
        remove(root, key)
    for key, item in value.items():
        root.put(key, item, value.place(key))
