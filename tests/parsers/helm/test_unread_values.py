"""Keys of values that no template reads: what is said is certain."""

from __future__ import annotations

import pytest
from tests.parsers.helm.charts import CHART, chart, resolved

from plumbrule_parsers.document import Node
from plumbrule_parsers.value import ListValue

VALUES = """\
a:
  b: {c: 1, d: 2}
  e: 3
f: 4
"""
SUB = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"


def values_node(files: dict[str, str], path: str = "charts/shop/values.yaml") -> Node:
    return resolved(files)[path].nodes[0]


def unread(template: str, values: str = VALUES, **more: str) -> list[str]:
    found = values_node(chart(values, template, **more)).fields.get("unread", [])
    assert isinstance(found, list)
    return [str(one) for one in found]


@pytest.mark.parametrize(("template", "expected"), [
    ("x: 1", ["a", "f"]),
    ("{{ .Values.f }}", ["a"]),
    ("{{ .Values.a.b.c }}", ["a.b.d", "a.e", "f"]),
    ("{{ .Values.a.b }}", ["a.e", "f"]),
    ("{{ $.Values.a.b.c | quote }}", ["a.b.d", "a.e", "f"]),
    ("{{ if .Values.a.e }}{{ else if .Values.f }}{{ end }}", ["a.b"]),
    ("{{ with .Values.a }}{{ .e }}{{ end }}", ["f"]),
    ("{{ range $k, $v := .Values.a.b }}{{ end }}", ["a.e", "f"]),
    ('{{ index .Values.a "b" "c" }}', ["a.b.d", "a.e", "f"]),
    ('{{ index .Values "f" }}', ["a"]),
    ('{{ dig "a" "e" 0 .Values }}', ["a.b", "f"]),
    ('{{ get .Values "f" }}{{ hasKey .Values.a "e" }}', ["a.b"]),
    ("{{ (.Values.a).b.c }}", ["a.b.d", "a.e", "f"]),
    ("{{ $v := .Values }}{{ $v.a.e }}", ["a.b", "f"]),
    ('{{ include "x" (dict "Values" .Values) }}{{ define "x" }}{{ .Values.f }}{{ end }}',
     ["a"]),
    ('{{ define "x" }}{{ .ctx.Values.a }}{{ end }}', ["f"]),
    ("{{ toYaml .Values }}", []),
    ("{{ with .Values }}{{ .f }}{{ end }}", []),
    ("{{ index .Values .Chart.Name }}", []),
    ("{{ .Values | toJson }}", []),
    ('{{ include "x" .Values }}', []),
    ("{{ .Values.f", []),
])  # fmt: skip
def test_reads(template: str, expected: list[str]) -> None:
    assert unread(template) == expected


def test_each_key_has_its_place() -> None:
    found = values_node(chart(VALUES, "{{ .Values.a.b.c }}")).fields["unread"]
    assert isinstance(found, ListValue)
    places = [found.place(index) for index in range(len(found))]
    assert [(str(p.value), p.value.text) for p in places if p is not None] == [
        ("charts/shop/values.yaml:2:13", "d"), ("charts/shop/values.yaml:3:3", "e"),
        ("charts/shop/values.yaml:4:1", "f"),
    ]  # fmt: skip


def test_templates_in_values_and_files_read_values() -> None:
    assert unread("{{ tpl .Values.t . }}", "t: '{{ .Values.u }}'\nu: 1\nw: 2\n") == ["w"]
    files = {"conf/x.tpl": "{{ .Values.w }}"}
    assert unread('{{ tpl (.Files.Get "conf/x.tpl") . }}', "v: 1\nw: 2\n", **files) == ["v"]
    sets = {"values-prod.yaml": "t: '{{ .Values.w }}'\n"}
    assert unread("{{ tpl .Values.t . }}", "t: x\nw: 2\n", **sets) == []


def test_other_files_of_values_say_theirs() -> None:
    files = chart("a: 1\n", "{{ .Values.a }}", **{"values-prod.yaml": "a: 2\ntypo: 3\n"})
    node = values_node(files, "charts/shop/values-prod.yaml")
    assert node.fields["unread"] == ["typo"]


def test_what_belongs_to_a_subchart_is_read_there() -> None:
    parent = CHART + "dependencies: [{name: sub, version: 1.x.x, alias: other}]\n"
    more = {
        "Chart.yaml": parent, "charts/sub/Chart.yaml": SUB,
        "charts/sub/values.yaml": "s: 1\nt: 2\nglobal: {g: 1, h: 2}\n",
        "charts/sub/templates/x.yaml": "{{ .Values.s }}{{ .Values.global.g }}",
    }  # fmt: skip
    values = "other: {s: 1, t: 2}\nsub: {s: 1}\nglobal: {g: 1}\ntags: {x: true}\n"
    assert unread("x: 1", values, **more) == ["other.t", "sub"]
    node = values_node(chart(values, "x: 1", **more), "charts/shop/charts/sub/values.yaml")
    assert node.fields["unread"] == ["t", "global.h"]


def test_a_dependency_that_is_not_at_hand_may_read_everything() -> None:
    parent = CHART + "dependencies: [{name: lib, version: 1.x.x, repository: 'oci://x'}]\n"
    assert unread("x: 1", **{"Chart.yaml": parent}) == []


def test_conditions_of_dependencies_read_values() -> None:
    parent = CHART + "dependencies: [{name: sub, version: 1.0.0, condition: sub.on}]\n"
    more = {
        "Chart.yaml": parent, "charts/sub/Chart.yaml": SUB,
    }  # fmt: skip
    assert unread("x: 1", "sub: {on: true, off: 1}\n", **more) == ["sub.off"]


def test_anchors_and_files_that_are_no_values_of_a_chart() -> None:
    assert unread("{{ .Values.a }}", "base: &b {x: 1}\na: {<<: *b}\n") == []
    node = values_node({"x/values.yaml": "a: 1\n"}, "x/values.yaml")
    assert "unread" not in node.fields
