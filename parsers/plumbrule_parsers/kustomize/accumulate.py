"""One kustomization to its objects: what it names, what it generates, and what it changes.

Source of the order of steps: the `accumulateTarget` of
https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/target/kusttarget.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from plumbrule_parsers.document import Hole, Problem
from plumbrule_parsers.kustomize.configuration import (
    Configuration,
    configuration_of,
    crd_configuration,
    default_configuration,
    merged,
)
from plumbrule_parsers.kustomize.files import Files, is_remote, is_within, joined, values_of
from plumbrule_parsers.kustomize.flux import with_added
from plumbrule_parsers.kustomize.generators import absorb, generate
from plumbrule_parsers.kustomize.kustomization import Kustomization, kustomization_of
from plumbrule_parsers.kustomize.objects import Resource
from plumbrule_parsers.kustomize.replacements import Variable, bind, variable_of
from plumbrule_parsers.kustomize.schema import Schema, schema_of
from plumbrule_parsers.kustomize.trees import BuildError, copied, string_at
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown, Value

_MISSED: Final = ("no-target", "replacement-source", "replacement-target", "variable")
MAX_DEPTH: Final = 60  # kustomizations inside each other
MAX_OBJECTS: Final = 5_000  # of one kustomization
_COPYING: Final = 20  # visits that taking over an object costs
MAX_VISITS: Final = 1_000_000  # of objects by the steps of one build
# Objects of a chart: what `helmCharts` says of it, and the globals. None: it cannot be rendered.
Charts = Callable[[MapValue, MapValue | None, str], "list[Value] | None"]


@dataclass(slots=True)
class Accumulated:
    """What a kustomization makes, before names are settled.

    `used` are the paths of all files that took part, with what they were used as.
    """

    resources: list[Resource] = field(default_factory=list)
    configuration: Configuration = field(default_factory=lambda: Configuration({}, ()))
    variables: dict[str, Variable] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    used: dict[str, str] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)

    def copy(self) -> Accumulated:
        """The same with objects of its own."""
        return Accumulated(
            [one.copy() for one in self.resources], self.configuration, dict(self.variables),
            list(self.problems), list(self.holes), dict(self.used), dict(self.folders),
        )  # fmt: skip


@dataclass(slots=True)
class Builder:
    """Accumulates kustomizations, each once for all builds that use it."""

    files: Files
    charts: Charts | None = None
    schema: Schema = field(default_factory=Schema)
    done: dict[str, Accumulated] = field(default_factory=dict)
    added: Mapping[str, MapValue] = field(default_factory=dict)  # by Flux, to roots
    shared: bool = True  # results may be used again
    visits: int = 0

    def load(
        self, folder: str, *, as_root: bool = False
    ) -> tuple[Kustomization, list[Problem]] | None:
        """The kustomization of a folder, None if it has none. BuildError: it cannot be read.

        A root gets what Flux adds to it.
        """
        path = self.files.kustomization_of(folder)
        source = self.files.read(path) if path is not None else None
        if source is None:
            return None
        values = values_of(self.files.parsed(source, "1.1"))
        value = values[0] if values else None
        if as_root and folder in self.added:
            value = with_added(value, self.added[folder])
        return kustomization_of(source, value)

    def folder(self, folder: str, chain: tuple[str, ...], *, alone: bool = False) -> Accumulated:
        """What the kustomization of a folder makes. BuildError: there is none.

        `alone`: it may be a component.
        """
        known = self.done.get(folder) if self.shared else None
        if known is not None:
            return known.copy()
        loaded = self.load(folder, as_root=not chain)
        if loaded is None:
            raise BuildError("no-kustomization", f"`{folder or '.'}` has no kustomization file")
        kustomization, problems = loaded
        if kustomization.is_component and not alone:
            raise BuildError("kustomization-type", f"`{folder or '.'}` is a component",
                             None, "name it in `components`")  # fmt: skip
        made = _Accumulation(self, kustomization, (*chain, folder), Accumulated())
        made.into.problems += problems
        made.run()
        if self.shared and chain:  # nobody asks for a root again
            self.done[folder] = made.into.copy()
        return made.into


class _Accumulation:
    """The steps of one kustomization on what was accumulated so far."""

    def __init__(
        self, builder: Builder, kustomization: Kustomization, chain: tuple[str, ...],
        into: Accumulated,
    ) -> None:  # fmt: skip
        self.builder = builder
        self.files = builder.files
        self.kustomization = kustomization
        self.folder = kustomization.folder
        self.chain = chain
        self.into = into

    # ------------------------------------------------------------------ plumbing
    def report(self, error: BuildError, span: Span) -> None:
        """Keep what is wrong; the build goes on without that part."""
        if error.code in _MISSED and self.into.holes:
            return  # what it looks for may be in what is not there
        at = error.span if error.span is not None else span
        message = " ".join(error.message.split()).rstrip(".")
        self.into.problems.append(Problem(error.code, message, at.first_line, hint=error.hint))

    def attempt(self, span: Span, step: Callable[..., None], *given: Any) -> None:
        """Do a step with what it is given, or report why it cannot be done."""
        builder = self.builder
        if builder.visits > MAX_VISITS:
            return
        builder.visits += 1 + len(self.into.resources)
        if builder.visits > MAX_VISITS:
            text = f"the steps visit more than {MAX_VISITS} objects; the rest is left out"
            self.report(BuildError("limit", text), span)
            self.hole(Reason.LIMIT, "steps of the build", span.first_line)
            return
        try:
            step(*given)
        except BuildError as error:
            self.report(error, span)

    def hole(self, reason: Reason, detail: str, span: Span, *kinds: str) -> None:
        """What exists and is not built."""
        why = Unknown(reason, detail, span)
        self.into.holes.append(Hole(why, span, kinds or ("k8s.Object", "k8s.Container"),
                                    within=self.folder))  # fmt: skip

    def read(self, path: str, span: Span, use: str) -> Source:
        """A file of the kustomization. BuildError: it is absent, no text, or elsewhere."""
        found = self.maybe_text(path, span, use)
        if found is None:
            raise BuildError("missing-file", f"`{path[:120]}` is no text file", span)
        return found

    def maybe_text(self, path: str, span: Span, use: str) -> Source | None:
        """A file of the kustomization, None if it is no text."""
        if is_remote(path):
            raise BuildError("remote-file", f"`{path[:120]}` is not in the repository", span)
        full = joined(self.folder, path)
        if full is None:
            raise BuildError("outside", f"`{path[:120]}` is outside the scanned folder", span)
        if not is_within(full, self.folder):
            raise BuildError("outside", f"`{path[:120]}` is outside the kustomization's folder",
                             span, "Kustomize reads files only in and below it")  # fmt: skip
        source = self.files.read(full)
        if source is not None:
            self.into.used.setdefault(full, use)
            return source
        if full in self.files.tree.paths():
            return None
        raise BuildError("missing-file", f"there is no file `{path[:120]}`", span)

    # ------------------------------------------------------------------ steps
    def run(self) -> None:
        """All steps in the order of Kustomize."""
        kustomization, into = self.kustomization, self.into
        into.used[kustomization.source.path] = "kustomization"
        into.folders[self.folder] = None
        self.openapi()
        for name in ("resources", "bases"):
            for path, span in kustomization.texts(name):
                self.attempt(span, self.resource, path, span)
        self.configure()
        self.generate()
        for path, span in kustomization.texts("components"):
            self.attempt(span, self.component, path, span)
        from plumbrule_parsers.kustomize.transform import transform

        transform(self)
        for entry in kustomization.maps("vars"):
            self.attempt(entry.span, self.variable, entry)

    def openapi(self) -> None:
        """The types of the first kustomization that names a schema count."""
        path = string_at(self.kustomization.mapping("openapi") or self.kustomization.value, "path")
        given = self.kustomization.mapping("openapi")
        if given is None or not path:
            return
        place = given.place("path")
        span = place.value if place is not None else given.span

        def step() -> None:
            source = self.read(path, span, "schema")
            values = values_of(self.files.parsed(source, "1.1"))
            if self.builder.schema.definitions is None and values:
                self.builder.schema = schema_of(values[0], alone=len(self.chain) == 1)

        self.attempt(span, step)

    def resource(self, path: str, span: Span) -> None:
        """One entry of `resources`: a file, or a folder with a kustomization."""
        full = joined(self.folder, path)
        if full is None or is_remote(path):
            if is_remote(path):
                self.hole(Reason.REMOTE, f"`{path[:120]}` is not in the repository", span)
                return
            self.hole(Reason.REMOTE, f"`{path[:120]}` is outside the scanned folder", span)
            raise BuildError("outside", f"`{path[:120]}` is outside the scanned folder", span)
        if self.files.read(full) is not None and not self.files.is_folder(full):
            self.file(full, path, span)
            return
        if not self.files.is_folder(full):
            self.hole(Reason.MISSING_FILE, f"`{path[:120]}` is not there", span)
            raise BuildError("missing-file", f"there is no `{path[:120]}`", span)
        self.enter(full, path, span)
        try:
            inner = self.builder.folder(full, self.chain)
        except BuildError:
            self.hole(Reason.MISSING_FILE, f"`{path[:120]}` cannot be built", span)
            raise
        self.take(inner, span)

    def file(self, full: str, path: str, span: Span) -> None:
        """The objects of a file."""
        used = full in self.into.used
        source = self.read(path, span, "resource")
        try:
            values = values_of(self.files.parsed(source, "go"))
        except BuildError:
            self.hole(Reason.SYNTAX, f"{full} cannot be read", span)
            if not used:  # what can be read of it is judged as it stands
                del self.into.used[full]
            raise
        self.add(self.objects(values, source, span))

    def enter(self, folder: str, path: str, span: Span) -> None:
        """BuildError: the folder is one from which we come, or above it."""
        if len(self.chain) > MAX_DEPTH:
            raise BuildError("too-deep", f"more than {MAX_DEPTH} kustomizations inside each other",
                             span)  # fmt: skip
        if any(is_within(one, folder) for one in self.chain):
            raise BuildError("cycle", f"`{path[:120]}` leads back to a kustomization that uses it",
                             span)  # fmt: skip

    def take(self, inner: Accumulated, span: Span) -> None:
        """Add what another kustomization makes."""
        into = self.into
        self.builder.visits += _COPYING * len(inner.resources)
        into.problems += inner.problems
        into.holes += inner.holes
        into.used.update(inner.used)
        into.folders.update(inner.folders)
        self.add(inner.resources)
        into.configuration = merged(into.configuration, inner.configuration)
        for name, variable in inner.variables.items():
            self.keep(name, variable, span)

    def keep(self, name: str, variable: Variable, span: Span) -> None:
        """BuildError: another variable has that name."""
        known = self.into.variables.get(name)
        if known is not None and known.span != variable.span:
            raise BuildError("variable", f"the variable `{name[:60]}` is defined twice", span)
        self.into.variables[name] = variable

    def add(self, found: Iterable[Resource]) -> None:
        """Add objects. BuildError: one of them is there already."""
        into = self.into
        names = {one.identity for one in into.resources}
        twice: BuildError | None = None
        for resource in found:
            identity = resource.identity
            if len(into.resources) >= MAX_OBJECTS:
                raise BuildError("too-many", f"more than {MAX_OBJECTS} objects", resource.at)
            if identity in names:
                twice = BuildError("same-object", f"there are two objects {identity.kind} "
                                   f"{identity.name}", resource.at)  # fmt: skip
                continue
            names.add(identity)
            into.resources.append(resource)
        if twice is not None:
            raise twice

    def objects(
        self, values: Iterable[Value], source: Source, span: Span
    ) -> Iterator[Resource]:  # fmt: skip
        """The objects of a file; lists are opened. What is no object is reported."""
        stack = list(values)[::-1]
        while stack:
            value = stack.pop()
            if not value:
                continue
            kind = string_at(value, "kind") if isinstance(value, MapValue) else ""
            if isinstance(value, MapValue) and kind.endswith("List") and "items" in value:
                items = value["items"]
                stack += list(items)[::-1] if isinstance(items, ListValue) else []
                continue
            try:
                yield _resource(value, kind, source, span)
            except BuildError as error:
                self.report(error, span)

    def configure(self) -> None:
        """The fields that steps change: defaults, configuration files, CRDs."""
        into = self.into
        own = default_configuration()
        for name, read in (("configurations", configuration_of), ("crds", crd_configuration)):
            for path, span in self.kustomization.texts(name):
                try:
                    source = self.read(path, span, "configuration")
                    for value in values_of(self.files.parsed(source, "1.1"))[:1]:
                        own = merged(own, read(value))
                except BuildError as error:
                    self.report(error, span)
        try:
            into.configuration = merged(own, into.configuration)
        except BuildError as error:
            self.report(error, self.kustomization.head)

    def generate(self) -> None:
        """ConfigMaps, Secrets, charts, and what generator files ask for."""
        kustomization = self.kustomization
        common = kustomization.mapping("generatorOptions")
        for name, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
            for args in kustomization.maps(name):
                self.attempt(args.span, self.generated, kind, args, common)
        charts = kustomization.maps("helmCharts")
        charts += kustomization.maps("helmChartInflationGenerator")
        for chart in charts:
            self.attempt(chart.span, self.chart, chart)
        from plumbrule_parsers.kustomize.plugins import generate_plugins

        generate_plugins(self)

    def generated(self, kind: str, args: MapValue, common: MapValue | None) -> None:
        """One ConfigMap or Secret."""

        def read(path: str, span: Span) -> Source | bytes | None:
            source = self.maybe_text(path, span, "content")
            full = joined(self.folder, path) or ""
            return self.files.content(full, source)

        absorb(self.into.resources, generate(kind, args, common, read))

    def chart(self, chart: MapValue) -> None:
        """The objects of a Helm chart, if it can be rendered."""
        globals_ = self.kustomization.mapping("helmGlobals")
        render = self.builder.charts
        values = render(chart, globals_, self.folder) if render is not None else None
        place = chart.place("name")
        span = place.entry if place is not None else chart.span.first_line
        if values is None:
            name = string_at(chart, "name") or string_at(chart, "chartName")
            self.hole(Reason.TEMPLATE, f"the chart `{name[:60]}` is not rendered here", span)
            return
        self.add(self.objects(values, self.kustomization.source, span))

    def component(self, path: str, span: Span) -> None:
        """Mix in a component: its steps work on what is here."""
        full = joined(self.folder, path)
        if is_remote(path):
            self.hole(Reason.REMOTE, f"the component `{path[:120]}` is not in the repository", span)
            return
        if full is None:
            raise BuildError("outside", f"`{path[:120]}` is outside the scanned folder", span)
        self.enter(full, path, span)
        loaded = self.builder.load(full)
        if loaded is None:
            raise BuildError("no-kustomization", f"`{path[:120]}` has no kustomization file", span)
        kustomization, problems = loaded
        if not kustomization.is_component:
            raise BuildError("kustomization-type", f"`{path[:120]}` is no component", span,
                             "name it in `resources`")  # fmt: skip
        self.into.problems += problems
        _Accumulation(self.builder, kustomization, (*self.chain, full), self.into).run()

    def variable(self, entry: MapValue) -> None:
        """One entry of `vars`."""
        variable = variable_of(entry)
        bind(self.into.resources, variable)
        self.keep(variable.name, variable, entry.span.first_line)


Accumulation = _Accumulation


def _resource(value: Value, kind: str, source: Source, span: Span) -> Resource:
    if not isinstance(value, MapValue):
        raise BuildError("not-an-object", f"`{source.path}` has something that is no object", span)
    if not kind:
        raise BuildError("not-an-object", "the object has no `kind`", value.span.first_line)
    if not string_at(value, "metadata", "name") and not kind.endswith("List"):
        raise BuildError("not-an-object", f"the {kind[:40]} has no `metadata.name`",
                         value.span.first_line)  # fmt: skip
    body = copied(value)
    assert isinstance(body, MapValue)
    metadata = body.get("metadata")
    place = metadata.place("name") if isinstance(metadata, MapValue) else None
    place = place or body.place("kind")
    at = place.entry if place is not None else body.span.first_line
    if at.source is not source:  # of a chart: the entry that asks for it
        at = span
    namespace = string_at(body, "metadata", "namespace") or "default"
    return Resource(body, source, at, (kind, namespace, string_at(body, "metadata", "name")))
