"""Steps of a job or of a composite action, with their scripts, secrets, artifacts and caches."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from plumbrule_parsers.document import (
    Addresses,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
    ToMatch,
)
from plumbrule_parsers.github_actions.expressions import Apply, Context, Tree
from plumbrule_parsers.github_actions.handed_on import Later, contexts_in, hand_on, held_by
from plumbrule_parsers.github_actions.interpolate import (
    Known,
    Notes,
    expressions_of,
    secret_name,
    with_expressions,
)
from plumbrule_parsers.scalar_offsets import offsets_of
from plumbrule_parsers.shell_tree.assignments import Assignment
from plumbrule_parsers.shell_tree.carried import Carried, Held, secret_reads, stretches
from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.shell_tree.domain import Ground
from plumbrule_parsers.shell_tree.nodes import command_nodes, unread
from plumbrule_parsers.shell_tree.state import github_shell, script_shell
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value

_SHELLS = re.compile(r"^(?:bash|sh)\b")
_REMOTE = re.compile(r"([^/@\s]+)/([^/@\s]+)(/[^@\s]*)?(?:@(\S+))?\Z")


@dataclass(frozen=True, slots=True)
class Around:
    """What holds for the steps of a job: what is known, the shell, the folder, the machine."""

    known: Known = field(default_factory=Known)
    shell: str = ""
    folder: Value = None
    ground: Ground = field(default_factory=Ground)
    windows: bool = False
    later: Later = field(default_factory=Later)


class Reader:
    """Collects what one file declares."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.nodes: list[Node] = []
        self.references: list[Reference] = []
        self.problems: list[Problem] = []
        self.holes: list[Hole] = []
        self.addresses = Addresses()
        self.notes = Notes(source, self.addresses, self.nodes)
        self.foreign = False
        text = source.text
        # Names that a script may write into the file of variables for later steps.
        self.sets_env = "GITHUB_ENV" in text or "set-env" in text

    def warn(self, code: str, message: str, span: Span) -> None:
        """Note a problem that loses nothing."""
        self.problems.append(Problem(code, message, span.first_line, Severity.WARNING))

    def span_of(self, owner: MapValue, key: str) -> Span:
        """The entry, or the head of the mapping."""
        place = owner.place(key)
        return place.entry if place is not None else owner.span.first_line

    def head(self, owner: MapValue, key: str) -> Span:
        """The key of the entry, or the head of the mapping."""
        place = owner.place(key)
        if place is None:
            return owner.span.first_line
        return place.key if place.key is not None else place.value.first_line

    def written_later(self, name: str) -> bool:
        """True if a script may give the variable another value."""
        return self.sets_env and re.search(rf"\b{re.escape(name)}=", self.source.text) is not None

    @property
    def prefix(self) -> str:
        """The folder that holds `.github`, so that a nested repository finds its own files."""
        head, found, _ = self.source.path.partition(".github/")
        return head if found else ""

    def placed(self, owner: MapValue, key: str, text: str) -> Callable[[int], int]:
        """From offsets in the decoded text of an entry to the source."""
        place = owner.place(key)
        if place is None or place.value.source is not self.source:
            return lambda _offset: owner.start
        return offsets_of(self.source, place.value.start, place.value.end, text)

    def note_entries(self, owner: str, entries: MapValue, into: str, scope: str) -> dict[str, str]:
        """The expressions of a mapping's texts; gives the entries that hold secrets."""
        found: dict[str, str] = {}
        for key, value in entries.items():
            if isinstance(value, str) and "${{" in value:
                place = self.placed(entries, key, value)
                secret = self.notes.note(owner, value, place, into, key, scope)
                if secret:
                    found[key] = secret
        return found


def shown(value: Value) -> str:
    """A value as text for a label."""
    return str(value)[:60]


def noted_env(reader: Reader, owner: str, env: Value, known: Known, scope: str) -> Known:
    """What is known below an `env:`, whose expressions become nodes."""
    if not isinstance(env, MapValue):
        return known
    secrets = {name: held for name, held in known.secrets.items() if name not in env}
    noted = reader.note_entries(owner, env, "env", scope)
    for name, value in env.items():
        if name in noted:
            secrets[name] = (Held(noted[name]),)
        elif isinstance(value, str) and "${{" in value:
            held = tuple(
                one for found in expressions_of(value, known)
                for context in contexts_in(found.said)
                for one in _passed(context, known)
            )  # fmt: skip
            if held:
                secrets[name] = held
    return replace(known.with_texts(env, reader.written_later), secrets=secrets)


def condition_of(
    reader: Reader, address: str, owner: MapValue, scope: str, fields: MapValue
) -> Unknown | None:
    """What `if:` makes uncertain; None if it always runs."""
    condition = owner.get("if")
    if condition is None or condition is True:
        return None
    span = reader.span_of(owner, "if")
    text = " ".join(str(condition).replace("${{", "").replace("}}", "").split())
    fields.put("guard", text, owner.place("if"))
    tree = reader.notes.condition(address, str(condition), span, scope)
    if _asks(tree, "always") or _asks(tree, "cancelled") or _asks(tree, "failure"):
        fields.put("always", value=True, place=owner.place("if"))
    if text in ("always()", "true", "success()"):
        return None
    return Unknown(Reason.ENVIRONMENT, f"if: {text[:60]}", span)


def _asks(tree: Tree | None, name: str) -> bool:
    """True if the condition calls that function, so that a failure does not skip what it guards."""
    stack = [tree]
    while stack:
        current = stack.pop()
        if isinstance(current, Apply):
            if current.name == name:
                return True
            stack.extend(current.operands)
    return False


def read_steps(reader: Reader, owner: Node, steps: ListValue, around: Around) -> None:
    """The steps in order, each before the next."""
    previous: Node | None = None
    for index, step in enumerate(steps):
        place = steps.place(index)
        span = place.value if place is not None else steps.span
        if not isinstance(step, MapValue):
            reader.warn("not-a-mapping", f"a step of {owner.label} must be a mapping", span)
            continue
        node = _step(reader, owner, step, index, around)
        if previous is not None:
            target = ToAddress(node.address)
            reader.references.append(Reference("before", previous.address, target, node.span))
        previous = node


def _step(reader: Reader, owner: Node, step: MapValue, index: int, around: Around) -> Node:
    """One step with the commands of its script."""
    address = f"{owner.address}/step/{index}"
    fields = step.copy_with()
    identity = step.get("id") or step.get("name")
    named = identity if isinstance(identity, str) else str(index)
    fields.put("name", named, step.place("id" if step.get("id") else "name"))
    uses = step.get("uses")
    if isinstance(uses, str):
        place = step.place("uses")
        taken = with_expressions(uses, around.known)
        if isinstance(taken, str):
            taken = action_ref(taken, reader.source, place)
        fields.put("uses", taken, place)
    settings = step.get("with")
    if isinstance(settings, MapValue):
        made = settings.copy_with()
        for key, value in settings.items():
            dict.__setitem__(made, key, with_expressions(value, around.known))
        fields.put("with", made, step.place("with"))
    _settings(step, fields, around)
    key = next((name for name in ("uses", "run", "name") if name in step), "")
    span = reader.span_of(step, key) if key else step.span.first_line
    position = len(reader.nodes)
    condition = condition_of(reader, address, step, "step", fields)
    spoken = identity if isinstance(identity, str) else _unnamed(uses, index)
    node = Node(address, "gha.Step", f"step {spoken[:60]} of {owner.label}", fields,
                span.first_line, owner.address, condition)  # fmt: skip
    reader.nodes.insert(position, node)
    given = _given(around, fields)
    known = noted_env(reader, address, step.get("env"), given, "step")
    if isinstance(settings, MapValue):
        reader.note_entries(address, settings, "argument", "step")
    if isinstance(uses, str):
        _uses(reader, node, uses, settings, around, span)
    run = step.get("run")
    if isinstance(run, str):
        fields.put("run", with_expressions(run, known), step.place("run"))
        where = reader.placed(step, "run", run)
        before = len(reader.nodes)
        reader.notes.note(address, run, where, "script", "", "step")
        put_in = {
            str(one.fields["name"]): Held(one.address) for one in reader.nodes[before:]
            if one.kind == "ci.SecretUse"
        }  # fmt: skip
        _script(reader, node, step, run, where, known, around, put_in)
    return node


def _unnamed(uses: Value, index: int) -> str:
    """What people call a step without a name: by what it uses, else by its number from 1."""
    return uses.partition("@")[0] if isinstance(uses, str) and uses else str(index + 1)


def _settings(step: MapValue, fields: MapValue, around: Around) -> None:
    """What all CI systems have, in the words of `ci.Step`."""
    for key, name in (("timeout-minutes", "timeout"), ("continue-on-error", "may_fail")):
        if key in step:
            found = with_expressions(step[key], around.known)
            if not isinstance(found, (bool, int, float)):
                found = Unknown(Reason.ENVIRONMENT, str(found)[:60], type="any")
            fields.put(name, found, step.place(key))
    env = step.get("env")
    if isinstance(env, MapValue):
        fields.put("variables", env, step.place("env"))
    if "working-directory" in step:
        folder = with_expressions(step["working-directory"], around.known)
        fields.put("working_directory", folder, step.place("working-directory"))
    elif around.folder is not None and "run" in step:
        fields.put("working_directory", with_expressions(around.folder, around.known))


def _uses(
    reader: Reader, node: Node, uses: str, settings: Value, around: Around, span: Span
) -> None:
    """What a step calls: an action of the repository, something that keeps files, a cluster."""
    match = _REMOTE.match(uses)
    if uses.startswith("./"):
        folder = posixpath.normpath(posixpath.join(reader.prefix, uses))
        target = ToMatch(("gha.Action",), (("folder", folder),))
        reader.references.append(Reference("uses", node.address, target, span))
        return
    if match is None:
        return
    around.ground.action(match[2])
    entries = settings if isinstance(settings, MapValue) else MapValue(reader.source, 0, 0)
    name = f"{match[1]}/{match[2]}".lower()
    if name in ("actions/upload-artifact", "actions/download-artifact"):
        named = entries.get("name", "artifact")
        direction = "up" if "upload" in name else "down"
        _kept(reader, node, "ci.Artifact", named, entries, span, direction)
    elif name == "actions/cache":
        _kept(reader, node, "ci.Cache", entries.get("key", "cache"), entries, span, "")


def _kept(
    reader: Reader, node: Node, kind: str, named: Value, entries: MapValue, span: Span,
    direction: str,
) -> None:  # fmt: skip
    fields = MapValue(reader.source, span.start, span.end)
    fields.put("name", shown(named), Place(span))
    path = entries.get("path")
    at = entries.place("path")
    if isinstance(path, str):
        lines = [line.strip() for line in path.splitlines()]
        found = [with_expressions(line) for line in lines if line]
        listed = ListValue(reader.source, span.start, span.end, found)
        fields.put("paths", listed, at)
    if direction:
        fields.put("direction", direction)
    elif "key" in entries:
        fields.put("key", with_expressions(entries["key"]), entries.place("key"))
    what = "artifact" if direction else "cache"
    reader.nodes.append(Node(f"{node.address}/{what}", kind, f"{what} {shown(named)}", fields,
                             span.first_line, node.address))  # fmt: skip


def _script(
    reader: Reader, node: Node, step: MapValue, run: str, where: Callable[[int], int],
    known: Known, around: Around, put_in: Mapping[str, Held],
) -> None:  # fmt: skip
    """The commands of `run`; other shells than sh and bash are a hole.

    `put_in` maps the secrets that its expressions name to their uses.
    """
    place = step.place("run")
    assert place is not None
    written = step.get("shell") or around.shell
    shell = written if isinstance(written, str) else ""
    if around.windows and not shell:
        shell = "pwsh"  # the default on Windows
    if shell and not _SHELLS.match(shell):
        reader.foreign = True
        reader.holes.append(Hole(
            Unknown(Reason.EXPRESSION, f"script in `{shell[:40]}` is not read", place.value),
            place.entry.first_line, edges=("contains",), addresses=(node.address,),
        ))  # fmt: skip
        return
    state = script_shell(run, github_shell(shell))
    for option in ("errexit", "pipefail", "xtrace"):
        if getattr(state, option):
            node.fields.put(option, value=True)
    if shell:
        node.fields.put("shell", shell, step.place("shell"))
    commands: list[Command] = []
    assigned: list[Assignment] = []
    made = list(command_nodes(
        run, reader.source, where, node.address, node.address, state=state, ground=around.ground,
        expressions=expressions_of(run, known), seen=commands,
        assigned=assigned,
    ))  # fmt: skip
    reader.nodes.extend(made)
    reader.holes.extend(unread(around.ground, reader.source, where, node.address))

    def expression(said: str) -> Iterator[Held]:
        for context in contexts_in(said):
            if secret_name(context) in put_in:
                yield put_in[secret_name(context)]
            yield from _passed(context, known)

    carried = Carried(
        assigned,
        stretches(reader.source, where),
        lambda name: known.secrets.get(name, ()),
        expression,
    )
    reader.references.extend(secret_reads(carried, commands, made))
    identity = step.get("id")
    hand_on(around.later, identity if isinstance(identity, str) else "",
            str(node.fields.get("guard", "")), commands, carried, run)  # fmt: skip


def _given(around: Around, fields: MapValue) -> Known:
    """What is known where a step begins: earlier steps may have handed secrets on."""
    later, known, guard = around.later, around.known, str(fields.get("guard", ""))
    secrets, outputs = dict(known.secrets), {}
    for name, found in later.variables.items():
        secrets[name] = tuple(held_by(found, guard))
    for name, found in later.outputs.items():
        outputs[name] = tuple(held_by(found, guard))
    return replace(known, secrets=secrets, outputs=outputs)


def _passed(context: Context, known: Known) -> tuple[Held, ...]:
    """The secrets that an environment variable or an output of a step holds."""
    path = context.path
    if path[0] == "env":
        return tuple(known.secrets.get(path[-1], ()))
    if path[0] == "steps" and len(path) == 4 and path[2] == "outputs":
        return tuple(known.outputs.get(f"{path[1]}.{path[3]}".lower(), ()))
    return ()


def action_ref(uses: str, source: Source, place: Place | None) -> MapValue:
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
