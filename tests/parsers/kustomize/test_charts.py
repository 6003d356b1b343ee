"""`helmCharts`: a chart of the repository is rendered into the build, with its values' lines."""

from __future__ import annotations

import pytest

from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config
from plumbrule.scan.scan import Model, model_of_texts

CHART = {
    "prod/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "prod/charts/web/values.yaml": "image: acme/web:1\nreplicas: 1\n",
    "prod/charts/web/templates/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
spec:
  replicas: {{ .Values.replicas }}
  template: {spec: {containers: [{name: web, image: {{ .Values.image }}}]}}
""",
}
ENTRY = "helmCharts:\n- name: web\n  releaseName: shop\n  namespace: web\n"


def built(kustomization: str, more: dict[str, str] | None = None) -> Model:
    texts = {**CHART, "prod/kustomization.yaml": kustomization, **(more or {})}
    return model_of_texts(texts, Config(), rules_of(Config()))


def replicas(model: Model) -> object:
    (found,) = [node for node in model.graph.nodes.values()
                if node.kind == "k8s.Deployment" and node.unit == "prod"]  # fmt: skip
    return found.fields["replicas"]


def test_a_chart_beside_the_kustomization_is_rendered_and_patched() -> None:
    model = built(ENTRY + "namePrefix: my-\nimages: [{name: acme/web, newTag: '2'}]\n")
    (node,) = [one for one in model.graph.nodes.values()
               if one.kind == "k8s.Container" and one.unit == "prod"]  # fmt: skip
    assert node.fields["image"] == "acme/web:2"
    assert replicas(model) == 1
    assert not any("not rendered" in str(hole.why) for hole in model.graph.holes)


@pytest.mark.parametrize(
    ("entry", "count"),
    [
        ("  valuesInline: {replicas: 5}\n", 5),
        ("  valuesFile: v.yaml\n", 3),
        ("  valuesFile: v.yaml\n  valuesInline: {replicas: 5}\n", 5),
        ("  valuesFile: v.yaml\n  valuesInline: {replicas: 5}\n  valuesMerge: merge\n", 3),
        ("  valuesFile: v.yaml\n  valuesInline: {a: 1}\n  valuesMerge: replace\n", 1),
        ("  additionalValuesFiles: [v.yaml, w.yaml]\n", 4),
    ],
)
def test_values_are_laid_over_each_other(entry: str, count: int) -> None:
    more = {"prod/v.yaml": "replicas: 3\n", "prod/w.yaml": "replicas: 4\n"}
    assert replicas(built(ENTRY + entry, more)) == count


@pytest.mark.parametrize(
    "kustomization",
    [
        "helmCharts:\n- name: redis\n  repo: https://charts.example.com\n  version: 1.0.0\n",
        ENTRY + "  valuesFile: absent.yaml\n",
        "helmCharts:\n- name: ../../../etc\n",
    ],
)
def test_what_is_not_in_the_repository_is_a_hole(kustomization: str) -> None:
    model = built(kustomization)
    assert any("is not rendered here" in str(hole.why) for hole in model.graph.holes)
