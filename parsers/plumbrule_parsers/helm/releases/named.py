"""Sets of values that the configuration of a run names for charts (`[[helm.values]]`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbrule_parsers.document import Document, Problem
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.functions.objects import Int64
from plumbrule_parsers.helm.releases.release import Installed, joined, text_of
from plumbrule_parsers.helm.set_values import Setting, SettingError
from plumbrule_parsers.helm.values import traced_values
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

_SPECIAL = re.compile(r"[\\.,=\[\]]")  # in the name of a value


def named_sets(document: Document, charts: Charts) -> Iterator[Installed | Problem]:
    """The sets that the document's facts list, and what is wrong with them, at their lines.

    Paths count from `folder`, which is where the configuration stands. A chart that exists but is
    not scanned is no fault.
    """
    listed, folder = document.facts["sets"], str(document.facts["folder"])
    for one in listed if isinstance(listed, ListValue) else ():
        if isinstance(one, MapValue):
            yield from _named_set(one, folder, document.source.path, charts)


def _named_set(
    one: MapValue, folder: str, declaring: str, charts: Charts
) -> Iterator[Installed | Problem]:
    written = text_of(one.get("chart"))
    place = one.place("chart") or Place(one.span)
    home = joined(folder, written)
    if home is None or home not in charts.folders:
        if home is None or charts.tree.read(f"{home}/Chart.yaml".lstrip("/")) is None:
            message = f"there is no chart in `{written}`: it has no Chart.yaml"
            yield Problem("value-set", message, place.value)
        return
    outer = charts.outermost(home)
    if outer != home:
        message = f"`{written}` is part of the chart `{outer or '.'}`; name that chart"
        yield Problem("value-set", message, place.value)
        return
    environment, files = text_of(one.get("environment")), one.get("files")
    paths = [text_of(file) for file in files] if isinstance(files, ListValue) else []
    name = text_of(one.get("name")) or environment or "+".join(paths) or declaring
    made = Installed(
        home, name, place.entry, text_of(one.get("release")), text_of(one.get("namespace")),
        environment, inputs=[declaring],
    )  # fmt: skip
    faults: list[Problem] = []
    for index, path in enumerate(paths):
        made.lost = ""
        made.file(charts, joined(folder, path) or "")
        if made.lost:
            at = files.place(index) if isinstance(files, ListValue) else None
            message = f"the values file `{path}` is not in the repository or is no YAML mapping"
            faults.append(Problem("value-set", message, at.value if at else place.value))
    given = one.get("set")
    if isinstance(given, MapValue):
        made.settings += _settings(given, "")
    try:
        made.value_set()
    except SettingError as error:
        message = f"`set` is wrong: {error.message}"
        faults.append(Problem("value-set", message, error.span))
    yield from faults or (made,)


def _settings(given: MapValue, path: str) -> Iterator[Setting]:
    """One setting for each value: the outermost keys are paths as for `--set`, others are names."""
    for key, item in given.items():
        place = given.place(key) or Place(given.span)
        full = f"{path}.{_SPECIAL.sub(_escaped, key)}" if path else key
        if isinstance(item, MapValue) and item:
            yield from _settings(item, full)
        else:
            yield Setting(full, "set-string", place.entry, _traced(item, place))


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _traced(item: Value, place: Place) -> Traced:
    if isinstance(item, str):
        inner = Span(place.value.source, place.value.start + 1, max(place.value.end - 1, 0))
        return Traced(item, (), inner if inner.text == item else None)
    if isinstance(item, int) and not isinstance(item, bool):
        return Traced(Int64(item)) if abs(item) < 2**63 else Traced(float(item))
    if isinstance(item, (MapValue, ListValue)):
        holder = MapValue(item.source, item.start, item.end)
        holder.put("set", item, place)
        return traced_values(holder)["set"]
    assert isinstance(item, (bool, float))
    return Traced(item)
