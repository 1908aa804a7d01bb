"""From a command line to a checked order: everything that can be wrong with it is said before a job exists."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator_assets.domain.errors import ManifestError
from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.stages.discover import ReadFindings, read_findings
from orchestrator_assets.stages.intake import submission_from
from orchestrator_assets.stages.manifest_text import parse_manifest_text
from orchestrator_assets.stages.manifest_values import looks_like_url
from orchestrator_assets.stages.snapshot import take_snapshot
from resources.platform import Platform
from resources.worker import own_folder

DEFAULT_CUSTOMER = "local"

_OPTIONS = ("policy", "min_score", "setup_command", "test_command", "include", "exclude")


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """An order whose repository and findings have been seen; it is pinned to the snapshot's commit."""

    order: JobOrder
    findings: bytes | None
    snapshot: Snapshot
    read: ReadFindings | None


def check_order(platform: Platform, wishes: Mapping[str, Any]) -> CheckedOrder:
    """Validate the wishes, take the snapshot, read the findings.

    Args:
        wishes: The command line's options by name; what is absent is left to the manifest or the defaults.

    Raises:
        InputError: Something is wrong; the message names it and the mend. Nothing has been recorded.
    """
    fields, base, name = _fields(wishes)
    submission = submission_from(fields, name, base)
    work = own_folder(platform.settings.work_root, "preflight")
    snapshot = take_snapshot(submission.order, platform.code_host, platform.artifacts, work)
    read = None
    if submission.findings is not None:
        read = read_findings(submission.findings, submission.order.findings_name or "findings", snapshot.files)
    repo = replace(submission.order.repo, commit=snapshot.commit, branch=snapshot.branch or submission.order.repo.branch)
    return CheckedOrder(replace(submission.order, repo=repo), submission.findings, snapshot, read)


def actor() -> str:
    """Who gives the command, for the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


def _fields(wishes: Mapping[str, Any]) -> tuple[dict[str, Any], Path, str]:
    """The manifest's fields with the command line's over them, the folder for relative paths, and what messages call the whole."""
    fields: dict[str, Any] = {}
    base, name = Path.cwd(), "command line"
    manifest = wishes.get("manifest")
    if manifest is not None:
        fields, base, name = _manifest_fields(Path(manifest)), Path(manifest).absolute().parent, Path(manifest).name
    fields.setdefault("customer", DEFAULT_CUSTOMER)
    for field in ("customer", "tier"):
        if field in wishes:
            fields[field] = str(wishes[field])
    if "findings" in wishes:
        fields["findings"] = str(Path(wishes["findings"]).absolute())
    _lay_repo_over(fields, wishes)
    options = fields.get("options") or {}
    if not isinstance(options, dict):
        raise ManifestError(f"{name}: options {options!r}: it must hold fields, such as `policy: ratchet`")
    options = dict(options)
    options |= {option: _plain(wishes[option]) for option in _OPTIONS if option in wishes}
    if wishes.get("no_model"):
        options["allow_model"] = False
    return {**fields, "options": options}, base, name


def _lay_repo_over(fields: dict[str, Any], wishes: Mapping[str, Any]) -> None:
    if "repo" in wishes:
        text = str(wishes["repo"])
        fields["repo"] = {"url": text} if looks_like_url(text) else {"path": str(Path(text).expanduser().absolute())}
    if "repo" not in fields:
        raise ManifestError("no repository given; name one (orchestrator run PATH) or give a manifest (--manifest FILE)")
    where = {key: wishes[key] for key in ("branch", "commit") if key in wishes}
    if where:
        repo = fields["repo"]
        given = {"url" if looks_like_url(repo) else "path": repo} if isinstance(repo, str) else repo
        if not isinstance(given, dict):
            raise ManifestError(f"repo {given!r}: give a path, a URL, or fields such as `path:` and `branch:`")
        fields["repo"] = {**given, **where}


def _manifest_fields(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ManifestError(f"manifest {str(path)!r}: no such file; give the path of a YAML or JSON manifest")
    document = parse_manifest_text(path.read_bytes(), path.name)
    if not isinstance(document, dict):
        raise ManifestError(f"manifest {str(path)!r}: it does not hold fields; begin with `customer: ...` and `repo: ...`")
    return document


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else str(value)
