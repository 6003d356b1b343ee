"""Objects to nodes and references: workloads with their containers, and what points at what.

Field meanings: https://kubernetes.io/docs/reference/kubernetes-api/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from plumbrule_parsers.document import (
    Addresses,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
    ToMatch,
)
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Segments,
    Unknown,
    Value,
)

WORKLOADS = {
    "Pod": "k8s.Pod", "Deployment": "k8s.Deployment", "StatefulSet": "k8s.StatefulSet",
    "DaemonSet": "k8s.DaemonSet", "ReplicaSet": "k8s.ReplicaSet",
    "ReplicationController": "k8s.ReplicationController", "Job": "k8s.Job",
    "CronJob": "k8s.CronJob",
}  # fmt: skip
# Custom resources with a pod template at `spec.template`.
CUSTOM_WORKLOADS = {
    ("argoproj.io", "Rollout"), ("serving.knative.dev", "Service"), ("apps.kruise.io", "CloneSet"),
    ("apps.kruise.io", "StatefulSet"), ("apps.kruise.io", "DaemonSet"),
    ("apps.openshift.io", "DeploymentConfig"),
}  # fmt: skip
PLAIN = {
    "Service": "k8s.Service", "Ingress": "k8s.Ingress", "NetworkPolicy": "k8s.NetworkPolicy",
    "HorizontalPodAutoscaler": "k8s.HorizontalPodAutoscaler",
    "PodDisruptionBudget": "k8s.PodDisruptionBudget", "ServiceAccount": "k8s.ServiceAccount",
    "Role": "k8s.Role", "ClusterRole": "k8s.Role", "RoleBinding": "k8s.RoleBinding",
    "ClusterRoleBinding": "k8s.RoleBinding", "Secret": "k8s.Secret", "ConfigMap": "k8s.ConfigMap",
    "PersistentVolumeClaim": "k8s.PersistentVolumeClaim", "Namespace": "k8s.Namespace",
}  # fmt: skip
BUILTIN_GROUPS = re.compile(
    r"(?:v1|apps/|batch/|extensions/|autoscaling/|policy/|[\w.]+\.k8s\.io/)"
)
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_ENVIRONMENT = re.compile(
    r"^(?:dev|test|qa|uat|stage|staging|stg|prod|production|prd|live)-"
    r"|-(?:dev|test|qa|uat|stage|staging|stg|prod|production|prd|live)$"
)


class Lift:
    """Collects the nodes, references and problems of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.nodes: list[Node] = []
        self.references: list[Reference] = []
        self.problems: list[Problem] = []
        self.address = Addresses().unique

    # -------------------------------------------------------------- plumbing
    def warn(self, code: str, message: str, span: Span) -> None:
        """Report a structural mistake and go on."""
        self.problems.append(Problem(code, message, span.first_line, Severity.WARNING))

    def part(self, owner: MapValue, key: str, label: str) -> MapValue | None:
        """A mapping inside a mapping, None if absent or of another type."""
        value = owner.get(key)
        if isinstance(value, MapValue):
            return value
        if value is not None and not isinstance(value, (Unknown, Segments)):
            place = owner.place(key)
            span = place.entry if place is not None else owner.span
            self.warn("not-a-mapping", f"`{key}` of {label} must be a mapping", span)
        return None

    def items(self, owner: MapValue, key: str, label: str) -> list[tuple[MapValue, int]]:
        """The mappings of a list inside a mapping, with their positions."""
        value = owner.get(key)
        if value is None or isinstance(value, (Unknown, Segments)):
            return []
        if not isinstance(value, ListValue):
            place = owner.place(key)
            span = place.entry if place is not None else owner.span
            self.warn("not-a-list", f"`{key}` of {label} must be a list", span)
            return []
        found = []
        for index, item in enumerate(value):
            if isinstance(item, MapValue):
                found.append((item, index))
            elif not isinstance(item, (Unknown, Segments)):
                place = value.place(index)
                span = place.value if place is not None else value.span
                self.warn("not-a-mapping", f"an item of `{key}` of {label} must be a mapping", span)
        return found

    # -------------------------------------------------------------- objects
    def manifest(self, manifest: MapValue) -> None:
        """One object."""
        api_version, api_kind = manifest.get("apiVersion"), manifest.get("kind")
        if not isinstance(api_version, str) or not isinstance(api_kind, str):
            missing = "apiVersion" if not isinstance(api_version, str) else "kind"
            self.warn("no-kind", f"the object has no `{missing}`; it is left out", manifest.span)
            return
        metadata = self.part(manifest, "metadata", api_kind)
        if metadata is None:
            metadata = MapValue(self.source, manifest.start, manifest.start)
        name, name_place = metadata.get("name"), metadata.place("name")
        if name is None and isinstance(metadata.get("generateName"), str):
            name, name_place = f"{metadata['generateName']}*", metadata.place("generateName")
        namespace = metadata.get("namespace")
        shown = _shown(name) or "unnamed"
        where = f"{_shown(namespace)}/" if namespace is not None else ""
        label = f"{api_kind} {where}{shown}"
        group = api_version.partition("/")[0] if "/" in api_version else ""
        kind = self.kind_of(group, api_version, api_kind)
        fields = self.common(manifest, metadata, name, name_place, namespace)
        address = self.address(
            f"{self.source.path}#{api_kind}/{_shown(namespace) or 'default'}/{shown}"
        )
        span = _head(manifest, metadata, name_place)
        node = Node(address, kind, label, fields, span)
        first = len(self.nodes)
        spec = self.part(manifest, "spec", label)
        if api_kind == "CustomResourceDefinition":
            self.nodes.append(node)
            return
        if spec is not None:
            _bring(fields, manifest, "spec")
        method = _METHODS.get(kind)
        if kind in WORKLOADS.values() or kind == "k8s.CustomWorkload":
            self.workload(node, manifest, spec)
        elif method is not None:
            method(self, node, manifest, spec)
        elif kind in ("k8s.CustomObject", "k8s.ExternalSecret"):
            for key in manifest:
                if key not in ("apiVersion", "kind", "metadata"):
                    _bring(fields, manifest, key)
            if spec is not None:  # a custom resource's own attributes are read from its spec
                for key in spec:
                    if key not in fields:
                        _bring(fields, spec, key)
        self.nodes.insert(first, node)  # owners stand before what they contain

    @staticmethod
    def kind_of(group: str, api_version: str, api_kind: str) -> str:
        """The schema's kind for an API kind."""
        if (group, api_kind) in CUSTOM_WORKLOADS:
            return "k8s.CustomWorkload"
        if BUILTIN_GROUPS.match(api_version + "/"):
            found = WORKLOADS.get(api_kind) or PLAIN.get(api_kind)
            if found is not None:
                return found
        special = _SPECIAL.get((group, api_kind))
        return special or "k8s.CustomObject"

    def common(
        self, manifest: MapValue, metadata: MapValue, name: Value, name_place: Place | None,
        namespace: Value,
    ) -> MapValue:  # fmt: skip
        """The fields that every object has."""
        fields = MapValue(self.source, manifest.start, manifest.end)
        fields.put("name", name if name is not None else "unnamed", name_place)
        if namespace is not None:
            fields.put("namespace", namespace, metadata.place("namespace"))
        for key in ("labels", "annotations"):
            if isinstance(metadata.get(key), (MapValue, Unknown)):
                _bring(fields, metadata, key)
        fields.put("api_version", manifest["apiVersion"], manifest.place("apiVersion"))
        fields.put("api_kind", manifest["kind"], manifest.place("kind"))
        logical = _ENVIRONMENT.sub("", name) if isinstance(name, str) else name
        fields.put("logical_name", logical if logical is not None else "unnamed", name_place)
        return fields

    # -------------------------------------------------------------- workloads
    def workload(self, node: Node, manifest: MapValue, spec: MapValue | None) -> None:
        """A workload's own fields, its pod and the pod's parts."""
        if spec is None:
            return
        fields = node.fields
        template_owner = spec
        if node.kind == "k8s.CronJob":
            for key, name in (("schedule", "schedule"), ("suspend", "suspend"),
                              ("concurrencyPolicy", "concurrency_policy")):  # fmt: skip
                _bring(fields, spec, key, name)
            job = self.part(spec, "jobTemplate", node.label)
            job_spec = self.part(job, "spec", node.label) if job is not None else None
            if job_spec is None:
                return
            template_owner = job_spec
        _bring(fields, spec, "replicas")
        _bring(fields, template_owner, "backoffLimit", "backoff_limit")
        if node.kind == "k8s.Pod":
            pod: MapValue | None = spec
            metadata = self.part(manifest, "metadata", node.label)
        else:
            template = self.part(template_owner, "template", node.label)
            if template is None:
                return
            pod = self.part(template, "spec", node.label)
            metadata = self.part(template, "metadata", node.label)
        if metadata is not None and isinstance(metadata.get("labels"), (MapValue, Unknown)):
            _bring(fields, metadata, "labels", "pod_labels")
        for claim, index in self.items(spec, "volumeClaimTemplates", node.label):
            self.claim(node, claim, index)
        if pod is None:
            return
        self.pod(node, pod)

    def pod(self, node: Node, pod: MapValue) -> None:
        """The pod's fields, containers, volumes and the things that it names."""
        fields = node.fields
        fields.put("pod", pod)
        for key, name in (
            ("serviceAccountName", "service_account"), ("hostNetwork", "host_network"),
            ("hostPID", "host_pid"), ("hostIPC", "host_ipc"),
            ("terminationGracePeriodSeconds", "termination_grace"),
        ):  # fmt: skip
            _bring(fields, pod, key, name)
        for key, role in (
            ("initContainers", "init"), ("containers", "main"), ("ephemeralContainers", "ephemeral")
        ):  # fmt: skip
            for container, _index in self.items(pod, key, node.label):
                self.container(node, container, role)
        account = pod.get("serviceAccountName")
        if account is not None:
            place = pod.place("serviceAccountName")
            self.named(node, "runs_as", "k8s.ServiceAccount", account, place, pod)
        for volume, index in self.items(pod, "volumes", node.label):
            self.volume(node, volume, index)

    def container(self, owner: Node, container: MapValue, role: str) -> None:
        """One container with its environment."""
        name, place = container.get("name"), container.place("name")
        shown = _shown(name) or "unnamed"
        if role == "init" and container.get("restartPolicy") == "Always":
            role = "sidecar"
        fields = container.copy_with(role=role)
        if name is None:
            fields.put("name", "unnamed")
        for probe in PROBES:
            written = container.get(probe)
            if isinstance(written, MapValue):
                fields.put(probe, _with_handler(written), container.place(probe))
        for key in ("requests", "limits"):
            resources = container.get("resources")
            if isinstance(resources, MapValue) and not isinstance(
                resources.get(key), (MapValue, Unknown, type(None))
            ):
                self.warn("not-a-mapping", f"`resources.{key}` of {shown} must be a mapping",
                          resources.span)  # fmt: skip
        address = self.address(f"{owner.address}/container/{shown}")
        span = place.entry if place is not None else container.span.first_line
        label = f"container {shown} of {owner.label}"
        node = Node(address, "k8s.Container", label, fields, span, owner.address)
        self.nodes.append(node)
        for variable, _index in self.items(container, "env", label):
            self.variable(node, owner, variable)
        for source, _index in self.items(container, "envFrom", label):
            for key, kind in (("secretRef", "k8s.Secret"), ("configMapRef", "k8s.ConfigMap")):
                reference = source.get(key)
                if isinstance(reference, MapValue) and reference.get("name") is not None:
                    self.named(node, "references", kind, reference["name"],
                               reference.place("name"), reference, owner)  # fmt: skip

    def variable(self, container: Node, owner: Node, variable: MapValue) -> None:
        """One environment variable."""
        name, place = variable.get("name"), variable.place("name")
        shown = _shown(name) or "unnamed"
        fields = variable.copy_with(container=_shown(container.fields.get("name")) or "unnamed")
        if name is None:
            fields.put("name", "unnamed")
        address = self.address(f"{container.address}/env/{shown}")
        span = place.entry if place is not None else variable.span.first_line
        node = Node(address, "k8s.EnvVar", f"variable {shown}", fields, span, container.address)
        self.nodes.append(node)
        origin = variable.get("valueFrom")
        if not isinstance(origin, MapValue):
            return
        for key, kind in (("secretKeyRef", "k8s.Secret"), ("configMapKeyRef", "k8s.ConfigMap")):
            reference = origin.get(key)
            if isinstance(reference, MapValue) and reference.get("name") is not None:
                at = reference.place("name")
                self.named(node, "references", kind, reference["name"], at, reference, owner)
                self.named(
                    node, "flows_to", kind, reference["name"], at, reference, owner, reverse=True
                )

    def volume(self, owner: Node, volume: MapValue, index: int) -> None:
        """One volume, and what it mounts."""
        shown = _shown(volume.get("name")) or str(index)
        fields = volume.copy_with()
        fields.setdefault("name", shown)
        address = self.address(f"{owner.address}/volume/{shown}")
        place = volume.place("name")
        span = place.entry if place is not None else volume.span.first_line
        self.nodes.append(
            Node(address, "k8s.Volume", f"volume {shown}", fields, span, owner.address)
        )
        for key, inner, kind in (
            ("secret", "secretName", "k8s.Secret"),
            ("configMap", "name", "k8s.ConfigMap"),
            ("persistentVolumeClaim", "claimName", "k8s.PersistentVolumeClaim"),
        ):
            target = volume.get(key)
            if not isinstance(target, MapValue) or target.get(inner) is None:
                continue
            name = target[inner]
            self.named(owner, "mounts", kind, name, target.place(inner), target)
            if kind == "k8s.PersistentVolumeClaim":
                self.mounted_claim(owner, name, target)

    def mounted_claim(self, owner: Node, name: Value, at: MapValue) -> None:
        """A claim by name may be one of a StatefulSet's: `<template>-<set>-<ordinal>`."""
        place = at.place("claimName")
        span = place.entry if place is not None else at.span
        targets = [ToMatch(("k8s.PersistentVolumeClaim",), (("name", name),))]
        match = re.fullmatch(r"(.+)-(\d+)", name) if isinstance(name, str) else None
        if match is not None:
            claims = ("k8s.VolumeClaimTemplate",)
            targets.append(ToMatch(claims, (("claim_prefix", match[1]),)))
            self.references.append(Reference("mounts", owner.address, targets[1], span))
        if owner.kind == "k8s.CronJob":
            for target in targets:
                self.references.append(Reference("snapshots", owner.address, target, span))

    def claim(self, owner: Node, claim: MapValue, index: int) -> None:
        """One volume claim template."""
        metadata = self.part(claim, "metadata", owner.label)
        name = metadata.get("name") if metadata is not None else None
        shown = _shown(name) or str(index)
        fields = MapValue(self.source, claim.start, claim.end)
        place = metadata.place("name") if metadata is not None else None
        fields.put("name", name if name is not None else shown, place)
        owner_name = owner.fields.get("name")
        if isinstance(name, str) and isinstance(owner_name, str):
            fields.put("claim_prefix", f"{name}-{owner_name}")
        spec = claim.get("spec")
        if isinstance(spec, MapValue):
            fields.put("spec", spec, claim.place("spec"))
            resources = spec.get("resources")
            requests = resources.get("requests") if isinstance(resources, MapValue) else None
            if isinstance(requests, MapValue):
                _bring(fields, requests, "storage")
        address = self.address(f"{owner.address}/claim/{shown}")
        span = place.entry if place is not None else claim.span.first_line
        label = f"volume claim {shown} of {owner.label}"
        self.nodes.append(
            Node(address, "k8s.VolumeClaimTemplate", label, fields, span, owner.address)
        )

    # -------------------------------------------------------------- references
    def named(
        self, origin: Node, edge: str, kind: str, name: Value, place: Place | None,
        holder: MapValue, namespaced: Node | None = None, *, reverse: bool = False,
    ) -> None:  # fmt: skip
        """A reference by name within the namespace of the object."""
        owner = namespaced or origin
        span = place.entry if place is not None else holder.span.first_line
        equals = [("name", name), *_namespace(owner)]
        self.references.append(
            Reference(edge, origin.address, ToMatch((kind,), tuple(equals)), span, reverse=reverse)
        )

    def selecting(
        self, node: Node, edge: str, selector: MapValue, span: Span, labels_field: str
    ) -> None:
        """A reference by labels: a plain map, or matchLabels and matchExpressions."""
        labels: Value = selector
        expressions: list[tuple[str, str, tuple[Value, ...]]] = []
        if "matchLabels" in selector or "matchExpressions" in selector:
            labels = selector.get("matchLabels")
            for item, _index in self.items(selector, "matchExpressions", node.label):
                key, operator, values = item.get("key"), item.get("operator"), item.get("values")
                if isinstance(key, str) and isinstance(operator, str):
                    listed = tuple(values) if isinstance(values, ListValue) else ()
                    expressions.append((key, operator, listed))
        pairs = tuple(labels.items()) if isinstance(labels, MapValue) else ()
        if not pairs and not expressions:
            return
        target = ToMatch(
            ("k8s.Workload",), tuple(_namespace(node)), pairs, labels_field, tuple(expressions)
        )
        self.references.append(Reference(edge, node.address, target, span))


def objects_in(value: Value, problems: list[Problem]) -> Iterator[Value]:
    """The value, or the items if it is a List; lists of lists are opened up to a fixed depth."""
    stack: list[tuple[Value, int]] = [(value, 0)]
    while stack:
        current, depth = stack.pop()
        items: Value = None
        if isinstance(current, MapValue):
            kind = current.get("kind")
            if isinstance(kind, str) and kind.endswith("List") and "items" in current:
                items = current["items"]
        elif isinstance(current, ListValue):
            items = current  # `kubectl` also reads a bare sequence of objects
        if isinstance(items, ListValue) and depth < 10:
            stack.extend((item, depth + 1) for item in reversed(items))
        elif items is None:
            yield current
        elif isinstance(current, MapValue):
            problems.append(
                Problem("not-a-list", "`items` must be a list", current.span.first_line)
            )


def _namespace(node: Node) -> Iterator[tuple[str, Value]]:
    """The condition that the other is in the same namespace; unset on both sides is the same."""
    namespace = node.fields.get("namespace")
    if namespace is not None:
        yield "namespace", namespace
    else:
        yield "namespace", NO_NAMESPACE


NO_NAMESPACE = ""  # the linker's word for "the field is absent"


def _shown(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if not isinstance(value, Unknown) else "?"


def _bring(fields: MapValue, owner: MapValue, key: str, name: str = "") -> None:
    """Copy an entry with its place, under another name if one is given."""
    if key in owner:
        fields.put(name or key, owner[key], owner.place(key))


def _head(manifest: MapValue, metadata: MapValue, name_place: Place | None) -> Span:
    """Where an object is pointed at: its name, else its kind."""
    if name_place is not None:
        return name_place.entry
    place = manifest.place("kind") or metadata.place("name")
    return place.entry if place is not None else manifest.span.first_line


_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")


def _with_handler(probe: MapValue) -> MapValue:
    """The probe with a derived `handler`: what it asks, without its timing."""
    handler = MapValue(probe.source, probe.start, probe.end)
    for key in _HANDLERS:
        if key in probe:
            handler.put(key, probe[key], probe.place(key))
    return probe.copy_with(handler=handler)


# ------------------------------------------------------------------ kinds of their own
def _selects(lift: Lift, node: Node, spec: MapValue | None, key: str, edge: str) -> None:
    """A reference to the pods whose labels the spec selects."""
    selector = spec.get(key) if spec is not None else None
    if spec is not None and isinstance(selector, MapValue):
        place = spec.place(key)
        span = place.entry if place is not None else node.span
        lift.selecting(node, edge, selector, span, "pod_labels")


def _service(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    if spec is None:
        return
    for key in ("selector", "type", "ports"):
        _bring(node.fields, spec, key)
    _selects(lift, node, spec, "selector", "selects")


def _budget(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    _selects(lift, node, spec, "selector", "protects")


def _policy(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    _selects(lift, node, spec, "podSelector", "restricts")


def _autoscaler(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    if spec is None:
        return
    _bring(node.fields, spec, "minReplicas", "min_replicas")
    _bring(node.fields, spec, "maxReplicas", "max_replicas")
    target = lift.part(spec, "scaleTargetRef", node.label)
    if target is None:
        return
    _bring(node.fields, target, "kind", "target_kind")
    _bring(node.fields, target, "name", "target_name")
    place = spec.place("scaleTargetRef")
    span = place.entry if place is not None else node.span
    name, kind = target.get("name"), target.get("kind")
    equals: list[tuple[str, Value]] = [("name", name), *_namespace(node)]
    if kind is not None:
        equals.append(("api_kind", kind))
    if name is not None:
        match = ToMatch(("k8s.Workload",), tuple(equals))
        lift.references.append(Reference("scales", node.address, match, span))


def _ingress(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    if spec is None:
        return
    backends: list[MapValue] = []
    default = spec.get("defaultBackend") or spec.get("backend")
    if isinstance(default, MapValue):
        backends.append(default)
    for rule, _index in lift.items(spec, "rules", node.label):
        http = rule.get("http")
        if isinstance(http, MapValue):
            for path, _at in lift.items(http, "paths", node.label):
                backend = path.get("backend")
                if isinstance(backend, MapValue):
                    backends.append(backend)
    for backend in backends:
        service = backend.get("service")
        holder, key = (service, "name") if isinstance(service, MapValue) else (
            backend, "serviceName"
        )  # fmt: skip
        if holder.get(key) is not None:
            lift.named(node, "routes_to", "k8s.Service", holder[key], holder.place(key), holder)


def _binding(lift: Lift, node: Node, manifest: MapValue, _spec: MapValue | None) -> None:
    _bring(node.fields, manifest, "subjects")
    role = lift.part(manifest, "roleRef", node.label)
    if role is None or role.get("name") is None:
        return
    _bring(node.fields, role, "name", "role_name")
    place = role.place("name")
    span = place.entry if place is not None else node.span
    equals: list[tuple[str, Value]] = [("name", role["name"])]
    if role.get("kind") is not None:
        equals.append(("api_kind", role["kind"]))
    match = ToMatch(("k8s.Role",), tuple(equals))
    lift.references.append(Reference("grants", node.address, match, span))


_Method = Callable[[Lift, Node, MapValue, MapValue | None], None]


def _top_level(*names: tuple[str, str]) -> _Method:
    def method(_lift: Lift, node: Node, manifest: MapValue, _spec: MapValue | None) -> None:
        for key, name in names:
            _bring(node.fields, manifest, key, name)

    return method


def _application(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    if spec is None:
        return
    sources: list[tuple[MapValue, Span]] = []
    single = spec.get("source")
    if isinstance(single, MapValue):
        place = spec.place("source")
        sources.append((single, place.entry if place is not None else single.span))
    for source, _index in lift.items(spec, "sources", node.label):
        sources.append((source, source.span))
    for index, (source, span) in enumerate(sources):
        shown = _shown(source.get("path") or source.get("chart")) or str(index)
        fields = source.copy_with()
        fields.put("name", shown)
        revision = source.place("targetRevision")
        at = revision.entry if revision is not None else span.first_line
        address = lift.address(f"{node.address}/source/{shown}")
        label = f"source {shown} of {node.label}"
        lift.nodes.append(Node(address, "argo.Source", label, fields, at, node.address))
        lift.references.append(Reference("has_source", node.address, ToAddress(address), span))


def _schedule(lift: Lift, node: Node, _manifest: MapValue, spec: MapValue | None) -> None:
    if spec is None:
        return
    _bring(node.fields, spec, "paused")
    _bring(node.fields, spec, "schedule")
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


_SPECIAL = {
    ("argoproj.io", "Application"): "argo.Application",
    ("velero.io", "Schedule"): "velero.Schedule",
    ("external-secrets.io", "ExternalSecret"): "k8s.ExternalSecret",
    ("external-secrets.io", "SecretStore"): "k8s.ExternalSecret",
    ("external-secrets.io", "ClusterSecretStore"): "k8s.ExternalSecret",
    ("bitnami.com", "SealedSecret"): "k8s.ExternalSecret",
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass"): "k8s.ExternalSecret",
}
_METHODS: dict[str, _Method] = {
    "k8s.Service": _service,
    "k8s.PodDisruptionBudget": _budget,
    "k8s.NetworkPolicy": _policy,
    "k8s.HorizontalPodAutoscaler": _autoscaler,
    "k8s.Ingress": _ingress,
    "k8s.RoleBinding": _binding,
    "k8s.Role": _top_level(("rules", "rules")),
    "k8s.Secret": _top_level(("type", "type"), ("data", "data"), ("stringData", "string_data")),
    "k8s.ConfigMap": _top_level(("data", "data")),
    "argo.Application": _application,
    "velero.Schedule": _schedule,
}
