"""Keys of values that no template of a chart reads, told from the templates' text.

What is said is certain: where a template takes all values, or a dependency is not at hand that may
read any, nothing is said to be unread. A read of `.Values.a.b` counts for everything below `a.b`,
and one in any chart of the tree counts for all charts in it, because templates call each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.chart import Chart
from plumbrule_parsers.helm.programs import Programs
from plumbrule_parsers.helm.values import Table
from plumbrule_parsers.traced import Traced, walk
from plumbrule_parsers.value import ListValue, MapValue, Place

MAX_UNREAD: Final = 200  # keys of one file
_VALUES: Final = "Values"
_IN_TEXT = re.compile(r"\bValues((?:\.[A-Za-z_]\w*)*)")
_PATHS = {"index": 0, "get": 0, "hasKey": 0, "pluck": -1, "dig": -1, "pick": 0}
Path = tuple[str, ...]


@dataclass(slots=True)
class Reads:
    """The paths below `.Values` that are read; `everything` if that cannot be told apart."""

    paths: set[Path] = field(default_factory=set)
    everything: bool = False

    def add(self, names: Path) -> None:
        """Note a read; of all values if there are no names."""
        if names:
            self.paths.add(names)
        else:
            self.everything = True

    def join(self, other: Reads) -> None:
        """Take over what another text reads."""
        self.paths |= other.paths
        self.everything = self.everything or other.everything


def tree_reads(chart: Chart, given: Iterable[Table], programs: Programs) -> Reads:
    """What any text reads in a chart, as it was loaded, with the charts inside it.

    `given` are values that it is rendered with, beside the charts' own: they may hold templates.
    """
    reads = Reads()
    known: dict[str, Reads] = {}
    for one in _tree(chart):
        held = {child.meta.get("name") for child in one.children}
        if one.is_library and one is chart:
            reads.everything = True
        for requirement in one.requirements:
            if requirement.chart not in held or requirement.imports:
                reads.everything = True
            for condition in requirement.conditions:
                reads.add(tuple(condition.split(".")))
        if reads.everything:
            return reads
        for source in one.templates.values():
            if _VALUES in source.text and source.text not in known:
                known[source.text] = _template_reads(programs.template(source))
                reads.join(known[source.text])
        for path in one.paths.values():
            file = one.tree.read(path)
            if file is not None and "{{" in file.text:
                reads.join(text_reads(file.text))
    for table in (*(one.values for one in _tree(chart)), *given):
        for value in walk(Traced(table)):
            if isinstance(value.data, str) and "{{" in value.data:
                reads.join(text_reads(value.data))
    reads.add(("tags",))
    return reads


def reads_below(chart: Chart, tree: Reads) -> Reads:
    """What is read of the values of one chart of the tree: its own, and those of charts inside."""
    reads = Reads(set(tree.paths), tree.everything)
    pending: list[tuple[Path, Chart]] = [((), chart)]
    while pending and not reads.everything:
        above, one = pending.pop()
        names: dict[str, set[str]] = {}
        for requirement in one.requirements:
            names.setdefault(requirement.chart, set()).add(requirement.alias or requirement.chart)
        for child in one.children:
            own = child.meta.get("name")
            for name in names.get(own, {child.name}) if isinstance(own, str) else ():
                below = (*above, name)
                reads.paths.update((*below, *path) for path in tree.paths)
                pending.append((below, child))
    return reads


def chart_in(chart: Chart, folder: str) -> Chart | None:
    """The chart of the tree that stands in a folder."""
    return next((one for one in _tree(chart) if one.folder == folder), None)


def _tree(chart: Chart) -> Iterator[Chart]:
    pending = [chart]
    while pending:
        one = pending.pop()
        yield one
        pending += one.children


def text_reads(text: str) -> Reads:
    """What a text reads that may become a template by `tpl`."""
    reads = Reads()
    for match in _IN_TEXT.finditer(text):
        reads.add(tuple(match[1].split(".")[1:]))
    return reads


def _template_reads(template: s.Template) -> Reads:
    reads = Reads()
    if template.problems:
        reads.everything = True
    walker = _Walker(reads)
    bodies = [template.body, *(one.body for one in template.definitions.values())]
    for body in bodies:  # names first, because a name may be given behind where it is used
        walker.names_of(body)
    for body in bodies:
        walker.elements(body)
    return reads


class _Walker:
    def __init__(self, reads: Reads) -> None:
        self.reads = reads
        self.names: set[str] = set()  # variables that are `.Values`

    def names_of(self, elements: Iterable[s.Element]) -> None:
        for element in elements:
            if isinstance(element, s.Action) and len(element.pipe.names) == 1:
                if self.bare(element.pipe):
                    self.names.add(element.pipe.names[0])
            elif isinstance(element, s.Branch):
                self.names_of(element.body)
                self.names_of(element.orelse)

    def elements(self, elements: Iterable[s.Element]) -> None:
        for element in elements:
            if isinstance(element, s.Action):
                if not (len(element.pipe.names) == 1 and self.bare(element.pipe)):
                    self.pipe(element.pipe)
            elif isinstance(element, s.Branch):
                self.pipe(element.pipe)
                self.elements(element.body)
                self.elements(element.orelse)
            elif isinstance(element, s.Call) and element.pipe is not None:
                self.pipe(element.pipe)

    def bare(self, operand: s.Operand) -> bool:
        """Whether the operand is `.Values` itself."""
        return self.below(operand) == ()

    def below(self, operand: s.Operand) -> Path | None:
        """The path below `.Values` that an operand is, None if it is something else."""
        if isinstance(operand, s.Field):
            names = operand.names
        elif isinstance(operand, s.Variable):
            names = (_VALUES, *operand.names) if operand.name in self.names else operand.names
        elif isinstance(operand, s.Chain):
            inner = self.below(operand.operand)
            if inner is not None:
                return (*inner, *operand.names)
            names = operand.names
        elif isinstance(operand, s.Pipe):
            if len(operand.commands) == 1 and len(operand.commands[0].words) == 1:
                return self.below(operand.commands[0].words[0])
            return None
        else:
            return None
        if _VALUES not in names:
            return None
        return names[names.index(_VALUES) + 1 :]

    def pipe(self, pipe: s.Pipe) -> None:
        for number, command in enumerate(pipe.commands):
            piped = pipe.commands[number - 1] if number else None
            self.command(command, piped)

    def command(self, command: s.Command, piped: s.Command | None) -> None:
        words = command.words
        head = words[0]
        name = head.name if isinstance(head, s.Function) else ""
        done = self.access(name, words[1:], piped) if name in _PATHS else None
        for number, word in enumerate(words):
            if done is not None and number == done + 1:
                continue
            path = self.below(word)
            if path is not None:
                before = words[number - 1] if number else None
                is_handed = name == "dict" and (
                    isinstance(before, s.Constant) and before.value == _VALUES
                )
                if path or not is_handed:
                    self.reads.add(path)
            elif isinstance(word, s.Pipe):
                self.pipe(word)
            elif isinstance(word, s.Chain):
                self.command(s.Command(word.start, word.end, (word.operand,)), None)

    def access(
        self, name: str, words: tuple[s.Operand, ...], piped: s.Command | None
    ) -> int | None:
        """A read by a function that takes names; gives the number of the word that it reads."""
        if piped is not None or not words:
            return None
        number = 0 if _PATHS[name] == 0 else len(words) - 1
        path = self.below(words[number])
        if path is None:
            return None
        keys: list[str] = []
        for word in words[1:] if number == 0 else words[:number]:
            if not isinstance(word, s.Constant) or not isinstance(word.value, str):
                break
            keys.append(word.value)
        if name in ("pick", "pluck"):
            for key in keys:
                self.reads.add((*path, key))
            if len(keys) != len(words) - 1:
                self.reads.add(path)
            return number
        if name == "dig" and len(keys) == len(words) - 1:
            keys = keys[:-1]  # the last one is the default
        self.reads.add((*path, *keys))
        return number


def unread_keys(values: MapValue, reads: Reads) -> ListValue:
    """The dotted paths of the keys that are not read, outer ones only, each at its key."""
    found = ListValue(values.source, values.start, values.end)
    if reads.everything:
        return found
    inner = {path[:length] for path in reads.paths for length in range(1, len(path))}
    for path, place in _unread(values, (), reads.paths, inner):
        if len(found) >= MAX_UNREAD:
            break
        found.places[len(found)] = Place(place.key or place.value)
        found.append(".".join(path))
    return found


def _unread(
    values: MapValue, above: Path, read: set[Path], inner: set[Path]
) -> Iterator[tuple[Path, Place]]:
    for key, item in values.items():
        path = (*above, key)
        place = values.place(key)
        if path in read or place is None or _is_anchor(place):
            continue
        if path not in inner:
            yield path, place
        elif isinstance(item, MapValue):
            yield from _unread(item, path, read, inner)


def _is_anchor(place: Place) -> bool:
    """Whether the entry is there to be repeated elsewhere in the file."""
    if place.key is None or place.key.source is not place.value.source:
        return False
    between = place.value.source.text[place.key.end : max(place.value.start, place.key.end) + 1]
    return "&" in between
