"""One chart folder rendered as `helm template` does, for people: every value with its origin."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.helm.chart import Chart, Charts
from plumbrule_parsers.helm.manifests import manifest_values
from plumbrule_parsers.helm.render import Release, render_chart
from plumbrule_parsers.helm.set_values import Setting, SettingError, apply_setting
from plumbrule_parsers.helm.values import Table, overlaid, traced_values
from plumbrule_parsers.helm.values_schema import schema_problems
from plumbrule_parsers.source import Source
from plumbrule_parsers.traced_text import HOLE, Piece
from plumbrule_parsers.value import MapValue, Unknown, Value
from plumbrule_parsers.yaml_tree import parse_yaml


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """What one template renders to.

    `name` is Helm's (`shop/templates/web.yaml`), `source` the template. `text` has `<?>` where a
    part cannot be told; `pieces` are its stretches with their origins. `values` are the documents
    in it; each entry's `Place` says where it was written (the values line, else the template's)
    and its `via` the way there. `problems` say why there is nothing, or what is wrong with it.
    """

    name: str
    source: Source
    text: str
    pieces: tuple[Piece, ...]
    values: tuple[Value, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedChart:
    """A whole chart. `files` are the templates that Helm would print, in the order of names.

    `problems` are those of the chart as a whole: values or settings that are wrong, dependencies
    that are not in the repository.
    """

    name: str
    files: tuple[RenderedFile, ...] = ()
    problems: tuple[Problem, ...] = ()


def render_chart_folder(
    folder: str,
    files: FileTree,
    values: Sequence[Source | MapValue] = (),
    settings: Sequence[Setting] = (),
    release: Release | None = None,
) -> RenderedChart | None:
    """The chart in `folder` ("" is the root of `files`), None if there is no chart.

    `values` are files as `-f` names them, in order (they need not be in `files`), or mappings that
    stand inside another file; `settings` are the arguments of `--set` and its relatives, in order,
    laid over them. `--set-file` is read from `files`. The release's name and namespace default to
    Helm's. Never raises for any text.
    """
    charts = Charts(files)
    chart = charts.load(folder)
    if chart is None:
        return None
    problems: list[Problem] = []
    layers = [_values(source, problems) for source in values]
    given = overlaid(layers)

    def read(path: str) -> str | None:
        source = files.read(posixpath.normpath(path))
        return source.text if source is not None else None

    for setting in settings:
        try:
            apply_setting(given, setting, read)
        except SettingError as error:
            problems.append(Problem("set-argument", error.message, error.span))
    return render_loaded(chart, given, release or Release(), problems)


def _values(source: Source | MapValue, problems: list[Problem]) -> Table:
    if isinstance(source, MapValue):
        return traced_values(source)
    stream = parse_yaml(source, "1.1")
    problems += stream.problems
    value = stream.documents[0].value if stream.documents else None
    if isinstance(value, MapValue):
        return traced_values(value)
    if value is not None:
        message = f"`{source.path}` is no mapping of values"
        problems.append(Problem("chart-values", message, source.span(0, 0)))
    return {}


def render_loaded(
    chart: Chart, given: Table, release: Release, problems: Sequence[Problem] = ()
) -> RenderedChart:
    """A chart that was loaded, with these values."""
    done = render_chart(chart, given, release, check=schema_problems)
    found: list[RenderedFile] = []
    for one in sorted(done.templates, key=lambda item: item.name):
        if one.error is not None:
            message = " ".join(one.error.message.split()).rstrip(".") or "no reason is given"
            wrong = Problem(one.error.code, f"not rendered: {message}", one.error.span)
            found.append(RenderedFile(one.name, one.source, "", (), (), (wrong,)))
            continue
        read, faults = manifest_values(one.pieces, one.source)
        doubts = [
            Problem("unknown-condition", f"this condition cannot be told: {why}", span,
                    Severity.WARNING)
            for why, span in one.doubts
        ]  # fmt: skip
        text = "".join(_shown(piece.text) for piece in one.pieces)
        file = RenderedFile(
            one.name, one.source, text, one.pieces, tuple(read), (*faults, *doubts)
        )  # fmt: skip
        found.append(file)
    missing = [
        Problem("missing-dependency", f"the chart `{one.chart}` is not in the repository", one.span,
                Severity.WARNING)
        for one in done.missing
    ]  # fmt: skip
    own = [replace(one, message=" ".join(one.message.split())) for one in done.problems]
    return RenderedChart(chart.name, tuple(found), (*problems, *own, *missing))


def _shown(text: str | Unknown) -> str:
    return "<?>" if isinstance(text, Unknown) else text.replace(HOLE, "<?>")
