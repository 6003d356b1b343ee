"""Override files, and `.tofu` files beside `.tf` files.

The rules are those of https://developer.hashicorp.com/terraform/language/files/override.
"""

from __future__ import annotations

import pytest
from tests.parsers.terraform.evaluated import evaluated, hops, nodes, only

from plumbrule_parsers.document import Document
from plumbrule_parsers.value import MapValue

BASE = """\
resource "aws_thing" "web" {
  ami   = "one"
  size  = 1
  disk {
    name = "a"
  }
  disk {
    name = "b"
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [ami]
  }
}
"""


def overridden(override: str, base: str = BASE, name: str = "override.tf") -> dict[str, Document]:
    return evaluated({"main.tf": base, name: override})


@pytest.mark.parametrize("name", ["override.tf", "aa_override.tf", "override.tofu"])
def test_an_argument_replaces_the_one_of_the_base(name: str) -> None:
    documents = overridden('resource "aws_thing" "web" {\n  ami = "two"\n}\n', name=name)
    node = only(documents, "aws_thing.web")
    assert (node.fields["ami"], node.fields["size"], node.path) == ("two", 1, "main.tf")
    place = node.fields.place("ami")
    assert place is not None
    assert (place.value.path, place.value.line, place.value.text) == (name, 2, '"two"')
    assert not documents[name].nodes


def test_json_overrides_too() -> None:
    text = '{"resource": {"aws_thing": {"web": {"ami": "two"}}}}'
    documents = overridden(text, name="override.tf.json")
    assert only(documents, "aws_thing.web").fields["ami"] == "two"


def test_files_count_in_the_order_of_their_names() -> None:
    change = 'resource "aws_thing" "web" {\n  ami = "%s"\n}\n'
    texts = {"main.tf": BASE, "z_override.tf": change % "z", "b_override.tf": change % "b"}
    assert only(evaluated(texts), "aws_thing.web").fields["ami"] == "z"


def test_nested_blocks_replace_all_of_their_type_and_lifecycle_is_merged() -> None:
    change = (
        'resource "aws_thing" "web" {\n  disk {\n    name = "c"\n  }\n'
        "  lifecycle {\n    prevent_destroy = false\n  }\n}\n"
    )
    fields = only(overridden(change), "aws_thing.web").fields
    assert fields["disk"] == {"name": "c"}
    lifecycle = fields["lifecycle"]
    assert isinstance(lifecycle, MapValue)
    assert lifecycle["prevent_destroy"] is False
    assert "ignore_changes" in lifecycle


def test_values_of_others_follow_the_override() -> None:
    base = BASE + "locals {\n  a = aws_thing.web.ami\n  d = aws_thing.web.disk[0].name\n}\n"
    change = 'resource "aws_thing" "web" {\n  ami = "two"\n  disk {\n    name = "c"\n  }\n}\n'
    documents = overridden(change, base)
    local = only(documents, "local.a")
    assert local.fields["value"] == "two"
    assert hops(local, "value")[0] == ("override.tf", 2, "aws_thing.web.ami")
    assert only(documents, "local.d").fields["value"] == "c"


def test_variables_outputs_locals_and_modules_are_overridden() -> None:
    base = (
        'variable "v" {\n  type    = number\n  default = 1\n}\nlocals {\n  l = 1\n  k = 5\n}\n'
        'output "o" {\n  value = var.v\n}\nmodule "m" {\n  source = "./m"\n  x = 1\n}\n'
    )
    change = (
        'variable "v" {\n  default = 2\n}\nlocals {\n  l = 2\n}\n'
        'output "o" {\n  value = local.l + 10\n}\nmodule "m" {\n  x = var.v + 20\n}\n'
    )
    inner = 'variable "x" {}\nresource "a_b" "c" {\n  x = var.x\n}\n'
    documents = evaluated({"main.tf": base, "override.tf": change, "m/main.tf": inner})
    assert only(documents, "output.o").fields["value"] == 12
    assert only(documents, "a_b.c").fields["x"] == 22
    assert only(documents, "var.v").fields["default"] == 2
    assert only(documents, "var.v").fields["type"] == "number"
    assert [node.fields["value"] for node in nodes(documents, "local.l").values()] == [2]
    assert only(documents, "local.k").fields["value"] == 5


def test_count_of_an_override_decides() -> None:
    documents = overridden('resource "aws_thing" "web" {\n  count = 0\n}\n')
    assert nodes(documents, "aws_thing.web") == {}


def test_a_policy_of_an_override_is_lifted_from_there() -> None:
    base = 'resource "aws_iam_policy" "p" {\n  policy = "{}"\n}\n'
    change = (
        'resource "aws_iam_policy" "p" {\n  policy = jsonencode({\n'
        '    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]\n  })\n}\n'
    )
    documents = overridden(change, base)
    (statement,) = (one for one in documents["main.tf"].nodes if one.kind == "iam.Statement")
    assert (statement.span.path, statement.span.line) == ("override.tf", 3)


def test_an_override_of_nothing_stands_for_itself() -> None:
    documents = overridden('resource "aws_thing" "other" {\n  ami = "x"\n}\n')
    assert only(documents, "aws_thing.other").path == "override.tf"


def test_a_tofu_file_replaces_the_one_of_its_name() -> None:
    texts = {
        "main.tf": BASE, "main.tofu": 'resource "aws_thing" "web" {\n  ami = "tofu"\n}\n',
        "more.tf": "locals {\n  a = aws_thing.web.ami\n}\n",
    }  # fmt: skip
    documents = evaluated(texts)
    assert only(documents, "aws_thing.web").path == "main.tofu"
    assert only(documents, "local.a").fields["value"] == "tofu"
    assert documents["main.tf"].because == "the `.tofu` file of the same name is read instead"
