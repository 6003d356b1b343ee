"""Plans beside configurations with instances: each planned one stands for its own."""

from __future__ import annotations

from typing import Any

import pytest
from tests.parsers.terraform.plans import PACK, graph, plan, plan_text, referred

from plumbrule.finding import Report
from plumbrule.scan.scan import scan_texts

DATABASE = "tf.database_without_deletion_protection"
MAIN = """\
locals {
  all = { a = true, b = false, c = false }
}
resource "aws_db_instance" "d" {
  for_each            = local.all
  deletion_protection = each.value
}
resource "a_user" "u" {
  at = aws_db_instance.d["b"].id
}
"""


def planned(*keys: str, module: str = "") -> str:
    """A plan with these instances; all but `a` are unprotected."""
    data: Any = plan()
    start = f"module.{module}." if module else ""
    resources = [
        {"address": f'{start}aws_db_instance.d["{key}"]', "mode": "managed",
         "type": "aws_db_instance", "name": "d", "index": key,
         "values": {"deletion_protection": key == "a"}}
        for key in keys
    ]  # fmt: skip
    resources.append({"address": f"{start}a_user.u", "mode": "managed", "type": "a_user",
                      "name": "u", "values": {}})  # fmt: skip
    declared = [
        {"address": "aws_db_instance.d", "mode": "managed", "type": "aws_db_instance", "name": "d",
         "expressions": {"deletion_protection": {"references": ["each.value"]}},
         "for_each_expression": {"references": ["local.all"]}},
        {"address": "a_user.u", "mode": "managed", "type": "a_user", "name": "u",
         "expressions": {"at": {"references": ['aws_db_instance.d["b"].id',
                                               'aws_db_instance.d["b"]', "aws_db_instance.d"]}}},
    ]  # fmt: skip
    root: dict[str, Any] = {"resources": resources}
    inner: dict[str, Any] = {"resources": declared}
    if module:
        root = {"child_modules": [{"address": f"module.{module}", **root}]}
        inner = {"module_calls": {module: {"source": "./m", "module": inner}}}
    data["planned_values"] = {"root_module": root}
    data["configuration"] = {"root_module": inner}
    data["resource_changes"] = []
    return plan_text(data)


def report(texts: dict[str, str]) -> Report:
    return scan_texts(texts, PACK, only=frozenset({DATABASE}))


@pytest.mark.parametrize("module", ["", "m"])
def test_each_planned_instance_stands_for_its_own(module: str) -> None:
    texts = {"plan.json": planned("a", "b", "c", module=module)}
    texts |= (
        {"m/main.tf": MAIN, "main.tf": 'module "m" {\n  source = "./m"\n}\n'}
        if module
        else {"main.tf": MAIN}
    )
    found = graph(texts)
    databases = [one for one in found.nodes.values() if "db_instance" in one.label]
    assert len(databases) == 3
    assert all(one.address.startswith("plan.json#") for one in databases)
    start = f"plan.json#{f'module.{module}.' if module else ''}"
    used = referred(found, f"{start}a_user.u")
    assert {one: sure for one, sure in used.items() if "db_instance" in one} == {
        f'{start.partition("#")[2]}aws_db_instance.d["b"]': True
    }
    (one,) = report(texts).findings
    assert one.message.endswith('(2 of 3 instances: ["b"], ["c"])')
    assert one.span.path.endswith("main.tf")
    assert [spot.span.text for spot in one.related][-2:] == ["false", "false"]


def test_an_instance_that_the_plan_does_not_have_is_told_by_the_configuration() -> None:
    made = report({"plan.json": planned("a", "b"), "main.tf": MAIN})
    (one,) = made.findings
    assert one.message.endswith('(2 of 3 instances: ["c"], ["b"])')
    assert not made.reviews


def test_in_a_plan_alone_each_instance_stands_in_its_own_place() -> None:
    before = report({"plan.json": planned("b", "c")}).findings
    after = report({"plan.json": planned("aa", "b", "c")}).findings
    assert len(before) == 2
    assert {one.fingerprint for one in before} < {one.fingerprint for one in after}
