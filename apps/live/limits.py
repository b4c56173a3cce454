"""Every rate, size and time of the live session, named, in one place."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

TICKET_LIFETIME_S = 60
HELLO_TIMEOUT_S = 5.0
POLL_INTERVAL_S = 1.0
UNREADABLE_LIMIT_S = 5.0
"""PostgreSQL unreadable for so long: nobody's access can be vouched for (LIVE-A3)."""

KEEP_SIGNED_IN_INTERVAL_S = 60.0
PRESENTER_GRACE_S = 30.0
ATTENDANCE_GRACE_S = 20.0
"""Away for so long somebody who only joined by a socket has left the meeting (LIVE-M1)."""

LOBBY_TTL_S = 6.0
"""A guest of whom no process has said for so long that they wait has gone (LIVE-M4)."""

STAGE_SETTLE_S = 0.5
STAGE_REGISTER_TTL_S = 24 * 3600
PRESENCE_TTL_S = 5.0
PRESENCE_INTERVAL_S = 1 / 30
ROSTER_INTERVAL_S = 2.0
ROSTER_TTL_S = 6.0
BUS_SILENCE_LIMIT_S = 3.0
"""Our own heartbeat not heard back for so long: Redis is gone for the room."""

LEASE_TTL_S = 30
LEASE_RENEW_S = 10
"""A window that goes on painting says so this often; after the former it is over (LIVE-S1)."""

SNAPSHOT_GAP = 500
EVENT_BATCH = 500
CHAT_IN_SNAPSHOT = 200
RECORDINGS_LISTED = 100
AD_HOC_KEEPS_DAYS = 90
"""How long the recording of a room without a board is kept after its end."""

IDLE_ROOM_DAYS = 7
"""A room in which nothing happened for so long ends, or its recording would never expire."""

POINTERS_PER_S = 5
POINTER_BATCH_S = 5.0
POINTER_REQUEST_S = 120.0
"""Most of a recording's pointers in one answer."""

OUTBOX_MESSAGES = 1000
OUTBOX_BYTES = 8 * 1024 * 1024
OPS_IN_FLIGHT = 64


@dataclass(frozen=True, slots=True)
class LaneRate:
    per_second: float
    burst: int


OP_RATE = LaneRate(per_second=10, burst=30)
STAGE_RATE = LaneRate(per_second=30, burst=60)
PRESENCE_RATE = LaneRate(per_second=30, burst=60)
CONTROL_RATE = LaneRate(per_second=10, burst=30)
LOOK_RATE = LaneRate(per_second=0.5, burst=3)
"""Calls to look at a point: whoever calls all the time is looked at by nobody."""


def lane_rates() -> dict[str, LaneRate]:
    """By lane, as ``settings.LIVE_LANE_RATES`` has it, else as above (LIVE-B1)."""
    ours = {
        "op": OP_RATE,
        "stage": STAGE_RATE,
        "presence": PRESENCE_RATE,
        "control": CONTROL_RATE,
        "look": LOOK_RATE,
    }
    given: dict[str, tuple[float, int]] = settings.LIVE_LANE_RATES
    if unknown := set(given) - set(ours):
        raise ImproperlyConfigured(f"LIVE_LANE_RATES names no lane: {', '.join(sorted(unknown))}")
    return ours | {lane: LaneRate(*rate) for lane, rate in given.items()}
