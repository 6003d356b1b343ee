"""Files that programs keep credentials in: state, client settings, lists of logins.

Each is told by its name, read by its own rules, and becomes one node that says which of its fields
hold literals; the literals themselves stay in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from plumbrule_parsers.document import Node
from plumbrule_parsers.secret_tokens import credential_lines as lines
from plumbrule_parsers.secret_tokens import credential_trees as trees
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue, Place

KIND: Final = "secret.File"
_MOST: Final = 200  # credentials of one file
_MOST_TEXT: Final = 2_000_000


def file_nodes(source: Source) -> tuple[Node, ...]:
    """A `secret.File` if the file is one that credentials are kept in."""
    name = source.path.rpartition("/")[2]
    form = form_of(source.path, source.text)
    if form is None:
        return ()
    fields = MapValue(source, 0, len(source.text))
    fields.put("name", name)
    fields.put("form", form)
    held = MapValue(source, 0, len(source.text))
    for field, why, start, end in _READERS[form](source.text[:_MOST_TEXT]):
        if len(held) >= _MOST:
            break
        if field not in held or (held[field] and not why):
            held.put(field, why, Place(Span(source, start, end)))
    fields.put("credentials", held)
    address = f"{source.path}#secrets"
    return (Node(address, KIND, name, fields, source.span(0, 0)),)


def form_of(path: str, text: str) -> str | None:
    """What kind of such a file it is, None if of none."""
    folder, _, name = f"/{path}".rpartition("/")
    lower = name.lower()
    if lower.endswith((".tfstate", ".tfstate.backup")) or ".tfstate." in lower:
        return "state"
    if lower.endswith((".tfplan", "plan.json")) and '"planned_values"' in text[:200_000]:
        return "plan"
    in_folder = folder.endswith("/.kube") and lower == "config"
    if in_folder or lower == "admin.conf" or lower.endswith(_KUBECONFIG):
        return "kubeconfig"
    if lower == ".env" or lower.startswith(".env.") or lower.endswith(".env"):
        return "env"
    if lower in _NAMES:
        form = _NAMES[lower]
        return form if form != "hub" or "oauth_token" in text[:_HEAD] else None
    if lower.endswith(".sql"):
        return "sql"
    if lower.endswith("passwd") and _PASSWD.match(text):
        return "passwd"
    if lower in ("credentials", ".credentials") and "aws_secret_access_key" in text:
        return "aws"
    if lower == "config.json" and folder.endswith("/.docker"):
        return "docker"
    return "htpasswd" if lower.endswith(".htpasswd") else None


_HEAD: Final = 20_000
_PASSWD = re.compile(r"[\w.@-]+:[^:\r\n]{13,}:[^\r\n]*:")
_KUBECONFIG: Final = ("kubeconfig", "kubeconfig.yaml", "kubeconfig.yml")
_NAMES: Final = {
    ".npmrc": "npmrc", "npmrc": "npmrc", ".yarnrc": "npmrc", ".netrc": "netrc", "_netrc": "netrc",
    "netrc": "netrc", ".pypirc": "pypirc", ".dockercfg": "docker", ".dockerconfigjson": "docker",
    "dockerconfigjson": "docker", ".htpasswd": "htpasswd", "htpasswd": "htpasswd",
    ".pgpass": "pgpass", "pgpass.conf": "pgpass", ".s3cfg": "aws", ".bashrc": "env",
    ".bash_profile": "env", ".profile": "env", ".zshrc": "env", ".zshenv": "env", ".envrc": "env",
    "secrets.yml": "settings", "secrets.yaml": "settings", "secrets.json": "settings",
    "credentials.json": "settings", "sftp-config.json": "settings", "sftp.json": "settings",
    ".ftpconfig": "settings", ".remote-sync.json": "settings", ".ftpquota": "settings",
    "deployment-config.json": "settings", ".tugboat": "settings", "hub": "hub", "hosts.yml": "hub",
    ".git-credentials": "git-credentials", ".gitcredentials": "git-credentials",
    ".esmtprc": "words", ".msmtprc": "words", ".fetchmailrc": "words", "redis.conf": "words",
    ".my.cnf": "ini", ".mylogin.cnf": "ini", ".boto": "ini", "rclone.conf": "ini",
    "gradle.properties": "ini", "pip.conf": "ini", ".wgetrc": "ini", ".curlrc": "words",
    "wp-config.php": "wordpress", "master.key": "master-key", "logins.json": "firefox",
    ".terraformrc": "terraform-rc", "terraform.rc": "terraform-rc", "shadow": "passwd",
    "credentials.tfrc.json": "terraform-rc", "auth.json": "composer", "settings.xml": "xml",
    "nuget.config": "xml", "webservers.xml": "xml", "filezilla.xml": "xml",
    "recentservers.xml": "xml", "sitemanager.xml": "xml", "dbeaver-data-sources.xml": "xml",
    ".dbeaver-data-sources.xml": "xml", "web.config": "xml", "app.config": "xml",
    "tomcat-users.xml": "xml", "server.xml": "xml",
}  # fmt: skip

_READERS: Final[dict[str, Callable[[str], Iterator[lines.Found]]]] = {
    "state": trees.state, "plan": trees.state, "kubeconfig": trees.kubeconfig, "env": lines.env,
    "npmrc": lines.npmrc, "netrc": lines.netrc, "pypirc": lines.pypirc, "docker": trees.docker,
    "htpasswd": lines.htpasswd, "aws": lines.aws, "pgpass": lines.pgpass,
    "settings": lines.settings, "hub": lines.settings, "composer": lines.settings,
    "git-credentials": lines.git_credentials, "words": lines.words, "ini": lines.ini,
    "wordpress": lines.wordpress, "master-key": lines.master_key, "firefox": trees.firefox,
    "terraform-rc": trees.terraform_rc, "passwd": lines.passwd, "sql": lines.sql,
    "xml": trees.xml,
}  # fmt: skip
