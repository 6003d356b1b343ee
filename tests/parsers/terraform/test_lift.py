"""Access statements and firewall rules, whatever holds them and however they are written."""

from __future__ import annotations

import json

import pytest

from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.value import ListValue, Segments, Unknown


def lifted(text: str, kind: str) -> list[Node]:
    return [node for node in parse(Source("main.tf", text)).nodes if node.kind == kind]


def statements(text: str) -> list[Node]:
    return lifted(text, "iam.Statement")


def rules(text: str) -> list[Node]:
    return lifted(text, "net.IngressRule")


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": ["*"]},
        {"Effect": "Deny", "Action": ["s3:*"], "Resource": "x", "Condition": {"Bool": {"a": "b"}}},
    ],
}
FORMS = {
    "jsonencode": """\
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "All"
        Effect   = "Allow"
        Action   = "*"
        Resource = ["*"]
      },
      { Effect = "Deny", Action = ["s3:*"], Resource = "x", Condition = { Bool = { a = "b" } } },
    ]
  })
}
""",
    "heredoc": 'resource "aws_iam_role_policy" "p" {\n  policy = <<-EOF\n'
    + json.dumps(POLICY, indent=2)
    + "\n  EOF\n}\n",
    "string": 'resource "aws_iam_user_policy" "p" {\n  policy = '
    + json.dumps(json.dumps(POLICY))
    + "\n}\n",
    "inline_policy": 'resource "aws_iam_role" "p" {\n  inline_policy {\n    policy = <<EOF\n'
    + json.dumps(POLICY)
    + "\nEOF\n  }\n}\n",
    "document": """\
data "aws_iam_policy_document" "p" {
  statement {
    sid       = "All"
    actions   = ["*"]
    resources = ["*"]
  }
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["x"]
    condition {
      test = "Bool"
    }
  }
}
""",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_policy_gives_the_same_statements(form: str) -> None:
    allow, deny = statements(FORMS[form])
    assert (allow.fields.get("effect", "Allow"), deny.fields["effect"]) == ("Allow", "Deny")
    assert (allow.fields["actions"], allow.fields["resources"]) == (["*"], ["*"])
    assert (deny.fields["actions"], deny.fields["resources"]) == (["s3:*"], ["x"])
    assert deny.fields["conditions"]
    assert "conditions" not in allow.fields
    assert allow.fields["name"] == "All"
    assert allow.parent.endswith(".p")


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("jsonencode", 'Action   = "*"'), ("heredoc", '"Action": "*"'),
        ("inline_policy", '"Action": "*"'), ("document", 'actions   = ["*"]'),
    ],
)  # fmt: skip
def test_the_span_is_what_a_person_wrote(form: str, written: str) -> None:
    assert statements(FORMS[form])[0].span.text == written


def test_interpolations_in_a_heredoc_are_unknown_parts() -> None:
    (found,) = statements(
        'resource "aws_iam_policy" "p" {\n  policy = <<EOF\n{"Statement": {"Effect": "Allow",\n'
        '  "Action": ${jsonencode(var.actions)},\n'
        '  "Resource": ["${aws_s3_bucket.b.arn}/*", "x\\"${var.y}"]}}\nEOF\n}\n'
    )
    actions, resources = found.fields["actions"], found.fields["resources"]
    assert isinstance(actions, Unknown)
    assert actions.reference == "var.actions"
    assert isinstance(resources, ListValue)
    one, two = resources
    assert isinstance(one, Segments)
    assert one.suffix == "/*"
    assert one.unknowns[0].reference == "aws_s3_bucket.b"
    assert isinstance(two, Segments)
    assert two.prefix == 'x"'
    place = resources.place(0)
    assert place is not None
    assert place.value.text == '"${aws_s3_bucket.b.arn}/*"'


@pytest.mark.parametrize(
    "policy",
    ['file("p.json")', "var.policy", '"${file("a")}"', "<<EOF\n{ not json ${a.b} }\nEOF\n",
               "jsonencode(local.p)", "<<EOF\n%{ if var.a }{}%{ endif }\nEOF\n"],
)  # fmt: skip
def test_a_policy_that_cannot_be_read_may_hold_anything(policy: str) -> None:
    (found,) = statements(f'resource "aws_iam_policy" "p" {{\n  policy = {policy}\n}}\n')
    assert found.condition is not None
    assert isinstance(found.fields["actions"], Unknown)


def test_a_policy_document_is_not_lifted_twice() -> None:
    text = 'resource "aws_iam_policy" "p" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    assert statements(text) == []


def test_dynamic_statements_may_exist() -> None:
    (found,) = statements(
        'data "aws_iam_policy_document" "p" {\n  dynamic "statement" {\n'
        "    for_each = var.s\n    content {}\n  }\n}\n"
    )
    assert found.condition is not None


def test_a_conditional_resource_has_conditional_statements() -> None:
    text = FORMS["document"].replace('"p" {\n', '"p" {\n  count = var.x ? 1 : 0\n')
    assert all(node.condition is not None for node in statements(text))


# ------------------------------------------------------------------ firewalls
FIREWALLS = {
    "aws group": ("""\
resource "aws_security_group" "g" {
  ingress {
    from_port = 22
    to_port = "22"
    protocol = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    from_port = 1
  }
}
""", "ingress {"),
    "aws rule": ("""\
resource "aws_security_group_rule" "g" {
  type = "ingress"
  from_port = 22
  to_port = 22
  protocol = "tcp"
  cidr_blocks = ["0.0.0.0/0"]
}
""", 'resource "aws_security_group_rule" "g"'),
    "aws ingress rule": ("""\
resource "aws_vpc_security_group_ingress_rule" "g" {
  from_port = 22
  to_port = 22
  ip_protocol = "tcp"
  cidr_ipv4 = "0.0.0.0/0"
}
""", 'resource "aws_vpc_security_group_ingress_rule" "g"'),
    "google": ("""\
resource "google_compute_firewall" "g" {
  source_ranges = ["0.0.0.0/0"]
  allow {
    protocol = "tcp"
    ports = ["22"]
  }
}
""", "allow {"),
    "azure rule": ("""\
resource "azurerm_network_security_rule" "g" {
  direction = "Inbound"
  access = "Allow"
  protocol = "tcp"
  destination_port_range = "22"
  source_address_prefix = "*"
}
""", 'resource "azurerm_network_security_rule" "g"'),
    "azure group": ("""\
resource "azurerm_network_security_group" "g" {
  security_rule {
    direction = "inbound"
    access = "Allow"
    protocol = "tcp"
    destination_port_ranges = [22]
    source_address_prefixes = ["Internet"]
  }
}
""", "security_rule {"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIREWALLS)
def test_every_firewall_gives_the_same_rule(name: str) -> None:
    text, span = FIREWALLS[name]
    (rule,) = rules(text)
    fields = rule.fields
    assert (fields["from_port"], fields["to_port"], fields["protocol"]) == (22, 22, "tcp")
    assert fields["cidrs"] == ["0.0.0.0/0"]
    assert rule.span.text == span
    place = fields.place("from_port")
    assert place is not None
    assert "22" in place.value.text
    networks = fields["cidrs"]
    assert isinstance(networks, ListValue)
    where = networks.place(0)
    assert where is not None
    assert where.value.text.strip('"') in ("0.0.0.0/0", "*", "Internet")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("aws rule", '"ingress"', '"egress"'),
        ("google", "  allow", '  direction = "EGRESS"\n  allow'),
        ("google", "  allow", "  disabled = true\n  allow"),
        ("azure rule", '"Inbound"', '"Outbound"'),
        ("azure rule", '"Allow"', '"Deny"'),
    ],
)
def test_what_lets_nothing_in_is_no_rule(name: str, old: str, new: str) -> None:
    assert rules(FIREWALLS[name][0].replace(old, new)) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("aws rule", '"ingress"', "var.t"), ("google", "  allow", "  disabled = var.d\n  allow"),
        ("azure rule", '"Inbound"', "var.d"), ("azure rule", '"Allow"', '"${var.d}x"'),
    ],
)  # fmt: skip
def test_what_may_let_something_in_is_a_conditional_rule(name: str, old: str, new: str) -> None:
    (rule,) = rules(FIREWALLS[name][0].replace(old, new))
    assert rule.condition is not None


@pytest.mark.parametrize(
    ("name", "old", "new", "ports"),
    [
        ("aws group", '"tcp"', '"-1"', (0, 65535)), ("aws group", '"tcp"', "-1", (0, 65535)),
        ("aws group", '"tcp"', '"icmp"', (-1, -1)), ("google", '"22"', '"20-30"', (20, 30)),
        ("google", '    ports = ["22"]\n', "", (0, 65535)),
        ("azure rule", '"22"', '"*"', (0, 65535)),
        ("azure rule", '"22"', '"20-30"', (20, 30)),
    ],
)  # fmt: skip
def test_ranges_of_ports(name: str, old: str, new: str, ports: tuple[int, int]) -> None:
    (rule,) = rules(FIREWALLS[name][0].replace(old, new))
    assert (rule.fields["from_port"], rule.fields["to_port"]) == ports


@pytest.mark.parametrize("name", ["google", "azure rule"])
def test_an_unknown_port_is_unknown(name: str) -> None:
    (rule,) = rules(FIREWALLS[name][0].replace('"22"', "var.p"))
    assert isinstance(rule.fields["from_port"], Unknown)


def test_unknown_networks_leave_the_list_open() -> None:
    (rule,) = rules(FIREWALLS["aws group"][0].replace('["0.0.0.0/0"]', "var.c"))
    networks = rule.fields["cidrs"]
    assert isinstance(networks, ListValue)
    assert networks.rest is not None


def test_dynamic_rules_may_exist() -> None:
    (rule,) = rules(
        'resource "aws_security_group" "g" {\n  dynamic "ingress" {\n'
        "    for_each = var.i\n    content {}\n  }\n}\n"
    )
    assert rule.condition is not None
    assert isinstance(rule.fields["from_port"], Unknown)
