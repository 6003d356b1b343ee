"""Values: what a tree says, where it says it, and what it does not say.

A known scalar is a bare Python object (`str`, `int`, `float`, `bool`, `None`): the fast path of
every rule costs one class test, and a scalar's place lives in the container that holds it.

- `MapValue` and `ListValue` are a `dict` and a `list` that also know, for each entry, where key and
  value stand and which hops (`via`) led there.
- `Unknown` is a value that exists but cannot be told, with its reason; it is never `None`.
- `Segments` is a string of which some parts are unknown: `"acme/web:" + ?`.
- `rest` on a container is an `Unknown` that stands for entries that may exist beyond the listed
  ones (`merge(var.tags, {...})`, an alias whose budget ran out).

A `Place` is where one entry stands. Native places are four offsets into the container's own
source; an entry that came from elsewhere (a default, a merge, a caller's argument) has a `Place` of
its own. `via` runs from the use to the literal, and its last hop is what a person wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from plumbrule_parsers.source import Source, Span, by_fields, record


class Reason(StrEnum):
    """Why a value is unknown. One word per cause, because reviews are grouped by it."""

    NO_VALUE = "no value"  # a variable without default, an input nobody passes
    COMPUTED = "computed"  # known after apply; `reference` says of which resource
    DATA_SOURCE = "data source"
    EXPRESSION = "expression"  # needs an evaluation that was not done (yet)
    TEMPLATE = "template"  # a template that was not rendered
    REMOTE = "remote"  # a module, chart, include or base outside the repository
    MISSING_FILE = "missing file"
    ENVIRONMENT = "environment"  # environment variables, cluster state, runner contexts
    SECRET = "secret"  # a secret store's content  # noqa: S105
    RANDOM = "random"
    TIME = "time"
    CARDINALITY = "cardinality"  # count or for_each cannot be told
    LIMIT = "limit"  # a budget of depth, size or steps was used up
    CYCLE = "cycle"
    SYNTAX = "syntax"  # the place did not parse
    TYPE = "type"  # the value has another type than its field


@record(frozen=True, slots=True)
class Unknown:
    """A value that exists but cannot be told.

    `detail` completes the sentence "unknown because of ...": a variable's name, an expression.
    `candidates` (if not empty) lists every value it can have. `not_null` is true where the language
    guarantees a value, so that "is set" is certain although the value is not. `reference` is the
    address that the value comes from (a computed `arn` links two resources). Two unknowns with the
    same non-empty `identity` denote the same value (`x == x` is true).
    """

    reason: Reason
    detail: str = ""
    span: Span | None = None
    type: str = "any"  # a name of the language's base types
    candidates: tuple[Scalar, ...] = ()
    not_null: bool = False
    reference: str = ""
    identity: str = ""
    length: int | None = None  # of a string whose characters cannot be told but are counted

    __reduce__ = by_fields

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


@dataclass(frozen=True, slots=True)
class Segments:
    """A string of known and unknown parts, in order; at least one part is unknown.

    # INVARIANT: no two neighbouring known parts, no empty known part.
    """

    parts: tuple[str | Unknown, ...]

    __reduce__ = by_fields

    @property
    def prefix(self) -> str:
        """The known text at the start, possibly empty."""
        first = self.parts[0]
        return first if isinstance(first, str) else ""

    @property
    def suffix(self) -> str:
        """The known text at the end, possibly empty."""
        last = self.parts[-1]
        return last if isinstance(last, str) else ""

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The parts that are unknown."""
        return tuple(part for part in self.parts if isinstance(part, Unknown))

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else "<?>" for part in self.parts)


Scalar = str | int | float | bool | None
Value: TypeAlias = "Scalar | Unknown | Segments | ListValue | MapValue"


@record(frozen=True, slots=True)
class Hop:
    """One step of a value's way from its use to the place where a person wrote it.

    `kind` is one of `data` (the value stands there), `decision` (it chose a branch or a default),
    `absent` (the value would be added there), `replaced` (another value stood there before),
    `adapted` (it changed the value a little, or only follows it), `builtin`, `unknown`; `note` says
    what the place is: "values key `db.password`", "argument of module.web", "default of
    var.password".
    """

    span: Span
    note: str
    kind: str = "data"

    __reduce__ = by_fields

    def __hash__(self) -> int:
        # Evaluators unite hops all the time. Offset and note tell nearly all apart; the hash of the
        # whole span would take three more calls.
        return self.span.start ^ hash(self.note)


@record(frozen=True, slots=True)
class Place:
    """Where one entry of a container stands. `key` is None for list items and derived entries."""

    value: Span
    key: Span | None = None
    via: tuple[Hop, ...] = ()

    __reduce__ = by_fields

    @property
    def entry(self) -> Span:
        """Key and value together, if both stand in one source; else the value."""
        key = self.key
        if key is None or key.source is not self.value.source:
            return self.value
        return Span(key.source, min(key.start, self.value.start), max(key.end, self.value.end))


class GapPlaces(dict[str, Place]):
    """The places of a mapping, and of keys that it would have if a switch stood otherwise."""

    __slots__ = ("absent",)

    def __init__(self, places: Mapping[str, Place], absent: dict[str, Place]) -> None:
        super().__init__(places)
        self.absent = absent

    def copy(self) -> GapPlaces:
        """A copy; what is absent is shared."""
        return GapPlaces(self, self.absent)

    def __reduce__(self) -> tuple[object, ...]:
        return GapPlaces, (dict(self), self.absent)


_KEY_START: Final = 0
_KEY_END: Final = 1
_VALUE_START: Final = 2
_VALUE_END: Final = 3
_PER_ENTRY: Final = 4


class MapValue(dict[str, "Value"]):
    """A mapping with the place of every key and value.

    `offsets` holds four integers for each entry in insertion order (key start, key end, value
    start, value end) of entries written in `source`; `places` overrides them. A value that stands
    alone (built, not read) has `offsets` empty and only `places`. Keys are strings: a parser turns
    other scalar keys into their written text.
    """

    __slots__ = ("_index", "end", "offsets", "places", "rest", "source", "start", "tag")

    def __init__(
        self,
        source: Source,
        start: int,
        end: int,
        entries: Mapping[str, Value] | Iterable[tuple[str, Value]] = (),
        places: dict[str, Place] | None = None,
        rest: Unknown | None = None,
        tag: str = "",
    ) -> None:
        if entries:
            super().__init__(entries)
        self.source = source
        self.start = start
        self.end = end
        self.offsets: list[int] = []
        self.places: dict[str, Place] = places if places is not None else {}
        self.rest = rest
        self.tag = tag
        self._index: dict[str, int] | None = None  # key -> number of its native entry, on demand

    @property
    def span(self) -> Span:
        """The whole mapping."""
        return Span(self.source, self.start, self.end)

    def place(self, key: str) -> Place | None:
        """Where the entry stands, or None if there is no such entry or it was derived."""
        place = self.places.get(key)
        if place is not None:
            return place
        offsets = self.offsets
        if not offsets or key not in self:
            return None
        index = self._index
        if index is None or _PER_ENTRY * len(index) < len(offsets):
            # Native entries come first, so their number is their position. Built once: reading
            # every place of a large mapping stays linear.
            index = self._index = dict(zip(self, range(len(offsets) // _PER_ENTRY), strict=False))
        number = index.get(key)
        if number is None:
            return None
        at = _PER_ENTRY * number
        return Place(
            Span(self.source, offsets[at + _VALUE_START], offsets[at + _VALUE_END]),
            Span(self.source, offsets[at + _KEY_START], offsets[at + _KEY_END]),
        )

    def absent(self, key: str) -> Place | None:
        """What keeps out a key that is missing, if that is known: a switch with its way."""
        places = self.places
        if places.__class__ is not GapPlaces or key in self:
            return None
        return places.absent.get(key)

    def keep_out(self, absent: dict[str, Place]) -> None:
        """Note what keeps out keys that are missing."""
        held = self.places
        known = held.absent if isinstance(held, GapPlaces) else {}
        self.places = GapPlaces(held, {**known, **absent})

    def put(self, key: str, value: Value, place: Place | None = None) -> None:
        """Set an entry together with its place.

        Without one, a new entry has no place and an entry that was there keeps its own.
        """
        # INVARIANT: native offsets line up with insertion order, so entries that were read are
        # only ever removed by `drop`; whatever is put later stands behind them or has a place.
        self[key] = value
        if place is not None:
            self.places[key] = place

    def drop(self, key: str) -> None:
        """Remove an entry with its place; only for the parser that made the mapping."""
        number = next(index for index, name in enumerate(self) if name == key)
        del self[key], self.offsets[_PER_ENTRY * number : _PER_ENTRY * (number + 1)]
        self.places.pop(key, None)
        self._index = None

    def copy_with(self, **extra: Value) -> MapValue:
        """A copy that also has `extra`; places of the copied entries are kept."""
        copied = MapValue(self.source, self.start, self.end, self, self.places.copy(), self.rest)
        copied.offsets = self.offsets
        copied.tag = self.tag
        for key, value in extra.items():
            copied.put(key, value)
        return copied

    def __reduce__(self) -> tuple[object, ...]:
        return _restore_map, (
            self.source, self.start, self.end, dict(self), self.offsets, self.places, self.rest,
            self.tag,
        )  # fmt: skip


class ListValue(list["Value"]):
    """A sequence with the place of every item. `offsets` holds two integers an item."""

    __slots__ = ("end", "offsets", "places", "rest", "source", "start", "tag")

    def __init__(
        self,
        source: Source,
        start: int,
        end: int,
        items: Iterable[Value] = (),
        places: dict[int, Place] | None = None,
        rest: Unknown | None = None,
        tag: str = "",
    ) -> None:
        if items:
            super().__init__(items)
        self.source = source
        self.start = start
        self.end = end
        self.offsets: list[int] = []
        self.places: dict[int, Place] = places if places is not None else {}
        self.rest = rest
        self.tag = tag

    @property
    def span(self) -> Span:
        """The whole sequence."""
        return Span(self.source, self.start, self.end)

    def place(self, index: int) -> Place | None:
        """Where the item stands, or None if there is no such item or it was derived."""
        place = self.places.get(index)
        if place is not None:
            return place
        at = 2 * index
        if not 0 <= index < len(self) or at >= len(self.offsets):
            return None
        return Place(Span(self.source, self.offsets[at], self.offsets[at + 1]))

    def __reduce__(self) -> tuple[object, ...]:
        return _restore_list, (
            self.source, self.start, self.end, list(self), self.offsets, self.places, self.rest,
            self.tag,
        )  # fmt: skip


def _restore_map(
    source: Source,
    start: int,
    end: int,
    entries: dict[str, Value],
    offsets: list[int],
    places: dict[str, Place],
    rest: Unknown | None,
    tag: str,
) -> MapValue:
    restored = MapValue(source, start, end, entries, places, rest, tag)
    restored.offsets = offsets
    return restored


def _restore_list(
    source: Source,
    start: int,
    end: int,
    items: list[Value],
    offsets: list[int],
    places: dict[int, Place],
    rest: Unknown | None,
    tag: str,
) -> ListValue:
    restored = ListValue(source, start, end, items, places, rest, tag)
    restored.offsets = offsets
    return restored


def same_places(one: Value, other: Value) -> bool:
    """True if what is inside two equal values stands at the same places."""
    stack = [(one, other)]
    while stack:
        a, b = stack.pop()
        if a is b or not isinstance(a, (MapValue, ListValue)):
            continue
        if not isinstance(b, (MapValue, ListValue)) or len(a) != len(b):
            return False
        if a.span != b.span or a.offsets != b.offsets or a.places != b.places:
            return False
        if isinstance(a, MapValue) and isinstance(b, MapValue):
            if list(a) != list(b) or _absent(a) != _absent(b):
                return False
            stack.extend(zip(a.values(), b.values(), strict=True))
        else:
            stack.extend(zip(a, b, strict=True))
    return True


def _absent(value: MapValue) -> dict[str, Place]:
    return value.places.absent if isinstance(value.places, GapPlaces) else {}


def is_known(value: Value) -> bool:
    """True if the value is a known scalar or a container (whose entries may be unknown)."""
    return not isinstance(value, (Unknown, Segments))


def join_segments(parts: Iterable[str | Unknown | Segments]) -> str | Segments:
    """The concatenation: a plain string if every part is known, else segments in normal form."""
    flat: list[str | Unknown] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Segments) else (part,):
            if isinstance(piece, str) and flat and isinstance(flat[-1], str):
                flat[-1] += piece
            elif piece != "":
                flat.append(piece)
    if not flat:
        return ""
    if len(flat) == 1 and isinstance(flat[0], str):
        return flat[0]
    return Segments(tuple(flat))
