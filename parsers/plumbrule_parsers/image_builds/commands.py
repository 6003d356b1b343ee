"""Images in commands: what `docker build -t`, `docker push`, kaniko and their like make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from plumbrule_parsers.value import MapValue, Place, Reason, Segments, Unknown, Value, join_segments


@dataclass(frozen=True, slots=True)
class Made:
    """An image that a command or a step makes, under one name.

    `pushes` says whether it goes to its registry. `dockerfile` and `context` are paths as written,
    None where none is; a build without a Dockerfile of its own takes that of its context.
    """

    image: Value
    tool: str
    builds: bool = True
    pushes: bool | Unknown = False
    context: Value = None
    dockerfile: Value = None
    place: Place | None = None  # if that is not the command or the step


_ENGINES: Final = frozenset(("docker", "podman", "buildah", "nerdctl", "depot", "img"))
_TAGS: Final = ("-t", "--tag")
_FILES: Final = ("-f", "--file", "--dockerfile")
# Flags of builders whose value is the next word.
_TAKES_VALUE: Final = frozenset(
    ("-t", "--tag", "-f", "--file", "--build-arg", "--platform", "--target", "--cache-from",
     "--cache-to", "--label", "--secret", "--ssh", "-o", "--output", "--progress", "--network",
     "--builder", "--iidfile", "--metadata-file", "--add-host", "--shm-size", "--ulimit", "-m",
     "--memory", "--build-context", "--attest", "--annotation", "--allow", "--arch", "--os", "-v",
     "--volume", "--format", "--authfile", "--creds", "--cert-dir", "--layers-cache", "--project",
     "--destination", "-d", "--context", "-c", "--dockerfile", "--registry", "-r", "--image",
     "--src-creds", "--dest-creds", "--src-tls-verify", "--dest-tls-verify", "-B", "--path", "-p",
     "--env", "-e", "--buildpack", "-b", "--bare", "--config", "--timeout", "--region")
)  # fmt: skip


def made_by_command(program: Value, words: list[Value], named: Callable[[str], Value]
) -> Iterator[Made]:  # fmt: skip
    """The images of one command; `named` gives variables that are not among its words."""
    verbs = [word for word in words if isinstance(word, str) and not word.startswith("-")][:3]
    first = verbs[0] if verbs else ""
    if program in _ENGINES:
        yield from _of_engine(str(program), words, verbs)
    elif program == "executor" and _values(words, ("--destination", "-d")):  # kaniko
        pushes = "--no-push" not in words
        for image in _values(words, ("--destination", "-d")):
            yield Made(image, "kaniko", pushes=pushes, context=_one(words, ("--context", "-c")),
                       dockerfile=_one(words, _FILES))  # fmt: skip
    elif program in ("skopeo", "crane", "gcrane", "oras"):
        yield from _of_copier(str(program), words, first)
    elif program == "ko" and first in ("build", "publish", "resolve", "apply"):
        name = join_segments((_text(named("KO_DOCKER_REPO")), "/",
                              Unknown(Reason.EXPRESSION, "the name that ko gives")))  # fmt: skip
        yield Made(name, "ko", pushes="--local" not in words)
    elif program == "pack" and first == "build":
        for image in _positionals(words)[1:2]:
            yield Made(image, "pack", pushes="--publish" in words,
                       context=_one(words, ("--path", "-p")))  # fmt: skip
    elif program == "gcloud" and verbs[:2] == ["builds", "submit"]:
        for image in _values(words, ("-t", "--tag", "--image")):
            yield Made(image, "gcloud builds", pushes=True, context=_context(words, 2))
    elif program == "az" and verbs[:2] == ["acr", "build"]:
        for image in _values(words, ("-t", "--tag", "--image")):
            for registry in _values(words, ("-r", "--registry")):
                host = registry if "." in str(registry) else _add(registry, ".azurecr.io")
                yield Made(join_segments((_text(host), "/", _text(image))), "az acr build",
                           pushes=True, context=_context(words, 2),
                           dockerfile=_one(words, _FILES))  # fmt: skip


def _of_engine(program: str, words: list[Value], verbs: list[str]) -> Iterator[Made]:
    """Docker and what has its commands."""
    prefix = 1 if verbs and verbs[0] in ("buildx", "image", "manifest", "builder") else 0
    verb = verbs[prefix] if len(verbs) > prefix else ""
    said = f"{program} {' '.join(verbs[: prefix + 1])}"
    if verb in ("build", "bud"):
        output = [str(one) for one in _values(words, ("-o", "--output"))]
        pushes = "--push" in words or any(
            "push=true" in one or "type=registry" in one for one in output
        )
        for image in _values(words, _TAGS):
            yield Made(image, said, pushes=pushes, context=_context(words, prefix + 1),
                       dockerfile=_one(words, _FILES))  # fmt: skip
    elif verb in ("push", "tag"):
        named = _positionals(words)[prefix + 1 :]
        if verb == "tag":
            named = named[1:]
        elif program == "buildah":
            named = named[-1:]
        for image in named:
            yield Made(_plain(image), said, builds=False, pushes=verb == "push")
    elif verb in ("imagetools", "create") and ("create" in verbs) and prefix:
        # A list of images under one name; `docker manifest create NAME IMAGE...` needs a push.
        tags = _values(words, _TAGS) if verb == "imagetools" else _positionals(words)[2:3]
        for image in tags:
            yield Made(image, said, builds=False, pushes=verb == "imagetools")
    elif verb == "bake" and "--print" not in words:
        why = Unknown(Reason.EXPRESSION, "the targets of the bake file")
        yield Made(why, said, pushes="--push" in words)


def _of_copier(program: str, words: list[Value], verb: str) -> Iterator[Made]:
    """Tools that copy images from one registry to another."""
    if verb in ("copy", "cp", "sync"):
        for image in _positionals(words)[2:3]:
            yield Made(_plain(image), f"{program} {verb}", builds=False, pushes=True)
    elif verb == "push":
        for image in _positionals(words)[2:3]:
            yield Made(image, f"{program} push", builds=False, pushes=True)
    elif verb == "tag":  # `crane tag IMAGE TAG`
        for image, tag in zip(_positionals(words)[1:2], _positionals(words)[2:3], strict=False):
            head = image.partition(":")[0] if isinstance(image, str) else image
            name = join_segments((_text(head), ":", _text(tag)))
            yield Made(name, f"{program} tag", builds=False, pushes=True)


def _plain(image: Value) -> Value:
    """The image without the transport before it."""
    if isinstance(image, str):
        return image.removeprefix("docker://")
    if isinstance(image, Segments) and image.prefix.startswith("docker://"):
        return join_segments((image.prefix.removeprefix("docker://"), *image.parts[1:]))
    return image


def _add(value: Value, text: str) -> Value:
    return join_segments((_text(value), text))


def _text(value: Value) -> str | Segments | Unknown:
    if isinstance(value, (str, Segments, Unknown)):
        return value
    return Unknown(Reason.NO_VALUE, "a text")


def _context(words: list[Value], verbs: int) -> Value:
    """What is built: the last word that is no flag."""
    named = _positionals(words)[verbs:]
    return named[-1] if named else None


def _one(words: list[Value], flags: tuple[str, ...]) -> Value:
    found = _values(words, flags)
    return found[0] if found else None


def _values(words: list[Value], flags: tuple[str, ...]) -> list[Value]:
    """What stands behind the flags: the next word, or the rest of the same one."""
    found: list[Value] = []
    for at, word in enumerate(words):
        head = word.prefix if isinstance(word, Segments) else word
        if not isinstance(head, str) or not head.startswith("-"):
            continue
        if isinstance(word, str) and word in flags:
            found += words[at + 1 : at + 2]
            continue
        for flag in flags:
            # `--tag=x`, and `-tx` of a short flag
            glued = f"{flag}=" if flag.startswith("--") or head.startswith(f"{flag}=") else flag
            if head.startswith(glued) and (len(flag) > 2 or not head.startswith("--")):
                rest = word.parts[1:] if isinstance(word, Segments) else ()
                found.append(_unjoined((head[len(glued) :], *rest)))
                break
    return found


def _unjoined(parts: tuple[str | Unknown, ...]) -> Value:
    made = join_segments(part for part in parts if part != "")
    if isinstance(made, Segments) and len(made.parts) == 1:
        return made.parts[0]
    return made


def _positionals(words: list[Value]) -> list[Value]:
    """The words that are no flags and no values of flags."""
    made: list[Value] = []
    skip = False
    for word in words:
        head = word.prefix if isinstance(word, Segments) else word
        if skip:
            skip = False
        elif isinstance(head, str) and head.startswith("-") and len(head) > 1:
            skip = word in _TAKES_VALUE
        elif not (isinstance(word, MapValue) or word is None):
            made.append(word)
    return made
