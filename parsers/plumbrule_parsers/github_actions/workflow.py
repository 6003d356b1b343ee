"""A workflow: its triggers, its jobs and what they run on.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from plumbrule_parsers.document import Hole, Node, Reference, ToAddress
from plumbrule_parsers.github_actions.interpolate import Known, with_expressions
from plumbrule_parsers.github_actions.steps import (
    Around,
    Reader,
    action_ref,
    condition_of,
    noted_env,
    read_steps,
    shown,
)
from plumbrule_parsers.shell_tree.domain import PERSISTENT, THROWAWAY, Ground, unknown_machine
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Scalar,
    Segments,
    Unknown,
    Value,
)

# Labels of machines that GitHub makes anew for every job.
_HOSTED = re.compile(r"^(?:ubuntu|windows|macos)-", re.IGNORECASE)
_EVENTS = {
    "push": "push", "pull_request": "pull_request", "pull_request_target": "pull_request_target",
    "schedule": "schedule", "workflow_dispatch": "manual", "workflow_call": "call",
    "workflow_run": "chained",
}  # fmt: skip
MAX_CHOICES = 64


def read_workflow(reader: Reader, value: MapValue) -> None:
    """The workflow with its triggers and jobs."""
    source = reader.source
    fields = value.copy_with()
    name = value.get("name")
    fields.put("name", name if isinstance(name, str) else source.path, value.place("name"))
    triggers = _events(reader, value)
    if triggers is not None:
        fields.put("triggers", triggers[0], triggers[1])
        fields.put("reusable", "workflow_call" in triggers[0])
    _concurrency(value, fields)
    span = reader.head(value, "name" if "name" in value else "on" if "on" in value else "jobs")
    label = f"workflow {shown(fields['name'])}"
    address = f"{source.path}#workflow"
    env = value.get("env")
    if isinstance(env, MapValue):
        fields.put("variables", env, value.place("env"))
    node = Node(address, "gha.Workflow", label, fields, span)
    reader.nodes.append(node)
    reader.nodes.extend(_triggers(reader, address, value))
    known = noted_env(reader, address, env, Known(), "pipeline")
    jobs = value.get("jobs")
    if not isinstance(jobs, MapValue):
        if "jobs" in value:
            reader.warn("not-a-mapping", "`jobs` must be a mapping", reader.span_of(value, "jobs"))
        return
    known = replace(known, choices=_inputs(value))
    around = Around(known, *_defaults(value, "", None))
    for key, job in jobs.items():
        if isinstance(job, MapValue):
            _job(reader, node, jobs, key, job, around)
        else:
            reader.warn(
                "not-a-mapping", f"job `{key}` must be a mapping", reader.span_of(jobs, key)
            )


def _on(value: MapValue) -> tuple[Value, Place | None]:
    key = "on" if "on" in value else "true"
    return value.get(key), value.place(key)


def _inputs(value: MapValue) -> dict[str, tuple[Scalar, ...]]:
    """All values that inputs can have whose values are listed.

    A default is only what an input is when nobody says anything else, so it settles nothing.
    """
    on, _place = _on(value)
    found: dict[str, tuple[Scalar, ...]] = {}
    open_: set[str] = set()
    for event in ("workflow_dispatch", "workflow_call"):
        settings = on.get(event) if isinstance(on, MapValue) else None
        inputs = settings.get("inputs") if isinstance(settings, MapValue) else None
        for name, one in inputs.items() if isinstance(inputs, MapValue) else ():
            options = one.get("options") if isinstance(one, MapValue) else None
            kind = one.get("type") if isinstance(one, MapValue) else None
            some: tuple[Scalar, ...] = (True, False) if kind == "boolean" else ()
            if kind == "choice" and isinstance(options, ListValue):
                some = tuple(item for item in options if isinstance(item, (str, int, float)))
            if some:
                found[f"inputs.{name}"] = (*found.get(f"inputs.{name}", ()), *some)
            else:
                open_.add(f"inputs.{name}")
    return {name: some for name, some in found.items() if name not in open_}


def _events(reader: Reader, value: MapValue) -> tuple[ListValue, Place | None] | None:
    """The events as a list, from a string, a list or a mapping."""
    on, place = _on(value)
    if isinstance(on, str):
        at = place.value if place is not None else value.span
        return ListValue(reader.source, at.start, at.end, [on], {0: Place(at)}), place
    if isinstance(on, ListValue):
        return on, place
    if isinstance(on, MapValue):
        listed = ListValue(reader.source, on.start, on.end, list(on))
        for index, name in enumerate(on):
            event = on.place(name)
            if event is not None and event.key is not None:
                listed.places[index] = Place(event.key)
        return listed, place
    return None


def _triggers(reader: Reader, owner: str, value: MapValue) -> Iterator[Node]:
    """A node for each event, with what narrows it."""
    on, place = _on(value)
    span = place.value.first_line if place is not None else value.span.first_line
    names: list[tuple[str, Value, Span]] = []
    if isinstance(on, str):
        names = [(on, None, span)]
    elif isinstance(on, ListValue):
        for index, item in enumerate(on):
            at = on.place(index)
            if isinstance(item, str):
                names.append((item, None, at.value if at is not None else span))
    elif isinstance(on, MapValue):
        for name, settings in on.items():
            at = on.place(name)
            where = at.key if at is not None and at.key is not None else span
            names.append((name, settings, where))
    for name, settings, where in names:
        schedules = (
            settings if name == "schedule" and isinstance(settings, ListValue) else [settings]
        )
        for one in schedules:
            yield _trigger(reader, owner, name, one, where)


def _trigger(reader: Reader, owner: str, name: str, settings: Value, span: Span) -> Node:
    fields = MapValue(reader.source, span.start, span.end)
    event = _EVENTS.get(name, "other")
    if isinstance(settings, MapValue):
        if name == "push" and "tags" in settings and "branches" not in settings:
            event = "tag"
        for key in ("branches", "tags", "paths", "types"):
            found = settings.get(key)
            if isinstance(found, (ListValue, str)):
                listed = found if isinstance(found, ListValue) else ListValue(
                    reader.source, span.start, span.end, [found]
                )  # fmt: skip
                fields.put(key, listed, settings.place(key))
        if "cron" in settings:
            fields.put("schedule", settings["cron"], settings.place("cron"))
    for key, value in (("name", name), ("event", event), ("native", name)):
        fields.put(key, value, Place(span))
    address = reader.addresses.unique(f"{owner}/trigger/{name}")
    return Node(address, "ci.Trigger", f"trigger {name[:60]}", fields, span.first_line, owner)


def _concurrency(value: MapValue, fields: MapValue) -> None:
    """`concurrency`, as what is locked and whether newer runs end older ones."""
    found = value.get("concurrency")
    place = value.place("concurrency")
    if isinstance(found, MapValue):
        fields.put("lock", with_expressions(found.get("group")), found.place("group"))
        cancels = with_expressions(found.get("cancel-in-progress"))
        if cancels is not None:
            if not isinstance(cancels, bool):
                cancels = Unknown(Reason.ENVIRONMENT, str(cancels)[:60], type="bool")
            fields.put("cancels", cancels, found.place("cancel-in-progress"))
    elif isinstance(found, str):
        fields.put("lock", with_expressions(found), place)


def _defaults(value: MapValue, shell: str, folder: Value) -> tuple[str, Value]:
    """The shell and the working directory that `defaults:` give."""
    defaults = value.get("defaults")
    run = defaults.get("run") if isinstance(defaults, MapValue) else None
    if isinstance(run, MapValue):
        found = run.get("shell")
        shell = found if isinstance(found, str) else shell
        folder = run.get("working-directory", folder)
    return shell, folder


# ------------------------------------------------------------------------------------ jobs
def _job(
    reader: Reader, workflow: Node, jobs: MapValue, key: str, job: MapValue, around: Around
) -> None:
    """One job with its steps."""
    fields = job.copy_with(id=key)
    place = jobs.place(key)
    name_place = Place(place.key) if place is not None and place.key is not None else None
    fields.put("name", key, name_place)
    address = f"{workflow.address}/job/{key}"
    choices, varied = _matrix(job)
    known = replace(around.known, choices={**around.known.choices, **choices})
    if varied:
        strategy = job.place("strategy")
        fields.put("matrix", value=True, place=strategy)
    labels = _labels(job)
    machine: Value = PERSISTENT
    if "uses" in job:
        machine = unknown_machine("the machines of the called workflow")
    elif labels is not None:
        machine = _runner(reader, fields, job, labels, known)
    container = job.get("container")
    if isinstance(container, MapValue):
        container = container.get("image")
    if container is not None:
        fields.put("image", with_expressions(container, known), job.place("container"))
        machine = THROWAWAY
    fields.put("machine", machine, job.place("runs-on"))
    environment = job.get("environment")
    if isinstance(environment, MapValue):
        environment = environment.get("name")
    if environment is not None:
        fields.put("environment", with_expressions(environment, known), job.place("environment"))
    _settings(reader, job, fields)
    uses = job.get("uses")
    if isinstance(uses, str):
        called = job.place("uses")
        fields.put("uses", action_ref(uses, reader.source, called), called)
    needs = job.get("needs")
    listed = [needs] if isinstance(needs, str) else needs
    if isinstance(needs, str):
        at = reader.span_of(job, "needs")
        fields.put("needs", ListValue(reader.source, at.start, at.end, [needs], {0: Place(at)}))
    span = reader.head(jobs, key)
    condition = condition_of(reader, address, job, "job", fields)
    node = Node(address, "gha.Job", f"job {key}", fields, span, workflow.address, condition)
    reader.nodes.append(node)
    for need in listed if isinstance(listed, (list, ListValue)) else ():
        if isinstance(need, str):
            target = ToAddress(f"{workflow.address}/job/{need}")
            reader.references.append(
                Reference("needs", address, target, reader.span_of(job, "needs"))
            )
    known = noted_env(reader, address, job.get("env"), known, "job")
    if isinstance(uses, str):
        _called(reader, node, job, uses)
    services = fields.get("services")
    ground = Ground(machine, services=isinstance(services, ListValue) and len(services) > 0)
    shell, folder = _defaults(job, around.shell, around.folder)
    windows = bool(labels) and all("windows" in str(label).lower() for label in labels or ())
    steps = job.get("steps")
    if isinstance(steps, ListValue):
        inner = Around(known, shell, folder, ground, windows=windows)
        read_steps(reader, node, steps, inner)
    elif "steps" in job:
        message = f"`steps` of job `{key}` must be a list"
        reader.warn("not-a-list", message, reader.span_of(job, "steps"))


def _settings(reader: Reader, job: MapValue, fields: MapValue) -> None:
    """What all CI systems have, in the words of `ci.Job`."""
    _concurrency(job, fields)
    for key, name in (("timeout-minutes", "timeout"), ("continue-on-error", "may_fail")):
        if key in job:
            found = with_expressions(job[key])
            if isinstance(found, str) or not isinstance(found, (bool, int, float)):
                found = Unknown(Reason.ENVIRONMENT, str(found)[:60], type="any")
            fields.put(name, found, job.place(key))
    env = job.get("env")
    if isinstance(env, MapValue):
        fields.put("variables", env, job.place("env"))
    services = job.get("services")
    at = job.place("services")
    if isinstance(services, MapValue):
        images = ListValue(reader.source, services.start, services.end)
        for name, service in services.items():
            image = service.get("image") if isinstance(service, MapValue) else None
            if image is not None:
                images.append(with_expressions(image))
                found_at = services.place(name)
                if found_at is not None:
                    images.places[len(images) - 1] = Place(found_at.entry)
        fields.put("services", images, at)


def _labels(job: MapValue) -> list[Value] | None:
    runs_on = job.get("runs-on")
    if isinstance(runs_on, MapValue):
        runs_on = runs_on.get("labels")
    if isinstance(runs_on, str):
        return [runs_on]
    return list(runs_on) if isinstance(runs_on, ListValue) else None


def _runner(
    reader: Reader, fields: MapValue, job: MapValue, labels: list[Value], known: Known
) -> Value:
    """Fields of the machine; gives whether it stays."""
    values = [with_expressions(label, known) for label in labels if isinstance(label, str)]
    machines = ListValue(reader.source, job.start, job.end, values)
    fields.put("runner", machines, job.place("runs-on"))
    if "self-hosted" in values:
        fields.put("hosted", value=False)
        return PERSISTENT
    judged = [_is_hosted(value) for value in values]
    span = reader.span_of(job, "runs-on").first_line
    if any(one is True for one in judged):
        fields.put("hosted", value=True)
        return THROWAWAY
    unknown = next((one for one in judged if isinstance(one, Unknown)), None)
    if unknown is not None:
        why = Unknown(Reason.ENVIRONMENT, unknown.detail, span, type="bool", not_null=True)
        fields.put("hosted", why)
        if "self-hosted" in unknown.candidates:
            return PERSISTENT  # in some of the runs
        return unknown_machine(f"runs-on {unknown.detail}", why)
    fields.put("hosted", value=False)
    names = ", ".join(shown(value) for value in values)[:60]
    # The label may name a larger machine of the provider or one of the owner's.
    return unknown_machine(f"runner {names}", Unknown(Reason.ENVIRONMENT, names, span))


def _is_hosted(label: Value) -> bool | Unknown:
    if isinstance(label, str):
        return _HOSTED.match(label) is not None
    parts = label.parts if isinstance(label, Segments) else ()
    first = parts[0] if parts else None
    if isinstance(first, str):
        return _HOSTED.match(first) is not None
    if isinstance(first, Unknown):
        if len(parts) == 1 and first.candidates:
            found = {_HOSTED.match(str(one)) is not None for one in first.candidates}
            if len(found) == 1:
                return found.pop()
        return first
    return False


def _matrix(job: MapValue) -> tuple[dict[str, tuple[Scalar, ...]], bool]:
    """All values that the entries of the matrix can have, and whether there is a matrix."""
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, MapValue) else None
    if not isinstance(matrix, MapValue):
        return {}, matrix is not None
    found: dict[str, list[Scalar]] = {}
    open_: set[str] = set()
    groups: list[tuple[str, Value]] = []
    excluded: set[tuple[str, str]] = set()
    for key, values in matrix.items():
        if key == "exclude":
            for entry in values if isinstance(values, ListValue) else ():
                if isinstance(entry, MapValue) and len(entry) == 1:  # whatever the others are
                    excluded |= {(name, str(value)) for name, value in entry.items()}
            continue
        if key == "include" and isinstance(values, ListValue):
            for entry in values:
                if isinstance(entry, MapValue):
                    groups.extend(entry.items())
        elif isinstance(values, ListValue):
            groups.extend((key, value) for value in values)
        elif key != "include":
            open_.add(key)
        else:
            return {}, True  # an expression may add to every entry
    for key, value in groups:
        some = _values(value)
        if some:
            found.setdefault(key, []).extend(some)
        else:
            open_.add(key)
    return {
        f"matrix.{key}": tuple(dict.fromkeys(
            value for value in values if (key, str(value)) not in excluded
        ))
        for key, values in found.items()
        if key not in open_ and len(values) <= MAX_CHOICES
    }, True  # fmt: skip


def _values(value: Value) -> tuple[Scalar, ...]:
    """What one entry of a matrix can be, () if that cannot be told."""
    if isinstance(value, ListValue) and "self-hosted" in value:
        return ("self-hosted",)  # labels of a machine; the others do not change what it is
    if not isinstance(value, (str, int, float, bool)):
        return ()
    shown_value = with_expressions(value)
    if isinstance(shown_value, Segments):
        first = shown_value.parts[0]
        alone = len(shown_value.parts) == 1 and isinstance(first, Unknown)
        return first.candidates if alone and isinstance(first, Unknown) else ()
    return (value,)


def _called(reader: Reader, node: Node, job: MapValue, uses: str) -> None:
    """A reusable workflow: followed inside the repository, else a hole."""
    span = reader.span_of(job, "uses")
    if uses.startswith("./"):
        path = posixpath.normpath(uses)
        target = ToAddress(f"{reader.prefix}{path}#workflow")
        reader.references.append(Reference("uses", node.address, target, span))
    else:
        reader.holes.append(Hole(
            Unknown(Reason.REMOTE, f"workflow `{uses[:80]}` is not in the repository", span),
            span, edges=("contains", "uses"), addresses=(node.address,),
        ))  # fmt: skip
    settings = job.get("with")
    if isinstance(settings, MapValue):
        reader.note_entries(node.address, settings, "argument", "job")
    secrets = job.get("secrets")
    if isinstance(secrets, MapValue):
        reader.note_entries(node.address, secrets, "input", "job")
    elif secrets == "inherit":
        reader.notes.secret(node.address, "*", "input", "", "job", reader.span_of(job, "secrets"))
