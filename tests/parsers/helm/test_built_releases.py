"""Releases that kustomize overlays patch: what is built says with which values a chart runs."""

from __future__ import annotations

from tests.parsers.helm.charts import by_unit, chart, data, entries, resolved, units, where

from plumbrule_parsers.helm.parse import concerns_charts

KIND = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  releaseName: shop
  chart:
    spec: {chart: charts/shop, sourceRef: {kind: GitRepository, name: x}}
  values:
    a: base
    b: base
"""
PATCH = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  values:
    a: patched
"""
TEMPLATE = chart()["charts/shop/templates/c.yaml"] + "  b: {{ .Values.b | quote }}\n"
FLUX = chart("a: plain\nb: plain\n", TEMPLATE) | {
    "apps/base/release.yaml": RELEASE,
    "apps/base/kustomization.yaml": KIND + "resources: [release.yaml]\n",
    "apps/production/values.yaml": PATCH,
    "apps/production/kustomization.yaml": KIND + (
        "namespace: live\nresources: [../base]\n"
        "patches: [{path: values.yaml, target: {kind: HelmRelease}}]\n"
    ),
}  # fmt: skip
PRODUCTION = "charts/shop@apps/production/shop"


def test_a_patched_helm_release_gives_the_patched_values() -> None:
    documents = resolved(FLUX)
    assert list(units(documents)) == ["charts/shop", PRODUCTION]
    node = by_unit(documents)[PRODUCTION]
    assert entries(node) == {"a": "patched", "b": "base"}
    assert node.fields["namespace"] == "live"
    assert where(node, "a") == ("apps/production/values.yaml", 6, "a: patched")
    assert where(node, "b") == ("apps/base/release.yaml", 10, "b: base")
    place = data(node).place("a")
    assert place is not None
    assert place.via[0].span.path == "charts/shop/templates/c.yaml"


def test_the_environment_is_that_of_the_overlay() -> None:
    unit = units(resolved(FLUX))[PRODUCTION]
    assert unit.inputs[-1] == "apps/production/kustomization.yaml"
    assert {"apps/base/release.yaml", "apps/production/values.yaml"} <= set(unit.inputs)
    assert unit.declared_by == ("apps/base/release.yaml#HelmRelease/default/shop",)


def test_each_overlay_has_a_set_of_its_own_even_if_the_values_are_equal() -> None:
    files = FLUX | {
        "apps/staging/kustomization.yaml": KIND + "resources: [../base]\n",
        "apps/staging-eu/kustomization.yaml": KIND + "resources: [../base]\n",
        "apps/dev/values.yaml": PATCH,
        "apps/dev/kustomization.yaml": KIND + (
            "resources: [../base]\npatches: [path: values.yaml]\n"
        ),
    }  # fmt: skip
    documents = resolved(files)
    found = {unit.name: entries(node)["a"] for unit in units(documents).values()
             for node in [by_unit(documents)[unit.name]]}  # fmt: skip
    assert found == {
        "charts/shop": "plain", "charts/shop@apps/dev/shop": "patched", PRODUCTION: "patched",
        # Two overlays of one environment with equal values are one set.
        "charts/shop@apps/staging/shop": "base",
    }  # fmt: skip


def test_an_application_of_an_overlay_counts_as_it_is_built() -> None:
    application = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source: {path: charts/shop, repoURL: x, helm: {valuesObject: {a: base}}}
  destination: {namespace: shop}
"""
    patch = "[{op: replace, path: /spec/source/helm/valuesObject/a, value: json}]"
    files = chart() | {
        "argo/base/app.yaml": application,
        "argo/base/kustomization.yaml": KIND + "resources: [app.yaml]\n",
        "argo/prod/kustomization.yaml": KIND + (
            "resources: [../base]\npatches:\n  - target: {kind: Application}\n"
            f"    patch: '{patch}'\n"
        ),
    }  # fmt: skip
    documents = resolved(files)
    node = by_unit(documents)["charts/shop@argo/prod/shop"]
    assert entries(node) == {"a": "json"}
    assert where(node, "a")[:2] == ("argo/prod/kustomization.yaml", 6)


def test_what_a_generated_document_holds_concerns_charts() -> None:
    documents = resolved(FLUX)
    assert concerns_charts(documents["apps/production/kustomization.yaml"])
    assert concerns_charts(documents["apps/base/release.yaml"])
