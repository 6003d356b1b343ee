"""Secrets that a step writes into the files and outputs that later steps of its job read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from plumbrule_parsers.github_actions.expressions import (
    Context,
    parse_expression,
    shown_contexts,
)
from plumbrule_parsers.shell_tree.assignments import NO_COPY
from plumbrule_parsers.shell_tree.carried import Carried, Held
from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.shell_tree.words import VARIABLE, expressions_in
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, Reason, Unknown

_FILE = re.compile(r"\$\{?(?:env:)?GITHUB_(ENV|OUTPUT)\b")
_BLOCK = re.compile(r"[})]\s*>>?\s*[\"']?\$\{?GITHUB_(ENV|OUTPUT)\b")
_SAYS = re.compile(
    r"(?:echo|printf)\s+(?:-[neE]+\s+)*[\"']?"
    r"(?:(?P<key>[A-Za-z_][\w-]*)=|::set-output\s+name=(?P<output>[\w-]+)::"
    r"|::set-env\s+name=(?P<env>\w+)::)"
)
_LINE = re.compile(r"^\s*([A-Za-z_][\w-]*)=(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Later:
    """What later steps of a job get: variables by name, outputs by `step id.name`.

    Each with the condition of the step that wrote it, "" where it always runs.
    """

    variables: dict[str, tuple[str, tuple[Held, ...]]] = field(default_factory=dict)
    outputs: dict[str, tuple[str, tuple[Held, ...]]] = field(default_factory=dict)


def held_by(found: tuple[str, tuple[Held, ...]], guard: str) -> Iterator[Held]:
    """What a step with that condition finds; possible where the writing step may not have run."""
    written_if, held = found
    for one in held:
        if one.doubt is None and written_if not in ("", guard):
            where = one.way[-1].span
            yield one._replace(doubt=Unknown(Reason.ENVIRONMENT, f"if: {written_if[:60]}", where))
        else:
            yield one


def hand_on(
    later: Later, step: str, guard: str, commands: Iterable[Command], carried: Carried, script: str,
) -> None:  # fmt: skip
    """Take note of what the commands of a step hand on."""
    for command in commands:
        for kind, name, span, held in _written(command, carried, script):
            what = f"step output `{name}`" if kind == "OUTPUT" else f"environment `{name}`"
            hop = Hop(span, f"written to {what}"[:80])
            passed = tuple(one._replace(way=(*one.way, hop)) for one in held)
            if kind == "OUTPUT" and step:
                later.outputs[f"{step}.{name}".lower()] = guard, passed
            elif kind == "ENV" and (passed or not guard):
                later.variables[name] = guard, passed


def _written(
    command: Command, carried: Carried, script: str
) -> Iterator[tuple[str, str, Span, tuple[Held, ...]]]:
    """File, name and secrets of each entry that the command writes."""
    if command.program not in ("echo", "printf", "cat"):
        return
    target = next((
        found[1] for one in command.redirects
        if (found := _FILE.match(one.target)) is not None and one.op in (">", ">>")
    ), "")  # fmt: skip
    if not target and not command.redirects and command.around.captured:
        block = _BLOCK.search(script, command.end)
        target = block[1] if block is not None else ""
    span = carried.span(command.start, command.end)
    if command.heredoc is not None:
        for name, text in _LINE.findall(command.heredoc) if target else ():
            names = [each for each in VARIABLE.findall(text) if each in command.variables]
            held = [one for each in names for one in carried.of(each, command.start)]
            for put_in in expressions_in(text):
                held += carried.expression(put_in.said)
            yield target, name, span, _once(held)
        return
    said = _SAYS.match(command.text)
    if said is None:
        return
    read = () if NO_COPY.search(command.text) else tuple(carried.read_by(command))
    if said["key"] and target:
        yield target, said["key"], span, read
    elif said["output"]:
        yield "OUTPUT", said["output"], span, read
    elif said["env"]:
        yield "ENV", said["env"], span, read


def _once(held: Iterable[Held]) -> tuple[Held, ...]:
    found: dict[str, Held] = {}
    for one in held:
        found.setdefault(one.address, one)
    return tuple(found.values())


def contexts_in(said: str) -> Iterator[Context]:
    """The contexts of an expression whose text can come out of it."""
    tree = parse_expression(said)
    if tree is not None:
        yield from shown_contexts(tree)
