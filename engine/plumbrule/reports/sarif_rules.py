"""SARIF rules: the descriptors of rules and of notifications, in the words of their rules."""

from __future__ import annotations

import re
from collections.abc import Iterable

from plumbrule.finding import RuleInfo

LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}
# The middle of code scanning's bands; only rules about security have one.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0", "info": "0.5"}
_SECURITY = frozenset({"secrets", "security", "supply-chain"})
_CWE = "external/cwe/"
_CWE_TAG = re.compile(r"external/cwe/cwe-0*([0-9]{1,9})")
CWE_LIST = "CWE"
_MOST_TAGS = 20
_LONGEST = 1024

Data = dict[str, object]


class Rules:
    """The rules of a run with their indexes; a rule without words gets its id for them."""

    __slots__ = ("_indexes", "_infos")

    def __init__(self, infos: Iterable[RuleInfo]) -> None:
        self._infos: list[RuleInfo] = []
        self._indexes: dict[str, int] = {}
        for info in sorted(infos, key=lambda info: info.id):
            self._add(info)

    def _add(self, info: RuleInfo) -> int:
        if info.id not in self._indexes:
            self._indexes[info.id] = len(self._infos)
            self._infos.append(info)
        return self._indexes[info.id]

    def index(self, rule: str, severity: str) -> int:
        """The rule's place in the list of descriptors."""
        found = self._indexes.get(rule)
        if found is not None:
            return found
        return self._add(RuleInfo(rule, rule, severity, "high", "", "", (), ()))

    def descriptors(self) -> list[Data]:
        """One descriptor a rule; nothing in it speaks of the scanned repository."""
        listed = _listed(self._infos)
        return [_descriptor(info, listed) for info in self._infos]


def weaknesses(infos: Iterable[RuleInfo]) -> Data | None:
    """The taxonomy of the weaknesses (CWE) that the rules are tagged with, None without any."""
    listed = _listed(infos)
    if not listed:
        return None
    return {
        "name": CWE_LIST,
        "organization": "MITRE",
        "informationUri": "https://cwe.mitre.org/",
        "isComprehensive": False,
        "shortDescription": {"text": "The MITRE Common Weakness Enumeration."},
        "taxa": [
            {
                "id": f"{CWE_LIST}-{number}",
                "helpUri": f"https://cwe.mitre.org/data/definitions/{number}.html",
            }
            for number in listed
        ],
    }


def _listed(infos: Iterable[RuleInfo]) -> list[str]:
    """The numbers of all weaknesses, each once, in order."""
    return sorted({number for info in infos for number in _numbers(info)}, key=int)


def _numbers(info: RuleInfo) -> list[str]:
    found = (_CWE_TAG.fullmatch(tag) for tag in info.tags)
    return list(dict.fromkeys(match[1] for match in found if match is not None))


def _descriptor(info: RuleInfo, listed: list[str]) -> Data:
    level = LEVELS[info.severity]
    tags = list(dict.fromkeys(info.tags))
    properties: Data = {"precision": info.confidence, "problem.severity": _PROBLEM[level]}
    if any(tag in _SECURITY or tag.startswith(_CWE) for tag in tags):
        properties["security-severity"] = _SCORES[info.severity]
        if "security" not in tags:
            tags.insert(0, "security")
    properties["tags"] = tags[:_MOST_TAGS]
    title = info.title or info.id
    why = info.why or title
    text = f"{title}. {why}"
    markdown = f"**{title}**\n\n{why}"
    if info.remedy:
        text += f" {info.remedy}"
        markdown += f"\n\n**What to do:** {info.remedy}"
    if info.refs:
        text += " " + " ".join(info.refs)
        markdown += "\n\n" + "\n".join(f"- <{ref}>" for ref in info.refs)
    descriptor: Data = {
        "id": info.id,
        "shortDescription": {"text": _cut(_sentence(title))},
        "fullDescription": {"text": _cut(_sentence(why))},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }
    links = [ref for ref in info.refs if ref.startswith("https://") and " " not in ref]
    if links:
        descriptor["helpUri"] = links[0]
    numbers = _numbers(info)
    if numbers:
        descriptor["relationships"] = [
            {
                "target": {
                    "id": f"{CWE_LIST}-{number}",
                    "index": listed.index(number),
                    "toolComponent": {"name": CWE_LIST, "index": 0},
                },
                "kinds": ["relevant"],
            }
            for number in numbers
        ]
    return descriptor


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def notification_kinds(codes: Iterable[str], *, cut: bool) -> list[Data]:
    """Descriptors of the notifications that a run holds."""
    kinds = [
        _kind(code, f"A file could not be read wholly: {code}.",
              "Correct the file at the place that the notification names, or exclude it.")
        for code in sorted(codes)
    ]  # fmt: skip
    if cut:
        kinds.append(_kind("results-cut", "There are more results than code scanning shows.",
                           "Use another output format, or scan folders on their own."))  # fmt: skip
    return kinds


def _kind(code: str, what: str, remedy: str) -> Data:
    return {
        "id": code,
        "shortDescription": {"text": what},
        "fullDescription": {"text": what},
        "help": {"text": remedy, "markdown": remedy},
    }
