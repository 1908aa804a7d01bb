from pathlib import Path

from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.stages.workbench import Workbench
from tests.builders import a_scan, a_suite
from tests.repositories import write_files


def bench(folder: Path) -> Workbench:
    write_files(folder / "base", {"a.py": "a\n", "b.py": "b\n", "run.sh": "x\n"})
    (folder / "base" / "run.sh").chmod(0o755)
    base = SourceTree(folder / "base", "digest", ("a.py", "b.py", "run.sh"))
    return Workbench(base, folder / "candidate", lambda tree, tools: a_scan(), lambda tree, only: a_suite())


def test_a_candidate_is_the_base_with_just_these_changes_and_the_base_stays(tmp_path: Path) -> None:
    work = bench(tmp_path)
    first = work.candidate({"a.py": b"A\n", "run.sh": b"X\n"})
    assert {path: first.read(path) for path in first.files} == {"a.py": b"A\n", "b.py": b"b\n", "run.sh": b"X\n"}
    assert (first.root / "run.sh").stat().st_mode & 0o111
    second = work.candidate({"b.py": b"B\n"})
    assert {path: second.read(path) for path in second.files} == {"a.py": b"a\n", "b.py": b"B\n", "run.sh": b"x\n"}
    assert {path: work.base.read(path) for path in work.base.files} == {"a.py": b"a\n", "b.py": b"b\n", "run.sh": b"x\n"}


def test_equal_contents_have_equal_digests_and_no_change_is_the_base(tmp_path: Path) -> None:
    work = bench(tmp_path)
    one = work.candidate({"a.py": b"A\n"}).digest
    assert work.candidate({"b.py": b"B\n"}).digest != one
    assert work.candidate({"a.py": b"A\n", "b.py": b"b\n"}).digest == one
    assert work.candidate({"a.py": b"a\n"}) is work.base
