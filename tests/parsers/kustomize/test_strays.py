"""Files beside kustomizations: patches that nobody lists, and manifests that no build takes."""

from __future__ import annotations

import pytest
from tests.parsers.kustomize.repositories import resolved

from plumbrule_parsers.document import Completeness, Document
from plumbrule_parsers.formats import format_of
from plumbrule_parsers.source import Source

HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
POD = 'template: {metadata: {labels: {a: b}}, spec: {containers: [{name: web, image: "a:1"}]}}'
PARTIAL = f"{HEAD}spec: {{{POD}}}\n"
NO_IMAGE = f"{HEAD}spec: {{selector: {{}}, {POD.replace(', image: ', ', tag: ')}}}\n"
WHOLE = f"{HEAD}spec: {{selector: {{matchLabels: {{a: b}}}}, {POD}}}\n"
BARE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, annotations: {a: b}}\n"


def beside(name: str, text: str, kustomization: str = "resources: [web.yaml]\n") -> Document:
    files = {"k/kustomization.yaml": kustomization, "k/web.yaml": WHOLE, name: text}
    return resolved(files)[name]


@pytest.mark.parametrize("text", [PARTIAL, NO_IMAGE, BARE])
def test_a_patch_that_no_kustomization_lists_is_left_out_with_a_reason(text: str) -> None:
    found = beside("k/image_patch.yaml", text)
    assert found.nodes == ()
    assert found.completeness is Completeness.SKIPPED
    assert found.because == "a patch that no kustomization lists"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("k/image_patch.yaml", WHOLE),  # could be applied by itself
        ("k/other.yaml", PARTIAL),  # is not called a patch
        ("elsewhere/image_patch.yaml", PARTIAL),  # stands beside no kustomization
    ],
)
def test_other_files_are_judged(name: str, text: str) -> None:
    assert beside(name, text).nodes


def test_a_patch_that_is_listed_is_the_kustomization_s() -> None:
    listed = "resources: [web.yaml]\npatches: [{path: image_patch.yaml}]\n"
    assert beside("k/image_patch.yaml", PARTIAL, listed).because == "a patch of k"


def test_only_manifests_that_a_build_may_take_matter_to_kustomizations() -> None:
    form = format_of("kustomize")
    source = Source("k/kustomization.yaml", "resources: [web.yaml, ../base/api.yaml]\n")
    assert form.heeds is not None
    heeds = form.heeds({source.path: form.parse(source)})
    manifest = format_of("kubernetes").parse

    def matters(path: str, text: str = WHOLE) -> bool:
        return heeds(manifest(Source(path, text)))

    assert matters("k/web.yaml")
    assert matters("k/beside.yaml")
    assert matters("base/api.yaml")
    flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\n"
    assert matters("x/flux.yaml", flux)
    assert not matters("base/web.yaml")
    assert not matters("other/web.yaml")
