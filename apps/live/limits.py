"""Every rate, size and time of the live session, named, in one place."""

from dataclasses import dataclass

from django.conf import settings

TICKET_LIFETIME_S = 60
HELLO_TIMEOUT_S = 5.0
POLL_INTERVAL_S = 1.0
UNREADABLE_LIMIT_S = 5.0
"""PostgreSQL unreadable for so long: nobody's access can be vouched for (LIVE-A3)."""

KEEP_SIGNED_IN_INTERVAL_S = 60.0
PRESENTER_GRACE_S = 30.0
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
OUTBOX_MESSAGES = 1000
OUTBOX_BYTES = 8 * 1024 * 1024
OPS_IN_FLIGHT = 64


@dataclass(frozen=True, slots=True)
class LaneRate:
    per_second: float
    burst: int


OP_RATE = LaneRate(per_second=10, burst=30)
STAGE_RATE = LaneRate(per_second=settings.LIVE_STAGE_HZ, burst=2 * settings.LIVE_STAGE_HZ)
PRESENCE_RATE = LaneRate(per_second=30, burst=60)
CONTROL_RATE = LaneRate(per_second=10, burst=30)
