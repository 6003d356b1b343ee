"""What a command makes or takes away: the names, as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.shell_tree.words import VARIABLE, Word
from plumbrule_parsers.value import Segments, Unknown

EVERYTHING: Final = "*"
_REMOVES: Final = re.compile(
    r"(?:delete|del|uninstall|rm|rb|remove|destroy|down|prune|un|purge|teardown|rmi)(?:-[\w-]+)?"
)
# Behind these words everything below goes as well.
_WHOLE: Final = re.compile(
    r"(?:cluster|clusters|stack|stacks|project|projects|group|destroy|down|namespace|namespaces|ns"
    r"|delete-stack|delete-cluster|prune)"
)
_REMOVERS: Final = frozenset({"rm", "rmdir", "unlink", "userdel", "groupdel", "dropdb", "dropuser"})
_NOUNS: Final = frozenset(
    ("ns", "namespace", "secret", "generic", "tls", "docker-registry", "configmap", "cm", "job",
     "sa", "serviceaccount", "cluster", "deployment", "deploy", "service", "svc", "role", "user",
     "rolebinding", "clusterrole", "clusterrolebinding", "network", "create", "-", "true", "false")
)  # fmt: skip
_NAMING: Final = re.compile(r"--?[\w-]*(?:name|bucket|id|identifier|topic|from)")
_BRACES: Final = re.compile(r"\$\{(\w+)\}")
_MAX: Final = 24


def made_by(command: Command, called: int) -> tuple[str, ...]:
    """The words that may name what the command makes, behind the first ones, which say that."""
    return _named(command.words, called)


def removed_by(command: Command) -> tuple[str, ...]:
    """The words that may name what the command takes away; () if it takes nothing away."""
    if command.program in _REMOVERS:
        return _named(command.words, 0)
    verbs = [one for one in command.words[:6] if isinstance(one, str)]
    if not any(_REMOVES.fullmatch(one) for one in verbs):
        return ()
    whole = any(_WHOLE.fullmatch(one) for one in verbs) and command.program != "kubectl"
    if whole or any(flag in ("--all", "-f", "-k", "--filename") for flag in command.flags):
        return (*_named(command.words, 1), EVERYTHING)
    return _named(command.words, 1)


def newly_named(command: Command, fresh: AbstractSet[str]) -> bool:
    """True if a name in the command holds one of these variables; the value of a flag is none."""
    before = ""
    for text in _texts(command.words):
        value = text.partition("=")[2] if text.startswith("-") else text
        flag = text.partition("=")[0] if text.startswith("-") else before
        if (not flag.startswith("-") or _NAMING.fullmatch(flag)) and any(
            name in fresh for name in VARIABLE.findall(value)
        ):
            return True
        before = text if "=" not in text else ""
    return False


def _named(words: Sequence[Word], skipped: int) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for text in _texts(words):
        if skipped > 0 and not text.startswith("-"):
            skipped -= 1
            continue
        value = text.partition("=")[2] if text.startswith("-") else text
        for one in (value, value.rpartition("/")[2]):
            if one and one != EVERYTHING and one not in _NOUNS and len(names) < _MAX:
                names[one] = None
    return tuple(names)


def _texts(words: Iterable[Word]) -> Iterable[str]:
    for word in words:
        parts = word.parts if isinstance(word, Segments) else (word,)
        written = "".join(part.detail if isinstance(part, Unknown) else part for part in parts)
        yield _BRACES.sub(r"$\1", written)
