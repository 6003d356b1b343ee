"""What passes through modules: nested blocks, null, marks, and inputs from outside."""

from __future__ import annotations

import pytest
from tests.parsers.terraform.evaluated import evaluated, hops, only

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.evaluate.folder import Folder, folder_of
from plumbrule_parsers.terraform.evaluate.given import Given
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.evaluate.units import units_of
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, Reason, Unknown, Value

BLOCKS = """\
variable "u" {}
resource "a_b" "one" {
  disk {
    name = "root"
    size = 5
  }
  disk {
    name = var.u
  }
  settings {
    tier = "db"
    backup {
      enabled = true
    }
  }
  dynamic "rule" {
    for_each = [22, 80]
    content {
      port = rule.value
    }
  }
}
"""


def value(expression: str, text: str = BLOCKS) -> Value:
    texts = {"main.tf": f"{text}locals {{\n  it = {expression}\n}}\n"}
    return only(evaluated(texts), "local.it").fields["value"]


# ------------------------------------------------------------------ nested blocks
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a_b.one.disk[0].name", "root"),
        ("a_b.one.disk[*].size", None),
        ("a_b.one.settings[0].tier", "db"),
        ("a_b.one.settings.tier", "db"),
        ("a_b.one.settings[0].backup[0].enabled", True),
        ("a_b.one.rule[1].port", 80),
        ("[for r in a_b.one.rule : r.port]", [22, 80]),
        ("length(a_b.one.disk)", 2),
    ],
)
def test_nested_blocks_are_read_like_attributes(expression: str, expected: object) -> None:
    found = value(expression)
    if expected is None:
        assert isinstance(found, list)
        assert found[0] == 5
    else:
        assert found == expected


def test_what_a_block_does_not_set_is_computed() -> None:
    found = value("a_b.one.disk[0].serial")
    assert isinstance(found, Unknown)
    assert (found.reason, found.reference) == (Reason.COMPUTED, "a_b.one")


# ------------------------------------------------------------------ null
@pytest.mark.parametrize(
    ("nullable", "given", "expected"),
    [("", "null", None), ("  nullable = true\n", "null", None),
     ("  nullable = false\n", "null", "d"), ("  nullable = false\n", '"x"', "x")],
)  # fmt: skip
def test_null_becomes_the_default_only_where_it_is_not_allowed(
    nullable: str, given: str, expected: object
) -> None:
    texts = {
        "main.tf": f'module "m" {{\n  source = "./m"\n  v = {given}\n}}\n',
        "m/main.tf": f'variable "v" {{\n  default = "d"\n{nullable}}}\n'
        'resource "a_b" "c" {\n  v = var.v\n}\n',
    }
    assert only(evaluated(texts), "a_b.c").fields["v"] == expected


# ------------------------------------------------------------------ marks
def module_of(texts: dict[str, str], folder: str = "", given: tuple[Given, ...] = ()) -> Module:
    """The one module of a folder."""
    bodies: dict[str, dict[str, tuple[Source, object]]] = {}
    for path, text in texts.items():
        document = parse(Source(path, text))
        bodies.setdefault(path.rpartition("/")[0], {})[path] = (
            document.source, document.facts["body"],
        )  # fmt: skip
    folders: dict[str, Folder] = {
        path: folder_of(path, found)  # type: ignore[arg-type]
        for path, found in bodies.items()
    }
    (module,) = units_of(folders, ScannedFiles(None, (), texts), given).modules[folder]
    return module


@pytest.mark.parametrize("mark", ["sensitive", "ephemeral"])
@pytest.mark.parametrize("where", ["variable", "output"])
def test_marks_travel_through_modules(mark: str, where: str) -> None:
    setting = f"  {mark} = true\n"
    texts = {
        "main.tf": 'module "m" {\n  source = "./m"\n  v = "x"\n}\n'
        'locals {\n  it = "<${module.m.o}>"\n}\n',
        "m/main.tf": f'variable "v" {{\n{setting if where == "variable" else ""}}}\n'
        f'output "o" {{\n  value = upper(var.v)\n{setting if where == "output" else ""}}}\n',
    }
    module = module_of(texts)
    found = module.local("it", next(iter(module.folder.bodies.values()))[0].span(0, 0))
    assert found.data == "<X>"
    assert found.sensitive


# ------------------------------------------------------------------ inputs from outside
def test_a_given_way_is_a_unit_with_its_inputs() -> None:
    text = 'variable "v" {\n  default = "d"\n}\nvariable "w" {}\nlocals {\n  it = var.v\n}\n'
    other = Source("live/unit.hcl", "v = 1\n")
    hop = Hop(other.span(4, 5), "input `v`")
    way = Given(
        "live", "mod", {"v": Traced("given", (hop,))}, other.span(0, 1), "unit", "live",
        ("live/unit.hcl",), "prod",
    )  # fmt: skip
    module = module_of({"mod/main.tf": text}, "mod", (way,))
    found = module.local("it", other.span(0, 0))
    assert found.data == "given"
    assert found.via[-1] == hop
    assert (module.unit, module.chain, module.variant) == ("live", "live", "")


def test_a_default_that_a_call_leaves_in_force_names_the_call() -> None:
    documents = evaluated({
        "main.tf": 'module "web" {\n  source = "./web"\n}\n',
        "web/main.tf": 'variable "a" {\n  default = 1\n}\n'
        'resource "aws_x" "y" {\n  it = var.a\n}\n',
    })  # fmt: skip
    assert hops(only(documents, "aws_x.y"), "it") == [
        ("main.tf", 1, "not set by module.web"), ("web/main.tf", 2, "default of var.a"),
    ]  # fmt: skip
