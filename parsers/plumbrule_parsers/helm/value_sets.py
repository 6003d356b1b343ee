"""The ways in which a chart is rendered: its defaults, and each set of values that is meant for it.

A set is a file by convention (`ci/small-values.yaml`, `values-prod.yaml`, `envs/prod/values.yaml`)
or what a release in the repository gives the chart (see `releases`). Sets of equal content are one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from plumbrule_parsers.environment_words import ENVIRONMENTS, environment_word
from plumbrule_parsers.helm.chart import Chart, Charts
from plumbrule_parsers.helm.values import Table, overlaid, traced_values
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Segments, Unknown

MAX_SETS: Final = 24  # of one chart, beside its defaults
_YAML = (".yaml", ".yml")
_NOT_VALUES = ("templates/", "charts/", "crds/")
_FOLDERS = ("values", "envs", "env", "environments", "environment")
_VALUES = re.compile(r"values[-._].+|.+[-._]values", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ValueSet:
    """One way to render a chart. `name` is unique for the chart, "" for its defaults.

    `given` is what lies over the defaults. `inputs` are the files that make the set. The name and
    the namespace of the release are "" if nothing tells them, `environment` too. `span` is what
    declares the set, None if its file does, and `declared_by` the addresses of what does.
    """

    name: str = ""
    given: Table | None = None
    inputs: tuple[str, ...] = ()
    release: str = ""
    namespace: str = ""
    environment: str = ""
    span: Span | None = None
    declared_by: tuple[str, ...] = ()


def sets_by_convention(charts: Charts, chart: Chart) -> Iterator[ValueSet]:
    """The sets that files in and above the chart's folder are, those of `ci/` last.

    A file that a template of the chart names is one that it hands on, and no set of its own.
    """
    folder = chart.folder
    ci: list[tuple[str, str]] = []
    found: list[tuple[str, str]] = []
    prefix = f"{folder}/" if folder else ""
    for path in charts.below(folder):
        relative = path[len(prefix) :]
        if not path.endswith(_YAML) or relative.startswith(_NOT_VALUES):
            continue
        if relative.startswith("ci/") and "values" in relative:
            ci.append((path, relative))
        elif _is_set(relative) and not _is_named(path.rpartition("/")[2], chart):
            found.append((path, relative))
    found += _above(charts, folder)
    for path, name in (*found, *ci):
        written = charts.values_of(path) or charts.mapping(path)
        if written is not None:
            yield ValueSet(name, traced_values(written), (path,))


def _is_named(name: str, chart: Chart) -> bool:
    """Whether a template names the file, maybe by `printf "values-%s.yaml"`."""
    names = [name, *(name.replace(part, "%s") for part in re.split(r"[-_.]", name) if part)]
    return any(one in source.text for source in chart.templates.values() for one in names)


def _is_set(relative: str) -> bool:
    """Whether a path in the chart's folder is that of a set of values by its name."""
    *folders, name = relative.split("/")
    stem = name.rpartition(".")[0]
    if not folders:
        return bool(_VALUES.fullmatch(stem)) or stem.lower() in ENVIRONMENTS
    return _of_environment(folders, stem)


def _of_environment(folders: list[str], stem: str) -> bool:
    """`values/prod.yaml`, `prod/values.yaml`, `envs/prod/values.yaml`, `envs/prod/x.yaml`."""
    is_values = stem == "values" or bool(_VALUES.fullmatch(stem))
    if len(folders) == 1:
        if folders[0].lower() in _FOLDERS:
            return bool(environment_word(stem))
        return folders[0].lower() in ENVIRONMENTS and is_values
    if len(folders) == 2 and folders[0].lower() in _FOLDERS:
        return bool(environment_word(folders[1])) and is_values
    return False


def _above(charts: Charts, folder: str) -> Iterator[tuple[str, str]]:
    """The files of environments beside the chart's folder, as far as they can only mean it."""
    if not folder:
        return
    parent, _, own = folder.rpartition("/")
    prefix = f"{parent}/" if parent else ""
    charts_here = [
        one for one in charts.folders if one.rpartition("/")[0] == parent and one.startswith(prefix)
    ]
    if parent in charts.folders:
        return
    for path in charts.below(parent):
        relative = path[len(prefix) :]
        *folders, name = relative.split("/")
        if not name.endswith(_YAML) or len(folders) > 2 or f"{prefix}{folders[:1]}" == folder:
            continue
        if folders and f"{prefix}{folders[0]}" in charts.folders:
            continue
        stem = name.rpartition(".")[0]
        names_chart = own in re.split(r"[._]", stem) or own in folders or (
            stem.startswith(f"{own}-") or stem.endswith(f"-{own}")
        )  # fmt: skip
        if len(charts_here) > 1 and not names_chart:
            continue
        if not folders:
            fits = bool(_VALUES.fullmatch(stem)) and bool(environment_word(stem))
        else:
            fits = _of_environment(folders, stem)
        if fits:
            yield path, f"../{relative}"


class ChosenSets:
    """The sets with which a chart is rendered: its defaults, and those that differ from them.

    Of equal sets the first stays; a release among them gives it its name, namespace, environment.
    Releases of several environments stay apart.
    """

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.by_content = {_content(chart, {}): ValueSet()}
        self.left: list[str] = []  # the names of what is too many
        self.names: set[str] = {""}
        self.environments: set[str] = set()  # of the releases with nothing but the defaults

    @property
    def sets(self) -> list[ValueSet]:
        """All of them, the defaults first."""
        found = list(self.by_content.values())
        if len(self.environments) == 1:
            found[0] = replace(found[0], environment=next(iter(self.environments)))
        return found

    @property
    def full(self) -> bool:
        """Whether no set can be added."""
        return len(self.by_content) > MAX_SETS

    def add(self, one: ValueSet) -> ValueSet | None:
        """The set under a name of its own, None if it is there already or is one too many."""
        if self.full:
            self.left.append(one.name)
            return None
        content = _content(self.chart, one.given or {})
        earlier = self.by_content.get(content)
        if earlier is not None and earlier.release and one.release:
            environment = _environment(one)
            if environment != _environment(earlier):  # what holds in one must not be told of both
                content += environment
                earlier = self.by_content.get(content)
        if earlier is not None:
            declared = tuple(dict.fromkeys((*earlier.declared_by, *one.declared_by)))
            earlier = self.by_content[content] = replace(earlier, declared_by=declared)
            if not earlier.name:
                self.environments.add(one.environment if one.span is not None else "")
            elif one.span is not None and not earlier.release:
                self.by_content[content] = replace(
                    earlier, release=one.release, namespace=one.namespace,
                    environment=one.environment,
                    inputs=tuple(dict.fromkeys((*one.inputs, *earlier.inputs))),
                )  # fmt: skip
            return None
        name, count = one.name, 1
        while name in self.names:
            count += 1
            name = f"{one.name}~{count}"
        self.names.add(name)
        self.by_content[content] = made = replace(one, name=name)
        return made


def _environment(one: ValueSet) -> str:
    """The environment that a release says, or the nearest folder of what makes it last."""
    if one.environment:
        return one.environment
    for path in reversed(one.inputs):
        for part in reversed(path.split("/")):
            found = environment_word(part.partition(".")[0])
            if found:
                return found
    return ""


def _content(chart: Chart, given: Table) -> str:
    """What the values are, in short: equal for equal values."""
    merged = overlaid((chart.values, given))
    text = json.dumps(Traced(merged), sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Traced):
        return value.data if value.rest is None else [value.data, repr(value.rest)]
    if isinstance(value, (Unknown, Segments)):
        return repr(value)
    raise TypeError(type(value).__name__)
