"""Words of a command: what is known of each, and which are subcommand, flags and arguments."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from plumbrule_parsers.value import Reason, Segments, Unknown, join_segments

Word = str | Segments | Unknown


class Expression(NamedTuple):
    """A stretch of a script that the CI system replaces: what it says, and its text if known.

    `candidates` are all the texts that it can be, if they are listed.
    """

    start: int
    end: int
    said: str
    value: str | None = None
    candidates: tuple[str, ...] = ()


_EXPRESSION = re.compile(r"\$\{\{(?:(?!\$\{\{|\}\}).)*+\}\}", re.DOTALL)
# Programs whose first argument names what they do; the number says how many words it may take.
SUBCOMMANDS = {
    "kubectl": 1, "oc": 1, "helm": 1, "terraform": 1, "tofu": 1, "terragrunt": 1, "git": 1,
    "docker": 1, "podman": 1, "buildah": 1, "npm": 1, "yarn": 1, "pnpm": 1, "pip": 1, "pip3": 1,
    "apt-get": 1, "apt": 1, "apk": 1, "yum": 1, "dnf": 1, "brew": 1, "cargo": 1, "go": 1,
    "argocd": 1, "flux": 1, "pulumi": 1, "ansible-galaxy": 1, "systemctl": 1, "aws": 2,
    "gcloud": 2, "az": 2, "gh": 2, "kustomize": 1, "skaffold": 1, "vault": 1, "make": 0,
}  # fmt: skip
# Flags of these programs that stand before the subcommand and take a word.
VALUE_FLAGS = {"-n", "--namespace", "--context", "--kubeconfig", "-C", "-chdir", "--kube-context",
                "--profile", "--region", "--project", "-f", "--file", "-H", "--host"}  # fmt: skip
_FOREIGN = re.compile(r"[^\x00-\x7f]")
VARIABLE = re.compile(r"\$\{?[#!]?([A-Za-z_]\w*)")
_EXPANDED = re.compile(r"\$\{[^{}]*\}|\$\w+")
_SPECIAL = set(" \t\r\n\"'\\$`*?[]{}()<>|&;#~!")  # the shell would read these in the text
_EXPANSIONS = ("simple_expansion", "expansion", "command_substitution", "process_substitution",
               "arithmetic_expansion")  # fmt: skip


def expressions_in(text: str) -> Iterator[Expression]:
    """Where `${{ ... }}` stand, and what they say."""
    for match in _EXPRESSION.finditer(text):
        yield Expression(match.start(), match.end(), " ".join(match[0][3:-2].split()))


class Text:
    """A script with its places, and the CI system's expressions in it.

    `expressions` are by the offset at which they stand.
    """

    def __init__(self, text: str, plain: str, expressions: Mapping[int, Expression]) -> None:
        self.text = text
        self.plain = plain  # the text with something harmless in place of each expression
        # The grammar's scanner looks letters up in a small table and reads memory beyond it for
        # others. To a shell they are all parts of words; and so a byte is a character.
        self.data = _FOREIGN.sub("x", plain).encode()
        self.starts: dict[int, int] = {}  # of commands, by node of the tree
        self.names: list[str] = []  # of the shell's variables, as words with them are read
        self.expressions = expressions
        self.places = sorted(expressions)

    def offset(self, byte: int) -> int:
        """A byte offset as a character offset."""
        return byte

    def of(self, node: Any) -> str:
        """What is written at the node."""
        return self.text[self.offset(node.start_byte) : self.offset(node.end_byte)]

    def expressions_in(self, start: int, end: int) -> tuple[str, ...]:
        """The CI system's expressions between two offsets, each once."""
        first, last = bisect_left(self.places, start), bisect_left(self.places, end)
        return tuple(dict.fromkeys(self.expressions[at].said for at in self.places[first:last]))

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

    def program_of(self, node: Any) -> str:
        """The program that the first command of the node runs, as far as it is known."""
        for _step in range(12):
            if node.type == "declaration_command":
                return self.of(node.children[0])
            name = node.child_by_field_name("name") if node.type == "command" else None
            if name is not None:
                word = self.word(name)[0]
                return word.rpartition("/")[2] if isinstance(word, str) else "?"
            inner = node.child_by_field_name("body") or next(iter(node.named_children), None)
            if inner is None:
                break
            node = inner
        return ""

    def collect(self, node: Any, parts: list[str | Unknown | Segments], *, quoted: bool) -> bool:
        """Add the parts of the node; true if an expansion in it is open to splitting."""
        kind = node.type
        start, end = self.offset(node.start_byte), self.offset(node.end_byte)
        if kind in _EXPANSIONS:
            if kind in ("simple_expansion", "expansion"):
                self.names += VARIABLE.findall(self.plain[start:end])
            parts.append(Unknown(Reason.ENVIRONMENT, self.text[start:end][:60], identity=""))
            return not quoted and kind != "arithmetic_expansion"
        if kind == "raw_string":
            self.literal(start + 1, end - 1, parts)
            return False
        if kind in ("string", "concatenation", "command_name", "translated_string",
                    "variable_assignment"):  # fmt: skip
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

    def glued(self, start: int, end: int) -> tuple[Word, bool]:
        """A word of several pieces of the tree: its text, and its variables as unknown parts."""
        parts: list[str | Unknown | Segments] = []
        at = start
        for found in _EXPANDED.finditer(self.plain, start, end):
            self.literal(at, found.start(), parts)
            self.names += VARIABLE.findall(found[0])
            said = self.text[found.start() : found.end()][:60]
            parts.append(Unknown(Reason.ENVIRONMENT, said, identity=""))
            at = found.end()
        self.literal(at, end, parts)
        bare = [part.replace('"', "") if isinstance(part, str) else part for part in parts]
        return join_segments(bare), at > start

    def literal(self, start: int, end: int, parts: list[str | Unknown | Segments]) -> bool:
        """Known text, with the CI system's expressions back in their places."""
        at = start
        splits = False
        first, last = bisect_left(self.places, start), bisect_left(self.places, end)
        for begin in self.places[first:last]:
            if begin > at:
                parts.append(_unescaped(self.text[at:begin]))
            found = self.expressions[begin]
            at = found.end
            if found.value is not None and not set(found.value) & _SPECIAL:
                parts.append(found.value)
                continue
            plain = not any(set(one) & _SPECIAL for one in found.candidates)
            some = found.candidates if plain else ()
            parts.append(Unknown(Reason.ENVIRONMENT, found.said[:60], candidates=some))
            splits = True
        if at < end:
            parts.append(_unescaped(self.text[at:end]))
        return splits


def _unescaped(text: str) -> str:
    return re.sub(r"\\(\r?\n)?(.?)", lambda match: match[2] or "", text) if "\\" in text else text


class Arguments:
    """Words told apart: subcommand, flags, options, positionals.

    `open_words` is set if an unquoted expansion may stand for further words and flags.
    """

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
                elif len(taken) < wanted and name in VALUE_FLAGS:
                    skip_value = True
            elif len(taken) < wanted:
                taken.append(word)
            else:
                self.positionals.append(word)
        if taken:
            known = [word for word in taken if isinstance(word, str)]
            self.subcommand = " ".join(known) if len(known) == len(taken) else taken[0]
