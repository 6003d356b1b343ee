"""A plan of a small shop as `terraform show -json` prints it, and the configuration it is made of.

It creates, updates, keeps and deletes; a module is called for each of two teams.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plumbrule.catalogue import builtin_pack
from plumbrule.config import Config
from plumbrule.finding import Report
from plumbrule.graph.graph import Graph
from plumbrule.scan.scan import model_of_texts
from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse

PASSWORD = "obviously-fake-password"
SECRET_LINE = "motd: xyzzyq-words"  # sensitive under a harmless name

MAIN = """\
variable "db_password" {
  type      = string
  sensitive = true
}

variable "protect" {
  type = bool
}

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "us"
  region = "us-east-1"
}

resource "aws_db_instance" "shop" {
  identifier          = "shop"
  instance_class      = "db.t4g.medium"
  password            = var.db_password
  deletion_protection = var.protect
}

resource "aws_s3_bucket" "logs" {
  provider = aws.us
  bucket   = "shop-logs"
}

resource "aws_s3_bucket" "plain" {
  bucket = "shop-plain"
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_security_group" "web" {
  name = "web"
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_iam_policy" "admin" {
  name = "admin"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = "*"
        Resource = "*"
      },
    ]
  })
}

resource "aws_ssm_parameter" "motd" {
  name  = "motd"
  value = var.db_password
}

module "team" {
  source   = "./modules/team"
  for_each = toset(["a", "b"])
  bucket   = aws_s3_bucket.logs.arn
}
"""

TEAM = """\
variable "bucket" {
  type = string
}

data "aws_iam_policy_document" "write" {
  statement {
    actions   = ["s3:*"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "write" {
  name   = "write"
  role   = aws_iam_role.team.id
  policy = data.aws_iam_policy_document.write.json
}

resource "aws_iam_role" "team" {
  name = "team"
  tags = {
    bucket = var.bucket
  }
}
"""

POLICY = json.dumps({
    "Statement": [
        {"Action": "s3:GetObject", "Effect": "Allow", "Resource": "*"},
        {"Action": "*", "Effect": "Allow", "Resource": "*"},
    ],
    "Version": "2012-10-17",
})  # fmt: skip
DOCUMENT = json.dumps({
    "Statement": [{"Action": "s3:*", "Effect": "Allow", "Resource": "*"}],
    "Version": "2012-10-17",
})  # fmt: skip


def _resource(address: str, values: dict[str, Any], sensitive: dict[str, Any] | None = None,
              ) -> dict[str, Any]:  # fmt: skip
    local = address.rpartition("]." if "]." in address else ".module.")[2] or address
    parts = local.split(".")
    mode = "data" if parts[0] == "data" else "managed"
    return {
        "address": address, "mode": mode, "type": parts[-2], "name": parts[-1],
        "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0,
        "values": values, "sensitive_values": sensitive or {},
    }  # fmt: skip


def _change(resource: dict[str, Any], action: str, unknown: dict[str, Any]) -> dict[str, Any]:
    kept = ("address", "mode", "type", "name", "provider_name")
    before = None if action == "create" else resource["values"]
    return {
        **{key: resource[key] for key in kept},
        "change": {
            "actions": [action], "before": before,
            "after": None if action == "delete" else resource["values"],
            "after_unknown": unknown, "before_sensitive": resource["sensitive_values"],
            "after_sensitive": resource["sensitive_values"],
        },
    }  # fmt: skip


def _constant(**values: Any) -> dict[str, Any]:
    return {name: {"constant_value": value} for name, value in values.items()}


def _refers(*names: str) -> dict[str, Any]:
    return {"references": list(names)}


def _declared(address: str, expressions: dict[str, Any], key: str = "aws") -> dict[str, Any]:
    parts = address.split(".")
    return {
        "address": address, "mode": "data" if parts[0] == "data" else "managed", "type": parts[-2],
        "name": parts[-1], "provider_config_key": key, "expressions": expressions,
        "schema_version": 0,
    }  # fmt: skip


def plan() -> dict[str, Any]:
    """The plan as data, fresh on every call, so that a test may change it."""
    rule = {"protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": [],
            "description": "", "self": False}  # fmt: skip
    database = _resource(
        "aws_db_instance.shop",
        {"identifier": "shop", "instance_class": "db.t4g.medium", "password": PASSWORD,
         "deletion_protection": False, "backup_retention_period": None},
        {"password": True},
    )  # fmt: skip
    logs = _resource("aws_s3_bucket.logs", {"bucket": "shop-logs", "force_destroy": False})
    plain = _resource("aws_s3_bucket.plain", {"bucket": "shop-plain", "force_destroy": False})
    versioning = _resource("aws_s3_bucket_versioning.logs",
                           {"mfa": None, "versioning_configuration": [{"status": "Enabled"}]},
                           {"versioning_configuration": [{}]})  # fmt: skip
    # A set: Terraform lists its blocks in an order of its own.
    group = _resource("aws_security_group.web", {
        "name": "web",
        "ingress": [{"from_port": 22, "to_port": 22, **rule},
                    {"from_port": 443, "to_port": 443, **rule}],
    })  # fmt: skip
    admin = _resource("aws_iam_policy.admin", {"name": "admin", "policy": POLICY})
    motd = _resource("aws_ssm_parameter.motd", {"name": "motd", "value": SECRET_LINE},
                     {"value": True})  # fmt: skip
    old = _resource("aws_db_instance.old", {"identifier": "old", "deletion_protection": False})
    created = {"arn": True, "id": True}
    changes = [
        _change(database, "update", {}),
        _change(logs, "create", {**created, "versioning": True}),
        _change(plain, "create", {**created, "versioning": True}),
        _change(versioning, "create",
                {"bucket": True, "id": True, "versioning_configuration": [{"mfa_delete": True}]}),
        _change(group, "no-op", {}),
        _change(admin, "create", created),
        _change(motd, "no-op", {}),
        _change(old, "delete", {}),
    ]  # fmt: skip
    children, read = [], []
    for key in ("a", "b"):
        module = f'module.team["{key}"]'
        role = _resource(f"{module}.aws_iam_role.team", {"name": "team", "tags": {}})
        inline = _resource(
            f"{module}.aws_iam_role_policy.write", {"name": "write", "policy": DOCUMENT}
        )
        document = _resource(f"{module}.data.aws_iam_policy_document.write", {
            "json": DOCUMENT, "statement": [
                {"actions": ["s3:*"], "condition": [], "effect": "Allow", "resources": ["*"]},
            ],
        })  # fmt: skip
        children.append({"address": module, "resources": [role, inline]})
        read.append({"address": module, "resources": [document]})
        changes.append(_change(role, "create", {**created, "tags": {"bucket": True}}))
        changes.append(_change(inline, "create", {"id": True, "role": True}))
    return {
        "format_version": "1.2", "terraform_version": "1.9.5",
        "variables": {"db_password": {"value": PASSWORD}, "protect": {"value": False}},
        "planned_values": {
            "outputs": {"password": {"sensitive": True, "type": "string", "value": PASSWORD}},
            "root_module": {
                "resources": [database, admin, logs, plain, versioning, group, motd],
                "child_modules": children,
            },
        },
        "resource_changes": changes,
        "prior_state": {
            "format_version": "1.0",
            "values": {"root_module": {"resources": [database, old], "child_modules": read}},
        },
        "configuration": _configuration(),
        "timestamp": "2026-01-01T00:00:00Z", "applyable": True, "complete": True, "errored": False,
    }  # fmt: skip


def _configuration() -> dict[str, Any]:
    ports = [
        {**_constant(from_port=port, to_port=port, protocol="tcp", cidr_blocks=["0.0.0.0/0"])}
        for port in (443, 22)
    ]
    team = {
        "outputs": {},
        "resources": [
            _declared("aws_iam_role.team", {
                **_constant(name="team"), "tags": _refers("var.bucket"),
            }),
            _declared("aws_iam_role_policy.write", {
                **_constant(name="write"),
                "role": _refers("aws_iam_role.team.id", "aws_iam_role.team"),
                "policy": _refers("data.aws_iam_policy_document.write.json",
                                  "data.aws_iam_policy_document.write"),
            }),
            _declared("data.aws_iam_policy_document.write", {
                "statement": [_constant(actions=["s3:*"], resources=["*"])],
            }),
        ],
        "variables": {"bucket": {}},
    }  # fmt: skip
    return {
        "provider_config": {
            "aws": {"name": "aws", "expressions": _constant(region="eu-central-1")},
            "aws.us": {"name": "aws", "alias": "us", "expressions": _constant(region="us-east-1")},
        },
        "root_module": {
            "resources": [
                _declared("aws_db_instance.shop", {
                    **_constant(identifier="shop", instance_class="db.t4g.medium"),
                    "password": _refers("var.db_password"),
                    "deletion_protection": _refers("var.protect"),
                }),
                _declared("aws_s3_bucket.logs", _constant(bucket="shop-logs"), "aws.us"),
                _declared("aws_s3_bucket.plain", _constant(bucket="shop-plain")),
                _declared("aws_s3_bucket_versioning.logs", {
                    "bucket": _refers("aws_s3_bucket.logs.id", "aws_s3_bucket.logs"),
                    "versioning_configuration": [_constant(status="Enabled")],
                }),
                _declared("aws_security_group.web", {**_constant(name="web"), "ingress": ports}),
                _declared("aws_iam_policy.admin", {**_constant(name="admin"), "policy": {}}),
                _declared("aws_ssm_parameter.motd", {
                    **_constant(name="motd"), "value": _refers("var.db_password"),
                }),
            ],
            "module_calls": {"team": {
                "source": "./modules/team",
                "expressions": {
                    "bucket": _refers("aws_s3_bucket.logs.arn", "aws_s3_bucket.logs"),
                },
                "for_each_expression": {}, "module": team,
            }},
            "variables": {"db_password": {"sensitive": True}, "protect": {}},
        },
    }  # fmt: skip


def plan_text(data: dict[str, Any] | None = None, *, indent: int | None = None) -> str:
    """The plan as Terraform prints it: on one line, unless a person laid it out."""
    return json.dumps(plan() if data is None else data, indent=indent) + "\n"


CONFIGURATION = {"main.tf": MAIN, "modules/team/main.tf": TEAM}

PACK = builtin_pack()
BESIDE = {"plan.json": plan_text(), **CONFIGURATION}
RULES = {
    "database": "tf.database_without_deletion_protection",
    "wildcard": "iam.wildcard_allow",
    "port": "net.admin_port_open_to_world",
    "versioning": "aws.s3_bucket_without_versioning",
}


def document(data: dict[str, Any] | None = None, path: str = "plan.json") -> Document:
    return parse(Source(path, plan_text(data)))


def node(data: dict[str, Any] | None, address: str) -> Node:
    (found,) = [one for one in document(data).nodes if one.address == f"plan.json#{address}"]
    return found


def graph(texts: Mapping[str, str]) -> Graph:
    return model_of_texts(texts, Config(), PACK).graph


def referred(found: Graph, address: str) -> dict[str, bool]:
    """What a node refers to, and whether that is sure."""
    edges = found.successors.get("references", {}).get(address, ())
    return {edge.target.partition("#")[2]: edge.doubt is None for edge in edges}


def told(report: Report, rule: str) -> dict[str, str]:
    """The place of each finding of a rule, as `path:line`, by its subject."""
    return {
        finding.subject: f"{finding.span.path}:{finding.span.line}"
        for finding in report.findings
        if finding.rule == RULES[rule]
    }


def line(source: str, wanted: str, after: str = "") -> int:
    """The line of the first such text behind another one."""
    at = source.index(wanted, source.index(after))
    return source.count("\n", 0, at) + 1


def in_main(wanted: str, after: str = "") -> str:
    return f"main.tf:{line(MAIN, wanted, after)}"
