"""Networking: the ports of Services, and the backends of what routes to them, a node each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Node, Reference, ToMatch
from plumbrule_parsers.kubernetes_objects.entries import (
    NO_NAMESPACE,
    bring,
    entry_of,
    put_port,
    shown,
)
from plumbrule_parsers.value import MapValue, Place, Segments, Unknown, Value

if TYPE_CHECKING:
    from plumbrule_parsers.kubernetes_objects.lift import Lift


def selects(lift: Lift, node: Node, spec: MapValue, key: str, edge: str) -> None:
    """A reference to the pods whose labels the spec selects."""
    selector = spec.get(key)
    if isinstance(selector, MapValue):
        lift.selecting(node, edge, selector, entry_of(spec, key, node.span), "pod_labels")


def policy(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """The pods that a NetworkPolicy is about."""
    if spec is not None:
        selects(lift, node, spec, "podSelector", "restricts")


def service(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """What a Service selects, and its ports."""
    if spec is None:
        return
    for key, name in (
        ("selector", ""), ("type", ""), ("ports", ""), ("clusterIP", "cluster_ip"),
        ("publishNotReadyAddresses", "publish_not_ready"),
    ):  # fmt: skip
        bring(node.fields, spec, key, name)
    selects(lift, node, spec, "selector", "selects")
    _suits(lift, node, spec)
    for port, index in lift.items(spec, "ports", node.label):
        fields = port.copy_with()
        called = shown(port.get("name") or port.get("port")) or str(index)
        fields.put("name", called)
        bring(fields, port, "name", "port_name")
        target, place = port.get("targetPort"), port.place("targetPort")
        if target is None:  # the API fills it in
            target, place = port.get("port"), port.place("port")
        _put_target(fields, target, place)
        address = lift.address(f"{node.address}/port/{called}")
        span = entry_of(port, "port", port.span).first_line
        label = f"port {called} of {node.label}"
        lift.nodes.append(Node(address, "k8s.ServicePort", label, fields, span, node.address))


def _suits(lift: Lift, node: Node, spec: MapValue) -> None:
    """A reference to the pods with the selected labels, in whatever namespace."""
    selector = spec.get("selector")
    if isinstance(selector, MapValue) and selector:
        target = ToMatch(("k8s.Workload",), (), tuple(selector.items()), "pod_labels")
        span = entry_of(spec, "selector", node.span)
        lift.references.append(Reference("suits", node.address, target, span))


def _put_target(fields: MapValue, target: Value, place: Place | None) -> None:
    ports = MapValue(fields.source, fields.start, fields.end)
    put_port(ports, target, place)
    for key, name in (("port_name", "target_name"), ("port_number", "target_number")):
        if key in ports:
            fields.put(name, ports[key], place)


# ------------------------------------------------------------------ what routes to Services
def ingress(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """The backends of an Ingress, of the current and the old API."""
    if spec is None:
        return
    for backend in _ingress_backends(lift, node, spec):
        inner = backend.get("service")
        if isinstance(inner, MapValue):
            port = inner.get("port")
            holder = port if isinstance(port, MapValue) else None
            key = "name" if holder is not None and "name" in holder else "number"
            _backend(lift, node, inner, "name", holder, key)
        elif "serviceName" in backend:
            _backend(lift, node, backend, "serviceName", backend, "servicePort")


def _ingress_backends(lift: Lift, node: Node, spec: MapValue) -> Iterator[MapValue]:
    default = spec.get("defaultBackend") or spec.get("backend")
    if isinstance(default, MapValue):
        yield default
    for rule, _index in lift.items(spec, "rules", node.label):
        http = rule.get("http")
        if isinstance(http, MapValue):
            for path, _at in lift.items(http, "paths", node.label):
                backend = path.get("backend")
                if isinstance(backend, MapValue):
                    yield backend


def route(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    """The backends of a route of the Gateway API or of a VirtualService of Istio."""
    if spec is None:
        return
    if node.fields.get("api_kind") != "VirtualService":
        for rule, _index in lift.items(spec, "rules", node.label):
            for backend, _at in lift.items(rule, "backendRefs", node.label):
                if backend.get("kind", "Service") == "Service" and not backend.get("group"):
                    _backend(lift, node, backend, "name", backend, "port")
        return
    for protocol in ("http", "tcp", "tls"):
        for one, _index in lift.items(spec, protocol, node.label):
            for to, _at in lift.items(one, "route", node.label):
                destination = to.get("destination")
                if isinstance(destination, MapValue):
                    port = destination.get("port")
                    holder = port if isinstance(port, MapValue) else None
                    _backend(lift, node, destination, "host", holder, "number")


def _backend(
    lift: Lift, node: Node, holder: MapValue, key: str, port: MapValue | None, port_key: str
) -> None:
    """One backend, with its references to the Service of that name."""
    name, place = holder.get(key), holder.place(key)
    namespace = holder.get("namespace")
    if key == "host" and isinstance(name, str):
        parts = name.split(".")
        if len(parts) > 1 and parts[2:3] != ["svc"]:
            return  # a host outside the mesh, or one that a ServiceEntry declares
        name, namespace = parts[0], parts[1] if len(parts) > 1 else None
    if name is None or (key != "name" and not isinstance(name, (str, Unknown, Segments))):
        return
    if namespace is None:
        namespace = node.fields.get("namespace")
    fields = MapValue(lift.source, holder.start, holder.end)
    fields.put("name", shown(name), place)
    fields.put("service", name, place)
    if namespace is not None:
        fields.put("namespace", namespace, holder.place("namespace"))
    if port is not None:
        put_port(fields, port.get(port_key), port.place(port_key))
    called = f"{shown(name)}:{shown(port.get(port_key)) if port is not None else ''}"
    span = place.entry if place is not None else holder.span.first_line
    label = f"backend {called.rstrip(':')} of {node.label}"
    address = lift.address(f"{node.address}/backend/{called.rstrip(':')}")
    lift.nodes.append(Node(address, "k8s.Backend", label, fields, span, node.address))
    there = NO_NAMESPACE if namespace is None else namespace
    exact = ToMatch(("k8s.Service",), (("name", name), ("namespace", there)))
    lift.references += (
        Reference("routes_to", node.address, exact, span),
        Reference("sends_to", address, exact, span),
        Reference("names", address, ToMatch(("k8s.Service",), (("name", name),)), span),
    )
