from hypothesis import given
from hypothesis import strategies as st

from gates.analyzers.mypy_groups import groups_without_clash, has_module_name, package_root

FILES = [
    "setup.py",
    "docs/conf.py",
    "examples/one/setup.py",
    "examples/one/one.py",
    "examples/two/setup.py",
    "src/pkg/__init__.py",
    "src/pkg/setup.py",
    "src/pkg/sub/__init__.py",
    "src/pkg/sub/deep.py",
]


def test_a_package_root_is_the_first_folder_without_an_init() -> None:
    assert package_root("src/pkg/sub/deep.py", FILES) == "src"
    assert package_root("setup.py", FILES) == ""
    assert package_root("docs/conf.py", FILES) == "docs"


def test_only_scripts_of_the_same_name_are_set_apart() -> None:
    groups = groups_without_clash(FILES, frozenset(FILES))

    assert [len(group) for group in groups] == [7, 1, 1]
    assert {"src/pkg/__init__.py", "src/pkg/setup.py", "src/pkg/sub/deep.py", "docs/conf.py", "examples/one/one.py"} <= set(groups[0])


@given(st.sets(st.tuples(st.sampled_from(["", "a/", "b/", "a/b/"]), st.sampled_from(["x.py", "y.py", "__init__.py"])), max_size=10))
def test_every_file_is_in_exactly_one_group(parts: set[tuple[str, str]]) -> None:
    files = sorted(folder + name for folder, name in parts)

    assert sorted(path for group in groups_without_clash(files, frozenset(files)) for path in group) == files


def test_a_package_folder_must_have_a_name_that_can_be_imported() -> None:
    files = {"my-app/__init__.py", "my-app/a.py", "my-scripts/b.py", "c-d.py"}

    assert {path for path in files if not has_module_name(path, files)} == {"my-app/__init__.py", "my-app/a.py"}
