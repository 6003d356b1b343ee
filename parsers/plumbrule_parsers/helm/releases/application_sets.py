"""Argo CD's ApplicationSets: the Applications that their generators make of one template.

Lists, folders and files of git, and their products are followed; of other generators the template
is taken with what it leaves open unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Final

from plumbrule_parsers.document import Node
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.releases.argo import spec_releases
from plumbrule_parsers.helm.releases.release import Installed, text_of
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Reason,
    Segments,
    Unknown,
    Value,
    join_segments,
)

MAX_MADE: Final = 100
_PARAMETER = re.compile(r"\{\{-?\s*\.?([\w.\-/\[\]]+)\s*-?\}\}")
_ACTION = re.compile(r"\{\{.*?\}\}")
Parameters = Mapping[str, str]


def application_set_releases(node: Node, declared: str, charts: Charts) -> Iterator[Installed]:
    """The releases of all Applications that the set makes."""
    spec = node.fields.get("spec")
    template = spec.get("template") if isinstance(spec, MapValue) else None
    if not isinstance(spec, MapValue) or not isinstance(template, MapValue):
        return
    made: list[Parameters] = []
    generators = spec.get("generators")
    for one in generators if isinstance(generators, ListValue) else ():
        if isinstance(one, MapValue):
            made += islice(_generated(one, node, charts, 0), MAX_MADE - len(made))
    for parameters in made or [{}]:
        filled = _filled(template, parameters)
        assert isinstance(filled, MapValue)
        metadata, inner = filled.get("metadata"), filled.get("spec")
        name = metadata.get("name") if isinstance(metadata, MapValue) else None
        shown = text_of(name) or text_of(node.fields.get("name"))
        if isinstance(inner, MapValue):
            yield from spec_releases(node, shown, inner, declared, charts)


def _generated(one: MapValue, node: Node, charts: Charts, depth: int) -> Iterator[Parameters]:
    """The parameters of one generator; nothing is known of those of other kinds: one empty set."""
    listed, git, matrix = one.get("list"), one.get("git"), one.get("matrix")
    elements = listed.get("elements") if isinstance(listed, MapValue) else None
    if isinstance(elements, ListValue):
        for element in elements:
            if isinstance(element, MapValue):
                yield dict(_flat(element, ""))
    elif isinstance(git, MapValue):
        yield from _git(git, node, charts)
    elif isinstance(matrix, MapValue) and depth == 0:
        inner = matrix.get("generators")
        several = [
            list(islice(_generated(item, node, charts, 1), MAX_MADE))
            for item in (inner if isinstance(inner, ListValue) else ())
            if isinstance(item, MapValue)
        ]
        for row in product(*several):
            yield {key: value for parameters in row for key, value in parameters.items()}
    else:
        yield {}


def _flat(value: MapValue, prefix: str) -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        if isinstance(item, MapValue):
            yield from _flat(item, f"{prefix}{key}.")
        elif not isinstance(item, (ListValue, Unknown, Segments)):
            text = str(item).lower() if isinstance(item, bool) else text_of(item)
            yield f"{prefix}{key}", text


def _git(git: MapValue, node: Node, charts: Charts) -> Iterator[Parameters]:
    directories, files = git.get("directories"), git.get("files")
    bases = [""]
    folder = node.path.rpartition("/")[0]
    while folder:
        bases.append(f"{folder}/")
        folder = folder.rpartition("/")[0]
    for base in bases:
        found = list(_matching(base, directories, files, charts))
        if found:
            yield from found
            return


def _matching(base: str, directories: Value, files: Value, charts: Charts) -> Iterator[Parameters]:
    for item in directories if isinstance(directories, ListValue) else ():
        if not isinstance(item, MapValue) or item.get("exclude") is True:
            continue
        pattern = base + text_of(item.get("path"))
        folders = dict.fromkeys(path.rpartition("/")[0] for path in charts.all)
        shut = [base + text_of(other.get("path")) for other in _excluded(directories)]
        for folder in folders:
            if glob_match(pattern, folder) and not any(glob_match(one, folder) for one in shut):
                yield _path_parameters(folder[len(base) :])
    for item in files if isinstance(files, ListValue) else ():
        pattern = base + text_of(item.get("path")) if isinstance(item, MapValue) else ""
        for path in charts.all:
            if glob_match(pattern, path):
                content = charts.mapping(path)
                own = _path_parameters(path.rpartition("/")[0][len(base) :])
                yield {**(dict(_flat(content, "")) if content is not None else {}), **own}


def _excluded(directories: Value) -> Iterator[MapValue]:
    for item in directories if isinstance(directories, ListValue) else ():
        if isinstance(item, MapValue) and item.get("exclude") is True:
            yield item


def _path_parameters(folder: str) -> Parameters:
    segments = folder.split("/")
    found = {"path": folder, "path.path": folder, "path.basename": segments[-1],
             "path.basenameNormalized": segments[-1].replace("_", "-")}  # fmt: skip
    for index, segment in enumerate(segments):
        found[f"path[{index}]"] = segment
    return found


def _filled(value: Value, parameters: Parameters) -> Value:
    """The template with the parameters in their places, and unknowns where one is not known."""
    if isinstance(value, MapValue):
        made = value.copy_with()
        for key, item in value.items():
            made[key] = _filled(item, parameters)
        return made
    if isinstance(value, ListValue):
        items = [_filled(item, parameters) for item in value]
        listed = ListValue(value.source, value.start, value.end, items, dict(value.places))
        listed.offsets, listed.rest = value.offsets, value.rest
        return listed
    if not isinstance(value, str) or "{{" not in value:
        return value
    text = _PARAMETER.sub(lambda match: parameters.get(match[1], match[0]), value)
    parts: list[str | Unknown | Segments] = []
    at = 0
    span: Span | None = None
    for match in _ACTION.finditer(text):
        why = Unknown(Reason.EXPRESSION, f"the parameter `{match[0]}`", span)
        parts += [text[at : match.start()], why]
        at = match.end()
    return join_segments([*parts, text[at:]]) if parts else text
