"""Commands of a script as nodes of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from plumbrule_parsers.document import Hole, Node
from plumbrule_parsers.shell_tree.assignments import Assignment
from plumbrule_parsers.shell_tree.commands import MAX_SCRIPT, Command, parse_shell
from plumbrule_parsers.shell_tree.domain import Ground
from plumbrule_parsers.shell_tree.provided import ends_early, provided
from plumbrule_parsers.shell_tree.second_run import Maybe, second_run
from plumbrule_parsers.shell_tree.state import ShellState
from plumbrule_parsers.shell_tree.targets import made_by, newly_named, removed_by
from plumbrule_parsers.shell_tree.words import Expression
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value


def command_nodes(
    script: str,
    source: Source,
    place: Callable[[int], int],
    parent: str,
    address: str,
    *,
    state: ShellState,
    ground: Ground,
    expressions: Iterable[Expression] | None = None,
    seen: list[Command] | None = None,
    assigned: list[Assignment] | None = None,
    started: ShellState | None = None,
) -> Iterator[Node]:
    """A node for each command; `place` maps offsets of the script to offsets of the source.

    Addresses count equal commands, not lines, so an added line does not rename the others. `ground`
    learns what the commands do; `seen` gets the commands, `assigned` what variables get. `started`
    is how the shell began, if the script goes on in one that is already running.
    """
    counts: dict[str, int] = {}
    parsed = parse_shell(script, state, expressions, started)
    ground.shell = parsed.state
    ground.unread = (*parsed.errors, MAX_SCRIPT) if parsed.cut else parsed.errors
    ground.probed |= parsed.probed
    ground.fresh |= parsed.fresh
    if assigned is not None:
        assigned += parsed.assigned
    early: list[str] = []  # conditions under which the script has ended before
    for command in parsed.commands:
        shown = _shown(command)
        counts[shown] = counts.get(shown, 0) + 1
        suffix = f"~{counts[shown]}" if counts[shown] > 1 else ""
        start = place(command.start)
        end = max(start, place(max(command.start, command.end - 1)) + 1)
        span = Span(source, start, min(end, len(source.text)))
        fields = _fields(command, span, shown)
        repeat = _repeat(command, span, ground, early)
        if repeat is not None:
            fields.put("repeat", repeat, Place(span))
        early.extend(ends_early(command))
        fields.put("domain", ground.domain(command))
        fields.put("machine", ground.local(command))
        if seen is not None:
            seen.append(command)
        yield Node(
            f"{address}/command/{shown}{suffix}", "sh.Command", f"`{shown}`", fields, span, parent
        )


def unread(
    ground: Ground, source: Source, place: Callable[[int], int], owner: str
) -> Iterator[Hole]:
    """What the script of `owner`, which was read last, holds besides its commands."""
    for offset in ground.unread[:1]:
        at = min(place(offset), len(source.text))
        span = source.span(at, len(source.text)).first_line
        why = Unknown(Reason.SYNTAX, "the script did not parse", span)
        if offset == MAX_SCRIPT:
            why = Unknown(Reason.LIMIT, "the script is too long", span)
        yield Hole(why, span, edges=("contains",), addresses=(owner,))


def _shown(command: Command) -> str:
    words = [str(command.program) if not isinstance(command.program, Unknown) else "?"]
    if command.subcommand is not None and not isinstance(command.subcommand, Unknown):
        words.append(str(command.subcommand))
    return " ".join(words)[:60]


def _fields(command: Command, span: Span, shown: str) -> MapValue:
    source, start, end = span.source, span.start, span.end
    fields = MapValue(source, start, end)
    at = Place(span)

    def listed(items: Iterable[Value], rest: Unknown | None = None) -> ListValue:
        return ListValue(source, start, end, items, rest=rest)

    fields.put("name", shown)
    fields.put("text", command.text, at)
    fields.put("program", command.program, at)
    if command.path != command.program and command.path:
        fields.put("path", command.path, at)
    if command.subcommand is not None:
        fields.put("subcommand", command.subcommand, at)
    rest = command.open_words
    fields.put("flags", listed(command.flags, rest), at)
    fields.put("options", MapValue(source, start, end, command.options, rest=rest), at)
    fields.put("positionals", listed(command.positionals, rest), at)
    fields.put("words", listed(command.words, rest), at)
    fields.put("redirects", listed(
        MapValue(source, start, end, {"op": one.op, "target": one.target})
        for one in command.redirects
    ), at)  # fmt: skip
    fields.put("guarded", command.guarded)
    fields.put("fatal", command.fatal)
    state, around = command.state, command.around
    fields.put("shell", state.name)
    for name, on in (
        ("errexit", state.errexit), ("pipefail", state.pipefail), ("xtrace", state.xtrace),
        ("swallowed", around.swallowed), ("in_loop", around.loop),
        ("substituted", around.substituted), ("captured", around.captured),
        ("background", around.background),
    ):  # fmt: skip
        if on:  # false is the default
            fields.put(name, value=True)
    for name, texts in (
        ("guards", around.guards), ("reads_from", around.reads_from),
        ("writes_to", around.writes_to), ("variables", command.variables),
        ("expressions", command.expressions),
    ):  # fmt: skip
        if texts:
            fields.put(name, listed(texts), at)
    for name, text in (("in_function", around.function), ("host", around.host)):
        if text:
            fields.put(name, text, at)
    if command.heredoc is not None:
        fields.put("heredoc", command.heredoc, at)
    removed = removed_by(command)
    if removed:
        fields.put("removes", listed(removed), at)
    return fields


def _repeat(command: Command, span: Span, ground: Ground, early: Iterable[str]) -> MapValue | None:
    """What a second run does, as the kind `sh.Repeat` has it."""
    again = second_run(command)
    if again is None:
        return None
    source, start, end = span.source, span.start, span.end
    form = again.forms[0] if isinstance(again, Maybe) else again.form
    fields = MapValue(source, start, end)
    if isinstance(again, Maybe):
        why = replace(again.why, type="string", candidates=again.families, not_null=True)
        fields.put("family", why)
    else:
        fields.put("family", form.family)
        for name, text in (
            ("called", again.called), ("again", form.again), ("happens", form.happens),
            ("remedy", form.remedy), ("add", form.add),
        ):  # fmt: skip
            if text:
                fields.put(name, text)
    if provided(command, form, ground.probed, early):
        fields.put("provided", value=True)
    if newly_named(command, ground.fresh):
        fields.put("new_name", value=True)
    called = form.depth if isinstance(again, Maybe) else again.called.count(" ")
    made = made_by(command, called)
    if made:
        fields.put("makes", ListValue(source, start, end, made))
    return fields
