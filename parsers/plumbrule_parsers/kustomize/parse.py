"""One kustomization to its document: what it says. Building it needs the other files."""

from __future__ import annotations

import re

from plumbrule_parsers.document import Completeness, Document, Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue
from plumbrule_parsers.yaml_tree import parse_yaml

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_KIND = re.compile(r"^kind:\s*(?:Kustomization|Component)\s*$", re.MULTILINE)
_GROUP = re.compile(r"^apiVersion:\s*[\"']?kustomize\.config\.k8s\.io/", re.MULTILINE)


def detect(path: str, head: str) -> int:
    """3 by name or by apiVersion."""
    if path.rpartition("/")[2] in NAMES:
        return 3
    if not path.endswith((".yaml", ".yml")):
        return 0
    return 3 if _GROUP.search(head) and _KIND.search(head) else 0


def parse(source: Source) -> Document:
    """The kustomization's node with its fields as they are written."""
    stream = parse_yaml(source, "1.1")
    value = stream.documents[0].value if stream.documents else None
    if not isinstance(value, MapValue):
        return Document(source, "kustomize", problems=stream.problems,
                        completeness=Completeness.PARTLY, because="it is no mapping")  # fmt: skip
    folder = source.path.rpartition("/")[0]
    fields = value.copy_with()
    fields.put("name", folder or ".")
    place = value.place("resources") or value.place("kind")
    span = place.entry.first_line if place is not None else value.span.first_line
    node = Node(f"{source.path}#kustomization", "kustomize.Kustomization",
                f"kustomization {folder or '.'}", fields, span)  # fmt: skip
    return Document(source, "kustomize", (node,), problems=stream.problems)
