"""Environments from a wheelhouse of made-up wheels, so that nothing is fetched."""

import base64
import hashlib
import os
import threading
import zipfile
from pathlib import Path

import pytest

from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.ports import SandboxRun
from orchestrator_assets.domain.tree import SourceTree
from resources.environments import EnvironmentBuilder, environment_key
from resources.sandbox import BubblewrapSandbox, find_bubblewrap

pytestmark = pytest.mark.slow

BACKEND = """
import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    assert not os.path.exists("fail-the-build"), "told to fail"
    with zipfile.ZipFile(folder + "/thing-1.5-py3-none-any.whl", "w") as wheel:
        wheel.writestr("thing/__init__.py", "SHADOW = True")
        wheel.writestr("thing/_version.py", "VERSION = '1.5'")
        wheel.writestr("../../../escaped.py", "")
        info = "thing-1.5.dist-info/"
        needs = "Requires-Dist: alpha\\nRequires-Dist: beta; extra == 'test'\\n"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: thing\\nVersion: 1.5\\n" + needs)
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nthing = thing:main\\n../evil = thing:main\\n")
        wheel.writestr(info + "RECORD", "")
    return "thing-1.5-py3-none-any.whl"
"""
PYPROJECT = '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n[project]\nname = "thing"\nversion = "1.5"\n'
EXTRAS = PYPROJECT + '[project.optional-dependencies]\ntest = ["beta"]\n'


def make_wheel(folder: Path, name: str, version: str, source: str = "", extra: dict[str, str] | None = None) -> None:
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        **(extra or {}),
    }
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    digests = {path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode() for path, text in files.items()}
    record = "".join(f"{path},sha256={digests[path]},{len(text.encode())}\n" for path, text in files.items()) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


@pytest.fixture(scope="module")
def sandbox() -> BubblewrapSandbox:
    return find_bubblewrap()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    marker = tmp_path / "code-ran-on-the-host"
    for name, version in (
        ("pytest", "7.4.0"),
        ("coverage", "7.5"),
        ("setuptools", "70.0"),
        ("wheel", "0.4"),
        ("alpha", "1.0"),
        ("alpha", "2.0"),
    ):
        make_wheel(folder, name, version)
    make_wheel(folder, "beta", "1.0", extra={"beta.pth": f"import pathlib; pathlib.Path({str(marker)!r}).write_text('ran')\n"})
    make_wheel(folder, "backend", "1.0", BACKEND)
    return folder


@pytest.fixture
def builder(tmp_path: Path, sandbox: BubblewrapSandbox, wheelhouse: Path) -> EnvironmentBuilder:
    return EnvironmentBuilder(tmp_path / "environments", sandbox, wheelhouse)


@pytest.fixture
def tree(tmp_path: Path):
    def make(files: dict[str, str]) -> SourceTree:
        root = tmp_path / "tree"
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return SourceTree(root, "digest", tuple(sorted(files)))

    return make


def test_a_built_project_leaves_its_metadata_and_not_its_code(builder: EnvironmentBuilder, tree, sandbox: BubblewrapSandbox) -> None:
    made = builder.prepare(tree({"pyproject.toml": EXTRAS, "src/thing/__init__.py": "def main(): print('work tree')"}))
    assert set(made.packages) == {"pytest==7.4.0", "coverage==7.5", "setuptools==70.0", "alpha==2.0", "beta==1.0"}
    assert made.has("alpha")
    assert made.import_roots == ("src", "")
    assert made.overlay_files == ("src/thing/_version.py",)
    assert (made.overlay / "src/thing/_version.py").read_text() == "VERSION = '1.5'"
    source = "import importlib.metadata as m, thing; print(m.version('thing'), thing.__file__)"
    run = SandboxRun(
        (str(made.python), "-c", source), builder.root.parent / "tree", read_only=made.read_only, environment={"PYTHONPATH": "/w/src"}
    )
    assert sandbox.run(run).stdout == b"1.5 /w/src/thing/__init__.py\n"
    launched = SandboxRun((str(made.prefix / "bin" / "thing"),), run.tree, read_only=made.read_only, environment={"PYTHONPATH": "/w/src"})
    assert sandbox.run(launched).stdout == b"work tree\n"
    assert made.notes == ()


def test_nothing_of_a_package_runs_on_the_host(builder: EnvironmentBuilder, tree, tmp_path: Path) -> None:
    builder.prepare(tree({"requirements-test.txt": "beta\n"}))
    assert not (tmp_path / "code-ran-on-the-host").exists()
    assert not list(tmp_path.rglob("escaped.py"))


def test_packages_are_compiled_once_and_for_all(builder: EnvironmentBuilder, tree) -> None:
    made = builder.prepare(tree({"requirements.txt": "alpha\n"}))
    assert list(made.prefix.rglob("alpha/__pycache__/__init__.cpython-*.pyc"))


def test_the_second_time_it_is_found_again(builder: EnvironmentBuilder, tree) -> None:
    files = {"requirements.txt": "alpha\n", "a.py": "x = 1"}
    first = builder.prepare(tree(files))
    before = sorted((path, path.stat().st_mtime_ns) for path in builder.root.iterdir())
    assert builder.prepare(tree({**files, "a.py": "x = 2"})) == first
    assert sorted((path, path.stat().st_mtime_ns) for path in builder.root.iterdir()) == before


def test_other_requirements_are_another_environment(builder: EnvironmentBuilder, tree) -> None:
    one = environment_key(tree({"requirements.txt": "alpha\n"}))
    assert environment_key(tree({"requirements.txt": "alpha==1.0\n"})) != one
    assert environment_key(tree({"requirements.txt": "alpha\n"}), "make data") != one


def test_what_cannot_be_had_is_left_out_with_a_note(builder: EnvironmentBuilder, tree) -> None:
    made = builder.prepare(tree({"requirements.txt": "alpha==9\nbeta\nno-such-package-anywhere\npytest<5\n"}))
    assert {"alpha==2.0", "beta==1.0", "pytest==7.4.0"} <= set(made.packages)
    notes = "\n".join(made.notes)
    assert "alpha==9" in notes
    assert "another version of alpha" in notes
    assert "no-such-package-anywhere" in notes
    assert "pytest<5 is too old" in notes


def test_a_build_that_fails_still_leaves_a_version(builder: EnvironmentBuilder, tree) -> None:
    made = builder.prepare(tree({"pyproject.toml": PYPROJECT, "fail-the-build": "", "thing.py": ""}))
    assert "told to fail" in " ".join(made.notes)
    assert list(made.prefix.glob("lib/python*/site-packages/thing-1.5.dist-info/METADATA"))


def test_a_machine_without_wheels_or_network_says_what_is_missing(tmp_path: Path, sandbox: BubblewrapSandbox, tree) -> None:
    with pytest.raises(ToolError, match=r"pytest.*cannot be had.*wheelhouse"):
        EnvironmentBuilder(tmp_path / "environments", sandbox, None).prepare(tree({"requirements.txt": "alpha\n"}))
    assert [path for path in (tmp_path / "environments").iterdir() if path.suffix != ".lock"] == []


def test_what_a_killed_builder_left_is_removed(builder: EnvironmentBuilder, tree) -> None:
    files = tree({"requirements.txt": "alpha\n"})
    stale = builder.root / f"{environment_key(files)}.tmp-dead"
    stale.mkdir(parents=True)
    builder.prepare(files)
    assert not stale.exists()


def test_two_builders_at_once_build_once(builder: EnvironmentBuilder, tree) -> None:
    files = tree({"requirements.txt": "alpha\n"})
    made: list[object] = []
    threads = [threading.Thread(target=lambda: made.append(builder.prepare(files))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 3
    assert made[0] == made[1] == made[2]
    assert len([path for path in builder.root.iterdir() if path.is_dir()]) == 1


def test_a_strict_umask_does_not_lock_the_sandbox_out(builder: EnvironmentBuilder, tree, sandbox: BubblewrapSandbox) -> None:
    before = os.umask(0o077)
    try:
        made = builder.prepare(tree({"requirements.txt": "alpha\n"}))
        run = SandboxRun((str(made.python), "-c", "import alpha"), builder.root.parent / "tree", read_only=made.read_only)
        assert sandbox.run(run).exit_code == 0
    finally:
        os.umask(before)


def test_no_file_points_to_the_folder_it_was_built_in(builder: EnvironmentBuilder, tree) -> None:
    made = builder.prepare(tree({"requirements.txt": "alpha\n"}))
    texts = [made.prefix / "pyvenv.cfg", *(path for path in (made.prefix / "bin").iterdir() if not path.is_symlink())]
    assert [path for path in texts if b".tmp-" in path.read_bytes()] == []
