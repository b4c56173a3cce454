"""Forty people in five sessions for a while: what grows, and whether it gets slower."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.live.generator import check_heard, generating
from tests.bench.live.house import LiveHouse, Server
from tests.bench.live.people import BenchRoom, make_people, make_room
from tests.bench.live.stats import drift, percentile, slope
from tests.bench.run import Figure, at_most

Json = dict[str, Any]

ROOMS = 5
PEOPLE = 8
SAMPLE_S = 2.0
WARM_SHARE = 0.2
"""Of the time: caches fill and pools grow; what is sampled meanwhile is left out."""

MIB = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    """One process at one moment."""

    at_s: float
    rss_mb: float
    handles: int


def measure_soak(house: LiveHouse, *, seconds: float) -> list[Figure]:
    """Two web processes; half of the people on each; people leave and come back all the time."""
    webs = [house.start_web("web-1"), house.start_web("web-2")]
    people = make_people(ROOMS * PEOPLE)
    rooms = [
        make_room(people[number * PEOPLE : (number + 1) * PEOPLE], number=number)
        for number in range(ROOMS)
    ]
    stretch_s = min(60.0, seconds / 6)
    job = {
        "clients": [_plan(room, n, webs=webs) for room in rooms for n in range(PEOPLE)],
        "stages": {room.number: room.stage for room in rooms},
        "warm_s": 5.0,
        "seconds": seconds,
        "stretch_s": stretch_s,
        "drain_s": 12.0,  # whoever is away at the end has come back
        "look_for_leaks": True,
    }
    samples: dict[str, list[Sample]] = {web.name: [] for web in webs}
    stretches: list[Json] = []
    done = threading.Event()
    sampler = threading.Thread(target=_sample, args=(webs, samples, done), daemon=True)
    with generating(job) as (process, result):
        sampler.start()
        assert process.stdout is not None
        for line in process.stdout:
            stretches.append(json.loads(line))
            _tell(stretches[-1], samples)
        done.set()
        heard = result()
    sampler.join()
    check_heard(heard, heads={room.number: room.head() for room in rooms})
    return [*_judge(samples, stretches), *_describe(heard, seconds=seconds)]


def _plan(room: BenchRoom, person: int, *, webs: Sequence[Server]) -> Json:
    """The presenter stays; of the others everybody leaves for a moment, about twice in a minute."""
    does: Json = {"presence_hz": 2.0, "op_hz": 0.1}
    does |= {"leave_hz": 1 / 40} if person else {"stage_hz": 10.0}
    server = webs[person % len(webs)]
    return room.client(person, server=server, signed_in=True, **does)


def _sample(
    webs: Sequence[Server], samples: dict[str, list[Sample]], done: threading.Event
) -> None:
    started = time.monotonic()
    while not done.wait(SAMPLE_S):
        for web in webs:
            at_s = time.monotonic() - started
            samples[web.name].append(read_process(web.pid, at_s=at_s))


def read_process(pid: int, *, at_s: float) -> Sample:
    """Resident memory and open file handles, as the kernel counts them."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    handles = len(os.listdir(f"/proc/{pid}/fd"))
    return Sample(at_s, pages * os.sysconf("SC_PAGE_SIZE") / MIB, handles)


def _tell(stretch: Json, samples: dict[str, list[Sample]]) -> None:
    memory = {name: round(of[-1].rss_mb, 1) for name, of in samples.items() if of}
    p95 = percentile(stretch["stage_ms"], 0.95)
    print(f"  {stretch['at_s']:.0f} s: stage p95 {p95:.1f} ms, memory {memory}", flush=True)


def _judge(samples: dict[str, list[Sample]], stretches: list[Json]) -> list[Figure]:
    figures = []
    for name, of in samples.items():
        settled = after_warm_up(of)
        growth = slope([(one.at_s / 60, one.rss_mb) for one in settled])
        handles = slope([(one.at_s / 60, float(one.handles)) for one in settled])
        figures += [
            at_most(f"{name}, growth of memory", growth, "MB/min", 1),
            Figure(f"{name}, memory at the end", settled[-1].rss_mb, "MB"),
            # Sockets come and go; a line that is flat rises by less than one in five minutes.
            at_most(f"{name}, growth of file handles", handles, "1/min", 0.2),
            Figure(f"{name}, file handles at the most", max(one.handles for one in of), ""),
        ]
    settled_stretches = stretches[max(1, round(len(stretches) * WARM_SHARE)) :]
    for what, key in (("stage", "stage_ms"), ("op acknowledged", "ack_ms")):
        p95 = [(one["at_s"] / 60, percentile(one[key], 0.95)) for one in settled_stretches]
        figures.append(at_most(f"{what}, drift of p95", 100 * drift(p95), "%", 10))
        figures.append(Figure(f"{what}, p95, first stretch", p95[0][1], "ms"))
        figures.append(Figure(f"{what}, p95, last stretch", p95[-1][1], "ms"))
    return figures


def after_warm_up(samples: Sequence[Sample]) -> list[Sample]:
    end = samples[-1].at_s
    return [one for one in samples if one.at_s >= WARM_SHARE * end]


def _describe(heard: Json, *, seconds: float) -> list[Figure]:
    clients = heard["clients"]
    return [
        Figure("length", seconds / 60, "min"),
        Figure("ops acknowledged", sum(one["acked"] for one in clients), ""),
        Figure("comings and goings", sum(len(one["join_ms"]) for one in clients), ""),
        Figure(
            "durable deliveries, each once and in order",
            sum(len(one["seqs"]) for one in clients),
            "",
        ),
        at_most("messages of another room", 0, "", 0),  # the gate has passed
    ]
