"""Sprig's functions of regular expressions (RE2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from plumbrule_parsers.function_table import MAX_ITEMS, MAX_TEXT, FunctionError, Unknowns
from plumbrule_parsers.go_regex import GoPattern, RegexError, compile_go, expand
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_values import need_int, need_pieces, need_str, text_result
from plumbrule_parsers.helm.functions.words import strings
from plumbrule_parsers.traced import Traced, made_of, of_pieces
from plumbrule_parsers.traced_text import Edit, Piece, all_hops, cut, edit, union

_Apply = Callable[[Call, Sequence[Traced]], Traced]


def _compiled(value: Traced) -> GoPattern:
    try:
        return compile_go(need_str(value))
    except RegexError as error:
        raise FunctionError(str(error)) from None


def _matches(args: Sequence[Traced], most: int = -1) -> list[Any]:
    """The matches, at most `most` of them if that is not negative."""
    found: list[Any] = []
    try:
        for match in _compiled(args[0]).finditer(need_str(args[1])):
            if 0 <= most <= len(found):
                break
            found.append(match)
            if len(found) > MAX_ITEMS:
                raise FunctionError(f"there are more than {MAX_ITEMS} matches")
    except RegexError as error:
        raise FunctionError(str(error)) from None
    return found


def _match(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(bool(_matches(args, 1)), *args)


def _match_or_false(call: Call, args: Sequence[Traced]) -> Traced:
    """`regexMatch` drops the error of a pattern that does not compile."""
    need_str(args[0])
    try:
        compile_go(need_str(args[0]))
    except RegexError as error:
        if "not supported" in str(error):  # by this program: Go may well take it
            raise FunctionError(str(error)) from None
        return made_of(False, *args)
    return _match(call, args)


def _find(_call: Call, args: Sequence[Traced]) -> Traced:
    found = _matches(args, 1)
    if not found:
        return made_of("", *args)
    pieces = cut(need_pieces(args[1]), *found[0].span())
    return text_result(pieces, *args) if pieces else made_of("", *args)


def _stretches(args: Sequence[Traced], spans: Sequence[tuple[int, int]]) -> Traced:
    pieces = need_pieces(args[1])
    items = []
    for start, end in spans:
        part = cut(pieces, start, end)
        sensitive = args[1].sensitive
        items.append(
            of_pieces(part, sensitive=sensitive)
            if part
            else Traced("", args[1].via, sensitive=sensitive)
        )
    return strings(items, args[1])


def _find_all(_call: Call, args: Sequence[Traced]) -> Traced:
    return _stretches(args, [match.span() for match in _matches(args, need_int(args[2]))])


def _split(_call: Call, args: Sequence[Traced]) -> Traced:
    most, text = need_int(args[2]), need_str(args[1])
    if most == 0:
        return strings([], args[1])
    spans: list[tuple[int, int]] = []
    begin = end = 0
    for match in _matches(args) if text else ():
        if 0 < most <= len(spans) + 1:
            break
        end = match.start()
        if match.end() != 0:
            spans.append((begin, end))
        begin = match.end()
    if end != len(text) or not text:
        spans.append((begin, len(text)))
    return _stretches(args, spans)


def _replace(*, literal: bool) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        pieces, template = need_pieces(args[1]), need_str(args[2])
        added = args[2].via
        size = len(need_str(args[1]))

        def edits() -> Iterator[Edit]:
            nonlocal size
            for match in _matches(args):
                new = template if literal else expand(template, match)
                size += len(new)
                if size > MAX_TEXT:
                    raise FunctionError("the resulting text is too large")
                start, end = match.span()
                gone = all_hops(cut(pieces, start, end)) or (pieces[0].hops if pieces else ())
                yield Edit(start, end, [Piece(new, union(gone, added))])

        return text_result(edit(pieces, edits()), *args)

    return apply


def _quote_meta(_call: Call, args: Sequence[Traced]) -> Traced:
    text = need_str(args[0])
    special = "\\.+*?()|[]{}^$"
    out = "".join(f"\\{letter}" if letter in special else letter for letter in text)
    return made_of(out, *args)


_STRICT = Unknowns.STRICT
_BOTH = {
    "regexFind": Function(_find, 2, 2, _STRICT, "string"),
    "regexFindAll": Function(_find_all, 3, 3, _STRICT, "list"),
    "regexMatch": Function(_match, 2, 2, _STRICT, "bool"),
    "regexReplaceAll": Function(_replace(literal=False), 3, 3, _STRICT, "string"),
    "regexReplaceAllLiteral": Function(_replace(literal=True), 3, 3, _STRICT, "string"),
    "regexSplit": Function(_split, 3, 3, _STRICT, "list"),
}
REGEXES = {
    **_BOTH,
    **{f"must{name[0].upper()}{name[1:]}": made for name, made in _BOTH.items()},
    "regexMatch": Function(_match_or_false, 2, 2, _STRICT, "bool"),
    "regexQuoteMeta": Function(_quote_meta, 1, 1, _STRICT, "string"),
}
