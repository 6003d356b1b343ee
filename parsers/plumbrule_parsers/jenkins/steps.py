"""Statements of a block to steps: shells with their commands, wrappers opened up, the rest kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from plumbrule_parsers.document import Node
from plumbrule_parsers.jenkins import step_names
from plumbrule_parsers.jenkins.build import MAX_STEPS, Builder, Line, Scope
from plumbrule_parsers.jenkins.held import carried_in, held_in, leak, leaked_into, printed_in
from plumbrule_parsers.jenkins.tokens import Text
from plumbrule_parsers.jenkins.tree import (
    Assign,
    Block,
    Branch,
    Call,
    Entries,
    Item,
    Items,
    Method,
    Name,
    children,
)
from plumbrule_parsers.shell_tree.assignments import Assignment
from plumbrule_parsers.shell_tree.carried import Held, secret_reads
from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.shell_tree.domain import PERSISTENT, THROWAWAY, Ground
from plumbrule_parsers.shell_tree.nodes import command_nodes, unread
from plumbrule_parsers.shell_tree.state import JENKINS, SHELLS, script_shell
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Value

_PATH = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?!\w*\()")
_MINUTES = {"NANOSECONDS": 0.0, "MICROSECONDS": 0.0, "MILLISECONDS": 1 / 60_000, "SECONDS": 1 / 60,
            "MINUTES": 1.0, "HOURS": 60.0, "DAYS": 1440.0}  # fmt: skip
# Bindings of credentials by the argument that names the variable, and what goes into it.
_BINDINGS = (
    ("variable", "env"), ("usernameVariable", "env"), ("passwordVariable", "env"),
    ("keyFileVariable", "file"), ("passphraseVariable", "env"), ("keystoreVariable", "file"),
    ("accessKeyVariable", "env"), ("secretKeyVariable", "env"), ("tokenVariable", "env"),
    ("roleIdVariable", "env"), ("secretIdVariable", "env"),
)  # fmt: skip


def read_steps(builder: Builder, items: Iterable[Item], scope: Scope) -> None:
    """The steps of the statements, in order."""
    current = scope
    for item in items:
        if isinstance(item, Call) and item.name == "stage" and item.block is None:
            current = _open_stage(builder, item, scope)  # `stage 'a'`: up to the next one
            continue
        _statement(builder, item, current)


def minutes(builder: Builder, call: Call) -> Value:
    """`timeout(time: 1, unit: 'HOURS')` in minutes."""
    values = builder.values
    amount = values.value(call.argument("time") or call.first)
    unit = values.value(call.argument("unit")) or "MINUTES"
    factor = _MINUTES.get(unit) if isinstance(unit, str) else None
    if isinstance(amount, int) and factor is not None:
        return amount * factor
    return values.unknown(call)


def _open_stage(builder: Builder, call: Call, scope: Scope) -> Scope:
    name = builder.values.word(call.argument("name") or call.first) or "stage"
    span = builder.values.span(call)
    at = call.argument("name") or call.first
    node = builder.job(
        name, scope, span, builder.values.place(at) if at is not None else Place(span)
    )
    return _inside_job(scope, node)


def _statement(builder: Builder, item: Item, scope: Scope) -> None:
    if builder.steps > MAX_STEPS:
        _too_many(builder, item)
        return
    if isinstance(item, (Text, Name)):
        return
    if isinstance(item, Call):
        _call(builder, item, scope)
    elif isinstance(item, Branch):
        _branch(builder, item, scope)
    elif isinstance(item, Block):
        read_steps(builder, item.statements, scope)
    elif isinstance(item, Assign):
        target = item.target.removeprefix("env.")
        if item.target.startswith("env.") and isinstance(item.value, Text):
            leaked_into(builder, item.value, scope, item)
        _statement(builder, item.value, scope)
        scope.secrets.pop(target, None)
        if isinstance(item.value, (Text, Name)):
            scope.secrets[target] = held_in(builder, item.value, scope, f"assigned to {target}")
    elif not isinstance(item, Method):
        for inner in children(item):
            _statement(builder, inner, scope)


def _too_many(builder: Builder, item: Item) -> None:
    """Say once that the rest is left out."""
    if builder.count("too many steps") == 0:
        span = builder.values.span(item)
        builder.warn("too-many-steps", f"more than {MAX_STEPS} steps; the rest is left out", span)
        builder.hole(f"more than {MAX_STEPS} steps", span, builder.root, Reason.LIMIT)


def _branch(builder: Builder, item: Branch, scope: Scope) -> None:
    span = builder.values.span(item)
    if item.condition is not None:
        _statement(builder, item.condition, scope)
    if item.word in ("try", "finally", "do"):
        read_steps(builder, item.body.statements, scope)
        return
    condition = builder.values.span(item.condition).text if item.condition is not None else ""
    inner = scope.guarded(f"{item.word} {condition}".strip(), span)
    inner = replace(inner, secrets=dict(scope.secrets))
    read_steps(builder, item.body.statements, inner)
    for name, held in inner.secrets.items():  # what the branch assigned, if it ran
        scope.secrets.setdefault(name, tuple(one.if_(inner.condition) for one in held))


# ------------------------------------------------------------------------------------ calls
def _call(builder: Builder, call: Call, scope: Scope) -> None:
    name = call.name.removeprefix("steps.").removeprefix("this.")
    if name in step_names.SHELL or name in step_names.FOREIGN_SHELLS:
        _shell(builder, call, name, _in_job(builder, scope, call))
        return
    wrapper = _WRAPPERS.get(name)
    if wrapper is not None:
        wrapper(builder, call, scope)
        return
    if name in builder.methods:
        _method(builder, call, name, scope)
        return
    last = name.rpartition(".")[2]
    if last in step_names.LOOPS:
        if call.receiver is not None:
            _statement(builder, call.receiver, scope)
        said = builder.values.span(call).text[:60].split("{")[0]
        _block(builder, call, scope.guarded(f"for each of {said}", builder.values.span(call)))
        return
    for one in call.arguments:
        _statement(builder, one.value, scope)
    if call.receiver is not None:
        _statement(builder, call.receiver, scope)
        image = call.receiver
        if isinstance(image, Call) and image.name in ("docker.image", "docker.build"):
            _plain(builder, call, f"docker.{name}", _in_job(builder, scope, call))
        _block(builder, call, scope)
        return
    if name in step_names.WRAPPERS:
        _credentials(builder, call, scope)
        _block(builder, call, scope)
        return
    root = name.partition(".")[0]
    known = (
        root in builder.names or root in step_names.OBJECTS or ("." in name and root[:1].isupper())
    )
    if name == "docker.build":
        _plain(builder, call, name, _in_job(builder, scope, call))
        return
    if "." in name and known:
        _block(builder, call, scope)
        return
    inner = _in_job(builder, scope, call)
    node = _plain(builder, call, name, inner)
    if name not in step_names.HARMLESS:
        builder.lost += 1
        why = Reason.MISSING_FILE if name in ("load", "evaluate") else Reason.REMOTE
        detail = f"`{name[:40]}` is not defined in this file and may run anything"
        builder.hole(detail, builder.values.span(call), node.address, why)
    _block(builder, call, inner)


def _block(builder: Builder, call: Call, scope: Scope) -> None:
    if call.block is not None:
        read_steps(builder, call.block.statements, scope)


def _in_job(builder: Builder, scope: Scope, item: Item) -> Scope:
    """The scope with a job to put steps into; one is made for what stands outside of all stages."""
    if scope.job:
        return scope
    if not builder.outside:
        span = builder.values.span(item)
        builder.outside = builder.job("script", scope, span, Place(span.first_line)).address
    return replace(scope, job=builder.outside)


def _plain(builder: Builder, call: Call, name: str, scope: Scope) -> Node:
    """A step that runs no script."""
    span = builder.values.span(call)
    fields = builder.fields(span)
    fields.put("arguments", builder.values.mapped(call, call.arguments), Place(span))
    node = builder.step(name, scope, call, fields)
    for one in call.arguments:
        for inner in (one.value, *children(one.value)):
            if isinstance(inner, Call):
                _credentials(builder, inner, replace(scope, job=node.address))
    _credentials(builder, call, replace(scope, job=node.address))
    if name in step_names.SHOWN:
        printed_in(builder, call, scope, node)
    if name in ("archiveArtifacts", "archive", "stash", "unstash", "copyArtifacts", "unarchive"):
        _artifact(builder, call, name, node)
    return node


def _artifact(builder: Builder, call: Call, name: str, node: Node) -> None:
    values = builder.values
    what = call.argument("artifacts", "includes", "filter") or call.first
    if name in ("stash", "unstash"):
        what = call.argument("includes")
    paths = [values.value(what)] if what is not None else []
    span = values.span(call)
    named = values.word(call.argument("name") or call.first) or name
    down = name in ("unstash", "copyArtifacts", "unarchive")
    fields = builder.fields(
        span, name=named, direction="down" if down else "up",
        paths=ListValue(span.source, span.start, span.end, paths),
    )  # fmt: skip
    builder.nodes.append(Node(f"{node.address}/artifact", "ci.Artifact", f"artifact {named[:60]}",
                              fields, span.first_line, node.address))  # fmt: skip


def _credentials(builder: Builder, call: Call, scope: Scope) -> None:
    """Credentials that a step is given by name."""
    for name in step_names.CREDENTIAL_ARGUMENTS:
        item = call.argument(name)
        if item is not None and not isinstance(item, (Items, Entries)):
            owner = scope.job or builder.root
            builder.secret(owner, builder.values.word(item)[:80], "argument", name, "step",
                           builder.values.span(item))  # fmt: skip
    items: list[Item] = []
    if call.name == "sshagent":
        listed = call.argument("credentials") or call.first
        items = list(listed.items) if isinstance(listed, Items) else []
    elif call.name == "docker.withRegistry":
        items = [one.value for one in call.arguments if one.name is None][1:2]
    for item in items:
        builder.secret(scope.job or builder.root, builder.values.word(item)[:80], "argument",
                       call.name, "step", builder.values.span(item))  # fmt: skip


def _method(builder: Builder, call: Call, name: str, scope: Scope) -> None:
    """A method of the file: its steps belong to the first place that calls it."""
    for one in call.arguments:
        _statement(builder, one.value, scope)
    if name in scope.chain or len(scope.chain) > 8 or name in builder.followed:
        return
    builder.followed.add(name)
    inner = replace(scope, chain=(*scope.chain, name))
    read_steps(builder, builder.methods[name].statements, inner)


# ------------------------------------------------------------------------------------ shells
def _shell(builder: Builder, call: Call, name: str, scope: Scope) -> None:
    """A step that runs a script, with its commands if the shell is `sh`."""
    values = builder.values
    item = call.argument("script") or call.first
    span = values.span(call)
    fields = builder.fields(span)
    fields.put("arguments", values.mapped(call, call.arguments), Place(span))
    if item is not None:
        fields.put("run", values.value(item), values.place(item))
    status = values.value(call.argument("returnStatus")) is True
    if status:
        fields.put("may_fail", value=True)
    script = values.script(item)
    state = script_shell(script.text, JENKINS) if script is not None else JENKINS
    fields.put("shell", state.name if name == "sh" else name)
    if name == "sh":
        for option in ("errexit", "pipefail", "xtrace"):
            if getattr(state, option):
                fields.put(option, value=True)
    if scope.environment is not None:
        fields.put("variables", scope.environment)
    node = builder.step(name, scope, call, fields)
    if script is None or name != "sh":
        if name != "sh":
            builder.foreign = True
        builder.hole(f"script in `{name}` is not read" if name != "sh" else
                     f"the script `{span.text[:40]}` is put together elsewhere",
                     span, node.address)  # fmt: skip
        return
    if state.name not in SHELLS:
        builder.foreign = True
        builder.hole(f"script in `{state.name[:40]}` is not read", span, node.address)
        return
    commands: list[Command] = []
    assigned: list[Assignment] = []
    made = list(command_nodes(
        script.text, builder.source, script.place, node.address, node.address, state=state,
        ground=scope.line.ground, expressions=script.expressions, seen=commands,
        assigned=assigned,
    ))  # fmt: skip
    builder.nodes.extend(made)
    builder.holes.extend(unread(scope.line.ground, builder.source, script.place, node.address))
    carried = carried_in(builder, assigned, script.place, scope.secrets)
    builder.references.extend(secret_reads(carried, commands, made))
    if item is not None:
        for start, end, said, *_known in script.expressions:
            first = script.place(start)
            _expression(builder, node.address, said, Span(
                builder.source, first, max(script.place(end - 1) + 1, first)
            ))  # fmt: skip
            leak(builder, said, scope, node.address,
                  Span(builder.source, script.place(start), max(script.place(end - 1) + 1,
                                                                script.place(start))))  # fmt: skip


def _expression(builder: Builder, owner: str, said: str, span: Span) -> None:
    """What Groovy puts into a script before the shell sees it."""
    names = ListValue(span.source, span.start, span.end, dict.fromkeys(_PATH.findall(said)))
    fields = builder.fields(span, name=said[:80], text=said, into="script")
    fields.put("contexts", names, Place(span))
    fields.put("reads", names, Place(span))
    address = builder.addresses.unique(f"{owner}/expression/{said[:60]}")
    label = f"${{{said[:60]}}}"
    builder.nodes.append(Node(address, "ci.Expression", label, fields, span.first_line, owner))


# ------------------------------------------------------------------------------------ wrappers
def _stage(builder: Builder, call: Call, scope: Scope) -> None:
    at = call.argument("name") or call.first
    name = builder.values.word(at) or "stage"
    span = builder.values.span(call)
    place = builder.values.place(at) if at is not None else Place(span.first_line)
    node = builder.job(name, scope, Span(span.source, span.start, _head(call)), place)
    _block(builder, call, _inside_job(scope, node))


def _inside_job(scope: Scope, node: Node) -> Scope:
    """The scope of a job's own steps: what the job depends on is the job's."""
    return replace(scope, job=node.address, condition=None, guards=())


def _head(call: Call) -> int:
    return call.block.start if call.block is not None else call.end


def _node(builder: Builder, call: Call, scope: Scope) -> None:
    label = call.argument("label") or call.first
    values = builder.values
    # Directly inside `podTemplate` it is the pod, inside another node a machine by its label.
    in_pod = scope.agent == "kubernetes" and scope.runner is None
    machine = THROWAWAY if in_pod else PERSISTENT
    runner = values.listed(call, [label]) if label is not None else None
    inner = replace(
        scope, line=Line(Ground(machine), scope.line.last), runner=runner,
        agent="kubernetes" if in_pod else "label" if label is not None else "any",
    )  # fmt: skip
    _block(builder, call, inner)


def _pod(builder: Builder, call: Call, scope: Scope) -> None:
    _block(builder, call, replace(scope, agent="kubernetes", line=Line(Ground(THROWAWAY))))


def _parallel(builder: Builder, call: Call, scope: Scope) -> None:
    """Branches side by side; those that are put together elsewhere are a hole."""
    branches = [(one.name, one.value) for one in call.arguments]
    if len(branches) == 1 and isinstance(branches[0][1], Entries):
        branches = [(one.name, one.value) for one in branches[0][1].entries]
    start = scope.line.last
    ends: list[str] = []
    for name, item in branches:
        if name == "failFast":
            continue
        if not isinstance(item, Block):
            span = builder.values.span(item)
            builder.hole("the branches of `parallel` are put together elsewhere", span,
                         scope.job or builder.root)  # fmt: skip
            builder.lost += 1
            continue
        scope.line.last = start
        span = builder.values.span(item)
        node = builder.job(name or "branch", scope, span.first_line, Place(span.first_line))
        read_steps(builder, item.statements, _inside_job(scope, node))
        ends += [end for end in scope.line.last if end not in ends]
    scope.line.last = tuple(ends) or start
    if call.block is not None:  # declarative: stages inside
        read_steps(builder, call.block.statements, scope)


def _with_credentials(builder: Builder, call: Call, scope: Scope) -> None:
    scope = _in_job(builder, scope, call)
    secrets = dict(scope.secrets)
    bindings = call.first
    for item in bindings.items if isinstance(bindings, Items) else ():
        arguments: dict[str, Item] = {}
        if isinstance(item, Call):
            arguments = {one.name: one.value for one in item.arguments if one.name is not None}
        elif isinstance(item, Entries):
            arguments = {one.name: one.value for one in item.entries if one.name is not None}
        credential = arguments.get("credentialsId")
        name = builder.values.word(credential)[:80] if credential is not None else "?"
        span = builder.values.span(item)
        path = isinstance(item, Call) and item.name in ("file", "zip")
        for key, what in _BINDINGS:
            if key in arguments:
                into = "file" if path else what
                variable = builder.values.word(arguments[key])
                where = builder.values.span(arguments[key])
                address = builder.secret(scope.job, name, into, variable, "step", where)
                if key != "usernameVariable":
                    secrets[variable] = (Held(address),)
        if not any(key in arguments for key, _into in _BINDINGS):
            builder.secret(scope.job, name, "env", "", "step", span)
    _block(builder, call, replace(scope, secrets=secrets))


def _with_env(builder: Builder, call: Call, scope: Scope) -> None:
    """`withEnv(['A=b'])`."""
    made = MapValue(builder.source, call.start, _head(call))
    if scope.environment is not None:
        made.update(scope.environment)
        made.places.update(scope.environment.places)
    listed = call.first
    secrets = dict(scope.secrets)
    for item in listed.items if isinstance(listed, Items) else ():
        name, _equals, value = builder.values.word(item).partition("=")
        made.put(name, value, builder.values.place(item))
        if isinstance(item, Text):
            leaked_into(builder, item, scope, item)
            secrets[name] = held_in(builder, item, scope, f"`withEnv` sets {name[:40]}")
    if listed is not None and not isinstance(listed, Items):
        made.rest = builder.values.unknown(listed)
    _block(builder, call, replace(scope, environment=made, secrets=secrets))


def _setting(builder: Builder, call: Call, scope: Scope) -> None:
    """A wrapper that sets one field of the steps inside."""
    values, name = builder.values, call.name
    at = call.first
    if name == "dir":
        inner = scope.with_fields(working_directory=values.value(at))
    elif name == "container":
        inner = scope.with_fields(container=values.value(call.argument("name") or at))
    elif name == "retry":
        count = values.value(call.argument("count") or at)
        inner = scope.with_fields(retries=count - 1 if isinstance(count, int) else count)
    elif name == "timeout":
        inner = scope.with_fields(timeout=minutes(builder, call))
    else:
        inner = scope.with_fields(may_fail=True)
    _block(builder, call, inner)


def _inside(builder: Builder, call: Call, scope: Scope) -> None:
    """`docker.image('x').inside { }`: in a container that ends with the block."""
    image: Value = None
    if isinstance(call.receiver, Call):
        image = builder.values.value(call.receiver.first)
    elif call.receiver is None and call.name == "withDockerContainer":
        image = builder.values.value(call.argument("image") or call.first)
    line = Line(Ground(THROWAWAY), scope.line.last)
    inner = replace(scope, line=line, image=image)
    if image is not None:
        inner = inner.with_fields(container=image)
    _block(builder, call, inner)
    scope.line.last = line.last


def _input(builder: Builder, call: Call, scope: Scope) -> None:
    inner = _in_job(builder, scope, call)
    _plain(builder, call, "input", inner)
    for index, node in enumerate(builder.nodes):
        if node.address == inner.job:
            fields = node.fields.copy_with(manual=True)
            fields.places["manual"] = builder.values.place(call)
            builder.nodes[index] = replace(node, fields=fields)


_WRAPPERS = {
    "stage": _stage, "node": _node, "podTemplate": _pod, "parallel": _parallel,
    "withCredentials": _with_credentials, "withEnv": _with_env, "dir": _setting,
    "container": _setting, "retry": _setting, "timeout": _setting, "catchError": _setting,
    "warnError": _setting, "inside": _inside, "withDockerContainer": _inside, "input": _input,
}  # fmt: skip
