"""Texts of pipelines: what the variables in them hold, as far as the pipeline's file says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from plumbrule_parsers.document import Node
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Reason,
    Segments,
    Unknown,
    Value,
    join_segments,
)

MAX_DEPTH = 5  # variables in values of variables
_PARTS = re.compile(
    r"\$\{\{((?:(?!\$\{\{|\}\}).)*+)\}\}|\$\{(\w+)[^{}]*\}|\$(\w+)|\$\(((?:[^()]|\([^()]*\))*+)\)"
)
_NAME = re.compile(r"\$\{?(\w+)\}?|env\.(\w+)|(?:params|env)\[?['\"]?(\w+)['\"]?\]?")
_SET = re.compile(
    r"^[ \t]*(?:(?:export|local|readonly|declare)[ \t]+)?([A-Za-z_]\w*)="
    r"(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s;&|\"']+))[ \t]*(?:$|;|&&)",
    re.MULTILINE,
)
_HANDED_ON = re.compile(
    r"^[ \t]*echo[ \t]+[\"']?([A-Za-z_]\w*)=([^\"'\n>]*?)[\"']?[ \t]*>>[ \t]*[\"']?\$\{?GITHUB_ENV",
    re.MULTILINE,
)


class Variables:
    """What is known by name where a command or a step stands."""

    def __init__(self, by_name: Mapping[str, Value]) -> None:
        self.by_name = by_name

    def filled(self, value: Value, depth: int = 0) -> Value:
        """The value with each unknown part replaced that is a variable with a known value."""
        if isinstance(value, str):
            return value if depth == 0 else self.read(value, depth)
        if not isinstance(value, (Unknown, Segments)):
            return value
        parts = value.parts if isinstance(value, Segments) else (value,)
        made: list[str | Unknown | Segments] = []
        for part in parts:
            found = self._named(part, depth) if isinstance(part, Unknown) else part
            made.append(found)
        joined = join_segments(made)
        if isinstance(joined, Segments) and len(joined.parts) == 1:
            only = joined.parts[0]
            assert isinstance(only, Unknown)
            return only
        return joined

    def _named(self, part: Unknown, depth: int) -> str | Unknown | Segments:
        match = _NAME.fullmatch(part.detail)
        name = next((one for one in match.groups() if one), "") if match is not None else ""
        if name not in self.by_name or part.candidates or depth >= MAX_DEPTH:
            return part
        found = self.filled(self.by_name[name], depth + 1)
        if isinstance(found, bool) or not isinstance(found, (str, int, Unknown, Segments)):
            return part
        return str(found) if isinstance(found, int) else found

    def read(self, text: str, depth: int = 0) -> Value:
        """A text as it is written, its variables filled in, and unknown parts for the rest."""
        parts: list[str | Unknown | Segments] = []
        at = 0
        for match in _PARTS.finditer(text):
            parts.append(text[at : match.start()])
            said = " ".join((match[1] or match[0]).split())[:60]
            parts.append(Unknown(Reason.ENVIRONMENT, said, type="string"))
            at = match.end()
        parts.append(text[at:])
        made = join_segments(parts)
        if isinstance(made, str):
            return made
        if len(made.parts) == 1 and isinstance(made.parts[0], Unknown):
            return self.filled(made.parts[0], depth)
        return self.filled(made, depth)


def variables_at(
    node: Node, by_address: Mapping[str, Node], scripts: Callable[[Node], str]
) -> Variables:
    """The variables of the node: what its script sets, then those of step, job and pipeline.

    `scripts` gives all that the scripts of a job or a file say. A name that gets several values has
    none that can be told.
    """
    found: dict[str, Value] = {}
    owner: Node | None = node
    for _level in range(10):
        if owner is None:
            break
        for name, text in _assigned(scripts(owner)).items():
            found.setdefault(name, text)
        listed = owner.fields.get("variables")
        if isinstance(listed, MapValue):
            for name, value in listed.items():
                found.setdefault(name, value)
        owner = by_address.get(owner.parent)
    return Variables(found)


def _assigned(script: str) -> dict[str, Value]:
    texts: dict[str, set[str]] = {}
    for match in _SET.finditer(script):
        name = match[1]
        value = next((one for one in match.groups()[1:] if one is not None), "")
        texts.setdefault(name, set()).add(value)
    for match in _HANDED_ON.finditer(script):
        texts.setdefault(match[1], set()).add(match[2])
    return {
        name: some.pop() if len(some) == 1 else Unknown(Reason.ENVIRONMENT, f"several {name}")
        for name, some in texts.items()
    }


def script_text(value: Value) -> str:
    """A script with its unknown parts written as expressions."""
    if isinstance(value, str):
        return value
    if isinstance(value, Segments):
        return "".join(
            part if isinstance(part, str) else f"${{{{ {part.detail} }}}}" for part in value.parts
        )
    return ""


def lines_of(value: Value) -> Iterator[Value]:
    """The entries of a list that is written as lines or with commas, each with its parts."""
    if isinstance(value, ListValue):
        for item in value:
            yield from lines_of(item)
        return
    parts = value.parts if isinstance(value, Segments) else (value,)
    line: list[str | Unknown] = []
    for part in parts:
        if not isinstance(part, str):
            if isinstance(part, Unknown):
                line.append(part)
            continue
        pieces = re.split(r"[\n,]", part)
        line.append(pieces[0].lstrip() if not line else pieces[0])
        for piece in pieces[1:]:
            yield from _line(line)
            line = [piece.lstrip()]
    yield from _line(line)


def _line(parts: list[str | Unknown]) -> Iterator[Value]:
    kept = list(parts)
    if kept and isinstance(kept[-1], str):
        kept[-1] = kept[-1].rstrip()
    made = join_segments(part for part in kept if part != "")
    if isinstance(made, Segments) and len(made.parts) == 1:
        only = made.parts[0]
        assert isinstance(only, Unknown)
        yield only
    elif made != "":
        yield made
