"""Edits of text: the data change as they should, and everything else stays as it was written."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.text_edits import layout
from plumbrule_parsers.text_edits.edit import TextEdit, edited
from plumbrule_parsers.value import ListValue, MapValue, Value
from plumbrule_parsers.yaml_tree import parse_yaml


def tree(text: str) -> Value:
    return parse_yaml(Source("a.yaml", text), "1.2").documents[0].value


def at(value: Value, *path: str | int) -> Any:
    for step in path:
        assert isinstance(value, (MapValue, ListValue))
        value = value[step]  # type: ignore[index, call-overload]
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
    probe = {"tcpSocket": {"port": 80}, "names": ["a", "on"], "list": [{"x": 1, "y": "b c"}]}
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


KEYS = st.sampled_from(["a", "b", "name", "on", "x.y/z"])
LEAVES = st.one_of(st.integers(-9, 9), st.sampled_from(["v", "", "yes", "a: b", "# c"]))
TREES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.dictionaries(KEYS, inner, min_size=1, max_size=4),
                                    st.lists(inner, min_size=1, max_size=3)), max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4), st.booleans(), st.data())
def test_law_removing_removes_that_entry_alone(
    data: dict[str, Any], flow: bool, draw: st.DataObject
) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, sort_keys=False, width=10_000)
    path: list[str | int] = []
    here: Any = data
    while isinstance(here, (dict, list)):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        path.append(draw.draw(st.sampled_from(keys)))
        here = here[path[-1]]
        if isinstance(path[-1], str) and draw.draw(st.booleans()):
            break
    assume(isinstance(path[-1], str))
    found = without(text, *path)
    if found is None:
        return
    expected = json.loads(json.dumps(data))
    holder = expected
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    assert yaml.safe_load(found) == (expected or yaml.safe_load(found))


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4), st.booleans(), TREES)
def test_law_adding_adds_that_entry_alone(data: dict[str, Any], flow: bool, value: Any) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, sort_keys=False, width=10_000)
    found = layout.add(at(tree(text)), "added", value)
    assert found is not None
    assert yaml.safe_load(edited(text, [found])) == {**data, "added": value}


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


def test_edits_do_not_overlap() -> None:
    source = Source("a.yaml", "abcdef")
    with pytest.raises(ValueError, match="overlap"):
        edited(source.text, [TextEdit(source.span(0, 3), "x"), TextEdit(source.span(2, 4), "y")])
