"""Edits: what a rule's fix means for one subject, as edits of the text that a person wrote.

An edit that cannot keep the layout, or whose value is not known, gives no fix at all: half a fix is
none. Whether a fix clears its finding is proved later, by evaluating again.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from plumbrule.evaluate.patterns import Env
from plumbrule.evaluate.places import entry_place, written
from plumbrule.evaluate.read import is_known
from plumbrule.evaluate.walk import Walker
from plumbrule.finding import Fix
from plumbrule.language import ir
from plumbrule.language.literals import Duration, Quantity
from plumbrule.redact import secret_ranges
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.text_edits import layout
from plumbrule_parsers.text_edits.edit import Plain, TextEdit, clash
from plumbrule_parsers.value import ListValue, MapValue


class _NoEditError(Exception):
    """What the fix asks for cannot be written down."""


def fix_of(fix: ir.Fix | None, envs: Sequence[Env], made: Walker) -> Fix | None:
    """The fix for a subject with the rows that violate the rule, None where there is none to give.

    An edit far from its subject, of the literal that a value comes from, may reach others: such a
    fix is never safe.
    """
    if fix is None:
        return None
    edits = _Edits(made)
    try:
        for env in envs:
            for edit in fix.edits:
                edits.take(edit, env)
        found = edits.all()
    except _NoEditError:
        return None
    if not found or any(clash(one, other) for one, other in itertools.combinations(found, 2)):
        return None
    if any(_holds_secret(edit.text) for edit in found):
        return None  # a secret is not spread to a second place, nor shown in a report
    return Fix(fix.title, fix.safe and not edits.distant, found)


def _holds_secret(text: str) -> bool:
    lines = text.splitlines()
    return any(
        secret_ranges(line, before) for before, line in zip(["", *lines], lines, strict=False)
    )


class _Edits:
    """The edits of one subject. What is added to one mapping under one key is added together."""

    __slots__ = ("_added", "_made", "_parents", "distant", "found")

    def __init__(self, made: Walker) -> None:
        self._made = made
        self.found: list[TextEdit] = []
        self.distant = False
        self._parents: dict[tuple[Source, int], MapValue] = {}
        self._added: dict[tuple[Source, int], dict[str, Plain]] = {}

    def all(self) -> tuple[TextEdit, ...]:
        """The edits, each once."""
        found = list(self.found)
        for at, entries in self._added.items():
            for key, value in entries.items():
                found.append(_sure(layout.add(self._parents[at], key, value)))
        return tuple(dict.fromkeys(found))

    def take(self, edit: ir.Edit, env: Env) -> None:
        """Note what one edit means; raises where that cannot be told."""
        if not isinstance(edit.place, (ir.Field, ir.Item)):
            raise _NoEditError
        place = entry_place(edit.place, env, self._made)
        if edit.op == "remove":
            if place is None:
                raise _NoEditError
            self.found.append(_sure(layout.remove(place)))
            return
        assert edit.value is not None
        value = plain(self._made.value(edit.value, env))
        if self._comes_from_elsewhere(edit.value, env):
            raise _NoEditError  # as a literal it would not follow when that changes
        if value is None:  # no value, no edit: how a rule leaves a fix out
            raise _NoEditError
        if edit.op == "append":
            self._append(edit.place, value, env)
            return
        before = self._made.raw(edit.place, env)
        if type(before) is type(value) and before == value:
            return  # it is so already: that is not what the finding is about
        if edit.op == "replace":
            if place is None or not isinstance(value, str):
                raise _NoEditError
            self.found.append(_sure(layout.rewrite(place, before, value)))
        elif place is not None:
            made = _sure(layout.change(place, before, value))
            self.distant |= bool(place.via)
            self.found.append(made)
        else:
            self._add(edit.place, value, env)

    def _comes_from_elsewhere(self, expr: object, env: Env) -> bool:
        """Whether the expression reads something that a template or an expression put there."""
        if isinstance(expr, ir.Var) and expr.name in self._made.lets:
            return self._comes_from_elsewhere(self._made.lets[expr.name], env)
        if isinstance(expr, (ir.Field, ir.Item)):
            place = entry_place(expr, env, self._made)
            if place is not None and (place.via or "{{" in place.value.text):
                return True
        if isinstance(expr, tuple):
            return any(self._comes_from_elsewhere(part, env) for part in expr)
        if not isinstance(expr, ir.Expr) or isinstance(expr, (ir.Compare, ir.Test)):
            return False  # a condition chooses a value and is not copied
        return any(
            self._comes_from_elsewhere(getattr(expr, part.name), env) for part in fields(expr)
        )

    def _add(self, place: ir.Field | ir.Item, value: Plain, env: Env) -> None:
        """An entry that is missing, with the mappings around it that are missing, too."""
        at: ir.Expr = place
        while isinstance(at, (ir.Field, ir.Item)):
            key = at.name if isinstance(at, ir.Field) else self._made.value(at.key, env)
            if not isinstance(key, str):
                break
            receiver = written(at.receiver, env, self._made)
            found = receiver.fields if isinstance(receiver, Node) else receiver
            if isinstance(found, MapValue):
                if found.absent(key) is not None:
                    raise _NoEditError  # the template has it already, behind a switch
                if key in found or (at is not place and not layout.takes_nested(found)):
                    break
                where = found.source, found.start
                self._parents.setdefault(where, found)
                _merge(self._added.setdefault(where, {}), key, value)
                return
            value = {key: value}
            at = at.receiver
        raise _NoEditError

    def _append(self, at: ir.Field | ir.Item, value: Plain, env: Env) -> None:
        items = written(at, env, self._made)
        if isinstance(items, ListValue) and items.source.path:
            found = layout.append(items, value)
            if found is not None:
                self.found.append(found)
                return
        node = written(at.receiver, env, self._made)
        if not isinstance(node, Node) or not isinstance(value, str) or node.kind != "sh.Command":
            raise _NoEditError
        self.found.append(_word_for(node, value))


def _sure(edit: TextEdit | None) -> TextEdit:
    if edit is None:
        raise _NoEditError
    return edit


def _merge(entries: dict[str, Plain], key: str, value: Plain) -> None:
    before = entries.get(key)
    if key not in entries or before == value:
        entries[key] = value
    elif isinstance(before, dict) and isinstance(value, dict):
        for inner, item in value.items():
            _merge(before, inner, item)
    else:
        raise _NoEditError


def _word_for(node: Node, word: str) -> TextEdit:
    """A word more for a command; its list of words has no place, so it stands behind its name."""
    text, end = node.span.text, 0
    for name in (node.fields.get("program"), node.fields.get("subcommand")):
        if not isinstance(name, str) or not name:
            continue
        found = re.compile(rf"(?<![\w.$-]){re.escape(name)}(?![^\s;|&)\"'])").search(text, end)
        if found is None:
            raise _NoEditError
        end = found.end()
    if not end:
        raise _NoEditError
    source, start = node.span.source, node.span.start
    return layout.append_word(source.span(start, start + end), word)


def plain(value: object) -> Plain:
    """A value as plain data; raises where it is not wholly known, None where it is missing."""
    if isinstance(value, (Duration, Quantity)):
        return str(value)
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if not is_known(value):
        raise _NoEditError
    if isinstance(value, Mapping):
        return {str(key): _present(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return list(_all(value))
    if isinstance(value, frozenset):
        return list(_all(sorted(value, key=lambda item: (type(item).__name__, str(item)))))
    raise _NoEditError


def _all(items: Iterable[object]) -> Iterable[Plain]:
    return (_present(item) for item in items)


def _present(value: object) -> Plain:
    found = plain(value)
    if found is None:
        raise _NoEditError
    return found
