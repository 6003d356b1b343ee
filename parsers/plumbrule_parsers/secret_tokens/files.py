"""Files that programs keep credentials in: state, client settings, lists of logins.

Each is told by its name, read by its own rules, and becomes one node that says which of its fields
hold literals; the literals themselves stay in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from plumbrule_parsers.document import Node
from plumbrule_parsers.secret_tokens.harmless import why_harmless
from plumbrule_parsers.secret_tokens.judge import SHORT, settings_in, why_no_secret
from plumbrule_parsers.secret_tokens.names import secret_kind
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue, Place

KIND: Final = "secret.File"
_SHORTEST: Final = 4
_MOST: Final = 200  # credentials of one file
_MOST_TEXT: Final = 2_000_000
_HASH: Final = "it is the hash of a password"
Found = tuple[str, str, int, int]  # field, why it is harmless, start and end of the value


def file_nodes(source: Source) -> tuple[Node, ...]:
    """A `secret.File` if the file is one that credentials are kept in."""
    name = source.path.rpartition("/")[2]
    form = form_of(source.path, source.text)
    if form is None:
        return ()
    fields = MapValue(source, 0, len(source.text))
    fields.put("name", name)
    fields.put("form", form)
    held = MapValue(source, 0, len(source.text))
    for field, why, start, end in _READERS[form](source.text[:_MOST_TEXT]):
        if len(held) >= _MOST:
            break
        if field not in held or (held[field] and not why):
            held.put(field, why, Place(Span(source, start, end)))
    fields.put("credentials", held)
    address = f"{source.path}#secrets"
    return (Node(address, KIND, name, fields, source.span(0, 0)),)


def form_of(path: str, text: str) -> str | None:
    """What kind of such a file it is, None if of none."""
    folder, _, name = f"/{path}".rpartition("/")
    lower = name.lower()
    if lower.endswith((".tfstate", ".tfstate.backup")) or ".tfstate." in lower:
        return "state"
    if lower.endswith((".tfplan", "plan.json")) and '"planned_values"' in text[:200_000]:
        return "plan"
    in_folder = folder.endswith("/.kube") and lower == "config"
    if in_folder or lower == "admin.conf" or lower.endswith(_KUBECONFIG):
        return "kubeconfig"
    if lower == ".env" or lower.startswith(".env.") or lower.endswith(".env"):
        return "env"
    if lower in _NAMES:
        return _NAMES[lower]
    if lower in ("credentials", ".credentials") and "aws_secret_access_key" in text:
        return "aws"
    if lower == "config.json" and folder.endswith("/.docker"):
        return "docker"
    return "htpasswd" if lower.endswith(".htpasswd") else None


_KUBECONFIG: Final = ("kubeconfig", "kubeconfig.yaml", "kubeconfig.yml")
_NAMES: Final = {
    ".npmrc": "npmrc", "npmrc": "npmrc", ".yarnrc": "npmrc", ".netrc": "netrc", "_netrc": "netrc",
    "netrc": "netrc", ".pypirc": "pypirc", ".dockercfg": "docker", ".dockerconfigjson": "docker",
    "dockerconfigjson": "docker", ".htpasswd": "htpasswd", "htpasswd": "htpasswd",
    ".pgpass": "pgpass", "pgpass.conf": "pgpass", ".s3cfg": "aws", ".bashrc": "env",
    ".bash_profile": "env", ".profile": "env", ".zshrc": "env", ".zshenv": "env", ".envrc": "env",
    "secrets.yml": "settings", "secrets.yaml": "settings", "secrets.json": "settings",
    "credentials.json": "settings", "sftp-config.json": "settings", "sftp.json": "settings",
}  # fmt: skip


# ------------------------------------------------------------------ lines
_ENV_LINE = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*=[ \t]*"
    r"(?:\"([^\"\r\n]*)\"|'([^'\r\n]*)'|([^\r\n]*?))[ \t]*(?:[ \t]#[^\r\n]*)?\r?$"
)


def _env(text: str) -> Iterator[Found]:
    for match in _ENV_LINE.finditer(text):
        group = next((one for one in (2, 3, 4) if match[one] is not None), 4)
        if secret_kind(match[1]) and match[group]:
            yield match[1], why_no_secret(match[1], match[group]), *match.span(group)


_NPM_LINE = re.compile(
    r"(?m)^[ \t]*((?:[^\s=#;]*:)?_(?:authToken|auth|password))[ \t]*=[ \t]*[\"']?([^\s\"']+)"
)


def _npmrc(text: str) -> Iterator[Found]:
    for match in _NPM_LINE.finditer(text):
        yield match[1].rpartition(":")[2], _literal(match[2]), *match.span(2)


_NETRC = re.compile(r"(?m)\b(machine|default|login|password|account)[ \t\r\n]+(\S+)")


def _netrc(text: str) -> Iterator[Found]:
    machine = ""
    for match in _NETRC.finditer(text):
        if match[1] == "machine":
            machine = match[2]
        elif match[1] == "password":
            yield f"password of {machine or 'default'}", _literal(match[2]), *match.span(2)


_INI_LINE = re.compile(
    r"(?m)^[ \t]*(?:\[([^\]\r\n]*)\]|([\w.-]+)[ \t]*[=:][ \t]*([^\r\n]*?))[ \t]*\r?$"
)


def _pypirc(text: str) -> Iterator[Found]:
    section = ""
    for match in _INI_LINE.finditer(text):
        if match[1] is not None:
            section = match[1]
        elif match[2] == "password" and match[3]:
            yield f"password of {section}", _literal(match[3]), *match.span(3)


def _aws(text: str) -> Iterator[Found]:
    for match in _INI_LINE.finditer(text):
        key, value = match[2] or "", (match[3] or "").partition(" #")[0].strip()
        if key in _AWS_KEYS and value:
            yield key, _literal(value), match.start(3), match.start(3) + len(value)


_AWS_KEYS: Final = frozenset({"aws_secret_access_key", "aws_session_token", "secret_key"})


def _settings(text: str) -> Iterator[Found]:
    if _OBJECT.search(text) or "sops" in text[-4_000:]:
        return  # an object of Kubernetes has rules of its own
    at = 0
    for key, value in settings_in(text):
        at = max(text.find(value, at), 0)
        yield key, why_no_secret(key.rpartition(".")[2], value), at, at + len(value)


_OBJECT = re.compile(r"(?m)^apiVersion:")


def _pgpass(text: str) -> Iterator[Found]:
    for match in _PGPASS_LINE.finditer(text):
        yield f"password of {match[1]}", _literal(match[2]), *match.span(2)


_PGPASS_LINE = re.compile(r"(?m)^[^#:\r\n]+:[^:\r\n]*:[^:\r\n]*:([^:\r\n]*):([^\r\n]+?)\r?$")
_LOGIN_LINE = re.compile(r"(?m)^([^\s:#]+):([^\s:]{4,})[ \t]*\r?$")


def _htpasswd(text: str) -> Iterator[Found]:
    for match in _LOGIN_LINE.finditer(text):
        hashed = match[2].startswith(("$", "{"))
        yield match[1], _HASH if hashed else _literal(match[2]), *match.span(2)


def _literal(value: str) -> str:
    """Why a value that stands where only a credential can stand is none.

    A weak one is one all the same.
    """
    return why_harmless(value) or ("" if len(value) >= _SHORTEST else SHORT)


# ------------------------------------------------------------------ trees
_USER_FIELDS: Final = (
    "client-key-data", "token", "password", "id-token", "refresh-token", "access-token"
)  # fmt: skip
_KUBE_LINE = re.compile(
    rf"(?m)^[ \t-]*[\"']?({'|'.join(_USER_FIELDS)})[\"']?[ \t]*:[ \t]*[\"']?([^\s\"',}}]+)"
)


def _kubeconfig(text: str) -> Iterator[Found]:
    for match in _KUBE_LINE.finditer(text):
        why = "" if match[1] == "client-key-data" and len(match[2]) > 100 else _literal(match[2])
        yield match[1], why, *match.span(2)


_MEMBER = re.compile(r"\"([\w.-]{1,100})\"\s*:\s*\"((?:[^\"\\\r\n]|\\.)*)\"")
_STATE_SECRETS: Final = frozenset({"result", "bcrypt_hash", "private_key_pem", "secret_string"})


def _state(text: str) -> Iterator[Found]:
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


def _docker(text: str) -> Iterator[Found]:
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


_READERS: Final[dict[str, Callable[[str], Iterator[Found]]]] = {
    "state": _state, "plan": _state, "kubeconfig": _kubeconfig, "env": _env, "npmrc": _npmrc,
    "netrc": _netrc, "pypirc": _pypirc, "docker": _docker, "htpasswd": _htpasswd,
    "aws": _aws, "pgpass": _pgpass, "settings": _settings,
}  # fmt: skip
