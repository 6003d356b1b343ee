"""Values written as text inside another file, with the line of that file for each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from plumbrule_parsers.helm.functions.decoding import decoded, source_of, yaml_key
from plumbrule_parsers.helm.state import INCLUDED, TEMPLATE
from plumbrule_parsers.helm.values import Table
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced_text import Piece, TracedSegments, TracedText, plain_text
from plumbrule_parsers.value import Hop, MapValue, Segments, Unknown
from plumbrule_parsers.yaml_tree import parse_yaml

_KEY = re.compile(r"""(\s*)((?:-\s+)*)["']?([^"':#\[\]{},\s][^"':]*?)["']?\s*:(?:\s|$)""")
_ITEM = re.compile(r"(\s*)(-\s+)(.*)")
MAX_SEARCHED = 50_000_000  # characters, so that a large text in a large file ends


def values_of_text(text: str | Segments, note: str, regions: Sequence[Span]) -> Table | None:
    """The mapping that the text is in YAML, None if it is none.

    `regions` are the stretches in which a person wrote it, as a block of text or in another syntax
    with the same keys (a heredoc, an object of HCL); each value gets the line there that names it,
    with `note` behind its hop, or the first region's first line.
    """
    if isinstance(text, (TracedText, TracedSegments)):
        pieces = [_handed_on(piece, note) for piece in text.pieces]
    else:
        pieces = _pieces(text, note, regions)
    stream = parse_yaml(source_of(pieces, "values"), "1.1")
    if any(problem.severity == "error" for problem in stream.problems):
        return None
    value = stream.documents[0].value if stream.documents else None
    if value is None:
        return {}
    if not isinstance(value, MapValue):
        return None
    found = decoded(value, pieces, key=yaml_key)
    return found.data if isinstance(found.data, dict) else None


def _handed_on(piece: Piece, note: str) -> Piece:
    """A part of a rendered text, which knows where it comes from, on its way into another chart."""
    hops = [
        Hop(hop.span, note) if hop.note == TEMPLATE else hop
        for hop in piece.hops
        if hop.note != INCLUDED
    ]
    if not hops and piece.literal is not None:
        hops = [Hop(piece.literal.first_line, note)]
    return Piece(piece.text, tuple(hops), piece.literal)


def _pieces(text: str | Segments, note: str, regions: Sequence[Span]) -> list[Piece]:
    """The text line by line, each with the place where it is written."""
    parts: tuple[str | Unknown, ...] = text.parts if isinstance(text, Segments) else (text,)
    lines: list[list[str | Unknown]] = [[]]
    for part in parts:
        if isinstance(part, Unknown):
            lines[-1].append(part)
            continue
        first, *rest = part.split("\n")
        lines[-1].append(first)
        lines.extend([one] for one in rest)
    pieces: list[Piece] = []
    finder = _Finder(regions)
    most = MAX_SEARCHED // max(sum(one.end - one.start for one in regions), 1)
    for number, line in enumerate(lines):
        written = "".join(one if isinstance(one, str) else "?" for one in line)
        span = finder.find(written) if number < most else finder.head
        hops = (Hop(span, note),)
        for one in line:
            if one == "":
                continue
            literal = None
            if isinstance(one, str) and len(line) == 1 and one.strip():
                literal = _literal(one, span)
            pieces.append(Piece(one, hops, literal))
        if number + 1 < len(lines):
            pieces.append(Piece("\n", hops))
    assert plain_text(pieces).count("\n") == len(lines) - 1
    return pieces


def _literal(text: str, span: Span) -> Span | None:
    """The stretch of the line that is this very text."""
    at = span.source.text.find(text.strip(), span.start, span.end)
    if at < 0 or text != text.strip():
        return None
    return Span(span.source, at, at + len(text))


class _Finder:
    """Finds lines of YAML in text that says the same, by their keys, outer ones first."""

    def __init__(self, regions: Sequence[Span]) -> None:
        self.regions = regions
        self.head = regions[0].first_line
        self.open: list[tuple[int, Span, int]] = []  # indentation, region, position of outer keys

    def find(self, line: str) -> Span:
        """The line that the text is in the regions."""
        match = _KEY.match(line)
        if match is None:
            item = _ITEM.match(line)
            if item is None:
                return self.open[-1][1] if self.open else self.head
            return self.look(len(item[1]), re.escape(item[3].strip("\"' ")), keeps=False)
        indent = len(match[1]) + len(match[2])
        key = rf"""(?<![\w.-])["']?{re.escape(match[3])}["']?\s*[:=](?!=)"""
        return self.look(indent, key, keeps=True)

    def look(self, indent: int, pattern: str, *, keeps: bool) -> Span:
        while self.open and self.open[-1][0] >= indent:
            self.open.pop()
        starts = [(span, at) for _, span, at in self.open[-1:]] or [
            (region, region.start) for region in self.regions
        ]
        for span, at in starts:
            region = next((one for one in self.regions if one.source is span.source
                           and one.start <= at <= one.end), None)  # fmt: skip
            if region is None:
                continue
            found = re.compile(pattern).search(region.source.text, at, region.end)
            if found is not None:
                line = _line(region, found.start())
                if keeps:
                    self.open.append((indent, line, found.end()))
                return line
        return starts[0][0].first_line


def _line(region: Span, at: int) -> Span:
    """The line that holds an offset, without what is around it, inside the region."""
    text = region.source.text
    start = max(text.rfind("\n", 0, at) + 1, region.start)
    end = text.find("\n", at)
    end = min(end if end >= 0 else len(text), region.end)
    while start < end and text[start] in " \t\r":
        start += 1
    while end > start and text[end - 1] in " \t\r":
        end -= 1
    return Span(region.source, start, end)
