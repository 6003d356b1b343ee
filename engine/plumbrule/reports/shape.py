"""Shape: the table of everything that the JSON report may hold, and its JSON Schema."""

from __future__ import annotations

from plumbrule.finding import SEVERITIES
from plumbrule_parsers.document import Completeness, Severity

VERSION = 1
_ADDRESS = "https://json-schema.org/draft/2020-12/schema"

# Type words: `text`, `count`, a choice `a|b`, an object's name, `[]` for a list of it,
# `{count}` for a map from names to counts. A field is required unless its name ends in `?`.
_SEVERITY = "|".join(SEVERITIES)
SHAPES: dict[str, dict[str, tuple[str, str]]] = {
    "report": {
        "version": ("1", "the version of this format; it grows when a reader has to change"),
        "tool": ("tool", "what wrote the report"),
        "root": ("text", "what was scanned, as it was named"),
        "complete": ("flag", "false if something that should have been read was lost"),
        "findings": ("finding[]", "violations, by place"),
        "reviews": ("review[]", "checks that could not be decided, by place"),
        "causes": ("cause[]", "why checks are undecided, by key"),
        "exempted": ("exempted[]", "violations that an exemption or a comment takes back"),
        "problems": ("problem[]", "faults met while reading"),
        "files": ("file[]", "every file that was met and how far it was understood"),
        "rules": ("rule[]", "the rules that were evaluated, with what they decided"),
        "severities": ("{count}", "the number of findings of each severity"),
        "statistics": ("{count}", "sizes of what was scanned"),
        "notices": ("text[]", "what deserves a look: exemptions that nothing needs, for one"),
    },
    "tool": {
        "name": ("text", "the program's name"),
        "version": ("text", "the program's version"),
    },
    "place": {
        "path": ("text", "POSIX path below the scanned root, after the report's base"),
        "line": ("line", "first line, from 1"),
        "column": ("line", "first column, from 1, in code points"),
        "end_line": ("line", "last line"),
        "end_column": ("line", "the column after the last character"),
    },
    "note": {
        "place": ("place", "where"),
        "note": ("text", "what stands there"),
    },
    "finding": {
        "rule": ("text", "the rule's id"),
        "severity": (_SEVERITY, "how bad it is"),
        "confidence": ("text", "how sure the rule is of its kind of finding"),
        "subject": ("text", "the address of what the finding is about"),
        "subject_label": ("text", "how people call it"),
        "message": ("text", "what is wrong; secrets are redacted"),
        "place": ("place", "where it is written"),
        "related": ("note[]", "places that explain it"),
        "path": ("note[]", "the steps from one to the other, in order"),
        "fingerprint": ("text", "equal for the same finding after lines have moved"),
        "only_if": ("text", "a condition of the subject; empty if none"),
        "environments": ("text[]", "in which it holds; empty means all"),
        "units": ("text[]", "in which it holds, of those that use the file; empty means all"),
        "provenance": ("authored|vendored|fixture", "who answers for the file"),
        "fix?": ("fix", "what `plumb fix` would try; not proved yet"),
    },
    "fix": {
        "title": ("text", "what it does"),
        "safe": ("flag", "true if it may be applied unattended"),
        "edits": ("edit[]", "all of them together mend the finding"),
    },
    "edit": {
        "place": ("place", "what is replaced; inserted where it is empty"),
        "text": ("text", "what stands there afterwards"),
    },
    "review": {
        "rule": ("text", "the rule's id"),
        "severity": (_SEVERITY, "how bad a violation would be"),
        "subject": ("text", "the address of what could not be judged"),
        "subject_label": ("text", "how people call it"),
        "place": ("place", "where it is written"),
        "causes": ("text[]", "keys of `causes`"),
    },
    "cause": {
        "key": ("text", "what reviews refer to"),
        "why": ("text", "completes `because of ...`"),
        "place?": ("place", "where the unknown stands"),
        "reviews": ("count", "how many checks it keeps undecided"),
    },
    "exempted": {
        "finding": ("finding", "the violation"),
        "because": ("text", "the reason that was given"),
        "owner": ("text", "who answers for it; empty if nobody is named"),
        "until": ("text", "the last day, as YYYY-MM-DD; empty if none is named"),
    },
    "problem": {
        "code": ("text", "a stable name of its kind"),
        "severity": ("|".join(Severity), "`error` lost something, `warning` did not"),
        "message": ("text", "what is wrong"),
        "hint": ("text", "what to do; may be empty"),
        "place": ("place", "where"),
    },
    "file": {
        "path": ("text", "POSIX path below the scanned root, after the report's base"),
        "format": ("text", "the format that read it; empty if none did"),
        "state": ("|".join(Completeness), "how far it was understood"),
        "because": ("text", "why not wholly; empty if wholly"),
    },
    "rule": {
        "id": ("text", "the rule's id"),
        "title": ("text", "its title"),
        "severity": (_SEVERITY, "its severity"),
        "confidence": ("text", "how sure it is of its kind of finding"),
        "why": ("text", "why it matters"),
        "remedy": ("text", "what to do"),
        "tags": ("text[]", "its tags"),
        "refs": ("text[]", "where to read more"),
        "counts": ("counts", "how often it decided"),
    },
    "counts": {
        "violations": ("count", "findings"),
        "passes": ("count", "checks that hold"),
        "reviews": ("count", "checks that are undecided"),
        "exempt": ("count", "violations taken back"),
    },
}


def schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the report, made from `SHAPES`."""
    return {
        "$schema": _ADDRESS,
        "title": "The JSON report of plumbrule",
        "description": "What `plumb check --output json` writes.",
        "$ref": "#/$defs/report",
        "$defs": {name: _object(fields) for name, fields in SHAPES.items()},
    }


def schema_text() -> str:
    """The published text of the schema."""
    import json

    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"


def _object(fields: dict[str, tuple[str, str]]) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(name for name in fields if not name.endswith("?")),
        "properties": {
            name.rstrip("?"): {**_type(word), "description": what}
            for name, (word, what) in fields.items()
        },
    }


def _type(word: str) -> dict[str, object]:
    if word.endswith("[]"):
        return {"type": "array", "items": _type(word[:-2])}
    if word in SHAPES:
        return {"$ref": f"#/$defs/{word}"}
    if "|" in word:
        return {"enum": word.split("|")}
    plain: dict[str, dict[str, object]] = {
        "text": {"type": "string"},
        "flag": {"type": "boolean"},
        "count": {"type": "integer", "minimum": 0},
        "line": {"type": "integer", "minimum": 1},
        "1": {"const": VERSION},
        "{count}": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
    }
    return plain[word]
