"""Reads of rooms: their shapes, their state at a number, their events after one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateTimeField, Func, QuerySet

from apps.ai.models import Finding, FindingReview
from apps.annotations.segmentations.selectors import segmentations_of_case, state_of
from apps.annotations.selectors import (
    describe_key_image,
    describe_lesion,
    describe_measurement,
    key_images_of_case,
    lesions_of_case,
    measurements_of_case,
)
from apps.boards.models import Decision
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor
from apps.imaging.models import CaseStudy
from apps.live.bell import read_stage_register
from apps.live.choices import SessionState
from apps.live.limits import (
    AD_HOC_KEEPS_DAYS,
    CHAT_IN_SNAPSHOT,
    EVENT_BATCH,
    SNAPSHOT_GAP,
)
from apps.live.models import ChatMessage, LiveEvent, LiveSession, SegmentationLease
from apps.live.people import describe_person, gathering_of
from apps.live.reducer import NEEDS_SNAPSHOT

UNREVIEWED, SUPERSEDED = "unreviewed", "superseded"


class ClockTimestamp(Func):
    """PostgreSQL's clock now, not at the start of the transaction."""

    function = "clock_timestamp"
    output_field = DateTimeField()


def open_sessions(*, actor: Actor) -> "QuerySet[LiveSession]":
    """Open rooms whose current case the actor may see."""
    return (
        LiveSession.objects.filter(
            state=SessionState.OPEN, case__in=visible_cases(actor=actor).values("pk")
        )
        .select_related("chair", "presenter", "meeting__board")
        .order_by("-created_at", "id")
    )


def describe_presenter(session: LiveSession) -> dict[str, Any]:
    user = session.presenter
    return {"user": describe_person(user) if user else None, "epoch": session.presenter_epoch}


def describe_session(session: LiveSession) -> dict[str, Any]:
    return {
        "id": str(session.pk),
        "meeting": str(session.meeting_id) if session.meeting_id else None,
        "case": str(session.case_id),
        "agenda_item": str(session.agenda_item_id) if session.agenda_item_id else None,
        "state": session.state,
        "head_seq": session.head,
        "chair": describe_person(session.chair),
        "presenter": describe_presenter(session),
        "opened_at": session.created_at.isoformat(),
        "ended_at": session.ended_at.isoformat() if session.ended_at else None,
        "recording": describe_recording_rules(session),
    }


def keeps_recording_days(session: LiveSession) -> int | None:
    """How long the recording is kept after the end, as the board has it now; ``None``: for good."""
    if not session.is_recorded:
        return 0
    if session.meeting is None:
        return AD_HOC_KEEPS_DAYS
    return session.meeting.board.keeps_recordings_days


def describe_recording_rules(session: LiveSession) -> dict[str, Any]:
    """What everybody is told before and while a recording is made (LIVE-R1)."""
    return {
        "is_recorded": session.is_recorded,
        "records_pointers": session.records_pointers,
        "keeps_days": keeps_recording_days(session),
    }


def describe_chat(message: ChatMessage) -> dict[str, Any]:
    return {
        "id": str(message.pk),
        "author": describe_person(message.author),
        "text": message.text,
        "at": message.created_at.isoformat(),
    }


def describe_event(event: LiveEvent) -> dict[str, Any]:
    """A row of the log as an identified member sees it; guises are applied by projections."""
    return {
        "type": "event",
        "seq": event.seq,
        "op_id": str(event.op_id) if event.op_id else None,
        "case_id": str(event.case_id),
        "actor": {
            "id": str(event.actor_id) if event.actor_id else None,
            "display_name": event.actor_label,
        },
        "at": event.at.isoformat(),
        "entity": event.entity,
        "entity_id": event.entity_id,
        "entity_version": event.entity_version,
        "kind": event.kind,
        "payload": event.payload,
    }


def events_after(*, session_id: UUID, seq: int, limit: int = EVENT_BATCH) -> list[LiveEvent]:
    return list(
        LiveEvent.objects.filter(session_id=session_id, seq__gt=seq).order_by("seq")[:limit]
    )


@dataclass(frozen=True, slots=True)
class RoomRead:
    """A room at one instant: everything comes from a single PostgreSQL snapshot.

    Exactly one of ``snapshot`` and ``events`` is there; ``last_keyframe`` is the newest
    stage in the log for the current case, for when Redis has none.
    """

    session: LiveSession
    snapshot: dict[str, Any] | None
    events: list[LiveEvent] | None
    last_keyframe: dict[str, Any] | None


def read_room(*, session_id: UUID, after_seq: int | None) -> RoomRead:
    """What a client at ``after_seq`` needs to be current (LIVE-J1).

    Events when the gap is known, at most ``SNAPSHOT_GAP`` long and stays in one case;
    a snapshot otherwise. Head, entities and events are read in one repeatable-read
    transaction, so that snapshot ⊕ later events = later snapshot (LIVE-J4).
    """
    with transaction.atomic():
        _freeze_reads()
        session = LiveSession.objects.select_related("chair", "presenter", "meeting__board").get(
            pk=session_id
        )
        events = _gap(session=session, after_seq=after_seq)
        return RoomRead(
            session=session,
            snapshot=build_snapshot(session) if events is None else None,
            events=events,
            last_keyframe=_last_keyframe(session),
        )


def build_snapshot(session: LiveSession) -> dict[str, Any]:
    """The durable state of the room's current case, as an identified member sees it."""
    case_id = session.case_id
    return {
        "case_id": str(case_id),
        "agenda_item": str(session.agenda_item_id) if session.agenda_item_id else None,
        "presenter": describe_presenter(session),
        "measurements": sorted(
            (describe_measurement(one) for one in measurements_of_case(case_id=case_id)),
            key=lambda one: str(one["id"]),
        ),
        "segmentations": sorted(
            (state_of(one) for one in segmentations_of_case(case_id=case_id)),
            key=lambda one: str(one["id"]),
        ),
        "findings": _finding_states(case_id),
        "decisions": [
            {"id": str(pk), "version": version, "status": status}
            for pk, version, status in Decision.objects.filter(case_id=case_id)
            .order_by("id")
            .values_list("pk", "version", "status")
        ],
        "chat": _chat(session),
        "key_images": sorted(
            (describe_key_image(one) for one in key_images_of_case(case_id=case_id)),
            key=lambda one: str(one["id"]),
        ),
        "gathering": gathering_of(session),
        "lesions": sorted(
            (describe_lesion(one) for one in lesions_of_case(case_id=case_id)),
            key=lambda one: str(one["id"]),
        ),
    }


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """The window that paints on a segmentation, and whose it is."""

    person: dict[str, Any]
    client_id: UUID

    def is_window(self, *, user_id: UUID | None, client_id: UUID | None) -> bool:
        return self.person["id"] == str(user_id) and self.client_id == client_id


def leases_in(*, session_id: UUID, case_id: UUID) -> dict[UUID, LeaseHolder]:
    """Leases in force of the room's case, by segmentation."""
    rows = _leases_in_force().filter(session_id=session_id, segmentation__case_id=case_id)
    return {row.segmentation_id: _holder(row) for row in rows}


def leases_in_rooms(
    *, session_ids: Iterable[UUID]
) -> dict[tuple[UUID, UUID], dict[UUID, LeaseHolder]]:
    """The same of several rooms, by room and case."""
    rows = _leases_in_force().filter(session_id__in=list(session_ids))
    found: dict[tuple[UUID, UUID], dict[UUID, LeaseHolder]] = {}
    for row in rows.select_related("user", "segmentation"):
        room = found.setdefault((row.session_id, row.segmentation.case_id), {})
        room[row.segmentation_id] = _holder(row)
    return found


def lease_in_force(*, segmentation_id: UUID) -> LeaseHolder | None:
    row = _leases_in_force().filter(segmentation_id=segmentation_id).first()
    return None if row is None else _holder(row)


def _leases_in_force() -> "QuerySet[SegmentationLease]":
    """By PostgreSQL's own clock: those of the web processes may differ."""
    return SegmentationLease.objects.filter(expires_at__gt=ClockTimestamp()).select_related("user")


def _holder(row: SegmentationLease) -> LeaseHolder:
    return LeaseHolder(person=describe_person(row.user), client_id=row.client_id)


def heads_of(*, session_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """What the hub polls each second for all its rooms, in one query."""
    rows = LiveSession.objects.filter(pk__in=list(session_ids)).values(
        "pk",
        "head",
        "state",
        "case_id",
        "presenter_id",
        "presenter_epoch",
        "chair_id",
        "records_pointers",
        "meeting_id",
    )
    return {row["pk"]: dict(row) for row in rows}


def studies_of_case(*, case_id: UUID) -> frozenset[str]:
    """Study Instance UIDs that a stage of this case may show."""
    return frozenset(
        CaseStudy.objects.filter(case_id=case_id).values_list(
            "study__study_instance_uid", flat=True
        )
    )


def newest_stage(*, session: LiveSession, fallback: dict[str, Any] | None) -> dict[str, Any] | None:
    """The stage for a polling client: from the register, else the last keyframe of the log."""
    message = read_stage_register(session_id=session.pk)
    if message is not None and message["case"] == str(session.case_id):
        return dict(message["frame"])
    return fallback


def _freeze_reads() -> None:
    """Repeatable read, where this transaction has not already begun to read."""
    if len(connection.savepoint_ids) == 0:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _gap(*, session: LiveSession, after_seq: int | None) -> list[LiveEvent] | None:
    if after_seq is None or after_seq > session.head or session.head - after_seq > SNAPSHOT_GAP:
        return None
    events = events_after(session_id=session.pk, seq=after_seq, limit=SNAPSHOT_GAP)
    return None if any(event.kind in NEEDS_SNAPSHOT for event in events) else events


def _last_keyframe(session: LiveSession) -> dict[str, Any] | None:
    row = (
        LiveEvent.objects.filter(session=session, kind="stage.keyframe", case_id=session.case_id)
        .order_by("-seq")
        .values_list("payload", flat=True)
        .first()
    )
    return None if row is None else row["stage"]


def _finding_states(case_id: UUID) -> list[dict[str, Any]]:
    """Every finding of the case's studies with the review that stands in this case."""
    reviews = {
        finding_id: (version, decision)
        for finding_id, version, decision in FindingReview.objects.filter(
            case_id=case_id, stands=True
        ).values_list("finding_id", "version", "decision")
    }
    findings = (
        Finding.objects.filter(study__case_studies__case_id=case_id)
        .order_by("id")
        .values_list("pk", "job__superseded_by")
        .distinct()
    )
    states = []
    for pk, newer in findings:
        version, state = reviews.get(pk, (1, SUPERSEDED if newer else UNREVIEWED))
        states.append({"id": str(pk), "version": version, "state": state})
    return states


def _chat(session: LiveSession) -> list[dict[str, Any]]:
    """In the order of the log, which is the order everybody saw; clocks may disagree."""
    newest = (
        LiveEvent.objects.filter(session=session, kind="chat.posted", case_id=session.case_id)
        .order_by("-seq")
        .values_list("payload", flat=True)[:CHAT_IN_SNAPSHOT]
    )
    return [payload["message"] for payload in reversed(newest)]


def cases_in_session() -> dict[UUID, datetime]:
    """The case each open room is on, and every other case of its meeting."""
    rooms = LiveSession.objects.filter(state=SessionState.OPEN)
    rows = rooms.values_list("created_at", "case_id", "meeting__agenda__case_id")
    needed: dict[UUID, datetime] = {}
    for opened_at, *case_ids in rows:
        for case_id in case_ids:
            if case_id is not None:
                needed[case_id] = min(opened_at, needed.get(case_id, opened_at))
    return needed
