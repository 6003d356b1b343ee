"""Laws of the ground types: sources, spans, segments, mappings with places."""

from __future__ import annotations

import pickle
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    join_segments,
)
from plumbrule_parsers.yaml_tree import parse_yaml

TEXT = st.text(
    st.sampled_from("ab\n\r\t \u2028\u2029\x85\x0b\x0c\x1c") | st.characters(codec="utf-8"),
    max_size=80,
)


# ------------------------------------------------------------------ source and span
def slow_position(text: str, offset: int) -> tuple[int, int]:
    """Line and column by walking: LF, CR LF and CR end a line, nothing else."""
    line = column = 1
    at = 0
    while at < offset:
        if text[at : at + 2] == "\r\n":
            if at + 2 > offset:
                return line, column + 1
            at += 2
            line, column = line + 1, 1
            continue
        if text[at] in "\r\n":
            line, column = line + 1, 1
        else:
            column += 1
        at += 1
    return line, column


@given(text=TEXT, data=st.data())
@example(text="a\r\nb\rc\nd", data=None)
@settings(max_examples=300, deadline=None)
def test_positions_agree_with_a_slow_reference(text: str, data: st.DataObject | None) -> None:
    source = Source("a", text)
    offsets = [data.draw(st.integers(0, len(text)))] if data else range(len(text) + 1)
    for offset in offsets:
        assert source.position(offset) == slow_position(text, offset)
        assert source.line_of(offset) == slow_position(text, offset)[0]


@given(text=TEXT)
def test_lines_put_together_are_the_text(text: str) -> None:
    source = Source("a", text)
    starts = source.line_starts
    assert starts == sorted(set(starts))
    assert starts[0] == 0
    lines = [source.line_text(line) for line in range(1, len(starts) + 1)]
    assert not any("\n" in line or "\r" in line for line in lines)
    ends = [*starts[1:], len(text)]
    rebuilt = "".join(
        line + text[start + len(line) : end]
        for line, start, end in zip(lines, starts, ends, strict=True)
    )
    assert rebuilt == text


@pytest.mark.parametrize("letter", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_cr_and_lf_end_a_line(letter: str) -> None:
    assert Source("a", f"x{letter}y\nz").position(2) == (1, 3)


@given(text=TEXT, data=st.data())
def test_spans_read_their_text_and_first_lines_are_inside(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = Source("dir/a", text).span(start, end)
    assert span.text == text[start:end]
    first = span.first_line
    assert (first.start, first.source) == (span.start, span.source)
    assert first.end <= span.end
    assert span.text.startswith(first.text)
    assert not {"\n", "\r"} & set(first.text)
    assert str(span) == "dir/a:{}:{}".format(*slow_position(text, start))
    assert pickle.loads(pickle.dumps(span)) == span


def test_sources_are_equal_by_path_and_text() -> None:
    assert Source("a", "x") == Source("a", "x")
    assert hash(Source("a", "x")) == hash(Source("a", "x"))
    assert Source("a", "x") != Source("b", "x")
    assert Source("a", "x") != Source("a", "y")
    assert pickle.loads(pickle.dumps(Source("a", "x\ny"))).line_of(2) == 2


# ------------------------------------------------------------------ segments
PARTS = st.lists(
    st.text("ab", max_size=2)
    | st.sampled_from("xyz").map(lambda name: Unknown(Reason.NO_VALUE, name)),
    max_size=6,
)


def shown(parts: list[str | Unknown]) -> str:
    return "".join(part if isinstance(part, str) else f"<{part.detail}>" for part in parts)


@given(parts=PARTS)
def test_joined_parts_are_in_normal_form_and_say_the_same(parts: list[str | Unknown]) -> None:
    joined = join_segments(parts)
    if isinstance(joined, str):
        assert all(isinstance(part, str) for part in parts)
        assert joined == "".join(map(str, parts))
        return
    assert joined.unknowns
    assert "" not in joined.parts
    kinds = [isinstance(part, str) for part in joined.parts]
    assert not any(left and right for left, right in pairwise(kinds))
    assert shown(list(joined.parts)) == shown(parts)
    assert str(joined).startswith(joined.prefix)
    assert str(joined).endswith(joined.suffix)


@given(first=PARTS, second=PARTS, third=PARTS)
def test_joining_is_associative(
    first: list[str | Unknown], second: list[str | Unknown], third: list[str | Unknown]
) -> None:
    left = join_segments([join_segments([*first, *second]), *third])
    right = join_segments([*first, join_segments([*second, *third])])
    assert left == right == join_segments([*first, *second, *third])


# ------------------------------------------------------------------ mappings and lists
KEYS = st.lists(st.text("abcdefg", min_size=1, max_size=3), unique=True, max_size=12)


def native(keys: list[str]) -> MapValue:
    """A mapping as a parser makes it: `key=value;` one after the other."""
    text = "".join(f"{key}={key.upper()};" for key in keys)
    source = Source("m", text)
    made = MapValue(source, 0, len(text))
    at = 0
    for key in keys:
        made[key] = key.upper()
        size = len(key)
        made.offsets.extend((at, at + size, at + size + 1, at + 2 * size + 1))
        at += 2 * size + 2
    return made


def check_native(value: MapValue, keys: list[str]) -> None:
    for key in keys:
        place = value.place(key)
        assert place is not None
        assert place.key is not None
        assert (place.key.text, place.value.text) == (key, key.upper())


ELSEWHERE = Place(Span(Source("other", "there"), 0, 5))


@given(keys=KEYS, more=KEYS)
def test_places_survive_put_copy_and_pickling(keys: list[str], more: list[str]) -> None:
    value = native(keys)
    for key in more:
        before = value.place(key)
        value.put(key, "derived")
        assert value.place(key) == before  # new ones have none, old ones keep theirs
    check_native(value, keys)
    copied = value.copy_with(extra1="x")
    copied.put("extra2", "y", ELSEWHERE)
    back = pickle.loads(pickle.dumps(copied))
    for one in (copied, back):
        assert one == {**value, "extra1": "x", "extra2": "y"}
        check_native(one, keys)
        assert one.place("extra1") is None
        assert one.place("extra2") == ELSEWHERE
        assert (one.span, one.tag, one.rest) == (value.span, value.tag, value.rest)
    assert "extra2" not in value
    assert value.place("extra2") is None
    assert value.place("no such key") is None


@given(keys=KEYS, data=st.data())
def test_places_may_be_asked_while_a_mapping_is_read(keys: list[str], data: st.DataObject) -> None:
    whole = native(keys)
    growing = MapValue(whole.source, 0, whole.end)
    for number, key in enumerate(keys):
        growing[key] = whole[key]
        growing.offsets.extend(whole.offsets[4 * number : 4 * number + 4])
        if data.draw(st.booleans()):
            check_native(growing, keys[: number + 1])
    check_native(growing, keys)


@given(keys=KEYS.filter(bool), data=st.data())
def test_dropping_an_entry_moves_no_other(keys: list[str], data: st.DataObject) -> None:
    value = native(keys)
    gone = data.draw(st.sampled_from(keys))
    if data.draw(st.booleans()):
        check_native(value, keys)
    value.drop(gone)
    assert value.place(gone) is None
    check_native(value, [key for key in keys if key != gone])


@given(keys=KEYS, own=KEYS)
def test_merged_entries_stand_where_they_were_written(keys: list[str], own: list[str]) -> None:
    lines = [f"base: &b {{{', '.join(f'{key}: v' for key in keys)}}}", "use:"]
    lines += [f"  {key}: w" for key in own] + ["  <<: *b", ""]
    stream = parse_yaml(Source("m.yaml", "\n".join(lines)), "1.2")
    assert not stream.problems
    root = stream.documents[0].value
    assert isinstance(root, MapValue)
    use = root["use"]
    assert isinstance(use, MapValue)
    assert dict(use) == {**dict.fromkeys(keys, "v"), **dict.fromkeys(own, "w")}
    for key, value in use.items():
        place = use.place(key)
        assert place is not None
        assert place.key is not None
        assert (place.key.text, place.value.text) == (key, value)
        assert place.value.line == (1 if value == "v" else 3 + own.index(key))
        assert [hop.span.text for hop in place.via] == ([] if value == "w" else ["<<: *b"])


def test_large_mappings_are_read_entry_by_entry_in_linear_steps() -> None:
    """Fails by its running time: a search per place would take 10^10 steps here."""
    keys = [f"k{number}" for number in range(100_000)]
    value = native(keys)
    check_native(value, keys)


@given(count=st.integers(0, 6), added=st.integers(0, 3))
def test_items_of_lists_have_places(count: int, added: int) -> None:
    source = Source("l", "x" * count)
    made = ListValue(source, 0, count, ["x"] * (count + added))
    for index in range(count):
        made.offsets.extend((index, index + 1))
    made.places[0] = ELSEWHERE
    back = pickle.loads(pickle.dumps(made))
    for one in (made, back):
        assert one == made
        assert one.place(0) == ELSEWHERE
        for index in range(1, count):
            assert one.place(index) == Place(Span(source, index, index + 1))
        for index in (-1, *range(max(count, 1), count + added + 2)):
            assert one.place(index) is None


def test_an_entry_covers_key_and_value_of_one_source() -> None:
    source = Source("a", "key: value")
    whole = Place(source.span(5, 10), source.span(0, 3), (Hop(source.span(0, 3), "x"),))
    assert whole.entry.text == "key: value"
    assert Place(source.span(5, 10)).entry.text == "value"
    assert Place(source.span(5, 10), ELSEWHERE.value).entry.text == "value"


def test_segments_know_their_ends() -> None:
    value = Segments(("a", Unknown(Reason.NO_VALUE, "v"), "b"))
    assert (value.prefix, value.suffix, str(value)) == ("a", "b", "a<?>b")
