"""Go's regular expressions: the same matches as RE2, in bounded time."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbrule_parsers.go_regex import RegexError, compile_go, expand
from plumbrule_parsers.linear_match import Machine

HOSTILE = [
    "(a+)+$", "(a|ab)*c", "(a|ab|b)*c", "(a?){30}a{30}", "((a+)b?)+c", "(.*a){20}", "(x+x+)+y",
    ".*.*.*.*=.*b", r"\s*\s*\s*x", "^(([a-z])+.)+[A-Z]([a-z])+$", "a*a*a*a*a*b", "([a-z]+-)*$",
]  # fmt: skip


def spans(pattern: str, text: str) -> list[tuple[int, int]]:
    return [match.span() for match in compile_go(pattern).finditer(text)]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a*", "baaac", [(0, 0), (1, 4), (5, 5)]), ("([a-z]+-)*x", "ab-cd-x", [(0, 7)]),
        ("a(?i)B|c", "aB C c", [(0, 2), (3, 4), (5, 6)]), ("(a|ab)(c|bcd)", "abcd", [(0, 4)]),
        ("x{2,3}?", "xxxx", [(0, 2), (2, 4)]), ("a{,2}", "a{,2}", [(0, 5)]),
        (r"\bé", "é", []), (r"[\W]+", "a-é", [(1, 3)]), (r"[^\s]+", "a b", [(0, 1), (2, 3)]),
        (r"\pL+", "aé1", [(0, 2)]), (r"[\p{Lu}\d]+", "aB1", [(1, 3)]), (r"\PN", "1a", [(1, 2)]),
        ("a$", "a\n", []), ("(?m)a$", "a\nb", [(0, 1)]), (r"\Qa.b\E", "a.b", [(0, 3)]),
        ("(?s:.)x", "\nx", [(0, 2)]), ("(a(?i)b)c", "aBC aBc", [(4, 7)]),
        ("[[:alpha:]]", "1a", [(1, 2)]),
    ],
)  # fmt: skip
def test_matches_are_those_of_go(pattern: str, text: str, expected: list[tuple[int, int]]) -> None:
    assert spans(pattern, text) == expected


@pytest.mark.parametrize(
    "pattern", ["a**", "a++", "(", "a)", "[a", r"\1", "(?=a)", "(?<=a)b", "a{1001}", "\\"]
)  # fmt: skip
def test_what_go_does_not_take_is_refused(pattern: str) -> None:
    with pytest.raises(RegexError):
        compile_go(pattern)


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "^", "$", r"\b", "ab"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["?", "{1,2}", "{2}", "??"])).map(
            lambda two: f"({two[0]}){two[1]}"
        ),
        st.tuples(
            st.sampled_from(["a", "[ab]", ".", "(ab)"]), st.sampled_from(["*", "+", "*?"])
        ).map("".join),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(PATTERNS, st.text("abc\n", max_size=9))
def test_the_machine_finds_what_backtracking_finds(pattern: str, text: str) -> None:
    found = next(Machine(pattern).finditer(text), None)
    wanted = re.compile(pattern, re.ASCII).search(text)
    if "$" in pattern and text.endswith("\n"):
        return  # Python's `$` also matches before a line end; translated patterns have none
    if wanted is None:
        assert found is None
    else:
        assert found is not None
        assert found.span() == wanted.span()
        assert found.groups() == wanted.groups() or "{" in pattern or "?" in pattern


TEXTS = "('a' * 200_000, 'ab' * 30_000, ' ' * 200_000, 'x' * 30, 'a-' * 300)"


def run_hostile(patterns: list[str]) -> str:
    """Every pattern over every text, in a process that would be killed."""
    program = (
        "from plumbrule_parsers.go_regex import RegexError, compile_go\n"
        f"for pattern in {patterns!r}:\n"
        f"    for text in {TEXTS}:\n"
        "        try:\n"
        "            sum(1 for _ in compile_go(pattern).finditer(text))\n"
        "        except RegexError:\n"
        "            pass\n"
        "print('done')\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    return done.stdout + done.stderr


def test_hostile_patterns_are_answered_or_refused() -> None:
    assert run_hostile(HOSTILE[::4]) == "done\n"


@pytest.mark.slow
def test_all_hostile_patterns_are_answered_or_refused() -> None:
    assert run_hostile(HOSTILE) == "done\n"


@pytest.mark.parametrize("pattern", HOSTILE)
def test_hostile_patterns_have_an_answer_on_short_texts(pattern: str) -> None:
    matches = {"(a?){30}a{30}", "(.*a){20}", "([a-z]+-)*$"}
    assert (compile_go(pattern).search("a" * 40 + "\n") is not None) is (pattern in matches)


def test_replacement_templates_are_expanded() -> None:
    match = compile_go("(?P<x>a)(b)?").search("xa")
    assert match is not None
    assert expand("$x|${1}b|$1b|$2|$9|$$", match) == "a|ab|||" + "|$"
