"""Policy documents that take in others, built as the provider does.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document.
"""

from __future__ import annotations

import json

from tests.parsers.terraform.evaluated import evaluated, hops, only

from plumbrule_parsers.document import Node
from plumbrule_parsers.value import MapValue, Segments


def document(name: str, statements: dict[str, str], more: str = "") -> str:
    blocks = "".join(
        f'  statement {{\n    sid = "{sid}"\n    actions = ["{action}"]\n'
        '    resources = ["*"]\n  }\n'
        for sid, action in statements.items()
    )
    return f'data "aws_iam_policy_document" "{name}" {{\n{more}{blocks}}}\n'


USE = (
    "locals {\n  text = data.aws_iam_policy_document.all.json\n"
    "  made = jsondecode(data.aws_iam_policy_document.all.json)\n}\n"
)


def actions(text: str) -> dict[str, object]:
    made = only(evaluated({"main.tf": text + USE}), "local.made").fields["value"]
    assert isinstance(made, MapValue)
    listed = made["Statement"]
    assert isinstance(listed, list)
    return {str(one.get("Sid")): one.get("Action") for one in listed if isinstance(one, MapValue)}


def lifted(text: str) -> list[Node]:
    documents = evaluated({"main.tf": text})
    return [node for node in documents["main.tf"].nodes if node.kind == "iam.Statement"]


def test_own_statements_win_over_sources_and_overrides_win_over_both() -> None:
    text = (
        document("a", {"one": "s:A", "two": "s:A"})
        + document("b", {"two": "s:B", "three": "s:B"})
        + document(
            "all", {"one": "s:Own", "two": "s:Own"},
            "  source_policy_documents = [data.aws_iam_policy_document.a.json]\n"
            "  override_policy_documents = [data.aws_iam_policy_document.b.json]\n",
        )
    )  # fmt: skip
    assert actions(text) == {"one": "s:Own", "two": "s:B", "three": "s:B"}


def test_statements_without_a_name_are_all_kept() -> None:
    text = document("a", {"": "s:A"}) + document(
        "all", {"": "s:Own"}, "  source_policy_documents = [data.aws_iam_policy_document.a.json]\n"
    )
    made = only(evaluated({"main.tf": text + USE}), "local.made").fields["value"]
    assert [one["Action"] for one in made["Statement"]] == ["s:A", "s:Own"]  # type: ignore[index,call-overload,union-attr]


def test_unknown_parts_of_a_source_stay_unknown_parts() -> None:
    text = 'variable "who" {}\n' + document("a", {"one": "s:${var.who}"}) + document(
        "all", {"two": "s:Own"},
        "  source_policy_documents = [data.aws_iam_policy_document.a.json]\n",
    )  # fmt: skip
    local = only(evaluated({"main.tf": text + USE}), "local.text")
    found = local.fields["value"]
    assert isinstance(found, Segments)
    assert "s:Own" in str(found)
    assert found.unknowns[0].reference == "var.who"


def test_the_way_leads_to_the_merged_document() -> None:
    text = document("a", {"one": "s:A"}) + document(
        "all", {}, "  source_policy_documents = [data.aws_iam_policy_document.a.json]\n"
    )
    local = only(evaluated({"main.tf": text + USE}), "local.text")
    assert ("main.tf", 1, "data.aws_iam_policy_document.a") in hops(local, "value")


def test_an_unknown_override_leaves_only_what_it_cannot_replace() -> None:
    text = 'variable "doc" {}\n' + document(
        "all", {"one": "s:Own", "": "s:Nameless"}, "  override_policy_documents = [var.doc]\n"
    )
    local = only(evaluated({"main.tf": text + USE}), "local.text")
    assert "s:Nameless" in str(local.fields["value"])
    assert "s:Own" not in str(local.fields["value"])


def test_texts_that_a_document_takes_in_are_lifted_once() -> None:
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    text = (
        f"locals {{\n  extra = {json.dumps(policy)}\n}}\n"
        + document("a", {"one": "s:A"})
        + document(
            "all", {"two": "s:Own"}, "  source_policy_documents = "
            "[data.aws_iam_policy_document.a.json, local.extra]\n",
        )
    )  # fmt: skip
    found = [tuple(node.fields["actions"]) for node in lifted(text)]  # type: ignore[arg-type]
    assert sorted(found) == [("*",), ("s:A",), ("s:Own",)]
