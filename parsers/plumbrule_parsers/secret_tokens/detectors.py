"""Detectors: how the tokens of known issuers look, as a table.

An anchor is text that every token of the kind holds; texts without one are never looked at again.
A pattern is tried at the anchor, or `before` characters ahead of it. Tier 1 is unmistakable by its
prefix or structure; tier 2 counts only beside a word that says so (`near`, in lower case, in the
80 characters before it), or where a value is used as a secret. Patterns are linear: no quantifier
inside another.
"""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule_parsers.secret_tokens import checks


@dataclass(frozen=True, slots=True)
class Detector:
    """One kind of token. `min_entropy` is in bits a character, of the group `secret` or of all."""

    name: str
    title: str
    anchors: tuple[str, ...]
    pattern: str
    tier: int = 1
    min_entropy: float = 0.0
    check: checks.CheckFunction | None = None
    before: int = 0
    near: str = ""
    severity: str = "critical"


_W = r"(?<![0-9A-Za-z_])"  # not inside a longer word
_E = r"(?![0-9A-Za-z_])"

DETECTORS: tuple[Detector, ...] = (
    Detector("github-token", "GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
             _W + r"gh[pousr]_[0-9A-Za-z]{36}" + _E, min_entropy=3.0, check=checks.github),
    Detector("github-fine-grained-token", "GitHub fine-grained token", ("github_pat_",),
             _W + r"github_pat_\w{82}" + _E, min_entropy=3.0),
    Detector("npm-token", "npm token", ("npm_",), _W + r"npm_[0-9A-Za-z]{36}" + _E,
             min_entropy=2.5, check=checks.npm),
    Detector("gitlab-token", "GitLab token",
             ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-",
              "glsoat-", "gloas-", "glffct-"),
             _W + r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas|ffct)-[0-9A-Za-z_-]{20,300}"
             r"(?:\.[0-9a-z]{2}[0-9a-z]{7})?" + _E, min_entropy=3.0),
    Detector("grafana-token", "Grafana service account token", ("glsa_",),
             _W + r"glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}" + _E, min_entropy=3.0, check=checks.grafana),
    Detector("aws-access-key-id", "AWS access key id", ("AKIA", "ASIA", "ABIA", "ACCA"),
             r"(?<![0-9A-Za-z_/+])A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![0-9A-Za-z_/+=])",
             min_entropy=3.0, severity="high"),
    Detector("aws-secret-access-key", "AWS secret access key",
             ("ecret_access_key", "ecretAccessKey", "ECRET_ACCESS_KEY", "aws_secret_key",
              "AWS_SECRET_KEY"),
             r"(?i)(?:secret_?access_?key|aws_secret_key)[\"']?\s{0,3}(?::=|=>|[:=])\s{0,3}[\"']?"
             r"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
             2, 4.2, before=1),
    Detector("gcp-service-account", "Google Cloud service account key", ("service_account",),
             r"service_account\"[^{}]{0,4000}?\"private_key\"\s*:\s*\""
             r"(?P<secret>-----BEGIN [^\"]+)"),
    Detector("gcp-api-key", "Google API key", ("AIza",), _W + r"AIza[\w-]{35}(?![\w-])",
             min_entropy=4.0, severity="medium"),
    Detector("azure-client-secret", "Azure client secret", ("Q~",),
             r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])", min_entropy=3.0, before=4),
    Detector("azure-storage-key", "Azure storage account key", ("AccountKey=",),
             r"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)", check=checks.account_key),
    Detector("azure-shared-access", "Azure shared access signature", ("sig=",),
             r"sig=(?P<secret>[A-Za-z0-9%+/]{43,60}(?:%3[Dd]|=))", check=checks.shared_access,
             severity="high"),
    Detector("slack-token", "Slack token",
             ("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"),
             _W + r"(?:xox[abeoprs]|xapp)-[0-9A-Za-z-]{20,250}" + _E, min_entropy=2.5,
             check=checks.slack),
    Detector("slack-webhook", "Slack webhook", ("hooks.slack.com/services/",),
             r"hooks\.slack\.com/services/(?P<secret>T\w{8,12}/B\w{8,12}/\w{20,30})",
             min_entropy=2.5, severity="high"),
    Detector("teams-webhook", "Microsoft Teams webhook", (".webhook.office.com/webhookb2/",),
             r"\.webhook\.office\.com/webhookb2/(?P<secret>[0-9a-f-]{36}@[0-9a-f-]{36}"
             r"/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36})", min_entropy=2.5, severity="high"),
    Detector("discord-webhook", "Discord webhook",
             ("discord.com/api/webhooks/", "discordapp.com/api/webhooks/"),
             r"discord(?:app)?\.com/api/webhooks/(?P<secret>\d{17,20}/[\w-]{60,72})(?![\w-])",
             min_entropy=3.5, severity="high"),
    Detector("telegram-token", "Telegram bot token", (":AA",),
             r"(?<![0-9A-Za-z])\d{8,10}:AA[\w-]{33}(?![\w-])", min_entropy=3.5, before=10),
    Detector("stripe-key", "Stripe secret key", ("sk_live_", "rk_live_"),
             _W + r"[sr]k_live_[0-9A-Za-z]{16,250}" + _E, min_entropy=2.5),
    Detector("stripe-test-key", "Stripe test key", ("sk_test_", "rk_test_"),
             _W + r"[sr]k_test_[0-9A-Za-z]{16,250}" + _E, min_entropy=2.5, severity="low"),
    Detector("pypi-token", "PyPI token", ("pypi-AgEIcHlwaS5vcmc",),
             _W + r"pypi-AgEIcHlwaS5vcmc[\w-]{50,1000}", check=checks.pypi),
    Detector("hugging-face-token", "Hugging Face token", ("hf_",), _W + r"hf_[A-Za-z]{34}" + _E,
             min_entropy=3.0),
    Detector("openai-key", "OpenAI key", ("T3BlbkFJ",),
             _W + r"sk-[\w-]{20,100}T3BlbkFJ[\w-]{20,100}" + _E, min_entropy=3.0, before=103),
    Detector("anthropic-key", "Anthropic key", ("sk-ant-",),
             _W + r"sk-ant-(?:api|admin)\d\d-[\w-]{80,110}AA" + _E, min_entropy=3.0),
    Detector("docker-hub-token", "Docker Hub token", ("dckr_pat_",),
             _W + r"dckr_pat_[\w-]{27}(?![\w-])", min_entropy=3.0),
    Detector("vault-token", "HashiCorp Vault token", ("hvs.", "hvb."),
             _W + r"hv[sb]\.[\w-]{90,200}(?![\w-])", min_entropy=3.5),
    Detector("terraform-cloud-token", "Terraform Cloud token", (".atlasv1.",),
             _W + r"[0-9A-Za-z]{14}\.atlasv1\.[\w-]{60,70}(?![\w-])", min_entropy=3.5, before=14),
    Detector("databricks-token", "Databricks token", ("dapi",), _W + r"dapi[0-9a-f]{32}" + _E,
             min_entropy=3.0),
    Detector("digitalocean-token", "DigitalOcean token", ("dop_v1_", "doo_v1_", "dor_v1_"),
             _W + r"do[opr]_v1_[0-9a-f]{64}" + _E, min_entropy=3.0),
    Detector("pulumi-token", "Pulumi token", ("pul-",), _W + r"pul-[0-9a-f]{40}" + _E,
             min_entropy=3.0),
    Detector("doppler-token", "Doppler token", ("dp.pt.", "dp.st.", "dp.ct."),
             _W + r"dp\.(?:pt|ct|st\.[a-z0-9_-]{1,40})\.[0-9A-Za-z]{40,44}" + _E, min_entropy=3.0),
    Detector("postman-key", "Postman key", ("PMAK-",), _W + r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}" + _E,
             min_entropy=3.0),
    Detector("sendgrid-key", "SendGrid key", ("SG.",), _W + r"SG\.[\w-]{22}\.[\w-]{43}(?![\w-])",
             min_entropy=3.5),
    Detector("mailgun-key", "Mailgun key", ("key-",),
             _W + r"key-[0-9a-f]{32}" + _E, 2, 3.0, near="mailgun"),
    Detector("twilio-key", "Twilio key", ("SK",),
             _W + r"SK[0-9a-f]{32}" + _E, 2, 3.0, near="twilio"),
    Detector("sentry-token", "Sentry token", ("sntrys_eyJ",), _W + r"sntrys_eyJ[\w=+/-]{40,500}",
             check=checks.json_payload),
    Detector("1password-token", "1Password service account token", ("ops_eyJ",),
             _W + r"ops_eyJ[\w=+/-]{100,2000}", check=checks.json_payload),
    Detector("age-identity", "age identity", ("AGE-SECRET-KEY-1",),
             r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}" + _E, check=checks.age),
    Detector("jwt", "JSON web token", ("eyJ",),
             _W + r"eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,2000}(?![\w-])", 2, 3.0,
             check=checks.jwt, severity="high"),
    Detector("private-key", "private key", ("-----BEGIN",),
             r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----"
             r"[^-]{1,20000}(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?",
             check=checks.private_key),
    Detector("putty-key", "PuTTY private key", ("PuTTY-User-Key-File-",),
             r"PuTTY-User-Key-File-\d:[^\r\n]{1,100}"),
    Detector("url-login", "login in a URL", ("://",),
             r"(?<=[a-z0-9])://[^\s:@/\"'<>`]{1,100}:(?P<secret>[^\s@/\"'<>`]{3,200})"
             r"@(?P<host>[\w.-]{1,253})", severity="high"),
    Detector("basic-login", "basic authentication header", ("Basic ",),
             r"Basic (?P<secret>[A-Za-z0-9+/]{8,400}={0,2})(?![A-Za-z0-9+/=])", 2,
             check=checks.basic_login, near="authorization", severity="high"),
)  # fmt: skip
