"""Takes an order in: a manifest becomes a validated order with its findings, an order becomes a queued job."""

import hashlib
import json
import os
import stat
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestrator_assets.domain.errors import ManifestError
from orchestrator_assets.domain.job import CustomerId, JobId, JobOptions, JobOrder, RepoRef, customer_id
from orchestrator_assets.domain.order_document import order_from_json, order_to_json
from orchestrator_assets.domain.ports import ArtifactStore, JobStore
from orchestrator_assets.stages.manifest_errors import shown
from orchestrator_assets.stages.manifest_fields import ManifestDocument, OptionsDocument, manifest_schema, validated
from orchestrator_assets.stages.manifest_text import MAX_MANIFEST_BYTES, parse_manifest_text
from orchestrator_assets.stages.manifest_values import looks_like_url

__all__ = [
    "MAX_FINDINGS_BYTES",
    "MAX_MANIFEST_BYTES",
    "Submission",
    "findings_key",
    "manifest_schema",
    "order_from_json",
    "order_to_json",
    "read_findings",
    "read_manifest",
    "submission_from",
    "submit_order",
]

MAX_FINDINGS_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Submission:
    """An order and the bytes of its findings, or None where they are to be discovered."""

    order: JobOrder
    findings: bytes | None


def read_manifest(source: Path | bytes, base: Path | None = None) -> Submission:
    """Read a manifest, YAML or JSON.

    Args:
        source: The manifest's file or its content.
        base: The folder that relative paths start from; by default the file's own. Content without a base comes from afar: it may
            not name anything on this machine.

    Raises:
        ManifestError: Names the file, the field, the value and the mend.
    """
    if isinstance(source, bytes):
        return submission_from(parse_manifest_text(source, "manifest"), "manifest", base)
    content = _read_file(source, MAX_MANIFEST_BYTES, f"manifest {str(source)!r}")
    return submission_from(parse_manifest_text(content, source.name), source.name, base if base is not None else source.parent)


def submission_from(values: object, name: str, base: Path | None) -> Submission:
    """Validate fields that have been parsed already, a request's body for one; see `read_manifest`.

    Raises:
        ManifestError: Names `name`, the field, the value and the mend.
    """
    document = validated(values, name)
    findings, findings_name = _findings(document.findings, name, base)
    order = JobOrder(
        customer=CustomerId(document.customer),
        repo=_repo(document, name, base),
        tier=document.tier,
        webhook_url=document.webhook_url,
        findings_sha256=None if findings is None else hashlib.sha256(findings).hexdigest(),
        findings_name=findings_name,
        options=_options(document.options),
    )
    return Submission(order, findings)


def read_findings(path: Path, name: str = "findings") -> bytes:
    """The bytes of a findings file.

    Raises:
        ManifestError: There is no such file, it is no regular file, cannot be read, or is over 64 MiB.
    """
    return _read_file(path, MAX_FINDINGS_BYTES, f"{name} {str(path)!r}")


def findings_key(customer: CustomerId, sha256: str) -> str:
    """Where a customer's findings file lies in the artifact store."""
    return f"customers/{customer}/findings/{sha256}"


def submit_order(
    order: JobOrder,
    findings: bytes | None,
    store: JobStore,
    artifacts: ArtifactStore,
    actor: str,
    idempotency_key: str | None = None,
) -> JobId:
    """Queue the order as a job; its findings are in the artifact store before the job exists.

    Raises:
        ManifestError: The customer's name is malformed, the findings are over 64 MiB or not those that the order names.
    """
    customer = customer_id(order.customer)
    if findings is None and order.findings_sha256 is not None:
        raise ManifestError(f"findings: the order names {order.findings_sha256[:12]}..., but their content is missing; submit it too")
    if findings is not None:
        if len(findings) > MAX_FINDINGS_BYTES:
            raise ManifestError(f"findings: {len(findings)} bytes, over {MAX_FINDINGS_BYTES}; split them into several jobs")
        digest = hashlib.sha256(findings).hexdigest()
        if order.findings_sha256 not in {None, digest}:
            raise ManifestError(
                f"findings: their digest is {digest[:12]}..., the order names {order.findings_sha256}; read the manifest again"
            )
        order = replace(order, findings_sha256=digest)
        artifacts.put(findings_key(customer, digest), findings)
    return store.submit(order, actor=actor, idempotency_key=idempotency_key)


def _repo(document: ManifestDocument, name: str, base: Path | None) -> RepoRef:
    repo = document.repo
    if base is None and (repo.path is not None or (repo.url or "").startswith("file:")):
        raise ManifestError(f"{name}: repo {repo.path or repo.url!r}: a folder of this machine; give an https or ssh address")
    if repo.path is None or base is None:
        return RepoRef(url=repo.url, branch=repo.branch, commit=repo.commit)
    folder = _resolved(repo.path, base, f"{name}: repo.path")
    if not folder.is_dir():
        what = "it is not a folder" if folder.exists() else "there is no such folder"
        raise ManifestError(f"{name}: repo.path {str(folder)!r}: {what}; give the path of a git repository, relative to the manifest")
    return RepoRef(path=str(folder), branch=repo.branch, commit=repo.commit)


def _findings(value: str | dict[str, Any] | list[Any] | None, name: str, base: Path | None) -> tuple[bytes | None, str | None]:
    if value is None:
        return None, None
    if not isinstance(value, str):
        return _inline(value, name), "inline.sarif" if isinstance(value, dict) else "inline.json"
    if looks_like_url(value):
        raise ManifestError(f"{name}: findings {shown(value)}: an address; download the file and give its path, or put the findings inline")
    if base is None:
        raise ManifestError(f"{name}: findings {shown(value)}: a file of this machine; put the findings inline")
    path = _resolved(value, base, f"{name}: findings")
    return read_findings(path, f"{name}: findings"), path.name


def _inline(value: dict[str, Any] | list[Any], name: str) -> bytes:
    def plain(item: object) -> object:
        return float(item) if isinstance(item, Decimal) else str(item)

    try:
        return json.dumps(value, default=plain, allow_nan=False).encode()
    except ValueError as error:
        raise ManifestError(f"{name}: findings: they hold a number that is not finite; give a finite one") from error


def _options(document: OptionsDocument) -> JobOptions:
    values = document.model_dump()
    if document.soft_alert_usd is None:
        values["soft_alert_usd"] = min(JobOptions().soft_alert_usd, document.hard_cap_usd)
    return JobOptions(**values)


def _resolved(text: str, base: Path, what: str) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise ManifestError(f"{what} {text!r}: this machine has no such user; write the folder out") from error
    return Path(os.path.abspath(base / path))  # noqa: PTH100 - `resolve` would follow links


def _read_file(path: Path, limit: int, what: str) -> bytes:
    """Read a regular file of at most `limit` bytes; never waits for a pipe and never reads a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise ManifestError(f"{what}: {error}; give a plain path") from error
    except OSError as error:
        raise ManifestError(f"{what}: {error.strerror}; check the path") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise ManifestError(f"{what}: it is not a regular file; give the path of a file")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ManifestError(f"{what}: {status.st_size} bytes, over the limit of {limit >> 20} MiB; give a smaller file")
    return content
