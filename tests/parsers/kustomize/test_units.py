"""Which kustomizations are units, and whose documents hold what they make."""

from __future__ import annotations

from tests.parsers.kustomize.repositories import nodes, resolved

from plumbrule_parsers.document import Completeness, ToAddress
from plumbrule_parsers.value import Segments

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "acme/web:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}}
"""
BASE = {"base/web.yaml": WEB, "base/kustomization.yaml": "resources: [web.yaml]\n"}


def overlay(name: str, text: str = "") -> dict[str, str]:
    return {f"overlays/{name}/kustomization.yaml": f"resources: [../../base]\n{text}"}


def test_a_base_of_one_overlay_is_judged_as_that_overlay_makes_it() -> None:
    found = resolved({**BASE, **overlay("prod", "namespace: shop\nnamePrefix: p-\n")})
    units = [unit for document in found.values() for unit in document.units]
    assert [(unit.name, unit.kind, unit.folder) for unit in units] == [
        ("overlays/prod", "kustomize overlay", "overlays/prod")
    ]
    node = nodes(found)["base/web.yaml#Deployment/default/web"]
    assert (node.label, node.unit, node.variant) == ("Deployment shop/p-web", "overlays/prod", "")
    assert (node.span.path, node.span.line) == ("base/web.yaml", 3)


def test_a_base_of_two_overlays_has_a_variant_for_each() -> None:
    found = resolved({**BASE, **overlay("dev"), **overlay("prod", "namespace: shop\n")})
    web = found["base/web.yaml"]
    deployments = [node for node in web.nodes if node.kind == "k8s.Deployment"]
    assert [(node.address, node.unit) for node in deployments] == [
        ("base/web.yaml#overlays/dev:Deployment/default/web", "overlays/dev"),
        ("base/web.yaml#overlays/prod:Deployment/default/web", "overlays/prod"),
    ]
    assert len({node.plain_address for node in deployments}) == 1
    known = set(nodes(found))
    assert all(reference.origin in known for reference in web.references)
    assert all(node.parent in {"", *known} for node in web.nodes)
    assert found["base/kustomization.yaml"].units == ()


def test_a_kustomization_refers_to_those_that_it_names() -> None:
    found = resolved({**BASE, **overlay("prod")})
    (reference,) = found["overlays/prod/kustomization.yaml"].references
    assert reference.edge == "references"
    assert reference.origin == "overlays/prod/kustomization.yaml#kustomization"
    assert reference.target == ToAddress("base/kustomization.yaml#kustomization")
    assert reference.span.text == "../../base"


def test_a_patch_is_no_object() -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n"
    files = {
        **BASE,
        **overlay("prod", "patches: [{path: p.yaml}]\n"),
        "overlays/prod/p.yaml": patch,
    }
    document = resolved(files)["overlays/prod/p.yaml"]
    assert document.nodes == ()
    assert document.because == "a patch of overlays/prod"


def test_a_manifest_that_no_kustomization_names_stays_as_it_is() -> None:
    files = {**BASE, "base/other.yaml": WEB, "alone.yaml": WEB}
    found = nodes(resolved(files))
    assert found["alone.yaml#Deployment/default/web"].unit == ""
    assert found["base/other.yaml#Deployment/default/web"].unit == ""
    assert found["base/web.yaml#Deployment/default/web"].unit == "base"


def test_the_root_folder_is_a_unit_named_by_a_dot() -> None:
    found = resolved({"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": WEB})
    assert [unit.name for unit in found["kustomization.yaml"].units] == ["."]
    assert found["web.yaml"].nodes[0].unit == "."


def test_generated_objects_belong_to_their_kustomization() -> None:
    text = "configMapGenerator:\n- name: conf\n  literals: [a=b]\n"
    found = resolved({**BASE, **overlay("prod", text)})
    path = "overlays/prod/kustomization.yaml"
    node = nodes(found)[f"{path}#ConfigMap/default/conf"]
    assert node.label.startswith("ConfigMap conf-")
    assert (node.span.path, node.span.line, node.unit) == (path, 3, "overlays/prod")


def test_two_uses_of_a_base_in_one_overlay_are_two_objects() -> None:
    files = {
        **BASE, "a/kustomization.yaml": "resources: [../base]\nnamePrefix: a-\n",
        "b/kustomization.yaml": "resources: [../base]\nnamePrefix: b-\n",
        "all/kustomization.yaml": "resources: [../a, ../b]\n",
    }  # fmt: skip
    found = nodes(resolved(files))
    assert found["base/web.yaml#Deployment/default/web"].label == "Deployment a-web"
    assert found["base/web.yaml#Deployment/default/web~2"].label == "Deployment b-web"
    assert "base/web.yaml#Deployment/default/web~2/container/app" in found


def test_a_component_is_no_unit() -> None:
    part = "kind: Component\nresources: [extra.yaml]\n"
    files = {
        **BASE, **overlay("prod", "components: [../../part]\n"), "part/kustomization.yaml": part,
        "part/extra.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: extra}\n",
        "unused/kustomization.yaml": "kind: Component\nresources: []\n",
    }  # fmt: skip
    found = resolved(files)
    assert [unit.name for one in found.values() for unit in one.units] == ["overlays/prod"]
    assert nodes(found)["part/extra.yaml#ServiceAccount/default/extra"].unit == "overlays/prod"


def test_what_is_elsewhere_is_a_hole_and_the_rest_is_built() -> None:
    text = """\
- https://github.com/acme/base?ref=v1
generators:
- plugin.yaml
helmCharts:
- name: chart
patches:
- target: {kind: Deployment}
  patch: '[{"op": "replace", "path": "/spec/paused", "value": true}]'
- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: theirs}}'
namespace: shop
"""
    plugin = "apiVersion: acme.io/v1\nkind: Maker\nmetadata: {name: m}\n"
    files = {
        **BASE, "prod/plugin.yaml": plugin,
        "prod/kustomization.yaml": f"resources:\n- ../base\n{text}",
    }  # fmt: skip
    found = resolved(files)
    document = found["prod/kustomization.yaml"]
    reasons = [hole.why.detail for hole in document.holes]
    assert reasons == [
        "`https://github.com/acme/base?ref=v1` is not in the repository",
        "the chart `chart` is not rendered here", "the generator Maker m is not run",
    ]  # fmt: skip
    assert {hole.within for hole in document.holes} == {"prod"}
    assert document.problems == ()  # the patch may mean an object of the remote base
    assert document.completeness is Completeness.PARTLY
    node = nodes(found)["base/web.yaml#Deployment/default/web"]
    assert node.label == "Deployment shop/web"


def test_a_name_of_what_cannot_be_hashed_is_partly_known() -> None:
    from plumbrule_parsers.kustomize.accumulate import Builder
    from plumbrule_parsers.kustomize.build import build
    from plumbrule_parsers.kustomize.files import Files
    from plumbrule_parsers.source import Source

    class Tree:
        def paths(self) -> list[str]:
            return ["blob", "kustomization.yaml"]

        def read(self, path: str) -> Source | None:
            text = "configMapGenerator:\n- {name: c, files: [blob]}\n"
            return Source(path, text) if path == "kustomization.yaml" else None

        def read_bytes(self, path: str) -> bytes | None:
            return None

        def names(self, folder: str) -> list[str]:
            return self.paths()

    made = build(Builder(Files(Tree(), {})), "", Source("", "").span(0, 0))
    metadata = made.resources[0].body["metadata"]
    assert isinstance(metadata, dict)
    name = metadata["name"]
    assert isinstance(name, Segments)
    assert name.prefix == "c-"
