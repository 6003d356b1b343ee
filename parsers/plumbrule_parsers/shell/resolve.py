"""Scripts that pipelines run: found by the commands that call them, read, and linked to those.

A script that several jobs run is read once. It stands on the machine of its callers: one that stays
if any of them does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from plumbrule_parsers.document import (
    Completeness,
    Document,
    Hole,
    Node,
    Reference,
    ToAddress,
)
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.shell.calls import Call, calls_of, is_makefile
from plumbrule_parsers.shell.makefile import Recipe, Rule, rules_of
from plumbrule_parsers.shell_tree.commands import MAX_SCRIPT, Command
from plumbrule_parsers.shell_tree.domain import (
    Ground,
    behind_cluster,
    joined_machine,
    made_cluster,
)
from plumbrule_parsers.shell_tree.nodes import command_nodes, unread
from plumbrule_parsers.shell_tree.state import SHELLS, ShellState, script_shell, with_options
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value

MAX_ROUNDS = 8  # scripts that run scripts
MAX_SCRIPTS = 2_000
CALLERS = "the machines of its callers"


_Key = tuple[str, str]  # path and rule


@dataclass(slots=True)
class _Callers:
    """Who runs a script: commands and their steps, on what machines, with which options."""

    commands: dict[str, Node] = field(default_factory=dict)  # by address
    within: dict[str, _Key | None] = field(default_factory=dict)  # the script that holds it
    clusters: dict[str, bool] = field(default_factory=dict)  # runs in a cluster of the job's own
    folder: str = ""
    options: set[tuple[str, ...]] = field(default_factory=set)


@dataclass(slots=True)
class _Run:
    """Scripts by path and rule while calls are followed."""

    documents: Mapping[str, Document]
    files: FileTree
    known: frozenset[str]
    callers: dict[tuple[str, str], _Callers] = field(default_factory=dict)
    sources: dict[str, Source | None] = field(default_factory=dict)
    rules: dict[str, list[Rule]] = field(default_factory=dict)
    holes: dict[_Key, tuple[Hole, ...]] = field(default_factory=dict)
    unknown: dict[str, list[Node]] = field(default_factory=dict)  # path -> calls of what is unknown

    def machine(self, key: _Key, chain: tuple[_Key, ...] = ()) -> Value:
        """Where the script runs: where its callers do."""
        callers = self.callers[key]
        found: list[Value] = []
        for address in sorted(callers.commands):
            holder = callers.within[address]
            if holder is None:
                found.append(callers.commands[address].fields.get("machine"))
            elif holder not in chain and holder != key and len(chain) < MAX_ROUNDS:
                found.append(self.machine(holder, (*chain, key)))
        return joined_machine(found, CALLERS)

    def cluster(self, key: _Key, chain: tuple[_Key, ...] = ()) -> bool:
        """True if all callers have started a cluster before."""
        callers = self.callers[key]
        for address, holder in callers.within.items():
            if callers.clusters[address]:
                continue
            if holder is None or len(chain) >= MAX_ROUNDS:
                return False
            if holder not in chain and holder != key and not self.cluster(holder, (*chain, key)):
                return False
        return True

    def ground(self, key: _Key) -> Ground:
        """What the script stands on."""
        return Ground(self.machine(key), cluster=self.cluster(key))

    def source(self, path: str) -> Source | None:
        """The text of a file of the repository."""
        if path not in self.sources:
            found = self.documents.get(path)
            self.sources[path] = found.source if found is not None else self.files.read(path)
        return self.sources[path]


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """A document for each script that a pipeline runs, and pipelines that change by them."""
    pipelines = [document for _path, document in sorted(documents.items())
                 if document.format != "shell"]  # fmt: skip
    run = _Run(documents, files, frozenset(files.paths()))
    new: list[_Key] = []
    for document in pipelines:
        for call, cluster in _calls_of_pipeline(document, run.known):
            _take(run, call, cluster, new, None)
    made: dict[str, dict[str, list[Node]]] = {}
    for _round in range(MAX_ROUNDS):
        if not new or len(run.callers) > MAX_SCRIPTS:
            break
        todo, new = sorted(set(new)), []
        for path, rule in todo:
            nodes = _read(run, path, rule)
            if nodes is None:
                continue
            made.setdefault(path, {})[rule] = nodes
            _follow(run, path, rule, nodes, new)
    changed = _behind_clusters(run, pipelines, made)
    for path in sorted(made):
        source = run.source(path)
        assert source is not None
        # Only now are all callers known.
        whole = {rule: _read(run, path, rule) or [] for rule in made[path]}
        yield _document(run, source, whole)
    for document in pipelines:
        there = changed.get(document.source.path, {})
        holes = tuple(_holes(run.unknown.get(document.source.path, ())))
        if there or holes:
            yield replace(
                document, nodes=tuple(there.get(node.address, node) for node in document.nodes),
                holes=(*document.holes, *holes),
            )  # fmt: skip


def _calls_of_pipeline(document: Document, known: frozenset[str]) -> Iterator[tuple[Call, bool]]:
    """The calls of scripts by the steps of a pipeline; the second: in a cluster of the job's."""
    by_address = {node.address: node for node in document.nodes}
    origin = document.source.path.rpartition("/")[0]
    steps: dict[str, list[Node]] = {}
    started: set[str] = set()  # jobs in which a cluster was started so far
    clusters: dict[str, bool] = {}
    for node in document.nodes:
        job = _job_of(node, by_address)
        if node.kind in ("sh.Command", "gha.Step") and made_cluster(node):
            started.add(job)
        if node.kind == "sh.Command":
            steps.setdefault(node.parent, []).append(node)
            clusters[node.address] = job in started
    for address, commands in steps.items():
        step = by_address[address]
        folder = step.fields.get("working_directory") if step.kind != "docker.Instruction" else "\0"
        if (folder is not None and not isinstance(folder, str)) or folder == "\0":
            continue  # an image has its own files
        for call in calls_of(commands, origin, folder or "", known):
            yield call, clusters[call.command.address]


def _job_of(node: Node, by_address: Mapping[str, Node]) -> str:
    """The address of the job, or the action, that holds the node."""
    current: Node | None = node
    for _level in range(4):
        if current is None or current.kind.endswith((".Job", ".Action")):
            break
        current = by_address.get(current.parent)
    return current.address if current is not None else ""


def _take(run: _Run, call: Call, cluster: bool, new: list[_Key], holder: _Key | None) -> None:
    """Note a caller; a script that was not known before is read next."""
    rule = call.rule
    if not call.path:
        run.unknown.setdefault(call.command.path, []).append(call.command)
        return
    if rule:
        rule = _target(run, call.path, rule)
        if not rule:
            return
    key = (call.path, rule)
    found = run.callers.get(key)
    if found is None:
        found = run.callers[key] = _Callers(folder=call.folder)
        new.append(key)
    elif call.command.address in found.commands:
        return
    found.commands[call.command.address] = call.command
    found.within[call.command.address] = holder
    found.clusters[call.command.address] = cluster
    found.options.add(call.options)


def _target(run: _Run, path: str, target: str) -> str:
    """The rule that a call of make names, "" if the file has none; `*` is the first one."""
    if path not in run.rules:
        source = run.source(path)
        run.rules[path] = rules_of(source.text[:MAX_SCRIPT]) if source is not None else []
    rules = run.rules[path]
    if target == "*":
        return next((rule.target for rule in rules if not rule.target.startswith(".")), "")
    return target if any(rule.target == target for rule in rules) else ""


def _read(run: _Run, path: str, rule: str) -> list[Node] | None:
    """The node of the script and those of its commands; None if it is no script of the shell."""
    source = run.source(path)
    if source is None or is_makefile(path) != bool(rule):
        return None
    callers = run.callers[path, rule]
    ground = run.ground((path, rule))
    if rule:
        return _rule(source, [one for one in run.rules[path] if one.target == rule], ground)
    state = script_shell(source.text, ShellState("bash"))
    if state.name not in SHELLS or (not source.text.startswith("#!") and not _named_shell(path)):
        return None
    states = [with_options(state, options) for options in sorted(callers.options)] or [state]
    state = replace(
        state, errexit=all(one.errexit for one in states),
        pipefail=all(one.pipefail for one in states), xtrace=any(one.xtrace for one in states),
    )  # fmt: skip
    address = f"{path}#script"
    span = source.span(0, 0)
    fields = MapValue(source, 0, len(source.text), {"name": path, "shell": state.name})
    node = Node(address, "sh.Script", f"script {path}", fields, span)
    nodes = [node, *command_nodes(
        source.text, source, _same, address, address, state=state, ground=ground, expressions=(),
    )]  # fmt: skip
    run.holes[path, rule] = tuple(unread(ground, source, _same, address))
    return nodes


def _named_shell(path: str) -> bool:
    return path.endswith((".sh", ".bash", ".ksh"))


def _same(offset: int) -> int:
    return offset


def _rule(source: Source, rules: list[Rule], ground: Ground) -> list[Node]:
    """A rule of a Makefile; each line of its recipe has a shell of its own."""
    first = rules[0]
    span = Span(source, first.start, first.end)
    address = f"{source.path}#rule/{first.target}"
    fields = MapValue(source, span.start, span.end)
    needs = ListValue(source, span.start, span.end,
                      (name for rule in rules for name in rule.prerequisites))  # fmt: skip
    for key, value in (("name", first.target), ("target", first.target), ("shell", "sh"),
                       ("prerequisites", needs)):  # fmt: skip
        fields.put(key, value, Place(span))
    nodes = [Node(address, "make.Rule", f"rule {first.target} of {source.path}", fields, span)]
    lines = [recipe for rule in rules for recipe in rule.recipes]
    for number, recipe in enumerate(lines):
        nodes.extend(_recipe_nodes(source, recipe, address, number, ground))
    return nodes


def _recipe_nodes(
    source: Source, recipe: Recipe, parent: str, number: int, ground: Ground
) -> Iterator[Node]:
    seen: list[Command] = []
    # The recipe ends with a line that fails, so the shell counts as one with `-e`.
    state = ShellState("sh", errexit=not recipe.ignored)
    started = ShellState("sh", errexit=True)
    yield from command_nodes(
        recipe.text, source, recipe.place, parent, f"{parent}/{number}", state=state,
        ground=ground, expressions=recipe.expressions, seen=seen, started=started,
    )  # fmt: skip


def _follow(run: _Run, path: str, rule: str, nodes: list[Node], new: list[_Key]) -> None:
    """Scripts that the script runs, in the folder in which it runs itself."""
    callers = run.callers[path, rule]
    origin = path.rpartition("/")[0]
    for call in calls_of(nodes[1:], origin, callers.folder, run.known):
        _take(run, call, False, new, (path, rule))
    for one in run.rules[path] if rule else ():
        for name in one.prerequisites if one.target == rule else ():
            call = Call(nodes[0], path, name, callers.folder)
            _take(run, call, False, new, (path, rule))


def _document(run: _Run, source: Source, made: Mapping[str, list[Node]]) -> Document:
    nodes: list[Node] = []
    references: list[Reference] = []
    for rule in sorted(made):
        nodes.extend(made[rule])
        callers = run.callers[source.path, rule]
        target = made[rule][0]
        for address in sorted(callers.commands):
            command = callers.commands[address]
            ends = [address]
            if command.parent and command.kind == "sh.Command":
                ends.append(command.parent)
            references.extend(
                Reference("runs", target.address, ToAddress(end), command.span, reverse=True)
                for end in ends
            )
    holes = (
        *(hole for rule in sorted(made) for hole in run.holes.get((source.path, rule), ())),
        *_holes(run.unknown.get(source.path, ())),
    )
    return Document(source, "shell", tuple(nodes), tuple(references), holes=holes,
                    completeness=Completeness.EVALUATED)  # fmt: skip


def _holes(commands: Iterable[Node]) -> Iterator[Hole]:
    """Commands that run a script whose name cannot be told."""
    for node in {one.address: one for one in commands}.values():
        detail = " ".join(str(node.fields.get("text")).split())[:60]
        why = Unknown(Reason.ENVIRONMENT, f"script of `{detail}`", node.span)
        yield Hole(why, node.span, edges=("runs",), addresses=(node.address, node.parent))


def _behind_clusters(
    run: _Run, pipelines: Iterable[Document], made: Mapping[str, Mapping[str, list[Node]]]
) -> dict[str, dict[str, Node]]:
    """Commands behind a script that starts a cluster, by document: their effect ends with it.

    Scripts that are called there learn of it, too.
    """
    starting = {
        key for key in run.callers if any(map(made_cluster, made.get(key[0], {}).get(key[1], ())))
    }
    for _round in range(MAX_ROUNDS):
        more = {
            holder for key in starting for holder in run.callers[key].within.values()
            if holder is not None
        }  # fmt: skip
        if more <= starting:
            break
        starting |= more
    calling = {address for key in starting for address in run.callers[key].commands}
    found: dict[str, dict[str, Node]] = {}
    for document in pipelines if calling else ():
        by_address = {node.address: node for node in document.nodes}
        behind: dict[str, str] = {}  # job -> the step behind which its cluster runs
        for node in document.nodes:
            job = _job_of(node, by_address)
            if node.address in calling and job not in behind:
                behind[job] = node.parent
                found.setdefault(document.source.path, {}).update(
                    behind_cluster(document.nodes, job, node.parent)
                )
            elif job in behind and node.parent != behind[job]:
                for callers in run.callers.values():
                    if node.address in callers.clusters:
                        callers.clusters[node.address] = True
    return found
