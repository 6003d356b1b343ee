"""ConfigMaps and Secrets made of literals, files and lists of variables.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/configmapgenerator/.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Final

from plumbrule_parsers.kustomize.objects import Resource
from plumbrule_parsers.kustomize.trees import BuildError, map_at, put, string_at, text_of, written
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Reason, Unknown, Value

LINE: Final = 70  # letters of encoded data in one line
_GENERATED = "generated here"
Read = Callable[[str, Span], Source | bytes | None]
Entry = tuple[str, Value, Place]


def generate(kind: str, args: MapValue, common: MapValue | None, read: Read) -> Resource:
    """The object that one entry of a generator makes.

    `common` are the kustomization's `generatorOptions`; `read` gives a file of the kustomization,
    its bytes if it is no text, None if it is too large, and raises BuildError if it is absent.
    """
    name = string_at(args, "name")
    span = args.span.first_line
    if not name:
        raise BuildError("generator", f"a generator of a {kind} needs a `name`", span)
    at = args.place("name") or Place(span)
    body = MapValue(args.source, args.start, args.end)
    body.put("apiVersion", "v1", Place(at.value))
    body.put("kind", kind, Place(at.value))
    metadata = MapValue(args.source, args.start, args.end)
    metadata.put("name", name, at)
    if string_at(args, "namespace"):
        metadata.put("namespace", string_at(args, "namespace"), args.place("namespace"))
    own = map_at(args, "options")
    for field in ("labels", "annotations"):
        found = _options(own, common, field, args)
        if found:
            metadata.put(field, found, at)
    body.put("metadata", metadata, at)
    if kind == "Secret":
        place = args.place("type") or Place(at.value)
        body.put("type", string_at(args, "type") or "Opaque", place)
    _fill(body, kind, args, at, read)
    if _flag(own, common, "immutable"):
        body.put("immutable", True, at)
    namespace = string_at(args, "namespace") or "default"
    resource = Resource(body, args.source, at.entry.first_line, (kind, namespace, name))
    resource.hashed = not _flag(own, common, "disableNameSuffixHash")
    resource.behavior = string_at(args, "behavior") or "create"
    return resource


def _flag(own: MapValue | None, common: MapValue | None, key: str) -> bool:
    return any(one is not None and one.get(key) is True for one in (own, common))


def _options(
    own: MapValue | None, common: MapValue | None, field: str, args: MapValue
) -> MapValue | None:
    made = MapValue(args.source, args.start, args.start)
    for options in (common, own):
        found = map_at(options, field) if options is not None else None
        for key in found or ():
            assert found is not None
            put(made, key, written(found, key), found.place(key))
    return made or None


def _fill(body: MapValue, kind: str, args: MapValue, at: Place, read: Read) -> None:
    data = MapValue(args.source, args.start, args.end)
    binary = MapValue(args.source, args.start, args.end)
    for key, value, place in _entries(args, read):
        if key in data or key in binary:
            raise BuildError("generator", f"the key `{key[:60]}` is generated twice",
                             place.value.first_line)  # fmt: skip
        if isinstance(value, (Unknown, _Encoded)):
            (data if kind == "Secret" else binary).put(
                key, value if isinstance(value, Unknown) else str(value), place
            )
        else:
            text = text_of(value)
            data.put(key, encoded(text) if kind == "Secret" else text, place)
    if data or kind == "Secret":
        body.put("data", data, at)
    if binary:
        body.put("binaryData", binary, at)


class _Encoded(str):
    """What is no text, in Base64."""

    __slots__ = ()


def encoded(text: str | bytes) -> str:
    """The content in Base64, long ones in lines."""
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    found = base64.b64encode(content).decode("ascii")
    if len(found) < LINE:
        return found
    lines = [found[start : start + LINE] for start in range(0, len(found), LINE)]
    return "\n".join((*lines, ""))


def _entries(args: MapValue, read: Read) -> Iterator[Entry]:
    """Variables first, then literals, then files."""
    for path, span in _texts(args, "envs", "env"):
        source = read(path, span)
        if not isinstance(source, Source):
            raise BuildError("generator", f"`{path[:80]}` is no text", span)
        yield from _variables(source, span)
    for text, span in _texts(args, "literals"):
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise BuildError("generator", f"`{text[:60]}` is no `key=value`", span)
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        yield key, value, Place(span)
    for text, span in _texts(args, "files"):
        key, equals, path = text.partition("=")
        if text.count("=") > 1 or (equals and not (key and path)):
            raise BuildError("generator", f"`{text[:80]}` is no `key=path`", span)
        if not equals:
            key, path = text.rpartition("/")[2], text
        source = read(path, span)
        if source is None:
            yield key, Unknown(Reason.LIMIT, f"{path} is too large", span), Place(span)
            continue
        if isinstance(source, bytes):
            yield key, _Encoded(encoded(source)), Place(span)
            continue
        whole = source.whole()
        hops = (Hop(span, _GENERATED), Hop(whole.first_line, "the content"))
        yield key, source.text, Place(whole, via=hops)


def _texts(args: MapValue, *names: str) -> Iterator[tuple[str, Span]]:
    for name in names:
        value = args.get(name)
        place = args.place(name)
        if isinstance(value, str) and name == "env" and place is not None:
            yield value, place.value
        for index, item in enumerate(value if isinstance(value, ListValue) else ()):
            assert isinstance(value, ListValue)
            at = value.place(index)
            span = at.value if at is not None else args.span.first_line
            if not isinstance(item, str):
                raise BuildError("kustomization-type", f"an item of `{name}` must be text", span,
                                 "put it into quotes")  # fmt: skip
            yield item, span


def _variables(source: Source, span: Span) -> Iterator[Entry]:
    start = 0
    for line in source.text.split("\n"):
        text = line.removesuffix("\r").removeprefix("\ufeff").lstrip()
        if text and not text.startswith("#"):
            key, _, value = text.partition("=")
            at = Span(source, start + line.index(text[0]), start + len(line.rstrip("\r")))
            yield key, value, Place(at, via=(Hop(span, _GENERATED), Hop(at, "the value")))
        start += len(line) + 1


# ------------------------------------------------------------------ behaviour
def absorb(resources: list[Resource], new: Resource) -> None:
    """Add a generated object, or let it replace or complete the one that is there.

    BuildError: there is one although it is to be created, or none although it is not.
    """
    now = new.identity
    found = [one for one in resources if one.identity == now or now in one.past]
    asked = new.behavior
    if asked not in ("merge", "replace"):
        if found:
            raise BuildError("same-object", f"{now.kind} {now.name} is there already", new.at,
                             "set `behavior` to `merge` or `replace`")  # fmt: skip
        resources.append(new)
        return
    if len(found) != 1:
        what = "several objects are" if found else "no object is"
        raise BuildError("no-target", f"{what} {now.kind} {now.name}, which `behavior: {asked}` "
                         "needs", new.at)  # fmt: skip
    old = found[0]
    _keep_metadata(new, old)
    if asked == "merge":
        for field in ("data", "binaryData"):
            _merge_entries(new.body, old.body, field)
    new.hashed = new.hashed and old.hashed
    new.behavior = old.behavior
    new.past, new.prefixes, new.suffixes = old.past, old.prefixes, old.suffixes
    new.variables = list(old.variables)
    new.home, new.at, new.declared = old.home, old.at, old.declared
    resources[resources.index(old)] = new


def _keep_metadata(new: Resource, old: Resource) -> None:
    metadata = map_at(new.body, "metadata")
    before = map_at(old.body, "metadata")
    if metadata is None or before is None:
        return
    for field in ("labels", "annotations"):
        _merge_entries(metadata, before, field)
    for field in ("name", "namespace"):
        if field in before:
            metadata.put(field, before[field], before.place(field))


def _merge_entries(new: MapValue, old: MapValue, field: str) -> None:
    """The old entries with the new ones over them, all as texts."""
    before, after = map_at(old, field), map_at(new, field)
    if not before and not after:
        new.pop(field, None)
        return
    made = MapValue(new.source, new.start, new.end)
    for entries in (before, after):
        for key in entries or ():
            assert entries is not None
            value: Value = entries[key]
            put(made, key, value if isinstance(value, (str, Unknown)) else written(entries, key),
                entries.place(key))  # fmt: skip
    place = new.place(field) or old.place(field)
    new.put(field, made, place)
