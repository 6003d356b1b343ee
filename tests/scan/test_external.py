"""What the configuration declares to live elsewhere: places, matches, notes on what is idle."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from plumbrule.config import Config, load_config
from plumbrule.graph.graph import Graph
from plumbrule.pack import load_pack
from plumbrule.scan.external import unused
from plumbrule.scan.scan import model_of_texts
from plumbrule_parsers.formats import schema_sources

FILES = {
    "k8s/web.yaml": """\
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec:
          serviceAccountName: web
          containers:
            - name: web
              image: acme/web:1
              envFrom: [{secretRef: {name: web-env}}]
              env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}]
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: web
          namespace: shop
          annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/web"}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web, namespace: shop}
        spec: {defaultBackend: {service: {name: legacy, port: {number: 80}}}}
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: web}
        spec:
          sources:
            - {repoURL: "https://git.example.com/acme/other.git", path: web}
            - {repoURL: "https://charts.example.com", chart: web, targetRevision: 1.0.0}
    """,
}


def read(text: str) -> Config:
    return load_config(Path("plumbrule.toml"), dedent(text))


def graph_of(entry: str) -> Graph:
    pack = load_pack([], schema_sources(), None)
    texts = {path: dedent(text) for path, text in FILES.items()}
    return model_of_texts(texts, read(f"[external]\n{entry}\n"), pack).graph


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ('images = ["acme/web"]', "k8s.Container"),
        ('images = ["docker.io/acme/*"]', "k8s.Container"),
        ('images = ["acme/**"]', "k8s.Container"),
        ('secrets = ["web-*"]', "k8s.SecretUse"),
        ('secrets = ["shop/web-env"]', "k8s.SecretUse"),
        ('secrets = ["sh*/*"]', "k8s.SecretUse"),
        ('config-maps = ["shop/settings"]', "k8s.EnvVar"),
        ('services = ["shop/legacy"]', "k8s.Backend"),
        ('roles = ["arn:aws:iam::*:role/web"]', "k8s.ServiceAccount"),
        ('repositories = ["https://git.example.com/acme/*"]', "argo.Source"),
        ('charts = ["https://charts.example.com/*"]', "argo.Source"),
    ],
)
def test_an_entry_provides_what_it_names(entry: str, kind: str) -> None:
    graph = graph_of(entry)
    (edges,) = graph.successors["provides"].values()
    assert {graph.nodes[one.target].kind for one in edges} == {kind}
    assert all(one.doubt is None for one in edges)
    assert unused(graph) == []


@pytest.mark.parametrize("entry", [
    'images = ["acme/api"]', 'images = ["quay.io/**"]', 'secrets = ["other/*"]',
    'secrets = ["env"]', 'services = ["post/*"]', 'roles = ["arn:aws:iam::999900001111:role/*"]',
    'repositories = ["https://git.example.com/*"]', 'charts = ["web-*"]',
])  # fmt: skip
def test_an_entry_that_names_nothing_here_is_noted_with_its_line(entry: str) -> None:
    (note,) = unused(graph_of(entry))
    assert note.startswith("plumbrule.toml:2:")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[external]\nsecret = []\n", 2, "did you mean `secrets`"),
        ('[external]\nsecrets = "a"\n', 2, "must be an array"),
        ('[external]\nsecrets = [\n  "a",\n  "a/b/c",\n]\n', 4, "neither `name` nor"),
        ('[external]\nservices = ["shop/"]\n', 2, "lacks a part"),
        ('[external]\nimages = [" "]\n', 2, "is empty"),
        ('[external]\nroles = ["web"]\n', 2, "is no role"),
    ],
)
def test_faults_have_their_line(text: str, line: int, words: str) -> None:
    (fault,) = read(text).problems
    assert fault.span.line == line
    assert words in fault.message


def test_an_entry_that_is_written_twice_counts_once() -> None:
    assert len(read('[external]\nsecrets = ["a", "a"]\n').external) == 1
