"""Secrets in the variables of a script: from where they were put in to the command that reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from plumbrule_parsers.document import Node, Reference, ToAddress
from plumbrule_parsers.shell_tree.assignments import Assignment
from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import Hop, ListValue, Place, Reason, Unknown

MAX_WAYS = 8  # secrets that one variable may hold


class Held(NamedTuple):
    """A secret that something holds: the address of its use, the places it passed since then."""

    address: str
    way: tuple[Hop, ...] = ()
    doubt: Unknown | None = None

    def if_(self, condition: Unknown | None) -> Held:
        """The same where it is only held if something else is so."""
        return self if self.doubt is not None else self._replace(doubt=condition)


Named = Callable[[str], Iterable[Held]]


def stretches(source: Source, place: Callable[[int], int]) -> Callable[[int, int], Span]:
    """From stretches of a script to spans; `place` maps its offsets to those of the source."""

    def span(start: int, end: int) -> Span:
        first = place(start)
        last = max(first, place(max(start, end - 1)) + 1)
        return Span(source, first, min(last, len(source.text)))

    return span


class Carried:
    """What the variables of one script hold.

    `variable` and `expression` say what was in variables before the script, and in what the CI
    system puts into its text. `span` places offsets of the script.
    """

    def __init__(
        self, assigned: Iterable[Assignment], span: Callable[[int, int], Span], variable: Named,
        expression: Named,
    ) -> None:  # fmt: skip
        self.span = span
        self.variable = variable
        self.expression = expression
        self.found: dict[str, list[tuple[Assignment, tuple[Held, ...]]]] = {}
        for one in sorted(assigned, key=lambda one: (one.end, one.start, one.name)):
            held = tuple(self.given(one))
            self.found.setdefault(one.name, []).append((one, held))

    def given(self, one: Assignment) -> Iterator[Held]:
        """What the assignment puts into its variable."""
        taken = [held for name in one.variables for held in self.of(name, one.start)]
        taken += [held for said in one.expressions for held in self.expression(said)]
        seen: set[str] = set()
        for held in taken:
            if held.address in seen or len(seen) >= MAX_WAYS:
                continue
            seen.add(held.address)
            span = self.span(one.start, one.end)
            hop = Hop(span, f"assigned to {one.name[:60]}")
            doubt = held.doubt
            if doubt is None and one.doubt:
                doubt = Unknown(Reason.EXPRESSION, one.doubt, span)
            yield Held(held.address, (*held.way, hop), doubt)

    def of(self, name: str, at: int) -> tuple[Held, ...]:
        """What the variable holds at the offset; the nearest assignment that surely was made."""
        found: dict[str, Held] = {}
        for one, held in reversed(self.found.get(name, ())):
            if one.end > at or not one.scope[0] <= at <= one.scope[1]:
                continue
            sure = one.region[0] <= at <= one.region[1]
            for each in held:
                doubt = each.doubt
                if not sure and doubt is None:
                    where = self.span(one.start, one.end)
                    doubt = Unknown(Reason.ENVIRONMENT, f"{name[:60]} may not be assigned", where)
                found.setdefault(each.address, each._replace(doubt=doubt))
            if sure and not one.adds:
                return tuple(found.values())
        for each in self.variable(name):
            found.setdefault(each.address, each)
        return tuple(found.values())

    def after(self, end: int) -> dict[str, tuple[Held, ...]]:
        """What the assigned variables hold behind the script."""
        return {name: self.of(name, end) for name in self.found}

    def read_by(self, command: Command) -> Iterator[Held]:
        """What a command expands, each secret once."""
        found: dict[str, Held] = {}
        for name in command.variables:
            for held in self.of(name, command.start):
                known = found.get(held.address)
                if known is None or (known.doubt is not None and held.doubt is None):
                    found[held.address] = held
        for said in command.expressions:
            for held in self.expression(said):
                found.setdefault(held.address, held)
        yield from found.values()


def secret_reads(
    carried: Carried, commands: Sequence[Command], nodes: Sequence[Node]
) -> Iterator[Reference]:
    """The edges `reads_secret` of the commands; `carried` of a node says by which variables."""
    for command, node in zip(commands, nodes, strict=True):
        hops: dict[Hop, None] = {}
        for held in carried.read_by(command):
            hops |= dict.fromkeys(held.way)
            yield Reference("reads_secret", node.address, ToAddress(held.address), node.span,
                            held.doubt, way=held.way)  # fmt: skip
        if hops:
            last = next(reversed(hops)).span
            notes = [hop.note for hop in hops]
            listed = ListValue(last.source, last.start, last.end, notes)
            node.fields.put("carried", listed, Place(last))
