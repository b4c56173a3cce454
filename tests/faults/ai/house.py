"""The house that the chaos breaks: its own engines, a real Orthanc, workers, runners, ticker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from config.supervisor.engines import EmbeddedPostgres, EmbeddedValkey
from config.supervisor.programs import _worker_command
from config.supervisor.servers import launch_command
from tests.faults.ai.relay import Cut, PacsRelay, Where
from tests.faults.processes import children_of, is_alive, is_parser, is_runner
from tests.orthanc import OrthancUnderTest
from tests.protocol.rules import BASE

AI_WORKERS = ("worker-ai-1", "worker-ai-2")
WORKER = "worker"
TICKER = "ticker"
A_MOMENT_S = 25.0
"""How long a kill waits for the moment it wants."""

COMPLETING = """
SELECT application_name FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND application_name LIKE 'worker-ai-%'
  AND query ILIKE 'INSERT INTO "audit_auditentry"%'
"""


@dataclass
class House:
    """``start_engines`` comes before Django reads its settings, ``open_up`` after."""

    root: Path
    postgres: EmbeddedPostgres = field(init=False)
    valkey: EmbeddedValkey = field(init=False)
    orthanc: OrthancUnderTest = field(init=False)
    relay: PacsRelay = field(init=False)
    tally: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    starts: Counter[str] = field(default_factory=Counter)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _killing: threading.Lock = field(default_factory=threading.Lock)

    def start_engines(self) -> None:
        """PostgreSQL as in a hospital: what it acknowledged survives its crash."""
        self.postgres = EmbeddedPostgres(root=self.root / "postgres", durable=True)
        self.valkey = EmbeddedValkey(root=self.root / "valkey", durable=True)
        os.environ["DATABASE_URL"] = self.postgres.start()
        os.environ["REDIS_URL"] = self.valkey.start()
        os.environ["CONSILIUM_VAR"] = str(self.root / "var")
        os.environ["CONSILIUM_AI_DEVICE"] = "cpu"
        os.environ["OMP_NUM_THREADS"] = "1"
        (self.root / "orthanc").mkdir()
        self.orthanc = OrthancUnderTest(root=self.root / "orthanc")
        self.orthanc.start()
        self.relay = PacsRelay(target=int(self.orthanc.rest_url.rpartition(":")[2]))

    @property
    def pacs_url(self) -> str:
        return f"http://127.0.0.1:{self.relay.port}/dicom-web"

    def open_up(self) -> None:
        self.tend()

    def tend(self) -> None:
        """As the supervisor does: who ended is started again, at once."""
        for name, command in self._programs().items():
            process = self._running.get(name)
            if process is None or process.poll() is not None:
                self._running[name] = self._start(name, command)

    def close(self) -> list[int]:
        """Stop everything politely; what of it lives on afterwards."""
        family = [pid for one in self._running.values() for pid in children_of(one.pid)]
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            if process.poll() is None:
                process.kill()
                process.wait()
        self._running.clear()
        return self._wait_for_end(family)

    def stop_engines(self) -> None:
        self.relay.stop()
        self.orthanc.stop()
        self.valkey.stop()
        self.postgres.stop()

    def living(self) -> set[int]:
        """The processes of the house and everything below them."""
        pids = {one.pid for one in self._running.values() if one.poll() is None}
        return pids | {pid for parent in list(pids) for pid in children_of(parent)}

    # ── what happens to it ────────────────────────────────────────────────────────────

    def kill(self, name: str, *, kind: str) -> None:
        """The whole worker: no goodbye to anybody."""
        with self._killing:
            process = self._running[name]
            if process.poll() is None:
                process.kill()
                self.kills[kind] += 1

    def kill_child(self, name: str) -> None:
        """One process of the pool; the worker above it lives and forks another."""
        parent = self._running[name].pid
        for pid in children_of(parent):
            if not is_runner(pid) and not is_parser(pid) and pid != parent:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills["pool process"] += 1
                return

    def kill_runner(self, name: str) -> None:
        end = time.monotonic() + A_MOMENT_S
        while time.monotonic() < end:
            for pid in filter(is_runner, children_of(self._running[name].pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills["model runner"] += 1
                return
            time.sleep(0.05)
            self.tend()

    def kill_completing(self) -> None:
        """A worker whose findings are written and not committed.

        The trail's table is locked, so that the transaction waits in the middle: its findings
        and the job's ending are in, its audit entry is not.
        """
        with (
            psycopg.connect(self.postgres.url) as lock,
            psycopg.connect(self.postgres.url, autocommit=True) as look,
        ):
            lock.execute("LOCK TABLE audit_auditentry IN SHARE MODE")
            end = time.monotonic() + A_MOMENT_S
            while time.monotonic() < end:
                if found := look.execute(COMPLETING).fetchone():
                    self.kill(found[0], kind="AI worker completing a job")
                    self._running[found[0]].wait()
                    break
                time.sleep(0.02)
            lock.rollback()

    def kill_storing(self, where: Where) -> None:
        """The exporter in the middle of STOW: half sent, or stored and not told."""
        kind = f"worker storing, {'half sent' if where == 'request' else 'answer unread'}"
        cut = Cut(b"POST", where, then=lambda: self.kill(WORKER, kind=kind))
        self.relay.plan(cut)
        if not cut.done.wait(A_MOMENT_S) and not self.relay.forget(cut):
            cut.done.wait(A_MOMENT_S)

    def cut(self, cut: Cut) -> None:
        """The next request of its kind is cut off; nobody dies of it."""
        self.relay.plan(cut)

    def flush(self) -> None:
        with suppress(redis.RedisError):
            redis.Redis.from_url(self.valkey.url).flushall()
            self.tally["flushes"] += 1

    def restart_valkey(self) -> None:
        self.valkey.stop()
        time.sleep(0.5)
        self.valkey.start()
        self.tally["valkey_restarts"] += 1

    def restart_postgres(self) -> None:
        """As an administrator does it: open transactions are rolled back."""
        self.postgres.stop()
        self.postgres.start()
        self.tally["postgres_restarts"] += 1

    def crash_postgres(self) -> None:
        """As a power cut does it: it recovers from its write-ahead log."""
        assert self.postgres.pid is not None
        os.kill(self.postgres.pid, signal.SIGQUIT)
        while self.postgres.is_running():
            time.sleep(0.05)
        self.postgres.start()
        self.tally["postgres_crashes"] += 1

    def restart_pacs(self) -> None:
        self.orthanc.stop()
        time.sleep(1.0)
        self.orthanc.start()
        self.tally["pacs_restarts"] += 1

    # ── its processes ─────────────────────────────────────────────────────────────────

    def _programs(self) -> dict[str, list[str]]:
        """As the supervisor's, with a second worker for analyses."""
        return {
            WORKER: _worker_command(name=WORKER, queue="default", size=2),
            **{name: _worker_command(name=name, queue="ai", size=1) for name in AI_WORKERS},
            TICKER: [sys.executable, "manage.py", "tick"],
        }

    def _start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        self.starts[name] += 1
        log = self.root / "logs" / f"{name}.{self.starts[name]}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("wb") as output:
            return subprocess.Popen(
                launch_command(program=command, parent_death="KILL"),
                cwd=BASE,
                # Its connections bear its name, so that one can be told from another.
                env=os.environ | {"PGAPPNAME": name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @staticmethod
    def _wait_for_end(family: list[int]) -> list[int]:
        end = time.monotonic() + 10
        while (left := [pid for pid in family if is_alive(pid)]) and time.monotonic() < end:
            time.sleep(0.1)
        return left
