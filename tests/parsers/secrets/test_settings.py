"""Settings that no format claims: which values become nodes, and where they stand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.secret_tokens.settings import setting_nodes
from plumbrule_parsers.source import Source

LITERAL = "s3same-0pen-1"  # opens nothing


def found(path: str, text: str) -> dict[str, str]:
    """The settings by path, with the reasons why they are harmless."""
    source = Source(path, text)
    nodes = setting_nodes(source)
    for node in nodes:
        assert LITERAL not in repr(dict(node.fields))
        place = node.fields.place("name")
        assert place is not None
        assert text[place.value.start : place.value.end] == place.value.text
    return {str(node.fields["path"]): str(node.fields["harmless"]) for node in nodes}


@pytest.mark.parametrize(
    ("path", "text", "setting"),
    [
        ("app.yml", f"db:\n  password: {LITERAL}", "db.password"),
        ("app.json", json.dumps({"db": {"password": LITERAL}}), "db.password"),
        ("app.json", json.dumps([{"name": "API_TOKEN", "value": LITERAL}]), "[0].value"),
        ("app.yml", f"env:\n  - API_TOKEN={LITERAL}", "env[0]"),
        ("stack.template", f"Parameters:\n  DbPassword:\n    Default: {LITERAL}",
         "Parameters.DbPassword.Default"),
        ("app.properties", f"spring.datasource.password={LITERAL}", "spring.datasource.password"),
        ("app.properties", f"db.password=${{DB_PASSWORD:{LITERAL}}}", "db.password"),
        ("compose.yml", f"services:\n  a: {{environment: {{PASSWORD: '${{X:-{LITERAL}}}'}}}}",
         "services.a.environment.PASSWORD"),
        ("app.toml", f'[db]\npassword = "{LITERAL}"', "password"),
        ("app.xml", f"<db><password>{LITERAL}</password></db>", "password"),
        ("app.yml", f"files:\n  - |\n    user=a\n    password={LITERAL}", "files[0].password"),
    ],
)  # fmt: skip
def test_a_literal_is_found_by_its_path(path: str, text: str, setting: str) -> None:
    assert found(path, text) == {setting: ""}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app.yml", "db:\n  password: ${DB_PASSWORD}"),
        ("app.yml", "db:\n  password: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    39"),
        ("stack.yml", "Db:\n  Type: AWS::RDS::DBInstance\n  Password: !Ref DbPassword"),
        ("stack.yml", "MyP:\n  Type: String\nDb:\n  Type: AWS::RDS::A\n  Password: MyP"),
        ("locales/de.yml", f"password: {LITERAL}"),
        ("app.schema.json", json.dumps({"password": LITERAL})),
        ("api.yml", f"openapi: 3.0.0\ncomponents:\n  x:\n    password: {LITERAL}"),
        ("app.yml", f"password:\n  example: {LITERAL}\n  description: {LITERAL}"),
        ("app.yml", "password: Please enter your password here"),
        ("app.yml", "code:\n  ZipFile: |\n    import a\n    token = a.read(b)\n"),
        ("README.md", f"password: {LITERAL}"),
        ("app.yml", "secret_name: shop\ntokenUrl: https://login.internal/token"),
    ],
)  # fmt: skip
def test_what_only_refers_or_describes_is_none(path: str, text: str) -> None:
    assert found(path, text) == {}


def test_a_placeholder_is_named_as_one() -> None:
    assert found("app.ini", "password = changeme") == {"password": "it is a placeholder"}


def test_a_token_of_an_issuer_is_left_to_its_own_node() -> None:
    token = "dckr_pat_" + "Abc9Def8Ghi7Jkl6Mno5Pqr4Stu"
    assert found("app.yml", f"docker_token: {token}") == {}


@given(
    st.sampled_from(["a.yml", "a.json", "a.ini", "a.xml", "docker-compose.yml", "a.template"]),
    st.text(alphabet="{}[]<>:=\"'\n -|!&*?password secrettokenAWS::/1\u0130", max_size=200),
)
def test_law_no_text_makes_it_raise(path: str, text: str) -> None:
    assert found(path, text) == found(path, text)
