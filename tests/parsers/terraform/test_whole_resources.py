"""Resources as whole values: `for_each` over another resource, splats, one instance of many."""

from __future__ import annotations

import pytest

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.terraform.resolve import resolve
from plumbrule_parsers.value import MapValue, Reason, Unknown, Value

RESOURCES = """
variable "force" {}
resource "aws_repo" "all" {
  for_each = { one = ["a"], two = ["b", "c"] }
  name     = each.key
  topics   = each.value
  version  = "v-${each.key}"
}
resource "aws_list" "many" {
  count = 3
  name  = "n${count.index}"
}
resource "aws_single" "it" {
  name = "single"
  null = null
}
resource "aws_maybe" "some" {
  for_each = var.force
}
"""


def nodes(text: str) -> dict[str, Node]:
    documents = {"main.tf": parse(Source("main.tf", RESOURCES + text))}
    files = ScannedFiles(None, (), {"main.tf": RESOURCES + text})
    return {one.label: one for document in resolve(documents, files) for one in document.nodes}


def value(expression: str) -> Value:
    return nodes(f"locals {{\n  it = {expression}\n}}\n")["local.it"].fields["value"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('aws_repo.all["two"].name', "two"),
        ('aws_repo.all["two"].version', "v-two"),
        ("[for repo in aws_repo.all : repo.name]", ["one", "two"]),
        ("{ for key, repo in aws_repo.all : key => length(repo.topics) }", {"one": 1, "two": 2}),
        ("values(aws_repo.all)[*].name", ["one", "two"]),
        ("aws_list.many[2].name", "n2"),
        ("aws_list.many[*].name", ["n0", "n1", "n2"]),
        ("length(aws_list.many)", 3),
        ("aws_single.it.name", "single"),
        ('try(aws_repo.all["none"].name, "absent")', "absent"),
    ],
)  # fmt: skip
def test_what_is_configured_is_known(expression: str, expected: Value) -> None:
    assert value(expression) == expected


def test_what_a_provider_fills_is_unknown_and_says_of_which_resource() -> None:
    for expression in ("aws_single.it.arn", "aws_single.it.null", "values(aws_repo.all)[0].id",
                       "(aws_list.many[*].id)[1]", "one([aws_single.it]).other"):  # fmt: skip
        found = value(expression)
        assert isinstance(found, Unknown), expression
        assert found.reason is Reason.COMPUTED
        assert found.reference in ("aws_single.it", "aws_repo.all", "aws_list.many")


def test_instances_over_a_resource_are_certain() -> None:
    text = """
resource "aws_guard" "each" {
  for_each = aws_repo.all
  repo     = each.value.name
}
resource "aws_guard" "perhaps" {
  for_each = aws_maybe.some
  repo     = each.key
}
"""
    found = nodes(text)
    guards = {label: node for label, node in found.items() if label.startswith("aws_guard.each")}
    assert {node.fields["repo"] for node in guards.values()} == {"one", "two"}
    assert all(node.condition is None for node in guards.values())
    assert found["aws_guard.perhaps"].condition is not None


def test_names_of_dependencies_are_not_evaluated() -> None:
    found = nodes('resource "aws_x" "y" {\n  depends_on = [aws_repo.all, aws_single.it]\n}\n')
    listed = found["aws_x.y"].fields["depends_on"]
    assert isinstance(listed, list)
    assert not any(isinstance(one, MapValue) for one in listed)


def test_one_of_the_same_instance_is_one_value() -> None:
    assert value('aws_repo.all["one"].id == aws_repo.all["one"].id') is True
    assert isinstance(value('aws_repo.all["one"].id == aws_repo.all["two"].id'), Unknown)
