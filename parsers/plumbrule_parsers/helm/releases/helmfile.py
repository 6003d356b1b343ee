"""Releases of helmfiles: https://helmfile.readthedocs.io (Jenkins X writes such files too)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Document
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.releases.release import Installed, chart_at, joined, text_of
from plumbrule_parsers.helm.set_values import Form, Setting
from plumbrule_parsers.helm.values import Table, traced_values
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import ListValue, MapValue, Place, Segments, Unknown, Value

if TYPE_CHECKING:  # templates are run where there are some
    from plumbrule_parsers.helm.releases.helmfile_states import HelmfileRun, HelmfileState

_ACTION = re.compile(r"\{\{")


def helmfile_releases(
    document: Document, charts: Charts, states: dict[str, list[HelmfileState]]
) -> Iterator[Installed]:
    """The releases of charts in the repository that a helmfile lists, in each environment.

    What came of a helmfile that is a template, or that hands values to one, is put into `states`.
    """
    from plumbrule_parsers.helm.releases.helmfile_states import DEFAULT, HelmfileRun

    run = HelmfileRun(document.source, charts)
    found = states[document.source.path] = run.states()
    for state in found:
        for one in state.releases:
            made = _release(one, document, charts, run, state)
            if made is None:
                continue
            if state.environment != DEFAULT:
                made.name = f"{made.name}@{state.environment}"
                made.environment = state.environment
            made.inputs += state.inputs
            yield made


def _release(
    one: MapValue, document: Document, charts: Charts, run: HelmfileRun, state: HelmfileState
) -> Installed | None:
    path = document.source.path
    folder = path.rpartition("/")[0]
    chart, name = text_of(one.get("chart")), text_of(one.get("name"))
    if not chart.startswith((".", "/")) or one.get("installed") is False:
        return None  # of a chart repository, or taken away
    found = chart_at(charts, chart, path, (folder,))
    if found is None:
        return None
    place = one.place("name") or Place(one.span.first_line)
    stem = path.rpartition("/")[2].removesuffix(".gotmpl")
    home = folder if stem.partition(".")[0] == "helmfile" and stem.count(".") == 1 else path
    made = Installed(
        found, f"{home or '.'}/{name}", place.entry, name, text_of(one.get("namespace")),
        inputs=[path],
    )  # fmt: skip
    release: Table = {
        "Name": Traced(name), "Namespace": Traced(made.namespace), "Chart": Traced(chart),
        "Labels": Traced({}),
    }  # fmt: skip
    listed = one.get("values")
    for index, item in enumerate(listed if isinstance(listed, ListValue) else ()):
        where = listed.place(index) if isinstance(listed, ListValue) else None
        if isinstance(item, MapValue):
            made.layers.append(traced_values(item))
        else:
            _file(made, item, where or place, run, state, release)
    if one.get("secrets"):
        made.lose("it takes values from encrypted files")
    settings = one.get("set")
    for item in settings if isinstance(settings, ListValue) else ():
        if isinstance(item, MapValue):
            _setting(made, item, folder, charts)
    return made


def _file(
    made: Installed, item: Value, where: Place, run: HelmfileRun, state: HelmfileState,
    release: Table,
) -> None:  # fmt: skip
    """A file of values, which may be a template, as its name may."""
    from plumbrule_parsers.helm.releases.helmfile_states import StateError

    line = f"line {where.value.line}"
    written: str | None = text_of(item)
    try:
        if written and _ACTION.search(written):
            written = run.text(written, where.value, state, release)
        if not written:
            made.lose(f"the name of a values file cannot be told ({line})")
            return
        path = joined(run.folder, written)
        table = run.file(path, state, release) if path is not None else None
    except StateError as error:
        at = f"{error.span.path}:{error.span.line}"
        made.lose(f"the template `{written}` cannot be run: {error.message} ({at})")
        return
    if table is None or path is None:
        made.lose(f"the values file `{written}` is not in the repository or is no YAML mapping")
        return
    made.layers.append(table)
    made.inputs.append(path)


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
    elif isinstance(value, (Unknown, Segments)):
        made.settings.append(Setting(name, "set", at, Traced(value, via=place.via)))
        return
    else:
        text = str(value).lower() if isinstance(value, bool) else text_of(value)
    made.settings.append(Setting(f"{name}={text}", form, at, via=place.via))
