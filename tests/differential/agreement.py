"""How far our Terraform evaluator and Trivy's engine agree, and why they do not where they do not.

Trivy's engine fills gaps with made-up values and goes on where Terraform refuses, so what only it
knows must have a reason, and so must every difference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.differential.attributes import ORDER, Attribute, Part, attributes
from tests.differential.trivy_engine import UUID, Content, Trivy, ours, theirs, tree_of

from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Reason, Segments


# ------------------------------------------------------------------ reasons
def known_text(part: Part) -> str | None:
    """Our value with nothing in place of what is unknown; None if it is no string."""
    data = part.ours.data if part.ours is not None else None
    if isinstance(data, Segments):
        return "".join(piece for piece in data.parts if isinstance(piece, str))
    return "" if part.unknowns else None


def details(part: Part) -> str:
    return " ".join(unknown.detail for unknown in part.unknowns)


def because(*reasons: Reason) -> Callable[[Part], bool]:
    return lambda part: any(unknown.reason in reasons for unknown in part.unknowns)


def from_a_name(part: Part) -> bool:
    """Trivy makes ids and arns of some resources from what is configured."""
    return because(Reason.COMPUTED, Reason.DATA_SOURCE)(part) and (
        re.search(r"\.(?:id|arn|bucket)\b", details(part)) is not None
    )


# Why Trivy's engine says a value that we do not. Each class was looked at by hand.
MADE_UP: tuple[tuple[str, Callable[[Part], bool]], ...] = (
    ("a random id or a marked secret",
     lambda part: "(sensitive value)" in str(part.theirs) or bool(UUID.search(str(part.theirs)))),
    ("the workspace taken to be `default`", lambda part: "terraform.workspace" in details(part)),
    ("the folder of the run taken to be `main`", lambda part: "path.cwd" in details(part)),
    ("null for what is unknown in JSON",
     lambda part: "null" in str(part.theirs) and str(known_text(part))[:1] in "{["),
    ("nothing for what is unknown",
     lambda part: bool(part.unknowns) and part.theirs in ("", [], {}, known_text(part))),
    ("an id or arn made from a name", from_a_name),
    ("a data source's answer made up", because(Reason.DATA_SOURCE)),
    ("arguments of a module outside the repository read as its outputs", because(Reason.REMOTE)),
    ("a condition on a variable without value taken to be false", because(Reason.NO_VALUE)),
    ("an attribute of null read as null",
     lambda part: "null has no attribute" in details(part)),
    ("nothing for a variable that nobody declares",
     lambda part: "is not declared" in details(part)),
    ("blocks or entries that rest on something unknown",
     lambda part: part.ours is None and part.open),
)  # fmt: skip
# Why both say a value, and another. Each class was looked at by hand.
DIFFERENT: tuple[tuple[str, Callable[[Part], bool]], ...] = ()


def reason(attribute: Attribute) -> str:
    """The known reason of what is different or known to Trivy only, "" if there is none."""
    table = MADE_UP if attribute.status == "theirs" else DIFFERENT
    found = [next((name for name, fits in table if fits(part)), "") for part in attribute.parts]
    return "" if "" in found else found[0]


def without_keys(address: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", address)


def absence(
    address: str, mine: Mapping[str, Any], others: Mapping[str, Any], *, by_us: bool
) -> str:
    """Why only one engine has an instance; "" if that is not known."""
    block = without_keys(address)
    twins = [one for one in others if without_keys(one) == block]
    unsure = [one for one in (mine if by_us else others) if without_keys(one) == block]
    if any("[*]" in one for one in unsure):
        if by_us:
            return "a for_each that cannot be told, left out"
        if "[" not in address.rpartition(".")[2]:
            return "a for_each that cannot be told, not written out"
        key = address.rpartition("[")[2].strip('"]')
        made_up = UUID.search(key) is not None or re.fullmatch(r"[a-z_]+", key) is not None
        return "a for_each that cannot be told, taken over names of attributes" if made_up else ""
    if by_us:
        return "a for_each that cannot be told, not written out" if twins else (
            "instances that rest on something unknown, left out"
        )  # fmt: skip
    if twins and "[" not in address.rpartition(".")[2]:
        return "a for_each that cannot be told, not written out"
    return "a count of zero taken as one" if address.endswith("[0]") and not twins else ""


# ------------------------------------------------------------------ comparison
@dataclass(slots=True)
class Outcome:
    """What the comparison of one root or many found."""

    attributes: Counter[str] = field(default_factory=Counter)
    instances: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def note(self, why: str, what: str) -> None:
        self.explained[why] += 1
        self.examples.setdefault(why, what[:240])
        if not why.partition(": ")[2]:
            self.open.append(f"{why} {what}"[:400])

    def summary(self) -> list[str]:
        """The figures in lines."""
        counts = self.attributes
        both = counts["equal"] + counts["different"]
        lines = [
            f"instances: {dict(self.instances)}",
            f"attributes: {', '.join(f'{status} {counts[status]}' for status in reversed(ORDER))}",
            f"known to both: {both}, equal {100 * counts['equal'] / max(1, both):.2f} %",
            f"known to us: {both + counts['ours']}",
            f"known to Trivy, made-up values left out: {both + counts['theirs'] - self.made_up()}",
        ]
        for why, count in self.explained.most_common():
            lines.append(f"{count:6} {why}\n         {self.examples[why]}")
        return lines

    def made_up(self) -> int:
        return sum(count for why, count in self.explained.items() if why.startswith("theirs: "))


def compare(
    left: Mapping[str, Content[Traced]], right: Mapping[str, Content[Any]], root: str,
    into: Outcome,
) -> None:  # fmt: skip
    """Count how the two engines' readings of a root agree."""
    for address in sorted({*left, *right}):
        if address in left and address in right:
            into.instances["both"] += 1
            for one in attributes(left[address], right[address], address):
                into.attributes[one.status] += 1
                if one.status in ("different", "theirs"):
                    into.note(f"{one.status}: {reason(one)}", f"{root}: {shown(one.parts[0])}")
            continue
        side = "ours" if address in left else "theirs"
        into.instances[f"{side} only"] += 1
        why = absence(address, left, right if side == "ours" else left, by_us=side == "ours")
        into.note(f"instance of {side}: {why}", f"{root}: {address}")


def shown(part: Part) -> str:
    return f"{part.where}: {part.ours!r:.120} and {part.theirs!r:.120}"


def outcome(base: Path, trivy: Trivy) -> Outcome:
    """The comparison of every root below a folder."""
    tree = tree_of(base)
    found = Outcome()
    for root in tree.roots():
        _seconds, blocks = trivy.load(base / root, tree.values(root))
        if isinstance(blocks, str):
            found.instances["roots that Trivy's engine fails on"] += 1
            continue
        compare(ours(tree, root), theirs(blocks), root, found)
    return found
