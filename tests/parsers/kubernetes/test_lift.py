"""What rules may rely on in the nodes that Kubernetes objects become."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.kubernetes.parse import parse
from plumbrule_parsers.source import Source

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"


def read(text: str) -> Document:
    return parse(Source("web.yaml", text))


def pod(spec: str) -> Document:
    return read(POD + "".join(f"  {line}\n" for line in spec.splitlines()))


def all_of(document: Document, kind: str) -> list[Node]:
    return [node for node in document.nodes if node.kind == kind]


def one(document: Document, kind: str) -> Node:
    (found,) = all_of(document, kind)
    return found


def fields(node: Node, *names: str) -> tuple[object, ...]:
    return tuple(node.fields.get(name) for name in names)


def targets(document: Document, edge: str) -> list[dict[str, Any]]:
    return [dict(ref.target.equals) for ref in document.references if ref.edge == edge]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("httpGet: {path: /, port: http}", ("http", None)),
        ("httpGet: {path: /, port: 8080}", (None, 8080)),
        ('tcpSocket: {port: "8080"}', (None, "8080")),
        ("grpc: {port: 9000}", (None, 9000)),
        ("exec: {command: [check]}", (None, None)),
    ],
)
def test_a_probe_asks_a_port_by_name_or_by_number(
    handler: str, expected: tuple[object, ...]
) -> None:
    text = f"containers: [{{name: a, image: 'a:1', readinessProbe: {{{handler}}}}}]"
    probe = one(pod(text), "k8s.ContainerProbe")
    assert fields(probe, "port_name", "port_number") == expected
    assert probe.fields["name"] == "readinessProbe"
    assert probe.parent.endswith("/container/a")
    assert "readinessProbe" in probe.span.text


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [
        ("sleep: {seconds: 7}", 7),
        ('exec: {command: [sleep, "15"]}', 15),
        ('exec: {command: [sh, -c, "nginx -s quit; sleep 5 && sleep 1m"]}', 65),
        ("exec: {command: [/bin/sleep, 20s]}", 20),
        ('exec: {command: [sh, -c, "oversleep 5"]}', None),
        ("httpGet: {path: /drain, port: 80}", None),
    ],
)
def test_what_a_hook_sleeps_is_added_up(hook: str, seconds: int | None) -> None:
    text = f"containers: [{{name: a, image: 'a:1', lifecycle: {{preStop: {{{hook}}}}}}}]"
    assert one(pod(text), "k8s.Container").fields.get("prestop_sleep") == seconds


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("web:1.4.2", "1.4.2"), ("localhost:5000/web:v2.0-alpine", "v2.0-alpine"),
        ("web:1.2@sha256:" + "0" * 64, "1.2"), ("web:latest", None), ("web:20240131", None),
        ("localhost:5000/web", None),
    ],
)  # fmt: skip
def test_a_tag_that_is_no_version_is_none(image: str, version: str | None) -> None:
    container = one(pod(f"containers: [{{name: a, image: '{image}'}}]"), "k8s.Container")
    assert container.fields.get("image_version") == version


def test_the_namespaces_of_the_node_stand_where_the_first_is_written() -> None:
    found = one(pod("hostPID: true\nhostIPC: false\nhostNetwork: true\ncontainers: []"), "k8s.Pod")
    assert found.fields["host_namespaces"] == ["hostNetwork", "hostPID"]
    place = found.fields.place("host_namespaces")
    assert place is not None
    assert place.entry.text == "hostNetwork: true"
    assert "host_namespaces" not in one(pod("containers: []"), "k8s.Pod").fields


def test_numbers_and_percentages_are_kept_apart() -> None:
    document = read("""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 50%, maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 100%}}, template: {}}
""")
    budget = one(document, "k8s.PodDisruptionBudget")
    names = ("min_available", "min_available_percent", "max_unavailable", "max_unavailable_percent")
    assert fields(budget, *names) == (None, 50, 1, None)
    deployment = one(document, "k8s.Deployment")
    assert fields(deployment, "strategy", *names[2:]) == ("RollingUpdate", None, 100)


def test_a_port_of_a_service_sends_to_its_own_number_unless_told_otherwise() -> None:
    document = read("""
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports:
    - {name: http, port: 80, targetPort: web}
    - {port: 81, targetPort: 8081}
    - {port: 82}
""")
    found = [
        fields(node, "name", "port_name", "target_name", "target_number")
        for node in all_of(document, "k8s.ServicePort")
    ]
    assert found == [
        ("http", "http", "web", None), ("81", None, None, 8081), ("82", None, None, 82)
    ]  # fmt: skip


def test_what_routes_name_as_their_backends() -> None:
    document = read("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: new, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {name: http}}}}
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: old}
spec: {rules: [{http: {paths: [{backend: {serviceName: web, servicePort: 80}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: route, namespace: front}
spec:
  rules:
    - backendRefs:
        - {name: web, namespace: shop, port: 80}
        - {name: bucket, group: acme.example, kind: Bucket}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: mesh, namespace: front}
spec:
  http:
    - route:
        - {destination: {host: api, port: {number: 8080}}}
        - {destination: {host: web.shop.svc.cluster.local}}
        - {destination: {host: www.example.com}}
""")
    found = [
        fields(node, "service", "namespace", "port_name", "port_number")
        for node in all_of(document, "k8s.Backend")
    ]
    assert found == [
        ("web", "shop", "http", None), ("web", None, None, 80), ("web", "shop", None, 80),
        ("api", "front", None, 8080), ("web", "shop", None, None),
    ]  # fmt: skip
    # Unset on both sides is the same namespace.
    assert {"name": "web", "namespace": ""} in targets(document, "sends_to")


def test_every_way_to_take_a_secret() -> None:
    document = pod("""containers:
  - name: a
    image: a:1
    envFrom: [{secretRef: {name: all, optional: true}}, {configMapRef: {name: none}}]
    env: [{name: A, valueFrom: {secretKeyRef: {name: one, key: k}}}]
volumes:
  - {name: v, secret: {secretName: whole}}
  - {name: p, projected: {sources: [{secret: {name: part}}, {configMap: {name: none}}]}}""")
    found = [
        fields(node, "secret", "through", "key", "optional")
        for node in all_of(document, "k8s.SecretUse")
    ]
    assert found == [
        ("one", "env", "k", None), ("all", "envFrom", None, True), ("whole", "volume", None, None),
        ("part", "volume", None, None),
    ]  # fmt: skip


def test_the_secrets_that_custom_resources_may_make() -> None:
    document = read("""
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: outside}
spec: {secretStoreRef: {name: vault}, target: {name: synced}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault}
spec: {provider: {vault: {auth: {tokenSecretRef: {name: token}}}}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: cert}
spec: {secretName: tls}
""")
    made = {node.fields["name"] for node in all_of(document, "k8s.MadeSecret")}
    assert {"outside", "synced", "cert", "tls"} <= made


def test_keda_scales_a_deployment_unless_told_otherwise() -> None:
    document = read("""
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: queue}
spec: {minReplicaCount: 2, scaleTargetRef: {name: worker}}
""")
    assert one(document, "k8s.ScaledObject").fields["min_replicas"] == 2
    (target,) = targets(document, "scales")
    assert (target["name"], target["api_kind"]) == ("worker", "Deployment")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.sampled_from(["", "a", "50%", "80"]),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from([
            "template", "spec", "containers", "strategy", "rollingUpdate", "maxUnavailable", "env",
            "name", "ports", "port", "lifecycle", "preStop", "exec", "command", "sleep", "rules",
            "http", "paths", "backend", "service", "backendRefs", "route", "destination", "host",
            "volumes", "secret", "projected", "sources", "valueFrom", "secretKeyRef", "target",
        ]),
        inner, max_size=3,
    ),
    max_leaves=20,
)  # fmt: skip
KINDS = [
    ("apps/v1", "Deployment"), ("v1", "Pod"), ("v1", "Service"),
    ("networking.k8s.io/v1", "Ingress"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"), ("networking.istio.io/v1", "VirtualService"),
    ("policy/v1", "PodDisruptionBudget"), ("keda.sh/v1alpha1", "ScaledObject"),
    ("cert-manager.io/v1", "Certificate"),
]  # fmt: skip


@given(kind=st.sampled_from(KINDS), spec=ANYTHING)
def test_an_object_of_whatever_form_is_read_and_no_address_is_given_twice(
    kind: tuple[str, str], spec: object
) -> None:
    manifest = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "x"}, "spec": spec}
    document = parse(Source("x.json", json.dumps(manifest)))
    addresses = [node.address for node in document.nodes]
    assert addresses[0] == f"x.json#{kind[1]}/default/x"
    assert len(set(addresses)) == len(addresses)
    assert all(not node.parent or node.parent in addresses for node in document.nodes)
