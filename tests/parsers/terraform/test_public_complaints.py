"""What people complained about elsewhere, end to end: the whole scan says the right thing here."""

from __future__ import annotations

from functools import cache

import pytest
from tests.parsers.terraform.plans import PACK

from plumbrule.config import Config
from plumbrule.finding import Report
from plumbrule.graph.graph import Graph
from plumbrule.scan.scan import model_of_texts, scan_texts
from plumbrule_parsers.document import Node
from plumbrule_parsers.value import ListValue, MapValue, Unknown

VERSIONING = "aws.s3_bucket_without_versioning"
PORTS = "net.admin_port_open_to_world"
DATABASE = "tf.database_without_deletion_protection"


def report(texts: dict[str, str], rule: str) -> Report:
    return scan_texts(texts, PACK, only=frozenset({rule}))


def verdicts(texts: dict[str, str], rule: str) -> tuple[list[str], list[str]]:
    """The subjects that fail, and those that cannot be decided."""
    made = report(texts, rule)
    return [one.subject for one in made.findings], [one.subject for one in made.reviews]


def graph(texts: dict[str, str]) -> Graph:
    return model_of_texts(texts, Config(), PACK).graph


def labelled(found: Graph, label: str) -> list[Node]:
    return [node for node in found.nodes.values() if node.label == label]


def edges(found: Graph, origin: str, target: str) -> list[bool]:
    """Whether the edges from the one label to the other are sure."""
    return [
        edge.doubt is None
        for node in labelled(found, origin)
        for edge in found.outgoing(node.address, "references")
        if found.nodes[edge.target].label == target
    ]


def test_a_resource_of_another_module_is_connected() -> None:
    """https://github.com/bridgecrewio/checkov/issues/7410: WAF and distribution in two modules."""
    texts = {
        "main.tf": 'module "waf" {\n  source = "./waf"\n}\n'
        'module "cdn" {\n  source = "./cdn"\n  acl = module.waf.arn\n}\n',
        "waf/main.tf": 'resource "aws_wafv2_web_acl" "this" {}\n'
        'output "arn" {\n  value = aws_wafv2_web_acl.this.arn\n}\n',
        "cdn/main.tf": 'variable "acl" {}\n'
        'resource "aws_cloudfront_distribution" "this" {\n  web_acl_id = var.acl\n}\n',
    }
    found = graph(texts)
    assert edges(found, "aws_cloudfront_distribution.this", "aws_wafv2_web_acl.this") == [True]


@pytest.mark.parametrize(
    ("instances", "key"),
    [("count = 1", "[0]"), ("count = 2", "[1]"), ('for_each = toset(["a"])', '["a"]')],
)
def test_instances_are_connected(instances: str, key: str) -> None:
    """https://github.com/bridgecrewio/checkov/issues/7358: no edges after count or for_each."""
    text = (
        f'resource "aws_s3_bucket" "b" {{\n  {instances}\n  bucket = "x"\n}}\n'
        'resource "aws_s3_bucket_versioning" "v" {\n'
        f"  bucket = aws_s3_bucket.b{key}.id\n"
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    )
    found = graph({"main.tf": text})
    assert edges(found, "aws_s3_bucket_versioning.v", f"aws_s3_bucket.b{key}") == [True]
    # Of two buckets one has no versioning.
    bad = ["main.tf#aws_s3_bucket.b[0]"] if instances == "count = 2" else []
    assert verdicts({"main.tf": text}, VERSIONING) == (bad, [])


S3_MODULE = """\
variable "create" {
  default = true
}
variable "versioning" {
  type    = map(string)
  default = {}
}
resource "aws_s3_bucket" "this" {
  count = var.create ? 1 : 0
}
resource "aws_s3_bucket_versioning" "this" {
  count  = var.create && length(keys(var.versioning)) > 0 ? 1 : 0
  bucket = aws_s3_bucket.this[0].id
  versioning_configuration {
    status = try(var.versioning["enabled"] ? "Enabled" : "Suspended", "Suspended")
  }
}
"""


@pytest.mark.parametrize(
    ("argument", "fails"),
    [("versioning = { enabled = true }", 0), ("versioning = { enabled = false }", 1), ("", 1)],
)
def test_a_module_in_the_style_of_the_registry_is_judged_by_its_arguments(
    argument: str, fails: int
) -> None:
    """https://github.com/bridgecrewio/checkov/issues/6135: checks fail whatever is passed."""
    root = f'module "logs" {{\n  source = "./s3"\n  {argument}\n}}\n'
    failing, undecided = verdicts({"main.tf": root, "s3/main.tf": S3_MODULE}, VERSIONING)
    assert (len(failing), undecided) == (fails, [])


def test_one_module_called_well_and_called_badly() -> None:
    """https://github.com/bridgecrewio/checkov/issues/6135, with two callers: each has its own."""
    root = (
        'module "good" {\n  source = "./s3"\n  versioning = { enabled = true }\n}\n'
        'module "bad" {\n  source = "./s3"\n}\n'
    )
    failing, undecided = verdicts({"main.tf": root, "s3/main.tf": S3_MODULE}, VERSIONING)
    assert failing == ["s3/main.tf#.:module.bad:aws_s3_bucket.this[0]"]
    assert not undecided


def test_a_module_for_each_with_a_for_expression_is_expanded() -> None:
    """https://github.com/bridgecrewio/checkov/issues/7503"""
    texts = {
        "main.tf": 'variable "items" {\n  type    = list(string)\n  default = ["a", "b"]\n}\n'
        'module "child" {\n  source   = "./child"\n'
        "  for_each = { for v in var.items : v => v }\n  val      = each.value\n}\n",
        "child/main.tf": 'variable "val" {\n  type = string\n}\n'
        'resource "terraform_data" "test" {\n  input = var.val\n}\n',
    }
    found = labelled(graph(texts), "terraform_data.test")
    assert [node.fields["input"] for node in found] == ["a", "b"]
    assert [node.condition for node in found] == [None, None]


def test_what_has_count_zero_is_not_there() -> None:
    """https://github.com/bridgecrewio/checkov/issues/1078: a default that switches it off."""
    texts = {
        "main.tf": 'module "vpc" {\n  source = "./vpc"\n}\n',
        "vpc/main.tf": 'variable "manage_default_vpc" {\n  default = false\n}\n'
        'resource "aws_default_vpc" "this" {\n  count = var.manage_default_vpc ? 1 : 0\n}\n',
    }
    assert not graph(texts).extent("tf.Resource")
    texts["main.tf"] = 'module "vpc" {\n  source = "./vpc"\n  manage_default_vpc = true\n}\n'
    assert labelled(graph(texts), "aws_default_vpc.this[0]")


@pytest.mark.parametrize(
    ("variable", "failing", "undecided"),
    [("", 0, 1), ("  default = true\n", 0, 0), ("  default = false\n", 1, 0)],
)
def test_a_variable_without_a_value_is_no_failure(
    variable: str, failing: int, undecided: int
) -> None:
    """https://github.com/bridgecrewio/checkov/issues/5824: a value from a variable fails."""
    text = (
        f'variable "protect" {{\n{variable}}}\n'
        'resource "aws_db_instance" "d" {\n  deletion_protection = var.protect\n}\n'
    )
    found = verdicts({"main.tf": text}, DATABASE)
    assert (len(found[0]), len(found[1])) == (failing, undecided)


DB = """\
variable "protect" {
  default = false
}
variable "secret" {
  default = ""
}
resource "aws_db_instance" "this" {
  deletion_protection = var.protect
  password            = var.secret
}
output "id" {
  value = aws_db_instance.this.id
}
output "protect" {
  value = var.protect
}
"""


@pytest.mark.parametrize("secret", ["random_password.p.result", '"a"', "null"])
def test_siblings_are_judged_with_what_is_passed(secret: str) -> None:
    """https://github.com/aquasecurity/trivy/issues/10926: a sibling got the defaults."""
    root = (
        'resource "random_password" "p" {\n  length = 16\n}\n'
        f'module "cluster" {{\n  source = "./db"\n  secret = {secret}\n  protect = true\n}}\n'
        'module "other" {\n  source = "./db"\n  protect = true\n}\n'
    )
    assert verdicts({"main.tf": root, "db/main.tf": DB}, DATABASE) == ([], [])


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_the_names_of_modules_do_not_decide_what_is_known(first: str, second: str) -> None:
    """https://github.com/aquasecurity/trivy/issues/9187: the order of evaluation was visible."""
    root = (
        f'module "{first}" {{\n  source = "./db"\n  protect = true\n}}\n'
        f'module "{second}" {{\n  source = "./db"\n  count = module.{first}.protect ? 1 : 0\n'
        f"  protect = module.{first}.protect\n}}\n"
    )
    assert verdicts({"main.tf": root, "db/main.tf": DB}, DATABASE) == ([], [])


def test_a_dynamic_block_over_a_local_value_is_read() -> None:
    """https://github.com/aquasecurity/trivy/issues/5902"""
    text = """\
locals {
  cluster_network_policy = [{
    enabled = true
  }]
}
resource "google_container_cluster" "primary" {
  dynamic "network_policy" {
    for_each = local.cluster_network_policy
    content {
      enabled = network_policy.value.enabled
    }
  }
}
"""
    (found,) = labelled(graph({"main.tf": text}), "google_container_cluster.primary")
    assert found.fields["network_policy"] == {"enabled": True}


def test_dynamic_blocks_inside_dynamic_blocks_are_expanded() -> None:
    """https://github.com/aquasecurity/trivy/issues/7586: the inner one needs the outer one."""
    inner = """\
variable "groups" {
  type = list(object({ name = string, ports = optional(list(number), []) }))
}
resource "a_b" "c" {
  dynamic "group" {
    for_each = var.groups
    content {
      name = group.value.name
      dynamic "port" {
        for_each = group.value.ports
        iterator = p
        content {
          number = p.value
          group  = group.key
        }
      }
    }
  }
}
"""
    root = (
        'module "m" {\n  source = "./m"\n'
        '  groups = [{ name = "a", ports = [1, 2] }, { name = "b" }]\n}\n'
    )
    (found,) = labelled(graph({"main.tf": root, "m/main.tf": inner}), "a_b.c")
    groups = found.fields["group"]
    assert isinstance(groups, ListValue)
    first, second = groups
    assert isinstance(first, MapValue)
    assert first["port"] == [{"number": 1, "group": 0}, {"number": 2, "group": 0}]
    assert isinstance(second, MapValue)
    assert "port" not in second


def test_functions_and_locals_and_modules_are_evaluated() -> None:
    """https://github.com/Checkmarx/kics/issues/4833: locals and lookup were kept as text."""
    inner = """\
variable "env" {}
variable "networks" {
  type = map(string)
}
locals {
  range = lookup(var.networks, var.env, "10.0.0.0/8")
}
resource "aws_security_group" "g" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = [local.range]
  }
}
"""
    root = (
        'module "{env}" {{\n  source   = "./sg"\n  env      = "{env}"\n'
        '  networks = {{ dev = "0.0.0.0/0" }}\n}}\n'
    )
    texts = {"main.tf": root.format(env="dev") + root.format(env="prod"), "sg/main.tf": inner}
    failing, undecided = verdicts(texts, PORTS)
    assert failing == ["sg/main.tf#.:module.dev:aws_security_group.g/ingress/0"]
    assert not undecided


def test_a_local_value_with_the_name_of_a_resource_is_another_thing() -> None:
    """https://github.com/semgrep/semgrep/issues/11571"""
    text = """\
locals {
  cluster_logs_bucket = "test"
}
resource "aws_s3_bucket" "cluster_logs_bucket" {
  bucket = local.cluster_logs_bucket
}
resource "aws_s3_bucket_versioning" "cluster_logs_bucket" {
  bucket = aws_s3_bucket.cluster_logs_bucket.id
  versioning_configuration {
    status = "Enabled"
  }
}
"""
    assert verdicts({"main.tf": text}, VERSIONING) == ([], [])


@pytest.mark.parametrize(
    ("instances", "keys"),
    [("count = 2", ("0", "1")), ('for_each = toset(["x", "y"])', ('"x"', '"y"'))],
)
def test_an_output_of_an_instance_is_that_of_this_instance(
    instances: str, keys: tuple[str, str]
) -> None:
    """https://github.com/bridgecrewio/checkov/issues/7674: edges to modules with instances."""
    argument = "each.key" if "for_each" in instances else "tostring(count.index)"
    texts = {
        "main.tf": f'module "sg" {{\n  source = "./sg"\n  {instances}\n  n = {argument}\n}}\n'
        + "".join(
            f'resource "aws_instance" "i{n}" {{\n  groups = [module.sg[{key}].id]\n}}\n'
            for n, key in enumerate(keys)
        ),
        "sg/main.tf": 'variable "n" {}\nresource "aws_security_group" "this" {\n  name = var.n\n}\n'
        'output "id" {\n  value = aws_security_group.this.id\n}\n',
    }
    found = graph(texts)
    for n, key in enumerate(keys):
        (instance,) = labelled(found, f"aws_instance.i{n}")
        targets = [
            edge.target
            for edge in found.outgoing(instance.address, "references")
            if edge.doubt is None and found.nodes[edge.target].kind == "tf.Resource"
        ]
        assert targets == [f"sg/main.tf#.:module.sg[{key}]:aws_security_group.this"]


@cache
def several() -> Report:
    """Two environments with one module; one of them opens a port."""
    inner = """\
variable "range" {}
resource "aws_security_group" "g" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = [var.range]
  }
}
"""
    call = 'module "sg" {{\n  source = "../../sg"\n  range  = "{}"\n}}\n'
    return report(
        {
            "envs/dev/main.tf": call.format("0.0.0.0/0"),
            "envs/prod/main.tf": call.format("10.0.0.0/8"),
            "sg/main.tf": inner,
        },
        PORTS,
    )


def test_a_finding_inside_a_module_names_the_argument_of_its_caller() -> None:
    """The line is where the value is used, the way leads to the line that set it."""
    (finding,) = several().findings
    assert finding.span.path == "sg/main.tf"
    assert finding.subject.startswith("sg/main.tf#envs/dev:module.sg:")


def test_a_value_that_nobody_gives_is_undecided_in_each_use() -> None:
    """An argument that is unknown is not judged by the default: aquasecurity/trivy#10926."""
    root = 'variable "p" {}\nmodule "m" {\n  source = "./db"\n  protect = var.p\n}\n'
    texts = {"main.tf": root, "db/main.tf": DB}
    assert [len(part) for part in verdicts(texts, DATABASE)] == [0, 1]
    (node,) = labelled(graph(texts), "aws_db_instance.this")
    assert isinstance(node.fields["deletion_protection"], Unknown)
