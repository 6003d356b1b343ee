"""Real repositories: nothing crashes, nothing is lost, findings stand on what they speak of."""

import os
from collections import Counter
from pathlib import Path

import pytest

from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config
from plumbrule.finding import Finding, Report
from plumbrule.scan.scan import scan
from plumbrule_parsers.document import Completeness

CORPORA = Path(os.environ.get("PLUMBRULE_CORPORA", "/nowhere"))
FOLDERS = sorted(path for path in CORPORA.iterdir() if path.is_dir()) if CORPORA.is_dir() else []

pytestmark = [
    pytest.mark.corpora,
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDERS, reason="PLUMBRULE_CORPORA names no folder of repositories"),
]


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda path: path.name)
def report(request: pytest.FixtureRequest) -> Report:
    return scan([request.param], Config(), rules_of(Config()), jobs=1)


def test_no_internal_error(report: Report) -> None:
    assert [str(p.span) for p in report.problems if p.code == "internal-error"] == []


def test_every_file_has_its_state(report: Report) -> None:
    assert len({state.path for state in report.files}) == len(report.files)
    for state in report.files:
        if state.completeness is not Completeness.EVALUATED:
            assert state.because, state.path


def test_every_span_lies_in_its_source(report: Report) -> None:
    spans = [finding.span for finding in report.findings]
    spans += [related.span for finding in report.findings for related in finding.related]
    spans += [review.span for review in report.reviews]
    spans += [problem.span for problem in report.problems]
    for span in spans:
        assert 0 <= span.start <= span.end <= len(span.source.text), str(span)


# What the first line of a finding's span must contain, by rule: the thing that it speaks of.
SPEAKS_OF = {
    "ci.unpinned_action": ("uses",),
    "ci.terraform_apply_without_plan": ("terraform", "tofu"),
    "docker.add_for_local_file": ("ADD", "add", "Add"),
    "k8s.service_selects_nothing": ("selector",),
    "k8s.hpa_fights_fixed_replicas": ("replicas",),
    "k8s.liveness_equals_readiness": ("livenessProbe",),
    "k8s.memory_limit_far_above_request": ("memory",),
    "k8s.unprobed_service_backend": ("name",),
    "k8s.dangerous_capabilities": ("securityContext", "name"),
    "tf.secret_in_variable_default": ("default",),
    "tf.database_without_deletion_protection": ("resource", '"resource"', "deletion_protection"),
    "aws.s3_bucket_without_versioning": ("aws_s3_bucket",),
    "gha.untrusted_checkout": ("uses",),
    "prom.alert_without_runbook": ("alert",),
}


def spoken(finding: Finding) -> str:
    """The text at the span; the whole line where a template's expression stands for a word.

    What a switch keeps out is spoken of where it is missing; the switch itself is a values key.
    """
    span = finding.span
    missing = [one.span for one in finding.related if one.note.endswith("is missing here")]
    if missing:
        (key,) = (one.note for one in finding.related if one.span == span)
        assert key.startswith("values key `")
        assert span.text.startswith(key.rpartition(".")[2].strip("`")), str(span)
        span = missing[0]
    line = span.source.line_text(span.line)
    return line if "{{" in line else span.first_line.text


def test_the_line_law(report: Report) -> None:
    """The text at a finding's span is the thing that it speaks of."""
    wrong = Counter(
        f"{finding.rule} at {finding.span}: {finding.span.first_line.text[:60]!r}"
        for finding in report.findings
        if finding.rule in SPEAKS_OF
        and not any(word in spoken(finding) for word in SPEAKS_OF[finding.rule])
    )
    assert not wrong


def test_names_of_the_subject_stand_at_the_span(report: Report) -> None:
    """A container's finding quotes the container's own name."""
    for finding in report.findings:
        if finding.rule == "k8s.unprobed_service_backend":
            name = finding.subject.rpartition("/")[2].partition("~")[0]
            assert name in spoken(finding) or "{{" in spoken(finding), str(finding.span)
