"""Custom resources get the kind that a pack declares for them.

The parser reads every custom resource as `k8s.CustomObject`. A declared kind `acme.Queue` below
`k8s.Object` means objects with `kind: Queue` whose API group has the part `acme` (`acme.example`,
`queue.acme.io`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from plumbrule_parsers.document import Document, Node

_READ_AS = "k8s.CustomObject"
_PARENT = "k8s.Object"


def retype(
    documents: Iterable[Document], ancestors: Mapping[str, tuple[str, ...]]
) -> list[Document]:
    """The documents, their custom resources typed by the kinds in `ancestors`."""
    declared: dict[str, list[str]] = {}
    for kind, above in ancestors.items():
        room, dot, name = kind.rpartition(".")
        if dot and room != "k8s" and _PARENT in above[1:]:
            declared.setdefault(name, []).append(kind)
    if not declared:
        return list(documents)
    return [_retyped(document, declared) for document in documents]


def _retyped(document: Document, declared: Mapping[str, list[str]]) -> Document:
    if all(node.kind != _READ_AS for node in document.nodes):
        return document
    nodes = tuple(
        replace(node, kind=_kind(node, declared)) if node.kind == _READ_AS else node
        for node in document.nodes
    )
    return replace(document, nodes=nodes)


def _kind(node: Node, declared: Mapping[str, list[str]]) -> str:
    version, name = node.fields.get("api_version"), node.fields.get("api_kind")
    if not isinstance(version, str) or not isinstance(name, str) or "/" not in version:
        return node.kind
    parts = version.partition("/")[0].split(".")
    for kind in declared.get(name, ()):
        if kind.rpartition(".")[0].rpartition(".")[2] in parts:
            return kind
    return node.kind
