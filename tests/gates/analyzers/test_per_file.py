"""Answers kept by the file's content."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gates.analyzers.per_file import examine_by_file, file_keys
from gates.analyzers.subject import Examination, ScanSettings, Subject
from orchestrator_assets.domain.tree import Scope
from tests.builders import a_finding, a_source_tree
from tests.fakes import LocalSandbox, MemoryCache


class Asked:
    """A tool that finds one thing in every file and remembers what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = MemoryCache()
        self.asked: list[list[str]] = []

    def scan(
        self, files: dict[str, str | bytes], answer: Callable[[Sequence[str]], Examination] | None = None, setting: str = "s"
    ) -> Examination:
        tree = a_source_tree(self.folder, files)
        subject = Subject(tree, ScanSettings(Scope(), (3, 11)), LocalSandbox(), self.cache, dict)

        def ask(paths: Sequence[str]) -> Examination:
            self.asked.append(list(paths))
            return answer(paths) if answer else Examination(tuple(a_finding(path=path) for path in paths))

        return examine_by_file(subject, "ruff", file_keys(subject, subject.judged, setting), ask)


def test_only_files_that_changed_are_asked_about_again_and_all_answers_are_given(tmp_path: Path) -> None:
    tool = Asked(tmp_path)
    tool.scan({"a.py": "1\n", "b.py": "2\n"})
    found = tool.scan({"a.py": "1\n", "b.py": "3\n"})
    assert [finding.path for finding in found.findings] == ["a.py", "b.py"]
    assert tool.asked == [["a.py", "b.py"], ["b.py"]]
    tool.scan({"a.py": "1\n", "b.py": "2\n"})
    assert len(tool.asked) == 2


def test_other_settings_or_another_path_are_another_question(tmp_path: Path) -> None:
    tool = Asked(tmp_path)
    tool.scan({"a.py": "1\n"})
    tool.scan({"a.py": "1\n"}, setting="t")
    tool.scan({"c.py": "1\n"})
    assert tool.asked == [["a.py"], ["a.py"], ["c.py"]]


def test_what_a_tool_could_not_read_is_asked_about_every_time(tmp_path: Path) -> None:
    tool = Asked(tmp_path)

    def answer(paths: Sequence[str]) -> Examination:
        return Examination((), {"a.py": "crashed"}, {"b.py": "by rule"})

    for _ in range(2):
        found = tool.scan({"a.py": "1\n", "b.py": "2\n", "c.py": "3\n"}, answer)
        assert (found.unread, found.left_out) == ({"a.py": "crashed"}, {"b.py": "by rule"})
    assert tool.asked == [["a.py", "b.py", "c.py"], ["a.py", "b.py"]]


def test_an_entry_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    tool = Asked(tmp_path)
    tool.scan({"a.py": "1\n"})
    tool.cache.entries = dict.fromkeys(tool.cache.entries, b"{broken")
    assert [finding.path for finding in tool.scan({"a.py": "1\n"}).findings] == ["a.py"]
