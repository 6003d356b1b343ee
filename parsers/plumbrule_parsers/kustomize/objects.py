"""Objects during a build: what they are called now, what they were called, where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from plumbrule_parsers.kustomize.field_specs import CLUSTER_SCOPED, CLUSTER_VERSIONS
from plumbrule_parsers.kustomize.trees import copied_map, string_at
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue

NOWHERE = "_non_namespaceable_"  # the namespace of what is in none
DEFAULT = "default"


class Identity(NamedTuple):
    """Type, name and effective namespace."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str


@dataclass(slots=True, eq=False)
class Resource:
    """An object that is being built. `home` is the file that declares it, `at` its head there.

    `past` are its earlier identities, the oldest first. `declared` is what it was called in its
    file, as kind, namespace and name.
    """

    body: MapValue
    home: Source
    at: Span
    declared: tuple[str, str, str]
    past: list[Identity] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    suffixes: list[str] = field(default_factory=list)
    hashed: bool = False
    behavior: str = ""
    variables: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The API kind."""
        return string_at(self.body, "kind")

    @property
    def name(self) -> str:
        """The present name."""
        return string_at(self.body, "metadata", "name")

    @property
    def namespace(self) -> str:
        """The present namespace, "" if none is set."""
        return string_at(self.body, "metadata", "namespace")

    @property
    def group_version(self) -> tuple[str, str]:
        """The API group ("" for the core) and the version."""
        return group_version(string_at(self.body, "apiVersion"))

    @property
    def identity(self) -> Identity:
        """What it is called now."""
        body = self.body
        group, version = group_version(string_at(body, "apiVersion"))
        kind = string_at(body, "kind")
        metadata = body.get("metadata")
        if not isinstance(metadata, MapValue):
            metadata = body
        namespace = effective(group, version, kind, string_at(metadata, "namespace"))
        return Identity(group, version, kind, string_at(metadata, "name"), namespace)

    @property
    def original(self) -> Identity:
        """What it was called first."""
        return self.past[0] if self.past else self.identity

    def remember(self) -> None:
        """Keep the present identity: it is about to change."""
        self.past.append(self.identity)

    def copy(self) -> Resource:
        """The object with a body of its own."""
        return Resource(
            copied_map(self.body), self.home, self.at, self.declared, list(self.past),
            list(self.prefixes), list(self.suffixes), self.hashed, self.behavior,
            list(self.variables),
        )  # fmt: skip


def group_version(api_version: str) -> tuple[str, str]:
    """The two parts of an apiVersion."""
    group, slash, version = api_version.partition("/")
    return (group, version) if slash else ("", api_version)


def is_cluster_scoped(group: str, version: str, kind: str) -> bool:
    """True for what is certainly in no namespace."""
    if (group, kind) not in CLUSTER_SCOPED:
        return False
    return version in CLUSTER_VERSIONS.get(group, ("v1", "v1beta1"))


def effective(group: str, version: str, kind: str, namespace: str) -> str:
    """The namespace that counts: none, the default one, or the one that is set."""
    if is_cluster_scoped(group, version, kind):
        return NOWHERE
    return namespace or DEFAULT
