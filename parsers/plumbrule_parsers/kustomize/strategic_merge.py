"""Strategic merge patches: mappings field by field, lists of known types item by item.

The semantics are those of Kustomize, which differ from the API server's: `$patch` is understood,
`$setElementOrder`, `$retainKeys` and `$deleteFromPrimitiveList` are fields like any other; items
of the patch come first; empty values of the patched object go, values written as `null` stay.
Source: https://github.com/kubernetes-sigs/kustomize/tree/master/kyaml/yaml/merge2.
"""

from __future__ import annotations

from typing import TypeAlias

from plumbrule_parsers.kustomize.schema import Schema, Type
from plumbrule_parsers.kustomize.trees import (
    BuildError,
    Item,
    changed,
    copied,
    items_of,
    kept,
    remove,
    set_items,
    text_of,
    written,
)
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

DIRECTIVE = "$patch"
REPLACED = "replaced here"
CHANGED = "changed here"
RESTATED = "said again here"
_Keys: TypeAlias = tuple[str, ...]


class _Absent:
    """No value at all, which is not `null`."""


ABSENT = _Absent()
_Node: TypeAlias = "Value | _Absent"


def strategic_merge(target: MapValue, patch: MapValue, schema: Schema) -> MapValue | None:
    """The target as the patch makes it, None if the patch deletes it.

    Both may be changed: hand in a copy of the patch. BuildError: a type or directive is wrong.
    """
    merged = _Merge(schema).node(target, patch, schema.of(target) or schema.of(patch), None)
    return merged if isinstance(merged, MapValue) else None


class _Merge:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def node(self, into: _Node, patch: _Node, of: Type, keys: _Keys | None) -> _Node:
        """What becomes of a field; `ABSENT` if nothing does. `keys` merge the items of a list."""
        shape = patch if into is None or into is ABSENT else into
        if shape is None or shape is ABSENT:
            return self.nothing(into, patch)
        if isinstance(shape, MapValue):
            self.alike(into, patch, MapValue, "mapping")
            return self.mapping(into, patch, of)
        if isinstance(shape, ListValue):
            self.alike(into, patch, ListValue, "list")
            if keys is None:
                return patch if patch is not ABSENT else into
            return self.items(into, patch, of, keys)
        if isinstance(patch, (MapValue, ListValue)):
            raise BuildError("patch-type", "the patch has a collection where the object has a "
                             "single value", patch.span.first_line)  # fmt: skip
        return patch if patch is not ABSENT else into

    @staticmethod
    def nothing(into: _Node, patch: _Node) -> _Node:
        """A field that is empty on both sides: `null` stays if nobody patches it."""
        return into if patch is ABSENT and into is None else ABSENT

    @staticmethod
    def alike(into: _Node, patch: _Node, kind: type, word: str) -> None:
        for one in (into, patch):
            if one is not None and one is not ABSENT and not isinstance(one, kind):
                span = patch.span if isinstance(patch, (MapValue, ListValue)) else None
                raise BuildError("patch-type", f"the object and its patch disagree about a {word}",
                                 span.first_line if span is not None else None)  # fmt: skip

    # ------------------------------------------------------------------ mappings
    def mapping(self, into: _Node, patch: _Node, of: Type) -> _Node:
        if not isinstance(into, MapValue):
            if not isinstance(patch, MapValue):
                return ABSENT
            if self.directive(patch) == "delete":
                return ABSENT
            return self.fields(patch, patch, of)
        if patch is None:
            return ABSENT
        if not isinstance(patch, MapValue):
            return self.fields(into, None, of)
        found = self.directive(patch)
        if found == "delete":
            return ABSENT
        if found == "replace":
            return self.fields(patch, patch, of)
        return self.fields(into, patch, of)

    @staticmethod
    def directive(patch: MapValue) -> str:
        """What `$patch` asks for; it is taken away."""
        if DIRECTIVE not in patch:
            return "merge"
        asked = text_of(patch[DIRECTIVE])
        if asked not in ("delete", "replace", "merge"):
            place = patch.place(DIRECTIVE)
            raise BuildError("patch-directive", f"`$patch: {asked[:40]}` is none of delete, "
                             "replace and merge", place.entry if place else None)  # fmt: skip
        remove(patch, DIRECTIVE)
        return asked

    def fields(self, into: MapValue, patch: MapValue | None, of: Type) -> MapValue:
        """Merge the fields of the patch into the mapping; both may be the same."""
        if of is None:
            of = self.schema.of(into)
        alone = patch is None or patch is into
        for key in sorted({*into, *patch} if patch is not None else into):
            old: _Node = into.get(key, ABSENT) if key in into else ABSENT
            new: _Node = ABSENT
            if patch is not None and key in patch:
                new = patch[key]
            if new is ABSENT and not isinstance(old, (MapValue, ListValue)):
                if old is None and not self.spelled(into, key):
                    remove(into, key)  # `key:` with nothing behind it
                continue
            inner, keys = self.schema.field(of, key)
            result = self.node(old, new, inner, keys)
            if isinstance(result, _Absent) or (result is None and new is not ABSENT):
                remove(into, key)
            elif patch is not None and not alone and new is not ABSENT:
                into.put(key, result, self.place(into, patch, key, result))
            elif result is not old:
                into[key] = result
        return into

    @staticmethod
    def place(into: MapValue, patch: MapValue, key: str, result: Value) -> Place | None:
        """Where a merged field stands: at the patch, unless that only says it again."""
        before, after = into.place(key), patch.place(key)
        if isinstance(result, (MapValue, ListValue)):
            return changed(before, after, CHANGED)
        if key in into and into[key] == result:
            return kept(before, after, RESTATED)
        return changed(before, after, REPLACED)

    @staticmethod
    def spelled(owner: MapValue, key: str) -> bool:
        """True for a null that somebody wrote as `null` or `~`."""
        place = owner.place(key)
        return place is not None and place.value.end > place.value.start

    # ------------------------------------------------------------------ lists
    def items(self, into: _Node, patch: _Node, of: Type, keys: _Keys) -> _Node:
        if not isinstance(into, ListValue):
            if not isinstance(patch, ListValue):
                return ABSENT
            return self.merged(patch, patch, of, keys)
        if patch is None:
            return ABSENT
        if not isinstance(patch, ListValue):
            return self.merged(into, None, of, keys)
        found = self.list_directive(patch)
        if found == "delete":
            return ABSENT
        if found == "replace":
            return self.merged(patch, patch, of, keys)
        return self.merged(into, patch, of, keys)

    def list_directive(self, patch: ListValue) -> str:
        """What an item with nothing but `$patch` asks for the whole list; it is taken away."""
        for index, item in enumerate(patch):
            if isinstance(item, MapValue) and DIRECTIVE in item:
                if len(item) > 1:
                    return "merge"
                asked = self.directive(item)
                items = [one for at, one in enumerate(items_of(patch)) if at != index]
                set_items(patch, items)
                return asked
        return "merge"

    def merged(self, into: ListValue, patch: ListValue | None, of: Type, keys: _Keys) -> ListValue:
        """Merge the items of the patch into the list; both may be the same."""
        if not keys:
            return self.scalars(into, patch)
        sources = [patch, into] if patch is not None else [into]
        values: list[_Keys] = []
        for source in sources:
            for item in source:
                found = tuple(_key_text(item, key) for key in keys)
                if found not in values:
                    values.append(found)
        if len(keys) > 1:
            _complete(values)
        made: list[Item] = []
        left = items_of(into)
        used: tuple[_Keys, _Keys] = (keys, ())
        same = patch is into
        for value in values:
            used = _used_keys(values, value, keys)
            own = _used_keys([value], value, keys)  # each item is found by the keys that it has
            _, old, place = _found(left, *own)
            new: _Node = ABSENT
            new_place: Place | None = None
            if same:
                new = old
            elif patch is not None:
                _, new, new_place = _found(items_of(patch), *own)
            result = self.node(old, new, of, None)
            if result is None or isinstance(result, _Absent) or result == {}:
                left = _without(left, *used)
                if same:
                    set_items(into, left)
                continue
            if isinstance(result, MapValue):
                for key, text in zip(*used, strict=True):
                    if key not in result and text:
                        result.put(key, text, new_place or place)
            made = _set(made, (result, place if place is not None else new_place), *used)
        if values:
            made = _appended(made, left, used[0])
            set_items(into, made)
        return into

    @staticmethod
    def scalars(into: ListValue, patch: ListValue | None) -> ListValue:
        """The values of the patch, then those of the list that are not among them."""
        if patch is None or patch is into:
            return into
        kept: list[Item] = []
        seen: set[str] = set()
        for value, place in [*items_of(patch), *items_of(into)]:
            if text_of(value) not in seen:
                seen.add(text_of(value))
                kept.append((copied(value), place))
        set_items(into, kept)
        return into


def _key_text(item: Value, key: str) -> str:
    """The text of an item's merge key, "" if it has none."""
    if not isinstance(item, MapValue) or item.get(key) is None:
        return ""
    return written(item, key) if key in item else ""


def _complete(values: list[_Keys]) -> None:
    """Give keys that agree in one part and leave out another the parts of each other."""
    for first in range(len(values)):
        one = values[first]  # as it was, also while it is completed
        for second in range(len(values)):
            other = values[second]
            agreed = any(left == right for left, right in zip(one, other, strict=True))
            clash = any(
                left and right and left != right for left, right in zip(one, other, strict=True)
            )
            if agreed and not clash:
                both = tuple(left or right for left, right in zip(one, other, strict=True))
                values[first] = values[second] = both


def _used_keys(values: list[_Keys], value: _Keys, keys: _Keys) -> tuple[_Keys, _Keys]:
    """The keys that any of the values has, and what this value says of them."""
    known = {index for one in values for index, text in enumerate(one) if text}
    if not known:
        return keys, value
    chosen = [index for index in range(len(keys)) if index in known]
    return tuple(keys[index] for index in chosen), tuple(value[index] for index in chosen)


def _fits(item: Value, keys: _Keys, values: _Keys) -> bool:
    if not isinstance(item, MapValue):
        return False
    return all(
        key in item and (not text or written(item, key) == text)
        for key, text in zip(keys, values, strict=True)
    )


def _found(items: list[Item], keys: _Keys, values: _Keys) -> tuple[int, _Node, Place | None]:
    for index, (item, place) in enumerate(items):
        if isinstance(item, MapValue) and all(
            key in item and written(item, key) == text
            for key, text in zip(keys, values, strict=True)
        ):
            return index, item, place
    return -1, ABSENT, None


def _kept(item: Value) -> bool:
    return item is not None and item != {}


def _without(items: list[Item], keys: _Keys, values: _Keys) -> list[Item]:
    return [one for one in items if _kept(one[0]) and not _fits(one[0], keys, values)]


def _set(items: list[Item], new: Item, keys: _Keys, values: _Keys) -> list[Item]:
    """The items with the new one instead of those that have its keys, else behind them."""
    made: list[Item] = []
    found = False
    for one in items:
        if not _kept(one[0]):
            continue
        if _fits(one[0], keys, values):
            found = True
            made.append(new)
        else:
            made.append(one)
    return made if found else [*made, new]


def _appended(items: list[Item], others: list[Item], keys: _Keys) -> list[Item]:
    """The items with the others instead of those that have their keys, else behind them."""
    for one in others:
        item = one[0]
        known = [key for key in keys if isinstance(item, MapValue) and item.get(key) is not None]
        values = tuple(written(item, key) for key in known if isinstance(item, MapValue))
        missing = len(keys) - len(known)
        items = [*items, *[one] * missing]
        # With a key missing the values are read in the order of the keys, as the real tool does.
        chosen = keys[: len(values)]
        if not values:
            items = []
        if len(keys) > 1:
            items = _without(items, chosen, values)
        items = _set(items, one, chosen, values) if values else [one]
    return items
