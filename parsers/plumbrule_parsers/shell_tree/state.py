"""ShellState: which options of a shell are on, and which are on when a CI system starts one.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
(`jobs.<job_id>.steps[*].shell`), https://docs.gitlab.com/runner/shells/ and
https://www.jenkins.io/doc/pipeline/steps/workflow-durable-task-step/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ShellState:
    """`errexit` ends the script at a failure, `pipefail` lets a pipe fail in any of its parts.

    `xtrace` prints every command with its variables expanded. `name` is the shell.
    """

    name: str = "sh"
    errexit: bool = False
    pipefail: bool = False
    xtrace: bool = False


SHELLS = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh"})  # whose scripts are read
IMAGE_BUILD = ShellState("sh")  # RUN of a Dockerfile: `/bin/sh -c`
GITLAB = ShellState("bash", errexit=True, pipefail=True)
JENKINS = ShellState("sh", errexit=True, xtrace=True)


def github_shell(written: str) -> ShellState:
    """The shell that GitHub starts: without `shell:` it is `bash -e`, with `bash` also pipefail."""
    if not written:
        return ShellState("bash", errexit=True)
    if written == "bash":
        return ShellState("bash", errexit=True, pipefail=True)
    if written == "sh":
        return ShellState("sh", errexit=True)
    words = written.split()
    return with_options(ShellState(words[0].rpartition("/")[2]), words[1:])


def script_shell(script: str, otherwise: ShellState) -> ShellState:
    """The shell of a script file: that of its first line `#!`, without options but its own."""
    if not script.startswith("#!"):
        return otherwise
    words = script[2:].split("\n", maxsplit=1)[0].split()
    if words and words[0].endswith("/env"):
        words = [word for word in words[1:] if not word.startswith("-S")]
    if not words:
        return otherwise
    return with_options(ShellState(words[0].rpartition("/")[2]), words[1:])


def with_options(state: ShellState, words: Sequence[str]) -> ShellState:
    """The state after `set` with these words, or of a shell that is started with them."""
    wanted = ""
    for word in words:
        if wanted:
            state = _switched(state, word, on=wanted == "-")
            wanted = ""
        elif word[:1] in ("-", "+") and word[1:2] not in ("", "-"):
            for letter in word[1:]:
                name = {"e": "errexit", "x": "xtrace"}.get(letter, "")
                state = _switched(state, name, on=word[0] == "-")
                if letter == "o":
                    wanted = word[0]
    return state


def _switched(state: ShellState, name: str, *, on: bool) -> ShellState:
    if name == "errexit":
        return replace(state, errexit=on)
    if name == "pipefail":
        return replace(state, pipefail=on)
    if name == "xtrace":
        return replace(state, xtrace=on)
    return state
