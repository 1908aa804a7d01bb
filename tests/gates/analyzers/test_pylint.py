import json
from pathlib import Path

import pytest

from gates.analyzers import ScanSettings, scan_tree
from orchestrator_assets.domain.ports import SandboxResult, SandboxRun
from orchestrator_assets.domain.scan import RunStatus
from orchestrator_assets.domain.tree import Scope
from tests.builders import a_source_tree
from tests.fakes import LocalSandbox, MemoryCache

SETTINGS = ScanSettings(Scope(), (3, 11), processes=2)


class Listening(LocalSandbox):
    """Notes which files pylint is asked to report on."""

    def __init__(self) -> None:
        super().__init__()
        self.linted: list[str] = []

    def run(self, request: SandboxRun) -> SandboxResult:
        if "pylint_driver.py" in request.inputs:
            asked = json.loads(request.inputs["request.json"].read_text())
            self.linted = sorted(path for part in asked["parts"] for path in part)
        return super().run(request)


@pytest.mark.slow
def test_only_files_that_a_change_can_affect_are_linted_again(tmp_path: Path, flawed: dict[str, str | bytes]) -> None:
    cache, sandbox = MemoryCache(), Listening()
    scan_tree(a_source_tree(tmp_path, flawed), SETTINGS, sandbox, cache)
    assert sandbox.linted == ["setup.py", "src/shop/__init__.py", "src/shop/core.py", "src/shop/lonely.py", "src/shop/prices.py"]

    flawed["setup.py"] = "X = 1\n"
    scan_tree(a_source_tree(tmp_path, flawed), SETTINGS, sandbox, cache)

    assert sandbox.linted == ["setup.py"]


@pytest.mark.slow
def test_a_change_is_seen_through_the_files_that_import_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "base.py": '"""Base."""\nVALUE = 1\n',
        "middle.py": '"""Middle."""\nfrom base import *\n',
        "top.py": '"""Top."""\nimport middle\nprint(middle.VALUE)\n',
    }
    cache = MemoryCache()
    before = scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), cache)
    files["base.py"] = '"""Base."""\nOTHER = 1\n'

    after = scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), cache)

    assert "no-member" not in {f.rule_id for f in before.findings() if f.path == "top.py"}
    assert "no-member" in {f.rule_id for f in after.findings() if f.path == "top.py"}


@pytest.mark.slow
def test_import_cycles_and_duplicates_are_found_across_all_files_after_a_change(tmp_path: Path) -> None:
    body = "".join(f"    total_{n} = first + second * {n}\n    print(total_{n})\n" for n in range(8))
    files: dict[str, str | bytes] = {
        "one.py": f'"""One."""\nimport two\n\n\ndef f(first, second):\n    """F."""\n{body}',
        "two.py": f'"""Two."""\n\n\ndef f(first, second):\n    """F."""\n{body}',
        "three.py": '"""Three."""\n',
    }
    cache = MemoryCache()
    scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), cache)
    files["two.py"] = '"""Two."""\nimport one\n' + str(files["two.py"]).partition("\n")[2]

    scan = scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), cache)

    assert {f.rule_id for f in scan.findings()} >= {"cyclic-import", "duplicate-code"}


@pytest.mark.slow
def test_a_file_on_which_pylint_gives_up_makes_its_run_an_error(tmp_path: Path) -> None:
    nested = "X = (" + " + ".join(['"a"'] * 1500) + ")\n"

    scan = scan_tree(a_source_tree(tmp_path, {"deep.py": nested, "app.py": "import os\n"}), SETTINGS, LocalSandbox(), MemoryCache())

    run = scan.run_of("pylint")
    assert run is not None
    assert run.status is RunStatus.ERROR
    assert run.message.startswith("pylint: could not read deep.py")
    assert next(file for file in scan.files if file.path == "deep.py").parse_error == ""
