"""What one Terraform file declares: nodes, known and unknown values, conditions, edges, holes."""

from __future__ import annotations

import json

import pytest

from plumbrule_parsers.document import Completeness, Document, Node, ToMatch
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown, Value


def read(text: str, path: str = "infra/main.tf") -> Document:
    return parse(Source(path, text))


def node(document: Document, address: str) -> Node:
    (found,) = (one for one in document.nodes if one.address.partition("#")[2] == address)
    return found


def value(expression: str) -> Value:
    return node(read(f"locals {{\n  it = {expression}\n}}\n"), "local.it").fields["value"]


def unknown(expression: str) -> Unknown:
    found = value(expression)
    assert isinstance(found, Unknown)
    assert found.span is not None
    assert found.span.text == expression
    return found


# ------------------------------------------------------------------ blocks
@pytest.mark.parametrize(
    ("text", "address", "kind"),
    [
        ('resource "a_b" "c" {}', "a_b.c", "tf.Resource"),
        ('resource "aws_s3_bucket" "c" {}', "aws_s3_bucket.c", "tf.aws_s3_bucket"),
        ('data "a_b" "c" {}', "data.a_b.c", "tf.Data"),
        ('ephemeral "a_b" "c" {}', "ephemeral.a_b.c", "tf.Data"),
        ('variable "a" {}', "var.a", "tf.Variable"),
        ('output "a" {\n  value = 1\n}', "output.a", "tf.Output"),
        ("locals {\n  a = 1\n}", "local.a", "tf.Local"),
        ('module "a" {\n  source = "./b"\n}', "module.a", "tf.Module"),
        ('provider "a" {}', "provider.a", "tf.Provider"),
        ('provider "a" {\n  alias = "b"\n}', "provider.a.b", "tf.Provider"),
        ("terraform {}", "terraform", "tf.Settings"),
        ("moved {\n  from = a.b\n  to = a.c\n}", "moved.a.b", "tf.Moved"),
        ('import {\n  to = a.b\n  id = "c"\n}', "import.a.b", "tf.Import"),
        ("removed {\n  from = a.b\n}", "removed.a.b", "tf.Removed"),
        ('check "a" {}', "check.a", "tf.Check"),
    ],
)
def test_every_block_is_a_node(text: str, address: str, kind: str) -> None:
    document = read(text + "\n")
    found = node(document, address)
    assert found.kind == kind
    assert found.span.line in (1, 2)
    assert document.problems == ()
    assert document.completeness is Completeness.EVALUATED


def test_a_check_may_hold_a_data_source() -> None:
    document = read('check "a" {\n  data "http" "b" {\n    url = "x"\n  }\n}\n')
    assert node(document, "data.http.b").fields["url"] == "x"


def test_the_head_is_the_span_of_a_block() -> None:
    found = node(read('# c\nresource "a_b" "c" {\n  d = 1\n}\n'), "a_b.c")
    assert found.span.text == 'resource "a_b" "c"'
    place = found.fields.place("d")
    assert place is not None
    assert place.key is not None
    assert (place.key.text, place.value.text, place.value.line) == ("d", "1", 3)


def test_what_is_not_read_is_said() -> None:
    document = read(
        'flavour "a" {}\nresource "b" {}\nc = 1\nresource "d" "e" {\n  f = 1\n  f = 2\n}\n'
    )
    assert [problem.code for problem in document.problems] == [
        "unknown-block", "missing-label", "stray-setting", "duplicate-setting",
    ]  # fmt: skip
    assert len(document.holes) == 2
    assert node(document, "d.e").fields["f"] == 1


# ------------------------------------------------------------------ values
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"a"', "a"), ("1", 1), ("-1", -1), ("1.5", 1.5), ("true", True), ("!true", False),
        ("null", None),
        ('"a${1}b${true}"', "a1btrue"), ('"${1}"', 1), ('"n${1e6}"', "n1000000"), ("(1)", 1),
        ("true ? 1 : var.a", 1), ("[1, [2]]", [1, [2]]),
        ('{ a = 1, "b" = { c = 2 } }', {"a": 1, "b": {"c": 2}}),
        ('toset(["a"])', ["a"]), ('"%%{a}$${b}"', "%{a}${b}"),
        ("<<-E\n    a\n      b\n  E\n", "a\n  b\n"),
        ('"a ${~ "b" ~} c"', "abc"), ("{ 1 = 2, true = 3 }", {"1": 2, "true": 3}),
    ],
)  # fmt: skip
def test_literals_are_known(expression: str, expected: object) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "reason", "reference", "type_", "not_null"),
    [
        ("aws_vpc.a.id", Reason.COMPUTED, "aws_vpc.a", "string", True),
        ("aws_vpc.a[0].arn", Reason.COMPUTED, "aws_vpc.a", "string", True),
        ('aws_vpc.a["k"].id', Reason.COMPUTED, "aws_vpc.a", "string", True),
        ("aws_vpc.a.tags", Reason.EXPRESSION, "aws_vpc.a", "any", False),
        ("data.aws_vpc.a.id", Reason.DATA_SOURCE, "data.aws_vpc.a", "string", True),
        ("data.aws_vpc.a.tags", Reason.DATA_SOURCE, "data.aws_vpc.a", "any", False),
        ("var.a", Reason.EXPRESSION, "var.a", "any", False),
        ("var.a.id", Reason.EXPRESSION, "var.a", "any", False),
        ("local.a[0]", Reason.EXPRESSION, "local.a", "any", False),
        ("module.a.id", Reason.EXPRESSION, "module.a", "any", False),
        ("upper(var.a)", Reason.EXPRESSION, "", "string", True),
        ("var.a == 1", Reason.EXPRESSION, "", "bool", True),
        ("var.a + 1", Reason.EXPRESSION, "", "float", True),
        ("[for a in var.a : a]", Reason.EXPRESSION, "", "list", True),
        ("a.b[*].c", Reason.EXPRESSION, "", "list", True),
        ("each.value", Reason.EXPRESSION, "", "any", False),
        ("count.index", Reason.EXPRESSION, "", "any", True),
    ],
)
def test_unknowns_say_what_is_certain(
    expression: str, reason: Reason, reference: str, type_: str, not_null: bool
) -> None:
    found = unknown(expression)
    assert (found.reason, found.reference, found.type, found.not_null) == (
        reason, reference, type_, not_null,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "candidates"),
    [
        ('var.a ? "b" : "c"', ("b", "c")), ("var.a ? 1 : var.b ? 2 : 3", (1, 2, 3)),
        ("var.a ? 1 : null", (1, None)), ("var.a ? 1 : var.b", ()), ("var.a ? true : 1", (True, 1)),
    ],
)  # fmt: skip
def test_a_conditional_keeps_its_candidates(
    expression: str, candidates: tuple[object, ...]
) -> None:
    found = unknown(expression)
    assert found.candidates == candidates
    assert found.not_null is (bool(candidates) and None not in candidates)


def test_same_references_are_the_same_value_and_others_are_not() -> None:
    def identity(expression: str) -> str:
        return unknown(expression).identity

    assert identity("var.a") == identity("var.a") != ""
    assert identity("a.b[0].id") != identity("a.b[1].id")
    assert identity("each.value") == identity("f(var.a)") == identity("a.b[var.i].id") == ""


def test_parts_of_one_json_string_are_different_values() -> None:
    document = read('{"locals": {"a": "${var.b}-${var.c}"}}', "main.tf.json")
    found = node(document, "local.a").fields["value"]
    assert isinstance(found, Segments)
    one, two = found.unknowns
    assert one.identity != two.identity


def test_strings_keep_their_known_parts() -> None:
    found = value('"arn:${var.p}:s3:::${aws_s3_bucket.b.id}/*"')
    assert isinstance(found, Segments)
    assert (found.prefix, found.suffix) == ("arn:", "/*")
    assert [one.reference for one in found.unknowns] == ["var.p", "aws_s3_bucket.b"]


def test_text_between_directives_is_not_certain() -> None:
    found = value('"a%{ if var.x }admin%{ else }user%{ endif }z"')
    assert isinstance(found, Segments)
    assert [part if isinstance(part, str) else "?" for part in found.parts] == ["a", "?", "z"]


def test_one_interpolation_alone_is_its_value() -> None:
    assert isinstance(value('"${var.a}"'), Unknown)
    assert value('"${[1]}"') == [1]


def test_collections_keep_their_known_parts() -> None:
    found = value("{ a = 1, b = var.b, (var.k) = 2 }")
    assert isinstance(found, MapValue)
    assert found["a"] == 1
    assert isinstance(found["b"], Unknown)
    assert found.rest is not None
    assert found.rest.reference == "var.k"
    items = value("[1, var.a]")
    assert isinstance(items, ListValue)
    assert items[0] == 1
    assert isinstance(items[1], Unknown)


# ------------------------------------------------------------------ what may not exist
@pytest.mark.parametrize(
    ("setting", "exists"),
    [
        ("count = 1", True), ("count = 0", None), ('count = "0"', None),
        ("count = var.x ? 2 : 1", True),
        ("count = var.x ? 1 : 0", False), ("count = var.n", False), ("for_each = var.m", False),
        ('for_each = toset(["a"])', True), ("for_each = {}", None), ("for_each = { a = 1 }", True),
        ("count = length(var.l)", False), ("count = true ? 0 : 1", None),
    ],
)  # fmt: skip
def test_count_and_for_each_decide_whether_a_resource_exists(
    setting: str, exists: bool | None
) -> None:
    document = read(f'resource "a_b" "c" {{\n  {setting}\n}}\n')
    if exists is None:
        assert document.nodes == ()
        return
    condition = node(document, "a_b.c").condition
    assert (condition is None) is exists
    if condition is not None:
        assert condition.reason is Reason.CARDINALITY
        assert condition.span is not None
        assert condition.span.text == setting.partition(" = ")[2]


def test_a_dynamic_block_leaves_the_list_open() -> None:
    document = read(
        'resource "a_b" "c" {\n  d {\n    e = 1\n  }\n  dynamic "d" {\n    for_each = var.ds\n'
        "    content {\n      e = d.value\n    }\n  }\n}\n"
    )
    found = node(document, "a_b.c").fields["d"]
    assert isinstance(found, ListValue)
    assert list(found) == [{"e": 1}]
    assert found.rest is not None
    assert "var.ds" in found.rest.detail


def test_a_dynamic_block_over_nothing_is_nothing() -> None:
    document = read(
        'resource "a_b" "c" {\n  dynamic "d" {\n    for_each = []\n    content {}\n  }\n}\n'
    )
    assert "d" not in node(document, "a_b.c").fields


# ------------------------------------------------------------------ edges
def targets(document: Document, origin: str, edge: str = "references") -> set[tuple[object, ...]]:
    return {
        (reference.target.kinds[0], *(value for _name, value in reference.target.equals[:1]))
        for reference in document.references
        if reference.origin.partition("#")[2] == origin and reference.edge == edge
        if isinstance(reference.target, ToMatch)
    }


def test_what_a_block_mentions_is_an_edge() -> None:
    document = read(
        'resource "a_b" "c" {\n  d = x_y.z[0].id\n  e = "${data.p.q.r}${local.l}"\n'
        "  f = [for v in var.v : v.id]\n"
        "  provider = aws.west\n  nested {\n    g = module.m.out\n  }\n  depends_on = [x_y.w]\n}\n"
    )
    assert targets(document, "a_b.c") >= {
        ("tf.Resource", "x_y.z"), ("tf.Data", "data.p.q"), ("tf.Local", "l"), ("tf.Variable", "v"),
        ("tf.Provider", "provider.aws.west"), ("tf.Module", "m"), ("tf.Resource", "x_y.w"),
    }  # fmt: skip
    assert not any("v.id" in str(target) for target in targets(document, "a_b.c"))


def test_a_data_source_may_mention_another_of_its_type() -> None:
    document = read('data "a" "b" {\n  c = data.a.d.e\n}\n')
    assert targets(document, "data.a.b") == {("tf.Data", "data.a.d")}


def test_a_module_call_keeps_its_arguments_and_names_its_folder() -> None:
    document = read(
        'module "m" {\n  source = "../mods/net"\n  cidr   = "10.0.0.0/8"\n  name   = "n"\n}\n'
    )
    fields = node(document, "module.m").fields
    assert (fields["cidr"], fields["attr_name"], fields["source_path"]) == (
        "10.0.0.0/8",
        "n",
        "mods/net",
    )
    assert ("tf.Resource", "mods/net") in targets(document, "module.m")
    assert ("tf.Variable", "mods/net") in targets(document, "module.m", "flows_to")
    assert document.holes == ()


@pytest.mark.parametrize(
    "source", ['"hashicorp/consul/aws"', '"git::https://e.com/m.git"', "var.source"]
)
def test_a_module_from_elsewhere_is_a_hole(source: str) -> None:
    (hole,) = read(f'module "m" {{\n  source = {source}\n}}\n').holes
    assert hole.span.text == source


# ------------------------------------------------------------------ other syntaxes
def test_json_says_the_same_as_the_native_syntax() -> None:
    data = {
        "resource": {"a_b": {"c": {"d": 1, "e": "x${var.f}", "count": "${var.x ? 1 : 0}"}}},
        "variable": {"f": {"default": "g"}}, "//": "a comment",
        "module": {"m": {"source": "./n", "o": [1]}},
    }  # fmt: skip
    document = read(json.dumps(data, indent=1), "infra/main.tf.json")
    found = node(document, "a_b.c")
    assert found.fields["d"] == 1
    assert isinstance(found.fields["e"], Segments)
    assert found.condition is not None
    assert node(document, "var.f").fields["default"] == "g"
    assert node(document, "module.m").fields["o"] == [1]
    assert ("tf.Variable", "f") in targets(document, "a_b.c")
    place = found.fields.place("d")
    assert place is not None
    assert place.value.text == "1"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a/x.tfvars", 'region = "e"\nsizes = [1]\n'),
        ("a/x.tfvars.json", '{"region": "e", "sizes": [1]}'),
    ],
)
def test_values_flow_to_the_variables_of_their_folder(path: str, text: str) -> None:
    document = read(text, path)
    (found,) = document.nodes
    assert (found.kind, found.fields["region"], found.fields["sizes"]) == ("tf.Values", "e", [1])
    assert targets(document, "values", "flows_to") == {
        ("tf.Variable", "region"),
        ("tf.Variable", "sizes"),
    }


def test_opentofu_files_are_terraform() -> None:
    assert [one.label for one in read("locals {\n  a = 1\n}\n", "main.tofu").nodes] == ["local.a"]


# ------------------------------------------------------------------ files that are refused
def test_a_refused_file_leaves_a_hole_and_a_second_opinion() -> None:
    document = read('resource "a" "b" {\n  c = = 1\n}\nresource "a" "d" {}\n')
    (problem,) = document.problems
    assert problem.hint == "python-hcl2 refuses the file too"
    assert problem.span.line == 2
    assert [one.label for one in document.nodes] == ["a.d"]
    (hole,) = document.holes
    assert hole.within == "infra"
    assert document.completeness is Completeness.PARTLY


def test_a_file_that_only_we_refuse_says_so() -> None:
    document = read("a = " + "[" * 120 + "]" * 120 + "\nb = 1e999\n")
    assert document.problems[0].code == "too-deep"
    assert "python-hcl2" not in document.problems[0].hint
    (problem,) = read("b = 1e999\n").problems
    assert problem.hint == "python-hcl2 accepts the file: please report it"
