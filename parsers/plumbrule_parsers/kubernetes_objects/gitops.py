"""GitOps, backups and access: what Argo CD deploys, what Velero keeps, what a binding grants."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Node, Reference, ToAddress, ToMatch
from plumbrule_parsers.kubernetes_objects.entries import bring, entry_of, shown
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Value

if TYPE_CHECKING:
    from plumbrule_parsers.kubernetes_objects.lift import Lift


def binding(lift: Lift, node: Node, manifest: MapValue, _spec: MapValue | None) -> None:
    """The subjects of a binding and the role that it grants."""
    bring(node.fields, manifest, "subjects")
    role = lift.part(manifest, "roleRef", node.label)
    if role is None or role.get("name") is None:
        return
    bring(node.fields, role, "name", "role_name")
    equals: list[tuple[str, Value]] = [("name", role["name"])]
    if role.get("kind") is not None:
        equals.append(("api_kind", role["kind"]))
    match = ToMatch(("k8s.Role",), tuple(equals))
    span = entry_of(role, "name", node.span)
    lift.references.append(Reference("grants", node.address, match, span))


def application(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """The sources of an Application of Argo CD, a node each."""
    if spec is None:
        return
    sources: list[tuple[MapValue, Span]] = []
    single = spec.get("source")
    if isinstance(single, MapValue):
        sources.append((single, entry_of(spec, "source", single.span)))
    for source, _index in lift.items(spec, "sources", node.label):
        sources.append((source, source.span))
    for index, (source, span) in enumerate(sources):
        called = shown(source.get("path") or source.get("chart")) or str(index)
        fields = source.copy_with()
        fields.put("name", called)
        at = entry_of(source, "targetRevision", span.first_line)
        address = lift.address(f"{node.address}/source/{called}")
        label = f"source {called} of {node.label}"
        lift.nodes.append(Node(address, "argo.Source", label, fields, at, node.address))
        lift.references.append(Reference("has_source", node.address, ToAddress(address), span))
        folder = source.get("path")
        if isinstance(folder, str) and source.get("chart") is None:
            lift.references.append(_finds(address, folder, span))


def kustomization(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """What stands at the path of a Kustomization of Flux."""
    folder = spec.get("path") if spec is not None else None
    if spec is not None and isinstance(folder, str):
        span = entry_of(spec, "path", node.span)
        lift.references.append(_finds(node.address, folder, span))


def _finds(origin: str, folder: str, span: Span) -> Reference:
    """The edge to each unit of the folder, if the repository has any there."""
    place = posixpath.normpath(folder.strip("/") or ".")
    return Reference("finds", origin, ToMatch(("core.Unit",), (("folder", place),)), span)


def schedule(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """When a Schedule of Velero runs and which workloads it keeps."""
    if spec is None:
        return
    bring(node.fields, spec, "paused")
    bring(node.fields, spec, "schedule")
    template = spec.get("template")
    if not isinstance(template, MapValue):
        return
    place = spec.place("template")
    span = place.entry.first_line if place is not None else node.span
    included = template.get("includedNamespaces")
    names = list(included) if isinstance(included, ListValue) else []
    excluded = template.get("excludedNamespaces")
    skip = set(map(str, excluded)) if isinstance(excluded, ListValue) else set()
    if isinstance(included, ListValue):
        node.fields.put("namespaces", included, template.place("includedNamespaces"))
    if not names or "*" in names:
        if not skip:
            match = ToMatch(("k8s.Workload",))
            lift.references.append(Reference("backs_up", node.address, match, span))
        return
    for name in names:
        if str(name) not in skip:
            match = ToMatch(("k8s.Workload",), (("namespace", name),))
            lift.references.append(Reference("backs_up", node.address, match, span))
