import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import resources.artifact_store as artifact_store
from orchestrator_assets.domain.errors import ArtifactError, ManifestError
from orchestrator_assets.domain.ports import ArtifactStore, ContentCache
from resources.artifact_store import CustomerCache, LocalArtifactStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def store(root: Path) -> ArtifactStore:
    return LocalArtifactStore(root)


@pytest.fixture(params=["unnamed files", "named files"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without a file system that can write a file before it has a name."""
    if request.param == "named files":
        monkeypatch.setattr(artifact_store, "_open_unnamed", lambda folder: None)


@pytest.mark.usefixtures("file_system")
def test_a_put_is_read_back_and_the_next_one_replaces_it(store: ArtifactStore, root: Path) -> None:
    store.put("customers/acme/jobs/1/report.json", b"one")
    store.put("customers/acme/jobs/1/report.json", b"two")
    assert store.get("customers/acme/jobs/1/report.json") == b"two"
    assert Path(store.locate("customers/acme/jobs/1/report.json")).read_bytes() == b"two"
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["report.json"]


def test_a_missing_artifact_is_named(store: ArtifactStore) -> None:
    assert store.find("a/b") is None
    assert store.keys("") == []
    with pytest.raises(ArtifactError, match="'a/b'"):
        store.get("a/b")


def test_keys_are_listed_by_any_prefix_in_order(store: ArtifactStore) -> None:
    for key in ("b/2", "a/1/x", "a/1/y", "a/10/x", "ab"):
        store.put(key, b"")
    assert store.keys("") == ["a/1/x", "a/1/y", "a/10/x", "ab", "b/2"]
    assert store.keys("a/1") == ["a/1/x", "a/1/y", "a/10/x"]
    assert store.keys("a/1/") == ["a/1/x", "a/1/y"]
    assert store.keys("a") == ["a/1/x", "a/1/y", "a/10/x", "ab"]
    assert store.keys("zz/") == []


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a/./b", "a//b", "a/", "a\\b", "a\0b", "a\nb", ".tmp-x", "x" * 256, "\udcff"]
)
def test_a_key_that_could_lead_elsewhere_is_refused(store: ArtifactStore, root: Path, key: str) -> None:
    for touch in (store.get, store.find, store.locate, lambda k: store.put(k, b"")):
        with pytest.raises(ArtifactError):
            touch(key)
    assert not root.exists() or not list(root.iterdir())


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(key=st.text(alphabet="ab./\\~\0 ", max_size=12))
def test_whatever_the_key_nothing_outside_the_root_is_named(store: ArtifactStore, root: Path, key: str) -> None:
    try:
        place = store.locate(key)
    except ArtifactError:
        return
    assert os.path.normpath(place) == place
    assert place.startswith(f"{root}/")


def test_links_are_not_followed_out_of_the_root(store: ArtifactStore, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    store.put("a/b", b"")
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    for touch in (
        lambda: store.find("folder/secret"),
        lambda: store.put("folder/new", b"x"),
        lambda: store.find("file"),
        lambda: store.keys("folder/"),
    ):
        with pytest.raises(ArtifactError):
            touch()
    assert store.keys("") == ["a/b"]
    store.put("file", b"mine")
    assert (store.get("file"), (outside / "secret").read_text()) == (b"mine", "s")
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]


def test_a_root_that_is_itself_a_link_works(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    store = LocalArtifactStore(tmp_path / "link")
    store.put("a/b", b"x")
    assert (store.get("a/b"), store.keys("a/")) == (b"x", ["a/b"])


@pytest.mark.usefixtures("file_system")
def test_a_folder_in_the_way_is_named_and_nothing_is_left(store: ArtifactStore, root: Path) -> None:
    store.put("a/b", b"x")
    for key in ("a", "a/b/c"):
        with pytest.raises(ArtifactError, match=key):
            store.put(key, b"y")
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["b"]


@pytest.mark.usefixtures("file_system")
def test_readers_see_a_whole_content_while_it_is_replaced(store: ArtifactStore) -> None:
    contents = [letter * 200_000 for letter in (b"a", b"b")]
    store.put("k", contents[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for content in contents:
                store.put("k", content)

    writer = threading.Thread(target=write)
    writer.start()
    seen = {store.get("k") for _ in range(200)}
    stop.set()
    writer.join()
    assert seen <= set(contents)


@pytest.mark.slow
def test_a_killed_writer_leaves_whole_files_and_nothing_else(root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from resources.artifact_store import LocalArtifactStore\n"
        "store = LocalArtifactStore(Path(sys.argv[1])); print(flush=True)\n"
        "for n in range(10**6): store.put(f'{n}', b'x' * 3_000_000)"
    )
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", code, str(root)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    files = [path for path in root.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_size for path in files} == {3_000_000}
    assert not [path.name for path in files if not path.name.isdecimal()]


def test_a_cache_gives_back_what_was_put_for_its_customer_only(store: ArtifactStore) -> None:
    acme: ContentCache = CustomerCache(store, "acme")
    acme.put("scan:abc", b"result")
    acme.put("empty", b"")
    assert (acme.get("scan:abc"), acme.get("empty"), acme.get("other")) == (b"result", b"", None)
    assert CustomerCache(store, "globex").get("scan:abc") is None
    assert all(key.startswith("customers/acme/cache/") for key in store.keys(""))


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:40] + b"\0" + b[41:], lambda b: b + b"x"])
def test_a_damaged_entry_is_a_miss(store: ArtifactStore, damage: "object") -> None:
    cache = CustomerCache(store, "acme")
    cache.put("k", b"a result that is long enough")
    (key,) = store.keys("")
    store.put(key, damage(store.get(key)))  # type: ignore[operator]
    assert cache.get("k") is None


def test_an_entry_under_another_key_is_a_miss(store: ArtifactStore) -> None:
    cache = CustomerCache(store, "acme")
    cache.put("k", b"result")
    cache.put("l", b"other")
    first, second = store.keys("")
    content = store.get(first)
    store.put(first, store.get(second))
    store.put(second, content)
    assert (cache.get("k"), cache.get("l")) == (None, None)


def test_a_cache_needs_a_proper_customer(store: ArtifactStore) -> None:
    with pytest.raises(ManifestError, match="customer"):
        CustomerCache(store, "../acme")


def test_a_small_entry_is_found_in_well_under_a_millisecond(store: ArtifactStore) -> None:
    cache = CustomerCache(store, "acme")
    cache.put("k", b"x" * 1000)
    started = time.process_time()
    for _ in range(200):
        assert cache.get("k") is not None
    assert (time.process_time() - started) / 200 < 0.001
