"""The formatter: it changes no tree, loses no comment, and leaves its own work alone."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import plumbrule_rules
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plumbrule_parsers
from plumbrule.language import syntax
from plumbrule.language.format import format as lay_out
from plumbrule.language.format import in_order
from plumbrule.language.parse import parse
from plumbrule_parsers.source import Source

FOLDERS = [Path(next(iter(package.__path__))) for package in (plumbrule_rules, plumbrule_parsers)]
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.plumb"))

SAMPLE = '''\
plumbrule 1
module demo.words
use std.secrets as sec { looks_like_secret }
let few = {"a", "b"}
pred open_to(c: k8s.Container, n: string?) = c.role == "main" and n is not empty
fn flag(cmd: sh.Command): list<map<string, enum("a", "b")?>> = cmd.flags ?? []
kind acme.Queue extends k8s.Object | secret.Store {
  open: any
  field retention: duration = dur"4d" "how long"
  doc """
    Two
      lines
  """
}
edge feeds: acme.Queue -> k8s.Workload | acme.Queue inverse fed_by "words"
rule demo.all {
  test "t" fails 2 { file "a.yaml" """
      a: 1   #! finding
        b: 2
  """ with limit = {1, 2} fixed "a.yaml" "a: 2\\n" }
  fix safe "f" { set c.a = {x: {y: -1}, "all": []} append "-p" to c.b
    remove c["d"] replace c.e with 1 }
  report at c.name "{c.name} is {c.x ?? 'odd'}" note "here" at c note 'there' path p
  on unknown skip
  where (c.a or c.b) and not (c.d == 1) or (c.e ?? 2) * (3 + c.f) - (4 - 1) >= -c.g
  match p = c: k8s.Container | k8s.Pod <-(contains|selects){1,3} avoiding secret.Store- w,
    x -before+-> y: ci.Step
  let n = if any(k, v in c.labels where k matches re"^a\\"#b") then count(c -a-> d) else null
  param limit: set<int> = {1, 2} "words"
  severity low when c.a or c.b
  severity high
  severity info when
    c.x == 1 and c.y == 2 and not (c.z is set)
  tags ["a", "b"]
  formerly demo.old, demo.older
  title 'Quoted "words"'
}
exempt demo.all {
  because "x"
  match c: k8s.Container
  until "2030-01-01"
  where all(s in c.xs satisfy s is k8s.Pod) and c?.y?[0].z(a, max = 2) not in few
  owner "me"
}
'''


def laid_out(text: str) -> str:
    found, problems = lay_out(Source("demo.plumb", text))
    assert found is not None, problems
    return found


@lru_cache(maxsize=64)
def tree(text: str) -> syntax.File:
    result = parse(Source("demo.plumb", text))
    assert result.file is not None
    assert not result.problems
    return result.file


def comments(text: str) -> list[str]:
    return sorted(words.strip() for _at, words in tree(text).comments)


def holds(text: str) -> str:
    """All laws for one text; the laid out text comes back."""
    out = laid_out(text)
    assert in_order(tree(out)) == in_order(tree(text))
    assert comments(out) == comments(text)
    assert laid_out(out) == out
    assert not any(line.endswith((" ", "\t")) for line in out.split("\n"))
    return out


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_of_ours_is_laid_out(path: Path) -> None:
    text = path.read_text("utf-8")
    assert holds(text) == text
    assert in_order(tree(text)) == tree(text)


SECTIONS = ["title", *["severity"] * 3, "tags", "param", "match", "on", "report", "fix", "test"]


def test_the_sections_of_a_rule_have_one_order() -> None:
    rule = holds(SAMPLE).split("rule demo.all {")[1].split("exempt")[0]
    words = [
        line.split()[0] for line in rule.split("\n") if line.startswith("  ") and line[2] != " "
    ]
    assert [word for word in words if word in SECTIONS] == SECTIONS


@st.composite
def _spaced(draw: st.DrawFn) -> str:
    """The sample with other white space, and with comments, between its tokens."""
    out = ""
    at = 0
    for match in re.finditer(r"\s+", SAMPLE):
        inside = any(t.start() < match.start() < t.end() for t in TOKENS)
        if match.start() == len("plumbrule") or inside:
            continue
        out += SAMPLE[at : match.start()]
        at = match.end()
        gap = draw(st.sampled_from(GAPS)) if draw(st.integers(0, 9)) == 0 else match[0]
        out += gap
    return out + SAMPLE[at:]


GAPS = (" ", "\n", "\n\n\n", "  # behind\n", "\n# alone\n", " # it's \"a\n\n  # b\n", "\n\n# c\n\n")
TOKENS = list(re.finditer(r'"{3}[\s\S]*?"{3}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', SAMPLE))


@settings(max_examples=40, deadline=None)
@given(_spaced())
def test_white_space_and_comments_anywhere(text: str) -> None:
    holds(text)


_ATOMS = st.sampled_from(
    ["a", "c.name", '"text"', "1", "2.50", "null", "true", 're"^x$"', "xs[0]", "c?.d", "f(n = 1)",
     "a_name_that_takes_much_of_the_line.and_a_field_that_takes_the_rest", "{}", "{a, b}", "[1, 2]",
     '{key: 1, "all": a}'],
)  # fmt: skip


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(["and", "or", "??", "+", "-", "*", "/", "==", "<", "in", "not in",
                              "matches", "not contains"])  # fmt: skip
    return st.one_of(
        st.builds(lambda a, op, b: f"(({a}) {op} ({b}))", inner, binary, inner),
        st.builds(lambda a: f"(not ({a}))", inner),
        st.builds(lambda a: f"(-({a}))", inner),
        st.builds(lambda a: f"(({a}) is not empty)", inner),
        st.builds(lambda a, b, c: f"(if {a} then {b} else {c})", inner, inner, inner),
        st.builds(lambda a, b: f"any(x in ({a}) where {b})", inner, inner),
        st.builds(lambda a, b: f"all(x -y+-> z where {a} satisfy {b})", inner, inner),
        st.builds(lambda a, b: f"({a})[{b}].z", inner, inner),
        st.builds(lambda items: f"[{', '.join(items)}]", st.lists(inner, max_size=4)),
        st.builds(lambda items: f"g({', '.join(items)})", st.lists(inner, max_size=3)),
    )


@settings(max_examples=80, deadline=None)
@given(st.recursive(_ATOMS, _grown, max_leaves=12))
def test_expressions_keep_their_meaning_at_any_length(expr: str) -> None:
    """The text has all parentheses, the laid out one only those that matter."""
    rule = f"rule a.b {{ match c: d where {expr} let n = {expr} }}"
    holds(f"plumbrule 1\nlet x = {expr}\n{rule}\n")


@given(
    st.text(alphabet=' \t\na"#\\{}é\r', max_size=40).filter(lambda text: '"""' not in text + '"')
)
def test_long_texts_keep_their_content(content: str) -> None:
    text = f'plumbrule 1\nrule a.b {{\n why """{content} """\n}}\n'
    if not parse(Source("demo.plumb", text)).problems:
        out = laid_out(text)
        assert in_order(tree(out)) == in_order(tree(text))
        assert laid_out(out) == out


RULE = """\
# head
plumbrule 1  # first

# of the rule
rule a.b {  # b
  where x  # about x
    # about y
    and y
  # about the match
  match c: d
  # end
}

# last
"""


def test_comments_stay_with_what_they_speak_of() -> None:
    assert laid_out(RULE) == RULE


def test_a_comment_inside_a_list_stays_with_its_item() -> None:
    text = 'plumbrule 1\n\nlet words = [\n  "a",  # first\n  # second\n  "b",\n]\n'
    assert laid_out(text) == text


def test_what_does_not_parse_is_left_alone() -> None:
    text, problems = lay_out(Source("demo.plumb", "plumbrule 1\nrule a.b { sevrity high }\n"))
    assert text is None
    assert "did you mean `severity`" in problems[0].message


def test_three_conditions_stand_below_each_other() -> None:
    out = laid_out("plumbrule 1\nrule a.b { match c: d where x and y and (z or w) }")
    assert "  where x\n    and y\n    and (z or w)\n" in out
    out = laid_out("plumbrule 1\nrule a.b { match c: d where x or y }")
    assert "  where x or y\n" in out


def test_severities_stand_in_the_order_in_which_they_are_asked() -> None:
    text = (
        "plumbrule 1 rule a.b { severity info when c.d severity low severity high when c.e and "
        'c.f and c.g title "t" match c: k report "x" }'
    )
    assert holds(text).split("\n")[3:9] == [
        '  title    "t"',
        "  severity low",
        "  severity info when c.d",
        "  severity high when c.e",
        "                 and c.f",
        "                 and c.g",
    ]


def test_parentheses_that_only_help_the_eye_are_kept_for_it() -> None:
    out = laid_out("plumbrule 1\nlet a = x and y or z\nlet b = x ?? 1 == 2\nlet c = not x == 1\n")
    assert "let a = (x and y) or z\nlet b = (x ?? 1) == 2\nlet c = not (x == 1)\n" in out
