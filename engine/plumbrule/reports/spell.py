"""Spell: values as lines of text in the manner of YAML, unknown parts told, secrets cut short."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from plumbrule.redact import cut_out, redact
from plumbrule.reports.mask import Mask, safe
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    Value,
)

INDENT: Final = "  "
MAX_CANDIDATES: Final = 4
MAX_DETAIL: Final = 120
_WORDS: Final = {
    Reason.NO_VALUE: "{} has no value", Reason.COMPUTED: "{} is known after apply",
    Reason.DATA_SOURCE: "{} is read when it runs", Reason.CYCLE: "{}", Reason.TYPE: "{}",
    Reason.LIMIT: "{}", Reason.REMOTE: "{}",
    Reason.ENVIRONMENT: "{} is known when it runs", Reason.RANDOM: "{} is random",
    Reason.TIME: "{} depends on the time", Reason.CARDINALITY: "{}", Reason.EXPRESSION: "{}",
    Reason.TEMPLATE: "{}",
}  # fmt: skip
# Text that every reader of YAML takes for the same string without quotes.
_BARE = re.compile(r"(?:-(?=\w))?[\w./$(].*")
_STRANGE = re.compile(r":(?:\s|$)|\s#|[\s:]$")
_OTHER = re.compile(
    r"(?i)true|false|yes|no|on|off|y|n|null|[-+]?\.(?:inf|nan)|[-+]?[\d._,:]+(?:e[-+]?\d+)?"
    r"|[-+]?0[xo][\da-f_]+|[-+]?0b[01_]+|\d{4}-\d\d?-\d.*|---.*|\.\.\..*"
)
_NAMES = re.compile(
    r"(?i)(?:passw(?:or)?d|passphrase|secret|token|api_?key|private_?key|access_?key)\Z"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text with the place of the entry that it shows, if it shows one.

    From the column `remark` on, it says why a value is unknown, which is no value to be hidden.
    """

    text: str
    place: Place | None = None
    remark: int = -1


@dataclass(slots=True)
class Spelling:
    """The lines so far, and what must not be shown.

    `hides` says of an entry's place whether the entry is a secret; `words` are the secrets met.
    """

    hides: Callable[[Place | None], bool] = lambda _place: False
    lines: list[Line] = field(default_factory=list)
    words: set[str] = field(default_factory=set)

    # -------------------------------------------------------------- what is spelled
    def manifest(self, manifest: Value) -> None:
        """An object of Kubernetes; the content of a Secret is cut short."""
        if not isinstance(manifest, MapValue):
            self.entries(manifest, 0)
            return
        secret = manifest.get("kind") == "Secret"
        for key, value in manifest.items():
            self.entry(key, value, manifest.place(key), 0,
                       secret=secret and key in ("data", "stringData"))  # fmt: skip
        self.rest(manifest.rest, 0)

    def entries(self, value: Value, depth: int) -> None:
        """A container's entries below each other; anything else as one line."""
        if isinstance(value, MapValue):
            for key, item in value.items():
                self.entry(key, item, value.place(key), depth, secret=_named_secret(value, key))
            self.rest(value.rest, depth)
        elif isinstance(value, ListValue):
            for index, item in enumerate(value):
                self.item(item, value.place(index), depth, secret=False)
            self.rest(value.rest, depth)
        else:
            self.lines.append(Line(f"{INDENT * depth}{self.scalar(value)}"))

    def entry(
        self, key: str, value: Value, place: Place | None, depth: int, *, secret: bool = False
    ) -> None:  # fmt: skip
        """`key: value`, or the key with what it holds below."""
        secret = secret or self.hides(place)
        self.put(f"{INDENT * depth}{plain(key)}:", value, place, depth, secret=secret)

    def item(self, value: Value, place: Place | None, depth: int, *, secret: bool) -> None:
        """`- value`; the first entry of a mapping stands behind the dash."""
        secret = secret or self.hides(place)
        lead = f"{INDENT * depth}-"
        if not isinstance(value, (MapValue, ListValue)) or not value:
            self.put(lead, value, place, depth, secret=secret)
            return
        first = len(self.lines)
        self.inside(value, depth + 1, secret=secret)
        head = self.lines[first]
        self.lines[first] = replace(head, text=f"{lead} {head.text[len(lead) + 1 :]}")

    def put(
        self, lead: str, value: Value, place: Place | None, depth: int, *, secret: bool
    ) -> None:  # fmt: skip
        """A value behind the text that leads to it."""
        if isinstance(value, (MapValue, ListValue)):
            if value or value.rest is not None:
                self.lines.append(Line(lead, place))
                self.inside(value, depth + 1, secret=secret)
            else:
                self.lines.append(Line(f"{lead} {'{}' if isinstance(value, MapValue) else '[]'}",
                                       place))  # fmt: skip
        elif secret and value is not None and not isinstance(value, Unknown):
            self.lines.append(Line(f"{lead} {self.secret(str(value))}", place))
        elif isinstance(value, str) and _is_block(value):
            self.block(lead, value, place, depth)
        else:
            remark = len(lead) + 1 if isinstance(value, Unknown) else -1
            self.lines.append(Line(f"{lead} {self.scalar(value)}", place, remark))

    def inside(self, value: MapValue | ListValue, depth: int, *, secret: bool) -> None:
        """The entries of a container, all of them secret if it is."""
        if not secret:
            self.entries(value, depth)
            return
        if isinstance(value, MapValue):
            for key, item in value.items():
                self.entry(key, item, value.place(key), depth, secret=True)
        else:
            for index, item in enumerate(value):
                self.item(item, value.place(index), depth, secret=True)
        self.rest(value.rest, depth)

    def rest(self, rest: Unknown | None, depth: int) -> None:
        """What a container may hold besides."""
        if rest is not None:
            lead = INDENT * depth
            self.lines.append(Line(f"{lead}(and more, {told(rest)})", None, len(lead)))

    # -------------------------------------------------------------- scalars
    def scalar(self, value: Value) -> str:
        """A scalar as it stands on its line."""
        if isinstance(value, str):
            return plain(value)
        if isinstance(value, Unknown):
            return f"({told(value)})"
        if isinstance(value, Segments):
            return "".join(
                part if isinstance(part, str) else f"({told(part)})" for part in value.parts
            )
        return "null" if value is None else json.dumps(value)

    def secret(self, value: str) -> str:
        """What is shown of a secret; it is remembered, for it may recur elsewhere."""
        self.words.add(value)
        self.words.update(line for line in value.splitlines() if len(line) > len(value) // 8)
        with contextlib.suppress(binascii.Error, ValueError):
            self.words.add(base64.b64decode(value, validate=True).decode())
        return plain(" ".join(redact(value).split()) or "…")

    def block(self, lead: str, value: str, place: Place | None, depth: int) -> None:
        """Text of several lines as a literal block."""
        body = value.rstrip("\n")
        chomp = "-" if body == value else "" if len(value) - len(body) == 1 else "+"
        indent = "2" if value[:1] in (" ", "\t", "\n") else ""
        self.lines.append(Line(f"{lead} |{indent}{chomp}", place))
        last = value[:-1] if chomp != "-" else value
        margin = INDENT * (depth + 1)
        self.lines += [Line(f"{margin}{line}" if line else "") for line in last.split("\n")]

    def masked(self, mask: Mask | None = None) -> list[Line]:
        """The lines as they may be printed: with the redaction that reports use."""
        mask = mask or Mask({}, frozenset(self.words))
        text = Source("", "\n".join(line.text for line in self.lines))
        return [
            replace(line, text=_shown(line, mask, text, number))
            for number, line in enumerate(self.lines, 1)
        ]


def _shown(line: Line, mask: Mask, text: Source, number: int) -> str:
    if line.remark >= 0:
        return line.text[: line.remark] + mask.text(line.text[line.remark :])
    return safe(cut_out(line.text, mask.line(text, number)))


def _is_block(value: str) -> bool:
    """Whether the text can stand as a literal block, as several lines."""
    return "\n" in value.rstrip("\n") and all(
        letter in "\n\t" or letter.isprintable() for letter in value
    )


def plain(text: str) -> str:
    """A string as YAML: bare where it reads as the same string, else in quotes."""
    bare = text.isprintable() and _BARE.fullmatch(text)
    if bare and not _STRANGE.search(text) and not _OTHER.fullmatch(text):
        return text
    if '"' in text and text.isprintable():
        return "'" + text.replace("'", "''") + "'"  # so that JSON stays readable
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(map(_escaped, quoted))


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def told(unknown: Unknown) -> str:
    """Why a value is unknown, and what it can be: `unknown: var.region has no value`."""
    detail = " ".join(unknown.detail.split())
    if len(detail) > MAX_DETAIL:
        detail = detail[: MAX_DETAIL - 1] + "…"
    words = _WORDS.get(unknown.reason)
    why = words.format(detail) if words and detail else str(unknown.reason)
    if words is None and detail:
        why = f"{unknown.reason}, {detail}"
    if 0 < len(unknown.candidates) <= MAX_CANDIDATES:
        listed = " or ".join(json.dumps(one, ensure_ascii=False) for one in unknown.candidates)
        return f"unknown, {listed}: {why}"
    return f"unknown: {why}"


def _named_secret(owner: MapValue, key: str) -> bool:
    """Whether the entry is the value of a variable whose name speaks of a secret."""
    if key != "value":
        return False
    name = owner.get("name")
    return isinstance(name, str) and _NAMES.search(name) is not None and _literal(owner.get(key))


def _literal(value: Value) -> bool:
    return isinstance(value, str) and len(value) > 1 and not value.startswith("$")


def with_origins(lines: Iterable[Line], trail: Callable[[Place], str]) -> Iterator[str]:
    """The lines with their origins behind them, in a column of their own."""
    listed = list(lines)
    widths = [len(line.text) for line in listed if line.place is not None]
    column = min(max(widths, default=0), 56) + 2
    for line in listed:
        origin = trail(line.place) if line.place is not None else ""
        text = f"{line.text}  " if len(line.text) + 2 > column else f"{line.text:{column}}"
        yield f"{text}# {origin}" if origin else line.text
