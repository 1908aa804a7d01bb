from pathlib import Path

from gates.analyzers import ScanSettings
from gates.analyzers.subject import Subject
from gates.analyzers.toolchain import chunks
from orchestrator_assets.domain.tree import Scope
from tests.builders import a_source_tree
from tests.fakes import LocalSandbox, MemoryCache


def _subject(root: Path, files: dict[str, str | bytes]) -> Subject:
    return Subject(a_source_tree(root, files), ScanSettings(Scope(), (3, 11)), LocalSandbox(), MemoryCache(), dict)


def test_columns_count_characters_where_tools_count_bytes(tmp_path: Path) -> None:
    subject = _subject(tmp_path, {"a.py": "x = 'äöü'; y = 1\nplain = 1\n"})

    assert subject.column("a.py", 1, len("x = 'äöü'; ".encode())) == len("x = 'äöü'; ") + 1
    assert (subject.column("a.py", 2, 4), subject.column("a.py", 2, -1), subject.column("a.py", 2, None)) == (5, 0, 0)


def test_lines_are_those_of_python(tmp_path: Path) -> None:
    subject = _subject(tmp_path, {"a.py": "one\x0c\r\ntwo\rthree\n"})

    assert [subject.line("a.py", number).strip() for number in (0, 1, 2, 3, 4)] == ["", "one", "two", "three", ""]


def test_the_layout_changes_with_the_files_and_not_with_their_content(tmp_path: Path) -> None:
    before = _subject(tmp_path / "a", {"a.py": "1"})

    assert before.layout == _subject(tmp_path / "b", {"a.py": "2"}).layout != _subject(tmp_path / "c", {"b.py": "1"}).layout
    assert before.content != _subject(tmp_path / "d", {"a.py": "2"}).content


def test_long_file_lists_are_split_and_nothing_is_lost() -> None:
    paths = [f"{'x' * 200}/{number}.py" for number in range(2000)]

    parts = chunks(paths)

    assert [path for part in parts for path in part] == paths
    assert len(parts) > 1
    assert all(sum(len(path) + 1 for path in part) <= 100_000 for part in parts)
