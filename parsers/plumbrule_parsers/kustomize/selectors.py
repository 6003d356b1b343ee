"""Which objects a patch, a replacement or a target means: patterns of names, and label selectors.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from plumbrule_parsers.go_regex import GoPattern, RegexError, compile_go
from plumbrule_parsers.kustomize.objects import DEFAULT, Identity, Resource
from plumbrule_parsers.kustomize.trees import BuildError, map_at, written
from plumbrule_parsers.value import MapValue

Labels = Mapping[str, str]
Test = Callable[[Labels], bool]
_TERM = re.compile(
    r"\s*(?:(?P<not>!)\s*)?(?P<key>[^\s!=<>(),]+)\s*"
    r"(?:(?P<op>==|=|!=|>|<)\s*(?P<value>[^\s,()]*)"
    r"|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?\s*(?:,|\Z)"
)


@lru_cache(maxsize=256)
def label_test(selector: str) -> Test:
    """The meaning of `a=b,c in (d,e),!f`. BuildError: it cannot be read."""
    tests: list[Test] = []
    at = 0
    while at < len(selector):
        found = _TERM.match(selector, at)
        if found is None or found.end() == at:
            raise BuildError("selector", f"`{selector[:80]}` is no label selector")
        tests.append(_term(found))
        at = found.end()
    return lambda labels: all(test(labels) for test in tests)


def _term(found: re.Match[str]) -> Test:
    key, operator, value = found["key"], found["op"], found["value"]
    if found["set"]:
        values = {one.strip() for one in found["values"].split(",")}
        if found["set"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if operator in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        return lambda labels: labels.get(key) != value
    if operator:
        return lambda labels: _compared(labels.get(key), operator, value)
    if found["not"]:
        return lambda labels: key not in labels
    return lambda labels: key in labels


def _compared(label: str | None, operator: str, value: str) -> bool:
    try:
        left, right = int(label or ""), int(value)
    except ValueError:
        return False
    return left > right if operator == ">" else left < right


def texts_at(resource: Resource, field: str) -> Labels:
    """The labels or annotations of an object as texts."""
    found = map_at(resource.body, "metadata", field)
    return {key: written(found, key) for key in found} if found is not None else {}


def fits_labels(resource: Resource, labels: str, annotations: str) -> bool:
    """True if labels and annotations are as the two selectors ask."""
    return (not labels or label_test(labels)(texts_at(resource, "labels"))) and (
        not annotations or label_test(annotations)(texts_at(resource, "annotations"))
    )


@lru_cache(maxsize=1024)
def _pattern(text: str) -> GoPattern:
    try:
        return compile_go(f"^(?:{text})$")
    except RegexError as error:
        raise BuildError("regex", f"`{text[:60]}` is no regular expression: {error}") from error


class _Pattern:
    """A pattern of names; each name is matched once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.known: dict[str, bool] = {text: True}
        self.expression = _pattern(text) if text else None

    def fits(self, name: str) -> bool:
        """True if the pattern is the name, matches it, or is empty."""
        expression = self.expression
        if expression is None:
            return True
        found = self.known.get(name)
        if found is None:
            try:
                found = self.known[name] = expression.search(name) is not None
            except RegexError as error:
                raise BuildError("regex", f"`{self.text[:60]}` takes too long: {error}") from error
        return found


@lru_cache(maxsize=64)
def _matcher(text: str) -> _Pattern:
    """The pattern with what it matched so far: patches repeat their targets."""
    return _Pattern(text)


def select(resources: Iterable[Resource], target: MapValue) -> list[Resource]:
    """The objects that a target with patterns means, by their first or their present names."""
    wanted = {key.lower(): written(target, key) for key in target}
    labels, annotations = wanted.get("labelselector", ""), wanted.get("annotationselector", "")
    kind, name, group, version, namespace = (
        _matcher(wanted.get(key, "")) for key in ("kind", "name", "group", "version", "namespace")
    )
    found = []
    for resource in resources:
        past = resource.past[0] if resource.past else None
        if not (name.fits(resource.name) or (past is not None and name.fits(past.name))):
            continue
        if not kind.fits(resource.kind):
            continue
        now = resource.identity
        if (
            group.fits(now.group)
            and version.fits(now.version)
            and (namespace.fits(now.namespace) or (
                past is not None and namespace.fits(past.namespace)
            ))
            and fits_labels(resource, labels, annotations)
        ):  # fmt: skip
            found.append(resource)
    return found


def selected(identity: Identity, wanted: Mapping[str, str]) -> bool:
    """True if the identity is what a selector without patterns names."""
    namespace = wanted.get("namespace", "")
    return (
        wanted.get("kind", "") in ("", identity.kind)
        and wanted.get("name", "") in ("", identity.name)
        and wanted.get("group", "") in ("", identity.group)
        and wanted.get("version", "") in ("", identity.version)
        and (not namespace or (namespace or DEFAULT) == identity.namespace)
    )


def identities(resource: Resource) -> list[Identity]:
    """What the object is called now, and all that it was called; types are the present ones."""
    now = resource.identity
    return [now, *(past._replace(group=now.group, version=now.version) for past in resource.past)]
