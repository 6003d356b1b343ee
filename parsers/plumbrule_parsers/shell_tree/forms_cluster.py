"""Forms of commands that change objects of a cluster, releases of charts and what Git deploys."""

from __future__ import annotations

from typing import Final

from plumbrule_parsers.shell_tree.form import GONE, TAKEN, Form

_KUBECTL: Final = "kubectl oc"
_OBJECT: Final = "fails if the object exists"
# `key=value` of which a part is put in by the run, as the value of no flag.
_VARIABLE_PAIR: Final = r"(?<!-l)(?<!--selector)\s[\"']?[A-Za-z][\w./-]*=[\"']?[^\s=]*\$"

CLUSTER: Final[tuple[Form, ...]] = (
    Form(8, "cluster", _KUBECTL, "create job", "duplicates", "adds another job on every run",
         "give it a fixed name and a time to live", flags="--from"),
    Form(1, "cluster", _KUBECTL, "create(?= (?:ns|namespace|cm|configmap|secret|sa|serviceaccount"
         "|job|role|rolebinding|clusterrole|clusterrolebinding|deployment|ingress|service|svc|quota"
         "|cronjob|pdb|poddisruptionbudget|priorityclass)(?: |$))", "fails", _OBJECT,
         "use `kubectl apply`"),
    Form(2, "cluster", _KUBECTL, r"create(?! token\b)", "fails", _OBJECT, "use `kubectl apply`",
         unsaid=r"(?m)^\s*generateName:"),
    Form(3, "cluster", _KUBECTL, "expose|autoscale", "fails", _OBJECT,
         "declare the object and use `kubectl apply`"),
    Form(3, "cluster", _KUBECTL, "run", "fails", "fails if the pod exists",
         "add `--rm`, or declare the pod and use `kubectl apply`", unless="--rm"),
    Form(4, "cluster", _KUBECTL, "label|annotate", "fails", "fails if the value is another one",
         "add `--overwrite`", unless="--local|--list", said=_VARIABLE_PAIR, add="--overwrite"),
    Form(4, "cluster", _KUBECTL, r"taint\b(?!.*-(?: |$))", "fails", "fails if the node has it",
         "add `--overwrite`", add="--overwrite"),
    Form(5, "cluster", _KUBECTL, "patch", "duplicates", "makes the list longer on every run",
         "use a merge patch, or apply the whole object", flags="--type",
         said=r"\badd\b.{0,200}/-\\?[\"'\s,}]"),
    Form(6, "cluster", _KUBECTL, "replace", "fails", GONE, "use `kubectl apply`",
         unless="--force"),
    Form(9, "cluster", _KUBECTL, "apply", "fails", "fails, because the name is to be generated",
         "give the object a name, or use `kubectl create`", said=r"(?m)^\s*generateName:",
         unsaid=r"(?m)^kind:\s*Kustomization"),
    Form(7, "removal", _KUBECTL, "delete", "fails", GONE, "add `--ignore-not-found`",
         unless=r"--all|-l|--selector|--field-selector|--all-namespaces|-A|--raw",
         add="--ignore-not-found"),
    Form(15, "removal", "helm", r"(?:uninstall|delete|del|un)", "fails",
         "fails if the release is not there", "add `--ignore-not-found`",
         add="--ignore-not-found"),
    Form(10, "drift", _KUBECTL, "scale|set (?:image|env|resources|serviceaccount|sa)|edit",
         "drifts", "leaves the cluster with what no file says", "commit the change instead"),
    Form(18, "drift", "argocd", r"app (?:set|patch|unset)", "drifts",
         "leaves the application with what no file says", "commit the parameter instead"),
    Form(11, "restart", _KUBECTL, "rollout restart", "replaces", "restarts the pods on every run",
         "put a checksum of the configuration into an annotation of the pod template"),
    Form(12, "helm", "helm", "install", "fails", "fails on the second run",
         "use `helm upgrade --install`", unless=r"-g|--generate-name|--replace"),
    Form(12, "helm", "helm", "install", "duplicates", "adds another release on every run",
         "use `helm upgrade --install` with a name", flags=r"-g|--generate-name"),
    Form(13, "helm", "helm", "upgrade", "fails", "fails on the first run", "add `--install`",
         unless=r"-i|--install", add="--install"),
    Form(14, "local", "helm", "repo add", "fails", "fails if its address has changed",
         "add `--force-update`", said=r"\srepo\s+add\s+[^-\s]\S*\s+\S*\$", lasts="host",
         add="--force-update"),
    Form(17, "remote", "argocd", "(?:app|proj) create|(?:repo|cluster) add", "fails",
         "fails if it exists with another content", "add `--upsert`", add="--upsert"),
    Form(46, "remote", "eksctl kops", "create (?:cluster|nodegroup)", "fails", TAKEN,
         "ask the `get` form first"),
    Form(47, "local", "kind", "create cluster", "fails", "fails if the cluster exists",
         "ask `kind get clusters` first, or delete it", lasts="host"),
    Form(47, "local", "k3d", "cluster create", "fails", "fails if the cluster exists",
         "ask `k3d cluster list` first, or delete it", lasts="host"),
)  # fmt: skip
