"""One workflow or action file to its document.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax.
"""

from __future__ import annotations

import re

from plumbrule_parsers.document import Completeness, Document, Hole, Node, Severity, how_much
from plumbrule_parsers.github_actions.steps import Around, Reader, read_steps, shown
from plumbrule_parsers.github_actions.workflow import read_workflow
from plumbrule_parsers.shell_tree.domain import Ground, unknown_machine
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown
from plumbrule_parsers.yaml_tree import parse_yaml

_ACTION = re.compile(r"^runs:\s*$|^runs:\s*\{", re.MULTILINE)
_WORKFLOW = re.compile(r"""^["']?(?:on|true)["']?\s*:""", re.MULTILINE)
_JOBS = re.compile(r"^jobs\s*:", re.MULTILINE)
CALLERS = "the machines of its callers"  # why the machine of an action is not known


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


def parse(source: Source) -> Document:
    """The workflow's jobs and steps with their commands, or the action's."""
    stream = parse_yaml(source, "1.2")
    reader = Reader(source)
    value = stream.documents[0].value if stream.documents else None
    if isinstance(value, MapValue):
        name = source.path.rpartition("/")[2]
        if "runs" in value and name.startswith("action."):
            _action(reader, value)
        else:
            read_workflow(reader, value)
    elif stream.documents:
        reader.warn("not-a-mapping", "a workflow must be a mapping", source.whole().first_line)
    problems = (*stream.problems, *reader.problems)
    lost = [problem for problem in problems if problem.severity is Severity.ERROR]
    for problem in lost[:1]:
        reader.holes.append(Hole(
            Unknown(Reason.SYNTAX, f"{source.path} did not parse", problem.span), problem.span,
            kinds=("gha.Workflow", "gha.Job", "gha.Step", "sh.Command", "ci.SecretUse"),
            within=source.path.rpartition("/")[0],
        ))  # fmt: skip
    state, because = how_much(problems, something=bool(reader.nodes))
    if not because and reader.foreign:
        state, because = Completeness.PARTLY, "scripts in other shells than sh and bash"
    return Document(
        source, "github_actions", tuple(reader.nodes), tuple(reader.references), problems,
        tuple(reader.holes), state, because,
    )  # fmt: skip


def _action(reader: Reader, value: MapValue) -> None:
    """An action of this repository."""
    runs = value.get("runs")
    fields = value.copy_with(folder=reader.source.path.rpartition("/")[0])
    name = value.get("name")
    named = name if isinstance(name, str) else reader.source.path
    fields.put("name", named, value.place("name"))
    if isinstance(runs, MapValue) and "using" in runs:
        fields.put("using", runs["using"], runs.place("using"))
    span = reader.head(value, "name" if "name" in value else "runs")
    node = Node(f"{reader.source.path}#action", "gha.Action", f"action {shown(named)}", fields,
                span)  # fmt: skip
    reader.nodes.append(node)
    if isinstance(runs, MapValue) and isinstance(runs.get("steps"), ListValue):
        steps = runs["steps"]
        assert isinstance(steps, ListValue)
        read_steps(reader, node, steps, Around(ground=Ground(unknown_machine(CALLERS))))
