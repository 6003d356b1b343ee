"""The Go template language: what is text, what is an action, and where each thing stands."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbrule_parsers.gotemplate import parse_template
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.source import Source

WORDS = (
    "{{", "}}", "{{-", "-}}", " ", "\n", "if", "else", "end", "range", "with", "define", '"n"',
    "template", "block", "break", "|", "(", ")", ".", ".a", "$", "$x", ":=", "=", ",", "/*", "*/",
    "1", "0x1p4", "'c'", "`raw`", "nil", "true", "quote", "é", "text",
)  # fmt: skip


def parse(text: str) -> s.Template:
    return parse_template(Source("t.yaml", text))


def printed(text: str) -> str:
    tree = parse(text)
    assert not tree.problems, tree.problems
    return "".join(one.text for one in tree.body if isinstance(one, s.Text))


def problem(text: str) -> tuple[str, str]:
    tree = parse(text)
    assert tree.body == ()
    (found,) = tree.problems
    return found.message, found.span.text


def nodes(value: object) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    if isinstance(value, tuple):
        for item in value:
            found += nodes(item)
    elif dataclasses.is_dataclass(value) and hasattr(value, "start"):
        found.append((value.start, value.end))
        for field in dataclasses.fields(value):
            found += nodes(getattr(value, field.name))
    return found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a {{ . }} b", "a  b"),
        ("a \n{{- . -}}\n b", "ab"),
        ("a {{-/* no marker, so no comment */}} b", None),
        ("a {{- /* why */ -}} b", "ab"),
        ("a {{/* why */}} b", "a  b"),
        ("{{-1}} b", " b"),
        ("a {{ 1 -}}   ", "a "),
        ("a }} b", "a }} b"),
    ],
)
def test_trimming_and_comments(text: str, left: str | None) -> None:
    if left is None:
        assert parse(text).problems
    else:
        assert printed(text) == left


def test_every_node_says_where_it_is_written() -> None:
    text = '{{ if and .a.b (index $ "k").c }}x{{ else if not .z }}y{{ else }}z{{ end }}'
    (branch,) = parse(text).body
    assert isinstance(branch, s.Branch)
    assert (branch.start, branch.end) == (0, len(text))
    head = branch.pipe.commands[0]
    assert [text[word.start : word.end] for word in head.words] == [
        "and", ".a.b", '(index $ "k").c',
    ]  # fmt: skip
    (inner,) = branch.orelse
    assert isinstance(inner, s.Branch)
    assert text[inner.start : inner.head] == "{{ else if not .z }}"


def test_pipes_count_from_the_start_of_their_element() -> None:
    text = "some text {{ .a | quote }}"
    _before, action = parse(text).body
    assert isinstance(action, s.Action)
    word = action.pipe.commands[1].words[0]
    assert text[action.start + word.start : action.start + word.end] == "quote"


def test_equal_actions_share_what_they_say() -> None:
    statements: dict[tuple[str, int], s.Statement] = {}
    first = parse_template(Source("a", "{{ .a.b }}x"), statements)
    second = parse_template(Source("b", "y{{ .a.b }}"), statements)
    (action, _text), (_other, again) = first.body, second.body
    assert isinstance(action, s.Action)
    assert isinstance(again, s.Action)
    assert action.pipe is again.pipe
    assert (action.start, again.start) == (0, 1)


def test_pipelines_declare_and_set() -> None:
    tree = parse("{{ $a := 1 }}{{ $a = 2 }}{{ range $i, $v := .l }}{{ $i }}{{ end }}")
    signs = [one.pipe.sign for one in tree.body if isinstance(one, (s.Action, s.Branch))]
    assert signs == [":=", "=", ":="]
    (loop,) = [one for one in tree.body if isinstance(one, s.Branch)]
    assert loop.pipe.names == ("$i", "$v")


def test_constants() -> None:
    tree = parse(
        r"""{{ f 1 -2 1.5 0x1F 0b11 0o17 017 1_000 0x1p4 'a' '\n' "q\té" `r\n` true nil }}"""
    )
    (action,) = tree.body
    assert isinstance(action, s.Action)
    words = action.pipe.commands[0].words[1:]
    values = [word.value for word in words if isinstance(word, s.Constant)]
    assert values == [1, -2, 1.5, 31, 3, 15, 15, 1000, 16.0, 97, 10, "q\té", "r\\n", True]
    assert isinstance(words[-1], s.Nil)


def test_definitions_and_blocks() -> None:
    tree = parse('{{ define "a" }}x{{ end }}{{ block "b" . }}y{{ end }}{{ template "a" }}')
    assert sorted(tree.definitions) == ["a", "b"]
    assert [one.name for one in tree.body if isinstance(one, s.Call)] == ["b", "a"]


def test_an_empty_definition_replaces_no_other() -> None:
    tree = parse('{{ define "a" }}x{{ end }}{{ define "a" }} {{ end }}')
    assert len(tree.definitions["a"].body) == 1
    first = tree.definitions["a"].body[0]
    assert isinstance(first, s.Text)
    assert first.text == "x"


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("{{ if .a }}x", "never closed", "{{ if .a }}"),
        ("x{{ end }}", "without a block", "{{ end }}"),
        ("{{ .a", "never closed with", "{{"),
        ('{{ "a }}', "never closed", '"'),
        ("{{ $x }}", "no variable `$x`", "$x"),
        ("{{ if $x := 1 }}{{ end }}{{ $x }}", "no variable `$x`", "$x"),
        ("{{ }}", "a value is missing", "{{ }}"),
        ("{{ (.a }}", "never closed", "{{ (.a }}"),
        ("{{ 1 | 2 }}", "must be a function", "2"),
        ("{{ break }}", "outside of `range`", "{{ break }}"),
        ('{{ "a"."b" }}', "not expected", "."),
        ("{{ 12abc }}", "no number", "12abc"),
        ("{{ nil.x }}", "no fields", "nil.x"),
    ],
)
def test_mistakes_are_named_where_they_stand(text: str, message: str, at: str) -> None:
    found, where = problem(text)
    assert message in found
    assert where == at


def test_depth_is_bounded() -> None:
    assert "deeper" in problem("{{ if 1 }}" * 2000)[0]
    assert "deeper" in problem("{{ " + "(" * 5000 + " }}")[0]
    chain = "{{ if 1 }}" + "{{ else if 1 }}" * 3000 + "{{ end }}"
    assert "deeper" in problem(chain)[0]


@given(st.lists(st.sampled_from(WORDS), max_size=30))
@settings(max_examples=400, deadline=None)
def test_any_text_parses_or_has_a_problem_inside_it(words: list[str]) -> None:
    text = "".join(words)
    tree = parse(text)
    for found in tree.problems:
        assert 0 <= found.span.start <= found.span.end <= len(text)
        assert "\n" not in found.message
        assert not found.message.endswith(".")
    for start, end in nodes(tree.body):
        assert 0 <= start <= end <= len(text)


@given(st.text(max_size=60).filter(lambda text: "{{" not in text))
def test_text_without_actions_is_itself(text: str) -> None:
    assert printed(text) == text
