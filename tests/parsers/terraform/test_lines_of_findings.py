"""A finding inside a module points at the module's line and names the call."""

from __future__ import annotations

import pytest

from plumbrule.finding import Finding
from plumbrule.pack import Pack, load_pack
from plumbrule.scan.scan import scan_texts
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.source import Source

RULE = '''plumbrule 1
rule demo.open {
  title    "open"
  severity high
  match r: net.IngressRule
  where any(range in r.cidrs where prefix_length(range) == 0)
  report at r.cidrs "open"
  test "one" fails { file "a.tf" """
      resource "aws_security_group" "a" {
        ingress {
          from_port   = 1
          to_port     = 1
          protocol    = "tcp"
          cidr_blocks = ["0.0.0.0/0"]
        }
      }
  """ }
  test "none" passes { file "a.tf" """
      resource "aws_security_group" "a" {
        ingress {
          from_port   = 1
          to_port     = 1
          protocol    = "tcp"
          cidr_blocks = ["10.0.0.0/8"]
        }
      }
  """ }
}
'''
MODULE = """\
variable "cidr" {
  default = "0.0.0.0/0"
}
resource "aws_security_group" "a" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8", var.cidr]
  }
}
"""


@pytest.fixture(scope="module")
def pack() -> Pack:
    made = load_pack([Source("demo.plumb", RULE)], schema_sources(), None)
    assert not [problem for problem in made.problems if problem.code[0] != "W"]
    return made


def finding(pack: Pack, call: str) -> Finding:
    made = scan_texts({"main.tf": call, "m/main.tf": MODULE}, pack)
    (found,) = made.findings
    assert (found.span.path, found.span.line) == ("m/main.tf", 9)
    return found


def related(found: Finding) -> list[tuple[str, int, str]]:
    return [(one.span.path, one.span.line, one.note) for one in found.related]


def test_an_item_of_a_list_names_the_argument_that_gives_it(pack: Pack) -> None:
    found = finding(pack, 'module "m" {\n  source = "./m"\n  cidr = "0.0.0.0/0"\n}\n')
    assert ("main.tf", 3, "argument of module.m") in related(found)


def test_a_default_names_the_call_that_leaves_it_in_force(pack: Pack) -> None:
    found = finding(pack, 'module "m" {\n  source = "./m"\n}\n')
    assert ("main.tf", 1, "not set by module.m") in related(found)
    assert ("m/main.tf", 2, "default of var.cidr") in related(found)


def test_a_literal_of_the_module_names_the_calls_around_it(pack: Pack) -> None:
    inner = MODULE.replace(", var.cidr", ', "0.0.0.0/0"')
    texts = {
        "main.tf": 'module "outer" {\n  source = "./o"\n}\n',
        "o/main.tf": '\nmodule "inner" {\n  source = "../m"\n}\n',
        "m/main.tf": inner,
    }
    (found,) = scan_texts(texts, pack).findings
    assert (found.span.path, found.span.line) == ("m/main.tf", 9)
    assert related(found) == [
        ("o/main.tf", 2, "called here as module.inner"),
        ("main.tf", 1, "called here as module.outer"),
    ]


def test_a_root_names_no_caller(pack: Pack) -> None:
    (found,) = scan_texts({"main.tf": MODULE}, pack).findings
    assert [path for path, _line, note in related(found) if "called" in note] == []
