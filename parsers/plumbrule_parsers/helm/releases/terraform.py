"""`helm_release` resources: https://registry.terraform.io/providers/hashicorp/helm/latest/docs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.releases.release import (
    Installed,
    chart_at,
    chart_named,
    text_of,
    values_file,
)
from plumbrule_parsers.helm.releases.text_values import values_of_text
from plumbrule_parsers.helm.set_values import Form, Setting
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Segments, Value

MAX_TEXT: Final = 100_000
MAX_NAMES: Final = 200
MIN_LITERAL: Final = 4  # letters of a text that tells which literal it is
_FILE = re.compile(r"[\w./-]*?([\w.-]+\.ya?ml)\b")


def terraform_releases(document: Document, charts: Charts) -> Iterator[Installed]:
    """The releases of charts in the repository that a Terraform file declares."""
    for node in document.nodes:
        if node.fields.get("type") == "helm_release":
            found = _release(node, charts)
            if found is not None:
                found.declared_by = node.address
                yield found


def _release(node: Node, charts: Charts) -> Installed | None:
    fields = node.fields
    folder = node.path.rpartition("/")[0]
    chart = text_of(fields.get("chart"))
    root = node.unit.partition("@")[0] if node.unit not in ("", ".") else ""
    bases = (root if node.unit else folder, folder)
    if not chart:
        return None
    found = chart_at(charts, chart, node.path, bases) if "/" in chart or chart == "." else None
    if found is None and "/" not in chart:
        found = chart_named(charts, chart, text_of(fields.get("version")))
    if found is None:
        return None
    address = text_of(fields.get("address")) or text_of(fields.get("name"))
    made = Installed(
        found, f"{node.variant or folder or '.'}/{address}", node.span,
        text_of(fields.get("attr_name")) or text_of(fields.get("name")),
        text_of(fields.get("namespace")), inputs=[node.path],
    )  # fmt: skip
    _values(made, fields, charts)
    for key in ("set", "set_sensitive", "set_list"):
        for one in _items(made, fields, key):
            _setting(made, one, key)
    return made


def _values(made: Installed, fields: MapValue, charts: Charts) -> None:
    given = fields.get("values")
    if given is None:
        return
    if not isinstance(given, ListValue) or given.rest is not None:
        made.lose("its `values` cannot be told")
        return
    whole = fields.place("values")
    for index, item in enumerate(given):
        place = given.place(index) or whole
        if item is None or place is None:
            continue
        if not isinstance(item, (str, Segments)):
            made.lose("an item of its `values` cannot be told")
            return
        regions = [place.value, *(hop.span for hop in place.via if hop.span.text.strip())]
        if whole is not None and whole.value not in regions:
            regions.append(whole.value)
        files = [
            Span(hop.span.source, 0, len(hop.span.source.text))
            for hop in place.via if hop.span.start == hop.span.end == 0
        ]  # fmt: skip
        regions = [*files, *regions]
        path = _same_file(item, regions, charts)
        table = values_file(charts, path) if path is not None else None
        if table is not None and path is not None:
            made.inputs.append(path)
        else:
            table = values_of_text(item, f"value of {made.name}", regions)
            _lead_on(table, place.via)
        if table is None:
            made.lose("an item of its `values` is no YAML mapping")
            return
        made.inputs.extend(span.path for span in files)
        made.layers.append(table)


def _lead_on(table: dict[str, Traced] | None, via: tuple[Hop, ...]) -> None:
    """Give each text of the table the way to the literal of the same words, as far as `via` leads.

    A whole text has one way, which passes by every literal in it.
    """
    literals = {
        hop.span.text.strip("\"'"): number for number, hop in enumerate(via) if hop.kind == "data"
    }
    pending = list((table or {}).values())
    while pending:
        value = pending.pop()
        if isinstance(value.data, dict):
            pending += value.data.values()
        elif isinstance(value.data, list):
            pending += value.data
        elif isinstance(value.data, str) and len(value.data) >= MIN_LITERAL:
            number = literals.get(value.data)
            if number is not None and via[number] not in value.via:
                value.via = (*value.via, via[number])


def _same_file(text: Value, regions: Iterable[Span], charts: Charts) -> str | None:
    """The file that the text was read from: one that is named there and says the same."""
    if not isinstance(text, str):
        return None
    names = {
        match[1]
        for region in regions
        for match in islice(_FILE.finditer(region.text[:MAX_TEXT]), MAX_NAMES)
    }
    for path in charts.all:
        if path.rpartition("/")[2] in names:
            source = charts.tree.read(path)
            if source is not None and source.text == text:
                return path
    return None


def _items(made: Installed, fields: MapValue, key: str) -> Iterator[MapValue]:
    given = fields.get(key)
    if isinstance(given, MapValue):
        yield given
    elif isinstance(given, ListValue):
        for item in given:
            if isinstance(item, MapValue):
                yield item
            else:
                made.lose(f"an item of its `{key}` cannot be told")
        if given.rest is not None:
            made.lose(f"more of its `{key}` cannot be told")
    elif given is not None:
        made.lose(f"its `{key}` cannot be told")


def _setting(made: Installed, one: MapValue, key: str) -> None:
    name, value, kind = text_of(one.get("name")), one.get("value"), text_of(one.get("type"))
    if not name:
        made.lose(f"the name of an item of its `{key}` cannot be told")
        return
    place = one.place("value") or Place(one.span)
    at = place.entry
    hop = (Hop(at, f"values key `{name}`"), *place.via)
    form: Form = "set-string" if kind == "string" else "set"
    if kind == "literal":
        form = "set-literal"
    if isinstance(value, ListValue):
        items = [_scalar(item, hop) for item in value]
        made.settings.append(Setting(name, "set-literal", at, Traced(items, hop)))
    elif isinstance(value, str) and form == "set":
        made.settings.append(Setting(f"{name}={value}", "set", at, via=place.via))
    else:
        made.settings.append(Setting(name, form, at, _scalar(value, hop)))


def _scalar(value: Value, hop: tuple[Hop, ...]) -> Traced:
    if isinstance(value, (MapValue, ListValue)):
        return Traced(None, hop)
    if isinstance(value, bool):
        return Traced(value, hop)
    if isinstance(value, (int, float)):
        return Traced(float(value), hop)
    return Traced(value, hop)
