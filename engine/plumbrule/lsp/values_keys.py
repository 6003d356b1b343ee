"""Keys of values, of charts and of Terraform: which fields each reaches, or that none does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from plumbrule.lsp.convert import plain
from plumbrule.reports.trail import stops_of
from plumbrule.scan.scan import Model
from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Value

MOST_FIELDS: Final = 10
MOST_READERS: Final = 5
_WHOLE: Final = re.compile(r"\.Values(?![\w.])")  # all values at once: `toYaml .Values`


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a file of values: its names from the top, and where the whole entry stands."""

    document: Document
    names: tuple[str, ...]
    span: Span


def key_at(document: Document, offset: int) -> Key | None:
    """The innermost key whose entry holds the offset; None if the file has no values."""
    path = document.source.path
    for node in document.nodes:
        values = node.fields.get("values")
        if node.kind == "helm.Values" and isinstance(values, MapValue):
            names: list[str] = []
            span: Span | None = None
            owner: Value = values
            while isinstance(owner, MapValue):
                for name, value in owner.items():
                    place = owner.place(name)
                    entry = place.entry if place is not None else None
                    if entry and entry.path == path and entry.start <= offset <= entry.end:
                        names.append(name)
                        span, owner = entry, value
                        break
                else:
                    break
            if span is not None:
                return Key(document, tuple(names), span)
    return None


def value_at(document: Document, offset: int) -> Key | None:
    """The variable that a line of a `.tfvars` file sets."""
    path = document.source.path
    for node in document.nodes:
        if node.kind != "tf.Values":
            continue
        for name in node.fields:
            place = node.fields.place(name)
            entry = place.entry if place is not None else None
            if entry and entry.path == path and entry.start <= offset <= entry.end:
                return Key(document, ("var", name.removeprefix("attr_")), entry)
    return None


def key_text(key: Key, model: Model, documents: Mapping[str, Document]) -> str:
    """What the key reaches, which templates name it, or that no template reads it."""
    chart = _chart(key.document.source.path, documents)
    title = f"**{plain('.'.join(key.names))}**"
    reached = dict.fromkeys(_reached(key, _nodes(key, chart, model)))
    if reached:
        lines = [f"- {plain(label)}: `{field}` ({at})" for label, field, at in reached]
        more = len(lines) - MOST_FIELDS
        end = [f"- and {more} more"] if more > 0 else []
        return "\n".join((f"{title} reaches", "", *lines[:MOST_FIELDS], *end))
    if chart is None:
        return ""
    templates = [one for one in documents.values() if _is_template(one, chart)]
    for count in range(len(key.names), 0, -1):
        names = key.names[:count]
        readers = list(_readers(names, chart, templates))
        if readers:
            part = "" if count == len(key.names) else f" as a part of `{'.'.join(names)}`"
            lines = [f"- `{text}` ({at})" for text, at in readers[:MOST_READERS]]
            more = len(readers) - MOST_READERS
            rest = [f"- and {more} more"] if more > 0 else []
            head = f"{title} reaches no field with these values; it is read{part} in"
            return "\n".join((head, "", *lines, *rest))
    if not templates or any(_WHOLE.search(one.source.text) for one in templates):
        return f"{title} is named by no template of this chart"
    return f"{title}: no template reads this key"


def _nodes(key: Key, chart: str | None, model: Model) -> Iterator[Node]:
    """The objects that the file can reach: of its chart, and of units that are made with it."""
    path = key.document.source.path
    folder = path.rpartition("/")[0] or "."
    units = {
        name
        for name, placed in model.units.items()
        if path in placed.unit.inputs or (chart is None and (placed.unit.folder or ".") == folder)
    }
    start = f"{chart}/" if chart else ""
    for node in model.graph.nodes.values():
        if node.parent or node.kind in _NO_OBJECTS:
            continue
        if node.unit in units or (chart is not None and node.path.startswith(start)):
            yield node


def _reached(key: Key, nodes: Iterable[Node]) -> Iterator[tuple[str, str, str]]:
    """Label of the object, field, and the template's line."""
    for node in nodes:
        fields = node.fields
        # A spec holds all that is lifted out of it.
        chosen = [one for one in fields if one in _HEADS] if "spec" in fields else list(fields)
        for name in chosen:
            own = _HEADS.get(name, name) if node.kind.startswith("k8s.") else name
            yield from _within(key, node, fields, name, own.removeprefix("attr_"))


_NO_OBJECTS: Final = ("helm.Values", "tf.Values", "tf.Local", "tf.Variable")
_HEADS: Final = {
    "spec": "spec", "name": "metadata.name", "namespace": "metadata.namespace",
    "labels": "metadata.labels", "annotations": "metadata.annotations",
}  # fmt: skip


def _within(
    key: Key, node: Node, owner: MapValue | ListValue, name: str | int, path: str
) -> Iterator[tuple[str, str, str]]:  # fmt: skip
    value: Value = owner[name]  # type: ignore[index]
    if isinstance(value, MapValue) and value:
        for inner in value:
            yield from _within(key, node, value, inner, f"{path}.{inner}")
        return
    if isinstance(value, ListValue) and value:
        for index in range(len(value)):
            yield from _within(key, node, value, index, f"{path}[{index}]")
        return
    place = owner.place(name)  # type: ignore[arg-type]
    if place is None:
        return
    for hop in place.via:
        at = hop.span
        if at.path == key.span.path and key.span.start <= at.start and at.end <= key.span.end:
            use = stops_of(place)[0].span
            yield node.label, path, f"{use.path.rpartition('/')[2]}:{use.line}"
            return


def _chart(path: str, documents: Mapping[str, Document]) -> str | None:
    """The folder of the chart that the file is in."""
    folder = path.rpartition("/")[0]
    while f"{folder}/Chart.yaml".lstrip("/") not in documents:
        if not folder:
            return None
        folder = folder.rpartition("/")[0]
    return folder


def _is_template(document: Document, chart: str) -> bool:
    start = f"{chart}/" if chart else ""
    path = document.source.path
    return (
        document.format == "helm"
        and path.startswith(start)
        and f"/{path[len(start) :]}".find("/templates/") >= 0
    )


def _readers(
    names: tuple[str, ...], chart: str, templates: Iterable[Document]
) -> Iterator[tuple[str, str]]:
    """The lines of templates that name exactly this key, `global` and subcharts included."""
    start = f"{chart}/" if chart else ""
    for document in templates:
        inner = document.source.path[len(start) :]
        own = names
        if inner.startswith("charts/") and names[0] != "global":
            if len(names) < 2 or names[0] != inner.split("/")[1]:
                continue
            own = names[1:]
        pattern = re.compile(rf"\.Values\.{re.escape('.'.join(own))}(?![\w.])")
        source = document.source
        for match in pattern.finditer(source.text):
            line = source.line_of(match.start())
            text = " ".join(source.line_text(line).split()).replace("`", "'")[:80]
            yield text, f"{inner.rpartition('/')[2]}:{line}"
