import pytest

from orchestrator_assets.rules.subprocesses import OS_SYSTEM, SHELL_TO_LIST
from tests.rule_cases import rewritten


@pytest.mark.parametrize(
    "command",
    [
        "'ls | wc'",
        "'ls *.py'",
        "'echo $HOME'",
        "'cd /tmp'",
        "'a > b'",
        "\"grep 'a b' c\"",
        "command",
        "'ls ' + folder",
        "'ls %s' % folder",
        "f'ls {folder}/x'",
        "f'{program} x'",
        "f'ls {options}'",
        "f'ls {folder!r}'",
        "f'ls {a + b}'",
        "f'X=1 ls {folder}'",
        "''",
    ],
)
def test_what_needs_a_shell_or_cannot_be_told_is_left_alone(command: str) -> None:
    assert rewritten(SHELL_TO_LIST, f"import subprocess\nsubprocess.run({command}, shell=True)\n") is None


@pytest.mark.parametrize("rest", ["shell=shell", "shell=True, executable='/bin/bash'", "shell=True, **more", "shell=False"])
def test_other_ways_of_calling_are_left_alone(rest: str) -> None:
    assert rewritten(SHELL_TO_LIST, f"import subprocess\nsubprocess.run('ls -l', {rest})\n") is None


def test_a_value_that_is_no_string_for_certain_is_made_one() -> None:
    text = "from subprocess import check_call\n\n\ndef f(folder):\n    check_call(f'ls -l {folder}', shell=True, timeout=3)\n"
    changed = rewritten(SHELL_TO_LIST, text)
    assert changed is not None and 'check_call(["ls", "-l", str(folder)], timeout=3)' in changed


def test_an_exit_status_that_is_used_stays_with_os_system() -> None:
    assert rewritten(OS_SYSTEM, "import os\nif os.system('ls'):\n    raise SystemExit\n") is None


def test_os_stays_imported_where_it_is_used_otherwise() -> None:
    changed = rewritten(OS_SYSTEM, "import os\n\nos.system('ls -l')\nprint(os.name)\n")
    assert changed == 'import os\nimport subprocess\n\nsubprocess.run(["ls", "-l"], check=False)\nprint(os.name)\n'
