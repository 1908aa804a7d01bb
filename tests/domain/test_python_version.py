from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.python_version import NEWEST, OLDEST, target_version
from tests.builders import a_source_tree


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.9"\n', (3, 9)),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.9,<4"\n', (3, 9)),
        ("pyproject.toml", '[project]\nrequires-python = "<4,>=3.10.2"\n', (3, 10)),
        ("pyproject.toml", '[project]\nrequires-python = "~=3.11"\n', (3, 11)),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.8"\n', (3, 8)),
        ("pyproject.toml", '[project]\nrequires-python = ">=3"\n', OLDEST),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.2"\n', OLDEST),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.99"\n', NEWEST),
        ("setup.cfg", "[options]\npython_requires = >=3.8\n", (3, 8)),
        ("setup.py", 'setup(name="x", python_requires=">=3.10")\n', (3, 10)),
        ("setup.py", "raise SystemExit(1)\n", OLDEST),
        ("README.md", 'requires-python = ">=3.12"\n', OLDEST),
    ],
)
def test_the_oldest_python_that_is_promised_is_read_from_the_declarations(
    tmp_path: Path, name: str, text: str, expected: tuple[int, int]
) -> None:
    assert target_version(a_source_tree(tmp_path, {name: text})) == expected


def test_a_declaration_of_an_old_file_counts_where_the_newer_one_is_silent(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[build-system]\nrequires = []\n", "setup.cfg": "[options]\npython_requires = >=3.10\n"}
    assert target_version(a_source_tree(tmp_path, files)) == (3, 10)


@pytest.mark.parametrize(
    "text",
    [
        'project = 3\ntool = "x"\n',
        "[project]\nrequires-python = 3\n",
        '[tool]\npoetry = ["x"]\n',
        '[tool.poetry]\ndependencies = "python"\n',
        "[tool.poetry.dependencies]\npython = {version = 3}\n",
        "[project\n",
        b"\xff\xfe\0",
    ],
)
def test_an_odd_pyproject_is_a_silent_one(tmp_path: Path, text: str | bytes) -> None:
    assert target_version(a_source_tree(tmp_path, {"pyproject.toml": text})) == OLDEST


@given(st.binary(max_size=200))
def test_whatever_the_files_hold_the_answer_is_a_version_that_the_tools_know(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    tree = a_source_tree(tmp_path_factory.mktemp("tree"), {"pyproject.toml": content, "setup.cfg": content, "setup.py": content})
    assert OLDEST <= target_version(tree) <= NEWEST
