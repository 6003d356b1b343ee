"""Sprig's encodings, hashes, URLs and paths."""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath
import zlib
from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_text import go_bytes
from plumbrule_parsers.helm.functions.go_values import known, need_map, need_pieces, need_str
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.traced_text import first_hole
from plumbrule_parsers.value import Unknown

_Apply = Callable[[Call, Sequence[Traced]], Traced]


def _of_bytes(change: Callable[[bytes], str], length: int | None = None) -> _Apply:
    """A function of a string's bytes; `length` is that of every result."""

    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        pieces = need_pieces(args[0])
        text = known(pieces)
        if text is None:
            hole = first_hole(pieces)
            assert hole is not None
            return made_of(
                Unknown(hole.reason, hole.detail, hole.span, "string", not_null=True,
                        length=length),
                *args,
            )  # fmt: skip
        return made_of(change(go_bytes(text)), *args)

    return apply


def _b64enc(call: Call, args: Sequence[Traced]) -> Traced:
    pieces = need_pieces(args[0])
    if known(pieces) is None:
        from plumbrule_parsers.helm.functions.partial import byte_length

        length = byte_length(pieces)
        whole = None if length is None else (length + 2) // 3 * 4
        return _of_bytes(_nothing, whole)(call, args)
    return _of_bytes(lambda data: base64.b64encode(data).decode())(call, args)


def _nothing(_data: bytes) -> str:
    return ""


def _bad_byte(text: str, alphabet: str) -> int:
    for at, letter in enumerate(text):
        if letter not in alphabet:
            return at
    return -1


_B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _b64dec(data: bytes) -> str:
    """The text, or Go's message as text, as Sprig gives it."""
    text = data.replace(b"\n", b"").replace(b"\r", b"")
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        at = _bad_byte(text.decode("latin-1"), _B64)
        at = len(text) // 4 * 4 if at < 0 else at
        return f"illegal base64 data at input byte {at}"


def _b32dec(data: bytes) -> str:
    text = data.replace(b"\n", b"").replace(b"\r", b"")
    try:
        return base64.b32decode(text).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        at = _bad_byte(text.decode("latin-1"), _B64[:26] + "234567")
        at = len(text) // 8 * 8 if at < 0 else at
        return f"illegal base32 data at input byte {at}"


def _b32enc(data: bytes) -> str:
    return base64.b32encode(data).decode()


def _digest(name: str) -> Callable[[bytes], str]:
    def apply(data: bytes) -> str:
        return hashlib.new(name, data, usedforsecurity=False).hexdigest()

    return apply


def _adler32(data: bytes) -> str:
    return str(zlib.adler32(data))


# --- URLs


def _url_parse(_call: Call, args: Sequence[Traced]) -> Traced:
    from urllib.parse import unquote

    text = need_str(args[0])
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in text):
        raise FunctionError("net/url: invalid control character in URL")
    rest, hash_, fragment = text.partition("#")
    scheme, rest = _scheme(rest)
    rest, _, query = rest.partition("?")
    userinfo = host = opaque = ""
    path = rest
    if scheme and not rest.startswith("/") and rest:
        opaque, path = rest, ""
    elif rest.startswith("//") and not rest.startswith("///"):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
        userinfo, _, host = authority.rpartition("@")
    elif rest.startswith("///"):
        path = rest[2:]
    del hash_
    hostname = host
    if host.startswith("["):
        hostname = host[1:].partition("]")[0]
    elif ":" in host:
        hostname, _, port = host.rpartition(":")
        if port and not port.isdecimal():
            raise FunctionError(f"invalid port `:{port[:20]}` after host")
    parts = {
        "scheme": scheme, "host": host, "hostname": hostname, "path": unquote(path),
        "query": query, "opaque": opaque, "fragment": unquote(fragment), "userinfo": userinfo,
    }  # fmt: skip
    via = made_of(None, *args).via
    entries = {key: Traced(part, via, sensitive=args[0].sensitive) for key, part in parts.items()}
    return Traced(entries, via, sensitive=args[0].sensitive)


def _scheme(text: str) -> tuple[str, str]:
    name, colon, rest = text.partition(":")
    if not colon or not name.isascii() or "/" in name:
        return "", text
    if not name[:1].isalpha() or not all(c.isalnum() or c in "+-." for c in name):
        if name == "":
            raise FunctionError("missing protocol scheme")
        return "", text
    return name.lower(), rest


_PATH_SAFE = "/$&+,:;=@!~*'()-._"


def _url_join(_call: Call, args: Sequence[Traced]) -> Traced:
    from urllib.parse import quote

    entries = need_map(args[0])

    def part(name: str) -> str:
        found = entries.get(name)
        return "" if found is None else need_str(found)

    out = f"{part('scheme')}:" if part("scheme") else ""
    if part("opaque"):
        out += part("opaque")
    else:
        host, path = part("host"), part("path")
        if host or part("userinfo"):
            out += "//" + (f"{part('userinfo')}@" if part("userinfo") else "") + host
        if path and not path.startswith("/") and host:
            path = "/" + path
        out += quote(path, safe=_PATH_SAFE)
    if part("query"):
        out += "?" + part("query")
    if part("fragment"):
        out += "#" + quote(part("fragment"), safe=_PATH_SAFE + "?")
    return made_of(out, *args, *entries.values())


# --- paths


def clean(path: str) -> str:
    """The shortest equal path (path.Clean)."""
    if not path:
        return "."
    out = posixpath.normpath(path)
    return "/" + out.lstrip("/") if path.startswith("/") else out


def _base(path: str) -> str:
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"


def _dir(path: str) -> str:
    return clean(path[: path.rfind("/") + 1])


def _ext(path: str) -> str:
    name = path[path.rfind("/") + 1 :]
    return name[name.rfind(".") :] if "." in name else ""


def _is_abs(path: str) -> bool:
    return path.startswith("/")


def _of_path(change: Callable[[str], str | bool]) -> Function:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        return made_of(change(need_str(args[0])), *args)

    return Function(apply, 1, 1, Unknowns.STRICT, "string")


_OWN, _STRICT = Unknowns.OWN, Unknowns.STRICT
_PATHS = {"base": _base, "clean": clean, "dir": _dir, "ext": _ext}
ENCODING = {
    "adler32sum": Function(_of_bytes(_adler32), 1, 1, _OWN, "string"),
    "b32dec": Function(_of_bytes(_b32dec), 1, 1, _OWN, "string"),
    "b32enc": Function(_of_bytes(_b32enc), 1, 1, _OWN, "string"),
    "b64dec": Function(_of_bytes(_b64dec), 1, 1, _OWN, "string"),
    "b64enc": Function(_b64enc, 1, 1, _OWN, "string"),
    "sha1sum": Function(_of_bytes(_digest("sha1"), 40), 1, 1, _OWN, "string"),
    "sha256sum": Function(_of_bytes(_digest("sha256"), 64), 1, 1, _OWN, "string"),
    "sha512sum": Function(_of_bytes(_digest("sha512"), 128), 1, 1, _OWN, "string"),
    "urlJoin": Function(_url_join, 1, 1, _STRICT, "string"),
    "urlParse": Function(_url_parse, 1, 1, _STRICT, "map"),
    "isAbs": _of_path(_is_abs),
    "osIsAbs": _of_path(_is_abs),
    **{name: _of_path(change) for name, change in _PATHS.items()},
    **{f"os{name.title()}": _of_path(change) for name, change in _PATHS.items()},
}
