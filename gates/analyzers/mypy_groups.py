"""Which judged files one run of mypy can take together: it refuses two files with the same module name."""

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath


def package_root(path: str, files: Collection[str]) -> str:
    """The folder that imports of the file's top-level package start from: the first one up that has no `__init__`; "" for the root."""
    folder = PurePosixPath(path).parent
    while folder.name and any(str(folder / init) in files for init in ("__init__.py", "__init__.pyi")):
        folder = folder.parent
    return "" if str(folder) == "." else str(folder)


def has_module_name(path: str, files: Collection[str]) -> bool:
    """Whether mypy can name the file's module: it stops at a folder that has an `__init__` and a name like `my-app`."""
    root = package_root(path, files)
    packages = PurePosixPath(path.removeprefix(f"{root}/") if root else path).parent.parts
    return all(name.removesuffix("-stubs").isidentifier() for name in packages)


def groups_without_clash(judged: Sequence[str], files: Collection[str]) -> list[list[str]]:
    """Split the files into groups without a clash of module names; top-level packages are kept whole, the largest go into the first group.

    A repository with one `setup.py` per example thus has all its packages in the first group, and a group for each further `setup.py`.

    Args:
        judged: The files to check.
        files: All files of the tree.
    """
    units: dict[tuple[str, str], list[str]] = {}
    for path in judged:
        root = package_root(path, files)
        units.setdefault((_top_level(path, root), root), []).append(path)
    groups: list[tuple[set[str], list[str]]] = []
    for name, root in sorted(units, key=lambda unit: (-len(units[unit]), unit)):
        paths = units[name, root]
        for taken, members in groups:
            if name not in taken:
                taken.add(name)
                members += paths
                break
        else:
            groups.append(({name}, list(paths)))
    return [sorted(members) for _, members in groups]


def _top_level(path: str, root: str) -> str:
    inside = path.removeprefix(f"{root}/") if root else path
    return inside.split("/", 1)[0].removesuffix(".py")
