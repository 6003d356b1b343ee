"""Jobs of a whole pipeline: steps with their commands, secrets, artifacts, what starts them.

Source: https://docs.gitlab.com/ci/yaml/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.document import Addresses, Hole, Node, Reference, ToAddress
from plumbrule_parsers.gitlab_ci.expressions import (
    comparisons,
    expand,
    inputs_in,
    leaves,
    parse_condition,
)
from plumbrule_parsers.gitlab_ci.held import Variables
from plumbrule_parsers.gitlab_ci.lines import joined, places_of, script_of
from plumbrule_parsers.gitlab_ci.whole import Whole
from plumbrule_parsers.shell_tree.assignments import Assignment
from plumbrule_parsers.shell_tree.carried import Held, secret_reads
from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.shell_tree.domain import PERSISTENT, THROWAWAY, Ground, unknown_machine
from plumbrule_parsers.shell_tree.nodes import command_nodes, unread
from plumbrule_parsers.shell_tree.state import GITLAB, ShellState
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Scalar, Unknown, Value

SECTIONS = ("before_script", "script", "after_script")
MAX_CHOICES = 64
MAX_STAGE_EDGES = 2_000  # between the jobs of two stages
_INHERITED = ("image", "services", "before_script", "after_script", "cache", "artifacts", "retry",
              "timeout", "interruptible", "tags", "hooks", "id_tokens")  # fmt: skip
_STAGES = (".pre", "build", "test", "deploy", ".post")
_EVENTS = {
    "push": "push", "merge_request_event": "pull_request", "merge_requests": "pull_request",
    "external_pull_request_event": "pull_request", "external_pull_requests": "pull_request",
    "schedule": "schedule", "schedules": "schedule", "web": "manual", "api": "manual",
    "chat": "manual", "parent_pipeline": "call", "pipeline": "chained", "pipelines": "chained",
    "trigger": "chained", "triggers": "chained", "tags": "tag", "branches": "push",
    "pushes": "push",
}  # fmt: skip
_UNITS = {"s": 1 / 60, "m": 1.0, "h": 60.0, "d": 1440.0, "w": 10080.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z])[a-z]*")


@dataclass(slots=True)
class Jobs:
    """The nodes of one pipeline while they are made."""

    whole: Whole
    nodes: list[Node] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    addresses: Addresses = field(default_factory=Addresses)
    events: dict[str, Span] = field(default_factory=dict)  # that conditions speak of
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)  # job, name -> address

    @property
    def root(self) -> str:
        """The address of the pipeline."""
        return f"{self.whole.path}#pipeline"


def read_jobs(whole: Whole, tree: MapValue) -> Jobs:
    """The pipeline with its jobs."""
    made = Jobs(whole)
    span = tree.span.first_line
    fields = MapValue(whole.source, tree.start, tree.end)
    fields.put("name", whole.path)
    stages = whole.globals.get("stages")
    if stages is not None and isinstance(stages[0], ListValue):
        fields.put("stages", stages[0], stages[1])
    variables = whole.globals.get("variables")
    common: dict[str, Value] = {}
    if variables is not None and isinstance(variables[0], MapValue):
        common = _texts(variables[0])
        fields.put("variables", _mapped(variables[0], common), variables[1])
    root = Node(made.root, "gitlab.Pipeline", f"pipeline {whole.path}", fields, span)
    made.nodes.append(root)
    workflow = whole.globals.get("workflow")
    if workflow is not None and isinstance(workflow[0], MapValue):
        _conditions(made, root.address, workflow[0])
    by_stage: dict[str, list[Node]] = {}
    for name in sorted(whole.jobs):
        if not name.startswith("."):
            job = _job(made, root, name, common)
            by_stage.setdefault(str(job.fields.get("stage", "test")), []).append(job)
    _stage_order(made, by_stage, fields.get("stages"))
    _triggers(made, root, span)
    return made


def _texts(variables: MapValue) -> dict[str, Value]:
    """Variables by name; those with a description have their text in `value`."""
    found: dict[str, Value] = {}
    for name, value in variables.items():
        text = value.get("value", "") if isinstance(value, MapValue) else value
        found[name] = str(text) if isinstance(text, (int, float)) else text
    return found


def _mapped(variables: MapValue, texts: Mapping[str, Value]) -> MapValue:
    made = MapValue(variables.source, variables.start, variables.end, texts)
    made.places.update((name, at) for name in texts if (at := variables.place(name)) is not None)
    return made


def _stage_order(made: Jobs, by_stage: Mapping[str, list[Node]], stages: Value) -> None:
    """Without `needs`, a job waits for all jobs of the stage before its own."""
    written = [str(one) for one in stages] if isinstance(stages, ListValue) else list(_STAGES)
    ordered = [".pre", *(one for one in written if one not in (".pre", ".post")), ".post"]
    before: list[Node] = []
    for stage in dict.fromkeys(ordered):
        jobs = by_stage.get(stage, [])
        waiting = [job for job in jobs if "needs" not in job.fields]
        if len(before) * len(waiting) <= MAX_STAGE_EDGES:
            made.references.extend(
                Reference("needs", job.address, ToAddress(earlier.address), job.span)
                for job in waiting for earlier in before
            )  # fmt: skip
        before = jobs or before


def _triggers(made: Jobs, root: Node, span: Span) -> None:
    """What starts the pipeline, as far as its conditions tell; others may, too."""
    native: dict[str, list[str]] = {}
    for name in made.events:
        native.setdefault(_EVENTS.get(name, "other"), []).append(name)
    for event in native:
        first = native[event][0]
        at = made.events[first]
        fields = MapValue(at.source, at.start, at.end)
        for key, value in (("name", first), ("event", event), ("native", first)):
            fields.put(key, value, Place(at))
        address = f"{root.address}/trigger/{event}"
        made.nodes.append(Node(address, "ci.Trigger", f"trigger {event}", fields, at.first_line,
                               root.address))  # fmt: skip
    listed = ListValue(root.fields.source, span.start, span.end, sorted(native))
    # Without conditions, pushes start it, and whatever people set up in GitLab.
    listed.rest = Unknown(Reason.ENVIRONMENT, "what starts the pipeline in GitLab", span)
    root.fields.put("triggers", listed, Place(span))


# ------------------------------------------------------------------------------------ one job
def _job(made: Jobs, root: Node, name: str, common: Mapping[str, Value]) -> Node:
    """One job with a step for each entry of its scripts."""
    whole = made.whole
    _own, place = whole.jobs[name]
    job = whole.extended(name)
    fields = job.copy_with()
    inherit = job.get("inherit")
    allowed = inherit.get("default", True) if isinstance(inherit, MapValue) else True
    for key in _INHERITED:
        if key not in job and (key in allowed if isinstance(allowed, ListValue) else allowed):
            inherited = whole.inherited(key)
            if inherited is not None:
                fields.put(key, *inherited)
    fields.put("name", name, Place(place.key) if place is not None and place.key else None)
    variables = dict(common)
    own = job.get("variables")
    if isinstance(own, MapValue):
        variables |= _texts(own)
        fields.put("variables", _mapped(own, _texts(own)), job.place("variables"))
    variables |= _matrix(job.get("parallel"))
    _described(fields, job, variables)
    machine = _machine(fields)
    fields.put("machine", machine, fields.place("image") or fields.place("tags"))
    span = place.key if place is not None and place.key is not None else job.span.first_line
    condition = None
    for key in ("rules", "only", "except"):
        if key in job:
            at = job.place(key)
            where = at.entry.first_line if at is not None else span
            condition = Unknown(Reason.ENVIRONMENT, f"{key} of job {name}", where)
            break
    address = f"{root.address}/job/{name}"
    guards = list(_conditions(made, address, job))
    if guards:
        fields.put("guard", " or ".join(guards)[:300], job.place("rules") or job.place("only"))
    node = Node(address, "gitlab.Job", f"job {name}", fields, span, root.address, condition)
    made.nodes.append(node)
    _needs(made, node, job, span)
    _child(made, node, job, span)
    secrets = _given(made, node, fields)
    _kept(made, node, fields, span)
    services = fields.get("services")
    ground = Ground(machine, services=isinstance(services, ListValue) and bool(services))
    previous: Node | None = None
    state, held = GITLAB, dict[str, tuple[Held, ...]]()
    for section in SECTIONS:
        if section == "after_script":
            state, held = GITLAB, {}  # a shell of its own
        via = fields.place(section)
        for step, after in _steps(made, node, section, fields.get(section), via, ground, state,
                                  secrets, variables, held):  # fmt: skip
            state = after
            if previous is not None:
                target = ToAddress(step.address)
                made.references.append(Reference("before", previous.address, target, step.span))
            previous = step
    return node


def _described(fields: MapValue, job: MapValue, variables: Mapping[str, Value]) -> None:
    """What all CI systems have, in the words of `ci.Job`."""
    image = fields.get("image")
    at = fields.place("image")
    if isinstance(image, MapValue):
        at = image.place("name") or at
        image = image.get("name")
    if image is not None:
        fields.put("image", expand(image, variables), at)
    environment = job.get("environment")
    if isinstance(environment, MapValue):
        environment = environment.get("name")
    if environment is not None:
        fields.put("environment", expand(environment, variables), job.place("environment"))
    services = fields.get("services")
    if isinstance(services, ListValue):
        images = ListValue(services.source, services.start, services.end, (
            expand(one.get("name") if isinstance(one, MapValue) else one, variables)
            for one in services
        ))  # fmt: skip
        images.places.update(
            (index, found_at) for index in range(len(services))
            if (found_at := services.place(index)) is not None
        )  # fmt: skip
        fields.put("services", images, fields.place("services"))
    tags = fields.get("tags")
    if isinstance(tags, ListValue):
        fields.put("runner", tags, fields.place("tags"))
    timeout = fields.get("timeout")
    if isinstance(timeout, str):
        found = _DURATION.findall(timeout.lower())
        minutes = sum(float(amount) * _UNITS.get(unit, 0.0) for amount, unit in found)
        fields.put("timeout", minutes or Unknown(Reason.EXPRESSION, timeout[:40]),
                   fields.place("timeout"))  # fmt: skip
    retry = fields.get("retry")
    if isinstance(retry, MapValue):
        retry = retry.get("max", 0)
    if retry is not None:
        fields.put("retries", retry, fields.place("retry"))
    for key, name in (("resource_group", "lock"), ("interruptible", "cancels")):
        if key in fields:
            fields.put(name, expand(fields[key], variables), fields.place(key))
    allowed = job.get("allow_failure")
    if allowed is not None:
        fields.put("may_fail", allowed is True or isinstance(allowed, MapValue),
                   job.place("allow_failure"))  # fmt: skip
    rules = job.get("rules")
    manual = job.get("when") == "manual"
    if isinstance(rules, ListValue):
        whens = [one.get("when") for one in rules if isinstance(one, MapValue)]
        runs = [when for when in whens if when != "never"]
        manual = manual or (bool(runs) and all(when == "manual" for when in runs))
    if manual:
        fields.put("manual", value=True, place=job.place("when") or job.place("rules"))
    parallel = job.get("parallel")
    if parallel is not None:
        fields.put("matrix", value=True, place=job.place("parallel"))


def _matrix(parallel: Value) -> dict[str, Value]:
    """The variables of `parallel: matrix:` with all values that they can have."""
    found: dict[str, list[Scalar]] = {}
    matrix = parallel.get("matrix") if isinstance(parallel, MapValue) else None
    for entry in matrix if isinstance(matrix, ListValue) else ():
        for name, values in entry.items() if isinstance(entry, MapValue) else ():
            for one in values if isinstance(values, ListValue) else [values]:
                found.setdefault(name, []).append(one if isinstance(one, str) else str(one))
    made: dict[str, Value] = {}
    for name, some in found.items():
        listed = tuple(dict.fromkeys(some))
        known = len(listed) <= MAX_CHOICES and not any("$" in str(one) for one in listed)
        made[name] = listed[0] if known and len(listed) == 1 else Unknown(
            Reason.ENVIRONMENT, f"${name}", type="string", candidates=listed if known else (),
            not_null=True,
        )  # fmt: skip
    return made


def _machine(fields: MapValue) -> Value:
    """A job in an image runs in a container; where there is none, the runner decides."""
    if fields.get("image") is not None:
        return THROWAWAY
    tags = fields.get("tags")
    named = [str(tag).lower() for tag in tags] if isinstance(tags, ListValue) else []
    if any("shell" in tag for tag in named):
        return PERSISTENT
    if any(tag.startswith("saas-") for tag in named):
        return THROWAWAY
    place = fields.place("tags")
    why = Unknown(Reason.ENVIRONMENT, "", place.entry.first_line if place is not None else None)
    shown = ", ".join(named)[:40]
    detail = f"runner {shown}" if named else "runner of a job without image and tags"
    return unknown_machine(detail, why)


def _needs(made: Jobs, node: Node, job: MapValue, span: Span) -> None:
    needs = job.get("needs")
    at = job.place("needs")
    where = at.entry.first_line if at is not None else span
    for need in needs if isinstance(needs, ListValue) else ():
        target = need.get("job") if isinstance(need, MapValue) else need
        if isinstance(target, str):
            to = ToAddress(f"{made.root}/job/{target}")
            made.references.append(Reference("needs", node.address, to, where))


def _child(made: Jobs, node: Node, job: MapValue, span: Span) -> None:
    """The pipelines that a job starts: followed inside the repository, else a hole."""
    trigger = job.get("trigger")
    at = job.place("trigger")
    where = at.entry.first_line if at is not None else span
    if trigger is None:
        return
    included = trigger.get("include") if isinstance(trigger, MapValue) else None
    entries = included if isinstance(included, ListValue) else [included]
    for entry in entries:
        local = entry.get("local") if isinstance(entry, MapValue) else entry
        found = made.whole.child_files(local) if isinstance(local, str) else []
        for path in found:
            to = ToAddress(f"{path}#pipeline")
            made.references.append(Reference("uses", node.address, to, where))
        if not found:
            shown = " ".join(where.text.split())[:60]
            why = Unknown(Reason.REMOTE, f"pipeline `{shown}` is not in the repository", where)
            made.holes.append(
                Hole(why, where, edges=("contains", "uses"), addresses=(node.address,))
            )


def _conditions(made: Jobs, owner: str, job: MapValue) -> Iterator[str]:
    """The conditions of `rules` and `only`, as nodes; gives them as text."""
    rules = job.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, ListValue) else ()):
        text = rule.get("if") if isinstance(rule, MapValue) else None
        place = rule.place("if") if isinstance(rule, MapValue) else None
        if not isinstance(text, str) or place is None:
            continue
        span = place.value
        said = " ".join(text.split())
        if rule.get("when") != "never":  # type: ignore[union-attr]
            yield said
        tree = parse_condition(text)
        fields = MapValue(span.source, span.start, span.end)
        at = Place(span)
        for key, value in (("name", said[:80]), ("text", said), ("into", "condition")):
            fields.put(key, value, at)
        reads = ListValue(span.source, span.start, span.end)
        if tree is None:
            reads.rest = Unknown(Reason.SYNTAX, said[:60], span)
        else:
            reads.extend(dict.fromkeys(leaf.text for leaf in leaves(tree) if leaf.kind == "name"))
            for name, operator, against in comparisons(tree):
                if name == "CI_PIPELINE_SOURCE" and operator == "==":
                    made.events.setdefault(against, span.first_line)
            if any(leaf.text == "CI_COMMIT_TAG" for leaf in leaves(tree)):
                made.events.setdefault("tags", span.first_line)
        fields.put("reads", reads, at)
        address = made.addresses.unique(f"{owner}/condition/{index}")
        made.nodes.append(Node(address, "ci.Expression", f"condition {said[:60]}", fields,
                               span.first_line, owner))  # fmt: skip
    only = job.get("only")
    where = job.place("only")
    refs = only.get("refs") if isinstance(only, MapValue) else only
    for word in refs if isinstance(refs, ListValue) else [refs]:
        if isinstance(word, str):
            yield f"only {word}"
            if word in _EVENTS and where is not None:
                made.events.setdefault(word, where.entry.first_line)


# ------------------------------------------------------------------------------------ given, kept
def _given(made: Jobs, node: Node, fields: MapValue) -> dict[str, str]:
    """`secrets:` and `id_tokens:`: variables that GitLab fills, by name."""
    found: dict[str, str] = {}
    for key, into in (("secrets", "file"), ("id_tokens", "env")):
        entries = fields.get(key)
        for name, entry in entries.items() if isinstance(entries, MapValue) else ():
            assert isinstance(entries, MapValue)
            place = entries.place(name)
            span = place.entry if place is not None else entries.span
            plain = isinstance(entry, MapValue) and entry.get("file") is False
            found[name] = _secret(made, node.address, name, "env" if plain else into, "job", span)
    return found


def _secret(made: Jobs, owner: str, name: str, into: str, scope: str, span: Span) -> str:
    address = made.addresses.unique(f"{owner}/secret/{name}")
    fields = MapValue(span.source, span.start, span.end)
    for key, value in (("name", name), ("into", into), ("variable", name), ("scope", scope)):
        fields.put(key, value, Place(span))
    made.nodes.append(Node(address, "ci.SecretUse", f"secret {name[:60]}", fields,
                           span.first_line, owner))  # fmt: skip
    return address


def _kept(made: Jobs, node: Node, fields: MapValue, span: Span) -> None:
    """Artifacts and caches of the job."""
    artifacts = fields.get("artifacts")
    if isinstance(artifacts, MapValue):
        entries = MapValue(artifacts.source, artifacts.start, artifacts.end)
        entries.put("name", str(artifacts.get("name", "artifacts"))[:80])
        if isinstance(artifacts.get("paths"), ListValue):
            entries.put("paths", artifacts["paths"], artifacts.place("paths"))
        place = fields.place("artifacts")
        at = place.entry.first_line if place is not None else span
        label = f"artifacts of {node.label}"
        made.nodes.append(Node(f"{node.address}/artifact", "ci.Artifact", label, entries, at,
                               node.address))  # fmt: skip
    caches = fields.get("cache")
    place = fields.place("cache")
    at = place.entry.first_line if place is not None else span
    for index, cache in enumerate(caches if isinstance(caches, ListValue) else [caches]):
        if not isinstance(cache, MapValue):
            continue
        entries = MapValue(cache.source, cache.start, cache.end)
        entries.put("name", f"cache {index}")
        for key in ("key", "paths"):
            if isinstance(cache.get(key), (str, ListValue)):
                entries.put(key, cache[key], cache.place(key))
        made.nodes.append(Node(f"{node.address}/cache/{index}", "ci.Cache",
                               f"cache of {node.label}", entries, at, node.address))  # fmt: skip


# ------------------------------------------------------------------------------------ steps
def _steps(
    made: Jobs, job: Node, section: str, value: Value, via: Place | None, ground: Ground,
    state: ShellState, secrets: dict[str, str], variables: Mapping[str, Value],
    held: dict[str, tuple[Held, ...]],
) -> Iterator[tuple[Node, ShellState]]:  # fmt: skip
    """A step for each line of a script; nested lists and references are opened up.

    Gives each with the state of the shell behind it, because all lines run in one shell; `held` is
    what its variables hold.
    """
    entries = list(made.whole.lines(value, via, 0))
    read = 0  # entries whose commands are already there
    for count, (text, place) in enumerate(entries, start=1):
        address = f"{job.address}/{section}/{count - 1}"
        source = place.value.source
        fields = MapValue(source, place.value.start, place.value.end)
        fields.put("name", f"{section} {count}")
        fields.put("section", section)
        inputs = inputs_in(text)
        fields.put("run", expand(text, {}) if inputs else text, place)
        for option in ("errexit", "pipefail", "xtrace"):
            if getattr(state, option):
                fields.put(option, value=True)
        if section == "after_script":
            fields.put("always", value=True)
            fields.put("may_fail", value=True)
        hops = via.via if via is not None else ()
        fields.places["run"] = Place(place.value, None, (*hops, *place.via))
        node = Node(address, "gitlab.Step", f"{section} {count} of {job.label}", fields,
                    place.value.first_line, job.address)  # fmt: skip
        made.nodes.append(node)
        if count <= read:
            yield node, state
            continue
        together = entries[count - 1 : count - 1 + joined(entries, count - 1)]
        read = count - 1 + len(together)
        script, where = script_of(together), places_of(together)
        commands: list[Command] = []
        assigned: list[Assignment] = []
        nodes = list(command_nodes(
            script, source, where, address, address, state=state, ground=ground,
            expressions=inputs_in(script), seen=commands, assigned=assigned,
            started=GITLAB,
        ))  # fmt: skip
        made.nodes.extend(nodes)
        made.holes.extend(unread(ground, source, where, address))

        def secret(name: str, span: Span) -> str:
            return _secret(made, job.address, name, "env", "pipeline", span)

        told = Variables(secrets, variables, held, secret)
        carried = told.carried(assigned, where, nodes, node.span)
        made.references.extend(secret_reads(carried, commands, nodes))
        held |= carried.after(len(script))
        if commands:
            state = ground.shell or state
        yield node, state
