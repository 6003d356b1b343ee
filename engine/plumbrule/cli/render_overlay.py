"""What a kustomization builds: its objects in the order in which they would be applied."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from plumbrule.cli.prepare import UsageError
from plumbrule.cli.render import OVERLAY, Rendered, Section
from plumbrule.config import Config
from plumbrule.reports.spell import Spelling
from plumbrule.scan.discover import discover
from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Severity
from plumbrule_parsers.kustomize.accumulate import Accumulated, Builder
from plumbrule_parsers.kustomize.build import build
from plumbrule_parsers.kustomize.charts import charts_of
from plumbrule_parsers.kustomize.files import Files
from plumbrule_parsers.source import Span


def rendered_overlay(
    root: Path, folder: str, config: Config, options: argparse.Namespace
) -> Rendered:
    """The objects, and what could not be built."""
    found = discover([root], config.include, config.exclude, config.max_file_size, root)
    tree = ScannedFiles(root, (one.path for one in found.files), max_size=config.max_file_size)
    home = (f"{folder}/{name}".lstrip("/") for name in OVERLAY)
    source = next((source for path in home if (source := tree.read(path)) is not None), None)
    if source is None:
        raise UsageError(f"the kustomization of `{options.path}` cannot be read")
    made = build(Builder(Files(tree, {}), charts_of(tree)), folder, source.span(0, 0))
    lost: list[tuple[Span, str]] = [
        (one.span, one.message) for one in made.problems if one.severity is Severity.ERROR
    ]
    lost += [(hole.span, str(hole.why)) for hole in made.holes]
    return Rendered(tuple(_sections(made)), tuple(dict.fromkeys(lost)))


def _sections(made: Accumulated) -> Iterator[Section]:
    for resource in made.resources:
        spelling = Spelling()
        spelling.manifest(resource.body)
        yield Section(f"Source: {resource.home.path}", spelling)
