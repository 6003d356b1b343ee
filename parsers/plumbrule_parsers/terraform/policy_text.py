"""JSON that is written inside a string or heredoc, read with the places of the file itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.embedded import FIRST, HOLDER, MOST, Moved, can_hold, placed
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import Place, Segments, Unknown, Value

_QUOTE = re.compile(r'\\.|"')


def policy_text(node: h.Template | h.Literal, static: Static) -> Value:
    """The JSON value that the string holds; None if it is not JSON or cannot be read so."""
    text = static.source.text[node.start : node.end]
    if isinstance(node, h.Literal) or not node.heredoc:
        return _quoted(node, static, text)
    if not can_hold(text):
        return None
    pieces: list[str] = []
    held: list[h.Expr] = []
    inside = False  # a JSON string
    for part in node.parts:
        written = static.source.text[part.start : part.end]
        if isinstance(part, h.Text):
            pieces.append(written)
            quotes = sum(one == '"' for one in _QUOTE.findall(written))
            inside = inside is (quotes % 2 == 0)
        elif isinstance(part, h.Directive) or len(held) >= MOST:
            return None
        else:
            holder = chr(FIRST + len(held))
            held.append(part.value)
            size = part.end - part.start
            pieces.append(holder * size if inside else f'"{holder * (size - 2)}"')
    start = node.parts[0].start if node.parts else node.start
    value, problems = parse_json(Source(static.source.path, "".join(pieces)))
    if any(problem.severity == "error" for problem in problems):
        return None
    return Moved(static, start, held, lambda held: _alone(held, static))(value)


def _alone(held: h.Expr, static: Static) -> Value:
    """An interpolation that is a whole string: JSON that is put into JSON is its value."""
    if isinstance(held, h.Call) and held.name == "jsonencode" and len(held.args) == 1:
        held = held.args[0]
    return static.value(held)


def _quoted(node: h.Template | h.Literal, static: Static, text: str) -> Value:
    """A quoted string: escapes shift the offsets, so every place is that of the string."""
    at = Span(static.source, node.start, node.end)
    return None if HOLDER.search(text) else json_in(static.value(node), at)


def json_in(known: Value, at: Span) -> Value:
    """The JSON value that a text holds, every entry at that place; None if it is no JSON."""
    if isinstance(known, Segments):
        parts = known.parts
        if any(isinstance(part, str) and HOLDER.search(part) for part in parts):
            return None
        unknowns = [part for part in parts if isinstance(part, Unknown)]
        known = _held(parts)
    else:
        unknowns = []
        if isinstance(known, str) and HOLDER.search(known):
            return None
    if not isinstance(known, str) or len(unknowns) > MOST:
        return None
    value, problems = parse_json(Source(at.path, known))
    if any(problem.severity == "error" for problem in problems):
        return None
    return placed(value, Place(at), unknowns)


def _held(parts: Iterable[str | Unknown]) -> str:
    """The text with a placeholder for each unknown part; outside of strings it is one itself."""
    pieces: list[str] = []
    inside, turn = False, 0
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
            quotes = sum(one == '"' for one in _QUOTE.findall(part))
            inside = inside is (quotes % 2 == 0)
        else:
            holder = chr(FIRST + min(turn, MOST))
            pieces.append(holder if inside else f'"{holder}"')
            turn += 1
    return "".join(pieces)
