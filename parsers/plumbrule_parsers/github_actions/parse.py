"""One workflow or action file to its document.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax.
"""

from __future__ import annotations

import posixpath
import re

from plumbrule_parsers.document import (
    Completeness,
    Document,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
    ToMatch,
)
from plumbrule_parsers.scalar_offsets import offsets_of
from plumbrule_parsers.shell_tree.nodes import command_nodes
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    Value,
    join_segments,
)
from plumbrule_parsers.yaml_tree import parse_yaml

_ACTION = re.compile(r"^runs:\s*$|^runs:\s*\{", re.MULTILINE)
_WORKFLOW = re.compile(r"""^["']?(?:on|true)["']?\s*:""", re.MULTILINE)
_JOBS = re.compile(r"^jobs\s*:", re.MULTILINE)
_EXPRESSION = re.compile(r"\$\{\{((?:(?!\$\{\{|\}\}).)*+)\}\}", re.DOTALL)
_SHELLS = re.compile(r"^(?:bash|sh)\b")
# Labels of machines that GitHub makes anew for every job.
_HOSTED = re.compile(r"^(?:ubuntu|windows|macos)-")


def detect(path: str, head: str) -> int:
    """3 for a workflow in its place, 2 for one elsewhere or an action, by content."""
    if not path.endswith((".yml", ".yaml")):
        return 0
    folder, _, name = path.rpartition("/")
    if f"/{folder}".endswith("/.github/workflows"):
        return 3
    if name in ("action.yml", "action.yaml") and _ACTION.search(head):
        return 3
    return 2 if _WORKFLOW.search(head) and _JOBS.search(head) else 0


def with_expressions(value: Value) -> Value:
    """A string in which each `${{ }}` is an unknown part; its detail is the expression."""
    if not isinstance(value, str) or "${{" not in value:
        return value
    parts: list[str | Unknown | Segments] = []
    at = 0
    for match in _EXPRESSION.finditer(value):
        parts.append(value[at : match.start()])
        text = " ".join(match[1].split())
        parts.append(Unknown(Reason.ENVIRONMENT, text, type="string", identity=""))
        at = match.end()
    parts.append(value[at:])
    joined = join_segments(parts)
    if isinstance(joined, Segments) and len(joined.parts) == 1:
        return joined  # kept as segments, so that the text of the expression can be read
    return joined


def parse(source: Source) -> Document:
    """The workflow's jobs and steps with their commands, or the action's."""
    stream = parse_yaml(source, "1.2")
    reader = _Reader(source)
    value = stream.documents[0].value if stream.documents else None
    if isinstance(value, MapValue):
        name = source.path.rpartition("/")[2]
        if "runs" in value and name.startswith("action."):
            reader.action(value)
        else:
            reader.workflow(value)
    elif stream.documents:
        reader.warn("not-a-mapping", "a workflow must be a mapping", source.whole().first_line)
    problems = (*stream.problems, *reader.problems)
    lost = [problem for problem in problems if problem.severity is Severity.ERROR]
    for problem in lost[:1]:
        reader.holes.append(Hole(
            Unknown(Reason.SYNTAX, f"{source.path} did not parse", problem.span), problem.span,
            kinds=("gha.Workflow", "gha.Job", "gha.Step", "sh.Command"),
            within=source.path.rpartition("/")[0],
        ))  # fmt: skip
    state, because = Completeness.EVALUATED, ""
    if lost:
        state = Completeness.PARTLY if reader.nodes else Completeness.SKIPPED
        because = f"{len(lost)} problem(s)"
    elif reader.foreign:
        state, because = Completeness.PARTLY, "scripts in other shells than sh and bash"
    return Document(
        source, "github_actions", tuple(reader.nodes), tuple(reader.references), problems,
        tuple(reader.holes), state, because,
    )  # fmt: skip


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.nodes: list[Node] = []
        self.references: list[Reference] = []
        self.problems: list[Problem] = []
        self.holes: list[Hole] = []
        self.foreign = False

    def warn(self, code: str, message: str, span: Span) -> None:
        self.problems.append(Problem(code, message, span.first_line, Severity.WARNING))

    def span_of(self, owner: MapValue, key: str) -> Span:
        place = owner.place(key)
        return place.entry if place is not None else owner.span.first_line

    def head(self, owner: MapValue, key: str) -> Span:
        place = owner.place(key)
        if place is None:
            return owner.span.first_line
        return place.key if place.key is not None else place.value.first_line

    # -------------------------------------------------------------- workflows
    def workflow(self, value: MapValue) -> None:
        """A workflow with its jobs."""
        fields = value.copy_with()
        name = value.get("name")
        fields.put("name", name if isinstance(name, str) else self.source.path, value.place("name"))
        triggers = self.triggers(value)
        if triggers is not None:
            fields.put("triggers", triggers[0], triggers[1])
            fields.put("reusable", "workflow_call" in triggers[0])
        span = self.head(value, "name" if "name" in value else "on" if "on" in value else "jobs")
        label = f"workflow {_shown(fields['name'])}"
        node = Node(f"{self.source.path}#workflow", "gha.Workflow", label, fields, span)
        self.nodes.append(node)
        jobs = value.get("jobs")
        if not isinstance(jobs, MapValue):
            if "jobs" in value:
                self.warn("not-a-mapping", "`jobs` must be a mapping", self.span_of(value, "jobs"))
            return
        defaults = _shell_of(value)
        for key, job in jobs.items():
            if isinstance(job, MapValue):
                self.job(node, jobs, key, job, defaults)
            else:
                self.warn(
                    "not-a-mapping", f"job `{key}` must be a mapping", self.span_of(jobs, key)
                )

    def triggers(self, value: MapValue) -> tuple[ListValue, Place | None] | None:
        """The events as a list, from a string, a list or a mapping."""
        key = "on" if "on" in value else "true"
        on = value.get(key)
        place = value.place(key)
        if isinstance(on, str):
            at = place.value if place is not None else value.span
            listed = ListValue(self.source, at.start, at.end, [on], {0: Place(at)})
            return listed, place
        if isinstance(on, ListValue):
            return on, place
        if isinstance(on, MapValue):
            listed = ListValue(self.source, on.start, on.end, list(on))
            for index, name in enumerate(on):
                event = on.place(name)
                if event is not None and event.key is not None:
                    listed.places[index] = Place(event.key)
            return listed, place
        return None

    def job(self, workflow: Node, jobs: MapValue, key: str, job: MapValue, shell: str) -> None:
        """One job with its steps."""
        fields = job.copy_with(id=key)
        place = jobs.place(key)
        name_place = Place(place.key) if place is not None and place.key is not None else None
        fields.put("name", key, name_place)
        runs_on = job.get("runs-on")
        if isinstance(runs_on, MapValue):
            runs_on = runs_on.get("labels")
        labels = [runs_on] if isinstance(runs_on, str) else runs_on
        if isinstance(labels, (list, ListValue)):
            known = [label for label in labels if isinstance(label, str)]
            machines = ListValue(self.source, job.start, job.end, map(with_expressions, known))
            fields.put("runner", machines, job.place("runs-on"))
            hosted: Value = False
            if "self-hosted" not in known:
                hosted = any(_HOSTED.match(label) for label in known)
                computed = next((label for label in known if "${{" in label), None)
                if not hosted and computed is not None:
                    hosted = Unknown(Reason.ENVIRONMENT, computed[:60], job.span.first_line,
                                     type="bool", not_null=True)  # fmt: skip
            fields.put("hosted", hosted)
        container = job.get("container")
        if isinstance(container, MapValue):
            container = container.get("image")
        if container is not None:
            fields.put("image", with_expressions(container), job.place("container"))
        environment = job.get("environment")
        if isinstance(environment, MapValue):
            environment = environment.get("name")
        if environment is not None:
            fields.put("environment", with_expressions(environment), job.place("environment"))
        needs = job.get("needs")
        listed = [needs] if isinstance(needs, str) else needs
        if isinstance(needs, str):
            at = self.span_of(job, "needs")
            fields.put("needs", ListValue(self.source, at.start, at.end, [needs], {0: Place(at)}))
        node = Node(
            f"{workflow.address}/job/{key}", "gha.Job", f"job {key}", fields, self.head(jobs, key),
            workflow.address, _condition(job, self.span_of(job, "if")),
        )  # fmt: skip
        self.nodes.append(node)
        for need in listed if isinstance(listed, (list, ListValue)) else ():
            if isinstance(need, str):
                target = ToAddress(f"{workflow.address}/job/{need}")
                self.references.append(
                    Reference("needs", node.address, target, self.span_of(job, "needs"))
                )
        uses = job.get("uses")
        if isinstance(uses, str):
            self.called(node, job, uses)
        steps = job.get("steps")
        if isinstance(steps, ListValue):
            self.steps(node, steps, _shell_of(job) or shell)
        elif "steps" in job:
            self.warn("not-a-list", f"`steps` of job `{key}` must be a list",
                      self.span_of(job, "steps"))  # fmt: skip

    def called(self, node: Node, job: MapValue, uses: str) -> None:
        """A reusable workflow: followed inside the repository, else a hole."""
        span = self.span_of(job, "uses")
        if uses.startswith("./"):
            path = posixpath.normpath(uses)
            target = ToAddress(f"{self.prefix()}{path}#workflow")
            self.references.append(Reference("calls_workflow", node.address, target, span))
        else:
            self.holes.append(Hole(
                Unknown(Reason.REMOTE, f"workflow `{uses[:80]}` is not in the repository", span),
                span, edges=("contains",), addresses=(node.address,),
            ))  # fmt: skip

    def prefix(self) -> str:
        """The folder that holds `.github`, so that a nested repository finds its own files."""
        head, found, _ = self.source.path.partition(".github/")
        return head if found else ""

    # -------------------------------------------------------------- steps
    def steps(self, owner: Node, steps: ListValue, shell: str) -> None:
        """The steps in order, each before the next."""
        previous: Node | None = None
        for index, step in enumerate(steps):
            place = steps.place(index)
            span = place.value if place is not None else steps.span
            if not isinstance(step, MapValue):
                self.warn("not-a-mapping", f"a step of {owner.label} must be a mapping", span)
                continue
            node = self.step(owner, step, index, shell)
            if previous is not None:
                target = ToAddress(node.address)
                self.references.append(Reference("before", previous.address, target, node.span))
            previous = node

    def step(self, owner: Node, step: MapValue, index: int, shell: str) -> Node:
        """One step with the commands of its script."""
        fields = step.copy_with()
        identity = step.get("id") or step.get("name")
        shown = identity if isinstance(identity, str) else str(index)
        fields.put("name", shown, step.place("id" if step.get("id") else "name"))
        uses = step.get("uses")
        if isinstance(uses, str):
            place = step.place("uses")
            named = with_expressions(uses)
            if isinstance(named, str):
                named = _action_ref(uses, self.source, place)
            fields.put("uses", named, place)
        settings = step.get("with")
        if isinstance(settings, MapValue):
            made = settings.copy_with()
            for key, value in settings.items():
                dict.__setitem__(made, key, with_expressions(value))
            fields.put("with", made, step.place("with"))
        key = next((name for name in ("uses", "run", "name") if name in step), "")
        span = self.span_of(step, key) if key else step.span.first_line
        address = f"{owner.address}/step/{index}"
        node = Node(
            address, "gha.Step", f"step {shown[:60]} of {owner.label}", fields, span.first_line,
            owner.address, _condition(step, self.span_of(step, "if")),
        )  # fmt: skip
        self.nodes.append(node)
        if isinstance(uses, str) and uses.startswith("./"):
            folder = posixpath.normpath(posixpath.join(self.prefix(), uses))
            target = ToMatch(("gha.Action",), (("folder", folder),))
            self.references.append(Reference("uses_action", address, target, span))
        run = step.get("run")
        if isinstance(run, str):
            self.script(node, step, run, step.get("shell") or shell)
            fields.put("run", with_expressions(run), step.place("run"))
        return node

    def script(self, node: Node, step: MapValue, run: str, shell: Value) -> None:
        """The commands of `run`; other shells than sh and bash are a hole."""
        place = step.place("run")
        assert place is not None
        if isinstance(shell, str) and shell and not _SHELLS.match(shell):
            self.foreign = True
            self.holes.append(Hole(
                Unknown(Reason.EXPRESSION, f"script in `{shell[:40]}` is not read", place.value),
                place.entry.first_line, edges=("contains",), addresses=(node.address,),
            ))  # fmt: skip
            return
        where = offsets_of(self.source, place.value.start, place.value.end, run)
        self.nodes.extend(command_nodes(run, self.source, where, node.address, node.address))

    # -------------------------------------------------------------- actions
    def action(self, value: MapValue) -> None:
        """An action of this repository."""
        runs = value.get("runs")
        fields = value.copy_with(folder=self.source.path.rpartition("/")[0])
        name = value.get("name")
        fields.put("name", name if isinstance(name, str) else self.source.path, value.place("name"))
        if isinstance(runs, MapValue) and "using" in runs:
            fields.put("using", runs["using"], runs.place("using"))
        span = self.head(value, "name" if "name" in value else "runs")
        node = Node(f"{self.source.path}#action", "gha.Action", f"action {_shown(fields['name'])}",
                    fields, span)  # fmt: skip
        self.nodes.append(node)
        if isinstance(runs, MapValue) and isinstance(runs.get("steps"), ListValue):
            steps = runs["steps"]
            assert isinstance(steps, ListValue)
            self.steps(node, steps, "")


def _shown(value: Value) -> str:
    return str(value)[:60]


def _shell_of(owner: MapValue) -> str:
    defaults = owner.get("defaults")
    run = defaults.get("run") if isinstance(defaults, MapValue) else None
    shell = run.get("shell") if isinstance(run, MapValue) else None
    return shell if isinstance(shell, str) else ""


def _condition(owner: MapValue, span: Span) -> Unknown | None:
    """What `if:` makes uncertain; None if it always runs."""
    condition = owner.get("if")
    if (
        condition is None
        or condition is True
        or condition in ("always()", "${{ always() }}", "true")
    ):
        return None
    text = " ".join(str(condition).replace("${{", "").replace("}}", "").split())
    return Unknown(Reason.ENVIRONMENT, f"if: {text[:60]}", span)


_REMOTE = re.compile(r"([^/@\s]+)/([^/@\s]+)(/[^@\s]*)?(?:@(\S+))?\Z")


def _action_ref(uses: str, source: Source, place: Place | None) -> MapValue:
    """`uses:` taken apart; the parts stand where the whole stands."""
    at = place.value if place is not None else source.span(0, 0)
    fields: dict[str, Value] = {"text": uses}
    match = _REMOTE.match(uses)
    if uses.startswith(("./", "../")):
        fields.update(form="local", path=uses)
    elif uses.startswith("docker://"):
        fields.update(form="docker", path=uses.removeprefix("docker://"))
    elif match is not None:
        owner, repo, path, ref = match.groups()
        fields.update(form="remote", owner=owner, repo=repo, slug=f"{owner}/{repo}",
                      path=(path or "").strip("/"), ref=ref or "")  # fmt: skip
    else:
        fields.update(form="remote", path=uses)
    ref_map = MapValue(source, at.start, at.end, fields)
    for key in fields:
        ref_map.places[key] = Place(at)
    return ref_map
