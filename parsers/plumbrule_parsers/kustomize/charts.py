"""Charts that a kustomization inflates (`helmCharts`), rendered by our own renderer.

Only charts that lie in the repository are rendered: `<chartHome>/<name>`, or
`<chartHome>/<name>-<version>/<name>` where one was pulled and committed. Source:
https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from plumbrule_parsers.document import Severity
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.helm.render import Release
from plumbrule_parsers.helm.render_chart_folder import render_chart_folder
from plumbrule_parsers.kustomize.accumulate import Charts
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Value


def charts_of(files: FileTree) -> Charts:
    """What gives the objects of one entry of `helmCharts`; None where it cannot be rendered."""
    known = frozenset(files.paths())

    def objects(entry: MapValue, common: MapValue | None, folder: str) -> list[Value] | None:
        home = _text(common, "chartHome") or _text(entry, "chartHome") or "charts"
        place = next((one for one in _folders(entry, folder, home)
                      if f"{one}/Chart.yaml" in known), None)  # fmt: skip
        values = _values(entry, folder, place or "", files)
        if place is None or values is None:
            return None
        release = Release(
            _text(entry, "releaseName") or "release-name", _text(entry, "namespace") or "default"
        )
        made = render_chart_folder(place, files, values, release=release)
        if made is None:
            return None
        faults = [*made.problems, *(fault for file in made.files for fault in file.problems)]
        if any(fault.severity is Severity.ERROR for fault in faults):
            return None
        return [value for file in made.files for value in file.values]

    return objects


def _folders(entry: MapValue, folder: str, home: str) -> Iterator[str]:
    name, version = _text(entry, "name"), _text(entry, "version")
    for part in (name, f"{name}-{version}/{name}"):
        full = posixpath.normpath(posixpath.join(folder, home, part))
        if name and not full.startswith(("../", "/")):
            yield full


def _values(
    entry: MapValue, folder: str, chart: str, files: FileTree
) -> list[Source | MapValue] | None:
    """The values, later ones winning; None where a file of them is not there."""
    inline = entry.get("valuesInline")
    own = [inline] if isinstance(inline, MapValue) else []
    merge = _text(entry, "valuesMerge") or "override"
    if merge == "replace" and own:
        return list(own)
    named = [_text(entry, "valuesFile")]
    more = entry.get("additionalValuesFiles")
    named += [one for one in more if isinstance(one, str)] if isinstance(more, ListValue) else []
    read: list[Source | MapValue] = []
    for path in filter(None, named):
        source = files.read(posixpath.normpath(posixpath.join(folder, path)))
        source = source or files.read(posixpath.normpath(posixpath.join(chart, path)))
        if source is None:
            return None
        read.append(source)
    return [*own, *read] if merge == "merge" else [*read, *own]


def _text(holder: MapValue | None, key: str) -> str:
    found = holder.get(key) if holder is not None else None
    return found if isinstance(found, str) else ""
