"""Files beside kustomizations: which of them a build may take, and patches that nobody lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from plumbrule_parsers.document import Completeness, Document, Node
from plumbrule_parsers.kustomize.files import joined
from plumbrule_parsers.value import ListValue, MapValue, Value

_FLUX = "kustomize.toolkit.fluxcd.io/"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
# Fields that every object has, whatever its manifest says.
_COMMON = frozenset(("name", "namespace", "labels", "annotations", "api_version", "api_kind",
                     "logical_name"))  # fmt: skip
MAX_NAMED = 20_000  # texts of one kustomization that may be paths


def heeds(own: Mapping[str, Document]) -> Callable[[Document], bool]:
    """Whether a manifest matters to the kustomizations: they name it, or it stands beside one."""
    folders = {path.rpartition("/")[0] for path in own}
    named = _named(own)

    def matters(document: Document) -> bool:
        path = document.source.path
        return (
            path in named
            or path.rpartition("/")[0] in folders
            or any(_is_flux(node) for node in document.nodes)
        )

    return matters


def _named(own: Mapping[str, Document]) -> set[str]:
    """The paths that the texts of kustomizations may mean."""
    named: set[str] = set()
    for path, document in own.items():
        folder = path.rpartition("/")[0]
        for node in document.nodes:
            for text in _texts(node.fields):
                full = joined(folder, text) if "\n" not in text else None
                if full is not None:
                    named.add(full)
    return named


def _is_flux(node: Node) -> bool:
    version = node.fields.get("api_version")
    return isinstance(version, str) and version.startswith(_FLUX)


def _texts(value: Value) -> Iterator[str]:
    """All texts of a tree."""
    stack: list[Value] = [value]
    for _step in range(MAX_NAMED):
        if not stack:
            return
        current = stack.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, MapValue):
            stack.extend(current.values())
        elif isinstance(current, ListValue):
            stack.extend(current)


def unlisted_patches(
    documents: Mapping[str, Document], own: Mapping[str, Document]
) -> Iterator[Document]:  # fmt: skip
    """The documents of patches that no kustomization lists, without their objects.

    Such a file stands beside a kustomization, is called a patch, and each of its objects lacks what
    the API demands: nobody can apply it by itself, so nothing that is missing in it is a mistake.
    """
    folders = {path.rpartition("/")[0] for path in own}
    named: set[str] | None = None
    for path in sorted(documents):
        document = documents[path]
        folder, _, name = path.rpartition("/")
        if document.format != "kubernetes" or folder not in folders or "patch" not in name.lower():
            continue
        objects = [node for node in document.nodes if not node.parent]
        if not objects or not all(_is_partial(node, document) for node in objects):
            continue
        named = _named(own) if named is None else named
        if path not in named:
            yield replace(
                document, nodes=(), references=(), completeness=Completeness.SKIPPED,
                because="a patch that no kustomization lists",
            )  # fmt: skip


def _is_partial(node: Node, document: Document) -> bool:
    """Whether the API would refuse the object: no selector, no image, nothing but a head."""
    fields = node.fields
    if fields.get("api_kind") not in _WORKLOADS or fields.get("api_version") != "apps/v1":
        return set(fields) <= _COMMON
    spec = fields.get("spec")
    if not isinstance(spec, MapValue):
        return spec is None
    if "selector" not in spec and spec.rest is None:
        return True
    return any(
        one.kind == "k8s.Container" and one.fields.get("image") is None
        for one in document.nodes
        if one.parent == node.address
    )
