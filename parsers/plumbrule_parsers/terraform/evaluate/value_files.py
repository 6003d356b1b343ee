"""Which files of variable values a root is run with: those that always count, and sets by name.

`terraform.tfvars` and `*.auto.tfvars` always count. Which of the other files are given to a run is
told by nobody but their names, so the layouts that people use are known here: `prod.tfvars` beside
the root; `env/prod.tfvars` or `tfvars/prod/*.tfvars` below it; `variables/prod/common.tfvars` and
`variables/prod/<name of the root>.tfvars` in a folder above it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.evaluate.folder import Folder, ValueSet

ENDINGS = (".tfvars", ".tfvars.json")
MAX_SETS = 12  # of one root; more are one way with values that may be any
_ABOVE = 3  # folders above a root in which its values may lie
_HOLDERS = ("env", "envs", "environment", "environments", "tfvars", "vars", "var", "variables",
            "config", "configs", "values", "workspaces", "params", "parameters")  # fmt: skip
_WORDS = {
    "dev", "develop", "development", "sandbox", "test", "testing", "qa", "uat", "int",
    "integration", "stage", "staging", "stg", "stag", "preprod", "preproduction", "prod",
    "production", "prd", "live", "nonprod", "perf", "demo", "dr", "ephemeral", "local",
}  # fmt: skip
_SHARED = {"common", "shared", "global", "globals", "base", "default", "defaults", "all"}
_GENERIC = {"terraform", "vars", "variables", "values", "tfvars", "secret", "secrets", "config"}
_NO_RUN = {"example", "examples", "sample", "template", "tmpl", "dist", "test-fixtures"}

Setting = tuple[Source, h.Setting]
Bodies = Mapping[str, tuple[Source, h.Body]]  # by path


@dataclass(slots=True)
class ValueFiles:
    """All files of values by their folder, and the folders by the one above."""

    bodies: Bodies
    modules: frozenset[str]  # folders with configuration: values in them are their own
    by_folder: dict[str, list[str]] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, bodies: Bodies, modules: Iterable[str]) -> ValueFiles:
        """The tables of these files."""
        made = cls(bodies, frozenset(modules))
        for path in sorted(bodies):
            made.by_folder.setdefault(path.rpartition("/")[0], []).append(path)
        for folder in sorted(made.by_folder):
            if folder and folder not in made.modules:
                made.inside.setdefault(folder.rpartition("/")[0], []).append(folder)
        return made


def take_values(folder: Folder, files: ValueFiles) -> None:
    """Give a folder its values: those that always count, its sets, and the others."""
    bodies, by_folder = files.bodies, files.by_folder
    own = by_folder.get(folder.path, [])
    for path in sorted(filter(_is_loaded, own), key=_order):
        folder.values.extend(_settings(bodies[path]))
    sets = {**_above(folder, files), **_below(folder, files)}
    sets.update(_beside([path for path in own if not _is_loaded(path)]))
    used: set[str] = set()
    if len(sets) <= MAX_SETS:
        for name in sorted(sets):
            word, paths = sets[name]
            used.update(paths)
            settings = tuple(one for path in paths for one in _settings(bodies[path]))
            folder.sets.append(ValueSet(name, word, tuple(paths), settings))
    for path in own:
        if not _is_loaded(path) and path not in used and not _tokens(path) & _NO_RUN:
            folder.others[path] = _settings(bodies[path])


def _settings(entry: tuple[Source, h.Body]) -> list[Setting]:
    source, body = entry
    return [(source, setting) for setting in body.settings().values()]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.removesuffix(".json").removesuffix(".tfvars")


def _tokens(path: str) -> set[str]:
    return set(re.split(r"[-_.]", _stem(path).lower()))


def _is_loaded(path: str) -> bool:
    """Whether Terraform loads the file by itself."""
    stem = _stem(path)
    return stem == "terraform" or stem.endswith(".auto")


def _order(path: str) -> tuple[int, str]:
    """The order in which Terraform reads files of values; the last one wins."""
    name = path.rpartition("/")[2]
    order = ["terraform.tfvars", "terraform.tfvars.json"]
    return (order.index(name) if name in order else 2), name


_Sets = dict[str, tuple[str, list[str]]]  # name -> word, files


def _beside(paths: Iterable[str]) -> _Sets:
    """Files beside the root that name an environment; `prod` and `prod.secrets` are one set."""
    grouped: dict[str, list[str]] = {}
    shared: list[str] = []
    for path in sorted(paths):
        parts = [one for one in re.split(r"[-_.]", _stem(path).lower()) if one not in _GENERIC]
        if set(parts) & _WORDS and not set(parts) & _NO_RUN:
            grouped.setdefault("-".join(parts), []).append(path)
        elif parts and set(parts) <= _SHARED:
            shared.append(path)
    made: _Sets = {}
    for word, files in grouped.items():
        first = min(files, key=lambda one: (len(one), one))
        ordered = [first, *(one for one in files if one != first)]
        made[first.rpartition("/")[2]] = word, [*shared, *ordered]
    return made


def _below(folder: Folder, files: ValueFiles) -> _Sets:
    """`env/prod.tfvars` and `tfvars/prod/*.tfvars` below the root."""
    made: _Sets = {}
    start = f"{folder.path}/" if folder.path else ""
    for holder in _HOLDERS:
        inside = [] if start + holder in files.modules else files.by_folder.get(start + holder, [])
        shared = [path for path in inside if _tokens(path) <= _SHARED]
        for path in inside:
            if path not in shared and not _tokens(path) & _NO_RUN:
                made[f"{holder}/{path.rpartition('/')[2]}"] = _stem(path), [*shared, path]
        for other in files.inside.get(start + holder, ()):
            word, listed = other.rpartition("/")[2], files.by_folder[other]
            ordered = sorted(listed, key=lambda one: (not _tokens(one) <= _SHARED, one))
            made[f"{holder}/{word}"] = word, [*shared, *ordered]
    return made


def _above(folder: Folder, files: ValueFiles) -> _Sets:
    """`variables/prod/<root>.tfvars` and `variables/<root>/prod.tfvars` in folders above."""
    made: _Sets = {}
    name, above = folder.path.rpartition("/")[2], folder.path
    for _step in range(_ABOVE):
        if not above:
            break
        above = above.rpartition("/")[0]
        for holder in _HOLDERS:
            place = posixpath.join(above, holder)
            own = f"{place}/{name}" if f"{place}/{name}" not in files.modules else ""
            for path in files.by_folder.get(own, ()) if own else ():
                made[f"{holder}/{name}/{_stem(path)}"] = _stem(path), [path]
            for other in files.inside.get(place, ()):
                word, listed = other.rpartition("/")[2], files.by_folder[other]
                if word == name:
                    continue
                mine = [path for path in listed if _stem(path) == name]
                shared = [path for path in listed if _tokens(path) <= _SHARED]
                fitting = [one for one in shared if _fits(folder, files.bodies[one][1])]
                if mine or (fitting and len(shared) == len(listed)):
                    made[f"{holder}/{word}"] = word, [*fitting, *mine]
    return made


def _fits(folder: Folder, body: h.Body) -> bool:
    """Whether the file sets a variable of the root."""
    return any(f"var.{name}" in folder.blocks for name in body.settings())
