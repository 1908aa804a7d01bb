"""Answers of tools that look at one file at a time, kept by the file's content: only touched files are asked about again."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from gates.analyzers.subject import Examination, Subject, digest, in_place_order
from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.scan_json import findings_from_json, findings_to_json

Ask = Callable[[Sequence[str]], Examination]


def examine_by_file(subject: Subject, tool: str, keys: Mapping[str, str], ask: Ask) -> Examination:
    """Take what is known of each file from the cache, and ask the tool about the others in one go.

    Args:
        tool: Name in the cache's keys.
        keys: File -> digest of all that the tool's answer about it depends on.
        ask: Runs the tool over some of the files. Nothing is cached of files that it did not look at.
    """
    known: dict[str, list[Finding]] = {}
    for path, key in keys.items():
        found = recall(subject, tool, key)
        if found is not None:
            known[path] = found
    missing = [path for path in keys if path not in known]
    if not missing:
        return Examination(in_place_order(f for rows in known.values() for f in rows))
    fresh = ask(missing)
    remember(subject, tool, keys, missing, fresh)
    rows = [f for found in known.values() for f in found]
    return Examination(in_place_order([*rows, *fresh.findings]), fresh.unread, fresh.left_out)


def recall(subject: Subject, tool: str, key: str) -> list[Finding] | None:
    """The findings kept under the key; an entry that cannot be read is as good as none."""
    content = subject.cache.get(f"{tool}/{key}")
    if content is None:
        return None
    try:
        return findings_from_json(content)
    except ArtifactError:
        return None


def remember(subject: Subject, tool: str, keys: Mapping[str, str], asked: Sequence[str], answer: Examination) -> None:
    """Keep the answer about each file that the tool looked at."""
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in answer.findings:
        by_path[finding.path].append(finding)
    for path in asked:
        if path not in answer.unread and path not in answer.left_out:
            subject.cache.put(f"{tool}/{keys[path]}", findings_to_json(by_path[path]))


def file_keys(subject: Subject, paths: Sequence[str], *settings: object) -> dict[str, str]:
    """Keys for a tool whose answer depends on the file, its path and the settings alone."""
    return {path: digest([*settings, path, subject.hashes[path]]) for path in paths}
