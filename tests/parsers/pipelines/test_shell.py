"""Commands of shell scripts: their words, what stands around them, and whether a failure counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbrule_parsers.shell_tree import Command, parse_shell
from plumbrule_parsers.shell_tree.state import (
    GITLAB,
    JENKINS,
    ShellState,
    github_shell,
    script_shell,
)
from plumbrule_parsers.value import Unknown


def commands(script: str, state: ShellState = GITLAB) -> dict[str, Command]:
    return {one.text: one for one in parse_shell(script, state).commands}


PIECES = (
    "a", " && ", " || ", "; ", "\n", "if ", "then ", "fi", "for x in y; do ", "done", "{ ", "}",
    "(", ")", "<<E\n", "\nE\n", "$(", "`", "'", '"', "$X", "${{ a }}", "|", ">>", " f() ",
    "ssh h ", "bash -c ", "set -e", "é", "\U0010ffff", "\\", "case x in", "esac", "!",
)  # fmt: skip


@given(script=st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_script_is_read_with_places_inside_it(script: str) -> None:
    for one in parse_shell(script).commands:
        assert 0 <= one.start <= one.end <= len(script)
        assert script[one.start : one.end] == one.text


@pytest.mark.parametrize(
    ("script", "text", "guards"),
    [
        ("kubectl get ns x || b", "b", ["! kubectl get ns x"]),
        ("if ! test -f a; then b; fi", "b", ["! test -f a"]),
        ("if test -f a; then c; else b; fi", "b", ["! test -f a"]),
        ("if ! test -f a; then c; else b; fi", "b", ["test -f a"]),
        ("[ -d a ] && b", "b", ["[ -d a ]"]),
        ("case $X in a) b;; esac", "b", ["case $X"]),
        ("b && c", "c", []),
        ("b; c", "c", []),
    ],
)
def test_guards_are_what_a_command_depends_on(script: str, text: str, guards: list[str]) -> None:
    found = commands(script)[text]
    assert list(found.around.guards) == guards
    assert found.guarded is bool(guards)


@pytest.mark.parametrize(
    ("script", "fatal"),
    [
        ("b", True),
        ("b || true", False),
        ("if b; then c; fi", False),
        ("! b", False),
        ("b && c", False),
        ("c && b", True),
        ("set +e\nb", False),
        ("set +e\nset -e\nb", True),
        ("X=$(b)", True),
        ("echo $(b)", False),
        ("export X=$(b)", False),
        ("b | c", True),
        ("set +o pipefail\nb | c", False),
        ("set +o pipefail\nc | b", True),
        ("while b; do c; done", False),
        ("b &\nwait", False),
    ],
)
def test_a_failure_ends_the_script_or_not(script: str, fatal: bool) -> None:
    assert commands(script)["b"].fatal is fatal


@pytest.mark.parametrize(
    ("script", "swallowed"),
    [("b || true", True), ("b || :", True), ("b || echo no", True), ("b || c", False),
     ("set +e; b; c", True), ("set +e; b", False), ("b", False)],
)  # fmt: skip
def test_a_failure_is_dropped(script: str, swallowed: bool) -> None:
    assert commands(script)["b"].around.swallowed is swallowed


@pytest.mark.parametrize(
    ("script", "captured"),
    [("x=$(b)", True), ('c "$(b)"', True), ("{ b; } > f", True), ("b | c > f", True),
     ("for i in 1; do b; done >> f", True), ("b", False), ("b | c", False), ("b > f", False)],
)  # fmt: skip
def test_what_is_printed_may_be_caught(script: str, captured: bool) -> None:
    assert commands(script)["b"].around.captured is captured


def test_a_file_behind_a_heredoc_is_a_redirect() -> None:
    found = commands("b <<E > f\ntext\nE")["b"]
    assert [(one.op, one.target) for one in found.redirects] == [(">", "f")]


def test_a_program_is_known_where_its_folder_is_not() -> None:
    assert parse_shell("$HOME/bin/b x").commands[0].program == "b"


def test_shells_begin_as_their_systems_start_them() -> None:
    assert github_shell("") == ShellState("bash", errexit=True)
    assert github_shell("bash") == ShellState("bash", errexit=True, pipefail=True)
    assert github_shell("bash -euo pipefail {0}").pipefail
    assert not github_shell("bash {0}").errexit
    assert JENKINS.xtrace
    assert script_shell("#!/bin/bash\n", JENKINS) == ShellState("bash")
    assert script_shell("#!/usr/bin/env -S bash -e\n", JENKINS).errexit
    assert script_shell("x", JENKINS) == JENKINS


def test_scripts_in_arguments_are_read_in_their_place() -> None:
    script = "bash -ec 'one $X'\nssh -p 22 me@host \"two\" \neval 'three'\necho 'four'"
    found = commands(script)
    assert found["one $X"].state.errexit
    assert found["two"].around.host == "me@host"
    assert "three" in found
    assert "four" not in found
    assert script[found["two"].start : found["two"].end] == "two"


def test_pipes_loops_functions_and_heredocs() -> None:
    found = commands(
        "a | b | sudo c\nfor x in 1; do d; done\nf() { e; }\ncat <<END | g -\nh $X\nEND\n"
        "cat <<'END'\n$Y\nEND\n"
    )
    assert found["a"].around.writes_to[0] == "b"
    assert found["b"].around.reads_from == ("a",)
    assert found["d"].around.loop
    assert found["e"].around.function == "f"
    assert found["g -"].around.reads_from == ("cat",)
    heredocs = parse_shell("cat <<E\n$X\nE\ncat <<'E'\n$Y\nE\n").commands
    assert [one.heredoc for one in heredocs] == ["$X\n", "$Y\n"]
    assert [one.variables for one in heredocs] == [("X",), ()]


def test_variables_are_those_that_the_shell_expands() -> None:
    found = parse_shell("a \"$X\" '$Y' ${Z:-1} $(b $W) ${{ c.D }}").commands
    assert {one.program: one.variables for one in found} == {"a": ("X", "Z"), "b": ("W",)}
    assert found[0].expressions == ("c.D",)


def test_assignments_keep_what_is_unknown() -> None:
    (command,) = [
        one for one in parse_shell("export A=$(b) C=d").commands if one.program == "export"
    ]
    first, second = command.words
    assert not isinstance(first, str)
    assert second == "C=d"
    assert all(isinstance(part, (str, Unknown)) for part in first.parts)  # type: ignore[union-attr]
