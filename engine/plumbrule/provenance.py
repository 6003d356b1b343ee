"""Provenance: who answers for a file. Findings in other people's code and in test data weigh less.

A vendored chart is mended upstream and a fixture holds its defect on purpose: their findings are
one severity lower and never fail a run, unless the configuration says that the files are authored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from plumbrule.environments import glob_matches
from plumbrule.finding import SEVERITIES, Finding

AUTHORED, VENDORED, FIXTURE = "authored", "vendored", "fixture"
CLASSES = (AUTHORED, VENDORED, FIXTURE)
_VENDORED = {"vendor", "vendors", "vendored", "third_party", "third-party", "node_modules",
             "external_modules", ".terraform"}  # fmt: skip
_FIXTURES = {"test", "tests", "testing", "testdata", "test-data", "fixture", "fixtures", "example",
             "examples", "e2e", "integration-tests", "__tests__", "mocks", "samples"}  # fmt: skip
_MARKS = ("_test.", ".test.", "_spec.", ".spec.")


def provenance_of(path: str, configured: Mapping[str, tuple[str, ...]]) -> tuple[str, str]:
    """The class of a file and what says so; `("authored", "")` if nothing speaks against it."""
    for name in CLASSES:
        for glob in configured.get(name, ()):
            if glob_matches(glob, path):
                return name, f"configured: `{glob}`"
    folder, _, file = path.rpartition("/")
    parts = folder.split("/")
    if ".tgz!" in path:
        return VENDORED, "packed chart"
    for part in parts:
        if part.lower() in _VENDORED:
            return VENDORED, f"folder `{part}`"
    for part in parts:
        if part.lower() in _FIXTURES:
            return FIXTURE, f"folder `{part}`"
    if any(mark in file for mark in _MARKS):
        return FIXTURE, f"file name `{file}`"
    return AUTHORED, ""


def weighed(
    findings: Iterable[Finding], configured: Mapping[str, tuple[str, ...]], exact: frozenset[str]
) -> tuple[Finding, ...]:
    """The findings with their provenance; one severity lower where it is not authored.

    `exact` are rules whose severity the configuration sets: they keep it.
    """
    known: dict[str, tuple[str, str]] = {}
    made: list[Finding] = []
    for finding in findings:
        path = finding.span.path
        if path not in known:
            known[path] = provenance_of(path, configured)
        name, _why = known[path]
        if name == AUTHORED:
            made.append(finding)
            continue
        lower = max(SEVERITIES.index(finding.severity) - 1, 0)
        severity = finding.severity if finding.rule in exact else SEVERITIES[lower]
        made.append(replace(finding, severity=severity, provenance=name))
    return tuple(made)
