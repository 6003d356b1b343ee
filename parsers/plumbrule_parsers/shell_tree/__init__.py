"""Shell text to commands: `parse_shell`."""

from plumbrule_parsers.shell_tree.commands import Command, Redirect, ShellScript, parse_shell

__all__ = ["Command", "Redirect", "ShellScript", "parse_shell"]
