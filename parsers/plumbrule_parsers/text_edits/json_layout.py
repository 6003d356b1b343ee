"""Edits of JSON: entries come and go with their commas."""

from __future__ import annotations

import json
import re

from plumbrule_parsers.source import Span
from plumbrule_parsers.text_edits.edit import (
    Plain,
    TextEdit,
    blank_before,
    end_mark,
    indent_at,
    line_start,
)
from plumbrule_parsers.value import ListValue, MapValue, Place

_COMMA = re.compile(r"\s*,\s*")
_HEAD = re.compile(r'[ \t]*(?:"(?:[^"\\]|\\.)*"\s*:\s*)?')  # of an entry with lines of its own
_BLANKS = " \t\r\n"


def removed(place: Place) -> TextEdit | None:
    """The edit that takes an entry out, with one comma where there is one."""
    key, value = place.key, place.value
    if key is None or key.source is not value.source:
        return None
    source, text = key.source, key.source.text
    behind = _COMMA.match(text, value.end)
    if behind is not None:  # the next entry moves up to where this one stood
        return TextEdit(Span(source, key.start, behind.end()), "")
    ahead = key.start
    while ahead > 0 and text[ahead - 1] in _BLANKS:
        ahead -= 1
    if ahead > 0 and text[ahead - 1] == ",":
        return TextEdit(Span(source, ahead - 1, value.end), "")
    end = value.end
    while end < len(text) and text[end] in _BLANKS:
        end += 1
    if ahead == 0 or text[ahead - 1] != "{" or text[end : end + 1] != "}":
        return None
    return TextEdit(Span(source, ahead, end), "")


def replaced(span: Span, value: Plain) -> TextEdit | None:
    """The edit that gives an entry another value."""
    return TextEdit(span, _written(span.source.text, span.start, value))


def added(mapping: MapValue, key: str, value: Plain) -> TextEdit | None:
    """The edit that adds an entry behind the last one."""
    source, text = mapping.source, mapping.source.text
    opening = text.find("{", mapping.start, mapping.end)  # a block begins with its labels
    if opening < 0:
        return None
    places = [
        place for name in mapping
        if (place := mapping.place(name)) is not None and not place.via
        and place.key is not None and place.key.source is source
    ]  # fmt: skip
    word = json.dumps(key, ensure_ascii=False)
    if not places:
        inside = text[opening + 1 : mapping.end - 1]
        if inside.strip() or text[mapping.end - 1 : mapping.end] != "}":
            return None
        made = f"{{{word}: {json.dumps(value, ensure_ascii=False)}}}"
        return TextEdit(Span(source, opening, mapping.end), made)
    last = max(places, key=lambda place: place.value.end)
    assert last.key is not None
    lead = " "
    if blank_before(text, last.key.start):
        lead = end_mark(text) + indent_at(text, last.key.start)
    made = f",{lead}{word}: {_written(text, last.key.start, value)}"
    return TextEdit(Span(source, last.value.end, last.value.end), made)


def appended(items: ListValue, value: Plain) -> TextEdit | None:
    """The edit that adds an item behind the last one of a list."""
    source, text = items.source, items.source.text
    if text[items.start : items.start + 1] != "[":
        return None
    last = items.place(len(items) - 1) if items else None
    if last is None or last.value.source is not source or last.via:
        if items or text[items.start + 1 : items.end - 1].strip():
            return None
        return TextEdit(
            Span(source, items.start, items.end), f"[{json.dumps(value, ensure_ascii=False)}]"
        )
    lead = " "
    if blank_before(text, last.value.start):
        lead = end_mark(text) + indent_at(text, last.value.start)
    made = f",{lead}{_written(text, last.value.start, value)}"
    return TextEdit(Span(source, last.value.end, last.value.end), made)


def _written(text: str, at: int, value: Plain) -> str:
    """The value, over several lines where its neighbours have a line each."""
    alone = _HEAD.fullmatch(text, line_start(text, at), at) is not None
    if not isinstance(value, (dict, list)) or not alone:
        return json.dumps(value, ensure_ascii=False)
    indent = indent_at(text, at)
    unit = "\t" if "\t" in indent else "    " if len(indent) % 4 == 0 and _fours(text) else "  "
    lines = json.dumps(value, ensure_ascii=False, indent=unit).split("\n")
    return (end_mark(text) + indent).join(lines)


def _fours(text: str) -> bool:
    first = re.search(r"^( +)\S", text, re.MULTILINE)
    return first is not None and len(first[1]) % 4 == 0
