"""The tags in force: those of a resource with the defaults of its provider."""

from __future__ import annotations

import pytest
from tests.parsers.terraform.evaluated import evaluated, nodes, only

from plumbrule_parsers.value import MapValue, Unknown

PROVIDERS = """\
provider "aws" {
  default_tags {
    tags = { team = "core", env = local.env }
  }
}
provider "aws" {
  alias = "west"
  default_tags {
    tags = { team = "west" }
  }
}
locals {
  env = "prod"
}
"""


def bucket(more: str = "") -> str:
    return f'resource "aws_s3_bucket" "b" {{\n{more}}}\n'


def tags(text: str, more: dict[str, str] | None = None) -> MapValue:
    documents = evaluated({"main.tf": text, **(more or {})})
    found = only(documents, "aws_s3_bucket.b").fields["tags_all"]
    assert isinstance(found, MapValue)
    return found


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", {"team": "core", "env": "prod"}),
        ('  tags = { team = "own", x = "y" }\n', {"team": "own", "env": "prod", "x": "y"}),
        ("  provider = aws.west\n", {"team": "west"}),
    ],
)
def test_own_tags_win_over_those_of_the_provider(settings: str, expected: dict[str, str]) -> None:
    assert tags(PROVIDERS + bucket(settings)) == expected


def test_a_tag_points_at_the_line_of_the_provider() -> None:
    found = tags(PROVIDERS + bucket())
    place = found.place("team")
    assert place is not None
    assert (place.value.line, place.value.text) == (3, '"core"')
    assert [hop.note for hop in place.via] == ["defaults of provider aws"]


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        ("", {"team": "core", "env": "prod"}),
        ("  providers = { aws = aws.west }\n", {"team": "west"}),
        ("  providers = { aws.other = aws.west }\n", {"team": "core", "env": "prod"}),
    ],
)
def test_modules_use_what_their_caller_hands_down(providers: str, expected: dict[str, str]) -> None:
    root = PROVIDERS + f'module "m" {{\n  source = "./m"\n{providers}}}\n'
    assert tags(root, {"m/main.tf": bucket()}) == expected


def test_an_alias_of_the_caller_by_its_name_in_the_module() -> None:
    root = PROVIDERS + 'module "m" {\n  source = "./m"\n  providers = { aws.o = aws.west }\n}\n'
    assert tags(root, {"m/main.tf": bucket("  provider = aws.o\n")}) == {"team": "west"}


def test_unknown_tags_leave_the_others_doubtful() -> None:
    found = tags('variable "t" {}\n' + PROVIDERS + bucket("  tags = var.t\n"))
    assert isinstance(found["team"], Unknown)
    assert found.rest is not None
    defaults = 'variable "t" {}\nprovider "aws" {\n  default_tags {\n    tags = var.t\n  }\n}\n'
    found = tags(defaults + bucket('  tags = { a = "b" }\n'))
    assert found == {"a": "b"}
    assert found.rest is not None


def test_without_any_there_is_no_such_field() -> None:
    documents = evaluated({"main.tf": bucket() + 'resource "azurerm_x" "y" {\n  tags = {}\n}\n'})
    assert "tags_all" not in only(documents, "aws_s3_bucket.b").fields
    assert "tags_all" not in only(documents, "azurerm_x.y").fields


def test_labels_of_google() -> None:
    text = (
        'provider "google" {\n  default_labels = { a = "1" }\n}\n'
        'resource "google_storage_bucket" "b" {\n  labels = { b = "2" }\n}\n'
    )
    (node,) = nodes(evaluated({"main.tf": text}), "google_storage_bucket.b").values()
    assert node.fields["effective_labels"] == {"a": "1", "b": "2"}
