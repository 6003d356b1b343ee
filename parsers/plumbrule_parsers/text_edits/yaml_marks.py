"""Marks in YAML text that forbid edits: what aliases repeat, what a template's actions choose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.text_edits.edit import line_end, line_start

_ANCHOR = re.compile(r"(?<![^\s,\[{(])&([^\s,\[\]{}]+)")
_ALIAS = re.compile(r"(?<![^\s,\[{(])\*([^\s,\[\]{}]+)")
_HEAD = re.compile(r" *(?:- +)*")
# `${{ ... }}` is an expression of a workflow, which is no template.
_ACTION = re.compile(r"(?<!\$)\{\{")
_CONTROL = re.compile(r"\{\{-?\s*(?:if|else|end|range|with|define|block|break|continue)\b")


def is_template(source: Source) -> bool:
    """Whether the text is made into YAML by a template engine first."""
    return _ACTION.search(source.text) is not None


def is_control(text: str) -> bool:
    """Whether an action in the text decides on what comes behind it."""
    return _CONTROL.search(text) is not None


def is_shared(span: Span) -> bool:
    """Whether the span touches what an anchor names and an alias repeats, or an alias itself."""
    text = span.source.text
    if "*" not in text or "&" not in text:
        return False
    return any(
        start <= span.start < end or span.start < start < span.end
        for start, end in _shared(text)
    )  # fmt: skip


def _shared(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of anchored nodes that are repeated; rather too long than too short."""
    aliases = set()
    for match in _ALIAS.finditer(text):
        aliases.add(match[1])
        yield match.span()
    for match in _ANCHOR.finditer(text):
        if match[1] in aliases:
            yield match.start(), _end_of_node(text, match.start())


def _end_of_node(text: str, anchor: int) -> int:
    """Where the first line stands that is not part of the node behind the anchor."""
    start = line_start(text, anchor)
    head = _HEAD.match(text, start, anchor)
    assert head is not None
    item = head.end() == anchor
    if item:  # `- &a` or `&a` on a line of its own
        dash = text.rfind("-", start, anchor)
        column = dash - start if dash >= 0 else anchor - start - 1
    else:
        column = head.end() - start
    at = line_end(text, anchor)
    while at < len(text):
        line = text[at : line_end(text, at)]
        own = len(line) - len(line.lstrip(" "))
        below = own == column and line[own:].startswith("- ") and not item
        if line.strip() and not line.lstrip().startswith("#") and own <= column and not below:
            break
        at = line_end(text, at)
    return at
