"""Plans and states in JSON: what they are recognised by, what a plan alone tells, and damage."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.laws.test_parsers import hold, mutated, parsed
from tests.parsers.terraform.plans import (
    BESIDE,
    CONFIGURATION,
    PACK,
    PASSWORD,
    document,
    graph,
    line,
    node,
    plan,
    plan_text,
    referred,
    told,
)

from plumbrule.reports import Options, render
from plumbrule.scan.parse_files import detect
from plumbrule.scan.scan import scan_texts
from plumbrule_parsers.document import Completeness, Severity
from plumbrule_parsers.terraform.plan import read
from plumbrule_parsers.terraform.plan.addresses import base, calls, steps
from plumbrule_parsers.value import MapValue, Reason, Unknown


# ------------------------------------------------------------------ what it is recognised by
@pytest.mark.parametrize(
    "head",
    [
        plan_text()[:4096],
        plan_text(indent=2)[:4096],
        json.dumps(plan(), sort_keys=True)[:4096],
        '{"format_version":"1.0","terraform_version":"1.5.0","values":{"root_module":{}}}',
        '{"format_version": "1.2", "resource_changes": []}',
        '{"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "x"}',
    ],
)
def test_plans_and_states_are_recognised_whatever_their_name(head: str) -> None:
    assert detect("anything", head) == "terraform"
    assert detect("out/tfplan.json", head) == "terraform"


@pytest.mark.parametrize(
    "head",
    [
        '{"format_version": "1.0", "provider_schemas": {}}',
        '{"format_version": "1.0", "valid": true, "diagnostics": []}',
        '{"configuration": {"theme": "dark"}, "version": 2}',
        '{"version": 4, "serial": 12}',
        '["format_version", "planned_values"]',
        '"format_version": "1.2", "planned_values": ',
    ],
)
def test_other_json_is_not_taken_for_a_plan(head: str) -> None:
    assert detect("plan.json", head) is None


# ------------------------------------------------------------------ raw state files
STATE = json.dumps({
    "version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "0-0", "outputs": {},
    "resources": [{"type": "aws_db_instance", "instances": [{"attributes": {"p": PASSWORD}}]}],
})  # fmt: skip


@pytest.mark.parametrize("path", ["terraform.tfstate", "old/terraform.tfstate.backup", "s.json"])
def test_a_raw_state_is_named_and_not_read(path: str) -> None:
    report = scan_texts({path: STATE}, PACK)
    (problem,) = report.problems
    assert (problem.code, problem.severity) == ("state-file", Severity.WARNING)
    assert "secrets" in problem.message
    assert "repository" in problem.message
    (state,) = report.files
    assert state.completeness is Completeness.SKIPPED
    assert state.because.startswith("Terraform state file")
    assert report.statistics["nodes"] <= 1  # that such a file is there
    assert not report.incomplete


def test_an_empty_state_gives_nothing_away() -> None:
    empty = json.dumps({"version": 4, "serial": 1, "lineage": "0-0", "resources": []})
    report = scan_texts({"terraform.tfstate": empty}, PACK)
    assert not report.problems
    assert report.files[0].completeness is Completeness.SKIPPED


# ------------------------------------------------------------------ the plan alone
def test_what_will_be_is_a_node_and_what_is_deleted_is_none() -> None:
    addresses = {one.fields["address"] for one in document().nodes if one.kind in (
        "tf.Resource", "tf.Data", "tf.aws_s3_bucket", "tf.aws_s3_bucket_versioning")}  # fmt: skip
    inside = [
        f'module.team["{key}"].{name}'
        for key in ("a", "b")
        for name in (
            "aws_iam_role.team", "aws_iam_role_policy.write",
            "data.aws_iam_policy_document.write",
        )
    ]  # fmt: skip
    assert addresses == {
        "aws_db_instance.shop", "aws_s3_bucket.logs", "aws_s3_bucket.plain",
        "aws_s3_bucket_versioning.logs", "aws_security_group.web", "aws_iam_policy.admin",
        "aws_ssm_parameter.motd", *inside,
    }  # fmt: skip
    assert not document().problems
    assert document().completeness is Completeness.EVALUATED


def test_kinds_names_and_modules() -> None:
    bucket = node(None, "aws_s3_bucket.logs")
    assert bucket.kind == "tf.aws_s3_bucket"
    assert bucket.span.text == '"address": "aws_s3_bucket.logs"'
    role = node(None, 'module.team["a"].aws_iam_role.team')
    assert (role.kind, role.fields["name"], role.fields["type"]) == (
        "tf.Resource", "team", "aws_iam_role",
    )  # fmt: skip
    assert role.fields["module"] == "modules/team"
    assert role.fields["attr_name"] == "team"
    data = node(None, 'module.team["a"].data.aws_iam_policy_document.write')
    assert data.kind == "tf.Data"


def test_what_is_known_after_apply_is_unknown_at_its_depth() -> None:
    arn = node(None, "aws_s3_bucket.logs").fields["arn"]
    assert isinstance(arn, Unknown)
    assert (arn.reason, arn.not_null, arn.reference) == (
        Reason.COMPUTED, True, "aws_s3_bucket.logs",
    )  # fmt: skip
    versioning = node(None, "aws_s3_bucket_versioning.logs").fields
    bucket = versioning["bucket"]
    assert isinstance(bucket, Unknown)
    assert (bucket.reference, bucket.not_null) == ("aws_s3_bucket.logs", True)
    inner = versioning["versioning_configuration"]
    assert isinstance(inner, MapValue)
    assert inner["status"] == "Enabled"
    deep = inner["mfa_delete"]
    assert isinstance(deep, Unknown)
    assert not deep.not_null  # the provider may leave it out
    tags = node(None, 'module.team["a"].aws_iam_role.team').fields["tags"]
    assert isinstance(tags, MapValue)
    assert isinstance(tags["bucket"], Unknown)


def test_null_is_absent_and_places_are_those_of_the_plan() -> None:
    database = node(None, "aws_db_instance.shop")
    assert "backup_retention_period" not in database.fields
    place = database.fields.place("deletion_protection")
    assert place is not None
    assert place.entry.text == '"deletion_protection": false'


def test_verdicts_of_the_plan_alone() -> None:
    source = plan_text(indent=2)
    report = scan_texts({"plan.json": source}, PACK)
    assert told(report, "database") == {
        "plan.json#aws_db_instance.shop":
        f"plan.json:{line(source, 'aws_db_instance.shop', 'planned_values')}",
    }  # fmt: skip
    assert set(told(report, "wildcard")) == {
        "plan.json#aws_iam_policy.admin/statement/1",
        'plan.json#module.team["a"].data.aws_iam_policy_document.write/statement/0',
        'plan.json#module.team["b"].data.aws_iam_policy_document.write/statement/0',
    }
    assert set(told(report, "port")) == {"plan.json#aws_security_group.web/ingress/0"}
    # Whether the provider will switch it on cannot be told of the bucket that says nothing.
    assert not told(report, "versioning")
    assert [review.subject for review in report.reviews] == ["plan.json#aws_s3_bucket.plain"]


def test_edges_through_calls_indices_and_providers() -> None:
    found = graph({"plan.json": plan_text()})
    assert referred(found, "plan.json#aws_s3_bucket_versioning.logs") == {
        "aws_s3_bucket.logs": True, "provider.aws": True,
    }  # fmt: skip
    assert referred(found, "plan.json#aws_s3_bucket.logs") == {"provider.aws.us": True}
    role = referred(found, 'plan.json#module.team["a"].aws_iam_role.team')
    assert role == {"aws_s3_bucket.logs": True, "provider.aws": True}
    inline = referred(found, 'plan.json#module.team["b"].aws_iam_role_policy.write')
    assert inline == {
        'module.team["b"].aws_iam_role.team': True, "provider.aws": True,
        'module.team["b"].data.aws_iam_policy_document.write': True,
    }  # fmt: skip
    assert len(referred(found, "plan.json#module.team")) == 6


def instances(references: list[str]) -> dict[str, bool]:
    """What the first of two `b` refers to, if its expression names these of two `a`."""
    data = plan()
    root = data["planned_values"]["root_module"]
    root["resources"] = [
        {"address": f'{kind}.x["{key}"]', "mode": "managed", "type": kind, "name": "x",
         "index": key, "values": {}}
        for kind in ("a_a", "b_b") for key in ("one", "two")
    ]  # fmt: skip
    declared = data["configuration"]["root_module"]["resources"]
    declared[:] = [
        {"address": f"{kind}.x", "type": kind, "name": "x", "mode": "managed",
         "expressions": {"y": {"references": references}} if kind == "b_b" else {}}
        for kind in ("a_a", "b_b")
    ]  # fmt: skip
    return referred(graph({"plan.json": plan_text(data)}), 'plan.json#b_b.x["one"]')


def test_an_instance_is_meant_if_it_is_named_and_may_be_meant_if_not() -> None:
    assert instances(['a_a.x["two"].id', 'a_a.x["two"]', "a_a.x"]) == {'a_a.x["two"]': True}
    assert instances(["a_a.x", "each.key"]) == {'a_a.x["one"]': True}
    assert instances(["a_a.x"]) == {'a_a.x["one"]': False, 'a_a.x["two"]': False}


def test_a_local_value_may_hide_any_reference() -> None:
    data = plan()
    for resource in data["configuration"]["root_module"]["resources"]:
        if resource["type"] == "aws_s3_bucket_versioning":
            resource["expressions"]["bucket"] = {"references": ["local.bucket"]}
    for change in data["resource_changes"]:
        change["change"]["after_unknown"].pop("versioning", None)
    report = scan_texts({"plan.json": plan_text(data)}, PACK)
    assert not told(report, "versioning")
    assert {review.subject for review in report.reviews} == {
        "plan.json#aws_s3_bucket.logs", "plan.json#aws_s3_bucket.plain",
    }  # fmt: skip


def test_a_plan_cut_down_to_its_changes_is_read_too() -> None:
    data = plan()
    cut = {key: data[key] for key in ("format_version", "terraform_version", "resource_changes")}
    report = scan_texts({"plan.json": plan_text(cut)}, PACK)
    assert set(told(report, "database")) == {"plan.json#aws_db_instance.shop"}
    assert "plan.json#aws_db_instance.old" not in graph({"plan.json": plan_text(cut)}).nodes


# ------------------------------------------------------------------ what is not as it should be
@pytest.mark.parametrize(
    ("change", "message", "place"),
    [
        ({"planned_values": []}, "`planned_values` must be an object", '"planned_values": []'),
        ({"planned_values": {"root_module": 7}}, "`root_module` must be", '"root_module": 7'),
        ({"planned_values": {"root_module": {"resources": {}}}}, "`resources` must be a list",
         '"resources": {}'),
        ({"planned_values": {"root_module": {"resources": [7]}}}, "an entry of `resources`", "7"),
        ({"planned_values": {"root_module": {"resources": [{"type": "x"}]}}}, "has no address",
         '{"type": "x"}'),
        ({"planned_values": {"root_module": {"child_modules": [{}]}}}, "has no address", "{}"),
        ({"resource_changes": "x"}, "`resource_changes` must be a list", '"resource_changes": "x"'),
    ],
)  # fmt: skip
def test_a_malformed_part_is_a_problem_with_its_place(
    change: dict[str, Any], message: str, place: str
) -> None:
    found = document({**plan(), **change})
    (problem,) = [one for one in found.problems if one.code == "plan-shape"]
    assert message in problem.message
    assert problem.span.text == place
    assert found.completeness is Completeness.PARTLY
    assert found.holes


@pytest.mark.parametrize(
    ("change", "because"), [({"errored": True}, "error"), ({"complete": False}, "a part")]
)
def test_a_plan_that_is_not_whole_says_so(change: dict[str, Any], because: str) -> None:
    found = document({**plan(), **change})
    assert found.completeness is Completeness.PARTLY
    assert because in found.because
    assert found.holes


def test_a_future_format_is_read_as_far_as_it_is_known() -> None:
    (problem,) = document({**plan(), "format_version": "2.0"}).problems
    assert (problem.code, problem.severity) == ("plan-version", Severity.WARNING)


def test_too_large_a_plan_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "LARGEST", 1000)
    found = document()
    assert found.completeness is Completeness.SKIPPED
    assert [problem.code for problem in found.problems] == ["plan-too-large"]
    assert found.holes
    assert not found.nodes


def test_deep_nesting_is_bounded() -> None:
    data = plan()
    deep: Any = {}
    for _ in range(150):
        deep = {"x": [deep]}
    data["planned_values"]["root_module"]["resources"][0]["values"]["deep"] = deep
    assert [one.code for one in document(data).problems] == ["too-deep"]
    module: Any = {"address": "module.a", "resources": []}
    for number in range(60):
        module = {"address": ".".join(["module.a"] * (60 - number)), "child_modules": [module]}
    data = plan()
    data["planned_values"]["root_module"]["child_modules"] = [module]
    assert not document(data).problems


def test_calls_that_lead_round_end() -> None:
    data = plan()
    calls_ = data["configuration"]["root_module"]["module_calls"]
    calls_["team"]["expressions"]["bucket"] = {"references": ["module.team.out"]}
    calls_["team"]["module"]["outputs"] = {"out": {"expression": {"references": ["var.bucket"]}}}
    assert document(data).nodes


def entries(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every entry of nested containers, as container and key."""
    stack = [value]
    while stack:
        current = stack.pop()
        keys = list(current) if isinstance(current, dict) else range(len(current))
        for key in keys:
            yield current, key
            if isinstance(current[key], (dict, list)):
                stack.append(current[key])


ENTRIES = sum(1 for _entry in entries(plan()))
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 7, "", "x", 'module.a["', "data", [], [None], [[]], {}, {"a": {}},
     {"references": 1}, {"constant_value": []},
     {"references": ["module.team", "var", "local.x", "a[", "data.x"]}]
)  # fmt: skip


@given(
    changes=st.lists(st.tuples(st.integers(0, ENTRIES - 1), ODD), min_size=1, max_size=6),
    beside=st.booleans(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_part_may_be_anything(changes: list[tuple[int, Any]], *, beside: bool) -> None:
    data = plan()
    for number, odd in changes:
        for index, (container, key) in enumerate(entries(data)):
            if index == number:
                container[key] = copy.deepcopy(odd)
                break
    hold(parsed("terraform", {"plan.json": plan_text(data), **(CONFIGURATION if beside else {})}))


@given(damaged=mutated(plan_text(indent=1)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_plan_is_a_document(damaged: str) -> None:
    hold(parsed("terraform", {"plan.json": damaged, **CONFIGURATION}))


def test_the_order_of_files_changes_nothing() -> None:
    orders = (list(BESIDE), list(reversed(BESIDE)))
    one, other = (scan_texts({path: BESIDE[path] for path in order}, PACK) for order in orders)
    assert render("json", one, Options()) == render("json", other, Options())


# ------------------------------------------------------------------ addresses
def test_addresses_come_apart() -> None:
    odd = 'module.web["a.b]"].module.db[0].data.aws_ami.x["c"]'
    assert base(odd) == "data.aws_ami.x"
    assert base("aws_ami.x[1]") == "aws_ami.x"
    assert calls('module.web["a.b]"].module.db[0]') == ("web", "db")
    assert steps(odd)[1] == ("web", '["a.b]"]')
    assert base("") == ""
