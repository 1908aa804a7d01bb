"""Print what a job costs beyond the analyzers and the tests: `python -m tests.bench`.

Needs a quiet machine to be worth quoting: read the ratios, not single figures.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).parent / "orchestrator"
# Stages whose time is the analyzers', the tests' and the package installer's own.
TOOL_STAGES = ("test_environment", "baseline_scans", "baseline_tests", "verified_fixes")
OVERHEAD_LIMIT_SECONDS = 6.0
IMPORT_LIMIT_SECONDS = 1.5
WARM_RUNS = 3


@dataclass(frozen=True)
class Measured:
    """One command: wall and CPU seconds (children included), and the report if it left one."""

    wall: float
    cpu: float
    report: dict[str, Any]

    @property
    def tools(self) -> float:
        """Wall seconds of the stages that run tools."""
        return sum(self.report["duration_seconds"]["by_stage"].get(stage, 0.0) for stage in TOOL_STAGES)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="orchestrator-bench-") as folder:
        desk = Path(folder)
        manifest = sample(desk)
        print(f"definitions import        {import_seconds():6.2f} CPU-s   (limit {IMPORT_LIMIT_SECONDS})")
        cold = job(desk, manifest)
        print_job("cold run of the sample", cold)
        warm = [job(desk, manifest) for _ in range(WARM_RUNS)]
        for measured in warm:
            print_job("warm run", measured)
        overhead = statistics.median(measured.wall - measured.tools for measured in warm)
        print(f"overhead of a warm run    {overhead:6.2f} s       (median of {WARM_RUNS}; limit {OVERHEAD_LIMIT_SECONDS:.0f})")
        touch(manifest.parent / "parcel-desk")
        print_job("after a one-file commit", job(desk, manifest))
        print("parts of the last warm run, wall seconds:")
        for stage, seconds in warm[-1].report["duration_seconds"]["by_stage"].items():
            print(f"  {stage:24s}{seconds:6.2f}")


def print_job(name: str, measured: Measured) -> None:
    """One line."""
    rest = measured.wall - measured.tools
    print(f"{name:24s}{measured.wall:8.2f} s wall, {measured.cpu:6.2f} CPU-s; tools' stages {measured.tools:6.2f} s, rest {rest:5.2f} s")


def sample(desk: Path) -> Path:
    """The sample customer as a repository of its own; gives its manifest."""
    for name in ("findings.sarif", "manifest.yaml"):
        shutil.copy(ROOT / "examples" / name, desk)
    shutil.copytree(ROOT / "examples" / "parcel-desk", desk / "parcel-desk")
    git(desk / "parcel-desk", "init", "-q", "-b", "main")
    commit(desk / "parcel-desk")
    return desk / "manifest.yaml"


def touch(repository: Path) -> None:
    """Change one file and commit."""
    changed = repository / "parcel_desk" / "audit.py"
    changed.write_text(changed.read_text() + "\n\nBENCH = 1\n")
    commit(repository)


def commit(repository: Path) -> None:
    """Commit everything."""
    git(repository, "add", "-A")
    git(repository, "-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-q", "-m", "bench")


def git(repository: Path, *arguments: str) -> None:
    """Run git there."""
    subprocess.run(["git", "-C", str(repository), *arguments], check=True)


def job(desk: Path, manifest: Path) -> Measured:
    """Run the job."""
    out = desk / "out"
    shutil.rmtree(out, ignore_errors=True)
    measured = timed(
        [str(COMMAND), "run", "--manifest", str(manifest), "--out", str(out), "--json"], {"ORCHESTRATOR_HOME": str(desk / "home")}
    )
    return Measured(*measured, json.loads((out / "quality_report.json").read_text()))


def import_seconds() -> float:
    """The smallest of five imports of the code location."""
    return min(timed([sys.executable, "-c", "import orchestrator_assets.definitions"], {})[1] for _ in range(5))


def timed(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Wall and CPU seconds of a command and its children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 3}:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
