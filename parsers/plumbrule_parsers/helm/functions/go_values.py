"""Go's view of traced values: types, truth, printing, and what a parameter of a type accepts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from plumbrule_parsers.function_table import MAX_TEXT, FunctionError
from plumbrule_parsers.helm.functions.call import MAX_DEPTH
from plumbrule_parsers.helm.functions.go_text import go_bytes
from plumbrule_parsers.helm.functions.objects import (
    ApiVersions,
    BytesText,
    FilesData,
    Int64,
    StringsData,
    StructData,
    WholeNumber,
)
from plumbrule_parsers.traced import Traced, hops_of, made_of, of_pieces, pieces_of
from plumbrule_parsers.traced_text import (
    Piece,
    TracedSegments,
    TracedText,
    first_hole,
    plain_text,
    text_data,
    union,
)
from plumbrule_parsers.value import Hop, Segments, Unknown


def go_type(value: Traced) -> str:
    """The type as Go prints it with `%T`."""
    data = value.data
    if data is None:
        return "<nil>"
    if isinstance(data, bool):
        return "bool"
    if isinstance(data, BytesText):
        return "[]uint8"
    if isinstance(data, Int64):
        return "int64"
    if isinstance(data, int):
        return "int"
    if isinstance(data, float):
        return "float64"
    if isinstance(data, FilesData):
        return "engine.files"
    if isinstance(data, StructData):
        return data.go_type
    if isinstance(data, dict):
        return "map[string]interface {}"
    if isinstance(data, StringsData):
        return "[]string"
    if isinstance(data, ApiVersions):
        return "common.VersionSet"
    if isinstance(data, list):
        return "[]interface {}"
    return "string"


def go_kind(value: Traced) -> str:
    """The kind as Go's reflection names it."""
    data = value.data
    if data is None:
        return "invalid"
    if isinstance(data, (list, BytesText)):
        return "slice"
    if isinstance(data, StructData):
        return "ptr" if data.go_type.startswith("*") else "struct"
    if isinstance(data, dict):
        return "map"
    return go_type(value)


def truth(value: Traced) -> bool:
    """Whether Go's templates take the value as true; the caller has seen to unknowns."""
    data = value.data
    if isinstance(data, (StructData, Segments, Unknown)):
        return True
    if isinstance(data, FilesData) and data.chart:
        return True
    return bool(data)


def truth_or_unknown(value: Traced) -> bool | Unknown:
    """The truth, or why it cannot be told. Text with a known part or a length is not empty."""
    data = value.data
    if isinstance(data, Unknown):
        return data.length > 0 if data.length is not None else data
    if isinstance(data, Segments):
        if any(isinstance(part, str) or part.length for part in data.parts):
            return True
        return data.unknowns[0]
    if isinstance(data, (dict, list)) and not data and value.rest is not None:
        return value.rest
    return truth(value)


def float_text(number: float, *, large: int = 21, small: int = -4) -> str:
    """The shortest decimal text; with an exponent below `small` and from `large` on.

    Go prints values with `large` 21 when it writes `%v`; strconv's `g` has 6, JSON 21 and -6.
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    sign = "-" if math.copysign(1, number) < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return sign + "0"
    power = point - 1
    if power < small or power >= large:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if len(digits) <= point:
        return sign + digits.ljust(point, "0")
    return f"{sign}{digits[:point]}.{digits[point:]}"


def scalar_text(data: float | bool | None) -> str:
    """A scalar that is no string, as `%v` prints it."""
    if data is None:
        return "<nil>"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, int):
        return str(int(data))
    return float_text(data, large=21 if data == 0 else 6)


def shown(value: Traced) -> list[Piece]:
    """The value as `%v` prints it, in pieces; unknown parts stay unknown."""
    out: list[Piece] = []
    _show(value, out, 0)
    return out


def _show(value: Traced, out: list[Piece], depth: int) -> None:
    data = value.data
    if depth > MAX_DEPTH:
        raise FunctionError(f"the value is nested deeper than {MAX_DEPTH} levels")
    if isinstance(data, (str, Segments, Unknown)):
        if isinstance(data, BytesText):
            numbers = " ".join(map(str, go_bytes(data)))
            out.append(Piece(f"[{numbers}]", value.via))
        else:
            out.extend(pieces_of(value))
    elif isinstance(data, StructData):
        out.append(Piece(data.text, value.via))
    elif isinstance(data, dict):
        out.append(Piece("map[", value.via))
        for index, key in enumerate(sorted(data)):
            out.append(Piece(f"{' ' if index else ''}{key}:", data[key].via))
            _show(data[key], out, depth + 1)
        _show_rest(value, out)
        out.append(Piece("]", value.via))
    elif isinstance(data, list):
        out.append(Piece("[", value.via))
        for index, item in enumerate(data):
            if index:
                out.append(Piece(" ", value.via))
            _show(item, out, depth + 1)
        _show_rest(value, out)
        out.append(Piece("]", value.via))
    else:
        out.append(Piece(scalar_text(data), value.via))


def _show_rest(value: Traced, out: list[Piece]) -> None:
    if value.rest is not None:
        out.append(Piece(value.rest, value.via))


def text_value(value: Traced) -> list[Piece]:
    """The value as Sprig's string conversion gives it: bytes are their text."""
    if isinstance(value.data, BytesText):
        return [Piece(str(value.data), value.via)]
    return shown(value)


def text_result(pieces: Iterable[Piece], *args: Traced) -> Traced:
    """A text result, refused when it is too large. `args` lend their sensitivity."""
    sensitive = False
    for arg in args:
        if arg.sensitive:
            sensitive = True
    made = of_pieces(pieces, sensitive=sensitive)
    data = made.data
    if not data and data.__class__ is str and not made.via:
        return made_of("", *args)  # nothing is left, but it came from somewhere
    if isinstance(data, Segments):
        size = sum(len(part) for part in data.parts if isinstance(part, str))
    else:
        size = len(data) if isinstance(data, str) else 0
    if size > MAX_TEXT:
        raise FunctionError("the resulting text is too large")
    return made


def doubt(unknown: Unknown, type_: str, *args: Traced, not_null: bool = True) -> Traced:
    """An unknown result of that type, because of an unknown argument."""
    result = Unknown(unknown.reason, unknown.detail, unknown.span, type_, not_null=not_null)
    return made_of(result, *args)


def wrong(expected: str, value: Traced) -> FunctionError:
    """The error for an argument of the wrong type."""
    if value.data is None:
        return FunctionError(f"invalid value; expected {expected}")
    return FunctionError(f"wrong type for value; expected {expected}; got {go_type(value)}")


def need_pieces(value: Traced) -> tuple[Piece, ...]:
    """The pieces of a string argument, unknown parts included."""
    data = value.data
    if isinstance(data, BytesText) or not isinstance(data, (str, Segments, Unknown)):
        raise wrong("string", value)
    return pieces_of(value)


def need_str(value: Traced) -> str:
    """A known string argument."""
    data = value.data
    if isinstance(data, BytesText) or not isinstance(data, str):
        raise wrong("string", value)
    return data


def need_int(value: Traced) -> int:
    """An argument for a Go int: int64 converts, float64 does not."""
    data = value.data
    if isinstance(data, WholeNumber):
        return int(data)
    if isinstance(data, bool) or not isinstance(data, int):
        raise wrong("int", value)
    return data


def need_bool(value: Traced) -> bool:
    """A bool argument."""
    if not isinstance(value.data, bool):
        raise wrong("bool", value)
    return value.data


def need_map(value: Traced) -> dict[str, Traced]:
    """A map argument; nil is an empty one, as Go's templates pass it."""
    data = value.data
    if data is None:
        return {}
    if isinstance(data, (StructData, FilesData)) or not isinstance(data, dict):
        raise wrong("map[string]interface {}", value)
    return data


def need_list(value: Traced, what: str) -> list[Traced]:
    """A slice argument of a function that says on which types it cannot work."""
    data = value.data
    if isinstance(data, BytesText):
        numbers = go_bytes(data)
        return [Traced(number, value.via) for number in numbers]
    if not isinstance(data, list):
        raise FunctionError(f"Cannot {what} on type {go_kind(value)}")
    return data


def like_list(value: Traced, items: list[Traced], *parts: Traced) -> Traced:
    """A new []interface{} made from a list; entries that may exist beyond stay possible."""
    sensitive = value.sensitive or any(part.sensitive for part in parts)
    return Traced(items, value.via, rest=value.rest, sensitive=sensitive)


def known(pieces: Sequence[Piece]) -> str | None:
    """The text of the pieces, None if a part is unknown."""
    return None if first_hole(pieces) is not None else plain_text(pieces)


def same(left: Traced, right: Traced) -> bool:
    """Go's reflect.DeepEqual: type and value, at every depth."""
    return same_data(left, right, 0)


def same_data(left: Traced, right: Traced, depth: int) -> bool:
    """`same`, `depth` levels down."""
    if depth > MAX_DEPTH:
        raise FunctionError(f"the value is nested deeper than {MAX_DEPTH} levels")
    if go_type(left) != go_type(right):
        return False
    one: Any = left.data
    other: Any = right.data
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            same_data(one[key], other[key], depth + 1) for key in one
        )
    if isinstance(one, list):
        return len(one) == len(other) and all(
            same_data(a, b, depth + 1) for a, b in zip(one, other, strict=True)
        )
    return bool(one == other)


def deep_copy(value: Traced, depth: int = 0) -> Traced:
    """The value with containers of its own at every depth."""
    data = value.data
    if depth > MAX_DEPTH:
        raise FunctionError(f"the value is nested deeper than {MAX_DEPTH} levels")
    copied: Any
    if isinstance(data, (StructData, FilesData, ApiVersions)):
        return value
    if isinstance(data, dict):
        copied = {key: deep_copy(item, depth + 1) for key, item in data.items()}
    elif isinstance(data, list):
        copied = type(data)(deep_copy(item, depth + 1) for item in data)
    else:
        return value
    return Traced(copied, value.via, value.span, value.rest, sensitive=value.sensitive)


def chosen(value: Traced, *deciders: Traced) -> Traced:
    """The value, with the decisions that led to it behind its own hops."""
    hops = hops_of(deciders)
    if not hops:
        return value
    more = tuple(hop if hop.kind != "data" else Hop(hop.span, hop.note, "decision") for hop in hops)
    data = value.data
    if isinstance(data, (TracedText, TracedSegments)):
        data = text_data([Piece(p.text, union(p.hops, more), p.literal) for p in data.pieces])
    via = union(value.via, more)
    return Traced(data, via, value.span, value.rest, sensitive=value.sensitive)
