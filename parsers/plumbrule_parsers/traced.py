"""Traced values: what evaluators compute with, each carrying the hops that led to it.

A renderer (Terraform, Helm) may take any value apart and put it together again; the way from the
use back to the line that a person wrote must survive that. So inside an evaluation every value, at
every depth, is a `Traced`: its data and its `via`. When a node's fields are built, `to_value` turns
the tree into the containers that the graph holds, with a `Place` for each entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from plumbrule_parsers.source import Span
from plumbrule_parsers.traced_text import (
    MAX_TEXT_HOPS,
    Gap,
    Piece,
    TracedSegments,
    TracedText,
    all_hops,
    data_of,
    normal,
    text_data,
    text_pieces,
    with_hops,
)
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Place,
    Reason,
    Scalar,
    Segments,
    Unknown,
    Value,
)

# Of a new value and of a place: a merge of whole value trees would otherwise drag every line along.
# Text that came with more keeps them.
MAX_HOPS = 24


_PLAIN = frozenset((str, float, int, bool, type(None)))  # cannot hold an unknown


class SetData(list["Traced"]):
    """A set: distinct items in a fixed order; a list for everything but equality and indexing."""

    __slots__ = ()


class Traced:
    """A value on its way: `data` is a scalar, Unknown, Segments, list, SetData or dict of Traced.

    `via` runs from the use to the literal. `span` is where the value stands if it was written as
    such (a literal's own span), else None. `sensitive` marks travel with everything made of it.
    `rest` (on containers) is an Unknown for entries that may exist beyond the listed ones.
    """

    __slots__ = ("data", "rest", "sensitive", "span", "via")

    def __init__(
        self,
        data: Scalar | Unknown | Segments | list[Traced] | dict[str, Traced],
        via: tuple[Hop, ...] = (),
        span: Span | None = None,
        rest: Unknown | None = None,
        *,
        sensitive: bool = False,
    ) -> None:
        self.data = data
        self.via = via
        self.span = span
        self.rest = rest
        self.sensitive = sensitive

    @property
    def unknown(self) -> Unknown | None:
        """The unknown that this value is, or the first of its unknown parts if it is a string."""
        data = self.data
        if isinstance(data, Unknown):
            return data
        if isinstance(data, Segments):
            return data.unknowns[0]
        return None

    def with_hop(self, hop: Hop) -> Traced:
        """The same value, one hop further from its literal."""
        via = (hop, *self.via)[: max(MAX_HOPS, len(self.via))]
        data = self.data
        if isinstance(data, (TracedText, TracedSegments)):
            data = text_data(with_hops(data.pieces, (hop,)))
        return Traced(data, via, self.span, self.rest, sensitive=self.sensitive)

    def __repr__(self) -> str:
        return f"Traced({self.data!r})"


class _TracedPieces(Traced):
    """Text in pieces; its `via` is worked out when somebody asks, which few do."""

    __slots__ = ("_pieces", "_via")

    def __init__(
        self, data: str | Segments | Unknown, pieces: Sequence[Piece], *, sensitive: bool
    ) -> None:
        self.data = data
        self.span = None
        self.rest = None
        self.sensitive = sensitive
        self._pieces = pieces
        self._via: tuple[Hop, ...] | None = None

    @property
    def via(self) -> tuple[Hop, ...]:  # type: ignore[override]
        """The hops of all pieces."""
        via = self._via
        if via is None:
            via = self._via = all_hops(self._pieces)
        return via


def hops_of(parts: Iterable[Traced]) -> tuple[Hop, ...]:
    """The hops of all parts, each once, in order, bounded."""
    most = MAX_HOPS
    found: tuple[Hop, ...] = ()
    seen: dict[Hop, None] | None = None
    for part in parts:
        via = part.via
        if not via or via is found:
            continue
        most = max(most, len(via))
        if not found:
            found = via
            continue
        if seen is None:
            seen = dict.fromkeys(found)
        seen.update(dict.fromkeys(via))
    if seen is None:
        if len(found) < 2:
            return found
        seen = dict.fromkeys(found)
    return tuple(seen)[:most]


def made_of(
    data: Scalar | Unknown | Segments | list[Traced] | dict[str, Traced], *parts: Traced
) -> Traced:
    """A new value computed from `parts`: it has their hops and their sensitivity."""
    return Traced(data, hops_of(parts), sensitive=any(part.sensitive for part in parts))


def first_unknown(value: Traced) -> Unknown | None:
    """The first unknown anywhere inside, depth first; None if everything is known."""
    if value.data.__class__ in _PLAIN:
        return value.rest
    stack = [value]
    while stack:
        current = stack.pop()
        found = current.unknown or current.rest
        if found is not None:
            return found
        data = current.data
        if isinstance(data, dict):
            stack.extend(reversed(data.values()))
        elif isinstance(data, list):
            stack.extend(reversed(data))
    return None


def plain(value: Traced) -> object:
    """The value as plain Python data; the caller made sure that nothing in it is unknown."""
    data = value.data
    if isinstance(data, dict):
        return {key: plain(item) for key, item in data.items()}
    if isinstance(data, list):
        return [plain(item) for item in data]
    return data


def trace(data: object, via: tuple[Hop, ...] = (), *, sensitive: bool = False) -> Traced:
    """Plain Python data as a traced tree that came `via` these hops."""
    if isinstance(data, dict):
        entries = {str(key): trace(item, via) for key, item in data.items()}
        return Traced(entries, via, sensitive=sensitive)
    if isinstance(data, (list, tuple)):
        return Traced([trace(item, via) for item in data], via, sensitive=sensitive)
    assert data is None or isinstance(data, (str, int, float, bool, Unknown, Segments))
    return Traced(data, via, sensitive=sensitive)


def from_value(value: Value, place: Place | None = None) -> Traced:
    """A parsed value as a traced tree; each entry's own span is kept."""
    via = place.via if place is not None else ()
    span = place.value if place is not None else None
    if isinstance(value, MapValue):
        entries = {key: from_value(item, value.place(key)) for key, item in value.items()}
        return Traced(entries, via, value.span, value.rest)
    if isinstance(value, ListValue):
        items = [from_value(item, value.place(index)) for index, item in enumerate(value)]
        return Traced(items, via, value.span, value.rest)
    return Traced(value, via, span)


def to_value(value: Traced, at: Span) -> Value:
    """The containers that a node's fields are made of; `at` is where the whole value is used."""
    data = value.data
    where = value.span if value.span is not None else at
    if isinstance(data, dict):
        return MapValue(
            where.source,
            where.start,
            where.end,
            ((key, to_value(item, where)) for key, item in data.items()),
            {key: place_of(item, at) for key, item in data.items()},
            value.rest,
        )
    if isinstance(data, list):
        return ListValue(
            where.source,
            where.start,
            where.end,
            (to_value(item, where) for item in data),
            {index: place_of(item, at) for index, item in enumerate(data)},
            value.rest,
            tag="set" if isinstance(data, SetData) else "",
        )
    if isinstance(data, TracedText):
        return str(data)
    if isinstance(data, TracedSegments):
        return Segments(data.parts)
    return data


def pieces_of(value: Traced) -> tuple[Piece, ...]:
    """The pieces of a string-like value (a str, Segments or Unknown)."""
    data = value.data
    if data.__class__ is str and value.span is None:
        return (Piece(data, value.via),) if data else ()
    if isinstance(data, (TracedText, TracedSegments)):
        return data.pieces
    assert isinstance(data, (str, Segments, Unknown))
    return tuple(text_pieces(data, value.via, value.span))


def of_pieces(pieces: Iterable[Piece], *, sensitive: bool = False) -> Traced:
    """The text of the pieces, with all their hops; see `traced_text`."""
    given = list(pieces)
    parts = normal(given) if len(given) != 1 or given[0][0] == "" else given
    if len(parts) == 1:
        return Traced(data_of(parts), parts[0].hops[:MAX_TEXT_HOPS], sensitive=sensitive)
    # An empty text has no piece that could tell where it came from.
    if not parts:
        parts = [piece for piece in given if piece.text.__class__ is not Gap]
        return _TracedPieces("", parts, sensitive=sensitive)
    return _TracedPieces(data_of(parts), parts, sensitive=sensitive)


def place_of(value: Traced, at: Span) -> Place:
    """Where a person finds the value: its own literal if it has one, else the place of use."""
    return Place(value.span if value.span is not None else at, via=value.via[:MAX_HOPS])


def unknown(reason: Reason, detail: str, *parts: Traced, type: str = "any") -> Traced:  # noqa: A002
    """An unknown result that inherits the hops of what it was computed from."""
    return made_of(Unknown(reason, detail, type=type), *parts)


def walk(value: Traced) -> Iterator[Traced]:
    """The value and everything inside it."""
    stack = [value]
    while stack:
        current = stack.pop()
        yield current
        data = current.data
        if isinstance(data, dict):
            stack.extend(data.values())
        elif isinstance(data, list):
            stack.extend(data)
