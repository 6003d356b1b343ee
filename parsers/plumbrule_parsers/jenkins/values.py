"""Groovy expressions to values with their places, as far as they are constant."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from plumbrule_parsers.jenkins.tokens import Text
from plumbrule_parsers.jenkins.tree import Argument, Call, Entries, Item, Items, Joined, Name
from plumbrule_parsers.shell_tree.words import Expression
from plumbrule_parsers.source import Source, Span
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

_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Script:
    """A script as the shell gets it; `expressions` are the stretches that Groovy puts in."""

    text: str
    place: Callable[[int], int]
    expressions: tuple[Expression, ...]
    span: Span


class Values:
    """Values of one file. `constants` are what the file's own names are known to hold."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.constants: dict[str, Text] = {}

    def span(self, item: Item) -> Span:
        """Where the item stands."""
        return Span(self.source, item.start, max(item.start, item.end))

    def place(self, item: Item) -> Place:
        """Where the item stands, as the place of a value."""
        return Place(self.span(item))

    def value(self, item: Item | None) -> Value:
        """The value, or an unknown with its expression."""
        if item is None:
            return None
        if isinstance(item, Text):
            return self.text(item)
        if isinstance(item, Name):
            return self.name(item)
        if isinstance(item, Items):
            return self.listed(item, item.items)
        if isinstance(item, Entries):
            return self.mapped(item, item.entries)
        if isinstance(item, Joined):
            parts: list[str | Unknown | Segments] = []
            for operand in item.operands:
                found = self.value(operand)
                if not isinstance(found, (str, Unknown, Segments)):
                    found = self.unknown(operand)
                parts.append(found)
            return join_segments(parts)
        return self.unknown(item)

    def text(self, item: Text) -> str | Segments:
        """A string with its interpolations as unknown parts."""
        if not item.holes:
            return item.value
        parts: list[str | Unknown | Segments] = []
        at = 0
        for start, end in item.holes:
            parts.append(item.value[at:start])
            place = Span(self.source, item.place(start), item.place(end))
            said = said_by(item.value[start:end])
            parts.append(Unknown(Reason.ENVIRONMENT, said[:60], place, "string"))
            at = end
        parts.append(item.value[at:])
        return join_segments(parts)

    def name(self, item: Name) -> Value:
        """`true`, `null`, a number; other names are not looked up."""
        if item.text in _WORDS:
            return _WORDS[item.text]
        if item.text.isdigit() and len(item.text) < 19:
            return int(item.text)
        return self.unknown(item)

    def unknown(self, item: Item) -> Unknown:
        """What cannot be told, with its text."""
        span = self.span(item)
        return Unknown(Reason.EXPRESSION, " ".join(span.text[:80].split())[:60], span)

    def listed(self, item: Item, items: Iterable[Item]) -> ListValue:
        """A list with the places of its items."""
        found = list(items)
        made = ListValue(self.source, item.start, max(item.start, item.end), map(self.value, found))
        made.places.update((index, self.place(one)) for index, one in enumerate(found))
        return made

    def mapped(self, item: Item, entries: Iterable[Argument]) -> MapValue:
        """A map with the places of its entries; what has no name is `_`, only the first of it."""
        made = MapValue(self.source, item.start, max(item.start, item.end))
        for entry in entries:
            name = entry.name if entry.name is not None else "_"
            if name not in made:
                key = None
                if entry.name is not None:
                    key = Span(self.source, entry.start, max(entry.start, entry.value.start))
                    key = Span(self.source, key.start, key.start + len(key.text.rstrip(" :\t\r\n")))
                made.put(name, self.value(entry.value), Place(self.span(entry.value), key))
        return made

    def word(self, item: Item | None) -> str:
        """A string that is known whole, else the expression as written."""
        if item is None:
            return ""
        if isinstance(item, Text) and not item.holes:
            return item.value
        return " ".join(self.span(item).text.split()).strip("\"'")

    # -------------------------------------------------------------- scripts
    def script(self, item: Item | None) -> Script | None:
        """The script that a shell step runs, or None if it is not written there."""
        if isinstance(item, Name) and item.text in self.constants:
            item = self.constants[item.text]
        # `'''...'''.stripIndent()` changes white space only.
        while isinstance(item, Call) and item.receiver is not None and not item.arguments:
            item = item.receiver
        if isinstance(item, Text):
            holes = tuple(
                Expression(start, end, said_by(item.value[start:end])) for start, end in item.holes
            )
            return Script(item.value, item.place, holes, self.span(item))
        if isinstance(item, Joined) and any(isinstance(one, Text) for one in item.operands):
            return self.joined(item)
        return None

    def joined(self, item: Joined) -> Script:
        """Strings that are put together; what is no string is an expression."""
        pieces: list[str] = []
        starts: list[int] = []
        places: list[Callable[[int], int]] = []
        expressions: list[Expression] = []
        size = 0
        for operand in item.operands:
            starts.append(size)
            if isinstance(operand, Text):
                pieces.append(operand.value)
                places.append(operand.place)
                expressions += [
                    Expression(size + start, size + end, said_by(operand.value[start:end]))
                    for start, end in operand.holes
                ]
            else:
                span = self.span(operand)
                pieces.append(" ".join(span.text.split()) or "?")
                places.append(_fixed(span.start))
                expressions.append(Expression(size, size + len(pieces[-1]), pieces[-1]))
            size += len(pieces[-1])

        def place(offset: int) -> int:
            index = max(bisect_right(starts, offset) - 1, 0)
            return places[index](offset - starts[index])

        return Script("".join(pieces), place, tuple(expressions), self.span(item))


def _fixed(at: int) -> Callable[[int], int]:
    return lambda _offset: at


def said_by(hole: str) -> str:
    """The expression inside `${...}` or behind `$`."""
    inner = hole[2:-1] if hole.startswith("${") else hole[1:]
    return " ".join(inner.split())
