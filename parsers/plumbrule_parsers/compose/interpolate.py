"""Variables in a Compose file: `$NAME`, `${NAME}` and its forms with a default.

Source: https://docs.docker.com/reference/compose-file/interpolation/. What `.env` beside the file
or a default says is the value, as that is what an ordinary run uses; what only the shell of a run
can say is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    Value,
    join_segments,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LINE = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*"
    r"(?:\"(?P<double>[^\"\n]*)\"|'(?P<single>[^'\n]*)'|(?P<bare>[^\n]*?))"
    r"[ \t]*(?:[ \t]#[^\n]*)?\r?$"
)
_NESTED: Final = 10  # defaults inside defaults

Parts = list[str | Unknown | Segments]


@dataclass(frozen=True, slots=True)
class Variable:
    """What `.env` says of a variable, and where."""

    value: str
    span: Span


Variables = Mapping[str, Variable]


def variables_in(source: Source) -> dict[str, Variable]:
    """The variables of a `.env` file; the last line of a name counts."""
    found: dict[str, Variable] = {}
    for match in _LINE.finditer(source.text):
        group = next((one for one in ("double", "single") if match[one] is not None), "bare")
        value = match[group]
        if "$" not in value:
            span = Span(source, match.start("name"), match.end(group))
            found[match["name"]] = Variable(value, span)
    return found


def interpolated(value: Value, variables: Variables, at: Span | None = None) -> Value:
    """The value with its variables replaced; places keep, with the way to `.env`."""
    if isinstance(value, str):
        return _text(value, variables, at)[0] if "$" in value else value
    if isinstance(value, MapValue):
        made = MapValue(value.source, value.start, value.end, rest=value.rest, tag=value.tag)
        for key, item in value.items():
            place = _placed(item, value.place(key), variables)
            span = place.value if place is not None else None
            made.put(key, interpolated(item, variables, span), place)
        return made
    if isinstance(value, ListValue):
        listed = ListValue(value.source, value.start, value.end, rest=value.rest, tag=value.tag)
        for index, item in enumerate(value):
            place = _placed(item, value.place(index), variables)
            if place is not None:
                listed.places[index] = place
            span = place.value if place is not None else None
            listed.append(interpolated(item, variables, span))
        return listed
    return value


def _placed(value: Value, place: Place | None, variables: Variables) -> Place | None:
    if place is None or not isinstance(value, str) or "$" not in value:
        return place
    hops = _text(value, variables, place.value)[1]
    return replace(place, via=(*place.via, *hops)) if hops else place


def _text(
    text: str, variables: Variables, at: Span | None
) -> tuple[str | Unknown | Segments, list[Hop]]:
    hops: list[Hop] = []
    parts = _Reader(text, variables, hops, at).parts(0)
    if len(parts) == 1 and isinstance(parts[0], (Unknown, Segments)):
        return parts[0], hops
    return join_segments(parts), hops


@dataclass(slots=True)
class _Reader:
    text: str
    variables: Variables
    hops: list[Hop]
    span: Span | None
    at: int = 0

    def parts(self, depth: int) -> Parts:
        """Everything up to the end, or to the brace that closes a default."""
        found: Parts = []
        text, start = self.text, self.at
        while self.at < len(text):
            sign = text[self.at]
            if sign == "}" and depth:
                break
            if sign != "$":
                self.at += 1
                continue
            found.append(text[start : self.at])
            self.variable(found, depth)
            start = self.at
        found.append(text[start : self.at])
        return [one for one in found if one != ""]

    def variable(self, found: Parts, depth: int) -> None:
        """What stands behind a dollar sign."""
        text = self.text
        after = text[self.at + 1 : self.at + 2]
        if after == "$":
            found.append("$")
            self.at += 2
            return
        braced = after == "{"
        name = _NAME.match(text, self.at + 2 if braced else self.at + 1)
        if name is None or depth >= _NESTED:
            found.append("$")
            self.at += 1
            return
        self.at = name.end()
        if not braced:
            found.extend(self.value(name[0]))
            return
        form = re.compile(r":?[-+?]").match(text, self.at)
        rest: Parts = []
        if form is not None:
            self.at = form.end()
            rest = self.parts(depth + 1)
        self.at = min(self.at + 1, len(text))  # behind the brace
        found.extend(self.chosen(name[0], form[0] if form is not None else "", rest))

    def value(self, name: str, *, not_null: bool = False) -> Parts:
        """The value that `.env` gives, unknown otherwise."""
        known = self.variables.get(name)
        if known is None:
            return [Unknown(Reason.ENVIRONMENT, name, self.span, "string", not_null=not_null,
                            identity=f"compose:{name}")]  # fmt: skip
        self.hops.append(Hop(known.span, f"`{name}` in {known.span.path.rpartition('/')[2]}"))
        return [known.value]

    def chosen(self, name: str, form: str, rest: Parts) -> Parts:
        """The value, or what stands there if the variable is not set (or is)."""
        known = self.variables.get(name)
        if form.endswith("?"):
            return self.value(name, not_null=True)
        filled = known is not None and (known.value != "" or not form.startswith(":"))
        if form.endswith("+"):
            return rest if filled else []
        if form.endswith("-") and not filled:
            return rest
        return self.value(name)
