"""Names that say that their value is a secret: `dbPassword`, `API_TOKEN`, not `password_length`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# A lower-case letter or digit before an upper-case one starts a word, and so does the last capital
# of several: `dbURLPassword` is `db URL Password`.
_BORDER = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PASSWORDS: Final = frozenset({"password", "passwords", "passwd", "passphrase", "pwd", "pass",
                               "passcode", "userpassword", "rootpassword"})  # fmt: skip
_KEYS: Final = frozenset({"secret", "secrets", "token", "tokens", "apikey", "apitoken", "authtoken",
                          "credential", "credentials", "privatekey", "secretkey", "accesskey",
                          "clientsecret", "accesstoken", "refreshtoken", "bearer"})  # fmt: skip
# Before `key` these make a secret of it.
_KEY_OF: Final = frozenset({"api", "access", "private", "secret", "encryption", "signing", "master",
                            "auth", "account", "storage", "license", "hmac", "jwt", "session",
                            "cookie", "shared", "webhook", "deploy", "service",
                            "integration", "app", "application"})  # fmt: skip
# `key` alone behind these is as often a name or a number as a secret.
_WEAK_KEY_OF: Final = frozenset({"access", "account", "service", "session", "deploy", "app",
                                 "application", "shared", "cookie", "integration"})  # fmt: skip
# Words around a secret word that make the value a name, a place or a number.
_ABOUT: Final = frozenset({"existing", "ref", "refs", "image", "pull", "use", "enable", "enabled",
                           "disable", "disabled", "create", "generate", "has", "is", "no", "allow",
                           "require", "required", "public", "max", "min", "csi", "external",
                           "mount", "automount", "tls", "cert", "certificate", "ca", "ssl", "next",
                           "page", "pagination", "hashed", "encrypted", "sealed", "kms", "arn",
                           "count", "num", "name", "http", "metadata", "checksum",
                           "hash", "sha", "sha1", "sha256", "md5", "digest", "fingerprint",
                           "thumbprint", "commit", "revision", "type", "kind"})  # fmt: skip
# The same of a password, which is rarely the name of something.
_ABOUT_PASSWORD: Final = frozenset({"existing", "use", "enable", "enabled", "disable", "disabled",
                                    "create", "generate", "has", "allow", "require", "required",
                                    "max", "min", "hashed", "hash", "count",
                                    "checksum"})  # fmt: skip
_VALUE_WORDS: Final = frozenset({"value", "default", "data", "string", "plain", "plaintext",
                                 "literal", "base64", "b64", "text", "raw", "prod", "production",
                                 "dev", "staging", "test", "old", "new", "current", "primary",
                                 "secondary", "wo", "base"})  # fmt: skip


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case, whatever style it is written in."""
    return tuple(word.lower() for word in _BORDER.split(name[:200]) if word)


@lru_cache(maxsize=4096)
def secret_kind(name: str) -> str:
    """`password` or `key` if the name says that its value is one, else "".

    The last word decides, behind numbers and words such as `value`: `password_file` and `tokenUrl`
    speak of a secret, they do not hold it.
    """
    words = list(words_of(name))
    while words and (words[-1] in _VALUE_WORDS or words[-1].isdigit()) and len(words) > 1:
        words.pop()
    if not words:
        return ""
    last, before = words[-1].rstrip("0123456789"), words[:-1]
    if last in _PASSWORDS:
        return "" if set(before) & _ABOUT_PASSWORD else "password"
    speaks = last in _KEYS or (last in ("key", "keys") and before and before[-1] in _KEY_OF)
    return "key" if speaks and not set(before) & _ABOUT else ""


def is_weak(name: str) -> bool:
    """True for names such as `serviceKey`: half of them are names of something."""
    words = words_of(name)
    return len(words) > 1 and words[-1] == "key" and words[-2] in _WEAK_KEY_OF
