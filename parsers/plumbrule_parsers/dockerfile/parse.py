"""One Dockerfile to its document.

Source: https://docs.docker.com/reference/dockerfile/.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plumbrule_parsers.document import Document, Hole, Node, Problem, Severity, how_much
from plumbrule_parsers.shell_tree.domain import THROWAWAY, Ground
from plumbrule_parsers.shell_tree.nodes import command_nodes, unread
from plumbrule_parsers.shell_tree.state import (
    IMAGE_BUILD,
    SHELLS,
    ShellState,
    script_shell,
    with_options,
)
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    Value,
    join_segments,
)

KEYWORDS = {"FROM", "RUN", "CMD", "LABEL", "MAINTAINER", "EXPOSE", "ENV", "ADD", "COPY",
            "ENTRYPOINT", "VOLUME", "USER", "WORKDIR", "ARG", "ONBUILD", "STOPSIGNAL",
            "HEALTHCHECK", "SHELL"}  # fmt: skip
_HEAD = re.compile(r"^[ \t]*(?:FROM|ARG)[ \t]+\S", re.MULTILINE | re.IGNORECASE)
_ESCAPE = re.compile(r"#[ \t]*escape[ \t]*=[ \t]*(\\|`)", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")
_SCRIPT = re.compile(r"<<-?[\"']?\w+[\"']?[ \t]*([\w./-]*)[ \t\r]*\n")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?[-+][^}]*)?\}|(\w+))")
_FLAG = re.compile(r"--[\w-]+(?:=\S+)?\s+")


def detect(path: str, head: str) -> int:
    """3 by name, if there is a FROM or nothing that speaks against it."""
    name = path.rpartition("/")[2]
    lower = name.lower()
    named = lower in ("dockerfile", "containerfile") or lower.startswith(
        ("dockerfile.", "containerfile.")
    ) or lower.endswith((".dockerfile", ".containerfile"))  # fmt: skip
    if not named or lower.endswith((".dockerignore", ".md")):
        return 0
    return 3 if _HEAD.search(head) or not head.strip() else 1


@dataclass(frozen=True, slots=True)
class _Instruction:
    start: int
    end: int
    keyword: str
    text: str  # continued lines joined
    offsets: Callable[[int], int]  # from `text` to the source


def parse(source: Source) -> Document:
    """The stages and instructions with the commands that RUN runs."""
    reader = _Reader(source)
    for instruction in _instructions(source, reader.problems):
        reader.take(instruction)
    state, because = how_much(reader.problems)
    return Document(source, "dockerfile", tuple(reader.nodes), problems=tuple(reader.problems),
                    holes=tuple(reader.holes),
                    completeness=state, because=because)  # fmt: skip


def _instructions(source: Source, problems: list[Problem]) -> Iterator[_Instruction]:
    """Instructions with their continued lines; comments inside are dropped."""
    text = source.text
    escape = "\\"
    directive = _ESCAPE.match(text)
    if directive is not None:
        escape = directive[1]
    at, length = 0, len(text)
    while at < length:
        line_end = _line_end(text, at)
        line = text[at:line_end]
        if not line.strip() or line.lstrip().startswith("#"):
            at = line_end + 1
            continue
        start = at + len(line) - len(line.lstrip())
        pieces: list[str] = []
        table: list[tuple[int, int]] = []  # (offset in the joined text, offset in the source)
        size = 0
        while True:
            line = text[at:line_end].rstrip("\r")
            stripped = line.rstrip(" \t")
            comment = bool(pieces) and line.lstrip().startswith("#")
            continued = not comment and stripped.endswith(escape)
            body = stripped[:-1] if continued else line
            if not comment:
                table.append((size, at))
                pieces.append(body + (" " if continued else ""))
                size += len(pieces[-1])
            at = line_end + 1
            if (not continued and not comment) or at > length:
                break
            if at >= length:
                break
            line_end = _line_end(text, at)
        joined = "".join(pieces)
        end = min(at - 1, length)
        for marker in _HEREDOC.findall(joined) if joined.lstrip()[:3].upper() in (
            "RUN", "COP", "ADD"
        ) else ():  # fmt: skip
            closing = re.compile(rf"^\t*{re.escape(marker)}[ \t\r]*$", re.MULTILINE).search(
                text, at
            )
            if closing is None:
                span = Span(source, start, end).first_line
                problems.append(Problem("heredoc", f"the heredoc `{marker}` is not closed", span))
                break
            table.append((size, at - 1))  # the line end before the heredoc's first line
            joined += "\n" + text[at : closing.start()]
            size = len(joined)
            at = _line_end(text, closing.end()) + 1
            end = closing.end()
        keyword, _, _rest = joined.strip().partition(" ")
        keyword = keyword.split("\t")[0].upper()
        if keyword not in KEYWORDS:
            span = Span(source, start, min(start + len(keyword), length))
            message = f"`{' '.join(keyword.split())[:30]}` is no instruction"
            problems.append(Problem("unknown-instruction", message, span, Severity.WARNING))
            continue
        yield _Instruction(start, end, keyword, joined, _mapping(table))


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _mapping(table: list[tuple[int, int]]) -> Callable[[int], int]:
    starts = [joined for joined, _written in table]

    def place(offset: int) -> int:
        joined, written = table[max(bisect_right(starts, offset) - 1, 0)]
        return written + offset - joined

    return place


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.nodes: list[Node] = [
            Node(f"{source.path}#file", "docker.File", source.path,
                 MapValue(source, 0, len(source.text), {"name": source.path}), source.span(0, 0)),
        ]  # fmt: skip
        self.problems: list[Problem] = []
        self.holes: list[Hole] = []
        self.variables: dict[str, Value] = {}
        self.stage = self.nodes[0]
        self.counts: dict[str, int] = {}
        self.shell = "sh"

    def take(self, instruction: _Instruction) -> None:
        """One instruction."""
        keyword = instruction.keyword
        written = instruction.text.lstrip()
        lead = len(instruction.text) - len(written)
        body = written[len(keyword) :]
        offset = lead + len(keyword) + len(body) - len(body.lstrip())
        body = body.strip()
        flags = []
        while (flag := _FLAG.match(body)) is not None:
            flags.append(flag[0].strip())
            offset += flag.end()
            body = body[flag.end() :]
        if keyword == "FROM":
            self.start_stage(instruction, body, flags)
        elif keyword in ("ARG", "ENV"):
            self.declare(keyword, body)
        elif keyword == "SHELL":
            self.shell = body
        count = self.counts.get(keyword, 0)
        self.counts[keyword] = count + 1
        span = Span(self.source, instruction.start, max(instruction.start, instruction.end))
        fields = MapValue(self.source, span.start, span.end)
        fields.put("name", f"{keyword} {body[:40]}")
        key = Span(self.source, span.start, span.start + len(keyword))
        fields.put("keyword", keyword, Place(key))
        fields.put("arguments", body, Place(span))
        fields.put("flags", ListValue(self.source, span.start, span.end, flags))
        if keyword in ("ADD", "COPY"):
            words = _words(body)
            values = [self.expand(word) for word in words[:-1]]
            fields.put("sources", ListValue(self.source, span.start, span.end, values), Place(span))
            if words:
                fields.put("destination", self.expand(words[-1]), Place(span))
        address = f"{self.stage.address}/{keyword}/{count}"
        node = Node(address, "docker.Instruction", f"{keyword} {body[:30]}".strip(), fields,
                    span.first_line, self.stage.address)  # fmt: skip
        self.nodes.append(node)
        if keyword == "RUN" and not body.startswith("[") and "powershell" not in self.shell.lower():
            self.run(instruction, body, offset, node)

    def run(self, instruction: _Instruction, body: str, base: int, node: Node) -> None:
        """The commands of RUN."""
        state = self.state()
        heredoc = _SCRIPT.match(body)
        if heredoc is not None:  # the shell gets the lines below and never sees the marker
            base += heredoc.end()
            body = body[heredoc.end() :]
            if heredoc[1]:
                state = ShellState(heredoc[1])
        state = script_shell(body, state)

        def place(at: int) -> int:
            return instruction.offsets(base + at)

        if state.name not in SHELLS:
            why = Unknown(
                Reason.EXPRESSION, f"script in `{state.name[:40]}` is not read", node.span
            )
            self.holes.append(Hole(why, node.span, edges=("contains",), addresses=(node.address,)))
            return
        ground = Ground(THROWAWAY)
        self.nodes.extend(command_nodes(
            body, self.source, place, node.address, node.address, state=state, ground=ground
        ))  # fmt: skip
        self.holes.extend(unread(ground, self.source, place, node.address))

    def state(self) -> ShellState:
        """The shell of RUN: `sh -c`, or what SHELL says."""
        words = _words(self.shell) if self.shell.startswith("[") else []
        if not words or not words[0]:
            return IMAGE_BUILD
        name = words[0].replace("\\", "/").rpartition("/")[2]
        return with_options(ShellState(name), words[1:])

    def start_stage(self, instruction: _Instruction, body: str, flags: list[str]) -> None:
        words = body.split()
        if not words:
            span = Span(self.source, instruction.start, instruction.end).first_line
            self.problems.append(Problem("missing-image", "FROM needs an image", span))
            return
        name = words[2] if len(words) > 2 and words[1].lower() == "as" else str(
            self.counts.get("FROM", 0)
        )  # fmt: skip
        span = Span(self.source, instruction.start, instruction.end).first_line
        at = self.source.text.find(words[0], instruction.start)
        image = Span(self.source, at, at + len(words[0])) if at >= 0 else span
        fields = MapValue(self.source, span.start, span.end)
        fields.put("name", name)
        fields.put("image", self.expand(words[0]), Place(image))
        for flag in flags:
            if flag.startswith("--platform="):
                fields.put("platform", flag.partition("=")[2], Place(span))
        self.stage = Node(f"{self.source.path}#stage/{name}", "docker.Stage", f"stage {name}",
                          fields, span, self.nodes[0].address)  # fmt: skip
        self.nodes.append(self.stage)

    def declare(self, keyword: str, body: str) -> None:
        """ARG and ENV: an argument may be given another value at build time."""
        for name, value in re.findall(r"(\w+)(?:=(\"[^\"]*\"|'[^']*'|\S+))?", body):
            known = value.strip("\"'") if value else None
            if keyword == "ENV" and known is not None:
                self.variables[name] = self.expand(known)
            elif keyword == "ARG":
                detail = f"build argument {name}" + (f", by default {known}" if known else "")
                self.variables[name] = Unknown(Reason.NO_VALUE, detail, type="string",
                                               not_null=known is not None,
                                               identity=f"{self.source.path}:{name}")  # fmt: skip

    def expand(self, text: str) -> Value:
        """Text with its variables replaced, or unknown in part."""
        if "$" not in text:
            return text
        parts: list[str | Unknown | Segments] = []
        at = 0
        for match in _VARIABLE.finditer(text):
            parts.append(text[at : match.start()])
            name = match[1] or match[2]
            value = self.variables.get(name)
            if isinstance(value, (str, Unknown, Segments)):
                parts.append(value)
            else:
                parts.append(Unknown(Reason.ENVIRONMENT, f"${name}", type="string"))
            at = match.end()
        parts.append(text[at:])
        return join_segments(parts)


def _words(body: str) -> list[str]:
    if body.startswith("["):
        try:
            listed = json.loads(body)
        except json.JSONDecodeError:
            return body.split()
        return [str(item) for item in listed] if isinstance(listed, list) else []
    return [
        word for word in body.split("\n", maxsplit=1)[0].split() if not word.startswith("<<")
    ] or [""]
