"""The rows of ``make bench NAME=live``, one after the other."""

from __future__ import annotations

import statistics

from apps.accounts.models import User
from tests.bench.live.durable_rows import (
    measure_ops,
    measure_rejoin,
    measure_rooms,
    measure_second_process,
)
from tests.bench.live.house import LiveHouse
from tests.bench.live.people import make_people, make_room
from tests.bench.live.saturation import measure_saturation
from tests.bench.live.stage_rows import Peer, describe, measure_stage
from tests.bench.run import Figure, at_least, at_most

CORE = "channels_redis.core.RedisChannelLayer"
PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"
FAST_HZ = 60
ROOMS = 200
PEOPLE = 50


def measure_table(house: LiveHouse) -> list[Figure]:
    web = house.start_web("web")
    fast = house.start_web("fast", CONSILIUM_LIVE_LANE_RATES=f"stage={FAST_HZ}/{2 * FAST_HZ}")
    open_wide = house.start_web("open wide", CONSILIUM_LIVE_LANE_RATES="stage=1000/2000")
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
    floor = Peer("Node ws", relay)
    figures += measure_saturation(Peer("Consilium", open_wide, is_ours=True), floor, room=room)
    figures += measure_second_process(room=room, one=web, other=house.start_web("second web"))
    figures += measure_ops(room=room, server=web)
    figures += measure_rejoin(room=room, server=web)
    people = room.people[:PEOPLE]
    rooms = [make_room(_five(people, number), number=number) for number in range(1, ROOMS + 1)]
    figures += measure_rooms(rooms=rooms, server=web)
    return figures


def _five(people: list[User], number: int) -> list[User]:
    """Each of them is in several rooms, a window in each."""
    return [people[(5 * number + index) % len(people)] for index in range(5)]


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
