"""Requirement texts as customers write them, which may be anything."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from resources.requirement_texts import Wanted, name_of, poetry_requirements


def wanted(*lines: str) -> Wanted:
    made = Wanted()
    made.add_all(lines, "requirements.txt")
    return made


def test_requirements_are_taken_without_comments_hashes_and_doubles() -> None:
    made = wanted("PyYAML>=6  # config", "", "# only words", "attrs==23.1.0 --hash=sha256:00 \\", "PyYAML>=6", "name#tag")
    assert made.texts == ["PyYAML>=6", "attrs==23.1.0"]
    assert len(made.notes) == 1


def test_a_marker_that_does_not_hold_here_leaves_the_requirement_out() -> None:
    assert wanted("a; python_version >= '3'", "b; sys_platform == 'win32'", "c; extra == 'x'").texts == ["a"]


def test_files_and_extras_of_the_project_itself_are_told_apart_from_packages() -> None:
    made = wanted("-r base.txt", "--requirement=more/dev.txt", "-e .[test,docs]", ".", "-c constraints.txt")
    assert (made.texts, made.files, made.extras, made.notes) == ([], ["base.txt", "more/dev.txt"], ["test", "docs"], [])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pkg @ https://evil.example/pkg.whl", "pkg comes from an address, which is not followed"),
        ("git+https://evil.example/pkg.git", "not a requirement that can be installed as a wheel"),
        ("../neighbour", "not a requirement"),
        ("/etc/passwd", "not a requirement"),
        ("--index-url https://evil.example/simple", "option --index-url is left out"),
        ("-i https://evil.example/simple", "option -i is left out"),
        ("--trusted-host evil.example", "option --trusted-host is left out"),
        ("-e git+https://evil.example/pkg.git#egg=pkg", "option -e is left out"),
    ],
)
def test_nothing_that_leads_elsewhere_is_followed_and_the_report_says_so(line: str, words: str) -> None:
    made = wanted(line)
    assert made.texts == []
    assert words in made.notes[0]
    assert made.notes[0].startswith("requirements.txt: ")


@given(st.text(alphabet=st.sampled_from("ab-_.[]@;<>=~!'\" \t\\/#:0139$%{}\n\0\u00e9"), max_size=40))
@example("a; platform_system ~= 'b c'")
@example("a; os_name in '>='")
@example("a; python_version < 'never'")
def test_whatever_a_line_holds_what_is_taken_can_be_installed_by_name(line: str) -> None:
    for text in wanted(line).texts:
        requirement = Requirement(text)
        assert requirement.url is None
        assert requirement.marker is None
        assert not text.startswith("-")
        assert name_of(text)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("^1.2.3", "a>=1.2.3,<2"), ("^0.2.3", "a>=0.2.3,<0.3"), ("^0.0.3", "a>=0.0.3,<0.0.4"), ("~1.2", "a>=1.2,<1.3"), ("~1", "a>=1,<2"),
        ("*", "a"), ("1.2", "a==1.2"), (">=1,<2", "a>=1,<2"), ("~=1.2", "a~=1.2"), ("^odd", "a"), ("", "a"),
    ],
)  # fmt: skip
def test_poetrys_versions_become_standard_ones(version: str, expected: str) -> None:
    assert list(poetry_requirements({"python": "^3.8", "a": version})) == [expected]


def test_poetrys_tables_give_what_can_be_had_from_an_index() -> None:
    table = {
        "a": {"version": "^1", "extras": ["x"], "markers": "python_version >= '3'"},
        "b": {"path": "../b"}, "c": {"git": "https://x.example/c"}, "d": {"version": "1", "optional": True}, "e": 3,
        "f": [{"version": "1", "markers": "python_version < '3'"}, {"version": "2"}],
    }  # fmt: skip
    assert list(poetry_requirements(table)) == ["a[x]>=1,<2 ; python_version >= '3'", "f==1 ; python_version < '3'", "f==2"]
