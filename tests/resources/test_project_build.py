"""Wheels that a customer's own build made, and that may be anything."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from orchestrator_assets.domain.tree import SourceTree
from resources.declared_requirements import Declared
from resources.project_build import BuiltProject, install_metadata, stand_in, take_apart

METADATA = b"Metadata-Version: 2.1\nName: shop\nVersion: 1\nRequires-Dist: PyYAML>=6\nRequires-Dist: pytest; extra == 'test'\n"
SCRIPTS = b"[console_scripts]\nshop = shop.cli:main\n../evil = shop.cli:main\nrm = os:system; import evil\npython = shop.cli:main\n"


def a_wheel(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def a_tree(*files: str) -> SourceTree:
    return SourceTree(Path("unused"), "digest", tuple(sorted(files)))


def declared(project: str, version: str) -> Declared:
    return Declared(project, version, (), (), (), True, ())


def apart(files: dict[str, bytes], tree: SourceTree, *extras: str) -> BuiltProject:
    project = take_apart(a_wheel({"shop-1.dist-info/METADATA": METADATA, **files}), tree, extras)
    assert project is not None
    return project


def test_metadata_and_what_it_requires_here_are_taken() -> None:
    project = apart({"shop/__init__.py": b""}, a_tree("shop/__init__.py"))
    assert (project.dist_info, project.requires) == ("shop-1.dist-info", ("PyYAML>=6",))
    assert apart({}, a_tree(), "test").requires == ("PyYAML>=6", "pytest")


def test_files_that_only_the_build_makes_lie_over_the_tree_and_its_own_stay() -> None:
    files = {
        "shop/__init__.py": b"built",
        "shop/_version.py": b"v",
        "shop/_speed.so": b"\x7fELF",
        "other.py": b"",
        "shop-nspkg.pth": b"import x",
    }
    project = apart(files, a_tree("src/shop/__init__.py", "src/shop/core.py"))
    assert project.import_roots == ("src",)
    assert set(project.overlay or {}) == {"src/shop/_version.py", "src/shop/_speed.so", "src/other.py"}


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil.py", "shop/../../evil.py", "shop\\..\\evil.py", "shop-1.data/scripts/evil.py"])
def test_a_file_that_would_leave_the_tree_is_left_out(name: str) -> None:
    project = apart({name: b"x", "shop/__init__.py": b"", "shop/ok.py": b""}, a_tree("shop/__init__.py"))
    assert set(project.overlay or {}) == {"shop/ok.py"}


def a_broken_wheel() -> bytes:
    content = bytearray(a_wheel({"shop-1.dist-info/METADATA": METADATA * 50}))
    start = content.index(b"METADATA") + len(b"METADATA")
    content[start : start + 20] = b"\xff" * 20
    return bytes(content)


@pytest.mark.parametrize(
    "wheel",
    [
        b"",
        b"not a zip",
        a_wheel({}),
        a_wheel({"shop/__init__.py": b""}),
        a_broken_wheel(),
        a_wheel({"shop-1.dist-info/METADATA": METADATA})[:-9],
    ],
    ids=["empty", "no zip", "no file", "no metadata", "broken stream", "cut off"],
)
def test_what_is_no_wheel_is_none(wheel: bytes) -> None:
    assert take_apart(wheel, a_tree(), ()) is None


def test_metadata_that_holds_anything_gives_the_requirements_that_make_sense() -> None:
    odd = (
        METADATA
        + b"Requires-Dist: \xff\xfe\nRequires-Dist: a b c\nRequires-Dist: x @ https://evil.example/x.whl\nRequires-Dist: y ~= 1; os_name ~= 'a b'\n"
    )
    project = take_apart(a_wheel({"shop-1.dist-info/METADATA": odd}), a_tree(), ())
    assert project is not None
    assert project.requires == ("PyYAML>=6",)


def test_a_project_is_known_by_its_metadata_and_its_commands_but_owns_no_files(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("the interpreter")
    project = apart({"shop-1.dist-info/entry_points.txt": SCRIPTS, "shop-1.dist-info/RECORD": b"shop/__init__.py,,\n"}, a_tree())
    install_metadata(project, tmp_path, tmp_path / "bin", Path("/env/bin/python"))
    assert (tmp_path / "shop-1.dist-info" / "METADATA").read_bytes() == METADATA
    assert b"__init__" not in (tmp_path / "shop-1.dist-info" / "RECORD").read_bytes()
    assert sorted(os.listdir(tmp_path / "bin")) == ["python", "shop"]
    assert (tmp_path / "bin" / "python").read_text() == "the interpreter"
    assert (tmp_path / "bin" / "shop").read_text().startswith("#!/env/bin/python\nimport sys\nfrom shop.cli import main\n")
    assert os.access(tmp_path / "bin" / "shop", os.X_OK)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("project", "version", "folder"), [("my-shop", "1.2", "my_shop-1.2.dist-info"), ("shop", "latest", "shop-0.0.0.dist-info")]
)
def test_a_project_that_cannot_be_built_is_at_least_known_by_name(project: str, version: str, folder: str) -> None:
    made = stand_in(declared(project, version))
    assert made.dist_info == folder


@pytest.mark.parametrize("project", ["", "../evil", "a/b", "a\nb"])
def test_a_name_that_is_none_gives_nothing(project: str) -> None:
    assert stand_in(declared(project, "1")) == BuiltProject()
