"""The fields that each step of a build changes: the defaults, configuration files and CRDs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from plumbrule_parsers.kustomize.field_specs import (
    TABLES,
    FieldSpec,
    Referral,
    default_referrals,
    default_tables,
)
from plumbrule_parsers.kustomize.trees import BuildError, string_at
from plumbrule_parsers.value import ListValue, MapValue, Value


@dataclass(frozen=True, slots=True, eq=False)
class Configuration:
    """Field specs by the name of their table, and the fields that name other objects."""

    tables: Mapping[str, tuple[FieldSpec, ...]]
    referrals: tuple[Referral, ...]


@lru_cache(maxsize=1)
def default_configuration() -> Configuration:
    """What Kustomize does without being told."""
    return Configuration(default_tables(), default_referrals())


def merged_fields(
    fields: tuple[FieldSpec, ...], more: tuple[FieldSpec, ...]
) -> tuple[FieldSpec, ...]:
    """Both, each field once. BuildError: they disagree whether a field is made."""
    found = list(fields)
    for field in more:
        known = next((one for one in found if one.covers(field)), None)
        if known is None:
            found.append(field)
        elif known.create != field.create:
            raise BuildError("configuration", f"`{field.path[:80]}` is configured twice, with and "
                             "without `create`")  # fmt: skip
    return tuple(found)


def merged(one: Configuration, other: Configuration) -> Configuration:
    """Both, each field once."""
    if other is one or (other is default_configuration() and not _is_empty(one)):
        return one
    if one is default_configuration() and _is_empty(other):
        return one
    tables = {
        name: merged_fields(one.tables.get(name, ()), other.tables.get(name, ())) for name in TABLES
    }
    referrals = {referral[:3]: referral for referral in one.referrals}
    for referral in other.referrals:
        known = referrals.get(referral[:3])
        if known is None:
            referrals[referral[:3]] = referral
        else:
            fields = merged_fields(known.fields, referral.fields)
            referrals[referral[:3]] = known._replace(fields=fields)
    return Configuration(tables, tuple(referrals.values()))


def _is_empty(one: Configuration) -> bool:
    return not one.referrals and not any(one.tables.values())


def configuration_of(value: Value) -> Configuration:
    """What a configuration file adds. BuildError: it cannot be understood."""
    if value is None:
        return Configuration({}, ())
    if not isinstance(value, MapValue):
        raise BuildError("configuration", "a configuration file must be a mapping")
    tables: dict[str, tuple[FieldSpec, ...]] = {}
    for name in TABLES:
        tables[name] = field_specs(value.get(name))
    referrals = []
    listed = value.get("nameReference")
    for one in listed if isinstance(listed, ListValue) else ():
        if isinstance(one, MapValue):
            fields = field_specs(one.get("fieldSpecs"))
            group, version, kind = (string_at(one, key) for key in ("group", "version", "kind"))
            referrals.append(Referral(group, version, kind, fields))
    return Configuration(tables, tuple(referrals))


def field_specs(value: Value) -> tuple[FieldSpec, ...]:
    """A list of field specs as files write it."""
    listed = value if isinstance(value, ListValue) else ()
    found = [
        FieldSpec(
            string_at(one, "path"), string_at(one, "group"), string_at(one, "version"),
            string_at(one, "kind"), one.get("create") is True,
        )
        for one in listed
        if isinstance(one, MapValue) and string_at(one, "path")
    ]  # fmt: skip
    return tuple(found)


# ------------------------------------------------------------------ CRDs
def crd_configuration(value: Value) -> Configuration:
    """What the types of a `crds` file add: fields with references, labels and annotations."""
    if not isinstance(value, MapValue):
        return Configuration({}, ())
    tables: dict[str, list[FieldSpec]] = {}
    referrals: list[Referral] = []
    for name in sorted(value):
        properties = _properties(value, name)
        if all(key in properties for key in ("kind", "apiVersion", "metadata")):
            kind = name.rpartition(".")[2]
            _walk(value, name, kind, (), tables, referrals)
    return Configuration({key: tuple(found) for key, found in tables.items()}, tuple(referrals))


def _properties(value: MapValue, name: str) -> Mapping[str, Value]:
    definition = value.get(name)
    schema = definition.get("Schema") if isinstance(definition, MapValue) else None
    found = schema.get("properties") if isinstance(schema, MapValue) else None
    return found if isinstance(found, MapValue) else {}


def _walk(
    value: MapValue, name: str, kind: str, path: tuple[str, ...],
    tables: dict[str, list[FieldSpec]], referrals: list[Referral],
) -> None:  # fmt: skip
    if len(path) > 20:  # types that contain themselves
        return
    for key, field in _properties(value, name).items():
        if not isinstance(field, MapValue):
            continue
        inner = (*path, key)
        spec = FieldSpec("/".join(inner), "", "", kind)
        for extension, table in (
            ("annotation", "commonAnnotations"), ("label-selector", "commonLabels"),
            ("identity", "namePrefix"),
        ):  # fmt: skip
            if f"x-kubernetes-{extension}" in field:
                tables.setdefault(table, []).append(spec)
        reference = "x-kubernetes-object-ref-"
        if f"{reference}api-version" in field and f"{reference}kind" in field:
            named = string_at(field, f"{reference}name-key") or "name"
            target = string_at(field, f"{reference}kind")
            fields = (FieldSpec("/".join((*inner, named)), "", "", kind),)
            version = string_at(field, f"{reference}api-version")
            referrals.append(Referral("", version, target, fields))
        if isinstance(field.get("$ref"), str):
            _walk(value, string_at(field, "$ref"), kind, inner, tables, referrals)
