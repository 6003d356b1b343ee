"""Where the effect of a command lasts: with this run only, on a machine that stays, or elsewhere.

This is the one place that judges it. A `Ground` follows the commands of one job in their order,
because a cluster that the job itself starts is gone with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from plumbrule_parsers.document import Node
from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.shell_tree.launchers import started
from plumbrule_parsers.shell_tree.state import ShellState
from plumbrule_parsers.value import ListValue, Reason, Segments, Unknown, Value

THROWAWAY, PERSISTENT, REMOTE = "throwaway", "persistent", "remote"

# Programs that start a cluster on the machine, by the words behind them.
_CLUSTER_MAKERS = {
    "kind": {"create"}, "k3d": {"cluster", "create"}, "minikube": {"start"}, "microk8s": {"start"},
    "ctlptl": {"create", "apply"}, "k3s": {"server"}, "colima": {"start"},
}  # fmt: skip
# Actions of GitHub that do the same, by the name of their repository.
_CLUSTER_ACTIONS = {"kind-action", "setup-minikube", "minikube", "k3d-action", "setup-k3d-k3s",
                    "setup-k3s", "setup-kind", "action-k3s", "minikube-github-action"}  # fmt: skip
# What turns to another cluster.
_CREDENTIALS = re.compile(
    r"aws\s+eks\s+update-kubeconfig|gcloud\s+container\s+clusters\s+get-credentials"
    r"|az\s+aks\s+get-credentials|doctl\s+kubernetes\s+cluster\s+kubeconfig"
)
_CREDENTIAL_ACTIONS = {"k8s-set-context", "aks-set-context", "get-gke-credentials"}
_CLUSTER = {"kubectl", "oc", "helm", "flux", "istioctl", "linkerd", "skaffold", "tkn", "kapp",
            "helmfile", "argocd", "cilium", "velero", "cmctl"}  # fmt: skip
_DATABASE = {"psql", "mysql", "mariadb", "mongo", "mongosh", "mongoimport", "createdb", "dropdb",
             "createuser", "redis-cli", "pg_restore", "mongorestore", "sqlcmd", "clickhouse-client",
             "kafka-topics", "kafka-topics.sh", "rabbitmqctl", "rabbitmqadmin", "mc",
             "cockroach", "prisma", "alembic", "flyway", "liquibase", "manage.py", "django-admin",
             "artisan", "rails", "rake", "sequelize", "sequelize-cli", "typeorm",
             "hasura"}  # fmt: skip
_MIGRATORS = {"prisma", "alembic", "flyway", "liquibase", "manage.py", "django-admin", "artisan",
              "rails", "rake", "sequelize", "sequelize-cli", "typeorm", "hasura"}  # fmt: skip
# Of these, what changes a database; the others work on the machine.
_MIGRATES = re.compile(
    r"migrat|db:|upgrade|downgrade|flush|superuser|schema|database|update|clean"
    r"|drop|push|reset"
)
# Everything that these do has its effect in another system.
_REMOTE = {"aws", "gcloud", "az", "gh", "glab", "gsutil", "bq", "eksctl", "kops", "doctl", "heroku",
           "flyctl", "fly", "pulumi", "vault", "twine", "ansible-playbook", "ansible", "scp", "ssh",
           "sftp", "serverless", "sls", "ibmcloud", "oci", "consul", "nomad", "wrangler", "vercel",
           "netlify", "semantic-release", "goreleaser", "crane", "skopeo"}  # fmt: skip
# Programs that reach out with these words, and else work on the machine.
_REACHING = {
    "git": {"push"}, "docker": {"push", "buildx"}, "podman": {"push"}, "buildah": {"push"},
    "npm": {"publish", "unpublish", "dist-tag", "deprecate"}, "yarn": {"publish"},
    "pnpm": {"publish"}, "cargo": {"publish", "yank"}, "gem": {"push"}, "nuget": {"push"},
    "dotnet": {"nuget"}, "mvn": {"deploy"}, "gradle": {"publish"}, "gradlew": {"publish"},
    "terraform": {"apply", "destroy", "import", "taint", "untaint", "state", "workspace"},
    "tofu": {"apply", "destroy", "import", "taint", "untaint", "state", "workspace"},
    "terragrunt": {"apply", "destroy", "import", "run-all", "apply-all", "destroy-all"},
    "cdk": {"deploy", "destroy", "bootstrap"}, "sam": {"deploy", "delete"}, "poetry": {"publish"},
    "flit": {"publish"}, "uv": {"publish"}, "lerna": {"publish"}, "chart-releaser": {"upload"},
    "cr": {"upload", "index"}, "oras": {"push"}, "cosign": {"sign", "attest"},
    "hatch": {"publish"}, "vsce": {"publish"}, "ovsx": {"publish"},
}  # fmt: skip
_LOCAL_CONTEXTS = ("kind-", "k3d-", "minikube")  # as the makers name them
_HELM_LOCAL = {"template", "lint", "package", "dependency", "dep", "repo", "show", "pull", "env",
               "plugin", "create", "search", "registry", "version"}  # fmt: skip
_HERE = re.compile(r"localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0")
_SENDS = re.compile(
    r"(?:^|\s)(?:(?:-X\s*|--request[ =])(?:POST|PUT|PATCH|DELETE)"
    r"|(?:--post-(?:data|file)|--json|-(?!nd\b)[a-zA-Z]*d|--data\S*|-F|--form|-T|--upload-file)\b)"
)


@dataclass(slots=True)
class Ground:
    """What one job stands on. It learns from each command and action in turn.

    `machine` is where local effects last. `services` is true if the job brings databases with it.
    """

    machine: Value = PERSISTENT
    services: bool = False
    cluster: bool = False  # started by this job, and the current one
    made: list[str] = field(default_factory=list)  # what started one
    shell: ShellState | None = None  # behind the last script
    unread: tuple[int, ...] = ()  # offsets in the last script of what did not parse
    probed: set[str] = field(default_factory=set)  # variables that hold the output of a command
    fresh: set[str] = field(default_factory=set)  # variables that hold something new in each run

    def action(self, repository: str) -> None:
        """Take note of an action that the job uses."""
        name = repository.lower()
        if name in _CLUSTER_ACTIONS:
            self.cluster = True
            self.made.append(name)
        elif name in _CREDENTIAL_ACTIONS:
            self.cluster = False

    def domain(self, command: Command) -> Value:
        """Where the command's effect lasts; the redirects of any command write on the machine."""
        program, listed = started(command.program, command.words)
        if command.program in _CLUSTER:  # what `kubectl exec` starts is in the cluster
            program, listed = command.program, command.words
        if not isinstance(program, str):
            why = program if isinstance(program, Unknown) else program.unknowns[0]
            return Unknown(Reason.ENVIRONMENT, why.detail, why.span, "string",
                           (THROWAWAY, PERSISTENT, REMOTE), not_null=True)  # fmt: skip
        words = [word if isinstance(word, str) else "" for word in listed]
        named = {word for word in words[:4] if word and not word.startswith("-")}
        if named & _CLUSTER_MAKERS.get(program, set()):
            self.cluster = True
            self.made.append(program)
            return self.local(command)
        if _CREDENTIALS.match(command.text):
            self.cluster = False
            return self.local(command)
        if program == "kubectl" and words[:1] == ["config"]:
            if words[1:2] in (["use-context"], ["use"]):
                self.cluster = "".join(words[2:3]).startswith(_LOCAL_CONTEXTS)
            return self.local(command)
        if program in _CLUSTER:
            if program == "helm" and command.subcommand in _HELM_LOCAL:
                return self.local(command)
            return THROWAWAY if self.cluster and not _elsewhere(words) else REMOTE
        if program in _DATABASE and (program not in _MIGRATORS or _MIGRATES.search(command.text)):
            here = self.services or _HERE.search(command.text) is not None
            return self.local(command) if here else REMOTE
        if not reaches_out(program, named, command.text):
            return self.local(command)
        return self.local(command) if _HERE.search(command.text) else REMOTE

    def local(self, command: Command) -> Value:
        """Where files and processes last that the command leaves on its machine."""
        return PERSISTENT if command.around.host else self.machine


def reaches_out(program: str, words: set[str], text: str) -> bool:
    """True if the program changes another system when it is called like this."""
    if program in _REMOTE:
        return True
    if program in ("curl", "wget"):
        return _SENDS.search(text) is not None
    if program == "rsync":
        return any(":" in word for word in text.split())
    if program == "docker" and "buildx" in words:
        return "--push" in text
    return bool(words & _REACHING.get(program, set()))


def _elsewhere(words: list[str]) -> bool:
    """True if the command names a cluster that is none of those that run on one machine."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in ("--context", "--kube-context"):
            context = value if equals else (words[index + 1] if index + 1 < len(words) else "")
            return not context.startswith(_LOCAL_CONTEXTS)
    return False


def made_cluster(node: Node) -> bool:
    """True if the command, or the action that the step uses, starts a cluster on its machine."""
    fields = node.fields
    if node.kind == "sh.Command":
        wanted = _CLUSTER_MAKERS.get(str(fields.get("program")), set())
        words = fields.get("words")
        return isinstance(words, list) and any(word in wanted for word in words[:4])
    uses = fields.get("uses")
    return isinstance(uses, dict) and str(uses.get("repo")).lower() in _CLUSTER_ACTIONS


def behind_cluster(nodes: Sequence[Node], job: str, step: str) -> dict[str, Node]:
    """Commands of the job behind a step that turned out to start a cluster: their new nodes.

    `nodes` are those of a document in the order of their text.
    """
    found: dict[str, Node] = {}
    behind = False
    for node in nodes:
        if node.address == step:
            behind = True
        elif behind and node.kind == "sh.Command" and node.address.startswith(f"{job}/"):
            if node.address.startswith(f"{step}/") or node.fields.get("domain") != REMOTE:
                continue
            words = [word for word in _listed(node, "words") if isinstance(word, str)]
            if node.fields.get("program") in _CLUSTER and not _elsewhere(words):
                found[node.address] = replace(node, fields=node.fields.copy_with(domain=THROWAWAY))
    return found


def on_machine(node: Node, machine: Value, detail: str) -> Node:
    """A command whose machine was unknown for that reason, on the machine that it turned out."""
    fields = node.fields
    changed = {
        key: machine for key in ("machine", "domain")
        if isinstance(found := fields.get(key), Unknown) and found.detail == detail
    }  # fmt: skip
    return replace(node, fields=fields.copy_with(**changed)) if changed else node


def joined_machine(machines: Iterable[Value], detail: str) -> Value:
    """The machine of what runs on all of these: one that stays, if any does."""
    found = list(machines)
    if PERSISTENT in found:
        return PERSISTENT
    if found and all(one == THROWAWAY for one in found):
        return THROWAWAY
    return next((one for one in found if isinstance(one, Unknown)), unknown_machine(detail))


def _listed(node: Node, key: str) -> list[Value]:
    value = node.fields.get(key)
    return value if isinstance(value, ListValue) else []


def unknown_machine(detail: str, why: Unknown | Segments | None = None) -> Unknown:
    """A machine of which cannot be told whether it stays."""
    span = why.span if isinstance(why, Unknown) else None
    return Unknown(Reason.ENVIRONMENT, detail, span, "string", (THROWAWAY, PERSISTENT),
                   not_null=True)  # fmt: skip
