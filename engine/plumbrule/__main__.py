"""The program's entry: `plumbrule`, `plumb` and `python -m plumbrule`."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 clean, 1 findings, 2 usage or rule error, 3 analysis incomplete."""
    words = sys.argv[1:] if argv is None else argv
    if words in (["--version"], ["-V"]):  # the one answer that needs nothing else loaded
        from plumbrule.version import __version__

        sys.stdout.write(f"plumbrule {__version__}\n")
        return 0
    from plumbrule.cli.run import run

    return run(words)


if __name__ == "__main__":
    raise SystemExit(main())
