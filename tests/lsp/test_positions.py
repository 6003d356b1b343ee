"""Laws of positions and URIs: what an editor says and what we mean are the same place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.lsp.positions import offset_of, point_of, shown, units
from plumbrule.lsp.uris import path_of, same, uri_of
from plumbrule_parsers.source import Source, Span

LETTERS = st.sampled_from("ab:\t é…\u2028\x0c\x85😀𝄞\r\n")
TEXTS = st.text(LETTERS, max_size=40)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@given(TEXTS, ENCODINGS)
def test_units_are_those_of_the_real_codec(text, encoding):
    codec, width = CODECS[encoding]
    assert units(text, encoding) == len(text.encode(codec)) // width


@given(TEXTS, ENCODINGS, st.data())
def test_an_offset_comes_back_from_its_point(text, encoding, data):
    source = Source("f", text)
    # The place between CR and LF belongs to no line; an editor cannot name it.
    offset = data.draw(st.integers(0, len(text)).filter(lambda o: text[o - 1 : o + 1] != "\r\n"))
    assert offset_of(source, point_of(source, offset, encoding), encoding) == offset


@given(TEXTS, ENCODINGS)
def test_points_grow_with_offsets(text, encoding):
    source = Source("f", text)
    points = [point_of(source, offset, encoding) for offset in range(len(text) + 1)]
    assert points == sorted(points)


@given(TEXTS, ENCODINGS, st.integers(-2, 50), st.integers(-2, 200))
def test_any_point_is_a_place_in_the_text(text, encoding, line, column):
    source = Source("f", text)
    offset = offset_of(source, (line, column), encoding)
    assert 0 <= offset <= len(text)
    if 0 <= line < len(source.line_starts):
        assert source.line_of(offset) == line + 1


def test_columns_after_a_character_outside_the_basic_plane():
    source = Source("f", "a\n😀x")
    assert [point_of(source, 3, e) for e in ("utf-8", "utf-16", "utf-32")] == [
        (1, 4),
        (1, 2),
        (1, 1),
    ]
    assert offset_of(source, (1, 1), "utf-16") == 2  # the middle of the pair is its start


def test_only_the_protocols_line_ends_end_a_line():
    source = Source("f", "a\u2028b\x0cc\x85d\re\r\nf\ng")
    assert point_of(source, source.text.index("d"), "utf-32") == (0, 6)
    assert point_of(source, source.text.index("g"), "utf-32") == (3, 0)


@given(TEXTS, st.data())
def test_what_is_shown_is_on_one_line_and_empty_only_on_an_empty_line(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    source = Source("f", text)
    made = shown(Span(source, start, end))
    assert 0 <= made.start <= made.end <= len(text)
    assert "\n" not in made.text
    assert "\r" not in made.text
    if made.start == made.end:
        around = text[max(made.start - 1, 0) : made.start + 1]
        assert all(letter in "\r\n" for letter in around)


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=4))
def test_a_path_comes_back_from_its_uri(parts):
    path = "/" + "/".join(parts)
    uri = uri_of(path, windows=False)
    assert uri.isascii()
    assert path_of(uri, windows=False) == path
    assert same(uri) == uri


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b%20c/%C3%A9.yaml", "/a/b c/é.yaml"),
        ("file:///a/x%23y%3Fz", "/a/x#y?z"),
        ("file:///a/x#y", "/a/x#y"),
        ("file://localhost/a", "/a"),
        ("file:///a/../../etc/x", "/etc/x"),
        ("file:///c%3A/work/x.tf", "/c:/work/x.tf"),
        ("file:///a/%00b", None),
        ("file://host/share", None),
        ("untitled:Untitled-1", None),
        ("vscode-notebook-cell:/a/b.ipynb#W0", None),
        ("git:/a/b.tf?ref=x", None),
        ("file:relative", None),
        ("", None),
        ("http://[", None),
    ],
)
def test_uris_of_other_systems_and_schemes(uri, path):
    assert path_of(uri, windows=False) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c%3A/work/x.tf", r"c:\work\x.tf"),
        ("file:///C:/work/x.tf", r"C:\work\x.tf"),
        ("file://host/share/x.tf", r"\\host\share\x.tf"),
        ("file:///work/x.tf", None),
    ],
)
def test_uris_on_windows(uri, path):
    assert path_of(uri, windows=True) == path
    if path is not None:
        assert path_of(uri_of(path, windows=True), windows=True) == path
