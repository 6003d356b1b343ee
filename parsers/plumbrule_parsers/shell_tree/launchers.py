"""Programs that only start another one: `sudo mkdir`, `npx prisma`, `python -m twine`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from plumbrule_parsers.shell_tree.words import Word

# The words between the program and what it starts; a `*` stands for one of them.
_STARTS: Final[dict[str, tuple[str, ...]]] = {
    "npx": ("",), "bunx": ("",), "pnpx": ("",), "bundle": ("exec",), "poetry": ("run",),
    "uv": ("run",), "uvx": ("",), "pipenv": ("run",), "pdm": ("run",), "rye": ("run",),
    "hatch": ("run",), "pnpm": ("exec", "dlx"), "yarn": ("exec", "dlx", "run"), "php": ("",),
    "npm": ("exec",), "pipx": ("run",), "xvfb-run": ("",),
}  # fmt: skip
_PREFIXES: Final = {"sudo", "exec", "command", "time", "nohup", "env", "nice", "doas", "timeout",
                    "stdbuf", "setsid", "ionice"}  # fmt: skip
_PREFIX_VALUES: Final = {"-u", "--user", "-g", "--group", "-k", "--kill-after", "-s", "--signal"}
# Behind `timeout`.
_DURATION: Final = re.compile(r"\d+(?:\.\d+)?[smhd]?")
_PYTHON: Final = frozenset({"python", "python3", "py"})
_SCRIPTS: Final = (".py", "artisan")
_MAX: Final = 3


def prefixes(words: Sequence[Word]) -> int:
    """How many of the words stand before the program: `sudo -u robot`, `timeout 5m`."""
    at = 0
    last = len(words) - 1
    while at < last and words[at] in _PREFIXES:
        at += 1
        while at < last and _is_setting(words[at]):
            valued = words[at] in _PREFIX_VALUES
            at += 2 if valued and at + 1 < last else 1
        word = words[at]
        if at < last and isinstance(word, str) and _DURATION.fullmatch(word):
            at += 1
    return at


def _is_setting(word: Word) -> bool:
    """A flag or an assignment between a prefix and the program."""
    return isinstance(word, str) and (word.startswith("-") or "=" in word)


def started(program: Word, words: Sequence[Word]) -> tuple[Word, tuple[Word, ...]]:
    """The program that runs in the end, and its words."""
    rest = tuple(words)
    for _step in range(_MAX):
        found = _inner(program, rest)
        if found is None:
            break
        program, rest = found
    return program, rest


def _inner(program: Word, words: tuple[Word, ...]) -> tuple[str, tuple[Word, ...]] | None:
    if program in _PYTHON:
        for at, word in enumerate(words):
            if word == "-m" and at + 1 < len(words):
                named = words[at + 1]
                return (named, words[at + 2 :]) if isinstance(named, str) else None
            if not isinstance(word, str):
                return None
            if word.endswith(".py"):
                return word.rpartition("/")[2], words[at + 1 :]
            if not word.startswith("-"):
                return None
        return None
    if program in ("kubectl", "oc"):
        if "exec" not in words[:4] or "--" not in words:
            return None
        rest = words[words.index("--") + 1 :]
        if not rest or not isinstance(rest[0], str):
            return None
        return rest[0].rpartition("/")[2], rest[1:]
    wanted = _STARTS.get(program) if isinstance(program, str) else None
    if wanted is None:
        return None
    at = 0
    if "" not in wanted:
        if not words or words[0] not in wanted:
            return None
        at = 1
    while at < len(words) and isinstance(word := words[at], str) and word.startswith("-"):
        at += 1
    last = words[at] if at < len(words) else None
    if not isinstance(last, str) or not last:
        return None
    name = last.rpartition("/")[2]
    if program == "php" and not name.endswith(_SCRIPTS):
        return None
    return name.partition("@")[0] or name, words[at + 1 :]
