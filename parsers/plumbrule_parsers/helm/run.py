"""All templates of a chart under their names, and how one runs another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.gotemplate import parse_template
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.chart import Chart
from plumbrule_parsers.helm.compile import compile_body
from plumbrule_parsers.helm.functions.call import Capabilities
from plumbrule_parsers.helm.state import (
    Budget,
    Emit,
    FileGround,
    Ground,
    RenderError,
    State,
    called,
    ground_of,
)
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced, made_of, of_pieces, pieces_of
from plumbrule_parsers.traced_text import Edit, Piece, edit, plain_text
from plumbrule_parsers.value import Hop, Reason, Segments, Unknown

MAX_CALLS: Final = 60  # templates that call each other
NO_VALUE: Final = "<no value>"


@dataclass(slots=True)
class Named:
    """A template that can be called; compiled when it is first used."""

    body: tuple[s.Element, ...]
    ground: Ground
    ready: Emit | None = None

    def compiled(self) -> Emit:
        """The function that runs it."""
        if self.ready is None:
            self.ready = compile_body(self.body, self.ground)
        return self.ready


class Host:
    """What functions may ask of the chart that is rendered."""

    __slots__ = ("run", "span", "state")

    def __init__(self, run: Run, state: State, span: Span) -> None:
        self.run, self.state, self.span = run, state, span

    @property
    def capabilities(self) -> Capabilities:
        """Versions and API names of the cluster that is rendered for."""
        return self.run.capabilities

    def include(self, name: str, data: Traced) -> Traced:
        """The named template's output."""
        try:
            return self.run.include(Traced(name), data, self.state, self.span)
        except RenderError as error:
            raise FunctionError(error.message) from error

    def tpl(self, text: Traced, data: Traced) -> Traced:
        """The output of `text` as a template."""
        try:
            return self.run.tpl(text, data, self.state, self.span)
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

    def __init__(self, capabilities: Capabilities, trees: dict[str, s.Template]) -> None:
        self.capabilities = capabilities
        self.trees = trees  # parsed texts, shared between runs
        self.named: dict[str, Named] = {}
        self.budget = Budget()
        self.problems: list[Problem] = []
        self.doubts: list[tuple[Unknown, Span]] = []
        self.missing: tuple[str, ...] = ()
        self.chart: Chart | None = None  # whose files are `.Files`

    def host(self, state: State, span: Span) -> Host:
        """The host of a call."""
        return Host(self, state, span)

    def doubt(self, condition: Traced, span: Span) -> None:
        """Note a condition that cannot be told; the template goes on as if it held."""
        why = condition.unknown or condition.rest or Unknown(Reason.EXPRESSION, "condition")
        self.doubts.append((why, span))

    def tree(self, source: Source) -> s.Template:
        """The syntax tree of a text, parsed once."""
        known = self.trees.get(source.text)
        if known is None or (known.problems and known.problems[0].span.source != source):
            known = self.trees[source.text] = parse_template(source)
        return known

    def add(self, name: str, source: Source) -> tuple[Problem, ...]:
        """Make a file's template and its definitions callable; the last of a name wins."""
        tree = self.tree(source)
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
        state = State(self, data, data, out)
        named = self.named[name]
        start = named.ground.span(0, 0)
        try:
            named.compiled()(state)
        except RecursionError:
            raise RenderError("the template nests too deeply", start, "render-limit") from None
        return without_no_value(out)

    def execute(
        self, name: str, data: Traced, state: State, span: Span, out: list[Piece]
    ) -> None:  # fmt: skip
        """Run a named template; what it prints is appended to `out`."""
        named = self.named.get(name)
        if named is None:
            if self.missing:
                detail = f"template `{name}` of a dependency that is not in the repository"
                unknown = Unknown(Reason.REMOTE, detail, span)
                out.append(Piece(unknown, (Hop(span, "template"), *state.chain)))
                return
            raise RenderError(f"there is no template `{name[:80]}`", span)
        self.execute_body(named.compiled(), data, state, span, out)

    def execute_body(
        self, body: Emit, data: Traced, state: State, span: Span, out: list[Piece]
    ) -> None:  # fmt: skip
        """Run a template that is called at `span`."""
        if state.depth >= MAX_CALLS:
            message = f"templates call each other more than {MAX_CALLS} levels deep"
            raise RenderError(message, span, "render-limit")
        self.budget.step(lambda: span)
        body(State(self, data, data, out, called(state.chain, span), state.guards, [],
                   state.depth + 1))  # fmt: skip

    def include(self, name: Traced, data: Traced, state: State, span: Span) -> Traced:
        """The output of a named template as a value."""
        if isinstance(name.data, (Unknown, Segments)):
            return made_of(name.unknown, name)
        if not isinstance(name.data, str):
            raise RenderError("`include` needs the name of a template", span)
        out: list[Piece] = []
        self.execute(str(name.data), data, state, span, out)
        return of_pieces(out)

    def tpl(self, text: Traced, data: Traced, state: State, span: Span) -> Traced:
        """The output of a text as a template."""
        if isinstance(text.data, (Unknown, Segments)):
            return text
        if not isinstance(text.data, str):
            raise RenderError("`tpl` needs a text", span)
        if "{{" not in text.data:
            return text
        pieces = pieces_of(text)
        source = Source(span.path, plain_text(pieces))
        tree = self.trees.get(source.text) or self.tree(source)
        if tree.problems:
            raise RenderError(f"in the text for `tpl`: {tree.problems[0].message}", span)
        ground = ground_of(pieces, span)
        before = dict(self.named) if tree.definitions else None
        for definition in tree.definitions.values():
            self.named[definition.name] = Named(definition.body, ground)
        out: list[Piece] = []
        try:
            self.execute_body(compile_body(tree.body, ground), data, state, span, out)
        finally:
            if before is not None:
                self.named = before
        return of_pieces(without_no_value(out))


def without_no_value(pieces: list[Piece]) -> list[Piece]:
    """The output without what Go prints for nil, as Helm leaves it out."""
    text = plain_text(pieces)
    if NO_VALUE not in text:
        return pieces
    edits = []
    at = text.find(NO_VALUE)
    while at >= 0:
        edits.append(Edit(at, at + len(NO_VALUE), ""))
        at = text.find(NO_VALUE, at + len(NO_VALUE))
    return edit(pieces, edits)
