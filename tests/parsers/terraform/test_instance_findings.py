"""What rules say of instances: each defect once, with the instances and entries that have it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.parsers.terraform.plans import PACK

from plumbrule.cli.run import run
from plumbrule.config import Config
from plumbrule.finding import Finding, Report
from plumbrule.fixes.apply import apply_fixes
from plumbrule.lsp.meaning import Meaning
from plumbrule.lsp.rule_files import RuleFiles
from plumbrule.lsp.workspace import Frame
from plumbrule.scan.scan import model_of_texts, scan_texts

PORTS = "net.admin_port_open_to_world"
DATABASE = "tf.database_without_deletion_protection"
GROUP = "tf.autoscaling_ignores_load_balancer"
VERSIONING = "aws.s3_bucket_without_versioning"
RULES = """\
locals {
  rules = {
    ssh = { port = 22, cidr = "0.0.0.0/0" }
    web = { port = 443, cidr = "10.0.0.0/8" }
  }
}
resource "aws_security_group_rule" "in" {
  for_each          = local.rules
  type              = "ingress"
  from_port         = each.value.port
  to_port           = each.value.port
  protocol          = "tcp"
  cidr_blocks       = [each.value.cidr]
  security_group_id = "sg-1"
}
"""
DATABASES = """\
variable "all" {
  default = {}
}
resource "aws_db_instance" "d" {
  for_each            = var.all
  deletion_protection = each.value
}
"""


def report(text: str, rule: str, **others: str) -> Report:
    return scan_texts({"main.tf": text, **others}, PACK, only=frozenset({rule}))


def databases(entries: str) -> Report:
    return report(DATABASES, DATABASE, **{"terraform.tfvars": f"all = {{\n{entries}}}\n"})


def lines(found: Finding) -> list[tuple[str, int]]:
    return [(spot.span.path, spot.span.line) for spot in found.related]


# ------------------------------------------------------------------ one finding for one defect
def test_only_the_instance_with_the_defect_is_named() -> None:
    made = report(RULES, PORTS)
    (found,) = made.findings
    assert not made.reviews
    assert 'aws_security_group_rule.in["ssh"]' in found.message
    assert found.subject == 'main.tf#aws_security_group_rule.in["ssh"]/ingress/0'
    assert ("main.tf", 3) in lines(found)


def test_a_defect_of_all_instances_is_said_once() -> None:
    made = report('resource "aws_db_instance" "d" {\n  count = 3\n}\n', DATABASE)
    (found,) = made.findings
    assert found.message == "aws_db_instance.d has no deletion_protection (all 3 instances)"
    assert found.subject_label == "aws_db_instance.d"
    assert not found.related
    (count,) = made.counts
    assert count.violations == 1


def test_a_defect_of_some_instances_names_them_and_their_entries() -> None:
    made = databases("  a = false\n  b = true\n  c = false\n")
    (found,) = made.findings
    assert found.message == (
        'aws_db_instance.d has no deletion_protection (2 of 3 instances: ["a"], ["c"])'
    )
    assert lines(found) == [("terraform.tfvars", 2), ("terraform.tfvars", 4)]


def test_messages_that_differ_name_the_others() -> None:
    text = RULES.replace('443, cidr = "10.0.0.0/8"', '3389, cidr = "0.0.0.0/0"')
    (found,) = report(text, PORTS).findings
    assert "port 22 to" in found.message
    assert found.message.endswith("(alike in all 2 instances)")


def test_very_many_instances_are_not_all_listed() -> None:
    bad = "".join(f"  k{n} = false\n" for n in range(9))
    (found,) = databases(f"{bad}  z = true\n").findings
    assert found.message.endswith('(9 of 10 instances: ["k0"], ["k1"], ["k2"] and 6 more)')


def test_a_value_that_is_not_known_is_a_review_of_its_instance_only() -> None:
    text = 'variable "u" {}\n' + DATABASES.replace("= {}", "= {}").replace(
        "var.all", "{ a = true, b = var.u }"
    )
    made = report(text, DATABASE)
    assert not made.findings
    assert [one.subject_label for one in made.reviews] == ['aws_db_instance.d["b"]']


def test_what_may_be_there_besides_is_never_a_pass() -> None:
    text = 'variable "u" {}\n' + DATABASES.replace("var.all", "merge(var.u, { a = true })")
    made = report(text, DATABASE)
    assert not made.findings
    assert [one.subject_label for one in made.reviews] == ["aws_db_instance.d"]


@pytest.mark.parametrize(
    ("key", "failing"),
    [("each.key", []), ('"x"', ['main.tf#aws_s3_bucket.b["y"]']), ("each.value", [])],
)
def test_a_reference_belongs_to_its_instance(key: str, failing: list[str]) -> None:
    text = (
        'resource "aws_s3_bucket" "b" {\n  for_each = toset(["x", "y"])\n}\n'
        'resource "aws_s3_bucket_versioning" "v" {\n  for_each = toset(["x", "y"])\n'
        f"  bucket = aws_s3_bucket.b[{key}].id\n"
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    )
    made = report(text, VERSIONING)
    assert [one.subject for one in made.findings] == failing
    assert not made.reviews


def test_instances_in_two_calls_are_labelled_by_the_call() -> None:
    inner = DATABASES.replace("default = {}", "")
    texts = {
        "main.tf": 'module "p" {\n  source = "./m"\n  all = { a = false, b = false }\n}\n'
        'module "q" {\n  source = "./m"\n  all = { a = true }\n}\n',
        "m/main.tf": inner,
    }
    (found,) = scan_texts(texts, PACK, only=frozenset({DATABASE})).findings
    assert found.units == (".:module.p",)
    assert found.message.endswith("(all 2 instances)")


# ------------------------------------------------------------------ what stays as it was
def test_fingerprints_do_not_depend_on_other_instances() -> None:
    (one,) = databases("  m = false\n").findings
    (two,) = databases("  a = false\n  m = false\n").findings
    (alone,) = report('resource "aws_db_instance" "d" {}\n', DATABASE).findings
    assert one.fingerprint == two.fingerprint == alone.fingerprint


def test_a_comment_allows_all_instances() -> None:
    comment = f'# plumb:allow {DATABASE} until 2999-01-01 because "tests"\n'
    text = DATABASES.replace('resource "aws', comment + 'resource "aws')
    made = report(text, DATABASE, **{"terraform.tfvars": "all = { a = false, b = false }\n"})
    assert not made.findings
    assert len(made.exempted) == 1


@pytest.mark.parametrize(
    ("instances", "type_"),
    [
        ("count = 2", '"EC2"'),
        ('for_each = { a = "EC2", b = "EC2" }', "each.value"),
        ("for_each = local.all", "each.value"),
    ],
)
def test_a_fix_mends_all_instances(instances: str, type_: str) -> None:
    text = (
        'locals {\n  all = {\n    a = "EC2"\n    b = "EC2"\n    c = "ELB"\n  }\n}\n'
        f'resource "aws_autoscaling_group" "g" {{\n  {instances}\n'
        f'  load_balancers    = ["old"]\n  health_check_type = {type_}\n}}\n'
    )

    def judged(changed: Mapping[str, str]) -> Report:
        return scan_texts({"main.tf": text, **changed}, PACK, only=frozenset({GROUP}))

    before = judged({})
    (found,) = before.findings
    assert found.fix is not None
    outcome = apply_fixes(before, judged, unsafe=True)
    assert not outcome.dropped
    assert [one.fingerprint for one in outcome.applied] == [found.fingerprint]
    assert not judged(outcome.texts).findings


def test_a_hover_tells_what_a_setting_is_in_each_instance() -> None:
    texts = {"main.tf": RULES.replace("443", "22")}
    model = model_of_texts(texts, Config(), PACK)
    frame = Frame("", model, Config(), RuleFiles(PACK, (), ()), {})

    def hover(words: str) -> str:
        return Meaning().of(frame, os.path.abspath("main.tf"), texts["main.tf"].index(words))

    said = hover("[each.value.cidr]")
    assert "0.0.0.0/0" in said.partition('\\["ssh"\\]')[0]
    assert "10.0.0.0/8" in said.partition('\\["ssh"\\]')[2]
    assert hover("each.value.port").count("from_port: 22") == 2


def test_the_block_of_several_instances_is_explained_by_one_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text(
        DATABASES.replace("var.all", "{ a = true, b = false }"), "utf-8"
    )
    assert run(["why", DATABASE, "aws_db_instance.d", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert 'aws_db_instance.d["b"]' in said
    assert 'also ["a"] (name one to choose it)' in said
    assert "verdict: violation" in said
    assert run(["render", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert 'aws_db_instance.d["a"]\n  deletion_protection: true\n' in said
