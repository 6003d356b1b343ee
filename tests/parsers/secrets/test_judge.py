"""Judge: one answer to whether a value beside a name is a secret, for every format."""

from __future__ import annotations

import base64
import gzip
import json
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.secret_tokens.harmless import PLACEHOLDER
from plumbrule_parsers.secret_tokens.judge import (
    as_far_as_known,
    as_written,
    secrets_in,
    settings_in,
    why_no_secret,
)
from plumbrule_parsers.secret_tokens.names import secret_kind, words_of
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue, Reason, Segments, Unknown

LITERAL = "s3same-0pen-1"  # opens nothing
KEY = "q8Zt-live-4711"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dbURLPassword", ("db", "url", "password")),
        ("API_TOKEN", ("api", "token")),
        ("spring.datasource.password", ("spring", "datasource", "password")),
        ("client-secret", ("client", "secret")),
        ("", ()),
    ],
)
def test_names_are_read_in_every_style(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("db_password", "password"), ("rootPassword", "password"), ("DB_PASS", "password"),
        ("passwordBase64", "password"), ("tls_password", "password"), ("password2", "password"),
        ("apiKey", "key"), ("API_TOKEN", "key"), ("clientSecret", "key"), ("secret_string", "key"),
        ("password_length", ""), ("PASSWORD_FILE", ""), ("tokenUrl", ""), ("secretName", ""),
        ("existingSecret", ""), ("imagePullSecrets", ""), ("bypass", ""), ("monkey", ""),
        ("publicKey", ""), ("key", ""), ("http_tokens", ""), ("passwordHash", ""), ("", ""),
        ("maxTokens", ""), ("tlsSecret", ""), ("compass", ""),
    ],
)  # fmt: skip
def test_a_name_says_what_its_value_is(name: str, kind: str) -> None:
    assert secret_kind(name) == kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", LITERAL),
        ("password", "correct"),
        ("password", base64.b64encode(LITERAL.encode()).decode()),
        ("apiKey", KEY),
        ("token", "0123456789abcdef0123456789abcdef01234567"),
        ("encryption_key", "a3f5c7d9e1b2f4a6c8d0e2f4a6b8c0d2"),
        ("database", {"user": "shop", "password": LITERAL}),
        ("login", json.dumps({"user": "shop", "password": LITERAL})),
        ("api_keys", [KEY]),
        ("app.yaml", f"database:\n  password: {LITERAL}\n"),
        ("tls.key", "-----BEGIN PRIVATE KEY-----\n" + "QUJD" * 16 + "\n-----END PRIVATE KEY-----"),
        (".dockerconfigjson", json.dumps(
            {"auths": {"r": {"auth": base64.b64encode(f"bot:{LITERAL}".encode()).decode()}}})),
    ],
)  # fmt: skip
def test_literals_are_secrets(name: str, value: object) -> None:
    assert why_no_secret(name, value) == ""
    assert secrets_in(name, value) != ()


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("region", LITERAL, "nothing says"),
        ("password", "", "empty"),
        ("password", "${DB_PASSWORD}", "refers"),
        ("password", ":$(cat /run/secrets/db)", "refers"),
        ("token", "vault:secret/data/shop#token", "refers"),
        ("password", "ENC[AES256_GCM,data:abc]", "encrypted"),
        ("password", "changeme", "placeholder"),
        ("password", "Replace after build", "placeholder"),
        ("password", "postgres123", "placeholder"),
        ("password", "value_not_used", "placeholder"),
        ("password", base64.b64encode(b"changeme1234").decode(), "placeholder"),
        ("http_token", "optional", "nothing says"),
        ("token", "required", "chooses"),
        ("password", "a1b2", "short"),
        ("token", "https://login.shop.internal/token", "address"),
        ("secret", "shop-database-secret", "name"),
        ("secretKey", "password-key", "name"),
        ("password", "redis-password", "name"),
        ("token", "etcd-cluster-k8s", "name"),
        ("token", "jwt,priv-key=/opt/a.pem,ttl=10m", "name"),
        ("api_key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "public"),
        ("password", "$2y$05$abcdefghijklmnopqrstuv", "hash"),
        ("password", 98273645, "hash"),
        ("password", True, "no text"),
        ("settings", {"password": "", "size": 3}, "empty"),
    ],
)
def test_a_reason_is_given_for_what_is_none(name: str, value: object, word: str) -> None:
    assert word in why_no_secret(name, value)
    assert secrets_in(name, value) == ()


def test_a_placeholder_beside_a_secret_does_not_hide_it() -> None:
    both = {"a": {"password": "changeme"}, "b": {"password": LITERAL}}
    assert why_no_secret("settings", both) == ""
    assert secrets_in("settings", both) == ("b.password",)
    assert why_no_secret("settings", {"a": {"password": "changeme"}}) == PLACEHOLDER


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([f"--db-password={LITERAL}"], ("db-password",)),
        (["--db-password", LITERAL], ("db-password",)),
        (["-c", f"export API_TOKEN={KEY}; app"], ("API_TOKEN",)),
        (["build", "--build-arg", f"NPM_TOKEN={KEY}", "."], ("NPM_TOKEN",)),
        (["--token", "--verbose", LITERAL], ()),
        (["--password=$(PASSWORD)", "--token-file=/run/token", f"--name={LITERAL}"], ()),
    ],
)
def test_arguments_are_read_as_flags_and_variables(
    words: list[str], found: tuple[str, ...]
) -> None:
    assert secrets_in("", words) == found


def test_what_is_made_or_fetched_elsewhere_stands_in_no_file() -> None:
    made, lost = Unknown(Reason.RANDOM), Unknown(Reason.EXPRESSION)
    source = Source("a", "")
    assert why_no_secret("password", as_written(made)) != ""
    assert as_written(lost) is None
    assert as_written(Segments(("shop:", made))) == "shop:${elsewhere}"
    assert as_written(Segments(("shop:", lost))) is None
    assert as_written(MapValue(source, 0, 0, {"a": made, "b": None})) == {"a": "${elsewhere}"}
    assert as_written(MapValue(source, 0, 0, {"a": 1}, rest=lost)) is None
    assert as_written([1, lost]) is None


WORDS = st.text(max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
)


@given(WORDS, VALUES)
def test_law_any_value_gets_an_answer(name: str, value: object) -> None:
    assert isinstance(why_no_secret(name, value), str)
    assert (secrets_in(name, value) == ()) or why_no_secret(name, value) == "" or value


@given(st.integers(0, 10**6))
def test_law_random_characters_beside_a_password_are_a_secret(seed: int) -> None:
    rng = random.Random(seed)
    made = "".join(rng.choice(string.ascii_letters) for _ in range(8)) + "7" + "".join(
        rng.choice(string.ascii_letters) for _ in range(8))  # fmt: skip
    assert why_no_secret("db_password", made) == ""


def test_large_texts_end() -> None:
    for text in ("a" * 300_000, "password: x\n" * 50_000, "--a " * 100_000, "{" * 100_000):
        assert isinstance(why_no_secret("password", text), str)
        assert isinstance(secrets_in("", [text]), tuple)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("${DB_PASSWORD:-s3same-0pen-1}", ""),
        ("${db.password:s3same-0pen-1}", ""),
        ("${DB_PASSWORD:-}", "it refers to a value that stands elsewhere"),
        ("${DB_PASSWORD:?set it}", "it refers to a value that stands elsewhere"),
        ("${DB_PASSWORD:+s3same-0pen-1}", "it refers to a value that stands elsewhere"),
        ("${DB_PASSWORD:-changeme}", "it is a placeholder"),
        ("${DB_PASSWORD:-${OTHER}}", "it refers to a value that stands elsewhere"),
    ],
)
def test_a_reference_is_judged_by_what_stands_in_for_it(value: str, why: str) -> None:
    assert why_no_secret("password", value) == why


def test_a_script_in_base64_is_read_and_so_is_a_compressed_one() -> None:
    script = b"#!/bin/sh\nDB_PASSWORD=s3same-0pen-1\nexec app\n"
    for data in (script, gzip.compress(script, mtime=0)):
        assert secrets_in("user_data", base64.b64encode(data).decode()) == ("DB_PASSWORD",)
    harmless = base64.b64encode(b"#!/bin/sh\nexec app --port 80 --verbose\n").decode()
    assert secrets_in("user_data", harmless) == ()


def test_what_cannot_be_told_hides_no_secret_beside_it() -> None:
    nowhere = Unknown(Reason.EXPRESSION, "local.nowhere")
    value = {"user": nowhere, "password": "s3same-0pen-1"}
    assert as_written(value) is None
    assert why_no_secret("auth", as_far_as_known(value)) == ""
    assert why_no_secret("auth", as_far_as_known({"password": nowhere})) != ""


def test_settings_are_given_in_their_order_also_those_inside_braces() -> None:
    text = "a: {password: s3same-0pen-1, port: 25}\ntoken: q8Zt-live-4711\nb: {pwd: 'x y z'}\n"
    assert list(settings_in(text)) == [
        ("password", "s3same-0pen-1"), ("token", "q8Zt-live-4711"), ("pwd", "x y z"),
    ]  # fmt: skip
