"""Ends what a killed supervisor left behind; never imports anything of the project.

The supervisor writes ``+PID SIGNAL`` and ``-PID`` lines to this process's standard input. When the
pipe closes, the supervisor is gone, however it went: everything it had started is asked to end by
its signal, and what is still there after the grace is killed, descendants of every depth included
(a Celery child has its own group, the model runner its own session). The kernel's parent-death
signal alone reaches only direct children, and a Celery worker would finish its running job first.

It also holds the descriptor of the state lock, which is thereby free only when all is quiet.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

GRACE_S = 6.0
POLL_INTERVAL_S = 0.1

Process = tuple[int, str]  # pid and start time: a reused pid is another process


def read_processes() -> dict[Process, tuple[int, int]]:
    """Every process that is not a zombie, with (parent pid, session id)."""
    found: dict[Process, tuple[int, int]] = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            text = (directory / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        if fields[0] not in "ZX":
            found[(int(directory.name), fields[19])] = (int(fields[1]), int(fields[3]))
    return found


def find_family(*, roots: set[int]) -> set[Process]:
    """The processes of `roots`, of the sessions they lead, and all that descend from them."""
    processes = read_processes()
    pids = set(roots)
    grew = True
    while grew:
        grew = False
        for (pid, _), (parent, session) in processes.items():
            if pid not in pids and (parent in pids or session in roots):
                pids.add(pid)
                grew = True
    return {process for process in processes if process[0] in pids}


def send(*, pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def bury(*, wards: dict[int, int]) -> None:
    """End `wards` (pid to its polite signal) and their descendants."""
    family = find_family(roots=set(wards))
    for pid, number in wards.items():
        send(pid=pid, number=number)
    deadline = time.monotonic() + GRACE_S
    while family & read_processes().keys() and time.monotonic() < deadline:
        family |= find_family(roots=set(wards))
        time.sleep(POLL_INTERVAL_S)
    for pid, _ in family & read_processes().keys():
        send(pid=pid, number=signal.SIGKILL)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    wards: dict[int, int] = {}
    for line in sys.stdin:
        pid = int(line[1:].split()[0])
        if line.startswith("+"):
            wards[pid] = int(line.split()[1])
        else:
            wards.pop(pid, None)
    bury(wards=wards)


if __name__ == "__main__":
    main()
