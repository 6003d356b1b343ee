"""From a decoded YAML scalar back to the text that a person wrote, character by character.

A script inside YAML loses its indentation, its folds or its escapes when it is decoded. The map
says for every decoded character where it stands, so that a command's span is the authored one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from plumbrule_parsers.source import Source

_BLOCK = re.compile(r"[|>][^\r\n]*(?:\r\n?|\n)")


def offsets_of(source: Source, start: int, end: int, decoded: str) -> Callable[[int], int]:
    """A function from an offset in `decoded` to one in the source.

    Works by walking both texts in step: what differs is only white space, quotes and escapes. Where
    they cannot be aligned, the start of the scalar is given for everything behind.
    """
    written = source.text
    found = _BLOCK.match(written, start)
    at = found.end() if found is not None else start
    quote = written[start] if written[start : start + 1] in ("'", '"') else ""
    if quote:
        at = start + 1
    if found is None and not quote and written[start:end] == decoded:
        return lambda offset: start + offset
    table: list[int] = []
    line_start = True
    for letter in decoded:
        at = _advance(written, at, end, letter, quote, line_start=line_start)
        if at < 0:
            break
        table.append(at)
        at += _width(written, at, letter, quote)
        line_start = letter == "\n"
    length = len(table)

    def place(offset: int) -> int:
        if offset < length:
            return table[offset]
        if length and offset == length == len(decoded):
            return min(table[-1] + 1, end)
        return start

    return place


def _advance(written: str, at: int, end: int, letter: str, quote: str, *, line_start: bool) -> int:
    """Where the decoded letter is written, at or behind `at`; -1 if it is not to be found."""
    limit = max(end, at)
    if letter == "\n":
        while at < limit and written[at] in " \t\r":
            at += 1
        return at if at < limit or at == end else -1
    while at < limit:
        current = written[at]
        if current == letter and not (line_start and letter == " " and not quote):
            return at
        if letter == " " and current in "\r\n":
            return at  # a fold: the line end became a space
        if quote == '"' and current == "\\":
            return at
        if current in " \t\r\n" or (quote == "'" and current == "'"):
            if letter == " " and current == " ":
                return at
            at += 1
            continue
        return -1
    return -1


def _width(written: str, at: int, letter: str, quote: str) -> int:
    if quote == '"' and written[at : at + 1] == "\\" and letter != "\\":
        return {"x": 4, "u": 6, "U": 10}.get(written[at + 1 : at + 2], 2)
    if quote and written[at : at + 2] in ("''", "\\\\"):
        return 2
    return 1
