"""Types of the rule language, as section 4 of the specification defines them."""

from __future__ import annotations

from dataclasses import dataclass, replace

BASE_TYPES = (
    "string", "int", "float", "bool", "quantity", "duration", "version", "cidr", "image", "path",
    "pattern", "date", "any",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type:
    """A type. `name` is a base type, `list`, `set`, `map`, `enum`, `kind`, `null` or `never`.

    `args` holds element types (list, set: one; map: key and value), `words` an enum's words,
    `kinds` the dotted kind names of a kind type (more than one for a union). `optional` means that
    the value may be missing; missing is a compile-time matter.
    """

    name: str
    args: tuple[Type, ...] = ()
    words: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    optional: bool = False

    def maybe(self, *, missing: bool = True) -> Type:
        """The same type with `optional` set as told."""
        return self if self.optional is missing else replace(self, optional=missing)

    def __str__(self) -> str:
        if self.name == "kind":
            text = " | ".join(self.kinds)
        elif self.name == "enum":
            text = "enum(" + ", ".join(f'"{word}"' for word in self.words) + ")"
        elif self.args:
            text = f"{self.name}<{', '.join(map(str, self.args))}>"
        else:
            text = self.name
        return f"{text}?" if self.optional else text


def base(name: str) -> Type:
    """The base type of that name."""
    return Type(name)


def kind_type(*names: str) -> Type:
    """The type of nodes (or structured values) of one of the kinds."""
    return Type("kind", kinds=names)


def list_of(item: Type) -> Type:
    """`list<item>`."""
    return Type("list", (item,))


def set_of(item: Type) -> Type:
    """`set<item>`."""
    return Type("set", (item,))


def map_of(key: Type, value: Type) -> Type:
    """`map<key, value>`."""
    return Type("map", (key, value))


ANY = base("any")
STRING = base("string")
INT = base("int")
FLOAT = base("float")
BOOL = base("bool")
NULL = Type("null", optional=True)
NEVER = Type("never")
