"""Files of one chart put together: values to their chart, and its templates rendered.

Each outermost chart is a unit for its default values and for each other set of values that is meant
for it (see `value_sets`), rendered together with the subcharts in its `charts/` folder and those
that it takes from elsewhere in the repository. What could not be rendered stays a hole with the
kinds that its text names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from plumbrule_parsers.document import (
    Completeness,
    Document,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
)
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.helm.parse import helmfile_node, parse, parse_values
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown

# Kinds that templates speak of, as the graph's kinds; unknown ones may be any object.
_KINDS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}
_OWN = {"Service": "k8s.Service", "Ingress": "k8s.Ingress", "Secret": "k8s.Secret",
        "ConfigMap": "k8s.ConfigMap", "HorizontalPodAutoscaler": "k8s.HorizontalPodAutoscaler",
        "PodDisruptionBudget": "k8s.PodDisruptionBudget", "NetworkPolicy": "k8s.NetworkPolicy",
        "ServiceAccount": "k8s.ServiceAccount", "Role": "k8s.Role", "ClusterRole": "k8s.Role",
        "RoleBinding": "k8s.RoleBinding", "ClusterRoleBinding": "k8s.RoleBinding",
        "PersistentVolumeClaim": "k8s.PersistentVolumeClaim",
        "Application": "argo.Application", "Schedule": "velero.Schedule"}  # fmt: skip

if TYPE_CHECKING:
    from plumbrule_parsers.helm.chart import Charts
    from plumbrule_parsers.helm.releases.helmfile_states import HelmfileState
    from plumbrule_parsers.helm.renderings import Renderings

_OBJECT = re.compile(r"^(?:apiVersion|groups):", re.MULTILINE)  # another format's file


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

    def read_bytes(self, path: str) -> bytes | None:
        """The file as it is, or None."""
        return self.files.read_bytes(path)

    def names(self, folder: str) -> Iterable[str]:
        """The names of what lies in a folder."""
        return self.files.names(folder)


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """The chart documents with their values, and the templates with what they render to.

    Documents of the other formats are read for the releases that they declare; they stay as they
    are.
    """
    own = {path: one for path, one in documents.items() if one.format == "helm"}
    folders = {
        path.rpartition("/")[0]: path
        for path in own
        if path.rpartition("/")[2] in ("Chart.yaml", "Chart.yml")
    }
    own |= _plain_templates(documents, folders)
    documents = {**documents, **own}
    naming = [one for one in own.values() if one.facts.get("role") == "value-sets"]
    helmfiles = any(one.facts.get("role") == "helmfile" for one in own.values())
    if not folders and not naming and not helmfiles:
        yield from (replace(one, holes=(_hole(one),)) for one in _templates(own))
        return

    # The renderer is loaded where there is a chart to render.
    from plumbrule_parsers.helm.chart import Charts
    from plumbrule_parsers.helm.renderings import Renderings

    def values_of(path: str) -> MapValue | None:
        document = own.get(path)
        written = document.nodes[0].fields.get("values") if document and document.nodes else None
        return written if isinstance(written, MapValue) else None

    charts = Charts(_Tree(documents, files), values_of)
    readable = [one for one in sorted(folders) if own[folders[one]].nodes]
    renderings = Renderings(charts, documents, readable)
    renderings.run()
    for one in naming:
        faults = renderings.faults.get(one.source.path)
        if faults:
            yield replace(one, problems=tuple(faults), completeness=Completeness.PARTLY,
                          because=faults[0].message)  # fmt: skip
    for path, states in renderings.releases.helmfiles.items():
        yield _helmfile(own[path], states)
    values = _values(own, folders)
    for folder in readable:
        yield _chart(own[folders[folder]], folder, values.get(folder, ()), renderings)
    for path in sorted(own):
        if own[path].facts.get("role") == "values":
            home = _chart_folder(path, folders)
            document = _of_unit(own[path], renderings.unit_of_file(path, home))
            yield _with_unread(document, home, renderings)
    yield from _named_values(documents, charts, renderings)
    packed = _packed(charts, renderings)
    for document in (*_templates(own), *packed):
        home = _chart_folder(document.source.path, folders)
        if home is None or home not in readable:  # without a chart: it stands for itself
            yield replace(document, holes=(_hole(document),))
        else:
            yield _template(document, home, renderings)
    for path in charts.tree.archives:
        yield _archive(path, charts)


def _plain_templates(
    documents: Mapping[str, Document], folders: Mapping[str, str]
) -> dict[str, Document]:
    """Templates of charts that have no action in them: alone they look like manifests."""
    found: dict[str, Document] = {}
    for path, document in documents.items():
        if document.format != "kubernetes":
            continue
        folder = _chart_folder(path, folders)
        if folder is not None and path.startswith(f"{folder}/templates/".lstrip("/")):
            found[path] = parse(document.source)
    return found


def _with_unread(document: Document, folder: str | None, renderings: Renderings) -> Document:
    """The values of a chart with the keys that none of its templates reads."""
    reads = renderings.reads(folder, document.source.path) if folder is not None else None
    values = document.nodes[0].fields.get("values") if document.nodes else None
    if reads is None or not isinstance(values, MapValue):
        return document
    from plumbrule_parsers.helm.unread_values import unread_keys

    unread = unread_keys(values, reads)
    if not unread:
        return document
    node = document.nodes[0]
    fields = node.fields.copy_with(unread=unread)
    return replace(document, nodes=(replace(node, fields=fields), *document.nodes[1:]))


def _named_values(
    documents: Mapping[str, Document], charts: Charts, renderings: Renderings
) -> Iterator[Document]:
    """Files of values that only their use makes known as such."""
    for path in sorted(renderings.inputs):
        source = charts.tree.read(path) if path not in documents else None
        if source is None or path.endswith(".gotmpl"):
            continue
        if not _OBJECT.search(source.text):
            folder = next((one for one in renderings.outermost if path.startswith(f"{one}/")), None)
            yield _of_unit(parse_values(source), renderings.unit_of_file(path, folder))


def _packed(charts: Charts, renderings: Renderings) -> list[Document]:
    """The templates in packed charts that render to something, or should."""
    inside = charts.tree.inside
    return [parse(inside[path]) for path in sorted(renderings.parts) if path in inside]


def _archive(path: str, charts: Charts) -> Document:
    """A packed chart's own document: what is wrong with it."""
    problem = charts.tree.problems.get(path)
    source = Source(path, "")
    if problem is None:
        return Document(source, "helm")
    why = Unknown(Reason.LIMIT, problem.message, problem.span)
    hole = Hole(why, problem.span, kinds=("k8s.Object",), within=_holder(path))
    return Document(source, "helm", problems=(problem,), holes=(hole,),
                    completeness=Completeness.SKIPPED, because=problem.message)  # fmt: skip


def _holder(path: str) -> str:
    return path.rpartition("charts/")[0].rstrip("/")


def _templates(documents: Mapping[str, Document]) -> Iterator[Document]:
    for path in sorted(documents):
        if documents[path].facts.get("role") == "template":
            yield documents[path]


def _values(
    documents: Mapping[str, Document], folders: Mapping[str, str]
) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for path in sorted(documents):
        folder = _chart_folder(path, folders)
        if folder is not None and documents[path].facts.get("role") == "values":
            found.setdefault(folder, []).append(documents[path])
    return found


def _chart_folder(path: str, charts: Mapping[str, str]) -> str | None:
    folder = path.rpartition("/")[0]
    while True:
        if folder in charts:
            return folder
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _chart(
    document: Document, folder: str, values: Iterable[Document], renderings: Renderings
) -> Document:
    """A chart's own document: what it holds, its units, what is wrong with it as a whole."""
    chart = document.nodes[0]
    references = [
        Reference("contains", chart.address, ToAddress(one.nodes[0].address), chart.span)
        for one in values
    ]
    found = renderings.of(folder)
    document = replace(document, references=(*document.references, *references))
    if found is None:
        return document
    document = _of_unit(document, found.name)
    if folder != found.folder:
        return document
    return replace(
        document, units=found.units(document.nodes[0].span),
        holes=(*document.holes, *found.holes()),
        problems=(*document.problems, *found.problems()),
    )  # fmt: skip


def _helmfile(document: Document, states: Sequence[HelmfileState]) -> Document:
    """A helmfile with what it says in its first environment, or why it does not."""
    lost = [one for one in states if one.why]
    whole = next((one for one in states if not one.why), None)
    if not lost and "{{" not in document.source.text:
        return document
    nodes = document.nodes
    if whole is not None:
        listed = ListValue(document.source, 0, 0, whole.releases)
        nodes = (helmfile_node(document.source, (listed,)),)
    if not lost:
        return replace(document, nodes=nodes, completeness=Completeness.EVALUATED, because="")
    at = lost[0].span or document.source.span(0, 0)
    why = f"as the environment `{lost[0].environment}` it cannot be run: {lost[0].why}"
    folder = document.source.path.rpartition("/")[0]
    hole = Hole(Unknown(Reason.TEMPLATE, why, at), at, kinds=("helm.Helmfile",), within=folder)
    problem = Problem("helmfile-template", why, at, Severity.WARNING)
    state = Completeness.SKIPPED if whole is None else Completeness.PARTLY
    return replace(document, nodes=nodes, completeness=state, because=why, holes=(hole,),
                   problems=(*document.problems, problem))  # fmt: skip


def _of_unit(document: Document, unit: str) -> Document:
    if not unit:
        return document
    nodes: tuple[Node, ...] = tuple(replace(node, unit=unit) for node in document.nodes)
    return replace(document, nodes=nodes)


def _template(document: Document, folder: str, renderings: Renderings) -> Document:
    """A template's document with what it renders to, or why it does not."""
    path = document.source.path
    found = renderings.of(folder)
    parts = renderings.parts.get(path)
    if parts:
        from plumbrule_parsers.helm.objects import rendered_document

        made = rendered_document(document, parts, _hole(document))
        return replace(made, holes=()) if path.endswith("/NOTES.txt") else made
    name = path.rpartition("/")[2]
    why = "no chart renders this file"
    if found is not None:
        why = found.why or why
        is_helper = path in renderings.helpers or name.startswith("_") or name == "NOTES.txt"
        if not found.why and (is_helper or found.is_library):
            return replace(document, completeness=Completeness.EVALUATED, because="")
        for below, requirement in found.disabled:
            if path.startswith(f"{below}/"):
                return replace(document, because=f"the subchart is disabled: {requirement.why}")
    return replace(document, holes=(_hole(document),), because=why)


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
