"""Files of one chart put together: values to their chart, and its templates rendered.

Each chart is rendered once, with its default values, together with the subcharts in its `charts/`
folder. What could not be rendered stays a hole with the kinds that its text names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from plumbrule_parsers.document import (
    Completeness,
    Document,
    Hole,
    Problem,
    Reference,
    ToAddress,
)
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.helm.chart import Chart, Charts
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown

if TYPE_CHECKING:  # the renderer is loaded where there is a chart to render
    from plumbrule_parsers.gotemplate import syntax as s
    from plumbrule_parsers.helm.render import Rendered, Rendering

# Kinds that templates speak of, as the graph's kinds; unknown ones may be any object.
_KINDS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}
_OWN = {"Service": "k8s.Service", "Ingress": "k8s.Ingress", "Secret": "k8s.Secret",
        "ConfigMap": "k8s.ConfigMap", "HorizontalPodAutoscaler": "k8s.HorizontalPodAutoscaler",
        "PodDisruptionBudget": "k8s.PodDisruptionBudget", "NetworkPolicy": "k8s.NetworkPolicy",
        "ServiceAccount": "k8s.ServiceAccount", "Role": "k8s.Role", "ClusterRole": "k8s.Role",
        "RoleBinding": "k8s.RoleBinding", "ClusterRoleBinding": "k8s.RoleBinding",
        "PersistentVolumeClaim": "k8s.PersistentVolumeClaim",
        "Application": "argo.Application", "Schedule": "velero.Schedule"}  # fmt: skip


class _Tree:
    """The scanned files, those that were parsed already with their own sources."""

    def __init__(self, documents: Mapping[str, Document], files: FileTree) -> None:
        self.documents = documents
        self.files = files

    def paths(self) -> Iterable[str]:
        """All paths."""
        return {*self.files.paths(), *self.documents}

    def read(self, path: str) -> Source | None:
        """The file, or None."""
        document = self.documents.get(path)
        return document.source if document is not None else self.files.read(path)


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """The chart documents with their values, and the templates with what they render to."""
    folders = {
        path.rpartition("/")[0]: path
        for path in documents
        if path.rpartition("/")[2] in ("Chart.yaml", "Chart.yml")
    }
    templates: dict[str | None, list[Document]] = {}
    values: dict[str, list[Document]] = {}
    for path in sorted(documents):
        document = documents[path]
        folder = _chart_folder(path, folders)
        if document.facts.get("role") == "template":
            templates.setdefault(folder, []).append(document)
        elif document.facts.get("role") == "values" and folder is not None:
            values.setdefault(folder, []).append(document)

    def values_of(path: str) -> MapValue | None:
        document = documents.get(path)
        written = document.nodes[0].fields.get("values") if document and document.nodes else None
        return written if isinstance(written, MapValue) else None

    charts = Charts(_Tree(documents, files), values_of)
    renderings = _Renderings(charts, documents)
    for folder in sorted(folders):
        document = documents[folders[folder]]
        if not document.nodes:
            continue
        chart = document.nodes[0]
        references = [
            Reference("contains", chart.address, ToAddress(one.nodes[0].address), chart.span)
            for one in values.get(folder, ())
        ]
        rendering = renderings.of(folder)
        problems = [*document.problems, *rendering.problems_at(folder)]
        holes = [*document.holes, *rendering.holes_at(folder)]
        yield replace(document, references=(*document.references, *references),
                      holes=tuple(holes), problems=tuple(problems))  # fmt: skip
        for template in templates.get(folder, ()):
            yield rendering.template(template)
    for document in templates.get(None, ()):  # without a chart: each stands for itself
        yield replace(document, holes=(_hole(document),))


def _chart_folder(path: str, charts: Mapping[str, str]) -> str | None:
    folder = path.rpartition("/")[0]
    while True:
        if folder in charts:
            return folder
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


class _Renderings:
    """The charts of the repository, each rendered when it is first asked for."""

    def __init__(self, charts: Charts, documents: Mapping[str, Document]) -> None:
        self.charts = charts
        self.documents = documents
        self.trees: dict[str, s.Template] = {}
        self.known: dict[str, _Unit] = {}

    def of(self, folder: str) -> _Unit:
        """The rendering that a chart is part of."""
        outer = self.charts.outermost(folder)
        found = self.known.get(outer)
        if found is None:
            found = self.known[outer] = self.unit(outer)
        return found

    def unit(self, folder: str) -> _Unit:
        """One chart with the charts inside it, rendered with its defaults."""
        document = self.documents.get(f"{folder}/Chart.yaml" if folder else "Chart.yaml")
        from plumbrule_parsers.helm.render import Release, render_chart

        try:
            chart = self.charts.load(folder)
            if chart is None:
                return _Unit(folder, None, None, "there is no Chart.yaml that can be read")
            return _Unit(folder, chart, render_chart(chart, {}, Release(), self.trees), "")
        except Exception as error:  # noqa: BLE001 - one chart must not cost all others
            why = f"internal error while rendering: {type(error).__name__}: {error}"[:300]
            unit = _Unit(folder, None, None, why.replace("\n", " ").rstrip("."))
            if document is not None:
                at = document.source.span(0, 0)
                unit.problems.append(Problem("internal-error", unit.why, at))
            return unit


class _Unit:
    """One rendering, by the files that took part in it."""

    def __init__(
        self, folder: str, chart: Chart | None, rendering: Rendering | None, why: str
    ) -> None:  # fmt: skip
        self.folder, self.chart, self.rendering = folder, chart, rendering
        self.why = why or (rendering.failure if rendering is not None else "")
        self.problems: list[Problem] = list(rendering.problems) if rendering is not None else []
        self.by_path: dict[str, list[Rendered]] = {}
        self.helpers: set[str] = set()
        if rendering is not None:
            for one in rendering.templates:
                self.by_path.setdefault(one.source.path, []).append(one)
            self.helpers = {source.path for source in rendering.helpers}

    def problems_at(self, folder: str) -> list[Problem]:
        """What the outermost chart's own document reports."""
        if folder != self.folder:
            return []
        unique = dict.fromkeys(
            replace(one, message=" ".join(one.message.split()).rstrip(".")) for one in self.problems
        )
        return list(unique)[:50]

    def holes_at(self, folder: str) -> list[Hole]:
        """One hole for each dependency that is nowhere in the repository."""
        if folder != self.folder or self.rendering is None:
            return []
        return [
            Hole(
                Unknown(Reason.REMOTE, f"the chart `{one.chart}` is not in the repository",
                        one.span),
                one.span, kinds=("k8s.Object",), within=folder,
            )
            for one in self.rendering.missing
        ]  # fmt: skip

    def template(self, document: Document) -> Document:
        """A template's document with what it renders to, or why it does not."""
        path = document.source.path
        found = self.by_path.get(path)
        if found:
            from plumbrule_parsers.helm.objects import rendered_document

            return rendered_document(document, found, _hole(document))
        name = path.rpartition("/")[2]
        if not self.why:
            if path in self.helpers or name.startswith("_") or name == "NOTES.txt":
                return _done(document)
            if self.chart is not None and self.chart.is_library:
                return _done(document)
            for folder, requirement in self.rendering.disabled if self.rendering else ():
                if path.startswith(f"{folder}/"):
                    why = f"the subchart is disabled: {requirement.why}"
                    return replace(document, because=why)
        return replace(document, holes=(_hole(document),),
                       because=self.why or "no chart renders this file")  # fmt: skip


def _done(document: Document) -> Document:
    return replace(document, completeness=Completeness.EVALUATED, because="")


def _hole(document: Document) -> Hole:
    """What a template that is not rendered may declare: the kinds that its text names."""
    kinds: set[str] = set()
    listed = document.facts.get("kinds")
    for kind in listed if isinstance(listed, ListValue) else ():
        if kind in _KINDS:
            kinds.update((f"k8s.{kind}", "k8s.Container", "k8s.EnvVar", "k8s.Volume"))
            if kind == "StatefulSet":
                kinds.add("k8s.VolumeClaimTemplate")
        else:
            kinds.add(_OWN.get(str(kind), "k8s.CustomObject"))
    folder = document.source.path.rpartition("/")[0]
    span = Span(document.source, 0, 0)
    why = Unknown(Reason.TEMPLATE, f"{document.source.path} is not rendered", span)
    return Hole(why, span, kinds=tuple(sorted(kinds)) or ("k8s.CustomObject",),
                within=folder.rpartition("/")[0] or folder)  # fmt: skip
