"""Readers of credential files that are trees: states, client settings in JSON, YAML and XML.

They look for members, not for whole trees: a state may be large, and half of it is as bad as all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from plumbrule_parsers.secret_tokens.credential_lines import Found, literal
from plumbrule_parsers.secret_tokens.judge import why_no_secret
from plumbrule_parsers.secret_tokens.names import secret_kind

_USER_FIELDS: Final = (
    "client-key-data", "token", "password", "id-token", "refresh-token", "access-token"
)  # fmt: skip
_KUBE_LINE = re.compile(
    rf"(?m)^[ \t-]*[\"']?({'|'.join(_USER_FIELDS)})[\"']?[ \t]*:[ \t]*[\"']?([^\s\"',}}]+)"
)


def kubeconfig(text: str) -> Iterator[Found]:
    """What the users of a kubeconfig show to the cluster."""
    for match in _KUBE_LINE.finditer(text):
        why = "" if match[1] == "client-key-data" and len(match[2]) > 100 else literal(match[2])
        yield match[1], why, *match.span(2)


_MEMBER = re.compile(r"\"([\w.-]{1,100})\"\s*:\s*\"((?:[^\"\\\r\n]|\\.)*)\"")
_STATE_SECRETS: Final = frozenset({"result", "bcrypt_hash", "private_key_pem", "secret_string"})


def state(text: str) -> Iterator[Found]:
    """Members of a state or a plan whose names, or whose types, say that they are secrets."""
    for match in _MEMBER.finditer(text):
        key, value = match[1], match[2]
        if not value or not (secret_kind(key) or key in _STATE_SECRETS):
            continue
        before = text[max(0, match.start() - 2_000) : match.start()]
        if key == "result" and '"random_password"' not in before:
            continue
        called = "password" if key in _STATE_SECRETS else key
        why = why_no_secret(called, value.replace("\\n", "\n"))
        yield key, why, *match.span(2)
    yield from outputs(text)


def docker(text: str) -> Iterator[Found]:
    """Logins of registries."""
    try:
        auths = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(auths, dict):
        return
    listed = auths.get("auths", auths)
    for host, login in listed.items() if isinstance(listed, dict) else ():
        for key in ("auth", "password", "identitytoken"):
            value = login.get(key) if isinstance(login, dict) else None
            if isinstance(value, str) and value:
                at = max(text.find(json.dumps(value)), 0) + 1
                why = why_no_secret("auth" if key == "auth" else "password", value)
                yield f"{key} of {host}"[:100], why, at, at + len(value)


# ------------------------------------------------------------------ client settings
_XML_NAME: Final = r"[A-Za-z_][\w:.-]{0,99}"
_XML_ATTRIBUTE = re.compile(rf"({_XML_NAME})=(?:\"([^\"<]*)\"|'([^'<]*)')")
_XML_TAG = re.compile(rf"<({_XML_NAME})((?:\s+{_XML_NAME}=(?:\"[^\"<]*\"|'[^'<]*'))*+)\s*+(/?)>")
_XML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def xml(text: str) -> Iterator[Found]:
    """Attributes and elements of XML whose names speak of a secret; `<add key= value=>`, too."""
    text = _XML_COMMENT.sub(lambda match: " " * len(match[0]), text)
    for tag in _XML_TAG.finditer(text):
        given: dict[str, tuple[str, int]] = {}
        for one in _XML_ATTRIBUTE.finditer(text, *tag.span(2)):
            group = 2 if one[2] is not None else 3
            given[one[1]] = (one[group], one.start(group))
        for name, (value, at) in given.items():
            if value and secret_kind(name):
                yield name, literal(unescape(value)), at, at + len(value)
        called = next((given[one][0] for one in ("key", "name") if one in given), "")
        if called and "value" in given and given["value"][0] and secret_kind(called):
            value, at = given["value"]
            yield called, why_no_secret(called, unescape(value)), at, at + len(value)
        if not tag[3] and secret_kind(tag[1]):
            end = text.find("<", tag.end())
            value = text[tag.end() : end].strip() if end > 0 else ""
            if value and text.startswith("</", end):
                at = text.index(value, tag.end())
                yield tag[1], literal(unescape(value)), at, at + len(value)


def firefox(text: str) -> Iterator[Found]:
    """Passwords that a browser saved: the key to them lies in the same folder."""
    for match in _MEMBER.finditer(text):
        if match[1] == "encryptedPassword" and match[2]:
            yield match[1], "", *match.span(2)


_BLOCK_TOKEN = re.compile(r"(?m)^\s*credentials\s+\"([^\"]+)\"\s*\{\s*token\s*=\s*\"([^\"]+)\"")


def terraform_rc(text: str) -> Iterator[Found]:
    """Tokens of registries in the settings of Terraform, in either of their two forms."""
    for match in _BLOCK_TOKEN.finditer(text):
        yield f"token of {match[1]}"[:100], literal(match[2]), *match.span(2)
    for match in _MEMBER.finditer(text):
        if match[1] == "token":
            yield "token", literal(match[2]), *match.span(2)


_OUTPUT = re.compile(
    r"\"([\w-]{1,100})\"\s*:\s*\{\s*\"value\"\s*:\s*\"((?:[^\"\\\r\n]|\\.)+)\""
    r"(?P<rest>[^{}]{0,200})"
)
_SENSITIVE = re.compile(r"\"sensitive\"\s*:\s*true")


def outputs(text: str) -> Iterator[Found]:
    """Outputs of a state that are marked as sensitive, or whose names are."""
    for match in _OUTPUT.finditer(text):
        marked = _SENSITIVE.search(match["rest"]) is not None
        if marked or secret_kind(match[1]):
            called = match[1] if secret_kind(match[1]) else "password"
            yield match[1], why_no_secret(called, match[2]), *match.span(2)
