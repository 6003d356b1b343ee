"""Helmfiles are templates: they are run for each of their environments."""

from __future__ import annotations

import pytest
from tests.parsers.helm.charts import (
    CONFIG_MAP,
    by_unit,
    chart,
    data,
    entries,
    resolved,
    units,
    where,
)

from plumbrule_parsers.document import Completeness, Document
from plumbrule_parsers.value import Segments, Unknown

SHOP = chart("a: plain\nb: plain\n", CONFIG_MAP + "  b: {{ .Values.b | quote }}\n")
HELMFILE = """\
environments:
  default:
    values: [{tag: "0"}]
  production:
    values:
      - env/{{ .Environment.Name }}.yaml
      - {replicas: 3}
---
releases:
  - name: web
    namespace: shop
    chart: ../charts/shop
    values:
      - a: {{ .Values.tag | quote }}
{{- if eq .Environment.Name "production" }}
      - values/{{ .Environment.Name }}.yaml.gotmpl
{{- end }}
"""
PRODUCTION = {
    "deploy/env/production.yaml": "tag: '1.5'\nregion: eu\n",
    "deploy/values/production.yaml.gotmpl": (
        "# {{ .Release.Name }}\n"
        "b: {{ .Values.region }}-{{ .Release.Name }}-{{ .Values.replicas }}\n"
    ),
}  # fmt: skip


def problems(documents: dict[str, Document]) -> list[str]:
    return [one.message for document in documents.values() for one in document.problems]


@pytest.mark.parametrize("name", ["helmfile.yaml", "helmfile.yaml.gotmpl", "helmfile.d/web.yaml"])
def test_each_environment_is_a_set(name: str) -> None:
    files = SHOP | {
        path.replace("deploy/", f"deploy/{name.rpartition('/')[0]}/".replace("//", "/")): text
        for path, text in (PRODUCTION | {f"deploy/{name.rpartition('/')[2]}": HELMFILE}).items()
    }  # fmt: skip
    path = f"deploy/{name}"
    files = {one: text.replace("../charts", "../../charts") if one == path and "/" in name else text
             for one, text in files.items()}  # fmt: skip
    documents = resolved(files)
    home = "deploy" if "/" not in name else path
    assert list(units(documents)) == [
        "charts/shop",
        f"charts/shop@{home}/web",
        f"charts/shop@{home}/web@production",
    ]
    found = by_unit(documents)
    assert entries(found[f"charts/shop@{home}/web"]) == {"a": "0", "b": "plain"}
    assert entries(found[f"charts/shop@{home}/web@production"]) == {"a": "1.5", "b": "eu-web-3"}
    assert documents[path].completeness is Completeness.EVALUATED
    assert not problems(documents)


def test_values_lead_to_the_environment_s_file_and_to_the_template() -> None:
    documents = resolved(SHOP | PRODUCTION | {"deploy/helmfile.yaml": HELMFILE})
    node = by_unit(documents)["charts/shop@deploy/web@production"]
    unit = units(documents)[node.unit]
    assert (unit.environment, unit.inputs) == ("production", (
        "deploy/helmfile.yaml", "deploy/values/production.yaml.gotmpl",
        "deploy/env/production.yaml",
    ))  # fmt: skip
    assert where(node, "a")[:2] == ("deploy/env/production.yaml", 1)
    place = data(node).place("a")
    assert place is not None
    assert ("deploy/helmfile.yaml", 14) in [(one.span.path, one.span.line) for one in place.via]
    place = data(node).place("b")
    assert place is not None
    lines = {(one.span.path, one.span.line) for one in place.via}
    assert ("deploy/values/production.yaml.gotmpl", 2) in lines


def test_bases_are_read_first() -> None:
    files = {
        "base/environments.yaml": "environments: {prod: {values: [values.yaml]}}\n",
        "deploy/values.yaml": "tag: base\n",
        "deploy/helmfile.yaml": "bases: [../base/environments.yaml]\n---\n"
        "releases:\n  - {name: web, chart: ../charts/shop, values: [{a: {{ .Values.tag }}}]}\n",
    }  # fmt: skip
    documents = resolved(SHOP | files)
    assert entries(by_unit(documents)["charts/shop@deploy/web@prod"])["a"] == "base"


RELEASE = "releases:\n  - name: web\n    chart: ./charts/shop\n    values: [{a: %s}]\n"


@pytest.mark.parametrize(("written", "whole"), [
    ('{{ env "TAG" }}', True), ('{{ requiredEnv "TAG" | quote }}', True),
    ('"x-{{ exec "sh" (list "-c" "date") }}"', False), ("{{ .Values.tag }}", True),
    ('{{ get "a.b" .Values }}', True), ("{{ .StateValues.image.tag }}", True),
])  # fmt: skip
def test_what_comes_from_outside_is_unknown(written: str, *, whole: bool) -> None:
    documents = resolved(SHOP | {"helmfile.yaml": RELEASE % written})
    value = entries(by_unit(documents)["charts/shop@./web"])["a"]
    assert isinstance(value, (Unknown, Segments) if whole else Segments)
    assert not problems(documents)


@pytest.mark.parametrize(("written", "value"), [
    ('{{ readFile "tag.txt" | trim }}', "from-file"),
    ('{{ get "a.b" "fallback" (dict "a" (dict)) }}', "fallback"),
    ('{{ get "a.b" (dict "a" (dict "b" "deep")) }}', "deep"),
    ('{{ getOrNil "a" (dict) | default "none" }}', "none"),
    ('{{ dict "x" "usual" | toJson | fromJson | toJson }}', {"x": "usual"}),
])  # fmt: skip
def test_functions_of_helmfile(written: str, value: object) -> None:
    files = {"helmfile.yaml": RELEASE % written, "tag.txt": "from-file\n"}
    template = CONFIG_MAP.replace("{{ .Values.a | quote }}", "{{ toJson .Values.a }}")
    documents = resolved(chart(template=template) | files)
    assert entries(by_unit(documents)["charts/shop@./web"])["a"] == value


@pytest.mark.parametrize(("written", "line", "why"), [
    (RELEASE % "{{ nothing }}", 4, "there is no function `nothing`"),
    (RELEASE % "{{ if }}", 4, "a value is missing"),
    (RELEASE % '{{ fail "not here" }}', 4, "not here"),
    ("bases: [none.yaml]\n" + RELEASE % "{{ 1 }}", 1, "its base `none.yaml` is not"),
    (RELEASE % "{{ 1 }}]}", 4, "it renders to what is no YAML"),
    ("environments: {default: {values: [x.yaml]}}\n" + RELEASE % "{{ 1 }}", 1,
     "the values file `x.yaml` of the environment `default` is not"),
])  # fmt: skip
def test_what_cannot_be_run_is_a_hole_with_its_reason(written: str, line: int, why: str) -> None:
    documents = resolved(SHOP | {"helmfile.yaml": written})
    found = documents["helmfile.yaml"]
    (hole,) = found.holes
    assert why in hole.why.detail
    assert hole.span.line == line
    assert found.completeness is Completeness.SKIPPED
    assert list(units(documents)) == ["charts/shop"]


def test_a_template_of_values_that_cannot_be_run_costs_its_release() -> None:
    helmfile = "releases:\n  - {name: web, chart: ./charts/shop, values: [v.yaml.gotmpl]}\n"
    files = {"helmfile.yaml": helmfile, "v.yaml.gotmpl": "\na: {{ nothing }}\n"}
    documents = resolved(SHOP | files)
    (problem,) = documents["charts/shop/Chart.yaml"].problems
    assert "there is no function `nothing` (v.yaml.gotmpl:2)" in problem.message
    assert list(units(documents)) == ["charts/shop"]


def test_a_helmfile_without_charts_is_run_too() -> None:
    text = "releases:\n  - {name: x, chart: stable/x, version: {{ .Values.v }}}\n"
    found = resolved({"helmfile.yaml": text})["helmfile.yaml"]
    assert found.completeness is Completeness.EVALUATED
    assert found.nodes[0].fields["releases"]


def test_a_helmfile_that_is_its_own_base_ends() -> None:
    text = "bases: [helmfile.yaml]\n" + RELEASE % "{{ 1 }}"
    (hole,) = resolved(SHOP | {"helmfile.yaml": text})["helmfile.yaml"].holes
    assert "its base" in hole.why.detail
