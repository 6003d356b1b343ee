"""Print what a chart, an overlay or a Terraform root becomes.

Exit codes: 0 all of it, 2 usage or configuration error, 3 a part of it could not be rendered.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from plumbrule.cli.color import writable
from plumbrule.cli.prepare import UsageError, common_arguments, settings
from plumbrule.config import Config
from plumbrule.reports.mask import Mask, shown_place
from plumbrule.reports.spell import Spelling, with_origins
from plumbrule.reports.trail import from_folder, stops_of, trail
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Place

WHOLE, INCOMPLETE = 0, 3
CHART: Final = ("Chart.yaml", "Chart.yml")
OVERLAY: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
TERRAFORM: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
TERRAGRUNT: Final = "terragrunt.hcl"
_FORMS: Final = (
    ("set", "a value of a chart as `key.inner=value`; repeatable"),
    ("set-string", "the same, always as text"),
    ("set-json", "the same, read as JSON"),
    ("set-literal", "the same, taken as it is"),
    ("set-file", "the same, read from a file of the repository"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of what is printed: an object, a resource, or a remark without content.

    `head` stands above it, each line behind a `#` where `comment` says so.
    """

    head: str
    content: Spelling | None = None
    comment: bool = True
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """Everything that is printed. `lost` says what could not be rendered.

    `mask` hides the secrets that are known beforehand.
    """

    sections: tuple[Section, ...]
    lost: tuple[tuple[Span, str], ...] = ()
    mask: Mask | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb render` takes."""
    parser.add_argument(
        "path", metavar="PATH", help="the folder of a chart, a kustomization or a Terraform root"
    )
    parser.add_argument(
        "--origins",
        action="store_true",
        help="say behind each line where it comes from; places are read from PATH",
    )
    parser.add_argument(
        "--unit", metavar="NAME", help="the unit to render if PATH has several (see `plumb units`)"
    )
    parser.add_argument(
        "-f",
        "--values",
        action="append",
        default=[],
        metavar="FILE",
        help="a file of values over those of the chart; repeatable",
    )
    for form, what in _FORMS:
        parser.add_argument(
            f"--{form}", dest="settings", action="append", default=[], metavar="KEY=VALUE",
            type=partial(_setting, form), help=what,
        )  # fmt: skip
    common_arguments(parser, paths=False)


def run(options: argparse.Namespace) -> int:
    """The rendered text; 3 if a part is missing, 2 if there is nothing to render."""
    folder, names = _named(options.path)
    config = settings(options, [folder])
    root = _root(folder, config.path)
    inside = os.path.relpath(os.path.normpath(folder.absolute()), root).replace(os.sep, "/")
    inside = "" if inside == "." else inside
    if any(name in CHART for name in names):
        from plumbrule.cli.render_chart import rendered_chart

        done = rendered_chart(root, inside, config, options)
    else:
        given = ["-f"] * bool(options.values)
        given += [f"--{form}" for form, _word in options.settings]
        if given:
            raise UsageError(f"`{given[0]}` is for charts, and `{options.path}` is none")
        if not _is_unit(names):
            raise _nothing(options.path, folder)
        done = _unit(root, inside, config, options, names)
    sys.stdout.write(writable(text_of(done, inside, origins=options.origins)))
    sys.stdout.flush()
    here = os.path.relpath(root).replace(os.sep, "/")
    if not done.sections:
        sys.stderr.write(f"note: nothing comes out of `{options.path}`\n")
    for span, why in done.lost:
        place = shown_place(span, "" if here == "." else here)
        sys.stderr.write(f"warning: {place}: {Mask({}, frozenset()).text(why)}\n")
    return INCOMPLETE if done.lost else WHOLE


def text_of(done: Rendered, folder: str, *, origins: bool) -> str:
    """The sections one after the other, with one redaction for all of them.

    Places are told as from `folder`, which was rendered.
    """
    show = from_folder(folder)
    words = [word for one in done.sections if one.content for word in one.content.words]
    mask = (done.mask or Mask({}, frozenset())).with_words(words)

    def origin(place: Place) -> str:
        return trail(stops_of(place), show, mask)

    lines: list[str] = []
    for section in done.sections:
        head = section.head
        if section.comment:
            lines += ["---", *(f"# {mask.text(line)}" for line in head.splitlines())]
        else:
            lines += [""] * bool(lines)
            end = f"  # {origin(section.place)}" if origins and section.place else ""
            lines.append(f"{mask.text(head)}{end}")
        if section.content is not None:
            masked = section.content.masked(mask)
            lines += with_origins(masked, origin) if origins else (one.text for one in masked)
    return "\n".join((*lines, ""))


def _named(word: str) -> tuple[Path, list[str]]:
    """The folder, and the names in it that tell what it is: the one that was given, else all."""
    path = Path(word)
    if not os.path.lexists(path):
        raise UsageError(f"there is no file or folder `{word}`")
    if path.is_dir():
        return path, sorted(one.name for one in path.iterdir())
    return path.parent, [path.name]  # `plumb render shop/kustomization.yaml`


def _root(folder: Path, config_path: str) -> Path:
    """The repository, for modules and bases lie beside what is rendered.

    What tells nothing of its repository belongs to the folder in which the user stands.
    """
    from plumbrule.scan.discover import root_of

    root, here = root_of([folder], config_path), Path.cwd()
    alone = root == Path(os.path.normpath(folder.absolute())) and not (root / ".git").exists()
    if (
        alone
        and not config_path
        and root.is_relative_to(here)
        and here not in (Path.home(), Path(here.anchor))
    ):
        return root_of([here], config_path)
    return root


def _setting(form: str, word: str) -> tuple[str, str]:
    """Which option a setting came with: their order counts."""
    return form, word


def _unit(
    root: Path, inside: str, config: Config, options: argparse.Namespace, names: list[str]
) -> Rendered:  # fmt: skip
    if any(name in OVERLAY for name in names):
        from plumbrule.cli.render_overlay import rendered_overlay

        return rendered_overlay(root, inside, config, options)
    from plumbrule.cli.render_root import rendered_root

    return rendered_root(root, inside, config, options)


def _is_unit(names: Iterable[str]) -> bool:
    return any(one in (*OVERLAY, TERRAGRUNT) or one.endswith(TERRAFORM) for one in names)


def _nothing(word: str, folder: Path) -> UsageError:
    """No such chart, root or overlay: say where there are some."""
    found: list[str] = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if any(name in CHART for name in names) or _is_unit(names):
            found.append(os.path.normpath(os.path.join(word, os.path.relpath(at, folder))))
            folders[:] = []
        if len(found) > 5:
            break
    hint = f"`plumb units {word}` lists what can be rendered"
    if found:
        more = " and more" if len(found) > 5 else ""
        hint = f"below it there are {', '.join(f'`{one}`' for one in found[:5])}{more}"
    return UsageError(f"`{word}` is no chart, no kustomization and no Terraform root", hint)
