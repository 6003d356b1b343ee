"""Structured text inside strings of HCL, while it is parsed and after.

What is interpolated becomes a placeholder of the same length: every offset of the inner text is
then an offset of the file. After parsing it turns into its value again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
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

FIRST: Final = 0xE000  # characters for private use, one for each interpolation
MOST: Final = 6000
HOLDER = re.compile("([\ue000-\uf8ff])\\1*+")


def can_hold(text: str) -> bool:
    """True if a heredoc's text has as many characters as what it says, and no placeholder yet."""
    return not (HOLDER.search(text) or "$${" in text or "%%{" in text)


def filled(text: str, value_of: Callable[[int], Value]) -> str | Segments | Unknown:
    """A text with its placeholders as what they stand for, by their number."""
    parts: list[str | Unknown | Segments] = []
    at = 0
    for match in HOLDER.finditer(text):
        value = value_of(ord(match[1]) - FIRST)
        parts.append(text[at : match.start()])
        parts.append(value if isinstance(value, (str, Unknown, Segments)) else str(value))
        at = match.end()
    return join_segments([*parts, text[at:]]) if parts else text


def placed(value: Value, place: Place, unknowns: Sequence[Unknown]) -> Value:
    """What was parsed of a text that stands elsewhere, every entry at the one place."""
    at = place.value
    if isinstance(value, MapValue):
        made = MapValue(at.source, at.start, at.end, rest=value.rest)
        for key, item in value.items():
            name = filled(key, unknowns.__getitem__)
            if isinstance(name, str):
                made.put(name, placed(item, place, unknowns), place)
            else:
                made.rest = name.unknowns[0] if isinstance(name, Segments) else name
        return made
    if isinstance(value, ListValue):
        items = [placed(item, place, unknowns) for item in value]
        places = dict.fromkeys(range(len(items)), place)
        return ListValue(at.source, at.start, at.end, items, places, value.rest)
    return filled(value, unknowns.__getitem__) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Moved:
    """Moves what was parsed by an offset into the file, and puts the interpolations back.

    `alone` says what an interpolation is that makes up a whole scalar.
    """

    static: Static
    by: int
    held: Sequence[h.Expr]
    alone: Callable[[h.Expr], Value]

    def __call__(self, value: Value) -> Value:
        """The value with the places of the file."""
        source = self.static.source
        if isinstance(value, MapValue):
            made = MapValue(source, value.start + self.by, value.end + self.by, rest=value.rest)
            for key, item in value.items():
                name = self.text(key)
                if isinstance(name, str):
                    made.put(name, self(item), self.place(value.place(key), item))
                else:
                    made.rest = name.unknowns[0] if isinstance(name, Segments) else name
            return made
        if isinstance(value, ListValue):
            items = ListValue(source, value.start + self.by, value.end + self.by, rest=value.rest)
            for index, item in enumerate(value):
                place = self.place(value.place(index), item)
                if place is not None:
                    items.places[index] = place
                items.append(self(item))
            return items
        if not isinstance(value, str):
            return value
        match = HOLDER.fullmatch(value)
        return self.text(value) if match is None else self.alone(self.expression(match))

    def expression(self, match: re.Match[str]) -> h.Expr:
        """What a placeholder stands for."""
        return self.held[ord(match[1]) - FIRST]

    def text(self, text: str) -> str | Segments | Unknown:
        """A text with its interpolations, as the template around it inserts them."""
        return filled(text, lambda turn: self.static.inserted(self.held[turn]))

    def place(self, place: Place | None, value: Value) -> Place | None:
        """The place in the file, with the way of what is interpolated there."""
        if place is None:
            return None
        key = self.span(place.key) if place.key is not None else None
        via = place.via
        for match in HOLDER.finditer(value) if isinstance(value, str) else ():
            via = (*via, *entry_of(self.expression(match), self.static)[1].via)
        return Place(self.span(place.value), key, via)

    def span(self, span: Span) -> Span:
        """The span in the file."""
        return Span(self.static.source, span.start + self.by, span.end + self.by)


def entry_of(held: h.Expr, static: Static) -> tuple[Value, Place]:
    """An interpolated expression as the value of a setting, with its place."""
    return static.entry(h.Setting(held.start, held.end, "", held))
