r"""Arguments of `--set` and its relatives, laid over values.

Source: Helm's package `strvals` (`a.b[0].c={x,y},d=1`, `\\` before a letter takes it literally).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from plumbrule_parsers.helm.functions.objects import Int64
from plumbrule_parsers.helm.values import Table
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced, trace
from plumbrule_parsers.value import Hop, Segments, Unknown

MAX_INDEX: Final = 65_536
MAX_LEVELS: Final = 30
COMMAND_LINE: Final = "<command line>"  # the path of what is set there
_INTEGER = re.compile(r"[+-]?[0-9]+")

Form = Literal["set", "set-string", "set-json", "set-file", "set-literal"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One argument of `--set` (or of the option that `form` names).

    `at` is where it is written, if that is not a command line, and `via` the way behind it. A
    `value` makes the text only the name; so releases that keep the two apart set values that are
    not known.
    """

    text: str
    form: Form = "set"
    at: Span | None = None
    value: Traced | None = None
    via: tuple[Hop, ...] = ()

    @property
    def span(self) -> Span:
        """Where it is written."""
        return self.at or Source(COMMAND_LINE, f"--{self.form} {self.text}").whole()

    def hops(self, path: str) -> tuple[Hop, ...]:
        """The way of a value that it sets."""
        return (Hop(self.span, _note(path)), *self.via)


class SettingError(Exception):
    """The argument is wrong; the message says why, `span` where it is written."""

    def __init__(self, message: str, setting: Setting) -> None:
        super().__init__(message)
        self.message, self.span = message, setting.span


ReadFile = Callable[[str], str | None]


def apply_setting(table: Table, setting: Setting, read_file: ReadFile = lambda _: None) -> None:
    """Lay the values of one argument over the table, in place.

    `read_file` gives the text of the file that `--set-file` names. SettingError: it is not as Helm
    reads it, or the file is absent.
    """
    text = setting.text
    if setting.form == "set-json" and text.lstrip().startswith("{"):
        _whole_object(table, setting)
        return
    if setting.value is not None:
        text += "="
    reader = _Reader(text, setting, read_file)
    while not reader.done:
        reader.entry(table, "", 0)


def _whole_object(table: Table, setting: Setting) -> None:
    try:
        given = json.loads(setting.text)
    except (ValueError, RecursionError) as error:
        raise SettingError(f"`{setting.text[:80]}` is no JSON: {error}", setting) from None
    assert isinstance(given, dict)
    for key, item in given.items():
        table[str(key)] = _from_json(item, str(key), setting)


def _from_json(data: object, path: str, setting: Setting) -> Traced:
    hop = setting.hops(path)

    def floats(item: object) -> object:
        if isinstance(item, dict):
            return {key: floats(one) for key, one in item.items()}
        if isinstance(item, list):
            return [floats(one) for one in item]
        return float(item) if isinstance(item, int) and not isinstance(item, bool) else item

    return trace(floats(data), hop)


def _note(path: str) -> str:
    return f"values key `{path}`"


class _Reader:
    """Reads one argument from the left, as Helm does."""

    def __init__(self, text: str, setting: Setting, read_file: ReadFile) -> None:
        self.text, self.setting, self.read_file = text, setting, read_file
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def wrong(self, why: str) -> SettingError:
        return SettingError(f"`{self.setting.text[:80]}`: {why}", self.setting)

    def until(self, stops: str) -> tuple[str, str]:
        """The text up to one of the stops, and which it is ("" at the end)."""
        out: list[str] = []
        while not self.done:
            letter = self.text[self.at]
            self.at += 1
            if letter == "\\":
                if not self.done:
                    out.append(self.text[self.at])
                self.at += 1
            elif letter in stops:
                return "".join(out), letter
            else:
                out.append(letter)
        return "".join(out), ""

    def entry(self, table: Table, path: str, level: int) -> None:
        """One `key=value`, at any depth."""
        if level > MAX_LEVELS:
            raise self.wrong(f"names nest deeper than {MAX_LEVELS} levels")
        name, stop = self.until("=[,.")
        here = f"{path}.{name}" if path else name
        if stop == "=":
            made = self.value(here)
            if name:  # Helm leaves values without a name out
                table[name] = made
        elif stop == "[":
            index = self.index(here)
            held = table.get(name)
            listed = list(held.data) if held is not None and isinstance(held.data, list) else []
            self.item(listed, index, f"{here}[{index}]", level)
            table[name] = Traced(listed, self.setting.hops(here))
        elif stop == ".":
            held = table.get(name)
            if self.done:
                raise self.wrong(f"`{here}` has no value")
            inner: Table = {}
            if held is not None and isinstance(held.data, dict):
                inner = held.data
            elif held is not None and held.data is not None:
                raise self.wrong(f"`{here}` is set to something else than a mapping")
            elif name:
                table[name] = Traced(inner, self.setting.hops(here))
            self.entry(inner, here, level + 1)
        elif name or stop:
            raise self.wrong(f"the key `{here}` has no value; write `{here}=`")

    def index(self, path: str) -> int:
        text, stop = self.until("]")
        if stop != "]":
            raise self.wrong(f"`[` behind `{path}` is never closed")
        try:
            number = int(text)
        except ValueError:
            number = -1
        if not 0 <= number <= MAX_INDEX:
            raise self.wrong(f"`{text[:20]}` is no index from 0 to {MAX_INDEX}")
        return number

    def item(self, listed: list[Traced], index: int, path: str, level: int) -> None:
        """The rest of an entry behind an index."""
        if level > MAX_LEVELS:
            raise self.wrong(f"names nest deeper than {MAX_LEVELS} levels")
        while len(listed) <= index:
            listed.append(Traced(None))
        name, stop = self.until("[.=")
        if name:
            raise self.wrong(f"`{name}` stands where `.`, `[` or `=` should")
        if stop == "=":
            listed[index] = self.value(path)
            return
        hop = self.setting.hops(path)
        held = listed[index].data
        if stop == ".":
            inner = dict(held) if isinstance(held, dict) else {}
            self.entry(inner, path, level + 1)
            listed[index] = Traced(inner, hop)
        elif stop == "[":
            number = self.index(path)
            below = list(held) if isinstance(held, list) else []
            self.item(below, number, f"{path}[{number}]", level + 1)
            listed[index] = Traced(below, hop)
        else:
            raise self.wrong(f"`{path}` has no value")

    def value(self, path: str) -> Traced:
        """What stands behind `=`."""
        hop = self.setting.hops(path)
        form, given = self.setting.form, self.setting.value
        if given is not None:
            self.at = len(self.text)
            via = given.via or hop
            if isinstance(given.data, str) and form == "set":
                return _typed(given.data, via, given.span)
            return Traced(given.data, via, given.span, given.rest, sensitive=given.sensitive)
        if form == "set-json":
            return self.json_value(path)
        if form == "set-literal":
            text, self.at = self.text[self.at :], len(self.text)
            return Traced(text, hop)
        if form == "set-file":
            name, _stop = self.until(",")
            content = self.read_file(name)
            if content is None:
                raise self.wrong(f"the file `{name[:80]}` cannot be read")
            return Traced(content, hop)
        if self.text.startswith("{", self.at):
            self.at += 1
            return Traced(self.listed(path, hop), hop)
        text, _stop = self.until(",")
        return Traced(text, hop) if form == "set-string" else _typed(text, hop)

    def json_value(self, path: str) -> Traced:
        if self.done or self.text[self.at] == ",":
            self.at += 1
            return Traced(None, self.setting.hops(path))
        start = self.at + len(self.text[self.at :]) - len(self.text[self.at :].lstrip())
        try:
            data, self.at = json.JSONDecoder().raw_decode(self.text, start)
        except (ValueError, RecursionError) as error:
            raise self.wrong(f"the value of `{path}` is no JSON: {error}") from None
        rest = self.text[self.at :].lstrip()
        if rest and not rest.startswith(","):
            raise self.wrong(f"`,` should stand behind the JSON of `{path}`")
        self.at = len(self.text) - len(rest) + (1 if rest else 0)
        return _from_json(data, path, self.setting)

    def listed(self, path: str, hop: tuple[Hop, ...]) -> list[Traced]:
        """The items of `{x,y}`."""
        items: list[Traced] = []
        while True:
            text, stop = self.until(",}")
            if not stop:
                raise self.wrong(f"`{{` of `{path}` is never closed")
            text_only = self.setting.form == "set-string"
            items.append(Traced(text, hop) if text_only else _typed(text, hop))
            if stop == "}":
                if self.text.startswith(",", self.at):
                    self.at += 1
                return items


def _typed(text: str, hop: tuple[Hop, ...], span: Span | None = None) -> Traced:
    """The value that Helm takes from unquoted text: integers, booleans, null, else text."""
    lower = text.lower()
    if lower in ("true", "false"):
        return Traced(lower == "true", hop)
    if lower == "null":
        return Traced(None, hop)
    if text == "0" or (_INTEGER.fullmatch(text) and text[0] != "0" and abs(int(text)) < 2**63):
        return Traced(Int64(int(text)), hop)
    return Traced(text, hop, span)


def set_path(
    table: Table, path: str, value: str | Segments | Unknown, at: Span, *, typed: bool = True
) -> None:
    """Set what a release names by its path and value. SettingError: the path is wrong."""
    form: Form = "set" if typed else "set-string"
    hop = (Hop(at, _note(path)),)
    apply_setting(table, Setting(path, form, at, Traced(value, hop)))
