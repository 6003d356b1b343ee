"""Sprig's string functions: text keeps the origin of each stretch, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from plumbrule_parsers.function_table import MAX_ITEMS, MAX_TEXT, FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_text import go_quote, lower, title, upper
from plumbrule_parsers.helm.functions.go_values import (
    doubt,
    known,
    need_int,
    need_pieces,
    shown,
    text_result,
    text_value,
)
from plumbrule_parsers.helm.functions.partial import (
    blur,
    blurred,
    byte_length,
    head,
    replace_text,
    tail,
)
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.traced_text import (
    Edit,
    Piece,
    Pieces,
    all_hops,
    cut,
    edit,
    first_hole,
    mapped,
    plain_text,
    union,
)
from plumbrule_parsers.value import Hop, Reason, Unknown

_Apply = Callable[[Call, Sequence[Traced]], Traced]
SPACE = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


_MANY = 20_000  # changes of a text beyond which its pieces become one


def beside(pieces: Pieces) -> tuple[Hop, ...]:
    """The hops for text that is put before or around the pieces."""
    return pieces[0].hops if pieces else ()


def letters(change: Callable[[str], str]) -> _Apply:
    """A function that changes each character by itself."""

    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        pieces = need_pieces(args[-1])
        out = [
            replace_text(piece, blurred(piece.text, piece.text.length))
            if isinstance(piece.text, Unknown)
            else piece
            for piece in mapped(pieces, change)
        ]
        return text_result(out, *args)

    return apply


def _texts(args: Sequence[Traced]) -> list[str] | Traced:
    """The arguments as texts, or the doubt because one of them is unknown in part."""
    texts: list[str] = []
    for arg in args:
        text = known(need_pieces(arg))
        if text is None:
            unknown = arg.unknown
            assert unknown is not None
            return doubt(unknown, "string", *args)
        texts.append(text)
    return texts


def edited(edits: Callable[..., Iterator[Edit]]) -> _Apply:
    """A function that edits a known text; its other arguments are known strings."""

    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        texts = _texts(args)
        if isinstance(texts, Traced):
            return texts
        return text_result(edit(need_pieces(args[-1]), edits(*texts)), *args)

    return apply


def of_strings(change: Callable[..., str | int | bool]) -> _Apply:
    """A function of known strings whose result has no part that stands for a part of them."""

    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        texts = _texts(args)
        if isinstance(texts, Traced):
            return texts
        return made_of(change(*texts), *args)

    return apply


# --- prefixes and suffixes


def trimmed(pieces: Pieces, letters_: str, *, left: bool = True, right: bool = True) -> list[Piece]:
    """The pieces without leading and trailing letters; an unknown end may lose some too."""
    text = plain_text(pieces)
    start = len(text) - len(text.lstrip(letters_)) if left and letters_ else 0
    end = len(text.rstrip(letters_)) if right and letters_ else len(text)
    out = cut(pieces, start, max(start, end))
    if out and (isinstance(out[0].text, Unknown) or isinstance(out[-1].text, Unknown)):
        return blur(out)
    return out


def _trim(_call: Call, args: Sequence[Traced]) -> Traced:
    return text_result(trimmed(need_pieces(args[0]), SPACE), *args)


def _trim_all(_call: Call, args: Sequence[Traced]) -> Traced:
    letters_ = known(need_pieces(args[0]))
    pieces = need_pieces(args[1])
    if letters_ is None:
        return _unknown_text(args)
    return text_result(trimmed(pieces, letters_), *args)


def _unknown_text(args: Sequence[Traced]) -> Traced:
    unknown = next(arg.unknown for arg in args if arg.unknown is not None)
    return doubt(unknown, "string", *args)


def ends(pieces: Pieces, part: str, *, at_start: bool) -> bool | Unknown:
    """Whether the text starts (or ends) with the part, as far as it can be told."""
    side = pieces if at_start else tuple(reversed(pieces))
    known_text = ""
    hole: Unknown | None = None
    for piece in side:
        if isinstance(piece.text, Unknown):
            hole = piece.text
            break
        known_text = known_text + piece.text if at_start else piece.text + known_text
        if len(known_text) >= len(part):
            break
    if hole is None or len(known_text) >= len(part):
        return known_text.startswith(part) if at_start else known_text.endswith(part)
    agrees = part.startswith(known_text) if at_start else part.endswith(known_text)
    return hole if agrees else False


def _trim_edge(*, at_start: bool) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        part, pieces = known(need_pieces(args[0])), need_pieces(args[1])
        if part is None:
            return _unknown_text(args)
        found = ends(pieces, part, at_start=at_start)
        if isinstance(found, Unknown):
            return text_result(blur(pieces), *args)
        if not found:
            return text_result(pieces, *args)
        size = len(plain_text(pieces))
        if at_start:
            return text_result(cut(pieces, len(part), size), *args)
        return text_result(cut(pieces, 0, size - len(part)), *args)

    return apply


def _has_edge(*, at_start: bool) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        part, pieces = known(need_pieces(args[0])), need_pieces(args[1])
        if part is None:
            unknown = args[0].unknown
            assert unknown is not None
            return doubt(unknown, "bool", *args)
        found = ends(pieces, part, at_start=at_start)
        return doubt(found, "bool", *args) if isinstance(found, Unknown) else made_of(found, *args)

    return apply


def _contains(_call: Call, args: Sequence[Traced]) -> Traced:
    part, pieces = known(need_pieces(args[0])), need_pieces(args[1])
    if part is not None and part in plain_text(pieces):
        return made_of(True, *args)
    hole = first_hole(pieces)
    if part is None:
        hole = args[0].unknown
    return made_of(False, *args) if hole is None else doubt(hole, "bool", *args)


# --- lengths and positions: Go counts bytes


def _trunc(_call: Call, args: Sequence[Traced]) -> Traced:
    if args[0].unknown is not None:
        return _unknown_text(args)
    count, pieces = need_int(args[0]), need_pieces(args[1])
    if count >= 0:
        return text_result(head(pieces, count), *args)
    length = byte_length(pieces)
    if length is None:
        return text_result(blur(pieces[-1:]) if len(pieces) == 1 else [_one_hole(pieces)], *args)
    return text_result(tail(pieces, length + count) if length + count > 0 else pieces, *args)


def _one_hole(pieces: Pieces) -> Piece:
    hole = first_hole(pieces)
    assert hole is not None
    return Piece(blurred(hole), all_hops(pieces))


def _substr(_call: Call, args: Sequence[Traced]) -> Traced:
    if args[0].unknown is not None or args[1].unknown is not None:
        return _unknown_text(args)
    start, end, pieces = need_int(args[0]), need_int(args[1]), need_pieces(args[2])
    length = byte_length(pieces)
    if length is None:
        if start <= 0 <= end:
            return text_result(head(pieces, end), *args)
        return text_result([_one_hole(pieces)], *args)
    if start < 0:
        if end < 0 or end > length:
            raise FunctionError(f"slice bounds out of range [:{end}] with length {length}")
        return text_result(head(pieces, end), *args)
    if end < 0 or end > length:
        if start > length:
            raise FunctionError(f"slice bounds out of range [{start}:{length}]")
        return text_result(tail(pieces, start), *args)
    if start > end:
        raise FunctionError(f"slice bounds out of range [{start}:{end}]")
    return text_result(tail(head(pieces, end), start), *args)


# --- quoting and joining


def between(pieces: Pieces, mark: str, value: Traced) -> list[Piece]:
    """The pieces between two marks, each of which belongs to what stands beside it."""
    first = beside(pieces) or value.via
    last = pieces[-1].hops if pieces else value.via
    return [Piece(mark, first), *pieces, Piece(mark, last)]


def quoted(value: Traced) -> list[Piece]:
    """The value in Go's double quotes."""
    pieces = mapped(text_value(value), lambda text: go_quote(text)[1:-1])
    return between(pieces, '"', value)


def _quote(_call: Call, args: Sequence[Traced]) -> Traced:
    return _spaced([quoted(arg) for arg in args if arg.data is not None], args)


def _squote(_call: Call, args: Sequence[Traced]) -> Traced:
    out = []
    for arg in args:
        if arg.data is None:
            continue
        out.append(between(shown(arg), "'", arg))
    return _spaced(out, args)


def _spaced(items: list[list[Piece]], args: Sequence[Traced]) -> Traced:
    out: list[Piece] = []
    for index, item in enumerate(items):
        if index:
            out.append(Piece(" ", beside(item)))
        out.extend(item)
    return text_result(out, *args)


def _cat(_call: Call, args: Sequence[Traced]) -> Traced:
    return _spaced([shown(arg) for arg in args if arg.data is not None], args)


def _to_string(_call: Call, args: Sequence[Traced]) -> Traced:
    return text_result(text_value(args[0]), *args)


# --- lines


def indented(pieces: Pieces, width: int, start: str = "") -> list[Piece]:
    """The pieces with `width` blanks before every line; an unknown counts as part of its line."""
    text = plain_text(pieces)
    if width < 0:
        raise FunctionError("strings: negative Repeat count")
    breaks = text.count("\n")
    if width * (breaks + 1) + len(text) > MAX_TEXT:
        raise FunctionError("the indented text is too large")
    pad = " " * width
    if breaks > _MANY and first_hole(pieces) is None:
        return [Piece(start + pad + text.replace("\n", "\n" + pad), all_hops(pieces))]
    edits = [Edit(0, 0, start + pad)]
    at = text.find("\n")
    while at >= 0 and width:
        edits.append(Edit(at + 1, at + 1, pad))
        at = text.find("\n", at + 1)
    return edit(pieces, edits)


def _indent(start: str) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        if args[0].unknown is not None:
            return _unknown_text(args)
        return text_result(indented(need_pieces(args[1]), need_int(args[0]), start), *args)

    return apply


def replaced(pieces: Pieces, old: str, new: Pieces, most: int = -1) -> list[Piece] | None:
    """The pieces with `old` replaced; None if it may stand across the edge of an unknown."""
    text = plain_text(pieces)
    if first_hole(pieces) is not None:
        if old == "" or most >= 0 or _may_straddle(pieces, old):
            return None
        pieces = blur(pieces)
    size, grow = len(old), sum(len(p.text) for p in new if isinstance(p.text, str))
    count = text.count(old)
    if len(text) + count * grow > MAX_TEXT:
        raise FunctionError("the resulting text is too large")

    if count > _MANY and first_hole([*pieces, *new]) is None:
        hops = union(all_hops(pieces), all_hops(new))
        return [Piece(text.replace(old, plain_text(new), most), hops)]

    def edits() -> Iterator[Edit]:
        done = 0
        if old == "":
            for at in range(len(text) + 1):
                yield Edit(at, at, new)
            return
        at = text.find(old)
        while at >= 0 and done != most:
            gone = all_hops(cut(pieces, at, at + size)) if len(pieces) > 1 else beside(pieces)
            yield Edit(at, at + size, [Piece(p.text, union(gone, p.hops)) for p in new])
            done += 1
            at = text.find(old, at + size)

    return edit(pieces, edits())


def _may_straddle(pieces: Pieces, old: str) -> bool:
    for index, piece in enumerate(pieces):
        if not isinstance(piece.text, Unknown):
            continue
        before = pieces[index - 1].text if index else ""
        after = pieces[index + 1].text if index + 1 < len(pieces) else ""
        for size in range(1, len(old)):
            if isinstance(before, str) and before.endswith(old[:size]):
                return True
            if isinstance(after, str) and after.startswith(old[-size:]):
                return True
    return False


def _replace(_call: Call, args: Sequence[Traced]) -> Traced:
    old, new, pieces = known(need_pieces(args[0])), need_pieces(args[1]), need_pieces(args[2])
    if old is None:
        return _unknown_text(args)
    if old and old not in plain_text(pieces) and first_hole(pieces) is None:
        return text_result(pieces, *args)
    out = replaced(pieces, old, new)
    if out is None:
        return _unknown_text(args)
    return text_result(out, *args)


def _repeat(_call: Call, args: Sequence[Traced]) -> Traced:
    count, pieces = args[0], need_pieces(args[1])
    if count.unknown is not None:
        return _unknown_text(args)
    times = need_int(count)
    if times < 0:
        raise FunctionError("strings: negative Repeat count")
    if len(plain_text(pieces)) * times > MAX_TEXT or len(pieces) * times > MAX_ITEMS:
        raise FunctionError(f"`repeat` {times} times makes a text that is too large")
    if len(pieces) == 1 and isinstance(pieces[0].text, str):
        return text_result([replace_text(pieces[0], pieces[0].text * times)], *args)
    return text_result(pieces * times, *args)


def _plural(_call: Call, args: Sequence[Traced]) -> Traced:
    if args[2].unknown is not None:
        return _unknown_text(args)
    one, many, count = need_pieces(args[0]), need_pieces(args[1]), need_int(args[2])
    return text_result(one if count == 1 else many, *args)


def _shuffle(_call: Call, args: Sequence[Traced]) -> Traced:
    length = byte_length(need_pieces(args[0]))
    unknown = Unknown(Reason.RANDOM, "shuffle", type="string", not_null=True, length=length)
    return made_of(unknown, *args)


def _hello(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of("Hello!", *args)


def _nospace(text: str) -> str:
    return "".join(letter for letter in text if letter not in SPACE)


def _title_edits(text: str) -> Iterator[Edit]:
    new = title(text)
    for at, (old, letter) in enumerate(zip(text, new, strict=True)):
        if old != letter:
            yield Edit(at, at + 1, letter)


_OWN = Unknowns.OWN
STRINGS = {
    "cat": Function(_cat, 0, None, _OWN, "string"),
    "contains": Function(_contains, 2, 2, _OWN, "bool"),
    "hasPrefix": Function(_has_edge(at_start=True), 2, 2, _OWN, "bool"),
    "hasSuffix": Function(_has_edge(at_start=False), 2, 2, _OWN, "bool"),
    "hello": Function(_hello, 0, 0, _OWN, "string"),
    "indent": Function(_indent(""), 2, 2, _OWN, "string"),
    "lower": Function(letters(lower), 1, 1, _OWN, "string"),
    "nindent": Function(_indent("\n"), 2, 2, _OWN, "string"),
    "nospace": Function(letters(_nospace), 1, 1, _OWN, "string"),
    "plural": Function(_plural, 3, 3, _OWN, "string"),
    "quote": Function(_quote, 0, None, _OWN, "string"),
    "repeat": Function(_repeat, 2, 2, _OWN, "string"),
    "replace": Function(_replace, 3, 3, _OWN, "string"),
    "shuffle": Function(_shuffle, 1, 1, _OWN, "string"),
    "squote": Function(_squote, 0, None, _OWN, "string"),
    "substr": Function(_substr, 3, 3, _OWN, "string"),
    "title": Function(edited(_title_edits), 1, 1, _OWN, "string"),
    "toString": Function(_to_string, 1, 1, _OWN, "string"),
    "trim": Function(_trim, 1, 1, _OWN, "string"),
    "trimAll": Function(_trim_all, 2, 2, _OWN, "string"),
    "trimPrefix": Function(_trim_edge(at_start=True), 2, 2, _OWN, "string"),
    "trimSuffix": Function(_trim_edge(at_start=False), 2, 2, _OWN, "string"),
    "trimall": Function(_trim_all, 2, 2, _OWN, "string"),
    "trunc": Function(_trunc, 2, 2, _OWN, "string"),
    "upper": Function(letters(upper), 1, 1, _OWN, "string"),
}
