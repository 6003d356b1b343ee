"""Scripts of Dockerfiles: the shell that runs them, heredocs, and what is no shell."""

from __future__ import annotations

import pytest
from tests.parsers.pipelines.repository import Repository

HEAD = "# syntax=docker/dockerfile:1\nFROM alpine:3\n"


@pytest.mark.parametrize(
    ("text", "fatal"),
    [
        ("RUN a | b\n", [False, False]),
        ('SHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN a | b\n', [True, True]),
        ("RUN <<EOF\na\nb\nEOF\n", [False, False]),
        ("RUN <<EOF bash\nset -e\na\nb\nEOF\n", [True, True]),
        ("RUN <<-'EOF'\n\tset -e\n\ta\n\tb\nEOF\n", [True, True]),
        ("RUN <<EOF\n#!/bin/sh -e\na\nb\nEOF\n", [True, True]),
    ],
)
def test_the_shell_of_run(text: str, fatal: list[bool]) -> None:
    found = Repository.of({"Dockerfile": HEAD + text})
    assert [found.command(name).fields["fatal"] for name in "ab"] == fatal
    assert found.command("a").span.text == "a"
    assert found.command("a").fields["domain"] == "throwaway"
    assert found.holes() == []


def test_a_heredoc_for_another_interpreter_is_a_hole() -> None:
    text = HEAD + "RUN <<EOF python3\nprint()\nEOF\nRUN <<EOF\n#!/usr/bin/env ruby\nputs\nEOF\n"
    found = Repository.of({"Dockerfile": text})
    assert found.commands() == []
    assert found.holes() == [
        "expression: script in `python3` is not read", "expression: script in `ruby` is not read",
    ]  # fmt: skip
