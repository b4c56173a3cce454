"""The supervisor: engines, migrations, processes, and an orderly end."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from config.supervisor.checks import (
    check_database,
    check_frontend,
    check_platform,
    check_port,
    check_redis,
    check_state_directory,
)
from config.supervisor.engines import EmbeddedPostgres, EmbeddedValkey
from config.supervisor.errors import CannotStart
from config.supervisor.kept import KeptProcess, describe_end
from config.supervisor.lock import StateLock
from config.supervisor.logs import MergedLog
from config.supervisor.orthanc import OrthancServer
from config.supervisor.programs import Program, list_programs
from config.supervisor.servers import make_private
from config.supervisor.state import forget_house, write_engine_urls, write_pids
from config.supervisor.undertaker import read_processes, send

PR_SET_CHILD_SUBREAPER = 36
STOP_GRACE_S = 8.0
WATCH_INTERVAL_S = 0.5
READY_TIMEOUT_S = 120.0
DEMO_HINT = (
    "sign in as coordinator@demo.consilium.example with consilium-demo; more people in README.md"
)
PAGE_FIRST_S = 10.0  # the page gets both cores to itself this long before the workers start

CHECKS = {"DATABASE_URL": check_database, "REDIS_URL": check_redis}


@dataclass(frozen=True)
class Options:
    """What ``manage.py up`` was asked for."""

    base_directory: Path
    state_directory: Path
    port: int
    bind: str
    orthanc: bool = False
    demo: bool = False
    frontend: bool = True


class Engine(Protocol):
    """An embedded server the house owns."""

    @property
    def pid(self) -> int | None: ...
    def start(self) -> str: ...
    def stop(self) -> None: ...
    def is_running(self) -> bool: ...


class House:
    """Everything one ``manage.py up`` runs."""

    def __init__(self, *, options: Options, log: MergedLog) -> None:
        self.options = options
        self.log = log
        self.run_directory = options.state_directory / "run"
        self.url = f"http://{options.bind}:{options.port}"
        self.environment: dict[str, str] = dict(os.environ)
        self.engines: dict[str, Engine] = {}
        self.processes: list[KeptProcess] = []
        self._undertaker: subprocess.Popen[bytes] | None = None
        self._told: dict[int, int] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Start everything, wait for the end, stop everything; the exit status."""
        options = self.options
        check_platform()
        check_state_directory(directory=options.state_directory)
        if options.frontend:
            check_frontend(dist=options.base_directory / "frontend" / "dist")
        lock = StateLock(path=options.state_directory / "up.lock")
        lock.acquire(url=self.url)
        try:
            check_port(host=options.bind, port=options.port)
            self._prepare(lock=lock)
            return await self._live()
        finally:
            await self._stop_everything()
            lock.release()

    def ask_to_stop(self) -> None:
        """First time: an orderly end. Second time: at once."""
        if self._stopping.is_set():
            self.log.say("killing everything")
            for process in self.processes:
                process.kill()
            return
        self.log.say("stopping (again to kill)")
        self._stopping.set()

    def _prepare(self, *, lock: StateLock) -> None:
        make_private(self.run_directory)
        (self.options.state_directory / "static").mkdir(exist_ok=True)  # WhiteNoise looks for it
        # Orphans of a killed worker come to this process, which ends them, instead of to init.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._undertaker = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("undertaker.py"))],
            stdin=subprocess.PIPE,
            pass_fds=[lock.descriptor],
            start_new_session=True,
        )
        self.environment |= {
            "CONSILIUM_VAR": str(self.options.state_directory),
            "PORT": str(self.options.port),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self._start_engines()

    def _start_engines(self) -> None:
        state = self.options.state_directory
        known: dict[str, tuple[str, Engine]] = {
            "DATABASE_URL": ("postgres", EmbeddedPostgres(root=state / "postgres")),
            "REDIS_URL": ("valkey", EmbeddedValkey(root=state / "valkey")),
        }
        for variable, (name, engine) in known.items():
            if self.environment.get(variable):
                CHECKS[variable](url=self.environment[variable])
                self.log.say(f"{name}: using the server of {variable}")
                continue
            started_at = time.monotonic()
            self.engines[name] = engine
            self.environment[variable] = engine.start()
            self.log.say(f"{name}: embedded, started in {time.monotonic() - started_at:.1f} s")
            self._on_change()

    async def _live(self) -> int:
        programs = list_programs(
            bind=self.options.bind, port=self.options.port, run_directory=self.run_directory
        )
        tasks: list[asyncio.Task[None]] = []
        if self.options.orthanc:
            server = OrthancServer(root=self.options.state_directory / "orthanc")
            if not self.environment.get("CONSILIUM_PACS_URL"):
                self.environment["CONSILIUM_PACS_URL"] = server.dicomweb_url
            tasks.append(self._keep(server.program))
        self._write_urls()
        if not await self._run_to_end(
            name="migrate", arguments=["migrate", "--noinput", "--verbosity=0"]
        ):
            return 0 if self._stopping.is_set() else 1
        watching = asyncio.create_task(self._watch())
        web, *others = programs
        tasks.append(self._keep(web))
        await self._wait_until(_answers, f"{self.url}/livez", timeout_s=PAGE_FIRST_S)
        tasks += [self._keep(program) for program in others]
        welcoming = asyncio.create_task(self._welcome())
        await self._stopping.wait()
        watching.cancel()
        welcoming.cancel()
        return 0

    async def _wait_until(
        self, condition: Callable[[str], bool], url: str, *, timeout_s: float
    ) -> bool:
        """Whether `condition` came true of `url` in time and before the end was asked for."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not self._stopping.is_set():
            if await asyncio.to_thread(condition, url):
                return True
            await asyncio.sleep(WATCH_INTERVAL_S)
        return False

    def _keep(self, program: Program) -> asyncio.Task[None]:
        process = self._new_process(program)
        return asyncio.create_task(process.run())

    def _new_process(self, program: Program) -> KeptProcess:
        process = KeptProcess(
            program=program,
            environment=self.environment,
            directory=self.options.base_directory,
            log=self.log,
            on_change=self._on_change,
        )
        self.processes.append(process)
        return process

    async def _run_to_end(self, *, name: str, arguments: list[str]) -> bool:
        """Run one management command to its end; whether it succeeded."""
        started_at = time.monotonic()
        process = self._new_process(
            Program(name=name, command=[sys.executable, "manage.py", *arguments])
        )
        running = asyncio.create_task(process.run_once())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not running.done():
            await process.stop(grace_s=STOP_GRACE_S)
        returncode = await running
        self.processes.remove(process)
        if returncode != 0 and not self._stopping.is_set():
            self.log.say(f"{name} failed ({describe_end(returncode=returncode)})")
        elif returncode == 0:
            self.log.say(f"{name} done in {time.monotonic() - started_at:.1f} s")
        return returncode == 0

    async def _welcome(self) -> None:
        """Say when the page answers; fill the demo hospital once."""
        readyz = f"{self.url}/readyz"
        while not await self._wait_until(_is_well, readyz, timeout_s=READY_TIMEOUT_S):
            if self._stopping.is_set():
                return
            self.log.say(f"not ready after {READY_TIMEOUT_S:.0f} s: see {readyz}")
        self.log.say(f"ready: {self.url}")
        if self.options.demo:
            self.log.say(DEMO_HINT)
        marker = self.options.state_directory / "demo-hospital.done"
        if self.options.demo and not marker.exists():
            self.log.say("filling the demo hospital; the page can be used meanwhile")
            if await self._run_to_end(name="demo", arguments=["demo_hospital"]):
                marker.touch()
                self.log.say(f"the demo hospital is open: {self.url}")

    async def _watch(self) -> None:
        """Restart a dead engine; end what dead processes left behind."""
        while True:
            await asyncio.sleep(WATCH_INTERVAL_S)
            self._end_orphans()
            for name, engine in self.engines.items():
                if not engine.is_running():
                    self.log.say(f"{name} died; starting it again")
                    try:
                        # In this thread: the parent-death signal is tied to the starting thread.
                        engine.start()
                    except (CannotStart, OSError) as error:
                        self.log.say(str(error))
                    self._on_change()

    def _end_orphans(self) -> None:
        known: set[int | None] = {process.pid for process in self.processes}
        known |= {engine.pid for engine in self.engines.values()}
        known.add(self._undertaker.pid if self._undertaker else None)
        for (pid, _), (parent, _) in read_processes().items():
            if parent == os.getpid() and pid not in known:
                send(pid=pid, number=signal.SIGKILL)
        _reap_zombies(spare={pid for pid in known if pid})

    def _on_change(self) -> None:
        """Tell the undertaker, and whoever reads the process list, who runs now."""
        running = {p.name: (p.pid, int(p.program.stop_signal)) for p in self.processes if p.pid}
        polite = {"postgres": signal.SIGINT, "valkey": signal.SIGTERM}
        running |= {n: (e.pid, int(polite[n])) for n, e in self.engines.items() if e.pid}
        wards = dict(running.values())
        lines = [f"-{pid}\n" for pid in self._told if pid not in wards]
        lines += [f"+{pid} {number}\n" for pid, number in wards.items() if pid not in self._told]
        self._told = wards
        if self._undertaker and self._undertaker.stdin:
            self._undertaker.stdin.write("".join(lines).encode())
            self._undertaker.stdin.flush()
        pids = {name: pid for name, (pid, _) in running.items()} | {"up": os.getpid()}
        write_pids(state_directory=self.options.state_directory, pids=pids)

    def _write_urls(self) -> None:
        names = ("DATABASE_URL", "REDIS_URL", "CONSILIUM_PACS_URL")
        urls = {name: self.environment[name] for name in names if self.environment.get(name)}
        write_engine_urls(state_directory=self.options.state_directory, urls=urls)

    async def _stop_everything(self) -> None:
        """Processes first, engines last, so that nobody writes into a closing database."""
        await asyncio.gather(
            *(process.stop(grace_s=STOP_GRACE_S) for process in list(self.processes))
        )
        for engine in reversed(self.engines.values()):
            engine.stop()
        if self._undertaker is None or self._undertaker.stdin is None:
            return
        self._end_orphans()
        self._on_change()
        forget_house(state_directory=self.options.state_directory)
        self._undertaker.stdin.close()
        self._undertaker.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:  # URLError is one
        return False


def _is_well(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(json.load(answer)["status"] == "ok")
    except (OSError, ValueError, KeyError):
        return False


def _reap_zombies(*, spare: set[int]) -> None:
    for directory in Path("/proc").glob("[0-9]*"):
        if int(directory.name) not in spare:
            with suppress(ChildProcessError):  # somebody else's
                os.waitpid(int(directory.name), os.WNOHANG)
