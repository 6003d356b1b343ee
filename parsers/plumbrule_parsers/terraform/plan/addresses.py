"""Addresses of modules and resources taken apart: `module.web["a"].aws_instance.x[0]`."""

from __future__ import annotations

import re

_STEP = re.compile(r'([^.\[\]"]+)(\[(?:"(?:[^"\\]|\\.)*+"|[^\]"]*+)\])?')


def steps(address: str) -> list[tuple[str, str]]:
    """The names on the way, each with the index behind it (brackets included) or ""."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(address):
        match = _STEP.match(address, at)
        if match is None:
            break
        found.append((match[1], match[2] or ""))
        at = match.end()
        if not address.startswith(".", at):
            break
        at += 1
    return found


def calls(module_address: str) -> tuple[str, ...]:
    """The names of the calls that lead to a module, without their indices; () for the root."""
    found = steps(module_address)
    return tuple(name for name, _index in found[1::2])


def base(address: str) -> str:
    """The resource as its module declares it: no module, no index (`data.aws_ami.x`)."""
    found = steps(address)
    while len(found) >= 4 and found[0][0] == "module":
        found = found[2:]
    return ".".join(name for name, _index in found[: size_of(found[0][0]) if found else 0])


def local(address: str) -> str:
    """The instance as its module has it: no module (`data.aws_ami.x["a"]`)."""
    found = steps(address)
    return base(address) + (found[-1][1] if found else "")


def size_of(first: str) -> int:
    """How many names make the address of a block that begins so."""
    return 3 if first in ("data", "ephemeral") else 2
