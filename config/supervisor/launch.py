"""Start one program so that it cannot outlive its parent; never imports anything of the project.

    python -I -S launch.py [--parent-death SIGNAL] [--unprivileged] [--new-session] -- PROGRAM ARGS…

The settings below belong to the process that then *becomes* the program, which is why this is a
file of its own and not a ``preexec_fn``: a ``preexec_fn`` runs between fork and exec of a process
that may have threads, where little is allowed.

``--unprivileged`` is for PostgreSQL, which refuses to run as root. First choice is a user namespace
in which root is called ``nobody``: no account is created, no permission of any directory is
widened, and the files stay root's own. Where the kernel forbids that (a container without the
privilege), the process really becomes ``nobody``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
NOBODY_ID = 65534

_libc = ctypes.CDLL(None, use_errno=True)


def enter_user_namespace() -> bool:
    """Become ``nobody`` inside a new user namespace that maps to the present user."""
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        return False
    try:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{NOBODY_ID} {uid} 1")
        _write("/proc/self/gid_map", f"{NOBODY_ID} {gid} 1")
    except OSError:
        return False
    return os.geteuid() == NOBODY_ID


def user_namespace_allowed() -> bool:
    """Whether `enter_user_namespace` would succeed, found out in a child process."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if enter_user_namespace() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def drop_privileges() -> None:
    """Leave root, by namespace where the kernel allows it and by identity where not."""
    if os.geteuid() != 0:
        return
    if user_namespace_allowed() and enter_user_namespace():
        return
    os.setgroups([])
    os.setgid(NOBODY_ID)
    os.setuid(NOBODY_ID)


def die_with_parent(*, parent_pid: int, signal_name: str) -> None:
    """Ask the kernel for a signal when the parent ends.

    Called after every change of identity, because such a change clears the request.
    """
    _libc.prctl(PR_SET_PDEATHSIG, int(getattr(signal, f"SIG{signal_name}")), 0, 0, 0)
    if os.getppid() != parent_pid:  # it ended before the request was made
        os._exit(1)


def _write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="ascii")


def main(arguments: list[str]) -> None:
    separator = arguments.index("--")
    options, command = arguments[:separator], arguments[separator + 1 :]
    parent_pid = os.getppid()
    os.umask(0o077)
    if "--new-session" in options:
        os.setsid()
    if "--unprivileged" in options:
        drop_privileges()
    if "--parent-death" in options:
        signal_name = options[options.index("--parent-death") + 1]
        die_with_parent(parent_pid=parent_pid, signal_name=signal_name)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
