"""YAML text to values with the place of every key and value.

One loop over libyaml's events with a stack of its own, so that depth is a number and not a crash
(libyaml's composer overflows the C stack on 200 KB of `[`). Offsets are characters; line numbers
come from `Source`, because libyaml also breaks lines at U+0085, U+2028 and U+2029.

A tagged scalar (`!Ref x`) is a `MapValue` with that tag and the single entry "" -> scalar; tagged
collections keep their tag. Keys are strings: other scalars become their written text, so that
`on:` stays "on" under every rule set.

Sources: YAML 1.2.2 section 10.3 (core schema); go-yaml v2 for "1.1" as Kubernetes and Helm read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Place,
    Reason,
    Scalar,
    Unknown,
    Value,
)

Rules = Literal["1.1", "1.2", "text"]

MAX_DEPTH: Final = 200
MAX_EXPANDED: Final = 1_000_000  # nodes that aliases may stand for, all together
MAX_MERGED: Final = 100_000  # entries that merge keys may bring in, all together


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document: its root value (None if empty) and where it stands."""

    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class YamlStream:
    """All documents of a text that could be read, and what was wrong with the others."""

    documents: tuple[YamlDocument, ...]
    problems: tuple[Problem, ...]


def parse_yaml(source: Source, rules: Rules = "1.2") -> YamlStream:
    """The documents of the text. Never raises; a broken document costs only itself."""
    documents: list[YamlDocument] = []
    problems: list[Problem] = []
    text = source.text
    at: int | None = 0
    while at is not None and at < len(text):
        reader = _Reader(source, at, rules)
        reader.run()
        documents.extend(reader.documents)
        problems.extend(reader.problems)
        stopped = reader.stopped
        at = _next_document(text, max(stopped, at + 1)) if stopped is not None else None
    return YamlStream(tuple(documents), tuple(problems))


_DOCUMENT_START = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)


def _next_document(text: str, after: int) -> int | None:
    match = _DOCUMENT_START.search(text, after)
    return match.start() if match is not None else None


class _Stop(Exception):  # noqa: N818
    """The document cannot be read on; the problem says why."""

    def __init__(self, code: str, message: str, at: int, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.at, self.hint = code, message, at, hint


_MISSING: Any = object()


class _Reader:
    """Reads documents from `start` until the end or the first fault (`stopped` says where)."""

    def __init__(self, source: Source, start: int, rules: Rules) -> None:
        self.source = source
        self.start = start
        self.rules = rules
        self.documents: list[YamlDocument] = []
        self.problems: list[Problem] = []
        self.stopped: int | None = None
        self.sizes: dict[int, int] = {}  # id of an anchored container -> nodes it stands for
        self.expanded = 0
        self.merges: list[tuple[MapValue, int]] = []
        self.merged = 0

    def run(self) -> None:
        import yaml

        try:
            from yaml._yaml import CParser as Parser
        except ImportError:  # PyYAML without libyaml: the same events, more slowly
            from yaml import SafeLoader as Parser  # type: ignore[assignment]
        text = self.source.text[self.start :] if self.start else self.source.text
        document_start = 0
        try:
            parser = Parser(text)
            self._loop(parser.get_event)
        except _Stop as stop:
            self._fault(stop.code, stop.message, stop.at, stop.hint)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = self.start + (mark.index if mark is not None else document_start)
            message = (error.problem or "not valid YAML").removesuffix(".")
            if error.context:
                message = f"{error.context}: {message}"
            self._fault("yaml-syntax", message, at, _hint(message, self.source.text, at))
        except yaml.reader.ReaderError as error:
            at = self._character(error)
            letter = self.source.text[at : at + 1]
            shown = f"U+{ord(letter):04X}" if letter else "a character"
            self._fault("yaml-character", f"{shown} is not allowed in YAML", at,
                        "remove the control character, or quote and escape it")  # fmt: skip
        except ValueError as error:  # libyaml refuses lone surrogates while encoding
            self._fault("yaml-character", f"the text cannot be encoded: {error}", self.start)

    def _character(self, error: Any) -> int:
        found = re.compile(
            "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
        ).search(self.source.text, self.start)
        if found is not None:
            return found.start()
        return min(self.start + int(error.position or 0), len(self.source.text))

    def _fault(self, code: str, message: str, at: int, hint: str = "") -> None:
        at = max(0, min(at, len(self.source.text)))
        end = at
        text = self.source.text
        while end < len(text) and end < at + 80 and text[end] not in "\r\n":
            end += 1
        self.problems.append(Problem(code, message, Span(self.source, at, end), hint=hint))
        self.stopped = max(at, self.start)

    def _warn(self, code: str, message: str, start: int, end: int, hint: str = "") -> None:
        span = Span(self.source, start, end)
        self.problems.append(Problem(code, message, span, Severity.WARNING, hint))

    def _loop(self, get: Any) -> None:
        """The one loop. State: the open container, the key that waits for its value, a stack."""
        from yaml.events import (
            AliasEvent,
            DocumentEndEvent,
            DocumentStartEvent,
            MappingEndEvent,
            MappingStartEvent,
            ScalarEvent,
            SequenceEndEvent,
            SequenceStartEvent,
            StreamEndEvent,
        )

        source, base = self.source, self.start
        plain_first, resolve, memo = _TABLES[self.rules]
        text_rules = self.rules == "text"
        anchors: dict[str, Any] = {}
        stack: list[tuple[Any, Any, int, int]] = []
        root: list[Any] = []
        container: Any = None  # None: at the root of a document
        is_map = False
        key: Any = _MISSING
        key_start = key_end = 0
        offsets: list[int] = []
        extend = offsets.extend
        document_at = base
        while True:
            event = get()
            kind = event.__class__
            if kind is ScalarEvent:
                value: Any = event.value
                start = base + event.start_mark.index
                end = base + event.end_mark.index
                tag = event.tag
                if tag is None:
                    if (
                        not event.style
                        and not text_rules
                        and (value == "" or value[0] in plain_first)
                        and not (is_map and key is _MISSING)
                    ):
                        known = memo.get(value, _MISSING)
                        if known is _MISSING:
                            known = resolve(value)
                            if len(memo) < 50_000:
                                memo[value] = known
                        value = known
                elif not (is_map and key is _MISSING):
                    value = self._tagged(tag, value, start, end, resolve)
                if event.anchor is not None:
                    anchors[event.anchor] = value
                if event.style in ("|", ">"):
                    end = self._trim(start, end)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                start = base + event.start_mark.index
                if len(stack) >= MAX_DEPTH:
                    raise _Stop("too-deep", f"nested deeper than {MAX_DEPTH} levels", start)
                if is_map and key is _MISSING:
                    raise _Stop(
                        "complex-key", "a mapping or sequence is used as a key", start,
                        "if this is a template expression such as `{{ x }}`, quote it",
                    )  # fmt: skip
                fresh: Any = (
                    MapValue(source, start, start)
                    if kind is MappingStartEvent
                    else ListValue(source, start, start)
                )
                if event.tag is not None and not event.tag.startswith("tag:yaml.org,2002:"):
                    fresh.tag = event.tag
                if event.anchor is not None:
                    anchors[event.anchor] = fresh
                stack.append((container, key, key_start, key_end))
                container, key = fresh, _MISSING
                is_map = kind is MappingStartEvent
                offsets = fresh.offsets
                extend = offsets.extend
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = container
                start = value.start
                end = base + event.end_mark.index
                if event.start_mark.index == event.end_mark.index:  # block style: no bracket
                    end = self._trim(start, end)
                value.end = end
                container, key, key_start, key_end = stack.pop()
                is_map = container.__class__ is MapValue
                if container is not None:
                    offsets = container.offsets
                    extend = offsets.extend
            elif kind is AliasEvent:
                start = base + event.start_mark.index
                end = base + event.end_mark.index
                value = anchors.get(event.anchor, _MISSING)
                if value is _MISSING:
                    raise _Stop("undefined-alias", f"no anchor `{event.anchor[:40]}` is defined "
                                "above", start)  # fmt: skip
                if value is container or any(value is entry[0] for entry in stack):
                    raise _Stop("recursive-alias", f"`*{event.anchor[:40]}` stands inside itself",
                                start)  # fmt: skip
                value = self._aliased(value, event.anchor, start, end)
            elif kind is DocumentStartEvent:
                anchors = {}
                self.sizes, self.expanded, self.merges, self.merged = {}, 0, [], 0
                root = []
                container, key, is_map = None, _MISSING, False
                document_at = base + event.start_mark.index
                continue
            elif kind is DocumentEndEvent:
                self._merge_all()
                end = self._trim(document_at, base + event.start_mark.index)
                value = root[0] if root else None
                self.documents.append(YamlDocument(value, Span(source, document_at, end)))
                continue
            elif kind is StreamEndEvent:
                return
            else:
                continue

            # One value is complete: hand it to the container that is open.
            if is_map:
                if key is _MISSING:
                    if value.__class__ is not str:
                        value = self._key_text(value, start, end)
                    key, key_start, key_end = value, start, end
                    continue
                if key == "<<" and not text_rules and source.text[key_start] == "<":
                    self.merges.append((container, len(offsets) // 4))
                if key in container:
                    self._duplicate(container, key, key_start, key_end, start, end, value)
                else:
                    container[key] = value
                    extend((key_start, key_end, start, end))
                key = _MISSING
            elif container is not None:
                container.append(value)
                extend((start, end))
            else:
                root.append(value)

    def _duplicate(
        self, container: MapValue, key: str, key_start: int, key_end: int, start: int, end: int,
        value: Value,
    ) -> None:  # fmt: skip
        first = container.place(key)
        assert first is not None
        assert first.key is not None
        self._warn(
            "duplicate-key",
            f"`{key[:60]}` was already set on line {first.key.line}; the last one wins",
            key_start, key_end, "remove one of the two",
        )  # fmt: skip
        container[key] = value
        at = 4 * next(index for index, name in enumerate(container) if name == key)
        container.offsets[at : at + 4] = (key_start, key_end, start, end)

    def _key_text(self, value: Any, start: int, end: int) -> str:
        if isinstance(value, (MapValue, ListValue, Unknown)):
            raise _Stop("complex-key", "an alias of a collection is used as a key", start)
        written = self.source.text[start:end]
        return written if not written.startswith("*") else str(value)

    def _tagged(self, tag: str, value: str, start: int, end: int, resolve: Any) -> Value:
        if not tag.startswith("tag:yaml.org,2002:"):
            if tag == "!":
                return value
            tagged = MapValue(self.source, start, end, {"": value}, tag=tag)
            tagged.offsets.extend((start, start, start, end))
            return tagged
        name = tag.removeprefix("tag:yaml.org,2002:")
        if name in ("int", "float", "bool", "null"):
            resolved: Value = resolve(value)
            return resolved
        return value

    def _aliased(self, value: Value, anchor: str, start: int, end: int) -> Value:
        """The anchor's own object, unless all aliases together stand for too much."""
        self.expanded += self._size(value)
        if self.expanded > MAX_EXPANDED:
            if self.expanded < 2 * MAX_EXPANDED + self._size(value):
                self._warn(
                    "alias-limit",
                    f"the aliases stand for more than {MAX_EXPANDED} values; "
                    f"`*{anchor[:40]}` and later ones are left unknown",
                    start,
                    end,
                )
            self.expanded = 4 * MAX_EXPANDED
            span = Span(self.source, start, end)
            return Unknown(Reason.LIMIT, f"alias `{anchor[:40]}`", span, not_null=True)
        return value

    def _size(self, value: Value) -> int:
        if not isinstance(value, (MapValue, ListValue)):
            return 1
        known = self.sizes.get(id(value))
        if known is not None:
            return known
        total = 1
        for item in value.values() if isinstance(value, MapValue) else value:
            # Containers below were sized when they were aliased themselves, or are small trees.
            total += self._size(item)
            if total > MAX_EXPANDED:
                break
        self.sizes[id(value)] = total
        return total

    def _trim(self, start: int, end: int) -> int:
        """The end without the blank lines and comments that follow a block collection or scalar."""
        text = self.source.text
        while end > start:
            while end > start and text[end - 1] in " \t\r\n":
                end -= 1
            line = max(text.rfind("\n", start, end), text.rfind("\r", start, end)) + 1
            first = line
            while first < end and text[first] in " \t":
                first += 1
            if line > start and first < end and text[first] == "#":
                end = line
                continue
            return end
        return end

    def _merge_all(self) -> None:
        """Bring in what `<<` names: earlier keys win, lists of mappings from first to last."""
        for container, _position in self.merges:
            merged = container.get("<<")
            place = container.place("<<")
            assert place is not None
            sources = merged if isinstance(merged, ListValue) else [merged]
            for origin in sources:
                if isinstance(origin, Unknown):
                    container.rest = origin
                    continue
                if not isinstance(origin, MapValue):
                    self._warn("merge-key", "`<<` needs a mapping or a list of mappings",
                               place.value.start, place.value.end)  # fmt: skip
                    continue
                self._merge_one(container, origin, place)

    def _merge_one(self, container: MapValue, origin: MapValue, at: Place) -> None:
        hop = Hop(at.entry, "merged in here")
        for key, value in origin.items():
            if key == "<<" or key in container:
                continue
            self.merged += 1
            if self.merged > MAX_MERGED:
                container.rest = Unknown(Reason.LIMIT, "merge keys", at.value)
                self._warn("merge-limit", f"merge keys bring in more than {MAX_MERGED} entries",
                           at.value.start, at.value.end)  # fmt: skip
                return
            place = origin.place(key)
            container[key] = value
            if place is not None:
                container.places[key] = Place(place.value, place.key, (hop, *place.via))


def _hint(message: str, text: str, at: int) -> str:
    line_start = text.rfind("\n", 0, at) + 1
    line = text[line_start : line_start + 200]
    if "\t" in line[: at - line_start + 1]:
        return "YAML does not allow tabs for indentation; use spaces"
    if "mapping values are not allowed" in message:
        return "quote the value if it contains `: `"
    if "{{" in line or "{%" in line:
        return "this looks like a template; it is read where its tool is supported"
    if "could not find expected ':'" in message:
        return "a key needs `:` after it, or the lines above are indented differently"
    return ""


# -------------------------------------------------------------------------- scalars
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL_12 = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS_12: dict[str, bool] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_BOOLS_11: dict[str, bool] = {
    **_BOOLS_12,
    "y": True, "Y": True, "yes": True, "Yes": True, "YES": True, "on": True, "On": True,
    "ON": True, "n": False, "N": False, "no": False, "No": False, "NO": False, "off": False,
    "Off": False, "OFF": False,
}  # fmt: skip
_INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z")
_NANS = frozenset((".nan", ".NaN", ".NAN"))
_LONGEST_NUMBER = 4000  # Python refuses longer integers by itself; a config has none


def _resolve_12(text: str) -> Scalar:
    """The value of a plain scalar under the YAML 1.2 core schema."""
    if text in _NULLS:
        return None
    if text in _BOOLS_12:
        return _BOOLS_12[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INT.match(text):
        return int(text)
    if _OCTAL_12.match(text):
        return int(text, 0)
    if _HEX.match(text):
        return int(text, 0)
    return _float(text)


def _resolve_11(text: str) -> Scalar:
    """The value of a plain scalar as go-yaml v2 reads it; times stay strings."""
    if text in _NULLS:
        return None
    if text in _BOOLS_11:
        return _BOOLS_11[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    digits = text.replace("_", "")
    sign = -1 if digits[:1] == "-" else 1
    body = digits.lstrip("+-") if digits[:1] in "+-" else digits
    if body.isascii() and body.isdigit() and digits[:2] not in ("+-", "-+", "--", "++"):
        if len(body) > 1 and body[0] == "0":
            if all(digit in "01234567" for digit in body):
                return sign * int(body, 8)
        else:
            return sign * int(body)
    for prefix, base in (("0b", 2), ("0o", 8), ("0x", 16)):
        if body.startswith(prefix):
            try:
                return sign * int(body[2:], base)
            except ValueError:
                return text
    return _float(digits) if text[:1] != "_" and isinstance(_float(digits), float) else text


def _float(text: str) -> Scalar:
    if _FLOAT.match(text):
        return float(text)
    if _INFINITY.match(text):
        return float("-inf") if text[0] == "-" else float("inf")
    if text in _NANS:
        return float("nan")
    return text


def _as_text(text: str) -> Scalar:
    return text


_TABLES: dict[str, tuple[frozenset[str], Any, dict[str, Scalar]]] = {
    "1.2": (frozenset("0123456789+-.~nNtTfF"), _resolve_12, {}),
    "1.1": (frozenset("0123456789+-.~nNtTfFyYoO"), _resolve_11, {}),
    "text": (frozenset(), _as_text, {}),
}
