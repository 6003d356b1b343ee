"""The built-in functions: names, parameters, results, words. `evaluate.functions` implements them.

A parameter's type `any` takes everything; `maybe` parameters take a missing value. A result named
`first` has the type of the first argument, `item` that of its items.
"""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule.language.types import ANY, BOOL, FLOAT, INT, STRING, Type, list_of

TEXT = STRING
STRINGS = list_of(STRING)


@dataclass(frozen=True, slots=True)
class Signature:
    """One built-in function."""

    params: tuple[tuple[str, Type], ...]
    result: Type | str
    doc: str
    required: int = -1  # how many parameters must be given; -1: all


def _of(params: str, result: Type | str, doc: str, required: int = -1) -> Signature:
    types = {
        "string": STRING, "int": INT, "float": FLOAT, "any": ANY, "list": list_of(ANY),
        "strings": STRINGS, "map": Type("map", (STRING, ANY)), "pattern": Type("pattern"),
        "cidr": Type("cidr"), "bool": BOOL, "any?": ANY.maybe(), "string?": STRING.maybe(),
    }  # fmt: skip
    pairs = []
    for part in params.split(", ") if params else ():
        name, _, type_ = part.partition(": ")
        pairs.append((name, types[type_]))
    return Signature(tuple(pairs), result, doc, required)


SIGNATURES: dict[str, Signature] = {
    "text": _of("value: any", TEXT, "the value as text; lists and maps as JSON"),
    "lower": _of("text: string", TEXT, "lower case"),
    "upper": _of("text: string", TEXT, "upper case"),
    "trim": _of("text: string", TEXT, "without white space at both ends"),
    "length": _of("value: any", INT, "characters of a string, items of a list, entries of a map"),
    "join": _of("items: list, separator: string", TEXT, "the items' texts, separated"),
    "split": _of("text: string, separator: string", STRINGS, "the parts between separators"),
    "replace": _of("text: string, old: string, new: string", TEXT, "each occurrence replaced"),
    "truncate": _of("text: string, max: int", TEXT, "at most so many characters, `…` if cut"),
    "redact": _of("text: string", TEXT, "at most the first four characters, then `…`"),
    "basename": _of("path: string", TEXT, "the last part of a path"),
    "dirname": _of("path: string", TEXT, "the path without its last part"),
    "to_int": _of("text: string", INT.maybe(), "the whole number it spells, missing if none"),
    "abs": _of("number: float", FLOAT, "without sign"),
    "min": _of("left: any, right: any", "first", "the smaller"),
    "max": _of("left: any, right: any", "first", "the larger"),
    "first": _of("items: list", "item?", "the first item, missing if there is none"),
    "last": _of("items: list", "item?", "the last item, missing if there is none"),
    "sort": _of("items: list", "first", "the items in order"),
    "unique": _of("items: list", "first", "the items without repeats, in order of appearance"),
    "flatten": _of("items: list", list_of(ANY), "lists inside the list opened up"),
    "keys": _of("map: map", STRINGS, "the keys of a map, in order"),
    "values": _of("map: map", list_of(ANY), "the values of a map, in order of its keys"),
    "sum": _of("items: list", FLOAT, "the sum of numbers"),
    "entropy": _of("text: string", FLOAT, "Shannon entropy in bits a character"),
    "looks_like_secret": _of("text: string", BOOL,
                             "true for text in the form of a known kind of credential"),
    "names_secret": _of("name: string", BOOL,
                        "true for a name that says that its value is a secret"),
    "why_no_secret": _of("name: string, value: any?", TEXT,
                         "why the value beside the name is no secret, empty if it is one"),
    "secrets_in": _of("name: string, value: any?", STRINGS,
                      "the keys of a map, or of settings in a text, whose values are secrets"),
    "context_refs": _of("text: string?", STRINGS,
                        "the contexts that `${{ }}` expressions in the text read"),
    "prefix_length": _of("network: cidr", INT, "the prefix length of a network"),
    "known_or": _of("value: any?, default: any", "second",
                    "the value if it is known, else the default: an explicit assumption"),
    "is_base64": _of("text: string", BOOL, "true for canonical base64 of at least four characters"),
    "decode_base64": _of("text: string", STRING.maybe(),
                         "the decoded text, missing if it is not base64 of UTF-8"),
}  # fmt: skip

# Names that `use std.<module> { name }` may bring in; they are built in, so this only checks them.
STANDARD_MODULES = {
    "std.secrets": ("looks_like_secret", "names_secret", "why_no_secret", "secrets_in", "entropy",
                    "redact"),
}  # fmt: skip
