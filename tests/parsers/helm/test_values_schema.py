"""Values against `values.schema.json`: the line that does not fit, and never a guess."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from tests.parsers.helm.charts import chart, resolved

from plumbrule_parsers.document import Problem, Severity

SECRET = "not-a-real-" + "secret"


def problems(schema: Any, values: str, **more: str) -> list[Problem]:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    template = "{{/* nothing */}}"
    found = resolved(chart(values, template, **{"values.schema.json": text, **more}))
    return [one for one in found["charts/shop/Chart.yaml"].problems if "schema" in one.code]


def only(schema: Any, values: str, **more: str) -> tuple[str, str]:
    (found,) = problems(schema, values, **more)
    assert (found.code, found.severity) == ("values-schema", Severity.WARNING)
    return str(found.span).removeprefix("charts/shop/"), found.message


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(("rule", "value", "message"), [
    ({"type": "integer"}, "text", "must be of type integer and is string"),
    ({"type": ["string", "null"]}, "1", "must be of type string or null and is integer"),
    ({"enum": ["x", 2]}, "y", "must be one of `x`, `2`"),
    ({"const": True}, "false", "must be `true`"),
    ({"pattern": "^[a-z]+$"}, "A1", "must match `^[a-z]+$`"),
    ({"minimum": 3}, "2", "does not fit `minimum: 3`"),
    ({"maxLength": 2}, "abc", "does not fit `maxLength: 2`"),
    ({"type": "object", "required": ["k", "l"]}, "{l: 1}", "must have `k`"),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "x", "does not fit `anyOf`"),
    (False, "x", "must not be set"),
])  # fmt: skip
def test_what_does_not_fit_is_said_at_its_line(rule: Any, value: str, message: str) -> None:
    where, found = only(of(b=rule), f"a: 1\nb: {value}\n")
    assert where == "values.yaml:2:1"
    assert message in found
    assert "`b`" in found


def test_a_key_that_the_schema_does_not_know_is_said_at_the_key() -> None:
    schema = {"properties": {"a": {}}, "patternProperties": {"^x-": {}},
              "additionalProperties": False}  # fmt: skip
    assert only(schema, "a: 1\nx-y: 1\ntypo: 2\n")[0] == "values.yaml:3:1"


def test_what_is_missing_at_the_top_is_said_at_the_file() -> None:
    assert only({"required": ["a"]}, "b: 1\n") == (
        "values.yaml:1:1", "the values must have `a`"
    )  # fmt: skip


def test_the_set_that_does_not_fit_is_named() -> None:
    where, message = only(of(a={"type": "string"}), "a: x\n", **{"values-prod.yaml": "\na: 7\n"})
    assert where == "values-prod.yaml:2:1"
    assert message.endswith("(with `values-prod.yaml`)")


def test_a_subchart_has_a_schema_of_its_own() -> None:
    more = {
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/values.yaml": "n: 1\n",
        "charts/sub/values.schema.json": json.dumps(of(n={"type": "integer"})),
    }
    assert only(True, "sub:\n  n: text\n", **more)[0] == "values.yaml:2:3"


def test_whole_numbers_are_integers_and_defaults_are_merged() -> None:
    schema = of(a={"type": "integer"}, b={"type": "number"}) | {"required": ["a", "b"]}
    assert problems(schema, "a: 80\nb: 1.5\n") == []


def test_values_never_appear_in_messages() -> None:
    for rule in ({"type": "integer"}, {"maxLength": 2}, {"enum": ["x"]}, {"pattern": "^x$"},
                 {"anyOf": [{"const": 1}]}):  # fmt: skip
        (found,) = problems(of(password=rule), f"password: {SECRET}\n")
        assert SECRET not in found.message + found.hint


@pytest.mark.parametrize("rule", [
    {"type": "integer"}, {"enum": ["x"]}, {"pattern": "^x$"}, {"maxLength": 1}, {"const": 1},
    {"anyOf": [{"type": "integer"}]}, {"not": {"type": "string"}},
    {"if": {"const": "x"}, "else": False},
])  # fmt: skip
def test_unknown_values_never_violate(rule: Any) -> None:
    terraform = (
        'resource "helm_release" "shop" {\n  name = "web"\n  chart = "./charts/shop"\n'
        '  set = [{ name = "a", value = "z${aws_vpc.main.id}" }]\n}\n'
    )
    files = chart("a: null\n", "x: 1", **{"values.schema.json": json.dumps(of(a=rule, b=False))})
    found = resolved(files | {"main.tf": terraform})["charts/shop/Chart.yaml"]
    assert len(found.units) == 2
    assert [one for one in found.problems if "helm_release" in one.message] == []


def test_what_is_known_beside_unknown_values_still_counts() -> None:
    terraform = (
        'resource "helm_release" "shop" {\n  name = "web"\n  chart = "./charts/shop"\n'
        '  set = [{ name = "a", value = "z${aws_vpc.main.id}" }, { name = "b", value = "x" }]\n}\n'
    )
    schema = json.dumps(of(b={"type": "integer"}))
    files = chart("{}\n", "x: 1", **{"values.schema.json": schema})
    found = resolved(files | {"main.tf": terraform})["charts/shop/Chart.yaml"]
    (problem,) = found.problems
    assert (problem.code, str(problem.span)) == ("values-schema", "main.tf:4:71")


@pytest.mark.parametrize(("schema", "why"), [
    ("{", "no JSON"),
    ({"$ref": "https://example.com/schema.json"}, "example.com"),
    ({"$ref": "#/nowhere"}, "nowhere"),
    ({"$ref": "#"}, "cannot be used"),
    ({"type": "strnig"}, "strnig"),
    ({"properties": 1}, "cannot be used"),
    ({"properties": {"a": {"pattern": "("}}}, "cannot be used"),
    ({"$ref": "#/$defs/d30", "$defs": {"d0": {"type": "integer"}} | {
        f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n - 1}"}] * 2} for n in range(1, 31)}},
     "too many steps"),
])  # fmt: skip
def test_a_schema_that_cannot_be_used_is_one_problem(schema: Any, why: str) -> None:
    (found,) = problems(schema, "a: x\n")
    assert (found.code, found.span.path) == (
        "values-schema-unusable", "charts/shop/values.schema.json"
    )  # fmt: skip
    assert why in found.message


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (found,) = problems({"properties": {"a": {"$ref": "http://localhost:1/x.json"}}}, "a: x\n")
    assert "localhost" in found.message


def test_the_schema_of_schemas_may_be_referred_to() -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#",
              "properties": {"a": {"$ref": "http://json-schema.org/draft-07/schema#"}}}  # fmt: skip
    assert problems(schema, "a: {type: string}\n") == []
    assert "type" in problems(schema, "a: {type: strnig}\n")[0].message


def test_a_hostile_pattern_ends() -> None:
    schema = of(a={"pattern": "^(a+)+$"})
    assert len(problems(schema, f"a: {'a' * 5000}!\n")) == 1
