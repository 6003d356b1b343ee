"""Releases that the repository declares: their values are sets of the charts that they install."""

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

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.value import Segments, Unknown

MORE = (
    CONFIG_MAP + "  b: {{ .Values.b | quote }}\n  c: {{ .Values.c | quote }}\n"
    "  release: {{ .Release.Name }}\n{{- with .Values.w }}\n  w: {{ . }}\n{{- end }}\n"
)
SHOP = chart("a: plain\nb: plain\nc: plain\n", MORE)
BASE = dict.fromkeys("abc", "plain")


def one(documents: dict[str, Document], name: str) -> Node:
    """What the chart renders to as that release installs it."""
    found = by_unit(documents)
    assert set(found) == {"charts/shop", f"charts/shop@{name}"}
    return found[f"charts/shop@{name}"]


# ------------------------------------------------------------------ Terraform
TERRAFORM = """\
variable "env" { default = "prod" }
resource "helm_release" "shop" {
  name      = "web"
  namespace = "live"
  chart     = "${path.module}/../charts/shop"
  values = [
    file("${path.module}/values/shop.yaml"),
    yamlencode({
      z = 1
      b = var.env
    }),
  ]
  set {
    name  = "c"
    value = "set"
  }
}
"""


def test_terraform_values_and_settings() -> None:
    files = SHOP | {"infra/main.tf": TERRAFORM, "infra/values/shop.yaml": "# ours\na: file\n"}
    documents = resolved(files)
    node = one(documents, "infra/helm_release.shop")
    assert entries(node) == {"a": "file", "b": "prod", "c": "set", "release": "web"}
    assert node.fields["namespace"] == "live"
    assert where(node, "a") == ("infra/values/shop.yaml", 2, "a: file")
    # The way leads on to the variable's default, which stands there word for word.
    assert where(node, "b") == ("infra/main.tf", 1, '"prod"')
    place = node.fields["data"].place("b")
    assert [hop.span.line for hop in place.via][-2:] == [10, 1]
    assert where(node, "c")[:2] == ("infra/main.tf", 15)
    unit = units(documents)[node.unit]
    assert unit.inputs == ("infra/main.tf", "infra/values/shop.yaml")
    assert (unit.span.path, unit.span.line) == ("infra/main.tf", 2)


def test_terraform_heredoc_with_what_is_known_after_apply() -> None:
    terraform = """\
resource "helm_release" "shop" {
  name  = "web"
  chart = "../charts/shop"
  values = [<<-EOT
    a: "x-${aws_vpc.main.id}"
    b: one
  EOT
  ]
  set_sensitive = [{ name = "c", value = aws_vpc.main.arn }]
}
"""
    node = one(resolved(SHOP | {"infra/main.tf": terraform}), "infra/helm_release.shop")
    assert isinstance(entries(node)["a"], Segments)
    assert isinstance(entries(node)["c"], (Segments, Unknown))
    assert where(node, "b") == ("infra/main.tf", 6, "b: one")
    assert where(node, "a")[:2] == ("infra/main.tf", 5)


@pytest.mark.parametrize(("values", "why"), [
    ("[var.text]", "an item of its `values` cannot be told"),
    ('["- no mapping"]', "no YAML mapping"),
    ('[templatefile("absent.yaml", {})]', "cannot be told"),
])  # fmt: skip
def test_a_release_with_values_that_cannot_be_told_is_named_and_not_guessed(
    values: str, why: str
) -> None:
    terraform = (
        f'variable "text" {{}}\nresource "helm_release" "shop" {{\n  name = "web"\n'
        f'  chart = "../charts/shop"\n  values = {values}\n}}\n'
    )
    documents = resolved(SHOP | {"infra/main.tf": terraform})
    assert set(by_unit(documents)) == {"charts/shop"}
    (problem,) = documents["charts/shop/Chart.yaml"].problems
    assert problem.code == "values-unknown"
    assert why in problem.message
    assert problem.span.path == "infra/main.tf"


def test_charts_of_other_repositories_are_not_meant() -> None:
    terraform = ('resource "helm_release" "shop" {\n  name = "x"\n  chart = "shop"\n'
                 '  repository = "https://x.example"\n  version = "9.9.9"\n}\n')  # fmt: skip
    assert set(by_unit(resolved(SHOP | {"main.tf": terraform}))) == {"charts/shop"}


# ------------------------------------------------------------------ Argo CD
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  destination: {namespace: shop-staging}
  source:
    repoURL: https://git.example.com/shop.git
    path: charts/shop
    helm:
      valueFiles: [extra.yaml]
      values: |
        # text
        b: text
        c: text
      parameters:
        - name: c
          value: given
"""


def test_argo_application() -> None:
    files = SHOP | {"apps/web.yaml": APPLICATION, "charts/shop/extra.yaml": "a: extra\n"}
    documents = resolved(files)
    node = one(documents, "apps/web")
    assert entries(node) == {"a": "extra", "b": "text", "c": "given", "release": "web"}
    assert where(node, "a") == ("charts/shop/extra.yaml", 1, "a: extra")
    assert where(node, "b") == ("apps/web.yaml", 13, "b: text")
    assert where(node, "c") == ("apps/web.yaml", 17, "value: given")
    assert units(documents)[node.unit].environment == "staging"
    assert node.fields["namespace"] == "shop-staging"


def test_argo_values_object_wins_over_text_and_the_root_may_lie_below() -> None:
    application = APPLICATION.replace("values: |\n        # text", "valuesObject:\n        a: own")
    application = application.replace("valueFiles: [extra.yaml]", "releaseName: other")
    files = {f"repo/{path}": text for path, text in SHOP.items()}
    documents = resolved(files | {"repo/apps/web.yaml": application})
    nodes = {n.unit: n for n in documents["repo/charts/shop/templates/c.yaml"].nodes}
    node = nodes["repo/charts/shop@repo/apps/web"]
    assert entries(node) == {"a": "own", "b": "text", "c": "given", "release": "other"}
    assert where(node, "a") == ("repo/apps/web.yaml", 12, "a: own")


def test_an_absent_values_file_is_said_to_be_lost_unless_it_may_be_absent() -> None:
    documents = resolved(SHOP | {"apps/web.yaml": APPLICATION})
    (problem,) = documents["charts/shop/Chart.yaml"].problems
    assert problem.code == "values-unknown"
    assert "`extra.yaml`" in problem.message
    lenient = APPLICATION.replace("    helm:\n", "    helm:\n      ignoreMissingValueFiles: true\n")
    documents = resolved(SHOP | {"apps/web.yaml": lenient})
    assert documents["charts/shop/Chart.yaml"].problems == ()
    assert entries(one(documents, "apps/web"))["b"] == "text"


def test_values_files_of_another_source_are_found_from_the_root() -> None:
    application = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  sources:
    - {repoURL: x, ref: values}
    - repoURL: x
      path: charts/shop
      helm: {valueFiles: [$values/envs/live.yaml]}
"""
    files = SHOP | {"apps/web.yaml": application, "envs/live.yaml": "a: live\n"}
    documents = resolved(files)
    node = one(documents, "apps/web")
    assert where(node, "a") == ("envs/live.yaml", 1, "a: live")
    assert units(documents)[node.unit].inputs == ("apps/web.yaml", "envs/live.yaml")


def test_applications_that_a_chart_renders() -> None:
    template = APPLICATION.replace("valueFiles: [extra.yaml]", "releaseName: {{ .Values.name }}")
    template = template.replace("value: given", "value: {{ .Values.given }}")
    template = template.replace(" b: text", " b: {{ .Values.given }}\n        w: literal")
    files = SHOP | {
        "charts/apps/Chart.yaml": "apiVersion: v2\nname: apps\nversion: 1.0.0\n",
        "charts/apps/values.yaml": "name: one\ngiven: in-apps\n",
        "charts/apps/values-prod.yaml": "given: in-prod\n",
        "charts/apps/templates/web.yaml": template,
    }
    documents = resolved(files)
    found = by_unit(documents)
    assert set(found) == {
        "charts/shop", "charts/shop@charts/apps/templates/web",
        "charts/shop@charts/apps@values-prod.yaml/web",
    }  # fmt: skip
    node = found["charts/shop@charts/apps@values-prod.yaml/web"]
    assert entries(node)["c"] == "in-prod"
    assert where(node, "c") == ("charts/apps/values-prod.yaml", 1, "given: in-prod")
    assert where(node, "b") == ("charts/apps/values-prod.yaml", 1, "given: in-prod")
    assert where(node, "w") == ("charts/apps/templates/web.yaml", 14, "w: literal")
    place = data(node).place("b")
    assert place is not None
    assert [str(hop.span).partition(":")[0] for hop in place.via] == [
        "charts/shop/templates/c.yaml", "charts/apps/templates/web.yaml",
        "charts/apps/values-prod.yaml",
    ]  # fmt: skip
    assert "charts/apps/values-prod.yaml" in units(documents)[node.unit].inputs


MATRIX = (
    "matrix: {generators: [{list: {elements: [{env: dev}, {env: prod}]}}, "
    "{list: {elements: [{v: three}]}}]}"
)


@pytest.mark.parametrize(("generator", "expected"), [
    ("list: {elements: [{env: dev, v: one}, {env: prod, v: two}]}",
     {"set-dev": "one", "set-prod": "two"}),
    ("git: {files: [{path: 'envs/*.yaml'}]}", {"set-dev": "one", "set-prod": "two"}),
    (MATRIX, {"set-dev": "three", "set-prod": "three"}),
])  # fmt: skip
def test_application_sets(generator: str, expected: dict[str, str]) -> None:
    application_set = f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: shops}}
spec:
  generators:
    - {generator}
  template:
    metadata: {{name: "set-{{{{env}}}}"}}
    spec:
      source:
        path: charts/shop
        helm:
          parameters:
            - {{name: a, value: "{{{{ v }}}}"}}
            - {{name: b, value: "{{{{env}}}}"}}
            - {{name: c, value: "{{{{ other }}}}"}}
"""
    files = SHOP | {
        "sets/shops.yaml": application_set, "envs/dev.yaml": "env: dev\nv: one\n",
        "envs/prod.yaml": "env: prod\nv: two\n",
    }  # fmt: skip
    found = by_unit(resolved(files))
    made = {unit: entries(node) for unit, node in found.items() if "sets/" in unit}
    assert {unit.rpartition("/")[2]: given["a"] for unit, given in made.items()} == expected
    assert all(isinstance(given["c"], (Unknown, Segments)) for given in made.values())


# ------------------------------------------------------------------ Flux
def helm_release(values: str, kind: str = "GitRepository") -> str:
    return f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: shop}}
spec:
  chart:
    spec:
      chart: ./charts/shop
      sourceRef: {{kind: {kind}, name: repo}}
{values}"""


def test_flux_helm_release() -> None:
    values = "  targetNamespace: prod\n  values:\n    a: flux\n    b: x-${CLUSTER}\n"
    documents = resolved(SHOP | {"clusters/one/web.yaml": helm_release(values)})
    node = one(documents, "clusters/one/web")
    assert where(node, "a") == ("clusters/one/web.yaml", 11, "a: flux")
    assert isinstance(entries(node)["b"], Segments)
    assert entries(node)["release"] == "prod-web"
    assert node.fields["namespace"] == "prod"
    assert units(documents)[node.unit].environment == "prod"


def test_flux_values_from_config_maps() -> None:
    values = ("  valuesFrom:\n    - {kind: ConfigMap, name: plain}\n"
              "    - {kind: ConfigMap, name: made, valuesKey: v.yaml}\n"
              "    - {kind: Secret, name: hidden, valuesKey: pass, targetPath: c}\n")  # fmt: skip
    files = SHOP | {
        "apps/web.yaml": helm_release(values),
        "apps/plain.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"
        "data:\n  values.yaml: |\n    a: plain-map\n    b: plain-map\n",
        "apps/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator:\n"
        "  - {name: made, files: [v.yaml=given.yaml]}\n",
        "apps/given.yaml": "b: generated\n",
    }  # fmt: skip
    node = one(resolved(files), "apps/web")
    assert where(node, "a") == ("apps/plain.yaml", 6, "a: plain-map")
    assert where(node, "b") == ("apps/given.yaml", 1, "b: generated")
    assert isinstance(entries(node)["c"], Unknown)


@pytest.mark.parametrize("source", ["{kind: Secret, name: s}", "{kind: ConfigMap, name: absent}"])
def test_flux_values_from_what_is_not_there(source: str) -> None:
    documents = resolved(SHOP | {"web.yaml": helm_release(f"  valuesFrom: [{source}]\n")})
    assert set(by_unit(documents)) == {"charts/shop"}
    assert [p.code for p in documents["charts/shop/Chart.yaml"].problems] == ["values-unknown"]


# ------------------------------------------------------------------ helmfile
def test_helmfile() -> None:
    helmfile = """\
releases:
  - name: web
    namespace: shop
    chart: ../charts/shop
    values:
      - given.yaml
      - b: inline
    set:
      - name: c
        value: set
  - name: other
    chart: stable/shop
"""
    files = SHOP | {"deploy/helmfile.yaml": helmfile, "deploy/given.yaml": "a: given\n"}
    documents = resolved(files)
    assert documents["deploy/helmfile.yaml"].format == "helm"
    node = one(documents, "deploy/web")
    assert entries(node) == {"a": "given", "b": "inline", "c": "set", "release": "web"}
    assert where(node, "a") == ("deploy/given.yaml", 1, "a: given")
    assert where(node, "b") == ("deploy/helmfile.yaml", 7, "b: inline")
    assert where(node, "c") == ("deploy/helmfile.yaml", 10, "value: set")


# ------------------------------------------------------------------ sets that are equal
def test_a_release_of_a_conventional_file_gives_it_its_name_and_namespace() -> None:
    application = APPLICATION[: APPLICATION.index("      values: |")].replace("extra", "values-eu")
    files = SHOP | {"apps/web.yaml": application, "charts/shop/values-eu.yaml": "a: eu\n"}
    documents = resolved(files)
    node = one(documents, "values-eu.yaml")
    assert entries(node)["release"] == "web"
    assert units(documents)[node.unit].environment == "staging"


def test_a_release_with_nothing_but_the_defaults_says_their_environment() -> None:
    application = APPLICATION[: APPLICATION.index("    helm:")]
    documents = resolved(SHOP | {"apps/web.yaml": application})
    (unit,) = units(documents).values()
    assert (unit.name, unit.environment) == ("charts/shop", "staging")
    assert entries(by_unit(documents)["charts/shop"]) == BASE | {"release": "release-name"}


# ------------------------------------------------------------------ hostile
def test_a_chart_that_installs_itself_ends() -> None:
    template = APPLICATION.replace("valueFiles: [extra.yaml]", "releaseName: x")
    template = template.replace("b: text", "b: {{ add1 (int .Values.b) }}").replace(
        "value: given", "value: {{ .Values.c }}"
    )
    files = chart("a: 1\nb: 1\nc: 1\n", template)
    made = units(resolved(files))
    assert 1 < len(made) <= 5


def test_a_release_of_very_many_lines_ends() -> None:
    lines = "".join(f"        k{number}: {number}\n" for number in range(20_000))
    application = APPLICATION.replace("valueFiles: [extra.yaml]", "releaseName: x").replace(
        "        b: text\n        c: text\n", f"        b: text\n{lines}"
    )
    node = one(resolved(SHOP | {"apps/web.yaml": application}), "apps/web")
    assert entries(node)["b"] == "text"
