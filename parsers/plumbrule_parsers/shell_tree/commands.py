"""Commands of a shell script: program, flags, arguments, redirects, and what guards them.

The tree is tree-sitter's; this is the only place that knows it. Expressions of a CI system inside
the script (`${{ ... }}`) are put aside before parsing and come back as unknown words.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

from plumbrule_parsers.value import Reason, Segments, Unknown, join_segments

MAX_SCRIPT = 262_144  # characters
Word = str | Segments | Unknown

# Programs whose first argument names what they do; the number says how many words it may take.
SUBCOMMANDS = {
    "kubectl": 1, "oc": 1, "helm": 1, "terraform": 1, "tofu": 1, "terragrunt": 1, "git": 1,
    "docker": 1, "podman": 1, "buildah": 1, "npm": 1, "yarn": 1, "pnpm": 1, "pip": 1, "pip3": 1,
    "apt-get": 1, "apt": 1, "apk": 1, "yum": 1, "dnf": 1, "brew": 1, "cargo": 1, "go": 1,
    "argocd": 1, "flux": 1, "pulumi": 1, "ansible-galaxy": 1, "systemctl": 1, "aws": 2,
    "gcloud": 2, "az": 2, "gh": 2, "kustomize": 1, "skaffold": 1, "vault": 1, "make": 0,
}  # fmt: skip
# Flags of these programs that stand before the subcommand and take a word.
_VALUE_FLAGS = {"-n", "--namespace", "--context", "--kubeconfig", "-C", "-chdir", "--kube-context",
                "--profile", "--region", "--project", "-f", "--file", "-H", "--host"}  # fmt: skip
_EXPRESSION = re.compile(r"\$\{\{(?:(?!\$\{\{|\}\}).)*+\}\}", re.DOTALL)
# Commands that ask and change nothing, so that what follows `&&` depends on the answer.
_QUESTION = re.compile(
    r"(?:test|\[{1,2}|grep|cmp|diff|command\s+-v|which|type|(?:kubectl|oc)\s+get|helm\s+(?:status|list)"
    r"|git\s+diff|docker\s+inspect|aws\s+\S+\s+(?:describe|list|get|head)\S*)(?:\s|$)"
)
_PREFIXES = {"sudo", "exec", "command", "time", "nohup", "env", "nice", "doas"}


@dataclass(frozen=True, slots=True)
class Redirect:
    """`op target`, such as `>> /etc/hosts`."""

    op: str
    target: str


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
    redirects: tuple[Redirect, ...]
    guarded: bool
    text: str
    open_words: Unknown | None  # an unquoted expansion may stand for further words and flags


@dataclass(frozen=True, slots=True)
class ShellScript:
    """The commands in the order in which they stand; `errors` are offsets of what did not parse."""

    commands: tuple[Command, ...]
    errors: tuple[int, ...]


@lru_cache(maxsize=1)
def _parser() -> Any:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse_shell(text: str) -> ShellScript:
    """The script's commands. Never raises; text beyond `MAX_SCRIPT` is not read."""
    text = text[:MAX_SCRIPT]
    expressions: dict[int, str] = {}

    def put_aside(match: re.Match[str]) -> str:
        expressions[match.start()] = match[0]
        return "_" * len(match[0])

    plain = _EXPRESSION.sub(put_aside, text)
    data = plain.encode("utf-8", "replace")  # half of a surrogate pair becomes `?`
    tree = _parser().parse(data)
    reader = _Reader(text, data, expressions)
    reader.walk(tree.root_node)
    return ShellScript(tuple(reader.commands), tuple(reader.errors))


class _Reader:
    def __init__(self, text: str, data: bytes, expressions: dict[int, str]) -> None:
        self.text = text
        self.data = data
        self.expressions = expressions
        # The byte behind each character; None if characters are bytes.
        self.ends: list[int] | None = None
        if len(data) != len(text):
            self.ends = list(accumulate(len(letter.encode("utf-8", "replace")) for letter in text))
        self.places = sorted(expressions)
        self.commands: list[Command] = []
        self.errors: list[int] = []

    def offset(self, byte: int) -> int:
        """A byte offset as a character offset."""
        return byte if self.ends is None else bisect_right(self.ends, byte)

    def walk(self, root: Any) -> None:
        """Every command below the node, guarded or not; a stack instead of recursion."""
        stack: list[tuple[Any, bool]] = [(root, False)]
        caught = False
        while stack:
            node, guarded = stack.pop()
            kind = node.type
            if kind == "ERROR":
                self.errors.append(self.offset(node.start_byte))
            if kind in ("command", "redirected_statement"):
                command_node, redirects = node, []
                if kind == "redirected_statement":
                    body = node.child_by_field_name("body")
                    redirects = [child for child in node.children if "redirect" in child.type]
                    if body is None or body.type != "command":
                        stack.extend((child, guarded) for child in reversed(node.children))
                        continue
                    command_node = body
                command = self.command(command_node, redirects, guarded=guarded or caught)
                if command is not None:
                    self.commands.append(command)
                    if command.program == "set":
                        caught = _errexit(command, caught)
                inner = [child for child in node.children if child.type != "command"]
                if kind == "redirected_statement":
                    inner += list(command_node.children)
                stack.extend((child, guarded) for child in reversed(inner))
                continue
            stack.extend(reversed(list(self.children(node, guarded))))

    def children(self, node: Any, guarded: bool) -> list[tuple[Any, bool]]:
        """The children, with what guards each of them."""
        kind = node.type
        if kind == "list":
            # `a || b` provides for a's failure; `test && b` runs b only where it is wanted.
            operator = next((child.type for child in node.children if not child.is_named), "")
            if operator == "||" or (node.children and self.asks(node.children[0])):
                return [(child, True) for child in node.children]
        if kind in ("if_statement", "elif_clause", "case_statement"):
            return [(child, True) for child in node.children]
        if kind == "negated_command":
            return [(child, True) for child in node.children]
        return [(child, guarded) for child in node.children]

    def asks(self, node: Any) -> bool:
        """True if the command only looks at the state of things."""
        while node.type in ("redirected_statement", "negated_command", "list", "pipeline"):
            if not node.named_children:
                return False
            node = node.named_children[-1 if node.type in ("list", "pipeline") else 0]
        if node.type == "test_command":
            return True
        name = node.child_by_field_name("name") if node.type == "command" else None
        if name is None:
            return False
        text = self.text[self.offset(node.start_byte) : self.offset(node.end_byte)]
        return _QUESTION.match(text) is not None

    def command(self, node: Any, redirects: list[Any], *, guarded: bool) -> Command | None:
        name = node.child_by_field_name("name")
        if name is None:
            return None
        words: list[tuple[Word, bool]] = [self.word(name)]
        inner_redirects = list(redirects)
        for child in node.children:
            if child.start_byte < name.end_byte or child.type == "variable_assignment":
                continue
            if "redirect" in child.type:
                inner_redirects.append(child)
            elif child.is_named:
                words.append(self.word(child))
        while len(words) > 1 and words[0][0] in _PREFIXES:
            words.pop(0)
            while len(words) > 1 and _is_setting(words[0][0]):
                words.pop(0)
        start, end = self.offset(node.start_byte), self.offset(node.end_byte)
        while end > start and self.text[end - 1] in " \t\r\n":
            end -= 1
        program = words[0][0]
        if isinstance(program, str) and "/" in program:
            program = program.rpartition("/")[2]
        known_program = program if isinstance(program, str) else ""
        parts = _Arguments(known_program, words[1:])
        found = [self.redirect(child) for child in inner_redirects]
        return Command(
            start, end, program, parts.subcommand, tuple(parts.flags), tuple(parts.options),
            tuple(parts.positionals), tuple(one for one in found if one is not None), guarded,
            self.text[start:end], parts.open_words,
        )  # fmt: skip

    def redirect(self, node: Any) -> Redirect | None:
        if node.type != "file_redirect":
            return None
        target = node.child_by_field_name("destination")
        op = next((child.type for child in node.children if not child.is_named), ">")
        if target is None:
            return None
        # As written, because a rule tells `$GITHUB_OUTPUT` from a file by its name.
        text = self.text[self.offset(target.start_byte) : self.offset(target.end_byte)]
        return Redirect(str(op), text.strip("\"'"))

    def word(self, node: Any) -> tuple[Word, bool]:
        """A word's value, and whether it may become several words when it is expanded."""
        parts: list[str | Unknown | Segments] = []
        splits = self.collect(node, parts, quoted=False)
        value = join_segments(parts)
        if isinstance(value, Segments) and len(value.parts) == 1:
            only = value.parts[0]
            assert isinstance(only, Unknown)
            return only, splits
        return value, splits

    def collect(self, node: Any, parts: list[str | Unknown | Segments], *, quoted: bool) -> bool:
        kind = node.type
        start, end = self.offset(node.start_byte), self.offset(node.end_byte)
        if kind in ("simple_expansion", "expansion", "command_substitution",
                    "process_substitution", "arithmetic_expansion"):  # fmt: skip
            text = self.text[start:end]
            parts.append(Unknown(Reason.ENVIRONMENT, text[:60], identity=""))
            return not quoted and kind != "arithmetic_expansion"
        if kind == "raw_string":
            self.literal(start + 1, end - 1, parts)
            return False
        if kind in ("string", "concatenation", "command_name", "translated_string"):
            splits = False
            at = start + (1 if kind == "string" else 0)
            limit = end - (1 if kind == "string" else 0)
            for child in node.children:
                if child.type == '"':
                    continue
                begin = self.offset(child.start_byte)
                if begin > at:
                    self.literal(at, min(begin, limit), parts)
                inside = quoted or kind == "string"
                splits = self.collect(child, parts, quoted=inside) or splits
                at = self.offset(child.end_byte)
            if not node.children:
                at = start
            if at < limit:
                self.literal(at, limit, parts)
            return splits
        return self.literal(start, end, parts)

    def literal(self, start: int, end: int, parts: list[str | Unknown | Segments]) -> bool:
        """Known text, with the CI system's expressions back in their places."""
        at = start
        splits = False
        first, last = bisect_left(self.places, start), bisect_left(self.places, end)
        for begin in self.places[first:last]:
            if begin > at:
                parts.append(_unescaped(self.text[at:begin]))
            text = self.expressions[begin]
            parts.append(Unknown(Reason.ENVIRONMENT, text[3:-2].strip()[:60]))
            at = begin + len(text)
            splits = True
        if at < end:
            parts.append(_unescaped(self.text[at:end]))
        return splits


def _is_setting(word: Word) -> bool:
    """A flag or an assignment between a prefix such as `sudo` and the program."""
    return isinstance(word, str) and (word.startswith("-") or "=" in word)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(\r?\n)?(.?)", lambda match: match[2] or "", text) if "\\" in text else text


def _errexit(command: Command, before: bool) -> bool:
    if "+e" in command.positionals or "+e" in command.flags:
        return True
    if any(flag.startswith("-") and "e" in flag for flag in command.flags):
        return False
    return before


class _Arguments:
    """Words told apart: subcommand, flags, options, positionals."""

    def __init__(self, program: str, words: list[tuple[Word, bool]]) -> None:
        self.subcommand: Word | None = None
        self.flags: list[str] = []
        self.options: list[tuple[str, Word]] = []
        self.positionals: list[Word] = []
        self.open_words: Unknown | None = None
        wanted = SUBCOMMANDS.get(program, 0)
        taken: list[Word] = []
        only_words = False
        skip_value = False
        for word, splits in words:
            if splits and self.open_words is None:
                self.open_words = word if isinstance(word, Unknown) else None
                if isinstance(word, Segments):
                    self.open_words = word.unknowns[0]
                if isinstance(word, Unknown):
                    continue
            if skip_value:
                skip_value = False
                continue
            head = (
                word if isinstance(word, str) else word.prefix if isinstance(word, Segments) else ""
            )
            if head == "--" and not only_words:
                only_words = True
            elif head.startswith(("-", "+")) and len(head) > 1 and not only_words:
                name, equals, value = head.partition("=")
                self.flags.append(name)
                if equals:
                    if isinstance(word, Segments):
                        self.options.append((name, join_segments((value, *word.parts[1:]))))
                    else:
                        self.options.append((name, value))
                elif len(taken) < wanted and name in _VALUE_FLAGS:
                    skip_value = True
            elif len(taken) < wanted:
                taken.append(word)
            else:
                self.positionals.append(word)
        if taken:
            known = [word for word in taken if isinstance(word, str)]
            self.subcommand = " ".join(known) if len(known) == len(taken) else taken[0]
