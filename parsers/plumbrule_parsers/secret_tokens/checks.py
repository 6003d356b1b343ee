"""Offline checks: what a token's own characters tell about whether it was ever issued.

Each check gets the whole token and answers `VALID` (a checksum fits, a structure parses), `INVALID`
(it cannot have been issued) or `UNTOLD`. Nothing here asks the issuer.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import unquote

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
_BECH32_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class Check(StrEnum):
    """What an offline check says."""

    VALID = "valid"
    INVALID = "invalid"
    UNTOLD = "untold"


CheckFunction = Callable[[str], Check]


def _told(good: bool) -> Check:
    return Check.VALID if good else Check.INVALID


def base62_number(text: str) -> int:
    """The number that base-62 digits (0-9, A-Z, a-z) write; ValueError: another character."""
    number = 0
    for letter in text:
        number = number * 62 + _BASE62.index(letter)
    return number


def github(token: str) -> Check:
    """The last six characters are the CRC32 of the thirty before them, in base 62.

    Source: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    body, tail = token[4:-6], token[-6:]
    return _told(zlib.crc32(body.encode()) == base62_number(tail))


def npm(token: str) -> Check:
    """The same checksum; its exact extent is not published, so it only ever confirms."""
    body, tail = token[4:-6], token[-6:]
    fits = zlib.crc32(body.encode()) == base62_number(tail)
    return Check.VALID if fits else Check.UNTOLD


def grafana(token: str) -> Check:
    """`glsa_` and 32 characters, then their CRC32 as eight hexadecimal digits, little-endian."""
    head, _, tail = token.rpartition("_")
    return _told(zlib.crc32(head.encode()).to_bytes(4, "little").hex() == tail)


def account_key(token: str) -> Check:
    """An Azure storage key is 64 bytes in base64."""
    return _told(_decoded_size(token.partition("=")[2]) == 64)


def _decoded_size(text: str) -> int:
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return -1


def age(token: str) -> Check:
    """The checksum of BIP 173 over `age-secret-key-` and the data."""
    prefix, _, data = token.rpartition("1")
    values = [ord(letter) >> 5 for letter in prefix.lower()] + [0]
    values += [ord(letter) & 31 for letter in prefix.lower()]
    values += [_BECH32.index(letter) for letter in data.upper()]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(_BECH32_STEPS):
            check ^= step if top >> bit & 1 else 0
    return _told(check == 1)


def _json(part: str) -> object:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None


def jwt(token: str) -> Check:
    """The first part is a JSON object with `alg`; a token that is not signed is none."""
    header = _json(token.partition(".")[0])
    if not isinstance(header, dict) or "alg" not in header:
        return Check.INVALID
    return _told(str(header["alg"]).lower() != "none")


def json_payload(token: str) -> Check:
    """What stands behind the prefix is JSON in base64."""
    body = token.partition("_")[2].partition("_")[0]
    return _told(isinstance(_json(body), dict))


def pypi(token: str) -> Check:
    """A macaroon whose location is the index."""
    body = token.removeprefix("pypi-")
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return Check.INVALID
    return _told(raw[:2] == b"\x02\x01" and b"pypi.org" in raw[:16])


def private_key(token: str) -> Check:
    """What stands between the marks is base64 of a length that a key has.

    A mark alone is how people write about keys.
    """
    lines = re.split(r"\\r\\n|\\n|[\r\n]+", token)
    body = "".join(line for line in lines if "-----" not in line and ":" not in line)
    body = re.sub(r"[\s\"',]", "", body)
    if "-----END" in token:
        return _told(_decoded_size(body) >= 32)
    return Check.UNTOLD if re.match(r"[A-Za-z0-9+/]{64}", body) else Check.INVALID


def basic_login(token: str) -> Check:
    """`Basic` and base64 of `user:password`."""
    body = token.rsplit(maxsplit=1)[-1]
    try:
        text = base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError):
        return Check.INVALID
    user, colon, password = text.partition(":")
    return _told(bool(user and colon and password) and text.isprintable())


def shared_access(token: str) -> Check:
    """The signature of a shared access link is 32 bytes in base64."""
    return _told(_decoded_size(unquote(token.partition("sig=")[2])) == 32)


def slack(token: str) -> Check:
    """Numbers ahead of the secret part name a team and a bot, with ten to thirteen digits."""
    numbers = [part for part in token.split("-")[1:-1] if part.isdigit()]
    return Check.INVALID if any(not 10 <= len(one) <= 13 for one in numbers) else Check.UNTOLD
