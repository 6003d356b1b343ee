"""Statements of access policies and rules of firewalls, lifted out of the resources that hold them.

The lifted kinds are the same for every tool, so one rule serves all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plumbrule_parsers.document import Node
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value


@dataclass(frozen=True, slots=True)
class Lifted:
    """A node to be: its address is relative to the resource."""

    address: str
    kind: str
    label: str
    fields: MapValue
    span: Span
    condition: Unknown | None = None


def lift(node: Node, type_: str, block: h.Block, static: Static) -> Iterator[Lifted]:
    """What the resource holds of the lifted kinds."""
    method = _METHODS.get(type_)
    if method is not None:
        yield from method(node, block, static)


def _entries(value: Value) -> tuple[list[MapValue], Unknown | None]:
    """The mappings of a nested block that may be repeated, and what may be there besides."""
    if isinstance(value, MapValue):
        return [value], None
    if isinstance(value, ListValue):
        return [item for item in value if isinstance(item, MapValue)], value.rest
    return [], value if isinstance(value, Unknown) else None


def _as_list(value: Value, owner: MapValue, key: str) -> Value:
    """A list; a single value becomes a list of one."""
    if value is None or isinstance(value, (ListValue, Unknown)):
        return value
    place = owner.place(key)
    at = place.value if place is not None else owner.span
    listed = ListValue(at.source, at.start, at.end, [value])
    if place is not None:
        listed.places[0] = place
    return listed


def _copied(target: MapValue, name: str, owner: MapValue, key: str, *, many: bool = False) -> None:
    if key in owner and owner[key] is not None:
        value = _as_list(owner[key], owner, key) if many else owner[key]
        target.put(name, value, owner.place(key))


# ------------------------------------------------------------------ access policies
def _document(node: Node, _block: h.Block, _static: Static) -> Iterator[Lifted]:
    statements, rest = _entries(node.fields.get("statement"))
    for index, statement in enumerate(statements):
        yield _statement(node, index, statement, {
            "effect": "effect", "actions": "actions", "resources": "resources",
        }, "condition")  # fmt: skip
    if rest is not None:
        fields = MapValue(node.span.source, node.span.start, node.span.end, rest=rest)
        fields.put("name", f"statement of {node.label}")
        fields.put("policy", node.label)
        yield Lifted("statement/?", "iam.Statement", f"statement of {node.label}", fields,
                     node.span, rest)  # fmt: skip


def _statement(
    node: Node, index: int, statement: MapValue, names: dict[str, str], condition: str
) -> Lifted:
    sid = statement.get("sid") or statement.get("Sid")
    shown = sid if isinstance(sid, str) and sid else str(index)
    label = f"statement {shown} of {node.label}"
    fields = MapValue(statement.source, statement.start, statement.end)
    fields.put("name", shown)
    fields.put("policy", node.label)
    for name, key in names.items():
        _copied(fields, name, statement, key, many=name != "effect")
    conditions = statement.get(condition)
    if isinstance(conditions, Unknown):
        fields.put("conditions", conditions)
    elif conditions:
        made = MapValue(statement.source, statement.start, statement.end, {"0": conditions})
        if isinstance(conditions, MapValue) and condition == "Condition":
            made = conditions
        fields.put("conditions", made, statement.place(condition))
    place = fields.place("actions")
    span = place.entry if place is not None else statement.span.first_line
    return Lifted(f"statement/{shown}", "iam.Statement", label, fields, span)


def _inline_policy(node: Node, block: h.Block, static: Static) -> Iterator[Lifted]:
    """`policy = jsonencode({...})`, or JSON text."""
    setting = block.body.settings().get("policy") or block.body.settings().get("assume_role_policy")
    if setting is None:
        return
    expr = setting.value
    value: Value = None
    if isinstance(expr, h.Call) and expr.name == "jsonencode" and len(expr.args) == 1:
        value = static.value(expr.args[0])
    elif isinstance(expr, (h.Template, h.Literal)):
        text = static.value(expr)
        if isinstance(text, str):
            value, problems = parse_json(Source(node.path, text))
            if any(problem.severity == "error" for problem in problems):
                return
            value = _placed(value, Span(static.source, expr.start, expr.end))
    if not isinstance(value, MapValue):
        return
    listed = value.get("Statement")
    statements, _rest = _entries(listed)
    for index, statement in enumerate(statements):
        yield _statement(node, index, statement, {
            "effect": "Effect", "actions": "Action", "resources": "Resource",
        }, "Condition")  # fmt: skip


def _placed(value: Value, at: Span) -> Value:
    """JSON text inside a string: every place is that of the string."""
    if isinstance(value, MapValue):
        entries = {key: _placed(item, at) for key, item in value.items()}
        places = {key: Place(at) for key in entries}
        return MapValue(at.source, at.start, at.end, entries, places)
    if isinstance(value, ListValue):
        items = [_placed(item, at) for item in value]
        return ListValue(at.source, at.start, at.end, items, dict.fromkeys(range(len(items)),
                                                                          Place(at)))  # fmt: skip
    return value


# ------------------------------------------------------------------ firewalls
def _rule(
    node: Node, index: int | str, owner: MapValue, span: Span, *,
    cidrs: tuple[str, ...], start: str, end: str, protocol: str,
) -> Lifted:  # fmt: skip
    fields = MapValue(owner.source, owner.start, owner.end)
    label = f"ingress rule {index} of {node.label}"
    fields.put("name", f"{node.label} ingress {index}")
    fields.put("owner", node.label)
    networks: list[Value] = []
    places: dict[int, Place] = {}
    rest: Unknown | None = None
    for key in cidrs:
        value = _as_list(owner.get(key), owner, key)
        if isinstance(value, Unknown):
            rest = value
        elif isinstance(value, ListValue):
            for at, item in enumerate(value):
                place = value.place(at)
                if place is not None:
                    places[len(networks)] = place
                networks.append(item)
            rest = rest or value.rest
    fields.put("cidrs", ListValue(owner.source, owner.start, owner.end, networks, places, rest))
    spoken = owner.get(protocol)
    if spoken in ("-1", "all", -1, "*"):
        fields.put("from_port", 0, owner.place(protocol))
        fields.put("to_port", 65535, owner.place(protocol))
    else:
        _copied(fields, "from_port", owner, start)
        _copied(fields, "to_port", owner, end)
    for name in ("from_port", "to_port"):
        if name not in fields:
            fields.put(name, Unknown(Reason.NO_VALUE, f"{name} of {node.label}", span,
                                     not_null=True))  # fmt: skip
    _copied(fields, "protocol", owner, protocol)
    return Lifted(f"ingress/{index}", "net.IngressRule", label, fields, span)


_AWS = {"cidrs": ("cidr_blocks", "ipv6_cidr_blocks"), "start": "from_port", "end": "to_port",
        "protocol": "protocol"}  # fmt: skip


def _security_group(node: Node, _block: h.Block, _static: Static) -> Iterator[Lifted]:
    rules, _rest = _entries(node.fields.get("ingress"))
    for index, rule in enumerate(rules):
        yield _rule(node, index, rule, rule.span.first_line, **_AWS)  # type: ignore[arg-type]


def _security_group_rule(node: Node, _block: h.Block, _static: Static) -> Iterator[Lifted]:
    kind = node.fields.get("attr_type", node.fields.get("type"))
    if kind == "ingress":
        yield _rule(node, 0, node.fields, node.span, **_AWS)  # type: ignore[arg-type]


def _ingress_rule(node: Node, _block: h.Block, _static: Static) -> Iterator[Lifted]:
    yield _rule(node, 0, node.fields, node.span, cidrs=("cidr_ipv4", "cidr_ipv6"),
                start="from_port", end="to_port", protocol="ip_protocol")  # fmt: skip


def _compute_firewall(node: Node, _block: h.Block, _static: Static) -> Iterator[Lifted]:
    if node.fields.get("direction") == "EGRESS":
        return
    allows, _rest = _entries(node.fields.get("allow"))
    for index, allow in enumerate(allows):
        ports = allow.get("ports")
        listed = list(ports) if isinstance(ports, ListValue) else ["0-65535"]
        for position, port in enumerate(listed):
            low, _, high = str(port).partition("-")
            fields = node.fields.copy_with(from_port=low, to_port=high or low)
            fields.put("protocol", allow.get("protocol"), allow.place("protocol"))
            yield _rule(node, f"{index}.{position}", fields, allow.span.first_line,
                        cidrs=("source_ranges",), start="from_port", end="to_port",
                        protocol="protocol")  # fmt: skip


def _azure_rule(node: Node, _block: h.Block, _static: Static) -> Iterator[Lifted]:
    fields = node.fields
    if fields.get("direction") != "Inbound" or fields.get("access") != "Allow":
        return
    ranges = fields.get("destination_port_range")
    text = str(ranges) if isinstance(ranges, (str, int)) else ""
    low, _, high = ("0-65535" if text == "*" else text).partition("-")
    made = fields.copy_with()
    if text:
        made.put("from_port", low, fields.place("destination_port_range"))
        made.put("to_port", high or low, fields.place("destination_port_range"))
    source = fields.get("source_address_prefix")
    if source in ("*", "Internet", "0.0.0.0/0"):
        made.put("source_address_prefix", "0.0.0.0/0", fields.place("source_address_prefix"))
    yield _rule(node, 0, made, node.span, cidrs=("source_address_prefix",
                "source_address_prefixes"), start="from_port", end="to_port",
                protocol="protocol_")  # fmt: skip


_Method = Callable[[Node, h.Block, Static], Iterator[Lifted]]
_METHODS: dict[str, _Method] = {
    "aws_iam_policy_document": _document,
    "aws_iam_policy": _inline_policy,
    "aws_iam_role_policy": _inline_policy,
    "aws_iam_user_policy": _inline_policy,
    "aws_iam_group_policy": _inline_policy,
    "aws_s3_bucket_policy": _inline_policy,
    "aws_security_group": _security_group,
    "aws_security_group_rule": _security_group_rule,
    "aws_vpc_security_group_ingress_rule": _ingress_rule,
    "google_compute_firewall": _compute_firewall,
    "azurerm_network_security_rule": _azure_rule,
}
