"""What every lifting needs: nodes to be, and the entries of nested blocks.

Statements of access policies (`lift_policies`) and rules of firewalls (`lift_firewalls`) are lifted
out of the resources that hold them; the kinds are the same for every tool, so one rule serves all.
What may be there besides (a dynamic block, a policy that needs evaluation) is lifted as a node that
may not exist and whose fields are unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Segments, Unknown, Value

LIFTED = ("iam.Statement", "net.IngressRule")
# Resource types that have a kind of their own in the schema.
DECLARED = {"aws_s3_bucket", "aws_s3_bucket_versioning"}
_CLOUDS = {"google", "google-beta", "azurerm"}  # whose resources are lifted as well


@dataclass(frozen=True, slots=True)
class Lifted:
    """A node to be: its address is relative to the resource."""

    address: str
    kind: str
    label: str
    fields: MapValue
    span: Span
    condition: Unknown | None = None


def entries(value: Value) -> tuple[list[MapValue], Unknown | None]:
    """The mappings of a nested block that may be repeated, and what may be there besides."""
    if isinstance(value, MapValue):
        return [value], None
    if isinstance(value, ListValue):
        rest = value.rest
        for item in value:
            if isinstance(item, (Unknown, Segments)):
                rest = rest or unknown_of(item)
        return [item for item in value if isinstance(item, MapValue)], rest
    return [], unknown_of(value) if isinstance(value, (Unknown, Segments)) else None


def unknown_of(value: Unknown | Segments) -> Unknown:
    """The unknown that a value is, or its first unknown part."""
    return value if isinstance(value, Unknown) else value.unknowns[0]


def as_list(value: Value, owner: MapValue, key: str) -> Value:
    """A list; a single value becomes a list of one."""
    if value is None or isinstance(value, (ListValue, Unknown)):
        return value
    place = owner.place(key)
    at = place.value if place is not None else owner.span
    listed = ListValue(at.source, at.start, at.end, [value])
    if place is not None:
        listed.places[0] = place
    return listed


def copied(target: MapValue, name: str, owner: MapValue, key: str, *, many: bool = False) -> None:
    """Copy an entry that is set, with its place; `many` makes a list of it."""
    if key in owner and owner[key] is not None:
        value = as_list(owner[key], owner, key) if many else owner[key]
        target.put(name, value, owner.place(key))


def kinds_given(source: str) -> tuple[str, ...]:
    """The kinds that a module could give, if its source says for which provider it is."""
    parts = source.partition("//")[0].split("/")
    provider = parts[-1] if len(parts) in (3, 4) and "::" not in source else ""
    if provider in ("", "aws") or "?" in provider or "." in parts[-1]:
        return ("tf.Resource", "tf.Data", *LIFTED)
    resources = [f"tf.{one}" for one in sorted(DECLARED) if one.startswith(f"{provider}_")]
    return ("tf.OtherResource", "tf.Data", *resources, *(LIFTED if provider in _CLOUDS else ()))
