"""Images in steps that are no scripts: actions of GitHub, steps of Jenkins, Skaffold's files.

Sources: https://github.com/docker/build-push-action, https://github.com/docker/metadata-action,
https://github.com/redhat-actions, https://www.jenkins.io/doc/book/pipeline/docker/ and
https://skaffold.dev/docs/references/yaml/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from plumbrule_parsers.document import Node
from plumbrule_parsers.image_builds.commands import Made
from plumbrule_parsers.image_builds.texts import lines_of
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Reason,
    Segments,
    Unknown,
    Value,
    join_segments,
)

_BUILD_PUSH = ("docker/build-push-action", "depot/build-push-action", "int128/kaniko-action")
_METADATA = "docker/metadata-action"
_OUTPUT = re.compile(r"(?:steps|needs)\.([\w-]+)\.outputs\.([\w-]+)")
_Fill = Callable[[Value], Value]


def made_by_step(node: Node, siblings: Mapping[str, Node], filled: _Fill) -> Iterator[Made]:
    """The images of a step of GitHub Actions; `siblings` are the steps of its job by their id."""
    uses, given = node.fields.get("uses"), node.fields.get("with")
    slug = uses.get("slug") if isinstance(uses, MapValue) else None
    settings = given if isinstance(given, MapValue) else MapValue(node.span.source, 0, 0)

    def setting(*names: str) -> Value:
        return next((filled(settings[name]) for name in names if name in settings), None)

    if slug in _BUILD_PUSH:
        pushes = _switch(setting("push"), otherwise=slug == "int128/kaniko-action")
        outputs = setting("outputs")
        if pushes is False and outputs is not None:
            said = str(outputs)
            pushes = "type=registry" in said or "push=true" in said
        for image in _from_metadata(lines_of(setting("tags")), siblings, filled):
            yield Made(image, str(slug), pushes=pushes, context=setting("context"),
                       dockerfile=setting("file"))  # fmt: skip
    elif slug in ("docker/bake-action", "depot/bake-action"):
        why = Unknown(Reason.EXPRESSION, "the targets of the bake file")
        yield Made(why, str(slug), pushes=_switch(setting("push"), otherwise=False))
    elif slug in ("redhat-actions/buildah-build", "redhat-actions/push-to-registry"):
        push = slug == "redhat-actions/push-to-registry"
        registry = setting("registry") if push else ""
        for image in _tagged(setting("image"), setting("tags"), registry):
            yield Made(image, str(slug), builds=not push, pushes=push, context=setting("context"),
                       dockerfile=setting("containerfiles", "dockerfiles"))  # fmt: skip
    elif slug == "mr-smithers-excellent/docker-build-push":
        for image in _tagged(setting("image"), setting("tags"), setting("registry")):
            yield Made(image, str(slug), pushes=True, context=setting("directory"),
                       dockerfile=setting("dockerfile"))  # fmt: skip
    elif slug == "elgohr/Publish-Docker-Github-Action":
        for image in _tagged(setting("name"), setting("tags"), setting("registry")):
            yield Made(image, str(slug), pushes=True, context=setting("context"),
                       dockerfile=setting("dockerfile"))  # fmt: skip


def _switch(value: Value, *, otherwise: bool) -> bool | Unknown:
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.strip().lower() == "true"
    if isinstance(value, Unknown):
        return value
    return value.unknowns[0] if isinstance(value, Segments) else otherwise


def _tagged(image: Value, tags: Value, registry: Value) -> Iterator[Value]:
    """The image under each of the tags, in the registry if that is given apart."""
    if not isinstance(image, (str, Segments, Unknown)):
        return
    name = image
    if isinstance(registry, (str, Segments, Unknown)) and registry != "":
        if isinstance(registry, str):
            registry = registry.rstrip("/")
        name = join_segments((registry, "/", image))
    listed = list(lines_of(tags)) if tags is not None else []
    words: list[Value] = []
    for one in listed:
        words += one.split() if isinstance(one, str) else [one]
    for tag in words or [""]:
        if isinstance(tag, (str, Segments, Unknown)):
            yield join_segments((name, ":", tag)) if tag != "" else name


def _from_metadata(
    tags: Iterator[Value], siblings: Mapping[str, Node], filled: _Fill
) -> Iterator[Value]:  # fmt: skip
    """The tags; those that `docker/metadata-action` puts out become its images, tags unknown."""
    for tag in tags:
        found = _OUTPUT.search(tag.detail) if isinstance(tag, Unknown) else None
        step = siblings.get(found[1]) if found is not None else None
        uses = step.fields.get("uses") if step is not None else None
        given = step.fields.get("with") if step is not None else None
        known = isinstance(uses, MapValue) and uses.get("slug") == _METADATA
        if not known or not isinstance(given, MapValue):
            yield tag
            continue
        for image in lines_of(filled(given.get("images"))):
            if isinstance(image, str):
                name: Value = image.removeprefix("name=")
            else:
                name = image
            if isinstance(name, (str, Segments, Unknown)) and isinstance(tag, Unknown):
                yield join_segments((name, ":", tag))


def made_by_jenkins(node: Node, *, pushes: bool) -> Iterator[Made]:
    """The image of `docker.build(...)`; what pushes it may stand anywhere in the pipeline."""
    if node.fields.get("call") != "docker.build":
        return
    arguments = node.fields.get("arguments")
    image = arguments.get("_") if isinstance(arguments, MapValue) else None
    if image is not None:
        why = Unknown(Reason.EXPRESSION, "whether the image is pushed")
        yield Made(image, "docker.build", pushes=why if pushes else False)


def made_by_skaffold(node: Node) -> Iterator[Made]:
    """The images of a `skaffold.yaml`."""
    build = node.fields.get("build")
    artifacts = build.get("artifacts") if isinstance(build, MapValue) else None
    for one in artifacts if isinstance(artifacts, ListValue) else ():
        if not isinstance(one, MapValue) or one.get("image") is None:
            continue
        docker = one.get("docker")
        file = docker.get("dockerfile") if isinstance(docker, MapValue) else None
        # Skaffold tags an image as it is built, and names no other repository by itself.
        name = one["image"]
        if isinstance(name, (str, Segments, Unknown)):
            tag = Unknown(Reason.COMPUTED, "the tag that Skaffold makes")
            yield Made(join_segments((name, ":", tag)), "skaffold", pushes=True,
                       context=one.get("context"), dockerfile=file,
                       place=one.place("image"))  # fmt: skip
