"""Random text, keys and certificates: unknown, with their length where it is known."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import MAX_TEXT, FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_values import need_int, need_pieces, need_str, text_result
from plumbrule_parsers.helm.functions.objects import StructData
from plumbrule_parsers.traced import Traced, hops_of, made_of
from plumbrule_parsers.traced_text import Piece
from plumbrule_parsers.value import Reason, Unknown

_Apply = Callable[[Call, Sequence[Traced]], Traced]


def _random(call: Call, what: str, length: int | None = None) -> Unknown:
    return Unknown(Reason.RANDOM, what, call.at, "string", not_null=True, length=length)


def _counted(name: str, size: Callable[[int], int]) -> _Apply:
    def apply(call: Call, args: Sequence[Traced]) -> Traced:
        if args[0].unknown is not None:
            return made_of(_random(call, name), *args)
        count = need_int(args[0])
        if count > MAX_TEXT:
            raise FunctionError(f"`{name}` of {count} characters is too large")
        if count <= 0:
            return made_of("", *args)
        return made_of(_random(call, name, size(count)), *args)

    return apply


def _fixed(name: str, length: int | None, reason: Reason = Reason.RANDOM) -> _Apply:
    def apply(call: Call, args: Sequence[Traced]) -> Traced:
        unknown = Unknown(reason, name, call.at, "string", not_null=True, length=length)
        return made_of(unknown, *args)

    return apply


def _htpasswd(call: Call, args: Sequence[Traced]) -> Traced:
    pieces = need_pieces(args[0])
    need_pieces(args[1])
    if any(isinstance(piece.text, str) and ":" in piece.text for piece in pieces):
        return made_of(f"invalid username: {need_str(args[0])}", *args)
    secret = [Piece(":", args[0].via), Piece(_random(call, "htpasswd", 60), args[1].via)]
    return text_result([*pieces, *secret], *args)


def _certificate(name: str) -> _Apply:
    def apply(call: Call, args: Sequence[Traced]) -> Traced:
        via = hops_of(args)
        parts = {
            "Cert": Traced(_random(call, f"{name} certificate"), via),
            "Key": Traced(_random(call, f"{name} key"), via, sensitive=True),
        }
        return Traced(StructData(parts, "sprig.certificate", "{<certificate> <key>}"), via)

    return apply


def _custom_certificate(_call: Call, args: Sequence[Traced]) -> Traced:
    parts: dict[str, Traced] = {}
    for name, arg in zip(("Cert", "Key"), args, strict=True):
        try:
            text = base64.b64decode(need_str(arg), validate=True).decode()
        except (binascii.Error, ValueError):
            raise FunctionError("unable to decode base64 certificate") from None
        if "-----BEGIN" not in text:
            raise FunctionError("unable to decode certificate")
        parts[name] = Traced(text, arg.via, sensitive=arg.sensitive)
    return Traced(StructData(parts, "sprig.certificate", "{<certificate> <key>}"), hops_of(args))


def _same(count: int) -> int:
    return count


def _base64_size(count: int) -> int:
    return (count + 2) // 3 * 4


_OWN = Unknowns.OWN
SECRETS = {
    "bcrypt": Function(_fixed("bcrypt", 60), 1, 1, _OWN, "string"),
    "buildCustomCert": Function(_custom_certificate, 2, 2, Unknowns.STRICT, "any"),
    "decryptAES": Function(_fixed("decryptAES", None, Reason.SECRET), 2, 2, _OWN, "string"),
    "derivePassword": Function(_fixed("derivePassword", None, Reason.SECRET), 5, 5, _OWN, "string"),
    "encryptAES": Function(_fixed("encryptAES", None), 2, 2, _OWN, "string"),
    "genCA": Function(_certificate("genCA"), 2, 2, _OWN, "any"),
    "genCAWithKey": Function(_certificate("genCAWithKey"), 3, 3, _OWN, "any"),
    "genPrivateKey": Function(_fixed("genPrivateKey", None), 1, 1, _OWN, "string"),
    "genSelfSignedCert": Function(_certificate("genSelfSignedCert"), 4, 4, _OWN, "any"),
    "genSelfSignedCertWithKey": Function(_certificate("genSelfSignedCert"), 5, 5, _OWN, "any"),
    "genSignedCert": Function(_certificate("genSignedCert"), 5, 5, _OWN, "any"),
    "genSignedCertWithKey": Function(_certificate("genSignedCert"), 6, 6, _OWN, "any"),
    "htpasswd": Function(_htpasswd, 2, 2, _OWN, "string"),
    "randAlpha": Function(_counted("randAlpha", _same), 1, 1, _OWN, "string"),
    "randAlphaNum": Function(_counted("randAlphaNum", _same), 1, 1, _OWN, "string"),
    "randAscii": Function(_counted("randAscii", _same), 1, 1, _OWN, "string"),
    "randBytes": Function(_counted("randBytes", _base64_size), 1, 1, _OWN, "string"),
    "randNumeric": Function(_counted("randNumeric", _same), 1, 1, _OWN, "string"),
    "uuidv4": Function(_fixed("uuidv4", 36), 0, 0, _OWN, "string"),
}
