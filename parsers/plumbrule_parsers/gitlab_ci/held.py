"""Secrets in the variables of a job's shell: those of the project, and copies of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from plumbrule_parsers.document import Node
from plumbrule_parsers.shell_tree.assignments import Assignment
from plumbrule_parsers.shell_tree.carried import Carried, Held, stretches
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, Value

# Variables of the project that are masked, and what people call the secrets that they set there.
_SECRET = re.compile(
    r"(?:^|_)(?:TOKEN|PASSWORD|PASSWD|PASS|SECRET|PRIVATE_KEY|API_KEY|ACCESS_KEY|SECRET_KEY"
    r"|CREDENTIALS?|KUBECONFIG)(?:_|$)|^CI_(?:JOB_TOKEN|REGISTRY_PASSWORD|DEPLOY_PASSWORD)$"
)


@dataclass(frozen=True, slots=True)
class Variables:
    """What is known of a job's variables when a script begins.

    `secrets` maps those that hold secrets to their uses, `variables` are those that the file sets,
    `held` what scripts before this one in the same shell have put into some. `secret` makes the use
    of one that only the project knows.
    """

    secrets: dict[str, str]
    variables: Mapping[str, Value]
    held: Mapping[str, tuple[Held, ...]]
    secret: Callable[[str, Span], str]

    def carried(
        self, assigned: Iterable[Assignment], where: Callable[[int], int], nodes: Sequence[Node],
        step: Span,
    ) -> Carried:  # fmt: skip
        """The secrets in the variables of the step's script, whose commands are the nodes."""

        def variable(name: str) -> tuple[Held, ...]:
            if name in self.held:
                return self.held[name]
            if name not in self.secrets and name not in self.variables and _SECRET.search(name):
                at = next((one.span for one in nodes if _expands(one, name)), step)
                self.secrets[name] = self.secret(name, at)
            return (Held(self.secrets[name]),) if name in self.secrets else ()

        return Carried(assigned, stretches(step.source, where), variable, lambda _said: ())


def _expands(node: Node, name: str) -> bool:
    names = node.fields.get("variables")
    return isinstance(names, ListValue) and name in names
