"""Identities of a cloud that the pods of a ServiceAccount get, and what makes these identities.

Sources: https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html,
https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity and
https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plumbrule_parsers.document import Node, Reference, ToMatch
from plumbrule_parsers.value import MapValue, Segments, Unknown, Value

if TYPE_CHECKING:
    from plumbrule_parsers.kubernetes_objects.lift import Lift

AWS: Final = "eks.amazonaws.com/role-arn"
GOOGLE: Final = "iam.gke.io/gcp-service-account"
AZURE: Final = "azure.workload.identity/client-id"
_ARN = re.compile(r"arn:[\w-]+:iam::(\d*):role/(?:\S*/)?([^\s/]+)")
_EMAIL = re.compile(r"([\w-]+)@([\w.-]+)\.iam\.gserviceaccount\.com")


def account(lift: Lift, node: Node, manifest: MapValue, _spec: MapValue | None) -> None:
    """The identity as fields, and an edge to the resource of Terraform that makes it."""
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, MapValue) else None
    if not isinstance(annotations, MapValue):
        return
    for key, kind, field in (
        (AWS, "aws_iam_role", "attr_name"),
        (GOOGLE, "google_service_account", "account_id"),
        (AZURE, "", ""),
    ):
        value = annotations.get(key)
        if value is None or value == "":
            continue
        place = annotations.place(key)
        name, home = _told(key, value)
        node.fields.put("identity", name, place)
        node.fields.put("identity_home", home, place)
        if kind and isinstance(name, (str, Segments)):
            span = place.entry if place is not None else node.span
            target = ToMatch(("tf.Resource",), (("type", kind), (field, name)))
            lift.references.append(Reference("takes", node.address, target, span))


def _told(key: str, value: Value) -> tuple[Value, Value]:
    """The name of the identity, and the account or project that it is of."""
    if isinstance(value, Segments):
        _head, slash, last = value.suffix.rpartition("/")
        if key == AWS and slash and last:
            return last, value.unknowns[0]
        if key == GOOGLE and "@" in value.prefix:
            return value.prefix.partition("@")[0], value.unknowns[0]
        return value, value.unknowns[0]
    if isinstance(value, Unknown):
        return value, value
    text = str(value)
    found = _ARN.fullmatch(text) if key == AWS else _EMAIL.fullmatch(text)
    if found is None:
        return text, ""
    return (found[2], found[1]) if key == AWS else (found[1], found[2])
