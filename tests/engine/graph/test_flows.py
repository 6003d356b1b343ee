"""Flows: who wrote what ends up where, through modules, calls and templates."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config
from plumbrule.graph.flows import flow_edges
from plumbrule.graph.graph import Edge
from plumbrule.graph.paths import all_edges
from plumbrule.pack import Pack
from plumbrule.scan.scan import Model, model_of_texts
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import Hop, MapValue, Place

MODULE = """\
variable "password" {}
variable "name" { default = "db" }
resource "aws_db_instance" "this" {
  identifier = var.name
  password   = var.password
}
"""
CALLER = """\
variable "secret" { default = "hunter2-Example" }
locals { prefix = "x" }
module "db" {
  source   = "./db"
  name     = local.prefix
  password = "${var.secret}!"
}
"""


@pytest.fixture(scope="module")
def pack() -> Pack:
    return rules_of(Config())


def model(pack: Pack, **texts: str) -> Model:
    return model_of_texts({name.replace("__", "/"): text for name, text in texts.items()},
                          Config(), pack)  # fmt: skip


def flows(made: Model) -> dict[tuple[str, str], Edge]:
    labels = {address: node.label for address, node in made.graph.nodes.items()}
    return {
        (labels[edge.origin], labels[edge.target]): edge
        for edge in all_edges(made.graph)
        if edge.name == "ends_in"
    }


def files(texts: Mapping[str, str], pack: Pack) -> dict[tuple[str, str], Edge]:
    return flows(model_of_texts(texts, Config(), pack))


def test_a_default_flows_through_the_call_to_the_resource(pack: Pack) -> None:
    found = files({"main.tf": CALLER, "db/main.tf": MODULE}, pack)
    edge = found["var.secret", "aws_db_instance.this"]
    assert edge.evidence.text == '"hunter2-Example"'
    assert [hop.span.text for hop in edge.way] == ['"${var.secret}!"']
    assert ("module.db", "aws_db_instance.this") in found
    assert ("local.prefix", "aws_db_instance.this") in found


def test_an_overridden_default_does_not_flow(pack: Pack) -> None:
    found = files({"main.tf": CALLER, "db/main.tf": MODULE}, pack)
    assert ("var.name", "aws_db_instance.this") not in found
    alone = files({"db/main.tf": MODULE}, pack)
    assert ("var.name", "aws_db_instance.this") in alone


def test_values_of_a_chart_flow_to_what_its_template_makes(pack: Pack) -> None:
    chart = {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "c/values.yaml": "password: hunter2-Example\nother: x\n",
        "c/templates/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n"
        "  containers:\n  - name: a\n    image: a\n    env:\n    - name: P\n"
        "      value: {{ .Values.password }}\n"
        "    - {name: Q, value: fixed}\n",
    }
    found = files(chart, pack)
    targets = {target for origin, target in found if origin == "password"}
    assert any(target.endswith("P") for target in targets)
    assert not any(target.endswith("Q") for target in targets)


def test_nothing_flows_from_a_thing_into_its_own_parts(pack: Pack) -> None:
    text = "locals {\n  a = 1\n  b = local.a\n}\n"
    found = files({"main.tf": text}, pack)
    assert set(found) == {("local.a", "local.b")}


# ------------------------------------------------------------------ several resolutions
SOURCE = Source("m/main.tf", "var = 1\nuse = var\n")


def resolved(variant: str, unit: str, at: int, name: str, via: tuple[Hop, ...] = ()) -> Node:
    span = Span(SOURCE, at, at + 3)
    fields = MapValue(SOURCE, at, at + 7, {"v": 1}, {"v": Place(span, None, via)})
    prefix = f"{variant}:" if variant else ""
    return Node(f"m/main.tf#{prefix}{name}", "tf.Local", name, fields, span, unit=unit,
                variant=variant)  # fmt: skip


@pytest.mark.parametrize(
    ("uses", "given", "chosen"),
    [
        ("r:module.a", ("r:module.a", "r:module.b"), "r:module.a"),
        ("r:module.a.module.x", ("r:module.a", "r:module.b"), "r:module.a"),
        ("r:module.a.module.x", ("", "r:module.b"), ""),
        ("", ("", "r:module.b"), ""),
    ],
)
def test_a_value_comes_from_the_resolution_of_its_own_call(
    uses: str, given: tuple[str, ...], chosen: str
) -> None:
    hop = Hop(Span(SOURCE, 6, 7), "var")
    nodes = [resolved(variant, "r", 0, "var") for variant in given]
    nodes.append(resolved(uses, "r", 8, "use", (hop,)))
    (edge,) = flow_edges({node.address: node for node in nodes})
    prefix = f"{chosen}:" if chosen else ""
    assert edge.origin == f"m/main.tf#{prefix}var"


def test_what_only_decided_does_not_flow() -> None:
    hop = Hop(Span(SOURCE, 6, 7), "guard", "decision")
    nodes = [resolved("", "r", 0, "var"), resolved("", "r", 8, "use", (hop,))]
    assert not list(flow_edges({node.address: node for node in nodes}))
