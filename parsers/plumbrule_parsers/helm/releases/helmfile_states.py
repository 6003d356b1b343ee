"""Helmfiles that are templates, run for each of their environments.

Source: https://helmfile.readthedocs.io (templates, environments). A file is rendered part by part
(`---`): what an earlier part says of the environment is there for the later ones. What comes from
outside (`env`, `exec`, state values of the command line) is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.helm.api_versions import HELM, KUBERNETES, defaults
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.functions.call import Call, Capabilities, Function
from plumbrule_parsers.helm.functions.go_values import need_str
from plumbrule_parsers.helm.manifests import manifest_values
from plumbrule_parsers.helm.programs import Programs
from plumbrule_parsers.helm.releases.release import joined, text_of, values_file
from plumbrule_parsers.helm.releases.text_values import values_of_text
from plumbrule_parsers.helm.run import IN_TPL, Run
from plumbrule_parsers.helm.state import FileGround, RenderError, State
from plumbrule_parsers.helm.values import Table, overlaid, traced_values
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced, made_of, of_pieces, pieces_of
from plumbrule_parsers.traced_text import Piece
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown, Value

DEFAULT: Final = "default"  # the environment of a run that names none
MAX_ENVIRONMENTS: Final = 20
MAX_BASES: Final = 20
_PART = re.compile(r"^---[^\n]*\n?", re.MULTILINE)
_OUTSIDE = Unknown(Reason.NO_VALUE, "a state value that the run of helmfile may be given")


class StateError(Exception):
    """The helmfile cannot be run for an environment; `span` is where and the message why."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message, self.span = message, span


@dataclass(slots=True)
class HelmfileState:
    """A helmfile in one environment: its releases, and what its templates see.

    `inputs` are the files of values of the environment. `why` says at `span` why it cannot be run;
    there are no releases then.
    """

    environment: str
    releases: list[MapValue] = field(default_factory=list)
    values: Table = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    why: str = ""
    span: Span | None = None


class HelmfileRun:
    """The runs of one helmfile."""

    def __init__(self, source: Source, charts: Charts) -> None:
        self.source, self.charts = source, charts
        self.folder = source.path.rpartition("/")[0]
        self.programs = Programs()
        self.capabilities = Capabilities(KUBERNETES, frozenset(defaults()), HELM)

    def states(self) -> list[HelmfileState]:
        """One state for each environment that the file names, or for the default one."""
        names: dict[str, None] = {}
        try:
            for value in self.documents(HelmfileState(DEFAULT), self.source, 0):
                listed = value.get("environments")
                names.update(dict.fromkeys(listed) if isinstance(listed, MapValue) else {})
        except StateError:
            pass  # it may need the values of an environment that was named before
        return [self.state(name) for name in list(names or {DEFAULT: None})[:MAX_ENVIRONMENTS]]

    def state(self, environment: str) -> HelmfileState:
        """The file in that environment."""
        made = HelmfileState(environment)
        try:
            for value in self.documents(made, self.source, 0):
                self.environment(made, value)
                listed = value.get("releases")
                made.releases += [one for one in listed if isinstance(one, MapValue)] if (
                    isinstance(listed, ListValue)) else []  # fmt: skip
        except (StateError, FunctionError, RecursionError) as error:
            made.releases = []
            made.why = str(error) or "it nests too deeply"
            made.span = error.span if isinstance(error, StateError) else None
        return made

    def documents(self, state: HelmfileState, source: Source, depth: int) -> Iterator[MapValue]:
        """The parts of a helmfile as they are rendered, those of its `bases` first."""
        for start, end in _parts(source.text):
            pieces = self.rendered(Span(source, start, end), state, {})
            read, faults = manifest_values(tuple(pieces), source)
            fault = next((one for one in faults if one.severity == "error"), None)
            if fault is not None:
                raise StateError(f"it renders to what is no YAML: {fault.message}", fault.span)
            for value in read:
                if not isinstance(value, MapValue):
                    continue
                listed = value.get("bases")
                for item in listed if isinstance(listed, ListValue) else ():
                    base = self.base(item, source, value.span, depth)
                    yield from self.documents(state, base, depth + 1)
                yield value

    def base(self, item: Value, source: Source, at: Span, depth: int) -> Source:
        """A helmfile that another one starts from."""
        path = joined(source.path.rpartition("/")[0], text_of(item))
        found = self.charts.tree.read(path) if path else None
        if found is None or depth >= MAX_BASES:
            raise StateError(f"its base `{text_of(item) or item}` is not in the repository", at)
        return found

    def environment(self, state: HelmfileState, value: MapValue) -> None:
        """Add what a part says of the values of the environment."""
        listed = value.get("environments")
        found = listed.get(state.environment) if isinstance(listed, MapValue) else None
        given = found.get("values") if isinstance(found, MapValue) else None
        layers: list[Table] = []
        for item in given if isinstance(given, ListValue) else ():
            if isinstance(item, MapValue):
                layers.append(traced_values(item))
                continue
            path = joined(self.folder, text_of(item)) if isinstance(item, str) else None
            table = self.file(path, state, {}) if path else None
            if table is None or path is None:
                assert isinstance(found, MapValue)
                raise StateError(
                    f"the values file `{text_of(item) or item}` of the environment "
                    f"`{state.environment}` is not in the repository", found.span,
                )  # fmt: skip
            layers.append(table)
            state.inputs.append(path)
        state.values = overlaid((state.values, *layers))

    def file(self, path: str, state: HelmfileState, release: Table) -> Table | None:
        """The values in a file, which may be a template; None if it is absent or no mapping.

        StateError: the template cannot be run.
        """
        source = self.charts.tree.read(path)
        if source is None or not path.endswith(".gotmpl"):
            return values_file(self.charts, path) if source is not None else None
        pieces = self.rendered(source.whole(), state, release)
        data = of_pieces(pieces).data
        if not isinstance(data, (str, Segments)):
            return None
        return values_of_text(data, "template of values", [source.whole()])

    def text(self, written: str, at: Span, state: HelmfileState, release: Table) -> str | None:
        """A text of the helmfile that is a template for each release; None if it is unknown."""
        made = self.run(Traced(written, (), at), at, state, release)
        return str(made.data) if isinstance(made.data, str) else None

    def rendered(self, at: Span, state: HelmfileState, release: Table) -> Sequence[Piece]:
        """A stretch of a file as a template."""
        return pieces_of(self.run(Traced(at.text, (), at), at, state, release))

    def run(self, text: Traced, at: Span, state: HelmfileState, release: Table) -> Traced:
        """The output of a template."""
        values = Traced(state.values, rest=_OUTSIDE)
        data: Table = {
            "Environment": Traced({"Name": Traced(state.environment), "Values": values}),
            "Values": values, "StateValues": values, "Namespace": Traced(""),
        }  # fmt: skip
        if release:
            data["Release"] = Traced(release)
        run = Run(self.capabilities, self.programs)
        run.functions = {**_FUNCTIONS, "readFile": Function(self.read_file(), 1, 1)}
        ground = State(run, FileGround(at.source), Traced(data), [])
        try:
            return run.tpl(text, Traced(data), ground, (at.start, at.end))
        except RenderError as error:
            message = " ".join(error.message.removeprefix(IN_TPL).split()).rstrip(".")
            raise StateError(message or "no reason is given", error.span) from None

    def read_file(self) -> Callable[[Call, Sequence[Traced]], Traced]:
        """`readFile`: the text of a file of the repository."""

        def apply(_call: Call, args: Sequence[Traced]) -> Traced:
            path = joined(self.folder, need_str(args[0]))
            source = self.charts.tree.read(path) if path else None
            if source is None:
                raise FunctionError(f"the file `{need_str(args[0])}` is not in the repository")
            return made_of(source.text, *args)

        return apply


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Where the parts of a helmfile stand."""
    start = 0
    for found in _PART.finditer(text):
        if text[start : found.start()].strip():
            yield start, found.start()
        start = found.end()
    if text[start:].strip():
        yield start, len(text)


# ------------------------------------------------------------------ functions of helmfile
def _environment_variable(_call: Call, args: Sequence[Traced]) -> Traced:
    name = args[0].data
    shown = f"environment variable {name}" if isinstance(name, str) else "environment variable"
    return made_of(Unknown(Reason.ENVIRONMENT, shown, _call.at, "string"), *args)


def _outside(call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(Unknown(Reason.ENVIRONMENT, "what a command prints", call.at, "string"), *args)


def _secret(call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(Unknown(Reason.SECRET, "a secret store", call.at, "string"), *args)


def _get(_call: Call, args: Sequence[Traced]) -> Traced:
    """`get "a.b" [default] object`, and Sprig's `get object key`."""
    path, owner = args[0], args[-1]
    if isinstance(path.data, dict):
        path, owner = owner, path
    current = owner
    for name in need_str(path).split("."):
        data = current.data
        if isinstance(data, Unknown):
            return current
        found = data.get(name) if isinstance(data, dict) else None
        if found is None:
            if current.rest is not None:
                return Traced(current.rest, current.via)
            return args[1] if len(args) == 3 else Traced(None, owner.via)
        current = found
    return current


_FUNCTIONS: Final = {
    "env": Function(_environment_variable, 1, 1, Unknowns.OWN, "string"),
    "requiredEnv": Function(_environment_variable, 1, 1, Unknowns.OWN, "string"),
    "exec": Function(_outside, 1, None, Unknowns.OWN, "string"),
    "envExec": Function(_outside, 1, None, Unknowns.OWN, "string"),
    "fetchSecretValue": Function(_secret, 1, 1, Unknowns.OWN, "string"),
    "get": Function(_get, 2, 3, Unknowns.OWN),
    "getOrNil": Function(_get, 2, 2, Unknowns.OWN),
}
