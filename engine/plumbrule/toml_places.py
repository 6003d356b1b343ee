"""Where each key and value of a TOML text stands, and its tables as positioned values."""

from __future__ import annotations

import re
from typing import Any

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

Keys = tuple[str | int, ...]
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'([^\'\n]*)\'|([A-Za-z0-9_-]+)')
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_BARE = re.compile(r"[^,\]}#\n]*")


class TomlPlaces:
    """The places of a text that `tomllib` accepts; of any other text, those up to its fault.

    `values` has a place for each path of keys and indices; a table or an array of tables that has a
    header of its own stands there.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.values: dict[Keys, Place] = {}
        self.lengths: dict[Keys, int] = {}  # of arrays of tables
        self.at = 0
        self.read()

    def key(self, keys: Keys) -> Span:
        """Where the last of the keys is written, or the nearest table around it that is."""
        while keys:
            found = self.values.get(keys)
            if found is not None:
                return found.entry if found.key is None else found.key
            keys = keys[:-1]
        return self.source.span(0, 0)

    def value(self, data: Any, keys: Keys) -> Value:
        """What `tomllib` read at the keys, with the place of each entry."""
        at = self.key(keys)
        if isinstance(data, dict):
            made = MapValue(self.source, at.start, at.end)
            for name, item in data.items():
                made.put(name, self.value(item, (*keys, name)), self.place((*keys, name)))
            return made
        if isinstance(data, list):
            items = [self.value(item, (*keys, index)) for index, item in enumerate(data)]
            places = {index: self.place((*keys, index)) for index in range(len(data))}
            return ListValue(self.source, at.start, at.end, items, places)
        return data if isinstance(data, (str, int, float)) else str(data)  # a date is its text

    def place(self, keys: Keys) -> Place:
        """The place of an entry."""
        return self.values.get(keys) or Place(self.key(keys))

    # ------------------------------------------------------------------ reading
    def read(self) -> None:
        """Walk over the whole text."""
        table: Keys = ()
        while True:
            self.skip(_BLANK)
            if self.at >= len(self.text):
                return
            before = self.at
            header = next((one for one in ("[[", "[") if self.text.startswith(one, self.at)), "")
            self.at += len(header)
            names = self.names()
            if not names:
                return
            if header:
                table = self.header(names, is_item=header == "[[")
                self.at += len(header)
            else:
                self.assigned(table, names)
            if self.at <= before:
                return

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Go on behind what the pattern fits."""
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found is not None else self.at

    def names(self) -> list[tuple[str, Span]]:
        """A dotted key; what stands behind it is next."""
        names: list[tuple[str, Span]] = []
        while True:
            self.skip(_SPACE)
            found = _KEY.match(self.text, self.at)
            if found is None:
                return names
            name = next((one for one in found.groups() if one is not None), "")
            if found[1] is not None and "\\" in name:
                import tomllib

                name = tomllib.loads(f"x = {found[0]}")["x"]
            names.append((name, Span(self.source, found.start(), found.end())))
            self.at = found.end()
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def header(self, names: list[tuple[str, Span]], *, is_item: bool) -> Keys:
        """The keys of the table that a header begins."""
        table: Keys = ()
        for number, (name, span) in enumerate(names):
            table = (*table, name)
            self.values.setdefault(table, Place(span, span))
            if number + 1 < len(names) or not is_item:
                count = self.lengths.get(table)
                table = (*table, count - 1) if count else table
        if is_item:
            index = self.lengths[table] = self.lengths.get(table, 0) + 1
            table = (*table, index - 1)
            self.values[table] = Place(names[-1][1])
        return table

    def assigned(self, table: Keys, names: list[tuple[str, Span]]) -> None:
        """`a.b = value`."""
        keys = table
        for name, span in names:
            keys = (*keys, name)
            self.values.setdefault(keys, Place(span, span))
        if self.text.startswith("=", self.at):
            self.at += 1
            self.values[keys] = Place(self.whole(keys), names[-1][1])

    def whole(self, keys: Keys) -> Span:
        """A value of any kind, whose own entries are noted."""
        self.skip(_SPACE)
        start = self.at
        letter = self.text[start : start + 1]
        if letter == "{":
            self.listed(keys, "}")
        elif letter == "[":
            self.listed(keys, "]")
        elif letter in ('"', "'") and letter:
            found = _STRING.match(self.text, start)
            self.at = found.end() if found is not None else len(self.text)
        else:
            self.skip(_BARE)
            return Span(self.source, start, start + len(self.text[start : self.at].rstrip()))
        return Span(self.source, start, self.at)

    def listed(self, keys: Keys, end: str) -> None:
        """The entries of `{...}` or `[...]`."""
        self.at += 1
        index = 0
        while self.at < len(self.text):
            self.skip(_BLANK)
            if self.text.startswith(end, self.at):
                self.at += 1
                return
            before = self.at
            if end == "}":
                self.assigned(keys, self.names())
            else:
                self.values[(*keys, index)] = Place(self.whole((*keys, index)))
                index += 1
            self.skip(_BLANK)
            if self.text.startswith(",", self.at):
                self.at += 1
            if self.at <= before:
                return
