"""JSON text to values with the place of every key and value.

A scanner of its own, because the standard library's decoder tells no positions. Comments and
trailing commas are read and reported, as they are common in files that people edit.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

MAX_DEPTH: Final = 200
MAX_DUPLICATES: Final = 50  # duplicate keys that are reported one by one

_SPACE = re.compile(r"[ \t\r\n]*+")
_COMMENT = re.compile(r"//[^\r\n]*+|/\*[\s\S]*?\*/")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+"')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*+)(\.\d++)?([eE][-+]?\d++)?")
_WORDS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"true|false|null")


class _Stop(Exception):  # noqa: N818
    def __init__(self, code: str, message: str, at: int) -> None:
        super().__init__(message)
        self.code, self.message, self.at = code, message, at


def parse_json(source: Source) -> tuple[Value, tuple[Problem, ...]]:
    """The value (None if it cannot be read) and the problems. Never raises."""
    scanner = _Scanner(source)
    try:
        value = scanner.run()
    except _Stop as stop:
        at = min(stop.at, len(source.text))
        span = Span(source, at, min(at + 1, len(source.text)))
        scanner.report_duplicates()
        return None, (*scanner.problems, Problem(stop.code, stop.message, span))
    scanner.report_duplicates()
    return value, tuple(scanner.problems)


class _Scanner:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.problems: list[Problem] = []
        self.commented = False
        self.duplicates: list[tuple[MapValue, str, int, int]] = []

    def warn(self, code: str, message: str, start: int, end: int) -> None:
        span = Span(self.source, start, end)
        self.problems.append(Problem(code, message, span, Severity.WARNING))

    def skip(self, at: int) -> int:
        """The offset after white space and comments."""
        while True:
            found = _SPACE.match(self.text, at)
            assert found is not None
            at = found.end()
            comment = _COMMENT.match(self.text, at)
            if comment is None:
                return at
            if not self.commented:
                self.commented = True
                self.warn("json-comment", "JSON has no comments; they are skipped", at,
                          comment.end())  # fmt: skip
            at = comment.end()

    def run(self) -> Value:
        """One loop with a stack: containers that are open, and the key that waits for its value."""
        at = self.skip(1 if self.text.startswith("\ufeff") else 0)
        stack: list[tuple[Any, str, int, int]] = []
        container: Any = None
        key, key_start, key_end = "", 0, 0
        while True:
            value, start, at = self.start_value(at)
            if isinstance(value, (MapValue, ListValue)):
                stack.append((container, key, key_start, key_end))
                if len(stack) > MAX_DEPTH:
                    raise _Stop("too-deep", f"nested deeper than {MAX_DEPTH} levels", start)
                container = value
                at = self.skip(at)
                if self.text.startswith("}" if isinstance(value, MapValue) else "]", at):
                    at += 1
                else:
                    if isinstance(value, MapValue):
                        key, key_start, key_end, at = self.key(at)
                    continue
            else:
                self.add(container, key, key_start, key_end, value, start, at)
                if container is None:
                    return self.finished(value, at)
                at, more = self.after(at, container)
                if more:
                    if isinstance(container, MapValue):
                        key, key_start, key_end, at = self.key(at)
                    continue
            # One or more containers end here.
            while True:
                closed = container
                closed.end = at
                container, key, key_start, key_end = stack.pop()
                self.add(container, key, key_start, key_end, closed, closed.start, at)
                if container is None:
                    return self.finished(closed, at)
                at, more = self.after(at, container)
                if more:
                    if isinstance(container, MapValue):
                        key, key_start, key_end, at = self.key(at)
                    break

    def finished(self, value: Value, at: int) -> Value:
        at = self.skip(at)
        if at < len(self.text):
            raise _Stop("json-syntax", "there is more text after the value", at)
        return value

    def start_value(self, at: int) -> tuple[Any, int, int]:
        text = self.text
        letter = text[at : at + 1]
        if letter == '"':
            found = _STRING.match(text, at)
            if found is None:
                raise _Stop("json-syntax", "the string is not closed or has a bad escape", at)
            return self.string(found[0]), at, found.end()
        if letter == "{":
            return MapValue(self.source, at, at + 1), at, at + 1
        if letter == "[":
            return ListValue(self.source, at, at + 1), at, at + 1
        number = _NUMBER.match(text, at)
        if number is not None:
            written = number[0]
            if number[1] is None and number[2] is None and len(written) <= 4000:
                return int(written), at, number.end()
            return float(written), at, number.end()
        word = _WORD.match(text, at)
        if word is not None:
            return _WORDS[word[0]], at, word.end()
        found_text = f"`{letter}`" if letter else "the end of the file"
        raise _Stop("json-syntax", f"expected a value, found {found_text}", at)

    @staticmethod
    def string(written: str) -> str:
        if "\\" not in written:
            return written[1:-1]
        decoded = json.loads(written)
        assert isinstance(decoded, str)
        if "\\u" in written:  # half of a surrogate pair is no character and cannot be printed
            return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return decoded

    def key(self, at: int) -> tuple[str, int, int, int]:
        found = _STRING.match(self.text, at)
        if found is None:
            raise _Stop("json-syntax", "expected a key in double quotes", at)
        colon = self.skip(found.end())
        if not self.text.startswith(":", colon):
            raise _Stop("json-syntax", "expected `:` after the key", colon)
        return self.string(found[0]), at, found.end(), self.skip(colon + 1)

    def after(self, at: int, container: MapValue | ListValue) -> tuple[int, bool]:
        """The offset behind `,` (more to come) or behind the closing bracket."""
        at = self.skip(at)
        close = "}" if isinstance(container, MapValue) else "]"
        if self.text.startswith(",", at):
            comma = at
            at = self.skip(at + 1)
            if self.text.startswith(close, at):
                self.warn(
                    "json-comma", "JSON allows no comma here; it is skipped", comma, comma + 1
                )
                return at + 1, False
            return at, True
        if self.text.startswith(close, at):
            return at + 1, False
        shown = f"`{self.text[at]}`" if at < len(self.text) else "the end of the file"
        raise _Stop("json-syntax", f"expected `,` or `{close}`, found {shown}; the bracket opened "
                    f"on line {self.source.line_of(container.start)}", at)  # fmt: skip

    def add(
        self, container: Any, key: str, key_start: int, key_end: int, value: Value, start: int,
        end: int,
    ) -> None:  # fmt: skip
        if isinstance(container, ListValue):
            container.append(value)
            container.offsets.extend((start, end))
        elif isinstance(container, MapValue):
            if key in container:
                self.duplicates.append((container, key, key_start, key_end))
                spans = Span(self.source, start, end), Span(self.source, key_start, key_end)
                container.places[key] = Place(*spans)  # the native offsets stay the first one's
            else:
                container.offsets.extend((key_start, key_end, start, end))
            container[key] = value

    def report_duplicates(self) -> None:
        """Name the keys that were set twice, each with the line of the first."""
        for container, key, start, end in self.duplicates[:MAX_DUPLICATES]:
            latest = container.places.pop(key, None)
            first = container.place(key)
            if latest is not None:
                container.places[key] = latest
            line = first.key.line if first is not None and first.key is not None else 0
            self.warn("duplicate-key", f"`{key[:60]}` was already set on line {line}; the last one "
                      "wins", start, end)  # fmt: skip
        if len(self.duplicates) > MAX_DUPLICATES:
            _, _, start, end = self.duplicates[MAX_DUPLICATES]
            more = len(self.duplicates) - MAX_DUPLICATES
            self.warn(
                "duplicate-key", f"{more} more keys from here on were already set", start, end
            )
