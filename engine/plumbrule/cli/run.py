"""Run: a command line to an exit code."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

from plumbrule.cli.prepare import UsageError
from plumbrule.version import __version__

# Name, and what it is for. The module of that name holds `arguments(parser)` and `run(options)`.
COMMANDS = {
    "check": "evaluate the rules over files and folders",
    "test": "run the tests that stand in rule files",
    "fmt": "lay out rule files",
    "rules": "list the rules",
    "explain": "print what a rule means, why it matters and what to do",
    "fix": "mend findings where their rule knows how",
    "why": "show how a rule came to its verdict on one node",
    "render": "print what a chart, an overlay or a Terraform root becomes",
    "units": "list what is deployed as one, with its environment",
    "graph": "print the resource graph, a neighbourhood or a path",
    "schema": "print the kinds, fields and edges that rules can speak of",
    "config": "print the settings in force, or the JSON Schema of plumbrule.toml",
    "lsp": "run the language server on standard input and output",
}
USAGE = 2
_WHAT = "one resource graph for infrastructure as code, and rules over it"
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """argparse whose errors end in one line that says what to do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"`{self.prog} --help` lists what it takes")


def run(words: list[str]) -> int:
    """The exit code of the command; errors of usage are one clear line on standard error."""
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(overview())
        return 0 if words else USAGE
    name = words[0]
    collecting = gc.isenabled()
    try:
        command = _command(name)
        parser = _Parser(
            prog=f"plumb {name}",
            description=(command.__doc__ or "").strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.arguments(parser)
        if name != "lsp":
            # One command builds one model and ends: collecting cycles would cost 40 % of its time.
            gc.disable()
        code = command.run(parser.parse_args(words[1:]))
        sys.stdout.flush()
        return int(code)
    except UsageError as error:
        sys.stderr.write(f"error: {error}\n")
        if error.hint:
            sys.stderr.write(f"  = help: {error.hint}\n")
        return USAGE
    except BrokenPipeError:  # `plumb check | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    finally:
        if collecting:
            gc.enable()


def _command(name: str) -> Any:
    if name not in COMMANDS:
        hint = "`plumb --help` lists the commands"
        raise UsageError(f"there is no command `{name}`{_suggest(name)}", hint)
    return import_module(f"plumbrule.cli.{name}")


def overview() -> str:
    """The help page of the program as a whole."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {what}" for name, what in COMMANDS.items()]
    return "\n".join(
        (
            f"plumbrule {__version__}: {_WHAT}",
            "",
            "usage: plumb COMMAND [ARGUMENT...]",
            "",
            *lines,
            "",
            "`plumb COMMAND --help` explains one command; `plumb --version` prints the version.",
            "",
            "exit codes: 0 clean, 1 findings, 2 usage or rule error, 3 analysis incomplete",
            "",
        )
    )


def _suggest(word: str) -> str:
    import difflib

    close = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else ""
