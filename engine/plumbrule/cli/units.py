"""List what is deployed as one, with its environment: roots, charts, overlays, pipelines."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from plumbrule.cli.color import writable
from plumbrule.cli.prepare import common_arguments, given_paths, jobs_argument, prepare
from plumbrule.environments import DEFAULT
from plumbrule.reports.mask import Mask, safe
from plumbrule_parsers.document import Hole

if TYPE_CHECKING:
    from plumbrule.scan.scan import Model
    from plumbrule.units import Placed

MAX_WIDTH: Final = 60  # of a column; what is longer pushes the others aside
MAX_NAMED: Final = 4  # of the files and of the holes of one unit, in text


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb units` takes."""
    common_arguments(parser)
    jobs_argument(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="(default: text)"
    )


def run(options: argparse.Namespace) -> int:
    """The units in order of name, with the number of their nodes and what is missing of them."""
    from plumbrule.scan.scan import build_model

    paths = given_paths(options)
    prepared = prepare(options, paths)
    model = build_model(paths, prepared.config, prepared.pack, jobs=options.jobs)
    rows = rows_of(model)
    text = json.dumps(rows, indent=2) + "\n" if options.format == "json" else listed(rows)
    sys.stdout.write(writable(text))
    return 0


def rows_of(model: Model) -> list[dict[str, Any]]:
    """What there is to say of each unit, as plain data."""
    nodes = Counter(node.unit for node in model.graph.nodes.values())
    holes = _holes(model)
    mask = Mask({}, frozenset())
    return [
        {
            "name": name,
            "kind": placed.unit.kind,
            "environment": placed.environment,
            "because": placed.because,
            "confidence": placed.confidence,
            "folder": placed.unit.folder,
            "inputs": list(placed.unit.inputs),
            "nodes": nodes[name],
            "holes": [
                {"why": mask.text(hole.why.detail or str(hole.why)), "path": hole.span.path,
                 "line": hole.span.line}
                for hole in holes.get(name, ())
            ],
        }
        for name, placed in sorted(model.units.items())
    ]  # fmt: skip


def _holes(model: Model) -> dict[str, list[Hole]]:
    """The holes by the units in whose innermost folder they lie."""
    folders: dict[str, list[str]] = {}
    for name, placed in model.units.items():
        folders.setdefault(_top(placed), []).append(name)
    found: dict[str, list[Hole]] = {}
    for hole in model.graph.holes:
        path = hole.span.path
        names = folders.get(path, [])
        folder = path
        while not names and folder:
            folder = folder.rpartition("/")[0]
            names = folders.get(folder, [])
        for name in names:
            found.setdefault(name, []).append(hole)
    return found


def _top(placed: Placed) -> str:
    """The folder that a unit owns, or its file if it is one file."""
    unit = placed.unit
    if unit.name == unit.span.path:
        return unit.name
    return "" if unit.folder == "." else unit.folder


def listed(rows: list[dict[str, Any]]) -> str:
    """The units for people: a line each, below it its files of values and what is missing."""
    if not rows:
        return "there are no units: nothing that is deployed was found\n"
    head = ("name", "kind", "environment", "nodes", "holes")
    table = [head]
    for row in rows:
        because = f" ({row['because']})" if row["because"] else ""
        environment = "" if row["environment"] == DEFAULT else f"{row['environment']}{because}"
        counts = str(row["nodes"]), str(len(row["holes"]) or "")
        table.append((safe(row["name"]), row["kind"], environment, *counts))
    widths = [
        min(max(len(line[column]) for line in table), MAX_WIDTH) for column in range(len(head))
    ]
    lines: list[str] = []
    for number, cells in enumerate(table):
        padded = [
            f"{cell:>{width}}" if column > 2 else f"{cell:{width}}"
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
        if number:
            lines += _details(rows[number - 1])
    environments = Counter(row["environment"] for row in rows)
    counted = ", ".join(
        f"{count} {name if name != DEFAULT else 'without an environment'}"
        for name, count in sorted(environments.items())
    )
    lines += ["", f"{len(rows)} unit{'s' * (len(rows) != 1)}: {counted}"]
    return "\n".join((*lines, ""))


def _details(row: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    if row["inputs"]:
        lines.append(f"    with {_some(row['inputs'])}")
    shown = [f"{hole['path']}:{hole['line']}: {hole['why']}" for hole in row["holes"][:MAX_NAMED]]
    lines += [f"    missing: {safe(hole)}" for hole in dict.fromkeys(shown)]
    more = len(row["holes"]) - len(shown)
    lines += [f"    and {more} more missing"] if more > 0 else []
    return lines


def _some(names: Iterable[str]) -> str:
    listed_names = [safe(name) for name in names]
    more = len(listed_names) - MAX_NAMED
    return ", ".join(listed_names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
