"""The customer's order and the states it goes through."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from orchestrator_assets.domain.errors import ManifestError

CustomerId = NewType("CustomerId", str)
JobId = NewType("JobId", str)

_CUSTOMER = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9])?")

MAX_ATTEMPTS = 3


class JobState(StrEnum):
    """`queued -> running -> delivered | needs_review | rejected | failed | cancelled`."""

    QUEUED = "queued"
    RUNNING = "running"
    DELIVERED = "delivered"
    NEEDS_REVIEW = "needs_review"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether no worker will touch the job again on its own."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


class Tier(StrEnum):
    """The customer's service tier; it sets the run's priority."""

    STANDARD = "standard"
    PREMIUM = "premium"


class Policy(StrEnum):
    """How the gates' scores become a decision."""

    RATCHET = "ratchet"
    ABSOLUTE = "absolute"


@dataclass(frozen=True, slots=True)
class RepoRef:
    """Where the code is: a local path or a git URL (exactly one), a branch, a commit.

    Without branch and commit, the repository's current `HEAD` is meant.
    """

    path: str | None = None
    url: str | None = None
    branch: str | None = None
    commit: str | None = None

    @property
    def location(self) -> str:
        """The path or URL, for messages and records."""
        return self.path or self.url or ""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The order's options with the defaults of the design."""

    hard_cap_usd: Decimal = Decimal(20)
    soft_alert_usd: Decimal = Decimal(15)
    min_score: Decimal = Decimal(95)
    policy: Policy = Policy.RATCHET
    setup_command: str | None = None
    test_command: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_model: bool = True


@dataclass(frozen=True, slots=True)
class JobOrder:
    """A validated order. `findings_sha256` names the findings file in the artifact store, if any was given."""

    customer: CustomerId
    repo: RepoRef
    tier: Tier = Tier.STANDARD
    webhook_url: str | None = None
    findings_sha256: str | None = None
    findings_name: str | None = None
    options: JobOptions = field(default_factory=JobOptions)


def customer_id(text: str) -> CustomerId:
    """Check a customer's name: it becomes a folder, a blob prefix and half of a partition key.

    Raises:
        ManifestError: The name has other characters than a-z, 0-9, `_`, `.`, `-`, or is over 64 long.
    """
    if not _CUSTOMER.fullmatch(text):
        raise ManifestError(f"customer {text!r}: use 1 to 64 of a-z, 0-9, '_', '.', '-', beginning and ending with a letter or digit")
    return CustomerId(text)


def partition_key(customer: CustomerId, job: JobId) -> str:
    """The job's Dagster partition key, `<customer>/<job_id>`."""
    return f"{customer}/{job}"


def split_partition_key(key: str) -> tuple[CustomerId, JobId]:
    """The inverse of `partition_key`.

    Raises:
        ManifestError: The key is not of that form.
    """
    customer, slash, job = key.partition("/")
    if not slash or not job:
        raise ManifestError(f"partition key {key!r} is not '<customer>/<job_id>'")
    return CustomerId(customer), JobId(job)
