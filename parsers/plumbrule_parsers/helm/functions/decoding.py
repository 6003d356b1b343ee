"""Text read back into values: every entry has the hops of the stretch of text that holds it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.helm.functions.call import MAX_DEPTH
from plumbrule_parsers.source import Source
from plumbrule_parsers.traced import Traced, of_pieces
from plumbrule_parsers.traced_text import (
    HOLE,
    Hops,
    Piece,
    Pieces,
    all_hops,
    cut,
    normal,
    plain_text,
)
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value
from plumbrule_parsers.yaml_scalars import resolve_11


class _Text:
    """The text with its pieces, for asking which hops a stretch has."""

    def __init__(self, pieces: Pieces, *, sensitive: bool) -> None:
        self.pieces = normal(pieces)
        self.text = plain_text(self.pieces)
        self.sensitive = sensitive
        self.starts: list[int] = []
        self.holes: dict[int, Unknown] = {}
        at = 0
        for piece in self.pieces:
            self.starts.append(at)
            if isinstance(piece.text, Unknown):
                self.holes[at] = piece.text
                at += 1
            else:
                at += len(piece.text)
        self.everything = all_hops(self.pieces)
        first = self.pieces[0].hops if self.pieces else ()
        self.is_one = all(piece.hops is first for piece in self.pieces)  # all came the same way

    def within(self, start: int, end: int) -> list[Piece]:
        """The pieces of a stretch."""
        first = max(0, bisect_right(self.starts, start) - 1)
        last = bisect_right(self.starts, max(start, end - 1))
        if first >= len(self.starts):
            return []
        base = self.starts[first]
        return cut(self.pieces[first:last], start - base, end - base)

    def hops(self, place: Place | None) -> Hops:
        """The hops of what stands at a place; of the whole text if there is none."""
        if place is None or self.is_one:
            return self.everything
        found = self.within(place.value.start, place.value.end)
        if not found and place.key is not None:
            found = self.within(place.key.start, place.key.end)
        return all_hops(found) or self.everything


def decoded(
    value: Value, pieces: Pieces, *, key: Callable[[str], str] = str, sensitive: bool = False
) -> Traced:
    """The value that was parsed from the pieces' text: numbers are float64, as from JSON.

    Where the text has unknown parts, so have the values; an unknown in a key becomes `rest`.
    """
    text = _Text(pieces, sensitive=sensitive)
    return _decoded(value, None, text, key, 0)


def _decoded(
    value: Value, place: Place | None, text: _Text, key: Callable[[str], str], depth: int
) -> Traced:
    if depth > MAX_DEPTH:
        raise FunctionError(f"the text is nested deeper than {MAX_DEPTH} levels")
    via = text.hops(place) if place is not None else text.everything
    if isinstance(value, MapValue) and value.tag in {"", "map"}:
        rest = value.rest
        entries: dict[str, Traced] = {}
        for name, item in value.items():
            where = value.place(name)
            if HOLE in name:
                rest = rest or Unknown(Reason.TEMPLATE, "a key with an unknown part")
                continue
            entries[_key(name, where, key)] = _decoded(item, where, text, key, depth + 1)
        return Traced(entries, via, rest=rest, sensitive=text.sensitive)
    if isinstance(value, MapValue):  # a tag of its own around a scalar
        return _decoded(value.get(""), place, text, key, depth + 1)
    if isinstance(value, ListValue):
        items = [
            _decoded(item, value.place(index), text, key, depth + 1)
            for index, item in enumerate(value)
        ]
        return Traced(items, via, rest=value.rest, sensitive=text.sensitive)
    if isinstance(value, str):
        return _string(value, place, text, via)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            raise FunctionError("a number is out of range") from None
    return Traced(value, via, sensitive=text.sensitive)


def _key(name: str, place: Place | None, key: Callable[[str], str]) -> str:
    if place is None or place.key is None or place.key.text != name:
        return name  # it is quoted, so it is a string
    return key(name)


def _string(value: str, place: Place | None, text: _Text, via: Hops) -> Traced:
    start = place.value.start if place is not None else 0
    end = place.value.end if place is not None else len(text.text)
    found = text.within(start, end)
    if plain_text(found) == value:
        return of_pieces(found, sensitive=text.sensitive)
    if HOLE not in value:
        inside = _inside(value, found)
        if inside is not None:
            return of_pieces(inside, sensitive=text.sensitive)
        return Traced(value, via, sensitive=text.sensitive)
    holes = [piece for piece in found if isinstance(piece.text, Unknown)]
    out: list[Piece] = []
    for index, part in enumerate(value.split(HOLE)):
        if index:
            lost = Piece(Unknown(Reason.TEMPLATE, "an unknown part"), via)
            out.append(holes[index - 1] if index <= len(holes) else lost)
        out.append(Piece(part, via))
    return of_pieces(out, sensitive=text.sensitive)


def _inside(value: str, found: Pieces) -> list[Piece] | None:
    """The pieces of a quoted string or a block, if its lines stand in the text as they are."""
    if len(found) < 2:
        return None
    text = plain_text(found)
    out: list[Piece] = []
    at = 0
    for line in value.splitlines(keepends=True):
        body = line.rstrip("\n")
        start = text.find(body, at)
        if start < 0:
            return None
        at = start + len(body)
        out.extend(cut(found, start, at))
        if body != line:
            out.append(Piece("\n", out[-1].hops if out else found[0].hops))
    return out if plain_text(out) == value else None


def yaml_key(text: str) -> str:
    """A plain YAML 1.1 key as the JSON key that Helm makes of it: `on` is "true"."""
    resolved = resolve_11(text) if text else None
    if isinstance(resolved, str):
        return resolved
    if resolved is None or isinstance(resolved, bool):
        return {None: "null", True: "true", False: "false"}[resolved]
    if isinstance(resolved, int):
        return str(resolved)
    from plumbrule_parsers.helm.functions.go_values import float_text

    return float_text(resolved, large=6)


def source_of(pieces: Pieces, name: str) -> Source:
    """The text as a source to parse."""
    return Source(name, plain_text(pieces))
