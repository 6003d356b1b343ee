"""Sprig's functions of maps. `set`, `unset` and the merges change their first argument in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import MAX_ITEMS, FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import MAX_DEPTH, Call, Function
from plumbrule_parsers.helm.functions.go_values import (
    chosen,
    deep_copy,
    doubt,
    go_type,
    need_map,
    need_str,
    shown,
    truth,
)
from plumbrule_parsers.helm.functions.objects import StringsData
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.traced_text import plain_text
from plumbrule_parsers.value import Unknown

_Apply = Callable[[Call, Sequence[Traced]], Traced]


def _dict(_call: Call, args: Sequence[Traced]) -> Traced:
    entries: dict[str, Traced] = {}
    rest: Unknown | None = None
    for index in range(0, len(args), 2):
        key = args[index]
        value = args[index + 1] if index + 1 < len(args) else made_of("", key)
        if key.unknown is not None:
            rest = key.unknown
            continue
        entries[str(plain_text(shown(key)))] = chosen(value, key)
    return Traced(entries, rest=rest, sensitive=any(arg.sensitive for arg in args))


def _get(_call: Call, args: Sequence[Traced]) -> Traced:
    lost = args[0].unknown or args[1].unknown
    if lost is not None:
        return doubt(lost, "any", *args, not_null=False)
    found = need_map(args[0]).get(need_str(args[1]))
    if found is not None:
        return chosen(found, args[1])
    if args[0].rest is not None:
        return doubt(args[0].rest, "any", *args, not_null=False)
    return made_of("", *args)


def _set(_call: Call, args: Sequence[Traced]) -> Traced:
    if args[0].data is None:
        raise FunctionError("assignment to entry in nil map")
    if args[0].unknown is not None:
        return args[0]
    entries = need_map(args[0])
    if args[1].unknown is not None:
        args[0].rest = args[0].rest or args[1].unknown
        return args[0]
    if len(entries) >= MAX_ITEMS:
        raise FunctionError(f"a map of more than {MAX_ITEMS} entries is too large")
    entries[str(need_str(args[1]))] = chosen(args[2], args[1])
    return args[0]


def _unset(_call: Call, args: Sequence[Traced]) -> Traced:
    if args[0].unknown is None and args[1].unknown is None:
        need_map(args[0]).pop(need_str(args[1]), None)
    return args[0]


def _has_key(_call: Call, args: Sequence[Traced]) -> Traced:
    lost = args[0].unknown or args[1].unknown or args[0].rest
    if args[0].unknown is None and args[1].unknown is None:
        entry = need_map(args[0]).get(need_str(args[1]))
        if entry is not None:
            return made_of(True, args[0], args[1], Traced(None, entry.via))
    if lost is not None:
        return doubt(lost, "bool", *args)
    return made_of(False, *args)


def _keys(_call: Call, args: Sequence[Traced]) -> Traced:
    """Go gives them in random order; charts sort them, so any order will do."""
    items: list[Traced] = []
    rest: Unknown | None = None
    for arg in args:
        if isinstance(arg.data, Unknown):
            rest = rest or arg.data
            continue
        items.extend(Traced(key, item.via) for key, item in sorted(need_map(arg).items()))
        rest = rest or arg.rest
    result = Traced(StringsData(items), sensitive=any(arg.sensitive for arg in args))
    result.rest = rest
    return result


def _values(_call: Call, args: Sequence[Traced]) -> Traced:
    entries = need_map(args[0])
    items = [entries[key] for key in sorted(entries)]
    return Traced(items, args[0].via, rest=args[0].rest, sensitive=args[0].sensitive)


def _pluck(_call: Call, args: Sequence[Traced]) -> Traced:
    key = need_str(args[0])
    items: list[Traced] = []
    rest: Unknown | None = None
    for arg in args[1:]:
        entries = need_map(arg)
        if key in entries:
            items.append(chosen(entries[key], args[0]))
        elif arg.rest is not None:
            rest = arg.rest
    return Traced(items, rest=rest, sensitive=any(arg.sensitive for arg in args))


def _selected(args: Sequence[Traced], *, keep: bool) -> Traced:
    value = args[0]
    entries = need_map(value)
    keys: set[str] = set()
    for arg in args[1:]:
        keys.add(need_str(arg))
    chosen_ = {key: item for key, item in entries.items() if (key in keys) is keep}
    return Traced(chosen_, value.via, rest=value.rest, sensitive=value.sensitive)


def _pick(_call: Call, args: Sequence[Traced]) -> Traced:
    return _selected(args, keep=True)


def _omit(_call: Call, args: Sequence[Traced]) -> Traced:
    return _selected(args, keep=False)


def _dig(_call: Call, args: Sequence[Traced]) -> Traced:
    value, fallback = args[-1], args[-2]
    for key in args[:-2]:
        lost = value.unknown or key.unknown
        if lost is not None:
            return doubt(lost, "any", *args, not_null=False)
        if not isinstance(value.data, dict):
            raise FunctionError(
                f"interface conversion: interface {{}} is {go_type(value)}, "
                "not map[string]interface {}"
            )
        found = value.data.get(need_str(key))
        if found is None:
            if value.rest is not None:
                return doubt(value.rest, "any", *args, not_null=False)
            return chosen(fallback, Traced(None, value.via), key)
        value = found
    return value


def _merging(*, overwrite: bool) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        target = args[0]
        if target.data is None:
            target = Traced({}, target.via)
        if target.unknown is not None:
            return target
        for source in args[1:]:
            if isinstance(source.data, Unknown):
                target.rest = target.rest or source.data
                continue
            if overwrite and source.rest is not None and target.data:
                # Entries that may exist could replace those that are listed.
                _blur(target, source.rest, need_map(source))
            _merge(target, source, overwrite=overwrite, depth=0)
        return target

    return apply


def _blur(target: Traced, rest: Unknown, sure: dict[str, Traced]) -> None:
    entries = need_map(target)
    for key, item in entries.items():
        if key not in sure:
            entries[key] = doubt(rest, "any", item, not_null=False)


def _merge(target: Traced, source: Traced, *, overwrite: bool, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FunctionError(f"the maps are nested deeper than {MAX_DEPTH} levels")
    entries, news = need_map(target), need_map(source)
    target.rest = target.rest or source.rest
    if target.data is source.data:
        return
    for key, new in list(news.items()):
        old = entries.get(key)
        if old is None:
            if overwrite or new.data is not None:
                entries[key] = deep_copy(new)
            continue
        if isinstance(old.data, dict) and isinstance(new.data, dict):
            _merge(old, new, overwrite=overwrite, depth=depth + 1)
        elif overwrite:
            entries[key] = deep_copy(new)
        elif isinstance(old.data, Unknown):
            continue
        elif not truth(old) and new.data is not None:
            entries[key] = deep_copy(new)


def _deep_copy(_call: Call, args: Sequence[Traced]) -> Traced:
    if args[0].data is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return deep_copy(args[0])


_OWN, _SHALLOW = Unknowns.OWN, Unknowns.SHALLOW
DICTS = {
    "deepCopy": Function(_deep_copy, 1, 1, _OWN, "any"),
    "dict": Function(_dict, 0, None, _OWN, "map"),
    "dig": Function(_dig, 3, None, _OWN, "any"),
    "get": Function(_get, 2, 2, _OWN, "any"),
    "hasKey": Function(_has_key, 2, 2, _OWN, "bool"),
    "keys": Function(_keys, 0, None, _OWN, "list"),
    "merge": Function(_merging(overwrite=False), 1, None, _OWN, "map"),
    "mergeOverwrite": Function(_merging(overwrite=True), 1, None, _OWN, "map"),
    "mustDeepCopy": Function(_deep_copy, 1, 1, _OWN, "any"),
    "mustMerge": Function(_merging(overwrite=False), 1, None, _OWN, "map"),
    "mustMergeOverwrite": Function(_merging(overwrite=True), 1, None, _OWN, "map"),
    "omit": Function(_omit, 1, None, _SHALLOW, "map"),
    "pick": Function(_pick, 1, None, _SHALLOW, "map"),
    "pluck": Function(_pluck, 1, None, _SHALLOW, "list"),
    "set": Function(_set, 3, 3, _OWN, "map"),
    "unset": Function(_unset, 2, 2, _OWN, "map"),
    "values": Function(_values, 1, 1, _SHALLOW, "list"),
}
