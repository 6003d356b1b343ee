"""Settings of programs that no format claims: values whose names speak of a secret, as nodes.

YAML, JSON, XML and lines of `key = value` are read with their places, so that a name and its value
are known; prose, code and what only describes values (schemas, translations) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from plumbrule_parsers.document import Addresses, Node
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.secret_tokens import credential_trees
from plumbrule_parsers.secret_tokens.find import find_tokens
from plumbrule_parsers.secret_tokens.judge import A_NAME, settings_in, why_no_secret
from plumbrule_parsers.secret_tokens.names import secret_kind
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Value
from plumbrule_parsers.yaml_tree import parse_yaml

KIND: Final = "secret.Setting"
_MOST: Final = 100  # settings of one file
_MOST_TEXT: Final = 2_000_000
_DEPTH: Final = 60
_SPEAKING: Final = ("pass", "pwd", "secret", "token", "key", "credential", "bearer")
_YAML: Final = (".yaml", ".yml", ".template")
_JSON: Final = (".json", ".jsonc", ".template")
_XML: Final = (".xml", ".config")
_LINES: Final = (".ini", ".cfg", ".conf", ".cnf", ".properties", ".toml")
_DESCRIBING = re.compile(
    r"(?i)(?:^|/)(?:locales?|i18n|l10n|translations?|lang|languages|messages|schemas?|crds?)/"
    r"|\.schema\.json$|(?:^|/)(?:package-lock|composer\.lock)[^/]*$"
    r"|messages(?:_\w+)?\.properties$|\.tmlanguage\.json$"
)
_SCHEMA = re.compile(r"\A\s*\{\s*\"\$schema\"\s*:\s*\"[^\"]*json-schema")
_INTERFACE = re.compile(r"\A\s*(?:\{\s*)?[\"']?(?:openapi|swagger|asyncapi)[\"']?\s*:")
_DESCRIBED: Final = ("paths", "definitions", "components", "channels", "parameters")
# Below these stands what a value may look like.
_EXAMPLES: Final = frozenset({"example", "examples", "enum", "description", "title", "placeholder",
                              "x-example", "message", "label", "help"})  # fmt: skip
# A value whose name stands beside it, or above it.
_VALUES: Final = frozenset({"value", "default", "parametervalue", "defaultvalue", "content"})
_NAMES: Final = ("name", "key", "parameterkey", "optionname", "id", "variable")
_REST = re.compile(r"[\w.-]*+")
_FOLLOWED = re.compile(r"[\"']?\s{0,20}(?:[:=>,}\]]|[\"']|$)|\s+value=", re.MULTILINE)
_LONGEST_NAME: Final = 100
_PAIR = re.compile(r"([A-Za-z_][\w.-]{1,99})=(.+)")
_INI_LINE = re.compile(
    r"(?m)^[ \t]*(?P<key>[A-Za-z_][\w.-]{0,99})[ \t]*[=:][ \t]*"
    r"(?:\"(?P<double>[^\"\r\n]*)\"|'(?P<single>[^'\r\n]*)'|(?P<bare>[^\r\n]*?))[ \t]*\r?$"
)
Found = tuple[str, str, str, int, int]  # path, name, value, where it stands


def setting_nodes(source: Source) -> tuple[Node, ...]:
    """A `secret.Setting` for each literal beside a name that speaks of a secret.

    No field holds the literal; `harmless` says why it is none after all. What is a token of a known
    issuer is a `secret.Token` already.
    """
    text = source.text
    if len(text) > _MOST_TEXT or not _may_hold(source):
        return ()
    made: list[Node] = []
    addresses = Addresses()
    form = _form(source)
    named = _declared(source) if form == "cloudformation" else frozenset()
    for path, name, value, start, end in _settings(source):
        why = why_no_secret(name, value) if value not in named else A_NAME
        if why not in _TOLD or re.search(r"\s", value):
            continue
        if any(not token.harmless for token in find_tokens(text[start:end])):
            continue
        span = Span(source, start, end)
        fields = MapValue(source, start, end)
        for key, field in (("name", name), ("path", path), ("form", form), ("harmless", why)):
            fields.put(key, field, Place(span))
        address = addresses.unique(f"{source.path}#setting/{path}")
        made.append(Node(address, KIND, name, fields, span.first_line))
        if len(made) >= _MOST:
            break
    return tuple(made)


_TOLD: Final = frozenset({"", "it is a placeholder"})


def _may_hold(source: Source) -> bool:
    path = source.path.lower()
    if not path.endswith((*_YAML, *_JSON, *_XML, *_LINES)) or _DESCRIBING.search(path):
        return False
    lower = source.text.lower()
    if not any(word in lower for word in _SPEAKING) or _SCHEMA.match(source.text[:2_000]):
        return False
    return _speaks(source.text, lower)


def _speaks(text: str, lower: str) -> bool:
    """Whether a name speaks of a secret: asked before a tree is built, for most files hold none."""
    if len(lower) != len(text):
        return True  # a letter whose small form is two
    for word in _SPEAKING:
        at = lower.find(word)
        while at >= 0:
            start, end = at, at
            while start > max(0, at - _LONGEST_NAME) and _in_name(text[start - 1]):
                start -= 1
            rest = _REST.match(text, at)
            end = rest.end() if rest is not None else at
            name = text[start:end].strip(".")
            spoken = secret_kind(name.rpartition(".")[2])
            if spoken and _FOLLOWED.match(text, end) is not None:
                return True
            at = lower.find(word, max(end, at + 1))
    return False


def _in_name(letter: str) -> bool:
    return letter.isalnum() or letter in "_-."


def _form(source: Source) -> str:
    name = source.path.rpartition("/")[2].lower()
    if "compose" in name and re.search(r"(?m)^services:", source.text):
        return "compose"
    if re.search(r"\bAWS::\w+::\w+|AWSTemplateFormatVersion", source.text):
        return "cloudformation"
    return "settings"


_DECLARED = re.compile(r"(?m)^[ \t]*\"?([A-Za-z][A-Za-z0-9]{0,254})\"?[ \t]*:[ \t]*(?:\{|\r?$)")


def _declared(source: Source) -> frozenset[str]:
    """Names of parameters and resources: where one stands as a value, a reference was meant."""
    return frozenset(match[1] for match in _DECLARED.finditer(source.text))


def _settings(source: Source) -> Iterator[Found]:
    path, text = source.path.lower(), source.text
    json_text = text.lstrip()[:1] in ("{", "[")
    left_out = _DESCRIBED if _INTERFACE.match(text[:2_000]) else ()
    if path.endswith(_XML):
        for name, why, start, end in credential_trees.xml(text):
            if not why:
                yield name, name, text[start:end], start, end
    elif path.endswith(_LINES):
        for match in _INI_LINE.finditer(text):
            group = next(one for one in ("double", "single", "bare") if match[one] is not None)
            name = match["key"].rpartition(".")[2] or match["key"]
            if match[group] and secret_kind(name):
                yield match["key"], name, match[group], *match.span(group)
    elif json_text and path.endswith(_JSON):
        yield from _leaves(parse_json(source)[0], "", "", 0, left_out)
    elif path.endswith(_YAML):
        for document in parse_yaml(source).documents:
            yield from _leaves(document.value, "", "", 0, left_out)


def _leaves(
    owner: Value, path: str, above: str, depth: int, left_out: tuple[str, ...] = ()
) -> Iterator[Found]:
    if depth > _DEPTH or not isinstance(owner, (MapValue, ListValue)) or _tagged(owner):
        return
    pairs: list[tuple[str | int, Value]] = (
        list(owner.items()) if isinstance(owner, MapValue) else list(enumerate(owner))
    )
    for key, value in pairs:
        nested = isinstance(value, (MapValue, ListValue))
        if not nested and not (isinstance(value, str) and value):
            continue
        name = above
        if isinstance(key, str):
            lower = key.lower()
            if lower in _EXAMPLES or (not path and key in left_out):
                continue
            name = key if lower not in _VALUES else _beside(owner) or above
        if nested:
            below = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}" if path else key
            yield from _leaves(value, below, name, depth + 1, left_out)
        elif isinstance(value, str) and (
            secret_kind(name) or "\n" in value or (isinstance(key, int) and "=" in value)
        ):
            place = owner.place(key)  # type: ignore[arg-type]
            below = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}" if path else key
            if place is not None and not place.via:
                yield from _literal(below, name, value, place.value, listed=isinstance(key, int))


def _literal(path: str, name: str, value: str, span: Span, *, listed: bool) -> Iterator[Found]:
    pair = _PAIR.fullmatch(value) if listed else None
    if pair is not None:
        name, value = pair[1], pair[2]
    if "\n" in value.strip():
        at = span.start
        lines = [line for line in value.splitlines() if line.strip()]
        if 2 * len(_INI_LINE.findall(value)) < len(lines) or "(" in value:
            return  # a program, or prose
        for inner, text in settings_in(value):
            found = span.source.text.find(text, at, span.end)
            if found >= 0:
                at = found + len(text)
                yield f"{path}.{inner}", inner.rpartition(".")[2], text, found, at
    elif secret_kind(name):
        start = max(span.source.text.find(value, span.start, span.end), span.start)
        end = min(start + len(value), span.end)
        yield path, name, value, start, end


def _tagged(owner: MapValue | ListValue) -> bool:
    """`!Ref x` and `!vault |` stand for values that are elsewhere, or encrypted."""
    tag = getattr(owner, "tag", "")
    return bool(tag) and tag not in ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


def _beside(owner: Value) -> str:
    """What the value of a pair is called: `{name: DB_PASSWORD, value: ...}`."""
    if not isinstance(owner, MapValue):
        return ""
    lower = {key.lower(): value for key, value in owner.items()}
    found = next((lower[one] for one in _NAMES if isinstance(lower.get(one), str)), "")
    return str(found)
