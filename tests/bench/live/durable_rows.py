"""Durable ops, many rooms at once, somebody who was away, and what a second process adds."""

from __future__ import annotations

import statistics
import time
from typing import Any

from apps.live.reducer import apply_event
from tests.bench.live.gate import check_events
from tests.bench.live.generator import check_heard, run_generator
from tests.bench.live.house import Server
from tests.bench.live.people import BenchRoom
from tests.bench.live.stats import percentile, spread
from tests.bench.run import Figure, at_most

Json = dict[str, Any]

SECONDS = 10.0
SETTLED_S = 1.0
MISSED = 1000
AWAY_S = 30.0


def measure_ops(*, room: BenchRoom, server: Server, rounds: int = 3) -> list[Figure]:
    """Twenty in a room, four of whom write; from sending to the answer after the commit."""
    acks: list[float] = []
    events: list[float] = []
    for _ in range(rounds):
        clients = [
            room.client(n, server=server, op_hz=4 if 0 < n <= 4 else 0, stage_hz=0 if n else 5)
            for n in range(20)
        ]
        heard = _run(clients, rooms=[room], seconds=SECONDS / 2)
        acks.append(percentile(heard["ack_ms"], 0.95))
        events.append(percentile(heard["event_ms"], 0.95))
    what = "durable op, 20 people, 16 ops/s, synchronous_commit on"
    return [
        at_most(f"{what}, acknowledged, p95 ({spread(acks)})", _median(acks), "ms", 40),
        Figure(f"{what}, heard by everybody, p95 ({spread(events)})", _median(events), "ms"),
    ]


def measure_rooms(*, rooms: list[BenchRoom], server: Server) -> list[Figure]:
    """Five in each room: one presents, all point, all write now and then.

    The stage moves at 5 Hz for two seconds and rests for three, in which it settles into the log:
    on the whole 400 frames, 400 pointers, 40 keyframes and 20 ops a second.
    """
    started = time.monotonic()
    presents = {"stage_hz": 5.0, "move_s": 2.0, "rest_s": 3.0}
    people = [
        room.client(n, server=server, **({} if n else presents), presence_hz=0.4, op_hz=0.02)
        for room in rooms
        for n in range(5)
    ]
    heard = _run(people, rooms=rooms, seconds=SECONDS, look_for_leaks=True, warm_s=5.0)
    took = time.monotonic() - started
    print(f"  {len(rooms)} rooms, {took:.0f} s", flush=True)
    what = f"{len(rooms)} rooms x 5 people"
    stages, events = heard["stage_ms"], heard["event_ms"]
    durable = sum(len(client["seqs"]) for client in heard["clients"])
    joins = [ms for client in heard["clients"] for ms in client["join_ms"]]
    return [
        at_most(f"{what}, p95 of stage and events", percentile(stages + events, 0.95), "ms", 30),
        Figure(f"{what}, stage, p95", percentile(stages, 0.95), "ms"),
        Figure(f"{what}, events, p95", percentile(events, 0.95), "ms"),
        Figure(f"{what}, op acknowledged, p95", percentile(heard["ack_ms"], 0.95), "ms"),
        Figure(f"{what}, durable deliveries, each once and in order", durable, ""),
        at_most(f"{what}, durable events lost", 0, "", 0),  # the gate has passed
        at_most(f"{what}, messages of another room", 0, "", 0),
        Figure(f"{what}, coming in, four at once, p95", percentile(joins, 0.95), "ms"),
    ]


def measure_rejoin(*, room: BenchRoom, server: Server) -> list[Figure]:
    """From asking for the ticket to the welcome; then the states are compared."""
    writers = [room.client(n, server=server, signed_in=True) for n in range(1, 5)]
    heard = run_generator(
        {
            "stayer": room.client(0, server=server, signed_in=True),
            "writers": writers,
            "away": room.client(5, server=server, signed_in=True),
            "events": MISSED,
            "away_s": AWAY_S,
            "rounds": 5,
            "short_gap": 450,
            "seconds": AWAY_S + 60,
        },
        program="rejoin.mjs",
    )
    _require_equal(heard)
    took = [one["took_ms"] for one in heard["rounds"]]
    what = f"rejoin after {AWAY_S:g} s and {MISSED} missed events"
    return [
        at_most(f"{what}, state equal, longest of {len(took)}", max(took), "ms", 500),
        Figure(f"{what}, median ({spread(took)})", _median(took), "ms"),
        Figure("rejoin after 450 missed events, by events", heard["near_ms"], "ms"),
    ]


def _require_equal(heard: Json) -> None:
    """Who stayed and folded every event, who came back, and who comes anew see the same."""
    if heard["acked"] != MISSED:
        raise AssertionError(f"{heard['acked']} of {MISSED} events were committed")
    fresh = heard["fresh"]
    events = [one for one in heard["kept"] if one["type"] == "event"]
    welcome = heard["stayer"]
    check_events(
        joins=[{"after": 0, "head": welcome["head_seq"], "events": None}],
        seqs=[one["seq"] for one in events],
        head=fresh["head_seq"],
        who="who stayed",
    )
    folded = welcome["snapshot"]
    for event in events:
        folded = apply_event(folded, event)
    if folded != fresh["snapshot"]:
        raise AssertionError("folding every event gave another state than a fresh snapshot")
    for one in heard["rounds"]:
        back = one["welcome"]
        if back["head_seq"] - heard["left_at"] < MISSED or back["snapshot"] != fresh["snapshot"]:
            raise AssertionError("who came back sees another state than who comes anew")
    near = heard["near"]["events"]
    if [one["seq"] for one in near] != [one["seq"] for one in events][-len(near) :]:
        raise AssertionError("the events of the short gap are not those of the log")


def measure_second_process(
    *, room: BenchRoom, one: Server, other: Server, rounds: int = 3
) -> list[Figure]:
    """Twenty viewers at 30 Hz: all with the presenter, then all on the other process."""
    p95: dict[str, list[float]] = {"on one process": [], "across two processes": []}
    for number in range(rounds):
        turns = [("on one process", one), ("across two processes", other)]
        for name, theirs in turns if number % 2 == 0 else reversed(turns):
            clients = [room.client(0, server=one, stage_hz=30)]
            clients += [room.client(n, server=theirs) for n in range(1, 21)]
            heard = _run(clients, rooms=[room], seconds=4.0)
            p95[name].append(percentile(heard["stage_ms"], 0.95))
    what = "stage, 20 viewers x 30 Hz"
    figures = [
        Figure(f"{what}, {name}, p95 ({spread(values)})", _median(values), "ms")
        for name, values in p95.items()
    ]
    near, far = (_median(values) for values in p95.values())
    return [*figures, Figure(f"{what}, what the second process adds, p95", far - near, "ms")]


def _run(
    clients: list[Json],
    *,
    rooms: list[BenchRoom],
    seconds: float,
    warm_s: float = SETTLED_S,
    look_for_leaks: bool = False,
) -> Json:
    heard = run_generator(
        {
            "clients": clients,
            "stages": {room.number: room.stage for room in rooms},
            "warm_s": warm_s,
            "seconds": seconds,
            "drain_s": 3.0,
            "look_for_leaks": look_for_leaks,
        }
    )
    check_heard(heard, heads={room.number: room.head() for room in rooms})
    return heard


def _median(values: list[float]) -> float:
    return statistics.median(values)
