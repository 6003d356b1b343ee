"""TextEdit: one replacement in one file, and many of them applied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from plumbrule_parsers.source import Span, by_fields

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"] | None

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class TextEdit:
    """What stands at `span` becomes `text`; an empty span inserts."""

    span: Span
    text: str

    __reduce__ = by_fields


def edited(text: str, edits: Iterable[TextEdit]) -> str:
    """The text after edits that do not overlap; ValueError: two of them do."""
    out: list[str] = []
    done = 0
    for edit in sorted(set(edits), key=lambda one: (one.span.start, one.span.end, one.text)):
        if edit.span.start < done:
            raise ValueError("two edits overlap")
        out += [text[done : edit.span.start], edit.text]
        done = edit.span.end
    return "".join((*out, text[done:]))


def clash(one: TextEdit, other: TextEdit) -> bool:
    """Whether both change the same words. Two insertions at one place do not: both fit there."""
    if one == other or one.span.path != other.span.path:
        return False
    low, high = sorted((one.span, other.span), key=lambda span: (span.start, span.end))
    if (low.start, low.end) == (high.start, high.end):
        return low.start < low.end
    return high.start < low.end


def lines_of(text: str) -> list[str]:
    """The lines with their ends; only what ends a line in a source ends one here."""
    return _LINE.findall(text)


def line_start(text: str, at: int) -> int:
    """The offset of the first character of the line."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    """The offset behind the line's end mark, or the end of the text."""
    while at < len(text) and text[at] not in "\r\n":
        at += 1
    if text.startswith("\r\n", at):
        return at + 2
    return min(at + 1, len(text))


def last_word(text: str, start: int, end: int) -> int:
    """The end of what stands in `[start, end)` without the blanks and line ends behind it."""
    while end > start and text[end - 1] in " \t\r\n":
        end -= 1
    return end


def end_mark(text: str) -> str:
    """How lines end in the text."""
    return next((mark for mark in ("\r\n", "\n", "\r") if mark in text), "\n")


def blank_before(text: str, at: int) -> bool:
    """True if only blanks stand before the offset on its line."""
    return not text[line_start(text, at) : at].strip()


def indent_at(text: str, at: int) -> str:
    """The blanks at the start of the offset's line."""
    start = line_start(text, at)
    end = start
    while end < len(text) and text[end] in " \t":
        end += 1
    return text[start:end]


def rest_of_line(text: str, at: int) -> str:
    """What stands behind the offset on its line, a comment left out."""
    rest = text[at : line_end(text, at)].strip()
    return "" if rest.startswith(("#", "//")) else rest
