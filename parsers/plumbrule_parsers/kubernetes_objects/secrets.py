"""Secrets: who uses a Secret by name, and what makes one at run time."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Node, Reference, ToMatch
from plumbrule_parsers.kubernetes_objects.entries import bring, shown
from plumbrule_parsers.secret_tokens.judge import NOT_WRITTEN
from plumbrule_parsers.value import ListValue, MapValue, Place, Segments, Unknown, Value

if TYPE_CHECKING:
    from plumbrule_parsers.kubernetes_objects.lift import Lift

_MAX_ENTRIES = 2_000  # of one object that are looked at
# Custom resources that stand for a store or a policy, and make no Secret of their own name.
_NO_SECRET = frozenset({"SecretStore", "ClusterSecretStore", "SecretProviderClass"})


def use(
    lift: Lift, owner: Node, namespaced: Node, holder: MapValue, key: str, through: str
) -> None:
    """One use of a Secret, which `holder` names under `key`, as a node below its owner."""
    name, place = holder.get(key), holder.place(key)
    if name is None:
        return
    fields = MapValue(lift.source, holder.start, holder.end)
    fields.put("name", shown(name), place)
    fields.put("secret", name, place)
    fields.put("through", through)
    if key != "key":
        bring(fields, holder, "key")
    bring(fields, holder, "optional")
    namespace = namespaced.fields.get("namespace")
    if namespace is not None:
        fields.put("namespace", namespace)
    address = lift.address(f"{owner.address}/secret/{shown(name)}")
    span = place.entry if place is not None else holder.span.first_line
    label = f"Secret {shown(name)} in {owner.label}"
    lift.nodes.append(Node(address, "k8s.SecretUse", label, fields, span, owner.address))
    # In whatever namespace: a Secret is copied more often than it is missing.
    match = ToMatch(("k8s.Secret", "k8s.MadeSecret"), (("name", name),))
    lift.references.append(Reference("wants", address, match, span))


def contents(_lift: Lift, node: Node, manifest: MapValue, _spec: MapValue | None) -> None:
    """What a Secret holds, as written, and as `plain` the text of it that stands in a file.

    What is made up while it is rendered, or comes from elsewhere, is no text of a file; neither is
    what is no text at all.
    """
    fields = node.fields
    for key, name in (("type", "type"), ("data", "data"), ("stringData", "string_data")):
        bring(fields, manifest, key, name)
    plain = MapValue(manifest.source, manifest.start, manifest.start)
    for key in ("data", "stringData"):
        owner = manifest.get(key)
        if isinstance(owner, Unknown) and owner.reason not in NOT_WRITTEN:
            plain.rest = owner
        if not isinstance(owner, MapValue):
            continue
        for name in owner:
            value = _written(owner[name], encoded=key == "data")
            if value is None:
                plain.pop(name, None)
            else:
                plain.put(name, value, owner.place(name))
        plain.rest = owner.rest or plain.rest
    if plain or plain.rest is not None:
        fields.put("plain", plain, manifest.place("data") or manifest.place("stringData"))


def _written(value: Value, *, encoded: bool) -> Value:
    """The text behind an entry; None if no file holds it or it is no text."""
    if isinstance(value, Segments):
        if all(one.reason in NOT_WRITTEN for one in value.unknowns):
            return None
        return value.unknowns[0] if encoded else value
    if isinstance(value, Unknown):
        return None if value.reason in NOT_WRITTEN else value
    if not isinstance(value, str) or not encoded:
        return value if isinstance(value, str) else None
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def made_by(lift: Lift, node: Node, manifest: MapValue) -> None:
    """The Secrets that a custom resource may make, as nodes below it.

    A controller makes a Secret of the resource's own name or of one that it is told. Whether a name
    under a key such as `secretName` is made or read only the controller knows, so all count.
    """
    names: dict[str, Place | None] = {}
    if node.fields.get("api_kind") not in _NO_SECRET:
        own = node.fields.get("name")
        if isinstance(own, str):
            names[own] = node.fields.place("name")
    for name, place in _mentioned(manifest):
        names.setdefault(name, place)
    for name, place in names.items():
        fields = MapValue(lift.source, manifest.start, manifest.end)
        fields.put("name", name, place)
        bring(fields, node.fields, "namespace")
        address = lift.address(f"{node.address}/makes/{name}")
        span = place.entry if place is not None else node.span
        label = f"Secret {name} of {node.label}"
        lift.nodes.append(Node(address, "k8s.MadeSecret", label, fields, span, node.address))


def _mentioned(manifest: MapValue) -> list[tuple[str, Place | None]]:
    """Names under keys that speak of a Secret, and of the target of one, in document order."""
    found: list[tuple[str, Place | None]] = []
    stack: list[tuple[Value, bool]] = [
        (manifest[key], False) for key in reversed(list(manifest)) if key != "metadata"
    ]
    seen = 0
    while stack and seen < _MAX_ENTRIES:
        value, speaks = stack.pop()
        seen += 1
        if isinstance(value, MapValue):
            for key, item in value.items():
                about = "secret" in key.lower() or key in ("target", "destination")
                if isinstance(item, str):
                    if item and (about or (speaks and key == "name")):
                        found.append((item, value.place(key)))
                elif isinstance(item, (MapValue, ListValue)):
                    stack.append((item, about or (speaks and isinstance(item, ListValue))))
        elif isinstance(value, ListValue):
            stack.extend((item, speaks) for item in reversed(value))
    return found
