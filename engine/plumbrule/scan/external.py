"""What the configuration declares to live elsewhere: a node for each entry, edges to what it gives.

A rule that misses something asks for the edge `provided_by`, and never sees globs or namespaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from plumbrule.config import NAMESPACED, Elsewhere
from plumbrule.graph.graph import Graph
from plumbrule_parsers.document import Document, Node, Reference, ToAddress
from plumbrule_parsers.kubernetes_objects.identities import AWS, AZURE, GOOGLE
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.value import MapValue, Place, Segments, Value

KIND, EDGE = "core.External", "provides"
_IMAGES = (
    "k8s.Container", "compose.Service", "run.Container", "docker.Stage", "gha.Job", "gitlab.Job",
    "jenkins.Job",
)  # fmt: skip

# What a node needs: the key of the configuration, the namespace (None: it has none), the names.
_Need = tuple[str, Value, tuple[Value, ...]]


def with_external(
    documents: list[Document], declared: tuple[Elsewhere, ...], kinds: Mapping[str, tuple[str, ...]]
) -> list[Document]:
    """The documents and one more, with what is declared; `kinds` gives each kind's ancestors."""
    if not declared:
        return documents
    addresses = {one: f"{one.span.path}#external/{one.form}/{one.pattern}" for one in declared}
    by_form: dict[str, list[Elsewhere]] = {}
    for one in declared:
        by_form.setdefault(one.form, []).append(one)
    references: list[Reference] = []
    for document in documents:
        by_address = {node.address: node for node in document.nodes}
        for node in document.nodes:
            for form, namespace, names in _needs(node, by_address, kinds):
                for one in by_form.get(form, ()):
                    if _fits(one, namespace, names):
                        target = ToAddress(node.address)
                        references.append(Reference(EDGE, addresses[one], target, one.span))
    nodes = {addresses[one]: _node(one, addresses[one]) for one in declared}
    source = declared[0].span.source
    made = Document(source, "configuration", tuple(nodes.values()), tuple(references))
    path = made.source.path
    beside = next((one for one in documents if one.source.path == path), None)
    if beside is None:
        return sorted((*documents, made), key=lambda one: one.source.path)
    whole = replace(
        beside, nodes=(*beside.nodes, *made.nodes), references=(*beside.references, *references)
    )
    return [whole if one is beside else one for one in documents]


def unused(graph: Graph) -> list[str]:
    """A note for each entry that fits nothing in the repository."""
    given = graph.successors.get(EDGE, {})
    return [
        f"{node.span}: nothing here needs the external {node.label}"
        for node in graph.nodes.values()
        if node.kind == KIND and not given.get(node.address)
    ]


def _node(one: Elsewhere, address: str) -> Node:
    at = Place(one.span)
    fields = MapValue(one.span.source, one.span.start, one.span.end)
    for key, value in (("name", one.pattern), ("form", one.form), ("pattern", one.pattern)):
        fields.put(key, value, at)
    return Node(address, KIND, f"{one.form} `{one.pattern}`", fields, one.span)


def _needs(
    node: Node, by_address: Mapping[str, Node], kinds: Mapping[str, tuple[str, ...]]
) -> Iterator[_Need]:
    """What the node takes from elsewhere, if it is declared."""
    fields, kind = node.fields, node.kind
    if kind == "k8s.SecretUse":
        yield "secrets", _namespace(node, by_address), (fields.get("secret"),)
    elif kind in ("k8s.Volume", "k8s.EnvVar"):
        name = _config_map(fields)
        if name is not None:
            yield "config-maps", _namespace(node, by_address), (name,)
    elif kind == "k8s.Backend":
        yield "services", fields.get("namespace"), (fields.get("service"),)
    elif kind == "k8s.Service":
        yield "services", fields.get("namespace"), (fields.get("name"),)
    elif kind == "k8s.ServiceAccount":
        annotations = fields.get("annotations")
        if isinstance(annotations, MapValue):
            named = tuple(annotations[key] for key in (AWS, GOOGLE, AZURE) if key in annotations)
            yield "roles", None, named
    elif kind in _IMAGES:
        yield "images", None, tuple(_spellings(fields))
    elif kind == "argo.Source" or "k8s.CustomObject" in kinds.get(kind, (kind,)):
        yield from _sources(fields)
    elif kind == "helm.Dependency":
        yield from _charts(fields.get("repository"), fields.get("name"))


def _namespace(node: Node, by_address: Mapping[str, Node]) -> Value:
    """The namespace of the object around the node; None where it is given at deployment."""
    owner: Node | None = node
    while owner is not None and "namespace" not in owner.fields:
        owner = by_address.get(owner.parent)
    return owner.fields["namespace"] if owner is not None else None


def _config_map(fields: MapValue) -> Value:
    taken = fields.get("configMap")
    if isinstance(taken, MapValue):
        return taken.get("name")
    origin = fields.get("valueFrom")
    key = origin.get("configMapKeyRef") if isinstance(origin, MapValue) else None
    return key.get("name") if isinstance(key, MapValue) else None


def _spellings(fields: MapValue) -> Iterator[Value]:
    """An image as written, without its tag, and with its registry."""
    image = fields.get("image")
    yield image
    if isinstance(image, str):
        bare = image.partition("@")[0]
        head, slash, last = bare.rpartition("/")
        bare = f"{head}{slash}{last.partition(':')[0]}"
        yield bare
        yield f"docker.io/{bare}"
    yield fields.get("image_repository")


def _sources(fields: MapValue) -> Iterator[_Need]:
    for holder in (fields, fields.get("spec")):
        if isinstance(holder, MapValue):
            for key in ("repoURL", "url"):
                if isinstance(holder.get(key), str):
                    url = str(holder[key])
                    yield "repositories", None, (url, url.removesuffix(".git"))
            if holder.get("chart") is not None:
                yield from _charts(holder.get("repoURL"), holder["chart"])


def _charts(repository: Value, name: Value) -> Iterator[_Need]:
    if isinstance(name, str):
        whole = f"{str(repository).rstrip('/')}/{name}" if isinstance(repository, str) else name
        yield "charts", None, (name, whole)


def _fits(one: Elsewhere, namespace: Value, names: Iterable[Value]) -> bool:
    """Whether the entry is about one of the names; a namespace that is not written is any."""
    pattern = one.pattern
    if one.form in NAMESPACED and "/" in pattern:
        space, _, pattern = pattern.partition("/")
        if isinstance(namespace, str) and not glob_match(space, namespace):
            return False
    if pattern in ("*", "**"):  # also a name that cannot be told
        return any(name is not None for name in names)
    return any(
        glob_match(pattern, _trimmed(name)) for name in names if isinstance(name, (str, Segments))
    )


def _trimmed(name: str | Segments) -> str:
    """The name; an unknown part fits only where the pattern lets anything stand."""
    if isinstance(name, Segments):
        return "".join(part if isinstance(part, str) else "\0" for part in name.parts)
    return name
