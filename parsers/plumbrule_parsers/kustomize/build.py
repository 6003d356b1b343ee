"""A kustomization to the objects that would be applied: accumulated, hashed, referring rightly."""

from __future__ import annotations

from dataclasses import replace

from plumbrule_parsers.document import Problem
from plumbrule_parsers.kustomize.accumulate import Accumulated, Builder
from plumbrule_parsers.kustomize.configuration import default_configuration
from plumbrule_parsers.kustomize.hash_suffix import hash_suffix
from plumbrule_parsers.kustomize.names import fix_references
from plumbrule_parsers.kustomize.objects import Resource
from plumbrule_parsers.kustomize.replacements import resolve_variables
from plumbrule_parsers.kustomize.schema import Schema
from plumbrule_parsers.kustomize.selectors import texts_at
from plumbrule_parsers.kustomize.trees import BuildError, map_at, remove, written
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown, join_segments

LOCAL = "config.kubernetes.io/local-config"


def build(builder: Builder, folder: str, head: Span) -> Accumulated:
    """What the kustomization of a folder makes; problems and holes say what is left out.

    A component can be built alone, too, as the real tool does.
    """
    own = builder if not _has_schema(builder, folder) else replace(
        builder, schema=Schema(), done={}, shared=False)  # fmt: skip
    own.visits = 0
    try:
        made = own.folder(folder, (), alone=True)
    except BuildError as error:
        at = error.span if error.span is not None else head
        return Accumulated(problems=[Problem(error.code, error.message, at, hint=error.hint)])
    add_hashes(made.resources)
    for step in (_refer, _fill_in):
        try:
            step(made)
        except BuildError as error:
            at = error.span if error.span is not None else head
            made.problems.append(Problem(error.code, error.message, at, hint=error.hint))
    made.resources = [one for one in made.resources if _is_applied(one)]
    for resource in made.resources:
        _settle(resource)
    return made


def _has_schema(builder: Builder, folder: str) -> bool:
    """True if the kustomization brings types of its own, which count for all inside it."""
    try:
        loaded = builder.load(folder)
    except BuildError:
        return False
    return loaded is not None and loaded[0].mapping("openapi") is not None


def add_hashes(resources: list[Resource]) -> None:
    """Give generated objects the suffix that their content makes."""
    for resource in resources:
        metadata = map_at(resource.body, "metadata")
        if not resource.hashed or metadata is None:
            continue
        resource.remember()
        suffix = hash_suffix(resource.body)
        name = resource.name
        place = metadata.place("name")
        if suffix is None:
            why = Unknown(Reason.EXPRESSION, f"the hash of {name}", resource.at)
            metadata.put("name", join_segments((f"{name}-", why)), place)
        else:
            metadata.put("name", f"{name}-{suffix}", place)


def _refer(made: Accumulated) -> None:
    fix_references(made.resources, made.configuration)


def _fill_in(made: Accumulated) -> None:
    fields = made.configuration.tables.get("varReference", default_configuration().tables[
        "varReference"])  # fmt: skip
    resolve_variables(made.resources, made.variables, fields)


def _is_applied(resource: Resource) -> bool:
    """False for objects that say that they are only for local use."""
    return texts_at(resource, "annotations").get(LOCAL, "false") == "false"


def _settle(resource: Resource) -> None:
    """Annotations become texts at the end; an empty mapping goes."""
    metadata = map_at(resource.body, "metadata")
    if metadata is None or "annotations" not in metadata:
        return
    annotations = metadata["annotations"]
    if not isinstance(annotations, MapValue) or not annotations:
        if not annotations:
            remove(metadata, "annotations")
        return
    for key, value in annotations.items():
        if not isinstance(value, (str, Unknown)) and not isinstance(value, ListValue):
            annotations[key] = written(annotations, key)
