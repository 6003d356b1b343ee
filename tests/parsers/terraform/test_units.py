"""Modules in all their uses: every call is a resolution of its own, and roots are units."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.parsers.terraform.evaluated import evaluated, hops, links, nodes, only

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Document
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.terraform.resolve import resolve
from plumbrule_parsers.value import MapValue, Reason, Unknown

WEB = """\
variable "name" {
  default = "unused"
}
resource "aws_thing" "this" {
  bucket = var.name
}
output "bucket" {
  value = aws_thing.this.bucket
}
output "id" {
  value = aws_thing.this.id
}
"""


def call(name: str, value: str, more: str = "", source: str = "./web") -> str:
    return f'module "{name}" {{\n  source = "{source}"\n  name = {value}\n{more}}}\n'


def addresses(documents: dict[str, Document]) -> set[str]:
    return {node.address for document in documents.values() for node in document.nodes}


# ------------------------------------------------------------------ calls
def test_every_call_is_judged_with_its_own_arguments() -> None:
    documents = evaluated({
        "envs/prod/main.tf": call("web", '"p"', source="../../web"),
        "envs/dev/main.tf": call("web", '"d"', source="../../web"),
        "web/main.tf": WEB,
    })  # fmt: skip
    found = nodes(documents, "aws_thing.this")
    assert {variant: node.fields["bucket"] for variant, node in found.items()} == {
        "envs/prod:module.web": "p", "envs/dev:module.web": "d",
    }  # fmt: skip
    assert {variant: node.unit for variant, node in found.items()} == {
        "envs/prod:module.web": "envs/prod", "envs/dev:module.web": "envs/dev",
    }  # fmt: skip
    node = found["envs/prod:module.web"]
    assert node.address == "web/main.tf#envs/prod:module.web:aws_thing.this"
    assert node.plain_address == "web/main.tf#aws_thing.this"
    assert hops(node, "bucket") == [("envs/prod/main.tf", 3, "argument of module.web")]
    assert node.fields["call"] == "envs/prod:module.web"


def test_a_module_with_one_use_keeps_plain_addresses() -> None:
    documents = evaluated({"main.tf": call("m", '"x"'), "web/main.tf": WEB})
    node = only(documents, "aws_thing.this")
    assert (node.address, node.variant, node.unit) == ("web/main.tf#aws_thing.this", "", ".")
    assert all(one.unit == "." for one in documents["main.tf"].nodes)
    (unit,) = documents["main.tf"].units
    assert (unit.name, unit.kind, unit.folder) == (".", "terraform root", "")
    assert documents["web/main.tf"].units == ()


def test_the_unit_is_declared_by_main_or_the_first_file() -> None:
    texts = {"a/main.tf": "locals {\n  x = 1\n}\n", "a/a.tf": "", "b/y.tf": "", "b/x.tf": ""}
    documents = evaluated(texts)
    declared = {path: [unit.name for unit in one.units] for path, one in documents.items()}
    assert declared == {"a/main.tf": ["a"], "a/a.tf": [], "b/y.tf": [], "b/x.tf": ["b"]}


def test_files_without_expressions_are_in_every_variant_too() -> None:
    documents = evaluated({
        "main.tf": call("a", '"1"') + call("b", '"2"'),
        "web/main.tf": WEB, "web/more.tf": 'variable "other" {\n  default = 1\n}\n',
    })  # fmt: skip
    assert set(nodes(documents, "var.other")) == {".:module.a", ".:module.b"}


def test_a_root_that_is_called_too_is_both() -> None:
    backend = 'terraform {\n  backend "s3" {}\n}\n'
    documents = evaluated({"web/main.tf": WEB + backend, "main.tf": call("a", '"1"')})
    found = nodes(documents, "aws_thing.this")
    assert {variant: node.fields["bucket"] for variant, node in found.items()} == {
        "web": "unused", ".:module.a": "1",
    }  # fmt: skip


def test_calls_inside_calls_are_told_apart_by_their_chain() -> None:
    team = 'module "in" {\n  source = "../web"\n  name = "${var.t}-x"\n}\nvariable "t" {}\n'
    root = "".join(f'module "{t}" {{\n  source = "./team"\n  t = "{t}"\n}}\n' for t in "ab")
    documents = evaluated({"main.tf": root, "team/main.tf": team, "web/main.tf": WEB})
    found = nodes(documents, "aws_thing.this")
    assert {variant: node.fields["bucket"] for variant, node in found.items()} == {
        ".:module.a.module.in": "a-x", ".:module.b.module.in": "b-x",
    }  # fmt: skip


def test_outputs_of_a_later_call_are_known_to_an_earlier_one() -> None:
    documents = evaluated({
        "main.tf": call("a", "module.z.bucket", '  count = module.z.bucket == "q" ? 1 : 0\n')
        + call("z", '"q"'), "web/main.tf": WEB,
    })  # fmt: skip
    found = nodes(documents, "aws_thing.this")
    assert found[".:module.a"].fields["bucket"] == "q"
    assert found[".:module.a"].condition is None


def test_a_module_call_refers_to_its_own_resolution_only() -> None:
    documents = evaluated({"main.tf": call("a", '"1"') + call("b", '"2"'), "web/main.tf": WEB})
    calls = {
        dict(one.target.equals).get("call")  # type: ignore[union-attr]
        for one in documents["main.tf"].references
        if one.origin == "main.tf#module.a" and one.edge == "flows_to"
    }
    assert calls == {".:module.a"}


# ------------------------------------------------------------------ instances
def test_each_instance_of_a_call_is_told_apart_where_it_differs() -> None:
    root = call("m", "each.value.name", '  for_each = { x = { name = "1" }, y = { name = "2" } }\n')
    documents = evaluated({
        "main.tf": root + 'locals {\n  y = module.m["y"].bucket\n'
        "  all = { for k, m in module.m : k => m.bucket }\n}\n",
        "web/main.tf": WEB,
    })  # fmt: skip
    found = nodes(documents, "aws_thing.this")
    assert {variant: node.fields["bucket"] for variant, node in found.items()} == {
        '.:module.m["x"]': "1", '.:module.m["y"]': "2",
    }  # fmt: skip
    assert only(documents, "local.y").fields["value"] == "2"
    assert only(documents, "local.all").fields["value"] == {"x": "1", "y": "2"}


def test_instances_that_are_all_alike_are_one() -> None:
    documents = evaluated({"main.tf": call("m", '"x"', "  count = 3\n"), "web/main.tf": WEB})
    assert only(documents, "aws_thing.this").variant == ""
    documents = evaluated({
        "main.tf": call("m", "tostring(count.index)", "  count = 2\n")
        + "locals {\n  all = module.m[*].bucket\n}\n", "web/main.tf": WEB,
    })  # fmt: skip
    assert set(nodes(documents, "aws_thing.this")) == {".:module.m[0]", ".:module.m[1]"}
    assert only(documents, "local.all").fields["value"] == ["0", "1"]


def test_more_instances_than_are_told_apart_share_their_values() -> None:
    documents = evaluated({
        "main.tf": call("m", "each.key", "  for_each = toset([for n in range(300) : n])\n"),
        "web/main.tf": WEB,
    })  # fmt: skip
    node = only(documents, "aws_thing.this")
    assert node.variant == ""
    assert isinstance(node.fields["bucket"], Unknown)


def test_a_call_with_count_zero_makes_nothing_and_says_so() -> None:
    inner = WEB + 'module "in" {\n  source = "../deep"\n}\n'
    documents = evaluated({
        "main.tf": call("m", '"x"', "  count = 0\n"), "web/main.tf": inner,
        "deep/main.tf": 'resource "a_b" "c" {}\n',
    })  # fmt: skip
    assert addresses(documents) == {"web/main.tf#var.name"}
    assert documents["web/main.tf"].because == "never called: no instances at main.tf:1"
    assert documents["deep/main.tf"].because == "never called: no instances at main.tf:1"


def test_a_call_that_happens_elsewhere_is_not_absent() -> None:
    documents = evaluated({
        "main.tf": call("m", '"x"', "  count = 0\n") + call("n", '"y"'), "web/main.tf": WEB,
    })  # fmt: skip
    assert only(documents, "aws_thing.this").fields["bucket"] == "y"


def test_a_call_that_may_not_happen_makes_conditional_nodes_all_the_way_down() -> None:
    inner = WEB + 'module "in" {\n  source = "../deep"\n}\n'
    documents = evaluated({
        "main.tf": 'variable "u" {}\n' + call("m", '"x"', "  count = var.u ? 1 : 0\n"),
        "web/main.tf": inner, "deep/main.tf": 'resource "a_b" "c" {}\n',
    })  # fmt: skip
    assert only(documents, "aws_thing.this").condition is not None
    assert only(documents, "a_b.c").condition is not None


# ------------------------------------------------------------------ links across modules
VERSIONING = 'variable "bucket" {}\nresource "aws_v" "v" {\n  bucket = var.bucket\n}\n'
BUCKETS = "".join(f'resource "aws_s3_bucket" "{n}" {{\n  bucket = "{n}"\n}}\n' for n in "ab")


@pytest.mark.parametrize("attribute", ["id", "bucket", "arn"])
def test_a_resource_refers_to_what_its_caller_passed(attribute: str) -> None:
    root = BUCKETS + (
        f'module "m" {{\n  source = "./v"\n  bucket = aws_s3_bucket.a.{attribute}\n}}\n'
    )
    documents = evaluated({"main.tf": root, "v/main.tf": VERSIONING})
    assert links(documents, "v/main.tf#aws_v.v") == {"main.tf#aws_s3_bucket.a": True}


def test_of_an_object_that_is_passed_only_the_part_that_is_used_counts() -> None:
    root = BUCKETS + (
        'module "m" {\n  source = "./v"\n'
        "  bucket = { one = aws_s3_bucket.a.id, two = aws_s3_bucket.b.id }\n}\n"
    )
    inner = VERSIONING.replace("var.bucket\n", "var.bucket.two\n")
    documents = evaluated({"main.tf": root, "v/main.tf": inner})
    assert links(documents, "v/main.tf#aws_v.v") == {"main.tf#aws_s3_bucket.b": True}


def test_links_lead_through_outputs_and_locals_into_the_right_call() -> None:
    bucket = (
        'variable "n" {}\nresource "aws_s3_bucket" "this" {\n  bucket = var.n\n}\n'
        'output "id" {\n  value = aws_s3_bucket.this.id\n}\n'
    )
    root = "".join(
        f'module "{n}" {{\n  source = "./bucket"\n  n = "{n}"\n}}\n'
        f'module "v{n}" {{\n  source = "./v"\n  bucket = local.{n}\n}}\n'
        for n in "ab"
    )
    root += "locals {\n  a = module.a.id\n  b = module.b.id\n}\n"
    documents = evaluated({"main.tf": root, "v/main.tf": VERSIONING, "bucket/main.tf": bucket})
    for name in "ab":
        assert links(documents, f"v/main.tf#.:module.v{name}:aws_v.v") == {
            f"bucket/main.tf#.:module.{name}:aws_s3_bucket.this": True
        }


def test_each_instance_refers_to_what_it_was_given() -> None:
    root = BUCKETS + (
        'module "m" {\n  source = "./v"\n'
        "  for_each = { x = aws_s3_bucket.a.id, y = aws_s3_bucket.b.id }\n"
        "  bucket = each.value\n}\n"
    )
    documents = evaluated({"main.tf": root, "v/main.tf": VERSIONING})
    assert links(documents, 'v/main.tf#.:module.m["y"]:aws_v.v') == {
        "main.tf#aws_s3_bucket.b": True
    }


# ------------------------------------------------------------------ bounds
def test_a_module_that_calls_itself_is_one_problem() -> None:
    documents = evaluated({"web/main.tf": 'module "m" {\n  source = "../web"\n  a = var.b\n}\n'})
    assert [one.code for one in documents["web/main.tf"].problems] == ["module-recursion"]


def test_modules_that_call_each_other_are_one_problem() -> None:
    texts = {
        "a/main.tf": 'module "b" {\n  source = "../b"\n}\nresource "x_y" "a" {}\n',
        "b/main.tf": 'module "a" {\n  source = "../a"\n}\nresource "x_y" "b" {}\n',
    }
    documents = evaluated(texts)
    problems = [problem.code for one in documents.values() for problem in one.problems]
    assert problems == ["module-recursion"]
    assert only(documents, "x_y.a")
    assert only(documents, "x_y.b")


def test_calls_that_double_at_every_level_are_bounded() -> None:
    levels = 30
    texts = {
        f"m{level}/main.tf": "".join(
            f'module "{n}" {{\n  source = "../m{level + 1}"\n  x = "${{var.x}}{n}"\n}}\n'
            for n in "ab"
        )
        + 'variable "x" {\n  default = ""\n}\nresource "a_b" "c" {\n  x = var.x\n}\n'
        for level in range(levels)
    }
    texts[f"m{levels}/main.tf"] = 'variable "x" {}\nresource "a_b" "c" {\n  x = var.x\n}\n'
    documents = evaluated(texts)
    assert all(
        any(node.label == "a_b.c" for node in document.nodes) for document in documents.values()
    )
    assert sum(len(document.nodes) for document in documents.values()) < 200 * levels
    last = documents[f"m{levels}/main.tf"]
    unknown = nodes({"": last}, "a_b.c").popitem()[1].fields["x"]
    assert isinstance(unknown, Unknown)
    assert unknown.reason is Reason.LIMIT
    for document in documents.values():
        assert len([one for one in document.problems if one.code == "module-calls"]) <= 1


def test_a_module_with_too_many_calls_is_judged_once_without_its_arguments() -> None:
    inner = WEB + 'variable "no" {\n  default = "set"\n}\nresource "q_r" "s" {\n  x = var.no\n}\n'
    documents = evaluated({
        "main.tf": "".join(call(f"m{n}", f'"{n}"') for n in range(150)), "web/main.tf": inner,
    })  # fmt: skip
    node = only(documents, "aws_thing.this")
    assert isinstance(node.fields["bucket"], Unknown)
    assert only(documents, "q_r.s").fields["x"] == "set"
    assert [one.code for one in documents["web/main.tf"].problems] == ["module-calls"]


def test_the_order_of_files_and_calls_changes_nothing() -> None:
    texts = {
        "b/main.tf": call("two", "module.one.bucket", source="../web")
        + call("one", '"1"', source="../web"),
        "a/main.tf": call("web", '"3"', source="../web"),
        "web/main.tf": WEB,
    }
    assert evaluated(texts) == evaluated(dict(reversed(texts.items())))


def test_a_remote_module_keeps_its_arguments_and_is_a_hole() -> None:
    root = 'module "r" {\n  source = "org/thing/aws"\n  acl = "private"\n}\n'
    documents = evaluated({"main.tf": root + "locals {\n  x = module.r.id\n}\n"})
    assert only(documents, "module.r").fields["acl"] == "private"
    found = only(documents, "local.x").fields["value"]
    assert isinstance(found, Unknown)
    assert found.reason is Reason.REMOTE
    (hole,) = documents["main.tf"].holes
    assert "tf.Resource" in hole.kinds
    assert isinstance(only(documents, "module.r").fields, MapValue)


@pytest.mark.parametrize(
    ("source", "kind"),
    [("org/thing/google", "tf.OtherResource"), ("org/thing/aws", "tf.Resource"),
     ("git::https://example.com/org/x/google", "tf.Resource"),
     ("app.example.com/org/x/azurerm//sub", "tf.OtherResource")],
)  # fmt: skip
def test_a_hole_hides_what_the_module_could_give(source: str, kind: str) -> None:
    documents = evaluated({"main.tf": f'module "r" {{\n  source = "{source}"\n}}\n'})
    (hole,) = documents["main.tf"].holes
    assert hole.kinds[0] == kind


def test_a_local_module_that_is_not_there_is_a_hole() -> None:
    documents = evaluated({"main.tf": call("m", '"x"', source="../gone")})
    (hole,) = documents["main.tf"].holes
    assert hole.why.reason is Reason.REMOTE


# ------------------------------------------------------------------ fetched modules
def fetched(entries: dict[str, str], root: str = "") -> dict[str, str]:
    listed = [{"Key": key, "Source": "org/x/aws", "Dir": path} for key, path in entries.items()]
    text = json.dumps({"Modules": [{"Key": "", "Source": "", "Dir": "."}, *listed]})
    return {f"{root}.terraform/modules/modules.json": text}


REMOTE = 'module "web" {\n  source = "org/web/aws"\n  name = "x"\n}\n'


def test_a_vendored_registry_module_is_followed() -> None:
    texts = {"main.tf": REMOTE, "vendor/web/main.tf": WEB, **fetched({"web": "vendor/web"})}
    documents = evaluated(texts)
    assert only(documents, "aws_thing.this").fields["bucket"] == "x"
    assert documents["main.tf"].holes == ()


def test_a_module_below_dot_terraform_is_read_from_the_disk(tmp_path: Path) -> None:
    folder = tmp_path / ".terraform/modules/web"
    (folder / "inner").mkdir(parents=True)
    (folder / "main.tf").write_text(WEB + 'module "in" {\n  source = "./inner"\n}\n')
    (folder / "inner/x.tf").write_text('resource "in_ner" "x" {}\n')
    for path, text in {"main.tf": REMOTE, **fetched({"web": ".terraform/modules/web"})}.items():
        (tmp_path / path).write_text(text)
    tree = ScannedFiles(tmp_path, ["main.tf"])
    documents = {"main.tf": parse(Source("main.tf", REMOTE))}
    found = {one.source.path: one for one in resolve(documents, tree)}
    assert only(found, "aws_thing.this").fields["bucket"] == "x"
    assert only(found, "aws_thing.this").path == ".terraform/modules/web/main.tf"
    assert only(found, "in_ner.x").unit == "."
    assert found["main.tf"].holes == ()


@pytest.mark.parametrize("path", ["../outside", "/etc", "..", "gone"])
def test_a_list_that_leads_out_of_the_repository_leads_nowhere(path: str) -> None:
    documents = evaluated({"a/main.tf": REMOTE, **fetched({"web": f"../{path}"}, "a/")})
    (hole,) = documents["a/main.tf"].holes
    assert hole.why.reason is Reason.REMOTE
