"""What is wrong with a kustomization: one clear problem each, and nothing is ever raised."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsers.kustomize.repositories import built, cases, nodes, resolved

from plumbrule_parsers.kustomize import accumulate

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 1, template: {spec: {containers: [{name: app, image: i}]}}}
"""
FAULTS = {
    "missing file": ("resources: [no.yaml]\n", "missing-file", "there is no `no.yaml`"),
    "missing patch": ("patches: [{path: no.yaml}]\n", "missing-file", "there is no file `no.yaml`"),
    "missing component": ("components: [absent]\n", "no-kustomization",
                          "`absent` has no kustomization file"),
    "outside the repository": ("resources: [../../x]\n", "outside",
                               "`../../x` is outside the scanned folder"),
    "file above": ("patches: [{path: ../web.yaml}]\n", "outside",
                   "`../web.yaml` is outside the kustomization's folder"),
    "itself": ("resources: [.]\n", "cycle", "`.` leads back to a kustomization that uses it"),
    "above": ("resources: [..]\n", "cycle", "`..` leads back to a kustomization that uses it"),
    "wrong type": ("resources: web.yaml\n", "kustomization-type", "`resources` must be a list"),
    "wrong item": ("patches: [p.yaml]\n", "kustomization-type",
                   "an item of `patches` must be a mapping"),
    "unknown field": ("resource: []\n", "unknown-field",
                      "`resource` is no field of a kustomization"),
    "number as a tag": ("images: [{name: i, newTag: 1.0}]\n", "kustomization-type",
                        "`newTag` of an image must be text"),
    "number as a label": ("commonLabels: {a: 1}\n", "kustomization-type", "`a` must be text"),
    "no target": ("patches: [{patch: '{kind: X, metadata: {name: x}}'}]\n", "no-target",
                  "no object is X x, which this patch names"),
    "JSON patch without target": ("patches: [{patch: '[]'}]\n", "patch-target",
                                  "a JSON patch needs a `target`"),
    "no such path": ("patches: [{target: {}, patch: '[{op: remove, path: /a/b}]'}]\n",
                     "json-patch-path", "there is no `/a/b` to patch"),
    "failing test": ("patches: [{target: {}, patch: '[{op: test, path: /kind, value: x}]'}]\n",
                     "json-patch-test", "the test of `kind` fails"),
    "bad pattern": ("patches: [{target: {name: '('}, patch: '[]'}]\n", "regex",
                    "`(` is no regular expression: missing closing `)`"),
    "bad selector": ("patches: [{target: {labelSelector: 'a in b'}, patch: '[]'}]\n", "selector",
                     "`a in b` is no label selector"),
    "bad directive": (("patches: [{target: {}, patch: '{kind: a, metadata: {name: a}, "
                       "spec: {$patch: x}}'}]\n"), "patch-directive",
                      "`$patch: x` is none of delete, replace and merge"),
    "merge of nothing": ("configMapGenerator: [{name: c, behavior: merge}]\n", "no-target",
                         "no object is ConfigMap c, which `behavior: merge` needs"),
    "bad literal": ("configMapGenerator: [{name: c, literals: [a]}]\n", "generator",
                    "`a` is no `key=value`"),
    "same key": ("configMapGenerator: [{name: c, literals: [a=1, a=2]}]\n", "generator",
                 "the key `a` is generated twice"),
    "no source": ("replacements: [{source: {kind: X}, targets: []}]\n", "replacement-source",
                  "no object is `X`"),
    "no replicas": ("replicas: [{name: x, count: 1}]\n", "no-target",
                    "no workload with replicas is named `x`"),
    "a component as a resource": ("resources: [part]\n", "kustomization-type",
                                  "`k/part` is a component"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_problem_that_says_what_is_wrong(name: str) -> None:
    text, code, message = FAULTS[name]
    if "resources" not in text:
        text = f"resources: [web.yaml]\n{text}"
    files = {"k/web.yaml": WEB, "k/kustomization.yaml": text, "web.yaml": WEB,
             "k/part/kustomization.yaml": "kind: Component\n"}  # fmt: skip
    problems = built(files, "k").problems
    assert [(one.code, one.message) for one in problems] == [(code, message)]
    assert problems[0].span.path in files


def test_kustomizations_that_name_each_other_are_one_problem_and_are_judged() -> None:
    files = {
        "a/kustomization.yaml": "resources: [../b, web.yaml]\n", "a/web.yaml": WEB,
        "b/kustomization.yaml": "resources: [../a]\n",
    }  # fmt: skip
    found = resolved(files)
    problems = [one for document in found.values() for one in document.problems]
    assert {one.code for one in problems} == {"cycle"}
    assert nodes(found)["a/web.yaml#Deployment/default/web"].unit == "a"


def test_two_kustomization_files_in_a_folder_are_a_problem() -> None:
    files = {"k/kustomization.yaml": "resources: [web.yaml]\n", "k/kustomization.yml": "{}\n",
             "k/web.yaml": WEB}  # fmt: skip
    found = resolved(files)
    assert [one.code for one in found["k/kustomization.yaml"].problems] == ["kustomization-twice"]
    assert found["k/web.yaml"].nodes[0].unit == ""  # judged as it stands


def test_a_folder_that_cannot_be_built_leaves_its_objects_as_they_stand() -> None:
    files = {"k/kustomization.yaml": "kind: Widget\nresources: [web.yaml]\n", "k/web.yaml": WEB}
    found = resolved(files)
    assert found["k/web.yaml"].nodes[0].unit == ""
    assert [one.code for one in found["k/kustomization.yaml"].problems] == ["kustomization-type"]


def test_copies_of_copies_end_somewhere() -> None:
    copies = "".join(f"    - {{op: copy, from: /spec, path: /spec/k{n}}}\n" for n in range(60))
    text = f"resources: [web.yaml]\npatches:\n- target: {{}}\n  patch: |\n{copies}"
    made = built({"k/kustomization.yaml": text, "k/web.yaml": WEB}, "k")
    assert [one.code for one in made.problems] == ["too-large"]


def test_kustomizations_that_double_their_objects_end_somewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accumulate, "MAX_OBJECTS", 20)
    files = {"k0/kustomization.yaml": "resources: [web.yaml]\n", "k0/web.yaml": WEB}
    for number in range(1, 8):
        for side in "ab":
            files[f"{side}{number}/kustomization.yaml"] = (
                f"resources: [../k{number - 1}]\nnamePrefix: {side}{number}\n"
            )
        files[f"k{number}/kustomization.yaml"] = f"resources: [../a{number}, ../b{number}]\n"
    made = built(files, "k7")
    assert len(made.resources) <= 20
    assert "too-many" in {one.code for one in made.problems}


ALL = cases()


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_text_makes_a_build_raise(data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(ALL)).files)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(files)))
        text = files[path]
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        new = data.draw(st.sampled_from(
            ["", "~", "[]", "{}", "- ", ": ", "\n", "1", "true", "null", "&a [*a]", "'", "x", "/",
             "name: web", "../", ".", "${V}", "(", "\t", "!t", "$patch: delete", "*"]
        ))  # fmt: skip
        files[path] = text[:start] + new + text[end:]
    for document in resolved(files).values():
        for node in document.nodes:
            assert node.span.source is document.source
        for problem in document.problems:
            assert "\n" not in problem.message
            assert not problem.code.startswith("internal")
