"""Edits of YAML: block entries keep their indentation, flow entries their commas.

What aliases repeat is never edited, and in the text of a template only what no action touches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.text_edits.edit import (
    Plain,
    TextEdit,
    blank_before,
    end_mark,
    last_word,
    line_end,
    line_start,
    rest_of_line,
)
from plumbrule_parsers.text_edits.yaml_marks import is_control, is_shared, is_template
from plumbrule_parsers.value import ListValue, MapValue, Place

# Written without quotes it is read back as the same text, in YAML 1.1 and 1.2.
_BARE = re.compile(r"[A-Za-z/][\w./-]*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
_DASHES = re.compile(r" *(?:- +)+")
_BREAKS = {"\x85": "\\x85", "\u2028": "\\u2028", "\u2029": "\\u2029", "\x7f": "\\x7f"}


def removed(place: Place) -> TextEdit | None:
    """The edit that takes an entry out; None where the mapping would be left empty."""
    key, value = place.key, place.value
    if key is None or key.source is not value.source:
        return None
    found = _removed(key.source, key.start, value.end)
    if found is None or is_shared(found.span):
        return None
    return found if "{{" not in found.span.text or not is_template(found.span.source) else None


def _removed(source: Source, key: int, value: int) -> TextEdit | None:
    text = source.text
    value = last_word(text, key, value)  # a block scalar ends with its line
    if _in_flow(text, key, value):
        return _removed_from_flow(source, key, value)
    if rest_of_line(text, value):
        return None
    end = line_end(text, value)
    if blank_before(text, key):
        start = line_start(text, key)
        return (
            None
            if _alone(text, start, end, key - start)
            else TextEdit(Span(source, start, end), "")
        )
    # The first entry of a list item: the next one moves up behind the dash.
    if not _DASHES.fullmatch(text, line_start(text, key), key):
        return None
    column = key - line_start(text, key)
    following = re.compile(rf" {{{column}}}(?=[^\s#])").match(text, end)
    if following is None or text.startswith(("- ", "{{"), following.end()):
        return None
    return TextEdit(Span(source, key, following.end()), "")


def _alone(text: str, start: int, end: int, column: int) -> bool:
    """Whether no other entry of the mapping stands beside the lines `[start, end)`."""
    return not any(
        (_column(line) == column and not line.lstrip().startswith("- "))
        or (line.lstrip().startswith("- ") and _column(line) + 2 == column)
        for line in (*_until_outer(_above(text, start), column),
                     *_until_outer(_below(text, end), column))
    )  # fmt: skip


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _above(text: str, at: int) -> Iterator[str]:
    while at > 0:
        start = line_start(text, at - 1)
        yield text[start:at].rstrip("\r\n")
        at = start


def _below(text: str, at: int) -> Iterator[str]:
    while at < len(text):
        end = line_end(text, at)
        yield text[at:end].rstrip("\r\n")
        at = end


def _until_outer(lines: Iterator[str], column: int) -> Iterator[str]:
    """The lines of the same block: as far as one stands further left."""
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.lstrip().startswith("{{"):
            return  # what stands beyond an action may be left out
        if _column(line) < column:
            if line.lstrip().startswith("- ") and _column(line) + 2 == column:
                yield line  # the block begins behind this dash
            return
        yield line


def _in_flow(text: str, start: int, end: int) -> bool:
    """Whether the entry stands between braces: something but blanks surrounds it on its line."""
    before = text[line_start(text, start) : start].rstrip()
    after = text[end : line_end(text, end)].lstrip()
    return before.endswith(("{", ",")) or after.startswith(("}", ","))


def _removed_from_flow(source: Source, start: int, end: int) -> TextEdit:
    text = source.text
    behind = re.compile(r"\s*,\s*").match(text, end)
    if behind is not None:
        return TextEdit(Span(source, start, behind.end()), "")
    ahead = start
    while ahead > 0 and text[ahead - 1] in " \t\r\n":
        ahead -= 1
    if ahead > 0 and text[ahead - 1] == ",":
        return TextEdit(Span(source, ahead - 1, end), "")
    return TextEdit(Span(source, start, end), "")


def replaced(span: Span, value: Plain) -> TextEdit | None:
    """The edit that gives an entry another value; a scalar keeps its place on the line."""
    text = span.source.text
    if isinstance(value, (dict, list)) or "\n" in span.text.strip("\n") or is_shared(span):
        return None
    if is_template(span.source) and ("{{" in span.text or "{{" in scalar(value)):
        return None
    lead = " " if not span.text and text[span.start - 1 : span.start] == ":" else ""
    return TextEdit(span, lead + scalar(value))


def added(mapping: MapValue, key: str, value: Plain) -> TextEdit | None:
    """The edit that adds an entry behind the last one; None for a mapping that was not read."""
    text, source = mapping.source.text, mapping.source
    if is_shared(Span(source, mapping.start, mapping.start)):
        return None
    written = text[mapping.start : mapping.end]
    if not mapping and re.fullmatch(r"\{\s*\}", written):
        return TextEdit(mapping.span, f"{{{scalar(key)}: {flow(value)}}}")
    places = [place for name in mapping if (place := mapping.place(name)) is not None]
    own = [place for place in places if place.key is not None
           and place.key.source is source and place.value.source is source
           and not place.via]  # fmt: skip
    if is_template(source):
        return _added_to_template(mapping, own, key, value)
    if not own:
        return None
    last = max(own, key=lambda place: place.value.end)
    assert last.key is not None
    if written.startswith("{"):
        at = last.value.end
        return TextEdit(Span(source, at, at), f", {scalar(key)}: {flow(value)}")
    return _added_below(source, last.key.start, max(last.value.end, last.key.end), key, value)


def _added_to_template(
    mapping: MapValue, own: list[Place], key: str, value: Plain
) -> TextEdit | None:
    """Behind the last scalar before which no action opens or ends a part of the text.

    Where there is none, above the first entry, unless that stands behind a dash.
    """
    source, text = mapping.source, mapping.source.text
    start = mapping.start
    fit = [
        place for place in own
        if place.key is not None and place.key.start >= start and place.value.text
        and "\n" not in place.value.text
        and not is_control(text[start : line_end(text, place.value.end)])
        and not rest_of_line(text, place.value.end)
    ]  # fmt: skip
    if text[start : start + 1] == "{" or "{{" in "".join(block(key, value)):
        return None
    if blank_before(text, start) and next(_above(text, line_start(text, start)), "").lstrip(
        " "
    ).startswith("{{"):
        return None  # the first entry is that of one case among several
    column = start - line_start(text, start)
    below = _entries_below(text, line_end(text, start), column)
    if any(line.lstrip().startswith(f"{scalar(key)}:") for line in below):
        return None  # with other values it is there
    if not fit:
        if not blank_before(text, start) or not any(
            text.startswith(f"{name}:", start) for name in mapping
        ):
            return None
        lines = "".join(f"{' ' * column}{line}{end_mark(text)}" for line in block(key, value))
        above = line_start(text, start)
        return TextEdit(Span(source, above, above), lines)
    last = max(fit, key=lambda place: place.value.end)
    assert last.key is not None
    return _added_below(source, last.key.start, last.value.end, key, value)


def _entries_below(text: str, at: int, column: int) -> Iterator[str]:
    """The entries of a mapping below `at`, those under a condition with them."""
    for line in _below(text, at):
        if not line.strip() or line.lstrip().startswith(("#", "{{")):
            continue
        if _column(line) < column:
            return
        if _column(line) == column:
            yield line


def _added_below(source: Source, beside: int, end: int, key: str, value: Plain) -> TextEdit | None:
    """The entry on lines of its own below `end`, in the column of the key at `beside`."""
    text = source.text
    lead = text[line_start(text, beside) : beside]
    if lead.strip() and not _DASHES.fullmatch(lead):
        return None  # `? a`, a tag: the column is not that of the mapping
    mark = end_mark(text)
    at = line_end(text, max(last_word(text, beside, end) - 1, beside))
    lines = "".join(f"{' ' * len(lead)}{line}{mark}" for line in block(key, value))
    if at == len(text) and not text.endswith(("\n", "\r")):
        lines = mark + lines.rstrip("\r\n")
    return TextEdit(Span(source, at, at), lines)


def appended(items: ListValue, value: Plain) -> TextEdit | None:
    """The edit that adds an item behind the last one of a list."""
    source, text = items.source, items.source.text
    last = items.place(len(items) - 1) if items else None
    if last is None or last.value.source is not source or last.via or is_template(source):
        return None
    if is_shared(Span(source, items.start, items.start)) or is_shared(last.value):
        return None
    start, end = last.value.start, last_word(text, last.value.start, last.value.end)
    if text[items.start : items.start + 1] == "[":
        return TextEdit(Span(source, end, end), f", {flow(value)}")
    lead = text[line_start(text, start) : start]
    if _DASHES.fullmatch(lead) is None or lead.count("-") > 1 or rest_of_line(text, end):
        return None
    mark, at = end_mark(text), line_end(text, end)
    made = f"{lead}{flow(value)}{mark}"
    if at == len(text) and not text.endswith(("\n", "\r")):
        made = mark + made.rstrip("\r\n")
    return TextEdit(Span(source, at, at), made)


def scalar(value: Plain) -> str:
    """A scalar as it is written."""
    if isinstance(value, str):
        bare = _BARE.fullmatch(value) is not None and value.lower() not in _WORDS
        if bare:
            return value
        quoted = json.dumps(value, ensure_ascii=False)
        return "".join(_BREAKS.get(sign, sign) for sign in quoted)
    written = json.dumps(value)
    # Without a point it would be a text for readers of YAML 1.1.
    return re.sub(r"^(-?\d+)e", r"\1.0e", written) if isinstance(value, float) else written


def flow(value: Plain) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def block(key: str, value: Plain) -> list[str]:
    """An entry as lines, its mappings one key a line; lists of scalars stay on one line."""
    if isinstance(value, dict) and value:
        inner = [line for name, item in value.items() for line in block(name, item)]
        return [f"{scalar(key)}:", *(f"  {line}" for line in inner)]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        lines = [f"{scalar(key)}:"]
        for item in value:
            inner = (
                [line for name, part in item.items() for line in block(name, part)]
                if isinstance(item, dict) else [flow(item)]
            )  # fmt: skip
            lines += [f"  - {inner[0]}", *(f"    {line}" for line in inner[1:])]
        return lines
    return [f"{scalar(key)}: {flow(value)}"]
