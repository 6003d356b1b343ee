"""Forms of commands whose second run does something else than the first, and what to write instead.

This table is the only place that says so; rules read it as the field `repeat` of a command. What
is not in it does the same again, or nobody knows of harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Again: TypeAlias = Literal["fails", "duplicates", "replaces", "varies"]


@dataclass(frozen=True, slots=True)
class Form:
    """One form: names of programs, and a pattern of the words behind them that are no flags.

    `again` is the class of the second run, `happens` says it in words. One of the command's flags
    must fit `flags`, none may fit `unless`. `doubt` is what decides, but does not stand there.
    """

    family: str  # the rule that reports it
    programs: str
    call: str
    again: Again
    happens: str
    remedy: str
    flags: str = ""
    unless: str = ""
    doubt: str = ""

    @property
    def depth(self) -> int:
        """How many words the call has at least."""
        return len(self.call.split(" ")) if self.call else 0


_TAKEN = "fails if it exists"
_GONE = "fails if it is not there"
_PUBLISHED = "fails if the version is there already"

FORMS: Final[tuple[Form, ...]] = (
    # ------------------------------------------------------------------ objects of a cluster
    Form("cluster", "kubectl oc", "create job", "duplicates", "adds another job on every run",
         "give it a fixed name and a time to live", flags="--from"),
    Form("cluster", "kubectl oc", r"create(?! token\b)", "fails", "fails if the object exists",
         "use `kubectl apply`"),
    Form("cluster", "kubectl oc", "expose|autoscale", "fails", "fails if the object exists",
         "declare the object and use `kubectl apply`"),
    Form("cluster", "kubectl oc", "run", "fails", "fails if the pod exists",
         "add `--rm`, or declare the pod and use `kubectl apply`", unless="--rm"),
    # ------------------------------------------------------------------ releases of charts
    Form("helm", "helm", "install", "fails", "fails on the second run",
         "use `helm upgrade --install`", unless=r"-g|--generate-name|--replace"),
    Form("helm", "helm", "install", "duplicates", "adds another release on every run",
         "use `helm upgrade --install` with a name", flags=r"-g|--generate-name"),
    Form("helm", "helm", "upgrade", "fails", "fails on the first run", "add `--install`",
         unless=r"-i|--install"),
    # ------------------------------------------------------------------ what is kept elsewhere
    Form("remote", "aws", "s3 mb|s3api create-bucket", "fails", _TAKEN,
         "ask `aws s3api head-bucket` first, or declare the bucket"),
    Form("remote", "aws", "iam create-access-key", "replaces", "makes another key on every run",
         "let the job take a role"),
    Form("remote", "aws", "iam create-policy-version", "fails", "fails at the sixth version",
         "delete the oldest version first, or declare the policy"),
    Form("remote", "aws", r"iam create-(?:role|policy|user|group|instance-profile)", "fails",
         _TAKEN, "ask the `get-` form first, or declare it"),
    Form("remote", "aws", "ecr create-repository", "fails", _TAKEN,
         "ask `aws ecr describe-repositories` first, or declare it"),
    Form("remote", "aws", "cloudformation create-stack", "fails", _TAKEN,
         "use `aws cloudformation deploy --no-fail-on-empty-changeset`"),
    Form("remote", "aws", "cloudformation update-stack", "fails", "fails if nothing changed",
         "use `aws cloudformation deploy --no-fail-on-empty-changeset`"),
    Form("remote", "aws", "ssm put-parameter", "fails", _TAKEN, "add `--overwrite`"),
    Form("remote", "aws", "secretsmanager create-secret", "fails", _TAKEN,
         "ask `describe-secret` first and use `put-secret-value`"),
    Form("remote", "aws", r"lambda (?:create-function|add-permission|create-alias)", "fails",
         _TAKEN, "ask for it first, or declare it"),
    Form("remote", "aws", r"ec2 authorize-security-group-\w+", "fails", "fails if the rule exists",
         "declare the rule"),
    Form("remote", "aws", "ec2 run-instances", "duplicates", "starts more machines on every run",
         "add `--client-token`, or declare them", unless="--client-token"),
    Form("remote", "aws", r"(?:eks|rds|dynamodb|logs|efs|elasticache|opensearch) create-[\w-]+",
         "fails", _TAKEN, "ask the `describe-` form first, or declare it"),
    Form("remote", "gcloud", r"(?:(?:alpha|beta) )?iam service-accounts keys create", "replaces",
         "makes another key on every run", "use workload identity federation"),
    Form("remote", "gcloud", r"(?:(?:alpha|beta) )?secrets versions add", "duplicates",
         "adds another version on every run", "compare with the newest version first"),
    Form("remote", "gcloud", r"(?:(?:alpha|beta) )?(?:projects|secrets"
         r"|iam (?:service-accounts|roles)|container (?:clusters|node-pools)"
         r"|sql (?:instances|databases|users)|pubsub (?:topics|subscriptions)"
         r"|artifacts repositories|storage buckets|redis instances"
         r"|compute (?:networks(?: subnets)?|addresses|instances|firewall-rules|disks|routers)"
         r"|iam workload-identity-pools(?: providers)?|kms (?:keys|keyrings)|dns managed-zones"
         r"|spanner (?:instances|databases)|scheduler jobs(?: http| pubsub)?|tasks queues) create",
         "fails", _TAKEN, "ask the `describe` form first, or declare it"),
    Form("remote", "gsutil", "mb", "fails", _TAKEN,
         "ask `gcloud storage buckets describe` first, or declare the bucket"),
    Form("remote", "bq", "mk", "fails", _TAKEN, "add `--force`", unless="-f|--force"),
    Form("remote", "az", "ad sp create-for-rbac", "replaces", "resets the password on every run",
         "use a federated credential"),
    Form("remote", "eksctl kops", "create (?:cluster|nodegroup)", "fails", _TAKEN,
         "ask the `get` form first"),
    Form("remote", "pulumi", "stack init", "fails", _TAKEN, "use `pulumi stack select --create`"),
    Form("remote", "terraform tofu", "workspace new", "fails", _TAKEN,
         "use `workspace select -or-create`"),
    Form("remote", "argocd", "(?:app|proj) create|(?:repo|cluster) add", "fails",
         "fails if it exists with another content", "add `--upsert`"),
    Form("remote", "vault", r"(?:secrets|auth) enable", "fails", "fails if the path is in use",
         "ask `vault secrets list` first"),
    Form("remote", "kafka-topics kafka-topics.sh", "", "fails", _TAKEN, "add `--if-not-exists`",
         flags="--create"),
    Form("remote", "rabbitmqctl", r"add_(?:user|vhost)", "fails", _TAKEN,
         "ask the `list_` form first"),
    Form("remote", "mc", "mb", "fails", _TAKEN, "add `--ignore-existing`",
         unless="-p|--ignore-existing"),
    # ------------------------------------------------------------------ packages
    Form("package", "npm pnpm yarn", "(?:npm )?publish", "fails", _PUBLISHED,
         "ask `npm view NAME@VERSION` first", unless=r"-r|--recursive"),
    Form("package", "twine", "upload", "fails", _PUBLISHED, "add `--skip-existing`"),
    Form("package", "poetry", "publish", "fails", _PUBLISHED, "add `--skip-existing`"),
    Form("package", "uv", "publish", "fails", _PUBLISHED, "add `--check-url`",
         unless="--check-url"),
    Form("package", "flit gem cargo", "publish|push", "fails", _PUBLISHED,
         "ask the registry for the version first"),
    Form("package", "dotnet nuget", "(?:nuget )?push", "fails", _PUBLISHED,
         "add `--skip-duplicate`"),
    Form("package", "vsce ovsx", "publish", "fails", _PUBLISHED, "add `--skip-duplicate`"),
    Form("package", "mvn mvnw", r"(?:\S+ )*deploy", "fails",
         "fails for a release that is there already", "ask the registry for the version first",
         doubt="whether the version is a snapshot"),
    # ------------------------------------------------------------------ releases and requests
    Form("release", "gh", "release create", "fails", _TAKEN,
         "ask `gh release view` first, and use `gh release upload --clobber`"),
    Form("release", "gh", "pr create", "fails", "fails if the branch has a pull request",
         "ask `gh pr list --head` first"),
    Form("release", "gh", "label create", "fails", _TAKEN, "add `--force`", unless="-f|--force"),
    Form("release", "gh", "repo create", "fails", _TAKEN, "ask `gh repo view` first"),
    Form("release", "glab", "release create", "replaces", "changes the release that is there",
         "ask `glab release view` first"),
    Form("release", "glab", "mr create", "fails", "fails if the branch has a merge request",
         "ask `glab mr list` first"),
    Form("release", "git", "tag(?= )", "fails", "fails if the tag exists",
         "ask `git rev-parse -q --verify refs/tags/TAG` first",
         flags=r"-\w*[ams]\w*|--annotate|--sign|--message", unless=r"-\w*[fdlvn]\w*|--force"
         r"|--delete|--list|--verify|--points-at|--contains|--merged|--sort"),
    # ------------------------------------------------------------------ what a machine keeps
    Form("local", "mkdir", "", "fails", "fails if the directory exists", "use `mkdir -p`",
         unless=r"-\w*p\w*|--parents"),
    Form("local", "ln", "", "fails", "fails if the link exists, or makes one inside it",
         "use `ln -sfn`", flags=r"-\w*s\w*|--symbolic", unless=r"-\w*f\w*|--force"),
    Form("local", "git", "clone", "fails", "fails if the directory is not empty",
         "fetch where a clone is there already"),
    Form("local", "useradd adduser", "", "fails", "fails if the user exists",
         "ask `id -u USER` first"),
    Form("local", "groupadd addgroup", "", "fails", "fails if the group exists",
         "use `groupadd -f`", unless="-f|--force"),
    Form("local", "usermod", "", "replaces", "takes the user out of other groups",
         "use `usermod -aG`", flags=r"-G|--groups", unless=r"-\w*a\w*|--append"),
    Form("local", "docker podman", "network create", "fails", "fails if the network exists",
         "ask `docker network inspect` first"),
    Form("local", "docker podman", "run|create", "fails", "fails if the container exists",
         "use `--rm`, or `docker rm -f` first", flags="--name", unless="--rm"),
    Form("local", "docker", "buildx create", "fails", "fails if the builder exists",
         "ask `docker buildx inspect` first", flags="--name"),
    Form("local", "mkfs mkfs.ext4 mkfs.xfs pvcreate", "", "replaces",
         "destroys what is on the disk", "ask `blkid` first"),
    Form("local", "swapon mount", r"(?=\S)", "fails", "fails if it is in use",
         "ask `mountpoint -q` first", unless=r"-a|-l|--all|-o remount\S*"),
    # ------------------------------------------------------------------ lines of files
    Form("lines", "tee", "", "duplicates", "appends again on every run",
         "write the whole file, or ask `grep -qxF` first", flags=r"-\w*a\w*|--append"),
    Form("lines", "iptables ip6tables", "", "duplicates", "adds the rule again on every run",
         "ask the `-C` form first", flags="-A|-I|--append|--insert"),
)  # fmt: skip

# `sed -i` is judged by what it says, in `second_run`.
ADDS_LINE: Final = Form("lines", "sed", "", "duplicates", "adds the line again on every run",
                        "ask `grep -qxF` first")  # fmt: skip
GROWS: Final = Form("sed", "sed", "", "duplicates", "fits its own result, so it replaces again",
                    "anchor the pattern")  # fmt: skip
