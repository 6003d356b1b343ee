"""File functions: they see the scanned root and nothing else."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import Unknowns
from plumbrule_parsers.terraform.functions.call import Files, Function, text_of
from plumbrule_parsers.terraform.functions.encoding import HASHES
from plumbrule_parsers.traced import SetData, Traced, made_of, unknown
from plumbrule_parsers.value import Reason

MAX_PATTERNS = 200  # that one pattern with alternatives may stand for

_Apply = Callable[[Files, Sequence[Traced]], Traced]


def _reading(convert: Callable[[bytes], str], what: str) -> _Apply:
    def apply(files: Files, args: Sequence[Traced]) -> Traced:
        path = text_of(args[0])
        data = files.read(path)
        if data is None:
            return unknown(Reason.MISSING_FILE, f"{what}: `{path[:80]}`", *args, type="string")
        try:
            return made_of(convert(data), *args)
        except UnicodeDecodeError:
            return unknown(Reason.TYPE, f"`{path[:80]}` is not UTF-8", *args, type="string")

    return apply


def _fileexists(files: Files, args: Sequence[Traced]) -> Traced:
    if files.read(text_of(args[0])) is not None:
        return made_of(True, *args)
    # The file may be made by a build step or stand outside the root, so its absence is no fact.
    return unknown(Reason.MISSING_FILE, text_of(args[0])[:80], *args, type="bool")


def _fileset(files: Files, args: Sequence[Traced]) -> Traced:
    found: set[str] = set()
    for pattern in _alternatives(text_of(args[1])):
        found.update(files.matching(text_of(args[0]), pattern) or ())
    if not found:
        return unknown(Reason.MISSING_FILE, text_of(args[0])[:80], *args, type="list")
    return made_of(SetData(made_of(path, *args) for path in sorted(found)), *args)


_CHOICE = re.compile(r"\{([^{}]*)\}")


def _alternatives(pattern: str) -> list[str]:
    """The patterns that one with `{a,b}` stands for, the innermost braces first; a limited few."""
    pending, out = [pattern], list[str]()
    while pending and len(out) < MAX_PATTERNS:
        one = pending.pop()
        choice = _CHOICE.search(one)
        if choice is None:
            out.append(one)
        else:
            pending.extend(
                one[: choice.start()] + part + one[choice.end() :] for part in choice[1].split(",")
            )
    return out


def _path(change: Callable[[str], str]) -> _Apply:
    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        return made_of(change(text_of(args[0])), *args)

    return apply


def _place(what: str) -> _Apply:
    """A function that depends on where the run happens."""

    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        return unknown(Reason.ENVIRONMENT, what, *args, type="string")

    return apply


def _abspath(_files: Files, args: Sequence[Traced]) -> Traced:
    path = text_of(args[0])
    if path.startswith("/"):
        return made_of(_clean(path), *args)
    return unknown(Reason.ENVIRONMENT, "abspath()", *args, type="string")


def _pathexpand(files: Files, args: Sequence[Traced]) -> Traced:
    path = text_of(args[0])
    return _place("the home directory")(files, args) if path[:1] == "~" else made_of(path, *args)


def _dirname(path: str) -> str:
    return _clean(posixpath.dirname(path))  # the last slash counts, as in Go


def _clean(path: str) -> str:
    made = posixpath.normpath(path)
    return made[1:] if made.startswith("//") else made


def _basename(path: str) -> str:
    return posixpath.basename(path.rstrip("/")) or ("/" if path.startswith("/") else ".")


_STRICT = Unknowns.STRICT
FILES = {
    "abspath": Function(_abspath, 1, 1, _STRICT, "string"),
    "basename": Function(_path(_basename), 1, 1, _STRICT, "string"),
    "dirname": Function(_path(_dirname), 1, 1, _STRICT, "string"),
    "file": Function(_reading(bytes.decode, "file"), 1, 1, _STRICT, "string"),
    "filebase64": Function(
        _reading(lambda data: base64.b64encode(data).decode(), "filebase64"),
        1, 1, _STRICT, "string",
    ),
    "fileexists": Function(_fileexists, 1, 1, _STRICT, "bool"),
    "fileset": Function(_fileset, 2, 2, _STRICT, "list"),
    "pathexpand": Function(_pathexpand, 1, 1, _STRICT, "string"),
    **{
        name: Function(_reading(digest, name), 1, 1, _STRICT, "string")
        for name, digest in (
            ("filebase64sha256", HASHES["base64sha256"]),
            ("filebase64sha512", HASHES["base64sha512"]),
            ("filemd5", HASHES["md5"]),
            ("filesha1", HASHES["sha1"]),
            ("filesha256", HASHES["sha256"]),
            ("filesha512", HASHES["sha512"]),
        )
    },
}  # fmt: skip
