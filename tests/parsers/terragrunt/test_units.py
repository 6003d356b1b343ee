"""Terragrunt units: a module is judged with the inputs of each folder, each with its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsers.terragrunt.repository import (
    LIVE,
    by_address,
    evaluated,
    inputs,
    one_unit,
    problems,
    trail,
    unit,
)

from plumbrule_parsers.document import Completeness, ToAddress, ToMatch
from plumbrule_parsers.value import MapValue, Reason, Unknown

REMOTE = "git::https://user:hunter2@git.example/acme/modules.git//app?ref=v1"


def test_a_module_is_resolved_once_for_each_unit() -> None:
    found = evaluated(LIVE)
    instances = {
        node.unit: node.fields for node in found["modules/app/main.tf"].nodes
        if node.kind == "tf.Resource"
    }  # fmt: skip
    assert sorted(instances) == ["live/dev/app", "live/prod/app"]
    prod, dev = instances["live/prod/app"], instances["live/dev/app"]
    assert (prod["associate_public_ip_address"], dev["associate_public_ip_address"]) == (
        False,
        True,
    )
    assert (prod["cidr"], dev["cidr"]) == ("10.0.0.0/16", "10.1.0.0/16")
    assert (prod["count_wanted"], dev["count_wanted"]) == (3, 2)
    assert problems(found) == []
    assert all(one.completeness is Completeness.EVALUATED for one in found.values())


def test_a_unit_is_declared_with_the_files_that_took_part() -> None:
    (declared,) = evaluated(LIVE)["live/prod/app/terragrunt.hcl"].units
    assert (declared.name, declared.kind) == ("live/prod/app", "terragrunt unit")
    assert set(declared.inputs) == {
        "live/prod/app/terragrunt.hcl", "live/root.hcl", "live/account.hcl", "live/prod/env.hcl",
        "live/_common/app.hcl",
    }  # fmt: skip


def test_an_input_is_led_back_through_include_local_and_read_file() -> None:
    found = evaluated(LIVE)
    assert trail(unit(found, "live/dev/app"), "inputs", "public") == [
        ("live/dev/app/terragrunt.hcl", 1, "include `root`"),
        ("live/root.hcl", 21, "input `public`"),
        ("live/dev/env.hcl", 3, "local.public"),
    ]
    node = next(
        one for one in found["modules/app/main.tf"].nodes
        if one.unit == "live/dev/app" and one.kind == "tf.Resource"
    )  # fmt: skip
    hops = trail(node, "associate_public_ip_address")
    assert hops[-1] == ("live/dev/env.hcl", 3, "local.public")


def test_an_own_input_stands_on_its_own_line() -> None:
    assert trail(unit(evaluated(LIVE), "live/prod/app"), "inputs", "size") == [
        ("live/prod/app/terragrunt.hcl", 15, "input `size`")
    ]


def test_a_dependency_gives_the_real_output_and_never_the_mock() -> None:
    found = evaluated(LIVE)
    given_id = inputs(found, "live/prod/app")["vpc_id"]
    assert isinstance(given_id, Unknown)
    assert given_id.reason is Reason.COMPUTED
    assert given_id.reference == "live/prod/net/terragrunt.hcl#unit"
    assert ("live/prod/app/terragrunt.hcl", 5, "include `common`") in trail(
        unit(found, "live/prod/app"), "inputs", "cidr"
    )
    edges = {
        (one.origin, one.target.address)
        for one in found["live/prod/app/terragrunt.hcl"].references
        if one.edge == "depends_on" and isinstance(one.target, ToAddress)
    }
    assert edges == {("live/prod/app/terragrunt.hcl#unit", "live/prod/net/terragrunt.hcl#unit")}


def test_remote_state_and_generated_files_are_kept() -> None:
    fields = unit(evaluated(LIVE), "live/prod/app").fields
    assert fields["remote_state"] == {
        "backend": "s3",
        "config": {
            "bucket": "acme-state-eu-west-1",
            "key": "prod/app/tf.tfstate",
            "encrypt": False,
        },
    }
    generated = fields["generate"]
    assert isinstance(generated, MapValue)
    assert generated["provider"] == {
        "path": "provider.tf", "contents": 'provider "aws" { region = "eu-west-1" }',
    }  # fmt: skip


def test_a_remote_module_is_a_hole_that_keeps_its_inputs() -> None:
    texts = {
        "app/terragrunt.hcl": f'terraform {{\n  source = "{REMOTE}"\n}}\ninputs = {{ a = 1 }}\n'
    }
    found = evaluated(texts)
    assert inputs(found, "app") == {"a": 1}
    (hole,) = found["app/terragrunt.hcl"].holes
    assert (hole.why.reason, hole.within, hole.span.line) == (Reason.REMOTE, "app", 2)
    assert "hunter2" not in str(hole.why)
    assert found["app/terragrunt.hcl"].completeness is Completeness.EVALUATED


@pytest.mark.parametrize(
    ("source", "folder"),
    [
        ("../modules/app", "modules/app"),
        ("../modules//app", "modules/app"),
        ("..//modules/app", "modules/app"),
        ("${get_repo_root()}/modules/app", "modules/app"),
        ("${get_terragrunt_dir()}/../modules//app", "modules/app"),
        ("${dirname(get_terragrunt_dir())}/modules//app", "modules/app"),
        ("../../outside", None),
        ("/srv/modules/app", None),
        ("github.com/acme/app", None),
        ("git@github.com:acme/mods.git//modules/app", None),
        ("tfr:///terraform-aws-modules/vpc/aws?version=5.0.0", None),
        ('${get_env("WHERE")}/app', None),
    ],
)
def test_sources(source: str, folder: str | None) -> None:
    found = evaluated({
        "live/terragrunt.hcl": f'terraform {{\n  source = "{source}"\n}}\n',
        "modules/app/main.tf": 'resource "aws_x" "y" {}\n',
    })  # fmt: skip
    fields = unit(found, "live").fields
    holes = found["live/terragrunt.hcl"].holes
    assert fields.get("source_path") == folder
    assert bool(holes) is (folder is None)


def test_a_local_source_that_is_not_there_is_a_problem() -> None:
    found = evaluated({"a/terragrunt.hcl": 'terraform {\n  source = "../modules/b"\n}\n'})
    (problem,) = problems(found)
    assert (problem.code, problem.span.line) == ("missing-module", 2)
    assert found["a/terragrunt.hcl"].holes[0].why.reason is Reason.MISSING_FILE


def test_a_remote_source_that_looks_like_a_folder_here_is_only_possible() -> None:
    found = evaluated({
        "live/app/terragrunt.hcl":
            'terraform { source = "git::https://git.example/acme/all.git//modules/app?ref=v1" }\n'
            "inputs = { it = 1 }\n",
        "modules/app/main.tf": 'variable "it" {}\n',
    })  # fmt: skip
    document = found["live/app/terragrunt.hcl"]
    assert document.holes
    flows = [one for one in document.references if one.edge == "flows_to"]
    assert flows
    assert all(one.condition is not None for one in flows)
    # The values of the unit are not taken over: the module may be at another state there.
    assert [one.unit for one in found["modules/app/main.tf"].nodes] == ["modules/app"]


def test_a_module_beside_the_file_needs_no_source() -> None:
    found = evaluated({
        "app/terragrunt.hcl": "inputs = { it = 5 }\n",
        "app/main.tf": 'variable "it" {}\nresource "aws_x" "y" {\n  it = var.it\n}\n',
    })  # fmt: skip
    assert by_address(found, "app/main.tf#aws_x.y").fields["it"] == 5


def test_names_of_units_are_unique_where_files_stand_beside() -> None:
    found = evaluated({
        "app/terragrunt.hcl": 'terraform { source = "../modules/app" }\n',
        "app/extra.tf": 'resource "aws_x" "y" {}\n',
        "modules/app/main.tf": 'resource "aws_x" "z" {}\n',
    })  # fmt: skip
    names = [one.name for document in found.values() for one in document.units]
    assert sorted(names) == ["app", "app@terragrunt.hcl"]


def test_a_file_that_others_include_is_no_unit() -> None:
    found = evaluated({
        "live/terragrunt.hcl": 'terraform {\n  source = '
        '"${get_repo_root()}/modules/${path_relative_to_include()}"\n}\n',
        "live/app/terragrunt.hcl": "include {\n  path = find_in_parent_folders()\n}\n",
        "modules/app/main.tf": 'resource "aws_x" "y" {}\n',
    })  # fmt: skip
    units = [one.name for document in found.values() for one in document.units]
    assert units == ["live/app"]
    assert unit(found, "live/app").fields["source_path"] == "modules/app"
    assert problems(found) == []


def test_files_that_nobody_reads_say_so() -> None:
    found = one_unit("", **{
        "live__stray.hcl": "locals {}\n",
        "live__terragrunt.stack.hcl": 'unit "a" {\n  source = "x"\n  path = "a"\n}\n',
        "modules__app__.terraform.lock.hcl": 'provider "x" {}\n',
    })  # fmt: skip
    said = {path: one.because for path, one in found.items() if one.because}
    assert {found[path].completeness for path in said} == {Completeness.PARTLY}
    assert "no Terragrunt unit reads it" in said["live/stray.hcl"]
    assert "stack" in said["live/terragrunt.stack.hcl"]
    assert "lock file" in said["modules/app/.terraform.lock.hcl"]


def test_files_of_values_win_over_inputs() -> None:
    body = """\
terraform {
  extra_arguments "vars" {
    commands           = get_terraform_commands_that_need_vars()
    required_var_files = ["${get_terragrunt_dir()}/../common.tfvars"]
    optional_var_files = ["${get_terragrunt_dir()}/absent.tfvars"]
  }
}
inputs = {
  it    = "input"
  other = "input"
}
"""
    found = one_unit(body, **{"live__common.tfvars": 'it = "file"\n'})
    resource = by_address(found, "modules/app/main.tf#aws_x.y")
    assert (resource.fields["it"], resource.fields["other"]) == ("file", "input")
    assert trail(resource, "it")[-1] == ("live/common.tfvars", 1, "tfvars key `it`")


def test_a_file_of_values_that_cannot_be_told_makes_every_variable_unknown() -> None:
    body = """\
terraform {
  extra_arguments "vars" {
    commands  = ["plan"]
    arguments = ["-var-file=${get_env("VARS")}"]
  }
}
"""
    resource = by_address(one_unit(body), "modules/app/main.tf#aws_x.y")
    assert isinstance(resource.fields["it"], Unknown)


def test_inputs_that_cannot_be_told_make_every_variable_unknown() -> None:
    body = 'inputs = merge(jsondecode(run_cmd("x")), { it = "certain" })\n'
    fields = by_address(one_unit(body), "modules/app/main.tf#aws_x.y").fields
    assert fields["it"] == "certain"
    assert isinstance(fields["other"], Unknown)


def test_inputs_flow_to_the_variables_of_the_module() -> None:
    found = one_unit('inputs = {\n  it = "x"\n}\n')
    flows = {
        dict(one.target.equals)["name"]: one.span.line
        for one in found["live/app/terragrunt.hcl"].references
        if one.edge == "flows_to" and isinstance(one.target, ToMatch)
    }
    assert flows == {"it": 3}


def test_tags_in_force_are_open_where_a_provider_is_generated() -> None:
    texts = dict(LIVE)
    texts["modules/app/main.tf"] += 'resource "aws_x" "y" {\n  tags = { a = "b" }\n}\n'
    tags = [
        node.fields["tags_all"]
        for node in evaluated(texts)["modules/app/main.tf"].nodes
        if node.fields.get("address") == "aws_x.y"
    ]
    assert tags == [{"a": "b"}, {"a": "b"}]
    assert all(isinstance(one, MapValue) and one.rest is not None for one in tags)
    (plain,) = (
        node.fields["tags_all"]
        for node in one_unit("", **{"modules__app__t.tf": texts["modules/app/main.tf"]})[
            "modules/app/t.tf"
        ].nodes
        if node.fields.get("address") == "aws_x.y"
    )
    assert isinstance(plain, MapValue)
    assert plain.rest is None


def test_what_did_not_parse_leaves_the_inputs_open() -> None:
    found = one_unit('inputs = {\n  it = "x\n}\n')
    assert isinstance(by_address(found, "modules/app/main.tf#aws_x.y").fields["it"], Unknown)
    assert found["live/app/terragrunt.hcl"].completeness is Completeness.PARTLY
    assert "is not closed" in found["live/app/terragrunt.hcl"].because


def test_the_json_syntax_says_that_it_is_not_evaluated() -> None:
    found = evaluated({"app/terragrunt.hcl.json": '{"inputs": {"a": 1}}'})
    (document,) = found.values()
    assert document.completeness is Completeness.PARTLY
    assert "JSON" in document.because


# ------------------------------------------------------------------ laws
@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(random: object) -> None:
    paths = list(LIVE)
    random.shuffle(paths)  # type: ignore[attr-defined]
    assert evaluated({path: LIVE[path] for path in paths}) == evaluated(LIVE)


TERRAGRUNT = sorted(path for path in LIVE if path.endswith(".hcl"))


@settings(deadline=None)
@given(
    st.sampled_from(TERRAGRUNT), st.integers(0, 400), st.integers(0, 60),
    st.sampled_from(["", "{", "}", '"', "${", "local.", "dependency.net.outputs", "include.root",
                     "...", "null", "find_in_parent_folders()", "\n", "= ", "0"]),
)  # fmt: skip
def test_mutated_files_never_raise(path: str, start: int, size: int, instead: str) -> None:
    text = LIVE[path]
    texts = {**LIVE, path: text[:start] + instead + text[start + size :]}
    for document in evaluated(texts).values():
        for node in document.nodes:
            assert 0 <= node.span.start <= node.span.end <= len(node.span.source.text)


def test_arguments_of_a_run_win_over_inputs() -> None:
    body = """\
terraform {
  extra_arguments "vars" {
    commands  = ["apply"]
    arguments = ["-var", "it=one", "-var=other=two"]
    env_vars  = { TF_VAR_it = "never" }
  }
}
"""
    fields = by_address(one_unit(body), "modules/app/main.tf#aws_x.y").fields
    assert (fields["it"], fields["other"]) == ("one", "two")


def test_values_beside_the_unit_are_loaded() -> None:
    found = one_unit('inputs = { it = "input" }\n', **{"live__app__terraform.tfvars": 'it = "f"\n'})
    assert by_address(found, "modules/app/main.tf#aws_x.y").fields["it"] == "f"


def test_a_unit_whose_include_is_lost_is_still_a_unit() -> None:
    found = evaluated({"app/terragrunt.hcl": 'include "a" {\n  path = "../lost.hcl"\n}\n'})
    assert [one.code for one in problems(found)] == ["missing-include"]
    assert found["app/terragrunt.hcl"].holes[0].why.reason is Reason.MISSING_FILE


def test_a_unit_that_is_skipped_gives_nothing() -> None:
    found = one_unit('skip = true\ninputs = { it = "x" }\n')
    assert by_address(found, "modules/app/main.tf#aws_x.y").unit == "modules/app"


def test_generated_files_leave_providers_open_once() -> None:
    holes = [one for one in evaluated(LIVE)["live/root.hcl"].holes if "tf.Provider" in one.kinds]
    assert sorted(one.within for one in holes) == ["modules/app", "modules/net"]
