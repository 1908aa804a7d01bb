from pathlib import Path

import pytest

from orchestrator_assets.domain.tree import SourceTree
from resources.declared_requirements import Declared, read_declared


@pytest.fixture
def declare(tmp_path: Path):
    def read(**files: str) -> Declared:
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        paths = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
        return read_declared(SourceTree(tmp_path, "digest", tuple(paths)))

    return read


def texts(declared: Declared, group: str) -> set[str]:
    return {text for item in declared.groups if item.name == group for text in item.texts}


def test_standard_project_metadata(declare) -> None:
    declared = declare(
        pyproject_dot_toml="""
[build-system]
requires = ["hatchling"]
[project]
name = "thing"
version = "1.2"
dependencies = ["attrs", "tomli; python_version < '3'", "thing"]
[project.optional-dependencies]
test = ["mock", "thing[fast]"]
fast = ["orjson"]
docs = ["sphinx"]
[dependency-groups]
tests = ["hypothesis", {include-group = "base"}]
base = ["pluggy"]
"""
    )
    assert (declared.project, declared.version, declared.build, declared.buildable) == ("thing", "1.2", ("hatchling",), True)
    assert texts(declared, "runtime") == {"attrs"}
    assert texts(declared, "tests") == {"mock", "orjson", "hypothesis", "pluggy"}
    assert declared.extras == ("test",)


def test_poetry_constraints_become_standard_ones(declare) -> None:
    declared = declare(
        pyproject_dot_toml="""
[tool.poetry]
name = "thing"
[tool.poetry.dependencies]
python = "^3.9"
a = "^1.2.3"
b = "~2.1"
c = "*"
d = {version = "^0.3", extras = ["x"]}
e = {path = "../e"}
[tool.poetry.group.test.dependencies]
f = "1.0"
"""
    )
    assert texts(declared, "runtime") == {"a<2,>=1.2.3", "b<2.2,>=2.1", "c", "d[x]<0.4,>=0.3"}
    assert texts(declared, "tests") == {"f==1.0"}


def test_requirement_files_are_followed_inside_the_tree_only(declare) -> None:
    declared = declare(
        **{
            "requirements_dot_txt": "six==1.16.0 --hash=sha256:abc  # why\n-e .\n--index-url https://evil.example\n",
            "requirements__test_dot_txt": "-r ../requirements-shared.txt\n-r ../../outside.txt\nmock\ngit+https://host.example/x.git\n",
            "requirements-shared_dot_txt": "pluggy\n",
            "requirements__dev_dot_txt": "left-out-since-there-is-a-test-file\n",
        }
    )
    assert texts(declared, "requirements") == {"six==1.16.0"}
    assert texts(declared, "tests") == {"pluggy", "mock"}
    notes = " ".join(declared.notes)
    assert "outside.txt" in notes
    assert "--index-url" in notes
    assert "git+https" in notes


def test_development_lists_are_read_without_the_workshop_tools(declare) -> None:
    declared = declare(**{"requirements-dev_dot_txt": "black\nmypy\nfreezegun\n", "tests__test_a_dot_py": "import mypy.api\n"})
    assert texts(declared, "tests") == {"mypy", "freezegun"}


def test_tox_and_nox_name_their_packages(declare) -> None:
    declared = declare(
        tox_dot_ini="[testenv]\nextras = fast\ndeps =\n    mock\n    py{27}: old\n    coverage: pytest-cov\n    .[slow]\n    -r reqs.txt\n",
        reqs_dot_txt="pluggy\n",
        noxfile_dot_py="def tests(session):\n    session.install('iniconfig', '-r', 'reqs.txt')\n"
        "def docs(session):\n    session.install('sphinx')\n",
        setup_dot_cfg="[metadata]\nname = thing\n[options.extras_require]\nfast = orjson\nslow = attrs\nother = never\n",
    )
    assert texts(declared, "tests") == {"mock", "pluggy", "iniconfig", "orjson", "attrs"}


def test_of_other_extras_only_what_the_tests_import(declare) -> None:
    declared = declare(
        setup_dot_py="from setuptools import setup\nsetup(name='x', extras_require={'crypto': ['cryptography>=1.4'], 'web': ['flask']})",
        test_x_dot_py="from cryptography import x509\n",
    )
    assert texts(declared, "tests") == {"cryptography>=1.4"}


def test_well_known_undeclared_imports_are_added_and_unknown_ones_never(declare) -> None:
    declared = declare(test_x_dot_py="import yaml, os\nimport mock\nimport my_company_internal\nimport thing\n", thing_dot_py="")
    assert texts(declared, "undeclared") == {"pyyaml", "mock"}


@pytest.mark.parametrize("broken", ["[project\n", "[project]\ndependencies = 3\n", "[tool]\npytest = 'x'\n", "project = 3\n"])
def test_broken_files_declare_nothing(declare, broken: str) -> None:
    assert declare(pyproject_dot_toml=broken, setup_dot_cfg="no section", setup_dot_py="(").groups == ()
