"""Rules of firewalls that let traffic in, of Amazon, Google and Azure.

Ports: all of them are 0 to 65535; a protocol without ports (ICMP) has -1, which no port equals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.lifted import Lifted, as_list, entries, unknown_of
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    Value,
)

_EVERY_PORT = (0, 65535)
_NO_PORT = (-1, -1)
_PORTLESS = {"icmp", "icmpv6", "esp", "ah", "ipip", "1", "58"}


def _rule(
    node: Node, index: str, owner: MapValue, span: Span, cidrs: tuple[str, ...], protocol: Value,
    ports: tuple[Value, Value], places: tuple[Place | None, Place | None] = (None, None),
) -> Lifted:  # fmt: skip
    fields = MapValue(owner.source, owner.start, owner.end)
    fields.put("name", f"{node.label} ingress {index}")
    fields.put("owner", node.label)
    set_ = next((owner.place(key) for key in cidrs if owner.get(key)), None)
    fields.put("cidrs", _networks(owner, cidrs), set_)
    for name, port, place in zip(("from_port", "to_port"), ports, places, strict=True):
        given = port
        if given is None:
            given = Unknown(Reason.NO_VALUE, f"{name} of {node.label}", span, not_null=True)
        fields.put(name, given, place)
    if protocol is not None:
        fields.put("protocol", protocol)
    label = f"ingress rule {index} of {node.label}"
    return Lifted(f"ingress/{index}", "net.IngressRule", label, fields, span)


def _networks(owner: MapValue, names: tuple[str, ...]) -> ListValue:
    made = ListValue(owner.source, owner.start, owner.end)
    for name in names:
        value = as_list(owner.get(name), owner, name)
        if isinstance(value, Unknown):
            made.rest = made.rest or value
        elif isinstance(value, ListValue):
            for index, item in enumerate(value):
                place = value.place(index)
                if place is not None:
                    made.places[len(made)] = place
                made.append(item)
            made.rest = made.rest or value.rest
    return made


def _perhaps(node: Node, doubt: Unknown, span: Span) -> Lifted:
    """A rule that may be there, of which nothing is known."""
    empty = MapValue(span.source, span.start, span.end)
    made = _rule(node, "?", empty, span, (), doubt, (doubt, doubt))
    made.fields.put("cidrs", ListValue(span.source, span.start, span.end, rest=doubt))
    return replace(made, condition=doubt)


def _number(value: Value) -> Value:
    """A port; text of digits is read, other text is as it was."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        return int(value)
    return value


# ------------------------------------------------------------------ Amazon
def _amazon(
    node: Node, index: str, owner: MapValue, span: Span, cidrs: tuple[str, ...], protocol: str
) -> Lifted:
    spoken = owner.get(protocol)
    at = owner.place(protocol)
    if spoken in ("-1", "all", -1):
        return _rule(node, index, owner, span, cidrs, spoken, _EVERY_PORT, (at, at))
    if str(spoken) in _PORTLESS:
        return _rule(node, index, owner, span, cidrs, spoken, _NO_PORT, (at, at))
    ports = (_number(owner.get("from_port")), _number(owner.get("to_port")))
    places = (owner.place("from_port"), owner.place("to_port"))
    return _rule(node, index, owner, span, cidrs, spoken, ports, places)


_CIDRS = ("cidr_blocks", "ipv6_cidr_blocks")


def _security_group(node: Node) -> Iterator[Lifted]:
    rules, rest = entries(node.fields.get("ingress"))
    for index, rule in enumerate(rules):
        yield _amazon(node, str(index), rule, rule.span.first_line, _CIDRS, "protocol")
    if rest is not None:
        yield _perhaps(node, rest, node.span)


def _security_group_rule(node: Node) -> Iterator[Lifted]:
    kind = node.fields.get("attr_type")
    made = _amazon(node, "0", node.fields, node.span, _CIDRS, "protocol")
    if isinstance(kind, (Unknown, Segments)):
        yield replace(made, condition=unknown_of(kind))
    elif kind == "ingress":
        yield made


def _ingress_rule(node: Node) -> Iterator[Lifted]:
    yield _amazon(node, "0", node.fields, node.span, ("cidr_ipv4", "cidr_ipv6"), "ip_protocol")


# ------------------------------------------------------------------ Google
def _compute_firewall(node: Node) -> Iterator[Lifted]:
    fields = node.fields
    direction, disabled = fields.get("direction"), fields.get("disabled")
    if direction == "EGRESS" or disabled is True:
        return
    doubt = next(
        (unknown_of(one) for one in (direction, disabled) if isinstance(one, (Unknown, Segments))),
        None,
    )
    for made in _allowed(node):
        yield made if doubt is None else replace(made, condition=made.condition or doubt)


def _allowed(node: Node) -> Iterator[Lifted]:
    allows, rest = entries(node.fields.get("allow"))
    for index, allow in enumerate(allows):
        protocol, ports = allow.get("protocol"), allow.get("ports")
        span = allow.span.first_line
        if isinstance(ports, Unknown):
            yield _rule(node, str(index), node.fields, span, ("source_ranges",), protocol,
                        (ports, ports), (allow.place("ports"),) * 2)  # fmt: skip
            continue
        if not isinstance(ports, ListValue) or (not ports and ports.rest is None):
            at = allow.place("protocol")
            every = _NO_PORT if str(protocol) in _PORTLESS else _EVERY_PORT
            yield _rule(node, str(index), node.fields, span, ("source_ranges",), protocol, every,
                        (at, at))  # fmt: skip
            continue
        for position, port in enumerate(ports):
            yield _rule(node, f"{index}.{position}", node.fields, span, ("source_ranges",),
                        protocol, _range(port), (ports.place(position),) * 2)  # fmt: skip
        if ports.rest is not None:
            yield _rule(node, f"{index}.?", node.fields, span, ("source_ranges",), protocol,
                        (ports.rest, ports.rest))  # fmt: skip
    if rest is not None:
        yield _perhaps(node, rest, node.span)


def _range(port: Value) -> tuple[Value, Value]:
    """`22`, `"22"`, `"8000-9000"` or `"*"` as the first and the last port."""
    if isinstance(port, (Unknown, Segments)):
        return unknown_of(port), unknown_of(port)
    if isinstance(port, str):
        if port.strip() == "*":
            return _EVERY_PORT
        low, dash, high = port.partition("-")
        return _number(low), _number(high if dash else low)
    return port, port


# ------------------------------------------------------------------ Azure
def _azure_rule(node: Node) -> Iterator[Lifted]:
    yield from _azure(node, "", node.fields, node.span)


def _azure_group(node: Node) -> Iterator[Lifted]:
    rules, rest = entries(node.fields.get("security_rule"))
    for index, rule in enumerate(rules):
        yield from _azure(node, f"{index}.", rule, rule.span.first_line)
    if rest is not None:
        yield _perhaps(node, rest, node.span)


def _azure(node: Node, index: str, owner: MapValue, span: Span) -> Iterator[Lifted]:
    doubt: Unknown | None = None
    for name, wanted in (("direction", "inbound"), ("access", "allow")):
        value = owner.get(name)
        if isinstance(value, (Unknown, Segments)):
            doubt = doubt or unknown_of(value)
        elif not isinstance(value, str) or value.lower() != wanted:
            return
    made = owner.copy_with()
    for name in ("source_address_prefix", "source_address_prefixes"):
        if name in made:
            made.put(name, _anywhere(made[name]), owner.place(name))
    position = 0
    for name in ("destination_port_range", "destination_port_ranges"):
        value = as_list(owner.get(name), owner, name)
        ports: list[tuple[Value, Place | None]] = []
        if isinstance(value, Unknown):
            ports = [(value, owner.place(name))]
        elif isinstance(value, ListValue):
            ports = [(port, value.place(at)) for at, port in enumerate(value)]
            if value.rest is not None:
                ports.append((value.rest, owner.place(name)))
        for port, place in ports:
            rule = _rule(node, f"{index}{position}", made, span,
                         ("source_address_prefix", "source_address_prefixes"),
                         owner.get("protocol"), _range(port), (place, place))  # fmt: skip
            position += 1
            yield rule if doubt is None else replace(rule, condition=doubt)


def _anywhere(value: Value) -> Value:
    """The source with Azure's words for everywhere as the network that they mean."""
    if isinstance(value, str):
        return "0.0.0.0/0" if value.lower() in ("*", "internet", "any") else value
    if isinstance(value, ListValue):
        items = [_anywhere(item) for item in value]
        made = ListValue(value.source, value.start, value.end, items, rest=value.rest)
        made.offsets, made.places = value.offsets, value.places
        return made
    return value


FIREWALLS: dict[str, Callable[[Node], Iterator[Lifted]]] = {
    "aws_security_group": _security_group,
    "aws_default_security_group": _security_group,
    "aws_security_group_rule": _security_group_rule,
    "aws_vpc_security_group_ingress_rule": _ingress_rule,
    "google_compute_firewall": _compute_firewall,
    "azurerm_network_security_rule": _azure_rule,
    "azurerm_network_security_group": _azure_group,
}
