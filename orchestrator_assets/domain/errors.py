"""Every error that the platform raises on purpose, each with a stable code."""

from typing import ClassVar


class OrchestratorError(Exception):
    """An error whose message names the thing, what is wrong with it, and the mend.

    Attributes:
        code: Stable identifier, for logs, the audit trail and API problems.
        retryable: Whether the same call may succeed later without a change by the caller.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False


class InputError(OrchestratorError):
    """The customer's order cannot be carried out as it stands (exit code 2)."""

    code = "bad_input"


class ManifestError(InputError):
    """A manifest field is unknown, missing or has a value outside its range."""

    code = "bad_manifest"


class RepositoryError(InputError):
    """The repository, branch or commit named by the order cannot be used."""

    code = "bad_repository"


class FindingsError(InputError):
    """The findings file is malformed, too large or points outside the repository."""

    code = "bad_findings"


class ToolError(OrchestratorError):
    """A tool did not run or its answer could not be read; an ERROR is never a pass."""

    code = "tool_failed"


class SandboxError(OrchestratorError):
    """The sandbox is missing or could not be set up; nothing was run."""

    code = "sandbox_unavailable"


class PatchError(OrchestratorError):
    """Edits overlap, lie outside their file, or their result does not parse."""

    code = "bad_patch"


class LeaseError(OrchestratorError):
    """Another worker holds the job, or this worker's claim on it has been taken over."""

    code = "lease_lost"


class AttemptsExhausted(OrchestratorError):
    """The job died as often as its attempt cap allows."""

    code = "attempts_exhausted"


class ArtifactError(OrchestratorError):
    """An artifact that a stage needs is missing or its content does not match its digest."""

    code = "artifact_missing"


class StateError(InputError):
    """The job is not in a state in which the command makes sense."""

    code = "bad_state"


class ReportError(OrchestratorError):
    """A report or an account contradicts itself, or a stored one cannot be read; it is not handed out."""

    code = "report_inconsistent"


class SchemaError(OrchestratorError):
    """The store's schema is not the one that this release writes."""

    code = "schema_mismatch"
