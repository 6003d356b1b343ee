"""The JSON report keeps to its published schema."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from jsonschema import Draft202012Validator

from plumbrule.finding import Report
from plumbrule.reports import Options, render
from plumbrule.reports.shape import schema, schema_text

PUBLISHED = Path(__file__).parents[3] / "docs/schema/report.schema.json"
EMPTY = Report(".", (), (), (), (), (), (), ())


def test_published_schema_is_up_to_date() -> None:
    """`python -c "from plumbrule.reports.shape import schema_text as s; print(s(), end='')"`."""
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


def test_schema_is_a_schema_and_refuses_what_it_does_not_name(report: Report) -> None:
    Draft202012Validator.check_schema(schema())
    data = json.loads(render("json", report, Options()))
    data["findings"][0]["more"] = 1
    assert not Draft202012Validator(schema()).is_valid(data)


def test_reports_keep_to_the_schema(report: Report) -> None:
    for made in (report, EMPTY):
        Draft202012Validator(schema()).validate(json.loads(render("json", made, Options())))


def test_reviews_refer_to_listed_causes(report: Report) -> None:
    data = json.loads(render("json", report, Options()))
    listed = {cause["key"]: cause["reviews"] for cause in data["causes"]}
    named = [key for review in data["reviews"] for key in review["causes"]]
    assert listed == {key: named.count(key) for key in named}


def test_columns_count_code_points_and_ends_are_open(report: Report) -> None:
    place = json.loads(render("json", report, Options()))["findings"][0]["place"]
    assert (place["line"], place["column"], place["end_column"]) == (2, 7, 9)


def test_a_lost_file_makes_the_report_incomplete(report: Report) -> None:
    assert json.loads(render("json", report, Options()))["complete"] is False
    warned = replace(report, problems=report.problems[1:])
    assert json.loads(render("json", warned, Options()))["complete"] is True
