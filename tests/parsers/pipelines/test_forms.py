"""Every form of the table: a command that has it, and what does the same again."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from plumbrule_parsers.shell_tree.commands import parse_shell
from plumbrule_parsers.shell_tree.domain import THROWAWAY, Ground
from plumbrule_parsers.shell_tree.form import Form
from plumbrule_parsers.shell_tree.forms import ADDS_LINE, APPENDS, FORMS, GROWS, KEYS
from plumbrule_parsers.shell_tree.provided import ends_early, provided
from plumbrule_parsers.shell_tree.second_run import Maybe, Surely, second_run


class Row(NamedTuple):
    """What the second run does, commands that have the form, and what does the same again."""

    again: str
    bad: tuple[str, ...]
    good: tuple[str, ...]


RECORDS = "aws route53 change-resource-record-sets --change-batch"
PATCH = "kubectl patch svc x --type=json -p"
ROWS = {
    1: Row("fails", ("kubectl create ns x", "oc create secret generic x --from-file=a"),
           ("kubectl create ns x --dry-run=client -o yaml | kubectl apply -f -",
            "kubectl get ns x || kubectl create ns x", "kubectl create token x",
            "kubectl create ns x 2>&1 | grep -q AlreadyExists")),
    2: Row("fails", ("kubectl create -f x.yaml",),
           ("kubectl apply -f x.yaml", "kubectl create -f - <<E\ngenerateName: x-\nE",
            "if ! kubectl get -f x.yaml; then kubectl create -f x.yaml; fi")),
    3: Row("fails", ("kubectl expose deploy x --port=80", "kubectl autoscale deploy x --max=3",
                     "kubectl run x --image=x"),
           ("kubectl run x --rm -i --image=x", "kubectl get svc x || kubectl expose deploy x")),
    4: Row("fails", ("kubectl annotate deploy x at=$STAMP", "kubectl taint node x a=b:NoSchedule",
                     'kubectl label ns x version="${V}"'),
           ("kubectl annotate deploy x at=$STAMP --overwrite", "kubectl label ns x a=b",
            "kubectl label ns -l app=$APP a=b", "kubectl taint node x a-")),
    5: Row("duplicates",
           (f"""{PATCH} '[{{"op":"add","path":"/spec/a/-","value":1}}]'""",),
           (f"""{PATCH} '[{{"op":"replace","path":"/spec/a"}}]'""",
            """kubectl patch svc x --type=merge -p '{"spec":{"a":[1]}}'""")),
    6: Row("fails", ("kubectl replace -f x.yaml",),
           ("kubectl replace --force -f x.yaml", "kubectl replace -f x || kubectl create -f x")),
    7: Row("fails", ("kubectl delete job x", "kubectl delete -f x.yaml"),
           ("kubectl delete job x --ignore-not-found", "kubectl delete pods -l a=b",
            "kubectl delete job --all", "kubectl delete job x || true")),
    8: Row("duplicates", ("kubectl create job --from=cronjob/x x-$(date +%s)",),
           ("kubectl get job x || kubectl create job --from=cronjob/x x",)),
    9: Row("fails", ("kubectl apply -f - <<E\nmetadata:\n  generateName: x-\nE",),
           ("kubectl apply -f - <<E\nmetadata:\n  name: x\nE",)),
    10: Row("drifts", ("kubectl scale deploy x --replicas=2", "kubectl set image deploy/x a=b:1",
                       "kubectl edit deploy x"),
            ("kubectl set image deploy/x a=b:1 --dry-run=client", "kubectl apply -f x")),
    11: Row("replaces", ("kubectl rollout restart deploy/x",), ("kubectl rollout status x",)),
    12: Row("fails", ("helm install x ./c", "helm -n a install x r/c --version 1.2"),
            ("helm upgrade --install x ./c", "helm status x || helm install x ./c",
             "helm install x ./c --dry-run", "helm --version", "helm install --replace x ./c")),
    13: Row("fails", ("helm upgrade x ./c --wait",), ("helm upgrade -i x ./c",)),
    14: Row("fails", ("helm repo add x $URL",),
            ("helm repo add x https://c.example", "helm repo add --force-update x $URL")),
    15: Row("fails", ("helm uninstall x", "helm delete x"),
            ("helm uninstall x --ignore-not-found", "helm status x && helm uninstall x")),
    16: Row("replaces", ("docker push r.example/x:1.2.3", "docker push $R/x:v1.0",
                         "docker buildx build --push -t r.example/a/x:1.2 .",
                         "helm push x-1.2.3.tgz oci://r.example/c"),
            ("docker push r.example/x:latest", "docker push r.example/x:$SHA",
             "docker buildx build -t r.example/x:1.2 .",
             "docker manifest inspect r/x:1.2 || docker push r/x:1.2")),
    17: Row("fails", ("argocd app create x", "argocd repo add u", "argocd proj create x"),
            ("argocd app create x --upsert", "argocd app get x || argocd app create x")),
    18: Row("drifts", ("argocd app set x -p a=b",), ("argocd app sync x",)),
    19: Row("duplicates", ("yq -i '.a += [\"x\"]' f.yaml", "yq eval -i '.a += 1' f.yaml"),
            ("yq -i '.a = \"x\"' f.yaml", "yq '.a += 1' f.yaml", "kustomize edit set image a=b",
             "yq -i '.a = (.a + [1] | unique)' f.yaml")),
    20: Row("fails", ("terraform import a.b c", "tofu -chdir=x import a.b c"),
            ("terraform state show a.b || terraform import a.b c", "terraform plan")),
    21: Row("fails", ("terraform workspace new x",),
            ("terraform workspace select x || terraform workspace new x",
             "terraform workspace select -or-create x")),
    22: Row("varies", ("terraform apply -auto-approve",),
            ("terraform apply tf.plan", "terraform apply -auto-approve $PLAN")),
    23: Row("replaces", ("terraform taint a.b", "terraform apply -auto-approve -replace=a.b"),
            ("terraform plan", "terraform untaint a.b")),
    24: Row("fails", ("terraform state rm a.b", "terraform state mv a.b a.c"),
            ("terraform state list", "terraform state show a.b")),
    25: Row("fails", ("pulumi stack init x",),
            ("pulumi stack select --create x", "pulumi stack select x || pulumi stack init x")),
    26: Row("fails", ("aws s3 mb s3://x", "aws s3api create-bucket --bucket x"),
            ("aws s3api head-bucket --bucket x || aws s3 mb s3://x",
             "aws s3 ls s3://x || aws s3 mb s3://x", "aws s3 sync . s3://x")),
    27: Row("fails", ("aws iam create-role --role-name x", "aws iam create-user --user-name x"),
            ("aws iam get-role --role-name x || aws iam create-role --role-name x",)),
    28: Row("replaces", ("aws iam create-access-key --user-name x || true",),
            ("aws sts assume-role --role-arn x",)),
    29: Row("fails", ("aws iam create-policy-version --policy-arn x",),
            ("aws iam list-policy-versions --policy-arn x",)),
    30: Row("fails", ("aws --region r ecr create-repository --repository-name x",),
            ("aws ecr describe-repositories || aws ecr create-repository --repository-name x",)),
    31: Row("fails", ("aws cloudformation create-stack --stack-name x",
                      "aws cloudformation update-stack --stack-name x"),
            ("aws cloudformation deploy --stack-name x --no-fail-on-empty-changeset",
             "aws cloudformation deploy --stack-name x")),
    32: Row("fails", ("aws ssm put-parameter --name x --value 1",),
            ("aws ssm put-parameter --name x --value 1 --overwrite",)),
    33: Row("fails", ("aws secretsmanager create-secret --name x",),
            ("aws secretsmanager put-secret-value --secret-id x",
             "aws secretsmanager describe-secret || aws secretsmanager create-secret --name x")),
    34: Row("fails", ("aws lambda add-permission --function-name x",
                      "aws ec2 authorize-security-group-ingress --group-id x"),
            ("aws lambda update-function-code --function-name x",
             "aws lambda add-permission --function-name x 2>&1 | grep -q ResourceConflict")),
    35: Row("fails", (f"{RECORDS} '{{\"Changes\":[{{\"Action\":\"CREATE\"}}]}}'",),
            (f"{RECORDS} '{{\"Changes\":[{{\"Action\":\"UPSERT\"}}]}}'",)),
    36: Row("duplicates", ("aws ec2 run-instances --image-id x || true",),
            ("aws ec2 run-instances --image-id x --client-token t",)),
    37: Row("fails", ("aws eks create-cluster --name x", "aws dynamodb create-table --table-name x",
                      "aws logs create-log-group --log-group-name x"),
            ("aws dynamodb describe-table || aws dynamodb create-table --table-name x",
             "aws sns create-topic --name x", "aws sqs create-queue --queue-name x",
             "aws eks update-kubeconfig --name x")),
    38: Row("fails", ("gcloud projects create x", "gcloud --project p secrets create x",
                      "gcloud beta container clusters create x", "gcloud sql instances create x"),
            ("gcloud secrets describe x || gcloud secrets create x", "gcloud run deploy x",
             "gcloud services enable x", "gcloud projects add-iam-policy-binding x")),
    39: Row("replaces", ("gcloud iam service-accounts keys create k.json --iam-account=x",),
            ("gcloud iam service-accounts keys list",)),
    40: Row("duplicates", ("gcloud secrets versions add x --data-file=-",),
            ("gcloud secrets versions access latest --secret x",)),
    41: Row("fails", ("gsutil mb gs://x", "gcloud storage buckets create gs://x"),
            ("gcloud storage buckets describe gs://x || gcloud storage buckets create gs://x",
             "gsutil ls gs://x || gsutil mb gs://x")),
    42: Row("fails", ("bq mk x",), ("bq mk --force x", "bq show x || bq mk x")),
    43: Row("replaces", ("az ad sp create-for-rbac --name x",),
            ("az ad sp show --id x || az ad sp create-for-rbac --name x",)),
    44: Row("fails", ("az role assignment create --role r --assignee a",),
            ("az role assignment list || az role assignment create --role r",)),
    45: Row("fails", ("az aks create --name x", "az network vnet create --name x"),
            ("az group create --name x", "az deployment group create -f x",
             "az aks show --name x || az aks create --name x")),
    46: Row("fails", ("eksctl create cluster --name x", "kops create cluster x"),
            ("eksctl get cluster --name x || eksctl create cluster --name x",)),
    47: Row("fails", ("kind create cluster", "k3d cluster create x"),
            ("kind get clusters | grep -qx kind || kind create cluster",)),
    48: Row("fails", ("docker network create x",),
            ("docker network inspect x || docker network create x", "docker volume create x",
             "docker compose up -d")),
    49: Row("fails", ("docker run -d --name x y", "docker create --name x y"),
            ("docker run --rm --name x y", "docker run y")),
    50: Row("fails", ("docker buildx create --name x --use",),
            ("docker buildx inspect x || docker buildx create --name x", "docker buildx create")),
    51: Row("fails", ("git clone u /opt/d",), ("[ -d /opt/d/.git ] || git clone u /opt/d",)),
    52: Row("fails", ("git tag v1", "git tag -a $V -m x", "git tag $V"),
            ("git tag", "git tag -l", "git tag -f v1", "git tag -d v1",
             "git rev-parse -q --verify refs/tags/v1 || git tag v1",
             "git tag --contains x")),
    53: Row("fails", ("git commit -m x", "git commit -am x"),
            ("git diff --cached --quiet || git commit -m x", "git commit --allow-empty -m x",
             "git commit --amend --no-edit", "git commit -m x || echo none",
             'if [ -n "$(git status -s)" ]; then git commit -m x; fi',
             "git diff --quiet && exit 0\ngit commit -m x")),
    54: Row("replaces", ("git push --force", "git push -f o v1", "git push -uf o v1"),
            ("git push", "git push --force-with-lease", "git push --follow-tags")),
    55: Row("fails", ("git remote add x u", "git checkout -b x", "git worktree add x",
                      "git switch -c x"),
            ("git remote set-url x u", "git checkout -B x", "git checkout x",
             "git remote get-url x || git remote add x u")),
    56: Row("fails", ("gh release create v1 a b",),
            ("gh release view v1 || gh release create v1", "gh release upload v1 a --clobber",
             "gh release create v1 || gh release upload v1 a --clobber")),
    57: Row("fails", ("gh pr create --fill", "gh label create x", "gh repo create x"),
            ("gh label create x --force", "gh pr list --head x | grep -q . || gh pr create")),
    58: Row("fails", ("npm publish", "pnpm publish", "yarn npm publish", "npm publish || exit 1"),
            ("npm view p@1 || npm publish", "npm publish --dry-run", "pnpm publish -r",
             "yarn npm publish --tolerate-republish",
             "if npm view p@1; then exit 0; fi\nnpm publish")),
    59: Row("fails", ("twine upload dist/*", "python -m twine upload dist/*", "cargo publish",
                      "dotnet nuget push x", "gem push x", "poetry publish", "uv publish"),
            ("twine upload --skip-existing dist/*", "dotnet nuget push x --skip-duplicate",
             "uv publish --check-url u", "cargo search x || cargo publish")),
    60: Row("varies", ("npm version patch", "bump2version minor", "cz bump", "poetry version major",
                       "yarn version --patch"),
            ("npm version 1.2.3", "cz bump --get-next", "poetry version")),
    61: Row("fails", ("mkdir /opt/d",), ("mkdir -p /opt/d", "[ -d /opt/d ] || mkdir /opt/d")),
    62: Row("fails", ("ln -s a b",), ("ln -sfn a b", "[ -L b ] || ln -s a b")),
    63: Row("duplicates", ("cp -r conf /etc/shop/conf", "cp -a build/web /srv/web"),
            ("cp -rT conf /etc/shop/conf", "cp -r conf/. /etc/shop/conf", "rsync -a conf /etc",
             "cp -r conf /etc/shop/", "cp conf /etc/shop/conf")),
    64: Row("fails", ("mv /etc/a /etc/b", "rm /opt/x", "rmdir /opt/d"),
            ("[ -e /etc/a ] && mv /etc/a /etc/b", "rm -f /opt/x", "rm -rf /opt/x", "mv out /opt/x",
             "rm /tmp/x")),
    65: Row("duplicates", ("echo x >> /etc/hosts", "echo x | tee -a /etc/hosts",
                           "cat k.pub >> ~/.ssh/authorized_keys"),
            ("grep -qxF x /etc/hosts || echo x >> /etc/hosts", "echo x > /etc/hosts",
             'echo a=b >> "$GITHUB_ENV"', "echo a=b >> ${GITHUB_OUTPUT}", "echo x >> /tmp/y",
             "echo x | tee /etc/hosts", "echo x >> /dev/stderr")),
    66: Row("duplicates", ("sed -i '/x/a line' f", "sed -i '$a line' f"),
            ("grep -q line f || sed -i '/x/a line' f", "sed '/x/a line' f")),
    67: Row("duplicates", ("sed -i 's/a/ab/' f",), ("sed -i 's/^a/ab/' f", "sed -i 's/a/b/' f")),
    68: Row("fails", ("useradd x", "sudo adduser x", "groupadd x"),
            ("id -u x || useradd x", "groupadd -f x", "getent group x || groupadd x")),
    69: Row("replaces", ("usermod -G docker x",), ("usermod -aG docker x", "usermod -s sh x")),
    70: Row("replaces", ("openssl genrsa -out a.key 2048", "ssh-keygen -t rsa -f k -N ''",
                         "openssl req -x509 -newkey rsa:2048 -keyout k -out c",
                         "gpg --batch --gen-key x"),
            ("[ -f a.key ] || openssl genrsa -out a.key 2048", "openssl x509 -in c -noout",
             "ssh-keygen -y -f k", "ssh-keygen -R host", "gpg --import k")),
    71: Row("duplicates", ("ssh-keyscan h >> ~/.ssh/known_hosts",),
            ("ssh-keyscan h > ~/.ssh/known_hosts",
             "grep -q h ~/.ssh/known_hosts || ssh-keyscan h >> ~/.ssh/known_hosts")),
    72: Row("duplicates", ("(crontab -l; echo '* * * * * x') | crontab -",),
            ("echo '* * * * * x' | crontab -", "crontab -l",
             "crontab -l | grep -q x || (crontab -l; echo x) | crontab -")),
    73: Row("duplicates", ("iptables -A INPUT -j DROP", "nft add rule ip f i drop"),
            ("iptables -C INPUT -j DROP || iptables -A INPUT -j DROP", "ip route replace x via y",
             "nft -f rules")),
    74: Row("replaces", ("mkfs.ext4 /dev/sdb", "pvcreate /dev/sdb || true"),
            ("blkid /dev/sdb || mkfs.ext4 /dev/sdb", "mkfs.ext4 -n /dev/sdb", "mount -a",
             "mountpoint -q /mnt || mount /dev/sdb /mnt")),
    75: Row("replaces", ("systemctl restart x", "service x restart"),
            ("systemctl enable x", "systemctl start x", "systemctl reload x", "service x start")),
    76: Row("varies", ("apt-get upgrade -y", "apt-get -y dist-upgrade", "apt-key add k",
                       "add-apt-repository ppa:x/y", "yum -y update", "apk upgrade"),
            ("apt-get update", "apt-get install -y x", "yum update x")),
    77: Row("duplicates", ("wget https://x.example/f",),
            ("wget -O f https://x.example/f", "wget -qO- https://x.example/f",
             "wget -N https://x.example/f", "unzip -o f.zip", "unzip -qo f.zip")),
    78: Row("fails", ("patch -p1 < p", "git apply p"),
            ("patch -N -p1 < p", "patch -p1 --dry-run < p && patch -p1 -f < p",
             "git apply --check p", "git apply --reverse --check p || git apply -3 p")),
    79: Row("fails", ("createdb x", "createuser x", "psql -c 'CREATE TABLE x (a int)'",
                      "psql <<E\ncreate schema x;\nE"),
            ("psql -c 'CREATE TABLE IF NOT EXISTS x (a int)'", "psql -c 'SELECT 1'",
             "psql -lqt | grep -q x || createdb x",
             r"""psql -c "SELECT 'CREATE DATABASE x' WHERE NOT EXISTS (SELECT 1) \gexec" """)),
    80: Row("duplicates", ("psql -c 'INSERT INTO x VALUES (1)'",
                           "mysql -e 'insert into x values(1)'",
                           "mongoimport --file x", "redis-cli RPUSH a b", "redis-cli -h x INCR a"),
            ("psql -c 'INSERT INTO x VALUES (1) ON CONFLICT DO NOTHING'",
             "mysql -e 'INSERT IGNORE x VALUES (1)'", "mongoimport --mode=upsert --file x",
             "redis-cli SET a b")),
    81: Row("fails", ("psql -c 'CREATE ROLE x'", "psql -c 'CREATE UNIQUE INDEX x ON y (z)'",
                      "mysql -e 'ALTER TABLE x ADD COLUMN y int'"),
            ("psql -c 'CREATE INDEX IF NOT EXISTS x ON y (z)'",
             "psql -c 'ALTER TABLE x ADD COLUMN IF NOT EXISTS y int'")),
    82: Row("replaces", ("npx prisma migrate dev", "bundle exec rails db:schema:load",
                         "bin/rails db:reset", "php artisan migrate:fresh",
                         "python manage.py flush"),
            ("npx prisma migrate deploy", "rails db:migrate", "php artisan migrate",
             "python manage.py migrate", "alembic upgrade head", "flyway migrate")),
    83: Row("fails", ("kafka-topics.sh --create --topic x", "rabbitmqctl add_user x",
                      "mc mb s/x"),
            ("kafka-topics --create --if-not-exists --topic x", "mc mb -p s/x",
             "rabbitmqctl list_users | grep -q x || rabbitmqctl add_user x",
             "mc mb --ignore-existing s/x")),
    84: Row("fails", ("vault secrets enable kv", "vault auth enable k"),
            ("vault secrets list | grep -q kv || vault secrets enable kv", "vault kv put a b=c",
             "vault policy write a b.hcl")),
    85: Row("duplicates", ("curl -X POST https://x.example/t", "curl -sd a=1 https://x.example/t",
                           "wget --post-data=a https://x.example/t",
                           "curl --request POST https://x.example/t -H a"),
            ("curl https://x.example/t", "curl -X PUT -d a https://x.example/t",
             "curl -XPUT -d a https://x.example/t", "curl -G -d a https://x.example/t",
             "curl -X POST -H 'Idempotency-Key: k' https://x.example/t")),
}  # fmt: skip
SAFE = (
    "kubectl apply -f x", "helm upgrade --install x c", "flux create source git x",
    "flux bootstrap github", "aws eks update-kubeconfig --name x", "gcloud services enable x",
    "gcloud projects add-iam-policy-binding x", "gcloud run deploy x", "az group create -n x",
    "gh secret set X", "docker compose up -d", "systemctl enable x", "vault policy write a b",
    "terraform apply plan", "alembic upgrade head", "flyway migrate",
)  # fmt: skip
ALL = (*FORMS, ADDS_LINE, GROWS, APPENDS, KEYS)


def found(script: str) -> list[Surely]:
    """The forms of the script's commands whose second run is not provided for."""
    made: list[Surely] = []
    parsed = parse_shell(script)
    early: list[str] = []
    for command in parsed.commands:
        again = second_run(command)
        if isinstance(again, Surely) and not provided(command, again.form, parsed.probed, early):
            made.append(again)
        early.extend(ends_early(command))
    return made


def test_every_row_has_forms_and_every_form_a_row() -> None:
    assert {form.row for form in ALL} == set(ROWS) == set(range(1, 86))


@pytest.mark.parametrize(
    ("row", "script"), [(row, one) for row, entry in ROWS.items() for one in entry.bad]
)
def test_a_command_of_the_row_has_its_form(row: int, script: str) -> None:
    forms = [one.form for one in found(script)]
    assert [form.row for form in forms if form.row == row], forms
    assert ROWS[row].again in {form.again for form in forms}


@pytest.mark.parametrize(
    ("row", "script"), [(row, one) for row, entry in ROWS.items() for one in entry.good]
)
def test_what_does_the_same_again_has_none(row: int, script: str) -> None:
    assert row not in [one.form.row for one in found(script)]


@pytest.mark.parametrize("line", SAFE)
def test_safe_verbs_have_no_form(line: str) -> None:
    assert second_run(parse_shell(line).commands[0]) is None


@pytest.mark.parametrize(
    ("row", "script"), [(row, one) for row, entry in ROWS.items() for one in entry.bad]
)
def test_the_effect_lasts_where_the_table_says(row: int, script: str) -> None:
    ground = Ground(THROWAWAY)
    for command in parse_shell(script).commands:
        again = second_run(command)
        where = ground.domain(command)
        if isinstance(again, Surely) and again.form.row == row and again.form.lasts != "either":
            assert where == ("remote" if again.form.lasts == "remote" else THROWAWAY)


@pytest.mark.parametrize("form", ALL, ids=lambda form: f"{form.row} {form.call}"[:40])
def test_the_table_can_be_read(form: Form) -> None:
    for pattern in (form.call, form.flags, form.unless, form.said, form.unsaid, form.asks):
        re.compile(pattern)
    assert form.happens
    assert not form.remedy.endswith(".")


@pytest.mark.parametrize("form", [form for form in FORMS if form.add],
                         ids=lambda form: f"{form.row} {form.add}")  # fmt: skip
def test_the_flag_that_mends_it_does(form: Form) -> None:
    for script in ROWS[form.row].bad:
        if [one for one in found(script) if one.form == form]:
            command = next(c for c in parse_shell(script).commands if second_run(c) is not None)
            mended = command.text.replace(str(command.program), f"{command.program} {form.add}", 1)
            assert found(script.replace(command.text, mended)) == []


@pytest.mark.parametrize(
    ("script", "guarded"),
    [
        # What the caller wants is the same in both runs.
        ('if [ "$DEPLOY" = true ]; then helm install x c; fi', False),
        ('[ "$GITHUB_REF" = refs/heads/main ] && helm install x c', False),
        ("case $1 in up) helm install x c;; esac", False),
        ("if $DEPLOY; then helm install x c; fi", False),
        ("[ -f Chart.yaml ] && helm install x .", False),
        ("helm install x c || exit 1", False),
        ("helm install x c || { echo failed; exit 1; }", False),
        ("cd x && helm install x c", False),
        # What somebody has found out is another thing then.
        ('SEEN=$(helm list -q); if [ -z "$SEEN" ]; then helm install x c; fi', True),
        ('if [ -z "$(helm list -q)" ]; then helm install x c; fi', True),
        ('if [ "$EXISTS" = false ]; then helm install x c; fi', True),
        ("if [ '${{ steps.a.outputs.b }}' = no ]; then helm install x c; fi", True),
        ("if [ '${{ inputs.a }}' = yes ]; then helm install x c; fi", False),
        ("helm install x c || helm upgrade x c -i", True),
        ("if ! helm install x c; then echo there; fi", True),
        ("set +e\nhelm install x c\necho $?", True),
        ("helm status x && exit 0\nhelm install x c", True),
        ("helm status x && exit 1\nhelm install x c", False),
        ("if ready; then helm install x c; fi", True),
        ("read SEEN < f; [ $SEEN ] || helm install x c", True),
    ],
)
def test_questions_guard_and_choices_do_not(script: str, guarded: bool) -> None:
    assert ("helm install" not in [one.called for one in found(script)]) is guarded


@pytest.mark.parametrize(
    "script",
    ["gcloud secrets versions add x --data-file=- || true", "mkfs.ext4 /dev/sdb || true",
     "set +e\naws ec2 run-instances --image-id x"],
)  # fmt: skip
def test_a_caught_failure_is_no_guard_for_what_does_not_fail(script: str) -> None:
    assert found(script)


@pytest.mark.parametrize(
    ("line", "row"), [("mvn -B deploy", 59), ("psql -f schema.sql", 79), ("bq mk $ARGS x", 42)]
)
def test_what_decides_may_not_stand_there(line: str, row: int) -> None:
    again = second_run(parse_shell(line).commands[0])
    assert isinstance(again, Maybe)
    assert row in [form.row for form in again.forms]
    assert again.why.detail
