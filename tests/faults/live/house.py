"""The house that the chaos breaks: its own engines, several web processes, a relay before them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from config.supervisor.engines import EmbeddedPostgres, EmbeddedValkey
from tests.faults.live.cutter import Cutter

RATES = "op=1000/1000,control=1000/1000"


@dataclass
class Tally:
    """What was done to the house."""

    web_kills: int = 0
    postgres_restarts: int = 0
    postgres_crashes: int = 0
    valkey_restarts: int = 0
    flushes: int = 0


@dataclass
class House:
    """Started before Django reads its settings; ``open_up`` needs Django."""

    root: Path
    webs: int = 2
    postgres: EmbeddedPostgres = field(init=False)
    valkey: EmbeddedValkey = field(init=False)
    cutter: Cutter = field(default_factory=Cutter)
    tally: Tally = field(default_factory=Tally)
    logs: int = 0
    _running: dict[int, Any] = field(default_factory=dict)

    def start_engines(self) -> None:
        """PostgreSQL as in a hospital: what it acknowledged survives its crash."""
        self.postgres = EmbeddedPostgres(root=self.root / "postgres", durable=True)
        self.valkey = EmbeddedValkey(root=self.root / "valkey", durable=False)
        os.environ["DATABASE_URL"] = self.postgres.start()
        os.environ["REDIS_URL"] = self.valkey.start()
        os.environ["CONSILIUM_VAR"] = str(self.root / "var")

    async def open_up(self) -> None:
        await self.cutter.start()
        for slot in range(self.webs):
            await self.start_web(slot)

    async def start_web(self, slot: int) -> None:
        from tests.web_process import WebProcess

        self.logs += 1
        log = self.root / f"web{slot}.{self.logs}.log"
        settings = {"CONSILIUM_LIVE_LANE_RATES": RATES}
        try:
            web = await asyncio.to_thread(WebProcess, log=log, settings=settings)
        except AssertionError:  # on a machine with much else to do: as the supervisor, again
            web = await asyncio.to_thread(WebProcess, log=log, settings=settings)
        self._running[slot] = web
        self.cutter.targets = [one.port for one in self._running.values()]

    async def close(self) -> None:
        await self.cutter.stop()
        for web in self._running.values():
            await asyncio.to_thread(web.stop)
        self.valkey.stop()
        self.postgres.stop()

    # ── what happens to it ────────────────────────────────────────────────────────────

    async def kill_web(self, slot: int) -> None:
        """No goodbye to anybody; the supervisor's next one takes its place."""
        web = self._running.pop(slot)
        self.cutter.targets = [one.port for one in self._running.values()]
        await asyncio.to_thread(web.kill)
        self.tally.web_kills += 1
        await self.start_web(slot)

    async def restart_valkey(self) -> None:
        await asyncio.to_thread(self.valkey.stop)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.valkey.start)
        self.tally.valkey_restarts += 1

    async def flush(self) -> None:
        import redis

        def flushall() -> None:
            with suppress(redis.RedisError):
                redis.Redis.from_url(self.valkey.url).flushall()
                self.tally.flushes += 1

        await asyncio.to_thread(flushall)

    async def restart_postgres(self) -> None:
        """As an administrator does it: open transactions are rolled back."""
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.to_thread(self.postgres.start)
        self.tally.postgres_restarts += 1

    async def crash_postgres(self) -> None:
        """As a power cut does it: it recovers from its write-ahead log."""
        assert self.postgres.pid is not None
        os.kill(self.postgres.pid, signal.SIGQUIT)
        while self.postgres.is_running():
            await asyncio.sleep(0.05)
        await asyncio.to_thread(self.postgres.start)
        self.tally.postgres_crashes += 1


async def persist(work: Callable[[], Any], *, for_s: float = 60.0) -> Any:
    """Call a function that needs the database until it answers."""
    from django.db import DatabaseError, InterfaceError, connections

    def attempt() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    end = asyncio.get_running_loop().time() + for_s
    while True:
        try:
            return await asyncio.to_thread(attempt)
        except (DatabaseError, InterfaceError):
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(0.1)


def minter(*, user_id: UUID, session_id: UUID) -> Callable[[], Awaitable[str]]:
    """Tickets for one person, over whatever the database does."""

    def mint() -> str:
        from apps.accounts.models import User
        from apps.accounts.selectors import actor_for
        from apps.live import services

        user = User.objects.prefetch_related("roles").get(pk=user_id)
        return services.mint_ticket(actor=actor_for(user=user), session_id=session_id)

    async def again() -> str:
        return str(await persist(mint))

    return again
