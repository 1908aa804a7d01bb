"""HTTP calls that may wait for ever."""

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import FixSafety
from orchestrator_assets.rules.call_sites import append_argument, call_of, constant, is_starred, keyword
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

TIMEOUT_SECONDS = 30

_VERBS = tuple(f"requests.{verb}" for verb in ("get", "options", "head", "post", "put", "patch", "delete", "request"))


def _timeout(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, *_VERBS)
    if found is None:
        return not_found("a plain call of requests")
    call, _ = found
    if is_starred(call):
        return Decline("the call takes starred arguments that may hold a timeout; set one where they are put together")
    given = keyword(call, "timeout")
    if given is None:
        edit = append_argument(source, call, f"timeout={TIMEOUT_SECONDS}")
    elif constant(given.value) is None:
        edit = source.replace(given.value, str(TIMEOUT_SECONDS))
    else:
        return Decline("the call has a timeout already")
    if edit is None:
        return Decline("the argument cannot be added in place; pass a timeout by hand")
    why = f"requests waits for ever by default; {TIMEOUT_SECONDS} s without an answer now raise requests.Timeout."
    return Rewrite((edit,), why)


REQUESTS_TIMEOUT = Rule(
    name="requests-timeout",
    answers=(("bandit", "B113"), ("ruff", "S113"), ("pylint", "missing-timeout")),
    cwe=(400,),
    safety=FixSafety.UNSAFE,
    precondition="A function of requests called without a timeout, or with timeout=None.",
    title="Give the HTTP call a timeout",
    before="""\
import requests


def fetch(url):
    return requests.get(url)
""",
    after="""\
import requests


def fetch(url):
    return requests.get(url, timeout=30)
""",
    leaves_alone="Sessions, starred arguments, other HTTP libraries (httpx has a timeout of its own).",
    fix=_timeout,
    nodes=(cst.Call,),
)

RULES = (REQUESTS_TIMEOUT,)
