"""Provisioners: what a resource runs on some machine when it is made or destroyed.

Source: https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax.
`local-exec` runs where Terraform does, by `/bin/sh -c` unless `interpreter` says otherwise,
`remote-exec` on the machine to which the connection leads. What stands in `${}` is unknown to the
shell's parser unless its value is one plain word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from plumbrule_parsers.document import Hole, Node
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.shell_tree.domain import PERSISTENT, Ground
from plumbrule_parsers.shell_tree.nodes import command_nodes, unread
from plumbrule_parsers.shell_tree.state import SHELLS, ShellState, with_options
from plumbrule_parsers.shell_tree.words import Expression
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown, Value

_LOCAL: Final = "local-exec"
_REMOTE: Final = "remote-exec"
_HASHES: Final = re.compile(r"(?i)md5|sha(?:1|256|512)|hash|checksum|digest|etag")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(slots=True)
class _Script:
    """A text with the place of each of its characters, and the stretches that are computed."""

    letters: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    expressions: list[Expression] = field(default_factory=list)

    def add(self, text: str, places: Iterable[int]) -> None:
        """Text whose characters stand at these places."""
        self.letters.extend(text)
        self.places.extend(places)

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.letters)

    def place(self, offset: int) -> int:
        """Where the character stands in the file."""
        if offset < len(self.places):
            return self.places[offset]
        return self.places[-1] + 1 if self.places else 0


def provisioners(
    owner: Node, block: h.Block, view: Static, unique: Callable[[str], str]
) -> tuple[list[Node], list[Hole]]:
    """A node for each provisioner of the resource, and those of its commands."""
    nodes: list[Node] = []
    holes: list[Hole] = []
    for one in block.body.blocks("provisioner"):
        type_ = one.labels[0].text if one.labels else ""
        if type_ in (_LOCAL, _REMOTE):
            _read(owner, one, type_, _triggers(block, view), view, unique, nodes, holes)
    return nodes, holes


def _triggers(block: h.Block, view: Static) -> str:
    """What makes the resource anew: `hashed` if that is a change of what it works on."""
    settings = block.body.settings()
    named = [settings[name].value for name in ("triggers", "triggers_replace") if name in settings]
    if not named:
        return "none"
    return "hashed" if any(_HASHES.search(view.span(one).text) for one in named) else "other"


def _read(
    owner: Node, block: h.Block, type_: str, triggers: str, view: Static,
    unique: Callable[[str], str], nodes: list[Node], holes: list[Hole],
) -> None:  # fmt: skip
    settings = block.body.settings()
    span = Span(view.source, block.start, block.labels[0].end)
    fields = MapValue(view.source, block.start, block.end, {"name": type_, "type": type_})
    for key, word in (("when", "create"), ("on_failure", "fail")):
        value = _word(settings, key, view)
        fields.put(key, word if value is None else value)
    fields.put("triggers", triggers)
    address = unique(f"{owner.address}/provisioner/{type_}")
    node = replace(
        owner, address=address, kind="tf.Provisioner", label=f"{type_} of {owner.label}",
        fields=fields, span=span, parent=owner.address,
    )  # fmt: skip
    nodes.append(node)
    state = _shell(settings, view) if type_ == _LOCAL else ShellState("sh")
    script, lost = _script(settings, type_, view)
    if isinstance(state, Unknown) or lost is not None:
        why = state if isinstance(state, Unknown) else Unknown(
            Reason.EXPRESSION, f"the commands of a {type_} provisioner", lost or span
        )  # fmt: skip
        holes.append(Hole(why, lost or span, edges=("contains",), addresses=(address,)))
    if isinstance(state, Unknown):
        return
    ground = Ground(PERSISTENT)
    nodes.extend(
        replace(one, unit=owner.unit, variant=owner.variant, instance=owner.instance,
                condition=owner.condition)
        for one in command_nodes(
            script.text, view.source, script.place, address, address, state=state, ground=ground,
            expressions=script.expressions,
        )
    )  # fmt: skip
    holes.extend(unread(ground, view.source, script.place, address))


def _word(settings: dict[str, h.Setting], key: str, view: Static) -> Value:
    """`when = destroy`: a bare word, in old files a string."""
    if key not in settings:
        return None
    expr = settings[key].value
    if isinstance(expr, h.Traversal) and len(expr.names) == 1:
        return expr.names[0]
    return view.value(expr)


def _shell(settings: dict[str, h.Setting], view: Static) -> ShellState | Unknown:
    """The shell that runs the command; why it is not read, if it is none."""
    if "interpreter" not in settings:
        return ShellState("sh")
    expr = settings["interpreter"].value
    value = view.value(expr)
    words = [one for one in value if isinstance(one, str)] if isinstance(value, ListValue) else []
    name = words[0].replace("\\", "/").rpartition("/")[2] if words else ""
    if name not in SHELLS:
        detail = f"script in `{name[:40]}` is not read" if name else "the interpreter"
        return Unknown(Reason.EXPRESSION, detail, view.span(expr))
    return with_options(ShellState(name), words[1:])


def _script(
    settings: dict[str, h.Setting], type_: str, view: Static
) -> tuple[_Script, Span | None]:
    """The text that the shell gets, and where it has more, which does not stand here."""
    script = _Script()
    setting = settings.get("command" if type_ == _LOCAL else "inline")
    if setting is None:
        named = settings.get("script") or settings.get("scripts")
        return script, view.span(named.value) if named is not None else None
    lost: Span | None = None
    expr = setting.value
    for line in expr.items if isinstance(expr, h.Tuple) else (expr,):
        if not _add(script, line, view):
            lost = lost or view.span(line)
        script.add("\n", (max(line.start, line.end - 1),))
    return script, lost


def _add(script: _Script, expr: h.Expr, view: Static) -> bool:
    """Add what the expression says; false if that cannot be told."""
    while isinstance(expr, h.Paren):
        expr = expr.inner
    if view.source.path.endswith(".json") or not isinstance(expr, (h.Literal, h.Template)):
        return _value(script, expr, view)
    if isinstance(expr, h.Literal):
        if not isinstance(expr.value, str):
            return False
        _text(script, view.source.text, expr.start + 1, expr.end - 1, quoted=True)
        return True
    if any(isinstance(part, h.Directive) for part in expr.parts):
        return _value(script, expr, view)
    made = _Script()
    for part in expr.parts:
        if isinstance(part, h.Interpolation):
            _computed(made, part, view)
        else:
            _text(made, view.source.text, part.start, part.end, quoted=not expr.heredoc)
    _append(script, _dedented(made) if expr.heredoc == "<<-" else made)
    return True


def _value(script: _Script, expr: h.Expr, view: Static) -> bool:
    """Add a text that stands elsewhere; all of it is at the place where it is named."""
    value = view.value(expr)
    values: list[Value] = list(value) if isinstance(value, ListValue) else [value]
    if not all(isinstance(one, str) for one in values):
        return False
    text = "\n".join(str(one) for one in values)
    script.add(text, [expr.start] * len(text))
    return True


def _computed(script: _Script, part: h.Interpolation, view: Static) -> None:
    value = view.value(part.value)
    written = view.source.text[part.start : part.end]
    start = len(script.letters)
    script.add(written, range(part.start, part.end))
    said = " ".join(view.source.text[part.value.start : part.value.end].split())
    known = value if isinstance(value, str) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        known = str(value)
    script.expressions.append(Expression(start, start + len(written), said, known))


def _text(script: _Script, text: str, start: int, end: int, *, quoted: bool) -> None:
    """Text as it is written, its escapes resolved."""
    at = start
    while at < end:
        letter = text[at]
        if text[at : at + 3] in ("$${", "%%{"):
            script.add(text[at + 1 : at + 3], (at, at + 2))
            at += 3
        elif quoted and letter == "\\" and text[at + 1 : at + 2] in _ESCAPES:
            script.add(_ESCAPES[text[at + 1]], (at + 1,))
            at += 2
        elif quoted and letter == "\\" and text[at + 1 : at + 2] in ("u", "U"):
            size = 4 if text[at + 1] == "u" else 8
            script.add("_", (at,))
            at += 2 + size
        else:
            script.add(letter, (at,))
            at += 1


def _append(script: _Script, made: _Script) -> None:
    base = len(script.letters)
    script.add(made.text, made.places)
    script.expressions += [
        one._replace(start=one.start + base, end=one.end + base) for one in made.expressions
    ]


def _dedented(script: _Script) -> _Script:
    """Without the indentation that all lines share, so that here-documents find their ends."""
    text = script.text
    lines = text.split("\n")
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    if not margin:
        return script
    kept = _Script()
    moved: dict[int, int] = {}
    at = 0
    for line in lines:
        cut = min(margin, len(line) - len(line.lstrip(" ")))
        for offset in range(at + cut, min(at + len(line) + 1, len(text))):
            moved[offset] = len(kept.letters)
            kept.add(text[offset], (script.places[offset],))
        at += len(line) + 1
    moved[len(text)] = len(kept.letters)
    kept.expressions = [
        one._replace(start=moved[one.start], end=moved[one.end]) for one in script.expressions
        if one.start in moved and one.end in moved
    ]  # fmt: skip
    return kept
