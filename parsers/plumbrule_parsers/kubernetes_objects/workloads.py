"""Workloads: what runs pods, its containers, their variables, and what the pods mount."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Node, Reference, ToMatch
from plumbrule_parsers.image_builds.image_names import image_name
from plumbrule_parsers.kubernetes_objects import secrets
from plumbrule_parsers.kubernetes_objects.entries import bring, entry_of, shown
from plumbrule_parsers.kubernetes_objects.probes import (
    PROBES,
    probe_nodes,
    put_sleep,
    with_handler,
)
from plumbrule_parsers.kubernetes_objects.scaling import strategy
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Unknown,
    Value,
    join_segments,
)

if TYPE_CHECKING:
    from plumbrule_parsers.kubernetes_objects.lift import Lift

# Variables in the ways of envsubst, Make and templates that nobody rendered.
_LEFT_OPEN = re.compile(r"\$\{[^{}]*\}|\$\([^()]*\)|\$\w+|\{\{[^{}]*\}\}")
_HOST_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
# A tag that counts up: `1.4`, `v2.0.1`, `1.27.3-alpine`; a date or a build number counts too.
_VERSION_TAG = re.compile(r"v?\d+(?:\.\d+){1,2}(?:-[0-9A-Za-z.-]+)?")


def workload(lift: Lift, node: Node, manifest: MapValue, spec: MapValue | None) -> None:
    """A workload's own fields, its pod and the pod's parts."""
    if spec is None:
        return
    fields = node.fields
    template_owner = spec
    if node.kind == "k8s.CronJob":
        for key, name in (("schedule", "schedule"), ("suspend", "suspend"),
                          ("concurrencyPolicy", "concurrency_policy")):  # fmt: skip
            bring(fields, spec, key, name)
        job = lift.part(spec, "jobTemplate", node.label)
        job_spec = lift.part(job, "spec", node.label) if job is not None else None
        if job_spec is None:
            return
        template_owner = job_spec
    bring(fields, spec, "replicas")
    if node.kind == "k8s.Deployment":
        strategy(node, spec)
    bring(fields, template_owner, "backoffLimit", "backoff_limit")
    bring(fields, template_owner, "ttlSecondsAfterFinished", "ttl_after_finished")
    if node.kind == "k8s.Pod":
        pod: MapValue | None = spec
        metadata = lift.part(manifest, "metadata", node.label)
    else:
        template = lift.part(template_owner, "template", node.label)
        if template is None:
            return
        pod = lift.part(template, "spec", node.label)
        metadata = lift.part(template, "metadata", node.label)
    if metadata is not None:
        for key in ("labels", "annotations"):
            if isinstance(metadata.get(key), (MapValue, Unknown)):
                bring(fields, metadata, key, f"pod_{key}")
    for claim, index in lift.items(spec, "volumeClaimTemplates", node.label):
        _claim(lift, node, claim, index)
    if pod is not None:
        _pod(lift, node, pod)


def _pod(lift: Lift, node: Node, pod: MapValue) -> None:
    """The pod's fields, containers, volumes and the things that it names."""
    fields = node.fields
    fields.put("pod", pod)
    for key, name in (
        ("serviceAccountName", "service_account"), ("hostNetwork", "host_network"),
        ("hostPID", "host_pid"), ("hostIPC", "host_ipc"),
        ("terminationGracePeriodSeconds", "termination_grace"),
    ):  # fmt: skip
        bring(fields, pod, key, name)
    _put_host_namespaces(fields, pod)
    for key, role in (
        ("initContainers", "init"), ("containers", "main"), ("ephemeralContainers", "ephemeral")
    ):  # fmt: skip
        for container, _index in lift.items(pod, key, node.label):
            _container(lift, node, container, role)
    account = pod.get("serviceAccountName")
    if account is not None:
        place = pod.place("serviceAccountName")
        lift.named(node, "runs_as", "k8s.ServiceAccount", account, place, pod)
    for volume, index in lift.items(pod, "volumes", node.label):
        _volume(lift, node, volume, index)


def _put_host_namespaces(fields: MapValue, pod: MapValue) -> None:
    """The namespaces of the node that the pod shares, at the first of their places."""
    shared = [key for key in _HOST_NAMESPACES if pod.get(key) is True]
    unsure = [key for key in _HOST_NAMESPACES if isinstance(pod.get(key), Unknown)]
    if not shared and not unsure:
        return
    listed = ListValue(pod.source, pod.start, pod.end, shared)
    if unsure:
        rest = pod[unsure[0]]
        listed.rest = rest if isinstance(rest, Unknown) else None
    fields.put("host_namespaces", listed, pod.place((shared or unsure)[0]))


def _container(lift: Lift, owner: Node, container: MapValue, role: str) -> None:
    """One container with its environment."""
    name, place = container.get("name"), container.place("name")
    called = shown(name) or "unnamed"
    if role == "init" and container.get("restartPolicy") == "Always":
        role = "sidecar"
    fields = container.copy_with(role=role)
    if name is None:
        fields.put("name", "unnamed")
    for probe in PROBES:
        written = container.get(probe)
        if isinstance(written, MapValue):
            fields.put(probe, with_handler(written), container.place(probe))
    put_sleep(fields, container)
    _put_image(fields, container)
    for key in ("requests", "limits"):
        resources = container.get("resources")
        if isinstance(resources, MapValue) and not isinstance(
            resources.get(key), (MapValue, Unknown, type(None))
        ):
            lift.warn("not-a-mapping", f"`resources.{key}` of {called} must be a mapping",
                      resources.span)  # fmt: skip
    address = lift.address(f"{owner.address}/container/{called}")
    span = place.entry if place is not None else container.span.first_line
    label = f"container {called} of {owner.label}"
    node = Node(address, "k8s.Container", label, fields, span, owner.address)
    lift.nodes.append(node)
    probe_nodes(lift, node, container)
    for variable, _index in lift.items(container, "env", label):
        _variable(lift, node, owner, variable)
    for source, _index in lift.items(container, "envFrom", label):
        for key, kind in (("secretRef", "k8s.Secret"), ("configMapRef", "k8s.ConfigMap")):
            reference = source.get(key)
            if isinstance(reference, MapValue) and reference.get("name") is not None:
                lift.named(node, "references", kind, reference["name"],
                           reference.place("name"), reference, owner)  # fmt: skip
                if kind == "k8s.Secret":
                    secrets.use(lift, node, owner, reference, "name", "envFrom")


def _put_image(fields: MapValue, container: MapValue) -> None:
    """The image's repository and its home, and the version that the tag spells, if it does."""
    place = container.place("image")
    image = _filled_in_later(container.get("image"), place)
    if image is None:
        return
    if image is not container["image"]:
        fields.put("image", image, place)
    name = image_name(image)
    if name is not None:
        fields.put("image_repository", name.repository, place)
        fields.put("image_home", name.home, place)
    if isinstance(image, str):
        tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
        if _VERSION_TAG.fullmatch(tag):
            fields.put("image_version", tag, place)
    else:
        fields.put("image_version", image, place)


def _filled_in_later(image: Value, place: Place | None) -> Value:
    """The image; what `envsubst` and its like replace before it is applied is an unknown part."""
    if not isinstance(image, str) or _LEFT_OPEN.search(image) is None:
        return image
    span = place.value if place is not None else None
    parts: list[str | Unknown] = []
    at = 0
    for found in _LEFT_OPEN.finditer(image):
        parts.append(image[at : found.start()])
        parts.append(Unknown(Reason.ENVIRONMENT, f"`{found[0][:40]}` in an image", span, "string",
                             not_null=True))  # fmt: skip
        at = found.end()
    parts.append(image[at:])
    return join_segments(part for part in parts if part != "")


def _variable(lift: Lift, container: Node, owner: Node, variable: MapValue) -> None:
    """One environment variable."""
    name, place = variable.get("name"), variable.place("name")
    called = shown(name) or "unnamed"
    fields = variable.copy_with(container=shown(container.fields.get("name")) or "unnamed")
    if name is None:
        fields.put("name", "unnamed")
    address = lift.address(f"{container.address}/env/{called}")
    span = place.entry if place is not None else variable.span.first_line
    node = Node(address, "k8s.EnvVar", f"variable {called}", fields, span, container.address)
    lift.nodes.append(node)
    origin = variable.get("valueFrom")
    if not isinstance(origin, MapValue):
        return
    for key, kind in (("secretKeyRef", "k8s.Secret"), ("configMapKeyRef", "k8s.ConfigMap")):
        reference = origin.get(key)
        if isinstance(reference, MapValue) and reference.get("name") is not None:
            name, at = reference["name"], reference.place("name")
            lift.named(node, "references", kind, name, at, reference, owner)
            lift.named(node, "flows_to", kind, name, at, reference, owner, reverse=True)
            if kind == "k8s.Secret":
                secrets.use(lift, node, owner, reference, "name", "env")


def _volume(lift: Lift, owner: Node, volume: MapValue, index: int) -> None:
    """One volume, and what it mounts."""
    called = shown(volume.get("name")) or str(index)
    fields = volume.copy_with()
    fields.setdefault("name", called)
    address = lift.address(f"{owner.address}/volume/{called}")
    span = entry_of(volume, "name", volume.span.first_line)
    node = Node(address, "k8s.Volume", f"volume {called}", fields, span, owner.address)
    lift.nodes.append(node)
    for key, inner, kind in (
        ("secret", "secretName", "k8s.Secret"),
        ("configMap", "name", "k8s.ConfigMap"),
        ("persistentVolumeClaim", "claimName", "k8s.PersistentVolumeClaim"),
    ):
        target = volume.get(key)
        if not isinstance(target, MapValue) or target.get(inner) is None:
            continue
        name = target[inner]
        lift.named(owner, "mounts", kind, name, target.place(inner), target)
        if kind == "k8s.PersistentVolumeClaim":
            _mounted_claim(lift, owner, name, target)
        elif kind == "k8s.Secret":
            secrets.use(lift, node, owner, target, inner, "volume")
    projected = volume.get("projected")
    if isinstance(projected, MapValue):
        for source, _index in lift.items(projected, "sources", node.label):
            secret = source.get("secret")
            if isinstance(secret, MapValue):
                secrets.use(lift, node, owner, secret, "name", "volume")


def _mounted_claim(lift: Lift, owner: Node, name: Value, at: MapValue) -> None:
    """A claim by name may be one of a StatefulSet's: `<template>-<set>-<ordinal>`."""
    span = entry_of(at, "claimName", at.span)
    targets = [ToMatch(("k8s.PersistentVolumeClaim",), (("name", name),))]
    match = re.fullmatch(r"(.+)-(\d+)", name) if isinstance(name, str) else None
    if match is not None:
        claims = ("k8s.VolumeClaimTemplate",)
        targets.append(ToMatch(claims, (("claim_prefix", match[1]),)))
        lift.references.append(Reference("mounts", owner.address, targets[1], span))
    if owner.kind == "k8s.CronJob":
        for target in targets:
            lift.references.append(Reference("snapshots", owner.address, target, span))


def _claim(lift: Lift, owner: Node, claim: MapValue, index: int) -> None:
    """One volume claim template."""
    metadata = lift.part(claim, "metadata", owner.label)
    name = metadata.get("name") if metadata is not None else None
    called = shown(name) or str(index)
    fields = MapValue(lift.source, claim.start, claim.end)
    place = metadata.place("name") if metadata is not None else None
    fields.put("name", name if name is not None else called, place)
    owner_name = owner.fields.get("name")
    if isinstance(name, str) and isinstance(owner_name, str):
        fields.put("claim_prefix", f"{name}-{owner_name}")
    spec = claim.get("spec")
    if isinstance(spec, MapValue):
        fields.put("spec", spec, claim.place("spec"))
        resources = spec.get("resources")
        requests = resources.get("requests") if isinstance(resources, MapValue) else None
        if isinstance(requests, MapValue):
            bring(fields, requests, "storage")
    address = lift.address(f"{owner.address}/claim/{called}")
    span = place.entry if place is not None else claim.span.first_line
    label = f"volume claim {called} of {owner.label}"
    lift.nodes.append(Node(address, "k8s.VolumeClaimTemplate", label, fields, span, owner.address))
