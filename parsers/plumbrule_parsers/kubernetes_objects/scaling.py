"""Scaling: how many pods of a workload there are, and how many may go at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbrule_parsers.document import Node, Reference, ToMatch
from plumbrule_parsers.kubernetes_objects.entries import (
    bring,
    bring_amount,
    entry_of,
    in_namespace,
)
from plumbrule_parsers.kubernetes_objects.networking import selects
from plumbrule_parsers.value import MapValue, Unknown, Value

if TYPE_CHECKING:
    from plumbrule_parsers.kubernetes_objects.lift import Lift


def budget(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """What a PodDisruptionBudget demands, and of which pods."""
    if spec is None:
        return
    for key, name in (("minAvailable", "min_available"), ("maxUnavailable", "max_unavailable")):
        bring_amount(node.fields, spec, key, name)
    selects(lift, node, spec, "selector", "protects")


def autoscaler(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """The bounds of a HorizontalPodAutoscaler and what it scales."""
    if spec is None:
        return
    bring(node.fields, spec, "minReplicas", "min_replicas")
    bring(node.fields, spec, "maxReplicas", "max_replicas")
    _scales(lift, node, spec, otherwise=None)


def scaled_object(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """The bounds of a ScaledObject of KEDA and what it scales."""
    if spec is None:
        return
    bring(node.fields, spec, "minReplicaCount", "min_replicas")
    bring(node.fields, spec, "maxReplicaCount", "max_replicas")
    _scales(lift, node, spec, otherwise="Deployment")


def _scales(lift: Lift, node: Node, spec: MapValue, otherwise: str | None) -> None:
    target = lift.part(spec, "scaleTargetRef", node.label)
    if target is None:
        return
    bring(node.fields, target, "kind", "target_kind")
    bring(node.fields, target, "name", "target_name")
    name, kind = target.get("name"), target.get("kind", otherwise)
    equals: list[tuple[str, Value]] = [("name", name), *in_namespace(node)]
    if kind is not None:
        equals.append(("api_kind", kind))
    if name is not None:
        match = ToMatch(("k8s.Workload",), tuple(equals))
        span = entry_of(spec, "scaleTargetRef", node.span)
        lift.references.append(Reference("scales", node.address, match, span))


def strategy(node: Node, spec: MapValue) -> None:
    """How a Deployment replaces its pods; a strategy that cannot be told leaves all in doubt."""
    written = spec.get("strategy")
    if isinstance(written, Unknown):
        for name in ("strategy", "decides", "max_unavailable", "max_unavailable_percent"):
            node.fields.put(name, written, spec.place("strategy"))
    if not isinstance(written, MapValue):
        return
    bring(node.fields, written, "type", "strategy")
    bring(node.fields, written, "type", "decides")
    rolling = written.get("rollingUpdate")
    if isinstance(rolling, MapValue):
        bring(node.fields, rolling, "maxUnavailable", "decides")
        bring_amount(node.fields, rolling, "maxUnavailable", "max_unavailable")
