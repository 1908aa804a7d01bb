"""Turn verified fixes into commits, a patch and a repository to hand over, and copy a job's artifacts to a folder."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from orchestrator_assets.domain.errors import ArtifactError, InputError, StateError
from orchestrator_assets.domain.fix import AppliedGroup
from orchestrator_assets.domain.job import CustomerId, JobId, JobState
from orchestrator_assets.domain.ports import ArtifactStore, CodeHost, CodeRepository, CommitPlan
from orchestrator_assets.domain.score import Decision
from orchestrator_assets.domain.suite import SuiteStatus
from orchestrator_assets.domain.verification import FixGroup, Verification

QUALITY_REPORT_JSON = "quality_report.json"
QUALITY_REPORT_HTML = "quality_report.html"
COST_BREAKDOWN = "cost_breakdown.json"
PATCH = "changes.patch"
FINDINGS_SARIF = "findings.sarif"
FINDINGS_TABLE = "findings.parquet"
REPOSITORY_BUNDLE = "transformed.bundle"
RECEIPT = "delivery.json"
_IGNORE_ALL = "*\n"

EXPORTED = (QUALITY_REPORT_JSON, QUALITY_REPORT_HTML, COST_BREAKDOWN, PATCH, FINDINGS_SARIF, FINDINGS_TABLE)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The verified fixes as commits on the snapshot.

    Attributes:
        commit_before, commit_after: Equal when nothing was fixed.
        groups: One per commit, in order.
        patch: From `commit_before` to `commit_after`, for `git apply`.
        bundle: A git bundle of the snapshot and the branch.
    """

    branch: str
    commit_before: str
    commit_after: str
    groups: tuple[AppliedGroup, ...]
    patch: bytes
    bundle: bytes


def branch_name(job: JobId) -> str:
    """The branch that a job hands over."""
    return f"orchestrator/{job}"


def artifact_key(customer: CustomerId, job: JobId, name: str) -> str:
    """Where one of a job's artifacts lies in the artifact store."""
    return f"customers/{customer}/jobs/{job}/{name}"


def build_change_set(job: JobId, verification: Verification, repository: CodeRepository, when: int) -> ChangeSet:
    """Commit every group on top of the snapshot.

    Args:
        when: Seconds since the epoch for the commits: the job's creation, so that a repeated attempt makes the same commits.
    """
    branch = branch_name(job)
    plans = [CommitPlan(_message(group, job, _proof(group, verification)), dict(group.files)) for group in verification.groups]
    commits = list(repository.commit_changes(plans, branch, when))
    after = commits[-1] if commits else repository.commit
    groups = []
    for group, commit, parent in zip(verification.groups, commits, [repository.commit, *commits], strict=False):
        diff = repository.diff(parent, commit).decode("utf-8", "replace")
        groups.append(AppliedGroup(group.rule, group.title, commit, group.fixes, diff))
    patch = repository.diff(repository.commit, after) if commits else b""
    return ChangeSet(branch, repository.commit, after, tuple(groups), patch, repository.bundle(branch))


def keep_change_set(customer: CustomerId, job: JobId, changes: ChangeSet, artifacts: ArtifactStore) -> str:
    """Store the patch and the repository with the branch; gives where the patch lies."""
    artifacts.put(artifact_key(customer, job, REPOSITORY_BUNDLE), changes.bundle)
    key = artifact_key(customer, job, PATCH)
    artifacts.put(key, changes.patch)
    return artifacts.locate(key)


def deliver(customer: CustomerId, job: JobId, decision: Decision, changes: ChangeSet, artifacts: ArtifactStore) -> bytes:
    """Write the receipt: what is handed over, by name, size and digest.

    Raises:
        StateError: The decision is a rejection. Checked here again: a blocking check holds only within its own run.
        ArtifactError: Something that is to be handed over is missing.
    """
    if decision.state not in {JobState.DELIVERED, JobState.NEEDS_REVIEW}:
        raise StateError(f"job {job}: its decision is {decision.state.value}, so nothing is delivered; read the report for the reasons")
    files = {}
    for name in (*EXPORTED, REPOSITORY_BUNDLE):
        content = artifacts.get(artifact_key(customer, job, name))
        files[name] = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    document = {"job_id": job, "status": decision.state.value, "branch": changes.branch, "commit": changes.commit_after, "files": files}
    receipt = json.dumps(document, indent=2).encode() + b"\n"
    artifacts.put(artifact_key(customer, job, RECEIPT), receipt)
    return receipt


def _proof(group: FixGroup, verification: Verification) -> str:
    if verification.suite.status is not SuiteStatus.RAN:
        return "Verified by re-scan alone: no tests could be run."
    run = sum(1 for fix in group.fixes if fix.id in verification.executed)
    return f"Verified by re-scan; the tests that passed before still pass, and run {run} of the {len(group.fixes)} changed places."


def _message(group: FixGroup, job: JobId, proof: str) -> str:
    """Imperative subject, what was answered, and why it is right."""
    reasons = sorted({fix.evidence for fix in group.fixes if fix.evidence})
    paths = sorted({fix.path for fix in group.fixes})
    findings = sum(len(fix.fingerprints) for fix in group.fixes)
    shown = "".join(f"- {path}\n" for path in paths[:20]) + (f"- and {len(paths) - 20} more\n" if len(paths) > 20 else "")
    why = "".join(f"{reason}\n" for reason in reasons[:5])
    return f"{group.title}\n\n{why}\nAnswers {findings} finding(s) by {group.rule} in:\n{shown}\n{proof}\n\nOrchestrator-Job: {job}\n"


def prepare_out(out: Path, repository: Path | None) -> None:
    """Make the folder that receives a job's artifacts, or say why it can't be one.

    Raises:
        InputError: It is a file, or it has content already.
    """
    if out.exists() and (not out.is_dir() or any(not _is_own_mark(path) for path in out.iterdir())):
        raise InputError(f"output folder {out}: it exists and is not empty; give another with --out, or empty it")
    inside = repository is not None and out.resolve().is_relative_to(repository.resolve())
    if inside and ".git" in out.resolve().parts:
        raise InputError(f"output folder {out}: it lies in the repository's .git; give another with --out")
    made = next((folder for folder in reversed((out, *out.parents)) if not folder.exists()), out)
    out.mkdir(parents=True, exist_ok=True)
    if inside and not (made / ".gitignore").exists():
        # The customer's work tree must look untouched to git; only in a folder of our own may we say so.
        (made / ".gitignore").write_text(_IGNORE_ALL)


def _is_own_mark(path: Path) -> bool:
    return path.name == ".gitignore" and path.read_text() == _IGNORE_ALL


def export_artifacts(
    customer: CustomerId, job: JobId, commit_before: str, artifacts: ArtifactStore, code_host: CodeHost, out: Path
) -> dict[str, Path]:
    """Copy a finished job's artifacts into `out` and check its branch out below `transformed/`; gives name -> path.

    Raises:
        ArtifactError: The job has left no report.
    """
    written = {}
    for name in EXPORTED:
        content = artifacts.find(artifact_key(customer, job, name))
        if content is None:
            if name == QUALITY_REPORT_JSON:
                raise ArtifactError(f"job {job}: it has left no {name}; look at its error with 'orchestrator status {job}'")
            continue
        (out / name).write_bytes(content)
        written[name] = out / name
    bundle = artifacts.find(artifact_key(customer, job, REPOSITORY_BUNDLE))
    if bundle is not None:
        transformed = out / "transformed"
        shutil.rmtree(transformed, ignore_errors=True)
        code_host.check_out(bundle, commit_before, branch_name(job), transformed)
        written["transformed"] = transformed
    return written
