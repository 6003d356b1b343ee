"""What Flux fills in after a build: given values are known, others cannot be told."""

from __future__ import annotations

from tests.parsers.kustomize.repositories import nodes, resolved

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.value import MapValue, Segments, Unknown, Value

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  host: web.${DOMAIN}
  size: ${SIZE:=small}
  plain: $${DOMAIN} $HOME
  secret: ${TOKEN}
"""


def flux(values: str, path: str = "./apps") -> str:
    return f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: apps}}
spec:
  path: {path}
  postBuild: {values}
"""


def data(*objects: str) -> MapValue:
    files = {
        "apps/kustomization.yaml": "resources: [c.yaml]\n", "apps/c.yaml": CONFIG,
        **{f"clusters/{number}/apps.yaml": text for number, text in enumerate(objects)},
    }  # fmt: skip
    node: Node = nodes(resolved(files))["apps/c.yaml#ConfigMap/default/c"]
    found: Value = node.fields["data"]
    assert isinstance(found, MapValue)
    return found


def test_given_values_are_filled_in_and_lead_to_the_line_that_gives_them() -> None:
    found = data(flux("{substitute: {DOMAIN: acme.io}}"))
    assert found["host"] == "web.acme.io"
    assert found["size"] == "small"
    assert found["plain"] == "${DOMAIN} $HOME"
    place = found.place("host")
    assert place is not None
    assert [(hop.span.path, hop.span.line) for hop in place.via] == [
        ("apps/c.yaml", 5), ("clusters/0/apps.yaml", 6),
    ]  # fmt: skip


def test_values_of_the_cluster_are_unknown() -> None:
    found = data(flux("{substituteFrom: [{kind: Secret, name: s}]}"))
    host = found["host"]
    assert isinstance(host, Segments)
    assert host.prefix == "web."
    assert isinstance(found["secret"], Segments)
    assert all(isinstance(part, (str, Unknown)) for part in found["secret"].parts)


def test_clusters_that_disagree_leave_a_value_unknown() -> None:
    found = data(flux("{substitute: {DOMAIN: a.io, SIZE: big}}"),
                 flux("{substitute: {DOMAIN: b.io, SIZE: big}}"))  # fmt: skip
    assert isinstance(found["host"], Segments)
    assert found["size"] == "big"


def test_without_flux_the_text_stays_as_it_is() -> None:
    assert data()["host"] == "web.${DOMAIN}"
    assert data(flux("{substitute: {DOMAIN: acme.io}}", "./other"))["host"] == "web.${DOMAIN}"


WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: "acme/web:1.0"}]}}}
"""


def adding(more: str, name: str = "apps") -> str:
    return f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}}}
spec:
  path: ./apps
{more}"""


def web(*objects: str, more: dict[str, str] | None = None) -> tuple[Node, dict[str, Document]]:
    files = {
        "apps/kustomization.yaml": "resources: [web.yaml]\n"
        "images: [{name: acme/web, newTag: '1.1'}]\n",
        "apps/web.yaml": WEB, **(more or {}),
        **{f"clusters/{number}/apps.yaml": text for number, text in enumerate(objects)},
    }  # fmt: skip
    documents = resolved(files)
    return nodes(documents)["apps/web.yaml#Deployment/default/web"], documents


def test_flux_adds_a_namespace_patches_components_and_images() -> None:
    more = """\
  targetNamespace: shop
  components: [../parts/many]
  images: [{name: acme/web, newTag: "2.0"}]
  patches:
    - patch: |
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {paused: true}
"""
    part = "kind: Component\nreplicas: [{name: web, count: 3}]\n"
    node, documents = web(adding(more), more={"parts/many/kustomization.yaml": part})
    assert node.fields["namespace"] == "shop"
    assert node.fields["replicas"] == 3
    spec = node.fields["spec"]
    assert isinstance(spec, MapValue)
    assert spec["paused"] is True
    container = nodes(documents)["apps/web.yaml#Deployment/default/web/container/web"]
    assert container.fields["image"] == "acme/web:2.0"
    place = container.fields.place("image")
    assert place is not None
    assert (place.value.path, place.value.line) == ("clusters/0/apps.yaml", 8)


def test_flux_objects_that_build_a_folder_differently_leave_a_hole() -> None:
    node, documents = web(adding("  targetNamespace: a\n"), adding("  targetNamespace: b\n", "b"))
    assert "namespace" not in node.fields
    (hole,) = documents["apps/kustomization.yaml"].holes
    assert "2 Flux objects" in str(hole.why)
