"""Tokens: every detector finds a fresh token of its kind, checks refute what was never issued."""

from __future__ import annotations

import base64
import json
import random
import re
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.secret_tokens import find
from plumbrule_parsers.secret_tokens.checks import Check, age
from plumbrule_parsers.secret_tokens.detectors import DETECTORS
from plumbrule_parsers.secret_tokens.find import find_tokens, searcher
from plumbrule_parsers.secret_tokens.nodes import token_nodes
from plumbrule_parsers.source import Source

RANDOM = random.Random(4711)  # tokens that open nothing
HEX, WORD = "0123456789abcdef", string.ascii_letters + string.digits
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def uuid() -> str:
    return "-".join(some(HEX, size) for size in (8, 4, 4, 4, 12))


def some(letters: str, count: int) -> str:
    return "".join(RANDOM.choice(letters) for _ in range(count))


def base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits.rjust(width, "0")


def with_crc(prefix: str) -> str:
    body = some(WORD, 30)
    return prefix + body + base62(zlib.crc32(body.encode()), 6)


def encoded(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def grafana() -> str:
    head = "glsa_" + some(WORD, 32)
    return f"{head}_{zlib.crc32(head.encode()).to_bytes(4, 'little').hex()}"


def age_identity() -> str:
    """Data and the checksum of BIP 173, computed here by trying: one of six last letters fits."""
    data = [RANDOM.randrange(32) for _ in range(52)]
    low = "age-secret-key-"
    steps = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    check = 1
    for value in [*(ord(c) >> 5 for c in low), 0, *(ord(c) & 31 for c in low), *data, *[0] * 6]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(steps):
            check ^= step if top >> bit & 1 else 0
    tail = [((check ^ 1) >> 5 * (5 - at)) & 31 for at in range(6)]
    return "AGE-SECRET-KEY-1" + "".join(BECH32[value] for value in [*data, *tail])


def pem(kind: str = "RSA ") -> str:
    body = base64.b64encode(bytes(RANDOM.randrange(256) for _ in range(300))).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


FRESH = {
    "github-token": lambda: with_crc("ghp_"),
    "github-fine-grained-token": lambda: "github_pat_" + some(WORD, 82),
    "npm-token": lambda: with_crc("npm_"),
    "gitlab-token": lambda: "glpat-" + some(WORD, 20),
    "grafana-token": grafana,
    "aws-access-key-id": lambda: "AKIA" + some("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
    "aws-secret-access-key": lambda: "aws_secret_access_key = " + some(WORD + "/+", 40),
    "gcp-service-account": lambda: (
        '{"type": "service_account", "project_id": "x",\n "private_key": "'
        + pem("").replace("\n", "\\n") + '"}'
    ),
    "gcp-api-key": lambda: "AIza" + some(WORD, 35),
    "azure-client-secret": lambda: some(WORD, 3) + "8Q~" + some(WORD, 34),
    "azure-storage-key": lambda: "AccountKey="
    + base64.b64encode(bytes(RANDOM.randrange(256) for _ in range(64))).decode(),
    "azure-shared-access": lambda: "?sv=1&sig="
    + base64.b64encode(bytes(range(60, 92))).decode().replace("=", "%3D").replace("/", "%2F"),
    "slack-token": lambda: f"xoxb-{some('123456789', 12)}-{some('123456789', 12)}-{some(WORD, 24)}",
    "slack-webhook": lambda: "https://hooks.slack.com/services/"
    f"T{some(WORD, 9)}/B{some(WORD, 9)}/{some(WORD, 24)}",
    "teams-webhook": lambda: "https://acme.webhook.office.com/webhookb2/"
    f"{uuid()}@{uuid()}/IncomingWebhook/{some(HEX, 32)}/{uuid()}",
    "discord-webhook": lambda: f"https://discord.com/api/webhooks/{some('123456789', 18)}/"
    + some(WORD, 68),
    "telegram-token": lambda: f"{some('123456789', 10)}:AA{some(WORD, 33)}",
    "stripe-key": lambda: "sk_live_" + some(WORD, 24),
    "stripe-test-key": lambda: "rk_test_" + some(WORD, 24),
    "pypi-token": lambda: "pypi-" + base64.urlsafe_b64encode(
        b"\x02\x01\x08pypi.org\x02" + bytes(RANDOM.randrange(256) for _ in range(90))
    ).decode().rstrip("="),
    "hugging-face-token": lambda: "hf_" + some(string.ascii_letters, 34),
    "openai-key": lambda: "sk-" + some(WORD, 20) + "T3BlbkFJ" + some(WORD, 20),
    "anthropic-key": lambda: "sk-ant-api03-" + some(WORD, 93) + "AA",
    "docker-hub-token": lambda: "dckr_pat_" + some(WORD, 27),
    "vault-token": lambda: "hvs." + some(WORD, 95),
    "terraform-cloud-token": lambda: some(WORD, 14) + ".atlasv1." + some(WORD, 67),
    "databricks-token": lambda: "dapi" + some(HEX, 32),
    "digitalocean-token": lambda: "dop_v1_" + some(HEX, 64),
    "pulumi-token": lambda: "pul-" + some(HEX, 40),
    "doppler-token": lambda: "dp.pt." + some(WORD, 43),
    "postman-key": lambda: f"PMAK-{some(HEX, 24)}-{some(HEX, 34)}",
    "sendgrid-key": lambda: f"SG.{some(WORD, 22)}.{some(WORD, 43)}",
    "mailgun-key": lambda: "MAILGUN_KEY: key-" + some(HEX, 32),
    "twilio-key": lambda: "twilio_sid = SK" + some(HEX, 32),
    "sentry-token": lambda: "sntrys_" + encoded({"iat": 1, "url": "https://sentry.io"}) + "_x",
    "1password-token": lambda: "ops_" + encoded({"a": some(WORD, 120)}),
    "age-identity": age_identity,
    "jwt": lambda: f"{encoded({'alg': 'HS256'})}.{encoded({'sub': 'x' * 9})}.{some(WORD, 43)}",
    "private-key": pem,
    "putty-key": lambda: "PuTTY-User-Key-File-2: ssh-rsa",
    "url-login": lambda: "postgres://shop:" + some(WORD, 12) + "@db.shop.internal/shop",
    "basic-login": lambda: "Authorization: Basic " + base64.b64encode(
        f"shop:{some(WORD, 12)}".encode()).decode(),
}  # fmt: skip


def test_every_detector_has_a_sample() -> None:
    assert set(FRESH) == {one.name for one in DETECTORS}


@pytest.mark.parametrize("name", FRESH)
def test_a_fresh_token_is_found_where_it_stands(name: str) -> None:
    for _ in range(20):
        text = f"# settings\nvalue: {FRESH[name]()}\nmore: text\n"
        tokens = find_tokens(text)
        assert [token.detector.name for token in tokens] == [name], text
        assert (
            text[tokens[0].start : tokens[0].end].strip() == text[tokens[0].start : tokens[0].end]
        )
        assert not tokens[0].harmless


@pytest.mark.parametrize("name", ["github-token", "grafana-token", "age-identity"])
def test_one_wrong_letter_breaks_the_checksum(name: str) -> None:
    token = FRESH[name]()
    assert find_tokens(token)[0].check is Check.VALID
    body = token[:-12] + ("A" if token[-12] != "A" else "B") + token[-11:]
    assert not find_tokens(body)


def test_the_checksum_of_age_is_that_of_its_specification() -> None:
    assert age(age_identity()) is Check.VALID


@pytest.mark.parametrize(
    "text",
    [
        "ghp_ is the prefix of a token",
        "mask: ****  key-0123456789abcdef0123456789abcdef",  # no word that says mailgun
        "TASK0123456789abcdef0123456789abcdef01",
        "image: acme/AKIATASKFORCE",
        "xAKIAABCDEFGHIJKLMNOPx",
        "https://shop.internal:8443/a@b",
        "git@github.com:acme/shop.git",
        "eyJub3QiOiJhIGp3dCJ9.eyJub3QiOiJhIGp3dCJ9.short",
        f"{encoded({'alg': 'none'})}.{encoded({'sub': 'x' * 9})}.{'a1B2' * 11}",
        "Authorization: Basic realm",
        "xoxb-12-34-" + "a1B2c3D4e5F6g7H8",  # team numbers have ten digits
    ],
)
def test_what_only_begins_alike_is_none(text: str) -> None:
    assert not find_tokens(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "it is a token of a documentation"),
        ("postgres://app:changeme@db.acme.internal/x", "it is a placeholder"),
        ("https://u:${PASSWORD}@acme.internal/x", "it refers to a value that stands elsewhere"),
        ("amqp://guest:gu3st-of-acme@localhost:5672/", "it is a login of the local machine"),
    ],
)
def test_what_looks_like_a_token_and_is_none_says_why(text: str, why: str) -> None:
    (token,) = find_tokens(text)
    assert token.harmless == why


def test_nodes_hold_no_part_of_the_token() -> None:
    token = FRESH["docker-hub-token"]()
    source = Source("a.env", f"A=1\nB={token}\nC={token}\n")
    nodes = token_nodes(source)
    assert [node.address for node in nodes] == [
        "a.env#token/docker-hub-token", "a.env#token/docker-hub-token~2",
    ]  # fmt: skip
    for node in nodes:
        shown = (node.address, node.label, *(str(value) for value in node.fields.values()))
        assert not any(token[8:16] in word for word in shown)
        assert node.span.text == token


@given(st.lists(st.sampled_from(["ghp_", "AKIA", "xoxb-", "://", "a", "🦊", "\ud800", "eyJ"])))
def test_both_searchers_find_the_same(parts: list[str]) -> None:
    text = "".join(parts)
    anchors = ["ghp_", "AKIA", "xoxb-", "://", "eyJ", "IA"]
    fast, plain = searcher(anchors), find._one_by_one(anchors)  # noqa: SLF001
    assert sorted(fast(text)) == sorted(plain(text))


@given(st.text(alphabet="ghp_AKIA:/@.eyJ-BEGIN PRIVATEKEY=\n0a", max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    for token in find_tokens(text):
        assert 0 <= token.start < token.end <= len(text)


def test_patterns_hold_their_anchors() -> None:
    """A detector whose pattern does not need its anchor would find less than it promises."""
    for one in DETECTORS:
        sample = FRESH[one.name]()
        assert re.search(one.pattern, sample), one.name
        assert any(anchor in sample for anchor in one.anchors), one.name
