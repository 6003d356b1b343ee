"""Pipelines made whole: local includes, `extends`, `!reference`, `default`, then jobs and steps.

Source: https://docs.gitlab.com/ci/yaml/. What comes from a template keeps the place where it was
written; the hop says at which `extends` it was taken over.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from plumbrule_parsers.document import (
    Document,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
)
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.gitlab_ci.parse import GLOBAL, parse
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.scalar_offsets import offsets_of
from plumbrule_parsers.shell_tree.nodes import command_nodes
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Reason, Unknown, Value

MAX_DEPTH = 11  # GitLab's own limit of nested `extends`
MAX_INCLUDES = 150  # GitLab's own limit
MAX_STEPS = 20_000  # lines of scripts and uses of templates in one pipeline
SECTIONS = ("before_script", "script", "after_script")


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """Each pipeline file with its jobs. Files that others include give their jobs to those."""
    known = dict(documents)
    included: set[str] = set()
    for path in sorted(documents):
        included |= _reached(path, known, files) - {path}
    for path in sorted(documents):
        if path in included and not path.endswith(".gitlab-ci.yml"):
            continue
        if isinstance(documents[path].facts.get("tree"), MapValue):
            yield _Pipeline(path, known).document()


def _reached(start: str, known: dict[str, Document], files: FileTree) -> set[str]:
    """The files that a pipeline includes, directly or not; those not yet read are read."""
    found: set[str] = set()
    todo = [start]
    while todo and len(found) < MAX_INCLUDES:
        tree = known[todo.pop()].facts.get("tree")
        for local, _span in _local_includes(tree) if isinstance(tree, MapValue) else ():
            for name in _named(local, start, files):
                # Nothing but a name makes a file of variables a part of a pipeline.
                source = files.read(name) if name not in known else None
                if source is not None:
                    known[name] = parse(source)
                if name in known and name not in found:
                    found.add(name)
                    todo.append(name)
    return found


def _named(local: str, path: str, files: FileTree) -> list[str]:
    wanted = posixpath.normpath(posixpath.join(_root_of(path), local.lstrip("/")))
    if "*" in wanted:
        return [name for name in files.paths() if glob_match(wanted, name)]
    return [wanted] if wanted.endswith((".yml", ".yaml")) else []


def _root_of(path: str) -> str:
    """The folder of the pipeline's repository: the one that holds `.gitlab-ci.yml`."""
    return path.rpartition("/")[0]


def _files_of(local: str, path: str, documents: Mapping[str, Document]) -> list[str]:
    """The files that `include: local` names, relative to the pipeline's own folder."""
    root = _root_of(path)
    wanted = posixpath.normpath(posixpath.join(root, local.lstrip("/")))
    if "*" in wanted:
        return [name for name in sorted(documents) if glob_match(wanted, name)]
    return [wanted] if wanted in documents else []


def _local_includes(tree: MapValue) -> Iterator[tuple[str, Span]]:
    for item, span in _includes(tree):
        if isinstance(item, str) and not item.startswith(("http://", "https://")):
            yield item, span
        elif isinstance(item, MapValue) and isinstance(item.get("local"), str):
            yield str(item["local"]), span


def _includes(tree: MapValue) -> Iterator[tuple[Value, Span]]:
    value = tree.get("include")
    place = tree.place("include")
    span = place.entry if place is not None else tree.span
    if isinstance(value, ListValue):
        for index, item in enumerate(value):
            at = value.place(index)
            yield item, at.value if at is not None else span
    elif value is not None:
        yield value, span


class _Pipeline:
    def __init__(self, path: str, documents: Mapping[str, Document]) -> None:
        self.path = path
        self.documents = documents
        self.source = documents[path].source
        self.jobs: dict[str, tuple[MapValue, Place | None]] = {}
        self.globals: dict[str, tuple[Value, Place | None]] = {}
        self.nodes: list[Node] = []
        self.references: list[Reference] = []
        self.problems: list[Problem] = []
        self.holes: list[Hole] = []
        self.collected = 0
        self.whole: dict[str, MapValue] = {}  # jobs with their templates, by name
        self.budget = MAX_STEPS  # what templates and references may still bring in

    def document(self) -> Document:
        """The document with everything resolved."""
        self.collect(self.path, [])
        tree = self.documents[self.path].facts["tree"]
        assert isinstance(tree, MapValue)
        fields = MapValue(self.source, tree.start, tree.end)
        fields.put("name", self.path)
        stages = self.globals.get("stages")
        if stages is not None and isinstance(stages[0], ListValue):
            fields.put("stages", stages[0], stages[1])
        span = tree.span.first_line
        root = Node(
            f"{self.path}#pipeline", "gitlab.Pipeline", f"pipeline {self.path}", fields, span
        )
        self.nodes.append(root)
        for name in sorted(self.jobs):
            if not name.startswith("."):
                self.job(root, name)
        before = self.documents[self.path]
        return replace(
            before, nodes=tuple(self.nodes), references=tuple(self.references),
            problems=(*before.problems, *self.problems),
            holes=(*before.holes, *self.holes), facts={},
        )  # fmt: skip

    def warn(self, code: str, message: str, span: Span) -> None:
        self.problems.append(Problem(code, message, span.first_line, Severity.WARNING))

    def collect(self, path: str, chain: list[str]) -> None:
        """Bring in a file after everything that it includes; later ones win."""
        tree = self.documents[path].facts.get("tree")
        if not isinstance(tree, MapValue) or path in chain:
            return
        self.collected += 1
        if self.collected > MAX_INCLUDES:
            if self.collected == MAX_INCLUDES + 1:
                detail = f"more than {MAX_INCLUDES} files are included"
                self.warn("too-many-includes", f"{detail}; the rest is left out", tree.span)
                self.hole(detail, tree.span.first_line, Reason.LIMIT)
            return
        for item, span in _includes(tree):
            local = item if isinstance(item, str) else (
                item.get("local") if isinstance(item, MapValue) else None
            )  # fmt: skip
            if isinstance(local, str) and not local.startswith(("http://", "https://")):
                found = _files_of(local, self.path, self.documents)
                for name in found:
                    self.collect(name, [*chain, path])
                if not found:
                    self.hole(f"included file `{local[:80]}` is not in the repository", span,
                              Reason.MISSING_FILE)  # fmt: skip
            else:
                shown = " ".join(span.text.split())[:60]
                self.hole(f"include `{shown}` is outside the repository", span, Reason.REMOTE)
        for key, value in tree.items():
            place = tree.place(key)
            if key in GLOBAL and key != "pages":
                self.globals[key] = (value, place)
            elif isinstance(value, MapValue):
                earlier = self.jobs.get(key)
                merged = value if earlier is None else self.merged(earlier[0], value, None)
                self.jobs[key] = (merged, place)
            elif not key.startswith("."):
                span = place.entry if place is not None else tree.span
                self.warn("not-a-mapping", f"job `{key}` must be a mapping", span)

    def hole(self, detail: str, span: Span, reason: Reason) -> None:
        self.holes.append(Hole(
            Unknown(reason, detail, span), span, kinds=("gitlab.Job", "gitlab.Step"),
            edges=("contains",), addresses=(f"{self.path}#pipeline",),
            within=_root_of(self.path),
        ))  # fmt: skip

    # -------------------------------------------------------------- templates
    def extended(self, name: str, chain: tuple[str, ...] = ()) -> MapValue:
        """The job with everything that its `extends` brings in."""
        done = self.whole.get(name)
        if done is not None:
            return done
        job, place = self.jobs[name]
        before = len(self.problems)
        extends = job.get("extends")
        names = [extends] if isinstance(extends, str) else extends
        if not isinstance(names, (list, ListValue)):
            return job
        at = job.place("extends")
        span = at.entry if at is not None else (place.entry if place is not None else job.span)
        result: MapValue | None = None
        for parent in names:
            if not isinstance(parent, str):
                continue
            if parent in chain or parent == name or len(chain) >= MAX_DEPTH:
                self.warn("extends-cycle", f"`{name}` and `{parent}` extend each other", span)
                continue
            self.budget -= 1
            if self.budget < 0:
                self.spent(span)
                break
            if parent not in self.jobs:
                if not self.holes:
                    self.warn("unknown-template", f"`{name}` extends `{parent[:60]}`, which is not "
                              "defined", span)  # fmt: skip
                continue
            template = self.extended(parent, (*chain, name))
            hop = Hop(span, f"taken over from `{parent}`")
            taken = self.hopped(template, hop)
            result = taken if result is None else self.merged(result, taken, None)
        made = job if result is None else self.merged(result, job, None)
        if len(self.problems) == before:  # no cycle was cut, so it is the same for every asker
            self.whole[name] = made
        return made

    def hopped(self, template: MapValue, hop: Hop) -> MapValue:
        """A template's entries, each with the hop to where it was taken over."""
        made = MapValue(template.source, template.start, template.end)
        for key, value in template.items():
            place = template.place(key)
            moved = Place(place.value, place.key, (hop, *place.via)) if place is not None else None
            made.put(key, value, moved)
        return made

    def merged(
        self, below: MapValue, above: MapValue, _hop: Hop | None, depth: int = 0
    ) -> MapValue:
        """Mappings merge at every depth, everything else is replaced."""
        made = MapValue(above.source, above.start, above.end)
        for key, value in below.items():
            made.put(key, value, below.place(key))
        for key, value in above.items():
            old = made.get(key)
            if isinstance(old, MapValue) and isinstance(value, MapValue) and depth < 20:
                value = self.merged(old, value, None, depth + 1)  # noqa: PLW2901
            made.put(key, value, above.place(key))
        return made

    # -------------------------------------------------------------- jobs
    def job(self, root: Node, name: str) -> None:
        """One job with a step for each entry of its scripts."""
        _own, place = self.jobs[name]
        job = self.extended(name)
        fields = job.copy_with()
        for key in ("image", "before_script", "after_script"):
            if key not in job:
                inherited = self.inherited(key)
                if inherited is not None:
                    fields.put(key, *inherited)
        fields.put("name", name, Place(place.key) if place is not None and place.key else None)
        image = fields.get("image")
        if isinstance(image, MapValue):
            fields.put("image", image.get("name"), image.place("name"))
        environment = job.get("environment")
        if isinstance(environment, MapValue):
            fields.put("environment", environment.get("name"), job.place("environment"))
        span = place.key if place is not None and place.key is not None else job.span.first_line
        condition = None
        for key in ("rules", "only", "except"):
            if key in job:
                at = job.place(key)
                where = at.entry.first_line if at is not None else span
                condition = Unknown(Reason.ENVIRONMENT, f"{key} of job {name}", where)
                break
        node = Node(f"{root.address}/job/{name}", "gitlab.Job", f"job {name}", fields, span,
                    root.address, condition)  # fmt: skip
        self.nodes.append(node)
        needs = job.get("needs")
        for need in needs if isinstance(needs, ListValue) else ():
            target = need.get("job") if isinstance(need, MapValue) else need
            if isinstance(target, str):
                at = job.place("needs")
                where = at.entry.first_line if at is not None else span
                to = ToAddress(f"{root.address}/job/{target}")
                self.references.append(Reference("needs", node.address, to, where))
        previous: Node | None = None
        for section in SECTIONS:
            value = fields.get(section)
            via = fields.place(section)
            for step in self.steps(node, section, value, via):
                if previous is not None:
                    target_ = ToAddress(step.address)
                    self.references.append(
                        Reference("before", previous.address, target_, step.span)
                    )
                previous = step

    def inherited(self, key: str) -> tuple[Value, Place | None] | None:
        default = self.globals.get("default")
        if default is not None and isinstance(default[0], MapValue) and key in default[0]:
            return default[0][key], default[0].place(key)
        return self.globals.get(key)

    def steps(self, job: Node, section: str, value: Value, via: Place | None) -> Iterator[Node]:
        """A step for each line of a script; nested lists and references are opened up."""
        for count, (text, place) in enumerate(self.lines(value, via, 0), start=1):
            address = f"{job.address}/{section}/{count - 1}"
            source = place.value.source
            made = MapValue(source, place.value.start, place.value.end)
            made.put("name", f"{section} {count}")
            made.put("section", section)
            made.put("run", text, place)
            hops = via.via if via is not None else ()
            span = place.value.first_line
            made.places["run"] = Place(place.value, None, (*hops, *place.via))
            node = Node(address, "gitlab.Step", f"{section} {count} of {job.label}", made, span,
                        job.address)  # fmt: skip
            self.nodes.append(node)
            where = offsets_of(source, place.value.start, place.value.end, text)
            self.nodes.extend(command_nodes(text, source, where, address, address))
            yield node

    def spent(self, span: Span) -> None:
        """Say once that templates and references bring in too much."""
        detail = f"templates and references bring in more than {MAX_STEPS} entries"
        if not any(problem.code == "too-many-steps" for problem in self.problems):
            self.warn("too-many-steps", f"{detail}; the rest is left out", span)
            self.hole(detail, span, Reason.LIMIT)

    def lines(self, value: Value, place: Place | None, depth: int) -> Iterator[tuple[str, Place]]:
        self.budget -= 1
        if self.budget < 0:
            self.spent(place.value if place is not None else self.source.span(0, 0))
            return
        if isinstance(value, str) and place is not None:
            yield value, place
        elif isinstance(value, ListValue) and value.tag == "!reference":
            target, at = self.referenced(value)
            if depth < MAX_DEPTH:
                yield from self.lines(target, at, depth + 1)
        elif isinstance(value, ListValue) and depth < MAX_DEPTH:
            for index, item in enumerate(value):
                yield from self.lines(item, value.place(index), depth + 1)

    def referenced(self, value: ListValue) -> tuple[Value, Place | None]:
        """What `!reference [job, key, ...]` names."""
        keys = [item for item in value if isinstance(item, str)]
        if len(keys) < 2 or keys[0] not in self.jobs:
            if not self.holes:
                self.warn("unknown-reference", f"`!reference {list(value)!r}` names nothing",
                          value.span)  # fmt: skip
            return None, None
        current: Value = self.extended(keys[0])
        place: Place | None = None
        for key in keys[1:]:
            if not isinstance(current, MapValue) or key not in current:
                self.warn("unknown-reference", f"`!reference` finds no `{key[:40]}`", value.span)
                return None, None
            place = current.place(key)
            current = current[key]
        return current, place
