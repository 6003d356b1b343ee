"""The sections of a pipeline to a workflow, its triggers and its stages.

Source: https://www.jenkins.io/doc/book/pipeline/syntax/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from plumbrule_parsers.document import Node
from plumbrule_parsers.jenkins.build import Builder, Line, Scope
from plumbrule_parsers.jenkins.steps import minutes, read_steps
from plumbrule_parsers.jenkins.tree import (
    Assign,
    Block,
    Call,
    Item,
    Method,
    Name,
    Opaque,
    children,
)
from plumbrule_parsers.shell_tree.carried import Held
from plumbrule_parsers.shell_tree.domain import PERSISTENT, THROWAWAY, Ground
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value

MAX_STAGES = 2_000
# Conditions of `post` under which its steps always run.
_ALWAYS = {"always", "cleanup"}
_EVENTS = {"cron": "schedule", "pollSCM": "schedule", "githubPush": "push", "upstream": "chained",
           "gitlab": "push", "issueCommentTrigger": "other"}  # fmt: skip


def read_pipeline(
    builder: Builder, pipeline: Call, statements: Sequence[Item], scope: Scope
) -> None:
    """A declarative pipeline: the workflow with all that its sections say."""
    assert pipeline.block is not None
    root = _root(builder, pipeline, statements, pipeline.block, declarative=True)
    scope = _sections(builder, root, pipeline.block, scope, "pipeline", root)
    sections = dict(_named(pipeline.block))
    stages = sections.get("stages")
    if stages is not None and stages.block is not None:
        _stages(builder, stages.block, scope, 0)
    post = sections.get("post")
    if post is not None and post.block is not None:
        span = Span(builder.source, post.start, post.start + len("post"))
        node = builder.job("post", scope, span, Place(span))
        _post(builder, post.block, replace(scope, job=node.address))
    for name, call in _named(pipeline.block):
        if name not in _SECTIONS:
            message = f"`{name[:40]}` is no section of a pipeline"
            builder.warn("unknown-section", message, builder.values.span(call))


def read_scripted(builder: Builder, block: Block, scope: Scope) -> None:
    """A scripted pipeline, or a file that only defines methods."""
    _root(builder, None, block.statements, block, declarative=False)
    read_steps(builder, block.statements, scope)
    for name in ("call", *sorted(builder.methods)):
        body = builder.methods.get(name)
        if body is not None and name not in builder.followed:
            builder.followed.add(name)
            read_steps(builder, body.statements, replace(scope, chain=(name,)))


_SECTIONS = {"agent", "environment", "options", "parameters", "triggers", "tools", "stages", "post",
             "libraries"}  # fmt: skip


def _named(block: Block | None) -> Iterator[tuple[str, Call]]:
    for item in block.statements if block is not None else ():
        if isinstance(item, Call):
            yield item.name, item
        elif isinstance(item, Name):  # `any`, `timestamps` without parentheses
            yield item.text, Call(item.start, item.end, item.text, (), None, None, item.end)


def _root(
    builder: Builder, pipeline: Call | None, statements: Sequence[Item], block: Block,
    *, declarative: bool,
) -> Node:  # fmt: skip
    values = builder.values
    at = pipeline.start if pipeline is not None else next(
        (item.start for item in statements if not isinstance(item, (Opaque, Method))), 0
    )  # fmt: skip
    end = pipeline.name_end if pipeline is not None else at
    span = Span(builder.source, at, end).first_line
    fields = builder.fields(span, name=builder.source.path, declarative=declarative)
    libraries = ListValue(builder.source, 0, 0)
    for item in statements:
        text = values.span(item).text
        if isinstance(item, Opaque) and text.startswith("@Library"):
            libraries.append(" ".join(text.split())[9:80].strip("(')\""))
            libraries.places[len(libraries) - 1] = values.place(item)
    fields.put("libraries", libraries)
    found = list(_triggers(builder, block))
    events = ListValue(
        builder.source, span.start, span.end, dict.fromkeys(node.fields["event"] for node in found)
    )
    events.rest = Unknown(Reason.ENVIRONMENT, "how the job is set up in Jenkins", span)
    fields.put("triggers", events, Place(found[0].span if found else span))
    node = Node(builder.root, "jenkins.Pipeline", f"pipeline {builder.source.path}", fields, span)
    builder.nodes.append(node)
    builder.nodes.extend(found)
    return node


def _triggers(builder: Builder, block: Block) -> Iterator[Node]:
    """`triggers { cron(...) }`, also in `properties([pipelineTriggers([...])])`."""
    stack: list[tuple[Item, bool]] = [(item, False) for item in reversed(block.statements)]
    while stack:
        item, inside = stack.pop()
        if isinstance(item, Call):
            if item.name == "parameters":
                yield _trigger(builder, item, "manual", "")
                continue
            if inside:
                cron = item.first if item.name in ("cron", "pollSCM") else None
                yield _trigger(builder, item, _EVENTS.get(item.name, "other"),
                               builder.values.word(cron) if cron is not None else "")  # fmt: skip
                continue
            if item.name in ("triggers", "pipelineTriggers"):
                inner = (
                    item.block.statements
                    if item.block is not None
                    else tuple(
                        one for argument in item.arguments for one in children(argument.value)
                    )
                )
                stack.extend((one, True) for one in reversed(inner))
            elif item.name == "properties":
                stack.extend((one, False) for argument in item.arguments
                             for one in children(argument.value))  # fmt: skip


def _trigger(builder: Builder, call: Call, event: str, schedule: str) -> Node:
    span = builder.values.span(call)
    fields = builder.fields(span, name=call.name, event=event, native=call.name)
    if schedule:
        fields.put("schedule", schedule, Place(span))
    address = builder.addresses.unique(f"{builder.root}/trigger/{call.name}")
    return Node(
        address, "ci.Trigger", f"trigger {call.name}", fields, span.first_line, builder.root
    )


# ------------------------------------------------------------------------------------ sections
def _sections(
    builder: Builder, owner: Node, block: Block, scope: Scope, level: str, root: Node
) -> Scope:
    """What agent, environment, options and parameters set; the owner's node gets its fields."""
    sections = dict(_named(block))
    agent = sections.get("agent")
    if agent is not None:
        scope = _agent(builder, agent, scope)
    fields = owner.fields.copy_with()
    environment = sections.get("environment")
    if environment is not None and environment.block is not None:
        made, secrets = _environment(builder, environment.block, owner, level)
        fields.put("variables", made, builder.values.place(environment))
        scope = replace(scope, secrets={**scope.secrets, **secrets})
    options = sections.get("options")
    if options is not None:
        _options(builder, options, fields, root, level)
    parameters = sections.get("parameters")
    if parameters is not None and level == "pipeline":
        names = [builder.values.word(call.argument("name") or call.first)
                 for _name, call in _named(parameters.block)]  # fmt: skip
        span = builder.values.span(parameters)
        fields.put("parameters", ListValue(span.source, span.start, span.end, names), Place(span))
    if level != "pipeline":
        fields.put("machine", scope.line.ground.machine)
        for key, value in (("agent", scope.agent or None), ("runner", scope.runner),
                           ("image", scope.image)):  # fmt: skip
            if value is not None:
                at = builder.values.place(agent) if agent is not None else fields.place(key)
                fields.put(key, value, at)
        manual = sections.get("input")
        if manual is not None:
            fields.put("manual", value=True, place=builder.values.place(manual))
    builder.nodes = [replace(one, fields=fields) if one is owner else one for one in builder.nodes]
    return scope


def _agent(builder: Builder, call: Call, scope: Scope) -> Scope:
    """Where the stages run; `none` leaves it to them."""
    values = builder.values
    inner = dict(_named(call.block))
    if call.block is None:
        word = values.word(call.first)
        if word == "none":
            return replace(scope, agent="none", runner=None, image=None)
        return replace(scope, agent="any", runner=None, image=None, line=Line(Ground(PERSISTENT)))
    kind = next((name for name in ("docker", "dockerfile", "kubernetes", "label", "node")
                 if name in inner), next(iter(inner), "any"))  # fmt: skip
    settings = inner.get(kind)
    nested = dict(_named(settings.block)) if settings is not None else {}
    image: Value = None
    if kind == "docker" and settings is not None:
        found = nested.get("image")
        image = values.value(found.first if found is not None else settings.first)
    label = nested.get("label") or (settings if kind == "label" else None)
    runner = None
    if label is not None and label.first is not None:
        runner = values.listed(label, [label.first])
    machine = THROWAWAY if kind in ("docker", "dockerfile", "kubernetes") else PERSISTENT
    kind = "label" if kind == "node" else kind
    return replace(scope, agent=kind, runner=runner, image=image, line=Line(Ground(machine)))


def _environment(
    builder: Builder, block: Block, owner: Node, level: str
) -> tuple[MapValue, dict[str, tuple[Held, ...]]]:
    """The variables, and which of them hold credentials."""
    values = builder.values
    made = MapValue(builder.source, block.start, block.end)
    secrets: dict[str, tuple[Held, ...]] = {}
    for item in block.statements:
        if not isinstance(item, Assign):
            continue
        span = Span(builder.source, item.start, item.start + len(item.target))
        place = Place(values.span(item.value), span)
        call = item.value
        if isinstance(call, Call) and call.name == "credentials":
            credential = values.word(call.first)
            span = values.span(item)
            seen_by = "job" if level == "stage" else level
            address = builder.secret(
                owner.address, credential[:80], "env", item.target, seen_by, span
            )
            for suffix in ("", "_USR", "_PSW"):
                secrets[item.target + suffix] = (Held(address),)
            why = Unknown(Reason.SECRET, f"credential {credential[:40]}", span, "string",
                          not_null=True)  # fmt: skip
            made.put(item.target, why, place)
        else:
            made.put(item.target, values.value(item.value), place)
    return made, secrets


def _options(builder: Builder, options: Call, fields: MapValue, root: Node, level: str) -> None:
    values = builder.values
    names: list[Value] = []
    for name, call in _named(options.block):
        names.append(name)
        place = values.place(call)
        if name == "timeout" and level != "pipeline":
            fields.put("timeout", minutes(builder, call), place)
        elif name == "retry" and level != "pipeline":
            count = values.value(call.first)
            fields.put("retries", count - 1 if isinstance(count, int) else count, place)
        elif name == "disableConcurrentBuilds":
            fields.put("lock", root.fields["name"], place)
            if values.value(call.argument("abortPrevious")) is True:
                fields.put("cancels", value=True, place=place)
        elif name == "lock":
            fields.put(
                "lock", values.value(call.argument("resource", "label") or call.first), place
            )
    span = values.span(options)
    fields.put("options", ListValue(span.source, span.start, span.end, names), Place(span))


# ------------------------------------------------------------------------------------ stages
def _stages(builder: Builder, block: Block, scope: Scope, depth: int) -> None:
    for name, call in _named(block):
        if name == "stage" and call.block is not None:
            _stage(builder, call, scope, depth)
        elif name == "stages" and call.block is not None:
            _stages(builder, call.block, scope, depth)


def _stage(builder: Builder, call: Call, scope: Scope, depth: int) -> None:
    if builder.count("stages") > MAX_STAGES:
        if builder.count("too many") == 0:
            builder.warn("too-many-stages", f"more than {MAX_STAGES} stages; the rest is left out",
                         builder.values.span(call))  # fmt: skip
            builder.hole(f"more than {MAX_STAGES} stages", builder.values.span(call), builder.root,
                         Reason.LIMIT)  # fmt: skip
        return
    values, block = builder.values, call.block
    assert block is not None
    at = call.argument("name") or call.first
    name = values.word(at) or "stage"
    sections = dict(_named(block))
    when = sections.get("when")
    inner = scope
    if when is not None:
        span = values.span(when)
        said = " ".join(span.text.removeprefix("when").strip(" \t\r\n{}").split())
        inner = scope.guarded(f"when {said}", span)
    head = Span(builder.source, call.start, block.start)
    place = values.place(at) if at is not None else Place(head.first_line)
    node = builder.job(name, inner, head, place)
    before = scope.line
    inner = replace(inner, job=node.address, condition=None, guards=())
    inner = _sections(builder, node, block, inner, "stage", builder.nodes[0])
    steps = sections.get("steps")
    if steps is not None and steps.block is not None:
        read_steps(builder, steps.block.statements, inner)
    for nested in ("stages", "parallel", "matrix"):
        group = sections.get(nested)
        if group is None or group.block is None:
            continue
        if nested == "matrix":
            _matrix(builder, node, group.block, inner, depth)
        elif nested == "parallel":
            _side_by_side(builder, group.block, inner, depth)
        else:
            _stages(builder, group.block, inner, depth + 1)
    post = sections.get("post")
    if post is not None and post.block is not None:
        _post(builder, post.block, inner)
    if inner.line is not before and inner.line.last:
        before.last = inner.line.last


def _side_by_side(builder: Builder, block: Block, scope: Scope, depth: int) -> None:
    start = scope.line.last
    ends: list[str] = []
    for name, call in _named(block):
        if name == "stage" and call.block is not None:
            scope.line.last = start
            _stage(builder, call, scope, depth + 1)
            ends += [end for end in scope.line.last if end not in ends]
    scope.line.last = tuple(ends) or start


def _matrix(builder: Builder, node: Node, block: Block, scope: Scope, depth: int) -> None:
    """The stages once for all cells."""
    sections = dict(_named(block))
    current = next(one for one in builder.nodes if one.address == node.address)
    made = replace(current, fields=current.fields.copy_with(matrix=True))
    builder.nodes = [made if one is current else one for one in builder.nodes]
    inner = _sections(builder, made, block, scope, "stage", builder.nodes[0])
    stages = sections.get("stages")
    if stages is not None and stages.block is not None:
        _stages(builder, stages.block, inner, depth + 1)
    post = sections.get("post")
    if post is not None and post.block is not None:
        _post(builder, post.block, inner)


def _post(builder: Builder, block: Block, scope: Scope) -> None:
    """Steps behind the others, by the outcome under which they run."""
    last = scope.line.last
    for name, call in _named(block):
        inner = replace(scope, section="post", always=name in _ALWAYS)
        if name not in _ALWAYS and name != "success":
            inner = inner.guarded(f"post {name}", builder.values.span(call))
        if call.block is not None:
            read_steps(builder, call.block.statements, inner)
    scope.line.last = last
