"""A pipeline made whole: local includes, `extends`, `!reference` and `default`.

Source: https://docs.gitlab.com/ci/yaml/. What comes from a template keeps the place where it was
written; the hop says at which `extends` it was taken over.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from plumbrule_parsers.document import Document, Hole, Problem, Severity
from plumbrule_parsers.gitlab_ci.parse import GLOBAL
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Reason, Unknown, Value

MAX_DEPTH = 11  # GitLab's own limit of nested `extends`
MAX_INCLUDES = 150  # GitLab's own limit
MAX_STEPS = 20_000  # lines of scripts and uses of templates in one pipeline


def files_of(local: str, root: str, documents: Mapping[str, Document]) -> list[str]:
    """The files that `include: local` names, from the folder of the pipeline's repository."""
    wanted = posixpath.normpath(posixpath.join(root, local.lstrip("/")))
    if "*" in wanted:
        return [name for name in sorted(documents) if glob_match(wanted, name)]
    return [wanted] if wanted in documents else []


def local_includes(tree: MapValue) -> Iterator[tuple[str, Span]]:
    """The files of the repository that a file includes, as written."""
    for item, span in includes(tree):
        if isinstance(item, str) and not item.startswith(("http://", "https://")):
            yield item, span
        elif isinstance(item, MapValue) and isinstance(item.get("local"), str):
            yield str(item["local"]), span


def includes(tree: MapValue) -> Iterator[tuple[Value, Span]]:
    """The entries of `include:`, each with its place."""
    value = tree.get("include")
    place = tree.place("include")
    span = place.entry if place is not None else tree.span
    if isinstance(value, ListValue):
        for index, item in enumerate(value):
            at = value.place(index)
            yield item, at.value if at is not None else span
    elif value is not None:
        yield value, span


class Whole:
    """One pipeline file with everything that it includes, and its templates.

    `holes` and `problems` are what was met while it was put together.
    """

    def __init__(self, path: str, root: str, documents: Mapping[str, Document]) -> None:
        self.path = path
        self.root = root
        self.documents = documents
        self.source = documents[path].source
        self.jobs: dict[str, tuple[MapValue, Place | None]] = {}
        self.globals: dict[str, tuple[Value, Place | None]] = {}
        self.problems: list[Problem] = []
        self.holes: list[Hole] = []
        self.collected = 0
        self.whole: dict[str, MapValue] = {}  # jobs with their templates, by name
        self.budget = MAX_STEPS  # what templates and references may still bring in

    def inherited(self, key: str) -> tuple[Value, Place | None] | None:
        """What `default:` or the file's own top gives to every job."""
        default = self.globals.get("default")
        if default is not None and isinstance(default[0], MapValue) and key in default[0]:
            return default[0][key], default[0].place(key)
        return self.globals.get(key)

    def child_files(self, local: str) -> list[str]:
        """The files of a child pipeline."""
        return files_of(local, self.root, self.documents)

    def warn(self, code: str, message: str, span: Span) -> None:
        """Note a problem that loses nothing."""
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
        for item, span in includes(tree):
            local = item if isinstance(item, str) else (
                item.get("local") if isinstance(item, MapValue) else None
            )  # fmt: skip
            if isinstance(local, str) and not local.startswith(("http://", "https://")):
                found = files_of(local, self.root, self.documents)
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
        """Jobs that exist elsewhere."""
        self.holes.append(Hole(
            Unknown(reason, detail, span), span, kinds=("gitlab.Job", "gitlab.Step"),
            edges=("contains",), addresses=(f"{self.path}#pipeline",),
            within=self.path.rpartition("/")[0],
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

    def spent(self, span: Span) -> None:
        """Say once that templates and references bring in too much."""
        detail = f"templates and references bring in more than {MAX_STEPS} entries"
        if not any(problem.code == "too-many-steps" for problem in self.problems):
            self.warn("too-many-steps", f"{detail}; the rest is left out", span)
            self.hole(detail, span, Reason.LIMIT)

    def lines(self, value: Value, place: Place | None, depth: int) -> Iterator[tuple[str, Place]]:
        """The entries of a script, nested lists and references opened up."""
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
