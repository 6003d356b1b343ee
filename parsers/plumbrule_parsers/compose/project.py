"""What a Compose file means in its folder: its override file, what it includes and extends.

Source: https://docs.docker.com/reference/compose-file/. A folder's `compose.yaml` is read together
with its `compose.override.yaml`. Any other Compose file beside them that changes services without
saying how to get their image is one that a run names behind it (`-f compose.yaml -f prod.yaml`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from plumbrule_parsers.compose.interpolate import Variable, interpolated, variables_in
from plumbrule_parsers.compose.merge import merged
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown, Value

# In the order in which Compose looks for them.
BASES: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDE = re.compile(r"(?:docker-)?compose\.override\.ya?ml")
_MOST: Final = 20  # files behind each other, and services that extend each other

Roots = Mapping[str, MapValue]


@dataclass(slots=True)
class Service:
    """A service as its project has it, and where its name is written."""

    name: str
    body: MapValue
    head: Span


@dataclass(slots=True)
class Project:
    """The services of one file with all that is read over and beneath it.

    `inputs` are the files that make it, `included` the services of included files by name with the
    path of their file, `lost` what could not be found.
    """

    path: str
    services: dict[str, Service] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    included: dict[str, str] = field(default_factory=dict)
    lost: list[Problem] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The folder to which its paths are relative."""
        return self.path.rpartition("/")[0]


def base_of(path: str, roots: Roots) -> str | None:
    """The file over which this one is read; None if it stands for itself."""
    folder, _, name = path.rpartition("/")
    if name in BASES:
        return None
    start = f"{folder}/" if folder else ""
    base = next((start + one for one in BASES if start + one in roots), None)
    if base is None or is_override(path):
        return base
    services = roots[path].get("services")
    known = roots[base].get("services")
    if not isinstance(services, MapValue) or not isinstance(known, MapValue):
        return None
    bare = any(
        name in known and isinstance(one, MapValue) and not {"image", "build", "extends"} & {*one}
        for name, one in services.items()
    )
    return base if bare else None


def is_override(path: str) -> bool:
    """Whether Compose reads the file by itself, over the one beside it."""
    return _OVERRIDE.fullmatch(path.rpartition("/")[2]) is not None


def project_of(path: str, roots: Roots, files: FileTree | None) -> Project:
    """The services of the file, evaluated."""
    made = Project(path, inputs=[path])
    variables = _environment(made, files)
    base = base_of(path, roots)
    below = _services(path, roots, variables)
    if base is not None:
        made.inputs.insert(0, base)
        lowest = _with_included(base, roots, variables)
        # What it does not speak of stands in the file below, and is judged there.
        below = {
            name: merged(lowest[name], body) if name in lowest else body
            for name, body in below.items()
        }
        made.included.update((name, base) for name in lowest if name not in below)
    for over in _overrides(path, roots):
        made.inputs.append(over)
        for name, body in _services(over, roots, variables).items():
            if name in below:
                below[name] = merged(below[name], body)
            else:
                made.included[name] = over
    reader = _Extended(made, roots, variables, below)
    services = roots[path].get("services")
    for name in below:
        body = reader.whole(name, below[name], path, 0)
        place = services.place(name) if isinstance(services, MapValue) else None
        head = place.key if place is not None and place.key is not None else body.span.first_line
        made.services[name] = Service(name, body, head)
    _include(made, roots, path, 0)
    return made


def added_services(path: str, roots: Roots) -> frozenset[str]:
    """The services of an override file that the file below does not have."""
    base = base_of(path, roots)
    known = _services(base, roots) if base is not None else {}
    return frozenset(name for name in _services(path, roots) if name not in known)


def _environment(made: Project, files: FileTree | None) -> dict[str, Variable]:
    """The variables of the `.env` beside the file."""
    path = posixpath.join(made.folder, ".env")
    source = files.read(path) if files is not None else None
    if source is None:
        return {}
    made.inputs.append(path)
    return variables_in(source)


def _services(
    path: str, roots: Roots, variables: Mapping[str, Variable] | None = None
) -> dict[str, MapValue]:
    """The services of a file, with the folders that their images are built from."""
    services = roots[path].get("services")
    if not isinstance(services, MapValue):
        return {}
    found: dict[str, MapValue] = {}
    for name, written in services.items():
        body = interpolated(written, variables) if variables is not None else written
        if isinstance(body, MapValue):
            found[name] = _placed(body, path.rpartition("/")[0])
    return found


def _placed(body: MapValue, folder: str) -> MapValue:
    """A path of a file that is included or extended is relative to that file."""
    build, place = body.get("build"), body.place("build")
    if isinstance(build, MapValue):
        place = build.place("context") or place
        build = build.get("context")
    if not isinstance(build, str) or "://" in build or build.startswith("git@"):
        return body
    context = posixpath.normpath(posixpath.join(folder, build))
    made = body.copy_with()
    made.put("context", "" if context == "." else context, place)
    return made


def _with_included(
    path: str, roots: Roots, variables: Mapping[str, Variable]
) -> dict[str, MapValue]:
    """The services of a file and of those that it includes."""
    found: dict[str, MapValue] = {}
    included = Project(path)
    _include(included, roots, path, 0)
    for name, where in included.included.items():
        found[name] = _services(where, roots, variables)[name]
    return found | _services(path, roots, variables)


def _overrides(path: str, roots: Roots) -> Iterator[str]:
    folder, _, name = path.rpartition("/")
    if name not in BASES:
        return
    start = f"{folder}/" if folder else ""
    if next(one for one in BASES if start + one in roots) != name:
        return  # Compose reads the other one
    for one in sorted(roots):
        if one.rpartition("/")[0] == folder and is_override(one):
            yield one


def _include(made: Project, roots: Roots, path: str, depth: int) -> None:
    """The services of the files that this one includes."""
    listed = roots[path].get("include")
    for index, item in enumerate(listed if isinstance(listed, ListValue) else ()):
        place = listed.place(index) if isinstance(listed, ListValue) else None
        named: Value = item.get("path") if isinstance(item, MapValue) else item
        for one in named if isinstance(named, ListValue) else [named]:
            if not isinstance(one, str) or "$" in one or "://" in one:
                continue
            target = posixpath.normpath(posixpath.join(path.rpartition("/")[0], one))
            if target not in roots:
                span = place.value if place is not None else roots[path].span.first_line
                message = f"`{one}` is included and is no Compose file of the repository"
                made.lost.append(Problem("missing-include", message, span, Severity.WARNING))
            elif depth < _MOST:
                for name in _services(target, roots):
                    made.included.setdefault(name, target)
                _include(made, roots, target, depth + 1)


@dataclass(slots=True)
class _Extended:
    """Puts what a service extends beneath it."""

    made: Project
    roots: Roots
    variables: Mapping[str, Variable]
    services: Mapping[str, MapValue]

    def whole(self, name: str, body: MapValue, path: str, depth: int) -> MapValue:
        """The service with what it extends."""
        extends = body.get("extends")
        target: Value = extends
        file: Value = None
        if isinstance(extends, MapValue):
            target, file = extends.get("service"), extends.get("file")
        if not isinstance(target, str) or (file is not None and not isinstance(file, str)):
            return body
        place = body.place("extends")
        span = place.entry if place is not None else body.span.first_line
        there = posixpath.normpath(posixpath.join(path.rpartition("/")[0], file)) if file else path
        same = there == self.made.path
        found = self.services if same else (
            _services(there, self.roots, self.variables) if there in self.roots else {}
        )  # fmt: skip
        if target not in found or depth >= _MOST or (same and target == name):
            message = f"service `{name}` extends `{target}`, which is not found"
            if target in found:
                message = f"service `{name}` extends itself"
            self.made.lost.append(Problem("missing-service", message, span, Severity.WARNING))
            left = body.copy_with()
            left.rest = Unknown(Reason.MISSING_FILE, message, span)
            return left
        below = self.whole(target, found[target], there, depth + 1)
        made = merged(below, body)
        made.start, made.end, made.source = body.start, body.end, body.source
        return made
