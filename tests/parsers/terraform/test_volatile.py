"""Arguments that get another value in every plan, and what trust policies compare with."""

from __future__ import annotations

import pytest
from tests.parsers.terraform.evaluated import evaluated, only

from plumbrule_parsers.value import ListValue, MapValue, Unknown


def volatile(body: str, more: str = "") -> MapValue | None:
    documents = evaluated({"main.tf": f'resource "acme_thing" "a" {{\n{body}\n}}\n{more}'})
    found = only(documents, "acme_thing.a").fields.get("volatile")
    assert found is None or isinstance(found, MapValue)
    return found


@pytest.mark.parametrize(
    ("value", "function"),
    [
        ("timestamp()", "timestamp()"),
        ("plantimestamp()", "plantimestamp()"),
        ('bcrypt("x")', "bcrypt()"),
        ('"a-${uuid()}"', "uuid()"),
        ('formatdate("YYYY", timestamp())', "timestamp()"),
        ('["a", { b = "c-${substr(uuid(), 0, 8)}" }]', "uuid()"),
        ("local.now", "timestamp()"),
    ],
)
def test_the_function_is_told(value: str, function: str) -> None:
    found = volatile(f"  name = {value}", "locals {\n  now = timestamp()\n}\n")
    assert found is not None
    assert dict(found) == {"attr_name": function}
    place = found.place("attr_name")
    assert place is not None
    assert place.key is not None
    assert place.key.text == "name"


@pytest.mark.parametrize(
    "body",
    [
        '  label = "timestamp()"',
        "  made = time_static.a.rfc3339",
        '  id = uuidv5("dns", "shop.internal")',
        "  made = timestamp()\n  lifecycle {\n    ignore_changes = [made]\n  }",
        '  tags = { a = timestamp() }\n  lifecycle {\n    ignore_changes = [tags["a"]]\n  }',
        "  made = timestamp()\n  lifecycle {\n    ignore_changes = all\n  }",
        '  provisioner "local-exec" {\n    command = "echo ${timestamp()}"\n  }',
        "  made = false ? timestamp() : null",
    ],
)
def test_what_stays_is_not_told(body: str) -> None:
    assert volatile(body) is None


def test_what_a_variable_decides_leaves_the_map_open() -> None:
    found = volatile("  made = var.now ? timestamp() : null", 'variable "now" {}\n')
    assert found is not None
    assert not found
    assert isinstance(found.rest, Unknown)


def statement(text: str) -> ListValue:
    documents = evaluated({"main.tf": text}).values()
    (node,) = (one for doc in documents for one in doc.nodes if one.kind == "iam.Statement")
    found = node.fields["compared"]
    assert isinstance(found, ListValue)
    return found


def compared(conditions: str) -> ListValue:
    return statement(f"""
data "aws_iam_policy_document" "d" {{
  statement {{
    actions = ["sts:AssumeRoleWithWebIdentity"]
    {conditions}
  }}
}}
variable "given" {{}}
""")


def condition(values: str) -> str:
    return f'condition {{\n test = "StringEquals"\n variable = "a:sub"\n values = {values}\n }}\n'


def test_the_values_of_all_conditions_are_listed() -> None:
    found = compared(condition('["a"]') + condition('["b", "c"]'))
    assert list(found) == ["a", "b", "c"]
    assert found.rest is None


def test_values_that_cannot_be_told_leave_the_list_open() -> None:
    found = compared(condition('["a"]') + condition("var.given"))
    assert list(found) == ["a"]
    assert isinstance(found.rest, Unknown)


def test_json_gives_the_same_list() -> None:
    text = """
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({ Statement = [{
    Action    = "sts:AssumeRoleWithWebIdentity"
    Condition = { StringEquals = { "a:aud" = "sts" }, StringLike = { "a:sub" = ["x", "y"] } }
  }] })
}
"""
    assert list(statement(text)) == ["sts", "x", "y"]
