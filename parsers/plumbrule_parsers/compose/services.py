"""One service to nodes: what it runs, mounts, publishes, gets as environment and waits for."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from plumbrule_parsers.compose.merge import as_map
from plumbrule_parsers.document import Node, Reference, ToAddress
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Segments,
    Unknown,
    Value,
    join_segments,
)

_FLAGS = ("privileged", "read_only", "init", "tty", "stdin_open", "disable", "required")
_WORDS = ("command", "entrypoint")
# A bind mount begins with a path; anything else is the name of a volume.
_PATH = re.compile(r"^(?:[./~\\]|[A-Za-z]:[\\/])")
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_OPTIONS = re.compile(r"^(?:[a-z]+)(?:,[a-z]+)*$")


@dataclass(slots=True)
class Lifted:
    """Collects the nodes and references of one file."""

    address: Callable[[str], str]
    path: str
    folder: str  # paths in the file are relative to it
    unit: str = ""
    nodes: list[Node] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)

    def part(
        self, owner: Node, name: str, kind: str, label: str, fields: MapValue, span: Span
    ) -> Node:
        """A node below a service."""
        address = self.address(f"{owner.address}/{name}")
        made = Node(address, kind, label, fields, span.first_line, owner.address, unit=self.unit)
        self.nodes.append(made)
        return made


def service(lifted: Lifted, name: str, body: MapValue, head: Span, files: frozenset[str]) -> Node:
    """The service, its parts behind it."""
    fields = MapValue(body.source, body.start, body.end, rest=body.rest)
    fields.put("name", name)
    for key, value in body.items():
        if key in _WORDS:
            fields.put(key, _words(value, body), body.place(key))
        elif value is not None and key not in ("name", "extends"):
            fields.put(key, _flag(key, value), body.place(key))
    deploy = body.get("deploy")
    for owner, key, renamed in (
        (deploy, "replicas", "replicas"), (body, "scale", "replicas"),
    ):  # fmt: skip
        if isinstance(owner, MapValue) and owner.get(key) is not None:
            fields.put(renamed, owner[key], owner.place(key))
    _healthcheck(fields, body)
    address = lifted.address(f"{lifted.path}#service/{name}")
    node = Node(address, "compose.Service", f"service {name}", fields, head, unit=lifted.unit)
    lifted.nodes.append(node)
    _build(lifted, node, body, files)
    _environment(lifted, node, body, name)
    _ports(lifted, node, body)
    _mounts(lifted, node, body)
    return node


def dependencies(lifted: Lifted, node: Node, body: MapValue, known: dict[str, str]) -> None:
    """The services that this one waits for; `known` has the addresses of the project's services."""
    waited = as_map(body.get("depends_on"), body.place("depends_on"))
    if not isinstance(waited, MapValue):
        return
    for name, how in waited.items():
        place = waited.place(name)
        span = place.entry if place is not None else node.span
        fields = MapValue(waited.source, waited.start, waited.end)
        fields.put("name", name, place)
        fields.put("service", name, place)
        if isinstance(how, MapValue):
            for key in ("condition", "required"):
                if how.get(key) is not None:
                    fields.put(key, _flag(key, how[key]), how.place(key))
        elif isinstance(how, (Unknown, Segments)):
            fields.put("condition", how, place)
        label = f"dependency of {node.label} on {name}"
        made = lifted.part(node, f"depends_on/{name}", "compose.Dependency", label, fields, span)
        if name in known:
            target = ToAddress(known[name])
            lifted.references.append(Reference("waits_for", made.address, target, span))


def _flag(key: str, value: Value) -> Value:
    """A flag that interpolation made a text is one all the same."""
    if key in _FLAGS and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _words(value: Value, body: MapValue) -> Value:
    """A command as a list of words; one that is a text is split as Compose does."""
    if not isinstance(value, str):
        return value
    try:
        words = shlex.split(value)
    except ValueError:
        words = value.split()
    return ListValue(body.source, body.start, body.end, words)


def _healthcheck(fields: MapValue, body: MapValue) -> None:
    check = body.get("healthcheck")
    if not isinstance(check, MapValue):
        return
    made = check.copy_with()
    test = check.get("test")
    none = test == "NONE" or (isinstance(test, ListValue) and list(test) == ["NONE"])
    disabled = _flag("disable", check.get("disable"))
    if none or disabled is not None:
        made.put("disable", True if none else disabled, check.place("test" if none else "disable"))
    fields.put("healthcheck", made, body.place("healthcheck"))


def _build(lifted: Lifted, node: Node, body: MapValue, files: frozenset[str]) -> None:
    """Where the image is built, with the edge to its Dockerfile."""
    build, place = body.get("build"), body.place("build")
    folder, dockerfile = body.get("context"), None
    if isinstance(build, MapValue):
        dockerfile = build.get("dockerfile")
        if "dockerfile_inline" in build:
            return
        if "context" not in build:
            folder = lifted.folder
    if build is None or not isinstance(folder, str):
        return
    names = [dockerfile] if isinstance(dockerfile, str) else ["Dockerfile", "Containerfile"]
    for name in names:
        path = posixpath.normpath(posixpath.join(folder, name))
        if path in files:
            node.fields.put("dockerfile", path, place)
            span = place.entry if place is not None else node.span
            target = ToAddress(f"{path}#file")
            lifted.references.append(Reference("built_from", node.address, target, span))
            return


def _environment(lifted: Lifted, node: Node, body: MapValue, name: str) -> None:
    found = as_map(body.get("environment"), body.place("environment"))
    if not isinstance(found, MapValue):
        return
    for variable, value in found.items():
        place = found.place(variable)
        fields = MapValue(found.source, found.start, found.end)
        fields.put("name", variable, place)
        fields.put("service", name)
        if value is not None:
            fields.put("value", _spoken(value), place)
        span = place.entry if place is not None else node.span
        lifted.part(
            node, f"env/{variable}", "compose.Variable", f"variable {variable}", fields, span
        )


def _spoken(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _listed(body: MapValue, key: str) -> Iterator[tuple[Value, Place]]:
    listed, whole = body.get(key), body.place(key)
    if isinstance(listed, ListValue):
        for index, item in enumerate(listed):
            place = listed.place(index) or whole
            if place is not None:
                yield item, place


def _ports(lifted: Lifted, node: Node, body: MapValue) -> None:
    for item, place in _listed(body, "ports"):
        fields = MapValue(body.source, body.start, body.end)
        if isinstance(item, MapValue):
            for key in ("target", "published", "host_ip", "protocol"):
                if item.get(key) is not None:
                    fields.put(key, _spoken(item[key]), item.place(key))
        elif isinstance(item, (str, int)) and not isinstance(item, bool):
            rest, _slash, protocol = str(item).partition("/")
            host, target = _split_port(rest)
            fields.put("target", target, place)
            ip, published = _split_port(host)
            if published:
                fields.put("published", published, place)
            if ip:
                fields.put("host_ip", ip.strip("[]"), place)
            if protocol:
                fields.put("protocol", protocol, place)
        else:
            continue
        if "target" not in fields:
            continue
        called = f"{fields.get('published', '')}:{fields['target']}"
        fields.put("name", called)
        label = f"port {called} of {node.label}"
        lifted.part(node, f"port/{called}", "compose.Port", label, fields, place.entry)


def _split_port(text: str) -> tuple[str, str]:
    """`a:b` at its last colon outside of brackets, `("", text)` without one."""
    at = text.rfind(":")
    return (text[:at], text[at + 1 :]) if at > text.rfind("]") else ("", text)


def _mounts(lifted: Lifted, node: Node, body: MapValue) -> None:
    for item, place in _listed(body, "volumes"):
        fields = MapValue(body.source, body.start, body.end)
        if isinstance(item, MapValue):
            for key, name in (("source", "source"), ("target", "target"), ("type", "form"),
                              ("read_only", "read_only")):  # fmt: skip
                if item.get(key) is not None:
                    fields.put(name, _flag(key, item[key]), item.place(key))
            fields.setdefault("form", "volume")
        elif isinstance(item, str):
            _short_mount(fields, item, place)
        elif isinstance(item, Segments):
            _open_mount(fields, item, place)
        if "target" not in fields:
            continue
        called = str(fields["target"])
        fields.put("name", called)
        label = f"mount {called} of {node.label}"
        lifted.part(node, f"mount/{called}", "compose.Mount", label, fields, place.entry)


def _short_mount(fields: MapValue, text: str, place: Place) -> None:
    """`source:target:options`, where a source may begin with the letter of a drive."""
    drive = _DRIVE.match(text)
    lead = text[: drive.end()] if drive is not None else ""
    parts = text[len(lead) :].split(":")
    parts[0] = lead + parts[0]
    if len(parts) == 1:
        fields.put("target", parts[0], place)
        fields.put("form", "volume")
        return
    fields.put("source", parts[0], place)
    fields.put("target", parts[1], place)
    fields.put("form", "bind" if _PATH.match(parts[0]) else "volume")
    if len(parts) > 2 and _OPTIONS.match(parts[2]):
        fields.put("read_only", "ro" in parts[2].split(","), place)


def _open_mount(fields: MapValue, text: Segments, place: Place) -> None:
    """A mount whose source holds a variable: the rest is told from what is known."""
    parts = text.suffix.split(":")
    if len(parts) < 2:
        return
    fields.put("source", join_segments([*text.parts[:-1], parts[0]]), place)
    fields.put("target", parts[1], place)
    fields.put("form", "bind" if _PATH.match(text.prefix or "/") else "volume")
    fields.put("read_only", "ro" in parts[2:], place)
