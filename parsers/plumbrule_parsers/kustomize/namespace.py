"""The namespace of everything: objects, subjects of bindings, services of webhooks."""

from __future__ import annotations

from collections.abc import Iterable

from plumbrule_parsers.kustomize.field_paths import visit
from plumbrule_parsers.kustomize.field_specs import FieldSpec
from plumbrule_parsers.kustomize.objects import Resource, is_cluster_scoped
from plumbrule_parsers.kustomize.trees import BuildError, entry_of, put
from plumbrule_parsers.value import ListValue, MapValue, Place

_NOTE = "namespace set here"
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def set_namespace(
    resources: Iterable[Resource], namespace: str, place: Place | None,
    fields: tuple[FieldSpec, ...], *, unset_only: bool = False, subjects: str = "defaultOnly",
) -> None:  # fmt: skip
    """Move all objects into the namespace. BuildError: two get one name."""
    resources = list(resources)

    def setting(owner: MapValue, key: str) -> None:
        if not (unset_only and owner.get(key)):
            put(owner, key, namespace, place, _NOTE)

    for resource in resources:
        resource.remember()
        group, version = resource.group_version
        kind = resource.kind
        if not is_cluster_scoped(group, version, kind):
            visit(resource.body, "metadata/namespace", setting, str, place)
        if kind in _BINDINGS and subjects != "none":
            _subjects(resource.body, namespace, place, every=subjects == "allServiceAccounts")
        for field in fields:
            if not field.fits(group, version, kind) or field.path == "metadata/namespace":
                continue
            if field.path == "metadata/name" and (group, version) != ("", "v1"):
                continue
            if kind in _BINDINGS and field.path == "subjects/namespace" and field.kind == kind:
                continue
            visit(resource.body, field.path, setting, str if field.create else None, place)
    seen = set()
    for resource in resources:
        identity = resource.identity
        if identity in seen:
            raise BuildError("same-object", f"`namespace: {namespace}` makes two objects "
                             f"{identity.kind} {identity.name}", entry_of(place))  # fmt: skip
        seen.add(identity)


def _subjects(body: MapValue, namespace: str, place: Place | None, *, every: bool) -> None:
    listed = body.get("subjects")
    for subject in listed if isinstance(listed, ListValue) else ():
        if not isinstance(subject, MapValue):
            continue
        if (subject.get("kind") == "ServiceAccount") if every else (
            subject.get("name") == "default"
        ):  # fmt: skip
            put(subject, "namespace", namespace, place, _NOTE)
