"""Workspace: one folder's files, rules and settings, kept in memory and brought up to date.

Paths in the maps of parsed files are relative to `root`, as everywhere in a scan; buffers are known
by their absolute path with links resolved. An edit parses its own file again and nothing else;
linking and evaluation start from the parsed files every time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from plumbrule.config import FILE_NAME, Config, find_config, load_config
from plumbrule.environments import any_matches
from plumbrule.finding import FileState, Report
from plumbrule.lsp.notes import UNREAD, Note, notes_of, problem_notes
from plumbrule.lsp.rule_files import SUFFIX, RuleFiles, load_rules, problems_beside
from plumbrule.scan.discover import PRUNED, discover, root_of
from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import NOTHING, Parsed, parse_file
from plumbrule.scan.scan import Model, Resolved, config_faults, connect, judge
from plumbrule_parsers.document import Completeness, Problem, Severity
from plumbrule_parsers.source import Source

PORTION = 1000  # files whose subjects are judged before looking whether the result is still wanted

Notes = dict[str, tuple[Note, ...]]
Stamp = tuple[int, int]  # time of change in nanoseconds, size


class Stopped(Exception):  # noqa: N818 - no error: nobody waits for the result any more
    """The work was given up because something newer is on its way."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since the last frame. `paths` are absolute; `listing`: files came or went."""

    paths: frozenset[str] = frozenset()
    listing: bool = False
    settings: bool = False

    def __or__(self, other: Changes) -> Changes:
        return Changes(self.paths | other.paths, self.listing or other.listing,
                       self.settings or other.settings)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """All files as they were read, which is what a model is made of."""

    parsed: tuple[Parsed, ...]
    skipped: tuple[FileState, ...]
    tree: ScannedFiles
    memory: dict[str, Resolved] = field(default_factory=dict, compare=False)

    def model(self, config: Config, rules: RuleFiles) -> Model:
        """The files as one graph."""
        return connect(self.parsed, self.skipped, self.tree, config, rules.pack, self.memory)

    def edited(self, name: str, text: str) -> Read:
        """The same with another text for one file."""
        tree = ScannedFiles(self.tree.root, self.tree.paths(), {**self.tree.texts, name: text},
                            self.tree.max_size)  # fmt: skip
        others = [one for one in self.parsed if one.path != name]
        parsed = sorted([*others, parse_file(name, tree)], key=lambda one: one.path)
        return Read(tuple(parsed), self.skipped, tree, self.memory)


@dataclass(frozen=True, slots=True)
class Frame:
    """The workspace at one moment: what rules are judged on, by whichever thread.

    `model` is None as long as the settings cannot be used. `beside` are notes that need no model:
    on settings and rule files. `changed` are the paths, relative to `root`, that an edit touched;
    `opened` the texts of open buffers by such paths; `read` is what the model was made of.
    """

    root: str
    model: Model | None
    config: Config
    rules: RuleFiles
    beside: Notes
    changed: frozenset[str] = frozenset()
    opened: Mapping[str, str] = field(default_factory=dict)
    read: Read | None = None

    def judge(self, paths: Iterable[str] = ()) -> Report:
        """The report on the subjects that the paths declare; on all without paths."""
        assert self.model is not None
        return judge(self.model, self.config, self.rules.pack, root=self.root,
                     paths=frozenset(paths))  # fmt: skip

    def notes(self, report: Report) -> Notes:
        """The report's notes and those that need no model, by absolute path."""
        titles = {rule.id: rule.title for rule in self.rules.pack.rules}
        problems = [*report.problems, *self._unread()]
        made = notes_of(report.findings, report.reviews, problems, titles, self.root)
        return {**made, **self.beside}

    def _unread(self) -> Iterator[Problem]:
        """What an open file does not get: said at its top, so that silence means a clean file."""
        assert self.model is not None
        for state in self.model.states:
            text = self.opened.get(state.path)
            if text is None or state.because in ("", NOTHING):
                continue
            partly = state.completeness is Completeness.PARTLY
            message = f"{'checked in part only' if partly else 'not checked'}: {state.because}"
            span = Source(state.path, text).span(0, 0)
            yield Problem(UNREAD, message, span, Severity.WARNING)


def first_notes(frame: Frame) -> Notes:
    """The notes of the files that were just edited, as far as their own subjects go.

    They come quickly and are soon replaced by the whole answer. A file that declares nothing and
    has no problem is left out: whatever is shown of it comes from elsewhere.
    """
    if frame.model is None:
        return frame.beside
    telling = {node.path for node in frame.model.graph.nodes.values()}
    telling |= {problem.span.path for problem in frame.model.problems}
    chosen = frame.changed & telling
    notes = dict(frame.beside)
    if chosen:
        made = frame.notes(frame.judge(chosen))
        for path in chosen:
            absolute = os.path.join(frame.root, path)
            notes[absolute] = made.get(absolute, ())
    return notes


def carried_over(notes: Iterable[Note], frame: Frame, name: str) -> tuple[Note, ...]:
    """Earlier notes on an edited file that first_notes cannot tell: those of others' subjects.

    Kept are those whose place reads as before; the whole answer puts the others right.
    """
    source = frame.read.tree.read(name) if frame.read is not None else None
    if source is None or frame.model is None:
        return ()
    nodes = frame.model.graph.nodes
    return tuple(
        replace(note, span=source.span(note.span.start, note.span.end))
        for note in notes
        if note.subject in nodes
        and nodes[note.subject].path not in frame.changed
        and source.text[note.span.start : note.span.end] == note.span.text
    )


def all_notes(frame: Frame, stopped: Callable[[], bool]) -> Notes:
    """The notes of every file. Raises Stopped soon after `stopped` says so."""
    if frame.model is None:
        return frame.beside
    paths = sorted({node.path for node in frame.model.graph.nodes.values()})
    reports: list[Report] = []
    for start in range(0, len(paths), PORTION):
        if stopped():
            raise Stopped
        reports.append(frame.judge(paths[start : start + PORTION]))
    if not reports:
        reports = [frame.judge()]
    return frame.notes(replace(
        reports[0],
        findings=tuple(item for report in reports for item in report.findings),
        reviews=tuple(item for report in reports for item in report.reviews),
        problems=tuple(item for report in reports for item in report.problems),
    ))  # fmt: skip


class Workspace:
    """One folder. Not for use by several threads at a time; its frames are."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)
        self.root = self.folder
        self.config = Config()
        self.usable = False  # a configuration without faults has been read
        self.rules: RuleFiles | None = None
        self.parsed: dict[str, Parsed] = {}
        self.stamps: dict[str, Stamp] = {}
        self.skipped: list[FileState] = []
        self.tree = ScannedFiles(None, ())
        self.memory: dict[str, Resolved] = {}
        self.config_notes: Notes = {}

    def holds(self, path: str) -> bool:
        """Whether the absolute path lies in this folder."""
        return path == self.folder or path.startswith(self.folder.rstrip(os.sep) + os.sep)

    def advance(
        self, changes: Changes, buffers: Mapping[str, str],
        progress: Callable[[int, int], None], stopped: Callable[[], bool],
    ) -> Frame:  # fmt: skip
        """The workspace after the changes. Raises Stopped if `stopped` says so while it reads."""
        touched = any(_is_settings(path) or path == self.config.path for path in changes.paths)
        if self.rules is None or changes.settings or touched:
            self._configure(buffers)
            changes = replace(changes, listing=True)
        assert self.rules is not None
        names = frozenset(name for path in changes.paths if (name := self._name(path)))
        if self.usable and (changes.listing or not names <= self.parsed.keys()):
            self._list(buffers, names, progress, stopped)
        elif self.usable:
            self._override(buffers)
            for name in sorted(names):
                self._parse(name)
        model, read = None, None
        if self.usable:
            parsed = tuple(self.parsed[name] for name in sorted(self.parsed))
            read = Read(parsed, tuple(self.skipped), self.tree, self.memory)
            model = read.model(self.config, self.rules)
        beside = {**self._rule_notes(buffers), **self.config_notes}
        opened = {name: text for path, text in buffers.items() if (name := self._name(path))}
        return Frame(self.root, model, self.config, self.rules, beside, names, opened, read)

    def _name(self, path: str) -> str:
        if not self.holds(path) or path.endswith(SUFFIX):
            return ""
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def _configure(self, buffers: Mapping[str, str]) -> None:
        """Read settings and rules; faulty settings leave the last good ones in force."""
        path = find_config(Path(self.folder))
        text = buffers.get(str(path)) if path is not None else None
        config = load_config(path, text)
        problems = list(config.problems)
        if not problems:
            self.config, self.usable = config, True
            root = str(root_of([Path(self.folder)], config.path))
            if root != self.root:  # every path has another name now
                self.root, self.parsed, self.stamps = root, {}, {}
        self.rules = load_rules(self.config, buffers)
        if not problems and path is not None:
            problems += config_faults(config, self.rules.pack, text)
            problems += _missing(path, text, self.rules.missing)
        self.config_notes = {} if path is None else {str(path): problem_notes(problems)}

    def _override(self, buffers: Mapping[str, str]) -> None:
        texts = {self._name(path): text for path, text in buffers.items()
                 if self._name(path) in self.parsed}  # fmt: skip
        self.tree = ScannedFiles(Path(self.root), self.parsed, texts, self.config.max_file_size)

    def _list(
        self, buffers: Mapping[str, str], changed: Iterable[str],
        progress: Callable[[int, int], None], stopped: Callable[[], bool],
    ) -> None:  # fmt: skip
        """Walk the folder again; parse what is new or differs from what was read."""
        found = discover([Path(self.folder)], self.config.include, self.config.exclude,
                         self.config.max_file_size, Path(self.root))  # fmt: skip
        self.skipped = [FileState(one.path, "", Completeness.SKIPPED, one.why)
                        for one in found.skipped]  # fmt: skip
        names = {one.path for one in found.files} | set(self._unsaved(buffers))
        texts = {self._name(path): text for path, text in buffers.items()}
        texts = {name: text for name, text in texts.items() if name in names}
        before = self.tree.texts
        self.tree = ScannedFiles(Path(self.root), names, texts, self.config.max_file_size)
        for gone in self.parsed.keys() - names:
            self.parsed.pop(gone)
            self.stamps.pop(gone, None)
        stamps = {name: self._stamp(name) for name in names}
        fresh = {*changed, *(name for name in names if name not in self.parsed
                             or stamps[name] != self.stamps.get(name)
                             or before.get(name) != texts.get(name))}  # fmt: skip
        wanted = sorted(fresh & names)
        for name in wanted:  # what is not reached before a stop is still to be read
            self.stamps.pop(name, None)
        for count, name in enumerate(wanted):
            if stopped():
                raise Stopped
            self._parse(name, stamps[name])
            progress(count + 1, len(wanted))

    def _parse(self, name: str, stamp: Stamp | None = None) -> None:
        self.parsed[name] = parse_file(name, self.tree)
        self.stamps[name] = stamp or self._stamp(name)

    def _stamp(self, name: str) -> Stamp:
        try:
            state = os.stat(os.path.join(self.root, name))
        except OSError:
            return (0, 0)
        return (state.st_mtime_ns, state.st_size)

    def _unsaved(self, buffers: Mapping[str, str]) -> Iterator[str]:
        """The buffers of files that are not on disk yet, as far as the settings want them."""
        left_out = {state.path for state in self.skipped}
        for path in buffers:
            name = self._name(path)
            if not name or os.path.lexists(path):
                continue
            parts = name.split("/")
            above = {"/".join(parts[: count + 1]) for count in range(len(parts))}
            if PRUNED & set(parts) or above & left_out or any_matches(self.config.exclude, name):
                continue
            if not self.config.include or any_matches(self.config.include, name):
                yield name

    def _rule_notes(self, buffers: Mapping[str, str]) -> Notes:
        """The notes of the packs' own files, and of open rule files that are in no pack."""
        assert self.rules is not None
        notes: Notes = {
            path: problem_notes(one for one in self.rules.pack.problems if one.span.path == path)
            for path in self.rules.own
        }
        for path, text in buffers.items():
            if path.endswith(SUFFIX) and path not in notes and self.holds(path):
                notes[path] = problem_notes(problems_beside(path, text, self.rules, buffers))
        return notes


def loose_frame(path: str, text: str) -> Frame:
    """A file outside every workspace, as a check of this one file would see it.

    Nothing but settings and rules is read from the disk.
    """
    if os.path.basename(path) == FILE_NAME:
        config = load_config(Path(path), text)
        rules = load_rules(config, {})
        problems = [*config.problems, *config_faults(config, rules.pack, text),
                    *_missing(Path(path), text, rules.missing)]  # fmt: skip
        return Frame("", None, config, rules, {path: problem_notes(problems)})
    config = load_config(find_config(Path(path)))
    rules = load_rules(config, {})
    if path.endswith(SUFFIX):
        problems = problems_beside(path, text, rules, {})
        return Frame("", None, config, rules, {path: problem_notes(problems)})
    if config.problems:
        return Frame("", None, config, rules, {})
    root = str(root_of([Path(path)], config.path))
    name = os.path.relpath(path, root).replace(os.sep, "/")
    tree = ScannedFiles(None, (), {name: text})
    read = Read((parse_file(name, tree),), (), tree)
    return Frame(root, read.model(config, rules), config, rules, {}, frozenset((name,)),
                 {name: text}, read)  # fmt: skip


def _is_settings(path: str) -> bool:
    return path.endswith(SUFFIX) or os.path.basename(path) in (FILE_NAME, "pyproject.toml")


def _missing(path: Path, text: str | None, entries: Iterable[str]) -> Iterator[Problem]:
    text = path.read_text("utf-8", "replace") if text is None else text
    source = Source(path.name, text)
    for entry in entries:
        at = max(text.find(entry), 0)
        span = source.span(at, min(at + len(entry), len(text)))
        yield Problem("config", f"there is no rule file or folder `{entry}`", span)
