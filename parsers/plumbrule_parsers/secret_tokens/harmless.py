"""Why a value beside a speaking name is no secret: a reference, an envelope, a placeholder.

The steps are tried in order and the first that fits gives the reason, which `plumb why` shows.
What a token's own form proves (`find`) is asked before this.
"""

from __future__ import annotations

import re
from typing import Final

# 1. A reference is not a value.
_REFERENCE = re.compile(
    r"""(?xs)
      .*\$\{ .*                        # ${VAR}, ${{ expression }}
    | .*\{\{ .*                        # {{ template }}
    | [:@/]?\$[A-Za-z_]\w* | .*\$\( .*    # $VAR, $(VAR)
    | .*%[A-Za-z_]\w*% .*              # %VAR%
    | @[A-Za-z_]\w*@ | <[^<>]*> | \[[^\[\]]*\] | __\w+__
    | ! (?:Ref|Sub|GetAtt|ImportValue|vault|reference)\b .*
    | (?: var|local|data|module|each|self|random_password|random_string|secrets|env|inputs|vars
        |steps|needs|matrix|path|count ) \. [\w.\[\]*"'-]+
    | (?: vault|ref\+\w+|op|sops|secret|awssm|gcpsm|azurekv|keyring|env|file|ssm|doppler|akeyless )
      : (?://)? .+
    | arn:aws[\w-]*: .* | projects/[^/]+/secrets/ .* | @Microsoft\.KeyVault\( .*
    | (?: /|\./|\.\./|~/ ) [\w./@+-]* | [A-Za-z]:\\ [\w.\\-]*
    | (?: valueFrom|secretRef|secretKeyRef|existingSecret|remoteRef|secretKey ) \b .*
    """
)
# 2. Ciphertext that somebody put into the repository on purpose.
_ENVELOPE: Final = (
    "ENC[", "$ANSIBLE_VAULT;", "-----BEGIN AGE ENCRYPTED", "-----BEGIN PGP MESSAGE",
    "\x00GITCRYPT", "secure:",
)  # fmt: skip
_SEALED: Final = 300  # characters of the shortest sealed value
# 3. A placeholder: a word that says so, alone or as one of the words of the value.
_PLACEHOLDER = re.compile(
    r"""(?xi)
      (?: .*[-_.\s:/] )?
      (?: change[-_\s]?(?:me|it|this) | replaced?[-_\s]?(?:me|this|with|after|later|by|in)?
        | set[-_\s]?(?:me|this|by|in|later) | manual(?:ly)? | not[-_\s]?(?:used|needed|set) | unused
        | example|examplekey|dummy|sample|placeholder|your[a-z]*|todo|tbd|fixme|redacted|removed
        | insert|fake|mock|foobar|ignored? )
      (?: [-_.\s:/!\d].* )?
    """
)
_WAITING = re.compile(
    r"""(?xi)
      my[-_\s]?(?:password|secret|token|key) | not[-_\s]?set | not[-_\s]?a[-_\s]?real.*
    | foo|bar|baz|test(?:ing)?|undefined|secret|password|passwd|token
    """
)
# A word that chooses something.
_CHOICE = re.compile(
    r"(?i)none|null|nil|empty|default|unset|value|string|optional|required|true|false|yes|no|on|off"
    r"|enabled?|disabled?|auto(?:matic)?|always|never|plain(?:text)?|bearer|basic|jwt|oidc|sha256"
    r"|on[-_]create|if[-_]missing|secretsmanager|secrets?[-_]manager|key[-_]?vault|vault|prompt|file|noecho"
)
_SAME = re.compile(r"(?s)(.)\1*")
_ROWS: Final = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl")
# 4. Public by nature.
_PUBLIC = re.compile(
    r"-----BEGIN (?:PUBLIC KEY|CERTIFICATE|RSA PUBLIC KEY|SSH2 PUBLIC KEY)|ssh-(?:rsa|ed25519|dss) "
    r"|ecdsa-sha2-|pk_(?:live|test)_|https://[0-9a-f]{32}@[\w.]+/\d+|SHA256:|MD5:"
)
# 5. A hash or an identifier.
_IDENTIFIER = re.compile(
    r"""(?xi)
      [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
    | (?:sha(?:1|256|384|512)[:-])[0-9a-z+/=]+
    | v?\d+(?:\.\d+){1,3}(?:[-+][\w.]+)? | \d{1,2}:\d\d(?::\d\d)? | \d{4}-\d\d-\d\d.*
    | (?:ami|vpc|subnet|sg|eni|igw|rtb|acl|i|vol|snap)-[0-9a-f]{8,17}
    | \$2[aby]\$\d\d\$.* | \$argon2\w*\$.* | \{SHA\}.* | \$(?:apr1|1|5|6)\$.*
    | [\w.+-]+@[\w-]+\.[\w.-]+ | \d+
    """
)


def why_harmless(value: str) -> str:
    """Why the value cannot be a secret although its name says so; "" if nothing says that.

    Placeholders are named as such: where they are deployed they are default credentials.
    """
    text = value.strip().strip("\"'")
    if not text:
        return "it is empty"
    if _REFERENCE.fullmatch(text[:2000]):
        return "it refers to a value that stands elsewhere"
    sealed = len(text) >= _SEALED and text.startswith(("AgA", "AgB"))  # by Sealed Secrets
    if sealed or text.startswith(_ENVELOPE):
        return "it is encrypted"
    if _CHOICE.fullmatch(text):
        return "it is a word that chooses something"
    if is_placeholder(text):
        return PLACEHOLDER
    if _PUBLIC.match(text):
        return "it is public by nature"
    if _IDENTIFIER.fullmatch(text[:2000]):
        return "it is a hash or an identifier"
    return ""


PLACEHOLDER: Final = "it is a placeholder"
# Passwords that everybody knows, because products are delivered with them.
_KNOWN = re.compile(
    r"""(?xi)
      (?: admin|root|toor|user|guest|demo|postgres(?:ql|user)?|mysql|maria(?:db)?|mongo(?:db)?|redis
        | rabbit(?:mq)?|minio|elastic(?:search)?|kafka|grafana|keycloak|prometheus|prom|oracle|sa
        | pass|passw[o0]rd|p@ssw[o0]rd|pw|pwd|secret|welcome|letmein|qwerty|wordpress|jenkins|nginx
        | super|default|test|temp|local|docker|vagrant|ubuntu|hello|foo|bar|openshift|operator
        | kibana|logstash|cassandra|neo4j|airflow|superset|opensearch|sonar|nexus|gitlab|argocd )
      (?: [-_.@]?
        (?: admin|root|user|operator|pass(?:word|wd)?|pw|pwd|secret|key|token|\d{1,4}|!+) )*
    """
)


def is_default(text: str) -> bool:
    """True for a password that needs no guessing: `admin`, `postgres123`, `Passw0rd!`."""
    return len(text) <= 40 and _KNOWN.fullmatch(text) is not None


def is_placeholder(text: str) -> bool:
    """True for words that wait for a value: `changeme`, `xxxx`, `your-token-here`, `1234`."""
    if len(text) > 100:
        return False
    if any(one.fullmatch(text) for one in (_PLACEHOLDER, _WAITING, _SAME)):
        return True
    if set(text) <= set("*x-_. 0"):
        return True
    plain = text.lower()
    return len(plain) >= 3 and any(plain in row or plain[::-1] in row for row in _ROWS)
