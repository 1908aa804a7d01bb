from gates.analyzers.import_closure import Mention, closures, imported_files, reachable_files

FILES = frozenset({"src/pkg/__init__.py", "src/pkg/a.py", "src/pkg/b.py", "src/pkg/sub/__init__.py", "src/pkg/sub/c.py", "tool.py"})
ROOTS = ("", "src")


def _imported(path: str, *mentions: Mention) -> set[str]:
    return set(imported_files(path, mentions, FILES, ROOTS))


def test_an_import_resolves_to_the_deepest_module_that_it_names() -> None:
    assert _imported("tool.py", Mention(0, "pkg.sub.c", ())) == {"src/pkg/sub/c.py"}
    assert _imported("tool.py", Mention(0, "pkg", ("a", "b"))) == {"src/pkg/a.py", "src/pkg/b.py"}
    assert _imported("tool.py", Mention(0, "pkg", ("a", "VERSION"))) == {"src/pkg/a.py", "src/pkg/__init__.py"}
    assert _imported("tool.py", Mention(0, "os.path", ("join",))) == set()


def test_leading_dots_count_from_the_files_own_package() -> None:
    assert _imported("src/pkg/sub/c.py", Mention(1, "", ("d",))) == {"src/pkg/sub/__init__.py"}
    assert _imported("src/pkg/sub/c.py", Mention(2, "a", ("x",))) == {"src/pkg/a.py"}
    assert _imported("src/pkg/sub/__init__.py", Mention(1, "c", ())) == {"src/pkg/sub/c.py"}
    assert _imported("src/pkg/a.py", Mention(9, "b", ())) == set()


def test_the_packages_on_the_way_are_reached_too() -> None:
    reached = reachable_files("tool.py", [Mention(0, "pkg.sub.c", ("X",))], FILES, ROOTS)

    assert reached == {"src/pkg/__init__.py", "src/pkg/sub/__init__.py", "src/pkg/sub/c.py"}
    assert "src/pkg/__init__.py" in reachable_files("src/pkg/sub/c.py", [], FILES, ROOTS)


def test_a_closure_follows_cycles_once() -> None:
    imports = {"a": frozenset({"b"}), "b": frozenset({"a", "c"})}

    assert closures(["a", "c"], imports) == {"a": {"a", "b", "c"}, "c": {"c"}}
