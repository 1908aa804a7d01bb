"""What the `orchestrator` command's exit codes mean."""

from orchestrator_assets.domain.job import JobState

BAD_INPUT = 2
FAILED = 5
INTERRUPTED = 130

OF_STATE = {
    JobState.DELIVERED: 0,
    JobState.NEEDS_REVIEW: 3,
    JobState.REJECTED: 4,
    JobState.FAILED: FAILED,
    JobState.CANCELLED: FAILED,
}
