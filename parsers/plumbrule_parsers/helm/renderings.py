"""Every outermost chart rendered with each of its value sets, and what each file came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Document, Hole, Problem, Severity, Unit
from plumbrule_parsers.helm.chart import Chart, Charts, Requirement
from plumbrule_parsers.helm.releases.find import Releases
from plumbrule_parsers.helm.value_sets import (
    MAX_SETS,
    ChosenSets,
    ValueSet,
    sets_by_convention,
)
from plumbrule_parsers.helm.values import Table
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import Place, Reason, Unknown

if TYPE_CHECKING:  # what costs to load is loaded where it is used
    from plumbrule_parsers.helm.objects import Part
    from plumbrule_parsers.helm.programs import Programs
    from plumbrule_parsers.helm.releases.release import Installed
    from plumbrule_parsers.helm.render import Rendering
    from plumbrule_parsers.helm.unread_values import Reads

_Declared = Mapping[str, Sequence["Installed"]]
MAX_PROBLEMS = 50  # of one chart as a whole
MAX_ROUNDS = 3  # of charts that install charts


@dataclass(slots=True)
class Found:
    """What came of one outermost chart. `why` is set if its defaults do not render at all."""

    folder: str
    why: str = ""
    chart: Chart | None = None
    chosen: ChosenSets | None = None
    noted: list[tuple[str, list[Problem]]] = field(default_factory=list)  # by set
    own: list[Problem] = field(default_factory=list)  # of the chart, whatever its values
    missing: dict[Hole, None] = field(default_factory=dict)
    disabled: list[tuple[str, Requirement]] = field(default_factory=list)
    reads: Reads | None = None  # of values, by any text of the chart

    @property
    def name(self) -> str:
        """The name of the unit that the chart is with its defaults."""
        return self.folder or "."

    @property
    def is_library(self) -> bool:
        """Whether only its helpers count."""
        return self.chart is not None and self.chart.is_library

    @property
    def sets(self) -> list[ValueSet]:
        """The sets with which it is rendered, the defaults first."""
        return self.chosen.sets if self.chosen is not None else []

    def unit_name(self, one: ValueSet) -> str:
        """The name of the unit that the chart is with the set."""
        return f"{self.name}@{one.name}" if one.name else self.name

    def units(self, span: Span) -> tuple[Unit, ...]:
        """One unit for each set; `span` is the head of the chart."""
        return tuple(
            Unit(self.unit_name(one), "helm chart", self.name, one.span or span, one.name,
                 one.inputs, one.environment, one.declared_by)
            for one in self.sets
        )  # fmt: skip

    def holes(self) -> list[Hole]:
        """One hole for each dependency that is nowhere in the repository."""
        return list(self.missing)

    def problems(self) -> tuple[Problem, ...]:
        """What the chart's own document reports."""
        from plumbrule_parsers.helm.objects import labelled_problems

        return (*self.own, *labelled_problems(self.noted))[:MAX_PROBLEMS]


class Renderings:
    """The charts of the repository, by folder, and what each template file renders to, by path."""

    def __init__(
        self, charts: Charts, documents: Mapping[str, Document], folders: Iterable[str]
    ) -> None:
        self.charts = charts
        self.documents = documents
        self.has_schemas = any(path.endswith("values.schema.json") for path in charts.all)
        self.releases = Releases(documents, charts)
        self.faults: dict[str, list[Problem]] = {}  # of sets that a file names, by its path
        self.outermost = sorted({charts.outermost(folder) for folder in folders})
        self.named: _Declared = {}  # sets that the configuration names, by chart
        self.programs: Programs | None = None  # made with the first rendering
        self.found: dict[str, Found] = {}
        self.parts: dict[str, list[Part]] = {}
        self.helpers: set[str] = set()
        self.places: dict[Place, Place] = {}  # used again: variants have most of them
        self.read_of: dict[str, Reads] = {}  # chart folder -> what is read of its values
        self.inputs: dict[str, list[str]] = {}  # path -> units
        self.unit_inputs: dict[str, tuple[str, ...]] = {}
        self.read: dict[str, int] = {}  # how many parts were looked at for releases

    def of(self, folder: str) -> Found | None:
        """What came of the chart that a chart is part of."""
        return self.found.get(self.charts.outermost(folder))

    def unit_of_file(self, path: str, folder: str | None) -> str:
        """The unit that a file of values makes, if it is one; else that of its chart."""
        units = self.inputs.get(path, [])
        if len(units) == 1:
            return units[0]
        found = self.of(folder) if folder is not None else None
        return found.name if found is not None else ""

    def reads(self, folder: str, path: str) -> Reads | None:
        """What is read of the values of the chart in a folder, if the file is of its values."""
        from plumbrule_parsers.helm.programs import Programs
        from plumbrule_parsers.helm.unread_values import chart_in, reads_below, tree_reads

        found = self.of(folder)
        own = f"{folder}/values.yaml" if folder else "values.yaml"
        if found is None or found.chart is None or (path != own and path not in self.inputs):
            return None
        known = self.read_of.get(folder)
        if known is not None:
            return known
        self.programs = self.programs or Programs()
        if found.reads is None:
            given = [one.given or {} for one in found.sets]
            found.reads = tree_reads(found.chart, given, self.programs)
        chart = chart_in(found.chart, folder)
        if chart is not None:
            self.read_of[folder] = reads_below(chart, found.reads)
        return self.read_of.get(folder)

    def run(self) -> None:
        """Render everything: first what files declare, then what rendered files declare."""
        declared = self.candidates(self.releases.declared())
        self.named = self.candidates(self.named_sets())
        for folder in self.outermost:
            found = self.found[folder] = Found(folder)
            self.guarded(found, self.start, declared)
        for _round in range(MAX_ROUNDS):
            following = self.candidates(self.rendered_releases())
            if not following:
                break
            for folder in sorted(following):
                found = self.found[folder]
                self.guarded(found, self.go_on, following)
        for found in self.found.values():
            if found.chosen is not None and found.chosen.left:
                found.own.append(_too_many(found.chosen))
            for one in found.sets:
                for path in one.inputs:
                    self.inputs.setdefault(path, []).append(found.unit_name(one))
        for parts in self.parts.values():
            parts.sort(key=lambda part: bool(part.label))
        self.settle_needs()

    def guarded(
        self, found: Found, work: Callable[[Found, _Declared], None], declared: _Declared
    ) -> None:
        """Do the work; one chart must not cost all others."""
        try:
            work(found, declared)
        except Exception as error:  # noqa: BLE001 - the border of one chart
            why = f"internal error while rendering: {type(error).__name__}: {error}"[:300]
            found.why = why.replace("\n", " ").rstrip(".")
            folder = found.folder
            document = self.documents.get(f"{folder}/Chart.yaml" if folder else "Chart.yaml")
            if document is not None:
                at = document.source.span(0, 0)
                found.own.append(Problem("internal-error", found.why, at))

    def candidates(self, installed: Iterable[Installed]) -> dict[str, list[Installed]]:
        """Releases by the outermost charts that they install."""
        found: dict[str, list[Installed]] = {}
        for one in installed:
            if one.folder in self.outermost:
                found.setdefault(one.folder, []).append(one)
        return found

    def named_sets(self) -> Iterator[Installed]:
        """The sets that the configuration names; what is wrong with them is noted."""
        for path, one in self.releases.named():
            if isinstance(one, Problem):
                self.faults.setdefault(path, []).append(one)
            else:
                yield one

    def rendered_releases(self) -> Iterator[Installed]:
        """The releases that charts install, of the units that were not looked at; fairly mixed."""
        found: list[tuple[int, str, Installed]] = []
        counts: dict[str, int] = {}
        for path in sorted(self.parts):
            for part in self.parts[path][self.read.get(path, 0) :]:
                for one in self.releases.of(part.nodes):
                    one.inputs += self.unit_inputs.get(part.unit, ())
                    number = counts[part.unit] = counts.get(part.unit, 0) + 1
                    found.append((number, part.unit, one))
            self.read[path] = len(self.parts[path])
        yield from (one for _, _, one in sorted(found, key=lambda entry: entry[:2]))

    def start(self, found: Found, declared: _Declared) -> None:
        """Render a chart with its defaults and all sets that are known from the start."""
        chart = self.charts.load(found.folder)
        if chart is None:
            found.why = "there is no Chart.yaml that can be read"
            return
        found.chart, found.chosen = chart, ChosenSets(chart)
        if not chart.is_library:
            for release in self.named.get(found.folder, ()):
                self.add(found, release)
            for one in sets_by_convention(self.charts, chart):
                found.chosen.add(one)
            for release in declared.get(found.folder, ()):
                self.add(found, release)
        for one in found.sets:
            self.render(found, chart, one)

    def go_on(self, found: Found, declared: _Declared) -> None:
        """Render a chart with the sets that became known."""
        if found.chart is None or found.is_library:
            return
        for release in declared.get(found.folder, ()):
            one = self.add(found, release)
            if one is not None:
                self.render(found, found.chart, one)

    def add(self, found: Found, release: Installed) -> ValueSet | None:
        """The set that a release is, if it is a new one; what is wrong with it is noted."""
        from plumbrule_parsers.helm.set_values import SettingError

        assert found.chosen is not None
        if found.chosen.full:
            found.chosen.left.append(release.name)
            return None
        release.read()
        if release.lost:
            message = f"`{found.name}` is not rendered as `{release.name}` installs it: "
            found.own.append(Problem(
                "values-unknown", message + release.lost, release.span, Severity.WARNING
            ))  # fmt: skip
            return None
        try:
            return found.chosen.add(release.value_set())
        except SettingError as error:
            message = f"a setting of `{release.name}` is wrong: {error.message}"
            found.own.append(Problem("set-argument", message, error.span, Severity.WARNING))
            return None

    def render(self, found: Found, chart: Chart, one: ValueSet) -> None:
        """The chart with one set, its templates' parts noted by their paths."""
        from plumbrule_parsers.helm.programs import Programs
        from plumbrule_parsers.helm.render import Release, render_chart

        plain = Release()
        release = replace(
            plain, name=one.release or plain.name, namespace=one.namespace or plain.namespace
        )
        self.programs = self.programs or Programs()
        check: Callable[[Chart, Table], list[Problem]] | None = None
        if self.has_schemas:
            from plumbrule_parsers.helm.values_schema import schema_problems

            check = schema_problems
        again = chart.again(chart.name)
        done = render_chart(again, one.given or {}, release, self.programs, check)
        problems = [
            replace(problem, message=" ".join(problem.message.split()).rstrip("."))
            for problem in done.problems
        ]
        found.noted.append((one.name, problems))
        self.unit_inputs[found.unit_name(one)] = one.inputs
        if not one.name:
            found.why = done.failure
            found.disabled = done.disabled
        for requirement in done.missing:
            found.missing.setdefault(_missing(requirement, found.folder))
        self.helpers.update(source.path for source in done.helpers)
        self.note(found, one, done)

    def note(self, found: Found, one: ValueSet, done: Rendering) -> None:
        """Keep what the templates render to, file by file."""
        from plumbrule_parsers.helm.objects import rendered_part

        by_path: dict[str, list[int]] = {}
        for number, template in enumerate(done.templates):
            by_path.setdefault(template.source.path, []).append(number)
        unit = found.unit_name(one)
        for path, numbers in by_path.items():
            document = self.documents.get(path)
            source: Source = document.source if document else done.templates[numbers[0]].source
            # A chart that is taken from elsewhere has a plain resolution of its own.
            borrowed = not one.name and self.home(path) not in ("", found.folder)
            variant = unit if one.name or borrowed else ""
            label = one.name or (unit if borrowed else "")
            part = rendered_part(
                source, [done.templates[number] for number in numbers], label, unit, variant,
                self.places,
            )  # fmt: skip
            self.parts.setdefault(path, []).append(part)

    def home(self, path: str) -> str:
        """The outermost chart that a file belongs to, by where it stands."""
        folder = path.rpartition("/")[0]
        while folder and folder not in self.charts.folders:
            folder = folder.rpartition("/")[0]
        return self.charts.outermost(folder)

    def settle_needs(self) -> None:
        """Say of each chart once that it needs values, where other sets give them."""
        from plumbrule_parsers.helm.objects import needs_values

        needy: dict[str, list[list[Part]]] = {}
        for path in sorted(self.parts):
            if needs_values(self.parts[path]):
                needy.setdefault(self.home(path), []).append(self.parts[path])
        for folder, listed in needy.items():
            error = listed[0][0].refused
            assert error is not None
            message = " ".join(error.message.split()).rstrip(".")[:300]
            used = next(part.label for part in listed[0] if part.whole and part.refused is None)
            count = "a template does" if len(listed) == 1 else f"{len(listed)} templates do"
            self.found[folder].own.append(Problem(
                "needs-values",
                f"{count} not render with the chart's default values alone: {message}; the chart "
                f"is judged with `{used}` instead", error.span, Severity.WARNING,
            ))  # fmt: skip


def _missing(requirement: Requirement, folder: str) -> Hole:
    why = f"the chart `{requirement.chart}` is not in the repository"
    at = requirement.span
    return Hole(
        Unknown(Reason.REMOTE, why, at), at, kinds=("k8s.Object",), within=folder, apart=True
    )


def _too_many(chosen: ChosenSets) -> Problem:
    left = chosen.left
    named: list[str] = []
    for name in left:
        if sum(map(len, named)) > 1500:
            break
        named.append(f"`{name}`")
    more = f" and {len(left) - len(named)} more" if len(left) > len(named) else ""
    return Problem(
        "value-sets-limit",
        f"the chart has more than {MAX_SETS} sets of values; it is not rendered with "
        f"{', '.join(named)}{more}", chosen.chart.meta.span.first_line, Severity.WARNING,
    )  # fmt: skip
