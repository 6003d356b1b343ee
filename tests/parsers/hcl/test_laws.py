"""Laws of the HCL tree: it never raises, its spans nest, its literals read as they are written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plumbrule_parsers.hcl_tree import HclFile, parse_expression, parse_hcl
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source

SNIPPETS: tuple[str, ...] = run_path(str(Path(__file__).with_name("snippets.py")))["SNIPPETS"]
PIECES = st.sampled_from(
    ["a", "b.c", "1", "-", "!", "=", "=>", "==", "?", ":", "(", ")", "[", "]", "{", "}", '"', "${",
     "%{", "~", "<<EOF\n", "<<-E\n", "EOF\n", "E\n", "\n", "\r\n", " ", ",", "...", ".", ".*",
     "[*]",
     "for", "in", "if", "else", "endif", "true", "null", "#", "//", "/*", "*/", "\\", "$${", "\0",
     "\ufeff", "é", "\u2028", "::", "&&", "+", "9e999", "\\u12", "\ud7ff"]
)  # fmt: skip


def tree(text: str) -> HclFile:
    return parse_hcl(Source("a.tf", text))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real snippet, cut, or with a stretch replaced."""
    text = "".join(draw(st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=3)))
    at = draw(st.integers(0, len(text)))
    if draw(st.booleans()):
        return text[:at]
    return text[:at] + draw(PIECES) + text[min(len(text), at + draw(st.integers(0, 4))) :]


TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join), mutated())


def children(node: object) -> Iterator[object]:
    """Every node directly inside a node or a tuple of nodes."""
    for field in node if isinstance(node, tuple) else ():
        if hasattr(field, "_fields"):
            yield field
        elif isinstance(field, tuple):
            yield from children(field)


def nodes(root: object) -> Iterator[tuple[Any, Any]]:
    stack: list[object] = [root]
    while stack:
        parent = stack.pop()
        for child in children(parent):
            yield parent, child
            stack.append(child)


@given(TEXTS)
@example('a = "\\ud800"')
@example("a = " + "²")
@example("a = ٣")
@example("a = {\n  b = <<E\n")
def test_any_text_gives_a_tree_with_spans_inside_the_text(text: str) -> None:
    read = tree(text)
    for problem in read.problems:
        assert 0 <= problem.span.start <= problem.span.end <= len(text)
        assert problem.message
        assert not problem.message.endswith(".")
    for parent, child in nodes(read.body):
        assert parent.start <= child.start <= child.end <= parent.end, (parent, child)


@given(TEXTS)
def test_strings_of_the_tree_can_be_encoded(text: str) -> None:
    for _parent, child in nodes(tree(text).body):
        if isinstance(child, h.Literal) and isinstance(child.value, str):
            child.value.encode()


@given(st.one_of(TEXTS))
def test_an_expression_takes_up_the_whole_text_or_is_none(text: str) -> None:
    expr = parse_expression(text)
    assert expr is None or (0 <= expr.start <= expr.end <= len(text))


@given(st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=4).map("".join))
def test_literals_read_as_they_are_written(text: str) -> None:
    text = 'word = "a word"\n' + text
    read = tree(text)
    assert not read.problems
    seen = 0
    for _parent, child in nodes(read.body):
        if not isinstance(child, h.Literal):
            continue
        seen += 1
        written = text[child.start : child.end]
        if isinstance(child.value, bool) or child.value is None:
            assert written == {True: "true", False: "false", None: "null"}[child.value]
        elif isinstance(child.value, (int, float)):
            assert float(written) == child.value
        elif written.startswith('"') and "\\" not in written and "{" not in written:
            assert written == f'"{child.value}"'
        elif not written.startswith('"'):
            assert written == child.value  # a bare key
    assert seen


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


@given(WORDS)
def test_a_string_reads_as_what_was_escaped(word: str) -> None:
    (setting,) = tree(f"a = {quoted(word)}\n").body.items
    assert isinstance(setting, h.Setting)
    assert isinstance(setting.value, h.Literal)
    assert setting.value.value == word


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_as_itself(number: float) -> None:
    (setting,) = tree(f"a = {number!r}\n").body.items
    assert isinstance(setting, h.Setting)
    value = setting.value
    if isinstance(value, h.Unary):
        assert isinstance(value.operand, h.Literal)
        value = value.operand._replace(value=-value.operand.value)  # type: ignore[operator]
    assert isinstance(value, h.Literal)
    assert value.value == number


@given(st.sampled_from(SNIPPETS), st.sampled_from(SNIPPETS))
def test_what_follows_a_broken_block_is_read(before: str, after: str) -> None:
    good = 'resource "x" "y" {\n  a = 1\n}\n'
    read = tree(before + "broken {\n  a = = 1\n}\n" + good + after)
    assert len(read.problems) == 1
    assert [block.labels[1].text for block in read.body.blocks("resource")][-1] == "y" or (
        "resource" in after
    )
    assert any(block.labels and block.labels[-1].text == "y" for block in read.body.blocks())


@given(st.sampled_from(SNIPPETS))
def test_line_ends_do_not_change_what_is_read(text: str) -> None:
    def shape(node: object) -> object:
        if isinstance(node, h.Text):
            return node.text.replace("\r\n", "\n")
        if hasattr(node, "_fields"):
            named = zip(node._fields, node, strict=True)  # type: ignore[attr-defined,call-overload]
            return [shape(part) for name, part in named if name not in ("start", "end", "head_end")]
        if isinstance(node, tuple):
            return [shape(part) for part in node]
        return node

    unix = text.replace("\r\n", "\n")
    assert shape(tree(unix).body) == shape(tree(unix.replace("\n", "\r\n")).body)


K = 1000
HOSTILE = {
    "parentheses": "a = " + "(" * 200 * K,
    "brackets": "a = " + "[" * 200 * K,
    "braces": "a = " + "{" * 200 * K,
    "blocks in blocks": "a {" * 66 * K,
    "not": "a = " + "!" * 200 * K,
    "minus": "a = " + "-" * 200 * K,
    "interpolations": "a = " + "${" * 100 * K,
    "strings in interpolations": "a = " + '"${' * 66 * K,
    "a long path": "a = " + "a." * 100 * K + "a",
    "a long path, called": "a = " + "a." * 100 * K + "a()",
    "a path over lines": "a = (" + "a\n." * 66 * K + "a)",
    "open conditionals": "a = " + "a ? " * 50 * K,
    "conditionals": "a = " + "a ? b : " * 25 * K + "c",
    "open heredocs": "a = <<EOF\n" * 20 * K,
    "open heredocs of many names": "".join(f"a = <<E{n}\nx\n" for n in range(15 * K)),
    "heredocs of many names": "".join(f"a = <<E{n}\nx\nE{n}\n" for n in range(10 * K)),
    "interpolations in a heredoc": "a = <<EOF\n" + "${a}\n" * 40 * K + "EOF\n",
    "a sum": "a = " + "1 + " * 50 * K + "1",
    "indices": "a = b" + "[0]" * 66 * K,
    "splats": "a = b" + "[*]" * 66 * K,
    "attribute splats": "a = b" + ".*" * 100 * K,
    "loops": "a = " + "[for x in " * 20 * K,
    "calls": "a = " + "f(" * 100 * K,
    "a list": "a = [" + "1," * 100 * K + "]",
    "an object": "a = {\n" + "a = 1\n" * 30 * K + "}",
    "directives": 'a = "' + "%{if a}" * 30 * K,
    "open comments": "/*" * 100 * K,
    "stars": "/*" + "*" * 200 * K,
    "quotes": '"' * 200 * K,
    "backslashes": 'a = "' + "\\" * 200 * K,
    "dollars": 'a = "' + "$" * 200 * K,
    "labels": "a " + '"b" ' * 50 * K,
    "words": "a " * 100 * K,
    "blanks": "a" + " " * 200 * K + "b",
    "broken blocks": 'a "b" {\n' * 20 * K,
    "a digit": "a = " + "1" * 200 * K,
    "an exponent": "a = 1e" + "9" * 200 * K,
    "NUL": "\0" * 200 * K,
    "byte order marks": "\ufeff" * 200 * K,
    "carriage returns": "\r" * 200 * K,
}
RUN = """
import sys
from plumbrule_parsers.hcl_tree import parse_hcl
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
for text in sys.stdin.read().split("\\x1e"):
    source = Source("a.tf", text)
    read, document = parse_hcl(source), parse(source)
    print(all(problem.code and problem.message for problem in (*read.problems, *document.problems)))
"""


@pytest.mark.parametrize("names", [list(HOSTILE)[at::4] for at in range(4)], ids=str)
def test_hostile_text_ends_neither_the_process_nor_patience(names: list[str]) -> None:
    text = "\x1e".join(HOSTILE[name] for name in names)
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=text, capture_output=True, text=True, timeout=20,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.split() == ["True"] * len(names)


@pytest.mark.parametrize(
    "opening", ["(", "[", "{\na = ", "f(", "!", '"${', "a ? b : ", "a[", "[for x in "]
)
def test_nesting_beyond_the_bound_is_a_clear_problem(opening: str) -> None:
    (problem,) = tree(f"a = {opening * 5000}").problems
    assert problem.code == "too-deep"
    assert "nested deeper than 100 levels" in problem.message


def test_a_reader_deep_in_its_own_stack_gets_a_problem_too() -> None:
    text = "a = " + "[" * 90 + "]" * 90

    def descend(levels: int) -> HclFile:
        return tree(text) if levels == 0 else descend(levels - 1)

    free = next(levels for levels in range(sys.getrecursionlimit(), 0, -1) if _fits(levels))
    read = descend(free - 60)
    assert [problem.code for problem in read.problems] == ["too-deep"]


def _fits(levels: int) -> bool:
    def descend(left: int) -> None:
        if left:
            descend(left - 1)

    try:
        descend(levels)
    except RecursionError:
        return False
    return True
