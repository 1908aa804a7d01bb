"""A small system call filter: the kernel's doors that no test suite needs answer EPERM.

A second wall behind the namespaces: no nested user namespaces, mounts, keyrings (the session's is inherited), eBPF, and the like.
"""

import platform
import struct

_LOAD_WORD = 0x20
_JUMP_EQUAL = 0x15
_JUMP_ANY_BIT = 0x45
_JUMP_AT_LEAST = 0x35
_RETURN = 0x06
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_EPERM, _ENOSYS = 1, 38
_OFFSET_NUMBER, _OFFSET_ARCH, _OFFSET_ARG0 = 0, 4, 16
_CLONE_NEWUSER = 0x10000000
_X32_BIT = 0x40000000

# mount, umount2, pivot_root, unshare, setns, keyctl, add_key, request_key, bpf, perf_event_open, userfaultfd, open_by_handle_at,
# io_uring_setup/enter/register, init/finit/delete_module, kexec_load, kexec_file_load, swapon, swapoff, reboot, acct, quotactl,
# open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr.
_DENIED = {
    "x86_64": (
        *(165, 166, 155, 272, 308, 250, 248, 249, 321, 298, 323, 304, 425, 426, 427),
        *(175, 313, 176, 246, 320, 167, 168, 169, 163, 179, 428, 429, 430, 431, 432, 433, 442),
    ),
    "aarch64": (
        *(40, 39, 41, 97, 268, 219, 217, 218, 280, 241, 282, 265, 425, 426, 427),
        *(105, 273, 106, 104, 294, 224, 225, 142, 89, 60, 428, 429, 430, 431, 432, 433, 442),
    ),
}
_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435


def deny_filter(machine: str | None = None) -> bytes:
    """The compiled filter for bubblewrap's `--seccomp`; on processors that it does not know it allows everything.

    `clone3` answers ENOSYS, upon which C libraries use `clone`, whose flags a filter can see.
    """
    machine = machine or platform.machine()
    if machine not in _ARCH:
        return _step(_RETURN, _ALLOW)
    steps = [
        _step(_LOAD_WORD, _OFFSET_ARCH),
        # A foreign architecture (32 bit on x86) has other numbers: refused whole.
        _step(_JUMP_EQUAL, _ARCH[machine], on_true=1),
        _step(_RETURN, _ERRNO | _ENOSYS),
        _step(_LOAD_WORD, _OFFSET_NUMBER),
    ]
    if machine == "x86_64":
        steps += [_step(_JUMP_AT_LEAST, _X32_BIT, on_false=1), _step(_RETURN, _ERRNO | _ENOSYS)]
    for number in _DENIED[machine]:
        steps += [_step(_JUMP_EQUAL, number, on_false=1), _step(_RETURN, _ERRNO | _EPERM)]
    steps += [
        _step(_JUMP_EQUAL, _CLONE3, on_false=1),
        _step(_RETURN, _ERRNO | _ENOSYS),
        _step(_JUMP_EQUAL, _CLONE[machine], on_false=3),
        _step(_LOAD_WORD, _OFFSET_ARG0),
        _step(_JUMP_ANY_BIT, _CLONE_NEWUSER, on_false=1),
        _step(_RETURN, _ERRNO | _EPERM),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def _step(code: int, value: int, *, on_true: int = 0, on_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, on_true, on_false, value)
