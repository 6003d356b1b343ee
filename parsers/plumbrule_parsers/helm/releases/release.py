"""Installed: one release of a chart of the repository, as some tool's file declares it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.set_values import Setting, apply_setting
from plumbrule_parsers.helm.value_sets import ValueSet
from plumbrule_parsers.helm.values import Table, overlaid, traced_values
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import MapValue, Value
from plumbrule_parsers.yaml_tree import parse_yaml


@dataclass(slots=True)
class Installed:
    """A release of the chart in `folder`.

    `name` is how its set of values is called, `release` how the release is. `layers` are laid over
    each other, then `settings` over them. `inputs` are the files that tell its values, the one that
    declares it first, and `declared_by` the address of the node that does. `lost` says what of its
    values cannot be told; such a release is not rendered, because what is rendered without them is
    not what runs.
    """

    folder: str
    name: str
    span: Span
    release: str = ""
    namespace: str = ""
    environment: str = ""
    layers: list[Table] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    lost: str = ""
    declared_by: str = ""
    later: Callable[[Installed], None] | None = None  # reads the values, when they are asked for

    def read(self) -> None:
        """Read the values, once."""
        later, self.later = self.later, None
        if later is not None:
            later(self)

    def value_set(self) -> ValueSet:
        """The set that the release is. SettingError: one of its settings is wrong."""
        given = overlaid(self.layers)
        for setting in self.settings:
            apply_setting(given, setting)
        return ValueSet(
            self.name, given, tuple(dict.fromkeys(self.inputs)), self.release, self.namespace,
            self.environment, self.span, (self.declared_by,) if self.declared_by else (),
        )  # fmt: skip

    def file(self, charts: Charts, path: str) -> None:
        """Lay a file of values over the layers."""
        found = values_file(charts, path)
        if found is None:
            self.lose(f"the file `{path}` is not in the repository or is no YAML mapping")
        else:
            self.layers.append(found)
            self.inputs.append(path)

    def lose(self, why: str) -> None:
        """Note that some of the values cannot be told."""
        self.lost = self.lost or why


def values_file(charts: Charts, path: str) -> Table | None:
    """The values in a file; None if it is absent or holds no mapping."""
    written = charts.values_of(path)
    if written is not None:
        return traced_values(written)
    source = charts.tree.read(path)
    if source is None:
        return None
    stream = parse_yaml(source, "1.1")
    if any(problem.severity == "error" for problem in stream.problems):
        return None
    value = stream.documents[0].value if stream.documents else None
    if value is None:
        return {}
    return traced_values(value) if isinstance(value, MapValue) else None


def chart_at(charts: Charts, path: str, declaring: str, bases: Iterable[str] = ()) -> str | None:
    """The folder of the chart that a path means; `declaring` is the file that names it.

    The path is looked up below each of `bases`, then below the folders above the file, the nearest
    last, because the repository's root may lie anywhere in what is scanned.
    """
    folder = declaring.rpartition("/")[0]
    above = [folder]
    while folder:
        folder = folder.rpartition("/")[0]
        above.append(folder)
    for base in (*bases, *reversed(above)):
        found = joined(base, path)
        if found is not None and found in charts.folders:
            return found
    return None


def chart_named(charts: Charts, name: str, version: str) -> str | None:
    """The one chart of the repository that has a name and exactly a version."""
    found = [
        folder
        for folder in sorted(charts.folders)
        if charts.outermost(folder) == folder and (folder.rpartition("/")[2] or name) == name
    ]
    if len(found) != 1 or not version:
        return None
    meta = charts.mapping(f"{found[0]}/Chart.yaml" if found[0] else "Chart.yaml")
    if meta is None or meta.get("name") != name:
        return None
    same = str(meta.get("version")).removeprefix("v") == version.removeprefix("v")
    return found[0] if same else None


def joined(base: str, path: str) -> str | None:
    """A path below a base, "" for the root; None if it leaves the repository."""
    if path.startswith("/"):
        base, path = "", path.lstrip("/")
    found = posixpath.normpath(posixpath.join(base, path))
    if found == ".." or found.startswith("../"):
        return None
    return "" if found == "." else found


def text_of(value: Value) -> str:
    """A value as text, "" if it is none or cannot be told."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value) if isinstance(value, (str, int, float)) else ""
