"""Leaves of files of values whose names speak of a secret, each as a node of its own.

A file of values is one node, but a flow starts at one of its keys: so a key that may hold a
credential is a declaration by itself, from which `ends_in` leads to what is rendered with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from plumbrule_parsers.document import Addresses, Document, Node
from plumbrule_parsers.secret_tokens.judge import settings_in
from plumbrule_parsers.secret_tokens.names import secret_kind
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

KIND: Final = "secret.Entry"
_MOST: Final = 2_000  # leaves of one file
_DEPTH: Final = 40


def leaf_nodes(document: Document, charts: Collection[str]) -> tuple[Node, ...]:
    """A `secret.Entry` for each leaf of the document's values that may hold a credential.

    `charts` are the folders of all charts: a file of values below none of them belongs to a chart
    that is elsewhere.
    """
    made: list[Node] = []
    addresses = Addresses()
    for node in document.nodes:
        form, values = _values_of(node)
        if not isinstance(values, (MapValue, ListValue)):
            continue
        unread = node.fields.get("unread")
        unused = tuple(str(one) for one in unread) if isinstance(unread, ListValue) else ()
        chart = _chart_of(node.path, charts) if form == "helm" else ""
        for path, name, value, place in _leaves(values, "", 0):
            if len(made) >= _MOST:
                break
            entry = place.entry
            fields = MapValue(entry.source, entry.start, entry.end)
            fields.put("name", name, place)
            fields.put("path", path, place)
            fields.put("value", value, place)
            fields.put("form", form, place)
            if chart:
                fields.put("chart", chart, place)
            if any(path == one or path.startswith(f"{one}.") for one in unused):
                fields.put("unread", True, place)
            address = addresses.unique(f"{node.address}/{path}")
            made.append(Node(address, KIND, path, fields, entry.first_line, node.address,
                             unit=node.unit, variant=node.variant))  # fmt: skip
    return tuple(made)


def _values_of(node: Node) -> tuple[str, Value]:
    """The values that a node holds, and what reads them."""
    fields = node.fields
    if node.kind == "helm.Values":
        return "helm", fields.get("values")
    if node.kind == "tf.Values":
        return "terraform", fields
    if node.kind == "tf.Module":
        return "module", fields
    if node.kind == "argo.Source":
        return "argo", fields.get("helm")
    if fields.get("api_kind") == "HelmRelease":
        return "flux", fields.get("values")
    if node.kind in _OBJECTS and fields.get("api_kind") not in _SAFE:
        return "object", fields.get("spec")
    return "", None


_OBJECTS: Final = frozenset({"k8s.CustomObject", "flux.Kustomization"})
# These refer to secrets, hold them encrypted, or describe other objects.
_SAFE: Final = frozenset({
    "SealedSecret", "ExternalSecret", "ClusterExternalSecret", "PushSecret", "SecretStore",
    "ClusterSecretStore", "SecretProviderClass", "CustomResourceDefinition", "VaultStaticSecret",
    "VaultDynamicSecret", "SopsSecret", "CompositeResourceDefinition",
})  # fmt: skip


def _chart_of(path: str, charts: Collection[str]) -> str | None:
    """The folder of the chart at or above the file, None if there is none."""
    folder = path.rpartition("/")[0]
    while True:
        if folder in charts:
            return folder or "."
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _leaves(owner: MapValue | ListValue, path: str, depth: int) -> Iterator[
    tuple[str, str, Value, Place]
]:  # fmt: skip
    """Path, own name, value and place of each leaf that may be a credential."""
    if depth > _DEPTH:
        return
    pairs: list[tuple[str | int, Value]] = (
        list(owner.items()) if isinstance(owner, MapValue) else list(enumerate(owner))
    )
    for key, value in pairs:
        below = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}" if path else key
        if isinstance(value, (MapValue, ListValue)):
            yield from _leaves(value, below, depth + 1)
            continue
        if not isinstance(value, str) or not value:
            continue
        if "\n" in value:
            yield from _settings(owner, key, value, below)
            continue
        name = _name_of(owner, key, path)
        place = owner.place(key)  # type: ignore[arg-type]
        if place is None or place.value.source.path != owner.source.path or place.via:
            continue  # it is written elsewhere, and a leaf there
        if secret_kind(name):
            yield below, name, value, place


def _settings(
    owner: MapValue | ListValue, key: str | int, text: str, path: str
) -> Iterator[tuple[str, str, Value, Place]]:  # fmt: skip
    """The same of a text that holds settings, such as values in YAML."""
    place = owner.place(key)  # type: ignore[arg-type]
    if place is None:
        return
    span, at = place.value, place.value.start
    for name, value in settings_in(text):
        found = span.source.text.find(value, at, span.end)
        if found < 0:
            continue
        at = found + len(value)
        inner = Place(Span(span.source, found, at))
        yield f"{path}.{name}", name.rpartition(".")[2], value, inner


def _name_of(owner: MapValue | ListValue, key: str | int, path: str) -> str:
    """What the value is called: its key, the `name` beside it, the list that holds it."""
    if isinstance(owner, MapValue) and key == "value" and isinstance(owner.get("name"), str):
        return str(owner["name"]).rpartition(".")[2]
    return path.rpartition(".")[2].partition("[")[0] if isinstance(key, int) else key
