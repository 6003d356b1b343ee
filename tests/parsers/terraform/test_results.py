"""What types results have, and what stays known beside a part that is not."""

from __future__ import annotations

import pytest

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.terraform.resolve import resolve
from plumbrule_parsers.value import Reason, Unknown, Value

VARIABLES = """
variable "open" {}
variable "mixed" {
  type    = map(map(any))
  default = { a = { number = 1, text = "x" } }
}
variable "listed" {
  type    = list(any)
  default = [1, "a"]
}
"""


def value(expression: str) -> Value:
    text = f"{VARIABLES}locals {{\n  it = {expression}\n}}\n"
    files = ScannedFiles(None, (), {"main.tf": text})
    (document,) = resolve({"main.tf": parse(Source("main.tf", text))}, files)
    (found,) = (node for node in document.nodes if node.label == "local.it")
    return found.fields["value"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('true ? 1 : "b"', "1"), ('false ? "a" : true', "true"), ("true ? 1 : 2", 1),
        ('true ? null : "a"', None), ('true ? [1] : "a"', [1]),
        ("0.1 + 0.2", 0.3), ("1.1 * 3", 3.3), ("0.3 - 0.1", 0.2), ("1.5 + 1.5", 3),
        ("var.mixed.a.number", "1"), ("var.listed", ["1", "a"]),
        ('concat(["a"], ["b"])', ["a", "b"]),
    ],
)  # fmt: skip
def test_results_have_the_type_that_terraform_gives(expression: str, expected: Value) -> None:
    found = value(expression)
    assert found == expected
    assert type(found) is type(expected) or isinstance(expected, list)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('{ Team = "a", "app/${var.open}" = 1 }.Team', "a"),
        ('merge({ Team = "a" }, { "app/${var.open}" = 1 }).Team', "a"),
        ('try({ "app/${var.open}" = 1 }.Team, "none")', "none"),
        ('lookup({ "app/${var.open}" = 1 }, "Team", "none")', "none"),
    ],
)
def test_a_key_known_in_part_leaves_other_keys_alone(expression: str, expected: Value) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        '{ "app/b" = "a", "app/${var.open}" = 1 }["app/b"]',
        'merge({ "app/b" = "a" }, { "app/${var.open}" = 1 })["app/b"]',
        'try({ "app/${var.open}" = 1 }["app/b"], "none")',
        'merge({ Team = "a" }, { "${var.open}" = 1 }).Team',
        'merge({ Team = "a" }, { "app/${var.open}" = 1 }, var.open).Team',
    ],
)
def test_a_key_that_may_be_the_one_leaves_the_value_open(expression: str) -> None:
    assert isinstance(value(expression), Unknown)


@pytest.mark.parametrize(
    "expression",
    [
        "provider::terraform::encode_tfvars({ a = 1 })", "core::newer(1)", "newer(1)",
        'try(provider::aws::arn_parse("a").service, "none")', 'try(newer(1), "none")',
        "can(newer(1))",
    ],
)  # fmt: skip
def test_a_function_that_nobody_knows_may_give_anything(expression: str) -> None:
    found = value(expression)
    assert isinstance(found, Unknown)
    assert found.reason is Reason.EXPRESSION
