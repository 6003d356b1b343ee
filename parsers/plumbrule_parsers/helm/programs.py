"""Template texts that were parsed and compiled, each once for its text."""

from __future__ import annotations

from plumbrule_parsers.gotemplate import parse_template
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.compile import compile_body
from plumbrule_parsers.helm.state import Emit, Evaluate
from plumbrule_parsers.source import Source


class Programs:
    """What renderings share: nothing here knows in which file a text stands or with which values.

    Library charts repeat in a repository, and actions repeat in all charts.
    """

    __slots__ = ("bodies", "pipes", "statements", "templates")

    def __init__(self) -> None:
        self.templates: dict[str, s.Template] = {}
        self.statements: dict[tuple[str, int], s.Statement] = {}
        # By identity: `templates` and `statements` keep what they are made of alive.
        self.bodies: dict[int, Emit] = {}
        self.pipes: dict[int, Evaluate] = {}

    def template(self, source: Source) -> s.Template:
        """The tree of a text; problems are those of this source."""
        known = self.templates.get(source.text)
        if known is None or (known.problems and known.problems[0].span.source != source):
            known = self.templates[source.text] = parse_template(source, self.statements)
        return known

    def body(self, body: tuple[s.Element, ...]) -> Emit:
        """The function that runs a part of one of the trees."""
        found = self.bodies.get(id(body))
        if found is None:
            found = self.bodies[id(body)] = compile_body(body, self.pipes)
        return found
