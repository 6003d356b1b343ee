"""Sprig's functions of lists: items keep what they are and where they came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import MAX_ITEMS, FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_values import (
    doubt,
    like_list,
    need_int,
    need_list,
    same,
    truth_or_unknown,
)
from plumbrule_parsers.helm.functions.numbers import to_int
from plumbrule_parsers.traced import Traced, first_unknown, made_of
from plumbrule_parsers.value import Unknown

_Apply = Callable[[Call, Sequence[Traced]], Traced]
_SEEN = 2_000  # items up to which a list is searched pair by pair


def _list(_call: Call, args: Sequence[Traced]) -> Traced:
    return Traced(list(args), sensitive=any(arg.sensitive for arg in args))


def _bounded(items: list[Traced]) -> list[Traced]:
    if len(items) > MAX_ITEMS:
        raise FunctionError(f"a list of more than {MAX_ITEMS} items is too large")
    return items


def _first(_call: Call, args: Sequence[Traced]) -> Traced:
    items = need_list(args[0], "find first")
    if items:
        return items[0]
    if args[0].rest is not None:
        return doubt(args[0].rest, "any", args[0], not_null=False)
    return made_of(None, args[0])


def _last(_call: Call, args: Sequence[Traced]) -> Traced:
    items = need_list(args[0], "find last")
    if args[0].rest is not None:
        return doubt(args[0].rest, "any", args[0], not_null=False)
    return items[-1] if items else made_of(None, args[0])


def _rest(_call: Call, args: Sequence[Traced]) -> Traced:
    return like_list(args[0], need_list(args[0], "find rest")[1:])


def _initial(_call: Call, args: Sequence[Traced]) -> Traced:
    return like_list(args[0], need_list(args[0], "find initial")[:-1])


def _append(_call: Call, args: Sequence[Traced]) -> Traced:
    if isinstance(args[0].data, Unknown):
        return doubt(args[0].data, "list", *args)
    return like_list(args[0], _bounded([*need_list(args[0], "push"), args[1]]), args[1])


def _prepend(_call: Call, args: Sequence[Traced]) -> Traced:
    if isinstance(args[0].data, Unknown):
        return doubt(args[0].data, "list", *args)
    return like_list(args[0], _bounded([args[1], *need_list(args[0], "prepend")]), args[1])


def _reverse(_call: Call, args: Sequence[Traced]) -> Traced:
    return like_list(args[0], need_list(args[0], "find reverse")[::-1])


def _concat(_call: Call, args: Sequence[Traced]) -> Traced:
    out: list[Traced] = []
    rest: Unknown | None = None
    for arg in args:
        if isinstance(arg.data, Unknown):
            rest = rest or arg.data
            continue
        out.extend(need_list(arg, "concat"))
        rest = rest or arg.rest
    result = Traced(_bounded(out), sensitive=any(arg.sensitive for arg in args))
    result.rest = rest
    return result


def _compact(_call: Call, args: Sequence[Traced]) -> Traced:
    out: list[Traced] = []
    lost = args[0].rest
    for item in need_list(args[0], "compact"):
        found = truth_or_unknown(item)
        if isinstance(found, Unknown):
            lost = lost or found
        elif found:
            out.append(item)
    result = like_list(args[0], out)
    result.rest = lost
    return result


def _among(item: Traced, items: Sequence[Traced]) -> bool:
    return any(same(item, other) for other in items)


def _uniq(_call: Call, args: Sequence[Traced]) -> Traced:
    items = need_list(args[0], "find uniq")
    seen: set[tuple[type, object]] = set()
    out: list[Traced] = []
    odd: list[Traced] = []  # containers, which do not hash
    for item in items:
        data = item.data
        if isinstance(data, (list, dict)):
            if len(odd) > _SEEN:
                raise FunctionError(f"`uniq` of more than {_SEEN} lists or maps is too much")
            if not _among(item, odd):
                odd.append(item)
                out.append(item)
        else:
            mark = (str if isinstance(data, str) else type(data), data)
            if mark not in seen:
                seen.add(mark)
                out.append(item)
    return like_list(args[0], out)


def _without(_call: Call, args: Sequence[Traced]) -> Traced:
    items = need_list(args[0], "find without")
    _not_too_many(len(items) * len(args))
    return like_list(args[0], [item for item in items if not _among(item, args[1:])])


def _not_too_many(pairs: int) -> None:
    if pairs > 5_000_000:
        raise FunctionError("the lists are too long to compare item by item")


def _has(_call: Call, args: Sequence[Traced]) -> Traced:
    needle, value = args
    if value.data is None:
        return made_of(False, *args)
    if isinstance(value.data, Unknown):
        return doubt(value.data, "bool", *args)
    items = need_list(value, "find has")
    lost = first_unknown(needle) or value.rest
    for item in items:
        found = first_unknown(item)
        if found is not None:
            lost = lost or found
        elif first_unknown(needle) is None and same(needle, item):
            return made_of(True, needle, value, item)
    if lost is not None:
        return doubt(lost, "bool", *args)
    return made_of(False, *args, *items)  # each of them could have been it


def _slice(_call: Call, args: Sequence[Traced]) -> Traced:
    items = need_list(args[0], "slice")
    start = to_int(args[1]) if len(args) > 1 else 0
    end = to_int(args[2]) if len(args) > 2 else len(items)
    if not items:
        return made_of(None, args[0])
    if len(args) > 3 or not 0 <= start <= end <= len(items):
        raise FunctionError(f"slice bounds out of range [{start}:{end}] of {len(items)} items")
    return like_list(args[0], items[start:end])


def _chunk(_call: Call, args: Sequence[Traced]) -> Traced:
    size, items = need_int(args[0]), need_list(args[1], "chunk")
    if size < 1:
        raise FunctionError("integer divide by zero")
    parts = [
        like_list(args[1], items[start : start + size]) for start in range(0, len(items), size)
    ]
    return like_list(args[1], parts)


def _all(_call: Call, args: Sequence[Traced]) -> Traced:
    return _each(args, wanted=False)


def _any(_call: Call, args: Sequence[Traced]) -> Traced:
    return _each(args, wanted=True)


def _each(args: Sequence[Traced], *, wanted: bool) -> Traced:
    lost: Unknown | None = None
    for arg in args:
        found = truth_or_unknown(arg)
        if found is wanted:
            return made_of(wanted, *args)
        if isinstance(found, Unknown):
            lost = found
    return made_of(not wanted, *args) if lost is None else doubt(lost, "bool", *args)


_OWN, _SHALLOW, _STRICT = Unknowns.OWN, Unknowns.SHALLOW, Unknowns.STRICT
_PLAIN = {
    "append": Function(_append, 2, 2, _OWN, "list"),
    "chunk": Function(_chunk, 2, 2, _SHALLOW, "list"),
    "compact": Function(_compact, 1, 1, _SHALLOW, "list"),
    "first": Function(_first, 1, 1, _SHALLOW, "any"),
    "has": Function(_has, 2, 2, _OWN, "bool"),
    "initial": Function(_initial, 1, 1, _SHALLOW, "list"),
    "last": Function(_last, 1, 1, _SHALLOW, "any"),
    "prepend": Function(_prepend, 2, 2, _OWN, "list"),
    "push": Function(_append, 2, 2, _OWN, "list"),
    "rest": Function(_rest, 1, 1, _SHALLOW, "list"),
    "reverse": Function(_reverse, 1, 1, _SHALLOW, "list"),
    "slice": Function(_slice, 1, None, _SHALLOW, "list"),
    "uniq": Function(_uniq, 1, 1, _STRICT, "list"),
    "without": Function(_without, 1, None, _STRICT, "list"),
}
LISTS = {
    **_PLAIN,
    **{f"must{name[0].upper()}{name[1:]}": made for name, made in _PLAIN.items()},
    "all": Function(_all, 0, None, _OWN, "bool"),
    "any": Function(_any, 0, None, _OWN, "bool"),
    "concat": Function(_concat, 0, None, _OWN, "list"),
    "list": Function(_list, 0, None, _OWN, "list"),
    "tuple": Function(_list, 0, None, _OWN, "list"),
}
