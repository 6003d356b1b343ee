"""Terraform evaluated: expressions, one module, its calls, and where every value comes from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.terraform.resolve import resolve
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown, Value


def evaluated(texts: dict[str, str]) -> dict[str, Document]:
    documents = {
        path: parse(Source(path, text))
        for path, text in texts.items()
        if path.endswith((".tf", ".tfvars"))
    }
    changed = resolve(documents, ScannedFiles(None, (), texts))
    return {**documents, **{one.source.path: one for one in changed}}


def node(documents: dict[str, Document], address: str) -> Node:
    (found,) = (
        one
        for document in documents.values()
        for one in document.nodes
        if one.address.partition("#")[2] == address
    )
    return found


def value(expression: str, more: str = "") -> Value:
    text = f"{more}\nlocals {{\n  it = {expression}\n  force = var.anything\n}}\n"
    return node(evaluated({"main.tf": text}), "local.it").fields["value"]


def hops(found: Node, name: str) -> list[tuple[int, str]]:
    place = found.fields.place(name)
    assert place is not None
    return [(hop.span.line, hop.note) for hop in place.via]


# ------------------------------------------------------------------ expressions
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("7 % 3", 1),
        ("-7 % 3", -1),
        ("10 / 4", 2.5),
        ("10 / 5", 2),
        ('"1" + 1', 2),
        ("1 == 1.0", True),
        ('1 == "1"', False),
        ("!(1 > 2) && true", True),
        ("false && var.missing", False),
        ("true || var.missing", True),
        ('true ? "a" : "b"', "a"),
        ('"${1}-${true}"', "1-true"),
        ('"${[1, 2]}"', [1, 2]),
        ("[for x in [1, 2, 3] : x * 2 if x > 1]", [4, 6]),
        ("{for k, v in {a = 1, b = 2} : upper(k) => v}", {"A": 1, "B": 2}),
        ('{for s in ["ab", "ac", "b"] : substr(s, 0, 1) => s...}', {"a": ["ab", "ac"], "b": ["b"]}),
        ("[{a = 1}, {a = 2}][*].a", [1, 2]),
        ('{a = {b = "c"}}.a.b', "c"),
        ('{a = 1}["a"]', 1),
        ("[10, 20][1]", 20),
        ("try({a = 1}.b, 5)", 5),
        ("can({a = 1}.b)", False),
        ("can({a = 1}.a)", True),
        ('"%{if 1 > 0}yes%{else}no%{endif}"', "yes"),
        ('"%{for x in ["a", "b"]}<${x}>%{endfor}"', "<a><b>"),
        ('join(",", ["a", "b"]...)', None),
        ("max([1, 5, 3]...)", 5),
        ("null == null", True),
        ("length(toset([1, 1, 2]))", 2),
        ("path.module", "."),
    ],
)
def test_expressions(expression: str, expected: object) -> None:
    found = value(expression)
    if expected is None:
        assert isinstance(found, Unknown)
    else:
        assert found == expected
        assert isinstance(found, bool) is isinstance(expected, bool)


UNKNOWN = 'variable "u" {}\n'


@pytest.mark.parametrize(
    ("expression", "candidates"),
    [('var.u ? "a" : "b"', ("a", "b")), ("(var.u ? 1 : 2) + 1", (2, 3))],
)
def test_a_choice_that_cannot_be_told_keeps_both(
    expression: str, candidates: tuple[object, ...]
) -> None:
    found = value(expression, UNKNOWN)
    assert isinstance(found, Unknown)
    assert found.reason is Reason.NO_VALUE
    assert found.candidates == candidates


def test_unknown_parts_leave_the_others_known() -> None:
    found = value('"acme/${var.u}:1"', UNKNOWN)
    assert isinstance(found, Segments)
    assert (found.prefix, found.suffix) == ("acme/", ":1")
    assert value('var.u ? "a" : "a"', UNKNOWN) == "a"
    merged = value("merge({a = 1}, var.u)", UNKNOWN)
    assert isinstance(merged, MapValue)
    assert merged.rest is not None
    assert isinstance(merged["a"], Unknown)
    tried = value('try(var.u.x, "default")', UNKNOWN)
    assert isinstance(tried, Unknown)
    assert tried.candidates == ()


def test_a_computed_attribute_names_its_resource() -> None:
    found = value("aws_vpc.main.arn", 'resource "aws_vpc" "main" {}')
    assert isinstance(found, Unknown)
    assert (found.reason, found.reference, found.not_null) == (
        Reason.COMPUTED, "aws_vpc.main", True,
    )  # fmt: skip


def test_a_cycle_is_unknown_for_all_and_one_problem() -> None:
    documents = evaluated({"main.tf": "locals {\n  a = local.b\n  b = local.a\n}\n"})
    for name in "ab":
        found = node(documents, f"local.{name}").fields["value"]
        assert isinstance(found, Unknown)
        assert found.reason is Reason.CYCLE
    (problem,) = documents["main.tf"].problems
    assert problem.code == "cycle"
    assert "local.a" in problem.message
    assert "local.b" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"  a{n} = local.a{n + 1}" for n in range(400)),
        "  a0 = [1]\n"
        + "\n".join(f"  a{n} = [local.a{n - 1}, local.a{n - 1}]" for n in range(1, 40)),
        '  a0 = "xx"\n' + "\n".join(
            f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"' for n in range(1, 40)
        ),
        "  a = [for x in range(1000) : [for y in range(1000) : x * y]]",
    ],
)  # fmt: skip
def test_hostile_sizes_are_bounded(text: str) -> None:
    documents = evaluated({"main.tf": f"locals {{\n{text}\n}}\n"})
    assert any(
        isinstance(one.fields["value"], (Unknown, ListValue)) for one in documents["main.tf"].nodes
    )


# ------------------------------------------------------------------ one module
MODULE = """\
variable "name" {
  default = "logs"
}
variable "size" {
  type    = number
  default = "3"
}
variable "shape" {
  type = object({ a = string, b = optional(number, 5) })
  default = { a = 1 }
}
locals {
  full = "acme-${var.name}"
}
resource "aws_thing" "this" {
  bucket = local.full
  size   = var.size
  shape  = var.shape
}
"""


def test_variables_locals_and_their_origins() -> None:
    found = node(evaluated({"main.tf": MODULE}), "aws_thing.this")
    assert found.fields["bucket"] == "acme-logs"
    assert found.fields["size"] == 3
    assert found.fields["shape"] == {"a": "1", "b": 5}
    assert hops(found, "bucket") == [(13, "local.full"), (2, "default of var.name")]
    place = found.fields.place("bucket")
    assert place is not None
    assert place.value.line == 16


def test_loaded_values_win_and_named_ones_are_possible() -> None:
    documents = evaluated({"main.tf": MODULE, "terraform.tfvars": 'name = "audit"\n'})
    found = node(documents, "aws_thing.this")
    assert found.fields["bucket"] == "acme-audit"
    assert hops(found, "bucket")[-1] == (1, "tfvars key `name`")
    documents = evaluated({"main.tf": MODULE, "more.tfvars": "size = 9\n"})
    size = node(documents, "aws_thing.this").fields["size"]
    assert isinstance(size, Unknown)
    assert set(size.candidates) == {3, 9}


@pytest.mark.parametrize(
    ("count", "nodes"), [("0", 0), ("1", 1), ("var.on ? 1 : 0", 0), ("var.u ? 1 : 0", 1)]
)
def test_count_decides_whether_a_resource_is_there(count: str, nodes: int) -> None:
    text = (
        'variable "on" {\n  default = false\n}\nvariable "u" {}\n'
        f'resource "a_b" "c" {{\n  count = {count}\n  at = count.index\n}}\n'
    )
    document = evaluated({"main.tf": text})["main.tf"]
    found = [one for one in document.nodes if one.kind == "tf.Resource"]
    assert len(found) == nodes
    if nodes:
        assert (found[0].condition is not None) is ("var.u" in count)
        assert found[0].label == ("a_b.c" if "var.u" in count else "a_b.c[0]")


def test_very_many_instances_share_what_they_have_in_common() -> None:
    text = """\
locals {
  all = { for n in range(100) : "k${n}" => { open = true, port = n < 50 ? 1 : 2 } }
}
resource "a_b" "c" {
  for_each = local.all
  open     = each.value.open
  port     = each.value.port
}
"""
    found = node(evaluated({"main.tf": text}), "a_b.c")
    assert found.fields["open"] is True
    port = found.fields["port"]
    assert isinstance(port, Unknown)
    assert port.candidates == (1, 2)


def test_dynamic_blocks_are_written_out() -> None:
    text = """\
variable "ports" {
  default = [22, 80]
}
resource "aws_security_group" "g" {
  dynamic "ingress" {
    for_each = var.ports
    iterator = p
    content {
      from_port   = p.value
      to_port     = p.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
"""
    rules = [
        one.fields["from_port"]
        for one in evaluated({"main.tf": text})["main.tf"].nodes
        if one.kind == "net.IngressRule"
    ]
    assert rules == [22, 80]


# ------------------------------------------------------------------ calls
CALLED = """\
variable "name" {}
resource "aws_thing" "this" {
  bucket = var.name
}
output "bucket" {
  value = aws_thing.this.bucket
}
"""


def call(name: str, more: str = "") -> str:
    return f'module "{name}" {{\n  source = "./web"\n  name = "{name}-x"\n{more}}}\n'


def test_a_module_is_judged_with_its_callers_arguments() -> None:
    root = call("m") + "locals {\n  back = module.m.bucket\n}\n"
    documents = evaluated({"main.tf": root, "web/main.tf": CALLED})
    found = node(documents, "aws_thing.this")
    assert found.fields["bucket"] == "m-x"
    place = found.fields.place("bucket")
    assert place is not None
    assert place.value.path == "web/main.tf"
    assert (place.via[-1].span.path, place.via[-1].span.line) == ("main.tf", 3)
    assert place.via[-1].note == "argument of module.m"
    assert node(documents, "local.back").fields["value"] == "m-x"


def test_a_call_that_may_not_happen_makes_conditional_nodes() -> None:
    root = UNKNOWN + call("m", "  count = var.u ? 1 : 0\n")
    documents = evaluated({"main.tf": root, "web/main.tf": CALLED})
    assert node(documents, "aws_thing.this").condition is not None


def test_a_module_that_calls_itself_is_a_problem() -> None:
    documents = evaluated({"web/main.tf": 'module "m" {\n  source = "../web"\n  a = var.b\n}\n'})
    assert [one.code for one in documents["web/main.tf"].problems] == ["module-recursion"]


def test_policies_are_found_behind_names() -> None:
    text = """\
locals {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "*", Resource = var.u }]
  })
}
variable "u" {}
resource "aws_iam_policy" "p" {
  policy = local.policy
}
"""
    (found,) = (
        one for one in evaluated({"main.tf": text})["main.tf"].nodes if one.kind == "iam.Statement"
    )
    assert found.fields["actions"] == ["*"]
    assert found.span.line == 3


def test_a_policy_document_is_built() -> None:
    document = """
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:Get", "s3:Put"]
    resources = [var.r]
  }
}
variable "r" {
  default = "*"
}
"""
    assert value("jsondecode(data.aws_iam_policy_document.d.json)", document) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:Put", "s3:Get"], "Resource": "*"}],
    }


def test_files_are_read_inside_the_root_only() -> None:
    texts = {
        "a/main.tf": 'locals {\n  x = templatefile("${path.module}/t.txt", { n = "you" })\n'
        '  y = file("../../etc/passwd")\n  z = var.q\n}\n',
        "a/t.txt": "hello ${n}",
    }
    documents = evaluated(texts)
    assert node(documents, "local.x").fields["value"] == "hello you"
    outside = node(documents, "local.y").fields["value"]
    assert isinstance(outside, Unknown)
    assert outside.reason is Reason.MISSING_FILE


# ------------------------------------------------------------------ laws
def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(pair, st.sampled_from(["==", "!=", "&&", "||", "+", "<", "%"])).map(
            lambda made: f"({made[0][0]} {made[1]} {made[0][1]})"
        ),
        st.tuples(inner, inner, inner).map(lambda one: f"({one[0]} ? {one[1]} : {one[2]})"),
        pair.map(lambda one: f"[{one[0]}, {one[1]}]"),
        pair.map(lambda one: f"{{a = {one[0]}, (try(tostring({one[1]}), 1)) = 2}}"),
        inner.map(lambda one: f'"<${{{one}}}>"'),
        inner.map(lambda one: f"try({one}.a, 7)"),
        inner.map(lambda one: f"can({one}[0])"),
        inner.map(lambda one: f"[for x in {one} : x if x != 1]"),
        inner.map(lambda one: f"{one}[*]"),
        inner.map(lambda one: f"length({one})"),
        pair.map(lambda one: f"merge({one[0]}, {one[1]})"),
        pair.map(lambda one: f"concat({one[0]}, {one[1]})"),
        pair.map(lambda one: f"coalesce({one[0]}, {one[1]})"),
        pair.map(lambda one: f"contains({one[0]}, {one[1]})"),
        pair.map(lambda one: f'lookup({one[0]}, "a", {one[1]})'),
    )


LEAVES = st.sampled_from(
    ["1", "0", "true", "false", '"a"', '""', "null", "[]", "{}", "[1]", "{a = 1}", "var.u"]
)
EXPRESSIONS = st.recursive(LEAVES, _grow, max_leaves=8)
VALUES = st.sampled_from(["1", "true", "false", '"a"', "null", "[1]", "{a = 1}", "[]"])


def _contradicts(before: Value, after: Value) -> bool:
    """True if the second cannot be what the first left open."""
    if before == after:
        return False
    if isinstance(before, Unknown):
        if before.not_null and after is None:
            return True
        known = not isinstance(after, (Unknown, Segments, list, dict))
        return bool(before.candidates) and known and after not in before.candidates
    if isinstance(after, Unknown):  # refused: then nothing runs
        return after.reason is not Reason.TYPE
    if isinstance(before, Segments):
        if isinstance(after, Segments):
            return not after.prefix.startswith(before.prefix[: len(after.prefix)])
        return not (
            isinstance(after, str)
            and after.startswith(before.prefix)
            and after.endswith(before.suffix)
        )
    if isinstance(before, MapValue) and isinstance(after, MapValue):
        if before.rest is None and before.keys() != after.keys():
            return True
        return any(key not in after or _contradicts(before[key], after[key]) for key in before)
    if isinstance(before, ListValue) and isinstance(after, ListValue):
        if before.rest is not None:
            return False
        return len(before) != len(after) or any(map(_contradicts, before, after))
    return before != after


@given(EXPRESSIONS, VALUES)
@settings(max_examples=300)
def test_completing_an_unknown_never_contradicts_what_was_decided(
    expression: str, given_value: str
) -> None:
    before = value(expression, UNKNOWN)
    after = value(expression, f'variable "u" {{\n  default = {given_value}\n}}\n')
    assert not _contradicts(before, after), (before, after)


@given(st.lists(EXPRESSIONS, min_size=1, max_size=5))
@settings(max_examples=100)
def test_evaluation_never_raises_and_ignores_the_order_of_files(
    expressions: list[str],
) -> None:
    texts = {
        f"f{index}.tf": f"locals {{\n  a{index} = [{one}, local.a{(index + 1) % 7}]\n}}\n"
        for index, one in enumerate(expressions)
    }
    texts["u.tf"] = UNKNOWN
    forward = evaluated(texts)
    backward = evaluated(dict(reversed(texts.items())))
    assert forward == backward
