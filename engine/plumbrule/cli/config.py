"""Print the settings in force with their origin, or the JSON Schema of plumbrule.toml."""

from __future__ import annotations

import argparse
import json
import sys

from plumbrule.cli.prepare import common_arguments, prepare
from plumbrule.config import KEYS, Config, json_schema


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb config` takes."""
    parser.add_argument("what", nargs="?", choices=["show", "schema"], default="show")
    common_arguments(parser, paths=False)


def run(options: argparse.Namespace) -> int:
    """The settings, a line each."""
    if options.what == "schema":
        sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
        return 0
    sys.stdout.write(shown(prepare(options, []).config))
    return 0


def shown(config: Config) -> str:
    """Each key with its value and where that was written."""
    values = {
        "fail-on": config.fail_on,
        "level": config.level,
        "include": list(config.include),
        "exclude": list(config.exclude),
        "packs": list(config.packs),
        "max-file-size": config.max_file_size,
        "environments": {name: list(globs) for name, globs in config.environments.items()},
        "provenance": {name: list(globs) for name, globs in config.provenance.items()},
        "helm": _helm(config),
        "terragrunt": _terragrunt(config),
        "external": _external(config),
        "rules": {
            name: {
                key: value
                for key, value in (
                    ("enabled", rule.enabled),
                    ("severity", rule.severity),
                    ("unknown", rule.unknown),
                    ("params", dict(rule.params)),
                )
                if value not in (None, {})
            }
            for name, rule in config.rules.items()
        },
    }
    width = max(map(len, KEYS))
    return "".join(
        f"{key:{width}} = {json.dumps(values[key])}   # {config.origins.get(key, 'default')}\n"
        for key in KEYS
    )


def _external(config: Config) -> dict[str, list[str]]:
    """The patterns of what lives elsewhere, by the key that they stand under."""
    found: dict[str, list[str]] = {}
    for one in config.external:
        found.setdefault(one.form, []).append(one.pattern)
    return found


def _terragrunt(config: Config) -> dict[str, object]:
    """The names of the environment variables; what they hold may be secret."""
    if config.terragrunt_env is None:
        return {}
    return {"env": sorted(config.terragrunt_env.facts["environment"])}


def _helm(config: Config) -> dict[str, object]:
    """The sets of values; of what they set, only the names, because values may be secret."""
    if config.value_sets is None:
        return {}
    return {"values": [
        {key: sorted(value) if key == "set" else value for key, value in one.items()}
        for one in config.value_sets.facts["sets"]
    ]}  # fmt: skip
