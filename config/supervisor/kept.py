"""One process kept running: started tied to the supervisor, restarted with back-off."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from config.supervisor.logs import MergedLog
from config.supervisor.programs import Program
from config.supervisor.servers import launch_command
from config.supervisor.undertaker import find_family, send

BACK_OFF_FIRST_S = 0.5
BACK_OFF_MAX_S = 30.0
OUTPUT_TIMEOUT_S = 2.0
STEADY_AFTER_S = 30.0  # a process that lived this long starts its back-off afresh


def describe_end(*, returncode: int) -> str:
    """``killed by SIGKILL`` or ``ended with 3``."""
    if returncode < 0:
        return f"killed by {signal.Signals(-returncode).name}"
    return f"ended with {returncode}"


async def wait_for_end(process: subprocess.Popen[bytes]) -> int:
    """The exit status, without a thread per process.

    Children must all come from the main thread: the kernel's parent-death signal is sent when the
    *thread* that started a child ends.
    """
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(process.pid)
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return process.wait()


class KeptProcess:
    """Runs one `Program` until told to stop."""

    def __init__(
        self,
        *,
        program: Program,
        environment: Mapping[str, str],
        directory: Path,
        log: MergedLog,
        on_change: Callable[[], None],
    ) -> None:
        self.program = program
        self._environment = {**environment, **program.environment}
        self._directory = directory
        self._log = log
        self._on_change = on_change
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def run(self) -> None:
        """Start, and start again after every end, until `stop`."""
        back_off_s = BACK_OFF_FIRST_S
        while not self._stopping:
            started_at = time.monotonic()
            returncode = await self.run_once()
            if self._stopping:
                return
            if time.monotonic() - started_at > STEADY_AFTER_S:
                back_off_s = BACK_OFF_FIRST_S
            self._log.say(
                f"{self.name} {describe_end(returncode=returncode)}; again in {back_off_s:g} s"
            )
            await asyncio.sleep(back_off_s)
            back_off_s = min(back_off_s * 2, BACK_OFF_MAX_S)

    async def run_once(self) -> int:
        """Start once and copy its output until it ends; what it leaves behind is killed."""
        self._process = process = self._spawn()
        self._on_change()
        output = asyncio.create_task(self._follow(process))
        returncode = await wait_for_end(process)
        for pid, _ in find_family(roots={process.pid}):
            send(pid=pid, number=signal.SIGKILL)
        await asyncio.wait([output], timeout=OUTPUT_TIMEOUT_S)
        output.cancel()
        self._process = None
        self._on_change()
        return returncode

    async def stop(self, *, grace_s: float) -> None:
        """Ask politely, then kill with all descendants."""
        self._stopping = True
        process = self._process
        if process is None:
            return
        send(pid=process.pid, number=self.program.stop_signal)
        deadline = time.monotonic() + grace_s
        while self._process is process and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        if self._process is process:
            self.kill()
            while self._process is process:
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """End it and all its descendants now, for good."""
        self._stopping = True
        if self._process is None:
            return
        for pid, _ in find_family(roots={self._process.pid}):
            send(pid=pid, number=signal.SIGKILL)

    def _spawn(self) -> subprocess.Popen[bytes]:
        signal_name = signal.Signals(self.program.stop_signal).name.removeprefix("SIG")
        return subprocess.Popen(
            launch_command(program=self.program.command, parent_death=signal_name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._directory,
            env=self._environment,
        )

    async def _follow(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), process.stdout
        )
        try:
            await self._log.follow(name=self.name, reader=reader)
        finally:
            transport.close()
