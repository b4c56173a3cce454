"""Carry out an op once, whatever the network does (LIVE-O1…O6)."""

import logging
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction

from apps.cases.selectors import one_look
from apps.core.actors import Actor
from apps.core.exceptions import DomainError, RateLimited, Unavailable
from apps.live import ops
from apps.live.choices import OpOutcome
from apps.live.exceptions import OpIdReused
from apps.live.log import op_scope
from apps.live.models import LiveOp
from apps.live.policies import act_in_session
from apps.live.protocol.server import OpAck

logger = logging.getLogger(__name__)

PASSING = (Unavailable, RateLimited)
"""Refusals that may be gone at the next try: they are not kept as the op's outcome."""
DEADLOCK_TRIES = 3


def submit_op(*, actor: Actor, session_id: UUID, op: Any, client_id: UUID | None = None) -> OpAck:
    """Carry out ``op`` and tell its outcome; the same ``op_id`` again gets the same outcome.

    The outcome row is inserted first, so that a second copy of the op waits for the first
    and then reads what became of it. A deadlock is tried again, since nothing was done.
    ``client_id``: the window it came from.
    """
    for attempt in range(1, DEADLOCK_TRIES + 1):
        try:
            return _submit_once(actor=actor, session_id=session_id, op=op, client_id=client_id)
        except OperationalError:
            if attempt == DEADLOCK_TRIES or connection.in_atomic_block:
                raise
            logger.warning("live: op tried again after a database conflict")
    raise AssertionError("unreachable")


def _submit_once(*, actor: Actor, session_id: UUID, op: Any, client_id: UUID | None) -> OpAck:
    content = _hash(op)
    try:
        # A copy of the op waits at the claim and then acts no more: one look holds for the act.
        with transaction.atomic(), one_look():
            session = act_in_session(actor=actor, session_id=session_id)
            row = _claim(actor=actor, session_id=session_id, op=op, content=content)
            if row is None:
                return _first_outcome(actor=actor, session_id=session_id, op=op, content=content)
            with op_scope(session_id=session_id, op_id=op.op_id, client_id=client_id) as scope:
                ops.carry_out(actor=actor, session=session, op=op)
            row.outcome = OpOutcome.COMMITTED if scope.recorded else OpOutcome.NOOP
            row.seq = scope.seq
            row.save(update_fields=["outcome", "seq"])
            return _ack(op=op, row=row)
    except DomainError as error:
        return _reject(actor=actor, session_id=session_id, op=op, content=content, error=error)


def _claim(*, actor: Actor, session_id: UUID, op: Any, content: str) -> LiveOp | None:
    """Our row for this op, or ``None`` where the op has one already (waits for its end)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO live_liveop (session_id, op_id, user_id, kind, content_sha256, outcome,"
            " code, message, at) VALUES (%s, %s, %s, %s, %s, 'committed', '', '', now())"
            " ON CONFLICT (session_id, op_id) DO NOTHING RETURNING id",
            [session_id, op.op_id, actor.id, op.kind, content],
        )
        made = cursor.fetchone()
    return None if made is None else LiveOp(pk=made[0], outcome=OpOutcome.COMMITTED)


def _first_outcome(*, actor: Actor, session_id: UUID, op: Any, content: str) -> OpAck:
    row = LiveOp.objects.get(session_id=session_id, op_id=op.op_id)
    if row.user_id != actor.id or row.content_sha256 != content:
        error = OpIdReused("This op_id was used for something else.")
        return _rejection(op=op, error=error)
    return _ack(op=op, row=row)


def _reject(*, actor: Actor, session_id: UUID, op: Any, content: str, error: DomainError) -> OpAck:
    """Keep the refusal as the op's outcome, unless it may pass or the room is not theirs."""
    if isinstance(error, PASSING):
        return _rejection(op=op, error=error)
    ack = _rejection(op=op, error=error)
    try:
        with transaction.atomic():
            act_in_session(actor=actor, session_id=session_id)
            row = _claim(actor=actor, session_id=session_id, op=op, content=content)
            if row is None:
                return _first_outcome(actor=actor, session_id=session_id, op=op, content=content)
            row.outcome = OpOutcome.REJECTED
            row.code, row.message = error.error_code, error.message[:500]
            row.current = ack.current
            row.save(update_fields=["outcome", "code", "message", "current"])
    except DomainError:
        return ack
    return ack


def _rejection(*, op: Any, error: DomainError) -> OpAck:
    current = error.details.get("current")
    return OpAck(
        op_id=op.op_id,
        kind=op.kind,
        outcome="rejected",
        code=error.error_code,
        message=str(error.message),
        current=current if isinstance(current, dict) else None,
    )


def _ack(*, op: Any, row: LiveOp) -> OpAck:
    return OpAck(
        op_id=op.op_id,
        kind=op.kind,
        outcome=row.outcome,
        seq=row.seq,
        code=row.code or None,
        message=row.message or None,
        current=row.current,
    )


def _hash(op: Any) -> str:
    content = op.model_dump_json(exclude={"op_id", "type"})
    return sha256(content.encode()).hexdigest()
