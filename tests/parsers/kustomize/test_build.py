"""Each feature of a kustomization, on repositories of our own: the objects are as expected."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.parsers.kustomize.repositories import Case, at, built, cases, one

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.kustomize.accumulate import Builder
from plumbrule_parsers.kustomize.build import build
from plumbrule_parsers.kustomize.files import Files
from plumbrule_parsers.kustomize.schema import Schema
from plumbrule_parsers.kustomize.strategic_merge import strategic_merge
from plumbrule_parsers.kustomize.trees import copied_map
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Place, Value
from plumbrule_parsers.yaml_tree import parse_yaml

ALL = cases()


class Loader(yaml.CSafeLoader):
    """Dates stay text."""


Loader.yaml_implicit_resolvers = {
    letter: [one for one in found if not one[0].endswith(":timestamp")]
    for letter, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def key(value: Value) -> str:
    assert isinstance(value, dict)
    metadata = value["metadata"]
    assert isinstance(metadata, dict)
    return f"{value['kind']} {metadata.get('namespace')}/{metadata['name']}"


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_feature_makes_the_expected_objects(case: Case) -> None:
    made = built(case.files, case.folder)
    assert [problem.message for problem in made.problems] == []
    assert not made.holes
    wanted = {key(value): value for value in yaml.load_all(case.expected, Loader)}
    assert {key(one.body): one.body for one in made.resources} == wanted


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_every_leaf_has_an_origin_in_a_file_of_the_repository(case: Case) -> None:
    made = built(case.files, case.folder)
    stack: list[Value] = [one.body for one in made.resources]
    while stack:
        owner = stack.pop()
        assert isinstance(owner, (MapValue, ListValue))
        keys = list(owner) if isinstance(owner, MapValue) else list(range(len(owner)))
        for step in keys:
            found: Place | None = owner.place(step)  # type: ignore[arg-type]
            assert found is not None, step
            for span in (found.value, found.key or found.value, *(hop.span for hop in found.via)):
                assert span.source.text == case.files[span.path]
                assert 0 <= span.start <= span.end <= len(span.source.text)
            value = owner[step]  # type: ignore[index, call-overload]
            if isinstance(value, (MapValue, ListValue)):
                stack.append(value)


def test_a_base_is_not_changed_by_the_overlay_that_is_built_before() -> None:
    files = {
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: base}\n",
        "dev/kustomization.yaml": "resources: [../base]\nnamePrefix: dev-\n",
        "all/kustomization.yaml": "resources: [../dev, ../base]\n",
    }
    made = built(files, "all")
    assert sorted(resource.name for resource in made.resources) == ["a", "dev-a"]


def test_a_generated_name_changes_with_its_content() -> None:
    files = {
        "kustomization.yaml": "configMapGenerator:\n- {name: a, files: [f]}\n",
        "f": "one",
    }
    first = one(built(files, ""), "ConfigMap").name
    again = one(built(files, ""), "ConfigMap").name
    other = one(built({**files, "f": "two"}, ""), "ConfigMap").name
    assert first == again != other
    assert first.startswith("a-")


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p, labels: {a: b}}
spec:
  containers:
  - {name: a, image: i, ports: [{containerPort: 80, protocol: TCP}], env: [{name: E, value: "1"}]}
  - {name: b, image: j}
  volumes: [{name: v, emptyDir: {}}]
"""


def pod(text: str = POD) -> MapValue:
    value = parse_yaml(Source("p.yaml", text), "go").documents[0].value
    assert isinstance(value, MapValue)
    return value


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True), st.booleans())
def test_merging_a_patch_twice_is_merging_it_once(names: list[str], whole: bool) -> None:
    containers = ", ".join(f"{{name: {name}, image: new, args: [x]}}" for name in names)
    more = "nodeSelector: {k: v}, " if whole else ""
    patch = pod(f"spec: {{{more}containers: [{containers}]}}\n")
    first = strategic_merge(pod(), copied_map(patch), Schema())
    assert first is not None
    second = strategic_merge(copied_map(first), copied_map(patch), Schema())
    assert second == first


def test_a_patch_that_says_what_is_there_changes_nothing() -> None:
    assert strategic_merge(pod(), pod(), Schema()) == pod()


def test_containers_of_the_patch_come_first() -> None:
    patch = pod("spec: {containers: [{name: new}, {name: b, image: k}]}\n")
    merged = strategic_merge(pod(), patch, Schema())
    containers = at(merged, "spec", "containers")
    assert isinstance(containers, ListValue)
    assert [at(one, "name") for one in containers] == ["new", "b", "a"]


def test_files_that_are_no_text_are_generated_in_base64(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"\xff\x00" * 40)
    (tmp_path / "kustomization.yaml").write_text(
        "configMapGenerator: [{name: c, files: [blob]}]\n"
        "secretGenerator: [{name: s, files: [blob]}]\n"
    )
    tree = ScannedFiles(tmp_path, ["blob", "kustomization.yaml"])
    made = build(Builder(Files(tree, {})), "", Source("", "").span(0, 0))
    first, second = made.resources
    text = at(first.body, "binaryData", "blob")
    assert text == at(second.body, "data", "blob")
    assert isinstance(text, str)
    assert base64.b64decode(text) == b"\xff\x00" * 40
    assert [len(line) for line in text.splitlines()] == [70, 38]
