"""Kept out: the conditions of a template that leave out what a rule misses, and what decides them.

A rendered object does not tell what was not rendered. So the template is read again: where its text
would write the key, the blocks around it are the reason, and the values that they ask for decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import MapValue, Place, Segments, Unknown, Value

if TYPE_CHECKING:
    from plumbrule.scan.scan import Model

Path = tuple[str, ...]
Blocks = tuple[tuple[s.Branch, bool], ...]  # outermost first; behind their `else`?


@dataclass(frozen=True, slots=True)
class Decided:
    """A value that a condition asks for: its key, where it is set (None: nowhere), what it is."""

    key: str
    span: Span | None
    value: Value


@dataclass(frozen=True, slots=True)
class Guard:
    """The head of a block (`{{ if ... }}`) with the values that it asks for."""

    head: Span
    decided: tuple[Decided, ...]


def guards_of(
    names: Path, node: Node, model: Model, parent: Place | None = None
) -> tuple[Guard, ...]:  # fmt: skip
    """The blocks that keep the first of the names out of the node, outermost first; often none.

    `parent` is the place of what would hold it, if that is there.
    """
    documents = {document.source.path: document for document in model.documents}
    document = documents.get(node.path)
    if document is None or document.format != "helm" or not names:
        return ()
    from plumbrule_parsers.gotemplate.parse import parse_template

    source = node.span.source
    low, high = _stretch(node, document)
    if parent is not None:
        spans = (parent.entry, *(hop.span for hop in parent.via))
        low = max([low, *(span.start for span in spans if span.path == source.path)])
    wanted = re.compile(rf"(?m)^[ \t]*(?:- )?{re.escape(names[0])}:")
    for text, blocks in _texts(parse_template(source).body, ()):
        for match in wanted.finditer(source.text, text.start, text.end):
            if not low <= match.start() < high:
                continue
            guards: list[Guard] = []
            for (block, in_else), asked in _dots(blocks):
                if block.start <= node.span.start < block.end:
                    continue  # the node itself is in there
                decided = tuple(_decided(path, node, model, documents) for path in asked)
                if _holds(block, decided) in (None, in_else):
                    guards.append(Guard(Span(source, block.start, block.head), decided))
            return tuple(guards)
    return ()


def _holds(block: s.Branch, decided: tuple[Decided, ...]) -> bool | None:
    """Whether the condition is true, where it asks for one value and nothing else."""
    words = block.pipe.commands[0].words if len(block.pipe.commands) == 1 else ()
    negated = len(words) == 2 and isinstance(words[0], s.Function) and words[0].name == "not"
    asks = words[-1:] if negated or len(words) == 1 else ()
    if len(decided) != 1 or not asks or not isinstance(asks[0], (s.Field, s.Variable)):
        return None
    value = decided[0].value
    if isinstance(value, (Unknown, Segments)):
        return None
    return bool(value) is not negated


def _stretch(node: Node, document: Document) -> tuple[int, int]:
    """The part of the template that is the node's: up to the next one of its kind."""
    others = (other.span.start for other in document.nodes if other.kind == node.kind)
    behind = [start for start in others if start > node.span.start]
    return node.span.start, min(behind, default=len(document.source.text))


def _texts(body: tuple[s.Element, ...], blocks: Blocks) -> Iterator[tuple[s.Text, Blocks]]:
    """Each text with the blocks around it, and whether it stands behind their `else`."""
    for element in body:
        if isinstance(element, s.Text):
            yield element, blocks
        elif isinstance(element, s.Branch):
            yield from _texts(element.body, (*blocks, (element, False)))
            yield from _texts(element.orelse, (*blocks, (element, True)))


def _dots(blocks: Blocks) -> list[tuple[tuple[s.Branch, bool], list[Path]]]:
    """For each block the values that it asks for; a `with` moves the dot."""
    found: list[tuple[tuple[s.Branch, bool], list[Path]]] = []
    dot: Path | None = ()
    for block, in_else in blocks:
        asked = list(dict.fromkeys(_asked(block.pipe, dot)))
        found.append(((block, in_else), asked))
        if block.keyword == "with" and not in_else:
            dot = ("Values", *asked[0]) if len(asked) == 1 else None
        elif block.keyword == "range" and not in_else:
            dot = None
    return found


def _asked(pipe: s.Pipe, dot: Path | None) -> Iterator[Path]:
    """The keys of values that a pipeline reads, without `.Values`."""
    for command in pipe.commands:
        for word in command.words:
            names: Path = ()
            if isinstance(word, s.Pipe):
                yield from _asked(word, dot)
            elif isinstance(word, s.Field) and dot is not None:
                names = (*dot, *word.names)
            elif isinstance(word, s.Variable) and word.name == "$":
                names = word.names
            if names[:1] == ("Values",) and len(names) > 1:
                yield names[1:]


def _decided(
    path: Path, node: Node, model: Model, documents: Mapping[str, Document]
) -> Decided:  # fmt: skip
    """What a key of the values is in the node's unit; the last file that sets it wins."""
    chart = _chart(node.path, documents)
    placed = model.units.get(node.unit)
    unit = placed.unit if placed is not None else None
    home = "" if unit is None or unit.folder == "." else unit.folder
    inner: Path = ()
    below = f"{home}/charts/".lstrip("/")
    if unit is not None and chart != home and chart.startswith(below):
        inner = (chart.rpartition("/")[2],)  # a subchart's values in its parent's files
    files = [(one, (*inner, *path)) for one in reversed(unit.inputs)] if unit is not None else []
    if inner:
        files.append((f"{home}/values.yaml".lstrip("/"), (*inner, *path)))
    files.append((f"{chart}/values.yaml".lstrip("/"), path))
    key = ".".join(path)
    for file, names in files:
        values = _values(documents.get(file))
        if values is None:
            continue
        found = _at(values, names)
        if found is not None:
            return Decided(key, *found)
    return Decided(key, None, None)


def _chart(path: str, documents: Mapping[str, Document]) -> str:
    folder = path.rpartition("/")[0]
    while folder and f"{folder}/Chart.yaml" not in documents:
        folder = folder.rpartition("/")[0]
    return folder


def _values(document: Document | None) -> MapValue | None:
    for node in document.nodes if document is not None else ():
        values = node.fields.get("values")
        if node.kind == "helm.Values" and isinstance(values, MapValue):
            return values
    return None


def _at(values: MapValue, names: Path) -> tuple[Span, Value] | None:
    """Where the key is set, and what to; None if it is not."""
    owner: Value = values
    for name in names[:-1]:
        owner = owner.get(name) if isinstance(owner, MapValue) else None
    if not isinstance(owner, MapValue) or names[-1] not in owner:
        return None
    place = owner.place(names[-1])
    return (place.entry if place is not None else owner.span, owner[names[-1]])
