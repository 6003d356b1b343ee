"""Rendered text to values whose places are lines of templates and of values files.

A leaf stands at the values line that it comes from, else at the template's; `via` leads from the
template through the includes to the values. Keys and containers stand where the template, or the
values, write them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import accumulate
from sys import intern
from typing import Final, NamedTuple

from plumbrule_parsers.document import Problem
from plumbrule_parsers.helm.gaps import Kept, Key, attach, column_of
from plumbrule_parsers.helm.state import INCLUDED, TEMPLATE
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced_text import (
    HOLE,
    Gap,
    Piece,
    TracedSegments,
    TracedText,
    cut,
    plain_text,
    text_data,
    width_of,
)
from plumbrule_parsers.value import (
    Hop,
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

MAX_VALUES_HOPS: Final = 4
SHORT: Final = 80  # characters of a text that other renderings may well have, too
MAX_DATA: Final = 24  # places of data of one piece that are all looked at
VALUES: Final = "values"  # what an Application gives its chart, as text


class _Way(NamedTuple):
    """What the hops of a piece say: the innermost action, the includes, the places of data."""

    template: Span | None
    chain: tuple[Hop, ...]
    data: tuple[Hop, ...]


def _way(hops: tuple[Hop, ...]) -> _Way:
    template = next((hop.span for hop in hops if hop.note == TEMPLATE), None)
    chain = [hop for hop in hops if hop.note == INCLUDED]
    data = [hop for hop in hops if hop.kind == "data" and hop.note not in (TEMPLATE, INCLUDED)]
    if len(data) > MAX_DATA:  # the first is the origin, the last ones are shown
        data = [data[0], *data[-MAX_VALUES_HOPS:]]
    return _Way(template, tuple(chain), tuple(data))


class Origins:
    """Where each stretch of a rendered text was written."""

    def __init__(
        self, pieces: tuple[Piece, ...], home: Source, known: dict[Place, Place] | None = None
    ) -> None:
        self.gaps: list[tuple[int, Kept]] = []
        self.known = {} if known is None else known
        self.home = home
        self.ways: dict[int, _Way] = {}  # by the identity of hops, which the pieces keep alive
        self.starts: list[int] = []
        at = 0
        for piece in pieces:
            text = piece.text
            if text.__class__ is Gap:
                self.gaps.append((at, text.about))  # type: ignore[arg-type]
                continue
            self.starts.append(at)
            at += len(text) if isinstance(text, str) else 1
        self.size = at
        if self.gaps:
            pieces = tuple(piece for piece in pieces if piece.text.__class__ is not Gap)
        self.pieces = pieces

    def numbers(self, start: int, end: int) -> range:
        """The pieces that a stretch touches; the one at its start if it is empty."""
        if not self.pieces:
            return range(0)
        first = max(bisect_right(self.starts, start) - 1, 0)
        last = first
        while last + 1 < len(self.pieces) and self.starts[last + 1] < end:
            last += 1
        return range(first, last + 1)

    def unknowns(self, start: int, end: int) -> list[Unknown]:
        """The unknown pieces of a stretch, in order."""
        found = [self.pieces[number].text for number in self.numbers(start, end)]
        return [one for one in found if isinstance(one, Unknown)]

    def literal(self, number: int, start: int, end: int) -> Span | None:
        """The part of a piece's own place that the stretch covers."""
        piece = self.pieces[number]
        if piece.literal is None or not isinstance(piece.text, str):
            return None
        at = self.starts[number]
        low = min(max(start - at, 0), len(piece.text))
        high = max(min(end - at, len(piece.text)), low)
        offset = piece.literal.start
        return Span(piece.literal.source, offset + low, offset + high)

    def empty(self, start: int) -> range:
        """The pieces without text between an offset and the next letter."""
        first = bisect_left(self.starts, start)
        last = first
        while last < len(self.pieces) and not (
            isinstance(text := self.pieces[last].text, Unknown) or text.strip()
        ):
            last += 1
        return range(first, last)

    def place(
        self, start: int, end: int, *, is_empty: bool = False, numbers: range | None = None
    ) -> Place:
        """Where a stretch was written: its values line, else its template line; and the way.

        What printed nothing counts only for a value that `is_empty`. `numbers` are the pieces, if
        they are known.
        """
        template: Span | None = None
        chain: dict[Hop, None] = {}
        values: dict[Hop, Span] = {}
        for number in numbers if numbers is not None else self.numbers(start, end):
            piece = self.pieces[number]
            if piece.text == "" and not is_empty:
                continue
            written = self.literal(number, start, end)
            way = self.ways.get(id(piece.hops))
            if way is None:
                way = self.ways[id(piece.hops)] = _way(piece.hops)
            template = template or way.template
            for hop in way.chain:
                chain.setdefault(hop)
            for hop in way.data:
                values.setdefault(hop, hop.span)
            origin = way.data[0] if way.data else None
            if written is not None:
                if origin is None:
                    template = template or written
                elif written.source is origin.span.source:
                    values[origin] = written
        if template is None:
            template = self.home.span(0, 0)
        if not values:
            found = Place(template, via=tuple(chain))
            return self.known.setdefault(found, found)
        shown = list(values.items())[-MAX_VALUES_HOPS:]
        primary = shown[-1][0].span
        hops = (Hop(template, TEMPLATE), *chain, *(hop for hop, _span in shown))
        found = Place(primary, via=hops)
        return self.known.setdefault(found, found)

    def written_in(self, offset: int, source: Source, chain: tuple[Hop, ...]) -> int | None:
        """The offset in `source` of what is rendered, if it is text that those calls wrote."""
        number = bisect_right(self.starts, offset) - 1
        piece = self.pieces[number]
        written = piece.literal
        if written is None or written.source is not source:
            return None
        calls = tuple(hop for hop in piece.hops if hop.note == INCLUDED)
        return written.start + offset - self.starts[number] if calls == chain else None

    def at_home(self, start: int) -> int:
        """The offset in the chart's own template behind which the rendered offset lies."""
        for number in self.numbers(start, start):
            piece = self.pieces[number]
            written = self.literal(number, start, start)
            if written is not None and written.source is self.home:
                return written.start
            for hop in reversed(piece.hops):
                if hop.note in (TEMPLATE, INCLUDED) and hop.span.source is self.home:
                    return hop.span.start
        return 0


class _Mapper:
    """Rebuilds the values of one rendered text with the places of what it came from."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self.done: dict[int, Value] = {}
        self.keep: list[Value] = []  # so that no identity is used twice
        self.keys: list[Key] = []  # where keys are in the rendered text, if there are gaps

    def value(self, value: Value, place: Place | None) -> Value:
        """The value with the places of templates and values files."""
        if isinstance(value, (MapValue, ListValue)):
            known = self.done.get(id(value))
            if known is None:
                self.keep.append(value)
                known = self.done[id(value)] = (
                    self.mapping(value) if isinstance(value, MapValue) else self.items(value)
                )
            return known
        if isinstance(value, str) and HOLE in value and place is not None:
            return self.holed(value, place.value)
        if value.__class__ is str and len(value) <= SHORT:
            return intern(value)
        return value

    def holed(self, value: str, at: Span) -> Value:
        """Text with unknown parts."""
        unknowns = self.origins.unknowns(at.start, at.end)
        if value == HOLE and len(unknowns) == 1:
            quoted = at.source.text[at.start : at.start + 1] in ("'", '"')
            found = unknowns[0]
            return replace(found, type="string", not_null=True) if quoted else found
        parts: list[str | Unknown] = []
        texts = value.split(HOLE)
        for index, text in enumerate(texts):
            parts.append(text)
            if index + 1 < len(texts):
                parts.append(
                    unknowns[index] if index < len(unknowns) else Unknown(Reason.TEMPLATE, "text")
                )
        return join_segments(parts)

    def mapping(self, value: MapValue) -> MapValue:
        at = self.origins.at_home(value.start)
        end = max(self.origins.at_home(max(value.end - 1, value.start)), at)
        made = MapValue(self.origins.home, at, end, rest=value.rest, tag=value.tag)
        for key, item in value.items():
            place = value.place(key)
            if HOLE in key:
                found = self.origins.unknowns(place.key.start, place.key.end) if (
                    place is not None and place.key is not None) else []  # fmt: skip
                made.rest = found[0] if found else Unknown(Reason.TEMPLATE, "a key")
                continue
            mapped = None
            if key == VALUES and isinstance(item, str) and place is not None:
                mapped = self.in_pieces(item, place.value)
            made.put(intern(key), mapped or self.value(item, place), self.entry(item, place))
        if self.origins.gaps:
            offsets = value.offsets[::4]
            column = column_of(value.source.text, offsets[0]) if offsets else 0
            self.keys += [(offset, column, made) for offset in offsets]
        return made

    def in_pieces(self, value: str, at: Span) -> str | Segments | None:
        """The text of a block with the origin of each part, because it is read again as values."""
        numbers = self.origins.numbers(at.start, at.end)
        base = self.origins.starts[numbers.start] if numbers else 0
        found = cut([self.origins.pieces[one] for one in numbers], at.start - base, at.end - base)
        text = plain_text(found)
        starts = list(accumulate(map(width_of, found[:-1]), initial=0)) if found else []
        kept: list[Piece] = []
        position = 0
        for line in value.split("\n"):
            start = text.find(line, position)
            if start < 0:
                return None
            if kept:
                kept.append(Piece("\n", kept[-1].hops))
            position = start + len(line)
            first = max(bisect_right(starts, start) - 1, 0)
            last = bisect_left(starts, position)
            at_first = starts[first] if starts else 0
            kept.extend(cut(found[first:last], start - at_first, position - at_first))
        data = text_data(kept)
        return data if isinstance(data, (TracedText, TracedSegments)) and plain_text(
            data.pieces
        ) == value else None  # fmt: skip

    def items(self, value: ListValue) -> ListValue:
        at = self.origins.at_home(value.start)
        end = max(self.origins.at_home(max(value.end - 1, value.start)), at)
        made = ListValue(self.origins.home, at, end, rest=value.rest, tag=value.tag)
        for index, item in enumerate(value):
            made.append(self.value(item, value.place(index)))
            made.places[index] = self.entry(item, value.place(index))
        return made

    def entry(self, value: Value, place: Place | None) -> Place:
        """The place of an entry."""
        origins = self.origins
        if place is None:
            return Place(origins.home.span(0, 0))
        key = place.key
        whole = isinstance(value, (MapValue, ListValue)) and bool(value)
        nothing = place.value.end <= place.value.start
        if nothing and value in (None, "") and key is not None:
            found = origins.place(0, 0, is_empty=True, numbers=origins.empty(key.end + 1))
            if found.via and found.via[-1].note != INCLUDED:
                return found
        if key is not None and (whole or nothing):
            return origins.place(key.start, key.end)
        start, end = place.value.start, place.value.end
        if whole:  # an item of a list: its first line
            head = place.value.first_line
            return origins.place(head.start, head.end)
        found = origins.place(start, end, is_empty=value == "")
        if key is not None and not found.via:
            named = origins.place(key.start, key.end)
            if not named.via and named.value.source is found.value.source and (
                named.value.end <= found.value.start
            ):  # fmt: skip
                return Place(found.value, named.value)
        return found


def manifest_values(
    pieces: tuple[Piece, ...], home: Source, known: dict[Place, Place] | None = None
) -> tuple[list[Value], list[Problem]]:
    """The documents that a template renders to, and what is wrong with them, at its lines.

    `known` are places of other renderings: the same template with other values has most of them.
    """
    origins = Origins(pieces, home, known)
    rendered = Source(home.path, plain_text(pieces))
    stream = parse_yaml(rendered, "1.1")
    mapper = _Mapper(origins)
    values: list[Value] = []
    for document in stream.documents:
        if document.value is not None:
            mapper.keys.append((document.span.start, -1, None))
            values.append(mapper.value(document.value, Place(document.span)))
    if origins.gaps:
        attach(origins.gaps, mapper.keys, origins.written_in, origins.known)
    problems = [
        Problem(one.code, f"in the rendered text: {one.message}",
                origins.place(one.span.start, one.span.end).value.first_line, one.severity,
                one.hint)
        for one in stream.problems
    ]  # fmt: skip
    return values, problems
