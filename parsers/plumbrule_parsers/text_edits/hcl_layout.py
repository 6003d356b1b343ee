"""Edits of HCL: settings of a block, each on a line of its own."""

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
    last_word,
    line_end,
    line_start,
    rest_of_line,
)
from plumbrule_parsers.value import ListValue, MapValue, Place

# What stands before the brace of a block; before that of an object stands nothing.
_HEAD = re.compile(r'(?:[\w-]+(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*)?')
_SETTING = re.compile(r"([ \t]*)([\w-]+)([ \t]*)=[^=]")


def removed(place: Place) -> TextEdit | None:
    """The edit that takes a setting out of its block."""
    key, value = place.key, place.value
    if key is None or key.source is not value.source:
        return None
    text = key.source.text
    end = last_word(text, value.start, value.end)  # a heredoc ends with its line
    if blank_before(text, key.start) and not rest_of_line(text, end):
        return TextEdit(Span(key.source, line_start(text, key.start), line_end(text, end)), "")
    # A block on one line: the setting goes with the blanks around it.
    start = key.start
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    while end < len(text) and text[end] in " \t":
        end += 1
    if start == 0 or text[start - 1] != "{" or text[end : end + 1] != "}":
        return None
    return TextEdit(Span(key.source, start, end), "")


def replaced(span: Span, value: Plain) -> TextEdit | None:
    """The edit that gives a setting another value; a heredoc keeps its words."""
    return None if span.text.startswith("<<") else TextEdit(span, expression(value))


def added(block: MapValue, key: str, value: Plain) -> TextEdit | None:
    """The edit that adds a setting behind the head of a block."""
    source, text = block.source, block.source.text
    opening = text.find("{", block.start, block.end)
    if opening < 0 or not _HEAD.fullmatch(text, block.start, opening):
        return None
    mark = end_mark(text)
    outer = indent_at(text, block.start)
    inner = outer + "  "
    if opening > block.start and key != key.lower():
        return _spelled(Span(source, block.start, opening + 1), key, value)
    closing = text.find("}", opening)
    if closing >= 0 and not text[opening + 1 : closing].strip():
        made = f"{{{mark}{inner}{_key(key)} = {expression(value)}{mark}{outer}}}"
        return TextEdit(Span(source, opening, closing + 1), made)
    if rest_of_line(text, opening + 1):
        return None  # a block on one line has room for one setting only
    at = line_end(text, opening)
    below = _SETTING.match(text, at)
    name = _key(key)
    if below is not None:  # in a column with the settings that follow
        inner = below[1]
        name = name.ljust(len(below[2]) + len(below[3]) - 1)
    return TextEdit(Span(source, at, at), f"{inner}{name} = {expression(value)}{mark}")


def _spelled(head: Span, key: str, value: Plain) -> TextEdit | None:
    """The edit that adds an entry of the API of Kubernetes as blocks of its provider have it."""
    text = head.source.text
    lines = _block_lines(key, value, indent_at(text, head.start) + "  ")
    if lines is None or rest_of_line(text, head.end):
        return None
    at = line_end(text, head.end)
    return TextEdit(Span(head.source, at, at), "".join(line + end_mark(text) for line in lines))


def _block_lines(key: str, value: Plain, indent: str) -> list[str] | None:
    name = re.sub("[A-Z]+", lambda found: f"_{found[0].lower()}", key)
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return None
    if not isinstance(value, dict):
        return [f"{indent}{name} = {expression(value)}"]
    lines = [f"{indent}{name} {{"]
    for inner, item in value.items():
        found = _block_lines(inner, item, indent + "  ")
        if found is None:
            return None
        lines += found
    return [*lines, f"{indent}}}"]


def appended(items: ListValue, value: Plain) -> TextEdit | None:
    """The edit that adds an item behind the last one of a list that is written out."""
    source, text = items.source, items.source.text
    last = items.place(len(items) - 1) if items else None
    if text[items.start : items.start + 1] != "[" or last is None:
        return None
    if last.value.source is not source or last.via:
        return None
    end = last.value.end
    if blank_before(text, last.value.start):
        lead = end_mark(text) + indent_at(text, last.value.start)
    else:
        lead = " "
    return TextEdit(Span(source, end, end), f",{lead}{expression(value)}")


def expression(value: Plain) -> str:
    """A value as HCL writes it."""
    if isinstance(value, dict):
        items = ", ".join(f"{_key(key)} = {expression(item)}" for key, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(expression, value)) + "]"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text.replace("${", "$${").replace("%{", "%%{")
    return json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][\w-]*", name) else json.dumps(name)
