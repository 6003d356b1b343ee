"""Laws of text in pieces: the text is as for plain text, the origins belong to what they are of."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced, of_pieces, pieces_of, to_value
from plumbrule_parsers.traced_text import (
    HOLE,
    Edit,
    Piece,
    TracedSegments,
    TracedText,
    all_hops,
    cut,
    edit,
    join,
    lines,
    mapped,
    normal,
    plain_text,
    split,
)
from plumbrule_parsers.value import Hop, Reason, Segments, Unknown

SOURCE = Source("t.yaml", "abcdefgh\n" * 12)
LOST = Unknown(Reason.NO_VALUE, "x")


def hop(number: int) -> Hop:
    return Hop(Span(SOURCE, number, number + 1), f"hop {number}")


def literal(start: int, size: int) -> Piece:
    span = Span(SOURCE, start, start + size)
    return Piece(span.text, (hop(99),), span)


PIECES = st.lists(
    st.one_of(
        st.builds(
            lambda text, number: Piece(text, (hop(number),)),
            st.text("ab\n,x", max_size=6),
            st.integers(0, 5),
        ),
        st.builds(literal, st.integers(0, 50), st.integers(0, 9)),
    ),
    max_size=8,
)
HOLED = st.lists(st.one_of(PIECES.map(tuple), st.just((Piece(LOST, (hop(7),)),))), max_size=5).map(
    lambda parts: [piece for part in parts for piece in part]
)


def letters(pieces: list[Piece]) -> list[tuple[str, tuple[Hop, ...]]]:
    """Each character with its hops."""
    return [
        (letter, piece.hops)
        for piece in pieces
        for letter in (piece.text if isinstance(piece.text, str) else HOLE)
    ]


def literals_hold(pieces: list[Piece]) -> bool:
    return all(piece.literal is None or piece.literal.text == piece.text for piece in pieces)


@given(HOLED)
def test_the_normal_form_changes_no_character_and_no_origin(pieces: list[Piece]) -> None:
    found = normal(pieces)
    assert letters(found) == letters(pieces)
    assert normal(found) == found
    assert literals_hold(found)


@given(HOLED, st.integers(0, 30), st.integers(0, 30))
def test_a_cut_is_a_slice(pieces: list[Piece], start: int, size: int) -> None:
    found = cut(pieces, start, start + size)
    assert letters(found) == letters(pieces)[start : start + size]
    assert literals_hold(found)


@given(HOLED, st.sampled_from([",", "\n", "ab", "x"]), st.integers(-1, 3))
def test_split_is_as_for_plain_text(pieces: list[Piece], separator: str, most: int) -> None:
    found = split(pieces, separator, most)
    assert [plain_text(part) for part in found] == plain_text(pieces).split(separator, most)
    kept = [letter for part in found for letter in letters(part)]
    rest = iter(letters(pieces))
    assert all(letter in rest for letter in kept)  # in order, with their hops


@given(HOLED)
def test_lines_joined_again_are_the_text(pieces: list[Piece]) -> None:
    assert plain_text(join([Piece("\n")], lines(pieces))) == plain_text(pieces)


@given(PIECES, st.data())
def test_an_edit_is_as_for_plain_text(pieces: list[Piece], data: st.DataObject) -> None:
    text = plain_text(pieces)
    marks = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    edits = [
        Edit(start, end, data.draw(st.text("NM", max_size=3)))
        for start, end in zip(marks[::2], marks[1::2], strict=False)
    ]
    expected, at = "", 0
    for one in edits:
        assert isinstance(one.new, str)
        expected += text[at : one.start] + one.new
        at = one.end
    found = edit(pieces, edits)
    assert plain_text(found) == expected + text[at:]
    assert set(all_hops(found)) <= set(all_hops(pieces))
    assert literals_hold(found)


@given(PIECES)
def test_a_mapped_text_keeps_its_origins(pieces: list[Piece]) -> None:
    found = mapped(pieces, str.upper)
    assert plain_text(found) == plain_text(pieces).upper()
    assert [hops for _, hops in letters(found)] == [hops for _, hops in letters(pieces)]
    assert literals_hold(found)


@given(HOLED)
def test_a_traced_value_gives_its_pieces_back(pieces: list[Piece]) -> None:
    value = of_pieces(pieces)
    assert letters(list(pieces_of(value))) == letters(pieces)
    assert isinstance(value.data, str) or LOST in pieces_data(value)


def pieces_data(value: Traced) -> tuple[object, ...]:
    data = value.data
    return data.parts if isinstance(data, Segments) else (data,)


@given(PIECES, PIECES, st.text("ab", max_size=3))
def test_sums_and_slices_of_text_keep_the_pieces(
    left: list[Piece], right: list[Piece], plain: str
) -> None:
    one, other = TracedText(left), TracedText(right)
    for found in (one + other, one + plain, plain + one):
        assert isinstance(found, TracedText)
        assert plain_text(found.pieces) == found
    assert (one + other)[1:4] == (str(one) + str(other))[1:4]


@given(HOLED)
def test_what_a_graph_holds_is_plain(pieces: list[Piece]) -> None:
    value = to_value(of_pieces(pieces), SOURCE.whole())
    assert type(value) in {str, Segments, Unknown}


def test_text_in_pieces_travels_between_processes() -> None:
    for pieces in ([literal(0, 3), Piece("x", (hop(1),))], [Piece("x", (hop(1),)), Piece(LOST)]):
        value = of_pieces(pieces)
        again = pickle.loads(pickle.dumps(value.data))
        assert isinstance(again, (TracedText, TracedSegments))
        assert again == value.data
        assert again.pieces == tuple(pieces)


def test_one_more_hop_reaches_every_piece() -> None:
    value = of_pieces([Piece("a", (hop(1),)), Piece("b", (hop(2),))]).with_hop(hop(3))
    assert [piece.hops for piece in pieces_of(value)] == [(hop(3), hop(1)), (hop(3), hop(2))]
    assert value.via[0] == hop(3)


def test_a_literal_shrinks_as_it_is_cut() -> None:
    (found,) = cut([literal(0, 9)], 2, 5)
    assert found.literal == Span(SOURCE, 2, 5)
