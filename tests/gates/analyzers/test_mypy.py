import sys
from pathlib import Path

import pytest

from gates.analyzers import ScanSettings, scan_tree
from orchestrator_assets.domain.scan import RunStatus, Scan
from orchestrator_assets.domain.tree import Scope
from tests.builders import a_source_tree
from tests.fakes import LocalSandbox, MemoryCache

SETTINGS = ScanSettings(Scope(), (3, 11), processes=2)


def _mypy(scan: Scan) -> set[tuple[str, str, int]]:
    run = scan.run_of("mypy")
    assert run is not None
    assert run.status is RunStatus.OK, run.message
    return {(f.rule_id, f.path, f.line) for f in run.findings}


@pytest.mark.slow
def test_scripts_with_the_same_name_are_all_checked(tmp_path: Path) -> None:
    flawed = "def f(x):\n    return x\n"
    tree = a_source_tree(tmp_path, {"a/setup.py": flawed, "b/setup.py": flawed, "c/setup.py": "X: int = 1\n"})

    scan = scan_tree(tree, SETTINGS, LocalSandbox(), MemoryCache())

    assert _mypy(scan) == {("no-untyped-def", "a/setup.py", 1), ("no-untyped-def", "b/setup.py", 1)}


@pytest.mark.slow
def test_a_change_in_an_imported_file_is_seen_though_the_typeshed_cache_is_kept(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"base.py": "VALUE: int = 1\n", "top.py": "import base\n\nX: int = base.VALUE\n"}
    cache = MemoryCache()
    assert _mypy(scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), cache)) == set()
    assert any(key.startswith("mypy-seed/") for key in cache.entries)
    # The same size and the same second: mypy's own check by time and size would take the file for unchanged.
    files["base.py"] = "VALUE: str = 1\n"

    assert _mypy(scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), cache)) == {
        ("assignment", "base.py", 1),
        ("assignment", "top.py", 3),
    }


@pytest.mark.slow
def test_the_customers_environment_decides_what_is_installed(tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    (environment / "bin").mkdir(parents=True)
    packages = environment / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (packages / "rates").mkdir(parents=True)
    (packages / "rates" / "__init__.py").write_text("RATE: int = 1\n")
    (packages / "rates" / "py.typed").touch()
    (environment / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix, 'bin')}\n")
    (environment / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    tree = a_source_tree(tmp_path / "w", {"app.py": "import rates\n\nX: str = rates.RATE\n"})

    without = scan_tree(tree, SETTINGS, LocalSandbox(), MemoryCache())
    given = scan_tree(tree, ScanSettings(Scope(), (3, 11), environment=environment), LocalSandbox(), MemoryCache())

    assert _mypy(without) == {("import-not-found", "app.py", 1)}
    assert _mypy(given) == {("assignment", "app.py", 3)}
