"""Resources with `count` and `for_each`: a node for each instance, with its values and edges."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsers.terraform.evaluated import evaluated, hops
from tests.parsers.terraform.plans import PACK

from plumbrule.config import Config
from plumbrule.graph.graph import Graph
from plumbrule.scan.scan import model_of_texts
from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.terraform.evaluate.copies import MAX_NODES
from plumbrule_parsers.value import Reason, Unknown

BUCKETS = """\
variable "u" {}
variable "i" {}
locals {
  sizes = { x = 1, y = 2 }
}
resource "a_bucket" "b" {
  for_each = local.sizes
  name     = "n-${each.key}"
  size     = each.value
}
resource "a_list" "l" {
  count = 2
  name  = "l${count.index}"
}
"""


def of(documents: Mapping[str, Document], start: str) -> dict[str, Node]:
    """The nodes whose label starts so."""
    return {
        node.label: node
        for path in sorted(documents)
        for node in documents[path].nodes
        if node.label.startswith(start)
    }


def graph_of(texts: Mapping[str, str]) -> Graph:
    """The whole graph of these files."""
    return model_of_texts(texts, Config(), PACK).graph


def leads_to(text: str, origin: str = "a_user.u") -> dict[str, bool]:
    """The resources that a node refers to, in the graph: True if that is sure."""
    graph = graph_of({"main.tf": BUCKETS + text})
    found: dict[str, bool] = {}
    for node in graph.nodes.values():
        if node.label == origin:
            for edge in graph.outgoing(node.address, "references"):
                target = graph.nodes[edge.target]
                if target.kind in ("tf.Resource", "tf.Data"):
                    sure = found.get(target.label, False) or edge.doubt is None
                    found[target.label] = sure
    return found


# ------------------------------------------------------------------ nodes
def test_a_known_map_makes_one_node_for_each_key() -> None:
    found = of(evaluated({"main.tf": BUCKETS}), "a_bucket.b")
    assert list(found) == ['a_bucket.b["x"]', 'a_bucket.b["y"]']
    one = found['a_bucket.b["y"]']
    assert one.address == 'main.tf#a_bucket.b["y"]'
    assert one.plain_address == "main.tf#a_bucket.b"
    assert (one.instance, one.condition) == ('["y"]', None)
    assert (one.fields["name"], one.fields["size"]) == ("b", 2)
    assert one.fields["attr_name"] == "n-y"
    assert one.fields["address"] == 'a_bucket.b["y"]'
    assert one.span.text == 'resource "a_bucket" "b"'


@pytest.mark.parametrize(
    ("setting", "keys"),
    [
        ("count = 2", ["[0]", "[1]"]), ("count = 1", ["[0]"]), ("count = 0", []),
        ("for_each = {}", []), ('for_each = toset(["b", "a", "a"])', ['["a"]', '["b"]']),
        ('for_each = { "a/b" = 1, "c\\"d" = 2 }', ['["a/b"]', '["c\\"d"]']),
        ("for_each = { a = var.u, b = var.u.x }", ['["a"]', '["b"]']),
        ("count = var.u", [""]), ("for_each = var.u", [""]), ("count = var.u ? 2 : 1", [""]),
        ("for_each = merge({ a = 1 }, var.u)", ['["a"]', ""]),
        ('for_each = toset(["a", var.u])', ['["a"]', ""]),
        ("for_each = sensitive({ a = 1 })", [""]),
    ],
)  # fmt: skip
def test_keys_make_the_instances(setting: str, keys: list[str]) -> None:
    text = f'variable "u" {{}}\nresource "a_b" "c" {{\n  {setting}\n}}\n'
    for kind in ("resource", "data"):
        document = evaluated({"main.tf": text.replace("resource", kind)})["main.tf"]
        found = [node for node in document.nodes if node.kind in ("tf.Resource", "tf.Data")]
        assert [node.instance for node in found] == keys
        assert all(node.condition is None for node in found if node.instance)


def test_what_may_be_there_besides_known_keys_stays() -> None:
    text = (
        'variable "u" {}\nresource "a_b" "c" {\n  for_each = merge(var.u, { a = { n = 1 } })\n'
        "  key = each.key\n  n   = each.value.n\n}\n"
    )
    found = of(evaluated({"main.tf": text}), "a_b.c")
    known, others = found['a_b.c["a"]'], found["a_b.c"]
    assert (known.fields["key"], known.fields["n"]) == ("a", 1)
    assert others.condition is not None
    assert isinstance(others.fields["key"], Unknown)


def test_a_value_that_is_not_known_is_one_of_its_own_instance() -> None:
    text = (
        'variable "u" {}\nresource "a_b" "c" {\n  for_each = { a = 1, b = var.u }\n'
        "  n = each.value\n}\n"
    )
    found = of(evaluated({"main.tf": text}), "a_b.c")
    assert found['a_b.c["a"]'].fields["n"] == 1
    assert isinstance(found['a_b.c["b"]'].fields["n"], Unknown)


def test_values_lead_to_the_entry_that_set_them() -> None:
    texts = {
        "main.tf": 'variable "all" {\n  default = {}\n}\nresource "a_b" "c" {\n'
        "  for_each = var.all\n  port = each.value.port\n  flat = 1\n  name = each.key\n}\n",
        "terraform.tfvars": "all = {\n  a = { port = 1 }\n  b = {\n    port = 2\n  }\n}\n",
    }
    found = of(evaluated(texts), "a_b.c")
    one = found['a_b.c["b"]']
    place = one.fields.place("port")
    assert place is not None
    assert (place.value.path, place.value.line) == ("main.tf", 6)
    assert hops(one, "port")[-1][:2] == ("terraform.tfvars", 4)
    assert hops(found['a_b.c["a"]'], "port")[-1][:2] == ("terraform.tfvars", 2)
    keys = one.fields["for_each"]
    assert keys == ["b"]
    assert keys.place(0).value.line == 3  # type: ignore[union-attr]


def test_nested_and_dynamic_blocks_are_those_of_the_instance() -> None:
    text = """\
resource "aws_security_group" "g" {
  for_each = { a = [22, 80], b = [] }
  tags     = { n = each.key }
  timeouts {
    create = "1${each.key}"
  }
  lifecycle {
    prevent_destroy = true
  }
  dynamic "ingress" {
    for_each = each.value
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
"""
    document = evaluated({"main.tf": text})["main.tf"]
    first, second = (node for node in document.nodes if node.kind == "tf.Resource")
    assert (first.fields["timeouts"], second.fields["timeouts"]) == (
        {"create": "1a"}, {"create": "1b"},
    )  # fmt: skip
    assert first.fields["lifecycle"] == second.fields["lifecycle"] == {"prevent_destroy": True}
    assert second.fields["tags_all"] == {"n": "b"}
    rules = [node for node in document.nodes if node.kind == "net.IngressRule"]
    assert [node.address for node in rules] == [
        'main.tf#aws_security_group.g["a"]/ingress/0', 'main.tf#aws_security_group.g["a"]/ingress/1'
    ]  # fmt: skip
    assert {node.plain_address for node in rules} == {
        "main.tf#aws_security_group.g/ingress/0", "main.tf#aws_security_group.g/ingress/1"
    }  # fmt: skip
    assert {node.instance for node in rules} == {'["a"]'}


def test_policies_are_those_of_the_instance() -> None:
    text = """\
data "aws_iam_policy_document" "d" {
  for_each = { a = "s3:Get", b = "*" }
  statement {
    actions   = [each.value]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "p" {
  for_each = { one = "*", two = "s3:Get" }
  policy   = jsonencode({ Statement = [{ Effect = "Allow", Action = each.value }] })
}
"""
    document = evaluated({"main.tf": text})["main.tf"]
    found = {
        node.parent.rpartition("#")[2]: node.fields["actions"]
        for node in document.nodes
        if node.kind == "iam.Statement"
    }
    assert found == {
        'data.aws_iam_policy_document.d["a"]': ["s3:Get"],
        'data.aws_iam_policy_document.d["b"]': ["*"],
        'aws_iam_policy.p["one"]': ["*"],
        'aws_iam_policy.p["two"]': ["s3:Get"],
    }


def test_self_is_the_instance() -> None:
    text = (
        'resource "a_b" "c" {\n  count = 2\n  name  = "n${count.index}"\n  provisioner "x" {\n'
        "    command = self.name\n  }\n}\n"
    )
    found = of(evaluated({"main.tf": text}), "a_b.c")
    commands = [node.fields["provisioner"]["command"] for node in found.values()]  # type: ignore[call-overload,index]
    assert commands == ["n0", "n1"]


def test_an_override_file_changes_every_instance() -> None:
    texts = {
        "main.tf": 'resource "a_b" "c" {\n  for_each = { a = 1, b = 2 }\n  n = each.value\n}\n',
        "override.tf": 'resource "a_b" "c" {\n  n = "o${each.key}"\n}\n',
    }
    found = of(evaluated(texts), "a_b.c")
    assert [node.fields["n"] for node in found.values()] == ["oa", "ob"]


def test_instances_stand_in_every_call_of_their_module() -> None:
    texts = {
        "main.tf": "".join(
            f'module "{name}" {{\n  source = "./m"\n  n = {n}\n}}\n'
            for name, n in (("p", 1), ("q", 2))
        ),
        "m/main.tf": 'variable "n" {}\nresource "a_b" "c" {\n  count = var.n\n}\n',
    }
    assert [node.address for node in evaluated(texts)["m/main.tf"].nodes[1:]] == [
        "m/main.tf#.:module.p:a_b.c[0]", "m/main.tf#.:module.q:var.n",
        "m/main.tf#.:module.q:a_b.c[0]", "m/main.tf#.:module.q:a_b.c[1]",
    ]  # fmt: skip


# ------------------------------------------------------------------ references
X, Y = 'a_bucket.b["x"]', 'a_bucket.b["y"]'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('a_bucket.b["x"].id', {X: True}),
        ('"${a_bucket.b["y"].arn}/*"', {Y: True}),
        ("a_list.l[1].id", {"a_list.l[1]": True}),
        ("a_list.l.0.id", {"a_list.l[0]": True}),
        ("a_list.l[*].id", {"a_list.l[0]": True, "a_list.l[1]": True}),
        ("a_list.l", {"a_list.l[0]": True, "a_list.l[1]": True}),
        ("values(a_bucket.b)[*].id", {X: True, Y: True}),
        ("a_bucket.b", {X: True, Y: True}),
        ("[for k, b in a_bucket.b : b.name]", {X: True, Y: True}),
        ("element(a_list.l[*].id, 1)", {"a_list.l[1]": True}),
        ("element(a_list.l[*].name, 1)", {"a_list.l[1]": True}),
        ('[for k in ["x"] : a_bucket.b[k].id]', {X: True}),
        ("a_bucket.b[var.i].id", {X: False, Y: False}),
        ("a_list.l[var.i].id", {"a_list.l[0]": False, "a_list.l[1]": False}),
        ('[a_bucket.b[var.i].id, a_bucket.b["x"].id]', {X: True, Y: False}),
    ],
)  # fmt: skip
def test_references_lead_to_the_instances_that_they_mean(
    expression: str, expected: dict[str, bool]
) -> None:
    assert leads_to(f'resource "a_user" "u" {{\n  at = {expression}\n}}\n') == expected
    # Behind a local value the same, but for what nothing tells.
    text = f'locals {{\n  it = {expression}\n}}\nresource "a_user" "u" {{\n  at = local.it\n}}\n'
    assert leads_to(text) == expected


def test_an_instance_that_is_not_there_is_no_edge() -> None:
    text = 'resource "a_user" "u" {\n  at = a_bucket.b["none"].id\n}\n'
    assert leads_to(text) == {}


def test_each_instance_refers_to_its_own() -> None:
    text = (
        'resource "a_user" "u" {\n  for_each = local.sizes\n  at = a_bucket.b[each.key].id\n}\n'
        'resource "a_chain" "u" {\n  for_each = a_bucket.b\n  at = each.value.name\n}\n'
        'resource "a_user" "n" {\n  count = 2\n  at = a_list.l[count.index].id\n}\n'
    )
    assert leads_to(text, 'a_user.u["x"]') == {X: True}
    assert leads_to(text, 'a_user.u["y"]') == {Y: True}
    assert leads_to(text, 'a_chain.u["y"]') == {Y: True}
    assert leads_to(text, "a_user.n[1]") == {"a_list.l[1]": True}


def test_depends_on_means_all_instances() -> None:
    text = 'resource "a_user" "u" {\n  at = a_bucket.b["x"].id\n  depends_on = [a_bucket.b]\n}\n'
    assert leads_to(text) == {X: True, Y: True}


def test_an_instance_that_is_passed_to_a_module_is_the_one_that_is_linked() -> None:
    texts = {
        "main.tf": BUCKETS + 'module "m" {\n  source = "./m"\n  it = a_bucket.b["y"].id\n}\n',
        "m/main.tf": 'variable "it" {}\nresource "a_user" "u" {\n  at = var.it\n}\n',
    }
    graph = graph_of(texts)
    found = [edge.target for edge in graph.outgoing("m/main.tf#a_user.u", "references")]
    assert [one for one in found if "bucket" in one] == ['main.tf#a_bucket.b["y"]']


# ------------------------------------------------------------------ bounds
def test_too_many_instances_are_one_node_and_one_problem() -> None:
    text = "".join(
        f'resource "a_b" "c{n}" {{\n  count = {MAX_NODES + 1}\n  n = count.index\n}}\n'
        for n in range(3)
    )
    document = evaluated({"main.tf": text})["main.tf"]
    assert [node.label for node in document.nodes] == ["a_b.c0", "a_b.c1", "a_b.c2"]
    assert all(node.condition is None for node in document.nodes)
    (problem,) = document.problems
    assert problem.code == "many-instances"
    assert problem.span.line == 2
    assert "65 instances" in problem.message
    assert "2 more blocks" in problem.message


def test_as_many_as_are_told_apart_are() -> None:
    text = f'resource "a_b" "c" {{\n  count = {MAX_NODES}\n  n = count.index\n}}\n'
    document = evaluated({"main.tf": text})["main.tf"]
    assert [node.fields["n"] for node in document.nodes] == list(range(MAX_NODES))
    assert not document.problems


@pytest.mark.parametrize("count", ["1000000000", "1e9", "99999999999999999999"])
def test_a_count_without_end_is_one_node(count: str) -> None:
    text = f'resource "a_b" "c" {{\n  count = {count}\n  n = count.index\n}}\n'
    text += "locals {\n  x = a_b.c\n}\n"
    document = evaluated({"main.tf": text})["main.tf"]
    assert [node.label for node in document.nodes] == ["a_b.c", "local.x"]
    assert [problem.code for problem in document.problems] == ["many-instances"]


def test_a_million_keys_are_one_node_and_one_problem() -> None:
    keys = "flatten([for a in range(1000) : [for b in range(1000) : a * 1000 + b]])"
    text = f'resource "a_b" "c" {{\n  for_each = toset({keys})\n  n = each.key\n}}\n'
    document = evaluated({"main.tf": text})["main.tf"]
    (node,) = document.nodes
    assert isinstance(node.fields["n"], Unknown)
    assert len(document.problems) == 1


def test_instances_beyond_the_budget_of_a_root_share_a_node() -> None:
    text = "".join(
        f'resource "a_b" "c{n}" {{\n  count = 64\n  n = count.index\n}}\n' for n in range(100)
    )
    document = evaluated({"main.tf": text})["main.tf"]
    assert 4900 < len(document.nodes) <= 5000 + 100
    assert [problem.code for problem in document.problems] == ["many-instances"]


def test_references_to_all_instances_of_very_many_are_bounded() -> None:
    text = "".join(
        f'resource "a_b" "c{n}" {{\n  count = 60\n  n = [{others}]\n}}\n'
        for n in range(40)
        for others in [", ".join(f"a_b.c{other}[*].name" for other in range(n))]
    )
    document = evaluated({"main.tf": text})["main.tf"]
    assert len(document.references) <= 110_000
    (hole, *_) = document.holes
    assert hole.edges == ("references",)
    assert hole.why.reason is Reason.LIMIT


# ------------------------------------------------------------------ laws
SCALARS = st.one_of(
    st.integers(-9, 99), st.booleans(), st.text('abc-/."', max_size=4).filter(lambda one: one)
)
ENTRIES = st.dictionaries(
    st.text("abcXY-_/. ", min_size=1, max_size=4), st.tuples(SCALARS, SCALARS), max_size=5
)


def hcl(value: object) -> str:
    """A scalar as HCL has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return '"' + value.replace('"', '\\"') + '"' if isinstance(value, str) else str(value)


@settings(max_examples=40, deadline=None)
@given(ENTRIES)
def test_an_instance_is_the_block_with_its_values_written_out(
    entries: dict[str, tuple[object, object]],
) -> None:
    listed = ", ".join(
        f"{hcl(key)} = {{ p = {hcl(one)}, q = {hcl(two)} }}" for key, (one, two) in entries.items()
    )
    body = '  p = {p}\n  q = [{q}, {k}]\n  block {{\n    t = "x${{{q}}}"\n  }}\n'
    text = f'resource "a_b" "c" {{\n  for_each = {{ {listed} }}\n' + body.format(
        p="each.value.p", q="each.value.q", k="each.key"
    ) + "}\n"  # fmt: skip
    made = of(evaluated({"main.tf": text}), "a_b.c")
    assert len(made) == len(entries)
    for node, key in zip(made.values(), sorted(entries), strict=True):
        one, two = entries[key]
        alone = 'resource "a_b" "c" {\n' + body.format(p=hcl(one), q=hcl(two), k=hcl(key)) + "}\n"
        (written,) = of(evaluated({"main.tf": alone}), "a_b.c").values()
        for name in ("p", "q", "block"):
            assert node.fields[name] == written.fields[name]
