"""Argo CD's Applications and ApplicationSets: https://argo-cd.readthedocs.io (Helm, generators)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from plumbrule_parsers.document import Node
from plumbrule_parsers.environment_words import environment_word
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.releases.release import (
    Installed,
    chart_at,
    chart_named,
    joined,
    text_of,
)
from plumbrule_parsers.helm.releases.text_values import values_of_text
from plumbrule_parsers.helm.set_values import Form, Setting
from plumbrule_parsers.helm.values import traced_values
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Segments, Unknown, Value

_COMMA = re.compile(r"(?<!\\),")


def application_releases(node: Node, declared: str, charts: Charts) -> Iterator[Installed]:
    """The releases of an Application; `declared` is the unit or folder that it is part of."""
    spec = node.fields.get("spec")
    if isinstance(spec, MapValue):
        yield from spec_releases(node, text_of(node.fields.get("name")), spec, declared, charts)


def spec_releases(
    node: Node, name: str, spec: MapValue, declared: str, charts: Charts
) -> Iterator[Installed]:
    """The releases that an Application's spec makes."""
    single, several = spec.get("source"), spec.get("sources")
    sources = [single] if isinstance(single, MapValue) else []
    if isinstance(several, ListValue):
        sources += [one for one in several if isinstance(one, MapValue)]
    number = 0
    for source in sources:
        folder = _folder(source, node, charts)
        if folder is None:
            continue
        number += 1
        called = f"{declared}/{name}" if number == 1 else f"{declared}/{name}/{number}"
        made = Installed(folder, called, node.span, name, inputs=[node.path])
        _destination(made, spec)
        options = source.get("helm")
        if isinstance(options, MapValue):
            made.release = text_of(options.get("releaseName")) or made.release
            made.later = _later(options, node, charts)
        elif options is not None:
            made.lose("its `helm` options cannot be told")
        yield made


def _folder(source: MapValue, node: Node, charts: Charts) -> str | None:
    path, chart = text_of(source.get("path")), text_of(source.get("chart"))
    if path:
        return chart_at(charts, path, node.path)
    return chart_named(charts, chart, text_of(source.get("targetRevision"))) if chart else None


def _destination(made: Installed, spec: MapValue) -> None:
    destination = spec.get("destination")
    if not isinstance(destination, MapValue):
        return
    made.namespace = text_of(destination.get("namespace"))
    for key in ("name", "namespace"):
        made.environment = made.environment or environment_word(text_of(destination.get(key)))


def _later(options: MapValue, node: Node, charts: Charts) -> Callable[[Installed], None]:
    return lambda made: _options(made, options, node, charts)


def _options(made: Installed, options: MapValue, node: Node, charts: Charts) -> None:
    listed = options.get("valueFiles")
    ignores = options.get("ignoreMissingValueFiles") is True
    for item in listed if isinstance(listed, ListValue) else ():
        _file(made, text_of(item), node, charts, ignores=ignores)
    inline, text = options.get("valuesObject"), options.get("values")
    place = options.place("values")
    if isinstance(inline, MapValue):
        made.layers.append(traced_values(inline))
    elif inline is not None:
        made.lose("its `valuesObject` cannot be told")
    elif isinstance(text, (str, Segments)) and place is not None:
        table = values_of_text(text, f"values of {made.name}", regions_of(place))
        if table is None:
            made.lose("its `values` are no YAML mapping")
        else:
            made.layers.append(table)
    elif text is not None:
        made.lose("its `values` cannot be told")
    parameters = options.get("parameters")
    for one in parameters if isinstance(parameters, ListValue) else ():
        if isinstance(one, MapValue):
            _parameter(made, one)
    if options.get("fileParameters"):
        made.lose("its `fileParameters` are not read")


def regions_of(place: Place) -> list[Span]:
    """Where a text stands: its own place, then the files on the way to it."""
    regions = [place.value]
    for hop in place.via:
        if hop.span.text.strip() and hop.span not in regions:
            regions.append(hop.span)
    return regions


def _file(made: Installed, path: str, node: Node, charts: Charts, *, ignores: bool) -> None:
    """One of `valueFiles`: relative to the chart, to the root (`/x`) or to a source (`$ref/x`)."""
    if not path or "://" in path:
        made.lose(f"the values file `{path or '?'}` is not in the repository")
        return
    found: str | None = None
    if path.startswith(("$", "/")):
        inside = path.partition("/")[2]
        folder = node.path.rpartition("/")[0]
        above = [folder]
        while folder:
            folder = folder.rpartition("/")[0]
            above.append(folder)
        for base in reversed(above):
            candidate = joined(base, inside)
            if candidate is not None and charts.tree.read(candidate) is not None:
                found = candidate
                break
    else:
        found = joined(made.folder, path)
    if found is None or charts.tree.read(found) is None:
        if not ignores:
            made.lose(f"the values file `{path}` is not in the repository")
        return
    made.file(charts, found)


def _parameter(made: Installed, one: MapValue) -> None:
    name, value = text_of(one.get("name")), one.get("value")
    place = one.place("value") or Place(one.span)
    if not name:
        made.lose("the name of one of its parameters cannot be told")
        return
    form: Form = "set-string" if one.get("forceString") is True else "set"
    if isinstance(value, (Unknown, Segments)):
        hop = (Hop(place.entry, f"values key `{name}`"),)
        made.settings.append(Setting(name, form, place.entry, Traced(value, hop)))
        return
    text = _written(value)
    if not (text.startswith("{") and text.endswith("}")):
        text = _COMMA.sub(r"\\,", text)
    made.settings.append(Setting(f"{name}={text}", form, place.entry))


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else text_of(value)
