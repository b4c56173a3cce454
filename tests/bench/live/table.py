"""The rows of ``make bench NAME=live``, one after the other."""

from __future__ import annotations

import statistics

from tests.bench.live.house import LiveHouse
from tests.bench.live.people import make_people, make_room
from tests.bench.live.stage_rows import Peer, describe, measure_stage
from tests.bench.run import Figure, at_least, at_most

CORE = "channels_redis.core.RedisChannelLayer"
PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"
FAST_HZ = 60


def measure_table(house: LiveHouse) -> list[Figure]:
    web = house.start_web("web")
    fast = house.start_web("fast", CONSILIUM_LIVE_LANE_RATES=f"stage={FAST_HZ}/{2 * FAST_HZ}")
    core = house.start_channels("channels core", layer=CORE)
    pubsub = house.start_channels("channels pubsub", layer=PUBSUB)
    relay = house.start_relay("Node ws")
    room = make_room(make_people(51))

    def peers(ours: Peer) -> list[Peer]:
        others = [Peer(one.name, one) for one in (core, pubsub, relay)]
        return [ours, *others]

    figures = []
    small = peers(Peer("Consilium", web, is_ours=True))
    measure_stage(small, room=room, viewers=20, hz=30)
    figures += _judge_small(small)
    large = peers(Peer("Consilium", fast, is_ours=True))
    measure_stage(large, room=room, viewers=50, hz=FAST_HZ)
    figures += _judge_large(large)
    return figures


def _judge_small(peers: list[Peer]) -> list[Figure]:
    what = "stage, 20 viewers x 30 Hz"
    ours, core, *_ = (statistics.median(peer.p95_ms) for peer in peers)
    return [
        at_most(f"{what}, p95, Consilium, of the goal", ours, "ms", 10),
        at_most(f"{what}, p95, times channels core", ours / core, "x", 0.5),
        *describe(peers, what=what),
    ]


def _judge_large(peers: list[Peer]) -> list[Figure]:
    what = "stage, 50 viewers x 60 Hz"
    ours, core, _, relay = (statistics.median(peer.p95_ms) for peer in peers)
    return [
        at_most(f"{what}, p95, Consilium, of the goal", ours, "ms", 25),
        at_least(f"{what}, p95, lower than channels core", core / ours, "x", 10),
        at_most(f"{what}, p95, times Node ws", ours / relay, "x", 1.5),
        *describe(peers, what=what),
    ]
