"""Commands of a shell script: program, flags, arguments, redirects, and what stands around them.

The tree is tree-sitter's; this folder is the only place that knows it. Expressions of a CI system
inside the script (`${{ ... }}`) are put aside before parsing and come back as unknown words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from plumbrule_parsers.shell_tree.assignments import Assignment, assignments_at, start_of
from plumbrule_parsers.shell_tree.launchers import prefixes
from plumbrule_parsers.shell_tree.questions import GIVES_UP, LOOKED_AT, NEW, NOTHING, QUESTION
from plumbrule_parsers.shell_tree.state import ShellState, with_options
from plumbrule_parsers.shell_tree.words import (
    VARIABLE,
    Arguments,
    Expression,
    Text,
    Word,
    expressions_in,
)
from plumbrule_parsers.value import Segments, Unknown

MAX_SCRIPT = 262_144  # characters
MAX_INSIDE = 3  # scripts in arguments of scripts
MAX_GUARD = 200  # characters of a guard that are kept
MAX_GUARDS = 8

_SHELLS = {"bash", "sh", "ash", "dash", "zsh", "ksh"}
_SSH_VALUES = {"-o", "-i", "-p", "-l", "-F", "-J", "-L", "-R", "-D", "-b", "-c", "-m", "-S", "-W"}


@dataclass(frozen=True, slots=True)
class Redirect:
    """`op target`, such as `>> /etc/hosts`."""

    op: str
    target: str


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a command.

    `guards` are the conditions under which it runs. `tested`: its failure is asked for and does not
    end the script. `swallowed`: its failure is dropped (`|| true`, or behind `set +e`).
    `caught`: it is taken care of. `reads_from` and `writes_to` are the programs before and behind
    it in a pipe.
    """

    guarded: bool = False
    guards: tuple[str, ...] = ()
    tested: bool = False
    caught: bool = False
    swallowed: bool = False
    loop: bool = False
    function: str = ""
    substituted: bool = False
    captured: bool = False  # its output goes into a word, a variable, or a file with others'
    background: bool = False
    reads_from: tuple[str, ...] = ()
    writes_to: tuple[str, ...] = ()
    host: str = ""  # the command runs on another machine, by `ssh`


@dataclass(frozen=True, slots=True)
class Command:
    """One command. Offsets count characters of the script's text."""

    start: int
    end: int
    program: Word
    subcommand: Word | None
    flags: tuple[str, ...]
    options: tuple[tuple[str, Word], ...]
    positionals: tuple[Word, ...]
    words: tuple[Word, ...]  # all of them behind the program, in order
    redirects: tuple[Redirect, ...]
    text: str
    open_words: Unknown | None  # an unquoted expansion may stand for further words and flags
    path: str  # the program as written, with its folder
    around: Around
    state: ShellState
    variables: tuple[str, ...]  # names of the shell's variables that are expanded
    expressions: tuple[str, ...]  # of the CI system, put in before the shell sees the text
    heredoc: str | None

    @property
    def guarded(self) -> bool:
        """True if its failure or its repetition is provided for."""
        return self.around.guarded

    @property
    def fatal(self) -> bool:
        """True if its failure ends the script."""
        around = self.around
        if around.tested or around.swallowed or around.substituted or around.background:
            return False
        return self.state.errexit and (self.state.pipefail or not around.writes_to)


@dataclass(frozen=True, slots=True)
class ShellScript:
    """The commands in the order in which they stand; `errors` are offsets of what did not parse."""

    commands: tuple[Command, ...]
    errors: tuple[int, ...]
    state: ShellState  # behind the last command
    cut: bool = False  # the script is longer than what is read
    probed: frozenset[str] = frozenset()  # variables that hold the output of a command
    fresh: frozenset[str] = frozenset()  # variables that hold something new in each run
    assigned: tuple[Assignment, ...] = ()


@lru_cache(maxsize=1)
def _parser() -> Any:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse_shell(
    text: str,
    state: ShellState = ShellState(),  # noqa: B008 - frozen
    expressions: Iterable[Expression] | None = None,
    started: ShellState | None = None,
) -> ShellScript:
    """The script's commands. Never raises; text beyond `MAX_SCRIPT` is not read.

    `expressions` are the stretches that the CI system replaces; without them `${{ ... }}` are.
    `started` is how the shell began, if it did not with this script.
    """
    cut = len(text) > MAX_SCRIPT
    text = text[:MAX_SCRIPT]
    found = expressions_in(text) if expressions is None else expressions
    put_aside = {one.start: one for one in found if one.end <= len(text)}
    commands: list[Command] = []
    errors: list[int] = []
    probed: set[str] = set()
    fresh: set[str] = set()
    assigned: list[Assignment] = []
    # A shell in which `-e` was taken back lets failures go by.
    caught = started is not None and started.errexit and not state.errexit
    first = Around(guarded=caught, swallowed=caught, caught=caught)
    after = state
    todo = [(text, 0, put_aside, first, state, 0)]
    while todo:
        part, base, aside, around, options, depth = todo.pop()
        reader = _read(part, aside, around, options)
        errors.extend(base + at for at in reader.errors)
        probed |= reader.probed
        fresh |= reader.fresh
        assigned += [one.moved(base, len(part)) for one in reader.assigned]
        after = reader.state if depth == 0 else after
        commands.extend(
            replace(one, start=base + one.start, end=base + one.end) for one in reader.commands
        )
        if depth < MAX_INSIDE:
            for start, end, there, shell in reader.inside:
                inner = {
                    at - start: one._replace(start=at - start, end=one.end - start)
                    for at, one in aside.items() if start <= at and one.end <= end
                }  # fmt: skip
                todo.append((part[start:end], base + start, inner, there, shell, depth + 1))
    commands.sort(key=lambda one: (one.start, -one.end))
    if commands and started is None and not commands[-1].around.tested:
        last = commands[-1]  # its status is that of the script, also without `-e`
        commands[-1] = replace(last, around=replace(last.around, swallowed=False))
    return ShellScript(tuple(commands), tuple(sorted(errors)), after, cut,
                       frozenset(probed), frozenset(fresh), tuple(assigned))  # fmt: skip


def _read(text: str, aside: dict[int, Expression], around: Around, state: ShellState) -> _Reader:
    pieces: list[str] = []
    at = 0
    for start in sorted(aside):
        if start < at:
            continue
        end = aside[start].end
        pieces += (text[at:start], "_" * (end - start))
        at = end
    pieces.append(text[at:])
    whole = Text(text, "".join(pieces), aside)
    reader = _Reader(whole, state)
    root = _parser().parse(whole.data).root_node
    reader.walk(root, around)
    if root.has_error and not reader.errors:  # something is missing at the end
        reader.errors.append(len(text))
    return reader


class _Reader:
    def __init__(self, text: Text, state: ShellState) -> None:
        self.text = text
        self.state = state
        self.caught = False  # behind `set +e`
        self.commands: list[Command] = []
        self.errors: list[int] = []
        self.probed: set[str] = set()
        self.fresh: set[str] = set()
        self.assigned: list[Assignment] = []
        self.trailing: dict[int, list[Any]] = {}  # command -> what is written behind its list
        self.inside: list[tuple[int, int, Around, ShellState]] = []

    def walk(self, root: Any, around: Around) -> None:
        """Every command below the node with what stands around it; a stack, no recursion."""
        stack: list[tuple[Any, Around]] = [(root, around)]
        while stack:
            node, around = stack.pop()
            kind = node.type
            self.assigned += assignments_at(node, self.text)
            if kind == "ERROR":
                self.errors.append(self.text.offset(node.start_byte))
            elif kind in ("variable_assignment", "for_statement"):
                self.probe(node)
            body, redirects = node, []
            if kind == "redirected_statement":
                body = node.child_by_field_name("body")
                redirects = [child for child in node.children if "redirect" in child.type]
            if body is not None and body.type in ("command", "declaration_command"):
                self.command(body, redirects + self.trailing.pop(body.id, []), around)
                inner = [child for child in node.children if child.type != body.type]
                if kind == "redirected_statement":
                    inner += list(body.children)
                name = self.text.program_of(body)
                for child in reversed(inner):
                    there = around
                    if child.type == "heredoc_redirect":
                        there = replace(around, reads_from=(*around.reads_from, name))
                    stack.append((child, there))
                continue
            if redirects and body is not None and body.type == "list":
                self.trailing[_last_of(body).id] = redirects  # they belong to it alone
            elif any(child.type == "file_redirect" for child in redirects):
                around = replace(around, captured=True)
            stack.extend(reversed(list(self.children(node, around))))

    def probe(self, node: Any) -> None:
        """Take note of a variable that gets the output of a command."""
        named = "name" if node.type == "variable_assignment" else "variable"
        name = node.child_by_field_name(named)
        given = node.child_by_field_name("value")
        text = self.text.of(given) if given is not None else ""
        if name is not None and ("$(" in text or "`" in text):
            self.probed.add(self.text.of(name))
        if name is not None and NEW.search(text):
            self.fresh.add(self.text.of(name))

    def children(self, node: Any, around: Around) -> Iterator[tuple[Any, Around]]:
        """The children, each with what stands around it."""
        kind, nodes = node.type, node.children
        if kind == "list":
            yield from self.listed(node, around)
        elif kind in ("if_statement", "elif_clause"):
            yield from self.branches(node, around)
        elif kind == "while_statement":
            for index, child in enumerate(nodes):
                asked = node.field_name_for_child(index) == "condition"
                yield child, replace(around, loop=True, tested=around.tested or asked)
        elif kind in ("for_statement", "c_style_for_statement"):
            yield from ((child, replace(around, loop=True)) for child in nodes)
        elif kind == "case_statement":
            value = node.child_by_field_name("value")
            inner = replace(around, guarded=True)
            if value is not None:
                inner = self.guarded_by(inner, f"case {self.text.of(value)}")
            yield from ((child, inner) for child in nodes)
        elif kind == "negated_command":
            inner = replace(around, guarded=True, tested=True, caught=True)
            yield from ((child, inner) for child in nodes)
        elif kind == "function_definition":
            name = node.child_by_field_name("name")
            called = self.text.of(name)[:60] if name is not None else ""
            yield from ((child, replace(around, function=called)) for child in nodes)
        elif kind in ("command_substitution", "process_substitution"):
            parent = node.parent
            above = parent.parent if parent is not None else None
            alone = parent is not None and parent.type == "variable_assignment"
            if above is not None and above.type in ("command", "declaration_command"):
                alone = False
            inner = replace(around, captured=True, substituted=around.substituted or not alone)
            yield from ((child, inner) for child in nodes)
        elif kind == "pipeline":
            parts = [child for child in nodes if child.is_named]
            names = [self.text.program_of(part) for part in parts]
            ends = parts[-1].children if parts else []
            if any(child.type == "file_redirect" for child in ends):
                around = replace(around, captured=True)
            for index, part in enumerate(parts):
                looked = any(LOOKED_AT.match(self.text.of(one)) for one in parts[index + 1 :])
                yield (
                    part,
                    replace(
                        around,
                        caught=around.caught or looked,
                        reads_from=(*around.reads_from, *names[:index]),
                        writes_to=(*names[index + 1 :], *around.writes_to),
                    ),
                )
        else:
            for index, child in enumerate(nodes):
                aside = index + 1 < len(nodes) and nodes[index + 1].type == "&"
                yield child, replace(around, background=True) if aside else around

    def listed(self, node: Any, around: Around) -> Iterator[tuple[Any, Around]]:
        """`a || b` provides for a's failure; `test && b` runs b only where it is wanted."""
        nodes = node.children
        operator = next((child.type for child in nodes if not child.is_named), "")
        left, right = nodes[0], nodes[-1]
        asks = self.asks(left)
        before, behind = self.text.of(left), self.text.of(right)
        caught = operator == "||" and GIVES_UP.search(behind[-MAX_GUARD:]) is None
        dropped = operator == "||" and NOTHING.match(behind) is not None
        for child in nodes[:-1]:
            yield child, replace(
                around, guarded=around.guarded or caught or asks, tested=True,
                caught=around.caught or caught, swallowed=around.swallowed or dropped,
            )  # fmt: skip
        inner = replace(around, guarded=around.guarded or operator == "||" or asks)
        if operator == "||":
            inner = self.guarded_by(inner, f"! {before}")
        elif asks:
            inner = self.guarded_by(inner, before)
        yield right, inner

    def branches(self, node: Any, around: Around) -> Iterator[tuple[Any, Around]]:
        """`if` and `elif`: what is asked, and what runs because of it."""
        asked = True
        condition = ""
        for child in node.children:
            if child.type == "then":
                asked = False
            elif asked and child.is_named:
                condition = condition or self.text.of(child)
            inner = replace(around, guarded=True, tested=around.tested or asked,
                            caught=around.caught or asked)  # fmt: skip
            if not asked:
                denied = child.type in ("else_clause", "elif_clause")
                inner = self.guarded_by(inner, f"! {condition}" if denied else condition)
            yield child, inner

    def guarded_by(self, around: Around, text: str) -> Around:
        if len(around.guards) >= MAX_GUARDS:
            return around
        shown = " ".join(text[:MAX_GUARD].split()).removeprefix("! ! ")
        return replace(around, guards=(*around.guards, shown))

    def asks(self, node: Any) -> bool:
        """True if the command only looks at the state of things."""
        while node.type in ("redirected_statement", "negated_command", "list", "pipeline"):
            if not node.named_children:
                return False
            node = node.named_children[-1 if node.type in ("list", "pipeline") else 0]
        if node.type == "test_command":
            return True
        name = node.child_by_field_name("name") if node.type == "command" else None
        return name is not None and QUESTION.match(self.text.of(node)) is not None

    # -------------------------------------------------------------- one command
    def command(self, node: Any, redirects: list[Any], around: Around) -> None:
        """Add the command, and the script that it gets as an argument."""
        name = node.child_by_field_name("name")
        if node.type == "declaration_command":
            name = node.children[0]
        if name is None:
            return
        self.text.names = []
        words: list[tuple[Word, bool, Any]] = [(*self.text.word(name), name)]
        inner_redirects = list(redirects)
        begin, start = 0, self.text.offset(start_of(node, self.text))
        for child in node.children:
            if child.type == "variable_assignment":
                value = child.child_by_field_name("value")
                if value is not None and child.end_byte > start:
                    self.text.word(value)  # for the variables in it
                if node.type == "command":
                    continue
            if child.start_byte < name.end_byte:
                continue
            if "redirect" in child.type:
                inner_redirects.append(child)
            elif child.is_named and len(words) > 1 and child.start_byte == words[-1][2].end_byte:
                # The parser cuts `$A/$B` behind the second `$`; for the shell it is one word.
                glued = self.text.glued(begin, self.text.offset(child.end_byte))
                words[-1] = (*glued, child)
            elif child.is_named:
                begin = self.text.offset(child.start_byte)
                words.append((*self.text.word(child), child))
        for _word in range(prefixes([word for word, _splits, _node in words])):
            words.pop(0)
        for child in list(inner_redirects):  # `<<E > file`
            inner_redirects += [one for one in child.children if one.type == "file_redirect"]
        end = self.text.offset(node.end_byte)
        while end > start and self.text.text[end - 1] in " \t\r\n":
            end -= 1
        program = words[0][0]
        path = program if isinstance(program, str) else ""
        if isinstance(program, Segments) and "/" in program.suffix:
            program = program.suffix  # `$HOME/bin/tool`: the folder does not matter
        if isinstance(program, str) and "/" in program:
            program = program.rpartition("/")[2]
        known = program if isinstance(program, str) else ""
        parts = Arguments(known, [(word, splits) for word, splits, _node in words[1:]])
        found = [self.redirect(child) for child in inner_redirects]
        text = self.text.text[start:end]
        heredoc, body = self.heredoc(inner_redirects)
        piped = tuple(
            self.text.program_of(child)
            for one in inner_redirects for child in one.children if child.type == "pipeline"
        )  # fmt: skip
        there = replace(
            around, guarded=around.guarded or self.caught, caught=around.caught or self.caught,
            swallowed=around.swallowed or self.caught,
            writes_to=(*piped, *around.writes_to),
        )  # fmt: skip
        self.commands.append(Command(
            start, end, program, parts.subcommand, tuple(parts.flags), tuple(parts.options),
            tuple(parts.positionals), tuple(word for word, _splits, _node in words[1:]),
            tuple(one for one in found if one is not None), text, parts.open_words, path, there,
            self.state, tuple(dict.fromkeys((*self.text.names, *VARIABLE.findall(body)))),
            self.text.expressions_in(start, end), heredoc,
        ))  # fmt: skip
        if known in ("read", "mapfile", "readarray"):
            self.probed.update(word for word, _splits, _node in words[1:] if isinstance(word, str))
        if known == "set":
            self.switch([word for word, _splits, _node in words[1:] if isinstance(word, str)])
        elif known in _SHELLS or known in ("ssh", "eval"):
            self.script_inside(known, words[1:], there)

    def switch(self, words: list[str]) -> None:
        """`set`: options of the shell from here on."""
        before, self.state = self.state, with_options(self.state, words)
        if before.errexit != self.state.errexit or "+e" in words:
            self.caught = not self.state.errexit

    def script_inside(
        self, program: str, words: list[tuple[Word, bool, Any]], around: Around
    ) -> None:
        """`bash -c '...'`, `eval '...'`, `ssh host '...'`: the argument is a script."""
        strings = [node for _word, _splits, node in words if node.type in ("string", "raw_string")]
        flags = [word for word, _splits, _node in words if isinstance(word, str)]
        if program in _SHELLS:
            at = next((index for index, word in enumerate(flags) if re.fullmatch(r"-\w*c", word)),
                      -1)  # fmt: skip
            if at < 0:
                return
            state = with_options(ShellState(program), flags[: at + 1])
        else:
            state = ShellState("sh")
        if not strings:
            return
        node = strings[0] if program in _SHELLS else strings[-1]
        if program == "ssh":
            plain = [
                word for before, word in zip(("", *flags), flags, strict=False)
                if not word.startswith("-") and before not in _SSH_VALUES
            ]  # fmt: skip
            around = replace(around, host=plain[0][:80] if plain else "?")
        start = self.text.offset(node.start_byte) + 1
        self.inside.append((start, max(start, self.text.offset(node.end_byte) - 1), around, state))

    def redirect(self, node: Any) -> Redirect | None:
        if node.type != "file_redirect":
            return None
        target = node.child_by_field_name("destination")
        op = next((child.type for child in node.children if not child.is_named), ">")
        if target is None:
            return None
        # As written, because a rule tells `$GITHUB_OUTPUT` from a file by its name.
        return Redirect(str(op), self.text.of(target).strip("\"'"))

    def heredoc(self, redirects: list[Any]) -> tuple[str | None, str]:
        """The text of the heredoc, and that of it in which variables are expanded."""
        for redirect in redirects:
            if redirect.type != "heredoc_redirect":
                continue
            body = next(
                (child for child in redirect.children if child.type == "heredoc_body"), None
            )
            start = next((child for child in redirect.children if child.type == "heredoc_start"),
                         None)  # fmt: skip
            if body is None:
                return "", ""
            first, last = self.text.offset(body.start_byte), self.text.offset(body.end_byte)
            quoted = start is not None and self.text.of(start)[:1] in ("'", '"', "\\")
            return self.text.text[first:last], "" if quoted else self.text.plain[first:last]
        return None, ""


def _last_of(node: Any) -> Any:
    """The command that stands last in a list."""
    while node.type in ("list", "pipeline", "negated_command") and node.named_children:
        node = node.named_children[-1]
    return node
