"""The repository at one commit, as the job sees it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was taken in, and where it is kept.

    Attributes:
        commit: The customer's commit.
        branch: The branch that it was found on; empty when it was named by its id.
        digest: The tree's digest.
        files: Regular files, sorted; what a job may read and judge.
        oversized: Files that are kept but neither judged nor edited, because of their size.
        bundle_key: The artifact that holds the commit.
        notes: What a reader of the report should know of the snapshot.
    """

    commit: str
    branch: str
    digest: str
    files: tuple[str, ...]
    oversized: tuple[str, ...]
    bundle_key: str
    notes: tuple[str, ...] = ()
