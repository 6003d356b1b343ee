"""Terragrunt's own functions. None of them runs a command, asks a cloud or leaves the folder.

Source: https://terragrunt.gruntwork.io/docs/reference/hcl/functions/.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from functools import partial

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.scope import Evaluate, OwnFunction, Refused, Scope
from plumbrule_parsers.terraform.terragrunt.arguments import Own, called_with, of_texts
from plumbrule_parsers.terraform.terragrunt.checkout import absolute, inside, is_marked, shown
from plumbrule_parsers.terraform.terragrunt.config import UNIT_FILE, Config
from plumbrule_parsers.terraform.terragrunt.other_files import (
    decoded,
    file,
    read_terragrunt_config,
    read_tfvars_file,
    templatefile,
)
from plumbrule_parsers.traced import Traced, unknown
from plumbrule_parsers.value import Hop, Reason, Unknown


def functions_of(config: Config) -> Mapping[str, OwnFunction]:
    """The functions as a file calls them."""
    return {name: partial(function, config) for name, function in _FUNCTIONS.items()}


# ------------------------------------------------------------------ folders
def _find_in_parent_folders(config: Config, args: list[str], _span: Span) -> Traced:
    wanted = args[0] if args and args[0] else UNIT_FILE
    folder = config.at
    while folder:
        folder = folder.rpartition("/")[0]
        path = inside(wanted, folder)
        if path is not None and config.reading.world.exists(path):
            return Traced(absolute(path, config.reading.root))
    if len(args) > 1:
        return Traced(args[1])
    here = config.at or "."
    raise Refused(f"`{shown(wanted)[:80]}` is in no folder above `{here}` that is scanned")


def _included(config: Config, args: list[str]) -> str | None:
    """The folder of the include that is meant; None if there is none. Refused: it is not told."""
    if config.included:
        return config.source.path.rpartition("/")[0]
    includes = {one.name: one for one in config.includes}
    if not includes:
        return None
    if len(includes) == 1:
        (found,) = includes.values()
    elif len(args) == 1 and args[0] in includes:
        found = includes[args[0]]
    else:
        raise Refused("there are several includes, and the call does not name one of them")
    if found.config is None:
        raise Refused("the included file is not there")
    return found.path.rpartition("/")[0]


def _relative(to: str, start: str) -> str:
    return posixpath.relpath(to or ".", start or ".")


def _path_relative_to_include(config: Config, args: list[str], _span: Span) -> Traced:
    folder = _included(config, args)
    return Traced("." if folder is None else _relative(config.at, folder))


def _path_relative_from_include(config: Config, args: list[str], _span: Span) -> Traced:
    folder = _included(config, args)
    return Traced("." if folder is None else _relative(folder, config.at))


def _get_parent_terragrunt_dir(config: Config, args: list[str], _span: Span) -> Traced:
    folder = _included(config, args)
    return Traced(absolute(config.at if folder is None else folder, config.reading.root))


def _place(find: Callable[[Config], str]) -> Own:
    return of_texts(0, lambda config, _args, _span: Traced(find(config)))


# ------------------------------------------------------------------ what only a run knows
def _get_env(config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """An environment variable, if the settings say it. Its default is not taken for certain."""
    if not 1 <= len(node.args) <= 2:
        raise FunctionError("`get_env` takes one or two arguments")
    name = evaluate(node.args[0], scope)
    if isinstance(name.data, str) and name.data in config.reading.world.environment:
        return config.reading.world.environment[name.data]
    scope.names.run.doubts += 1
    what = shown(name.data)[:60] if isinstance(name.data, str) else "..."
    found = Unknown(Reason.ENVIRONMENT, f"environment variable {what}", scope.span(node),
                    "string", not_null=True)  # fmt: skip
    via: tuple[Hop, ...] = ()
    if len(node.args) == 2:
        hop = Hop(scope.span(node.args[1]), f"default of environment variable {what}",
                  "decision")  # fmt: skip
        via = (hop, *evaluate(node.args[1], scope).via)
    return Traced(found, via)


def _never(reason: Reason, detail: str, type_: str = "string", *, secret: bool = False) -> Own:
    """A function whose result only a run knows; its arguments are not looked at."""

    def own(config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
        del config, evaluate
        scope.names.run.doubts += 1
        made = Unknown(reason, detail, scope.span(node), type_, not_null=True)
        return Traced(made, sensitive=secret)

    return own


def _listed(*names: str) -> Own:
    return of_texts(0, lambda _config, _args, _span: Traced([Traced(name) for name in names]))


def _deep_merge(_config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    from plumbrule_parsers.terraform.terragrunt.merging import deep_merged

    args = [evaluate(arg, scope) for arg in node.args]
    if not args or node.expand:
        return unknown(Reason.EXPRESSION, "deep_merge()", *args)
    found = args[0]
    for arg in args[1:]:
        found = deep_merged(found, arg)
    return found


def _same(_config: Config, args: list[str], _span: Span) -> Traced:
    return Traced(args[0]) if args else Traced(None)


# ------------------------------------------------------------------ paths from the disk's root
def _placed(config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """A function of Terraform whose result depends on where the checkout lies, given a path."""
    args = [evaluate(arg, scope) for arg in node.args]
    reading = config.reading
    reading.placed = reading.placed or any(map(is_marked, args))
    return called_with(args, node, scope, evaluate)


def _contains(config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """What the folder of the checkout is called may hold the text that is looked for as well."""
    del config
    args = [evaluate(arg, scope) for arg in node.args]
    made = called_with(args, node, scope, evaluate)
    if made.data is False and len(args) == 2 and is_marked(args[0]) and not is_marked(args[1]):
        scope.names.run.doubts += 1
        return unknown(Reason.ENVIRONMENT, "the folder of the checkout", *args, type="bool")
    return made


_PLACED = ("split", "length", "strlen", "substr", "strrev", "regex", "regexall", "replace",
           "urlencode", "base64encode", "base64gzip", "textencodebase64", "md5", "sha1", "sha256",
           "sha512", "base64sha256", "base64sha512", "uuidv5", "sort")  # fmt: skip
_ENVIRONMENT = Reason.ENVIRONMENT
_FUNCTIONS: dict[str, Own] = {
    **dict.fromkeys(_PLACED, _placed),
    "strcontains": _contains,
    "startswith": _contains,
    "find_in_parent_folders": of_texts(2, _find_in_parent_folders),
    "path_relative_to_include": of_texts(1, _path_relative_to_include),
    "path_relative_from_include": of_texts(1, _path_relative_from_include),
    "get_terragrunt_dir": _place(lambda config: absolute(config.at, config.reading.root)),
    "get_tfvars_dir": _place(lambda config: absolute(config.at, config.reading.root)),
    "get_original_terragrunt_dir": _place(
        lambda config: absolute(config.reading.folder, config.reading.root)
    ),
    "get_parent_terragrunt_dir": of_texts(1, _get_parent_terragrunt_dir),
    "get_repo_root": _place(lambda config: config.reading.root),
    "get_path_from_repo_root": _place(lambda config: _relative(config.reading.folder, "")),
    "get_path_to_repo_root": _place(lambda config: _relative("", config.reading.folder)),
    "read_terragrunt_config": read_terragrunt_config,
    "read_tfvars_file": of_texts(1, read_tfvars_file),
    "file": file,
    "templatefile": templatefile,
    "yamldecode": decoded,
    "jsondecode": decoded,
    "deep_merge": _deep_merge,
    "mark_as_read": of_texts(1, _same),
    "mark_glob_as_read": _never(_ENVIRONMENT, "mark_glob_as_read()", "list"),
    "get_env": _get_env,
    "run_cmd": _never(_ENVIRONMENT, "run_cmd(): commands are never run"),
    "sops_decrypt_file": _never(Reason.SECRET, "sops_decrypt_file()", secret=True),
    "get_aws_account_id": _never(_ENVIRONMENT, "get_aws_account_id()"),
    "get_aws_account_alias": _never(_ENVIRONMENT, "get_aws_account_alias()"),
    "get_aws_caller_identity_arn": _never(_ENVIRONMENT, "get_aws_caller_identity_arn()"),
    "get_aws_caller_identity_user_id": _never(_ENVIRONMENT, "get_aws_caller_identity_user_id()"),
    "get_platform": _never(_ENVIRONMENT, "get_platform()"),
    "get_working_dir": _never(_ENVIRONMENT, "get_working_dir()"),
    "get_terraform_command": _never(_ENVIRONMENT, "get_terraform_command()"),
    "get_terraform_cli_args": _never(_ENVIRONMENT, "get_terraform_cli_args()", "list"),
    "get_terragrunt_source_cli_flag": _never(_ENVIRONMENT, "get_terragrunt_source_cli_flag()"),
    "get_default_retryable_errors": _never(_ENVIRONMENT, "get_default_retryable_errors()", "list"),
    "constraint_check": _never(_ENVIRONMENT, "constraint_check()", "bool"),
    "get_terraform_commands_that_need_vars": _listed(
        "apply", "console", "destroy", "import", "plan", "push", "refresh"
    ),
    "get_terraform_commands_that_need_locking": _listed(
        "apply", "destroy", "import", "plan", "refresh", "taint", "untaint"
    ),
    "get_terraform_commands_that_need_input": _listed("apply", "import", "init", "plan", "refresh"),
    "get_terraform_commands_that_need_parallelism": _listed("apply", "plan", "destroy"),
}
