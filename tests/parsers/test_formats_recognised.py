"""Which format claims a file, and mistakes in claims and places that were made once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import detect, head_of, parse_file
from plumbrule_parsers.document import Document
from plumbrule_parsers.formats import format_of
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.scalar_offsets import offsets_of
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue
from plumbrule_parsers.yaml_tree import parse_yaml

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
RULE = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec: {groups: []}\n"
CLAIMS: list[tuple[str, str, str | None]] = [
    ("a.yaml", "# licence\n" * 2000 + "---\n" + OBJECT, "kubernetes"),
    ("a.yaml", "apiVersion: v1\nitems:\n- data: '" + "x" * 9000 + "'\nkind: List\n", "kubernetes"),
    ("a.yaml", "apiVersion: 1\ndatasources: []\n", None),
    ("a.yaml", OBJECT + "data: {a: '{{ .Release.Name }}'}\n", "kubernetes"),
    ("a.yaml", "{{- if .Values.x }}\n" + OBJECT + "{{- end }}\n", "helm"),
    ("c/templates/a.yaml", OBJECT + "data: {a: '{{ .Release.Name }}'}\n", "helm"),
    ("c/templates/a.yaml", OBJECT, "kubernetes"),
    (
        ".github/workflows/a.yml",
        "on: push\njobs: {}\n# include x ${{ github.ref }}\n",
        "github_actions",
    ),
    ("templates/a.yml", "on: push\njobs:\n  a: {if: '${{ github.ref }}'}\n", "github_actions"),
    ("rules.yaml", RULE, "prometheus"),
    ("all.yaml", RULE + "---\n" + OBJECT, "kubernetes"),
    ("compose.yaml", "include: [x]\nservices:\n  a:\n    extends: {service: b}\n", "compose"),
    ("a/docker-compose.prod.yml", "version: '3'\nservices:\n  a: {image: b}\n", "compose"),
    ("dev.compose.yml", "x-a: &a {}\n" + "# \n" * 2000 + "services: {}\n", "compose"),
    ("compose.yaml", "theme: [services]\n", None),
    ("services.yaml", "services:\n  a: {class: B}\n", None),
    ("decompose.yaml", "services:\n  a: {}\n", None),
    (".travis.yml", "stages: [a]\njobs:\n  include:\n    - stage: a\n      script: x\n", None),
    ("ci/build.yml", "stages: [a]\nj:\n  script: x\n", "gitlab_ci"),
    ("notes.py", "apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\n", None),
    ("openapi.yml", "openapi: 3.0.0\npaths: {}\n", None),
]


@pytest.mark.parametrize(("path", "text", "wanted"), CLAIMS)
def test_files_are_claimed_by_their_format(path: str, text: str, wanted: str | None) -> None:
    assert detect(path, head_of(text)) == wanted


def document_of(path: str, text: str) -> Document:
    found = parse_file(path, ScannedFiles(None, (), {path: text})).document
    assert found is not None
    return found


def test_values_with_templates_in_strings_are_read() -> None:
    (node,) = document_of("c/values.yaml", "name: '{{ .Release.Name }}'\n").nodes
    assert node.fields["values"] == {"name": "{{ .Release.Name }}"}


def test_commands_of_a_heredoc_stand_where_they_are_written() -> None:
    nodes = document_of("Dockerfile", "FROM a\nRUN <<EOF\napt-get update\n  make all\nEOF\n").nodes
    commands = [node.span.text for node in nodes if node.kind == "sh.Command"]
    assert commands[-2:] == ["apt-get update", "make all"]


def test_included_files_of_variables_are_read_and_nested_includes_belong_to_the_root() -> None:
    texts = {
        ".gitlab-ci.yml": "include: ci/a.yml\njob:\n  script: [x]\n",
        "ci/a.yml": "include: /ci/b.yml\nstages: [s]\nother:\n  script: [y]\n",
        "ci/b.yml": "variables: {A: 1}\n",
    }
    found = format_of("gitlab_ci")
    own = {path: found.parse(Source(path, text)) for path, text in list(texts.items())[:2]}
    assert found.resolve is not None
    resolved = list(found.resolve(own, ScannedFiles(None, (), texts)))
    assert [document.source.path for document in resolved] == [".gitlab-ci.yml"]
    assert not resolved[0].holes
    jobs = [node.fields["name"] for node in resolved[0].nodes if node.kind == "gitlab.Job"]
    assert jobs == ["job", "other"]


@pytest.mark.parametrize(("glob", "path", "fits"), [
    ("ci/*.yml", "ci/a.yml", True), ("ci/*.yml", "ci/b/a.yml", False),
    ("ci/**/*.yml", "ci/a.yml", True), ("ci/**/*.yml", "ci/b/c/a.yml", True),
    ("ci/**.yml", "ci/b/a.yml", True), ("ci/**", "ci/b/a.yml", True), ("ci/**", "ci", False),
    ("**/x", "x", True), ("a?c", "abc", True), ("a?c", "a/c", False), ("a", "a/b", False),
    ("**/**/**/x", "a/x", True),
])  # fmt: skip
def test_globs(glob: str, path: str, fits: bool) -> None:
    assert glob_match(glob, path) is fits


LINES = st.lists(
    st.text("ab $|é", min_size=1, max_size=8).filter(str.strip), min_size=1, max_size=4
)


@given(lines=LINES, style=st.sampled_from(("|", "|-", ">-", "|2", "&x |")))
@settings(max_examples=200, deadline=None)
def test_characters_of_a_script_are_found_in_its_block(lines: list[str], style: str) -> None:
    body = "\n".join(f"    {line.strip()}" for line in lines)
    indent = "  " if style == "|2" else ""
    source = Source("x.yaml", f"- run: {style}\n{body.replace('    ', indent or '    ')}\n  z: 1\n")
    stream = parse_yaml(source)
    if stream.problems:
        return
    item = stream.documents[0].value[0]  # type: ignore[index,call-overload]
    assert isinstance(item, MapValue)
    place = item.place("run")
    text = item["run"]
    assert isinstance(text, str)
    assert place is not None
    where = offsets_of(source, place.value.start, place.value.end, text)
    offsets = [where(offset) for offset in range(len(text))]
    assert offsets == sorted(offsets)
    for letter, offset in zip(text, offsets, strict=True):
        if not letter.isspace():
            assert source.text[offset] == letter
