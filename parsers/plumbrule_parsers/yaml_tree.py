"""YAML text to values with the place of every key and value.

One loop over libyaml's events with a stack of its own, so that depth is a number and not a crash
(libyaml's composer overflows the C stack on 200 KB of `[`). Offsets are characters; line numbers
come from `Source`, because libyaml also breaks lines at U+0085, U+2028 and U+2029.

A tagged scalar (`!Ref x`) is a `MapValue` with that tag and the single entry "" -> scalar; tagged
collections keep their tag. Keys are strings: other scalars become their written text, so that
`on:` stays "on" under every rule set. A place is where the scalar itself is written: anchors and
the tags of the core schema stand before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

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
from plumbrule_parsers.yaml_scalars import RESOLVERS, Rules

MAX_DEPTH: Final = 200  # levels of collections, those that aliases stand for included
MAX_EXPANDED: Final = 120_000  # values that all aliases of a text may stand for
MAX_MERGED: Final = 100_000  # entries that all merge keys of a text may bring in
MAX_FAULTS: Final = 50  # broken documents of a text after which the rest is left out
MAX_DUPLICATES: Final = 50  # duplicate keys of a text that are reported one by one


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
    reader = _Reader(source, rules)
    text = source.text
    start, limit = (1 if text.startswith("\ufeff") else 0), len(text)
    bad: int | None = None  # a forbidden character behind `limit`
    faults = 0
    while faults < MAX_FAULTS:
        found = reader.run(start, limit)
        following = None
        if found is not None:
            bad, cut = found, _last_document(text, start, found)
            if cut is not None:  # libyaml reads ahead: the documents before that one are sound
                limit = cut
                continue
        elif reader.resume is not None:
            following = _DOCUMENT_START.search(text, max(reader.resume, start + 1), limit)
        if following is None and bad is not None:
            reader.bad_character(bad)
            following = _DOCUMENT_START.search(text, max(bad, start + 1))
            bad, limit = None, len(text)
        if following is None:
            break
        start = following.start()
        faults += 1
    else:
        reader.fault("too-many-faults", f"more than {MAX_FAULTS} documents are broken; the rest is "
                     "not read", start)  # fmt: skip
    reader.report_duplicates()
    return YamlStream(tuple(reader.documents), tuple(reader.problems))


_DOCUMENT_START = re.compile(r"(?:\A|(?<=[\r\n\x85\u2028\u2029]))---(?=[ \t\r\n]|\Z)")
_PROPERTIES = re.compile(r"(?:[&!]\S*+|[ \t\r\n]++|(?<=\s)#[^\r\n]*+)*+")
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def _last_document(text: str, start: int, before: int) -> int | None:
    """Where the last document that starts between the two offsets starts."""
    last = None
    for found in _DOCUMENT_START.finditer(text, start + 1, before):
        last = found.start()
    return last


class _Stop(Exception):  # noqa: N818
    """The document cannot be read on; the problem says why."""

    def __init__(self, code: str, message: str, at: int, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.at, self.hint = code, message, at, hint


_MISSING: Any = object()


class _Reader:
    """Reads documents until the end or the first fault; `resume` is where to look for the next.

    The budgets are the text's, so that many small documents cost no more than a large one.
    """

    def __init__(self, source: Source, rules: Rules) -> None:
        self.source = source
        self.rules = rules
        self.documents: list[YamlDocument] = []
        self.problems: list[Problem] = []
        self.resume: int | None = None
        self.memo: dict[str, Scalar] = {}
        # id of an anchored container -> values it stands for, levels below, itself (kept alive)
        self.sizes: dict[int, tuple[int, int, Value]] = {}
        self.expanded = 0
        self.merges: list[tuple[MapValue, Value, Span, Span]] = []
        self.merged = 0
        self.duplicates: list[tuple[MapValue, str, int, int]] = []

    def run(self, start: int, end: int) -> int | None:
        """Read on from `start`. A character that YAML does not allow is returned, not reported."""
        import yaml

        try:
            from yaml._yaml import CParser as Parser
        except ImportError:  # PyYAML without libyaml: the same events, more slowly
            from yaml import SafeLoader as Parser  # type: ignore[assignment]
        text = self.source.text
        self.resume = None
        before = len(self.documents), len(self.problems)
        try:
            parser = Parser(text[start:end] if start or end < len(text) else text)
            self.loop(parser.get_event, start)
        except _Stop as stop:
            self.fault(stop.code, stop.message, stop.at, stop.hint)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = start + (mark.index if mark is not None else 0)
            message = (error.problem or "not valid YAML").removesuffix(".")
            code = "yaml-syntax"
            if "nesting depth" in message:  # newer libyaml has a limit of its own
                code, message = "too-deep", f"nested deeper than {MAX_DEPTH} levels"
            elif error.context:
                message = f"{error.context}: {message}"
            self.fault(code, message, at, _hint(message, text, at))
        except (yaml.reader.ReaderError, ValueError):  # ValueError: a lone surrogate
            found = _FORBIDDEN.search(text, start, end)
            del self.documents[before[0] :], self.problems[before[1] :]
            self.merges, self.sizes = [], {}
            return found.start() if found is not None else start
        return None

    def bad_character(self, at: int) -> None:
        """Report a character that YAML does not allow."""
        letter = self.source.text[at : at + 1]
        shown = f"U+{ord(letter):04X}" if letter else "a character"
        self.fault("yaml-character", f"{shown} is not allowed in YAML", at,
                   "remove the control character, or quote and escape it")  # fmt: skip

    def fault(self, code: str, message: str, at: int, hint: str = "") -> None:
        """Report what ends a document, up to the end of its line."""
        text = self.source.text
        at = end = max(0, min(at, len(text)))
        while end < len(text) and end < at + 80 and text[end] not in "\r\n":
            end += 1
        self.problems.append(Problem(code, message, Span(self.source, at, end), hint=hint))
        self.merges, self.sizes = [], {}

    def warn(self, code: str, message: str, start: int, end: int, hint: str = "") -> None:
        """Report what costs no document."""
        span = Span(self.source, start, end)
        self.problems.append(Problem(code, message, span, Severity.WARNING, hint))

    def lose(self, code: str, message: str, start: int, end: int) -> None:
        """Report that something is left unknown, once for each code."""
        if not any(problem.code == code for problem in self.problems):
            self.problems.append(Problem(code, message, Span(self.source, start, end)))

    def loop(self, get: Any, base: int) -> None:
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

        source, text = self.source, self.source.text
        plain_first, resolve = RESOLVERS[self.rules]
        memo = self.memo
        merging = self.rules != "text"
        anchors: dict[str, Any] = {}
        stack: list[tuple[Any, Any, int, int]] = []
        root: Value = None
        container: Any = None  # None: at the root of a document
        is_map = False  # the open container is a mapping
        key: Any = _MISSING
        start = end = key_start = key_end = document_at = base
        extend: Any = None
        self.resume = base
        while True:
            event = get()
            kind = event.__class__
            if kind is ScalarEvent:
                value: Any = event.value
                start = base + event.start_mark.index
                end = base + event.end_mark.index
                tag = event.tag
                style = event.style
                if style == "|" or style == ">":  # noqa: PLR1714 - the loop is hot
                    end = start + len(text[start:end].rstrip())
                if tag is not None or event.anchor is not None:
                    at = _inside(text, start, end)
                    if tag is not None and not (is_map and key is _MISSING):
                        value = self.tagged(tag, value, start, at, end, resolve)
                    elif not style and tag is None and not (is_map and key is _MISSING):
                        value = resolve(value)
                    if value.__class__ is not MapValue:
                        start = at
                    if event.anchor is not None:
                        anchors[event.anchor] = value
                    tag = tag or "!"  # what it means is settled
                if is_map:
                    if key is _MISSING:
                        key, key_start, key_end = intern(value), start, end
                        continue
                    if not style and tag is None and (value == "" or value[0] in plain_first):
                        known = memo.get(value, _MISSING)
                        if known is _MISSING:
                            known = resolve(value)
                            memo[value] = known
                        value = known
                    if key in container or (key == "<<" and merging):
                        self.entry(container, key, value, key_start, key_end, start, end)
                    else:
                        container[key] = value
                        extend((key_start, key_end, start, end))
                    key = _MISSING
                    continue
                if not style and tag is None and (value == "" or value[0] in plain_first):
                    known = memo.get(value, _MISSING)
                    if known is _MISSING:
                        known = resolve(value)
                        memo[value] = known
                    value = known
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                start = base + event.start_mark.index
                if len(stack) >= MAX_DEPTH:
                    raise _Stop("too-deep", f"nested deeper than {MAX_DEPTH} levels", start)
                if is_map and key is _MISSING:
                    raise _Stop(
                        "complex-key", "a mapping or sequence is used as a key", start,
                        "if this is a template expression such as `{{ x }}`, quote it",
                    )  # fmt: skip
                stack.append((container, key, key_start, key_end))
                is_map = kind is MappingStartEvent
                container = (
                    MapValue(source, start, start) if is_map else ListValue(source, start, start)
                )
                tag = event.tag
                if tag is not None and not tag.startswith("tag:yaml.org,2002:"):
                    container.tag = tag
                if event.anchor is not None:
                    anchors[event.anchor] = container
                key = _MISSING
                end = start
                extend = container.offsets.extend
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = container
                start = value.start
                at = base + event.end_mark.index
                # A block collection has no bracket: it ends where its last entry ends, not where
                # the next thing begins, behind blank lines and comments.
                if at > base + event.start_mark.index and text[at - 1] in "]}":
                    end = at
                value.end = end
                container, key, key_start, key_end = stack.pop()
                is_map = container.__class__ is MapValue
                if container is not None:
                    extend = container.offsets.extend
            elif kind is AliasEvent:
                start = base + event.start_mark.index
                end = base + event.end_mark.index
                name = event.anchor
                value = anchors.get(name, _MISSING)
                if value is _MISSING:
                    raise _Stop("undefined-alias", f"no anchor `{name[:40]}` is defined above",
                                start)  # fmt: skip
                if is_map and key is _MISSING:
                    key, key_start, key_end = self.alias_key(value, start), start, end
                    continue
                if value.__class__ in _CONTAINERS:
                    if value is container or any(value is entry[0] for entry in stack):
                        raise _Stop("recursive-alias", f"`*{name[:40]}` stands inside itself",
                                    start)  # fmt: skip
                    value = self.aliased(value, name, len(stack), start, end)
            elif kind is DocumentStartEvent:
                anchors = {}
                document_at = base + event.start_mark.index
                self.resume = document_at + 1
                container, key, is_map = None, _MISSING, False
                root, start, end = None, document_at, document_at
                continue
            elif kind is DocumentEndEvent:
                self.merge_all()
                if start == end and text.startswith("---", document_at):  # nothing in it
                    end = document_at + 3
                span = Span(source, document_at, max(document_at, end))
                self.documents.append(YamlDocument(root, span))
                self.resume = max(self.resume, end)
                continue
            elif kind is StreamEndEvent:
                self.resume = None
                return
            else:
                continue

            # A value other than a scalar of a mapping is complete: hand it to what is open.
            if is_map:
                if key in container or (key == "<<" and merging):
                    self.entry(container, key, value, key_start, key_end, start, end)
                else:
                    container[key] = value
                    extend((key_start, key_end, start, end))
                key = _MISSING
            elif container is not None:
                container.append(value)
                extend((start, end))
            else:
                root = value

    # ------------------------------------------------------------------ entries
    def entry(
        self, container: MapValue, key: str, value: Value, key_start: int, key_end: int,
        start: int, end: int,
    ) -> None:  # fmt: skip
        """Set an entry that was set before, or a merge key."""
        if key in container:
            self.duplicates.append((container, key, key_start, key_end))
            spans = Span(self.source, start, end), Span(self.source, key_start, key_end)
            container.places[key] = Place(*spans)  # the native offsets stay those of the first
        else:
            container.offsets.extend((key_start, key_end, start, end))
        container[key] = value
        if key == "<<" and self.rules != "text" and self.source.text[key_start] == "<":
            span = Span(self.source, start, end)
            whole = Span(self.source, key_start, max(key_end, end))
            self.merges.append((container, value, span, whole))

    def report_duplicates(self) -> None:
        """Name the keys that were set twice, each with the line of the first."""
        for container, key, start, end in self.duplicates[:MAX_DUPLICATES]:
            latest = container.places.pop(key, None)
            first = container.place(key)
            if latest is not None:
                container.places[key] = latest
            known = first is not None and first.key is not None
            line = first.key.line if first is not None and first.key is not None else 0
            where = f" on line {line}" if known else " above"
            self.warn("duplicate-key", f"`{key[:60]}` was already set{where}; the last one wins",
                      start, end, "remove one of the two")  # fmt: skip
        if len(self.duplicates) > MAX_DUPLICATES:
            _, _, start, end = self.duplicates[MAX_DUPLICATES]
            more = len(self.duplicates) - MAX_DUPLICATES
            self.warn("duplicate-key", f"{more} more keys from here on were already set", start,
                      end, "remove one of the two")  # fmt: skip

    def tagged(
        self, tag: str, value: str, start: int, inside: int, end: int, resolve: Any
    ) -> Value:
        """A scalar with a tag; those of the core schema only say how to read it."""
        if not tag.startswith("tag:yaml.org,2002:"):
            if tag == "!":
                return value
            made = MapValue(self.source, start, end, {"": value}, tag=tag)
            made.offsets.extend((start, start, inside, end))
            return made
        name = tag.removeprefix("tag:yaml.org,2002:")
        if name not in ("int", "float", "bool", "null"):
            return value
        resolved: Value = resolve(value)
        return float(resolved) if name == "float" and type(resolved) is int else resolved

    # ------------------------------------------------------------------ aliases
    def alias_key(self, value: Value, at: int) -> str:
        """The text of a key that is an alias."""
        if isinstance(value, (MapValue, ListValue, Unknown)):
            raise _Stop("complex-key", "an alias of a collection is used as a key", at)
        if value is None or isinstance(value, bool):
            return str(value).lower() if value is not None else "null"
        return str(value)

    def aliased(
        self, value: MapValue | ListValue, anchor: str, depth: int, start: int, end: int
    ) -> Value:
        """The anchor's own object, unless that makes the text stand for too much."""
        size, height = self.measure(value)
        self.expanded += size
        if self.expanded > MAX_EXPANDED:
            self.expanded = MAX_EXPANDED  # a later, smaller alias fares no better
            message = (f"the aliases stand for more than {MAX_EXPANDED} values; `*{anchor[:40]}` "
                       "and later ones are left unknown")  # fmt: skip
            self.lose("alias-limit", message, start, end)
        elif depth + height > MAX_DEPTH:
            self.lose("too-deep", f"`*{anchor[:40]}` nests deeper than {MAX_DEPTH} levels; it is "
                      "left unknown", start, end)  # fmt: skip
        else:
            return value
        span = Span(self.source, start, end)
        return Unknown(Reason.LIMIT, f"alias `{anchor[:40]}`", span, not_null=True)

    def measure(self, value: Value) -> tuple[int, int]:
        """How many values it stands for, and how many levels of collections it has."""
        # Recursion is bounded: what is written nests up to MAX_DEPTH, and what aliases stand for
        # was measured when they were met.
        if not isinstance(value, (MapValue, ListValue)):
            return 1, 0
        known = self.sizes.get(id(value))
        if known is not None:
            return known[0], known[1]
        total, height = 1, 0
        for item in value.values() if isinstance(value, MapValue) else value:
            size, below = self.measure(item)
            total += size
            height = max(height, below)
        self.sizes[id(value)] = (total, height + 1, value)
        return total, height + 1

    # ------------------------------------------------------------------ merge keys
    def merge_all(self) -> None:
        """Bring in what `<<` names: earlier keys win, lists of mappings from first to last."""
        merges, self.merges = self.merges, []
        self.sizes = {}
        for container, value, span, whole in merges:
            sound = True
            for origin in value if isinstance(value, ListValue) else [value]:
                if isinstance(origin, Unknown):
                    container.rest = origin
                elif isinstance(origin, MapValue) and not origin.tag:
                    self.merge_one(container, origin, span, whole)
                else:
                    sound = False
            if not sound:
                self.warn("merge-key", "`<<` needs a mapping or a list of mappings", span.start,
                          span.end)  # fmt: skip
            elif "<<" in container:
                container.drop("<<")  # what is merged is no entry itself

    def merge_one(self, container: MapValue, origin: MapValue, span: Span, whole: Span) -> None:
        """Bring in one mapping's entries, each with the hop to the `<<` that names it."""
        hop = Hop(whole, "merged in here")
        if origin.rest is not None:
            container.rest = origin.rest
        for key, value in origin.items():
            if key == "<<" or key in container:
                continue
            self.merged += 1
            if self.merged > MAX_MERGED:
                container.rest = Unknown(Reason.LIMIT, "merge keys", span)
                self.lose("merge-limit", f"merge keys bring in more than {MAX_MERGED} entries; "
                          "the rest is left unknown", span.start, span.end)  # fmt: skip
                return
            place = origin.place(key)
            container[key] = value
            if place is not None:
                container.places[key] = Place(place.value, place.key, (hop, *place.via))


_CONTAINERS = (MapValue, ListValue)


def _inside(text: str, start: int, end: int) -> int:
    """Where a scalar begins behind its anchor and its tag."""
    found = _PROPERTIES.match(text, start, end)
    return found.end() if found is not None else start


def _hint(message: str, text: str, at: int) -> str:
    line_start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
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
