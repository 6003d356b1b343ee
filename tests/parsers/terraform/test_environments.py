"""Roots that are run in several ways: files of values by their names, and workspaces."""

from __future__ import annotations

import pytest
from tests.parsers.terraform.evaluated import evaluated, hops, nodes, only

from plumbrule_parsers.document import Unit
from plumbrule_parsers.value import Unknown

ROOT = """\
variable "size" {
  default = 1
}
variable "secret" {
  default = "no"
}
resource "a_b" "c" {
  size   = var.size
  secret = var.secret
}
"""


def units(texts: dict[str, str]) -> dict[str, Unit]:
    found = [unit for document in evaluated(texts).values() for unit in document.units]
    return {unit.name: unit for unit in found}


def sizes(texts: dict[str, str]) -> dict[str, object]:
    """The size in each unit."""
    found = [node for one in evaluated(texts).values() for node in one.nodes]
    return {node.unit: node.fields["size"] for node in found if node.label == "a_b.c"}


# ------------------------------------------------------------------ files of values
@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("infra/prod.tfvars", "infra@prod.tfvars"),
        ("infra/terraform.prod.tfvars", "infra@terraform.prod.tfvars"),
        ("infra/prod.tfvars.json", "infra@prod.tfvars.json"),
        ("infra/env/prod.tfvars", "infra@env/prod.tfvars"),
        ("infra/vars/eu-1.tfvars", "infra@vars/eu-1.tfvars"),
        ("infra/tfvars/prod/main.tfvars", "infra@tfvars/prod"),
        ("infra/environments/prod/terraform.tfvars", "infra@environments/prod"),
        ("variables/prod/infra.tfvars", "infra@variables/prod"),
        ("tfvars/infra/prod.tfvars", "infra@tfvars/infra/prod"),
    ],
)
def test_a_file_whose_name_says_an_environment_makes_a_unit(path: str, unit: str) -> None:
    text = '{"size": 9}' if path.endswith(".json") else "size = 9\n"
    texts = {"infra/main.tf": ROOT, path: text}
    assert sizes(texts) == {unit: 9}
    found = units(texts)[unit]
    assert (found.kind, found.folder, found.inputs) == ("terraform root", "infra", (path,))
    assert unit == f"infra@{found.label}"
    node = only(evaluated(texts), "a_b.c")
    assert node.variant == ""
    assert (path, 1, "tfvars key `size`") in hops(node, "size")


def test_every_set_is_a_way_of_its_own_and_loaded_values_count_in_all() -> None:
    texts = {
        "infra/main.tf": ROOT, "infra/prod.tfvars": "size = 9\n", "infra/dev.tfvars": "size = 2\n",
        "infra/terraform.tfvars": 'size = 3\nsecret = "all"\n',
    }  # fmt: skip
    assert sizes(texts) == {"infra@prod.tfvars": 9, "infra@dev.tfvars": 2}
    found = nodes(evaluated(texts), "a_b.c")
    assert {node.fields["secret"] for node in found.values()} == {"all"}
    assert found["infra@dev.tfvars"].address == "infra/main.tf#infra@dev.tfvars:a_b.c"


def test_files_of_one_environment_belong_together_and_common_ones_come_first() -> None:
    texts = {
        "main.tf": ROOT, "prod.tfvars": "size = 9\n", "prod.secrets.tfvars": 'secret = "yes"\n',
        "common.tfvars": "size = 4\n", "dev.tfvars": "",
    }  # fmt: skip
    assert sizes(texts) == {".@prod.tfvars": 9, ".@dev.tfvars": 4}
    assert units(texts)[".@prod.tfvars"].inputs == (
        "common.tfvars", "prod.tfvars", "prod.secrets.tfvars",
    )  # fmt: skip


def test_calls_in_each_environment_have_its_values() -> None:
    root = 'variable "size" {}\nmodule "m" {\n  source = "../mod"\n  size = var.size\n}\n'
    texts = {
        "infra/main.tf": root, "mod/main.tf": ROOT, "infra/env/prod.tfvars": "size = 9\n",
        "infra/env/dev.tfvars": "size = 2\n",
    }  # fmt: skip
    found = nodes(evaluated(texts), "a_b.c")
    assert {variant: node.fields["size"] for variant, node in found.items()} == {
        "infra@env/prod.tfvars:module.m": 9, "infra@env/dev.tfvars:module.m": 2,
    }  # fmt: skip


@pytest.mark.parametrize("path", ["secret.tfvars", "extra.tfvars"])
def test_a_file_that_names_no_environment_may_or_may_not_be_given(path: str) -> None:
    texts = {"main.tf": ROOT, path: "size = 9\n"}
    assert set(units(texts)) == {"."}
    size = sizes(texts)["."]
    assert isinstance(size, Unknown)
    assert set(size.candidates) == {1, 9}


@pytest.mark.parametrize(
    "path",
    ["example.tfvars", "prod.example.tfvars", "other/prod.tfvars", "infra2/env/prod.tfvars"],
)
def test_examples_and_values_of_others_do_not_count(path: str) -> None:
    assert sizes({"infra/main.tf": ROOT, f"infra/{path}": "size = 9\n"}) == {"infra": 1}


def test_values_of_a_root_inside_stay_its_own() -> None:
    texts = {
        "infra/main.tf": ROOT, "infra/env/prod/main.tf": ROOT,
        "infra/env/prod/terraform.tfvars": "size = 9\n",
    }  # fmt: skip
    assert sizes(texts) == {"infra": 1, "infra/env/prod": 9}


def test_a_file_of_values_flows_to_the_variables_of_its_unit() -> None:
    texts = {"infra/main.tf": ROOT, "infra/env/prod.tfvars": "size = 9\n"}
    document = evaluated(texts)["infra/env/prod.tfvars"]
    assert document.nodes[0].unit == "infra@env/prod.tfvars"
    (reference,) = document.references
    assert dict(reference.target.equals) == {"name": "size", "module": "infra"}  # type: ignore[union-attr]


# ------------------------------------------------------------------ workspaces
SIZES = "locals {\n  sizes = { dev = 1, prod = 5 }\n}\n"


@pytest.mark.parametrize(
    "chosen",
    [
        "local.sizes[terraform.workspace]",
        '{ dev = 1, prod = 5 }["${terraform.workspace}"]',
        "lookup(local.sizes, terraform.workspace, 7)",
        "local.sizes[local.env]",
    ],
)
def test_a_map_by_workspace_makes_a_unit_for_each_key(chosen: str) -> None:
    text = SIZES + "locals {\n  env = terraform.workspace\n}\n"
    texts = {"main.tf": text + f'resource "a_b" "c" {{\n  size = {chosen}\n}}\n'}
    assert sizes(texts) == {".@dev": 1, ".@prod": 5}
    found = units(texts)[".@prod"]
    assert (found.environment, found.label) == ("prod", "workspace prod")


@pytest.mark.parametrize(
    ("workspace", "environment"),
    [
        ("core-vpc-test", "test"), ("core_vpc_production", "prod"), ("live.core", "prod"),
        ("eu-preproduction", "staging"), ("sandbox-3", "dev"), ("blue", "blue"),
        ("latest", "latest"),
    ],
)  # fmt: skip
def test_a_workspace_is_of_the_environment_that_its_name_says(
    workspace: str, environment: str
) -> None:
    text = f'locals {{\n  size = {{ "{workspace}" = 1 }}[terraform.workspace]\n}}\n'
    found = units({"main.tf": text})[f".@{workspace}"]
    assert (found.environment, found.label) == (environment, f"workspace {workspace}")


def test_a_workspace_that_is_only_compared_keeps_both_branches() -> None:
    text = 'resource "a_b" "c" {\n  size = terraform.workspace == "prod" ? 5 : 1\n}\n'
    size = sizes({"main.tf": text})["."]
    assert isinstance(size, Unknown)
    assert set(size.candidates) == {1, 5}


def test_values_by_name_tell_the_workspace() -> None:
    text = SIZES + ROOT.replace("var.size\n", "var.size + local.sizes[terraform.workspace]\n")
    texts = {"main.tf": text, "prod.tfvars": "size = 10\n", "dev.tfvars": "size = 20\n"}
    assert sizes(texts) == {".@prod.tfvars": 15, ".@dev.tfvars": 21}
