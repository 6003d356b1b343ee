"""Every report of one small run, as it is written.

After a wanted change: `PLUMBRULE_REWRITE=1 pytest tests/engine/reports/test_golden.py`, and read
the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plumbrule.finding import Report
from plumbrule.reports import REPORTS, Options, render
from plumbrule.version import __version__

GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "full.txt": ("full", Options(width=80)),
    "full-verbose.txt": ("full", Options(width=100, verbose=True, base="../infra")),
    "full-color.txt": ("full", Options(width=80, color=True)),
    "concise.txt": ("concise", Options(base="infra")),
    "report.json": ("json", Options()),
    "github.sarif": ("sarif", Options(base="infra")),
    "full.sarif": ("sarif", Options(sarif_profile="full", category="nightly")),
}


@pytest.mark.parametrize("file", CASES)
def test_report_is_written_as_agreed(report: Report, file: str) -> None:
    name, options = CASES[file]
    text = render(name, report, options).replace(f'"{__version__}"', '"VERSION"')
    if os.environ.get("PLUMBRULE_REWRITE"):
        (GOLDEN / file).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / file).read_text(encoding="utf-8")


def test_every_report_has_a_golden_text() -> None:
    assert {name for name, _options in CASES.values()} == set(REPORTS)
