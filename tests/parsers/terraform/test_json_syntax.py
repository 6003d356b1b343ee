"""Terraform's JSON syntax: it says what the native syntax says, and its spans lie on its text."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsers.terraform.evaluated import evaluated, only

from plumbrule_parsers.document import Completeness, Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Unknown, Value

Json = dict[str, object]


def resource(fields: Json, **more: object) -> Node:
    data = {"resource": {"aws_x": {"y": fields}}, **more}
    return only(evaluated({"main.tf.json": json.dumps(data)}), "aws_x.y")


MAP = {"m": {"default": {"b": "deep"}}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('${lookup(var.m, "b")}', "deep"),
        ('a-${var.m["b"]}-z', "a-deep-z"),
        ("one\ntwo ${var.m.b}\n", "one\ntwo deep\n"),
        ("a\\b ${var.m.b}", "a\\b deep"),
        ("$${var.m.b}", "${var.m.b}"),
        ("${var.m.b}é😀${var.m.b}", "deepé😀deep"),
        ("%{ if true }yes%{ else }no%{ endif }", "yes"),
        ("${1 + 1}", 2),
        ("${[for k, v in var.m : upper(v)][0]}", "DEEP"),
        ("END ${var.m.b}\nEND\n", "END deep\nEND\n"),
        ("${~ var.m.b ~}", "deep"),
        ("plain", "plain"),
    ],
)
def test_a_string_is_a_template(text: str, expected: object) -> None:
    assert resource({"it": text}, variable=MAP).fields["it"] == expected


def test_a_key_is_a_template() -> None:
    found = resource({"tags": {"${var.m.b}": 1}}, variable=MAP).fields["tags"]
    assert found == {"deep": 1}


def test_a_string_that_is_no_template_is_a_problem_and_no_value() -> None:
    documents = evaluated({
        "main.tf.json": '{"resource": {"aws_x": {"y": {"it": "a ${b", "other": 1}}}}'
    })  # fmt: skip
    document = documents["main.tf.json"]
    (problem,) = document.problems
    assert problem.span.text == '"a ${b"'
    assert document.completeness is Completeness.PARTLY
    assert isinstance(only(documents, "aws_x.y").fields["it"], Unknown)


def test_defaults_and_values_of_variables_are_no_templates() -> None:
    documents = evaluated({
        "main.tf.json": json.dumps({
            "variable": {"a": {"default": "x${y}"}, "b": {}},
            "resource": {"aws_x": {"y": {"a": "${var.a}", "b": "${var.b}"}}},
        }),
        "terraform.tfvars.json": json.dumps({"b": "q${z}"}),
    })  # fmt: skip
    found = only(documents, "aws_x.y").fields
    assert (found["a"], found["b"]) == ("x${y}", "q${z}")


def test_dynamic_blocks_have_content() -> None:
    found = resource({"dynamic": {"port": {
        "for_each": [1, 2], "content": {"n": "${port.value}"},
    }}}).fields["port"]  # fmt: skip
    assert found == [{"n": 1}, {"n": 2}]


def test_names_of_providers_are_references() -> None:
    provider = {"aws": [
        {"default_tags": {"tags": {"of": "plain"}}},
        {"alias": "us", "default_tags": {"tags": {"of": "us"}}},
    ]}  # fmt: skip
    assert resource({"tags": {}}, provider=provider).fields["tags_all"] == {"of": "plain"}
    found = resource({"tags": {}, "provider": "aws.us"}, provider=provider)
    assert found.fields["tags_all"] == {"of": "us"}


def test_policy_documents_are_built() -> None:
    documents = evaluated({"main.tf.json": json.dumps({
        "data": {"aws_iam_policy_document": {"p": {"statement": [
            {"actions": ["s3:*"], "resources": ["*"],
             "principals": {"type": "AWS", "identifiers": ["*"]},
             "condition": {"test": "StringEquals", "variable": "aws:x", "values": ["1"]}},
        ]}}},
        "resource": {"aws_iam_policy": {
            "a": {"policy": "${data.aws_iam_policy_document.p.json}"}
        }},
    })})  # fmt: skip
    policy = only(documents, "aws_iam_policy.a").fields["policy"]
    assert isinstance(policy, str)
    assert json.loads(policy)["Statement"] == [{
        "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": {"AWS": "*"},
        "Condition": {"StringEquals": {"aws:x": "1"}},
    }]  # fmt: skip


def test_several_blocks_of_a_list_stand_at_their_own_places() -> None:
    text = '{"import": [\n{"to": "aws_x.a", "id": "1"},\n{"to": "aws_x.b", "id": "2"}\n]}'
    found = evaluated({"main.tf.json": text})["main.tf.json"].nodes
    assert [(one.address, one.span.line) for one in found] == [
        ("main.tf.json#import.aws_x.a", 2), ("main.tf.json#import.aws_x.b", 3),
    ]  # fmt: skip


def test_a_hop_points_at_what_stands_between_the_braces() -> None:
    text = """{"locals": {"a": "${lower(\\"X\\")}"},
 "resource": {"aws_x": {"y": {"it": "-${local.a}"}}}}"""
    (found,) = [hop for hop in _via(text) if hop.line == 1]
    assert found.text == 'lower(\\"X\\")'


def _via(text: str) -> list[Span]:
    place = only(evaluated({"main.tf.json": text}), "aws_x.y").fields.place("it")
    assert place is not None
    return [hop.span for hop in place.via]


# ------------------------------------------------------------------ law
WORDS = st.text("ab_", min_size=1, max_size=4).map(lambda text: f"k{text}")
TEXTS = st.text(st.sampled_from('a$%{}"\\\né😀 '), max_size=8)
VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


def _entries(value: Value, written: object) -> Iterator[tuple[Span | None, Span, object, object]]:
    """Key span, value span, key and value as they were put in, of each entry below."""
    if isinstance(value, MapValue) and isinstance(written, dict):
        for key, inner in written.items():
            place = value.place(key)
            if place is not None:
                yield place.key, place.value, key, inner
                yield from _entries(value[key], inner)
    elif isinstance(value, ListValue) and isinstance(written, list):
        for index, inner in enumerate(written):
            place = value.place(index)
            if place is not None:
                yield None, place.value, None, inner
                yield from _entries(value[index], inner)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(WORDS, VALUES, max_size=4), st.sampled_from([None, 1]), st.booleans())
def test_spans_lie_on_the_text_of_keys_and_values(
    fields: Json, indent: int | None, ascii_only: bool
) -> None:
    data = {"resource": {"aws_x": {"y": fields}}, "locals": fields}
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    documents = evaluated({"main.tf.json": text})
    node = only(documents, "aws_x.y")
    assert json.loads(node.span.text) == "y"
    for key in fields:
        assert node.fields.place(key) is not None
    for key_span, value_span, name, value in _entries(node.fields, fields):
        if key_span is not None:
            assert json.loads(key_span.text) == name
        if "${" not in value_span.text and "%{" not in value_span.text:
            assert json.loads(value_span.text) == value
    for found in documents["main.tf.json"].nodes:
        if found.kind == "tf.Local":
            assert f"local.{json.loads(found.span.text)}" == found.label
