"""Files that a rule of SOPS says are encrypted, and whether they are.

Source of the rules: https://getsops.io/docs/#using-sopsyaml-conf-to-select-kms-pgp-and-age-for-new-files
Files of git-crypt are left out: in a working copy that is unlocked they are readable by right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.go_regex import GoPattern, RegexError, compile_go
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Place
from plumbrule_parsers.yaml_tree import parse_yaml

KIND: Final = "secret.SopsFile"
_READ: Final = (".yaml", ".yml", ".json", ".env", ".ini")
_SEALED: Final = ("ENC[AES256_GCM", "sops:", '"sops"', "sops_version=", "[sops]")
_KEY: Final = re.compile(r"(?m)^[ \t-]*[\"']?([\w.-]+)[\"']?[ \t]*[:=]")
_MOST: Final = 500  # files that are looked at


@dataclass(frozen=True, slots=True)
class Rule:
    """One creation rule: which paths, and which keys of them. None: all."""

    paths: GoPattern | None
    keys: GoPattern | None


def sops_files(tree: FileTree) -> Iterator[Document]:
    """A document with a `secret.SopsFile` for each file that holds what a rule encrypts."""
    looked = 0
    paths = list(tree.paths())
    configs = (path for path in paths if path.rpartition("/")[2] in (".sops.yaml", ".sops.yml"))
    for config in configs:
        source = tree.read(config)
        rules = list(_rules(source)) if source is not None else []
        folder = config.rpartition("/")[0]
        start = f"{folder}/" if folder else ""
        for path in paths:
            if not path.startswith(start) or not path.endswith(_READ) or path == config:
                continue
            below = path[len(start) :]
            taking = (one for one in rules if one.paths is None or one.paths.search(below))
            rule = next(taking, None)
            if rule is None or rule.paths is None:
                continue  # a rule for every path is a default for new files
            looked += 1
            file = tree.read(path) if looked <= _MOST else None
            if file is None or not file.text.strip():
                continue
            sealed = any(mark in file.text for mark in _SEALED)
            if sealed or _holds(file.text, rule):
                yield _document(file, config, sealed=sealed)


def _rules(source: Source) -> Iterator[Rule]:
    for document in parse_yaml(source).documents:
        listed = document.value.get("creation_rules") if isinstance(document.value, MapValue) else 0
        for entry in listed if isinstance(listed, ListValue) else ():
            if isinstance(entry, MapValue):
                try:
                    yield Rule(_compiled(entry, "path_regex"), _compiled(entry, "encrypted_regex"))
                except RegexError:
                    return  # which rule takes a file cannot be told any more


def _compiled(entry: MapValue, key: str) -> GoPattern | None:
    value = entry.get(key)
    return compile_go(value) if isinstance(value, str) and value else None


def _holds(text: str, rule: Rule) -> bool:
    """Whether the text holds what the rule encrypts; a template does not, what it becomes may."""
    if "{{" in text:
        return False
    keys = rule.keys
    return keys is None or any(keys.search(match[1]) for match in _KEY.finditer(text))


def _document(file: Source, config: str, *, sealed: bool) -> Document:
    span = file.span(0, len(file.text)).first_line
    name = file.path.rpartition("/")[2]
    fields = MapValue(file, 0, len(file.text))
    for key, value in (("name", name), ("config", config), ("encrypted", sealed)):
        fields.put(key, value, Place(span))
    node = Node(f"{file.path}#sops", KIND, name, fields, span)
    return Document(file, "text", (node,))
