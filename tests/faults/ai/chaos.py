"""Breaks the way from a question to the PACS in every way there is, and counts what is lost.

    python -m tests.faults.ai.chaos --jobs 40 --kills 8 --seed 1 --report out.json

Real PostgreSQL, Valkey, Orthanc, Celery workers, model runners and ticker. A radiologist asks one
question about each of many small series and accepts what is found, while workers, runners and
the ticker get ``kill -9``, Valkey is flushed and restarted, PostgreSQL is restarted and crashes,
and the PACS is restarted or cut off in the middle of an answer. ``losses`` is empty when every
question has its one right answer and Orthanc holds each object once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tests.faults.ai.house import AI_WORKERS, TICKER, WORKER, House
from tests.faults.ai.relay import Cut, Where

if TYPE_CHECKING:
    from tests.faults.ai.scene import Scene
    from tests.faults.ai.staff import Staff

Json = dict[str, Any]
Work = Literal["answers", "exports"]

LAST_ACT_AT = 0.85
"""Of the work: afterwards nothing more is done to the house."""
REST_LIMIT_S = 60.0
JOBS_PER_VALKEY_RESTART = 250
JOBS_PER_CUT = 20


@dataclass(frozen=True)
class Plan:
    jobs: int
    kills: int
    seed: int = 1
    limit_s: float = 1800.0

    @property
    def rounds(self) -> int:
        """How often each fault of an engine happens; once in the short form."""
        return max(1, self.jobs // JOBS_PER_VALKEY_RESTART)


@dataclass
class Act:
    """Something done to the house once ``at`` of the ``work`` is done."""

    name: str
    work: Work
    do: Callable[[], None]
    at: float = 0.0


class Chaos:
    """One run."""

    def __init__(self, *, plan: Plan, house: House, scene: Scene, staff: Staff) -> None:
        self.plan, self.house, self.scene, self.staff = plan, house, scene, staff
        self.random = random.Random(plan.seed)
        self.started = time.monotonic()
        self.acts: list[str] = []

    @property
    def is_late(self) -> bool:
        return time.monotonic() - self.started > self.plan.limit_s

    def share(self, work: Work) -> float:
        """How much of the work is done: questions answered, accepted findings sent home."""
        if work == "answers":
            return self.staff.ended / self.plan.jobs
        return self.staff.stored / sum(1 for one in self.scene.questions if one.answer[2])

    def run(self) -> Json:
        self.started = time.monotonic()
        self.house.open_up()
        self.staff.start()
        waiting = self._choose_acts()
        while not (self.staff.is_done or self.is_late):
            # Spread over the work done, not over time: a slow machine suffers as many faults.
            due = next((one for one in waiting if self.share(one.work) >= one.at), None)
            if due is not None:
                waiting.remove(due)
                due.do()
                self._say(due)
            self._pause()
        worked_s = time.monotonic() - self.started
        self.staff.stopping = True
        self.staff.join(30)
        return self._report(worked_s=worked_s)

    def _pause(self) -> None:
        self.house.tend()
        if self.staff.failure is not None:
            raise self.staff.failure
        time.sleep(0.05)

    def _say(self, act: Act) -> None:
        line = (
            f"{time.monotonic() - self.started:.1f} s, {self.staff.ended} answers, "
            f"{self.staff.stored} exports: {act.name}"
        )
        self.acts.append(line)
        print(line, file=sys.stderr, flush=True)

    # ── what is done to it ────────────────────────────────────────────────────────────

    def _choose_acts(self) -> list[Act]:
        house = self.house
        kills = [
            Act("AI worker", "answers", lambda: house.kill(self._ai_worker(), kind="AI worker")),
            Act("storing, half sent", "exports", lambda: house.kill_storing("request")),
            Act("completing", "answers", house.kill_completing),
            Act("worker", "exports", lambda: house.kill(WORKER, kind="worker")),
            Act("model runner", "answers", lambda: house.kill_runner(self._ai_worker())),
            Act("storing, answer unread", "exports", lambda: house.kill_storing("answer")),
            Act("pool process", "answers", lambda: house.kill_child(self._ai_worker())),
            Act("ticker", "answers", lambda: house.kill(TICKER, kind="ticker")),
        ]
        chosen = [replace(kills[number % len(kills)]) for number in range(self.plan.kills)]
        for _ in range(self.plan.rounds):
            chosen += [
                Act("FLUSHALL", "answers", house.flush),
                Act("Valkey restart", "exports", house.restart_valkey),
                Act("PostgreSQL restart", "answers", house.restart_postgres),
                Act("PostgreSQL crash", "exports", house.crash_postgres),
                Act("PACS restart", "exports", house.restart_pacs),
            ]
        cuts: list[tuple[bytes, Where]] = [
            (b"POST", "answer"),
            (b"GET", "half answer"),
            (b"POST", "half answer"),
            (b"POST", "request"),
        ]
        for number in range(max(len(cuts), self.plan.jobs // JOBS_PER_CUT)):
            method, where = cuts[number % len(cuts)]
            name = f"cut: {method.decode()} {where}"
            chosen.append(Act(name, "exports", partial(house.cut, Cut(method, where))))
        self.random.shuffle(chosen)
        for work in ("answers", "exports"):
            of_it = [one for one in chosen if one.work == work]
            for number, one in enumerate(of_it):
                one.at = LAST_ACT_AT * (number + self.random.random()) / len(of_it)
        return sorted(chosen, key=lambda one: one.at)

    def _ai_worker(self) -> str:
        return self.random.choice(AI_WORKERS)

    # ── what came of it ───────────────────────────────────────────────────────────────

    def _report(self, *, worked_s: float) -> Json:
        from tests.faults.ai.facts import collect, count_unsealed, count_unsent
        from tests.faults.ai.verdict import judge

        end = time.monotonic() + REST_LIMIT_S
        while (count_unsent() or count_unsealed()) and time.monotonic() < end:
            self._pause()
        losses = judge(collect(house=self.house, scene=self.scene, living=self.house.living()))
        losses += [f"a process outlived the house: {pid}" for pid in self.house.close()]
        if self.is_late:
            losses.append(f"not done in {self.plan.limit_s:.0f} s")
        return {
            "jobs": self.plan.jobs,
            "seed": self.plan.seed,
            "seconds": round(worked_s, 1),
            "kills": sum(self.house.kills.values()),
            "kills_by_kind": dict(self.house.kills),
            "cuts": dict(self.house.relay.cuts),
            **self.house.tally,
            "starts": dict(self.house.starts),
            "exports": self.staff.stored,
            "staff": dict(self.staff.counts),
            "attempts": _attempts(),
            "acts": self.acts,
            "losses": losses,
        }


def _attempts() -> Json:
    """How many jobs and exports took how many attempts."""
    from collections import Counter

    from apps.ai.models import FindingExport, Job

    return {
        "jobs": {
            str(n): count
            for n, count in sorted(Counter(Job.objects.values_list("attempts", flat=True)).items())
        },
        "exports": {
            str(n): count
            for n, count in sorted(
                Counter(FindingExport.objects.values_list("attempts", flat=True)).items()
            )
        },
    }


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.ai.chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=1800.0)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--keep", type=Path, help="logs stay here")
    arguments = parser.parse_args(argv)
    plan = Plan(
        jobs=arguments.jobs,
        kills=arguments.kills,
        seed=arguments.seed,
        limit_s=arguments.limit,
    )
    with tempfile.TemporaryDirectory(prefix="consilium-ai-chaos-") as temporary:
        root = arguments.keep or Path(temporary)
        root.mkdir(exist_ok=True)
        house = House(root=root)
        house.start_engines()
        try:
            report = run(plan=plan, house=house)
        finally:
            house.close()
            house.stop_engines()
    arguments.report.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    print(json.dumps(report, indent=2))
    return 1 if report["losses"] else 0


def run(*, plan: Plan, house: House) -> Json:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", verbosity=0)
    from tests.faults.ai.scene import make_scene
    from tests.faults.ai.staff import Staff

    started = time.monotonic()
    scene = make_scene(house=house, jobs=plan.jobs)
    prepared_s = time.monotonic() - started
    connections.close_all()  # of this thread: they would not outlive the first restart
    report = Chaos(plan=plan, house=house, scene=scene, staff=Staff(scene)).run()
    return {"prepared_s": round(prepared_s, 1), **report}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
