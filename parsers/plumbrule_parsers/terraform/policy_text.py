"""JSON that is written inside a string or heredoc, read with the places of the file itself.

Interpolations inside become placeholders of the same length, so that every offset of the JSON is
an offset of the file; after parsing they turn into unknown parts again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Segments,
    Unknown,
    Value,
    join_segments,
)

_FIRST: Final = 0xE000  # placeholders are characters for private use, one for each interpolation
_MOST: Final = 6000
_HOLDER = re.compile("([\ue000-\uf8ff])\\1*+")
_QUOTE = re.compile(r'\\.|"')


def policy_text(node: h.Template | h.Literal, static: Static) -> Value:
    """The JSON value that the string holds; None if it is not JSON or cannot be read so."""
    text = static.source.text[node.start : node.end]
    if isinstance(node, h.Literal) or not node.heredoc:
        return _quoted(node, static, text)
    if _HOLDER.search(text) or "$${" in text or "%%{" in text:
        return None
    pieces: list[str] = []
    held: list[h.Expr] = []
    inside = False  # a JSON string
    for part in node.parts:
        written = static.source.text[part.start : part.end]
        if isinstance(part, h.Text):
            pieces.append(written)
            quotes = sum(one == '"' for one in _QUOTE.findall(written))
            inside = inside is (quotes % 2 == 0)
        elif isinstance(part, h.Directive) or len(held) >= _MOST:
            return None
        else:
            holder = chr(_FIRST + len(held))
            held.append(part.value)
            size = part.end - part.start
            pieces.append(holder * size if inside else f'"{holder * (size - 2)}"')
    start = node.parts[0].start if node.parts else node.start
    value, problems = parse_json(Source(static.source.path, "".join(pieces)))
    if any(problem.severity == "error" for problem in problems):
        return None
    return _Moved(static, start, held).moved(value)


def _quoted(node: h.Template | h.Literal, static: Static, text: str) -> Value:
    """A quoted string: escapes shift the offsets, so every place is that of the string."""
    at = Span(static.source, node.start, node.end)
    return None if _HOLDER.search(text) else json_in(static.value(node), at)


def json_in(known: Value, at: Span) -> Value:
    """The JSON value that a text holds, every entry at that place; None if it is no JSON."""
    if isinstance(known, Segments):
        parts = known.parts
        if any(isinstance(part, str) and _HOLDER.search(part) for part in parts):
            return None
        unknowns = [part for part in parts if isinstance(part, Unknown)]
        known = _held(parts)
    else:
        unknowns = []
        if isinstance(known, str) and _HOLDER.search(known):
            return None
    if not isinstance(known, str) or len(unknowns) > _MOST:
        return None
    value, problems = parse_json(Source(at.path, known))
    if any(problem.severity == "error" for problem in problems):
        return None
    return _placed(value, at, unknowns)


def _held(parts: Iterable[str | Unknown]) -> str:
    """The text with a placeholder for each unknown part; outside of strings it is one itself."""
    pieces: list[str] = []
    inside, turn = False, 0
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
            quotes = sum(one == '"' for one in _QUOTE.findall(part))
            inside = inside is (quotes % 2 == 0)
        else:
            holder = chr(_FIRST + min(turn, _MOST))
            pieces.append(holder if inside else f'"{holder}"')
            turn += 1
    return "".join(pieces)


def _placed(value: Value, at: Span, unknowns: list[Unknown]) -> Value:
    if isinstance(value, MapValue):
        entries = {key: _placed(item, at, unknowns) for key, item in value.items()}
        places = {key: Place(at) for key in entries}
        return MapValue(at.source, at.start, at.end, entries, places)
    if isinstance(value, ListValue):
        items = [_placed(item, at, unknowns) for item in value]
        return ListValue(at.source, at.start, at.end, items, {
            index: Place(at) for index in range(len(items))
        })  # fmt: skip
    if isinstance(value, str):
        return _with_unknowns(value, unknowns)
    return value


def _with_unknowns(text: str, unknowns: list[Unknown]) -> Value:
    parts: list[str | Unknown] = []
    at = 0
    for match in _HOLDER.finditer(text):
        parts.append(text[at : match.start()])
        parts.append(unknowns[ord(match[1]) - _FIRST])
        at = match.end()
    return join_segments([*parts, text[at:]]) if parts else text


class _Moved:
    """Moves parsed JSON by an offset into the file, and puts the interpolations back."""

    def __init__(self, static: Static, by: int, held: list[h.Expr]) -> None:
        self.static, self.by, self.held = static, by, held

    def span(self, span: Span) -> Span:
        return Span(self.static.source, span.start + self.by, span.end + self.by)

    def place(self, place: Place | None) -> Place | None:
        if place is None:
            return None
        key = self.span(place.key) if place.key is not None else None
        return Place(self.span(place.value), key)

    def moved(self, value: Value) -> Value:
        source = self.static.source
        if isinstance(value, MapValue):
            made = MapValue(source, value.start + self.by, value.end + self.by)
            for key, item in value.items():
                name = self.text(key)
                if isinstance(name, str):
                    made.put(name, self.moved(item), self.place(value.place(key)))
                else:
                    made.rest = name.unknowns[0] if isinstance(name, Segments) else name
            return made
        if isinstance(value, ListValue):
            items = ListValue(source, value.start + self.by, value.end + self.by)
            for index, item in enumerate(value):
                place = self.place(value.place(index))
                if place is not None:
                    items.places[index] = place
                items.append(self.moved(item))
            return items
        return self.whole(value) if isinstance(value, str) else value

    def whole(self, text: str) -> Value:
        """A string that may be one interpolation and nothing besides."""
        match = _HOLDER.fullmatch(text)
        if match is not None:
            held = self.held[ord(match[1]) - _FIRST]
            if isinstance(held, h.Call) and held.name == "jsonencode" and len(held.args) == 1:
                held = held.args[0]  # JSON put into JSON is its value
            return self.static.value(held)
        return self.text(text)

    def text(self, text: str) -> str | Segments | Unknown:
        parts: list[str | Unknown | Segments] = []
        at = 0
        for match in _HOLDER.finditer(text):
            parts.append(text[at : match.start()])
            parts.append(self.static.inserted(self.held[ord(match[1]) - _FIRST]))
            at = match.end()
        return join_segments([*parts, text[at:]]) if parts else text
