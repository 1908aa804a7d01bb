import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_assets.domain.job import JobOptions
from orchestrator_assets.domain.suite import TestEnvironment as Environment
from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.stages.suite_command import Selection, find_command, has_tests

ENVIRONMENT = Environment(
    python=Path("/env/bin/python"),
    prefix=Path("/env"),
    read_only=(Path("/env"),),
    overlay=Path("/overlay"),
    overlay_files=(),
    import_roots=("src", ""),
    packages=("coverage==7.0", "pytest==7.4.0"),
    key="key",
)
ALL = Selection(None, measure=True)


@pytest.fixture
def tree(tmp_path: Path):
    def make(files: dict[str, str]) -> SourceTree:
        for path, text in files.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return SourceTree(tmp_path, "digest", tuple(sorted(files)))

    return make


def command(tree: SourceTree, options: JobOptions | None = None, selection: Selection = ALL, environment: Environment = ENVIRONMENT):
    found = find_command(tree, environment, options or JobOptions(), selection)
    assert found is not None
    return found


def test_a_tree_without_tests_has_no_command(tree) -> None:
    bare = tree({"a.py": "", "README": ""})
    assert not has_tests(bare)
    assert find_command(bare, ENVIRONMENT, JobOptions(), ALL) is None


def test_the_usual_folder_is_run_with_the_work_tree_first_on_the_path(tree) -> None:
    found = command(tree({"src/a.py": "", "tests/test_a.py": "", "docs/test_sample.py": ""}))
    assert found.runner == "pytest"
    assert found.argv[-1] == "tests"
    assert found.environment["PYTHONPATH"] == "/in:/w/src:/w"
    assert found.environment["PATH"].startswith("/env/bin:")


def test_configured_places_are_left_to_pytest(tree) -> None:
    found = command(tree({"tests/test_a.py": "", "setup.cfg": "[tool:pytest]\ntestpaths = checks\n"}))
    assert found.argv[-1] == "--rootdir=/w"


def test_of_the_configured_options_those_that_pick_tests_are_kept(tree) -> None:
    options = "--cov=x -n 4 -m 'not slow' --ignore=tests/old --doctest-modules --strict-markers -p odd"
    argv = command(tree({"tests/test_a.py": "", "pytest.ini": f"[pytest]\naddopts = {options}\n"})).argv
    assert argv[argv.index("-m", 8) : -1] == ("-m", "not slow", "--ignore=tests/old", "--doctest-modules")
    assert not {"--cov=x", "-n", "odd", "--strict-markers"} & set(argv)


def test_a_given_command_wins_and_its_pytest_still_reports(tree) -> None:
    found = command(tree({"a.py": ""}), JobOptions(test_command="cd sub && pytest -x", setup_command="make data"))
    assert found.argv[-3:] == ("sh", "-c", "cd sub && pytest -x")
    assert "make data" in found.argv
    assert "-p orchestrator_results" in found.environment["PYTEST_ADDOPTS"]
    assert "PYTEST_ADDOPTS" not in command(tree({"a.py": ""}), JobOptions(test_command="make check")).environment


def test_a_subset_is_run_by_its_files_and_picked_by_the_plugin(tree) -> None:
    files = tree({"tests/test_a.py": "", "tests/test_b.py": ""})
    found = command(files, selection=Selection(("tests/test_b.py::test_x[/tmp/_]", "tests/gone.py"), measure=False))
    assert found.argv[-2:] == ("--rootdir=/w", "tests/test_b.py")
    settings = json.loads(zlib.decompress(base64.b64decode(found.environment["ORCHESTRATOR_SUITE_0"])))
    assert settings == {"only": ["tests/test_b.py::test_x[/tmp/_]", "tests/gone.py"], "judged": [], "measure": False}


def test_long_settings_come_in_pieces_that_the_system_takes(tree) -> None:
    import random

    letters = random.Random(1)
    only = tuple("tests/test_a.py::" + "".join(letters.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=60)) for _ in range(6000))
    found = command(tree({"tests/test_a.py": ""}), selection=Selection(only, measure=False))
    pieces = [value for name, value in sorted(found.environment.items()) if name.startswith("ORCHESTRATOR_SUITE_")]
    assert len(pieces) > 1
    assert max(map(len, pieces)) < 128 << 10


def test_without_pytest_unittest_is_used(tree) -> None:
    found = command(tree({"tests/test_a.py": ""}), environment=replace(ENVIRONMENT, packages=()))
    assert found.runner == "unittest"
    assert found.argv[-3:] == ("/in/orchestrator_results.py", "tests", "tests")
