"""Positions: character offsets to an editor's lines and columns, and back, in its encoding.

The protocol counts lines from 0 and columns in code units of the encoding that both sides agreed
on. Lines end where `Source` says (LF, CR LF, CR): the same three that the protocol names.
"""

from __future__ import annotations

from typing import Literal

from plumbrule_parsers.source import Source, Span

Encoding = Literal["utf-8", "utf-16", "utf-32"]
Point = tuple[int, int]  # line and column, both from 0


def units(text: str, encoding: Encoding) -> int:
    """How many code units the text takes."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(1 for letter in text if letter > "\uffff")


def point_of(source: Source, offset: int, encoding: Encoding) -> Point:
    """The line and column of an offset of the source."""
    line = source.line_of(offset)
    return line - 1, units(source.text[source.line_starts[line - 1] : offset], encoding)


def offset_of(source: Source, point: Point, encoding: Encoding) -> int:
    """The offset of a line and column; what lies outside is moved to the nearest place inside.

    A column in the middle of a character means the character's start.
    """
    line, column = point
    if line >= len(source.line_starts):
        return len(source.text)
    if line < 0 or column <= 0:
        return source.line_starts[max(line, 0)]
    start = source.line_starts[line]
    text = source.line_text(line + 1)
    if encoding == "utf-32" or text.isascii():
        return start + min(column, len(text))
    used = 0
    for index, letter in enumerate(text):
        used += units(letter, encoding)
        if used > column:
            return start + index
    return start + len(text)


def shown(span: Span) -> Span:
    """What an editor underlines: the span's first line, and never nothing if there is a character.

    A block is shown by its head, and an empty span by the character that it stands at.
    """
    head = span.first_line
    if head.end > head.start:
        return head
    text = span.source.text
    if head.start < len(text) and text[head.start] not in "\r\n":
        return Span(span.source, head.start, head.start + 1)
    if head.start > 0 and text[head.start - 1] not in "\r\n":
        return Span(span.source, head.start - 1, head.start)
    return head
