"""Reports: one module, one `render`, one format."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plumbrule.finding import Report

# Name, and the module whose `render(report, options)` gives the text. Loaded when first asked for.
REPORTS = {
    "full": "plumbrule.reports.full",
    "concise": "plumbrule.reports.concise",
    "json": "plumbrule.reports.json",
    "sarif": "plumbrule.reports.sarif",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a report is written.

    `width` counts terminal columns. `base` is put before every path of the report: the way from
    where the reader stands (a folder, the repository's top) to the scanned root. `category` tells
    one SARIF upload from others of the same repository.
    """

    color: bool = False
    width: int = 100
    verbose: bool = False
    sarif_profile: str = "github"  # or "full"
    category: str = ""
    base: str = ""


def render(name: str, report: Report, options: Options) -> str:
    """The report as text in the format of that name, ending in a line break; KeyError if none."""
    text: str = import_module(REPORTS[name]).render(report, options)
    return text
