"""What the platform needs from the outside world, as protocols; adapters live in `resources/`."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from orchestrator_assets.domain.cost import MicroUsd
from orchestrator_assets.domain.finding import Finding, FindingOutcome
from orchestrator_assets.domain.fix import Declined, Fix
from orchestrator_assets.domain.gate import GateResult
from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, JobState, RepoRef
from orchestrator_assets.domain.suite import TestEnvironment
from orchestrator_assets.domain.tree import SourceTree


@dataclass(frozen=True, slots=True)
class SandboxRun:
    """One command to run over a tree, away from the host.

    Attributes:
        argv: The command; paths inside are relative to the tree, which is the working directory `/w`.
        tree: The folder that becomes `/w`: read-only, or a writable throw-away copy with `writable`.
        read_only: Host folders or files that keep their absolute path inside (interpreters, environments).
        inputs: Name -> host file, readable inside as `/in/<name>`.
        environment: Added to the bare environment (PATH, HOME=/tmp, LANG).
        Files that the command leaves in `/out` come back in `SandboxResult.outputs`.
    """

    argv: tuple[str, ...]
    tree: Path
    writable: bool = False
    read_only: tuple[Path, ...] = ()
    inputs: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 300.0
    memory_bytes: int = 4 << 30
    disk_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """How the command ended. `exit_code` is 124 when `timed_out`; what it wrote until then is kept."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    outputs: Mapping[str, bytes]
    timed_out: bool
    seconds: float


class Sandbox(Protocol):
    """Runs customers' code and tools over it: no network, no host files, no secrets, bounded."""

    def run(self, request: SandboxRun) -> SandboxResult:
        """Run to the end or to the time limit.

        Raises:
            SandboxError: The sandbox itself could not be set up; the command did not run.
        """
        ...

    def describe(self) -> str:
        """One line on what it is, for the report."""
        ...


class ArtifactStore(Protocol):
    """Content under keys like `customers/<customer>/jobs/<job>/...`; a put is atomic and replaces."""

    def put(self, key: str, content: bytes) -> None:
        """Store the content under the key."""
        ...

    def get(self, key: str) -> bytes:
        """The content under the key.

        Raises:
            ArtifactError: There is none.
        """
        ...

    def find(self, key: str) -> bytes | None:
        """The content under the key, or None."""
        ...

    def keys(self, prefix: str) -> Sequence[str]:
        """All keys that begin with the prefix, sorted."""
        ...

    def locate(self, key: str) -> str:
        """Where a person finds it: a path or an address."""
        ...


class ContentCache(Protocol):
    """What was once computed for a content key; a lost entry costs time, never correctness."""

    def get(self, key: str) -> bytes | None:
        """The content once put under the key, or None."""
        ...

    def put(self, key: str, content: bytes) -> None:
        """Keep the content under the key."""
        ...


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One row of a commit's tree. `kind` is `blob` or `commit` (a submodule); `mode` 120000 is a symbolic link."""

    path: str
    mode: str
    kind: str
    object_id: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class CommitPlan:
    """One commit to come: its message and the whole new content of each file that it changes."""

    message: str
    files: Mapping[str, bytes]


class CodeRepository(Protocol):
    """A private copy of one commit of a customer's repository."""

    @property
    def commit(self) -> str:
        """The snapshot's commit id."""
        ...

    def entries(self) -> Sequence[TreeEntry]:
        """The snapshot's tree.

        Raises:
            RepositoryError: A path is not UTF-8.
        """
        ...

    def read(self, blobs: Sequence[str]) -> Iterable[bytes]:
        """The blobs' contents, in the order given."""
        ...

    def bundle(self, branch: str | None = None) -> bytes:
        """The snapshot as a git bundle, with the branch when one is named."""
        ...

    def commit_changes(self, plans: Iterable[CommitPlan], branch: str, when: int) -> Sequence[str]:
        """Stack one commit per plan on the snapshot, at `when` (seconds since the epoch); gives the ids."""
        ...

    def diff(self, before: str, after: str) -> bytes:
        """A patch between two commits that `git apply` takes."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched commit: the private copy, the branch that it was found on (empty when detached), notes for the report."""

    repository: CodeRepository
    branch: str
    notes: tuple[str, ...] = ()


class CodeHost(Protocol):
    """Where customers' repositories come from."""

    def fetch(self, repo: RepoRef, into: Path) -> Fetched:
        """Copy the commit that the reference means into the empty folder `into`; the source is only read.

        Raises:
            RepositoryError: There is no such repository, branch or commit, it is empty, or its work tree has uncommitted changes.
        """
        ...

    def restore(self, bundle: bytes, commit: str, into: Path) -> CodeRepository:
        """The private copy again, from its bundle."""
        ...

    def check_out(self, bundle: bytes, commit: str, branch: str, into: Path) -> None:
        """Make the absent folder `into` a work tree on the branch of a bundle, with the snapshot tagged `orchestrator-base`."""
        ...


class TestEnvironments(Protocol):
    """Builds the environments that customers' tests run in."""

    def prepare(self, tree: SourceTree, setup_command: str | None = None) -> TestEnvironment:
        """The environment for the tree's declarations, built once and found again later.

        Raises:
            SandboxError: The sandbox could not be set up.
            ToolError: Not even the bare environment could be built.
        """
        ...


class FixWriter(Protocol):
    """A tier that proposes fixes."""

    def propose(self, tree: SourceTree, findings: Sequence[Finding]) -> tuple[list[Fix], list[Declined]]:
        """At most one fix per finding, and the findings that it leaves with the reason; it changes nothing on disk."""
        ...


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job's row as it stands."""

    id: JobId
    order: JobOrder
    state: JobState
    attempt: int
    run_id: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    quality_score: float | None
    cost: MicroUsd
    findings_count: int | None
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's claim on a job; `token` grows with every claim, and writes with an old one are refused."""

    job: JobId
    owner: str
    token: int


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a run leaves in the job's row and its detail tables, written in one transaction."""

    state: JobState
    quality_score: float
    findings_count: int
    gates: Sequence[GateResult]
    outcomes: Sequence[FindingOutcome]
    costs: Mapping[str, MicroUsd]


class JobStore(Protocol):
    """The record of all jobs. Every state change leaves an audit row in the same transaction."""

    def submit(self, order: JobOrder, *, actor: str, idempotency_key: str | None = None) -> JobId:
        """Record an order as queued; the same customer and idempotency key give the same job again."""
        ...

    def get(self, job: JobId) -> JobRecord:
        """The job's row.

        Raises:
            StateError: There is no such job.
        """
        ...

    def jobs(self, *, customer: CustomerId | None = None, state: JobState | None = None, limit: int = 100) -> Sequence[JobRecord]:
        """Jobs, the newest first."""
        ...

    def queued_after(self, cursor: str, limit: int) -> Sequence[JobRecord]:
        """Queued jobs with an id past the cursor (ids sort by time), the oldest first."""
        ...

    def claim(self, job: JobId, *, owner: str, run_id: str, lease_seconds: int) -> Lease:
        """Take the job for one attempt: queued -> running, attempt + 1, a new token.

        A finished job is reopened with its attempts counted from 1 again. A running job can be taken over only by the same run id or
        when its lease has expired.

        Raises:
            LeaseError: Another worker holds it.
            AttemptsExhausted: It was the last attempt allowed; the job is now failed.
            StateError: There is no such job, or it is cancelled.
        """
        ...

    def heartbeat(self, lease: Lease, *, lease_seconds: int) -> None:
        """Extend the lease.

        Raises:
            LeaseError: The lease has been taken over.
        """
        ...

    def finish(self, lease: Lease, result: JobResult) -> None:
        """Running -> the result's state; replaces gate, outcome and cost rows of earlier attempts.

        Raises:
            LeaseError: The lease has been taken over.
        """
        ...

    def fail(self, job: JobId, *, code: str, message: str, actor: str, lease: Lease | None = None) -> None:
        """Running or queued -> failed, with the error; a finished job is left as it is.

        Raises:
            LeaseError: A lease was given and has been taken over; the job is left to its new holder.
        """
        ...

    def cancel(self, job: JobId, *, actor: str) -> None:
        """Queued or running -> cancelled."""
        ...

    def approve(self, job: JobId, *, actor: str, accept: bool, note: str = "") -> None:
        """needs_review -> delivered (accept) or rejected.

        Raises:
            StateError: The job does not wait for a review.
        """
        ...

    def release_dead(self, owners_alive: Iterable[str] | None = None) -> Sequence[JobId]:
        """Re-queue running jobs whose lease has expired, or whose owner is on this host and gone; fail those at their attempt cap."""
        ...

    def audit(
        self,
        action: str,
        *,
        job: JobId | None,
        actor: str,
        resource: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Append a row to the audit log."""
        ...


class Worker(Protocol):
    """A run's hold on its job."""

    def hold(self, job: JobId, run_id: str) -> Lease:
        """The lease on the job, claimed for this run if it is not held yet.

        Raises:
            LeaseError: Another worker has the job.
        """
        ...

    def release(self) -> None:
        """Let go: the heartbeat stops, the work folder is cleared, the job's state is left as it is."""
        ...

    def folder(self, job: JobId) -> Path:
        """This process's work folder for the job, gone when the run is over."""
        ...

    def timed(self, stage: str) -> AbstractContextManager[None]:
        """Add the wall-clock time of the block to the stage's."""
        ...

    @property
    def seconds(self) -> Mapping[str, float]:
        """Stage -> seconds so far in this run."""
        ...


class CustomerSpaces(Protocol):
    """What belongs to one customer alone and outlives a job."""

    def cache(self, customer: CustomerId) -> ContentCache:
        """The customer's cache of scans and test runs."""
        ...

    def environments(self, customer: CustomerId) -> TestEnvironments:
        """The customer's test environments."""
        ...
