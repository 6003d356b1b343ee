"""Texts with `${{ }}`: what is known of them, and nodes for what they read and which secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from plumbrule_parsers.document import Addresses, Node
from plumbrule_parsers.github_actions.expressions import (
    Apply,
    Context,
    Tree,
    choices,
    contexts_of,
    known,
    parse_expression,
    shown_contexts,
    walk,
)
from plumbrule_parsers.shell_tree.carried import Held
from plumbrule_parsers.shell_tree.words import Expression
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Scalar,
    Segments,
    Unknown,
    Value,
    join_segments,
)

_EXPRESSION = re.compile(r"\$\{\{((?:(?!\$\{\{|\}\}).)*+)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of contexts where a text stands.

    `texts` maps contexts to their text (`env.IMAGE`), `choices` to all that they can be
    (`matrix.os`). `secrets` maps environment variables to the secrets that fill them,
    `outputs` what earlier steps of the job give (`a.b` is `steps.a.outputs.b`).
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    secrets: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    outputs: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)

    def with_texts(self, env: Mapping[str, Value], written_later: Callable[[str], bool]) -> Known:
        """The same with environment variables; those that steps may set anew are not known."""
        texts = dict(self.texts)
        for name, value in env.items():
            key = f"env.{name}"
            texts.pop(key, None)
            if isinstance(value, (str, int)) and not written_later(name):
                text = str(value).lower() if isinstance(value, bool) else str(value)
                if "${{" not in text:
                    texts[key] = text
        return replace(self, texts=texts)


def with_expressions(value: Value, known_here: Known = Known()) -> Value:
    """A string in which each `${{ }}` that is not known is an unknown part.

    The detail of the part is the expression.
    """
    if not isinstance(value, str) or "${{" not in value:
        return value
    parts: list[str | Unknown | Segments] = []
    at = 0
    for match in _EXPRESSION.finditer(value):
        parts.append(value[at : match.start()])
        parts.append(_part(match[1], known_here))
        at = match.end()
    parts.append(value[at:])
    return join_segments(parts)


def _part(text: str, known_here: Known) -> str | Unknown:
    said = " ".join(text.split())
    tree = parse_expression(text)
    candidates: tuple[Scalar, ...] = ()
    if tree is not None:
        found = known(tree, known_here.texts)
        if found is not None:
            return found
        candidates = choices(tree, known_here.choices)
    return Unknown(Reason.ENVIRONMENT, said, type="string", candidates=candidates, identity="")


def expressions_of(text: str, known_here: Known) -> Iterator[Expression]:
    """The stretches of a script that are put in, with their text where it is known."""
    for match in _EXPRESSION.finditer(text):
        part = _part(match[1], known_here)
        said = " ".join(match[1].split())
        value = part if isinstance(part, str) else None
        some = part.candidates if isinstance(part, Unknown) else ()
        texts = tuple(str(one) for one in some if isinstance(one, str))
        yield Expression(match.start(), match.end(), said, value,
                         texts if len(texts) == len(some) else ())  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notes:
    """Makes nodes of the expressions in the texts of one owner."""

    source: Source
    addresses: Addresses
    nodes: list[Node]

    def note(
        self, owner: str, value: Value, place: Callable[[int], int], into: str, variable: str,
        scope: str,
    ) -> str:  # fmt: skip
        """The expressions of one text; gives the address of the first secret in it, else ""."""
        first = ""
        if not isinstance(value, str) or "${{" not in value:
            return first
        for match in _EXPRESSION.finditer(value):
            tree = parse_expression(match[1])
            start = place(match.start())
            end = max(start, place(match.end() - 1) + 1)
            span = Span(self.source, start, min(end, len(self.source.text)))
            found = self.expression(owner, match[1], tree, span, into, variable, scope)
            first = first or found
        return first

    def condition(self, owner: str, text: str, span: Span, scope: str) -> Tree | None:
        """The expression of an `if:`, which may stand without `${{ }}`."""
        inner = text.strip()
        if inner.startswith("${{") and inner.endswith("}}") and inner.count("${{") == 1:
            inner = inner[3:-2]
        tree = parse_expression(inner)
        self.expression(owner, inner, tree, span, "condition", "", scope)
        return tree

    def expression(
        self, owner: str, text: str, tree: Tree | None, span: Span, into: str, variable: str,
        scope: str,
    ) -> str:  # fmt: skip
        """A node for one expression and one for each secret in it."""
        said = " ".join(text.split())
        where = f"{into} {variable}".strip()
        address = self.addresses.unique(f"{owner}/expression/{where}/{said[:60]}")
        fields = MapValue(span.source, span.start, span.end)
        at = Place(span)

        def listed(items: list[str]) -> ListValue:
            return ListValue(span.source, span.start, span.end, dict.fromkeys(items))

        fields.put("name", said[:80], at)
        fields.put("text", said, at)
        fields.put("into", into, at)
        if variable:
            fields.put("variable", variable, at)
        if tree is None:
            why = Unknown(Reason.SYNTAX, said[:60], span)
            for key in ("contexts", "reads", "functions"):
                empty = listed([])
                empty.rest = why
                fields.put(key, empty, at)
        else:
            fields.put("contexts", listed([one.text for one in shown_contexts(tree)]), at)
            fields.put("reads", listed([one.text for one in contexts_of(tree)]), at)
            fields.put("functions", listed([
                part.name for part in walk(tree)
                if isinstance(part, Apply) and part.name.isidentifier()
            ]), at)  # fmt: skip
        self.nodes.append(Node(address, "ci.Expression", f"${{{{ {said[:60]} }}}}", fields,
                               span.first_line, owner))  # fmt: skip
        first = ""
        if tree is not None and into != "condition":
            for context in contexts_of(tree):
                name = secret_name(context)
                if name:
                    found = self.secret(owner, name, into, variable, scope, span)
                    first = first or found
        return first

    def secret(
        self, owner: str, name: str, into: str, variable: str, scope: str, span: Span
    ) -> str:
        """A use of a secret; gives its address."""
        address = self.addresses.unique(f"{owner}/secret/{name}/{variable or into}")
        fields = MapValue(span.source, span.start, span.end)
        for key, value in (("name", name), ("into", into), ("scope", scope)):
            fields.put(key, value, Place(span))
        if variable:
            fields.put("variable", variable, Place(span))
        label = f"secret {name[:60]} in {(variable or into)[:40]}"
        self.nodes.append(Node(address, "ci.SecretUse", label, fields, span.first_line, owner))
        return address


def secret_name(context: Context) -> str:
    """The secret that a context names, `*` for all of them, "" if it is another context."""
    if context.path[0] == "secrets":
        return context.path[1] if len(context.path) > 1 else "*"
    if context.path == ("github", "token"):
        return "GITHUB_TOKEN"
    return ""
