"""List the rules: id, severity and title, with what the configuration makes of them."""

from __future__ import annotations

import argparse
import json
import sys

from plumbrule.cli.prepare import common_arguments, given_paths, prepare
from plumbrule.config import RuleConfig


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb rules` takes."""
    common_arguments(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text")


def run(options: argparse.Namespace) -> int:
    """One line a rule, or a JSON list."""
    prepared = prepare(options, given_paths(options))
    rows = []
    for rule in sorted(prepared.pack.rules, key=lambda rule: rule.id):
        chosen = prepared.config.rules.get(rule.id, RuleConfig())
        rows.append(
            {
                "id": rule.id,
                "title": rule.title,
                "severity": chosen.severity or rule.severity,
                "enabled": chosen.enabled,
                "confidence": rule.confidence,
                "level": rule.level,
                "tags": list(rule.tags),
                "params": [param.name for param in rule.params],
            }
        )
    if options.format == "json":
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return 0
    width = max((len(str(row["id"])) for row in rows), default=0)
    for row in rows:
        off = "" if row["enabled"] else "  (off)"
        sys.stdout.write(f"{row['id']:{width}}  {row['severity']:8}  {row['title']}{off}\n")
    return 0
