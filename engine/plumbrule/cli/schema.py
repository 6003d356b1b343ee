"""Print the kinds, fields and edges that rules can speak of."""

from __future__ import annotations

import argparse
import sys

from plumbrule.cli.prepare import UsageError, common_arguments, prepare
from plumbrule.language.schema import KindInfo, Schema, suggest


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb schema` takes."""
    parser.add_argument(
        "kind", nargs="?", metavar="KIND", help="only this kind, with all its fields"
    )
    common_arguments(parser, paths=False)


def run(options: argparse.Namespace) -> int:
    """The list of kinds and edges, or one kind."""
    schema = prepare(options, []).pack.schema
    if options.kind is None:
        sys.stdout.write(overview(schema))
        return 0
    found = schema.kinds.get(options.kind)
    if found is None:
        raise UsageError(
            f"there is no kind `{options.kind}`{suggest(options.kind, schema.kinds)}",
            "`plumb schema` lists them",
        )
    sys.stdout.write(describe(found, schema))
    return 0


def overview(schema: Schema) -> str:
    """One line a kind and one an edge."""
    width = max(map(len, schema.kinds))
    lines = ["kinds"]
    lines += [
        f"  {name:{width}}  {' '.join(info.doc.split())}".rstrip()
        for name, info in sorted(schema.kinds.items())
    ]
    lines += ["", "edges"]
    lines += [
        f"  {name}: {' | '.join(edge.origins)} -> {' | '.join(edge.targets)}"
        + (f" (inverse {edge.inverse})" if edge.inverse else "")
        for name, edge in sorted(schema.edges.items())
    ]
    return "\n".join((*lines, ""))


def describe(info: KindInfo, schema: Schema) -> str:
    """A kind with its supertypes, fields and edges."""
    lines = [info.name]
    if info.doc:
        lines.append(f"  {' '.join(info.doc.split())}")
    above = schema.ancestors.get(info.name, ())[1:]
    if above:
        lines.append(f"  is a {', '.join(above)}")
    lines += ["", "fields"]
    for name, field in sorted(info.fields.items()):
        default = f" = {field.default.span.text}" if field.default is not None else ""
        doc = f"   {field.doc}" if field.doc else ""
        mark = "?" if field.type.optional else ""
        lines.append(f"  {name}{mark}: {field.type.maybe(missing=False)}{default}{doc}")
    if info.open is not None:
        lines.append(f'  any other attribute, as ["name"]: {info.open}')
    lines += ["", "edges"]
    for name, edge in sorted(schema.edges.items()):
        if any(schema.related(info.name, origin) for origin in edge.origins):
            lines.append(f"  -{name}-> {' | '.join(edge.targets)}")
        if any(schema.related(info.name, target) for target in edge.targets):
            lines.append(f"  <-{name}- {' | '.join(edge.origins)}")
    return "\n".join((*lines, ""))
