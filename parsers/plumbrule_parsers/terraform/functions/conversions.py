"""Conversions between types, and the marks of sensitive values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.terraform.functions.call import (
    Files,
    Function,
    bool_of,
    entries_of,
    items_of,
    number_of,
    one_type,
    set_order,
    text_of,
    type_name,
)
from plumbrule_parsers.traced import SetData, Traced, made_of
from plumbrule_parsers.value import Segments, Unknown

_Apply = Callable[[Files, Sequence[Traced]], Traced]


def _scalar(convert: Callable[[Traced], str | int | float | bool]) -> _Apply:
    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        value = args[0]
        if value.data is None:
            return value
        return Traced(convert(value), value.via, value.span, sensitive=value.sensitive)

    return apply


def _tostring(_files: Files, args: Sequence[Traced]) -> Traced:
    value = args[0]
    if value.data is None or isinstance(value.data, (Unknown, Segments)):
        return value
    return Traced(text_of(value), value.via, value.span, sensitive=value.sensitive)


def _like(value: Traced, data: list[Traced] | dict[str, Traced]) -> Traced:
    return Traced(data, value.via, value.span, value.rest, sensitive=value.sensitive)


def _tolist(_files: Files, args: Sequence[Traced]) -> Traced:
    value = args[0]
    return value if value.data is None else _like(value, one_type(items_of(value)))


def _toset(_files: Files, args: Sequence[Traced]) -> Traced:
    value = args[0]
    if value.data is None:
        return value
    return _like(value, SetData(set_order(one_type(items_of(value)))))


def _tomap(_files: Files, args: Sequence[Traced]) -> Traced:
    value = args[0]
    if value.data is None:
        return value
    entries = entries_of(value)
    converted = one_type(list(entries.values()))
    return _like(value, dict(zip(entries, converted, strict=True)))


def _sensitive(_files: Files, args: Sequence[Traced]) -> Traced:
    value = args[0]
    return Traced(value.data, value.via, value.span, value.rest, sensitive=True)


def _nonsensitive(_files: Files, args: Sequence[Traced]) -> Traced:
    value = args[0]
    return Traced(value.data, value.via, value.span, value.rest, sensitive=False)


def _issensitive(_files: Files, args: Sequence[Traced]) -> Traced:
    return made_of(args[0].sensitive, Traced(None, args[0].via))


def _ephemeralasnull(_files: Files, args: Sequence[Traced]) -> Traced:
    return args[0]


def _as_bool(value: Traced) -> bool:
    try:
        return bool_of(value)
    except FunctionError:
        raise FunctionError(f"cannot convert {type_name(value)} to bool") from None


_OWN, _STRICT, _SHALLOW = Unknowns.OWN, Unknowns.STRICT, Unknowns.SHALLOW
CONVERSIONS = {
    "ephemeralasnull": Function(_ephemeralasnull, 1, 1, _OWN, "any"),
    "issensitive": Function(_issensitive, 1, 1, _OWN, "bool"),
    "nonsensitive": Function(_nonsensitive, 1, 1, _OWN, "any"),
    "sensitive": Function(_sensitive, 1, 1, _OWN, "any"),
    "tobool": Function(_scalar(_as_bool), 1, 1, _STRICT, "bool"),
    "tolist": Function(_tolist, 1, 1, _SHALLOW, "list"),
    "tomap": Function(_tomap, 1, 1, _SHALLOW, "map"),
    "tonumber": Function(_scalar(number_of), 1, 1, _STRICT, "float"),
    "toset": Function(_toset, 1, 1, _SHALLOW, "list"),
    "tostring": Function(_tostring, 1, 1, _OWN, "string"),
}
