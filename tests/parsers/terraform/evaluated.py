"""Terraform texts evaluated without an engine: documents, nodes and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Document, Node, ToAddress
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.detect import ENDINGS
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.terraform.resolve import resolve


def evaluated(texts: Mapping[str, str]) -> dict[str, Document]:
    """All documents by path, resolved."""
    documents = {
        path: parse(Source(path, text)) for path, text in texts.items() if path.endswith(ENDINGS)
    }
    changed = resolve(documents, ScannedFiles(None, (), texts))
    return {**documents, **{one.source.path: one for one in changed}}


def nodes(documents: Mapping[str, Document], label: str) -> dict[str, Node]:
    """The nodes with that label, by their variant."""
    return {
        node.variant: node
        for path in sorted(documents)
        for node in documents[path].nodes
        if node.label == label
    }


def only(documents: Mapping[str, Document], label: str) -> Node:
    """The one node with that label."""
    (found,) = nodes(documents, label).values()
    return found


def links(documents: Mapping[str, Document], address: str) -> dict[str, bool]:
    """The addresses that a node certainly (True) or possibly refers to across modules."""
    return {
        one.target.address: one.condition is None
        for document in documents.values()
        for one in document.references
        if one.origin == address and isinstance(one.target, ToAddress)
    }


def hops(found: Node, name: str) -> list[tuple[str, int, str]]:
    """File, line and note of each hop of a field."""
    place = found.fields.place(name)
    assert place is not None
    return [(hop.span.path, hop.span.line, hop.note) for hop in place.via]
