"""Edits of text: the data change as they should, and everything else stays as it was written."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.text_edits import layout
from plumbrule_parsers.text_edits.edit import Plain, TextEdit, clash, edited, lines_of
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Value
from plumbrule_parsers.yaml_tree import parse_yaml


def tree(text: str) -> Value:
    return parse_yaml(Source("a.yaml", text), "1.2").documents[0].value


def at(value: Value, *path: str | int) -> Any:
    for step in path:
        assert isinstance(value, (MapValue, ListValue))
        value = value[step]  # type: ignore[index]
    return value


def without(text: str, *path: str | int) -> str | None:
    *above, key = path
    holder = at(tree(text), *above)
    found = layout.remove(holder.place(key))
    return edited(text, [found]) if found is not None else None


BLOCK = """\
# head
spec:
  replicas: 3   # many
  template:
    containers:
      - name: web
        image: acme/web
        env: [{name: A, value: b}, {name: C}]
      - image: other
        probe:
          path: /x

          port: 80
# tail
"""


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        (("spec", "replicas"), "  replicas: 3   # many\n"),
        (("spec", "template", "containers", 0, "image"), "        image: acme/web\n"),
        (("spec", "template", "containers", 1, "probe"),
         "        probe:\n          path: /x\n\n          port: 80\n"),
        (("spec", "template", "containers", 0, "env", 0, "value"), ", value: b"),
        (("spec", "template", "containers", 0, "env", 0, "name"), "name: A, "),
        (("spec", "template", "containers", 0, "name"), "name: web\n        "),
    ],
)  # fmt: skip
def test_an_entry_goes_with_its_line_and_nothing_else(
    path: tuple[str | int, ...], gone: str
) -> None:
    assert BLOCK.count(gone) == 1
    assert without(BLOCK, *path) == BLOCK.replace(gone, "")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a:\n  b: 1\n", ("a", "b")),  # `a:` alone would be null
        ("- a: 1\n- b: 2\n", (0, "a")),
        ("a: 1\n", ("a",)),
    ],
)
def test_the_only_entry_stays(text: str, path: tuple[str | int, ...]) -> None:
    assert without(text, *path) is None


def test_what_is_added_stands_behind_the_last_entry() -> None:
    holder = at(tree(BLOCK), "spec", "template", "containers", 0)
    probe: dict[str, Plain] = {
        "tcpSocket": {"port": 80},
        "names": ["a", "on"],
        "list": [{"x": 1, "y": "b c"}],
    }
    found = layout.add(holder, "probe", probe)
    assert found is not None
    text = edited(BLOCK, [found])
    assert yaml.safe_load(text)["spec"]["template"]["containers"][0]["probe"] == probe
    assert "        env: [{name: A, value: b}, {name: C}]\n        probe:\n          tcp" in text
    assert text.replace(found.text, "") == BLOCK


def test_a_flow_mapping_and_a_text_without_a_last_line_end_take_more() -> None:
    holder = at(tree(BLOCK), "spec", "template", "containers", 0, "env", 1)
    found = layout.add(holder, "value", "x y")
    assert found is not None
    assert '{name: C, value: "x y"}]' in edited(BLOCK, [found])
    text = "a: 1\nb: 2"
    found = layout.add(at(tree(text)), "c", value=True)
    assert found is not None
    assert edited(text, [found]) == "a: 1\nb: 2\nc: true"


def test_line_ends_are_kept() -> None:
    text = "a: 1\r\nb: 2\r\n"
    assert without(text, "a") == "b: 2\r\n"
    found = layout.add(at(tree(text)), "c", {"d": 1})
    assert found is not None
    assert edited(text, [found]) == text + "c:\r\n  d: 1\r\n"


def test_an_empty_mapping_and_a_list_take_what_they_lack() -> None:
    text = "a: {}\nb: [1]\nc:\n  - x  # one\n  - y\nd: []\n"
    found = layout.add(at(tree(text), "a"), "k", 1)
    assert found is not None
    assert edited(text, [found]).startswith("a: {k: 1}\n")
    for key, after in (("b", "b: [1, z]\n"), ("c", "  - x  # one\n  - y\n  - z\nd")):
        found = layout.append(at(tree(text), key), "z")
        assert found is not None
        assert after in edited(text, [found])
    assert layout.append(at(tree(text), "d"), "z") is None


@pytest.mark.parametrize(
    ("text", "value", "after"),
    [
        ("a: 1 # why\n", 2, "a: 2 # why\n"),
        ("a: 'x'\n", "yes", 'a: "yes"\n'),
        ("a:\nb: 1\n", True, "a: true\nb: 1\n"),
        ("{a: 1, b: 2}\n", "x", "{a: x, b: 2}\n"),
        ("a: |\n  x\nb: 1\n", "y", None),
        ("a: [1]\n", 2, None),
        ("a: 1\n", {"b": 1}, None),
        ("a: &one 1\nb: *one\n", 2, None),
        ("a: &one 1\nb: 2\n", 2, "a: &one 2\nb: 2\n"),
    ],
)
def test_a_scalar_is_changed_where_it_stands(text: str, value: Any, after: str | None) -> None:
    holder = at(tree(text))
    found = layout.change(holder.place("a"), holder["a"], value)
    assert (edited(text, [found]) if found is not None else None) == after


def test_only_a_literal_that_became_the_value_as_it_is_is_changed_at_its_origin() -> None:
    values = Source("values.yaml", "count: 3\ntag: v1\nflag: 'no'\n")
    template = Source("templates/a.yaml", "x: {{ .Values.count }}\n")

    def origin(text: str, kind: str = "data") -> Place:
        start = values.text.index(text)
        span = values.span(start, start + len(text))
        return Place(span, None, (Hop(template.span(3, 22), "template"), Hop(span, "key", kind)))

    found = layout.change(origin("count: 3"), 3, 5)
    assert found is not None
    assert edited(values.text, [found]).startswith("count: 5\n")
    assert layout.change(origin("count: 3"), "3", 5) is None  # a function made a text of it
    assert layout.change(origin("tag: v1"), "acme/web:v1", "acme/web:v2") is None
    assert layout.change(origin("count: 3", "decision"), 3, 5) is None


def test_what_aliases_repeat_is_not_edited() -> None:
    text = (
        "base: &base\n  cpu: 1\n  env: {a: 1}\n  list:\n    - x\nweb:\n  <<: *base\n  mem: 2\n"
        "job: *base\nown: &own\n  cpu: 3\n"
    )
    whole = at(tree(text))
    assert layout.remove(at(whole, "base").place("cpu")) is None
    assert layout.add(at(whole, "base"), "disk", 1) is None
    assert layout.add(at(whole, "job"), "disk", 1) is None
    assert layout.add(at(whole, "base", "env"), "b", 1) is None
    assert layout.append(at(whole, "base", "list"), "y") is None
    assert layout.remove(whole.place("base")) is None
    assert layout.remove(at(whole, "web").place("cpu")) is None
    assert layout.change(at(whole, "job").place("cpu"), 1, 2) is None
    # What stands beside it, and an anchor that nobody repeats, are as good as any text.
    for holder, key in (("web", "disk"), ("own", "disk")):
        found = layout.add(at(whole, holder), key, 1)
        assert found is not None
        before, after = yaml.safe_load(text), yaml.safe_load(edited(text, [found]))
        before[holder][key] = 1
        assert after == before


TEMPLATE = """\
spec:
  replicas: {{ .Values.replicas }}
  paused: false
  {{- if .Values.many }}
  minReadySeconds: 5
  {{- end }}
  template:
    spec:
      hostPID: true
"""


TEMPLATE_SOURCE = Source("templates/a.yaml", TEMPLATE)


def in_template(path: str, value: str) -> Place:
    source = TEMPLATE_SOURCE
    key = TEMPLATE.index(path)
    start = TEMPLATE.index(value, key)
    return Place(source.span(start, start + len(value)), source.span(key, key + len(path)))


def test_in_a_template_only_what_no_action_touches_is_edited() -> None:
    found = layout.remove(in_template("paused", "false"))
    assert found is not None
    assert edited(TEMPLATE, [found]) == TEMPLATE.replace("  paused: false\n", "")
    assert layout.remove(in_template("replicas", "{{ .Values.replicas }}")) is None
    assert layout.remove(in_template("minReadySeconds", "5")) is None  # may be the only one
    found = layout.change(in_template("hostPID", "true"), before=True, value=False)
    assert found is not None
    assert edited(TEMPLATE, [found]) == TEMPLATE.replace("hostPID: true", "hostPID: false")
    assert layout.change(in_template("hostPID", "true"), True, "{{ x }}") is None


def test_in_a_template_what_is_added_stands_before_every_condition() -> None:
    start = TEMPLATE.index("replicas")
    holder = MapValue(
        TEMPLATE_SOURCE, start, len(TEMPLATE), {"paused": False, "minReadySeconds": 5}
    )
    holder.places = {
        "paused": in_template("paused", "false"),
        "minReadySeconds": in_template("minReadySeconds", "5"),
    }
    found = layout.add(holder, "revisionHistoryLimit", 3)
    assert found is not None
    assert edited(TEMPLATE, [found]) == TEMPLATE.replace(
        "paused: false\n", "paused: false\n  revisionHistoryLimit: 3\n"
    )
    del holder["paused"], holder.places["paused"]
    assert layout.add(holder, "revisionHistoryLimit", 3) is None


def test_an_expression_of_a_workflow_makes_no_template() -> None:
    text = "a: ${{ inputs.x }}\nb: 1\n"
    assert without(text, "a") == "b: 1\n"


# ------------------------------------------------------------------ HCL
def block_of(text: str) -> MapValue:
    return parse(Source("main.tf", text)).nodes[0].fields


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('variable "x" {\n  type = string\n  default = "y" # why\n}\n',
         'variable "x" {\n  type = string\n}\n'),
        ('variable "x" { default = "y" }\n', 'variable "x" {}\n'),
        ('variable "x" {\n  default = {\n    a = 1\n  }\n}\n', 'variable "x" {\n}\n'),
    ],
)  # fmt: skip
def test_a_setting_goes(text: str, after: str) -> None:
    place = block_of(text).place("default")
    assert place is not None
    found = layout.remove(place)
    assert found is not None
    assert edited(text, [found]) == after


def test_a_setting_is_added_and_changed() -> None:
    text = 'resource "aws_db_instance" "x" {\n  engine = "a"\n}\n'
    found = layout.add(block_of(text), "deletion_protection", value=True)
    assert found is not None
    assert edited(text, [found]) == text.replace("{\n", "{\n  deletion_protection = true\n")
    text = 'resource "aws_db_instance" "x" {}\n'
    found = layout.add(block_of(text), "tags", {"a": "${b}", "c d": 1})
    assert found is not None
    after = edited(text, [found])
    assert not parse(Source("main.tf", after)).problems
    assert '  tags = { a = "$${b}", "c d" = 1 }\n' in after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("  a = <<EOT\nhi\nEOT\n  b = 1\n", "  b = 1\n"),
        ("  b = 1\n  a = [\n    1,\n  ]\n", "  b = 1\n"),
    ],
)
def test_a_setting_of_several_lines_goes_whole(text: str, after: str) -> None:
    text, after = (f'resource "x" "y" {{\n{inner}}}\n' for inner in (text, after))
    place = block_of(text).place("a")
    assert place is not None
    found = layout.remove(place)
    assert found is not None
    assert edited(text, [found]) == after


def test_a_setting_stands_in_the_column_of_those_below() -> None:
    text = 'resource "x" "y" {\n    engine      = "a"\n    long_name_x = 1\n}\n'
    found = layout.add(block_of(text), "port", 80)
    assert found is not None
    assert "{\n    port        = 80\n    engine" in edited(text, [found])


def test_a_nested_block_is_not_made_up() -> None:
    """`logging = {...}` and `logging {...}` are two things, and the text does not say which."""
    assert not layout.takes_nested(block_of('resource "x" "y" {\n  a = 1\n}\n'))


def test_line_ends_are_those_of_a_source() -> None:
    text = "a\x0cb\r\nc\u2028d\re\n\nf"
    assert lines_of(text) == ["a\x0cb\r\n", "c\u2028d\r", "e\n", "\n", "f"]


def test_edits_clash_where_they_change_the_same_words() -> None:
    source = Source("a.yaml", "abcdef")
    one = TextEdit(source.span(1, 3), "x")
    assert clash(one, TextEdit(source.span(2, 4), "y"))
    assert clash(one, TextEdit(source.span(1, 3), "y"))
    assert clash(one, TextEdit(source.span(2, 2), "y"))
    assert not clash(one, TextEdit(source.span(3, 3), "y"))
    assert not clash(one, one)
    assert not clash(one, TextEdit(Source("b.yaml", "abcdef").span(1, 3), "y"))


def test_edits_do_not_overlap() -> None:
    source = Source("a.yaml", "abcdef")
    with pytest.raises(ValueError, match="overlap"):
        edited(source.text, [TextEdit(source.span(0, 3), "x"), TextEdit(source.span(2, 4), "y")])


def kubernetes_container(text: str) -> MapValue:
    from plumbrule_parsers.terraform.parse import parse as parse_terraform

    nodes = parse_terraform(Source("main.tf", text)).nodes
    return next(node.fields for node in nodes if node.kind == "k8s.Container")


BLOCKS = (
    'resource "kubernetes_pod" "web" {\n  metadata {\n    name = "web"\n  }\n  spec {\n'
    '    container {\n      name = "web"\n    }\n  }\n}\n'
)


def test_what_kubernetes_calls_it_is_added_as_terraform_writes_it() -> None:
    found = layout.add(kubernetes_container(BLOCKS), "readinessProbe", {"tcpSocket": {"port": 80}})
    assert found is not None
    assert edited(BLOCKS, [found]) == BLOCKS.replace(
        "    container {\n",
        "    container {\n      readiness_probe {\n        tcp_socket {\n          port = 80\n"
        "        }\n      }\n",
    )


@pytest.mark.parametrize("value", [[{"a": 1}], {"list": [{"a": 1}]}])
def test_repeated_blocks_are_not_added(value: Plain) -> None:
    assert layout.add(kubernetes_container(BLOCKS), "volumeMounts", value) is None


def test_yaml_inside_of_terraform_is_left_alone() -> None:
    text = (
        'resource "kubectl_manifest" "m" {\n  yaml_body = <<YAML\napiVersion: v1\nkind: Pod\n'
        "metadata: {name: web}\nspec:\n  containers:\n    - name: web\n"
        "      resources: {limits: {cpu: 1}}\nYAML\n}\n"
    )
    assert layout.add(kubernetes_container(text), "readinessProbe", {"a": 1}) is None
