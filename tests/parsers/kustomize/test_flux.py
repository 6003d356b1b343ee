"""What Flux fills in after a build: given values are known, others cannot be told."""

from __future__ import annotations

from tests.parsers.kustomize.repositories import nodes, resolved

from plumbrule_parsers.document import Node
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
