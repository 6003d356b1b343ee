"""A small live repository in memory, and what evaluating it gives."""

from __future__ import annotations

from collections.abc import Mapping

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Document, Node, Problem
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.detect import detect
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.terraform.resolve import resolve
from plumbrule_parsers.value import Value

LIVE = {
    "live/root.hcl": """\
locals {
  account = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl"))
  region  = local.account.locals.region
}

remote_state {
  backend = "s3"
  config = {
    bucket  = "acme-state-${local.region}"
    key     = "${path_relative_to_include()}/tf.tfstate"
    encrypt = false
  }
}

generate "provider" {
  path     = "provider.tf"
  contents = "provider \\"aws\\" { region = \\"${local.region}\\" }"
}

inputs = merge(local.account.locals, local.env.locals)
""",
    "live/account.hcl": 'locals {\n  region = "eu-west-1"\n}\n',
    "live/prod/env.hcl": 'locals {\n  name   = "prod"\n  public = false\n}\n',
    "live/dev/env.hcl": 'locals {\n  name   = "dev"\n  public = true\n}\n',
    "live/_common/app.hcl": """\
locals {
  module = "${get_repo_root()}/modules//app"
}

dependency "net" {
  config_path = "../net"
  mock_outputs = {
    id = "vpc-mock"
  }
}

inputs = {
  vpc_id = dependency.net.outputs.id
  cidr   = dependency.net.outputs.cidr
  size   = 1
}
""",
    **{
        f"live/{env}/app/terragrunt.hcl": f"""\
include "root" {{
  path = find_in_parent_folders("root.hcl")
}}

include "common" {{
  path   = "${{dirname(find_in_parent_folders("root.hcl"))}}/_common/app.hcl"
  expose = true
}}

terraform {{
  source = include.common.locals.module
}}

inputs = {{
  size = {size}
}}
"""
        for env, size in (("prod", 3), ("dev", 2))
    },
    **{
        f"live/{env}/net/terragrunt.hcl": """\
include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "../../../modules//net"
}
"""
        for env in ("prod", "dev")
    },
    "modules/app/main.tf": """\
variable "name" {}
variable "public" {
  type = bool
}
variable "region" {}
variable "vpc_id" {}
variable "cidr" {}
variable "size" {
  default = 0
}

resource "aws_instance" "this" {
  name                        = "app-${var.name}"
  associate_public_ip_address = var.public
  vpc                         = var.vpc_id
  cidr                        = var.cidr
  count_wanted                = var.size
}
""",
    "modules/net/main.tf": """\
variable "name" {}

resource "aws_vpc" "this" {
  cidr_block = var.name == "prod" ? "10.0.0.0/16" : "10.1.0.0/16"
}

output "id" {
  value = aws_vpc.this.id
}

output "cidr" {
  value = aws_vpc.this.cidr_block
}
""",
}


def evaluated(texts: Mapping[str, str]) -> dict[str, Document]:
    documents = {
        path: parse(Source(path, text)) for path, text in texts.items() if detect(path, text)
    }
    changed = resolve(documents, ScannedFiles(None, (), texts))
    return {**documents, **{one.source.path: one for one in changed}}


def problems(documents: Mapping[str, Document]) -> list[Problem]:
    return [one for path in sorted(documents) for one in documents[path].problems]


def unit(documents: Mapping[str, Document], folder: str) -> Node:
    address = f"{folder}/terragrunt.hcl#unit" if folder else "terragrunt.hcl#unit"
    return by_address(documents, address)


def by_address(documents: Mapping[str, Document], address: str) -> Node:
    (found,) = (node for one in documents.values() for node in one.nodes if node.address == address)
    return found


def inputs(documents: Mapping[str, Document], folder: str) -> dict[str, Value]:
    found = unit(documents, folder).fields["inputs"]
    assert isinstance(found, dict)
    return found


def trail(node: Node, *names: str) -> list[tuple[str, int, str]]:
    """Where a field of a node comes from: path, line and note of every hop."""
    fields = node.fields
    for name in names[:-1]:
        inner = fields[name]
        assert hasattr(inner, "place")
        fields = inner
    place = fields.place(names[-1])
    assert place is not None
    return [(hop.span.path, hop.span.line, hop.note) for hop in place.via]


def one_unit(body: str, **files: str) -> dict[str, Document]:
    """A repository with the unit `live/app` of module `modules/app`, which has variable `it`."""
    texts = {
        "live/app/terragrunt.hcl": f'terraform {{ source = "../../modules//app" }}\n{body}',
        "modules/app/main.tf": 'variable "it" {\n  default = "default"\n}\n'
        'variable "other" {\n  default = "other"\n}\n'
        'resource "aws_x" "y" {\n  it = var.it\n  other = var.other\n}\n',
    }
    return evaluated(texts | {name.replace("__", "/"): text for name, text in files.items()})
