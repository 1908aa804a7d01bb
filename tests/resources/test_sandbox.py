import os
import secrets
import socket
import sys
import time
from pathlib import Path

import psutil
import pytest

from orchestrator_assets.domain.errors import SandboxError
from orchestrator_assets.domain.ports import SandboxResult, SandboxRun
from resources import sandbox as sandbox_module
from resources import sandbox_watch
from resources.sandbox import BubblewrapSandbox, Isolation, find_bubblewrap, find_sandbox

pytestmark = pytest.mark.slow

PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def sandbox() -> BubblewrapSandbox:
    """As root a dropped uid, as anybody else a user namespace: run the module as both."""
    return find_bubblewrap()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "data.txt").write_text("here\n")
    return folder


def sh(sandbox: BubblewrapSandbox, tree: Path, script: str, **options: object) -> SandboxResult:
    return sandbox.run(SandboxRun(argv=("sh", "-c", script), tree=tree, **options))


def python(sandbox: BubblewrapSandbox, tree: Path, source: str, **options: object) -> SandboxResult:
    return sandbox.run(SandboxRun(argv=(str(PYTHON), "-c", source), tree=tree, read_only=(Path(sys.base_prefix),), **options))


def left_running(mark: str) -> list[list[str]]:
    return [p.info["cmdline"] for p in psutil.process_iter(["cmdline"]) if mark in " ".join(p.info["cmdline"] or ())]


def test_a_command_sees_its_tree_and_gives_its_outputs_back(sandbox: BubblewrapSandbox, tree: Path) -> None:
    result = sh(sandbox, tree, "pwd; cat data.txt; echo loud >&2; mkdir /out/deep; printf x > /out/deep/file; exit 7")
    assert result.stdout == b"/w\nhere\n"
    assert result.stderr == b"loud\n"
    assert result.outputs == {"deep/file": b"x"}
    assert (result.exit_code, result.timed_out) == (7, False)


def test_the_tree_is_read_only_unless_a_copy_is_asked_for(sandbox: BubblewrapSandbox, tree: Path) -> None:
    assert sh(sandbox, tree, "echo changed > data.txt").exit_code != 0
    copied = sh(sandbox, tree, "echo changed > data.txt && cat data.txt", writable=True)
    assert copied.stdout == b"changed\n"
    assert (tree / "data.txt").read_text() == "here\n"


def test_a_private_tree_and_a_private_input_can_be_read_inside(sandbox: BubblewrapSandbox, tree: Path, tmp_path: Path) -> None:
    given = tmp_path / "given.json"
    given.write_text("{}")
    given.chmod(0o600)
    tree.chmod(0o700)
    (tree / "data.txt").chmod(0o600)
    assert sh(sandbox, tree, "cat data.txt /in/given.json", inputs={"given.json": given}).stdout == b"here\n{}"


def test_odd_file_names_and_links_survive_the_copy(sandbox: BubblewrapSandbox, tree: Path) -> None:
    (tree / "-rf").write_text("dash")
    (tree / "new\nline").write_text("line")
    (tree / ".hidden").write_text("dot")
    (tree / "link").symlink_to("/etc/shadow")
    result = sh(sandbox, tree, "cat ./-rf 'new\nline' .hidden; readlink link; cat link", writable=True)
    assert result.stdout == b"dashlinedot/etc/shadow\n"


def test_read_only_folders_keep_their_path(sandbox: BubblewrapSandbox, tree: Path, tmp_path: Path) -> None:
    tool = tmp_path / "deep" / "tool"
    tool.mkdir(parents=True)
    (tool / "word").write_text("found")
    assert sh(sandbox, tree, f"cat {tool}/word; echo x > {tool}/word", read_only=(tool,)).stdout == b"found"
    assert (tool / "word").read_text() == "found"


@pytest.mark.parametrize(
    "target", ["/usr/planted", "/etc/planted", "/planted", "/in/planted", "/proc/sys/kernel/random/write_wakeup_threshold", "/dev/planted"]
)
def test_nothing_outside_the_scratch_folders_can_be_written(sandbox: BubblewrapSandbox, tree: Path, target: str) -> None:
    result = sh(sandbox, tree, f"echo evil > {target}")
    assert result.exit_code != 0
    assert not Path("/usr/planted").exists()


def test_the_host_stays_out_of_sight(sandbox: BubblewrapSandbox, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_SECRET", "do-not-leak")
    script = "env; cat /etc/shadow /etc/hostname; ls /home /work /var /etc; ls ~root; ls /proc/1/root; cat /proc/1/environ; echo; hostname"
    result = sh(sandbox, tree, script)
    seen = result.stdout.decode()
    assert "do-not-leak" not in seen
    assert "root:" not in seen
    assert "shadow" not in seen.split()
    assert os.uname().nodename not in seen
    assert seen.splitlines()[-1] == "sandbox"


def test_only_its_own_processes_are_visible(sandbox: BubblewrapSandbox, tree: Path) -> None:
    result = sh(sandbox, tree, f"ls /proc | grep -c '^[0-9]'; kill -0 {os.getpid()}")
    assert int(result.stdout) < 12
    assert result.exit_code != 0


def test_the_network_is_out_of_reach_but_loopback_works(sandbox: BubblewrapSandbox, tree: Path) -> None:
    source = """
import socket
own = socket.create_server(("127.0.0.1", 0))
socket.create_connection(own.getsockname(), 2)
print("loopback")
for what in (lambda: socket.create_connection(("127.0.0.1", PORT), 2), lambda: socket.create_connection(("192.0.2.1", 80), 2),
             lambda: socket.getaddrinfo("example.com", 80)):
    try:
        what()
        print("reached")
    except OSError:
        print("refused")
"""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        result = python(sandbox, tree, source.replace("PORT", str(listener.getsockname()[1])))
    assert result.stdout.split() == [b"loopback", b"refused", b"refused", b"refused"]


def test_it_has_no_capabilities_and_cannot_gain_any(sandbox: BubblewrapSandbox, tree: Path) -> None:
    result = sh(
        sandbox, tree, "grep -E 'Cap(Eff|Prm|Bnd)|NoNewPrivs' /proc/self/status; unshare -Ur true && echo GAINED; su -c id && echo GAINED"
    )
    words = dict(line.split() for line in result.stdout.decode().splitlines() if ":" in line)
    assert b"GAINED" not in result.stdout
    assert words["CapEff:"] == words["CapPrm:"] == words["CapBnd:"] == "0" * 16
    assert words["NoNewPrivs:"] == "1"


def test_a_run_past_its_time_is_ended_and_keeps_what_it_wrote(sandbox: BubblewrapSandbox, tree: Path) -> None:
    result = sh(sandbox, tree, "echo begun; echo half > /out/part; sleep 60", timeout_seconds=0.5)
    assert (result.exit_code, result.timed_out, result.stdout) == (124, True, b"begun\n")
    assert result.outputs == {"part": b"half\n"}
    assert result.seconds < 4


def test_a_command_that_ignores_the_signal_is_killed(sandbox: BubblewrapSandbox, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "_KILL_AFTER_SECONDS", 1)
    source = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('/out/part', 'w').write('half'); time.sleep(60)"
    result = python(sandbox, tree, source, timeout_seconds=0.5)
    assert (result.exit_code, result.timed_out) == (124, True)
    assert result.outputs == {"part": b"half"}


def test_what_it_leaves_running_dies_with_it(sandbox: BubblewrapSandbox, tree: Path) -> None:
    mark = f"6{secrets.randbelow(10**6):06d}.5"
    started = time.monotonic()
    result = sh(sandbox, tree, f"setsid sh -c 'sleep {mark} & sleep {mark}' & exit 0")
    assert result.exit_code == 0
    assert time.monotonic() - started < 5
    assert left_running(mark) == []


def test_killing_everything_inside_gives_a_result(sandbox: BubblewrapSandbox, tree: Path) -> None:
    result = python(sandbox, tree, "import os, signal; open('/out/part', 'w').write('x'); os.kill(-1, signal.SIGKILL); os._exit(9)")
    assert result.exit_code in {9, 137}
    if sandbox.isolation is Isolation.DROPPED_UID:
        assert result.outputs == {"part": b"x"}


def test_a_fork_bomb_ends(sandbox: BubblewrapSandbox, tree: Path) -> None:
    mark = f"7{secrets.randbelow(10**6):06d}.5"
    source = (
        f"import os, sys\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        os.execvp('sleep', ['sleep', '{mark}'])"
    )
    result = python(sandbox, tree, source, timeout_seconds=2, memory_bytes=1 << 30)
    assert result.timed_out or result.exit_code != 0
    assert left_running(mark) == []


def test_one_greedy_process_runs_out_of_memory(sandbox: BubblewrapSandbox, tree: Path) -> None:
    result = python(sandbox, tree, "x = bytearray(1 << 30)", memory_bytes=512 << 20)
    assert result.exit_code == 1
    assert b"MemoryError" in result.stderr


def test_many_processes_are_ended_when_together_they_hold_too_much(sandbox: BubblewrapSandbox, tree: Path) -> None:
    source = "import os, time\nfor _ in range(6): os.fork() and 0\nx = os.urandom(40 << 20)\ntime.sleep(30)"
    result = python(sandbox, tree, source, memory_bytes=256 << 20, timeout_seconds=25)
    assert result.exit_code == 137
    assert b"bytes of memory together" in result.stderr
    assert result.seconds < 15


@pytest.mark.parametrize("folder", ["/tmp", "/out", "/dev/shm", "/w"])
def test_scratch_folders_are_bounded(sandbox: BubblewrapSandbox, tree: Path, folder: str) -> None:
    bounded = BubblewrapSandbox(sandbox.bwrap, sandbox.isolation, shared_memory_bytes=1 << 20)
    script = f"for i in 1 2 3 4; do head -c 1000000 /dev/zero > {folder}/fill$i || exit 3; done"
    result = sh(bounded, tree, script, disk_bytes=2 << 20, writable=True)
    assert result.exit_code == 3
    assert b"No space left" in result.stderr


def test_endless_output_is_cut_in_the_middle(sandbox: BubblewrapSandbox, tree: Path) -> None:
    result = sh(sandbox, tree, "echo first; yes | head -c 40000000; echo last")
    assert result.stdout.startswith(b"first\n")
    assert result.stdout.endswith(b"last\n")
    assert b"bytes left out" in result.stdout
    assert len(result.stdout) < 20_000_000


def test_only_regular_files_come_back(sandbox: BubblewrapSandbox, tree: Path) -> None:
    script = (
        "echo ok > /out/ok; ln -s /etc/passwd /out/link; ln /out/ok /out/hard; mkfifo /out/pipe; ln -s / /out/root; echo y > '/out/a b'"
    )
    result = sh(sandbox, tree, script)
    assert result.outputs["a b"] == b"y\n"
    assert {"ok", "hard"} & result.outputs.keys()
    assert not {"link", "pipe", "root"} & result.outputs.keys()


def test_outputs_past_the_bound_are_left_out(sandbox: BubblewrapSandbox, tree: Path) -> None:
    bounded = BubblewrapSandbox(sandbox.bwrap, sandbox.isolation, max_output_bytes=1 << 20)
    assert "big" not in sh(bounded, tree, "truncate -s 900M /out/big").outputs


def test_two_runs_at_once_are_different_users(tree: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give every run a uid of its own")
    sandbox = find_bubblewrap()
    uids = {sh(sandbox, tree, "id -u").stdout for _ in range(3)}
    assert len(uids) == 3
    assert all(int(uid) >= 1_000_000 for uid in uids)


def test_nothing_stays_on_disk(sandbox: BubblewrapSandbox, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    sh(sandbox, tree, "echo x > /tmp/x; echo y > /out/y; echo z > z", writable=True)
    assert list((tmp_path / "temporary").iterdir()) == []
    assert sorted(path.name for path in tree.iterdir()) == ["data.txt"]


def test_a_missing_command_is_a_result_and_not_an_error(sandbox: BubblewrapSandbox, tree: Path) -> None:
    result = sandbox.run(SandboxRun(argv=("no-such-command",), tree=tree))
    assert result.exit_code == 127
    assert b"no-such-command" in result.stderr


def test_a_folder_that_does_not_exist_is_named(sandbox: BubblewrapSandbox, tree: Path) -> None:
    with pytest.raises(SandboxError, match="no-such-folder"):
        sh(sandbox, tree, "true", read_only=(tree / "no-such-folder",))


def test_a_machine_without_bubblewrap_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match=r"bwrap.*install_system\.sh"):
        find_sandbox()


def test_a_refusing_kernel_is_told_apart_from_a_failing_command(tree: Path, tmp_path: Path) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    with pytest.raises(SandboxError, match="No permissions to create new namespace"):
        sh(BubblewrapSandbox(str(refusing), find_bubblewrap().isolation), tree, "true")


def test_running_without_a_sandbox_is_refused() -> None:
    with pytest.raises(SandboxError, match="not available"):
        find_sandbox(unsafe=True)


def test_root_does_not_get_a_user_namespace_of_its_own(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SandboxError, match="dropped_uid"):
        sh(BubblewrapSandbox("/nowhere/bwrap", Isolation.USER_NAMESPACE), tree, "true")


def test_kernel_settings_are_mounted_read_only(sandbox: BubblewrapSandbox, tree: Path) -> None:
    mounts = [line.split() for line in sh(sandbox, tree, "cat /proc/mounts").stdout.decode().splitlines()]
    options = {where: set(flags.split(",")) for _, where, _, flags, *_ in mounts}
    assert all("ro" in options[where] for where in ("/", "/usr", "/dev", "/proc/sys", "/w"))


def test_a_flood_of_empty_files_is_ended(sandbox: BubblewrapSandbox, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_watch, "_MAX_SCRATCH_ENTRIES", 2000)
    result = python(sandbox, tree, "for n in range(3000): open(f'/tmp/{n}', 'w').close()\nimport time; time.sleep(30)", timeout_seconds=25)
    assert result.exit_code == 137
    assert b"files in its scratch folders" in result.stderr


def test_a_watch_that_breaks_ends_the_sandbox(sandbox: BubblewrapSandbox, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> int:
        raise psutil.NoSuchProcess(0)

    monkeypatch.setattr(sandbox_watch, "_scratch_entries", broken)
    assert sh(sandbox, tree, "sleep 20", timeout_seconds=20).seconds < 10
