"""Meaning: what stands under the cursor becomes, and where that comes from, as Markdown.

A setting of Terraform is shown with its evaluated value, a key of a chart's values with the fields
that it reaches. Everything is looked up when an editor asks, and kept for as long as the model.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from plumbrule.environments import DEFAULT
from plumbrule.lsp.convert import plain
from plumbrule.lsp.values_keys import key_at, key_text, value_at
from plumbrule.lsp.workspace import Frame
from plumbrule.reports.spell import Spelling
from plumbrule.reports.trail import stops_of, trail
from plumbrule.scan.scan import Model
from plumbrule.scan.secret_places import Secrets, secrets_in, sensitive_spans
from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Unknown, Value

MOST_UNITS: Final = 5
MOST_LINES: Final = 12  # of one value
Entry = tuple[str, Value, Place]  # name, value, place


class Meaning:
    """What hovers tell of one model after the other; for one thread at a time."""

    def __init__(self) -> None:
        self._model: Model | None = None
        self._sensitive: tuple[Span, ...] | None = None
        self._nodes: dict[str, list[Node]] = {}
        self._documents: dict[str, Document] = {}

    def of(self, frame: Frame, file: str, offset: int) -> str:
        """What there is to say of that offset in the file (an absolute path); "" if nothing."""
        model = frame.model
        if model is None:
            return ""
        path = os.path.relpath(file, frame.root).replace(os.sep, "/")
        if model is not self._model:
            self._model, self._sensitive = model, None
            self._documents = {one.source.path: one for one in model.documents}
            self._nodes = {}
            for node in model.graph.nodes.values():
                self._nodes.setdefault(node.path, []).append(node)
        document = self._documents.get(path)
        if document is None:
            return ""
        if path.endswith((".tfvars", ".tfvars.json")):
            found = value_at(document, offset)
            return key_text(found, model, self._documents) if found is not None else ""
        if document.format == "terraform":
            return self._setting(frame, model, path, offset)
        found = key_at(document, offset)
        return key_text(found, model, self._documents) if found is not None else ""

    def _setting(self, frame: Frame, model: Model, path: str, offset: int) -> str:
        found = list(_innermost(self._nodes.get(path, ()), path, offset))
        if not found or not any(_tells(value, place) for _node, (_name, value, place) in found):
            return ""
        if self._sensitive is None:
            self._sensitive = tuple(sensitive_spans(model.documents))
        # Asking the rules about every file would keep the hand waiting.
        paths = {path, *(one for _n, (_k, value, at) in found for one in _paths(value, at))}
        secrets = secrets_in(model, frame.config, frame.rules.pack, paths=frozenset(paths),
                             spans=self._sensitive)  # fmt: skip
        parts: dict[str, list[Node]] = {}
        for node, (name, value, place) in found:
            parts.setdefault(_told(name, value, place, secrets), []).append(node)
        every = [node for node, _entry in found]
        shown = [
            text + (_units(nodes, model, every) if len(every) > 1 else "")
            for text, nodes in list(parts.items())[:MOST_UNITS]
        ]
        more = len(parts) - MOST_UNITS
        return "\n\n".join((*shown, *([f"and {more} other values"] if more > 0 else [])))


def _innermost(nodes: Iterable[Node], path: str, offset: int) -> Iterator[tuple[Node, Entry]]:
    """The innermost entry at the offset, in each node that was made of what stands there."""
    best: list[tuple[int, Node, Entry]] = []
    for node in nodes:
        fields = node.fields
        if node.parent or fields.source.path != path or not fields.start <= offset <= fields.end:
            continue
        found = _entry_at(fields, path, offset)
        if found is not None:
            best.append((_size(found[2], path, offset), node, found))
    least = min((size for size, _node, _entry in best), default=0)
    yield from ((node, entry) for size, node, entry in best if size == least)


def _entry_at(owner: MapValue | ListValue, path: str, offset: int) -> Entry | None:
    found: Entry | None = None
    keys: Iterable[str | int] = owner if isinstance(owner, MapValue) else range(len(owner))
    for key in keys:
        place = owner.place(key)  # type: ignore[arg-type]
        if place is None or not _holds(place, path, offset):
            continue
        value: Value = owner[key]  # type: ignore[index]
        inner = _entry_at(value, path, offset) if isinstance(value, (MapValue, ListValue)) else None
        name = key.removeprefix("attr_") if isinstance(key, str) else f"[{key}]"
        if inner is not None and inner[0].startswith("["):
            inner = (f"{name}{inner[0]}", *inner[1:])
        entry = inner or (name, value, place)
        if found is None or _size(entry[2], path, offset) < _size(found[2], path, offset):
            found = entry
    return found


def _holds(place: Place, path: str, offset: int) -> bool:
    span = place.entry
    return span.path == path and span.start <= offset <= span.end


def _size(place: Place, path: str, offset: int) -> int:
    span = place.entry
    return span.end - span.start if _holds(place, path, offset) else len(span.source.text)


def _tells(value: Value, place: Place) -> bool:
    """Whether the value says more than what is written there."""
    if place.via or isinstance(value, Unknown):
        return True
    if isinstance(value, MapValue):
        inner = ((value[key], value.place(key)) for key in value)
        return any(at is not None and _tells(item, at) for item, at in inner)
    if isinstance(value, ListValue):
        listed = ((item, value.place(index)) for index, item in enumerate(value))
        return any(at is not None and _tells(item, at) for item, at in listed)
    return False


def _paths(value: Value, place: Place) -> Iterator[str]:
    """The files on the way of a value, and of what it holds."""
    yield from (hop.span.path for hop in place.via)
    keys: Iterable[str | int] = ()
    if isinstance(value, MapValue):
        keys = value
    elif isinstance(value, ListValue):
        keys = range(len(value))
    for key in keys:
        at = value.place(key)  # type: ignore[union-attr,arg-type]
        if at is not None:
            yield from _paths(value[key], at)  # type: ignore[index]


def _told(name: str, value: Value, place: Place, secrets: Secrets) -> str:
    """The value in YAML, and the way to it below."""
    spelling = Spelling(secrets.hides)
    spelling.entry(name, value, place, 0)
    lines = [line.text for line in spelling.masked(secrets.mask.with_words(spelling.words))]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], "…"]
    text = "\n".join(lines).replace("```", "'''")
    way = trail(stops_of(place)[1:], lambda path: path, secrets.mask)
    return f"```yaml\n{text}\n```" + (f"\n\nfrom {plain(way.replace('<-', '←'))}" if way else "")


def _units(nodes: Sequence[Node], model: Model, every: Iterable[Node]) -> str:
    """The instances and units in which it is so, with their environments."""
    names: list[str] = list(dict.fromkeys(node.instance for node in nodes if node.instance))
    if names and len({(node.unit, node.variant) for node in every}) == 1:
        nodes = [node for node in nodes if not node.instance]  # the instances tell enough
    for node in nodes:
        placed = model.units.get(node.unit)
        if placed is None:
            names.append(node.unit or "the files alone")
        elif placed.environment == DEFAULT:
            names.append(node.unit)
        else:
            names.append(f"{node.unit} ({placed.environment})")
    unique = list(dict.fromkeys(names))
    more = len(unique) - MOST_UNITS
    end = f" and {more} more" if more > 0 else ""
    return f"\n\nin {plain(', '.join(unique[:MOST_UNITS]))}{end}"
