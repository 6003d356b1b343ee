"""What a chart renders to, with its own values or with those that the command line gives."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from plumbrule.cli.prepare import UsageError, prepare
from plumbrule.cli.render import Rendered, Section
from plumbrule.config import Config
from plumbrule.reports.spell import Spelling
from plumbrule.scan.discover import discover
from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.helm.render_chart_folder import (
    RenderedChart,
    RenderedFile,
    render_chart_folder,
)
from plumbrule_parsers.helm.set_values import Setting
from plumbrule_parsers.helm.value_sets import ValueSet
from plumbrule_parsers.helm.values import copied_table
from plumbrule_parsers.read import Unreadable, decode
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue

_LOSES = ("missing-dependency",)  # problems that are warnings to a check, but a part is missing


def rendered_chart(
    root: Path, folder: str, config: Config, options: argparse.Namespace
) -> Rendered:
    """Its manifests in the order of their templates, and what is not among them."""
    found = discover([root], config.include, config.exclude, config.max_file_size, root)
    tree = ScannedFiles(root, (one.path for one in found.files), max_size=config.max_file_size)
    values = [_values_file(root, word) for word in options.values]
    settings = [Setting(word, form) for form, word in options.settings]
    if options.unit is None:
        done = render_chart_folder(folder, tree, values, settings)
    elif values or settings:
        raise UsageError("`--unit` brings its own values: `-f` and `--set` cannot be added")
    else:
        done = _rendered_unit(root, folder, config, options, tree)
    if done is None:
        raise UsageError(f"`{options.path}` has no Chart.yaml that can be read")
    wrong = next((one for one in done.problems if one.code == "set-argument"), None)
    if wrong is not None:
        raise UsageError(wrong.message, wrong.hint)
    lost = _lost(done.problems)
    sections: list[Section] = []
    for file in sorted(done.files, key=lambda one: (one.source.path, one.name)):
        lost += _lost(file.problems)
        sections += _sections(file)
    return Rendered(tuple(sections), tuple(dict.fromkeys(lost)))


def _lost(problems: Iterable[Problem]) -> list[tuple[Span, str]]:
    return [
        (one.span, one.message)
        for one in problems
        if one.severity is Severity.ERROR or one.code in _LOSES
    ]


def _sections(file: RenderedFile) -> list[Section]:
    """The documents of one template; why there are none, or what is not sure about them."""
    remarks = [f"line {one.span.line}: {one.message}" for one in file.problems]
    head = "\n".join((f"Source: {file.name}", *remarks))
    sections: list[Section] = []
    for value in file.values:
        if isinstance(value, MapValue) and not value and value.rest is None:
            continue
        spelling = Spelling()
        spelling.manifest(value)
        sections.append(Section(head, spelling))
    return sections if sections or not remarks else [Section(head)]


def _values_file(root: Path, word: str) -> Source:
    """A file that the command line names; it may lie anywhere."""
    path = Path(word)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"`{word}` cannot be read: {error.strerror or error}") from None
    inside = os.path.relpath(os.path.normpath(path.absolute()), root).replace(os.sep, "/")
    found = decode(inside, data)
    if isinstance(found, Unreadable):
        raise UsageError(f"`{word}` cannot be read: {found.message}")
    return found


def _rendered_unit(
    root: Path, folder: str, config: Config, options: argparse.Namespace, tree: ScannedFiles
) -> RenderedChart | None:  # fmt: skip
    from plumbrule_parsers.helm.chart import Charts
    from plumbrule_parsers.helm.render import Release
    from plumbrule_parsers.helm.render_chart_folder import render_loaded

    one = _in_unit(root, folder, config, options, tree)
    chart = Charts(tree).load(folder)
    if chart is None:
        return None
    plain = Release()
    release = Release(one.release or plain.name, one.namespace or plain.namespace)
    return render_loaded(chart, copied_table(one.given or {}), release)


def _in_unit(
    root: Path, folder: str, config: Config, options: argparse.Namespace, tree: ScannedFiles
) -> ValueSet:  # fmt: skip
    """The values of the unit that is named: of a file by convention, or of a release somewhere."""
    from plumbrule.scan.scan import build_model
    from plumbrule_parsers.helm.chart import Charts
    from plumbrule_parsers.helm.renderings import Renderings

    wanted = options.unit
    home = folder or "."
    if wanted == home:
        return ValueSet()
    name = wanted.removeprefix(f"{home}@")  # the folder may be left out
    # What installs the chart may stand anywhere: everything is read.
    model = build_model([root], config, prepare(options, [root]).pack)
    documents = {document.source.path: document for document in model.documents}
    renderings = Renderings(Charts(tree), documents, [folder])
    renderings.run()
    found = renderings.of(folder)
    sets = found.sets if found is not None else []
    for one in sets:
        if one.name == name:
            return one
    names = ", ".join(f"`{one.name}`" for one in sets if one.name)
    hint = f"there is {names}" if names else "it has no unit beside its defaults"
    raise UsageError(f"`{options.path}` has no unit `{wanted}`", hint)
