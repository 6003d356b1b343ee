"""Credentials that the variables of a Jenkinsfile hold, and where Groovy puts them into texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from plumbrule_parsers.document import Node
from plumbrule_parsers.jenkins import step_names
from plumbrule_parsers.jenkins.build import Builder, Scope
from plumbrule_parsers.jenkins.tokens import Text
from plumbrule_parsers.jenkins.tree import Call, Item, Name
from plumbrule_parsers.shell_tree.assignments import Assignment
from plumbrule_parsers.shell_tree.carried import Carried, Held, stretches
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
# What is asked of a credential is none any more.
_ASKED = re.compile(r"[=!]=|\?|\.(?:length|size|isEmpty|hashCode|take)\b")


def carried_in(
    builder: Builder, assigned: list[Assignment], place: Callable[[int], int],
    secrets: Mapping[str, tuple[Held, ...]],
) -> Carried:  # fmt: skip
    """The secrets in the variables of a script."""

    def expression(said: str) -> Iterator[Held]:
        for name in dict.fromkeys(_IDENTIFIER.findall(said)):
            yield from secrets.get(name, ())

    return Carried(
        assigned, stretches(builder.source, place), lambda name: secrets.get(name, ()), expression
    )


def held_in(builder: Builder, item: Text | Name, scope: Scope, note: str) -> tuple[Held, ...]:
    """The secrets that Groovy puts into a text, or that another variable holds."""
    span = builder.values.span(item).first_line
    hop = Hop(span, note[:80])
    return tuple(one._replace(way=(*one.way, hop)) for one in _put_in(builder, item, scope))


def _put_in(builder: Builder, item: Item, scope: Scope) -> tuple[Held, ...]:
    if isinstance(item, Text):
        said = [item.value[start:end] for start, end in item.holes]
    else:
        said = [builder.values.span(item).text]
    found = {
        held.address: held
        for text in said if _ASKED.search(text) is None
        for name in _IDENTIFIER.findall(text) for held in scope.secrets.get(name, ())
    }  # fmt: skip
    return tuple(found.values())


def printed_in(builder: Builder, call: Call, scope: Scope, node: Node) -> None:
    """Secrets in what a step shows in the log."""
    named = step_names.SHOWN[str(node.fields["name"])]
    item = (call.argument(named) if named else None) or call.first
    if not isinstance(item, (Text, Name)):
        return
    for held in _put_in(builder, item, scope):
        taken = next(one for one in builder.nodes if one.address == held.address)
        if taken.fields["into"] != "file":
            name, span = builder.credentials[held.address], builder.values.span(item)
            builder.secret(node.address, name, "text", named, "step", span)
            builder.nodes[-1] = replace(builder.nodes[-1], condition=held.doubt)


def leaked_into(builder: Builder, text: Text, scope: Scope, item: Item) -> None:
    """Secrets that Groovy puts into the text of a variable."""
    for start, end in text.holes:
        leak(builder, text.value[start:end], scope, scope.job or builder.root,
             builder.values.span(item))  # fmt: skip


def leak(builder: Builder, said: str, scope: Scope, owner: str, span: Span) -> None:
    """A secret that Groovy puts into the text of a script."""
    for name in dict.fromkeys(_IDENTIFIER.findall(said)):
        for held in scope.secrets.get(name, ()):
            builder.secret(owner, builder.credentials[held.address], "script", name, "step", span)
            return
