"""The customer's own project, built in the sandbox and taken apart.

Only the wheel's metadata goes into the environment, so that an installed copy never hides the work tree; files that exist only in the
wheel (compiled modules, a generated `_version.py`) become an overlay on the tree.
"""

import configparser
import csv
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from orchestrator_assets.domain.ports import Sandbox, SandboxResult, SandboxRun
from orchestrator_assets.domain.tree import SourceTree
from resources.declared_requirements import Declared
from resources.requirement_texts import applies

_SCRIPT = Path(__file__).with_name("in_sandbox") / "build_wheel.py"
_BUILD_SECONDS = 600
_MAX_ENTRIES = 50_000
_DIST_INFO = re.compile(r"([^/]+)\.dist-info/(.+)")


@dataclass(frozen=True, slots=True)
class BuiltProject:
    """What the build of a project is good for.

    Attributes:
        dist_info: Name of the metadata folder, e.g. `click-8.1.7.dist-info`; empty when there is nothing to install.
        metadata: File name in that folder -> content.
        requires: Requirement texts that apply to this interpreter with the extras asked for.
        overlay: POSIX path in the tree -> content of files that the tree lacks.
        import_roots: Folders of the tree in which the packages lie, `""` for its root.
    """

    dist_info: str = ""
    metadata: Mapping[str, bytes] | None = None
    requires: tuple[str, ...] = ()
    overlay: Mapping[str, bytes] | None = None
    import_roots: tuple[str, ...] = ()


def build_environment(declared: Declared) -> dict[str, str]:
    """Versions for the plug-ins that would ask git for one, which the sandbox lacks."""
    version = declared.version if re.match(r"\d", declared.version) else "0.0.0"
    names = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION", "PDM_BUILD_SCM_VERSION", "FLIT_SCM_VERSION", "VERSIONEER_OVERRIDE")
    return {**dict.fromkeys(names, version), "POETRY_DYNAMIC_VERSIONING_BYPASS": version, "PYTHONDONTWRITEBYTECODE": "1"}


def run_backend(
    sandbox: Sandbox, tree: SourceTree, python: Path, read_only: tuple[Path, ...], verb: str, environment: Mapping[str, str]
) -> SandboxResult:
    """Call the build backend: `requires` leaves `requires.json`, `build` leaves the wheel."""
    return sandbox.run(
        SandboxRun(
            argv=(str(python), "/in/build_wheel.py", verb),
            tree=tree.root,
            writable=True,
            read_only=read_only,
            inputs={"build_wheel.py": _SCRIPT},
            environment={**environment, "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin"},
            timeout_seconds=_BUILD_SECONDS,
        )
    )


def take_apart(wheel: bytes, tree: SourceTree, extras: tuple[str, ...]) -> BuiltProject | None:
    """Read a wheel that hostile code may have written; None when it is not one."""
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and _plain(entry.filename)]
            if len(entries) > _MAX_ENTRIES or sum(entry.file_size for entry in entries) > (1 << 30):
                return None
            content = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, NotImplementedError, EOFError, ValueError):
        return None
    folder = next((f"{match.group(1)}.dist-info" for name in content if (match := _DIST_INFO.fullmatch(name))), "")
    metadata = {name.removeprefix(f"{folder}/"): data for name, data in content.items() if folder and name.startswith(f"{folder}/")}
    metadata = {name: data for name, data in metadata.items() if "/" not in name}
    if "METADATA" not in metadata:
        return None
    files = {
        name: data
        for name, data in content.items()
        if ".dist-info/" not in name and ".data/" not in name and not name.endswith("-nspkg.pth")
    }
    roots = _import_roots(files, tree)
    return BuiltProject(
        dist_info=folder,
        metadata=metadata,
        requires=_requires(metadata["METADATA"], extras),
        overlay=_overlay(files, tree, roots),
        import_roots=roots,
    )


def stand_in(declared: Declared) -> BuiltProject:
    """Bare metadata for a project that cannot be built, so that its version can still be asked for."""
    if not declared.project or not re.fullmatch(r"[\w.-]+", declared.project):
        return BuiltProject()
    version = declared.version if re.match(r"\d[\w.+!-]*$", declared.version) else "0.0.0"
    text = f"Metadata-Version: 2.1\nName: {declared.project}\nVersion: {version}\n"
    folder = f"{re.sub(r'[-_.]+', '_', declared.project)}-{version}.dist-info"
    return BuiltProject(dist_info=folder, metadata={"METADATA": text.encode()})


def install_metadata(project: BuiltProject, site_packages: Path, scripts: Path, python: Path) -> None:
    """Write the metadata folder, with a RECORD of itself alone, and the console scripts."""
    if not project.dist_info or project.metadata is None:
        return
    folder = site_packages / project.dist_info
    folder.mkdir()
    kept = {name: data for name, data in project.metadata.items() if name not in {"RECORD", "direct_url.json", "INSTALLER"}}
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerows([f"{project.dist_info}/{name}", "", ""] for name in sorted([*kept, "RECORD"]))
    (folder / "RECORD").write_text(record.getvalue(), encoding="utf-8")
    for name, target in _console_scripts(project.metadata.get("entry_points.txt", b"")).items():
        module, _, attribute = target.partition(":")
        launcher = scripts / name
        if not launcher.exists():
            first = attribute.split(".")[0]
            launcher.write_text(f"#!{python}\nimport sys\nfrom {module} import {first}\nsys.exit({attribute}())\n", encoding="utf-8")
            launcher.chmod(0o755)


def _console_scripts(text: bytes) -> dict[str, str]:
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text.decode("utf-8", "replace"))
    except configparser.Error:
        return {}
    scripts: dict[str, str] = {}
    for section in ("console_scripts", "gui_scripts"):
        for name, value in parser.items(section) if parser.has_section(section) else ():
            target = value.split("[")[0].replace(" ", "")
            if re.fullmatch(r"[\w][\w.-]*", name) and re.fullmatch(r"[\w.]+:[\w.]+", target):
                scripts[name] = target
    return scripts


def _requires(metadata: bytes, extras: tuple[str, ...]) -> tuple[str, ...]:
    texts: list[str] = []
    for line in HeaderParser().parsestr(metadata.decode("utf-8", "replace")).get_all("Requires-Dist") or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.url is None and applies(requirement, extras):
            requirement.marker = None
            texts.append(str(requirement))
    return tuple(dict.fromkeys(texts))


def _import_roots(files: Mapping[str, bytes], tree: SourceTree) -> tuple[str, ...]:
    """For each top-level package of the wheel the folder of the tree that it came from, the most frequent first."""
    known = set(tree.files)
    folders = sorted(_folders(known), key=lambda folder: (folder.count("/") + bool(folder), folder != "src", folder))
    found: dict[str, int] = {}
    tops: dict[str, str] = {}
    for name in sorted(files):
        top = name.split("/")[0]
        if top in tops or not name.endswith((".py", ".pyi")):
            continue
        root = next((folder for folder in folders if _joined(folder, name) in known), None)
        if root is not None:
            tops[top] = root
            found[root] = found.get(root, 0) + 1
    return tuple(sorted(found, key=lambda root: (-found[root], root)))


def _overlay(files: Mapping[str, bytes], tree: SourceTree, roots: tuple[str, ...]) -> dict[str, bytes]:
    """Wheel files that no import root has, at their place in the first root that has their package."""
    known = set(tree.files)
    folders = _folders(known)
    extra: dict[str, bytes] = {}
    for name, data in files.items():
        if any(_joined(root, name) in known for root in roots):
            continue
        if not name.endswith((".py", ".so", ".pyd", ".json", ".txt", ".pyi", ".typed", ".dat", ".bin")):
            continue
        home = next((root for root in roots if _joined(root, _parent(name)) in folders), None)
        if home is not None:
            extra[_joined(home, name)] = data
    return extra


def _folders(paths: Iterable[str]) -> set[str]:
    """Every folder that holds one of the files, at any depth; `""` for the tree's root."""
    return {"" if str(parent) == "." else str(parent) for path in paths for parent in PurePosixPath(path).parents}


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _parent(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def _plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name
