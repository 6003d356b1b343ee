"""Regular expressions matched in time linear in the text, by following all ways at once.

For patterns on which Python's backtracking could run away. It works on the tree of Python's own
parser, so it understands exactly what `re` would, and finds the same leftmost match, preferring the
alternatives that stand first. A count of steps bounds the work in any case.
Source: R. Cox, https://swtch.com/~rsc/regexp/regexp2.html (the Pike machine).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from re import _constants as op
from re import _parser as parser
from typing import Any, Final

MAX_PROGRAM: Final = 20_000  # instructions; counted repeats are written out
MAX_STEPS: Final = 1_500_000  # instructions that one call may follow

_CHAR, _SPLIT, _JUMP, _SAVE, _CHECK, _MATCH = range(6)
_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


class TooMuch(Exception):  # noqa: N818 - what it says
    """The pattern is too large, or the text would take too many steps."""


class Found:
    """A match, with the part of `re.Match`'s face that its users need."""

    __slots__ = ("_slots", "re", "string")

    def __init__(self, machine: Machine, text: str, slots: tuple[int, ...]) -> None:
        self.re = machine
        self.string = text
        self._slots = slots

    def span(self, group: int = 0) -> tuple[int, int]:
        """Start and end of a group; -1 if it took no part."""
        return self._slots[2 * group], self._slots[2 * group + 1]

    def start(self, group: int = 0) -> int:
        """Where the group starts."""
        return self._slots[2 * group]

    def end(self, group: int = 0) -> int:
        """Where the group ends."""
        return self._slots[2 * group + 1]

    def __getitem__(self, group: int | str) -> str | None:
        number = self.re.groupindex[group] if isinstance(group, str) else group
        start, end = self.span(number)
        return None if start < 0 else self.string[start:end]

    def groups(self) -> tuple[str | None, ...]:
        """The texts of all groups."""
        return tuple(self[number] for number in range(1, self.re.groups + 1))


class Machine:
    """A compiled pattern: `finditer` as `re` has it."""

    __slots__ = ("_memo", "_program", "groupindex", "groups")

    def __init__(self, pattern: str) -> None:
        tree = parser.parse(pattern)
        self.groups: int = tree.state.groups - 1
        self.groupindex: dict[str, int] = dict(tree.state.groupdict)
        builder = _Builder()
        builder.add(_SAVE, 0)
        builder.sequence(tree, tree.state.flags)
        builder.add(_SAVE, 1)
        builder.add(_MATCH)
        self._program = builder.program
        self._memo: list[dict[str, bool]] = [{} for _ in self._program]

    def finditer(self, text: str) -> Iterator[Found]:
        """The matches from left to right. TooMuch: it would take too many steps."""
        at, left = 0, MAX_STEPS
        while at <= len(text):
            slots, left = self._run(text, at, left)
            if slots is None:
                return
            yield Found(self, text, slots)
            at = slots[1] if slots[1] > slots[0] else slots[1] + 1

    def _run(self, text: str, start: int, left: int) -> tuple[tuple[int, ...] | None, int]:
        program, memo = self._program, self._memo
        size = 2 * (self.groups + 1)
        nothing = (-1,) * size
        found: tuple[int, ...] | None = None
        current: list[tuple[int, tuple[int, ...]]] = []
        at, length = start, len(text)
        while True:
            seen: set[int] = set()
            threads: list[tuple[int, tuple[int, ...]]] = []
            roots = current if found is not None else [*current, (0, nothing)]
            for root in roots:
                stack = [root]
                while stack:
                    number, slots = stack.pop()
                    if number in seen:
                        continue
                    seen.add(number)
                    kind, first, second = program[number]
                    if kind == _JUMP:
                        stack.append((first, slots))
                    elif kind == _SPLIT:
                        stack.append((second, slots))
                        stack.append((first, slots))
                    elif kind == _SAVE:
                        changed = (*slots[:first], at, *slots[first + 1 :])
                        stack.append((number + 1, changed))
                    elif kind == _CHECK:
                        if first(text, at):
                            stack.append((number + 1, slots))
                    else:
                        threads.append((number, slots))
            left -= len(seen) + 1
            if left < 0:
                raise TooMuch("the text is too long for this regular expression")
            current = []
            letter = text[at] if at < length else ""
            for number, slots in threads:
                kind, test, _ = program[number]
                if kind == _MATCH:
                    found = slots
                    break  # what has a lower preference is dropped
                if letter:
                    known = memo[number]
                    fits = known.get(letter)
                    if fits is None:
                        fits = known[letter] = test(letter)
                    if fits:
                        current.append((number + 1, slots))
            if at >= length or (not current and found is not None):
                return found, left
            at += 1


class _Builder:
    def __init__(self) -> None:
        self.program: list[tuple[int, Any, Any]] = []

    def add(self, kind: int, first: Any = 0, second: Any = 0) -> int:
        if len(self.program) >= MAX_PROGRAM:
            raise TooMuch("the regular expression is too large")
        self.program.append((kind, first, second))
        return len(self.program) - 1

    def sequence(self, items: Any, flags: int) -> None:
        for operation, argument in items:
            self.item(operation, argument, flags)

    def item(self, operation: Any, argument: Any, flags: int) -> None:
        if operation in {op.MAX_REPEAT, op.MIN_REPEAT}:
            low, high, body = argument
            self.repeat(low, high, body, flags, greedy=operation is op.MAX_REPEAT)
        elif operation is op.SUBPATTERN:
            group, more, fewer, body = argument
            if group is not None:
                self.add(_SAVE, 2 * group)
            self.sequence(body, (flags | more) & ~fewer)
            if group is not None:
                self.add(_SAVE, 2 * group + 1)
        elif operation is op.BRANCH:
            self.branch(argument[1], flags)
        elif operation is op.AT:
            self.add(_CHECK, _check(argument, flags))
        else:
            self.add(_CHAR, _letter_test(operation, argument, flags))

    def branch(self, branches: Any, flags: int) -> None:
        ends: list[int] = []
        for number, body in enumerate(branches):
            if number == len(branches) - 1:
                self.sequence(body, flags)
                break
            split = self.add(_SPLIT)
            self.sequence(body, flags)
            ends.append(self.add(_JUMP))
            self.program[split] = (_SPLIT, split + 1, len(self.program))
        for end in ends:
            self.program[end] = (_JUMP, len(self.program), 0)

    def repeat(self, low: int, high: Any, body: Any, flags: int, *, greedy: bool) -> None:
        for _ in range(low):
            self.sequence(body, flags)
        splits: list[int] = []
        if high is op.MAXREPEAT:
            split = self.add(_SPLIT)
            self.sequence(body, flags)
            self.add(_JUMP, split)
            splits.append(split)
        else:
            for _ in range(int(high) - low):
                splits.append(self.add(_SPLIT))
                self.sequence(body, flags)
        after = len(self.program)
        for split in splits:
            ways = (split + 1, after) if greedy else (after, split + 1)
            self.program[split] = (_SPLIT, *ways)


def _check(kind: Any, flags: int) -> Callable[[str, int], bool]:
    if kind is op.AT_BEGINNING and flags & re.MULTILINE:
        return lambda text, at: at == 0 or text[at - 1] == "\n"
    if kind in {op.AT_BEGINNING, op.AT_BEGINNING_STRING}:
        return lambda _text, at: at == 0
    if kind is op.AT_END and flags & re.MULTILINE:
        return lambda text, at: at == len(text) or text[at] == "\n"
    if kind in {op.AT_END, op.AT_END_STRING}:
        return lambda text, at: at == len(text)
    if kind is op.AT_BOUNDARY:
        return _boundary
    if kind is op.AT_NON_BOUNDARY:
        return lambda text, at: not _boundary(text, at)
    raise TooMuch(f"`{kind}` is not supported")


def _boundary(text: str, at: int) -> bool:
    before = at > 0 and text[at - 1] in _WORD
    return before != (at < len(text) and text[at] in _WORD)


def _letter_test(operation: Any, argument: Any, flags: int) -> Callable[[str], bool]:
    """A test of one character."""
    if operation is op.ANY:
        return (lambda _letter: True) if flags & re.DOTALL else (lambda letter: letter != "\n")
    if operation in {op.LITERAL, op.NOT_LITERAL}:
        spans, negated = [(argument, argument)], operation is op.NOT_LITERAL
    elif operation is op.IN:
        spans, negated = [], False
        for kind, value in argument:
            if kind is op.NEGATE:
                negated = True
            elif kind is op.LITERAL:
                spans.append((value, value))
            elif kind is op.RANGE:
                spans.append(value)
            else:
                raise TooMuch(f"`{kind}` is not supported")
    else:
        raise TooMuch(f"`{operation}` is not supported")

    def within(letter: str) -> bool:
        code = ord(letter)
        return any(low <= code <= high for low, high in spans)

    if flags & re.IGNORECASE:

        def fits(letter: str) -> bool:
            same = {letter, *letter.lower()[:1], *letter.upper()[:1]}
            return any(map(within, same)) != negated

        return fits
    return lambda letter: within(letter) != negated
