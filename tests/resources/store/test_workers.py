import os
import subprocess
import sys

from resources.store.workers import is_gone, worker_identity


def test_a_living_process_is_not_gone() -> None:
    assert worker_identity() == worker_identity()
    assert not is_gone(worker_identity())


def test_a_process_that_ended_or_another_one_with_its_pid_is_gone() -> None:
    host, pid, started = worker_identity().rsplit(":", 2)
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    assert is_gone(f"{host}:{child.stdout.strip()}:{started}")
    assert is_gone(f"{host}:{pid}:{int(started) - 100}")


def test_a_zombie_is_gone() -> None:
    host, _, started = worker_identity().rsplit(":", 2)
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], dict(os.environ))
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(f"{host}:{pid}:{started}")
    os.waitpid(pid, 0)


def test_nothing_is_claimed_to_be_known_of_other_hosts_or_odd_names() -> None:
    assert not is_gone("elsewhere:1:1")
    assert not is_gone("nonsense")
    assert not is_gone("")
