"""Functions of IP networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.terraform.functions.call import Files, Function, text_of, whole_of
from plumbrule_parsers.traced import Traced, made_of

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: Traced) -> _Network:
    text = text_of(value)
    if "/" not in text:
        raise FunctionError(f"invalid CIDR expression: `{text[:60]}`")
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise FunctionError(f"invalid CIDR expression: `{text[:60]}`") from None


def _subnet(network: _Network, new_bits: int, number: int) -> _Network:
    length = network.prefixlen + new_bits
    if new_bits < 0 or length > network.max_prefixlen:
        raise FunctionError(
            f"not enough address space in `{network}` to extend the prefix by {new_bits}"
        )
    if not 0 <= number < 2**new_bits:
        raise FunctionError(f"{new_bits} bits cannot hold the network number {number}")
    address = int(network.network_address) + (number << (network.max_prefixlen - length))
    kind = ipaddress.IPv4Network if network.version == 4 else ipaddress.IPv6Network
    return kind((address, length))


def _cidrhost(_files: Files, args: Sequence[Traced]) -> Traced:
    network, host = _network(args[0]), whole_of(args[1])
    size = network.num_addresses
    if not -size <= host < size:
        raise FunctionError(f"the prefix of `{network}` does not have room for host {host}")
    return made_of(str(network.network_address + (host % size)), *args)


def _cidrnetmask(_files: Files, args: Sequence[Traced]) -> Traced:
    network = _network(args[0])
    if network.version != 4:
        raise FunctionError("only IPv4 networks have a netmask")
    return made_of(str(network.netmask), *args)


def _cidrsubnet(_files: Files, args: Sequence[Traced]) -> Traced:
    subnet = _subnet(_network(args[0]), whole_of(args[1]), whole_of(args[2]))
    return made_of(str(subnet), *args)


def _cidrsubnets(_files: Files, args: Sequence[Traced]) -> Traced:
    network = _network(args[0])
    at = int(network.network_address)
    end = at + network.num_addresses
    out: list[Traced] = []
    for arg in args[1:]:
        length = network.prefixlen + whole_of(arg)
        if not network.prefixlen <= length <= network.max_prefixlen:
            raise FunctionError("not enough address space for that prefix")
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size > end:
            raise FunctionError("not enough address space left for these subnets")
        kind = ipaddress.IPv4Network if network.version == 4 else ipaddress.IPv6Network
        out.append(made_of(str(kind((at, length))), args[0], arg))
        at += size
    return made_of(out, *args)


def _cidrcontains(_files: Files, args: Sequence[Traced]) -> Traced:
    network, text = _network(args[0]), text_of(args[1])
    try:
        inner = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise FunctionError(f"invalid address or network: `{text[:60]}`") from None
    if inner.version != network.version:
        raise FunctionError("both must be of one IP version")
    return made_of(
        int(network.network_address) <= int(inner.network_address)
        and int(inner.broadcast_address) <= int(network.broadcast_address),
        *args,
    )


NETWORKS = {
    "cidrcontains": Function(_cidrcontains, 2, 2, Unknowns.STRICT, "bool"),
    "cidrhost": Function(_cidrhost, 2, 2, Unknowns.STRICT, "string"),
    "cidrnetmask": Function(_cidrnetmask, 1, 1, Unknowns.STRICT, "string"),
    "cidrsubnet": Function(_cidrsubnet, 3, 3, Unknowns.STRICT, "string"),
    "cidrsubnets": Function(_cidrsubnets, 1, None, Unknowns.STRICT, "list"),
}
