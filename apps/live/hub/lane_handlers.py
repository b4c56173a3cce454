"""What each client message does, lane by lane, within its rate (LIVE-B1)."""

import asyncio
import logging
import time
from typing import Any, assert_never

from django.db import DatabaseError, InterfaceError

from apps.core.exceptions import DomainError, Forbidden
from apps.live import services
from apps.live.access import fresh_actor
from apps.live.exceptions import FollowCycle
from apps.live.hub.attention import call_to_look
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.room import Room
from apps.live.hub.wire import encode, error_text, pong
from apps.live.protocol.client import (
    FollowSet,
    LeaseAcquire,
    LeaseRelease,
    LeaseRenew,
    LookHere,
    Ping,
    PresenceUpdate,
    PresenterRelease,
    PresenterRequest,
    Resume,
    StageKeyframe,
    StageUpdate,
)
from apps.live.protocol.op_base import OpBase
from apps.live.protocol.server import OpAck
from apps.live.protocol.stage import StageFrame

logger = logging.getLogger(__name__)


FROM_A_PLACE = (FollowSet, Ping, Resume)
"""All that the screen of a room says: it follows, and does nothing else (LIVE-M10)."""

LEASE_MESSAGES = (LeaseAcquire, LeaseRenew, LeaseRelease)


class LaneHandlers:
    """The messages of one joined socket."""

    def __init__(self, *, room: Room, member: Member) -> None:
        self.room = room
        self.member = member

    async def take(self, message: Any) -> None:
        """Hand one valid message to its lane; a refusal is told and ends nothing."""
        try:
            await self._take(message)
        except DomainError as error:
            self._tell(error.error_code, str(error.message), **_named_in(message))
        except (DatabaseError, InterfaceError):
            self._tell("unavailable", "The database does not answer; try again.")

    async def _take(self, message: Any) -> None:
        if self.member.is_place and not isinstance(message, FROM_A_PLACE):
            raise Forbidden("A screen only shows the meeting.", code="place")
        if isinstance(message, OpBase):
            self._queue_op(message)
        elif isinstance(message, StageUpdate | StageKeyframe):
            await self._stage(message)
        elif isinstance(message, PresenceUpdate):
            self._presence(message)
        elif isinstance(message, LookHere):
            self._look(message)
        elif self._spend("control"):
            if isinstance(message, LEASE_MESSAGES):
                await self._lease(message)
            else:
                await self._control(message)
        else:
            self._tell("rate_limited", "Too many messages.", lane="control")

    async def _control(
        self, message: FollowSet | PresenterRequest | PresenterRelease | Resume | Ping
    ) -> None:
        if isinstance(message, Ping):
            self.member.outbox.put_durable(pong(message.t))
        elif isinstance(message, FollowSet):
            self._follow(message)
        elif isinstance(message, Resume):
            await self.room.resume(self.member, after_seq=message.after_seq)
        elif isinstance(message, PresenterRequest):
            await run_db(
                services.take_presenter,
                actor=await self._actor(),
                session_id=self.room.session_id,
                vacant=self.room.people.is_vacant,
            )
        elif isinstance(message, PresenterRelease):
            await run_db(
                services.release_presenter,
                actor=await self._actor(),
                session_id=self.room.session_id,
            )
        else:
            assert_never(message)

    async def _lease(self, message: LeaseAcquire | LeaseRenew | LeaseRelease) -> None:
        """Kept in PostgreSQL; every process is told to look (LIVE-S1)."""
        arguments: dict[str, Any] = {
            "actor": await self._actor(),
            "session_id": self.room.session_id,
            "segmentation_id": message.segmentation_id,
            "client_id": self.member.client_id,
        }
        if isinstance(message, LeaseAcquire):
            await run_db(services.acquire_lease, **arguments, take_over=message.take_over)
            await self.room.leases.answer(self.member, segmentation_id=message.segmentation_id)
        elif isinstance(message, LeaseRelease):
            await run_db(services.release_lease, **arguments)
        else:
            await run_db(services.renew_lease, **arguments)
            return
        await self.room.bus.publish(self.room.session_id, {"k": "lease"})
        await self.room.leases.refresh()

    # ── op lane ───────────────────────────────────────────────────────────────────────

    def _queue_op(self, op: Any) -> None:
        """Ops of one socket are carried out in order, beside its other lanes."""
        if not self._spend("op"):
            self._ack_refused(op, code="rate_limited", message="Too many operations.")
            return
        try:
            self.member.ops.put_nowait(op)
        except asyncio.QueueFull:
            self._ack_refused(op, code="rate_limited", message="Too many operations in flight.")

    async def work_off_ops(self) -> None:
        while True:
            op = await self.member.ops.get()
            self.member.outbox.put_durable(encode(await self._carry_out(op)))

    async def _carry_out(self, op: Any) -> OpAck:
        try:
            return self._as_seen(await run_db(self._submit, op=op))
        except (DatabaseError, InterfaceError):
            return _refusal(op, code="unavailable", message="Not saved; it is sent again.")
        except Exception:  # one op's failure must not end the socket
            logger.exception("live: op %s failed", op.kind)
            return _refusal(op, code="internal_error", message="Not saved: an error was logged.")

    def _submit(self, *, op: Any) -> OpAck:
        """In a database thread: the person as of now, and their op."""
        return services.submit_op(
            actor=fresh_actor(user_id=self.member.user_id, session_key=self.member.sign_in_key),
            session_id=self.room.session_id,
            op=op,
            client_id=self.member.client_id,
        )

    def _as_seen(self, ack: OpAck) -> OpAck:
        """The kept answer of a retried op may hold what was seen identified."""
        if self.member.view_in(self.room.case_id).guise == "identified":
            return ack
        return ack.model_copy(update={"current": None})

    def _ack_refused(self, op: Any, *, code: str, message: str) -> None:
        self.member.outbox.put_durable(encode(_refusal(op, code=code, message=message)))

    # ── stage and presence ────────────────────────────────────────────────────────────

    async def _stage(self, message: StageUpdate | StageKeyframe) -> None:
        """Over the rate a frame is dropped, except a keyframe: the next frame is newer."""
        is_keyframe = isinstance(message, StageKeyframe)
        if not self._spend("stage") and not (is_keyframe and self._spend("control")):
            return
        frame = StageFrame(epoch=message.epoch, rev=message.rev, state=message.state)
        await self.room.stage.take(self.member, frame=frame, keyframe=is_keyframe)

    def _presence(self, message: PresenceUpdate) -> None:
        if self._spend("presence"):
            said = message.model_dump(mode="json", exclude={"type"})
            self.room.presence.take(self.member, self.room.door.with_hand(self.member, said))

    def _look(self, message: LookHere) -> None:
        if not self._spend("look"):
            self._tell("rate_limited", "Too many calls in a short time.", lane="look")
            return
        call_to_look(self.room, self.member, at=message.at.model_dump(mode="json"))

    def _follow(self, message: FollowSet) -> None:
        if message.following and self.room.people.is_presenter(self.member):
            raise FollowCycle("You are presenting: the room follows you.")
        self.room.stage.set_following(self.member, following=message.following)

    # ── ──────────────────────────────────────────────────────────────────────────────

    async def _actor(self) -> Any:
        return await run_db(
            fresh_actor, user_id=self.member.user_id, session_key=self.member.sign_in_key
        )

    def _spend(self, lane: str) -> bool:
        return self.member.buckets[lane].take(now=time.monotonic())

    def _tell(self, code: str, message: str, **details: Any) -> None:
        self.member.outbox.put_durable(error_text(code=code, message=message, details=details))


def _refusal(op: Any, *, code: str, message: str) -> OpAck:
    return OpAck(op_id=op.op_id, kind=op.kind, outcome="rejected", code=code, message=message)


def _named_in(message: Any) -> dict[str, str]:
    """Which of its leases a refusal is about."""
    if isinstance(message, LEASE_MESSAGES):
        return {"segmentation_id": str(message.segmentation_id)}
    return {}
