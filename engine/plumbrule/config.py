"""Configuration: `plumbrule.toml`, the nearest one up the tree; unknown keys are errors."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbrule.finding import LEVELS, SEVERITIES
from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source, Span

FILE_NAME = "plumbrule.toml"
UNKNOWN_MODES = ("review", "skip", "fail")


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """What the project says of one rule."""

    enabled: bool = True
    severity: str | None = None
    unknown: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a run. `path` is the file they came from, "" for the defaults.

    `origins` says for each key where its value was written.
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
        project = here / "pyproject.toml"
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
    if path.name != FILE_NAME:
        data = data.get("tool", {}).get("plumbrule", {})
    problems = list(_faults(data, json_schema(), source, ()))
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
        origins={key: f"{path}:{_span(source, (key,)).line}" for key in data},
    )


def _syntax(source: Source, error: Exception) -> Problem:
    found = re.search(r"line (\d+), column (\d+)", str(error))
    at = len(source.text)
    if found is not None:
        line = min(int(found[1]), len(source.line_starts))
        at = min(source.line_starts[line - 1] + int(found[2]) - 1, len(source.text))
    message = re.sub(r" \(at .*\)$", "", str(error))
    return Problem("config", f"not valid TOML: {message[:1].lower()}{message[1:]}",
                   Span(source, at, at))  # fmt: skip


def _span(source: Source, keys: tuple[str, ...]) -> Span:
    """Where the last of the keys is written; the start of the file if it cannot be found."""
    name = re.escape(keys[-1])
    pattern = rf'^\s*\[[^\]\n]*(?P<head>{name})"?\s*\]|^\s*"?(?P<key>{name})"?\s*='
    found = re.compile(pattern, re.MULTILINE).search(source.text)
    if found is None:
        found = re.compile(rf'"?(?P<key>{name})"?').search(source.text)
    if found is None:
        return Span(source, 0, 0)
    group = "key" if found.groupdict().get("key") is not None else "head"
    return Span(source, found.start(group), found.end(group))


def _faults(
    value: Any, schema: Mapping[str, Any], source: Source, keys: tuple[str, ...]
) -> Iterator[Problem]:
    """What in the value does not fit the part of the JSON Schema that we use."""
    name = ".".join(keys)

    def fault(message: str) -> Problem:
        span = _span(source, keys) if keys else Span(source, 0, 0)
        return Problem("config", message, span)

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
        for item in value:
            yield from _faults(item, schema.get("items", {}), source, keys)
    if type_ == "object":
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for key, item in value.items():
            inner = known.get(key, others)
            if inner is False:
                message = f"unknown key `{key}`{f' in `{name}`' if name else ''}"
                span = _span(source, (key,))
                yield Problem("config", message + _suggest(key, known), span)
            elif isinstance(inner, dict):
                yield from _faults(item, inner, source, (*keys, key))


def _suggest(word: Any, among: Any) -> str:
    close = difflib.get_close_matches(str(word), sorted(among), n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""
