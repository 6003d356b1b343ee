"""SARIF as GitHub code scanning and other readers need it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from plumbrule.finding import (
    SEVERITIES,
    Cause,
    Exempted,
    Finding,
    RelatedSpan,
    Report,
    Review,
    RuleInfo,
)  # fmt: skip
from plumbrule.reports import Options, render
from plumbrule.reports.sarif import category, uri
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.text_edits.edit import edited

EMPTY = Report(".", (), (), (), (), (), (), ())
TEXT = {"type": "string", "minLength": 1}


def shape(*required: str, **properties: object) -> dict[str, object]:
    return {
        "type": "object", "additionalProperties": False, "required": list(required),
        "properties": properties,
    }  # fmt: skip


# The part of SARIF 2.1.0 that is written, with what GitHub requires beyond it.
LINE = {"type": "integer", "minimum": 1}
MESSAGE = shape("text", text=TEXT)
WORDS = shape("text", text=TEXT, markdown=TEXT)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
URI = {"type": "string", "pattern": r"^(?![a-z]+:)(?!/)(?!\.\.)[A-Za-z0-9%/~!$'()+@._-]+$"}
REGION = shape(
    "startLine", "startColumn", "endLine", "endColumn",
    startLine=LINE, startColumn=LINE, endLine=LINE, endColumn=LINE,
)  # fmt: skip
LOCATION = shape(
    "physicalLocation",
    id=LINE,
    message=MESSAGE,
    physicalLocation=shape(
        "artifactLocation", "region", artifactLocation=shape("uri", uri=URI), region=REGION
    ),
    logicalLocations={"type": "array", "items": shape(name=TEXT, fullyQualifiedName=TEXT)},
)
RESULT = shape(
    "ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints",
    ruleId=TEXT, ruleIndex={"type": "integer", "minimum": 0}, level=LEVEL, message=MESSAGE,
    kind={"const": "review"},
    locations={"type": "array", "items": LOCATION, "minItems": 1, "maxItems": 1},
    relatedLocations={"type": "array", "items": LOCATION, "minItems": 1, "maxItems": 100},
    partialFingerprints={
        "type": "object",
        "required": ["primaryLocationLineHash"],
        "additionalProperties": TEXT,
        "properties": {"primaryLocationLineHash": {"pattern": r"^[0-9a-f]{1,16}:[1-9]\d*$"}},
    },
    codeFlows={"type": "array", "items": shape("threadFlows", threadFlows={
        "type": "array", "items": shape("locations", locations={
            "type": "array", "minItems": 1, "items": shape("location", location=LOCATION)})})},
    suppressions={"type": "array", "items": shape(
        "kind", "status", "justification", kind={"enum": ["inSource", "external"]},
        status={"const": "accepted"}, justification=TEXT)},
    properties={"type": "object"},
    fixes={"type": "array", "minItems": 1, "maxItems": 1, "items": shape(
        "description", "artifactChanges", description=MESSAGE,
        properties=shape("safe", safe={"type": "boolean"}),
        artifactChanges={"type": "array", "minItems": 1, "items": shape(
            "artifactLocation", "replacements", artifactLocation=shape("uri", uri=URI),
            replacements={"type": "array", "minItems": 1, "items": shape(
                "deletedRegion", deletedRegion=REGION, insertedContent=shape("text", text=TEXT))})},
    )},
)  # fmt: skip
CWE = {"type": "string", "pattern": r"^CWE-[1-9]\d*$"}
INDEX = {"type": "integer", "minimum": 0}
TAXONOMY = {"const": "CWE"}
RULE = shape(
    "id", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties",
    id=TEXT, shortDescription=WORDS, fullDescription=WORDS, help=WORDS, helpUri=TEXT,
    relationships={"type": "array", "minItems": 1, "items": shape(
        "target", "kinds", kinds={"const": ["relevant"]},
        target=shape("id", "index", "toolComponent", id=CWE, index=INDEX, toolComponent=shape(
            "name", "index", name=TAXONOMY, index={"const": 0})))},
    defaultConfiguration=shape("level", level=LEVEL),
    properties={"type": "object", "required": ["tags", "precision", "problem.severity"]},
)  # fmt: skip
RUN = shape(
    "tool", "results", "columnKind", "automationDetails", "invocations",
    tool=shape("driver", driver=shape(
        "name", "rules", "semanticVersion", name=TEXT, version=TEXT, semanticVersion=TEXT,
        rules={"type": "array", "items": RULE}, notifications={"type": "array"},
        supportedTaxonomies={"const": [{"name": "CWE", "index": 0}]})),
    taxonomies={"type": "array", "minItems": 1, "maxItems": 1, "items": shape(
        "name", "taxa", name=TAXONOMY, organization=TEXT, informationUri=TEXT,
        isComprehensive={"const": False}, shortDescription=MESSAGE,
        taxa={"type": "array", "items": shape("id", "helpUri", id=CWE, helpUri=TEXT)})},
    results={"type": "array", "items": RESULT},
    columnKind={"const": "unicodeCodePoints"},
    automationDetails=shape("id", id={"type": "string", "pattern": "^.+/$"}),
    invocations={"type": "array", "minItems": 1, "maxItems": 1, "items": {
        "type": "object", "required": ["executionSuccessful", "toolExecutionNotifications"]}},
)  # fmt: skip
LOG = Draft202012Validator(
    shape(
        "$schema", "version", "runs",
        **{"$schema": TEXT}, version={"const": "2.1.0"},
        runs={"type": "array", "items": RUN, "minItems": 1, "maxItems": 1},
    )
)  # fmt: skip


def run_of(report: Report, profile: str = "github", **options: str) -> dict[str, Any]:
    log = json.loads(render("sarif", report, Options(sarif_profile=profile, **options)))  # type: ignore[arg-type]
    LOG.validate(log)
    run: dict[str, Any] = log["runs"][0]
    return run


words = st.text(max_size=20)
paths = st.text(min_size=1, max_size=20).map(lambda text: "p" + text)
sources = st.builds(Source, paths, st.text(max_size=120))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    source = draw(sources)
    start = draw(st.integers(0, len(source.text)))
    return source.span(start, draw(st.integers(start, len(source.text))))


notes = st.lists(st.builds(RelatedSpan, spans(), words), max_size=3).map(tuple)
severities = st.sampled_from(SEVERITIES)
findings = st.builds(
    Finding, words.map(lambda t: "r" + t), severities, st.sampled_from(["high", "low"]),
    words.map(lambda t: "a" + t), words.map(lambda t: "l" + t), words, spans(), notes, notes,
    st.just("0" * 32), words, st.lists(words, max_size=2).map(tuple),
)  # fmt: skip
reviews = st.builds(
    Review, st.just("r"), severities, st.just("a"), st.just("l"), spans(),
    st.lists(st.builds(Cause, words, words, st.none() | spans()), max_size=2).map(tuple),
)  # fmt: skip
reports = st.builds(
    lambda one, two, three, four: replace(
        EMPTY, findings=tuple(one), reviews=tuple(two), problems=tuple(four),
        exempted=tuple(Exempted(finding, why) for finding, why in three),
        rules=tuple(RuleInfo(f.rule, f.message, f.severity, f.confidence, "", "", (), ())
                    for f in one[1:]),
    ),
    st.lists(findings, max_size=3), st.lists(reviews, max_size=2),
    st.lists(st.tuples(findings, words), max_size=2),
    st.lists(st.builds(Problem, st.just("odd"), words, spans(), st.sampled_from(Severity), words),
             max_size=2),
)  # fmt: skip


@given(reports, st.sampled_from(["github", "full"]))
def test_law_any_report_gives_valid_sarif(report: Report, profile: str) -> None:
    run = run_of(report, profile)
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(ids)) == len(ids)
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        numbers = {place["id"] for place in result.get("relatedLocations", ())}
        linked = re.findall(r"(?<!\\)\[(?:[^\[\]\\]|\\.)*\]\((\d+)\)", result["message"]["text"])
        assert {int(number) for number in linked} <= numbers


def test_github_gets_no_exempted_and_no_undecided_results_but_their_number(report: Report) -> None:
    run = run_of(report)
    assert len(run["results"]) == len(report.findings)
    assert not any("suppressions" in one or "kind" in one for one in run["results"])
    counts = run["invocations"][0]["properties"]
    assert counts == {"findings": 4, "reviews": 2, "exempted": 2}


def test_full_profile_holds_everything(report: Report) -> None:
    results = run_of(report, "full")["results"]
    taken = [one["suppressions"][0] for one in results if "suppressions" in one]
    assert [(one["kind"], one["justification"]) for one in taken] == [
        ("external", "known for long by team-web until 2027-01-31"),
        ("inSource", "as a comment says"),
    ]
    assert [one["level"] for one in results if one.get("kind") == "review"] == ["none", "none"]


def test_lost_files_make_the_run_unsuccessful_and_are_told(report: Report) -> None:
    run = run_of(report)
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    told = [one["descriptor"]["id"] for one in invocation["toolExecutionNotifications"]]
    assert told == ["yaml-syntax", "duplicate-key"]
    described = {one["id"] for one in run["tool"]["driver"]["notifications"]}
    assert described == set(told)
    assert run_of(EMPTY)["invocations"][0]["executionSuccessful"] is True


def test_only_rules_about_security_have_a_security_severity(report: Report) -> None:
    rules = {rule["id"]: rule["properties"] for rule in run_of(report)["tool"]["driver"]["rules"]}
    assert {rule: data.get("security-severity") for rule, data in rules.items()} == {
        "k8s.odd_key": None, "k8s.open_door": "8.0", "tf.secret": "9.5",
    }  # fmt: skip
    assert "security" in rules["tf.secret"]["tags"]
    assert rules["k8s.odd_key"]["problem.severity"] == "recommendation"


def test_related_places_are_linked_in_the_message(report: Report) -> None:
    result = run_of(report)["results"][0]
    assert "[selected here](1)" in result["message"]["text"]
    assert [one["id"] for one in result["relatedLocations"]] == [1, 2]


def test_a_path_becomes_a_flow_that_ends_at_the_finding(report: Report) -> None:
    result = run_of(report)["results"][0]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    places = [one["location"]["physicalLocation"] for one in steps]
    assert len(places) == 3
    assert places[-1] == result["locations"][0]["physicalLocation"]


def test_the_worst_5000_are_kept_and_the_cut_is_told() -> None:
    source = Source("a.yaml", "a: b\n")
    made = tuple(
        Finding("a.b", severity, "high", f"a#{n}", "x", "m", source.span(0, 1))
        for n in range(3000)
        for severity in ("low", "critical")
    )
    report = replace(EMPTY, findings=made)
    run = json.loads(render("sarif", report, Options()))["runs"][0]
    assert len(run["results"]) == 5000
    assert sum(one["level"] == "error" for one in run["results"]) == 3000
    notice = run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]
    assert "1,000 more" in notice
    whole = json.loads(render("sarif", report, Options(sarif_profile="full")))["runs"][0]
    assert len(whole["results"]) == 6000


@pytest.mark.parametrize(
    ("path", "base", "expected"),
    [
        ("a/b.tf", "", "a/b.tf"),
        ("a b/ä#%.tf", "", "a%20b/%C3%A4%23%25.tf"),
        ("b.tf", "infra/x", "infra/x/b.tf"),
        ("/etc/b.tf", "", "etc/b.tf"),
        ("C:/x/b.tf", "", "x/b.tf"),
        ("b.tf", "../other", "other/b.tf"),
        ("a:b.tf", "", "a%3Ab.tf"),
    ],
)
def test_uris_are_relative_and_encoded(path: str, base: str, expected: str) -> None:
    assert uri(path, base) == expected


@pytest.mark.parametrize(
    ("root", "given", "expected"),
    [(".", "", "plumbrule/"), ("infra/", "", "plumbrule/infra/"), ("/work/x", "", "plumbrule/"),
     ("infra", "nightly", "nightly/"), ("a, b", "", "plumbrule/")],
)  # fmt: skip
def test_category_is_stable_and_ends_in_a_slash(root: str, given: str, expected: str) -> None:
    assert category(replace(EMPTY, root=root), Options(category=given)) == expected


def test_rules_name_the_weaknesses_that_they_are_tagged_with(report: Report) -> None:
    run = run_of(report)
    (taxonomy,) = run["taxonomies"]
    related = {
        rule["id"]: [one["target"] for one in rule["relationships"]]
        for rule in run["tool"]["driver"]["rules"] if "relationships" in rule
    }  # fmt: skip
    assert [one["id"] for one in related["k8s.open_door"]] == ["CWE-284"]
    for targets in related.values():
        assert all(taxonomy["taxa"][one["index"]]["id"] == one["id"] for one in targets)
    assert "taxonomies" not in run_of(EMPTY)


@pytest.mark.parametrize("profile", ["github", "full"])
def test_a_fix_makes_of_the_file_what_its_edits_make_of_it(report: Report, profile: str) -> None:
    results = [one for one in run_of(report, profile)["results"] if "fixes" in one]
    assert results
    findings = {one.fingerprint: one for one in report.findings}
    for result in results:
        fix = findings[result["partialFingerprints"]["plumbrule/v1"]].fix
        assert fix is not None
        text = fix.edits[0].span.source.text
        (change,) = result["fixes"][0]["artifactChanges"]
        lines = [0, *(found.end() for found in re.finditer("\n", text))]
        made = text
        for one in reversed(change["replacements"]):
            at = one["deletedRegion"]
            start = lines[at["startLine"] - 1] + at["startColumn"] - 1
            end = lines[at["endLine"] - 1] + at["endColumn"] - 1
            made = made[:start] + one.get("insertedContent", {"text": ""})["text"] + made[end:]
        assert made == edited(text, fix.edits)


@pytest.mark.parametrize("form", ["json", "sarif", "full", "concise"])
def test_a_fix_whose_text_holds_a_secret_is_not_told(report: Report, form: str) -> None:
    secret = "not-a-real-" + "passphrase"
    for text in (f'password = "{secret}"', f"x {secret}"):
        (one,) = [one for one in report.findings if one.fix is not None]
        assert one.fix is not None
        edit = replace(one.fix.edits[0], text=text)
        findings = tuple(
            replace(other, fix=replace(one.fix, edits=(edit,))) if other is one else other
            for other in report.findings
        )
        told = replace(report, findings=findings, exempted=())
        made = render(form, told, Options(sarif_profile="full"))
        assert secret not in made
        assert '"edits"' not in made
        assert '"replacements"' not in made


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["github", "full"])
def test_the_reference_validator_finds_no_error(
    report: Report, profile: str, tmp_path: Path
) -> None:
    tool = os.environ.get("SARIF_MULTITOOL") or shutil.which("sarif-multitool")
    if tool is None:
        pytest.skip("needs sarif-multitool (npm @microsoft/sarif-multitool) on PATH or in "
                    "$SARIF_MULTITOOL")  # fmt: skip
    log, answer = tmp_path / "log.sarif", tmp_path / "answer.sarif"
    log.write_text(render("sarif", report, Options(sarif_profile=profile)), encoding="utf-8")
    subprocess.run(
        [tool, "validate", log, "--rule-kind", "Sarif;Ghas", "--output", answer],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    results = json.loads(answer.read_text("utf-8-sig"))["runs"][0]["results"]
    assert [one for one in results if one.get("level") == "error"] == []
