"""All templates of a chart under their names, and how one runs another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.chart import Chart
from plumbrule_parsers.helm.functions.call import Capabilities, Function
from plumbrule_parsers.helm.programs import Programs
from plumbrule_parsers.helm.state import (
    CONDITION,
    INCLUDED,
    MAX_GUARDS,
    MAX_READ,
    TEMPLATE,
    Budget,
    FileGround,
    Ground,
    RenderError,
    State,
    TextGround,
    called,
)
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced, made_of, of_pieces, pieces_of
from plumbrule_parsers.traced_text import Edit, Hops, Piece, edit, plain_text
from plumbrule_parsers.value import Hop, Reason, Segments, Unknown

MAX_CALLS: Final = 60  # templates that call each other
IN_TPL: Final = "in the text for `tpl`: "
NO_VALUE: Final = "<no value>"
_SEPARATOR: Final = re.compile(r"\n---")


class Named(NamedTuple):
    """A template that can be called; compiled when it is first used."""

    body: tuple[s.Element, ...]
    ground: Ground


class RunHost:
    """What functions may ask of the chart that is rendered; `at` is where the call stands."""

    __slots__ = ("at", "run", "state")

    def __init__(self, run: Run, state: State, at: tuple[int, int]) -> None:
        self.run, self.state, self.at = run, state, at

    @property
    def capabilities(self) -> Capabilities:
        """Versions and API names of the cluster that is rendered for."""
        return self.run.capabilities

    def include(self, name: str, data: Traced) -> Traced:
        """The named template's output."""
        try:
            return self.run.include(Traced(name), data, self.state, self.at)
        except RenderError as error:
            raise FunctionError(error.message) from error

    def tpl(self, text: Traced, data: Traced) -> Traced:
        """The output of `text` as a template."""
        try:
            return self.run.tpl(text, data, self.state, self.at)
        except RenderError as error:
            raise FunctionError(error.message) from error

    def file(self, path: str) -> bytes | None:
        """A chart file's content."""
        return self.run.chart.file(path) if self.run.chart is not None else None

    def files(self, glob: str) -> list[str]:
        """The chart files that fit a glob, sorted."""
        return self.run.chart.matching(glob) if self.run.chart is not None else []

    def problem(self, code: str, message: str, span: Span) -> None:
        """Note what a person should know although the rendering goes on."""
        self.run.problems.append(Problem(code, message, span, Severity.WARNING))


class Run:
    """One rendering of one chart. `missing` names what its unvendored dependencies are called."""

    def __init__(self, capabilities: Capabilities, programs: Programs) -> None:
        self.capabilities = capabilities
        self.programs = programs
        self.named: dict[str, Named] = {}
        self.budget = Budget()
        self.problems: list[Problem] = []
        self.doubts: list[tuple[Unknown, Span]] = []
        self.gaps = 0  # branches not taken that were noted
        self.missing: tuple[str, ...] = ()
        self.functions: Mapping[str, Function] = {}  # beside those of Helm, of a kindred tool
        self.chart: Chart | None = None  # whose files are `.Files`
        self.decisions: dict[int, tuple[Hop, Hop]] = {}  # by identity of the first

    def host(self, state: State, at: tuple[int, int]) -> RunHost:
        """The host of a call."""
        return RunHost(self, state, at)

    def decision(self, hop: Hop) -> Hop:
        """The hop of a value as one that decided; always the same one for the same hop."""
        known = self.decisions.get(id(hop))
        if known is None:
            made = Hop(hop.span, hop.note, "decision")
            known = self.decisions[id(hop)] = hop, made
        return known[1]

    def guarded(self, state: State, condition: Traced, at: tuple[int, int]) -> Hops:
        """The guards below a condition: where it stands, and the values that it read."""
        own = [state.ground.hop(state.base + at[0], state.base + at[1], CONDITION)]
        own += [
            hop if hop.kind == "decision" else self.decision(hop)
            for hop in condition.via[:MAX_READ]
            if hop.note not in (TEMPLATE, INCLUDED)
        ]
        own += state.guards
        return tuple(own[:MAX_GUARDS])

    def doubt(self, condition: Traced, span: Span) -> None:
        """Note a condition that cannot be told; the template goes on as if it held."""
        why = condition.unknown or condition.rest or Unknown(Reason.EXPRESSION, "condition")
        self.doubts.append((why, span))

    def add(self, name: str, source: Source) -> tuple[Problem, ...]:
        """Make a file's template and its definitions callable; the last of a name wins."""
        tree = self.programs.template(source)
        ground = FileGround(source)
        for definition in tree.definitions.values():
            self.named[definition.name] = Named(definition.body, ground)
        self.named[name] = Named(tree.body, ground)
        return tree.problems

    # ------------------------------------------------------------------ running
    def render(self, name: str, data: Traced) -> list[Piece]:
        """The output of a file's template. RenderError: it cannot be rendered."""
        self.doubts = []
        out: list[Piece] = []
        named = self.named[name]
        state = State(self, named.ground, data, out)
        try:
            self.programs.body(named.body)(state)
        except RecursionError:
            start = named.ground.span(0, 0)
            raise RenderError("the template nests too deeply", start, "render-limit") from None
        return without_blank_ends(without_no_value(out))

    def execute(
        self, name: str, data: Traced, state: State, at: tuple[int, int], out: list[Piece]
    ) -> None:  # fmt: skip
        """Run a named template; what it prints is appended to `out`."""
        named = self.named.get(name)
        if named is None:
            if self.missing:
                span = state.at(*at)
                detail = f"template `{name}` of a dependency that is not in the repository"
                unknown = Unknown(Reason.REMOTE, detail, span)
                out.append(Piece(unknown, (Hop(span, "template"), *state.chain)))
                return
            raise RenderError(f"there is no template `{name[:80]}`", state.at(*at))
        self.execute_body(named, data, state, at, out)

    def execute_body(
        self, named: Named, data: Traced, state: State, at: tuple[int, int], out: list[Piece]
    ) -> None:  # fmt: skip
        """Run a template that is called `at` these offsets of the element that runs."""
        if state.depth >= MAX_CALLS:
            message = f"templates call each other more than {MAX_CALLS} levels deep"
            raise RenderError(message, state.at(*at), "render-limit")
        self.budget.step(state)
        base = state.base
        hop = state.ground.hop(base + at[0], base + at[1], INCLUDED)
        inner = State(self, named.ground, data, out, called(state.chain, hop), state.guards,
                      state.depth + 1)  # fmt: skip
        self.programs.body(named.body)(inner)

    def include(
        self, name: Traced, data: Traced, state: State, at: tuple[int, int]
    ) -> Traced:  # fmt: skip
        """The output of a named template as a value."""
        if isinstance(name.data, (Unknown, Segments)):
            return made_of(name.unknown, name)
        if not isinstance(name.data, str):
            raise RenderError("`include` needs the name of a template", state.at(*at))
        out: list[Piece] = []
        self.execute(str(name.data), data, state, at, out)
        return of_pieces(out)

    def tpl(
        self, text: Traced, data: Traced, state: State, at: tuple[int, int]
    ) -> Traced:  # fmt: skip
        """The output of a text as a template."""
        if isinstance(text.data, (Unknown, Segments)):
            return text
        if not isinstance(text.data, str):
            raise RenderError("`tpl` needs a text", state.at(*at))
        if "{{" not in text.data:
            return text
        pieces, span = pieces_of(text), state.at(*at)
        source = Source(span.path, plain_text(pieces))
        tree = self.programs.templates.get(source.text) or self.programs.template(source)
        ground = TextGround(pieces, span)
        if tree.problems:
            wrong = tree.problems[0]
            at_fault = ground.span(wrong.span.start, wrong.span.end)
            raise RenderError(f"{IN_TPL}{wrong.message}", at_fault)
        before = dict(self.named) if tree.definitions else None
        for definition in tree.definitions.values():
            self.named[definition.name] = Named(definition.body, ground)
        out: list[Piece] = []
        try:
            self.execute_body(Named(tree.body, ground), data, state, at, out)
        finally:
            if before is not None:
                self.named = before
        return of_pieces(without_no_value(out))


def without_blank_ends(pieces: list[Piece]) -> list[Piece]:
    """The output without the blanks that end its documents, which Helm trims.

    They would else be part of a block scalar.
    """
    text = plain_text(pieces)
    edits: list[Edit] = []
    for end in (*[found.start() for found in _SEPARATOR.finditer(text)], len(text)):
        start = end
        while start and text[start - 1] in " \t\r\n":
            start -= 1
        if " " in text[start:end] or "\t" in text[start:end]:
            line = text.find("\n", start, end)
            if end < len(text) or line < 0:
                edits.append(Edit(start, end, ""))
            else:  # the last line keeps its end
                edits += [Edit(start, line, ""), Edit(line + 1, end, "")]
    return edit(pieces, edits) if edits else pieces


def without_no_value(pieces: list[Piece]) -> list[Piece]:
    """The output without what Go prints for nil, as Helm leaves it out."""
    text = plain_text(pieces)
    if NO_VALUE not in text:
        return pieces
    pieces = [Piece("", one.hops) if one.text == NO_VALUE else one for one in pieces]
    text = plain_text(pieces)
    edits = []
    at = text.find(NO_VALUE)
    while at >= 0:
        edits.append(Edit(at, at + len(NO_VALUE), ""))
        at = text.find(NO_VALUE, at + len(NO_VALUE))
    return edit(pieces, edits)
