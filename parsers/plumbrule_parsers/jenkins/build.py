"""Builder: the nodes, references and holes of one Jenkinsfile while it is read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from plumbrule_parsers.document import (
    Addresses,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
)
from plumbrule_parsers.jenkins.tree import Block, Item
from plumbrule_parsers.jenkins.values import Values
from plumbrule_parsers.shell_tree.carried import Held
from plumbrule_parsers.shell_tree.domain import Ground
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value

MAX_STEPS = 5_000  # steps of one file, because methods are followed where they are called


@dataclass(slots=True)
class Line:
    """The steps that run one behind the other on a machine: who came last."""

    ground: Ground
    last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds for the steps of a block.

    `job` is the address of the job, "" outside of all. `secrets` maps variables to the secrets
    that fill them. `fields` are what wrapping steps set on the steps inside.
    """

    job: str
    line: Line
    secrets: dict[str, tuple[Held, ...]]
    agent: str = ""
    runner: ListValue | None = None
    image: Value = None
    condition: Unknown | None = None
    guards: tuple[str, ...] = ()
    section: str = "steps"
    always: bool = False
    fields: tuple[tuple[str, Value], ...] = ()
    environment: MapValue | None = None
    chain: tuple[str, ...] = ()  # methods that are being followed

    def guarded(self, said: str, span: Span) -> Scope:
        """The scope of what runs under a condition."""
        shown = " ".join(said.split())[:80]
        why = Unknown(Reason.ENVIRONMENT, shown, span.first_line)
        return replace(self, condition=self.condition or why, guards=(*self.guards[-7:], shown))

    def with_fields(self, **extra: Value) -> Scope:
        """The scope of a wrapping step that sets fields of the steps inside."""
        return replace(self, fields=tuple({**dict(self.fields), **extra}.items()))


@dataclass(slots=True)
class Builder:
    """Collects what a Jenkinsfile declares."""

    source: Source
    values: Values
    methods: dict[str, Block] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)  # that the file assigns
    nodes: list[Node] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    addresses: Addresses = field(default_factory=Addresses)
    counts: dict[str, int] = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)  # methods that were opened up
    steps: int = 0
    credentials: dict[str, str] = field(default_factory=dict)  # address of a use -> its name
    outside: str = ""  # the job that stands for what is outside of all stages
    foreign: bool = False  # scripts in other shells
    lost: int = 0  # calls that may run anything

    @property
    def root(self) -> str:
        """The address of the pipeline."""
        return f"{self.source.path}#pipeline"

    def warn(self, code: str, message: str, span: Span) -> None:
        """Note a problem that loses nothing."""
        self.problems.append(Problem(code, message, span.first_line, Severity.WARNING))

    def hole(self, detail: str, span: Span, owner: str, reason: Reason = Reason.EXPRESSION) -> None:
        """Something below `owner` that could not be read."""
        self.holes.append(Hole(
            Unknown(reason, detail, span.first_line), span.first_line,
            edges=("contains",), addresses=(owner or self.root,),
        ))  # fmt: skip

    def count(self, key: str) -> int:
        """How often that key was asked for before."""
        number = self.counts.get(key, 0)
        self.counts[key] = number + 1
        return number

    def fields(self, span: Span, **entries: Value) -> MapValue:
        """Fields of a node, all of them standing at the span."""
        made = MapValue(span.source, span.start, span.end)
        for key, value in entries.items():
            made.put(key, value, Place(span))
        return made

    def job(self, name: str, scope: Scope, span: Span, name_at: Place, **entries: Value) -> Node:
        """A stage, or what stands for one."""
        parent = scope.job or self.root
        address = self.addresses.unique(f"{parent}/stage/{name}")
        fields = self.fields(span)
        fields.put("name", name, name_at)
        fields.put("stage", name, name_at)
        for key, value in entries.items():
            fields.put(key, value, Place(span))
        at = Place(span)
        machine = scope.line.ground.machine
        fields.put("machine", machine, at)
        fields.put("hosted", value=False)
        if scope.agent:
            fields.put("agent", scope.agent, at)
        if scope.runner is not None:
            fields.put("runner", scope.runner, Place(scope.runner.span))
        if scope.image is not None:
            fields.put("image", scope.image, at)
        if scope.guards:
            fields.put("guard", " and ".join(scope.guards), at)
        node = Node(address, "jenkins.Job", f"stage {name[:60]}", fields, span.first_line, parent,
                    scope.condition)  # fmt: skip
        self.nodes.append(node)
        return node

    def step(self, name: str, scope: Scope, item: Item, fields: MapValue) -> Node:
        """A step, behind the one before it."""
        number = self.count(scope.job)
        span = self.values.span(item)
        address = self.addresses.unique(f"{scope.job}/{scope.section}/{number}")
        fields.put("name", name)
        fields.put("call", name, Place(span))
        if scope.section != "steps":
            fields.put("section", scope.section)
        if scope.always:
            fields.put("always", value=True)
        if scope.guards:
            fields.put("guard", " and ".join(scope.guards), Place(span))
        for key, value in scope.fields:
            fields.put(key, value, Place(span))
        node = Node(address, "jenkins.Step", f"step {name} of {scope.job.rpartition('/stage/')[2]}",
                    fields, span.first_line, scope.job, scope.condition)  # fmt: skip
        self.nodes.append(node)
        for last in scope.line.last:
            self.references.append(Reference("before", last, ToAddress(address), node.span))
        scope.line.last = (address,)
        self.steps += 1
        return node

    def secret(
        self, owner: str, name: str, into: str, variable: str, scope: str, span: Span
    ) -> str:
        """A use of a credential; gives the address of its node."""
        shown = variable or into
        name = name or "?"
        address = self.addresses.unique(f"{owner}/secret/{name}/{shown}")
        fields = self.fields(span, name=name, into=into, scope=scope)
        if variable:
            fields.put("variable", variable, Place(span))
        self.nodes.append(Node(
            address, "ci.SecretUse", f"secret {name[:60]} in {shown[:40]}", fields,
            span.first_line, owner,
        ))  # fmt: skip
        self.credentials[address] = name
        return address
