"""Names of images with unknown parts: split into repository and tag, and compared.

Source: https://github.com/distribution/reference (`nginx` is `docker.io/library/nginx`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from plumbrule_parsers.source import by_fields
from plumbrule_parsers.value import Segments, Unknown, Value, join_segments

Text = str | Segments
_WITH_NAMESPACE = 2  # slashes of `ghcr.io/acme/`
MAX_CHOICES = 50  # names that one expression may stand for
_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
# What Docker lets stand in a name: no spaces, no capitals, no shell.
_PLAIN = re.compile(r"[\w.:/@-]+")


@dataclass(frozen=True, slots=True)
class ImageName:
    """An image: `repository` with its registry, as `docker.io/library/nginx`; tag and digest.

    A tag is None if none is written; it is unknown if it is computed.
    """

    repository: Text | Unknown
    tag: Text | Unknown | None = None
    digest: Text | Unknown | None = None

    __reduce__ = by_fields

    @property
    def home(self) -> str:
        """Registry and namespace (`ghcr.io/acme`), "" if they are not known whole."""
        name = self.repository
        if isinstance(name, Segments):
            # What stands before the last slash of the known beginning is known whole.
            return name.prefix.rpartition("/")[0]
        return name.rpartition("/")[0] if isinstance(name, str) else ""

    @property
    def last(self) -> str:
        """The last part of the repository, "" if it is not known whole."""
        name = self.repository
        text = name.suffix if isinstance(name, Segments) else name if isinstance(name, str) else ""
        _, slash, last = text.rpartition("/")
        return last if slash or isinstance(name, str) else ""


def image_name(value: Value) -> ImageName | None:
    """The image that the text names; None for what is no name, as `scratch` and local images are.

    A reference without any known part of its repository has an unknown repository.
    """
    if isinstance(value, Unknown):
        return ImageName(value, value)
    if isinstance(value, str):
        if not _PLAIN.fullmatch(value):
            return None
        value = value.removeprefix("docker://")
    elif not isinstance(value, Segments):
        return None
    head, digest = _cut(value, "@", first=True)
    name, tag = _cut(head, ":", first=False)
    if name in ("", "scratch"):
        return None
    return ImageName(_normal(name), tag, digest)


def _cut(
    value: Text | Unknown, mark: str, *, first: bool
) -> tuple[Text | Unknown, Text | Unknown | None]:  # fmt: skip
    """The text before and behind the mark; a colon before a slash is that of a port."""
    parts = value.parts if isinstance(value, Segments) else (value,)
    for index in range(len(parts) - 1, -1, -1) if not first else range(len(parts)):
        part = parts[index]
        if not isinstance(part, str):
            continue
        at = part.find(mark) if first else part.rfind(mark)
        if at >= 0 and "/" not in part[at:] and not _slash_behind(parts[index + 1 :]):
            before = _joined((*parts[:index], part[:at]))
            return before, _joined((part[at + 1 :], *parts[index + 1 :]))
        if not first and "/" in part:
            break
    return value, None


def _slash_behind(parts: tuple[str | Unknown, ...]) -> bool:
    return any(isinstance(part, str) and "/" in part for part in parts)


def _joined(parts: tuple[str | Unknown, ...]) -> Text | Unknown:
    made = join_segments(part for part in parts if part != "")
    if isinstance(made, Segments) and len(made.parts) == 1:
        only = made.parts[0]
        assert isinstance(only, Unknown)
        return only
    return made


def _normal(name: Text | Unknown) -> Text | Unknown:
    """The name with its registry; one that begins with an unknown stays as it is."""
    if isinstance(name, Unknown) or (isinstance(name, Segments) and not name.prefix):
        return name
    start = name if isinstance(name, str) else name.prefix
    rest = name.parts[1:] if isinstance(name, Segments) else ()
    host, slash, path = start.partition("/")
    if not slash and rest:
        return name  # whether a host stands there cannot be told
    is_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
    if not is_host:
        start = f"docker.io/{start}" if slash else f"docker.io/library/{start}"
    elif host in _HUB:
        start = f"docker.io/{path}" if "/" in path or rest else f"docker.io/library/{path}"
    return _joined((start, *rest))


def choices(value: Value) -> Iterator[Value]:
    """The texts that a value can be, where its unknown parts list all that they can be."""
    parts = value.parts if isinstance(value, Segments) else (value,)
    listed = [
        [str(one) for one in part.candidates if one is not None]
        if isinstance(part, Unknown) and part.candidates else [part]
        for part in parts
    ]  # fmt: skip
    count = 1
    for some in listed:
        count *= max(len(some), 1)
    if count == 1 or count > MAX_CHOICES:
        yield value
        return
    for combined in itertools.product(*listed):
        yield _joined(tuple(part for part in combined if isinstance(part, (str, Unknown))))


def same_repository(one: ImageName, other: ImageName) -> bool | Unknown:
    """True if both name one repository, the unknown that decides if they may.

    Names of which nothing is known, or no whole part of the path, are taken for others.
    """
    first, second = one.repository, other.repository
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return False
    if isinstance(first, str) and isinstance(second, str):
        return first == second
    if isinstance(first, Segments) and isinstance(second, Segments):
        fits = one.last != "" and one.last == other.last and _may_begin(first, second)
        return first.unknowns[0] if fits else False
    pattern, text = (first, second) if isinstance(first, Segments) else (second, first)
    assert isinstance(pattern, Segments)
    assert isinstance(text, str)
    # A whole part of the path must be known, at the end or behind the registry at the start.
    if "/" not in pattern.suffix and pattern.prefix.count("/") < _WITH_NAMESPACE:
        return False
    short = text.removeprefix("docker.io/")
    fits = _fits(pattern, text) or (short != text and not pattern.prefix and _fits(pattern, short))
    return pattern.unknowns[0] if fits else False


def _may_begin(one: Segments, other: Segments) -> bool:
    """Whether what is known of their beginnings agrees."""
    first, second = one.prefix, other.prefix
    return first.startswith(second) or second.startswith(first)


def _fits(pattern: Segments, text: str) -> bool:
    """Whether the known parts stand in the text in their order."""
    prefix, suffix = pattern.prefix, pattern.suffix
    if len(prefix) + len(suffix) > len(text):
        return False
    if not text.startswith(prefix) or not text.endswith(suffix):
        return False
    at, end = len(prefix), len(text) - len(suffix)
    inner = pattern.parts[1 if prefix else 0 : -1 if suffix else None]
    for part in inner:
        if isinstance(part, str):
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
    return True


def same_image(built: ImageName, used: ImageName) -> bool | Unknown | None:
    """Whether what is used is what is built: True, the doubt about it, or None for another image.

    False stands for the same repository under a tag that this build does not set.
    """
    repository = same_repository(built, used)
    if repository is False:
        return None
    if used.digest is not None:
        return repository if isinstance(repository, Unknown) else False
    for tag in (built.tag, used.tag):
        if isinstance(tag, Unknown):
            return tag
        if isinstance(tag, Segments):
            other = used.tag if tag is built.tag else built.tag
            if isinstance(other, str) and not _fits(tag, other):
                return False
            return tag.unknowns[0]
    if (built.tag or "latest") != (used.tag or "latest"):
        return False
    return repository
