"""Go's `fmt` verbs on traced values: `printf`, `print` and `println`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import MAX_DEPTH, Call, Function
from plumbrule_parsers.helm.functions.go_text import go_bytes, go_quote, quoted_letter
from plumbrule_parsers.helm.functions.go_values import (
    doubt,
    float_text,
    go_kind,
    go_type,
    known,
    need_pieces,
    scalar_text,
    shown,
    text_result,
)
from plumbrule_parsers.helm.functions.objects import BytesText, StructData
from plumbrule_parsers.traced import Traced, pieces_of
from plumbrule_parsers.traced_text import Piece, Pieces, all_hops, cut, mapped, plain_text
from plumbrule_parsers.value import Segments, Unknown

MAX_WIDTH = 1_000_000  # Go's own limit of width and precision

_VERB = re.compile(
    r"%(?P<flags>[-+# 0]*+)(?:(?P<width>\d++)|(?P<windex>\[\d+\])?(?P<wstar>\*))?"
    r"(?:\.(?:(?P<precision>\d*+)(?!\*)|(?P<pindex>\[\d+\])?(?P<pstar>\*))?)?"
    r"(?P<index>\[\d+\])?(?P<verb>[\s\S])?"
)


@dataclass(frozen=True, slots=True)
class Spec:
    """One verb with its flags; `precision` is -1 where none is given."""

    verb: str
    flags: str = ""
    width: int = 0
    precision: int = -1


def formatted(template: Pieces, args: Sequence[Traced]) -> list[Piece]:
    """`fmt.Sprintf`: the template's own pieces with the arguments' pieces between them."""
    text = plain_text(template)
    out: list[Piece] = []
    turn, reordered, at = 0, False, 0

    def taken(index: str | None) -> Traced | None:
        nonlocal turn, reordered
        if index is not None:
            turn, reordered = int(index[1:-1][:6]) - 1, True
        turn += 1
        return args[turn - 1] if 0 < turn <= len(args) else None

    def star(index: str | None, what: str) -> int | None:
        value = taken(index)
        number = value.data if value is not None else None
        if isinstance(number, bool) or not isinstance(number, int) or abs(number) > MAX_WIDTH:
            out.append(Piece(f"%!(BAD{what})", all_hops(cut(template, at, at + 1))))
            return None
        return number

    while True:
        percent = text.find("%", at)
        out.extend(cut(template, at, percent if percent >= 0 else len(text)))
        if percent < 0:
            break
        match = _VERB.match(text, percent)
        assert match is not None
        at = match.end()
        here = all_hops(cut(template, percent, percent + 1))
        flags = match["flags"]
        width, precision = _number(match["width"]), -1
        if match["wstar"]:
            width = star(match["windex"], "WIDTH") or 0
            if width < 0:
                flags, width = flags + "-", -width
        if match["pstar"]:
            precision = star(match["pindex"], "PREC") or 0
        elif "." in match[0][: match[0].rfind(match["verb"] or "")] or match["precision"]:
            precision = _number(match["precision"])
        verb = match["verb"]
        if verb is None:
            out.append(Piece("%!(NOVERB)", here))
            continue
        if verb == "%":
            out.append(Piece("%", here))
            continue
        value = taken(match["index"])
        if value is None:
            bad = "BADINDEX" if match["index"] or turn < 1 else "MISSING"
            out.append(Piece(f"%!{verb}({bad})", here))
            continue
        out.extend(_one(Spec(verb, flags, width, max(-1, precision)), value, 0))
    if not reordered and turn < len(args):
        out.append(Piece("%!(EXTRA ", all_hops(template)))
        for index, arg in enumerate(args[turn:]):
            out.append(Piece((", " if index else "") + go_type(arg), arg.via))
            if arg.data is not None:
                out.append(Piece("=", arg.via))
                out.extend(shown(arg))
        out.append(Piece(")", all_hops(template)))
    return out


def _number(digits: str | None) -> int:
    if digits and (len(digits) > 7 or int(digits) > MAX_WIDTH):
        raise FunctionError(f"a width of {digits[:12]} is too large")
    return int(digits or 0)


def _one(spec: Spec, value: Traced, depth: int) -> list[Piece]:
    data, verb = value.data, spec.verb
    if depth > MAX_DEPTH:
        raise FunctionError(f"the value is nested deeper than {MAX_DEPTH} levels")
    if verb == "T":
        return _padded([Piece(go_type(value), value.via)], spec)
    if isinstance(data, Unknown) and data.type not in {"string", "any"} and verb == "q":
        return [Piece(data, value.via)]
    if isinstance(data, StructData):
        if verb in "sv":
            return _padded([Piece(data.text, value.via)], spec)
    elif isinstance(data, BytesText):
        if verb in "sqxX":
            return _text(spec, value, [Piece(str(data), value.via)])
    elif isinstance(data, (str, Segments, Unknown)):
        return _text(spec, value, pieces_of(value))
    elif isinstance(data, (dict, list)):
        return _container(spec, value, depth)
    if verb == "v":
        spec = Spec("v", spec.flags.replace("+", ""), spec.width, spec.precision)
        if "#" in spec.flags:
            return _padded([Piece(_syntax(value), value.via)], spec)
        if data is None:
            return _padded([Piece("<nil>", value.via)], spec)
        if isinstance(data, bool):
            return _padded(shown(value), spec)
        verb = "d" if isinstance(data, int) else "g"
    text = _scalar(Spec(verb, spec.flags, spec.width, spec.precision), value)
    if text is None:
        return _bad(spec, value)
    return [Piece(text, value.via)]


def _bad(spec: Spec, value: Traced) -> list[Piece]:
    if value.data is None:
        return [Piece(f"%!{spec.verb}(<nil>)", value.via)]
    start = Piece(f"%!{spec.verb}({go_type(value)}=", value.via)
    return [start, *shown(value), Piece(")", value.via)]


def _syntax(value: Traced) -> str:
    data = value.data
    if data is None:
        return "interface {}(nil)"
    if isinstance(data, str):
        return go_quote(data)
    if isinstance(data, float):
        return float_text(data, large=21)
    return scalar_text(data) if isinstance(data, (bool, int)) else ""


def _container(spec: Spec, value: Traced, depth: int) -> list[Piece]:
    data = value.data
    syntax = spec.verb == "v" and "#" in spec.flags
    name = go_type(value) if syntax else ""
    comma = Piece(", " if syntax else " ", value.via)
    out: list[Piece] = []
    if isinstance(data, dict):
        out.append(Piece(name + "{" if syntax else "map[", value.via))
        for index, key in enumerate(sorted(data)):
            if index:
                out.append(comma)
            out.extend(_one(spec, Traced(key, data[key].via), depth + 1))
            out.append(Piece(":", data[key].via))
            out.extend(_one(spec, data[key], depth + 1))
    else:
        assert isinstance(data, list)
        out.append(Piece(name + "{" if syntax else "[", value.via))
        for index, item in enumerate(data):
            if index:
                out.append(comma)
            out.extend(_one(spec, item, depth + 1))
    if value.rest is not None:
        out.append(Piece(value.rest, value.via))
    out.append(Piece("}" if syntax else "]", value.via))
    return out


def _text(spec: Spec, value: Traced, pieces: Pieces) -> list[Piece]:
    verb, precision = spec.verb, spec.precision
    known_text = known(pieces)
    if known_text is not None and precision >= 0 and verb in "svqxX":
        if verb in "xX":
            pieces = [Piece(go_bytes(known_text)[:precision]
                            .decode("utf-8", "surrogateescape"), all_hops(pieces))]  # fmt: skip
        else:
            pieces = cut(pieces, 0, precision)
        known_text = plain_text(pieces)
    if verb in "xX":
        if known_text is None:
            return _lost(pieces)
        digits = go_bytes(known_text).hex(*(" " if " " in spec.flags else ()))
        digits = digits.upper() if verb == "X" else digits
        return _padded([Piece(digits, all_hops(pieces))], spec)
    if verb == "q" or (verb == "v" and "#" in spec.flags):
        if "#" in spec.flags and verb == "q" and known_text is not None and "`" not in known_text:
            inner, mark = list(pieces), "`"
        else:
            plus = "+" in spec.flags and verb == "q"
            inner = mapped(pieces, lambda text: go_quote(text, ascii_only=plus)[1:-1])
            mark = '"'
        edge = Piece(mark, pieces[0].hops if pieces else value.via)
        return _padded([edge, *inner, edge], spec)
    if verb not in "sv":
        if known_text is None:
            return _lost(pieces)
        return _bad(spec, value)
    return _padded(list(pieces), spec)


def _lost(pieces: Pieces) -> list[Piece]:
    hole = next(piece.text for piece in pieces if isinstance(piece.text, Unknown))
    return [Piece(Unknown(hole.reason, hole.detail, hole.span, "string"), all_hops(pieces))]


def _padded(pieces: list[Piece], spec: Spec) -> list[Piece]:
    if spec.width == 0:
        return pieces
    size = 0
    for piece in pieces:
        length = len(piece.text) if isinstance(piece.text, str) else piece.text.length
        if length is None:
            return pieces
        size += length
    if size >= spec.width:
        return pieces
    hops = pieces[0].hops if pieces else ()
    if "-" in spec.flags:
        return [*pieces, Piece(" " * (spec.width - size), hops)]
    return [Piece(("0" if "0" in spec.flags else " ") * (spec.width - size), hops), *pieces]


_BASES = {"d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}


def _scalar(spec: Spec, value: Traced) -> str | None:
    """A bool or number under its verb; None if the verb is not for it."""
    data, verb, flags = value.data, spec.verb, spec.flags
    if isinstance(data, bool):
        return plain_text(_padded([Piece(scalar_text(data))], spec)) if verb == "t" else None
    if isinstance(data, int):
        if verb in _BASES:
            digits = format(abs(data), _BASES[verb])
            digits = digits.rjust(max(0, spec.precision), "0")
            lead = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}.get(verb, "") if "#" in flags else ""
            lead = "0o" if verb == "O" else lead
            return _signed(lead + digits, spec, negative=data < 0, zeros=spec.precision < 0)
        if verb in "cqU":
            letter = chr(data) if 0 <= data < 0x110000 and not 0xD800 <= data < 0xE000 else "\ufffd"
            shown_as = {"c": letter, "q": _rune(letter), "U": f"U+{data:04X}"}[verb]
            return plain_text(_padded([Piece(shown_as)], spec))
        return None
    if isinstance(data, float) and verb in "xX" and math.isfinite(data) and spec.precision < 0:
        mantissa, _, power = abs(data).hex().partition("p")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}p{power[0]}{power[1:].zfill(2)}"
        text = "0x0p+00" if data == 0 else text
        return _signed(text.upper() if verb == "X" else text, spec, negative=data < 0, zeros=True)
    if isinstance(data, float) and verb in "eEfFgG":
        number = abs(data)
        if number != number or number == float("inf"):  # noqa: PLR0124 - NaN
            text = "NaN" if number != number else "Inf"  # noqa: PLR0124
            plus = Spec(verb, flags + ("+" if text == "Inf" and data > 0 else ""), spec.width)
            return _signed(text, plus, negative=data < 0, zeros=False)
        if spec.precision > 1000:
            raise FunctionError(f"a precision of {spec.precision} is too large")
        text = _float(verb, number, spec.precision)
        negative = data < 0 or (data == 0 and str(data).startswith("-"))
        return _signed(text, spec, negative=negative, zeros=True)
    return None


def _float(verb: str, number: float, precision: int) -> str:
    if verb in "gG":
        if precision < 0:
            text = float_text(number, large=21 if number == 0 else 6)
        else:
            text = format(number, f".{max(1, precision)}g")
        return text.upper() if verb == "G" else text
    return format(number, f".{6 if precision < 0 else precision}{verb}")


def _signed(text: str, spec: Spec, *, negative: bool, zeros: bool) -> str:
    sign = "-" if negative else "+" if "+" in spec.flags else " " if " " in spec.flags else ""
    if "-" in spec.flags:
        return (sign + text).ljust(spec.width)
    if "0" in spec.flags and zeros:
        return sign + text.rjust(spec.width - len(sign), "0")
    return (sign + text).rjust(spec.width)


def _rune(letter: str) -> str:
    if letter == "'":
        return "'\\''"
    return "'" + (letter if letter == '"' else quoted_letter(letter)) + "'"


def _printf(_call: Call, args: Sequence[Traced]) -> Traced:
    template = need_pieces(args[0])
    if known(template) is None:
        unknown = args[0].unknown
        assert unknown is not None
        return doubt(unknown, "string", *args)
    return text_result(formatted(template, args[1:]), *args)


def printed(args: Sequence[Traced]) -> list[Piece]:
    """`fmt.Sprint`: a blank between neighbours of which neither is a string."""
    out: list[Piece] = []
    before = True
    for index, arg in enumerate(args):
        is_text = go_kind(arg) == "string"
        if index and not is_text and not before:
            out.append(Piece(" ", arg.via))
        out.extend(shown(arg))
        before = is_text
    return out


def _print(_call: Call, args: Sequence[Traced]) -> Traced:
    return text_result(printed(args), *args)


def _println(_call: Call, args: Sequence[Traced]) -> Traced:
    out: list[Piece] = []
    for index, arg in enumerate(args):
        if index:
            out.append(Piece(" ", arg.via))
        out.extend(shown(arg))
    out.append(Piece("\n", args[-1].via if args else ()))
    return text_result(out, *args)


_OWN = Unknowns.OWN
FORMATTING = {
    "print": Function(_print, 0, None, _OWN, "string"),
    "printf": Function(_printf, 1, None, _OWN, "string"),
    "println": Function(_println, 0, None, _OWN, "string"),
}
