"""The functions of Go's `text/template` itself; Sprig's `slice` stands in for Go's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote_plus

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.formatting import printed
from plumbrule_parsers.helm.functions.go_text import go_bytes
from plumbrule_parsers.helm.functions.go_values import (
    chosen,
    doubt,
    go_type,
    text_result,
    truth_or_unknown,
)
from plumbrule_parsers.helm.functions.objects import BytesText, FilesData, StructData
from plumbrule_parsers.helm.functions.partial import byte_length
from plumbrule_parsers.traced import Traced, made_of, pieces_of
from plumbrule_parsers.traced_text import mapped, plain_text
from plumbrule_parsers.value import Segments, Unknown

_Apply = Callable[[Call, Sequence[Traced]], Traced]


def _first_that(*, wanted: bool) -> _Apply:
    """`or` gives the first true argument, `and` the first that is not; else the last."""

    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        before: list[Traced] = []
        for arg in args:
            found = truth_or_unknown(arg)
            if isinstance(found, Unknown):
                if arg is args[-1]:
                    break
                return doubt(found, "any", *before, arg, not_null=False)
            if found is wanted:
                return chosen(arg, *before)
            before.append(arg)
        return chosen(args[-1], *args[:-1])

    return apply


def _not(_call: Call, args: Sequence[Traced]) -> Traced:
    found = truth_or_unknown(args[0])
    if isinstance(found, Unknown):
        return doubt(found, "bool", *args)
    return made_of(not found, *args)


# --- comparisons


def _basic(value: Traced) -> str | None:
    """Go's basic kind, None for what has no order; unknown text counts as text."""
    data = value.data
    if isinstance(data, bool):
        return "bool"
    if isinstance(data, int):
        return "int"
    if isinstance(data, float):
        return "float"
    if isinstance(data, BytesText):
        return None
    return "string" if isinstance(data, (str, Segments)) else None


def equal(left: Traced, right: Traced) -> bool | Unknown:
    """Go's `eq` of two values. FunctionError: they cannot be compared."""
    one, other = left.data, right.data
    for value in (left, right):
        if isinstance(value.data, Unknown):
            return value.data
    if isinstance(one, Segments) or isinstance(other, Segments):
        return _equal_parts(left, right)
    kinds = _basic(left), _basic(right)
    if kinds[0] != kinds[1]:
        if one is not None and other is not None:
            raise FunctionError("incompatible types for comparison")
        return False
    if kinds[0] is not None:
        return one == other
    if one is None or other is None:
        return one is None and other is None
    if isinstance(one, StructData) and isinstance(other, StructData):
        return one is other
    raise FunctionError(f"non-comparable types {go_type(left)} and {go_type(right)}")


def _equal_parts(left: Traced, right: Traced) -> bool | Unknown:
    if _basic(left) != _basic(right):
        if left.data is None or right.data is None:
            return False
        raise FunctionError("incompatible types for comparison")
    segments, other = (left, right) if isinstance(left.data, Segments) else (right, left)
    data = segments.data
    assert isinstance(data, Segments)
    if isinstance(other.data, str):
        pieces = pieces_of(segments)
        length = byte_length(pieces)
        if length is not None and length != byte_length(pieces_of(other)):
            return False
        text = other.data
        if not text.startswith(data.prefix) or not text.endswith(data.suffix):
            return False
        if len(data.prefix) + len(data.suffix) > len(text):
            return False
    elif data == other.data and all(part.identity for part in data.unknowns):
        return True
    return data.unknowns[0]


def _eq(_call: Call, args: Sequence[Traced]) -> Traced:
    if len(args) < 2:
        raise FunctionError("missing argument for comparison")
    lost: Unknown | None = None
    for arg in args[1:]:
        found = equal(args[0], arg)
        if found is True:
            return made_of(True, *args)
        if isinstance(found, Unknown):
            lost = found
    return made_of(False, *args) if lost is None else doubt(lost, "bool", *args)


def _ne(_call: Call, args: Sequence[Traced]) -> Traced:
    found = equal(args[0], args[1])
    if isinstance(found, Unknown):
        return doubt(found, "bool", *args)
    return made_of(not found, *args)


def _ordered(test: Callable[[bool, bool], bool]) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        left, right = args
        kinds = _basic(left), _basic(right)
        if None in kinds or "bool" in kinds:
            raise FunctionError("invalid type for comparison")
        if kinds[0] != kinds[1]:
            raise FunctionError("incompatible types for comparison")
        one, other = left.data, right.data
        if isinstance(one, str) and isinstance(other, str):
            # Go compares bytes; the order of code points is the same, surrogates aside.
            return made_of(test(str(one) < str(other), str(one) == str(other)), *args)
        assert isinstance(one, (int, float))
        assert isinstance(other, (int, float))
        return made_of(test(one < other, one == other), *args)

    return apply


# --- access


def _len(_call: Call, args: Sequence[Traced]) -> Traced:
    data = args[0].data
    if isinstance(data, (str, Segments, Unknown)):
        length = byte_length(pieces_of(args[0]))
        if length is None:
            unknown = args[0].unknown
            assert unknown is not None
            return doubt(unknown, "int", *args)
        return made_of(length, *args)
    if data is None:
        raise FunctionError("len of nil pointer")
    if isinstance(data, StructData) or not isinstance(data, (dict, list)):
        raise FunctionError(f"len of type {go_type(args[0])}")
    if args[0].rest is not None:
        return doubt(args[0].rest, "int", *args)
    return made_of(len(data), *args)


def _index(_call: Call, args: Sequence[Traced]) -> Traced:
    value = args[0]
    if value.data is None:
        raise FunctionError("index of untyped nil")
    for key in args[1:]:
        if isinstance(value.data, Unknown):
            return doubt(value.data, "any", *args, not_null=False)
        if key.unknown is not None:
            return doubt(key.unknown, "any", *args, not_null=False)
        value = _item(value, key)
    return value


def _item(value: Traced, key: Traced) -> Traced:
    data = value.data
    if isinstance(data, dict) and not isinstance(data, StructData):
        if key.data is None:
            raise FunctionError("value is nil; should be of type string")
        if isinstance(data, FilesData) and data.chart:
            raise FunctionError("`.Files` is read with its methods")
        if not isinstance(key.data, str):
            raise FunctionError(f"value has type {go_type(key)}; should be string")
        found = data.get(key.data)
        if found is None:
            if value.rest is not None:
                return doubt(value.rest, "any", value, key, not_null=False)
            return made_of(None, value, key)
        return chosen(found, key)
    if isinstance(data, (list, str)):
        if key.data is None:
            raise FunctionError("cannot index slice/array with nil")
        if isinstance(key.data, bool) or not isinstance(key.data, int):
            raise FunctionError(f"cannot index slice/array with type {go_type(key)}")
        at = key.data
        if isinstance(data, str):
            raw = go_bytes(data)
            if not 0 <= at < len(raw):
                raise FunctionError(f"index out of range: {at}")
            return made_of(raw[at], value, key)
        if not 0 <= at < len(data):
            if value.rest is not None and at >= 0:
                return doubt(value.rest, "any", value, key, not_null=False)
            raise FunctionError(f"index out of range: {at}")
        return chosen(data[at], key)
    if data is None:
        raise FunctionError("index of nil pointer")
    raise FunctionError(f"can't index item of type {go_type(value)}")


# --- escaping

_HTML = str.maketrans({
    '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd",
})  # fmt: skip
_JS = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026",
    "=": "\\u003D",
}  # fmt: skip


def _js(text: str) -> str:
    out = []
    for letter in text:
        if letter in _JS:
            out.append(_JS[letter])
        elif ord(letter) < 0x20 or (ord(letter) > 0x7F and not letter.isprintable()):
            out.append(f"\\u{ord(letter):04X}")
        else:
            out.append(letter)
    return "".join(out)


def query_escape(text: str) -> str:
    """Text as a URL's query has it: blanks are `+`."""
    return quote_plus(go_bytes(text), safe="")


def _escaped(change: Callable[[str], str]) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        return text_result(mapped(printed(args), change), *args)

    return apply


def _html(text: str) -> str:
    return text.translate(_HTML)


def _call_function(_call: Call, args: Sequence[Traced]) -> Traced:
    if args[0].data is None:
        raise FunctionError("call of nil")
    text = plain_text(printed(args[:1]))[:40]
    raise FunctionError(f"non-function `{text}` of type {go_type(args[0])}")


_OWN, _STRICT = Unknowns.OWN, Unknowns.STRICT
BUILTINS = {
    "and": Function(_first_that(wanted=False), 1, None, _OWN),
    "call": Function(_call_function, 1, None, _OWN),
    "eq": Function(_eq, 1, None, _OWN, "bool"),
    "ge": Function(_ordered(lambda less, _same: not less), 2, 2, _STRICT, "bool"),
    "gt": Function(_ordered(lambda less, same: not less and not same), 2, 2, _STRICT, "bool"),
    "html": Function(_escaped(_html), 0, None, _OWN, "string"),
    "index": Function(_index, 1, None, _OWN),
    "js": Function(_escaped(_js), 0, None, _OWN, "string"),
    "le": Function(_ordered(lambda less, same: less or same), 2, 2, _STRICT, "bool"),
    "len": Function(_len, 1, 1, _OWN, "int"),
    "lt": Function(_ordered(lambda less, _same: less), 2, 2, _STRICT, "bool"),
    "ne": Function(_ne, 2, 2, _OWN, "bool"),
    "not": Function(_not, 1, 1, _OWN, "bool"),
    "or": Function(_first_that(wanted=True), 1, None, _OWN),
    "urlquery": Function(_escaped(query_escape), 0, None, _OWN, "string"),
}
