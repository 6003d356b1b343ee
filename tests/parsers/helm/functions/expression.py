"""A reader of single template expressions, so that examples read as templates do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.helm.functions.call import Call, Capabilities
from plumbrule_parsers.helm.functions.methods import call_method, has_method
from plumbrule_parsers.helm.functions.objects import FilesData
from plumbrule_parsers.helm.functions.table import call as call_function
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<raw>`[^`]*`)|(?P<number>[-+]?\d[\w.+-]*)"""
    r"""|(?P<mark>[()|])|(?P<field>\.[\w.]*)|(?P<name>\w+))"""
)
ESCAPE = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


@dataclass
class FakeHost:
    """A chart of a few files; named templates are functions of the tests."""

    contents: dict[str, bytes] = field(default_factory=dict)
    named: dict[str, Traced] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities("v1.33.0", frozenset({"v1", "apps/v1"}), "v4.1.4")
    )

    def include(self, name: str, data: Traced) -> Traced:
        if name not in self.named:
            raise FunctionError(f"no template `{name}`")
        return self.named[name]

    def tpl(self, text: Traced, data: Traced) -> Traced:
        return text

    def file(self, path: str) -> bytes | None:
        return self.contents.get(path)

    def files(self, glob: str) -> list[str]:
        wanted = re.compile(re.escape(glob).replace(r"\*\*", ".*").replace(r"\*", "[^/]*"))
        return sorted(path for path in self.contents if wanted.fullmatch(path))

    def problem(self, code: str, message: str, span: Span) -> None:
        self.problems.append(code)


def a_call(host: FakeHost | None = None) -> Call:
    source = Source("templates/t.yaml", "{{ call }}")
    return Call(source.span(0, 10), host or FakeHost())


def evaluate(
    text: str, values: dict[str, Traced] | None = None, call: Call | None = None
) -> Traced:
    """The value of a pipeline: calls, strings, numbers, parentheses and fields of `values`."""
    call = call or a_call()
    root = Traced(values or {})
    tokens: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        assert match is not None, text[at:]
        at = match.end()
        kind = str(match.lastgroup)
        joined = kind == "field" and not match[0][0].isspace() and tokens[-1:] == [("mark", ")")]
        tokens.append(("chain" if joined else kind, match[kind]))
    tokens.append(("mark", ")"))
    value, rest = _pipeline(tokens, root, call)
    assert not rest, rest
    return value


def _pipeline(
    tokens: Sequence[tuple[str, str]], root: Traced, call: Call
) -> tuple[Traced, Sequence[tuple[str, str]]]:
    piped: Traced | None = None
    while True:
        args: list[Traced] = []
        name: str | None = None
        path: str | None = None
        while tokens[0] not in {("mark", "|"), ("mark", ")")}:
            (kind, word), tokens = tokens[0], tokens[1:]
            first = not args and name is None and path is None
            if kind == "mark":
                value, tokens = _pipeline(tokens, root, call)
                if tokens and tokens[0][0] == "chain":
                    value, tokens = _field(value, tokens[0][1], [], call), tokens[1:]
                args.append(value)
            elif kind == "name" and word not in {"true", "false", "nil"}:
                if first:
                    name = word
                else:
                    args.append(call_function(word, [], call))
            elif kind == "field":
                if first:
                    path = word
                else:
                    args.append(_field(root, word, [], call))
            else:
                args.append(Traced(_literal(kind, word)))
        if piped is not None:
            args.append(piped)
        if name is not None:
            piped = call_function(name, args, call)
        elif path is not None:
            piped = _field(root, path, args, call)
        else:
            assert len(args) == 1, args
            piped = args[0]
        (_, mark), tokens = tokens[0], tokens[1:]
        if mark == ")":
            return piped, tokens


def _literal(kind: str, word: str) -> str | int | float | bool | None:
    if kind == "text":
        return re.sub(r"\\(.)", lambda found: ESCAPE[found[1]], word[1:-1])
    if kind == "raw":
        return word[1:-1]
    if kind == "number":
        try:
            return int(word, 0)
        except ValueError:
            return float(word)
    return {"true": True, "false": False, "nil": None}[word]


def _field(value: Traced, path: str, args: list[Traced], call: Call) -> Traced:
    names = [name for name in path.split(".") if name]
    for index, name in enumerate(names):
        if name == "Files" and value.data == {} and not has_method(value, name):
            value = Traced(FilesData(chart=True))
            continue
        if has_method(value, name):
            value = call_method(value, name, args if index == len(names) - 1 else [], call)
            continue
        assert isinstance(value.data, dict), name
        value = value.data.get(name, Traced(None))
    return value
