"""Template trees to functions that run them.

Evaluation follows Go's `text/template/exec.go`: what is nil where, which arguments go to what, how
far a variable reaches. `and` and `or` stop at the argument that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.access import NIL, field_of, truth
from plumbrule_parsers.helm.functions.call import Call
from plumbrule_parsers.helm.functions.table import FUNCTIONS
from plumbrule_parsers.helm.functions.table import call as call_function
from plumbrule_parsers.helm.state import (
    INCLUDED,
    TEMPLATE,
    Emit,
    Evaluate,
    Ground,
    RenderError,
    State,
    guarded,
)
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced, made_of, pieces_of
from plumbrule_parsers.traced_text import Piece
from plumbrule_parsers.value import Hop, Segments, Unknown

_Stage = Callable[[State, Traced | None], Traced]
_NO_VALUE = "<no value>"


class Break(Exception):  # noqa: N818
    """`break` or `continue` (`goes_on`) on its way to its loop."""

    def __init__(self, *, goes_on: bool) -> None:
        super().__init__()
        self.goes_on = goes_on


_BREAK, _CONTINUE = Break(goes_on=False), Break(goes_on=True)


def compile_body(body: Sequence[s.Element], ground: Ground) -> Emit:
    """The function that runs the elements one after the other."""
    steps = [_element(element, ground) for element in body]
    if len(steps) == 1:
        return steps[0]

    def run(state: State) -> None:
        for step in steps:
            step(state)

    return run


def _element(element: s.Element, ground: Ground) -> Emit:
    if isinstance(element, s.Text):
        return _text(element, ground)
    if isinstance(element, s.Action):
        return _action(element, ground)
    if isinstance(element, s.Branch):
        return _range(element, ground) if element.keyword == "range" else _branch(element, ground)
    if isinstance(element, s.Call):
        return _template(element, ground)
    jump = _BREAK if element.keyword == "break" else _CONTINUE

    def leave(_state: State) -> None:
        raise jump

    return leave


def _text(element: s.Text, ground: Ground) -> Emit:
    pieces = ground.pieces(element.start, element.end)
    size = element.end - element.start

    def run(state: State) -> None:
        state.run.budget.text(size, lambda: ground.span(element.start, element.end))
        hops = (*state.chain, *state.guards)
        if len(pieces) == 1:
            text, own, literal = pieces[0]
            state.out.append(Piece(text, (*own, *hops) if own else hops, literal))
        else:
            state.out.extend(Piece(text, (*own, *hops), place) for text, own, place in pieces)

    return run


def _action(element: s.Action, ground: Ground) -> Emit:
    evaluate = _pipe(element.pipe, ground)
    if element.pipe.names:

        def quiet(state: State) -> None:
            evaluate(state)

        return quiet
    span = ground.span(element.start, element.end)
    hop = Hop(span, TEMPLATE)

    def run(state: State) -> None:
        emit(state, evaluate(state), hop)

    return run


def emit(state: State, value: Traced, hop: Hop) -> None:
    """Print a value as an action does."""
    data = value.data
    if data is None:
        hops = (hop, *state.chain, *value.via, *state.guards)
        state.out.append(Piece(_NO_VALUE, hops))
        return
    if not isinstance(data, (str, Segments, Unknown)):
        value = call_function("print", [value], Call(hop.span, state.run.host(state, hop.span)))
    pieces = pieces_of(value)
    before = (hop, *state.chain)
    size = 0
    for piece in pieces:
        own = piece.hops
        size += len(piece.text) if isinstance(piece.text, str) else 1
        if any(one.note in (TEMPLATE, INCLUDED) for one in own):
            state.out.append(piece)  # it was printed inside, and knows by which way
        else:
            state.out.append(Piece(piece.text, (*before, *own, *state.guards), piece.literal))
    state.run.budget.text(size, lambda: hop.span)


def _branch(element: s.Branch, ground: Ground) -> Emit:
    evaluate = _pipe(element.pipe, ground)
    body = compile_body(element.body, ground)
    orelse = compile_body(element.orelse, ground) if element.orelse else None
    span = ground.span(element.pipe.start, element.pipe.end)
    moves = element.keyword == "with"

    def run(state: State) -> None:
        state.run.budget.step(lambda: span)
        mark, dot, guards = len(state.variables), state.dot, state.guards
        condition = evaluate(state)
        holds = truth(condition)
        if holds is None:
            state.run.doubt(condition, span)
            holds = True
        state.guards = guarded(guards, condition, span)
        try:
            if holds:
                if moves:
                    state.dot = condition
                body(state)
            elif orelse is not None:
                orelse(state)
        finally:
            state.dot, state.guards = dot, guards
            del state.variables[mark:]

    return run


def _range(element: s.Branch, ground: Ground) -> Emit:
    pipe = element.pipe
    evaluate = _pipe(s.Pipe(pipe.start, pipe.end, pipe.commands), ground)
    body = compile_body(element.body, ground)
    orelse = compile_body(element.orelse, ground) if element.orelse else None
    span = ground.span(pipe.start, pipe.end)
    names, declares = pipe.names, pipe.sign == ":="

    def run(state: State) -> None:
        mark, dot, guards = len(state.variables), state.dot, state.guards
        over = evaluate(state)
        found = _items(over, span, state)
        state.guards = guarded(guards, over, span)
        try:
            if not found:
                if orelse is not None:
                    orelse(state)
                return
            for key, item in found:
                state.run.budget.step(lambda: span)
                inner = len(state.variables)
                given = (key, item)[-len(names) :] if names else ()
                for name, value in zip(names, given, strict=True):
                    _set(state, name, value, span, declares=declares)
                state.dot = item
                try:
                    body(state)
                except Break as jump:
                    if not jump.goes_on:
                        break
                finally:
                    del state.variables[inner:]
        finally:
            state.dot, state.guards = dot, guards
            del state.variables[mark:]

    return run


def _items(over: Traced, span: Span, state: State) -> list[tuple[Traced, Traced]]:
    """Keys and items in Go's order."""
    data = over.data
    if isinstance(data, dict):
        return [(Traced(key, data[key].via), _reached(data[key], over)) for key in sorted(data)]
    if isinstance(data, list):
        return [(Traced(at), _reached(item, over)) for at, item in enumerate(data)]
    if data is None:
        return []
    if isinstance(data, int) and not isinstance(data, bool):
        state.run.budget.step(lambda: span, max(data, 0))
        return [(Traced(at, over.via), Traced(at, over.via)) for at in range(data)]
    if isinstance(data, (Unknown, Segments)):
        state.run.doubt(over, span)
        return []
    raise RenderError("`range` needs a list, a map or a whole number", span)


def _reached(item: Traced, owner: Traced) -> Traced:
    if item.via or not owner.via:
        return item
    return Traced(item.data, owner.via, item.span, item.rest, sensitive=item.sensitive)


def _template(element: s.Call, ground: Ground) -> Emit:
    evaluate = _pipe(element.pipe, ground) if element.pipe is not None else None
    span = ground.span(element.start, element.end)

    def run(state: State) -> None:
        data = evaluate(state) if evaluate is not None else NIL
        state.run.execute(element.name, data, state, span, state.out)

    return run


# ------------------------------------------------------------------ pipelines
def _pipe(pipe: s.Pipe, ground: Ground) -> Evaluate:
    first = _command(pipe.commands[0], ground)
    rest = [_command(command, ground) for command in pipe.commands[1:]]
    if not rest and not pipe.names:

        def alone(state: State) -> Traced:
            return first(state, None)

        return alone
    names, declares = pipe.names, pipe.sign == ":="
    span = ground.span(pipe.start, pipe.end)

    def run(state: State) -> Traced:
        value = first(state, None)
        for command in rest:
            value = command(state, value)
        for name in names:
            _set(state, name, value, span, declares=declares)
        return value

    return run


def _set(state: State, name: str, value: Traced, span: Span, *, declares: bool) -> None:
    if declares:
        state.variables.append((name, [value]))
        return
    cell = state.lookup(name)
    if cell is None:
        raise RenderError(f"there is no variable `{name}` here", span)
    if state.guards:  # which value it is was decided by the conditions around
        known = dict.fromkeys((*value.via, *state.guards[:4]))
        value = Traced(value.data, tuple(known), value.span, value.rest,
                       sensitive=value.sensitive)  # fmt: skip
    cell[0] = value


class _Command:
    """One stage; called with the state and the value that is piped into it, if there is one."""

    __slots__ = ("args", "ground", "head", "span")

    def __init__(self, command: s.Command, ground: Ground) -> None:
        self.head = command.words[0]
        self.args = [_argument(word, ground) for word in command.words[1:]]
        self.span = ground.span(command.start, command.end)
        self.ground = ground

    def values(self, state: State, piped: Traced | None) -> list[Traced]:
        """The arguments, the piped one last."""
        values = [argument(state) for argument in self.args]
        if piped is not None:
            values.append(piped)
        return values


def _command(command: s.Command, ground: Ground) -> _Stage:
    head = command.words[0]
    made = _Command(command, ground)
    span = made.span
    if isinstance(head, s.Function):
        return _called(head.name, made)
    if isinstance(head, (s.Field, s.Variable, s.Chain)):
        return _accessed(head, made, ground)
    evaluate = _argument(head, ground)
    if not made.args:

        def value(state: State, piped: Traced | None) -> Traced:
            if piped is not None:
                raise RenderError("only a function or a method takes what is piped", span)
            return evaluate(state)

        return value

    def refused(_state: State, _piped: Traced | None) -> Traced:
        raise RenderError("what is no function cannot have arguments", span)

    return refused


def _called(name: str, made: _Command) -> _Stage:
    span = made.span
    if name in ("and", "or"):
        return _logic(name, made)

    if name == "include":

        def include(state: State, piped: Traced | None) -> Traced:
            values = made.values(state, piped)
            if len(values) != 2:
                raise RenderError("`include` needs a name and a value", span)
            return state.run.include(values[0], values[1], state, span)

        return include

    if name == "tpl":

        def tpl(state: State, piped: Traced | None) -> Traced:
            values = made.values(state, piped)
            if len(values) != 2:
                raise RenderError("`tpl` needs a text and a value", span)
            return state.run.tpl(values[0], values[1], state, span)

        return tpl

    if name not in FUNCTIONS:

        def missing(_state: State, _piped: Traced | None) -> Traced:
            raise RenderError(f"there is no function `{name[:60]}`", span)

        return missing

    def run(state: State, piped: Traced | None) -> Traced:
        values = made.values(state, piped)
        state.run.budget.step(lambda: span)
        try:
            return call_function(name, values, Call(span, state.run.host(state, span)))
        except FunctionError as error:
            raise _failed(error, name, span) from error

    return run


def _failed(error: FunctionError, name: str, span: Span) -> RenderError:
    if error.by_author:
        return RenderError(str(error), span, "chart-refuses")
    message = str(error)
    return RenderError(message if name in message else f"`{name}`: {message}", span)


def _logic(name: str, made: _Command) -> _Stage:
    wanted = name == "and"

    def run(state: State, piped: Traced | None) -> Traced:
        if not made.args and piped is None:
            raise RenderError(f"`{name}` needs at least one argument", made.span)
        read: list[Traced] = []
        for argument in made.args:
            value = argument(state)
            read.append(value)
            holds = truth(value)
            if holds is None:
                return made_of(value.unknown, *read)
            if holds is not wanted:
                return _decided(value, read)
        if piped is not None:
            read.append(piped)
        return _decided(read[-1], read)

    return run


def _decided(value: Traced, read: list[Traced]) -> Traced:
    """The value, with the places that decided on it."""
    if len(read) == 1 or not any(one.via for one in read):
        return value
    hops = dict.fromkeys(value.via)
    for one in read:
        if one is not value:
            hops.update(dict.fromkeys(Hop(hop.span, hop.note, "decision") for hop in one.via[:4]))
    return Traced(value.data, tuple(hops)[:24], value.span, value.rest, sensitive=value.sensitive)


def _accessed(head: s.Field | s.Variable | s.Chain, made: _Command, ground: Ground) -> _Stage:
    names = head.names
    if not names or not (made.args or isinstance(head, (s.Field, s.Chain, s.Variable))):
        evaluate = _argument(head, ground)

        def plain(state: State, piped: Traced | None) -> Traced:
            if piped is not None or made.args:
                raise RenderError("what is no function cannot have arguments", made.span)
            return evaluate(state)

        return plain
    base = _base(head, ground)
    span = made.span

    def run(state: State, piped: Traced | None) -> Traced:
        receiver = base(state)
        values = made.values(state, piped) if made.args or piped is not None else ()
        return _field(receiver, names, values, state, span)

    return run


def _field(
    receiver: Traced, names: Sequence[str], values: Sequence[Traced], state: State, span: Span
) -> Traced:  # fmt: skip
    data = receiver.data
    if data.__class__ is dict and not values and len(names) == 1:  # the common case, quickly
        found = data.get(names[0])
        if found is not None and found.via:
            return found
    try:
        return field_of(receiver, names, values, Call(span, state.run.host(state, span)))
    except FunctionError as error:
        raise _failed(error, names[-1], span) from error


def _base(head: s.Operand, ground: Ground) -> Evaluate:
    """What the names of an access are looked up in."""
    if isinstance(head, s.Field):
        return _dot
    if isinstance(head, s.Variable):
        return _variable(head, ground)
    assert isinstance(head, s.Chain)
    return _argument(head.operand, ground)


def _dot(state: State) -> Traced:
    return state.dot


def _variable(head: s.Variable, ground: Ground) -> Evaluate:
    name = head.name
    if name == "$":
        return lambda state: state.root

    def run(state: State) -> Traced:
        cell = state.lookup(name)
        if cell is None:
            span = ground.span(head.start, head.end)
            raise RenderError(f"there is no variable `{name}` here", span)
        return cell[0]

    return run


def _argument(word: s.Operand, ground: Ground) -> Evaluate:
    if isinstance(word, s.Dot):
        return _dot
    if isinstance(word, s.Constant):
        constant = Traced(word.value)
        return lambda _state: constant
    if isinstance(word, s.Nil):
        return lambda _state: NIL
    if isinstance(word, s.Pipe):
        return _pipe(word, ground)
    if isinstance(word, s.Function):
        command = _called(word.name, _Command(s.Command(word.start, word.end, (word,)), ground))
        return lambda state: command(state, None)
    if isinstance(word, s.Variable) and not word.names:
        return _variable(word, ground)
    names = word.names
    base = _base(word, ground)
    span = ground.span(word.start, word.end)
    return lambda state: _field(base(state), names, (), state, span)
