"""Objects to nodes and references: workloads with their containers, and what points at what.

Field meanings: https://kubernetes.io/docs/reference/kubernetes-api/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from plumbrule_parsers.document import Addresses, Node, Problem, Reference, Severity, ToMatch
from plumbrule_parsers.kubernetes_objects import gitops, identities, networking, scaling, secrets
from plumbrule_parsers.kubernetes_objects.entries import bring, entry_of, in_namespace, shown
from plumbrule_parsers.kubernetes_objects.kinds import OPEN, WORKLOAD_KINDS, kind_of
from plumbrule_parsers.kubernetes_objects.workloads import workload
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Segments, Unknown, Value

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
            span = entry_of(owner, key, owner.span)
            self.warn("not-a-mapping", f"`{key}` of {label} must be a mapping", span)
        return None

    def items(self, owner: MapValue, key: str, label: str) -> list[tuple[MapValue, int]]:
        """The mappings of a list inside a mapping, with their positions."""
        value = owner.get(key)
        if value is None or isinstance(value, (Unknown, Segments)):
            return []
        if not isinstance(value, ListValue):
            span = entry_of(owner, key, owner.span)
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
        called = shown(name) or "unnamed"
        where = f"{shown(namespace)}/" if namespace is not None else ""
        label = f"{api_kind} {where}{called}"
        group = api_version.partition("/")[0] if "/" in api_version else ""
        kind = kind_of(group, api_version, api_kind)
        fields = self._common(manifest, metadata, name, name_place, namespace)
        address = self.address(
            f"{self.source.path}#{api_kind}/{shown(namespace) or 'default'}/{called}"
        )
        span = _head(manifest, metadata, name_place)
        node = Node(address, kind, label, fields, span)
        first = len(self.nodes)
        spec = self.part(manifest, "spec", label)
        if api_kind == "CustomResourceDefinition":
            self.nodes.append(node)
            return
        if spec is not None:
            bring(fields, manifest, "spec")
        if kind in WORKLOAD_KINDS:
            workload(self, node, manifest, spec)
        elif kind in OPEN:
            for key in manifest:
                if key not in ("apiVersion", "kind", "metadata"):
                    bring(fields, manifest, key)
            if spec is not None:  # a custom resource's own attributes are read from its spec
                for key in spec:
                    if key not in fields:
                        bring(fields, spec, key)
            secrets.made_by(self, node, manifest)
        method = _METHODS.get(kind)
        if method is not None:
            method(self, node, manifest, spec)
        self.nodes.insert(first, node)  # owners stand before what they contain

    def _common(
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
                bring(fields, metadata, key)
        fields.put("api_version", manifest["apiVersion"], manifest.place("apiVersion"))
        fields.put("api_kind", manifest["kind"], manifest.place("kind"))
        logical = _ENVIRONMENT.sub("", name) if isinstance(name, str) else name
        fields.put("logical_name", logical if logical is not None else "unnamed", name_place)
        return fields

    # -------------------------------------------------------------- references
    def named(
        self, origin: Node, edge: str, kind: str, name: Value, place: Place | None,
        holder: MapValue, namespaced: Node | None = None, *, reverse: bool = False,
    ) -> None:  # fmt: skip
        """A reference by name within the namespace of the object."""
        owner = namespaced or origin
        span = place.entry if place is not None else holder.span.first_line
        equals = [("name", name), *in_namespace(owner)]
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
            ("k8s.Workload",), tuple(in_namespace(node)), pairs, labels_field, tuple(expressions)
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


def _head(manifest: MapValue, metadata: MapValue, name_place: Place | None) -> Span:
    """Where an object is pointed at: its name, else its kind."""
    if name_place is not None:
        return name_place.entry
    place = manifest.place("kind") or metadata.place("name")
    return place.entry if place is not None else manifest.span.first_line


_Method = Callable[[Lift, Node, MapValue, MapValue | None], None]


def _top_level(*names: tuple[str, str]) -> _Method:
    def method(_lift: Lift, node: Node, manifest: MapValue, _spec: MapValue | None) -> None:
        for key, name in names:
            bring(node.fields, manifest, key, name)

    return method


_METHODS: dict[str, _Method] = {
    "k8s.Service": networking.service,
    "k8s.Ingress": networking.ingress,
    "k8s.Route": networking.route,
    "k8s.NetworkPolicy": networking.policy,
    "k8s.PodDisruptionBudget": scaling.budget,
    "k8s.HorizontalPodAutoscaler": scaling.autoscaler,
    "k8s.ScaledObject": scaling.scaled_object,
    "k8s.ServiceAccount": identities.account,
    "k8s.RoleBinding": gitops.binding,
    "k8s.Role": _top_level(("rules", "rules")),
    "k8s.Secret": secrets.contents,
    "k8s.ConfigMap": _top_level(("data", "data")),
    "argo.Application": gitops.application,
    "flux.Kustomization": gitops.kustomization,
    "velero.Schedule": gitops.schedule,
}
