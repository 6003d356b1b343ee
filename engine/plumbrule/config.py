"""Configuration: `plumbrule.toml`, the nearest one up the tree; unknown keys are errors."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbrule.finding import LEVELS, SEVERITIES
from plumbrule.toml_places import Keys, TomlPlaces
from plumbrule_parsers.document import Document, Problem
from plumbrule_parsers.source import Source, Span

FILE_NAME = "plumbrule.toml"
PROJECT = "pyproject.toml"
# Keys of `external` whose names stand in a namespace.
NAMESPACED = ("secrets", "config-maps", "services")
_IDENTITY = re.compile(r"arn:[\w-]+:iam::[\d?]*:\S+|[^@\s]+@[^@\s]+|[0-9a-fA-F-]{36}")
UNKNOWN_MODES = ("review", "skip", "fail")


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """What the project says of one rule."""

    enabled: bool = True
    severity: str | None = None
    unknown: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Something that lives outside the repository: `form` is the key of `external` that names it.

    `pattern` is a glob over names; before a slash stands one over namespaces, where there are any.
    """

    form: str
    pattern: str
    span: Span


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a run. `path` is the file they came from, "" for the defaults.

    `value_sets` is what `helm` says, as a document for the format of that name, None if it says
    nothing; `terragrunt_env` is the same for `get_env`. `origins` says for each key where its value
    was written.
    """

    path: str = ""
    fail_on: str = "high"
    level: str = "default"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    max_file_size: int = 5_000_000
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    provenance: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: Mapping[str, RuleConfig] = field(default_factory=dict)
    value_sets: Document | None = None
    terragrunt_env: Document | None = None
    external: tuple[Elsewhere, ...] = ()
    problems: tuple[Problem, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file: its type as JSON Schema, its words, and what to hold it to."""

    schema: dict[str, Any]
    doc: str


_STRINGS = {"type": "array", "items": {"type": "string"}}
KEYS: dict[str, Key] = {
    "fail-on": Key(
        {"enum": [*SEVERITIES, "never"]}, "the lowest severity that fails the run (default: high)"
    ),
    "level": Key(
        {"enum": list(LEVELS)},
        "which rules are evaluated: default (what can be acted on), strict (opinions, too), "
        "audit (aids for a review, too)",
    ),
    "include": Key(_STRINGS, "globs of the files to read (default: all)"),
    "exclude": Key(_STRINGS, "globs of files and folders to leave out"),
    "packs": Key(_STRINGS, "folders with rules of your own, relative to this file"),
    "max-file-size": Key(
        {"type": "integer", "minimum": 1}, "bytes beyond which a file is skipped (default: 5000000)"
    ),
    "environments": Key(
        {"type": "object", "additionalProperties": _STRINGS},
        "environment names and the globs of the files that belong to them",
    ),
    "provenance": Key(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"authored": _STRINGS, "vendored": _STRINGS, "fixture": _STRINGS},
        },
        "globs of files that are your own, other people's, or test data, where the names of "
        "folders mislead",
    ),
    "helm": Key(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "values": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["chart"],
                        "properties": {
                            "chart": {
                                "type": "string",
                                "description": "the chart's folder, relative to this file",
                            },
                            "files": {
                                **_STRINGS,
                                "description": "files of values, in order, relative to this file",
                            },
                            "set": {
                                "type": "object",
                                "description": "values over those of the files; the outermost keys "
                                "are paths as for `--set`",
                            },
                            "environment": {
                                "type": "string",
                                "description": "the environment that the set is (default: told "
                                "from the names of its files)",
                            },
                            "name": {
                                "type": "string",
                                "description": "what the set is called in reports (default: its "
                                "environment, else its files)",
                            },
                            "release": {"type": "string", "description": "the release's name"},
                            "namespace": {"type": "string", "description": "its namespace"},
                        },
                    },
                },
            },
        },
        "sets of values that charts are rendered with, beside those that are found",
    ),
    "terragrunt": Key(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "env": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "environment variables, as `get_env` finds them; no secrets",
                },
            },
        },
        "what Terragrunt is run with; the environment of the scan is never read",
    ),
    "external": Key(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {**_STRINGS, "description": doc}
                for name, doc in (
                    ("images", "images that are built elsewhere: `ghcr.io/acme/legacy-*`"),
                    ("secrets", "Secrets that are made elsewhere: `name`, `namespace/name`"),
                    ("config-maps", "ConfigMaps that are made elsewhere"),
                    ("services", "Services that are made elsewhere, or whose pods are"),
                    ("roles", "roles and identities of other accounts and projects"),
                    ("charts", "charts that are kept elsewhere"),
                    ("repositories", "addresses of other repositories"),
                )
            },
        },
        "what lives outside the repository, as globs of names; no rule misses it",
    ),
    "rules": Key(
        {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "enabled": {"type": "boolean"},
                    "severity": {"enum": list(SEVERITIES)},
                    "unknown": {"enum": list(UNKNOWN_MODES)},
                    "params": {"type": "object"},
                },
            },
        },
        "settings of single rules, by id",
    ),
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file, generated from the table of keys."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FILE_NAME,
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {**key.schema, "description": key.doc} for name, key in KEYS.items()},
    }


def find_config(start: Path) -> Path | None:
    """The nearest `plumbrule.toml`, or `pyproject.toml` with our table, at or above `start`."""
    folder = start.resolve()
    if not folder.is_dir():
        folder = folder.parent
    for here in (folder, *folder.parents):
        if (here / FILE_NAME).is_file():
            return here / FILE_NAME
        project = here / PROJECT
        if project.is_file() and "[tool.plumbrule" in project.read_text("utf-8", "replace"):
            return project
        if (here / ".git").exists():
            return None
    return None


def load_config(path: Path | None, text: str | None = None) -> Config:
    """The settings of the file; its faults are in `problems`, each with its line.

    `text` is the file as an editor holds it, instead of the one on disk.
    """
    if path is None:
        return Config()
    import tomllib

    if text is None:
        text = path.read_bytes().decode("utf-8", "replace")
    source = Source(path.name, text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Config(path=str(path), problems=(_syntax(source, error),))
    if path.name == PROJECT:
        data = data.get("tool", {}).get("plumbrule", {})
    places = TomlPlaces(source)
    above: Keys = ("tool", "plumbrule") if path.name == PROJECT else ()
    problems = list(_faults(data, json_schema(), places, above, len(above)))
    external = list(_external(data, places, (*above, "external"))) if not problems else []
    problems += [fault for one in external if (fault := _odd_pattern(one)) is not None]
    if problems:
        return Config(path=str(path), problems=tuple(problems))
    rules = {
        name: RuleConfig(
            entry.get("enabled", True), entry.get("severity"), entry.get("unknown"),
            entry.get("params", {}),
        )
        for name, entry in data.get("rules", {}).items()
    }  # fmt: skip
    return Config(
        path=str(path),
        fail_on=data.get("fail-on", "high"),
        level=data.get("level", LEVELS[0]),
        include=tuple(data.get("include", ())),
        exclude=tuple(data.get("exclude", ())),
        packs=tuple(data.get("packs", ())),
        max_file_size=data.get("max-file-size", 5_000_000),
        environments={name: tuple(globs) for name, globs in data.get("environments", {}).items()},
        provenance={name: tuple(globs) for name, globs in data.get("provenance", {}).items()},
        rules=rules,
        value_sets=_value_sets(data, places, (*above, "helm", "values")),
        terragrunt_env=_terragrunt_env(data, places, (*above, "terragrunt", "env")),
        external=tuple(external),
        origins={key: f"{path}:{places.key((*above, key)).line}" for key in data},
    )


def _value_sets(data: Mapping[str, Any], places: TomlPlaces, keys: Keys) -> Document | None:
    """The sets of values that the file names for charts, in a document of Helm's."""
    listed = data.get("helm", {}).get("values")
    if not listed:
        return None
    facts = {"role": "value-sets", "sets": places.value(listed, keys), "folder": ""}
    return Document(places.source, "helm", facts=facts)


def _terragrunt_env(data: Mapping[str, Any], places: TomlPlaces, keys: Keys) -> Document | None:
    """The environment variables that the file names for Terragrunt."""
    said = data.get("terragrunt", {}).get("env")
    if not said:
        return None
    return Document(places.source, "terraform", facts={"environment": places.value(said, keys)})


def _external(data: Mapping[str, Any], places: TomlPlaces, keys: Keys) -> Iterator[Elsewhere]:
    """What the file declares to live elsewhere, each entry once."""
    seen: set[tuple[str, str]] = set()
    for form, patterns in data.get("external", {}).items():
        for index, pattern in enumerate(patterns):
            if (form, pattern) not in seen:
                seen.add((form, pattern))
                yield Elsewhere(form, pattern, places.place((*keys, form, index)).value)


def _odd_pattern(one: Elsewhere) -> Problem | None:
    """What is wrong with an entry of `external`."""
    said = f"`{one.pattern}` in `external.{one.form}`"
    if not one.pattern.strip() or one.pattern != one.pattern.strip():
        return Problem("config", f"{said} is empty or has blanks around it", one.span)
    if one.form in NAMESPACED:
        if one.pattern.count("/") > 1:
            return Problem("config", f"{said} is neither `name` nor `namespace/name`", one.span)
        if not all(one.pattern.split("/")):
            return Problem("config", f"{said} lacks a part: write `namespace/name`", one.span)
    if one.form == "roles" and "*" not in one.pattern and not _IDENTITY.fullmatch(one.pattern):
        message = f"{said} is no role: write its ARN, its e-mail address or its client id"
        return Problem("config", message, one.span)
    return None


def _syntax(source: Source, error: Exception) -> Problem:
    found = re.search(r"line (\d+), column (\d+)", str(error))
    at = len(source.text)
    if found is not None:
        line = min(int(found[1]), len(source.line_starts))
        at = min(source.line_starts[line - 1] + int(found[2]) - 1, len(source.text))
    message = re.sub(r" \(at .*\)$", "", str(error))
    return Problem("config", f"not valid TOML: {message[:1].lower()}{message[1:]}",
                   Span(source, at, at))  # fmt: skip


def _faults(
    value: Any, schema: Mapping[str, Any], places: TomlPlaces, keys: Keys, skipped: int
) -> Iterator[Problem]:
    """What in the value does not fit the part of the JSON Schema that we use.

    The first keys, as many as are `skipped`, only lead to our part of the file.
    """
    name = ".".join(key for key in keys[skipped:] if isinstance(key, str))

    def fault(message: str) -> Problem:
        return Problem("config", message, places.key(keys))

    if "enum" in schema:
        if value not in schema["enum"]:
            words = ", ".join(schema["enum"])
            yield fault(f"`{name}` takes {words}, not `{value}`{_suggest(value, schema['enum'])}")
        return
    type_ = schema.get("type")
    checks: dict[str, Callable[[Any], bool]] = {
        "array": lambda item: isinstance(item, list),
        "object": lambda item: isinstance(item, dict),
        "string": lambda item: isinstance(item, str),
        "boolean": lambda item: isinstance(item, bool),
        "integer": lambda item: isinstance(item, int) and not isinstance(item, bool),
    }
    if type_ is not None and not checks[type_](value):
        yield fault(f"`{name}` must be {'an' if type_[0] in 'aio' else 'a'} {type_}")
        return
    if "minimum" in schema and value < schema["minimum"]:
        yield fault(f"`{name}` must be at least {schema['minimum']}")
    if type_ == "array":
        for index, item in enumerate(value):
            yield from _faults(item, schema.get("items", {}), places, (*keys, index), skipped)
    if type_ == "object":
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for key, item in value.items():
            inner = known.get(key, others)
            if inner is False:
                message = f"unknown key `{key}`{f' in `{name}`' if name else ''}"
                span = places.key((*keys, key))
                yield Problem("config", message + _suggest(key, known), span)
            elif isinstance(inner, dict):
                yield from _faults(item, inner, places, (*keys, key), skipped)
        for key in schema.get("required", ()):
            if key not in value:
                yield fault(f"`{name}` needs `{key}`")


def _suggest(word: Any, among: Any) -> str:
    close = difflib.get_close_matches(str(word), sorted(among), n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""
