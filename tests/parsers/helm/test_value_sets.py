"""A chart is resolved once for each set of values that is meant for it."""

from __future__ import annotations

import pytest
from tests.parsers.helm.charts import by_unit, chart, entries, resolved, units, where

from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config
from plumbrule.scan.scan import model_of_texts
from plumbrule_parsers.document import Completeness, Severity

REFUSING = '{{ required "a must be set" .Values.a }}'


def test_defaults_are_the_plain_unit() -> None:
    documents = resolved(chart())
    assert list(units(documents)) == ["charts/shop"]
    (node,) = documents["charts/shop/templates/c.yaml"].nodes
    assert (node.unit, node.variant) == ("charts/shop", "")
    assert node.address == "charts/shop/templates/c.yaml#ConfigMap/default/c"


@pytest.mark.parametrize("name", [
    "ci/dev-values.yaml", "values-prod.yaml", "values.prod.yaml", "prod-values.yaml", "prod.yaml",
    "values/prod.yaml", "envs/prod/values.yaml", "environments/prod.yaml", "prod/values.yaml",
    "values-ha.yml", "../values-prod.yaml", "../envs/prod/values.yaml",
])  # fmt: skip
def test_files_by_convention_are_sets(name: str) -> None:
    path = "charts/" + name[3:] if name.startswith("../") else f"charts/shop/{name}"
    documents = resolved(chart() | {path: "a: other\n"})
    assert list(units(documents)) == ["charts/shop", f"charts/shop@{name}"]
    unit = units(documents)[f"charts/shop@{name}"]
    assert (unit.kind, unit.folder, unit.label) == ("helm chart", "charts/shop", name)
    assert unit.inputs == (path,)
    found = by_unit(documents)
    assert entries(found["charts/shop"]) == {"a": "plain"}
    node = found[unit.name]
    assert node.variant == unit.name
    assert node.plain_address == found["charts/shop"].address
    assert where(node, "a") == (path, 1, "a: other")
    assert documents[path].nodes[0].unit == unit.name


@pytest.mark.parametrize("name", [
    "templates/values-x.yaml", "charts/values-prod.yaml", "crds/prod.yaml", "config/common.yaml",
    "values/common.yaml", "docs/values.yaml", "values.yaml.example", "../values-ha.yaml",
    "../other/values-prod.yaml",
])  # fmt: skip
def test_other_files_are_no_sets(name: str) -> None:
    path = "charts/" + name[3:] if name.startswith("../") else f"charts/shop/{name}"
    documents = resolved(chart() | {path: "a: other\n"})
    assert list(units(documents)) == ["charts/shop"]


@pytest.mark.parametrize("call", ['"x-values.yaml"', '(printf "x-%s.yaml" "values")'])
def test_a_file_that_a_template_hands_on_is_no_set(call: str) -> None:
    template = chart()["charts/shop/templates/c.yaml"] + f"  b: {{{{ .Files.Get {call} | quote }}}}"
    documents = resolved(chart(template=template, **{"x-values.yaml": "a: other"}))
    assert list(units(documents)) == ["charts/shop"]
    assert entries(by_unit(documents)["charts/shop"])["b"] == "a: other"


def test_a_file_above_two_charts_is_of_the_one_that_it_names() -> None:
    files = chart() | {
        "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "charts/values-prod.yaml": "a: 1\n", "charts/envs/prod/web-values.yaml": "a: 2\n",
    }  # fmt: skip
    documents = resolved(files)
    assert list(units(documents)) == ["charts/shop"]
    web = units(documents, "charts/web/Chart.yaml")
    assert list(web) == ["charts/web", "charts/web@../envs/prod/web-values.yaml"]


def test_equal_sets_are_one() -> None:
    files = {"ci/a-values.yaml": "a: x\n", "ci/b-values.yaml": "a: 'x' # the same\n",
             "ci/c-values.yaml": "a: plain\n"}  # fmt: skip
    documents = resolved(chart(**files))
    assert list(units(documents)) == ["charts/shop", "charts/shop@ci/a-values.yaml"]


def test_references_stay_within_their_variant() -> None:
    template = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers: [{name: app, image: "{{ .Values.a }}"}]
"""
    documents = resolved(chart(template=template, **{"values-prod.yaml": "a: x\n"}))
    unit = "charts/shop@values-prod.yaml"
    pods = {n.unit: n for n in documents["charts/shop/templates/c.yaml"].nodes if not n.parent}
    inner = {n.unit: n for n in documents["charts/shop/templates/c.yaml"].nodes if n.parent}
    assert inner[unit].parent == pods[unit].address
    assert inner["charts/shop"].parent == pods["charts/shop"].address
    assert f"#{unit}:" in pods[unit].address


def test_too_many_sets_are_named() -> None:
    files = {f"ci/{number:02}-values.yaml": f"a: {number}\n" for number in range(30)}
    documents = resolved(chart(**files))
    assert len(units(documents)) == 25
    (problem,) = documents["charts/shop/Chart.yaml"].problems
    assert problem.code == "value-sets-limit"
    assert problem.severity is Severity.WARNING
    for number in range(24, 30):
        assert f"`ci/{number:02}-values.yaml`" in problem.message
    assert "23-values" not in problem.message


def test_a_chart_that_needs_values_is_judged_with_those_it_gets() -> None:
    template = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{a: {REFUSING}}}\n"
    documents = resolved(chart("", template, **{"ci/x-values.yaml": "a: x\n"}))
    document = documents["charts/shop/templates/c.yaml"]
    assert document.completeness is Completeness.EVALUATED
    assert (document.problems, document.holes) == ((), ())
    assert [node.unit for node in document.nodes] == ["charts/shop@ci/x-values.yaml"]
    (problem,) = documents["charts/shop/Chart.yaml"].problems
    assert (problem.code, problem.severity) == ("needs-values", Severity.WARNING)
    assert "a must be set" in problem.message
    assert "`ci/x-values.yaml`" in problem.message


def test_a_chart_that_nobody_gives_its_values_is_said_to_be_lost() -> None:
    template = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{a: {REFUSING}}}\n"
    document = resolved(chart("", template))["charts/shop/templates/c.yaml"]
    assert document.completeness is Completeness.SKIPPED
    assert len(document.holes) == 1
    assert "a must be set" in document.because


def test_a_set_that_a_template_refuses_is_named() -> None:
    template = (
        '{{ if eq .Values.a "bad" }}{{ fail "no" }}{{ end }}'
        + chart()["charts/shop/templates/c.yaml"]
    )
    documents = resolved(chart(template=template, **{"values-prod.yaml": "a: bad\n"}))
    document = documents["charts/shop/templates/c.yaml"]
    assert document.completeness is Completeness.PARTLY
    assert document.because.startswith("with values-prod.yaml: ")
    (problem,) = document.problems
    assert "(with `values-prod.yaml`)" in problem.message
    assert [node.unit for node in document.nodes] == ["charts/shop"]


def test_a_template_that_is_off_by_default_is_known_from_the_set_that_turns_it_on() -> None:
    template = "{{ if .Values.on }}" + chart()["charts/shop/templates/c.yaml"] + "{{ end }}"
    files = chart("a: 1\non: false\n", template, **{"ci/on-values.yaml": "on: true\n"})
    document = resolved(files)["charts/shop/templates/c.yaml"]
    assert [node.unit for node in document.nodes] == ["charts/shop@ci/on-values.yaml"]


def test_a_null_takes_a_default_away() -> None:
    documents = resolved(chart(**{"values-prod.yaml": "a: null\n"}))
    assert entries(by_unit(documents)["charts/shop@values-prod.yaml"]) == {"a": None}


def test_a_dependency_from_the_repository_is_also_resolved_as_part_of_its_parent() -> None:
    parent = ("apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n"
              "- {name: shop, version: 1.2.3, repository: 'file://../shop'}\n")  # fmt: skip
    files = chart() | {
        "charts/top/Chart.yaml": parent, "charts/top/values.yaml": "shop:\n  a: over\n",
        "charts/top/values-prod.yaml": "shop: {a: prod}\n",
    }  # fmt: skip
    found = by_unit(resolved(files))
    assert {unit: entries(node)["a"] for unit, node in found.items()} == {
        "charts/shop": "plain", "charts/top": "over", "charts/top@values-prod.yaml": "prod",
    }  # fmt: skip
    assert found["charts/top"].variant == "charts/top"
    assert where(found["charts/top"], "a") == ("charts/top/values.yaml", 2, "a: over")


def test_a_template_without_an_action_belongs_to_its_chart() -> None:
    """Alone it looks like a manifest, and was judged as one that no chart renders."""
    texts = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/values-prod.yaml": "a: 1\n",
        "web/templates/plain.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
        "web/templates/made.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
        "data: {a: {{ .Values.a | quote }}}\n",
        "k8s/plain.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: other}\n",
    }
    model = model_of_texts(texts, Config(), rules_of(Config()))
    units = {node.unit for node in model.graph.nodes.values() if node.label == "Service web"}
    assert units == {"web", "web@values-prod.yaml"}
    assert {node.unit for node in model.graph.nodes.values() if node.label == "Service other"} == {
        "k8s/*.yaml"
    }
