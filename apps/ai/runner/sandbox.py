"""Confinement of the runner: what a model's code can reach, enforced by the kernel.

Four layers, each tried, each reported by name to the worker, which decides whether they
suffice (``process.check_confinement``):

- a network namespace of its own (``unshare``), without any interface;
- a system-call filter (seccomp): no sockets, no tracing or signalling of other processes, no
  program start, no new process (a thread is one), no mounts, no namespaces;
- file rules (Landlock): reads only from the interpreter, this code, the bundle store and the
  inbox, writes only to the scratch directory; other processes' ``/proc`` entries are closed,
  so the worker's environment stays unread although both run as the same user;
- no capabilities, no new privileges, and death with the parent.

Where the kernel has no Landlock an interpreter audit hook stands in for the file rules; it
stops Python, not native code, and the worker says so.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import platform
import resource
import signal
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWIPC = 0x08000000


@dataclass(frozen=True, slots=True)
class Confinement:
    """Which layers hold. ``file_rules`` is ``landlock``, ``audit_hook`` or empty."""

    network_namespace: bool
    syscall_filter: bool
    file_rules: str
    capabilities_dropped: bool

    def as_dict(self) -> dict[str, object]:
        return {
            "network_namespace": self.network_namespace,
            "syscall_filter": self.syscall_filter,
            "file_rules": self.file_rules,
            "capabilities_dropped": self.capabilities_dropped,
        }


def die_with_parent(*, parent_pid: int) -> None:
    """Ask the kernel to kill this process when its parent ends, and close the race."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def limit_resources(*, memory_bytes: int, file_bytes: int, open_files: int) -> None:
    """Hard limits of this process; 0 leaves the address space alone (CUDA reserves far more)."""
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def confine(*, readable: list[Path], writable: list[Path]) -> Confinement:
    """Give up everything a model does not need. There is no way back."""
    network_namespace = _leave_network()
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    capabilities_dropped = _drop_capabilities()
    file_rules = "landlock" if _apply_landlock(readable, writable) else _apply_hook(writable)
    return Confinement(
        network_namespace=network_namespace,
        syscall_filter=_apply_seccomp(),
        file_rules=file_rules,
        capabilities_dropped=capabilities_dropped,
    )


def _leave_network() -> bool:
    if _libc.unshare(_CLONE_NEWNET | _CLONE_NEWIPC) == 0:
        return True
    # Without privilege a user namespace of our own carries the network namespace.
    return bool(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) == 0)


def _drop_capabilities() -> bool:
    for capability in range(64):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)
    empty = struct.pack("IIIIII", 0, 0, 0, 0, 0, 0)
    return bool(_libc.capset(header, empty) == 0)


# --- Landlock (linux/landlock.h) -------------------------------------------------------------

_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_ADD_RULE = 445
_LANDLOCK_RESTRICT_SELF = 446
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_READ_RIGHTS = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV


def _handled_rights(abi: int) -> int:
    rights = (1 << 13) - 1
    if abi >= 2:
        rights |= _REFER
    if abi >= 3:
        rights |= _TRUNCATE
    if abi >= 5:
        rights |= _IOCTL_DEV
    return rights


def _apply_landlock(readable: list[Path], writable: list[Path]) -> bool:
    abi = _libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return False
    handled = _handled_rights(abi)
    # handled_access_fs, handled_access_net (TCP bind and connect), scoped (abstract sockets,
    # signals): newer kernels know more fields; the size passed says how many we mean.
    fields = [handled]
    if abi >= 4:
        fields.append(0b11)
    if abi >= 6:
        fields.append(0b11)
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = _libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow_beneath(ruleset, path, handled & _READ_RIGHTS)
        for path in _device_files():
            _allow_beneath(ruleset, path, handled & ~(_REFER | _EXECUTE))
        for path in writable:
            _allow_beneath(ruleset, path, handled & ~_EXECUTE)
        return bool(_libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _device_files() -> list[Path]:
    nvidia = sorted(Path("/dev").glob("nvidia*"))
    return [Path("/dev/null"), Path("/dev/zero"), Path("/dev/urandom"), *nvidia]


def _allow_beneath(ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = rights if path.is_dir() else rights & _FILE_RIGHTS
        rule = struct.pack("=Qi", allowed, parent)
        if _libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), f"Landlock refused a rule for {path}")
    finally:
        os.close(parent)


def _apply_hook(writable: list[Path]) -> str:
    roots = tuple(str(path.resolve()) + os.sep for path in writable)
    write_flags = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        writes = isinstance(arguments[2], int) and bool(arguments[2] & write_flags)
        if writes and path != "/dev/null" and not path.startswith(roots):
            raise PermissionError(errno.EACCES, "outside the scratch directory", path)
        if path.startswith("/proc/") and path.endswith(("/environ", "/mem")):
            raise PermissionError(errno.EACCES, "closed to models", path)

    sys.addaudithook(refuse)
    return "audit_hook"


# --- seccomp (linux/seccomp.h, linux/filter.h) -----------------------------------------------

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_DENY = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
_CLONE_THREAD = 0x00010000
_CLONE3 = 435
_CLONE = {0xC000003E: 56, 0xC00000B7: 220}

_SYSCALLS = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "accept4": 288,
            "execve": 59, "execveat": 322, "kill": 62, "tkill": 200, "ptrace": 101,
            "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_open": 434,
            "pidfd_getfd": 438, "pidfd_send_signal": 424, "rt_sigqueueinfo": 129,
            "rt_tgsigqueueinfo": 297, "mount": 165, "umount2": 166, "pivot_root": 155,
            "chroot": 161, "unshare": 272, "setns": 308, "bpf": 321, "perf_event_open": 298,
            "userfaultfd": 323, "keyctl": 250, "add_key": 248, "request_key": 249,
            "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
            "fork": 57, "vfork": 58,
            "init_module": 175, "finit_module": 313, "kexec_load": 246, "open_by_handle_at": 304,
            "fsopen": 430, "open_tree": 428, "move_mount": 429,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198, "connect": 203, "accept": 202, "bind": 200, "listen": 201,
            "accept4": 242, "execve": 221, "execveat": 281, "kill": 129, "tkill": 130,
            "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_open": 434,
            "pidfd_getfd": 438, "pidfd_send_signal": 424, "rt_sigqueueinfo": 138,
            "rt_tgsigqueueinfo": 240, "mount": 40, "umount2": 39, "pivot_root": 41,
            "chroot": 51, "unshare": 97, "setns": 268, "bpf": 280, "perf_event_open": 241,
            "userfaultfd": 282, "keyctl": 219, "add_key": 217, "request_key": 218,
            "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
            "init_module": 105, "finit_module": 273, "kexec_load": 104, "open_by_handle_at": 265,
            "fsopen": 430, "open_tree": 428, "move_mount": 429,
        },
    ),
}  # fmt: skip


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def _apply_seccomp() -> bool:
    known = _SYSCALLS.get(platform.machine())
    if known is None or sys.byteorder != "little":
        return False
    architecture, denied = known
    program = _build_filter(architecture, sorted(denied.values()))
    buffer = ctypes.create_string_buffer(program, len(program))
    filter_program = _FilterProgram(length=len(program) // 8, instructions=ctypes.addressof(buffer))
    return bool(_libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(filter_program), 0, 0) == 0)


def _build_filter(architecture: int, denied: list[int]) -> bytes:
    load, jump_equal, jump_at_least, jump_if_set, answer = 0x20, 0x15, 0x35, 0x45, 0x06

    def instruction(code: int, if_true: int, if_false: int, value: int) -> bytes:
        return struct.pack("HBBI", code, if_true, if_false, value)

    parts = [
        instruction(load, 0, 0, 4),  # the architecture
        instruction(jump_equal, 1, 0, architecture),
        instruction(answer, 0, 0, _KILL_PROCESS),
        instruction(load, 0, 0, 0),  # the system call's number
        # A child would outlive the runner. clone3 hides its flags behind a pointer: it is said
        # to be unknown, and the C library falls back to clone, whose flags can be read.
        instruction(jump_equal, 0, 1, _CLONE3),
        instruction(answer, 0, 0, _UNKNOWN),
        instruction(jump_equal, 0, 4, _CLONE[architecture]),
        instruction(load, 0, 0, 16),  # the first argument, its lower half
        instruction(jump_if_set, 1, 0, _CLONE_THREAD),
        instruction(answer, 0, 0, _DENY),
        instruction(answer, 0, 0, _ALLOW),
        instruction(jump_at_least, len(denied) + 1, 0, 0x40000000),  # the x32 table
    ]
    for position, number in enumerate(denied):
        parts.append(instruction(jump_equal, len(denied) - position, 0, number))
    parts.append(instruction(answer, 0, 0, _ALLOW))
    parts.append(instruction(answer, 0, 0, _DENY))
    return b"".join(parts)
