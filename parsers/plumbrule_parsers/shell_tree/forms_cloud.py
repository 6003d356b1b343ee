"""Forms of commands that change clouds, the state of Terraform, brokers and other servers."""

from __future__ import annotations

from typing import Final

from plumbrule_parsers.shell_tree.form import TAKEN, Form

_TERRAFORM: Final = "terraform tofu terragrunt"
_ANOTHER_KEY: Final = "makes another key on every run"
_STAGE: Final = r"(?:(?:alpha|beta) )?"
_MOVED: Final = "fails, because the state is another one by then"

CLOUD: Final[tuple[Form, ...]] = (
    Form(26, "remote", "aws", "s3 mb|s3api create-bucket", "fails", TAKEN,
         "ask `aws s3api head-bucket` first, or declare the bucket", asks=r"aws\s+s3\s+ls"),
    Form(28, "credential", "aws", "iam create-(?:access-key|service-specific-credential)",
         "replaces", _ANOTHER_KEY, "let the job take a role"),
    Form(29, "remote", "aws", "iam create-policy-version", "fails", "fails at the sixth version",
         "delete the oldest version first, or declare the policy"),
    Form(27, "remote", "aws", r"iam create-(?:role|policy|user|group|instance-profile)", "fails",
         TAKEN, "ask the `get-` form first, or declare it"),
    Form(30, "remote", "aws", "ecr create-repository", "fails", TAKEN,
         "ask `aws ecr describe-repositories` first, or declare it"),
    Form(31, "remote", "aws", "cloudformation create-stack", "fails", TAKEN,
         "use `aws cloudformation deploy --no-fail-on-empty-changeset`"),
    Form(31, "remote", "aws", "cloudformation update-stack", "fails", "fails if nothing changed",
         "use `aws cloudformation deploy --no-fail-on-empty-changeset`"),
    Form(32, "remote", "aws", "ssm put-parameter", "fails", TAKEN, "add `--overwrite`",
         add="--overwrite"),
    Form(33, "remote", "aws", "secretsmanager create-secret", "fails", TAKEN,
         "ask `describe-secret` first and use `put-secret-value`"),
    Form(34, "remote", "aws", r"lambda (?:create-function|add-permission|create-alias)", "fails",
         TAKEN, "ask for it first, or declare it"),
    Form(34, "remote", "aws", r"ec2 authorize-security-group-\w+", "fails",
         "fails if the rule exists", "declare the rule"),
    Form(35, "remote", "aws", "route53 change-resource-record-sets", "fails",
         "fails if the record exists", "use the action UPSERT",
         said=r"Action\\?[\"']?\s*[:=]\s*\\?[\"']?CREATE\b"),
    Form(36, "remote", "aws", "ec2 run-instances", "duplicates",
         "starts more machines on every run", "add `--client-token`, or declare them",
         unless="--client-token"),
    Form(37, "remote", "aws", r"(?:eks|rds|dynamodb|logs|efs|elasticache|opensearch) create-[\w-]+",
         "fails", TAKEN, "ask the `describe-` form first, or declare it"),
    Form(39, "credential", "gcloud", rf"{_STAGE}iam service-accounts keys create", "replaces",
         _ANOTHER_KEY, "use workload identity federation"),
    Form(40, "remote", "gcloud", rf"{_STAGE}secrets versions add", "duplicates",
         "adds another version on every run", "compare with the newest version first"),
    Form(41, "remote", "gcloud", rf"{_STAGE}storage buckets create", "fails", TAKEN,
         "ask `gcloud storage buckets describe` first, or declare the bucket"),
    Form(38, "remote", "gcloud", rf"{_STAGE}(?:projects|secrets"
         r"|iam (?:service-accounts|roles)|container (?:clusters|node-pools)"
         r"|sql (?:instances|databases|users)|pubsub (?:topics|subscriptions)"
         r"|artifacts repositories|redis instances"
         r"|compute (?:networks(?: subnets)?|addresses|instances|firewall-rules|disks|routers)"
         r"|iam workload-identity-pools(?: providers)?|kms (?:keys|keyrings)|dns managed-zones"
         r"|spanner (?:instances|databases)|scheduler jobs(?: http| pubsub)?|tasks queues) create",
         "fails", TAKEN, "ask the `describe` form first, or declare it"),
    Form(41, "remote", "gsutil", "mb", "fails", TAKEN,
         "ask `gcloud storage buckets describe` first, or declare the bucket",
         asks=r"gsutil\s+(?:ls|stat)"),
    Form(42, "remote", "bq", "mk", "fails", TAKEN, "add `--force`", unless="-f|--force",
         add="--force"),
    Form(43, "credential", "az", "ad (?:sp|app) (?:create-for-rbac|credential reset)", "replaces",
         "makes another password on every run", "use a federated credential"),
    Form(44, "perhaps", "az", "role assignment create", "fails",
         "fails in older versions if it exists",
         "ask `az role assignment list` first, or declare it"),
    Form(45, "perhaps", "az", r"(?!group |deployment |ad |role )(?:[\w-]+ ){1,4}create", "fails",
         "may fail if it exists", "declare it, and deploy with `az deployment group create`"),
    # ------------------------------------------------------------------ state of Terraform, Pulumi
    Form(20, "state", _TERRAFORM, r"import(?= \S)", "fails", "fails if it is managed already",
         "write an `import` block, or ask `terraform state show` first"),
    Form(21, "state", _TERRAFORM, "workspace new", "fails", TAKEN,
         "use `workspace select -or-create`", asks=r"workspace\s+select"),
    Form(23, "state", _TERRAFORM, "taint", "replaces", "makes the resource anew on every run",
         "use `replace_triggered_by`"),
    Form(23, "state", _TERRAFORM, "apply", "replaces", "makes the resource anew on every run",
         "use `replace_triggered_by`", flags="--?replace"),
    Form(22, "plan", _TERRAFORM, r"apply(?! \S)", "varies", "applies what nobody has seen",
         "write a plan with `plan -out` and apply that", flags="-auto-approve|--auto-approve"),
    Form(24, "state", _TERRAFORM, "state (?:rm|mv)", "fails", _MOVED,
         "write a `removed` or a `moved` block"),
    Form(24, "state", _TERRAFORM, "state push", "replaces", "writes over the state",
         "leave the state to Terraform"),
    Form(25, "remote", "pulumi", "stack init", "fails", TAKEN, "use `pulumi stack select --create`",
         asks=r"pulumi\s+stack\s+select"),
    # ------------------------------------------------------------------ brokers and other servers
    Form(83, "remote", "kafka-topics kafka-topics.sh", "", "fails", TAKEN, "add `--if-not-exists`",
         flags="--create", add="--if-not-exists"),
    Form(83, "remote", "rabbitmqctl", r"add_(?:user|vhost)", "fails", TAKEN,
         "ask the `list_` form first", asks=r"rabbitmqctl\s+list_"),
    Form(83, "remote", "mc", "mb", "fails", TAKEN, "add `--ignore-existing`",
         unless="-p|--ignore-existing", asks=r"mc\s+(?:ls|stat)", add="--ignore-existing"),
    Form(84, "remote", "vault", r"(?:secrets|auth) enable", "fails", "fails if the path is in use",
         "ask `vault secrets list` first"),
    Form(85, "post", "curl", "", "duplicates", "may make another object on every run",
         "use PUT with a key of your own, or send an `Idempotency-Key`",
         flags=r"-X|-XPOST|--request|-d|-\w*d|--data(?:-\w+)?|--json|-F|--form(?:-string)?",
         unless=r"-G|--get|-I|--head|-T|--upload-file|-X(?:PUT|PATCH|DELETE|GET)",
         unsaid=r"(?i)idempotency-key"
         r"|(?:-X|--request)[ =]?[\"']?(?:(?:PUT|PATCH|DELETE|GET|HEAD)\b|\$)"),
    Form(85, "post", "wget", "", "duplicates", "may make another object on every run",
         "use PUT with a key of your own, or send an `Idempotency-Key`",
         flags=r"--post-(?:data|file)", unsaid=r"(?i)idempotency-key"),
)  # fmt: skip
