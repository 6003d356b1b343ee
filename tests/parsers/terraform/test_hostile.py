"""Configurations that would cost too much, or reach too far: bounded, with one clear problem."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.laws.test_parsers import mutated
from tests.parsers.terraform.evaluated import evaluated, only

from plumbrule_parsers.document import Document
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value


def local(expression: str) -> tuple[Value, list[str]]:
    """The value, and the codes of the problems."""
    texts = {"a/main.tf": f'locals {{\n  x = {expression}\n  u = var.u\n}}\nvariable "u" {{}}\n'}
    documents = evaluated(texts)
    codes = [problem.code for problem in documents["a/main.tf"].problems]
    return only(documents, "local.x").fields["value"], codes


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("range(1000000000)", Reason.TYPE),
        ("[for a in range(1000) : range(1000)]", Reason.LIMIT),
        ("[for a in range(999) : [for b in range(999) : [for c in range(999) : a]]]", Reason.LIMIT),
        ("setproduct(range(1000), range(1000))", Reason.TYPE),
    ],
)
def test_values_that_are_too_large_are_unknown_with_one_problem(
    expression: str, reason: Reason
) -> None:
    found, codes = local(expression)
    assert isinstance(found, Unknown)
    assert found.reason is reason
    assert codes == ["evaluation-limit"]


@pytest.mark.parametrize(
    "expression",
    ['file("../../etc/passwd")', 'file("/etc/passwd")', 'templatefile("../../etc/passwd", {})',
     'filebase64("${path.module}/../../../etc/passwd")', 'fileset("../..", "*")'],
)  # fmt: skip
def test_nothing_outside_of_the_root_is_read(expression: str) -> None:
    found, codes = local(expression)
    assert isinstance(found, Unknown)
    assert found.reason is Reason.MISSING_FILE
    assert codes == ["outside-root"]


def test_a_million_instances_are_not_told_apart() -> None:
    keys = "flatten([for a in range(1000) : [for b in range(1000) : a * 1000 + b]])"
    documents = evaluated({
        "main.tf": 'module "m" {\n  source = "./m"\n  v = each.key\n'
        f"  for_each = toset({keys})\n}}\n"
        f'resource "a_b" "d" {{\n  count = 1000000000\n  v = count.index\n}}\n'
        "locals {\n  ids = a_b.d[*].id\n  all = a_b.d\n}\n",
        "m/main.tf": 'variable "v" {}\nresource "a_b" "c" {\n  v = var.v\n}\n',
    })  # fmt: skip
    assert only(documents, "a_b.c").condition is not None
    assert isinstance(only(documents, "a_b.c").fields["v"], Unknown)
    assert [one.code for one in documents["main.tf"].problems] == ["evaluation-limit"]
    for name in ("local.ids", "local.all"):
        found = only(documents, name).fields["value"]
        assert not isinstance(found, ListValue) or (found.rest is not None and len(found) < 1000)


@pytest.mark.slow
def test_a_heredoc_of_ten_megabytes() -> None:
    text = "0123456789abcde\n" * 640_000
    documents = evaluated({
        "main.tf": f"locals {{\n  x = <<E\n{text}E\n  y = upper(local.x)\n  z = var.u\n}}\n"
    })  # fmt: skip
    found = only(documents, "local.y").fields["value"]
    assert isinstance(found, Unknown)
    assert found.reason is Reason.LIMIT
    assert [one.code for one in documents["main.tf"].problems] == ["evaluation-limit"]


def test_deep_conditionals_are_one_problem() -> None:
    inside = "1"
    for number in range(3000):
        inside = f"var.u == {number} ? {number} : {inside}"
    documents = evaluated({"main.tf": f"locals {{\n  x = {inside}\n}}\n"})
    assert [one.code for one in documents["main.tf"].problems] == ["too-deep"]


def test_a_long_chain_of_conditionals_on_an_unknown_is_bounded() -> None:
    chain = "".join(f"  a{n} = var.u ? local.a{n + 1} : local.a{n + 1}\n" for n in range(1000))
    documents = evaluated({"main.tf": f'variable "u" {{}}\nlocals {{\n{chain}  a1000 = 1\n}}\n'})
    for number in (0, 999):
        found = only(documents, f"local.a{number}").fields["value"]
        assert found == 1 or (isinstance(found, Unknown) and found.reason is Reason.LIMIT)
    assert [one.code for one in documents["main.tf"].problems] == ["evaluation-limit"]


def test_conditionals_that_double_are_bounded() -> None:
    inside = "1"
    for number in range(14):
        inside = f"(var.u{number} ? {inside} : {inside})"
    variables = "".join(f'variable "u{number}" {{}}\n' for number in range(14))
    documents = evaluated({"main.tf": f"{variables}locals {{\n  x = {inside}\n}}\n"})
    found = only(documents, "local.x").fields["value"]
    assert found == 1 or (isinstance(found, Unknown) and found.reason is Reason.LIMIT)


def test_a_long_line_of_modules_ends_somewhere() -> None:
    texts = {
        f"m{n}/main.tf": f'module "n" {{\n  source = "../m{n + 1}"\n  x = var.x\n}}\n'
        'variable "x" {}\nresource "a_b" "c" {\n  x = var.x\n}\n'
        for n in range(200)
    }
    documents = evaluated(texts)
    assert all(
        any(node.label == "a_b.c" for node in document.nodes) for document in documents.values()
    )
    codes = {problem.code for document in documents.values() for problem in document.problems}
    assert codes == {"module-nesting", "module-calls"}


# ------------------------------------------------------------------ laws
TEXTS = {
    "envs/prod/main.tf": (
        'variable "names" {\n  type    = map(object({ n = string, p = optional(number, 5) }))\n'
        '  default = { a = { n = "x" }, b = { n = "y", p = 6 } }\n}\n'
        'provider "aws" {\n  default_tags {\n    tags = { env = terraform.workspace }\n  }\n}\n'
        'module "web" {\n  source = "../../web"\n  for_each = var.names\n  name = each.value.n\n'
        '  port = each.value.p\n  tags = merge({ k = each.key }, local.more)\n}\n'
        'locals {\n  more = { for k, v in { z = 1 } : k => tostring(v) }\n'
        '  out = [for k, m in module.web : m.id]\n}\n'
    ),
    "envs/dev/main.tf": 'module "web" {\n  source = "../../web"\n  name = "dev"\n}\n',
    "envs/dev/env/a.tfvars": 'x = "1"\n',
    "web/main.tf": (
        'variable "name" {}\nvariable "port" {\n  default = 80\n}\nvariable "tags" {\n'
        '  default = {}\n}\nresource "aws_security_group" "g" {\n  tags = var.tags\n'
        '  dynamic "ingress" {\n    for_each = [var.port]\n    content {\n'
        '      from_port = ingress.value\n      to_port = ingress.value\n'
        '      protocol = "tcp"\n      cidr_blocks = ["0.0.0.0/0"]\n    }\n  }\n}\n'
        'resource "aws_s3_bucket" "b" {\n  bucket = "${var.name}-b"\n  count = 2\n}\n'
        'output "id" {\n  value = aws_s3_bucket.b[0].id\n}\n'
        'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["s3:*"]\n'
        '    resources = [aws_s3_bucket.b[1].bucket]\n  }\n}\n'
        'resource "aws_iam_policy" "p" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    ),
    "web/override.tf": 'resource "aws_s3_bucket" "b" {\n  count = 3\n}\n',
}  # fmt: skip


def places(value: Value, place: Place | None) -> list[Place]:
    """The places of a value and of everything in it."""
    found = [place] if place is not None else []
    if isinstance(value, MapValue):
        for key, item in value.items():
            found += places(item, value.place(key))
    elif isinstance(value, ListValue):
        for index, item in enumerate(value):
            found += places(item, value.place(index))
    return found


def check(texts: dict[str, str], documents: dict[str, Document]) -> None:
    """Every span lies in a file of the tree, and addresses are unique."""
    seen: set[str] = set()
    spans: list[Span] = []
    for document in documents.values():
        units = {unit.name for one in documents.values() for unit in one.units}
        for node in document.nodes:
            assert node.address not in seen
            seen.add(node.address)
            assert node.unit in units or not node.unit
            assert node.address.startswith(f"{document.source.path}#{node.variant}")
            spans.append(node.span)
            for place in places(node.fields, None):
                spans += [place.value, *(hop.span for hop in place.via)]
        spans += [reference.span for reference in document.references]
        spans += [problem.span for problem in document.problems]
    for span in spans:
        assert span.source.text == texts[span.path]
        assert 0 <= span.start <= span.end <= len(texts[span.path])


def test_every_hop_lies_in_a_file_and_reads_what_it_says() -> None:
    documents = evaluated(TEXTS)
    check(TEXTS, documents)
    words = {"argument", "default", "local", "output", "tfvars", "variable", "value", "file"}
    told = 0
    for document in documents.values():
        for node in document.nodes:
            for place in places(node.fields, None):
                for hop in place.via:
                    told += 1
                    name = hop.note.rpartition(" ")[2].rpartition(".")[2].strip("`")
                    first = hop.note.partition(" ")[0].partition(".")[0]
                    line = TEXTS[hop.span.path].splitlines()[hop.span.line - 1]
                    assert first in words or name in line or "[" in hop.note, (hop.note, line)
    assert told > 30


@given(mutated(TEXTS["envs/prod/main.tf"]), mutated(TEXTS["web/main.tf"]))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_mutated_modules_are_documents(root: str, inner: str) -> None:
    texts = {**TEXTS, "envs/prod/main.tf": root, "web/main.tf": inner}
    check(texts, evaluated(texts))


@given(st.permutations(sorted(TEXTS)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_files_changes_nothing(order: list[str]) -> None:
    assert evaluated({path: TEXTS[path] for path in order}) == evaluated(TEXTS)
