"""Which script files the commands of a step run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from plumbrule_parsers.document import Node
from plumbrule_parsers.shell.parse import MAKEFILES
from plumbrule_parsers.value import ListValue

_SHELLS = {"bash", "sh", "ash", "dash", "zsh", "ksh", "source", "."}


@dataclass(frozen=True, slots=True)
class Call:
    """A command that runs a script: `rule` is the target of a Makefile, else "".

    `path` is "" if it runs one that cannot be told.
    """

    command: Node
    path: str
    rule: str
    folder: str  # in which it runs
    options: tuple[str, ...] = ()  # of the shell that is started for it


def calls_of(
    commands: Iterable[Node], origin: str, folder: str, known: AbstractSet[str]
) -> Iterator[Call]:
    """The calls of the commands of one script, in order; `cd` is followed where it is plain.

    `known` are the paths of the repository.

    `origin` is the folder of the file that holds the commands. A path is looked up from the folder
    in which the commands run, in the nearest folder above the origin where it is found.
    """
    here: str | None = folder
    for node in commands:
        fields = node.fields
        program = fields.get("program")
        words = [word if isinstance(word, str) else "" for word in _listed(node, "words")]
        if fields.get("host"):
            continue  # it runs where this repository is not
        if program == "cd":
            target = words[0] if words else ""
            plain = bool(target) and not target.startswith(("/", "~", "-"))
            here = posixpath.join(here, target) if plain and here is not None else None
            continue
        if here is None or not isinstance(program, str):
            continue
        if program in ("make", "gmake"):
            yield from _make(node, words, origin, here, known)
            continue
        path = fields.get("path")
        written = path if isinstance(path, str) else program
        options: tuple[str, ...] = ()
        if program in _SHELLS:
            first = next((index for index, word in enumerate(words)
                          if not word.startswith(("-", "+"))), None)  # fmt: skip
            if first is None or "-c" in words[:first]:
                continue
            options, written = tuple(words[:first]), words[first]
            if not written or "$" in written:
                yield Call(node, "", "", here, options)
                continue
        elif "/" not in written:
            continue
        found = _found(written, origin, here, known)
        if found is not None:
            yield Call(node, found, "", here, options)


def _make(
    node: Node, words: list[str], origin: str, here: str, known: AbstractSet[str]
) -> Iterator[Call]:
    targets: list[str] = []
    names: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        if word in ("-C", "--directory", "-f", "--file", "-j", "-o", "-W"):
            value = words[index + 1] if index + 1 < len(words) else ""
            if word in ("-C", "--directory"):
                here = posixpath.join(here, value)
            elif word in ("-f", "--file"):
                names.append(value)
            index += 1 if word != "-j" or value.isdigit() else 0
        elif word.startswith("-C") and len(word) > 2:
            here = posixpath.join(here, word[2:])
        elif word and not word.startswith("-") and "=" not in word:
            targets.append(word)
        elif not word:
            return  # a target that is not known
        index += 1
    for name in names or ("Makefile", "makefile", "GNUmakefile"):
        found = _found(name, origin, here, known)
        if found is not None:
            for target in targets or ("",):
                yield Call(node, found, target or "*", here)
            return


def _found(written: str, origin: str, here: str, known: AbstractSet[str]) -> str | None:
    """The path of the file, from the nearest folder above the origin that has it."""
    if not written or written.startswith(("/", "~", "-")) or "\n" in written or "$" in written:
        return None
    base = origin
    while True:
        path = posixpath.normpath(posixpath.join(base, here, written))
        if path in known:
            return path
        if not base:
            return None
        base = base.rpartition("/")[0]


def is_makefile(path: str) -> bool:
    """True if the file is read as a Makefile."""
    name = path.rpartition("/")[2].lower()
    return name.startswith(MAKEFILES) or name.endswith(".mk")


def _listed(node: Node, key: str) -> list[object]:
    value = node.fields.get(key)
    return list(value) if isinstance(value, ListValue) else []
