"""Breaks a live session in every way there is while people work in it, and counts what is lost.

    python -m tests.faults.live.chaos --events 5000 --cuts 25 --kills 2 --report out.json

Twenty people write, two de-identified guests and an observer watch. The report says what was done
to the house and what each window ended with; ``losses`` is empty when nothing was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.faults.live.house import House, minter, persist

Json = dict[str, Any]
WRITERS = 20
GUESTS = 2
QUIET_LIMIT_S = 60.0


@dataclass(frozen=True)
class Plan:
    events: int
    cuts: int
    kills: int
    seed: int = 1
    crashes: int = 1
    limit_s: float = 3600.0


@dataclass
class Scene:
    session_id: UUID
    writers: list[UUID]
    watchers: list[UUID]
    guests: list[UUID]
    scan: Any


def make_scene(*, folder: Path) -> Scene:
    """A case with a small CT, an open room, twenty clinicians, two guests and an observer."""
    from datetime import UTC, datetime, timedelta

    from apps.cases.choices import Capacity, GrantSource, Guise
    from apps.cases.services import grant_access
    from apps.live import services
    from tests.people import SYSTEM, make_case_team, make_patient, make_person
    from tests.scans import import_ct

    team = make_case_team(patient=make_patient())
    folder.mkdir()
    scan = import_ct(case=team.case, folder=folder)
    writers = [team.people["chair"].pk, team.people["surgeon"].pk]
    while len(writers) < WRITERS:
        user = make_person(name=f"Writer {len(writers)}")
        grant_access(actor=SYSTEM, case_id=team.case_id, user_id=user.pk, capacity=Capacity.MEMBER)
        writers.append(user.pk)
    guests = []
    for number in range(GUESTS):
        user = make_person(name=f"Guest {number}")
        grant_access(
            actor=SYSTEM,
            case_id=team.case_id,
            user_id=user.pk,
            capacity=Capacity.CONSULTANT,
            guise=Guise.DEIDENTIFIED,
            source=GrantSource.CONSULT,
            source_id=f"chaos-{number}",
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )
        guests.append(user.pk)
    opened, _ = services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    return Scene(opened.pk, writers, [team.people["trainee"].pk], guests, scan)


class Chaos:
    """One run."""

    def __init__(self, *, plan: Plan, house: House, scene: Scene) -> None:
        from tests.faults.live.client import ChaosClient
        from tests.faults.live.work import Work

        self.plan, self.house, self.scene = plan, house, scene
        self.random = random.Random(plan.seed)
        share = -(-plan.events // len(scene.writers))
        self._people: dict[ChaosClient, UUID] = {}
        people = [*scene.writers, *scene.watchers, *scene.guests]
        for number, user_id in enumerate(people):
            writes = number < len(scene.writers)
            work = Work(share, scene.scan, plan.seed * 1000 + number, f"w{number}")
            client = ChaosClient(
                port=house.cutter.port,
                session_id=scene.session_id,
                mint=minter(user_id=user_id, session_id=scene.session_id),
                work=work if writes else None,
                # One of each view is enough; the others cost a minute of the load.
                checks_schema=number == 0 or not writes,
            )
            self._people[client] = user_id
        self.clients = list(self._people)
        self.started = time.monotonic()

    @property
    def committed(self) -> int:
        return sum(one.work.committed for one in self.clients if one.work is not None)

    async def run(self) -> Json:
        self.started = time.monotonic()
        talking = [asyncio.create_task(client.run()) for client in self.clients]
        try:
            await asyncio.gather(self._cut_now_and_then(), self._break_now_and_then())
            while not all(one.is_done for one in self.clients):
                self._look(talking)
                await asyncio.sleep(0.1)
            worked_s = time.monotonic() - self.started
            head = await persist(self._head)
            await self._wait_for(head)
        finally:
            for client in self.clients:
                client.stopping = True
            await asyncio.wait(talking, timeout=30)
        return await self._report(head=head, worked_s=worked_s)

    def _look(self, talking: list[asyncio.Task[None]]) -> None:
        for task in talking:
            if task.done():
                task.result()
        if time.monotonic() - self.started > self.plan.limit_s:
            waiting = sum(len(one.waiting) for one in self.clients)
            raise TimeoutError(f"{self.committed} committed, {waiting} ops wait: it hangs")

    async def _wait_for(self, head: int) -> None:
        end = time.monotonic() + QUIET_LIMIT_S
        while any(one.seq != head for one in self.clients) and time.monotonic() < end:
            await asyncio.sleep(0.05)

    # ── what is done to it ────────────────────────────────────────────────────────────

    async def _reach(self, share: float) -> None:
        """Until so much of the work is done: faults are spread over the work, not over time."""
        while self.committed < share * self.plan.events:
            if time.monotonic() - self.started > self.plan.limit_s:
                return
            await asyncio.sleep(0.02)

    async def _cut_now_and_then(self) -> None:
        rounds = max(1, self.plan.cuts // 3)
        for number in range(rounds):
            await self._reach(0.95 * (number + 1) / (rounds + 1))
            if number % 8 == 3:
                self.house.cutter.freeze(1, among=self.random)
            wanted = self.plan.cuts * (number + 1) // rounds - self.house.cutter.cuts
            self.house.cutter.cut(min(wanted, 6), among=self.random)
        while self.house.cutter.cuts < self.plan.cuts:
            self.house.cutter.cut(1, among=self.random)
            await asyncio.sleep(0.1)

    async def _break_now_and_then(self) -> None:
        house, kills = self.house, self.plan.kills
        acts: list[tuple[float, Any]] = [
            ((number + 1) / (kills + 1), lambda n=number: house.kill_web(n % house.webs))
            for number in range(kills)
        ]
        acts += [((number + 0.5) / kills, house.flush) for number in range(kills)]
        acts += [(0.2, house.restart_valkey), (0.75, house.restart_valkey)]
        acts += [(0.45, house.restart_postgres)]
        acts += [
            (0.6 + 0.3 * number / self.plan.crashes, house.crash_postgres)
            for number in range(self.plan.crashes)
        ]
        for share, act in sorted(acts, key=lambda pair: pair[0]):
            await self._reach(0.95 * share)
            await act()

    # ── what came of it ───────────────────────────────────────────────────────────────

    def _head(self) -> int:
        from apps.live.models import LiveSession

        return LiveSession.objects.get(pk=self.scene.session_id).head

    async def _report(self, *, head: int, worked_s: float) -> Json:
        from tests.faults.live.verdict import judge

        fresh = {}
        for client, user_id in self._people.items():
            fresh[client] = await self._fresh_snapshot(user_id)
        rows = await persist(self._log)
        losses = judge(clients=self.clients, fresh=fresh, head=head, log=rows)
        counts: Counter[str] = Counter()
        for client in self.clients:
            counts.update(client.counts)
        delays = sorted(delay for one in self.clients for delay in one.delays_ms)
        return {
            "events": head,
            "committed": self.committed,
            "seconds": round(worked_s, 1),
            "per_second": round(self.committed / worked_s, 1),
            "ack_p50_ms": round(delays[len(delays) // 2], 1),
            "ack_p95_ms": round(delays[len(delays) * 95 // 100], 1),
            "cuts": self.house.cutter.cuts,
            "frozen": self.house.cutter.frozen,
            **asdict(self.house.tally),
            "clients": len(self.clients),
            "counts": dict(counts),
            "losses": losses,
        }

    async def _fresh_snapshot(self, user_id: UUID) -> Json:
        """What somebody who joins now is given, by the same socket as everybody."""
        from tests.faults.live.client import ChaosClient

        mint = minter(user_id=user_id, session_id=self.scene.session_id)
        newcomer = ChaosClient(
            port=self.house.cutter.port, session_id=self.scene.session_id, mint=mint, work=None
        )
        talking = asyncio.create_task(newcomer.run())
        while newcomer.seq is None and not talking.done():
            await asyncio.sleep(0.01)
        newcomer.stopping = True
        await talking
        assert newcomer.snapshot is not None
        return newcomer.snapshot

    def _log(self) -> list[tuple[int, str | None, str]]:
        from apps.live.models import LiveEvent

        rows = LiveEvent.objects.filter(session_id=self.scene.session_id).order_by("seq")
        return [
            (seq, str(op_id) if op_id else None, kind)
            for seq, op_id, kind in rows.values_list("seq", "op_id", "kind")
        ]


async def run(plan: Plan, *, house: House, scene: Scene) -> Json:
    try:
        await house.open_up()
        return await Chaos(plan=plan, house=house, scene=scene).run()
    finally:
        await house.close()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.live.chaos", description=__doc__)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--cuts", type=int, default=25)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--webs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=3600.0)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--keep", type=Path, help="logs stay here")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="consilium-chaos-") as temporary:
        root = arguments.keep or Path(temporary)
        house = House(root=root, webs=arguments.webs)
        house.start_engines()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        scene = make_scene(folder=root / "scan")
        connections.close_all()
        plan = Plan(
            events=arguments.events,
            cuts=arguments.cuts,
            kills=arguments.kills,
            seed=arguments.seed,
            limit_s=arguments.limit,
        )
        report = asyncio.run(run(plan, house=house, scene=scene))
    arguments.report.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    print(json.dumps(report, indent=2))
    return 1 if report["losses"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
