"""Custom resources of a pack's own kinds."""

from __future__ import annotations

import pytest

from plumbrule.graph.retype import retype
from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue

ANCESTORS = {
    "acme.Queue": ("acme.Queue", "k8s.Object"),
    "other.Queue": ("other.Queue", "k8s.Object"),
    "acme.Loose": ("acme.Loose",),
    "k8s.CustomObject": ("k8s.CustomObject", "k8s.Object"),
}


def kind_of(api_version: object, api_kind: object, kind: str = "k8s.CustomObject") -> str:
    source = Source("q.yaml", "")
    fields = MapValue(source, 0, 0, {"api_version": api_version, "api_kind": api_kind})
    document = Document(source, "t", (Node("q#q", kind, "q", fields, source.whole()),))
    [found] = retype([document], ANCESTORS)
    return found.nodes[0].kind


@pytest.mark.parametrize(
    ("api_version", "api_kind", "kind"),
    [
        ("acme.example/v1", "Queue", "acme.Queue"),
        ("queues.acme.io/v1alpha1", "Queue", "acme.Queue"),
        ("other.io/v1", "Queue", "other.Queue"),
        ("acme2.example/v1", "Queue", "k8s.CustomObject"),
        ("acme.example/v1", "Topic", "k8s.CustomObject"),
        ("acme.example/v1", "Loose", "k8s.CustomObject"),
        ("v1", "Queue", "k8s.CustomObject"),
        (None, None, "k8s.CustomObject"),
    ],
)
def test_group_and_kind_decide(api_version: object, api_kind: object, kind: str) -> None:
    assert kind_of(api_version, api_kind) == kind


def test_what_the_parser_knows_keeps_its_kind() -> None:
    assert kind_of("acme.example/v1", "Queue", "argo.Application") == "argo.Application"
