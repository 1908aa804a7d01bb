"""Runs mypy over groups of files with one cache. Stand-alone: it is started inside the sandbox and imports nothing of the platform.

Request (JSON file named by the first argument): `groups`, `options`, `seed` (bool: `/in/seed.db` is there). Answer on standard output:
one `{exit_code, stdout, stderr}` per group. The cache keeps modules outside the work tree only (typeshed, installed packages), so that
an answer never depends on an earlier state of the customer's code; a grown cache is left in `/out`.
"""

import json
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from mypy import api


def main(request_path: str, seed_path: str, grown_path: str) -> None:
    """Answer one request."""
    request = json.loads(Path(request_path).read_bytes())
    with tempfile.TemporaryDirectory() as cache_folder:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        database = Path(cache_folder, version, "cache.db")
        known = 0
        if request["seed"]:
            database.parent.mkdir()
            shutil.copyfile(seed_path, database)
            known = _count(database)
        options = [*request["options"], "--sqlite-cache", "--cache-dir", cache_folder, "--"]
        answers = []
        for group in request["groups"]:
            # Mypy takes `@x.py` for a file with arguments.
            stdout, stderr, exit_code = api.run([*options, *(f"./{path}" if path.startswith("@") else path for path in group)])
            answers.append({"exit_code": exit_code, "stdout": stdout, "stderr": stderr})
            if database.exists():
                # Also between groups: of two equal files with one module name mypy would report the second under the first one's path.
                _forget_work_tree(database)
        if database.exists() and _count(database) > known:
            _compact(database)
            shutil.copyfile(database, grown_path)
    json.dump(answers, sys.stdout)


def _count(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM files2").fetchone()[0])
    finally:
        connection.close()


def _forget_work_tree(database: Path) -> None:
    """Drop what the cache knows of files with a relative path: those of the work tree."""
    connection = sqlite3.connect(database)
    try:
        for name, data in connection.execute("SELECT path, data FROM files2 WHERE path LIKE '%.meta.json'").fetchall():
            path = Path(json.loads(data)["path"])
            if not path.is_absolute() or path.is_relative_to(Path.cwd()):
                stem = name.removesuffix(".meta.json")
                connection.execute("DELETE FROM files2 WHERE path IN (?, ?)", (name, stem + ".data.json"))
        connection.commit()
    finally:
        connection.close()


def _compact(database: Path) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("VACUUM")
    finally:
        connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
