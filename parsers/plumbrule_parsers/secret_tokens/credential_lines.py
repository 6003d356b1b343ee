"""Readers of credential files, line by line: what holds a literal, and where it stands.

A reader gives the field, why its value is harmless after all, and the start and end of the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from plumbrule_parsers.secret_tokens.harmless import why_harmless
from plumbrule_parsers.secret_tokens.judge import PROSE, SHORT, settings_in, why_no_secret
from plumbrule_parsers.secret_tokens.names import secret_kind

SHORTEST: Final = 4
HASH: Final = "it is the hash of a password"
Found = tuple[str, str, int, int]  # field, why it is harmless, start and end of the value


_ENV_LINE = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*=[ \t]*"
    r"(?:\"([^\"\r\n]*)\"|'([^'\r\n]*)'|([^\r\n]*?))[ \t]*(?:[ \t]#[^\r\n]*)?\r?$"
)


def env(text: str) -> Iterator[Found]:
    """`KEY=value`, with `export` or without."""
    for match in _ENV_LINE.finditer(text):
        group = next((one for one in (2, 3, 4) if match[one] is not None), 4)
        if secret_kind(match[1]) and match[group]:
            yield match[1], why_no_secret(match[1], match[group]), *match.span(group)


_NPM_LINE = re.compile(
    r"(?m)^[ \t]*((?:[^\s=#;]*:)?_(?:authToken|auth|password))[ \t]*=[ \t]*[\"']?([^\s\"']+)"
)


def npmrc(text: str) -> Iterator[Found]:
    """Tokens and passwords of registries."""
    for match in _NPM_LINE.finditer(text):
        yield match[1].rpartition(":")[2], literal(match[2]), *match.span(2)


_NETRC = re.compile(r"(?m)\b(machine|default|login|password|account)[ \t\r\n]+(\S+)")


def netrc(text: str) -> Iterator[Found]:
    """`machine a login b password c`."""
    machine = ""
    for match in _NETRC.finditer(text):
        if match[1] == "machine":
            machine = match[2]
        elif match[1] == "password":
            yield f"password of {machine or 'default'}", literal(match[2]), *match.span(2)


_INI_LINE = re.compile(
    r"(?m)^[ \t]*(?:\[([^\]\r\n]*)\]|([\w.-]+)[ \t]*[=:][ \t]*([^\r\n]*?))[ \t]*\r?$"
)


def pypirc(text: str) -> Iterator[Found]:
    """Passwords of package indexes, by section."""
    section = ""
    for match in _INI_LINE.finditer(text):
        if match[1] is not None:
            section = match[1]
        elif match[2] == "password" and match[3]:
            yield f"password of {section}", literal(match[3]), *match.span(3)


def aws(text: str) -> Iterator[Found]:
    """Keys of AWS and of what speaks its language."""
    for match in _INI_LINE.finditer(text):
        key, value = match[2] or "", (match[3] or "").partition(" #")[0].strip()
        if key in _AWS_KEYS and value:
            yield key, literal(value), match.start(3), match.start(3) + len(value)


_AWS_KEYS: Final = frozenset({"aws_secret_access_key", "aws_session_token", "secret_key"})


def settings(text: str) -> Iterator[Found]:
    """Any settings by their names, in YAML, JSON or lines."""
    if _OBJECT.search(text) or "sops" in text[-4_000:]:
        return  # an object of Kubernetes has rules of its own
    if text.lstrip()[:1] in ("{", "["):
        for match in _MEMBER.finditer(text):
            if match[2] and secret_kind(match[1].rpartition(".")[2]):
                why = why_no_secret(match[1].rpartition(".")[2], match[2])
                yield match[1], why, *match.span(2)
        return
    at = 0
    for key, value in settings_in(text):
        at = max(text.find(value, at), 0)
        yield key, why_no_secret(key.rpartition(".")[2], value), at, at + len(value)


_MEMBER = re.compile(r"\"([\w.-]{1,100})\"\s*:\s*\"((?:[^\"\\\r\n]|\\.)*)\"")
_OBJECT = re.compile(r"(?m)^apiVersion:")


def pgpass(text: str) -> Iterator[Found]:
    """The last of five fields."""
    for match in _PGPASS_LINE.finditer(text):
        yield f"password of {match[1]}", literal(match[2]), *match.span(2)


_PGPASS_LINE = re.compile(r"(?m)^[^#:\r\n]+:[^:\r\n]*:[^:\r\n]*:([^:\r\n]*):([^\r\n]+?)\r?$")
_LOGIN_LINE = re.compile(r"(?m)^([^\s:#]+):([^\s:]{4,})[ \t]*\r?$")


def htpasswd(text: str) -> Iterator[Found]:
    """`user:hash`, or a password as it is."""
    for match in _LOGIN_LINE.finditer(text):
        yield match[1], why_login(match[2]), *match.span(2)


def literal(value: str) -> str:
    """Why a value that stands where only a credential can stand is none.

    A weak one is one all the same.
    """
    return why_harmless(value) or ("" if len(value) >= SHORTEST else SHORT)


# ------------------------------------------------------------------ clients
_WORD_LINE = re.compile(
    r"(?m)^[ \t]*(?:set[ \t]+)?([A-Za-z_][\w-]*)[ \t]+(?:\"([^\"\r\n]*)\"|'([^'\r\n]*)'|(\S+))"
)


def words(text: str) -> Iterator[Found]:
    """`password "..."`, as mail clients and Redis write it."""
    for match in _WORD_LINE.finditer(text):
        group = next(one for one in (2, 3, 4) if match[one] is not None)
        called = match[1].lower()
        if (secret_kind(called) or called in _SECRET_WORDS) and match[group] not in ("", "="):
            yield match[1], literal(match[group]), *match.span(group)


_SECRET_WORDS: Final = frozenset({"requirepass", "masterauth", "passwordeval"})


def ini(text: str) -> Iterator[Found]:
    """Settings of a client in sections: where a password stands, it is one."""
    section = ""
    for match in _INI_LINE.finditer(text):
        if match[1] is not None:
            section = match[1]
        elif match[3] and secret_kind(match[2]):
            value = match[3].strip().strip("\"'")
            at = match.start(3) + match[3].find(value)
            field = f"{match[2]} of {section}" if section else match[2]
            yield field[:100], why_no_secret(match[2], value), at, at + len(value)


_LOGIN_URL = re.compile(r"(?m)^[a-z][a-z0-9+.-]*://([^\s:/]+):(\S+)@([^\s/@:]+)")


def git_credentials(text: str) -> Iterator[Found]:
    """One login in each line, as a URL; the password may hold what a URL may not."""
    for match in _LOGIN_URL.finditer(text):
        yield f"password of {match[3]}"[:100], literal(match[2]), *match.span(2)


_DEFINE = re.compile(
    r"define\(\s*['\"](\w+)['\"]\s*,\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\$]|\\.)*)\")"
)
_WORDPRESS: Final = re.compile(r"DB_PASSWORD|(?:AUTH|SECURE_AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)")


def wordpress(text: str) -> Iterator[Found]:
    """`define('DB_PASSWORD', '...')`; the sentence that the sample holds for salts is none."""
    for match in _DEFINE.finditer(text):
        group = 2 if match[2] is not None else 3
        value = match[group]
        if value and (_WORDPRESS.fullmatch(match[1]) or secret_kind(match[1])):
            why = PROSE if " unique phrase" in value else literal(value)
            yield match[1], why, *match.span(group)


_MASTER_KEY = re.compile(r"\s*([0-9a-f]{32,64})\s*")


def master_key(text: str) -> Iterator[Found]:
    """The key that opens the encrypted credentials of a Rails application."""
    match = _MASTER_KEY.fullmatch(text)
    if match is not None:
        yield "the key", literal(match[1]), *match.span(1)


# ------------------------------------------------------------------ lists of logins
_PASSWD_LINE = re.compile(r"(?m)^([\w.@-]+):([^:\r\n]*):(?=[^\r\n]*:)")


def passwd(text: str) -> Iterator[Found]:
    """`shadow` and lists that servers keep in its form."""
    for match in _PASSWD_LINE.finditer(text):
        if len(match[2]) >= _SHORTEST_HASH and not match[2].startswith(("!", "*")):
            yield f"password of {match[1]}", why_login(match[2]), *match.span(2)


_SHORTEST_HASH: Final = 13  # of the oldest form, DES


def why_login(value: str) -> str:
    """The same of what a list of logins holds: a hash, or a password as it is."""
    return HASH if _HASHED.match(value) else literal(value)


_HASHED = re.compile(r"\$[\w-]{1,12}\$|\{[A-Z0-9-]{2,12}\}|pbkdf2|scram-|[0-9a-fA-F]{32,128}\Z")

_INSERT = re.compile(
    r"(?i)\binsert[ \t]+into[ \t]+[`\"\[]?([\w.]+)[`\"\]]?\s*\(([^()]{1,4000})\)\s*values\s*"
)
_ROW = re.compile(r"\(((?:'(?:[^'\\]|\\.|'')*+'|[^'()]|\([^()']*+\))*+)\)\s*(,?)\s*")
_CELL = re.compile(r"\s*+(?:N?'((?:[^'\\]|\\.|'')*+)'|((?:[^,'()]|\([^()]*+\))*+))\s*+(?:,|\Z)")


def sql(text: str) -> Iterator[Found]:
    """What a dump or a seed puts into columns whose names speak of a secret."""
    for insert in _INSERT.finditer(text):
        columns = [one.strip().strip('`"[]') for one in insert[2].split(",")]
        asked = {at: name for at, name in enumerate(columns) if secret_kind(name)}
        at, rows = insert.end(), 0
        while asked and rows < _MOST_ROWS and (row := _ROW.match(text, at)) is not None:
            rows += 1
            for number, cell in enumerate(_CELL.finditer(row[1])):
                if number in asked and cell[1]:
                    start = row.start(1) + cell.start(1)
                    name = asked[number]
                    why = HASH if _HASHED.match(cell[1]) else why_no_secret(name, cell[1])
                    yield f"{name} in {insert[1]}"[:100], why, start, start + len(cell[1])
            if not row[2]:
                break
            at = row.end()


_MOST_ROWS: Final = 200
