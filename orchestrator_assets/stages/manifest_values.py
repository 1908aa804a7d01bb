"""What a manifest's single values must look like: names, addresses, branches, patterns, numbers.

Each function gives the value back or raises a ValueError that says what is wrong and how to mend it.
"""

import re
from decimal import Decimal
from urllib.parse import SplitResult, urlsplit

from orchestrator_assets.domain.errors import ManifestError
from orchestrator_assets.domain.job import customer_id

_SCP = re.compile(r"(?P<user>[A-Za-z0-9_][\w.-]*)@(?P<host>[A-Za-z0-9][\w.-]*):(?P<path>[^-/:][^:]*|/[^:]*)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_NOT_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|^[-/.]|[/.]$|\.lock(?:/|$)|^@$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WHITE = re.compile(r"\s")


def looks_like_url(text: str) -> bool:
    """Whether git would take the text for a remote address rather than for a folder."""
    if _SCHEME.match(text) or "::" in text.partition("/")[0]:
        return True
    head, colon, _ = text.partition(":")
    return bool(colon) and "@" in head and "/" not in head


def customer(text: str) -> str:
    """A customer's name, see `domain.job.customer_id`."""
    try:
        return customer_id(text)
    except ManifestError as error:
        raise ValueError(str(error).partition(": ")[2]) from error


def git_url(text: str) -> str:
    """An address that git may clone from; nothing in it can become an option, a command or a stored password."""
    if _WHITE.search(text) or _CONTROL.search(text) or not text.isascii():
        raise ValueError("it holds white space or other characters that no URL has; percent-encode them")
    if text.startswith("-"):
        raise ValueError("it begins with '-', which git would read as an option; give the repository's https address")
    if not _SCHEME.match(text):
        if _SCP.fullmatch(text):
            return text
        raise ValueError("it is not a git address; use https://, ssh://, git@host:path, file:// or a folder in repo.path")
    return _git_url_with_scheme(text)


def _git_url_with_scheme(text: str) -> str:
    parts = _split(text)
    scheme = parts.scheme.lower()
    if scheme not in {"https", "ssh", "file"}:
        raise ValueError(f"the scheme {scheme!r} is not taken; use https://, ssh://, git@host:path or file://")
    if scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise ValueError("a file:// address has no host and an absolute path; write file:///folder")
        return text
    if parts.password is not None or (scheme == "https" and "@" in parts.netloc):
        raise ValueError("it carries credentials; remove them from the address and give them to git's credential store or an ssh key")
    if (parts.username or "").startswith("-"):
        raise ValueError("its user begins with '-', which ssh would read as an option; give the plain clone address")
    if parts.query or parts.fragment:
        raise ValueError("it has a query or a fragment; give the plain clone address")
    if not parts.path.strip("/"):
        raise ValueError("it names a host but no repository; add the path")
    return text


def webhook_url(text: str) -> str:
    """An https address for notices."""
    if _WHITE.search(text) or _CONTROL.search(text) or not text.isascii():
        raise ValueError("it holds white space or other characters that no URL has; percent-encode them")
    parts = _split(text)
    if parts.scheme.lower() != "https":
        raise ValueError("only https is taken; give an address that begins with https://")
    if "@" in parts.netloc:
        raise ValueError("it carries credentials; remove them, notices are signed instead")
    if parts.fragment:
        raise ValueError("it has a fragment; remove the part from '#'")
    return text


def _split(text: str) -> SplitResult:
    """Split the address and check its host, which must not be read as an option by a program further down."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        # The standard library's message may quote a part of a password.
        raise ValueError("its host or port is malformed; write https://host/path") from None
    if parts.scheme.lower() != "file" and not _HOST.fullmatch(parts.hostname or ""):
        raise ValueError("the host is missing or malformed; write https://host/path")
    return parts


def plain_path(text: str) -> str:
    """A folder of this machine."""
    if looks_like_url(text):
        raise ValueError("it is an address, not a folder; give it as repo.url")
    return _printable(text)


def branch(text: str) -> str:
    """A name that `git check-ref-format --branch` takes."""
    if _NOT_IN_BRANCH.search(text):
        raise ValueError("git allows no such branch name; give it as `git branch` shows it")
    return text


def commit(text: str) -> str:
    """A commit id, shortened or whole, in lower case."""
    if not _COMMIT.fullmatch(text):
        raise ValueError("give 7 to 64 hexadecimal digits, as `git rev-parse HEAD` shows them")
    return text.lower()


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("it holds a control character; remove it")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("it is not valid Unicode; rename it") from error
    return text


def command(text: str) -> str:
    """A shell command for the sandbox."""
    if not text.strip():
        raise ValueError("it is empty; leave the field out")
    if "\0" in text:
        raise ValueError("it holds a NUL character; remove it")
    return text


def pattern(text: str) -> str:
    """A glob pattern or folder within the repository."""
    _printable(text)
    if text.startswith("/") or "\\" in text or ".." in text.split("/"):
        raise ValueError("it leads outside the repository; give a pattern relative to its root, with '/' between folders")
    return text


def repo_from_text(value: object) -> object:
    """The fields that a repository given as one text means."""
    if isinstance(value, str):
        return {"url": value} if looks_like_url(value) else {"path": value}
    return value


def number(value: object) -> object:
    """A number that loses nothing on its way to a Decimal."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("it is not a number; give one like 20 or 12.50")  # noqa: TRY004 - pydantic collects ValueErrors only
    return Decimal(str(value)) if isinstance(value, float) else value
