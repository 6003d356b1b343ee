"""One Jenkinsfile to its document.

Sources: https://www.jenkins.io/doc/book/pipeline/syntax/ and
https://www.jenkins.io/doc/pipeline/steps/.
"""

from __future__ import annotations

from collections.abc import Iterator

from plumbrule_parsers.document import Completeness, Document, Hole, Problem, how_much
from plumbrule_parsers.jenkins.build import Builder, Line, Scope
from plumbrule_parsers.jenkins.declarative import read_pipeline, read_scripted
from plumbrule_parsers.jenkins.groovy import parse_groovy
from plumbrule_parsers.jenkins.tokens import Text
from plumbrule_parsers.jenkins.tree import (
    Assign,
    Call,
    Item,
    Method,
    children,
)
from plumbrule_parsers.jenkins.values import Values
from plumbrule_parsers.shell_tree.domain import Ground
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import Reason, Unknown

_KINDS = ("jenkins.Job", "jenkins.Step", "sh.Command", "ci.SecretUse")


def parse(source: Source) -> Document:
    """The pipeline's stages and steps with their commands."""
    groovy = parse_groovy(source.text)
    values = Values(source)
    builder = Builder(source, values)
    for item in _all(groovy.block):
        if isinstance(item, Method):
            builder.methods.setdefault(item.name, item.body)
            builder.names.add(item.name)
        elif isinstance(item, Assign):
            _constant(values, builder.names, item)
    problems = [
        Problem("groovy-syntax", message, Span(source, at, min(at + 1, len(source.text))))
        for at, message in groovy.errors[:20]
    ]
    statements = list(groovy.block.statements)
    call = next((one for one in statements if isinstance(one, Call) and one.name == "pipeline"
                 and one.block is not None), None)  # fmt: skip
    if call is None:  # a shared library defines its pipeline in a method
        call = next((one for body in builder.methods.values() for one in body.statements
                     if isinstance(one, Call) and one.name == "pipeline" and one.block is not None),
                    None)  # fmt: skip
    scope = Scope("", Line(Ground()), {})
    if call is not None:
        read_pipeline(builder, call, statements, scope)
    else:
        read_scripted(builder, groovy.block, scope)
    for problem in problems[:1]:
        builder.holes.append(Hole(
            Unknown(Reason.SYNTAX, f"{source.path} did not parse", problem.span), problem.span,
            kinds=_KINDS, within=source.path.rpartition("/")[0],
        ))  # fmt: skip
    state, because = Completeness.EVALUATED, ""
    if problems:
        state, because = Completeness.PARTLY, how_much(problems)[1]
    elif builder.lost:
        state, because = Completeness.PARTLY, f"{builder.lost} call(s) of what is not in the file"
    elif builder.foreign:
        state, because = Completeness.PARTLY, "scripts in other shells than sh and bash"
    return Document(
        source, "jenkins", tuple(builder.nodes), tuple(builder.references),
        (*problems, *builder.problems), tuple(builder.holes), state, because,
    )  # fmt: skip


def _all(item: Item) -> Iterator[Item]:
    """Every statement and expression; nesting is bounded by the reader, long chains are cut."""
    stack: list[Item] = [item]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(children(current))


def _constant(values: Values, names: set[str], item: Assign) -> None:
    """A name that the file gives one constant text, once."""
    name = item.target.rpartition(".")[2]
    if name in names or not isinstance(item.value, Text):
        values.constants.pop(name, None)
    else:
        values.constants[name] = item.value
    names.add(name)
