"""Plans beside the configuration that they were made of, states as they are shown, and secrets."""

from __future__ import annotations

from typing import Any

import pytest
from tests.parsers.terraform.plans import (
    BESIDE,
    CONFIGURATION,
    MAIN,
    PACK,
    PASSWORD,
    RULES,
    SECRET_LINE,
    TEAM,
    document,
    graph,
    in_main,
    line,
    node,
    plan,
    plan_text,
    referred,
    told,
)

from plumbrule.config import Config
from plumbrule.graph.export import FORMS, export
from plumbrule.reports import REPORTS, Options, render
from plumbrule.scan.scan import model_of_texts, scan_texts
from plumbrule_parsers.document import Severity
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import Reason, Unknown


# ------------------------------------------------------------------ the configuration beside it
def test_findings_point_at_the_configuration() -> None:
    report = scan_texts(BESIDE, PACK)
    assert told(report, "database") == {
        "plan.json#aws_db_instance.shop": in_main('resource "aws_db_instance"')
    }
    assert told(report, "versioning") == {"plan.json#aws_s3_bucket.plain": in_main('"plain"')}
    # The blocks of a set come in another order than the one in which they were written.
    ingress = in_main("ingress", "from_port   = 443")
    assert told(report, "port") == {"plan.json#aws_security_group.web/ingress/0": ingress}
    policy = {
        subject: place for subject, place in told(report, "wildcard").items() if "admin" in subject
    }
    star = in_main('Action   = "*"')
    assert policy == {"plan.json#aws_iam_policy.admin/statement/1": star}
    inside = set(told(report, "wildcard").values()) - {star}
    assert inside == {f"modules/team/main.tf:{line(TEAM, 'actions')}"}
    assert not report.reviews
    assert not report.problems


def test_a_place_leads_on_into_the_plan() -> None:
    database = graph(BESIDE).nodes["plan.json#aws_db_instance.shop"]
    assert database.span.text == 'resource "aws_db_instance" "shop"'
    place = database.fields.place("deletion_protection")
    assert place is not None
    assert place.entry.text == "deletion_protection = var.protect"
    hop = place.via[0]
    assert (hop.note, hop.span.path, hop.span.text) == ("planned value", "plan.json", "false")
    found = scan_texts(BESIDE, PACK, only=frozenset({RULES["wildcard"]})).findings
    assert all(
        any(one.note == "planned value" and one.span.path == "plan.json" for one in each.related)
        for each in found
    )


def test_no_subject_and_no_line_is_told_twice_of_one_instance() -> None:
    report = scan_texts(BESIDE, PACK)
    alone = scan_texts(CONFIGURATION, PACK)
    assert all(one.subject.startswith("plan.json#") for one in report.findings)
    keys = [(one.rule, one.span.sort_key(), one.message) for one in report.findings]
    assert len(keys) == len(set(keys))
    # Nothing that the configuration alone shows is lost.
    assert {(one.rule, one.span.sort_key()) for one in alone.findings} <= {
        (one.rule, one.span.sort_key()) for one in report.findings
    }


def test_edges_of_the_configuration_lead_to_the_planned_resources() -> None:
    found = graph(BESIDE)
    assert "main.tf#aws_s3_bucket.logs" not in found.nodes
    versioning = referred(found, "plan.json#aws_s3_bucket_versioning.logs")
    assert versioning == {"aws_s3_bucket.logs": True, "provider.aws": True}
    edges = found.successors["references"]["plan.json#aws_s3_bucket_versioning.logs"]
    (edge,) = [one for one in edges if one.target == "plan.json#aws_s3_bucket.logs"]
    assert edge.evidence.path == "main.tf"
    assert edge.evidence.text.startswith("aws_s3_bucket.logs")
    assert referred(found, "plan.json#aws_s3_bucket.logs") == {"provider.aws.us": True}
    call = referred(found, "main.tf#module.team")
    assert call["aws_s3_bucket.logs"] is True
    assert call['module.team["a"].aws_iam_role.team'] is True
    flows = found.successors["flows_to"]["main.tf#var.db_password"]
    assert "plan.json#aws_db_instance.shop" in {edge.target for edge in flows}


@pytest.mark.parametrize("folder", ["", "plans/", "deep/down/"])
def test_the_configuration_may_lie_above_the_plan(folder: str) -> None:
    report = scan_texts({f"{folder}plan.json": plan_text(), **CONFIGURATION}, PACK)
    (place,) = told(report, "database").values()
    assert place.startswith("main.tf:")


def test_another_configuration_above_is_not_its_own() -> None:
    other = 'resource "aws_db_instance" "shop" {}\n' + "".join(
        f'resource "aws_sqs_queue" "q{number}" {{}}\n' for number in range(3)
    )
    report = scan_texts({"a/plan.json": plan_text(), "b/main.tf": MAIN, "main.tf": other}, PACK)
    subjects = set(told(report, "database"))
    assert subjects == {"a/plan.json#aws_db_instance.shop", "main.tf#aws_db_instance.shop"}
    assert told(report, "database")["a/plan.json#aws_db_instance.shop"].startswith("a/plan.json:")


def test_a_module_that_others_call_too_keeps_the_nodes_of_those_calls() -> None:
    files = {f"live/{path}": source for path, source in CONFIGURATION.items()}
    files["live/plan.json"] = plan_text()
    files["other/main.tf"] = (
        'module "team" {\n  source = "../live/modules/team"\n  bucket = "b"\n}\n'
    )
    nodes = model_of_texts(files, Config(), PACK).graph.nodes
    document = "data.aws_iam_policy_document.write/statement/0"
    assert f"live/modules/team/main.tf#other:module.team:{document}" in nodes
    assert f"live/modules/team/main.tf#live:module.team:{document}" not in nodes
    assert sum(name.endswith(document) for name in nodes if "plan.json#module.team" in name) == 2
    # All three stand on one line: it is one defect for each of the plan's two instances.
    assert len(told(scan_texts(files, PACK), "wildcard")) == 3


def test_a_changed_literal_makes_the_plan_stale_for_that_resource() -> None:
    changed = MAIN.replace('"db.t4g.medium"', '"db.t4g.large"').replace("var.protect", "true")
    report = scan_texts({**BESIDE, "main.tf": changed}, PACK)
    assert not told(report, "database")
    (problem,) = report.problems
    assert problem.code == "stale-plan"
    assert problem.span.text == 'instance_class      = "db.t4g.large"'
    assert problem.severity is Severity.WARNING
    assert set(told(report, "port")) == {"plan.json#aws_security_group.web/ingress/0"}


def test_a_comment_in_the_configuration_allows_what_the_plan_shows() -> None:
    comment = f'# plumb:allow {RULES["database"]} until 2999-12-31 because "a copy"\n'
    main = MAIN.replace('resource "aws_db_instance"', f'{comment}resource "aws_db_instance"')
    report = scan_texts({**BESIDE, "main.tf": main}, PACK)
    assert not told(report, "database")
    assert [one.finding.subject for one in report.exempted] == ["plan.json#aws_db_instance.shop"]


def test_a_plan_of_another_folder_is_judged_by_itself() -> None:
    """Configuration below or beside the plan's folder is not looked for."""
    files = {
        "plans/plan.json": plan_text(),
        **{f"live/{path}": x for path, x in CONFIGURATION.items()},
    }
    subjects = set(told(scan_texts(files, PACK), "port"))
    assert subjects == {
        "plans/plan.json#aws_security_group.web/ingress/0",
        "live/main.tf#aws_security_group.web/ingress/1",
    }


def test_what_only_the_configuration_has_is_judged_as_before() -> None:
    more = MAIN + '\nresource "aws_db_instance" "new" {}\n'
    report = scan_texts({**BESIDE, "main.tf": more}, PACK)
    assert set(told(report, "database")) == {
        "plan.json#aws_db_instance.shop", "main.tf#aws_db_instance.new",
    }  # fmt: skip


def test_a_policy_that_the_plan_does_not_know_is_told_by_the_configuration() -> None:
    data = plan()
    for resource in data["planned_values"]["root_module"]["resources"]:
        if resource["type"] == "aws_iam_policy":
            del resource["values"]["policy"]
    for change in data["resource_changes"]:
        if change["type"] == "aws_iam_policy":
            change["change"]["after_unknown"]["policy"] = True
    beside = scan_texts({**BESIDE, "plan.json": plan_text(data)}, PACK)
    star = in_main('Action   = "*"')
    assert told(beside, "wildcard")["plan.json#aws_iam_policy.admin/statement/1"] == star
    alone = scan_texts({"plan.json": plan_text(data)}, PACK)
    assert "plan.json#aws_iam_policy.admin/statement/?" in {one.subject for one in alone.reviews}


def test_a_plan_shows_what_is_in_a_remote_module() -> None:
    data = plan()
    data["configuration"]["root_module"]["module_calls"]["team"]["source"] = "acme/team/aws"
    files = {"main.tf": MAIN.replace('"./modules/team"', '"acme/team/aws"')}
    without = model_of_texts(files, Config(), PACK)
    assert any(hole.why.reason is Reason.REMOTE for hole in without.graph.holes)
    beside = model_of_texts({**files, "plan.json": plan_text(data)}, Config(), PACK)
    assert not [hole for hole in beside.graph.holes if hole.why.reason is Reason.REMOTE]
    role = beside.graph.nodes['plan.json#module.team["a"].aws_iam_role.team']
    assert role.span.path == "plan.json"


# ------------------------------------------------------------------ states as they are shown
def shown_state() -> dict[str, Any]:
    data = plan()
    return {key: data[key] for key in ("format_version", "terraform_version")} | {
        "values": data["planned_values"]
    }


def test_a_state_as_it_is_shown_is_read() -> None:
    report = scan_texts({"state.json": plan_text(shown_state())}, PACK)
    assert set(told(report, "database")) == {"state.json#aws_db_instance.shop"}
    assert set(told(report, "port")) == {"state.json#aws_security_group.web/ingress/0"}


def test_a_state_says_nothing_of_what_the_configuration_declares() -> None:
    """What is deployed is older than what will be."""
    fixed = MAIN.replace("var.protect", "true")
    files = {**CONFIGURATION, "main.tf": fixed, "state.json": plan_text(shown_state())}
    report = scan_texts(files, PACK)
    assert not told(report, "database")
    assert set(told(report, "port")) == {"main.tf#aws_security_group.web/ingress/1"}


# ------------------------------------------------------------------ secrets
OUTPUTS = [(name, verbose) for name in REPORTS for verbose in (False, True)]
SECRET_RULES = '''plumbrule 1
rule demo.speaks {
  title    "shows every value"
  severity high
  match r: tf.Resource
  where r.type in {"aws_db_instance", "aws_ssm_parameter"}
  let shown = r["password"] ?? r["value"] ?? ""
  report at r["value"] "{text(shown)} of {r.address}"
  test "one" fails { file "a.tf" """
      resource "aws_ssm_parameter" "a" { value = "x" }
  """ }
  test "none" passes { file "a.tf" """
      resource "aws_s3_bucket" "a" {}
  """ }
}
'''


def speaking_pack() -> Any:
    from pathlib import Path

    import plumbrule_rules

    from plumbrule.pack import load_pack
    from plumbrule_parsers.formats import schema_sources

    rules = Path(next(iter(plumbrule_rules.__path__)))
    pack = load_pack([rules, Source("demo.plumb", SECRET_RULES)], schema_sources(), None)
    assert not [problem for problem in pack.problems if problem.code[0] != "W"]
    return pack


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("beside", [False, True])
def test_no_output_shows_a_secret(indent: int | None, *, beside: bool) -> None:
    files = {"plan.json": plan_text(indent=indent), **(CONFIGURATION if beside else {})}
    pack = speaking_pack()
    report = scan_texts(files, pack)
    said = [render(name, report, Options(verbose=verbose)) for name, verbose in OUTPUTS]
    model = model_of_texts(files, Config(), pack)
    said += [export(model.graph, form) for form in FORMS]
    assert len(report.findings) + len(report.reviews) > 4
    for output in said:
        assert PASSWORD not in output
        assert SECRET_LINE not in output
        assert "xyzzyq" not in output


def test_sensitive_values_are_unknown_and_gone_from_the_text() -> None:
    found = document()
    assert PASSWORD not in found.source.text
    assert SECRET_LINE not in found.source.text
    assert len(found.source.text) == len(plan_text())
    password = node(None, "aws_db_instance.shop").fields["password"]
    assert isinstance(password, Unknown)
    assert (password.reason, password.not_null) == (Reason.SECRET, True)
    output = node(None, "output.password")
    assert isinstance(output.fields["value"], Unknown)


def test_a_secret_is_hidden_wherever_it_recurs() -> None:
    data = plan()
    resources = data["planned_values"]["root_module"]["resources"]
    resources[2]["values"]["force_destroy"] = f"postgres://shop:{PASSWORD}@db"
    found = document(data)
    assert PASSWORD not in found.source.text
    (bucket,) = [one for one in found.nodes if one.label == "aws_s3_bucket.logs"]
    assert isinstance(bucket.fields["force_destroy"], Unknown)


def test_a_secret_that_is_a_common_word_leaves_addresses_alone() -> None:
    data = plan()
    resources = data["planned_values"]["root_module"]["resources"]
    for word in ("aws_s3_bucket", "logs", "create", "shop"):
        resources[0]["values"]["password"] = word
        addresses = [one.address for one in document(data).nodes]
        assert addresses == [one.address for one in document().nodes]
        assert referred(
            graph({"plan.json": plan_text(data)}), "plan.json#aws_s3_bucket_versioning.logs"
        )


def test_a_wholly_sensitive_resource_is_unknown_in_every_value() -> None:
    data = plan()
    data["planned_values"]["root_module"]["resources"][0]["sensitive_values"] = True
    report = scan_texts({"plan.json": plan_text(data)}, PACK)
    assert "plan.json#aws_db_instance.shop" in {one.subject for one in report.reviews}
    assert not told(report, "database")


def test_a_plan_without_secrets_is_left_as_it_is() -> None:
    data = {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {
        "root_module": {"resources": []}}}  # fmt: skip
    assert document(data).source.text == plan_text(data)
