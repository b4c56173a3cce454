"""One presenter and many viewers: our hub, stock Channels twice, and a Node relay, taking turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.bench.live.gate import count_missing
from tests.bench.live.generator import check_heard, run_generator
from tests.bench.live.house import Server
from tests.bench.live.people import BenchRoom
from tests.bench.live.stats import percentile
from tests.bench.run import Figure

Json = dict[str, Any]

ROUNDS = 3
SECONDS = 4.0
SETTLED_S = 1.0


@dataclass
class Peer:
    """One server under the same load, and what each round gave."""

    name: str
    server: Server
    is_ours: bool = False
    p50_ms: list[float] = field(default_factory=list)
    p95_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    missing: int = 0
    due: int = 0

    @property
    def missing_share(self) -> float:
        return 100 * self.missing / self.due


def measure_stage(
    peers: list[Peer], *, room: BenchRoom, viewers: int, hz: float, rounds: int = ROUNDS
) -> None:
    """Each peer in turn, the order turned round each time."""
    for number in range(rounds):
        for peer in peers if number % 2 == 0 else reversed(peers):
            _run(peer, room=room, viewers=viewers, hz=hz)


def clients_of(peer: Peer, *, room: BenchRoom, viewers: int, hz: float) -> list[Json]:
    """For the load generator: who presents, then whoever listens."""
    if peer.is_ours:
        return [
            room.client(0, server=peer.server, stage_hz=hz),
            *(
                room.client(1 + n % (len(room.people) - 1), server=peer.server)
                for n in range(viewers)
            ),
        ]
    url, origin = f"{peer.server.socket_origin}/ws", peer.server.origin
    plain: Json = {"dialect": "plain", "room": room.number, "origin": origin}
    return [plain | {"url": f"{url}?sender", "stage_hz": hz}, *[plain | {"url": url}] * viewers]


def _run(peer: Peer, *, room: BenchRoom, viewers: int, hz: float) -> None:
    heard = run_generator(
        {
            "clients": clients_of(peer, room=room, viewers=viewers, hz=hz),
            "stages": {room.number: room.stage},
            "warm_s": SETTLED_S,
            "seconds": SECONDS,
            "drain_s": 2.0,
        }
    )
    listeners = [client["revs"] for client in heard["clients"] if not client["sent"]]
    if peer.is_ours:
        check_heard(heard, heads={room.number: room.head()})
    (sent,) = (one["sent"] for one in heard["rooms"])
    if sent < 0.9 * hz * SECONDS:
        raise AssertionError(f"the generator sent {sent} frames: this machine is too busy")
    peer.missing += count_missing(sent=sent, heard=listeners)
    peer.due += sent * len(listeners)
    for share, into in ((0.5, peer.p50_ms), (0.95, peer.p95_ms), (0.99, peer.p99_ms)):
        into.append(percentile(heard["stage_ms"], share))
    print(f"  {viewers} x {hz:g} Hz {peer.name}: p95 {peer.p95_ms[-1]:.2f} ms", flush=True)


def describe(peers: list[Peer], *, what: str) -> list[Figure]:
    """Each peer's medians over the rounds, with their spread; goals are the caller's."""
    figures = []
    for peer in peers:
        for name, values in (("p50", peer.p50_ms), ("p95", peer.p95_ms), ("p99", peer.p99_ms)):
            figures.append(_spread_figure(f"{what}, {name}, {peer.name}", values))
        figures.append(
            Figure(f"{what}, frames that did not come, {peer.name}", peer.missing_share, "%")
        )
    return figures


def _spread_figure(name: str, values: list[float]) -> Figure:
    from tests.bench.live.stats import spread

    found = spread(values)
    return Figure(f"{name} ({found} in {len(values)} rounds)", found.median, "ms")
