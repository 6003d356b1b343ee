"""Files of one chart put together: values to their chart, and one hole for its templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from plumbrule_parsers.document import Document, Hole, Reference, ToAddress
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.value import ListValue, Reason, Unknown

# Kinds that templates speak of, as the graph's kinds; unknown ones may be any object.
_KINDS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}
_OWN = {"Service": "k8s.Service", "Ingress": "k8s.Ingress", "Secret": "k8s.Secret",
        "ConfigMap": "k8s.ConfigMap", "HorizontalPodAutoscaler": "k8s.HorizontalPodAutoscaler",
        "PodDisruptionBudget": "k8s.PodDisruptionBudget", "NetworkPolicy": "k8s.NetworkPolicy",
        "ServiceAccount": "k8s.ServiceAccount", "Role": "k8s.Role", "ClusterRole": "k8s.Role",
        "RoleBinding": "k8s.RoleBinding", "ClusterRoleBinding": "k8s.RoleBinding",
        "PersistentVolumeClaim": "k8s.PersistentVolumeClaim",
        "Application": "argo.Application", "Schedule": "velero.Schedule"}  # fmt: skip


def resolve(documents: Mapping[str, Document], _files: FileTree) -> Iterable[Document]:
    """The chart documents with their values and holes."""
    charts = {
        path.rpartition("/")[0]: path
        for path in documents
        if path.rpartition("/")[2] in ("Chart.yaml", "Chart.yml")
    }
    templates: dict[str, list[Document]] = {}
    values: dict[str, list[Document]] = {}
    for path in sorted(documents):
        document = documents[path]
        folder = _chart_folder(path, charts)
        if document.facts.get("role") == "template":
            templates.setdefault(folder if folder is not None else "", []).append(document)
        elif document.facts.get("role") == "values" and folder is not None:
            values.setdefault(folder, []).append(document)
    for folder, path in charts.items():
        document = documents[path]
        if not document.nodes:
            continue
        chart = document.nodes[0]
        references = [
            Reference("contains", chart.address, ToAddress(one.nodes[0].address), chart.span)
            for one in values.get(folder, ())
        ]
        holes = list(document.holes)
        if folder in templates:
            holes.append(_hole(chart.label, folder, templates[folder], chart.span))
        yield replace(document, references=(*document.references, *references), holes=tuple(holes))
    for folder, found in templates.items():
        if folder not in charts:  # templates without a chart: each stands for itself
            for document in found:
                yield replace(document, holes=(
                    _hole(document.source.path, document.source.path.rpartition("/")[0],
                          [document], document.source.span(0, 0)),
                ))  # fmt: skip


def _chart_folder(path: str, charts: Mapping[str, str]) -> str | None:
    folder = path.rpartition("/")[0]
    while True:
        if folder in charts:
            return folder
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _hole(label: str, folder: str, templates: list[Document], span: object) -> Hole:
    """One hole for all templates; its footprint are the kinds that their text names."""
    from plumbrule_parsers.source import Span

    assert isinstance(span, Span)
    kinds: set[str] = set()
    for document in templates:
        listed = document.facts.get("kinds")
        for kind in listed if isinstance(listed, ListValue) else ():
            if kind in _KINDS:
                kinds.update((f"k8s.{kind}", "k8s.Container", "k8s.EnvVar", "k8s.Volume"))
                if kind == "StatefulSet":
                    kinds.add("k8s.VolumeClaimTemplate")
            else:
                kinds.add(_OWN.get(str(kind), "k8s.CustomObject"))
    above = folder.rpartition("/")[0]
    why = Unknown(Reason.TEMPLATE, f"{label} is not rendered", span)
    return Hole(why, span, kinds=tuple(sorted(kinds)) or ("k8s.CustomObject",),
                within=above or folder)  # fmt: skip
