"""Releases of helmfiles: https://helmfile.readthedocs.io (Jenkins X writes such files too)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbrule_parsers.document import Document
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.releases.release import Installed, chart_at, joined, text_of
from plumbrule_parsers.helm.set_values import Form, Setting
from plumbrule_parsers.helm.values import traced_values
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place

_ACTION = re.compile(r"\{\{")


def helmfile_releases(document: Document, charts: Charts) -> Iterator[Installed]:
    """The releases of charts in the repository that a helmfile lists."""
    for node in document.nodes:
        listed = node.fields.get("releases")
        for one in listed if isinstance(listed, ListValue) else ():
            made = _release(one, document, charts) if isinstance(one, MapValue) else None
            if made is not None:
                yield made


def _release(one: MapValue, document: Document, charts: Charts) -> Installed | None:
    path = document.source.path
    folder = path.rpartition("/")[0]
    chart, name = text_of(one.get("chart")), text_of(one.get("name"))
    if not chart.startswith((".", "/")) or one.get("installed") is False:
        return None  # of a chart repository, or taken away
    found = chart_at(charts, chart, path, (folder,))
    if found is None:
        return None
    place = one.place("name") or Place(one.span.first_line)
    stem = path.rpartition("/")[2].partition(".")[0]
    home = folder if stem == "helmfile" and path.count(".") == 1 else path
    made = Installed(
        found, f"{home or '.'}/{name}", place.entry, name, text_of(one.get("namespace")),
        inputs=[path],
    )  # fmt: skip
    for key in ("values", "secrets"):
        listed = one.get(key)
        for index, item in enumerate(listed if isinstance(listed, ListValue) else ()):
            where = listed.place(index) if isinstance(listed, ListValue) else None
            if key == "secrets":
                made.lose("it takes values from encrypted files")
            elif isinstance(item, MapValue):
                made.layers.append(traced_values(item))
            elif isinstance(item, str):
                _file(made, item, folder, where, charts)
    settings = one.get("set")
    for item in settings if isinstance(settings, ListValue) else ():
        if isinstance(item, MapValue):
            _setting(made, item, folder, charts)
    return made


def _file(made: Installed, written: str, folder: str, where: Place | None, charts: Charts) -> None:
    path = joined(folder, written)
    source = charts.tree.read(path) if path is not None else None
    if _ACTION.search(written) or (
        source is not None
        and path is not None
        and path.endswith(".gotmpl")
        and _ACTION.search(source.text)
    ):
        line = f" (line {where.value.line})" if where is not None else ""
        made.lose(f"the values file `{written}` is a template of helmfile{line}")
    elif path is None or source is None:
        made.lose(f"the values file `{written}` is not in the repository")
    else:
        made.file(charts, path)


def _setting(made: Installed, item: MapValue, folder: str, charts: Charts) -> None:
    name, value = text_of(item.get("name")), item.get("value")
    place = item.place("value") or item.place("file") or Place(item.span)
    at: Span = place.entry
    listed = item.get("values")
    form: Form = "set"
    if isinstance(listed, ListValue):
        text = "{" + ",".join(map(text_of, listed)) + "}"
    elif item.get("file") is not None:
        source = charts.tree.read(joined(folder, text_of(item.get("file"))) or "")
        if source is None:
            made.lose(f"the file of its setting `{name}` is not in the repository")
            return
        text, form = source.text, "set-literal"
    elif isinstance(value, str) and _ACTION.search(value):
        made.lose(f"its setting `{name}` is a template of helmfile")
        return
    else:
        text = str(value).lower() if isinstance(value, bool) else text_of(value)
    made.settings.append(Setting(f"{name}={text}", form, at))
