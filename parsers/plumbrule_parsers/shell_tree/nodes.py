"""Commands of a script as nodes of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plumbrule_parsers.document import Node
from plumbrule_parsers.shell_tree.commands import Command, parse_shell
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Unknown


def command_nodes(
    script: str, source: Source, place: Callable[[int], int], parent: str, address: str
) -> Iterator[Node]:
    """A node for each command; `place` maps offsets of the script to offsets of the source.

    Addresses count equal commands, not lines, so an added line does not rename the others.
    """
    counts: dict[str, int] = {}
    for command in parse_shell(script).commands:
        shown = _shown(command)
        counts[shown] = counts.get(shown, 0) + 1
        suffix = f"~{counts[shown]}" if counts[shown] > 1 else ""
        start = place(command.start)
        end = max(start, place(max(command.start, command.end - 1)) + 1)
        first = min(end, len(source.text))
        span = Span(source, start, first)
        fields = _fields(command, span, shown)
        yield Node(
            f"{address}/command/{shown}{suffix}", "sh.Command", f"`{shown}`", fields, span, parent
        )


def _shown(command: Command) -> str:
    words = [str(command.program) if not isinstance(command.program, Unknown) else "?"]
    if command.subcommand is not None and not isinstance(command.subcommand, Unknown):
        words.append(str(command.subcommand))
    return " ".join(words)[:60]


def _fields(command: Command, span: Span, shown: str) -> MapValue:
    source, start, end = span.source, span.start, span.end
    fields = MapValue(source, start, end)
    at = Place(span)
    fields.put("name", shown)
    fields.put("text", command.text, at)
    fields.put("program", command.program, at)
    if command.subcommand is not None:
        fields.put("subcommand", command.subcommand, at)
    rest = command.open_words
    fields.put("flags", ListValue(source, start, end, command.flags, rest=rest), at)
    options = MapValue(source, start, end, command.options, rest=rest)
    fields.put("options", options, at)
    fields.put("positionals", ListValue(source, start, end, command.positionals, rest=rest), at)
    redirects = ListValue(source, start, end, (
        MapValue(source, start, end, {"op": one.op, "target": one.target})
        for one in command.redirects
    ))  # fmt: skip
    fields.put("redirects", redirects, at)
    fields.put("guarded", command.guarded)
    return fields
