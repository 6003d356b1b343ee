"""Environments: configured globs first, then the conventions of layout."""

import pytest

from plumbrule.environments import any_matches, environment_of, glob_matches


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("overlays/prod/web.yaml", "prod"),
        ("envs/Staging/main.tf", "staging"),
        ("prod/dev/main.tf", "dev"),  # the nearest folder speaks
        ("charts/web/values-prod.yaml", "prod"),
        ("charts/web/values.production.yaml", "prod"),
        ("terraform/stg.tfvars", "staging"),
        ("terraform/product.tfvars", "default"),
        ("src/live-reload.yaml", "default"),
        ("producer/main.tf", "default"),
        ("main.tf", "default"),
    ],
)
def test_conventions(path: str, environment: str) -> None:
    found, why = environment_of(path, {})
    assert found == environment
    assert bool(why) is (environment != "default")


def test_configured_globs_come_first() -> None:
    configured = {"prod": ("live/**",), "lab": ("**/prod/*.tf",)}
    assert environment_of("live/staging/main.tf", configured) == ("prod", "configured: `live/**`")
    assert environment_of("x/prod/main.tf", configured)[0] == "lab"
    assert environment_of("x/prod/deep/main.tf", configured)[0] == "prod"  # by its folder


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("vendor", "vendor/a/b.yaml", True),
        ("./vendor/", "vendor/a.yaml", True),
        ("vendor", "vendored/a.yaml", False),
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "x/a.yaml", False),
        ("**/*.yaml", "a.yaml", True),
        ("**/*.yaml", "x/y/a.yaml", True),
        ("a?c", "abc/d.tf", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("**/testdata", "x/testdata/y.tf", True),
        ("[ab].tf", "b.tf", True),
    ],
)
def test_globs(glob: str, path: str, fits: bool) -> None:
    assert glob_matches(glob, path) is fits
    assert any_matches(["nothing", glob], path) is fits
