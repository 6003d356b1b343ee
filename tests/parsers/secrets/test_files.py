"""Files that credentials are kept in, and leaves of values: what of them becomes a node."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.formats import format_of
from plumbrule_parsers.secret_tokens.credential_lines import HASH
from plumbrule_parsers.secret_tokens.files import file_nodes
from plumbrule_parsers.secret_tokens.leaves import leaf_nodes
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue

LITERAL = "s3same-0pen-1"  # opens nothing
STATE = {"resources": [{"type": "random_password", "instances": [{"attributes": {
    "result": LITERAL, "length": 20}}]}]}  # fmt: skip


def held(path: str, text: str) -> dict[str, str] | None:
    """The credentials of the file with their reasons, None if it is no such file."""
    found = file_nodes(Source(path, text))
    if not found:
        return None
    credentials = found[0].fields["credentials"]
    assert isinstance(credentials, MapValue)
    for key in credentials:
        place = credentials.place(key)
        assert place is not None
        assert place.value.text in text
    return {key: str(value) for key, value in credentials.items()}


@pytest.mark.parametrize(
    ("path", "text", "key"),
    [
        ("a/.env", f"DB_PASSWORD={LITERAL}", "DB_PASSWORD"),
        ("prod.env", f'export DB_PASSWORD="{LITERAL}" # old', "DB_PASSWORD"),
        (".npmrc", f"//r.internal/:_authToken={LITERAL}", "_authToken"),
        (".netrc", f"machine a login b\n  password {LITERAL}", "password of a"),
        (".pypirc", f"[pypi]\npassword: {LITERAL}", "password of pypi"),
        (".htpasswd", f"shop:{LITERAL}", "shop"),
        (".pgpass", f"db:5432:shop:root:{LITERAL}", "password of root"),
        (".aws/credentials", f"[a]\naws_secret_access_key = {LITERAL}", "aws_secret_access_key"),
        (".kube/config", f"users:\n- user:\n    token: {LITERAL}", "token"),
        ("terraform.tfstate", json.dumps(STATE), "result"),
        (".git-credentials", f"https://bot:{LITERAL}#@1@git.in\n", "password of git.in"),
        (".esmtprc", f'hostname mail.internal\npassword "{LITERAL}"', "password"),
        ("redis.conf", f"port 6379\nrequirepass {LITERAL}", "requirepass"),
        (".my.cnf", f"[client]\npassword = {LITERAL}", "password of client"),
        ("wp-config.php", f"define( 'DB_PASSWORD', '{LITERAL}' );", "DB_PASSWORD"),
        ("config/master.key", "0a1b2c3d4e5f60718293a4b5c6d7e8f9\n", "the key"),
        ("filezilla.xml", f"<Server><User>a</User><Pass>{LITERAL}</Pass></Server>", "Pass"),
        ("web.config", f'<add key="DbPassword" value="{LITERAL}" />', "DbPassword"),
        ("webServers.xml", f'<fileTransfer host="a" password="{LITERAL}">', "password"),
        (".ftpconfig", f'{{"host": "a", "pass": "{LITERAL}"}}', "pass"),
        ("hub", f"github.internal:\n- oauth_token: {LITERAL}x9", "oauth_token"),
        ("logins.json", f'{{"encryptedPassword": "{LITERAL}"}}', "encryptedPassword"),
        (".terraformrc", f'credentials "a.io" {{\n  token = "{LITERAL}"\n}}', "token of a.io"),
        ("seed.sql", f"INSERT INTO users (name, password) VALUES ('a', '{LITERAL}');",
         "password in users"),
        ("terraform.tfstate", f'{{"a": {{"value": "{LITERAL}", "sensitive": true}}}}', "a"),
        ("web/secrets.yml", f"prod:\n  secret_key_base: {LITERAL}{LITERAL}", "secret_key_base"),
    ],
)  # fmt: skip
def test_a_literal_is_told_by_its_field(path: str, text: str, key: str) -> None:
    assert held(path, text) == {key: ""}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env.example", "DB_PASSWORD=changeme\nTOKEN=<token>"),
        (".npmrc", "//r.internal/:_authToken=${NPM_TOKEN}"),
        (".htpasswd", "shop:$2y$05$abcdefghijklmnopqrstuv"),
        ("terraform.tfstate", json.dumps({"resources": []})),
        (".docker/config.json", json.dumps({"auths": {"r": {}}, "credsStore": "pass"})),
        (".docker/config.json", "no JSON"),
        ("kubeconfig", "users:\n- user: {exec: {command: aws}}"),
        ("secrets.yaml", "apiVersion: v1\nkind: Secret\nstringData: {password: s3same-0pen-1}"),
    ],
)
def test_what_holds_no_literal_gives_reasons_or_nothing(path: str, text: str) -> None:
    found = held(path, text)
    assert found is not None
    assert all(found.values())


@pytest.mark.parametrize("path", ["app.yaml", "env", "main.tf", "netrc.md", "plan.json"])
def test_other_files_are_none(path: str) -> None:
    assert held(path, f"password: {LITERAL}") is None


NAMES = (
    ".env", ".npmrc", ".netrc", ".pypirc", ".htpasswd", ".pgpass", "kubeconfig", "a.tfstate",
    ".dockercfg", "secrets.yml", "credentials",
)  # fmt: skip


@given(st.sampled_from(NAMES), st.text())
def test_law_any_text_is_read(path: str, text: str) -> None:
    held(path, text + "\naws_secret_access_key = x" if path == "credentials" else text)


def leaves(path: str, text: str, form: str, charts: tuple[str, ...] = ()) -> dict[str, Node]:
    document: Document = format_of(form).parse(Source(path, text))
    return {str(node.fields["path"]): node for node in leaf_nodes(document, charts)}


def test_leaves_of_values_that_speak_of_a_secret_are_nodes() -> None:
    text = f"""
replicas: 2
database: {{host: db, password: "{LITERAL}"}}
env:
  - {{name: API_TOKEN, value: x1y2z3a4}}
  - {{name: API_HOST, value: x1y2z3a4}}
tokens: [a1b2c3d4]
config: |
  smtp:
    password: m4il-me-n0w
empty: {{password: ""}}
"""
    found = leaves("envs/values.yaml", text, "helm")
    assert list(found) == ["database.password", "env[0].value", "tokens[0]", "config.password"]
    assert found["config.password"].fields["value"] == "m4il-me-n0w"
    assert found["config.password"].span.line == 10
    assert all("chart" not in node.fields for node in found.values())
    inside = leaves("chart/values.yaml", text, "helm", ("chart",))
    assert {node.fields["chart"] for node in inside.values()} == {"chart"}


def test_leaves_of_releases() -> None:
    text = f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: a}}
spec:
  source:
    chart: shop
    helm:
      parameters: [{{name: db.password, value: {LITERAL}}}]
"""
    found = leaves("app.yaml", text, "kubernetes")
    assert [node.fields["name"] for node in found.values()] == ["password"]
    assert [node.fields["form"] for node in found.values()] == ["argo"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".htpasswd", "shop:$2y$05$abcdefghijklmnopqrstuv"),
        ("etc/shadow", "root:*:1::\nshop:$6$abcdefgh$ijklmnop:17431:0:::"),
        ("ftpd.passwd", "shop:$6$abcdefgh$ijklmnopqrst:3044:3045::/home/shop:/bin/sh"),
        ("a.sql", "insert into a (`b`, `password`) values\n(1, '$2y$05$a'),\n(2, '$2y$05$b');"),
    ],
)  # fmt: skip
def test_a_hash_is_told_from_a_password(path: str, text: str) -> None:
    found = held(path, text)
    assert found is not None
    assert set(found.values()) == {HASH}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("hub", "a: b"), ("hosts.yml", "all:\n  hosts: {}"),
        ("app.passwd", "nothing of the kind"), ("config.xml", "<password>x</password>"),
    ],
)  # fmt: skip
def test_a_name_alone_makes_no_credential_file(path: str, text: str) -> None:
    assert held(path, text) is None


@given(
    st.sampled_from([".git-credentials", ".esmtprc", "web.config", "a.sql", "shadow", ".my.cnf",
                     "wp-config.php", ".terraformrc", "terraform.tfstate", "logins.json"]),
    st.text(alphabet="<>'\"(),;=:@/\\\n\t ab1password valuesinsertinto{}[]", max_size=200),
)  # fmt: skip
def test_law_no_reader_raises_and_values_stand_in_the_text(path: str, text: str) -> None:
    held(path, text)
