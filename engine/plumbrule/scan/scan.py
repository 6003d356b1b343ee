"""One run: discover, parse, resolve, link, evaluate, suppress, report."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from plumbrule.config import Config, RuleConfig
from plumbrule.evaluate.evaluate import RuleSettings, Settings, evaluate
from plumbrule.finding import LEVELS, FileState, Finding, Report, RuleInfo
from plumbrule.graph.graph import Graph
from plumbrule.graph.link import link
from plumbrule.graph.retype import retype
from plumbrule.language.ir import CheckedRule
from plumbrule.merge_units import Merger
from plumbrule.pack import Pack
from plumbrule.provenance import weighed
from plumbrule.scan.discover import discover, root_of
from plumbrule.scan.external import unused, with_external
from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import Parsed, parse_file, parse_files
from plumbrule.suppress import suppress
from plumbrule.units import Placed, units_of
from plumbrule_parsers.document import Completeness, Document, Problem
from plumbrule_parsers.formats import RESOLVED, format_of
from plumbrule_parsers.secret_tokens.leaves import leaf_nodes
from plumbrule_parsers.secret_tokens.sops import sops_files
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import same_places


@dataclass(frozen=True, slots=True)
class Model:
    """The repository as documents and as one graph, before any rule."""

    graph: Graph
    documents: tuple[Document, ...]
    states: tuple[FileState, ...]
    problems: tuple[Problem, ...]
    units: Mapping[str, Placed]  # by name
    suggested: frozenset[str]  # addresses whose environment only names of files or folders tell


def scan(
    paths: Sequence[Path],
    config: Config,
    pack: Pack,
    *,
    jobs: int = 1,
    today: str = "",
    only: frozenset[str] = frozenset(),
    without: frozenset[str] = frozenset(),
    comments: bool = True,
    level: str = "",
    texts: Mapping[str, str] | None = None,
) -> Report:
    """The report on everything at or below the paths.

    `jobs` is the number of processes that read files. `only` and `without` choose rules by id.
    `comments` false ignores comments and exemptions that take findings back. `level` is `default`,
    `strict` or `audit`, as the configuration says if it is empty. `texts` replace what files hold.
    """
    model = build_model(paths, config, pack, jobs=jobs, texts=texts)
    shown = str(paths[0]) if len(paths) == 1 else ", ".join(map(str, paths))
    return judge(
        model, config, pack, root=shown, today=today, only=only, without=without, comments=comments,
        level=level,
    )  # fmt: skip


def build_model(
    paths: Sequence[Path], config: Config, pack: Pack, *, jobs: int = 1,
    texts: Mapping[str, str] | None = None,
) -> Model:  # fmt: skip
    """Everything at or below the paths as one graph; `texts` replace what files hold."""
    root = root_of(paths, config.path)
    found = discover(paths, config.include, config.exclude, config.max_file_size, root)
    tree = ScannedFiles(found.root, (one.path for one in found.files), texts, config.max_file_size)
    states = [FileState(one.path, "", Completeness.SKIPPED, one.why) for one in found.skipped]
    # What is parsed belongs to `connect` alone, which lets go of what resolving replaces.
    return connect(iter(parse_files(found.files, tree, jobs)), states, tree, config, pack)


def model_of_texts(texts: Mapping[str, str], config: Config, pack: Pack) -> Model:
    """A repository that exists only in memory, as rule tests and editors have it."""
    tree = ScannedFiles(None, (), texts)
    parsed = [parse_file(path, tree) for path in tree.paths()]
    return connect(parsed, [], tree, config, pack)


def _with_deployments(document: Document) -> Document:
    """The document with what its commands deploy."""
    if all(node.kind != "sh.Command" for node in document.nodes):
        return document
    from plumbrule_parsers.shell_tree.deploys import deployments

    found = tuple(deployments(document))
    if not found:
        return document
    return replace(document, references=(*document.references, *found))


def _deployed(
    documents: list[Document], memory: dict[str, Resolved] | None
) -> list[Document]:  # fmt: skip
    """The documents with what their commands deploy; only of new ones the commands are read."""
    earlier = memory.get(_DEPLOYED) if memory is not None else None
    known: dict[int, Document] = {}
    if earlier is not None:
        before = map(id, earlier.own.values())
        known = dict(zip(before, earlier.documents, strict=True))
    made = [known.get(id(document)) or _with_deployments(document) for document in documents]
    if memory is not None:
        own = {document.source.path: document for document in documents}
        memory[_DEPLOYED] = Resolved(own, (), {}, {}, tuple(made))
    return made


_DEPLOYED = "deployments"  # no format has that name


def _with_image_builds(documents: list[Document]) -> list[Document]:
    """The documents with the images that pipelines build."""
    formats = {document.format for document in documents}
    if formats.isdisjoint(_BUILDERS):
        return documents
    from plumbrule_parsers.image_builds.link import with_image_builds

    return with_image_builds(documents)


# Formats in which something may build an image.
_BUILDERS = ("github_actions", "gitlab_ci", "jenkins", "shell", "kubernetes")


Resolve = Callable[[Mapping[str, Document], ScannedFiles], Iterable[Document]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one format made of its documents, and all that it looked at for it."""

    own: Mapping[str, Document]
    paths: tuple[str, ...]
    consulted: Mapping[str, Source | None]
    digests: Mapping[str, bytes]
    documents: tuple[Document, ...]

    def holds(self, own: Mapping[str, Document], tree: ScannedFiles) -> bool:
        """True if everything that was looked at is as it was."""
        return (
            len(own) == len(self.own)
            and all(_same(self.own.get(path), document) for path, document in own.items())
            and self.paths == tuple(tree.paths())
            and all(tree.read(path) == source for path, source in self.consulted.items())
            and all(_digest(tree, path) == digest for path, digest in self.digests.items())
        )


def _same(one: Document | None, other: Document) -> bool:
    """True if nobody could tell the documents apart: a format may have made an equal one again."""
    if one is other:
        return True
    if one is None or one.source != other.source or len(one.nodes) != len(other.nodes):
        return False
    pairs = zip(one.nodes, other.nodes, strict=True)
    return one.units == other.units and all(
        (a is b or a == b) and same_places(a.fields, b.fields) for a, b in pairs
    )


def connect(
    parsed: Iterable[Parsed],
    skipped: Iterable[FileState],
    tree: ScannedFiles,
    config: Config,
    pack: Pack,
    memory: dict[str, Resolved] | None = None,
) -> Model:
    """Documents to one model: formats resolve their files, then everything is linked.

    `memory` keeps what formats resolved from one call to the next: an edit renders no chart that it
    does not touch.
    """
    documents: dict[str, Document] = {}
    states: dict[str, FileState] = {}
    tokens: list[tuple[str, Document]] = []
    for one in parsed:
        states[one.path] = one.state
        if one.document is not None:
            documents[one.path] = one.document
        if one.tokens is not None:
            tokens.append((one.path, one.tokens))
    del parsed
    if config.value_sets is not None:
        named = _seen_from(config, tree.root)
        documents[named.source.path] = named
    for name in RESOLVED:
        own = {path: doc for path, doc in documents.items() if doc.format == name}
        format_ = format_of(name) if own else None
        resolve = format_.resolve if format_ is not None else None
        if format_ is None or resolve is None:
            continue
        if name == "terraform" and config.terragrunt_env is not None:
            own[config.terragrunt_env.source.path] = config.terragrunt_env
        if format_.reads:
            seen = {name, *format_.reads}
            heeds = format_.heeds(own) if format_.heeds is not None else None
            own = {
                path: doc
                for path, doc in documents.items()
                if doc.format in seen and (doc.format == name or heeds is None or heeds(doc))
            }
        try:
            for document in _resolved(name, resolve, own, tree, memory):
                documents[document.source.path] = document
                path = document.source.path
                states[path] = FileState(
                    path, document.format, document.completeness, document.because
                )
        except Exception as error:  # noqa: BLE001 - the one border of the resolve stage
            first = next(doc for doc in own.values() if doc.format == name)
            message = (
                f"internal error while resolving {name} files: {type(error).__name__}: {error}"
            )
            problem = Problem("internal-error", message[:300], first.source.span(0, 0))
            documents[first.source.path] = replace(first, problems=(*first.problems, problem))
        for path, source in tree.consulted.items():  # no format claims an included file
            if source is not None and path in states and not states[path].format:
                states[path] = FileState(path, name, Completeness.EVALUATED)
    tokens += [(found.source.path, found) for found in sops_files(tree)]
    for path, found in tokens:
        document = documents.get(path, replace(found, nodes=()))
        documents[path] = replace(document, nodes=(*document.nodes, *found.nodes))
    _add_leaves(documents)
    _add_copies(documents, tree)
    retyped = retype((documents[path] for path in sorted(documents)), pack.schema.ancestors)
    built = _with_image_builds(_deployed(retyped, memory))
    if config.external:
        built = with_external(built, config.external, pack.schema.ancestors)
    if memory is None:  # nothing resolves again, and syntax trees are a tenth of all that is held
        built = [replace(one, facts={}) if one.facts else one for one in built]
    del documents, retyped
    units = units_of(built, config.environments)
    ordered = units.documents
    graph, dangling = link(
        ordered, pack.schema.ancestors, units.environments, units.by_name, units.addresses
    )
    problems = [problem for document in ordered for problem in document.problems]
    problems += dangling
    problems = list(dict.fromkeys(problems))  # a helper that two templates include fails twice
    problems.sort(key=lambda problem: (*problem.span.sort_key(), problem.code, problem.message))
    for state in skipped:
        states.setdefault(state.path, state)
    return Model(
        graph, ordered, tuple(states[path] for path in sorted(states)), tuple(problems),
        units.placed, units.suggested,
    )  # fmt: skip


def _seen_from(config: Config, root: Path | None) -> Document:
    """The sets of values that the configuration names; its paths count from its own folder."""
    assert config.value_sets is not None
    if root is None or not config.path:
        return config.value_sets
    folder = os.path.relpath(Path(config.path).absolute().parent, root).replace(os.sep, "/")
    if folder == ".":
        return config.value_sets
    return replace(config.value_sets, facts={**config.value_sets.facts, "folder": folder})


def _add_copies(documents: dict[str, Document], tree: ScannedFiles) -> None:
    """Edges from Dockerfiles to the files with credentials that they copy into an image."""
    kept = {
        path: node.address
        for path, document in documents.items() for node in document.nodes
        if node.kind == "secret.File"
    }  # fmt: skip
    if not kept:
        return
    from plumbrule_parsers.dockerfile.copies import copies

    for path, found in copies(dict(documents), kept, tree):
        document = documents[path]
        documents[path] = replace(document, references=(*document.references, found))


def _add_leaves(documents: dict[str, Document]) -> None:
    """Credentials in files of values as nodes, once formats have said what reads the files."""
    charts = {
        path.rpartition("/")[0]
        for path in documents
        if path.rpartition("/")[2] in ("Chart.yaml", "Chart.yml")
    }
    for path, document in documents.items():
        found = leaf_nodes(document, charts)
        if found:
            documents[path] = replace(document, nodes=(*document.nodes, *found))


def _resolved(
    name: str, resolve: Resolve, own: Mapping[str, Document], tree: ScannedFiles,
    memory: dict[str, Resolved] | None,
) -> tuple[Document, ...]:  # fmt: skip
    earlier = memory.get(name) if memory is not None else None
    tree.consulted, tree.digests = {}, {}
    if earlier is not None and earlier.holds(own, tree):
        return earlier.documents
    tree.consulted, tree.digests = {}, {}
    found = tuple(resolve(own, tree))
    consulted, digests = dict(tree.consulted), dict(tree.digests)
    if memory is not None:
        memory[name] = Resolved(own, tuple(tree.paths()), consulted, digests, found)
    return found


def _digest(tree: ScannedFiles, path: str) -> bytes:
    tree.read_bytes(path)
    return tree.digests[path]


def judge(
    model: Model,
    config: Config,
    pack: Pack,
    *,
    root: str,
    today: str = "",
    only: frozenset[str] = frozenset(),
    without: frozenset[str] = frozenset(),
    comments: bool = True,
    paths: frozenset[str] = frozenset(),
    level: str = "",
) -> Report:
    """The report of all rules over the model, or over the subjects that `paths` declare.

    `level` is that of the configuration unless it is given; a rule in `only` needs none.
    """
    today = today or dt.datetime.now(tz=dt.UTC).date().isoformat()
    reach = LEVELS.index(level or config.level)
    rules = [
        rule
        for rule in pack.rules
        if (rule.id in only if only else LEVELS.index(rule.level) <= reach)
        and rule.id not in without
        and config.rules.get(rule.id, _PLAIN).enabled
    ]
    settings = Settings(today, {rule.id: settings_of(rule, config) for rule in rules}, paths)
    exemptions = pack.exemptions if comments else ()
    result = evaluate(rules, exemptions, model.graph, settings, programs=pack.programs)
    merger = Merger(model.graph)
    findings, reviews = merger.findings(result.findings), merger.reviews(result.reviews)
    asking = {rule.id for rule in rules if any(name == "env" for _kind, name in rule.reads)}
    findings = tuple(
        replace(one, confidence="medium")
        if one.rule in asking and one.confidence == "high" and one.subject in model.suggested
        else one for one in findings
    )  # fmt: skip
    exact = frozenset(name for name, one in config.rules.items() if one.severity)
    findings = weighed(findings, config.provenance, exact)
    exempted, notices = merger.exempted(result.exempted), list(result.notices)
    if config.external:
        notices += unused(model.graph)
    problems = [*model.problems, *result.problems]
    sources = {finding.span.path: finding.span.source for finding in findings}
    sources |= {document.source.path: document.source for document in model.documents}
    if comments:
        names = {name: rule.id for rule in pack.rules for name in (rule.id, *rule.formerly)}
        taken = suppress(findings, sources.values(), names, today)
        findings, exempted = taken.findings, (*exempted, *taken.exempted)
        problems += taken.problems
        notices += taken.notices
    taken_back = Counter(one.finding.rule for one in exempted)
    undecided = Counter(one.rule for one in reviews)
    left = Counter(finding.rule for finding in findings)
    counts = [
        replace(count, violations=left[count.rule], exempt=taken_back[count.rule],
                reviews=undecided[count.rule])
        for count in result.counts
    ]  # fmt: skip
    return Report(
        root=root,
        findings=tuple(sorted(findings, key=Finding.sort_key)),
        reviews=reviews,
        exempted=tuple(sorted(exempted, key=lambda one: one.finding.sort_key())),
        problems=tuple(problems),
        files=model.states,
        counts=tuple(counts),
        rules=tuple(_info(rule) for rule in rules),
        statistics=_statistics(model),
        notices=tuple(sorted(set(notices))),
        sources=sources,
    )


def scan_texts(
    texts: Mapping[str, str],
    pack: Pack,
    config: Config | None = None,
    *,
    today: str = "",
    only: frozenset[str] = frozenset(),
) -> Report:
    """The report on a repository that exists only in memory."""
    config = config or Config()
    model = model_of_texts(texts, config, pack)
    return judge(model, config, pack, root=".", today=today, only=only)


_PLAIN = RuleConfig()


def settings_of(rule: CheckedRule, config: Config) -> RuleSettings:
    """What the configuration makes of the rule, its parameters read as the rule types them."""
    chosen = config.rules.get(rule.id, _PLAIN)
    if not chosen.params:
        return RuleSettings(chosen.enabled, chosen.severity, chosen.unknown)
    from plumbrule.language.setting import setting_value

    types = {param.name: param.type for param in rule.params}
    params = {
        name: setting_value(types[name], value)[0]
        for name, value in chosen.params.items()
        if name in types
    }
    return RuleSettings(chosen.enabled, chosen.severity, chosen.unknown, params)


def config_faults(config: Config, pack: Pack, text: str | None = None) -> tuple[Problem, ...]:
    """What the configuration says of rules that does not fit them: unknown ids, parameters, types.

    `text` is the file as an editor holds it, instead of the one on disk.
    """
    from plumbrule.language.schema import suggest
    from plumbrule.language.setting import setting_value

    path = Path(config.path)
    if text is None:
        text = path.read_text("utf-8", "replace") if config.path else ""
    source = Source(path.name, text)
    known = {name: rule for rule in pack.rules for name in (rule.id, *rule.formerly)}
    faults: list[Problem] = []
    for name, chosen in config.rules.items():
        at = max(source.text.find(name), 0)
        span = source.span(at, min(at + len(name), len(source.text)))
        rule = known.get(name)
        if rule is None:
            faults.append(
                Problem("config", f"there is no rule `{name}`{suggest(name, known)}", span)
            )
            continue
        types = {param.name: param.type for param in rule.params}
        for param, value in chosen.params.items():
            if param not in types:
                message = f"`{name}` has no parameter `{param}`{suggest(param, types)}"
                faults.append(Problem("config", message, span))
                continue
            why = setting_value(types[param], value)[1]
            if why:
                faults.append(Problem("config", f"parameter `{param}` of `{name}`: {why}", span))
    return tuple(faults)


def _info(rule: CheckedRule) -> RuleInfo:
    return RuleInfo(
        rule.id,
        rule.title,
        rule.severity,
        rule.confidence,
        rule.why,
        rule.remedy,
        rule.tags,
        rule.refs,
    )


def _statistics(model: Model) -> dict[str, int]:
    graph = model.graph
    states = Counter(state.completeness for state in model.states)
    possible = sum(
        1
        for edges in graph.successors.values()
        for listed in edges.values()
        for edge in listed
        if edge.doubt is not None
    )
    return {
        "files": len(model.states),
        "files evaluated": states[Completeness.EVALUATED],
        "files partly evaluated": states[Completeness.PARTLY],
        "files skipped": states[Completeness.SKIPPED],
        "nodes": len(graph.nodes),
        "edges": graph.edge_count,
        "edges possible": possible,
        "holes": len(graph.holes),
        "problems": len(model.problems),
    }
