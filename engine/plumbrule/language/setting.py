"""Setting: a parameter's value from the configuration, read as the rule types it."""

from __future__ import annotations

from plumbrule.language.literals import BY_TYPE, LiteralError
from plumbrule.language.types import Type


def setting_value(type_: Type, value: object) -> tuple[object, str]:
    """A configured parameter as the evaluators take it, and why it does not fit ("" if it does)."""
    name = type_.name
    if name in ("list", "set") and isinstance(value, list):
        items = [setting_value(type_.args[0], item) for item in value]
        wrong = next((why for _item, why in items if why), "")
        values = tuple(item for item, _why in items)
        return (values if name == "list" else frozenset(values)), wrong
    if name == "map" and isinstance(value, dict):
        entries = {key: setting_value(type_.args[1], item) for key, item in value.items()}
        wrong = next((why for _item, why in entries.values() if why), "")
        return {key: item for key, (item, _why) in entries.items()}, wrong
    if name in BY_TYPE and isinstance(value, str):
        try:
            return BY_TYPE[name](value), ""
        except LiteralError as error:
            return None, str(error)
    if name == "bool" and isinstance(value, bool):
        return value, ""
    if name in ("int", "float") and isinstance(value, int) and not isinstance(value, bool):
        return value, ""
    if name == "float" and isinstance(value, float):
        return value, ""
    if name in ("string", "path", "any") and isinstance(value, str):
        return value, ""
    if name == "enum" and value in type_.words:
        return value, ""
    return None, f"{type_.maybe(missing=False)} is wanted, not {value!r}"
