"""The way from a result back to the lines that a person wrote."""

from __future__ import annotations

import pytest
from tests.parsers.helm.functions.expression import FakeHost, a_call, evaluate

from plumbrule_parsers.source import Source
from plumbrule_parsers.traced import Traced, of_pieces, pieces_of
from plumbrule_parsers.traced_text import Piece, lines, plain_text
from plumbrule_parsers.value import Hop

SOURCE = Source("values.yaml", "".join(f"key{number}: value\n" for number in range(20)))


def hop(number: int) -> Hop:
    start = SOURCE.line_starts[number]
    return Hop(SOURCE.span(start, start + 4), f"values key `key{number}`")


def at(number: int, data: str | float | bool | None) -> Traced:
    return Traced(data, (hop(number),))


def values() -> dict[str, Traced]:
    return {
        "name": at(0, "Web"), "tag": at(1, "1.2"), "empty": at(2, ""), "on": at(3, True),
        "map": Traced({"a": at(4, "x"), "b": at(5, "line one\nline two"), "c": at(6, 5.0)}),
        "other": Traced({"a": at(7, "y"), "d": at(8, "z")}),
        "list": Traced([at(9, "p"), at(10, "q")]), "off": at(11, False),
    }  # fmt: skip


def origins(expression: str, host: FakeHost | None = None) -> list[tuple[str, tuple[int, ...]]]:
    """The pieces of the result, with the lines (from 0) behind each."""
    found = evaluate(expression, values(), a_call(host or FakeHost()))
    return [
        (str(piece.text), tuple(one.span.line - 1 for one in piece.hops))
        for piece in pieces_of(found)
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("quote .name", [('"Web"', (0,))]),
        ("printf `%s:%s` .name .tag", [("Web", (0,)), (":", ()), ("1.2", (1,))]),
        ("default `d` .empty", [("d", (2,))]),
        ("default `d` .name", [("Web", (0,))]),
        ("ternary .name .tag .on", [("Web", (0, 3))]),
        ("ternary .name .tag .off", [("1.2", (1, 11))]),
        ("coalesce .empty .name", [("Web", (0, 2))]),
        ("b64enc .name", [("V2Vi", (0,))]),
        ("b64enc .name | b64dec", [("Web", (0,))]),
        ("join `,` .list", [("p", (9,)), (",", ()), ("q", (10,))]),
        ("replace `.` `-` .tag", [("1-2", (1,))]),
        ("replace `e` .tag .name", [("W", (0,)), ("1.2", (0, 1)), ("b", (0,))]),
        ("trunc 2 .name", [("We", (0,))]),
        ("lower .name", [("web", (0,))]),
        ("print .name .tag | lower", [("web", (0,)), ("1.2", (1,))]),
        ("print .name .tag | trunc 4", [("Web", (0,)), ("1", (1,))]),
        ("print .name .tag | trimSuffix `2`", [("Web", (0,)), ("1.", (1,))]),
        ("print .name .tag | replace `b1` `-`", [("We", (0,)), ("-", (0, 1)), (".2", (1,))]),
        ("cat .name .tag", [("Web", (0,)), (" 1.2", (1,))]),
        ("print .name .tag | squote", [("'Web", (0,)), ("1.2'", (1,))]),
        ("regexReplaceAll `[0-9]` .tag `x`", [("x.x", (1,))]),
        ("get .map `a`", [("x", (4,))]),
        ("dig `a` `none` .map", [("x", (4,))]),
        ("first .list", [("p", (9,))]),
        ("index .list 1", [("q", (10,))]),
        ("toString (get .map `c`)", [("5", (6,))]),
        ("get (merge (dict) .map .other) `d`", [("z", (8,))]),
        ("get (merge (dict) .map .other) `a`", [("x", (4,))]),
        ("get (mergeOverwrite (dict) .map .other) `a`", [("y", (7,))]),
        ("get (set (dict) `k` .name) `k`", [("Web", (0,))]),
        ("get (fromYaml (toYaml .map)) `a`", [("x", (4,))]),
        ("get (fromJson (toJson .map)) `a`", [("x", (4,))]),
        ("include `n` .", [("made: ", ()), ("Web", (0,))]),
        ("include `n` . | upper", [("MADE: ", ()), ("WEB", (0,))]),
        ("tpl .name .", [("Web", (0,))]),
        ("required `x` .name", [("Web", (0,))]),
        ("splitList `e` .name | first", [("W", (0,))]),
        ("sha256sum .name | trunc 4", [("9ac1", (0,))]),
        ("wrap 3 (print .name ` ` .tag)", [("Web", (0,)), ("\n", ()), ("1.2", (1,))]),
        ("indent 2 (print .name .tag)", [("  Web", (0,)), ("1.2", (1,))]),
    ],
)  # fmt: skip
def test_each_stretch_knows_its_lines(
    expression: str, expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    text = of_pieces([Piece("made: "), Piece("Web", (hop(0),))])
    found = origins(expression, FakeHost(named={"n": text}))
    if "sha256sum" in expression:
        assert [lines_ for _, lines_ in found] == [lines_ for _, lines_ in expected]
    else:
        assert found == expected


def test_yaml_that_is_indented_keeps_the_origin_of_each_line() -> None:
    found = evaluate("toYaml .map | nindent 4", values())
    rows = [
        (plain_text(line), sorted({one.span.line - 1 for piece in line for one in piece.hops}))
        for line in lines(pieces_of(found))
    ]
    assert rows == [
        ("", []),
        ("    a: x", [4]),
        ("    b: |-", [5]),
        ("      line one", [5]),
        ("      line two", [5]),
        ("    c: 5", [6]),
    ]


def test_lines_of_a_block_keep_their_own_origin_through_yaml() -> None:
    block = of_pieces([Piece("one\n", (hop(1),)), Piece("two\n", (hop(2),))])
    value = Traced({"k": Traced(block.data, block.via)})
    found = evaluate("toYaml .v | indent 2", {"v": value})
    rows = [
        (plain_text(line), [one.span.line - 1 for piece in line for one in piece.hops][-1:])
        for line in lines(pieces_of(found))
    ]
    assert rows[1:] == [("    one", [1]), ("    two", [2])]


def test_a_decision_is_told_from_data() -> None:
    found = evaluate("ternary .name .tag .on", values())
    assert [one.kind for one in found.via] == ["data", "decision"]


def test_sensitivity_goes_with_what_is_made() -> None:
    secret = Traced("hunter", (hop(1),), sensitive=True)
    for text in ("upper .s", "b64enc .s", "printf `%s` .s", "quote .s", "toYaml .s", "trunc 2 .s"):
        assert evaluate(text, {"s": secret}).sensitive, text


def test_a_chart_file_is_written_where_it_stands() -> None:
    host = FakeHost({"conf/a.ini": b"one\ntwo\n"})
    found = evaluate(".Files.Get `conf/a.ini`", {}, a_call(host))
    (piece,) = pieces_of(found)
    assert piece.literal is not None
    second = lines([piece])[1][0]
    assert second.literal is not None
    assert (second.text, second.literal.line) == ("two", 2)
