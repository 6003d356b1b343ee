"""Pipelines to functions that evaluate them.

Equal actions share what is made here, so places are offsets from the start of the element that
runs (`State.at`), and nothing is bound to a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from plumbrule_parsers.function_table import MAX_ITEMS, Function, FunctionError, Unknowns
from plumbrule_parsers.function_table import call_function as call_table
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.access import NIL, field_of, truth
from plumbrule_parsers.helm.functions.call import Call
from plumbrule_parsers.helm.functions.objects import WholeNumber
from plumbrule_parsers.helm.functions.table import FUNCTIONS
from plumbrule_parsers.helm.functions.table import call as call_function
from plumbrule_parsers.helm.state import Evaluate, Here, RenderError, State
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.traced_text import MAX_TEXT_HOPS

_Stage = Callable[[State, Traced], Traced]  # with the value that is piped into it
_Apply = Callable[[State, list[Traced]], Traced]
_MAX_DECIDERS: Final = 4
_OTHERWISE: Final = ("get",)  # functions that kindred tools have, but otherwise


def compile_pipe(pipe: s.Pipe) -> Evaluate:
    """The function that gives the pipeline's value and sets its variables."""
    first = _first(pipe.commands[0])
    stages = [_stage(command) for command in pipe.commands[1:]]
    names, declares = pipe.names, pipe.sign == ":="
    if not names:
        if not stages:
            return first
        if len(stages) == 1:
            (stage,) = stages
            return lambda state: stage(state, first(state))
    start, end = pipe.start, pipe.end

    def run(state: State) -> Traced:
        value = first(state)
        for stage in stages:
            value = stage(state, value)
        for name in names:
            set_variable(state, name, value, (start, end), declares=declares)
        return value

    return run


def set_variable(
    state: State, name: str, value: Traced, at: tuple[int, int], *, declares: bool
) -> None:  # fmt: skip
    """Declare a variable or change it."""
    if declares:
        state.variables.append((name, [value]))
        return
    cell = state.lookup(name)
    if cell is None:
        raise RenderError(f"there is no variable `{name}` here", state.at(*at))
    if state.guards:  # which value it is was decided by the conditions around
        known = dict.fromkeys((*value.via, *state.guards))
        value = Traced(value.data, tuple(known), value.span, value.rest,
                       sensitive=value.sensitive)  # fmt: skip
    cell[0] = value


# ------------------------------------------------------------------ commands
def _first(command: s.Command) -> Evaluate:
    """A command that nothing is piped into."""
    head = command.words[0]
    if len(command.words) == 1 and isinstance(head, s.Constant):
        constant = Traced(head.value)
        return lambda _state: constant
    if len(command.words) == 1 and not isinstance(head, s.Function):
        return _argument(head)
    arguments = [_argument(word) for word in command.words[1:]]
    if isinstance(head, s.Function) and head.name in ("and", "or"):
        logic = _logic(head.name, arguments, command)
        return lambda state: logic(state, None)
    apply = _applied(head, command)
    if len(arguments) == 1:
        (only,) = arguments
        return lambda state: apply(state, [only(state)])
    if len(arguments) == 2:
        one, two = arguments
        return lambda state: apply(state, [one(state), two(state)])
    return lambda state: apply(state, [argument(state) for argument in arguments])


def _stage(command: s.Command) -> _Stage:
    """A command whose last argument is piped into it."""
    head = command.words[0]
    arguments = [_argument(word) for word in command.words[1:]]
    if isinstance(head, s.Function) and head.name in ("and", "or"):
        return _logic(head.name, arguments, command)
    apply = _applied(head, command)
    if not arguments:
        return lambda state, piped: apply(state, [piped])
    if len(arguments) == 1:
        (only,) = arguments
        return lambda state, piped: apply(state, [only(state), piped])

    def run(state: State, piped: Traced) -> Traced:
        values = [argument(state) for argument in arguments]
        values.append(piped)
        return apply(state, values)

    return run


def _applied(head: s.Operand, command: s.Command) -> _Apply:
    """What a command's head does with its arguments."""
    start, end = command.start, command.end
    if isinstance(head, s.Function):
        return _called(head.name, start, end)
    if isinstance(head, (s.Field, s.Chain)) or (isinstance(head, s.Variable) and head.names):
        base, names = _base(head), head.names
        return lambda state, values: _field(base(state), names, values, state, (start, end))
    if isinstance(head, s.Variable) or len(command.words) > 1:
        message = "what is no function cannot have arguments"
    else:
        message = "only a function or a method takes what is piped"

    def refused(state: State, _values: list[Traced]) -> Traced:
        raise RenderError(message, state.at(start, end))

    return refused


def _called(name: str, start: int, end: int) -> _Apply:
    if name == "include":

        def include(state: State, values: list[Traced]) -> Traced:
            if len(values) != 2:
                raise RenderError("`include` needs a name and a value", state.at(start, end))
            return state.run.include(values[0], values[1], state, (start, end))

        return include

    if name == "tpl":

        def tpl(state: State, values: list[Traced]) -> Traced:
            if len(values) != 2:
                raise RenderError("`tpl` needs a text and a value", state.at(start, end))
            return state.run.tpl(values[0], values[1], state, (start, end))

        return tpl

    function = FUNCTIONS.get(name)
    if function is None or name in _OTHERWISE:
        usual = _function(name, function, start, end) if function is not None else None

        def foreign(state: State, values: list[Traced]) -> Traced:
            other = state.run.functions.get(name)
            if other is None and usual is not None:
                return usual(state, values)
            if other is None:
                raise RenderError(f"there is no function `{name[:60]}`", state.at(start, end))
            try:
                here = Here(state, start, end)
                return call_table(state.run.functions, name, values, here)
            except FunctionError as error:
                raise _failed(error, name, state.at(start, end)) from error

        return foreign
    return _function(name, function, start, end)


def _function(name: str, function: Function[Call], start: int, end: int) -> _Apply:
    apply, fewest = function.apply, function.fewest
    most = function.most if function.most is not None else MAX_ITEMS
    copes = function.unknowns is Unknowns.OWN

    def run(state: State, values: list[Traced]) -> Traced:
        budget = state.run.budget
        budget.steps -= 1
        if budget.steps < 0:
            budget.step(state)
        try:
            if copes and fewest <= len(values) <= most:
                return apply(Here(state, start, end), values)
            return call_function(name, values, Here(state, start, end))
        except FunctionError as error:
            raise _failed(error, name, state.at(start, end)) from error

    return run


def _failed(error: FunctionError, name: str, span: Span) -> RenderError:
    if error.by_author:
        return RenderError(str(error), span, "chart-refuses")
    message = str(error)
    return RenderError(message if name in message else f"`{name}`: {message}", span)


def _logic(
    name: str, arguments: list[Evaluate], command: s.Command
) -> Callable[[State, Traced | None], Traced]:
    """`and` and `or` stop at the argument that decides."""
    wanted = name == "and"
    start, end = command.start, command.end

    def run(state: State, piped: Traced | None) -> Traced:
        if not arguments and piped is None:
            raise RenderError(f"`{name}` needs at least one argument", state.at(start, end))
        read: list[Traced] = []
        for argument in arguments:
            value = argument(state)
            read.append(value)
            holds = truth(value)
            if holds is None:
                return made_of(value.unknown, *read)
            if holds is not wanted:
                return _decided(value, read, state)
        if piped is not None:
            read.append(piped)
        return _decided(read[-1], read, state)

    return run


def _decided(value: Traced, read: list[Traced], state: State) -> Traced:
    """The value, with the places that decided on it."""
    if len(read) == 1 or not any(one.via for one in read):
        return value
    hops = dict.fromkeys(value.via)
    decision = state.run.decision
    for one in read:
        if one is not value:
            for hop in one.via[:_MAX_DECIDERS]:
                hops[decision(hop)] = None
    return Traced(
        value.data, tuple(hops)[:MAX_TEXT_HOPS], value.span, value.rest, sensitive=value.sensitive
    )


# ------------------------------------------------------------------ operands
def _field(
    receiver: Traced, names: Sequence[str], values: Sequence[Traced], state: State,
    at: tuple[int, int],
) -> Traced:  # fmt: skip
    try:
        return field_of(receiver, names, values, Here(state, *at))
    except FunctionError as error:
        raise _failed(error, names[-1], state.at(*at)) from error


def _base(head: s.Field | s.Variable | s.Chain) -> Evaluate:
    """What the names of an access are looked up in."""
    if isinstance(head, s.Field):
        return _dot
    if isinstance(head, s.Variable):
        return _variable(head)
    return _argument(head.operand)


def _dot(state: State) -> Traced:
    return state.dot


def _root(state: State) -> Traced:
    return state.root


def _nil(_state: State) -> Traced:
    return NIL


def _variable(head: s.Variable) -> Evaluate:
    name = head.name
    if name == "$":
        return _root
    start, end = head.start, head.end

    def run(state: State) -> Traced:
        cell = state.lookup(name)
        if cell is None:
            raise RenderError(f"there is no variable `{name}` here", state.at(start, end))
        return cell[0]

    return run


def _argument(word: s.Operand) -> Evaluate:
    if isinstance(word, s.Dot):
        return _dot
    if isinstance(word, s.Constant):
        number = word.value
        whole = isinstance(number, float) and number.is_integer() and abs(number) < 2**63
        constant = Traced(WholeNumber(number) if whole else number)
        return lambda _state: constant
    if isinstance(word, s.Nil):
        return _nil
    if isinstance(word, s.Pipe):
        return compile_pipe(word)
    if isinstance(word, s.Function):
        return _first(s.Command(word.start, word.end, (word,)))
    if isinstance(word, s.Variable) and not word.names:
        return _variable(word)
    return _access(word)


def _access(word: s.Field | s.Variable | s.Chain) -> Evaluate:
    names, base = word.names, _base(word)
    at = word.start, word.end

    def run(state: State) -> Traced:
        receiver = value = base(state)
        for name in names:  # what is a plain map all the way down needs no questions
            data = value.data
            if data.__class__ is not dict:
                return _field(receiver, names, (), state, at)
            found = data.get(name)
            if found is None or (value.via and not found.via):
                return _field(receiver, names, (), state, at)
            value = found
        return value

    return run
