"""Template trees to functions that run them.

Evaluation follows Go's `text/template/exec.go`: what is nil where, which arguments go to what, how
far a variable reaches.
"""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.access import NIL, truth
from plumbrule_parsers.helm.functions.table import call as call_function
from plumbrule_parsers.helm.gaps import Keys, keys_of, note_gap
from plumbrule_parsers.helm.pipeline import compile_pipe, set_variable
from plumbrule_parsers.helm.state import (
    INCLUDED,
    TEMPLATE,
    Emit,
    Evaluate,
    Here,
    RenderError,
    State,
)
from plumbrule_parsers.traced import Traced, pieces_of
from plumbrule_parsers.traced_text import Hops, Piece
from plumbrule_parsers.value import Hop, Segments, Unknown

_Pipes = dict[int, Evaluate]
_NO_VALUE = "<no value>"


class Break(Exception):  # noqa: N818
    """`break` or `continue` (`goes_on`) on its way to its loop."""

    def __init__(self, *, goes_on: bool) -> None:
        super().__init__()
        self.goes_on = goes_on


_BREAK, _CONTINUE = Break(goes_on=False), Break(goes_on=True)


def compile_body(body: Sequence[s.Element], pipes: _Pipes) -> Emit:
    """The function that runs the elements one after the other.

    `pipes` holds the pipelines that were compiled before, by identity; new ones are added.
    """
    steps = [_element(element, pipes) for element in body]
    if len(steps) == 1:
        return steps[0]

    def run(state: State) -> None:
        for step in steps:
            step(state)

    return run


def _pipe(pipe: s.Pipe, pipes: _Pipes) -> Evaluate:
    found = pipes.get(id(pipe))
    if found is None:
        found = pipes[id(pipe)] = compile_pipe(pipe)
    return found


def _element(element: s.Element, pipes: _Pipes) -> Emit:
    if isinstance(element, s.Text):
        return _text(element)
    if isinstance(element, s.Action):
        return _action(element, pipes)
    if isinstance(element, s.Branch):
        return _range(element, pipes) if element.keyword == "range" else _branch(element, pipes)
    if isinstance(element, s.Call):
        return _template(element, pipes)
    jump = _BREAK if element.keyword == "break" else _CONTINUE

    def leave(_state: State) -> None:
        raise jump

    return leave


def _text(element: s.Text) -> Emit:
    start, end = element.start, element.end
    size = end - start

    def run(state: State) -> None:
        budget = state.run.budget
        budget.characters -= size
        if budget.characters < 0:
            state.base = start
            budget.text(state, 0)
        state.ground.write(state.out, start, end, state.tail)

    return run


def _action(element: s.Action, pipes: _Pipes) -> Emit:
    evaluate = _pipe(element.pipe, pipes)
    start, end = element.start, element.end
    if element.pipe.names:

        def quiet(state: State) -> None:
            state.base = start
            evaluate(state)

        return quiet

    def run(state: State) -> None:
        state.base = start
        emit(state, evaluate(state), state.ground.hop(start, end, TEMPLATE))

    return run


def emit(state: State, value: Traced, hop: Hop) -> None:
    """Print a value as an action does."""
    data = value.data
    if data is None:
        hops = (hop, *state.chain, *value.via, *state.guards)
        state.out.append(Piece(_NO_VALUE, hops))
        return
    if not isinstance(data, (str, Segments, Unknown)):
        value = call_function("print", [value], Here(state, 0, hop.span.end - hop.span.start))
    size = 0
    out = state.out
    if value.data == "" and value.via:  # nothing, but from somewhere
        out.append(Piece("", (hop, *state.chain, *value.via, *state.guards)))
        return
    known: Hops | None = None
    before: Hops = ()
    for piece in pieces_of(value):
        text, own, literal = piece
        size += len(text) if text.__class__ is str else 1
        if _was_printed(own):
            out.append(piece)  # it was printed inside, and knows by which way
            continue
        if known is None or own is not before:
            before = own
            known = (hop, *state.chain, *own, *state.guards)
        out.append(Piece(text, known, literal))
    state.run.budget.text(state, size)


def _was_printed(hops: Hops) -> bool:
    for hop in hops:
        note = hop.note
        if note is TEMPLATE or note is INCLUDED:
            return True
    return False


def _branch(element: s.Branch, pipes: _Pipes) -> Emit:
    evaluate = _pipe(element.pipe, pipes)
    body: Emit | None = None  # both are compiled when they first run: most never do
    orelse: Emit | None = None
    has_else = bool(element.orelse)
    start = element.start
    at = element.pipe.start, element.pipe.end
    moves = element.keyword == "with"
    lost: Keys | None = None  # what either branch would have begun
    lost_else: Keys | None = None if has_else else ()

    def run(state: State) -> None:
        nonlocal body, orelse, lost, lost_else
        state.base = start
        state.run.budget.step(state)
        mark, dot, guards, tail = len(state.variables), state.dot, state.guards, state.tail
        condition = evaluate(state)
        holds = truth(condition)
        if holds is None:
            state.run.doubt(condition, state.at(*at))
            holds = True
        elif not holds:
            if lost is None:
                lost = keys_of(element.body, state.ground)
            if lost:
                note_gap(state, lost, start, at, condition)
        elif lost_else != ():
            if lost_else is None:
                lost_else = keys_of(element.orelse, state.ground)
            if lost_else:
                note_gap(state, lost_else, start, at, condition)
        if not holds and not has_else:
            del state.variables[mark:]
            return
        state.guard(state.run.guarded(state, condition, at))
        try:
            if holds:
                if moves:
                    state.dot = condition
                if body is None:
                    body = compile_body(element.body, pipes)
                body(state)
            else:
                if orelse is None:
                    orelse = compile_body(element.orelse, pipes)
                orelse(state)
        finally:
            state.dot, state.guards, state.tail = dot, guards, tail
            del state.variables[mark:]

    return run


def _range(element: s.Branch, pipes: _Pipes) -> Emit:
    pipe = element.pipe
    names, declares = pipe.names, pipe.sign == ":="
    evaluate = compile_pipe(s.Pipe(pipe.start, pipe.end, pipe.commands))
    body: Emit | None = None
    orelse = compile_body(element.orelse, pipes) if element.orelse else None
    start, at = element.start, (pipe.start, pipe.end)
    lost: Keys | None = None

    def run(state: State) -> None:
        nonlocal body, lost
        state.base = start
        mark, dot, guards, tail = len(state.variables), state.dot, state.guards, state.tail
        over = evaluate(state)
        found = _items(over, at, state)
        state.guard(state.run.guarded(state, over, at))
        budget = state.run.budget
        try:
            if not found:
                if lost is None:
                    lost = keys_of(element.body, state.ground)
                if lost:
                    note_gap(state, lost, start, at, over)
                if orelse is not None:
                    orelse(state)
                return
            if body is None:
                body = compile_body(element.body, pipes)
            for key, item in found:
                state.base = start
                budget.step(state)
                inner = len(state.variables)
                given = (key, item)[-len(names) :] if names else ()
                for name, value in zip(names, given, strict=True):
                    set_variable(state, name, value, at, declares=declares)
                state.dot = item
                try:
                    body(state)
                except Break as jump:
                    if not jump.goes_on:
                        break
                finally:
                    del state.variables[inner:]
        finally:
            state.dot, state.guards, state.tail = dot, guards, tail
            del state.variables[mark:]

    return run


def _items(
    over: Traced, at: tuple[int, int], state: State
) -> list[tuple[Traced, Traced]]:  # fmt: skip
    """Keys and items in Go's order."""
    data = over.data
    if isinstance(data, dict):
        return [(Traced(key, data[key].via), _reached(data[key], over)) for key in sorted(data)]
    if isinstance(data, list):
        return [(Traced(number), _reached(item, over)) for number, item in enumerate(data)]
    if data is None:
        return []
    if isinstance(data, int) and not isinstance(data, bool):
        state.run.budget.step(state, max(data, 0))
        return [(Traced(number, over.via), Traced(number, over.via)) for number in range(data)]
    if isinstance(data, (Unknown, Segments)):
        state.run.doubt(over, state.at(*at))
        return []
    raise RenderError("`range` needs a list, a map or a whole number", state.at(*at))


def _reached(item: Traced, owner: Traced) -> Traced:
    if item.via or not owner.via:
        return item
    return Traced(item.data, owner.via, item.span, item.rest, sensitive=item.sensitive)


def _template(element: s.Call, pipes: _Pipes) -> Emit:
    evaluate = _pipe(element.pipe, pipes) if element.pipe is not None else None
    start, at = element.start, (0, element.end - element.start)

    def run(state: State) -> None:
        state.base = start
        data = evaluate(state) if evaluate is not None else NIL
        state.run.execute(element.name, data, state, at, state.out)

    return run
