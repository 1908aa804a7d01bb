"""What names tell of the purpose of a value."""

import re

import libcst as cst

from orchestrator_assets.rules.source_file import SourceFile

SECRET_WORDS = frozenset(
    [
        "token",
        "tokens",
        "secret",
        "secrets",
        "password",
        "passwords",
        "passwd",
        "passphrase",
        "pwd",
        "nonce",
        "otp",
        "salt",
        "credential",
        "credentials",
        "csrf",
        "apikey",
    ]
)
# Words that mark a hash as guarding something: there a stronger algorithm is needed, not a declaration.
GUARD_WORDS = SECRET_WORDS | frozenset(
    [
        "signature",
        "sign",
        "signed",
        "signing",
        "hmac",
        "auth",
        "authenticate",
        "authentication",
        "authorization",
        "key",
        "keys",
        "mac",
        "login",
        "crypt",
        "encrypt",
        "verify",
        "private",
    ]
)
_KEY_KINDS = frozenset({"api", "secret", "private", "access", "encryption", "signing", "session"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


def words_of(name: str) -> set[str]:
    """`newApiToken` and `new_api_token` -> new, api, token."""
    return {word.lower() for word in _WORDS.findall(name)}


def names_around(source: SourceFile, node: cst.CSTNode) -> set[str]:
    """Words of what the value is called: its assignment target, its keyword and the function around it."""
    found: set[str] = set()
    for above in source.ancestors(node):
        if isinstance(above, cst.FunctionDef):
            return found | words_of(above.name.value)
        if isinstance(above, cst.Assign):
            for target in above.targets:
                found |= words_of(source.code(target.target))
        elif isinstance(above, cst.AnnAssign):
            found |= words_of(source.code(above.target))
        elif isinstance(above, cst.Arg) and above.keyword is not None:
            found |= words_of(above.keyword.value)
    return found


def names_within(source: SourceFile, node: cst.CSTNode) -> set[str]:
    """Words of all names below a node."""
    return {word for name in source.within(node, cst.Name) for word in words_of(source.code(name))}


def hints_of_secret(words: set[str]) -> set[str]:
    """Those of the words that say that a value must not be guessed; `key` counts only as an API key and the like."""
    return words & SECRET_WORDS | ({"key"} if "key" in words and words & _KEY_KINDS else set())
