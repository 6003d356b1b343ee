"""Functions of lists, sets and maps; each item keeps the way that it came.

A container with a `rest` may hold more than is listed, so whatever depends on *all* items is
unknown then, and whatever only looks at one that is there is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import MAX_ITEMS, FunctionError, Unknowns
from plumbrule_parsers.terraform.functions.call import (
    Files,
    Function,
    OpenMap,
    bool_of,
    distinct,
    entries_of,
    equal,
    fits,
    identity,
    items_of,
    may_have,
    number_of,
    one_type,
    set_order,
    text_of,
    type_name,
    whole_of,
)
from plumbrule_parsers.terraform.functions.letters import clusters
from plumbrule_parsers.traced import SetData, Traced, first_unknown, hops_of, made_of
from plumbrule_parsers.value import Segments, Unknown

_Apply = Callable[[Files, Sequence[Traced]], Traced]


def _doubt(type_: str, *values: Traced) -> Traced:
    """An unknown result because of the first unknown in `values`."""
    for value in values:
        found = first_unknown(value)
        if found is not None:
            return made_of(Unknown(found.reason, found.detail, type=type_), *values)
    raise AssertionError("nothing is unknown")


def _container(data: list[Traced] | dict[str, Traced], *parts: Traced) -> Traced:
    rest = next((part.rest for part in parts if part.rest is not None), None)
    if len(data) > MAX_ITEMS:
        raise FunctionError(f"the result has more than {MAX_ITEMS} items")
    sensitive = any(part.sensitive for part in parts)
    return Traced(data, hops_of(parts), rest=rest, sensitive=sensitive)


def _alltrue(_files: Files, args: Sequence[Traced]) -> Traced:
    return _quantified(args[0], wanted=False)


def _anytrue(_files: Files, args: Sequence[Traced]) -> Traced:
    return _quantified(args[0], wanted=True)


def _quantified(value: Traced, *, wanted: bool) -> Traced:
    undecided = value.rest is not None
    for item in items_of(value):
        if item.unknown is not None:
            undecided = True
        elif bool_of(item) is wanted:
            return made_of(wanted, value, item)
    return _doubt("bool", value) if undecided else made_of(not wanted, value)


def _chunklist(_files: Files, args: Sequence[Traced]) -> Traced:
    items, size = items_of(args[0]), whole_of(args[1])
    if size < 0:
        raise FunctionError("the size must not be negative")
    if args[0].rest is not None:
        return _doubt("list", args[0])
    step = size or max(1, len(items))
    chunks = [made_of(items[at : at + step], args[0]) for at in range(0, len(items), step)]
    return made_of(chunks, *args)


def _coalesce(_files: Files, given: Sequence[Traced]) -> Traced:
    args = one_type(given)
    for position, arg in enumerate(args):
        if isinstance(arg.data, Unknown):
            if arg.data.not_null and arg.data.type != "string":
                return arg
            return _doubt(arg.data.type, arg, *args[position + 1 :])
        if isinstance(arg.data, Segments) and not any(isinstance(p, str) for p in arg.data.parts):
            return _doubt("string", arg, *args[position + 1 :])  # it may be empty
        if arg.data is not None and arg.data != "":
            return arg
    raise FunctionError("no argument is neither null nor an empty string")


def _coalescelist(_files: Files, args: Sequence[Traced]) -> Traced:
    for arg in args:
        if isinstance(arg.data, Unknown):
            return _doubt("list", *args)
        if items_of(arg):
            return arg
        if arg.rest is not None:
            return _doubt("list", *args)
    raise FunctionError("no list has an item")


def _compact(_files: Files, args: Sequence[Traced]) -> Traced:
    items = items_of(args[0])
    if any(isinstance(item.data, Unknown) for item in items):
        kept = [item for item in items if not isinstance(item.data, Unknown) and item.data != ""]
        doubt = next(item.data for item in items if isinstance(item.data, Unknown))
        kept = [item for item in kept if item.data is not None]
        return Traced(kept, args[0].via, rest=doubt, sensitive=args[0].sensitive)
    kept = [item for item in items if item.data is not None and item.data != ""]
    return _container(kept, args[0])


def _concat(_files: Files, args: Sequence[Traced]) -> Traced:
    items: list[Traced] = []
    rest: Unknown | None = None
    for arg in args:
        if isinstance(arg.data, Unknown):
            rest = rest or arg.data
            continue
        if isinstance(arg.data, SetData):
            raise FunctionError("all arguments must be lists or tuples, not sets")
        items.extend(items_of(arg))
        rest = rest or arg.rest
    result = _container(items, *args)
    result.rest = rest
    return result


def _contains(_files: Files, args: Sequence[Traced]) -> Traced:
    if isinstance(args[0].data, Unknown):
        return _doubt("bool", args[0])
    undecided = args[0].rest is not None
    for item in items_of(args[0]):
        if first_unknown(item) is not None or first_unknown(args[1]) is not None:
            undecided = undecided or _may_equal(item, args[1])
        elif equal(item, args[1]):
            return made_of(True, item, args[1])
    return _doubt("bool", *args) if undecided else made_of(False, *args)


def _may_equal(left: Traced, right: Traced) -> bool:
    for one, other in ((left.data, right.data), (right.data, left.data)):
        if isinstance(one, Segments) and isinstance(other, str):
            return fits(one, other)
        if isinstance(one, Unknown) and one.candidates and not isinstance(other, (list, dict)):
            return isinstance(other, (Unknown, Segments)) or other in one.candidates
    return True


def _distinct(_files: Files, args: Sequence[Traced]) -> Traced:
    return _container(distinct(one_type(items_of(args[0]))), args[0])


def _element(_files: Files, args: Sequence[Traced]) -> Traced:
    items, index = items_of(args[0]), whole_of(args[1])
    if isinstance(args[0].data, SetData):
        raise FunctionError("the elements of a set have no index")
    if args[0].rest is not None:
        return _doubt("any", args[0])
    if not items:
        raise FunctionError("cannot use element with an empty list")
    return _picked(items[index % len(items)], args[1])


def _picked(item: Traced, chosen_by: Traced) -> Traced:
    """The item itself, with what chose it behind its own hops."""
    via = hops_of((item, chosen_by))
    sensitive = item.sensitive or chosen_by.sensitive
    return Traced(item.data, via, item.span, item.rest, sensitive=sensitive)


def _flatten(_files: Files, args: Sequence[Traced]) -> Traced:
    out: list[Traced] = []
    rest: Unknown | None = args[0].rest

    stack = [iter(items_of(args[0]))]
    while stack:
        item = next(stack[-1], None)
        if item is None:
            stack.pop()
        elif isinstance(item.data, list):
            rest = rest or item.rest
            stack.append(iter(item.data))
        elif isinstance(item.data, Unknown) and item.data.type in ("any", "list"):
            rest = rest or item.data
        else:
            out.append(item)
        if len(out) > MAX_ITEMS:
            raise FunctionError(f"the result has more than {MAX_ITEMS} items")
    result = _container(out, args[0])
    result.rest = rest
    return result


def _index(_files: Files, args: Sequence[Traced]) -> Traced:
    for position, item in enumerate(items_of(args[0])):
        if equal(item, args[1]):
            return made_of(position, item, args[1])
    raise FunctionError("the item was not found")


def _keys(_files: Files, args: Sequence[Traced]) -> Traced:
    entries = entries_of(args[0])
    keys = [made_of(key, args[0]) for key in sorted(entries)]
    return _container(keys, args[0])


def _length(_files: Files, args: Sequence[Traced]) -> Traced:
    data = args[0].data
    if isinstance(data, (Unknown, Segments)):
        return _doubt("int", args[0])
    if isinstance(data, (list, dict)):
        if args[0].rest is not None:
            return _doubt("int", args[0])
        return made_of(len(data), args[0])
    if isinstance(data, str):
        return made_of(len(clusters(data)), args[0])
    raise FunctionError(
        f"argument must be a string, a collection or an object, not {type_name(args[0])}"
    )


def _list(_files: Files, args: Sequence[Traced]) -> Traced:
    return _container(list(args), *args)


def _lookup(_files: Files, args: Sequence[Traced]) -> Traced:
    if isinstance(args[0].data, Unknown) or args[1].unknown is not None:
        return _doubt("any", *args)
    entries, key = entries_of(args[0]), text_of(args[1])
    if key in entries:
        return _picked(entries[key], args[1])
    if may_have(args[0], key):
        return _doubt("any", args[0])
    if len(args) < 3:
        raise FunctionError(f"the map has no element with the key `{key}`")
    return _picked(args[2], args[1])


def _map(_files: Files, args: Sequence[Traced]) -> Traced:
    if len(args) % 2:
        raise FunctionError("map needs an even number of arguments")
    if any(key.unknown is not None for key in args[::2]):
        return _doubt("map", *args)
    return _container(
        {text_of(args[at]): args[at + 1] for at in range(0, len(args), 2)}, *args[::2]
    )


def _matchkeys(_files: Files, args: Sequence[Traced]) -> Traced:
    values, keys, wanted = (items_of(arg) for arg in args)
    if len(values) != len(keys):
        raise FunctionError("values and keys have different lengths")
    search = {identity(item) for item in wanted}
    kept = [item for item, key in zip(values, keys, strict=True) if identity(key) in search]
    return _container(kept, *args)


def _merge(_files: Files, args: Sequence[Traced]) -> Traced:
    entries: dict[str, Traced] = {}
    rest: Unknown | None = None
    for arg in args:
        if arg.data is None:
            continue
        if isinstance(arg.data, Unknown):
            # Whatever came before may be overridden by what cannot be seen.
            entries = {key: _overridable(item, arg) for key, item in entries.items()}
            rest = rest or arg.data
            continue
        if arg.rest is not None:
            entries = {
                key: _overridable(item, arg) if may_have(arg, key) else item
                for key, item in entries.items()
            }
            rest = rest or arg.rest
        entries.update(entries_of(arg))
    if not args or all(arg.data is None for arg in args):
        return made_of({} if not args else None, *args)
    result = _container(entries, *args)
    result.rest = rest
    opened = [arg for arg in args if arg.rest is not None or isinstance(arg.data, Unknown)]
    maps = [arg.data for arg in opened if isinstance(arg.data, OpenMap)]
    if maps and len(maps) == len(opened):
        result.data = OpenMap(entries, [one for data in maps for one in data.patterns])
    return result


def _overridable(item: Traced, by: Traced) -> Traced:
    doubt = by.data if isinstance(by.data, Unknown) else by.rest
    assert doubt is not None
    return made_of(Unknown(doubt.reason, doubt.detail, span=doubt.span), item, by)


def _one(_files: Files, args: Sequence[Traced]) -> Traced:
    items = items_of(args[0])
    if args[0].rest is not None:
        return _doubt("any", args[0])
    if len(items) > 1:
        raise FunctionError("must be a list, set or tuple with either zero or one elements")
    return items[0] if items else made_of(None, args[0])


def _range(_files: Files, args: Sequence[Traced]) -> Traced:
    numbers = [number_of(arg) for arg in args]
    start = numbers[0] if len(numbers) > 1 else 0
    limit = numbers[1] if len(numbers) > 1 else numbers[0]
    step = numbers[2] if len(numbers) > 2 else (1 if start <= limit else -1)
    if step == 0:
        raise FunctionError("step must not be zero")
    if (step > 0) is (start > limit) and start != limit:
        raise FunctionError("the step has the wrong sign for these limits")
    count = max(0, -int(-(limit - start) // step))
    if count > 1024:
        raise FunctionError(
            "more than 1024 values were generated; use a smaller range or larger step"
        )
    return made_of([made_of(start + index * step, *args) for index in range(count)], *args)


def _reverse(_files: Files, args: Sequence[Traced]) -> Traced:
    return _container(list(reversed(items_of(args[0]))), args[0])


def _set_function(keep: Callable[[list[set[object]], object], bool]) -> _Apply:
    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        sizes = [len(items_of(arg)) for arg in args]
        everything = one_type([item for arg in args for item in items_of(arg)])
        rest = iter(everything)
        sets = [{identity(item) for item in itertools.islice(rest, size)} for size in sizes]
        kept = [item for item in everything if keep(sets, identity(item))]
        return _container(SetData(set_order(kept)), *args)

    return apply


def _setproduct(_files: Files, args: Sequence[Traced]) -> Traced:
    total = 1
    for arg in args:
        total *= max(1, len(items_of(arg)))
    if total > MAX_ITEMS:
        raise FunctionError(f"the product has more than {MAX_ITEMS} items")
    columns = [one_type(items_of(arg)) for arg in args]
    rows = [made_of(list(row), *row) for row in itertools.product(*columns)]
    if all(isinstance(arg.data, SetData) for arg in args):
        return _container(SetData(rows), *args)
    return _container(rows, *args)


def _slice(_files: Files, args: Sequence[Traced]) -> Traced:
    items, start, end = items_of(args[0]), whole_of(args[1]), whole_of(args[2])
    if args[0].rest is not None:  # nobody knows where the others stand
        return _doubt("list", args[0])
    if not 0 <= start <= end <= len(items):
        raise FunctionError(f"the slice {start} to {end} is outside a list of {len(items)}")
    return made_of(items[start:end], *args)


def _sort(_files: Files, args: Sequence[Traced]) -> Traced:
    items = items_of(args[0])
    return _container(sorted((made_of(text_of(item), item) for item in items), key=_text), args[0])


def _text(item: Traced) -> str:
    return text_of(item)


def _transpose(_files: Files, args: Sequence[Traced]) -> Traced:
    out: dict[str, list[Traced]] = {}
    for key, value in entries_of(args[0]).items():
        for item in items_of(value):
            out.setdefault(text_of(item), []).append(made_of(key, value))
    return _container(
        {key: made_of(sorted(out[key], key=_text), *out[key]) for key in sorted(out)}, args[0]
    )


def _values(_files: Files, args: Sequence[Traced]) -> Traced:
    entries = entries_of(args[0])
    return _container([entries[key] for key in sorted(entries)], args[0])


def _zipmap(_files: Files, args: Sequence[Traced]) -> Traced:
    keys, values = items_of(args[0]), items_of(args[1])
    if any(arg.rest is not None for arg in args):  # nobody knows which key has which value
        return _doubt("map", *args)
    if len(keys) != len(values):
        raise FunctionError(f"{len(keys)} keys do not fit {len(values)} values")
    if any(key.unknown is not None for key in keys):
        return _doubt("map", *args)
    pairs = zip(keys, values, strict=True)
    return _container({text_of(key): value for key, value in pairs}, *args)


_OWN, _STRICT, _SHALLOW = Unknowns.OWN, Unknowns.STRICT, Unknowns.SHALLOW
COLLECTIONS = {
    "alltrue": Function(_alltrue, 1, 1, _SHALLOW, "bool"),
    "anytrue": Function(_anytrue, 1, 1, _SHALLOW, "bool"),
    "chunklist": Function(_chunklist, 2, 2, _SHALLOW, "list"),
    "coalesce": Function(_coalesce, 1, None, _OWN, "any"),
    "coalescelist": Function(_coalescelist, 1, None, _OWN, "list"),
    "compact": Function(_compact, 1, 1, _SHALLOW, "list"),
    "concat": Function(_concat, 1, None, _OWN, "list"),
    "contains": Function(_contains, 2, 2, _OWN, "bool"),
    "distinct": Function(_distinct, 1, 1, _STRICT, "list"),
    "element": Function(_element, 2, 2, _SHALLOW, "any"),
    "flatten": Function(_flatten, 1, 1, _SHALLOW, "list"),
    "index": Function(_index, 2, 2, _STRICT, "int"),
    "keys": Function(_keys, 1, 1, _SHALLOW, "list"),
    "length": Function(_length, 1, 1, _OWN, "int"),
    "list": Function(_list, 0, None, _OWN, "list"),
    "lookup": Function(_lookup, 2, 3, _OWN, "any"),
    "map": Function(_map, 0, None, _OWN, "map"),
    "matchkeys": Function(_matchkeys, 3, 3, _STRICT, "list"),
    "merge": Function(_merge, 0, None, _OWN, "map"),
    "one": Function(_one, 1, 1, _SHALLOW, "any"),
    "range": Function(_range, 1, 3, _STRICT, "list"),
    "reverse": Function(_reverse, 1, 1, _SHALLOW, "list"),
    "setintersection": Function(
        _set_function(lambda sets, item: all(item in one for one in sets)), 1, None, _STRICT, "list"
    ),
    "setproduct": Function(_setproduct, 1, None, _SHALLOW, "list"),
    "setsubtract": Function(
        _set_function(lambda sets, item: item in sets[0] and item not in sets[1]),
        2, 2, _STRICT, "list",
    ),
    "setunion": Function(_set_function(lambda _sets, _item: True), 1, None, _STRICT, "list"),
    "slice": Function(_slice, 3, 3, _SHALLOW, "list"),
    "sort": Function(_sort, 1, 1, _STRICT, "list"),
    "transpose": Function(_transpose, 1, 1, _STRICT, "map"),
    "values": Function(_values, 1, 1, _SHALLOW, "list"),
    "zipmap": Function(_zipmap, 2, 2, _SHALLOW, "map"),
}  # fmt: skip
