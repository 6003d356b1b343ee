"""The grammar: strict LALR, several errors a file, words for each of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.language import syntax
from plumbrule.language.parse import keywords, parse, strict_parser
from plumbrule_parsers.source import Source


def problems(text: str) -> list[str]:
    result = parse(Source("demo.plumb", text))
    return [
        f"{p.span.line}:{p.span.source.position(p.span.start)[1]} {p.message}"
        for p in result.problems
    ]


def test_the_grammar_is_strictly_lalr() -> None:
    assert strict_parser() is not None  # lark raises on any conflict or colliding terminals


def test_every_keyword_is_reserved() -> None:
    assert {"rule", "match", "where", "satisfy", "avoiding", "give"} <= keywords()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plumbrule 1\nrule a.b { sevrity high }", "did you mean `severity`"),
        ("plumbrule 1\nrule a.b { where all(x in xs where p) }", "needs `satisfy`"),
        ("plumbrule 1\nrule a.b { let y = collect(x in xs where p) }", "needs `give`"),
        ('plumbrule 1\nlet a = "x\nlet b = 1', "not closed on its line"),
        ("rule a.b {}", "the first line must be `plumbrule 1`"),
        ("plumbrule 2\n", "edition 2 is not known"),
        ("plumbrule 1\nrule a.b {", "the end of the file"),
        ("plumbrule 1\nlet a = 1 andb 2", "unexpected `andb`"),
        ("plumbrule 1\nlet a = " + "(" * 400 + "1" + ")" * 400, "nested deeper than"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(text: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(text)), problems(text)


def test_one_broken_item_does_not_hide_the_others() -> None:
    text = 'plumbrule 1\nlet a = )\nlet b = 2\nrule x.y { titel "t" }\nlet c = 3\n'
    result = parse(Source("demo.plumb", text))
    assert len(result.problems) == 2
    assert result.file is not None
    assert [item.name for item in result.file.items if isinstance(item, syntax.Constant)] == [
        "b",
        "c",
    ]


def test_comments_and_spans() -> None:
    text = 'plumbrule 1\n# one\nlet a = "#no" # two\n'
    file = parse(Source("demo.plumb", text)).file
    assert file is not None
    assert [comment for _at, comment in file.comments] == ["# one", "# two"]
    constant = file.items[0]
    assert isinstance(constant, syntax.Constant)
    assert constant.value.span.text == '"#no"'


@given(st.text(alphabet="plumbrule1 \n{}()[]\"'#:.,=<>-+*/?abc_kindmatchwhere|\\", max_size=200))
def test_no_text_makes_it_raise(text: str) -> None:
    for candidate in (text, "plumbrule 1\n" + text):
        result = parse(Source("any.plumb", candidate))
        assert result.file is not None or result.problems
        for problem in result.problems:
            assert 0 <= problem.span.start <= problem.span.end <= len(candidate)
