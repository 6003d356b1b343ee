"""Sprig's functions that work on the words and lines of a text, and lists of strings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from plumbrule_parsers.function_table import MAX_ITEMS, MAX_TEXT, FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_text import (
    abbreviate,
    camel,
    initials,
    swap_case,
    untitle,
    words,
    wrap_points,
)
from plumbrule_parsers.helm.functions.go_values import (
    doubt,
    known,
    need_int,
    need_pieces,
    need_str,
    text_result,
    text_value,
)
from plumbrule_parsers.helm.functions.objects import BytesText, StringsData
from plumbrule_parsers.helm.functions.partial import blur
from plumbrule_parsers.helm.functions.strings import edited, of_strings
from plumbrule_parsers.traced import Traced, made_of, of_pieces
from plumbrule_parsers.traced_text import (
    Edit,
    Piece,
    Pieces,
    all_hops,
    edit,
    first_hole,
    plain_text,
    split,
)
from plumbrule_parsers.traced_text import join as join_pieces
from plumbrule_parsers.value import Unknown

_Apply = Callable[[Call, Sequence[Traced]], Traced]


def _letters(change: Callable[[str], str]) -> Callable[[str], Iterator[Edit]]:
    """Edits for a change that keeps the number of characters."""

    def edits(text: str) -> Iterator[Edit]:
        for at, (old, new) in enumerate(zip(text, change(text), strict=True)):
            if old != new:
                yield Edit(at, at + 1, new)

    return edits


def _abbrev(_call: Call, args: Sequence[Traced]) -> Traced:
    width, text = need_int(args[0]), need_str(args[1])
    return made_of(text if width < 4 else abbreviate(text, 0, width), *args)


def _abbrevboth(_call: Call, args: Sequence[Traced]) -> Traced:
    left, right, text = need_int(args[0]), need_int(args[1]), need_str(args[2])
    if right < 4 or (left > 0 and right < 7):
        return made_of(text, *args)
    return made_of(abbreviate(text, left, right), *args)


def _wrapped(args: Sequence[Traced], joint: str, *, break_words: bool) -> Traced:
    width, text = need_int(args[0]), need_str(args[-1])
    points = wrap_points(text, width, break_words=break_words)
    if len(text) + len(points) * len(joint) > MAX_TEXT:
        raise FunctionError("the wrapped text is too large")
    edits = [
        Edit(-start - 1, end, "") if start < 0 else Edit(start, end, joint) for start, end in points
    ]
    return text_result(edit(need_pieces(args[-1]), edits), *args)


def _wrap(_call: Call, args: Sequence[Traced]) -> Traced:
    return _wrapped(args, "\n", break_words=False)


def _wrap_with(_call: Call, args: Sequence[Traced]) -> Traced:
    return _wrapped(args, need_str(args[1]) or "\n", break_words=True)


# --- lists of strings


def strings_of(value: Traced) -> list[list[Piece]]:
    """The items as texts, as Sprig's strslice does: nil is left out, one value is a list."""
    data = value.data
    if data is None:
        return []
    if isinstance(data, list) and not isinstance(data, BytesText):
        return [text_value(item) for item in data if item.data is not None]
    return [text_value(value)]


def _join(_call: Call, args: Sequence[Traced]) -> Traced:
    separator, value = need_pieces(args[0]), args[1]
    if isinstance(value.data, Unknown):
        return doubt(value.data, "string", *args)
    items: list[Pieces] = [*strings_of(value)]
    if value.rest is not None:
        items.append([Piece(value.rest, value.via)])
    result = join_pieces(separator, items)
    if not result:
        return made_of("", value)
    return text_result(result, *args)


def strings(items: Sequence[Traced], value: Traced) -> Traced:
    """A []string made from the value."""
    if len(items) > MAX_ITEMS:
        raise FunctionError(f"a list of more than {MAX_ITEMS} items is too large")
    return Traced(StringsData(items), value.via, sensitive=value.sensitive)


def _parts(args: Sequence[Traced], most: int = -1) -> list[list[Piece]]:
    separator, pieces = need_str(args[0]), need_pieces(args[-1])
    if most == 0:
        return []
    if separator:
        return split(pieces, separator, most - 1 if most > 0 else -1)
    text = plain_text(pieces)
    size = len(text) if most < 0 else min(len(text), most)
    out = [[Piece(letter, all_hops(pieces))] for letter in text[: size - 1 if most > 0 else size]]
    if most > 0 and size:
        out.append([Piece(text[size - 1 :], all_hops(pieces))])
    return out


def _unsplittable(args: Sequence[Traced]) -> Traced | None:
    """An unknown list where the parts cannot be told."""
    for arg in args:
        if arg.unknown is not None:
            return doubt(arg.unknown, "list", *args)
    return None


def _split_list(_call: Call, args: Sequence[Traced]) -> Traced:
    lost = _unsplittable(args)
    if lost is not None:
        return lost
    parts = [of_pieces(part, sensitive=args[1].sensitive) for part in _parts(args)]
    return strings([_with_via(part, args[1]) for part in parts], args[1])


def _with_via(part: Traced, source: Traced) -> Traced:
    """An empty part still came from the source."""
    return part if part.via else Traced(part.data, source.via, sensitive=part.sensitive)


def _numbered(parts: list[list[Piece]], args: Sequence[Traced]) -> Traced:
    source = args[-1]
    entries = {
        f"_{index}": _with_via(of_pieces(part, sensitive=source.sensitive), source)
        for index, part in enumerate(parts)
    }
    return Traced(entries, source.via, sensitive=source.sensitive)


def _split(_call: Call, args: Sequence[Traced]) -> Traced:
    lost = _unsplittable(args)
    return _numbered(_parts(args), args) if lost is None else lost


def _splitn(_call: Call, args: Sequence[Traced]) -> Traced:
    lost = _unsplittable(args)
    return _numbered(_parts(args, need_int(args[1])), args) if lost is None else lost


def _to_strings(_call: Call, args: Sequence[Traced]) -> Traced:
    value = args[0]
    if isinstance(value.data, Unknown):
        return doubt(value.data, "list", value)
    items = [of_pieces(item, sensitive=value.sensitive) for item in strings_of(value)]
    return Traced(StringsData(items), value.via, rest=value.rest, sensitive=value.sensitive)


def _sort_alpha(_call: Call, args: Sequence[Traced]) -> Traced:
    value = args[0]
    if not isinstance(value.data, list):
        return strings([of_pieces(item) for item in strings_of(value)], value)
    texts = strings_of(value)
    for pieces in texts:
        hole = first_hole(pieces)
        if hole is not None:
            return doubt(hole, "list", *args)
    # Go compares bytes of UTF-8, which is the order of code points.
    items = [of_pieces(item, sensitive=value.sensitive) for item in texts]
    return strings(sorted(items, key=lambda item: str(item.data)), value)


def _known_words(change: Callable[[str], str]) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        pieces = need_pieces(args[0])
        text = known(pieces)
        if text is None:
            return text_result(blur([Piece(first_hole(pieces) or "", all_hops(pieces))]), *args)
        return made_of(change(text), *args)

    return apply


_OWN, _STRICT = Unknowns.OWN, Unknowns.STRICT
WORDS = {
    "abbrev": Function(_abbrev, 2, 2, _STRICT, "string"),
    "abbrevboth": Function(_abbrevboth, 3, 3, _STRICT, "string"),
    "camelcase": Function(_known_words(camel), 1, 1, _OWN, "string"),
    "initials": Function(of_strings(initials), 1, 1, _STRICT, "string"),
    "join": Function(_join, 2, 2, _OWN, "string"),
    "kebabcase": Function(_known_words(lambda text: words(text, "-")), 1, 1, _OWN, "string"),
    "snakecase": Function(_known_words(lambda text: words(text, "_")), 1, 1, _OWN, "string"),
    "sortAlpha": Function(_sort_alpha, 1, 1, _STRICT, "list"),
    "split": Function(_split, 2, 2, _OWN, "map"),
    "splitList": Function(_split_list, 2, 2, _OWN, "list"),
    "splitn": Function(_splitn, 3, 3, _OWN, "map"),
    "swapcase": Function(edited(_letters(swap_case)), 1, 1, _OWN, "string"),
    "toStrings": Function(_to_strings, 1, 1, _OWN, "list"),
    "untitle": Function(edited(_letters(untitle)), 1, 1, _OWN, "string"),
    "wrap": Function(_wrap, 2, 2, _STRICT, "string"),
    "wrapWith": Function(_wrap_with, 3, 3, _STRICT, "string"),
}
