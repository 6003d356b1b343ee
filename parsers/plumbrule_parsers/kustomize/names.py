"""Prefixes and suffixes of names, and the references that follow renamed objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from plumbrule_parsers.kustomize.configuration import Configuration
from plumbrule_parsers.kustomize.field_paths import visit
from plumbrule_parsers.kustomize.field_specs import FieldSpec, Referral
from plumbrule_parsers.kustomize.objects import DEFAULT, NOWHERE, Identity, Resource
from plumbrule_parsers.kustomize.trees import BuildError, kept, map_at, string_at, text_of, written
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

_RENAMED = "named so because of this"
_UNCHANGED = (
    FieldSpec("", "", "", "CustomResourceDefinition"),
    FieldSpec("", "apiregistration.k8s.io", "", "APIService"),
    FieldSpec("", "", "", "Namespace"),
)


def add_to_names(
    resources: Iterable[Resource], text: str, place: Place | None, fields: tuple[FieldSpec, ...],
    *, suffix: bool = False,
) -> None:  # fmt: skip
    """Give all names a prefix, or a suffix."""
    note = "suffix added here" if suffix else "prefix added here"

    def renamed(owner: MapValue, key: str) -> None:
        if owner.get(key) is None:
            return
        name = written(owner, key)
        made = f"{name}{text}" if suffix else f"{text}{name}"
        owner.put(key, made, kept(owner.place(key), place, note))

    for resource in resources:
        first = resource.original
        if any(one.fits(*first[:3]) for one in _UNCHANGED):
            continue
        for field in fields:
            if not field.fits(*first[:3]):
                continue
            if field.path == "metadata/name":
                (resource.suffixes if suffix else resource.prefixes).append(text)
                resource.remember()
            visit(resource.body, field.path, renamed, str if field.create else None, place)


# ------------------------------------------------------------------ references
class _Named:
    """The objects that were renamed, by their earlier names."""

    def __init__(self, resources: list[Resource]) -> None:
        self.everything = [(one.original.namespace, one.identity) for one in resources]
        self.by_name: dict[str, list[tuple[Resource, Identity]]] = {}
        for resource in resources:
            if resource.past:
                now = resource.identity
                for name in dict.fromkeys(past.name for past in resource.past):
                    self.by_name.setdefault(name, []).append((resource, now))


@lru_cache(maxsize=8)
def _fields_by_kind(
    configuration: Configuration,
) -> dict[str, tuple[tuple[FieldSpec, Referral], ...]]:
    found: dict[str, list[tuple[FieldSpec, Referral]]] = {}
    for referral in configuration.referrals:
        for field in referral.fields:
            found.setdefault(field.kind, []).append((field, referral))
    return {kind: tuple(fields) for kind, fields in found.items()}


def fix_references(resources: list[Resource], configuration: Configuration) -> None:
    """Let names of objects follow these. BuildError: a name could mean several objects."""
    named = _Named(resources)
    if not named.by_name:
        return
    fields = _fields_by_kind(configuration)
    for resource in resources:
        first = resource.original
        own = (*fields.get(first.kind, ()), *fields.get("", ()))
        if not own:
            continue
        referrer = _Referrer(resource, named)
        for field, referral in own:
            if field.fits(*first[:3]):
                referrer.fix(field, referral)


class _Referrer:
    def __init__(self, resource: Resource, named: _Named) -> None:
        self.resource = resource
        self.named = named
        self.now = resource.identity
        self.free = self.now.namespace == NOWHERE
        self.reachable = _bound_namespaces(resource)

    def fix(self, field: FieldSpec, referral: Referral) -> None:
        def act(owner: MapValue, key: str) -> None:
            value = owner.get(key)
            if isinstance(value, ListValue):
                for index, item in enumerate(value):
                    if isinstance(item, MapValue):
                        self.mapping(item, field, referral)
                    elif item is not None:
                        self.item(value, index, field, referral)
            elif isinstance(value, MapValue):
                self.mapping(value, field, referral)
            elif value is not None:
                found = self.target(written(owner, key), field, referral)
                if found is not None and found.name != value:
                    owner.put(key, _name(found), kept(owner.place(key), _place(found), _RENAMED))

        visit(self.resource.body, field.path, act)

    def item(self, owner: ListValue, index: int, field: FieldSpec, referral: Referral) -> None:
        found = self.target(text_of(owner[index]), field, referral)
        if found is not None and found.name != owner[index]:
            owner[index] = _name(found)
            place = kept(owner.place(index), _place(found), _RENAMED)
            if place is not None:
                owner.places[index] = place

    def mapping(self, owner: MapValue, field: FieldSpec, referral: Referral) -> None:
        if owner.get("name") is None:
            return
        old = written(owner, "name")
        fits: Callable[[Resource, Identity], bool] | None = None
        if "namespace" in owner:
            namespace = text_of(owner["namespace"])
            if any(
                first == namespace and self.reaches(now) for first, now in self.named.everything
            ):

                def fits(one: Resource, _now: Identity) -> bool:
                    return one.original.namespace == namespace
            else:

                def fits(_one: Resource, now: Identity) -> bool:
                    return now.namespace == namespace

        found = self.target(old, field, referral, fits, whole=True)
        if found is None:
            return
        place = _place(found)
        owner.put("name", _name(found), kept(owner.place("name"), place, _RENAMED))
        namespace_of = found.namespace
        if namespace_of and owner.get("namespace") != namespace_of:
            metadata = map_at(found.body, "metadata")
            at = metadata.place("namespace") if metadata is not None else place
            owner.put("namespace", namespace_of, kept(owner.place("namespace"), at, _RENAMED))

    def target(
        self, name: str, field: FieldSpec, referral: Referral,
        fits: Callable[[Resource, Identity], bool] | None = None, *, whole: bool = False,
    ) -> Resource | None:  # fmt: skip
        """The object that a name means, if it was renamed."""
        known = self.named.by_name.get(name)
        if not known:
            return None
        wanted = FieldSpec("", referral.group, referral.version, referral.kind)
        role = self.role(field)
        found = [
            one
            for one, now in known
            if self.reaches(now)
            and _was(one, now, wanted)
            and (role is None or _was(one, now, role))
            and self.same_namespace(now)
            and (fits is None or fits(one, now))
        ]
        if len(found) == 1:
            return found[0]
        found = [one for one in found if _alike(one, self.resource, empty=True)]
        if len(found) > 1:
            found = [one for one in found if _alike(one, self.resource, empty=False)]
        if not found:
            return None
        first = found[0]
        for other in found[1:]:
            if other.name != first.name or (whole and other.namespace != first.namespace):
                raise BuildError("name-reference", f"`{name[:60]}` in {self.now.kind} "
                                 f"{self.now.name} may mean {first.kind} {first.name} or "
                                 f"{other.name}", self.resource.at)  # fmt: skip
        return first

    def role(self, field: FieldSpec) -> FieldSpec | None:
        """The type that a binding says its role is of."""
        if not field.path.endswith("roleRef/name"):
            return None
        group = string_at(self.resource.body, "roleRef", "apiGroup")
        kind = string_at(self.resource.body, "roleRef", "kind")
        return FieldSpec("", group, "", kind) if group and kind else None

    def reaches(self, other: Identity) -> bool:
        """True if the referrer may name an object there."""
        return (
            self.free or other.namespace in (NOWHERE, self.now.namespace)
            or other.namespace in self.reachable
        )  # fmt: skip

    def same_namespace(self, other: Identity) -> bool:
        return (
            self.free or other.kind == "ServiceAccount"
            or other.namespace in (NOWHERE, self.now.namespace)
        )  # fmt: skip


def _was(resource: Resource, now: Identity, wanted: FieldSpec) -> bool:
    return any(wanted.fits(now.group, now.version, past.kind) for past in resource.past)


def _bound_namespaces(resource: Resource) -> set[str]:
    """Namespaces of the service accounts that a role binding names."""
    found: set[str] = set()
    if resource.kind != "RoleBinding":
        return found
    listed = resource.body.get("subjects")
    for subject in listed if isinstance(listed, ListValue) else ():
        if isinstance(subject, MapValue) and subject.get("kind") == "ServiceAccount":
            found.add(text_of(subject.get("namespace")) or DEFAULT)
    return found


def _alike(one: Resource, other: Resource, *, empty: bool) -> bool:
    """True if both were renamed by the same kustomizations, as far as either tells."""
    return _endings(one.prefixes, other.prefixes, empty=empty) and _endings(
        one.suffixes, other.suffixes, empty=empty
    )


def _endings(one: list[str], other: list[str], *, empty: bool) -> bool:
    if empty and (not one or not other):
        return True
    shorter = min(len(one), len(other))
    if shorter == 0:
        return not one and not other
    return one[-shorter:] == other[-shorter:]


def _name(resource: Resource) -> Value:
    metadata = map_at(resource.body, "metadata")
    return metadata.get("name") if metadata is not None else ""


def _place(resource: Resource) -> Place | None:
    metadata = map_at(resource.body, "metadata")
    return metadata.place("name") if metadata is not None else None
