"""A chart with its values to the text of each of its templates, in pieces with their origin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from plumbrule_parsers.document import Problem
from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.helm.api_versions import HELM, KUBERNETES, defaults
from plumbrule_parsers.helm.chart import Chart, Requirement
from plumbrule_parsers.helm.dependencies import DependencyError, settle
from plumbrule_parsers.helm.functions.call import Call, Capabilities
from plumbrule_parsers.helm.functions.objects import (
    ApiVersions,
    FilesData,
    Int64,
    StructData,
)
from plumbrule_parsers.helm.functions.table import FUNCTIONS
from plumbrule_parsers.helm.functions.table import call as call_function
from plumbrule_parsers.helm.programs import Programs
from plumbrule_parsers.helm.run import Run, RunHost
from plumbrule_parsers.helm.state import FileGround, RenderError, State
from plumbrule_parsers.helm.values import Table, traced_values
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.traced_text import Piece
from plumbrule_parsers.value import Unknown

NOTES: Final = "NOTES.txt"
# Names of the fields of `.Chart`, by their keys in Chart.yaml, with what they are if absent.
_FIELDS: Final = {
    "name": ("Name", ""), "home": ("Home", ""), "sources": ("Sources", []),
    "version": ("Version", ""), "description": ("Description", ""), "keywords": ("Keywords", []),
    "maintainers": ("Maintainers", []), "icon": ("Icon", ""), "apiVersion": ("APIVersion", ""),
    "condition": ("Condition", ""), "tags": ("Tags", ""), "appVersion": ("AppVersion", ""),
    "deprecated": ("Deprecated", False), "annotations": ("Annotations", None),
    "kubeVersion": ("KubeVersion", ""), "dependencies": ("Dependencies", []), "type": ("Type", ""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Release:
    """What the chart is rendered as and for."""

    name: str = "release-name"
    namespace: str = "default"
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(KUBERNETES, frozenset(defaults()), HELM)
    )


@dataclass(frozen=True, slots=True)
class Rendered:
    """One template's text, or why there is none."""

    name: str
    source: Source
    pieces: tuple[Piece, ...] = ()
    error: RenderError | None = None
    doubts: tuple[tuple[Unknown, Span], ...] = ()


@dataclass(slots=True)
class Rendering:
    """A whole chart: its templates in Helm's order, and what is not among them."""

    templates: list[Rendered] = field(default_factory=list)
    helpers: list[Source] = field(default_factory=list)  # parsed, print nothing by themselves
    problems: list[Problem] = field(default_factory=list)
    missing: list[Requirement] = field(default_factory=list)
    disabled: list[tuple[str, Requirement]] = field(default_factory=list)
    failure: str = ""  # nothing could be rendered


def render_chart(
    chart: Chart,
    given: Table,
    release: Release,
    programs: Programs | None = None,
    check: Callable[[Chart, Table], list[Problem]] | None = None,
) -> Rendering:
    """All templates of the chart and its subcharts with the given values. Never raises.

    `programs` are texts that other renderings parsed; new ones are added. `check` finds problems
    in the values that the chart is rendered with.
    """
    done = Rendering()
    run = Run(release.capabilities, programs or Programs())
    at = chart.meta.span.first_line
    try:
        values = settle(chart, given, lambda wanted, version: _fits(run, wanted, version, at))
    except (DependencyError, RecursionError) as error:
        done.failure = str(error) or "values nest too deeply"
        done.problems.append(Problem("chart-values", done.failure, at))
        return done
    if check is not None:
        done.problems += check(chart, values)
    _gather(chart, done)
    run.missing = tuple(requirement.name for requirement in done.missing)
    built = _Builder(run, release)
    built.chart(chart, Traced(values), chart.name, is_root=True)
    broken: set[str] = set()
    for name in built.order():
        for problem in run.add(name, built.sources[name]):
            broken.add(name)
            wrong = RenderError(problem.message, problem.span, problem.code)
            done.templates.append(Rendered(name, built.sources[name], error=wrong))
    for name in built.order():
        base = name.rpartition("/")[2]
        if name in broken:
            continue
        if base.startswith("_"):
            done.helpers.append(built.sources[name])
            continue
        found = built.template(name)
        if base == NOTES and found.error is None:  # for people; Helm fails on its errors, though
            found = Rendered(name, found.source)
        done.templates.append(found)
    done.problems += run.problems
    return done


def _gather(chart: Chart, done: Rendering) -> None:
    done.missing += chart.missing
    done.disabled += chart.disabled
    for child in chart.children:
        _gather(child, done)


def _fits(run: Run, wanted: str, version: str, at: Span) -> bool:
    if "semverCompare" not in FUNCTIONS:
        return True
    host = RunHost(run, State(run, FileGround(at.source), Traced(None), []), (0, 0))
    try:
        found = call_function("semverCompare", [Traced(wanted), Traced(version)], Call(at, host))
    except FunctionError:
        return False
    return found.data is True


class _Builder:
    """The values that templates see, for each chart, and the templates by their full names."""

    def __init__(self, run: Run, release: Release) -> None:
        self.run = run
        self.capabilities = _capabilities(release.capabilities)
        self.release = Traced({
            "Name": Traced(release.name), "Namespace": Traced(release.namespace),
            "IsUpgrade": Traced(data=False), "IsInstall": Traced(data=True),
            "Revision": Traced(Int64(1)), "Service": Traced("Helm"),
        })  # fmt: skip
        self.sources: dict[str, Source] = {}
        self.tops: dict[str, tuple[Traced, str, Chart]] = {}

    def chart(self, chart: Chart, values: Traced, full: str, *, is_root: bool) -> Traced:
        """What the chart's templates see; its templates are noted."""
        children: dict[str, Traced] = {}
        data = {
            "Chart": _metadata(chart, is_root=is_root), "Files": Traced(FilesData(chart=True)),
            "Release": self.release, "Capabilities": self.capabilities, "Values": values,
            "Subcharts": Traced(dict(children)),
        }  # fmt: skip
        top = Traced(data)
        held = values.data
        for child in chart.children:
            inner = held.get(child.name) if isinstance(held, dict) else None
            name = f"{full}/charts/{child.name}"
            children[child.name] = self.chart(child, inner or Traced({}), name, is_root=False)
        data["Subcharts"] = Traced(children)
        for path, source in chart.templates.items():
            if chart.is_library and not path.rpartition("/")[2].startswith("_"):
                continue
            self.sources[f"{full}/{path}"] = source
            self.tops[f"{full}/{path}"] = (top, f"{full}/templates", chart)
        return top

    def order(self) -> list[str]:
        """Helm's order: what lies deeper first, so that outer definitions win."""
        return sorted(self.sources, key=lambda name: (name.count("/"), name), reverse=True)

    def template(self, name: str) -> Rendered:
        """One template's output, or its error."""
        top, base, chart = self.tops[name]
        assert isinstance(top.data, dict)
        top.data["Template"] = Traced({"Name": Traced(name), "BasePath": Traced(base)})
        self.run.chart = chart
        source = self.sources[name]
        try:
            pieces = self.run.render(name, top)
        except RenderError as error:
            # What is kept must not keep all frames of the rendering alive.
            error.__traceback__ = error.__cause__ = error.__context__ = None
            return Rendered(name, source, error=error, doubts=tuple(self.run.doubts))
        return Rendered(name, source, tuple(pieces), None, tuple(self.run.doubts))


def _metadata(chart: Chart, *, is_root: bool) -> Traced:
    """`.Chart`: every field is there, texts are texts."""
    written = traced_values(chart.meta, "chart key")
    fields: dict[str, Traced] = {"IsRoot": Traced(is_root)}
    for key, (name, absent) in _FIELDS.items():
        value = written.get(key)
        if key == "name":
            via = value.via if value is not None else ()
            fields[name] = Traced(chart.name, via)
        elif value is None or value.data is None:
            fields[name] = Traced([] if absent == [] else absent)  # type: ignore[arg-type]
        elif absent == "" and not isinstance(value.data, (str, dict, list, Unknown)):
            fields[name] = Traced(_plain_text(value.data), value.via)
        else:
            fields[name] = value
    return Traced(fields)  # Helm hands it over as a map


def _plain_text(data: object) -> str:
    if isinstance(data, float) and data == int(data) and abs(data) < 1e15:
        return str(int(data))
    return str(data).lower() if isinstance(data, bool) else str(data)


def _capabilities(known: Capabilities) -> Traced:
    version = known.kube_version
    major, _, rest = version.removeprefix("v").partition(".")
    kube = StructData(
        {
            "Version": Traced(version), "GitVersion": Traced(version), "Major": Traced(major),
            "Minor": Traced(rest.partition(".")[0]),
        },
        "common.KubeVersion", version,
    )  # fmt: skip
    helm = StructData(
        {
            "Version": Traced(known.helm_version), "GitCommit": Traced(""),
            "GitTreeState": Traced("clean"), "GoVersion": Traced("go1.25"),
        },
        "version.BuildInfo", known.helm_version,
    )  # fmt: skip
    apis = ApiVersions([Traced(name) for name in sorted(known.api_versions)])
    return Traced(StructData(
        {"KubeVersion": Traced(kube), "APIVersions": Traced(apis), "HelmVersion": Traced(helm)},
        "*common.Capabilities", "capabilities",
    ))  # fmt: skip
