"""YAML that is written inside a heredoc or string, read with the places of the file itself."""

from __future__ import annotations

import re

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.embedded import (
    FIRST,
    HOLDER,
    MOST,
    Moved,
    can_hold,
    entry_of,
    placed,
)
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import Place, Reason, Segments, Unknown, Value
from plumbrule_parsers.yaml_tree import parse_yaml

# A heredoc that is indented as a whole indents what starts a document, too.
_START = re.compile(r"^([ \t]+)(---)(?=[ \t]*$)", re.MULTILINE)


def heredoc_objects(node: h.Template, static: Static) -> list[Value] | None:
    """The documents of the heredoc; None if it is no YAML or cannot be read so."""
    text = static.source.text[node.start : node.end]
    if not can_hold(text):
        return None
    pieces: list[str] = []
    held: list[h.Expr] = []
    for part in node.parts:
        if isinstance(part, h.Text):
            pieces.append(static.source.text[part.start : part.end])
        elif isinstance(part, h.Directive) or len(held) >= MOST:
            return None
        else:
            pieces.append(chr(FIRST + len(held)) * (part.end - part.start))
            held.append(part.value)
    start = node.parts[0].start if node.parts else node.start
    found = _documents(_START.sub(r"\2\1", "".join(pieces)), static.source.path)
    moved = Moved(static, start, held, lambda held: _alone(held, static))
    return None if found is None else [moved(one) for one in found]


def _alone(held: h.Expr, static: Static) -> Value:
    """An interpolation that is a whole scalar; one of several lines would be YAML of its own."""
    value, place = entry_of(held, static)
    if isinstance(value, str) and "\n" in value.strip("\n"):
        return Unknown(Reason.TEMPLATE, "text that is put in", place.value)
    return value


def text_objects(text: Value, place: Place) -> list[Value] | None:
    """The documents of a text that stands elsewhere, every entry at the one place."""
    parts = text.parts if isinstance(text, Segments) else (text,)
    pieces: list[str] = []
    unknowns: list[Unknown] = []
    for part in parts:
        if isinstance(part, Unknown) and len(unknowns) < MOST:
            pieces.append(chr(FIRST + len(unknowns)))
            unknowns.append(part)
        elif isinstance(part, str) and not HOLDER.search(part):
            pieces.append(part)
        else:
            return None
    found = _documents("".join(pieces), place.value.path)
    return None if found is None else [placed(one, place, unknowns) for one in found]


def _documents(text: str, path: str) -> list[Value] | None:
    stream = parse_yaml(Source(path, text), "1.1")
    if any(problem.severity == "error" for problem in stream.problems):
        return None
    return [document.value for document in stream.documents if document.value is not None]
