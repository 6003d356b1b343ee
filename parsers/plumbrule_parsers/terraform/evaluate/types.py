"""Type constraints of variables: conversion, `optional()` attributes and their defaults.

Source: https://developer.hashicorp.com/terraform/language/expressions/type-constraints.
"""

from __future__ import annotations

from collections.abc import Callable

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.terraform.evaluate.unknowns import derived, spread
from plumbrule_parsers.terraform.functions.call import (
    bool_of,
    number_of,
    one_type,
    set_order,
    text_of,
    type_name,
)
from plumbrule_parsers.traced import SetData, Traced, first_unknown, made_of
from plumbrule_parsers.value import Segments, Unknown

_SCALARS: dict[str, tuple[str, Callable[[Traced], str | int | float | bool]]] = {
    "string": ("string", text_of),
    "number": ("float", number_of),
    "bool": ("bool", bool_of),
}
_BASE = {"string": "string", "number": "float", "bool": "bool", "list": "list", "set": "list",
         "tuple": "list", "map": "map", "object": "map"}  # fmt: skip


def type_base(type_: h.Expr | None) -> str:
    """The base type's name of a constraint, for unknown values."""
    name = _head(type_)
    if name == "optional" and isinstance(type_, h.Call) and type_.args:
        return type_base(type_.args[0])
    return _BASE.get(name, "any")


def convert(value: Traced, type_: h.Expr, default: Callable[[h.Expr], Traced]) -> Traced:
    """The value as the constraint wants it; `default` evaluates what stands in `optional()`.

    FunctionError: it cannot be converted.
    """
    name, args = _head(type_), type_.args if isinstance(type_, h.Call) else ()
    if value.data is None or name not in _BASE:
        return value
    if name in _SCALARS:
        return _scalar(value, *_SCALARS[name])
    if isinstance(value.data, Unknown):
        return _still_unknown(value, _BASE[name])
    if not args:  # the legacy `list` and `map`
        return value
    if name in ("list", "set"):
        return _listed(value, name, args[0], default)
    if name == "map":
        entries = {key: convert(item, args[0], default) for key, item in _entries(value).items()}
        if _head(args[0]) == "any":
            entries = dict(zip(entries, one_type(list(entries.values())), strict=True))
        return _like(value, entries)
    if name == "tuple" and isinstance(args[0], h.Tuple):
        types, items = args[0].items, _items(value)
        if len(types) != len(items):
            raise FunctionError(f"a tuple of {len(types)} is required, but got {len(items)}")
        return _like(value, [convert(*pair, default) for pair in zip(items, types, strict=True)])
    if name == "object" and isinstance(args[0], h.Object):
        return _object(value, args[0], default)
    return value


def _head(type_: h.Expr | None) -> str:
    if isinstance(type_, h.Traversal):
        return type_.names[0]
    if isinstance(type_, h.Call):
        return type_.name
    if isinstance(type_, h.Literal) and isinstance(type_.value, str):
        return type_.value  # `type = "string"`, as old configurations write it
    return ""


def _scalar(value: Traced, base: str, read: Callable[[Traced], str | int | float | bool]) -> Traced:
    data = value.data
    if isinstance(data, Segments):
        return value if base == "string" else made_of(derived(data.unknowns[0], base), value)
    if isinstance(data, Unknown):
        if data.type == base:
            return value
        few = spread(lambda one: _scalar(one, base, read), (value,), base)
        return few or _still_unknown(value, base)
    if data is None:
        return value
    return Traced(read(value), value.via, value.span, sensitive=value.sensitive)


def _still_unknown(value: Traced, base: str) -> Traced:
    data = value.data
    assert isinstance(data, Unknown)
    if data.type == base:
        return value
    made = Unknown(data.reason, data.detail, data.span, base, (), data.not_null, data.reference,
                   data.identity)  # fmt: skip
    return Traced(made, value.via, sensitive=value.sensitive)


def _listed(value: Traced, name: str, item: h.Expr, default: Callable[[h.Expr], Traced]) -> Traced:
    items = [convert(one, item, default) for one in _items(value)]
    if _head(item) == "any":
        items = one_type(items)
    if name == "list":
        return _like(value, items)
    whole = all(first_unknown(one) is None for one in items)
    return _like(value, SetData(set_order(items) if whole else items))


def _object(value: Traced, type_: h.Object, default: Callable[[h.Expr], Traced]) -> Traced:
    entries = _entries(value)
    made: dict[str, Traced] = {}
    for key, wanted in type_.items:
        name = key.value if isinstance(key, h.Literal) else None
        if not isinstance(name, str):
            continue
        optional = isinstance(wanted, h.Call) and wanted.name == "optional" and bool(wanted.args)
        inner = wanted.args[0] if optional and isinstance(wanted, h.Call) else wanted
        fallback = wanted.args[1] if isinstance(wanted, h.Call) and optional and (
            len(wanted.args) > 1
        ) else None  # fmt: skip
        given = entries.get(name)
        if given is None and value.rest is not None:
            given = Traced(derived(value.rest), value.via, sensitive=value.sensitive)
        elif given is None and not optional:
            raise FunctionError(f"attribute `{name[:60]}` is required")
        if given is None or (given.data is None and fallback is not None):
            given = default(fallback) if fallback is not None else Traced(None, value.via)
        elif isinstance(given.data, Unknown) and not given.data.not_null and fallback is not None:
            given = _perhaps_default(given, default(fallback))
        made[name] = convert(given, inner, default)
    return Traced(made, value.via, value.span, sensitive=value.sensitive)


def _perhaps_default(given: Traced, fallback: Traced) -> Traced:
    """An unknown that is null or not; null becomes the default, and so is never null."""
    data = given.data
    assert isinstance(data, Unknown)
    values = tuple(one for one in data.candidates if one is not None)
    plain = not isinstance(fallback.data, (list, dict, Unknown, Segments))
    if values and plain:
        if None in data.candidates:
            values = (*values, fallback.data)  # type: ignore[arg-type]
    else:
        values = ()
    made = Unknown(data.reason, data.detail, data.span, data.type, values,
                   fallback.data is not None, data.reference)  # fmt: skip
    return Traced(made, given.via, sensitive=given.sensitive)


def _like(value: Traced, data: list[Traced] | dict[str, Traced]) -> Traced:
    return Traced(data, value.via, value.span, value.rest, sensitive=value.sensitive)


def _items(value: Traced) -> list[Traced]:
    if isinstance(value.data, list):
        return value.data
    raise FunctionError(f"list, set or tuple required, but got {type_name(value)}")


def _entries(value: Traced) -> dict[str, Traced]:
    if isinstance(value.data, dict):
        return value.data
    raise FunctionError(f"map or object required, but got {type_name(value)}")
