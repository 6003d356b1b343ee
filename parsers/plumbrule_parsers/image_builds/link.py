"""Builds of images as nodes, from the Dockerfile to what runs the image.

Works on the documents of all formats together, once these are resolved: commands of scripts, steps
that build, and the containers, jobs and stages that name images.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from plumbrule_parsers.document import Addresses, Document, Node, Reference, ToAddress
from plumbrule_parsers.image_builds.commands import Made, made_by_command
from plumbrule_parsers.image_builds.image_names import (
    ImageName,
    choices,
    image_name,
    same_image,
    same_repository,
)
from plumbrule_parsers.image_builds.steps import made_by_jenkins, made_by_skaffold, made_by_step
from plumbrule_parsers.image_builds.texts import script_text, variables_at
from plumbrule_parsers.shell_tree.deploys import command_folder, joined
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown, Value

KIND = "ci.ImageBuild"
_RUNS = (
    "k8s.Container", "compose.Service", "run.Container", "docker.Stage", "gha.Job", "gitlab.Job",
    "jenkins.Job",
)  # fmt: skip
_BUILDS = ("sh.Command", "gha.Step", "jenkins.Step", "k8s.CustomObject")


def with_image_builds(documents: Iterable[Document]) -> list[Document]:
    """The documents with the images that they build, and edges to what is built and what runs."""
    ordered = list(documents)
    made = [_builds_of(document) for document in ordered]
    if not any(made):
        return ordered
    files = {
        node.path: node.address for document in ordered for node in document.nodes
        if node.kind == "docker.File"
    }  # fmt: skip
    users = _Users(ordered)
    found: list[Document] = []
    for document, builds in zip(ordered, made, strict=True):
        if not builds:
            found.append(document)
            continue
        references = [
            reference for node, name in builds
            for reference in (*_from_file(node, files), *users.of(node, name))
        ]  # fmt: skip
        found.append(replace(
            document, nodes=(*document.nodes, *(node for node, _name in builds)),
            references=(*document.references, *references),
        ))  # fmt: skip
    return found


# ------------------------------------------------------------------ builds
def _builds_of(document: Document) -> list[tuple[Node, ImageName]]:
    if all(node.kind not in _BUILDS for node in document.nodes):
        return []
    by_address = {node.address: node for node in document.nodes}
    scripts = _Scripts(document)
    addresses = Addresses()
    found: list[tuple[Node, ImageName]] = []
    for node in document.nodes:
        for made in _made(node, document, by_address, scripts):
            for image in choices(made.image):
                name = image_name(image)
                if name is not None:
                    one = replace(made, image=image)
                    found.append((_node(node, one, name, by_address, document, addresses), name))
    return found


def _made(
    node: Node, document: Document, by_address: Mapping[str, Node], scripts: _Scripts
) -> Iterator[Made]:
    if node.kind == "sh.Command":
        words = node.fields.get("words")
        program = node.fields.get("program")
        if not isinstance(words, ListValue) or not isinstance(program, str):
            return
        found = list(made_by_command(program, list(words), _none))
        if not found:
            return
        variables = variables_at(node, by_address, scripts.of)
        filled = [variables.filled(word) for word in words]
        yield from made_by_command(program, filled, lambda name: variables.filled(_none(name)))
    elif node.kind == "gha.Step" and "uses" in node.fields:
        variables = variables_at(node, by_address, scripts.of)
        yield from made_by_step(node, scripts.siblings(node), variables.filled)
    elif node.kind == "jenkins.Step":
        yield from made_by_jenkins(node, pushes=".push(" in document.source.text)
    elif node.kind == "k8s.CustomObject":
        version = node.fields.get("api_version")
        if isinstance(version, str) and version.startswith("skaffold/"):
            yield from made_by_skaffold(node)


def _none(name: str) -> Unknown:
    return Unknown(Reason.ENVIRONMENT, f"${name}")


class _Scripts:
    """What the scripts of a file say, and which steps have which id."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.texts: dict[str, list[str]] = {}
        self.steps: dict[str, dict[str, Node]] = {}
        for node in document.nodes:
            if "run" in node.fields:
                text = script_text(node.fields["run"])
                self.texts.setdefault(node.address, []).append(text)
                self.texts.setdefault(node.parent, []).append(text)
            identity = node.fields.get("id") if node.kind == "gha.Step" else None
            if isinstance(identity, str):
                self.steps.setdefault(node.parent, {})[identity] = node

    def of(self, node: Node) -> str:
        """All scripts of the step or job; the whole file of a script."""
        if node.kind == "sh.Script":
            return self.document.source.text
        return "\n".join(self.texts.get(node.address, ()))

    def siblings(self, node: Node) -> Mapping[str, Node]:
        """The steps of the same job by their id."""
        return self.steps.get(node.parent, {})


def _node(
    owner: Node, made: Made, name: ImageName, by_address: Mapping[str, Node], document: Document,
    addresses: Addresses,
) -> Node:  # fmt: skip
    span = owner.span
    given = owner.fields.get("with")
    place = given.place("tags") if isinstance(given, MapValue) else None
    place = made.place or place
    if place is not None and place.value.source is span.source:
        span = place.entry.first_line
    at = Place(span)
    fields = MapValue(span.source, span.start, span.end)
    shown = shown_image(made.image)
    fields.put("name", shown, at)
    fields.put("image", made.image, at)
    fields.put("repository", name.repository, at)
    if name.tag is not None:
        fields.put("tag", name.tag, at)
    fields.put("home", name.home, at)
    fields.put("tool", made.tool, at)
    fields.put("builds", made.builds, at)
    fields.put("pushes", made.pushes, at)
    fields.put("named", not isinstance(name.repository, Unknown), at)
    if made.builds:
        _put_paths(fields, owner, made, by_address, document, at)
    address = addresses.unique(f"{owner.address}/image/{shown}")
    verb = "push" if not made.builds else "build"
    return Node(address, KIND, f"{verb} of {shown}", fields, span, owner.address,
                unit=owner.unit, variant=owner.variant)  # fmt: skip


def _put_paths(
    fields: MapValue, owner: Node, made: Made, by_address: Mapping[str, Node],
    document: Document, at: Place,
) -> None:  # fmt: skip
    """The context and the Dockerfile as paths of the repository, where they are known."""
    folder: str | None
    if owner.kind == "sh.Command":
        folder = command_folder(owner, by_address, document.source)
    elif owner.kind == "gha.Step":
        head, found, _ = document.source.path.partition(".github/")
        folder = head if found else document.source.path.rpartition("/")[0]
    else:
        folder = document.source.path.rpartition("/")[0] or "."
    context, file = made.context, made.dockerfile
    if folder is None:
        return
    where = joined(folder, context or ".") if context is None or isinstance(context, str) else None
    if where is not None:
        fields.put("context", where, at)
    if isinstance(file, str):
        # Kaniko and Skaffold look below the context, everybody else below the working folder.
        base = where if made.tool in ("kaniko", "skaffold") else folder
        path = joined(base, file) if base is not None else None
    else:
        path = posixpath.join(where, "Dockerfile") if where is not None and file is None else None
    if path is not None:
        fields.put("dockerfile", posixpath.normpath(path), at)


def shown_image(value: Value) -> str:
    """The image as people read it."""
    if isinstance(value, Unknown):
        return "<?>"
    return str(value)[:120]


# ------------------------------------------------------------------ edges
def _from_file(node: Node, files: Mapping[str, str]) -> Iterator[Reference]:
    path = node.fields.get("dockerfile")
    if not isinstance(path, str):
        return
    folder = posixpath.dirname(path)
    for one in (path, posixpath.join(folder, "Containerfile")):
        if one in files:
            yield Reference("built_by", node.address, ToAddress(files[one]), node.span,
                            reverse=True)  # fmt: skip
            return


class _Users:
    """What names images, by the last part of the repository."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.by_last: dict[str, list[tuple[Node, ImageName]]] = {}
        self.all: list[tuple[Node, ImageName]] = []
        for document in documents:
            for node in document.nodes:
                if node.kind not in _RUNS:
                    continue
                for image in choices(node.fields.get("image")):
                    name = image_name(image)
                    if name is not None and not isinstance(name.repository, Unknown):
                        self.all.append((node, name))
                        self.by_last.setdefault(name.last, []).append((node, name))

    def of(self, build: Node, name: ImageName) -> Iterator[Reference]:
        """The edges from a build to what runs its image."""
        if isinstance(name.repository, Unknown):
            return
        # Only a name whose end is unknown may have any end.
        some = self.all
        if name.last:
            some = [*self.by_last.get(name.last, ()), *self.by_last.get("", ())]
        for node, used in some:
            verdict = same_image(name, used)
            if verdict is None:
                continue
            doubt = verdict if isinstance(verdict, Unknown) else None
            if verdict is False:
                repository = same_repository(name, used)
                doubt = repository if isinstance(repository, Unknown) else Unknown(
                    Reason.TIME, f"the tag is not that of {shown_image(build.fields['image'])}",
                    build.span,
                )  # fmt: skip
            yield Reference("supplies", build.address, ToAddress(node.address), build.span, doubt)
