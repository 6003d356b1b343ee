"""Groovy is read with places, whatever is written, and no call is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plumbrule_parsers.jenkins.groovy import parse_groovy
from plumbrule_parsers.jenkins.tokens import Text
from plumbrule_parsers.jenkins.tree import Assign, Branch, Call, Item, Method, children

PIECES = (
    "pipeline {", "}", "{", "(", ")", "[", "]", "sh ", "'a b'", '"x ${env.A} $b"', "'''\nls\n'''",
    '"""', "'''", "\n", ";", ",", ":", "a", ".b", "?", "?:", "=", "==", "+", "-", "!", "->", "if (",
    "else", "try {", "catch (e) {", "for (x in y)", "def ", "String x = ", "/", "/re/", "$/x/$",
    "new ", "return ", "@A", "import x.y", "case 1:", "default:", '"', "'", "\\", "stage(", "x = ",
    "é", "\r\n", "//c", "/*", "*/", "<", ">", "++", "parallel a: {", "a?.b", "${", "}", " ",
)  # fmt: skip


def walk(item: Item) -> Iterator[Item]:
    stack = [item]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(children(current))


def calls(text: str) -> list[Call]:
    found = [item for item in walk(parse_groovy(text).block) if isinstance(item, Call)]
    return sorted(found, key=lambda call: (call.start, -call.end))


def first_text(text: str) -> Text:
    return next(item for item in walk(parse_groovy(text).block) if isinstance(item, Text))


@given(text=st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60))
@example("a" + "[0]" * 3000)
@example("{" * 5000)
@example("a(" * 5000)
@example("!" * 5000)
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_with_places_inside_it(text: str) -> None:
    groovy = parse_groovy(text)
    for item in walk(groovy.block):
        assert 0 <= item.start <= item.end <= len(text)
    for at, message in groovy.errors:
        assert 0 <= at <= len(text)
        assert message


@given(
    text=st.text(alphabet="ab $\\'\"\n{}x.é", max_size=30), quote=st.sampled_from(("'''", '"""'))
)
@settings(max_examples=300, deadline=None)
def test_every_character_of_a_string_has_a_place_in_its_order(text: str, quote: str) -> None:
    source = f"sh {quote}{text}{quote}"
    found = first_text(source)
    places = [found.place(offset) for offset in range(len(found.value))]
    assert places == sorted(places)
    assert all(found.start < place < found.end for place in places)
    for start, end in found.holes:
        assert source[found.place(start)] == "$"
        assert found.value[start:end] == source[found.place(start) : found.place(end - 1) + 1]


@pytest.mark.parametrize(
    ("written", "value", "holes"),
    [
        (r"'a\'b$c ${d}'", "a'b$c ${d}", []),
        (r'"a\$b ${c} $d.e."', "a$b ${c} $d.e.", ["${c}", "$d.e"]),
        ("'''a\nb'''", "a\nb", []),
        ('"""a\\\nb"""', "ab", []),
        (r'"é\n"', "é\n", []),
        ("/a\\/b$/", "a/b$", []),
        ("$/a$$b/c/$", "a$b/c", []),
        ("\"${a.b('}')}x\"", "${a.b('}')}x", ["${a.b('}')}"]),
    ],
)
def test_strings_are_decoded(written: str, value: str, holes: list[str]) -> None:
    found = first_text(f"sh({written})")
    assert found.value == value
    assert [value[start:end] for start, end in found.holes] == holes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sh 'a'", ["sh"]),
        ("sh('a')\nsh 'b'; sh 'c'", ["sh", "sh", "sh"]),
        ("stage ('x'){\n sh 'a'\n}", ["stage", "sh"]),
        ("x = sh(script: 'a', returnStdout: true).trim()", ["trim", "sh"]),
        ("docker.image('x').inside('-u') { sh 'a' }", ["inside", "docker.image", "sh"]),
        ("list.each { s -> sh s }", ["list.each", "sh"]),
        ("parallel a: { sh 'x' }, 'b-c': { sh 'y' }", ["parallel", "sh", "sh"]),
        ("if (a == 'b' && !c()) sh 'x' else { sh 'y' }", ["c", "sh", "sh"]),
        ("def go(a, b = 1) { sh 'x' }", ["sh"]),
        ("switch (x) { case 'a': sh 'one'; break\n default: sh 'two' }", ["sh", "sh"]),
        ("def y = x ? sh('a') : sh('b')", ["sh", "sh"]),
        ("a\n  .b('x')\n  .c { sh 'y' }", ["c", "a.b", "sh"]),
        ("def x = 'a' +\n  sh('b')", ["sh"]),
        ("for (int i = 0; i < 3; i++) { sh 'x' }", ["sh"]),
        ("sh 'a' // sh 'b'\n/* sh 'c' */", ["sh"]),
    ],
)
def test_calls_are_found(text: str, names: list[str]) -> None:
    assert [call.name for call in calls(text)] == names


def test_what_a_statement_is() -> None:
    block = parse_groovy(
        "import a.B\n@Field def x = 1\nenv.Y = 'z'\nList<String> l = []\n"
        "try { a() } catch (e) { b() } finally { c() }\nvoid go() { d() }\n"
    ).block
    assigned = [item.target for item in block.statements if isinstance(item, Assign)]
    assert assigned == ["x", "env.Y", "l"]
    assert [item.word for item in block.statements if isinstance(item, Branch)] == [
        "try", "catch", "finally",
    ]  # fmt: skip
    assert [item.name for item in block.statements if isinstance(item, Method)] == ["go"]


def test_what_is_not_closed_is_said_where_it_opens() -> None:
    errors = parse_groovy("stage('a') {\n  sh 'b\n}}\n").errors
    assert [message for _at, message in errors] == [
        "a string is not closed", "`}` closes nothing",
    ]  # fmt: skip
    (error,) = parse_groovy("node {\n  sh 'b'\n").errors
    assert error == (5, "`{` is not closed")


def test_nesting_is_bounded_and_said() -> None:
    groovy = parse_groovy("a {" * 200 + "}" * 200 + "\nsh 'b'")
    assert any("nested deeper" in message for _at, message in groovy.errors)
    assert calls("a {" * 200 + "}" * 200 + "\nsh 'b'")[-1].name == "sh"
