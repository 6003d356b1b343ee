"""Text that was put together from several places, each stretch with its own hops.

A rendered line such as `image: "acme/web:1.2"` is part template, part values. So evaluators keep
text as pieces. A `Piece` is a stretch of text (or an Unknown), the hops that led to it, and, where
exactly this text is written in a file, that place (`literal`), which shrinks as the piece is cut.

In `Traced.data` such text is a `TracedText` (a `str` for whoever does not care) or, with unknown
parts, a `TracedSegments`; text of one origin stays a plain `str` beside `Traced.via`. Take any
string-like value apart with `pieces_of`, put it together with `of_pieces`:

- `of_pieces(pieces).via` is the union of the pieces' hops, so code that reads only `via` is right
  though less exact; `pieces_of` of it gives the pieces back. To give a value one more hop, use
  `Traced.with_hop`, which reaches every piece.
- `cut`, `edit`, `mapped`, `split`, `lines` and `join` change pieces. The law of all of them: the
  text of the result is the text function applied to the text, and each piece of the result has the
  hops of what it was made of.
- In the text that `plain_text` gives, an unknown piece is one HOLE, so offsets can be computed by
  ordinary text functions. Whoever cuts a text where the length of an unknown matters has to look
  for `first_hole` first.

The pieces of a rendered template: literal template text has `literal`, an action's output has the
hops of the value behind a hop for the action itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self, SupportsIndex

from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, Segments, Unknown

HOLE: Final = "\ufdd0"  # a non-character: no text file means anything by it
MAX_TEXT_HOPS: Final = 200
MAX_PIECES: Final = 50_000  # what is beyond becomes one piece

Hops = tuple[Hop, ...]


class Piece(NamedTuple):
    """A stretch of text and where it came from; `literal` is where exactly it is written."""

    text: str | Unknown
    hops: Hops = ()
    literal: Span | None = None


Pieces = Sequence[Piece]


class Gap(str):
    """The text, always empty, of a piece where something was not written; `about` says what.

    It travels with the text around it and is lost where that is taken apart in another way.
    """

    __slots__ = ("about",)
    about: object

    def __new__(cls, about: object) -> Self:
        """A gap."""
        made = super().__new__(cls)
        made.about = about
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return str, ()


class TracedText(str):
    """Known text in pieces; slices and sums keep them, every other method gives a plain str."""

    __slots__ = ("pieces",)
    pieces: tuple[Piece, ...]

    def __new__(cls, pieces: Pieces) -> Self:
        """The text of known pieces (in normal form, see `normal`)."""
        made = super().__new__(cls, plain_text(pieces))
        made.pieces = tuple(pieces)
        return made

    def __getitem__(self, key: SupportsIndex | slice[Any, Any, Any]) -> str:
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return TracedText(normal(cut(self.pieces, start, stop)))
        return str.__getitem__(self, key)

    def __add__(self, other: str) -> str:
        return TracedText(normal((*self.pieces, *_of_str(other))))

    def __radd__(self, other: str) -> str:
        return TracedText(normal((*_of_str(other), *self.pieces)))

    def __reduce__(self) -> tuple[object, ...]:
        return TracedText, (self.pieces,)


@dataclass(frozen=True, slots=True)
class TracedSegments(Segments):
    """Text with unknown parts, in pieces."""

    pieces: tuple[Piece, ...] = field(default=(), compare=False, repr=False)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return TracedSegments, (self.parts, self.pieces)


def _of_str(text: str, hops: Hops = ()) -> Pieces:
    if isinstance(text, TracedText):
        return text.pieces
    return (Piece(text, hops),) if text else ()


def text_pieces(data: str | Segments | Unknown, hops: Hops, span: Span | None = None) -> Pieces:
    """The pieces of string-like data; `hops` is for what has none of its own."""
    if isinstance(data, (TracedText, TracedSegments)):
        return data.pieces
    if isinstance(data, Segments):
        return [Piece(part, hops) for part in data.parts]
    if isinstance(data, Unknown):
        return (Piece(data, hops),)
    if not data:
        return ()
    if span is not None and span.end - span.start == len(data) and span.text == data:
        return (Piece(data, hops, span),)
    return (Piece(data, hops),)


def normal(pieces: Iterable[Piece]) -> list[Piece]:
    """No empty piece but gaps; neighbours of the same origin are one piece."""
    out: list[Piece] = []
    run: list[str] = []  # the texts of the last piece, joined once it is complete
    hops: Hops = ()
    literal: Span | None = None
    for piece in pieces:
        text, own, place = piece
        if text == "":
            if text.__class__ is Gap:
                if len(run) > 1:
                    out[-1] = Piece("".join(run), hops, literal)
                run = []
                out.append(piece)
            continue
        if isinstance(text, str):
            if run:
                joins = False
                # Evaluators use the same hops again, so the first ones tell most tuples apart.
                if own is hops or (own and hops and own[0] is hops[0] and own == hops):
                    if literal is None:
                        joins = place is None
                    elif place is not None and (
                        literal.end == place.start and literal.source is place.source
                    ):
                        joins = True
                        literal = Span(literal.source, literal.start, place.end)
                if not joins and len(out) >= MAX_PIECES:
                    joins, literal = True, None
                    if len(hops) < MAX_TEXT_HOPS:
                        hops = union(hops, own)
                if joins:
                    run.append(text)
                    continue
                if len(run) > 1:
                    out[-1] = Piece("".join(run), hops, literal)
            run = [text]
        else:
            if len(run) > 1:
                out[-1] = Piece("".join(run), hops, literal)
            run = []
        hops, literal = own, place
        out.append(piece)
    if len(run) > 1:
        out[-1] = Piece("".join(run), hops, literal)
    if out and out[0].text == "" and all(piece.text == "" for piece in out):
        return []  # gaps around nothing
    return out


def text_data(pieces: Iterable[Piece]) -> str | Segments | Unknown:
    """The data for `Traced.data`; a plain str if everything came the same way."""
    return data_of(normal(pieces))


def data_of(parts: list[Piece]) -> str | Segments | Unknown:
    """`text_data` of pieces that are in normal form."""
    if not parts:
        return ""
    if len(parts) == 1 and parts[0].literal is None:
        return parts[0].text
    if Unknown not in [piece.text.__class__ for piece in parts]:
        return TracedText(parts)
    flat: list[str | Unknown] = []
    run: list[str] = []
    for piece in parts:
        if isinstance(piece.text, str):
            run.append(piece.text)
            continue
        if run:
            flat.append("".join(run))
            run = []
        flat.append(piece.text)
    if run:
        flat.append("".join(run))
    return TracedSegments(tuple(flat), tuple(parts))


def union(left: Hops, right: Hops) -> Hops:
    """The hops of both, each once, bounded."""
    if not left or left is right:
        return right
    if not right:
        return left
    return tuple(dict.fromkeys((*left, *right)))[:MAX_TEXT_HOPS]


def all_hops(pieces: Iterable[Piece]) -> Hops:
    """The hops of all pieces, each once, in order, bounded."""
    # Pieces of one text share most of their hops: telling them by identity saves their hashes.
    seen: dict[int, Hop] = {}
    before: Hops = ()
    for _text, hops, _literal in pieces:
        if hops is before:
            continue
        before = hops
        seen.update(zip(map(id, hops), hops, strict=True))
        if len(seen) >= 2 * MAX_TEXT_HOPS:
            break
    return tuple(dict.fromkeys(seen.values()))[:MAX_TEXT_HOPS]


def plain_text(pieces: Iterable[Piece]) -> str:
    """The text; each unknown piece is one HOLE."""
    texts = [piece[0] for piece in pieces]
    try:
        return "".join(texts)  # type: ignore[arg-type] # what is unknown is the exception
    except TypeError:
        return "".join([text if isinstance(text, str) else HOLE for text in texts])


def first_hole(pieces: Iterable[Piece]) -> Unknown | None:
    """The first unknown piece's unknown."""
    return next((piece.text for piece in pieces if isinstance(piece.text, Unknown)), None)


def with_hops(pieces: Iterable[Piece], hops: Hops) -> list[Piece]:
    """The pieces, each `hops` further from its literal."""
    memo: dict[Hops, Hops] = {}
    out: list[Piece] = []
    for text, own, literal in pieces:
        known = memo.get(own)
        if known is None:
            known = memo[own] = union(hops, own)
        out.append(Piece(text, known, literal))
    return out


def width_of(piece: Piece) -> int:
    """The characters that the piece has in `plain_text`."""
    text = piece[0]
    return len(text) if isinstance(text, str) else 1


def _part(piece: Piece, start: int, end: int) -> Piece:
    text, hops, literal = piece
    if not isinstance(text, str) or (start == 0 and end == len(text)):
        return piece
    if literal is not None:
        literal = Span(literal.source, literal.start + start, literal.start + end)
    return Piece(text[start:end], hops, literal)


def cut(pieces: Iterable[Piece], start: int, end: int) -> list[Piece]:
    """The pieces of `plain_text[start:end]`; offsets are within the text."""
    out: list[Piece] = []
    at = 0
    for piece in pieces:
        text = piece[0]
        after = at + (len(text) if isinstance(text, str) else 1)
        if after > start:
            if at >= end:
                break
            if start <= at and after <= end:
                if after > at or text.__class__ is Gap:
                    out.append(piece)
            else:
                out.append(_part(piece, max(start, at) - at, min(end, after) - at))
        at = after
    return out


class Edit(NamedTuple):
    """Put `new` in place of `plain_text[start:end]`.

    It gets its own hops or, where it is a str, those of what it stands for or beside.
    """

    start: int
    end: int
    new: str | Pieces


def edit(pieces: Pieces, edits: Iterable[Edit]) -> list[Piece]:
    """The pieces with all edits done; edits are in order and do not overlap."""
    out: list[Piece] = []
    number, at = 0, 0  # the piece that holds the position, and where it starts

    def advance(position: int, kept: list[Piece] | None, since: int) -> int:
        """Walk to the position; what lies between is appended to `kept`."""
        nonlocal number, at
        while number < len(pieces):
            piece = pieces[number]
            width = width_of(piece)
            if kept is not None:
                if since <= at and at + width <= position:
                    kept.append(piece)
                else:
                    low, high = max(since, at) - at, min(position, at + width) - at
                    if high > low:
                        kept.append(_part(piece, low, high))
            if at + width > position:
                break
            at += width
            number += 1
        return position

    done = 0
    for start, end, new in edits:
        done = advance(start, out, done)
        gone: list[Piece] = []
        here = pieces[number].hops if number < len(pieces) else ()
        done = advance(end, gone, done)
        if isinstance(new, str):
            if new:
                hops = all_hops(gone) if gone else here or (pieces[-1].hops if pieces else ())
                out.append(Piece(new, hops))
        else:
            out.extend(new)
    advance(sum(map(width_of, pieces)), out, done)
    return out


def mapped(pieces: Iterable[Piece], change: Callable[[str], str]) -> list[Piece]:
    """Each known piece changed by itself; `change` must treat each character by itself."""
    out: list[Piece] = []
    for piece in pieces:
        if isinstance(piece.text, str):
            new = change(piece.text)
            out.append(piece if new == piece.text else Piece(new, piece.hops))
        else:
            out.append(piece)
    return out


def split(pieces: Pieces, separator: str, most: int = -1) -> list[list[Piece]]:
    """The pieces between the separators, as `str.split(separator, most)` cuts the text."""
    out: list[list[Piece]] = []
    rest: list[Piece] = []
    texts = plain_text(pieces).split(separator, most)
    widths = iter([len(text) for text in texts])
    wanted, skip = next(widths), 0
    for piece in pieces:
        at, width = 0, width_of(piece)
        if not width and piece.text.__class__ is Gap:
            rest.append(piece)
        while at < width:
            if skip:
                step = min(skip, width - at)
                skip -= step
                at += step
                continue
            if wanted == 0:
                following = next(widths, None)
                if following is None:
                    break
                out.append(rest)
                rest, wanted, skip = [], following, len(separator)
                continue
            step = min(wanted, width - at)
            rest.append(_part(piece, at, at + step))
            wanted -= step
            at += step
    out.append(rest)
    out.extend([] for _ in range(len(texts) - len(out)))
    return out


def lines(pieces: Pieces) -> list[list[Piece]]:
    r"""The lines without their `\n`; text that ends in one has an empty last line."""
    return split(pieces, "\n")


def join(separator: Pieces, items: Iterable[Pieces]) -> list[Piece]:
    """The items with the separator between them."""
    out: list[Piece] = []
    for index, item in enumerate(items):
        if index:
            out.extend(separator)
        out.extend(item)
    return out
