"""Deployments: which unit of the repository a command of a pipeline puts to work.

`helm upgrade web ./charts/web -f values-prod.yaml`, `kubectl apply -k overlays/prod`,
`terraform -chdir=envs/prod apply` name folders; each becomes a reference to the unit that stands
there. A path that the pipeline computes leads nowhere, and one outside the repository neither.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from plumbrule_parsers.document import Document, Node, Reference, ToMatch
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown, Value

CHART, OVERLAY, ROOT = "helm chart", "kustomize overlay", "terraform root"
# Flags of helm and kubectl whose value is the next word.
_TAKES_VALUE: Final = frozenset(
    ("-f", "--values", "-n", "--namespace", "--set", "--set-string", "--set-file", "--version",
     "--timeout", "--kube-context", "--context", "--kubeconfig", "--repo", "--set-json", "-k",
     "--kustomize", "--filename", "-l", "--selector", "-o", "--output", "--description")
)  # fmt: skip
_HELM: Final = frozenset(("upgrade", "install"))
_KUBECTL: Final = frozenset(("apply", "create", "replace"))


def deployments(document: Document) -> Iterator[Reference]:
    """The references from the commands of one pipeline to the units that they deploy."""
    by_address = {node.address: node for node in document.nodes}
    for node in document.nodes:
        if node.kind == "sh.Command":
            folder = command_folder(node, by_address, document.source)
            if folder is not None:
                yield from _of_command(node, folder)


def command_folder(node: Node, by_address: Mapping[str, Node], source: Source) -> str | None:
    """The folder in which the command runs; None where that cannot be told."""
    step = by_address.get(node.parent)
    while step is not None and "run" not in step.fields and step.kind.endswith("Command"):
        step = by_address.get(step.parent)
    if step is None:
        return None
    base = source.path.partition(".github/")[0] if ".github/" in source.path else ""
    if not base and ".github/" not in source.path:
        base = source.path.rpartition("/")[0]
    within = step.fields.get("working_directory")
    if within is not None and not isinstance(within, str):
        return None
    return joined(base, within or ".")


def joined(base: str, path: str) -> str | None:
    """A path of a command as a folder of the repository, `.` for its root."""
    if path.startswith(("/", "~", "$")) or "://" in path:
        return None
    full = posixpath.normpath(posixpath.join(base, path))
    return None if full.startswith("..") else full


def _of_command(node: Node, folder: str) -> Iterator[Reference]:
    words = node.fields.get("words")
    listed = list(words) if isinstance(words, ListValue) else []
    program, sub = node.fields.get("program"), node.fields.get("subcommand")
    if program == "helm" and sub in _HELM:
        yield from _helm(node, listed, folder)
    elif program == "kubectl" and sub in _KUBECTL:
        for path in _values_of(listed, ("-k", "--kustomize")):
            yield from _unit(node, folder, path, OVERLAY)
        for path in _values_of(listed, ("-f", "--filename")):
            yield from _manifests(node, folder, path)
    elif program == "kustomize" and sub == "build" and "kubectl" in _texts(node, "writes_to"):
        for path in _positionals(listed)[1:2]:
            yield from _unit(node, folder, path, OVERLAY)
    elif program in ("terraform", "tofu", "terragrunt") and sub == "apply":
        changed = [word.removeprefix("-chdir=") for word in listed
                   if isinstance(word, str) and word.startswith("-chdir=")]  # fmt: skip
        form = "terragrunt unit" if program == "terragrunt" else ROOT
        yield from _unit(node, folder, changed[0] if changed else ".", form)


def _helm(node: Node, words: list[Value], folder: str) -> Iterator[Reference]:
    """The chart with the value set that `-f` names, with its defaults if it names none."""
    named = _positionals(words)[1:]  # behind the subcommand: the release's name and the chart
    chart = named[1] if len(named) > 1 else None
    place = joined(folder, chart) if isinstance(chart, str) else None
    if place is None:
        return
    files = list(_values_of(words, ("-f", "--values")))
    paths = [joined(folder, one) if isinstance(one, str) else None for one in files]
    equals: list[tuple[str, Value]] = [("folder", place), ("form", CHART)]
    doubt = None
    if any(path is None for path in paths):
        doubt = Unknown(Reason.EXPRESSION, "the values files of the command", node.span)
    elif paths:
        source, at = node.span.source, node.span.start
        equals.append(("inputs", ListValue(source, at, at, paths)))
    else:
        equals.append(("label", ""))
    target = ToMatch(("core.Unit",), tuple(equals))
    yield Reference("deploys", node.address, target, node.span, doubt)


def _unit(node: Node, folder: str, path: Value, form: str) -> Iterator[Reference]:
    place = joined(folder, path) if isinstance(path, str) else None
    if place is not None:
        target = ToMatch(("core.Unit",), (("folder", place), ("form", form)))
        yield Reference("deploys", node.address, target, node.span)


def _manifests(node: Node, folder: str, path: Value) -> Iterator[Reference]:
    if not isinstance(path, str) or path == "-":
        return
    is_file = path.endswith((".yaml", ".yml", ".json"))
    yield from _unit(node, folder, posixpath.dirname(path) or "." if is_file else path, "manifests")


def _texts(node: Node, name: str) -> list[str]:
    found = node.fields.get(name)
    listed: Iterable[Value] = found if isinstance(found, ListValue) else ()
    return [one for one in listed if isinstance(one, str)]


def _values_of(words: list[Value], flags: tuple[str, ...]) -> Iterator[Value]:
    """What stands behind the flags, as a word of its own or behind `=`."""
    for at, word in enumerate(words):
        if not isinstance(word, str):
            if isinstance(word, Segments) and word.prefix.startswith(tuple(f"{f}=" for f in flags)):
                yield word
            continue
        if word in flags and at + 1 < len(words):
            yield words[at + 1]
        for flag in flags:
            if word.startswith(f"{flag}="):
                yield word[len(flag) + 1 :]


def _positionals(words: list[Value]) -> list[Value]:
    """The words that are no flags and no values of flags."""
    made: list[Value] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif isinstance(word, str) and word.startswith("-"):
            skip = word in _TAKES_VALUE
        elif not (isinstance(word, MapValue) or word is None):
            made.append(word)
    return made
