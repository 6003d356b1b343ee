"""Outputs: whether they are marked as sensitive, and whether their value is."""

from __future__ import annotations

import pytest
from tests.parsers.terraform.evaluated import evaluated, only

from plumbrule_parsers.value import Reason, Unknown

MODULE = """\
variable "password" {
  sensitive = true
}
variable "plain" {
  default = "x"
}
locals {
  url = "postgres://u:${var.password}@h"
}
output "plain" {
  value = var.plain
}
output "direct" {
  value = var.password
}
output "made" {
  value = { url = local.url, plain = var.plain }
}
output "shown" {
  value = nonsensitive(var.password)
}
output "called" {
  value = sensitive("x")
}
output "kept" {
  value     = var.plain
  sensitive = true
}
"""


@pytest.mark.parametrize(
    ("name", "marked", "carries"),
    [
        ("plain", False, False), ("direct", False, True), ("made", False, True),
        ("shown", False, False), ("called", False, True), ("kept", True, False),
    ],
)  # fmt: skip
def test_an_output_says_whether_it_and_its_value_are_marked(
    name: str, *, marked: bool, carries: bool
) -> None:
    found = only(evaluated({"main.tf": MODULE}), f"output.{name}")
    assert found.fields.get("sensitive", False) is marked
    assert found.fields.get("value_sensitive", False) is carries


def test_a_mark_travels_out_of_a_module() -> None:
    texts = {
        "m/main.tf": MODULE,
        "main.tf": 'module "m" {\n  source = "./m"\n  password = "p"\n}\n'
        'output "made" {\n  value = module.m.made.url\n}\n'
        'output "plain" {\n  value = module.m.made.plain\n}\n'
        'output "kept" {\n  value = [module.m.kept]\n}\n',
    }
    found = evaluated(texts)["main.tf"].nodes
    marks = {node.label: node.fields.get("value_sensitive", False) for node in found}
    assert marks["output.made"] is True
    assert marks["output.plain"] is False
    assert marks["output.kept"] is True


def test_what_a_module_elsewhere_gives_may_be_marked() -> None:
    texts = {
        "main.tf": 'module "m" {\n  source = "a/b/aws"\n}\noutput "o" {\n  value = module.m.x\n}\n'
        'output "r" {\n  value = aws_x.y.id\n}\nresource "aws_x" "y" {}\n'
    }
    documents = evaluated(texts)
    found = only(documents, "output.o").fields["value_sensitive"]
    assert isinstance(found, Unknown)
    assert found.reason is Reason.REMOTE
    assert "value_sensitive" not in only(documents, "output.r").fields
