"""Judge: whether a value beside a name is a secret, and where in a value secrets stand.

What the value's own form proves comes first (`find`), then what its name says (`names`), then why
it is harmless all the same (`harmless`). Rules ask through the functions `why_no_secret` and
`secrets_in`, so that there is one answer for all formats.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from plumbrule_parsers.secret_tokens.find import entropy, find_tokens
from plumbrule_parsers.secret_tokens.harmless import PLACEHOLDER, is_default, why_harmless
from plumbrule_parsers.secret_tokens.names import is_weak, secret_kind
from plumbrule_parsers.value import Reason, Segments, Unknown

NO_NAME: Final = "nothing says that it is a secret"
NO_TEXT: Final = "it is no text"
SHORT: Final = "it is too short to be a secret"
A_NAME: Final = "it reads like a name"
PROSE: Final = "it reads like a sentence"
ADDRESS: Final = "it is an address without a password"
_MOST: Final = 200_000  # characters of one text
_MOST_WORD: Final = 1_000  # characters of one value that tell what it is
_MOST_LINES: Final = 5_000
_MOST_ENTRIES: Final = 5_000
_DEPTH: Final = 30
_SHORTEST_BASE64: Final = 12  # characters; fewer are readable by chance
# Words of letters between separators, `MixedCase` included: what people call things.
_NAME = re.compile(r"[A-Za-z]+(?:[-_./: ][A-Za-z]+)*")
# The same with a short number or version in it: `etcd-cluster-k8s`, `shop-v2-token`.
_NUMBERED_NAME = re.compile(
    r"[A-Za-z]{2,}(?:[-_./](?:[A-Za-z]+|[A-Za-z0-9]{1,3}))+"
    r"|[a-z]+(?:[-_.][a-z0-9]{1,8})*[-_](?:secrets?|token|cred(?:ential)?s?|keys?|auth|tls|cert)"
    r"(?:[-_.][a-z0-9]+)*"
)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S*|[\w.-]+:\d{2,5}(?:/\S*)?|[\w-]+(?:\.[\w-]+){2,}")
_FILE = re.compile(
    r"[\w@~.-]*(?:/[\w@~.${}-]+)+|[\w.-]+\.(?:pem|key|crt|json|ya?ml|txt|jks|p12|env)"
)
# A call, a path of names, a list of settings.
_CODE = re.compile(
    r"[\w.]+\(.*\)|[a-z]+\.[a-zA-Z.]+|.*[;{}]\s*|\w*,?[\w-]+=[^,]*(?:,[\w-]+=[^,]*)+"
)
# One line of a file of settings: `key = value`, `"key": "value",`, `export KEY=value`.
_LINE = re.compile(
    r"""(?xm)^[ \t]*(?:export[ \t]+|set[ \t]+|-[ \t]+)?["']?(?P<key>[A-Za-z_][\w.-]{0,99})["']?
        [ \t]*(?::=|=>|=|:)[ \t]*
        (?:"(?P<double>[^"\r\n]{1,400})"|'(?P<single>[^'\r\n]{1,400})'|
           (?P<bare>[^\s"',;{}\[\]][^\s,;]{0,400}))
        [ \t]*[,;]?[ \t]*(?:[#].*)?\r?$"""
)


# Reasons why a value stands in no file of the repository: it is made or fetched when things are
# run, or it comes out of a module elsewhere (what is put into that is judged where it is put).
NOT_WRITTEN: Final = frozenset({
    Reason.RANDOM, Reason.SECRET, Reason.TIME, Reason.NO_VALUE, Reason.ENVIRONMENT,
    Reason.COMPUTED, Reason.DATA_SOURCE, Reason.REMOTE,
})  # fmt: skip
_REFERENCE: Final = "${elsewhere}"


def as_written(value: object) -> object:
    """What files hold of a value: parts that are made or fetched elsewhere become references.

    None if something of it cannot be told.
    """
    if isinstance(value, Unknown):
        return _REFERENCE if value.reason in NOT_WRITTEN else None
    if isinstance(value, Segments):
        parts = [one if isinstance(one, str) else as_written(one) for one in value.parts]
        return None if None in parts else "".join(map(str, parts))
    if isinstance(value, Mapping):
        found = {key: as_written(item) for key, item in value.items() if item is not None}
        rest = getattr(value, "rest", None)
        lost = None in found.values() or (rest is not None and as_written(rest) is None)
        return None if lost else found
    if isinstance(value, (list, tuple, frozenset)):
        items = [as_written(item) for item in value if item is not None]
        rest = getattr(value, "rest", None)
        return None if None in items or (rest is not None and as_written(rest) is None) else items
    return value


def as_far_as_known(value: object) -> object:
    """The same with a reference for every part that cannot be told: no secret comes of those."""
    if isinstance(value, Unknown):
        return _REFERENCE
    if isinstance(value, Segments):
        return "".join(one if isinstance(one, str) else _REFERENCE for one in value.parts)
    if isinstance(value, Mapping):
        return {key: as_far_as_known(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple, frozenset)):
        return [as_far_as_known(item) for item in value if item is not None]
    return value


_VALUES: Final = ("double", "single", "bare")
# A flag or a variable on a command line; it looks ahead, because one may be the value of another.
_FLAG = re.compile(
    r"(?:^|[\s;&|(\"'])(?=(?:--?(?P<flag>[A-Za-z][\w.-]{1,60})(?:=|[ \t]+(?!-))"
    r"|(?P<env>[A-Za-z_][A-Za-z0-9_]{2,60})=)[\\\"']{0,2}(?P<value>[^\s\\\"';|&]{1,400}))"
)


def why_no_secret(name: str, value: object) -> str:
    """Why the value beside the name is no secret; "" if it is one.

    A placeholder is named as such (`harmless.PLACEHOLDER`): where it is deployed it is a default
    credential. Of a list or a mapping the first entry that is a secret decides.
    """
    if isinstance(value, str):
        return _text(name, value)
    reasons = [why for _path, why in _leaves(name, value, 0)]
    if not reasons:
        return NO_TEXT
    for wanted in ("", PLACEHOLDER):
        if wanted in reasons:
            return wanted
    return reasons[0]


@lru_cache(maxsize=20_000)
def _text(name: str, value: str) -> str:
    if len(value) > _MOST:
        value = value[:_MOST]
    if any(not token.harmless for token in find_tokens(value)):
        return ""
    found = _parsed(value)
    if found is not None:
        return why_no_secret(name, found)
    if "\n" in value.strip() and not value.lstrip().startswith("-----BEGIN"):
        return "" if any(why == "" for _key, why, _at in _lines(value)) else NO_NAME
    kind = secret_kind(name)
    text = value.strip().strip("\\\"'")[:_MOST_WORD]
    if not kind:
        password = _login(text) if name.lower().strip("_") == "auth" else ""
        return why_harmless(password) if password else NO_NAME
    fallback = _FALLBACK.fullmatch(text)
    if fallback is not None:  # the reference comes with the literal that stands in for it
        return _text(name, fallback["text"])
    why = why_harmless(text)
    if why:
        return why
    readable = _decoded(text)
    if readable:
        return _text(name, readable)
    return _shape(kind, text, weak=is_weak(name))


# `${NAME:-text}` of a shell and of Compose, `${name:text}` of Spring.
_FALLBACK = re.compile(r"\$\{[A-Za-z_][\w.]*:-?(?P<text>[^{}$?+=-][^{}$]*)\}")


def _parsed(text: str) -> object:
    """The object or list that the text is in JSON, None if it is none."""
    start = text.lstrip()[:1]
    if start not in ("{", "[") or text.rstrip()[-1:] not in ("}", "]"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, (dict, list)) else None


def _decoded(text: str) -> str:
    """The readable text that the value is in base64, "" if it is none."""
    if len(text) < _SHORTEST_BASE64 or len(text) % 4 or not text.isascii():
        return ""
    try:
        found = base64.b64decode(text, validate=True).decode("ascii").strip()
    except (binascii.Error, ValueError):
        return ""
    return found if found.isprintable() and not any(one in found for one in "`|~^\\") else ""


_KEY_MARK = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY")
_PACKED = re.compile(r"[A-Za-z0-9+/\r\n]{32,}={0,2}\s*")


def _packed(text: str) -> str:
    """The text of several lines, or of a key, that the value is in base64 or compressed in it."""
    if len(text) < _SHORTEST_PACKED or not _PACKED.fullmatch(text):
        return ""
    try:
        data = base64.b64decode(text)
        if data.startswith(b"\x1f\x8b"):
            data = zlib.decompressobj(31).decompress(data, _MOST)
        found = data.decode()
    except (binascii.Error, ValueError, zlib.error):
        return ""
    return found if "\n" in found or found.startswith("-----BEGIN") else ""


_SHORTEST_PACKED: Final = 32


def _login(text: str) -> str:
    """The password in base64 of `user:password`, as clients of registries keep it."""
    try:
        whole = text + "=" * (-len(text) % 4)
        user, colon, password = base64.b64decode(whole, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return password if user and colon and password.isprintable() else ""


def _shape(kind: str, text: str, *, weak: bool) -> str:
    """Whether the form of the value fits what its name says."""
    if _reference_like(text):
        return A_NAME
    if is_default(text):
        return PLACEHOLDER
    if len(text) < (6 if kind == "password" else 8):
        return SHORT
    if _ADDRESS.fullmatch(text):
        return ADDRESS
    if _FILE.fullmatch(text) or _CODE.fullmatch(text):
        return A_NAME
    if len(text.split()) > 3:
        return PROSE
    if kind == "password":
        return ""
    if _NUMBERED_NAME.fullmatch(text) or (_NAME.fullmatch(text) and not _random(text)):
        return A_NAME
    return A_NAME if weak and not _random(text) else ""


def _reference_like(text: str) -> bool:
    """`db-password`, `shop_db_secret`: the name of an entry somewhere, not a password."""
    parts = re.split(r"[-_./ ]", text.lower())
    spoken = {"password", "secret", "token", "credentials", "credential", "key", "passwd"}
    return len(parts) > 1 and bool(spoken & set(parts)) and all(
        part.isalpha() or part.isdigit() for part in parts
    )  # fmt: skip


def _random(text: str) -> bool:
    """Mixed characters, as no word of a language has them."""
    letters = any(one.isalpha() for one in text)
    pairs = [(a, b) for a, b in pairwise(text) if a.isalpha() and b.isalpha()]
    turns = sum(a.islower() != b.islower() for a, b in pairs)
    mixed = any(one.isdigit() for one in text) or turns > len(text) / 4
    return letters and mixed and entropy(text) > min(3.5, 0.75 * _most_entropy(len(text)))


def _most_entropy(size: int) -> float:
    from math import log2

    return log2(size) if size > 1 else 0.0


def secrets_in(name: str, value: object) -> tuple[str, ...]:
    """Where in the value secrets stand: keys, dotted; of a text that holds settings their names.

    A text that is a secret itself gives the name that was asked for.
    """
    found: list[str] = []
    for path, why in _leaves(name, value, 0):
        if why == "":
            found.append(path)
    return tuple(dict.fromkeys(found))


def _leaves(name: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    """Each text in the value with its path and why it is no secret."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and depth < _DEPTH and (parsed := _parsed(value)) is not None:
        yield from _leaves(name, parsed, depth + 1)
    elif isinstance(value, str):
        if depth < _DEPTH and (packed := _packed(value)):
            if _KEY_MARK.search(packed):  # nobody packs a text that only speaks of keys
                yield "private key", ""
            else:
                yield from _leaves(name, packed, _DEPTH)
            return
        inner = [(key, why) for key, why, _at in _lines(value)] if "\n" in value.strip() else []
        if "=" in value and not secret_kind(name) and not inner:
            inner = list(_arguments(value))
        bad = [(key, why) for key, why in inner if why == ""]
        if bad:
            yield from bad
        else:
            yield name, _text(name, value)
    elif isinstance(value, Mapping) and depth < _DEPTH:
        called, given = value.get("name"), value.get("value")
        if isinstance(called, str) and isinstance(given, str):  # one entry of a list of pairs
            yield called, _text(called.rpartition(".")[2], given)
            return
        for key, item in list(value.items())[:_MOST_ENTRIES]:
            for path, why in _leaves(str(key), item, depth + 1):
                nested = isinstance(item, (Mapping, list, tuple))
                yield (f"{key}.{path}" if nested and path != key else path), why
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        words = [item for item in value if isinstance(item, str)]
        if words and len(words) == len(value):
            yield from _arguments(" ".join(words[:_MOST_ENTRIES]))
        if depth < _DEPTH:
            for item in list(value)[:_MOST_ENTRIES]:
                yield from _leaves(name, item, depth + 1)


def _arguments(text: str) -> Iterator[tuple[str, str]]:
    """Flags and variables of a command line that speak of a secret."""
    for number, match in enumerate(_FLAG.finditer(text[:_MOST])):
        if number >= _MOST_LINES:
            return
        name = match["flag"] or match["env"]
        if secret_kind(name) and not match["value"].startswith("-"):
            yield name, _text(name, match["value"])


def _lines(text: str) -> Iterator[tuple[str, str, int]]:
    """The settings in a text: key, why its value is no secret, offset of the value."""
    for number, match in enumerate(_LINE.finditer(text[:_MOST])):
        if number >= _MOST_LINES:
            return
        group = next(one for one in _VALUES if match[one] is not None)
        key, value = match["key"].rpartition(".")[2] or match["key"], match[group]
        if group == "bare" and match.end(group) < match.end() and value.endswith("("):
            continue
        if secret_kind(key):
            yield match["key"], _text(key, value), match.start(group)
    for token in find_tokens(text[:_MOST]):
        yield token.detector.title, token.harmless, token.start


# The same inside braces on one line: `smtp: {password: ..., port: 25}`.
_INLINE = re.compile(
    r"[{,][ \t]*[\"']?(?P<key>[A-Za-z_][\w.-]{0,99})[\"']?[ \t]*:[ \t]*"
    r"(?:\"(?P<double>[^\"\r\n]{1,400})\"|'(?P<single>[^'\r\n]{1,400})'"
    r"|(?P<bare>[^\s\"',;{}\[\]]{1,400}))[ \t]*(?=[,}])"
)


def settings_in(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of each setting in the text whose name speaks of a secret, in their order."""
    found: dict[int, tuple[str, str]] = {}
    patterns = (_LINE, _INLINE) if "{" in text else (_LINE,)
    for pattern in patterns:
        for number, match in enumerate(pattern.finditer(text[:_MOST])):
            if number >= _MOST_LINES:
                break
            group = next(one for one in _VALUES if match[one] is not None)
            if secret_kind(match["key"].rpartition(".")[2]):
                found.setdefault(match.start(group), (match["key"], match[group]))
    for _at, setting in sorted(found.items()):
        yield setting
