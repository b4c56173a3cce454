"""How much of the stage a process can hand out before it is late: ours and the Node relay.

One presenter and fifty listeners; the presenter sends faster and faster until what the listeners
hear is late. Deliveries are counted where they are heard: a frame that gave way to a newer one
is none.
"""

from __future__ import annotations

import statistics

from tests.bench.live.generator import check_heard, run_generator
from tests.bench.live.people import BenchRoom
from tests.bench.live.stage_rows import Peer, clients_of
from tests.bench.live.stats import percentile, spread
from tests.bench.run import Figure, at_least

VIEWERS = 50
STEPS_HZ = (300, 400, 500, 650, 800)
LATE_MS = 50.0
SECONDS = 3.0
ROUNDS = 2


def measure_saturation(ours: Peer, relay: Peer, *, room: BenchRoom) -> list[Figure]:
    """Deliveries a second with p95 within 50 ms; the greatest step that held, median of rounds."""
    most: dict[str, list[float]] = {ours.name: [], relay.name: []}
    for number in range(ROUNDS):
        for peer in (ours, relay) if number % 2 == 0 else (relay, ours):
            most[peer.name].append(_ramp(peer, room=room))
    mine, floor = (statistics.median(values) for values in most.values())
    what = f"stage, {VIEWERS} viewers, deliveries a second with p95 within {LATE_MS:g} ms"
    return [
        at_least(f"{what}, Consilium ({spread(most[ours.name])})", mine, "1/s", 15_000),
        Figure(f"{what}, Node ws ({spread(most[relay.name])})", floor, "1/s"),
        at_least(f"{what}, of Node ws", 100 * mine / floor, "%", 60),
    ]


def _ramp(peer: Peer, *, room: BenchRoom) -> float:
    """The most deliveries a second of the steps that were in time; the first late one ends it."""
    most = 0.0
    for hz in STEPS_HZ:
        heard = run_generator(
            {
                "clients": clients_of(peer, room=room, viewers=VIEWERS, hz=hz),
                "stages": {room.number: room.stage},
                "warm_s": 1.0,
                "seconds": SECONDS,
                "drain_s": 2.0,
            }
        )
        if peer.is_ours:
            check_heard(heard, heads={room.number: room.head()})
        p95 = percentile(heard["stage_ms"], 0.95)
        rate = len(heard["stage_ms"]) / SECONDS
        print(f"  {hz} Hz {peer.name}: {rate:.0f}/s, p95 {p95:.1f} ms", flush=True)
        if p95 > LATE_MS:
            break
        most = max(most, rate)
    return most
