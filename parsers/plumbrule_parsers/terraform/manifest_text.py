"""YAML that is written inside a heredoc or string, read with the places of the file itself.

What is interpolated becomes a placeholder of the same length, so that every offset of the YAML is
an offset of the file; after parsing it turns into its value again.
"""

from __future__ import annotations

import re
from typing import Final

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    Value,
    join_segments,
)
from plumbrule_parsers.yaml_tree import parse_yaml

_FIRST: Final = 0xE000  # characters for private use, one for each interpolation
_MOST: Final = 6000
# A heredoc that is indented as a whole indents what starts a document, too.
_START = re.compile(r"^([ \t]+)(---)(?=[ \t]*$)", re.MULTILINE)
_HOLDER = re.compile("([\ue000-\uf8ff])\\1*+")


def heredoc_objects(node: h.Template, static: Static) -> list[Value] | None:
    """The documents of the heredoc; None if it is no YAML or cannot be read so."""
    text = static.source.text[node.start : node.end]
    if _HOLDER.search(text) or "$${" in text or "%%{" in text:
        return None
    pieces: list[str] = []
    held: list[h.Expr] = []
    for part in node.parts:
        if isinstance(part, h.Text):
            pieces.append(static.source.text[part.start : part.end])
        elif isinstance(part, h.Directive) or len(held) >= _MOST:
            return None
        else:
            pieces.append(chr(_FIRST + len(held)) * (part.end - part.start))
            held.append(part.value)
    start = node.parts[0].start if node.parts else node.start
    found = _documents(_START.sub(r"\2\1", "".join(pieces)), static.source.path)
    moved = _Moved(static, start, held)
    return None if found is None else [moved.moved(one) for one in found]


def text_objects(text: Value, place: Place) -> list[Value] | None:
    """The documents of a text that stands elsewhere, every entry at the one place."""
    parts = text.parts if isinstance(text, Segments) else (text,)
    pieces: list[str] = []
    unknowns: list[Unknown] = []
    for part in parts:
        if isinstance(part, Unknown) and len(unknowns) < _MOST:
            pieces.append(chr(_FIRST + len(unknowns)))
            unknowns.append(part)
        elif isinstance(part, str) and not _HOLDER.search(part):
            pieces.append(part)
        else:
            return None
    found = _documents("".join(pieces), place.value.path)
    return None if found is None else [_placed(one, place, unknowns) for one in found]


def _documents(text: str, path: str) -> list[Value] | None:
    stream = parse_yaml(Source(path, text), "1.1")
    if any(problem.severity == "error" for problem in stream.problems):
        return None
    return [document.value for document in stream.documents if document.value is not None]


def _filled(text: str, values: list[Value]) -> Value:
    """A text with its placeholders as what they stand for."""
    parts: list[str | Unknown | Segments] = []
    at = 0
    for match in _HOLDER.finditer(text):
        value = values[ord(match[1]) - _FIRST]
        parts.append(text[at : match.start()])
        parts.append(value if isinstance(value, (str, Unknown, Segments)) else str(value))
        at = match.end()
    return join_segments([*parts, text[at:]]) if parts else text


def _placed(value: Value, place: Place, unknowns: list[Unknown]) -> Value:
    at = place.value
    if isinstance(value, MapValue):
        made = MapValue(at.source, at.start, at.end, rest=value.rest)
        for key, item in value.items():
            name = _filled(key, [*unknowns])
            if isinstance(name, str):
                made.put(name, _placed(item, place, unknowns), place)
            else:
                made.rest = name.unknowns[0] if isinstance(name, Segments) else unknowns[0]
        return made
    if isinstance(value, ListValue):
        items = [_placed(item, place, unknowns) for item in value]
        places = dict.fromkeys(range(len(items)), place)
        return ListValue(at.source, at.start, at.end, items, places, value.rest)
    return _filled(value, [*unknowns]) if isinstance(value, str) else value


class _Moved:
    """Moves parsed YAML by an offset into the file, and puts the interpolations back."""

    def __init__(self, static: Static, by: int, held: list[h.Expr]) -> None:
        self.static, self.by, self.held = static, by, held

    def span(self, span: Span) -> Span:
        return Span(self.static.source, span.start + self.by, span.end + self.by)

    def place(self, place: Place | None, value: Value) -> Place | None:
        """The place in the file, with the way of what is interpolated there."""
        if place is None:
            return None
        key = self.span(place.key) if place.key is not None else None
        via = place.via
        for match in _HOLDER.finditer(value) if isinstance(value, str) else ():
            via = (*via, *self.held_at(match)[1].via)
        return Place(self.span(place.value), key, via)

    def held_at(self, match: re.Match[str]) -> tuple[Value, Place]:
        """What is interpolated, with its place."""
        held = self.held[ord(match[1]) - _FIRST]
        return self.static.entry(h.Setting(held.start, held.end, "", held))

    def moved(self, value: Value) -> Value:
        source = self.static.source
        if isinstance(value, MapValue):
            made = MapValue(source, value.start + self.by, value.end + self.by, rest=value.rest)
            for key, item in value.items():
                name = self.text(key)
                if isinstance(name, str):
                    made.put(name, self.moved(item), self.place(value.place(key), item))
                else:
                    made.rest = name.unknowns[0] if isinstance(name, Segments) else name
            return made
        if isinstance(value, ListValue):
            items = ListValue(source, value.start + self.by, value.end + self.by, rest=value.rest)
            for index, item in enumerate(value):
                place = self.place(value.place(index), item)
                if place is not None:
                    items.places[index] = place
                items.append(self.moved(item))
            return items
        return self.whole(value) if isinstance(value, str) else value

    def whole(self, text: str) -> Value:
        """A scalar that may be one interpolation and nothing besides."""
        match = _HOLDER.fullmatch(text)
        if match is None:
            return self.text(text)
        value, place = self.held_at(match)
        if isinstance(value, str) and "\n" in value.strip("\n"):
            return Unknown(Reason.TEMPLATE, "text that is put in", place.value)
        return value

    def text(self, text: str) -> str | Segments | Unknown:
        parts: list[str | Unknown | Segments] = []
        at = 0
        for match in _HOLDER.finditer(text):
            parts.append(text[at : match.start()])
            parts.append(self.static.inserted(self.held[ord(match[1]) - _FIRST]))
            at = match.end()
        return join_segments([*parts, text[at:]]) if parts else text
