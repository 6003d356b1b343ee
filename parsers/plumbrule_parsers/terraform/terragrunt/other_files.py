"""Functions that read other files of the repository: configurations, variable and data files."""

from __future__ import annotations

import posixpath

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.parse import parse_hcl
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.calls import call_terraform
from plumbrule_parsers.terraform.evaluate.expressions import settled
from plumbrule_parsers.terraform.evaluate.scope import Evaluate, Scope
from plumbrule_parsers.terraform.functions.call import text_of
from plumbrule_parsers.terraform.functions.table import call
from plumbrule_parsers.terraform.terragrunt.arguments import (
    applied,
    of_texts,
    stand_in,
    stand_in_name,
)
from plumbrule_parsers.terraform.terragrunt.checkout import inside, shown
from plumbrule_parsers.terraform.terragrunt.config import UNIT_FILE, Config
from plumbrule_parsers.terraform.terragrunt.merging import as_object
from plumbrule_parsers.traced import Traced, from_value, unknown
from plumbrule_parsers.value import Hop, Reason, Unknown
from plumbrule_parsers.yaml_tree import parse_yaml


def read_terragrunt_config(
    config: Config, node: h.Call, scope: Scope, evaluate: Evaluate
) -> Traced:
    """Another file as an object, or the default if it is not there."""
    if not 1 <= len(node.args) <= 2:
        raise FunctionError("`read_terragrunt_config` takes one or two arguments")
    given = evaluate(node.args[0], scope)
    if given.unknown is not None:
        scope.names.run.doubts += 1
        return unknown(given.unknown.reason, given.unknown.detail, given)
    reading, span = config.reading, scope.span(node)
    path = inside(text_of(given), config.at)
    if path in reading.world.folders:
        path = posixpath.join(path, UNIT_FILE) if path else UNIT_FILE
    if path is None or path not in reading.world.paths:
        if len(node.args) == 2 and path is not None:
            return evaluate(node.args[1], scope)
        what = path or shown(text_of(given))
        return unknown(Reason.MISSING_FILE, f"read_terragrunt_config: `{what[:80]}`")
    if path in reading.opened or path == config.source.path:
        _report_round(config, path, span)
        return unknown(Reason.CYCLE, f"`{path}` is read while it is being read")
    other = reading.config(path, path.rpartition("/")[0])
    if other is None:
        return unknown(Reason.MISSING_FILE, f"`{path[:80]}` is no HCL that can be read")
    reading.opened.append(config.source.path)
    try:
        # What is read once stays: nothing in it depends on who reads it.
        return other.memo.demand(path, span, lambda: as_object(other))
    finally:
        reading.opened.pop()


def _report_round(config: Config, path: str, span: Span) -> None:
    first, second = sorted((path, config.source.path))
    message = f"`{first}` reads itself"
    if first != second:
        message = f"`{first}` and `{second}` read each other"
    config.reading.report("cycle", message, span, "Terragrunt refuses such a configuration")


def _source_of(config: Config, path: str) -> Source | None:
    full = inside(path, config.source.path.rpartition("/")[0])
    return config.reading.world.files.read(full) if full else None


def file(config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """The text of a file, with the file in its way."""
    args, made = applied(node, scope, evaluate)
    path = args[0].data if len(args) == 1 else None
    if isinstance(path, str) and isinstance(made.data, str):
        source = _source_of(config, path)
        if source is not None:
            return made.with_hop(Hop(source.span(0, 0), f"file `{source.path[:80]}`"))
    return made


def templatefile(config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """A template of the repository, rendered."""
    made = call_terraform(node, scope, evaluate)
    via = tuple(Hop(hop.span, shown(hop.note), hop.kind) for hop in made.via)
    del config
    return Traced(made.data, via, made.span, made.rest, sensitive=made.sensitive)


def read_tfvars_file(config: Config, args: list[str], span: Span) -> Traced:
    """A file of variable values as JSON text."""
    found = tfvars(config, args, span)
    return call("jsonencode", [found], config.files) if found.unknown is None else found


def tfvars(config: Config, args: list[str], span: Span) -> Traced:
    """What a file of variable values says."""
    if len(args) != 1:
        raise FunctionError("`read_tfvars_file` takes one argument")
    path = inside(args[0], config.reading.folder)
    source = config.reading.world.files.read(path) if path else None
    if path is None or source is None:
        return Traced(Unknown(Reason.MISSING_FILE, f"`{shown(args[0])[:80]}`", span))
    config.reading.took[path] = None
    if path.endswith(".json"):
        return from_value(parse_json(source)[0])
    scope = Scope(config, source, {})
    return Traced({
        name: _at(settled(setting.value, scope), source, setting)
        for name, setting in parse_hcl(source).body.settings().items()
    })  # fmt: skip


def _at(found: Traced, source: Source, setting: h.Setting) -> Traced:
    span = Span(source, setting.value.start, setting.value.end)
    return found.with_hop(Hop(span, f"tfvars key `{setting.name}`"))


def decoded(config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """`yamldecode(file(...))` and the like: every value keeps its line."""
    inner = node.args[0] if len(node.args) == 1 else None
    while isinstance(inner, h.Paren):
        inner = inner.inner
    if isinstance(inner, h.Call) and len(inner.args) == 1:
        if inner.name == "read_tfvars_file" and node.name == "jsondecode":
            return of_texts(1, tfvars)(config, inner, scope, evaluate)
        if inner.name == "file":
            return _decoded_file(config, node, inner, scope, evaluate)
    return call_terraform(node, scope, evaluate)


def _decoded_file(
    config: Config, node: h.Call, inner: h.Call, scope: Scope, evaluate: Evaluate
) -> Traced:
    path = evaluate(inner.args[0], scope)
    known = inner._replace(args=(stand_in(inner.args[0], 0),))
    made = call_terraform(
        node._replace(args=(known,)), scope.bind(**{stand_in_name(0): path}), evaluate
    )
    source = _source_of(config, path.data) if isinstance(path.data, str) else None
    if source is None:
        return made
    if node.name == "jsondecode":
        return _placed(made, from_value(parse_json(source)[0]), source.path)
    documents = parse_yaml(source, "1.2").documents
    written = from_value(documents[0].value) if documents else Traced(None)
    return _placed(made, written, source.path)


def _placed(made: Traced, written: Traced, path: str) -> Traced:
    """A decoded value with the places that the file gives its parts."""
    span = written.span
    via = (Hop(span, f"file `{path[:80]}`"),) if span is not None else made.via
    data = made.data
    if isinstance(data, dict) and isinstance(written.data, dict):
        entries = {
            key: _placed(item, written.data[key], path) if key in written.data else item
            for key, item in data.items()
        }
        return Traced(entries, (), span, made.rest, sensitive=made.sensitive)
    if isinstance(data, list) and isinstance(written.data, list) and (
        len(data) == len(written.data)
    ):  # fmt: skip
        items = [_placed(*pair, path) for pair in zip(data, written.data, strict=True)]
        return Traced(items, (), span, made.rest, sensitive=made.sensitive)
    return Traced(data, via, span, made.rest, sensitive=made.sensitive)
