"""Ops: once, in order, with the same answer for every retry (LIVE-O1…O6)."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.annotations import services as annotations
from apps.annotations.models import Measurement
from apps.annotations.services import Drawing
from apps.core import context
from apps.live import log, services
from apps.live.log import op_scope
from apps.live.models import ChatMessage, LiveEvent, LiveOp, LiveSession
from apps.live.protocol import client_messages
from tests.people import CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)


def _op(kind: str, payload: dict[str, Any], **fields: Any) -> Any:
    message = {
        "type": "op.submit",
        "op_id": str(fields.pop("op_id", uuid4())),
        "kind": kind,
        "payload": payload,
        **{name: str(value) if name == "entity" else value for name, value in fields.items()},
    }
    return client_messages.validate_python(message)


def _chat(text: str = "hello", **fields: Any) -> Any:
    return _op("chat.post", {"text": text}, **fields)


def _drawing(scan: Scan, *, to_column: float = 42.0) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "kind": "length",
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[1],
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": [
            scan.point_lps(index=1, column=10, row=20),
            scan.point_lps(index=1, column=to_column, row=20),
        ],
    }


def _events(session: LiveSession) -> list[tuple[int, str]]:
    return list(LiveEvent.objects.filter(session=session).values_list("seq", "kind"))


def test_LIVE_O1_an_op_calls_the_service_and_appends_one_row_with_its_id(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    before = LiveSession.objects.get(pk=session.pk).head
    op = _op("measurement.put", _drawing(scan))
    ack = services.submit_op(actor=team.actor("surgeon"), session_id=session.pk, op=op)
    event = LiveEvent.objects.get(session=session, kind="measurement.put")
    assert (ack.outcome, ack.seq) == ("committed", before + 1)
    assert (event.seq, event.op_id) == (before + 1, op.op_id)
    assert event.payload["measurement"]["values"][0]["value"] == 16.0
    assert Measurement.objects.get(pk=op.payload.id).version == 1


def test_LIVE_O1_the_number_is_the_transactions_last_lock_so_the_log_has_no_holes(
    team: CaseTeam, session: LiveSession
) -> None:
    """Twenty writers at once, every third rolled back: numbers stay whole and in order."""

    def write(number: int) -> None:
        try:
            with transaction.atomic():
                services.post_chat(actor=actor, session_id=session.pk, text=f"message {number}")
                if number % 3 == 0:
                    raise RuntimeError("rolled back")
        except RuntimeError:
            pass
        finally:
            connection.close()

    actor = team.actor("surgeon")
    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    committed = sum(1 for number in range(20) if number % 3)
    seqs = [seq for seq, kind in _events(session) if kind == "chat.posted"]
    head = LiveSession.objects.get(pk=session.pk).head
    assert len(seqs) == committed == ChatMessage.objects.count()
    assert seqs == list(range(head - committed + 1, head + 1))


def test_LIVE_O1_no_permission_no_row(team: CaseTeam, session: LiveSession, scan: Scan) -> None:
    op = _op("measurement.put", _drawing(scan))
    before = _events(session)
    ack = services.submit_op(actor=team.actor("coordinator"), session_id=session.pk, op=op)
    assert (ack.outcome, ack.code) == ("rejected", "forbidden")
    assert _events(session) == before
    assert not Measurement.objects.exists()


def test_LIVE_O1_the_bell_rings_after_the_commit_and_not_at_all_without_one(
    team: CaseTeam, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bell before the commit calls people to read what is not there yet."""
    rung: list[int] = []
    monkeypatch.setattr(
        log, "ring", lambda **_: rung.append(len(_events(session))) or _must_be_committed()
    )
    with transaction.atomic():
        services.post_chat(actor=team.actor("surgeon"), session_id=session.pk, text="committed")
        assert rung == []
    assert rung == [len(_events(session))]
    with suppress(RuntimeError), transaction.atomic():
        services.post_chat(actor=team.actor("surgeon"), session_id=session.pk, text="not")
        raise RuntimeError("rolled back")
    assert len(rung) == 1


def _must_be_committed() -> None:
    assert not connection.in_atomic_block


def test_LIVE_O2_retry_returns_first_outcome(team: CaseTeam, session: LiveSession) -> None:
    op = _chat()
    acks = [
        services.submit_op(actor=team.actor("surgeon"), session_id=session.pk, op=op)
        for _ in range(3)
    ]
    assert acks[0].outcome == "committed"
    assert acks[0] == acks[1] == acks[2]
    assert ChatMessage.objects.count() == 1


def test_LIVE_O2_a_rejection_is_an_outcome_too(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    """Retrying a refused op cannot do later what was refused when it was asked."""
    put = _op("measurement.put", _drawing(scan))
    surgeon = team.actor("surgeon")
    services.submit_op(actor=surgeon, session_id=session.pk, op=put)
    stale = _op("measurement.revise", {"label": "x"}, entity=put.payload.id, entity_version=9)
    first = services.submit_op(actor=surgeon, session_id=session.pk, op=stale)
    Measurement.objects.filter(pk=put.payload.id).update(version=9)
    again = services.submit_op(actor=surgeon, session_id=session.pk, op=stale)
    assert first.code == again.code == "stale_version"
    assert first.current == again.current
    assert Measurement.objects.get(pk=put.payload.id).label == ""


def test_LIVE_O2_two_copies_at_once_are_one(team: CaseTeam, session: LiveSession) -> None:
    op, acks = _chat(), []

    def submit() -> None:
        try:
            acks.append(services.submit_op(actor=actor, session_id=session.pk, op=op))
        finally:
            connection.close()

    actor = team.actor("surgeon")
    threads = [threading.Thread(target=submit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(acks) == 6
    assert len({ack.seq for ack in acks}) == 1
    assert ChatMessage.objects.count() == 1


def test_LIVE_O2_an_op_id_belongs_to_one_person_and_one_content(
    team: CaseTeam, session: LiveSession
) -> None:
    op_id = uuid4()
    services.submit_op(
        actor=team.actor("surgeon"), session_id=session.pk, op=_chat("a", op_id=op_id)
    )
    other_content = services.submit_op(
        actor=team.actor("surgeon"), session_id=session.pk, op=_chat("b", op_id=op_id)
    )
    other_person = services.submit_op(
        actor=team.actor("radiologist"), session_id=session.pk, op=_chat("a", op_id=op_id)
    )
    assert other_content.code == other_person.code == "op_id_reused"
    assert ChatMessage.objects.count() == 1


def test_LIVE_O3_a_stale_version_is_rejected_with_the_current_entity(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    put = _op("measurement.put", _drawing(scan))
    surgeon = team.actor("surgeon")
    services.submit_op(actor=surgeon, session_id=session.pk, op=put)
    entity = put.payload.id
    revise = _op("measurement.revise", {"label": "first"}, entity=entity, entity_version=1)
    assert (
        services.submit_op(actor=surgeon, session_id=session.pk, op=revise).outcome == "committed"
    )
    late = _op("measurement.revise", {"label": "second"}, entity=entity, entity_version=1)
    ack = services.submit_op(actor=team.actor("radiologist"), session_id=session.pk, op=late)
    assert (ack.outcome, ack.code) == ("rejected", "stale_version")
    assert ack.current is not None
    assert (ack.current["label"], ack.current["version"]) == ("first", 2)


def test_LIVE_O3_no_change_is_a_noop_without_event(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    drawing = _drawing(scan)
    surgeon = team.actor("surgeon")
    services.submit_op(actor=surgeon, session_id=session.pk, op=_op("measurement.put", drawing))
    before = _events(session)
    ack = services.submit_op(
        actor=surgeon, session_id=session.pk, op=_op("measurement.put", drawing)
    )
    assert (ack.outcome, ack.seq) == ("noop", None)
    assert _events(session) == before


def test_LIVE_O3_what_belongs_to_another_case_is_refused(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    put = _op("measurement.put", _drawing(scan))
    surgeon = team.actor("surgeon")
    services.submit_op(actor=surgeon, session_id=session.pk, op=put)
    other = _other_room(team)
    op = _op("measurement.remove", {}, entity=put.payload.id, entity_version=1)
    ack = services.submit_op(actor=surgeon, session_id=other.pk, op=op)
    assert (ack.outcome, ack.code) == ("rejected", "other_case")


def _other_room(team: CaseTeam) -> LiveSession:
    from apps.cases.services import create_case, grant_access
    from tests.people import SYSTEM

    case = create_case(
        actor=team.actor("coordinator"), patient_id=team.case.patient_id, title="Other"
    )
    for who in ("surgeon", "chair"):
        grant_access(actor=SYSTEM, case_id=case.pk, user_id=team.people[who].pk, capacity="member")
    opened, _ = services.open_ad_hoc_session(actor=team.actor("chair"), case_id=case.pk)
    return opened


def test_LIVE_O5_undo_is_a_new_inverse_op(team: CaseTeam, session: LiveSession, scan: Scan) -> None:
    drawing = _drawing(scan)
    surgeon = team.actor("surgeon")

    def submit(op: Any) -> Any:
        return services.submit_op(actor=surgeon, session_id=session.pk, op=op)

    submit(_op("measurement.put", drawing))
    submit(_op("measurement.remove", {}, entity=drawing["id"], entity_version=1))
    undo = submit(_op("measurement.put", drawing, entity=drawing["id"], entity_version=2))
    assert undo.outcome == "committed"
    measurement = Measurement.objects.get(pk=drawing["id"])
    assert (measurement.removed_at, measurement.version) == (None, 3)
    kinds = [kind for _, kind in _events(session)][-3:]
    assert kinds == ["measurement.put", "measurement.removed", "measurement.put"]


def test_LIVE_O6_a_rest_write_appends_the_same_single_event(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    drawn = _drawing(scan)
    before = len(_events(session))
    annotations.put_measurement(
        actor=team.actor("surgeon"),
        case_id=team.case_id,
        drawing=Drawing(**{name: value for name, value in drawn.items() if name != "id"}),
    )
    added = LiveEvent.objects.filter(session=session).order_by("seq")[before:]
    assert [(event.kind, event.op_id) for event in added] == [("measurement.put", None)]


def test_LIVE_O6_a_write_reaches_every_open_room_of_the_case_and_no_other(
    team: CaseTeam, session: LiveSession
) -> None:
    other = _other_room(team)
    from apps.cases.services import edit_case

    case = team.case
    case.refresh_from_db()
    edit_case(
        actor=team.actor("coordinator"),
        case_id=case.pk,
        version=case.version,
        changes={"title": "New title"},
    )
    assert "case.changed" in [kind for _, kind in _events(session)]
    assert "case.changed" not in [kind for _, kind in _events(other)]


def test_LIVE_O6_both_rooms_of_a_case_hear_a_write(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    """The same case in an ad hoc room and in a meeting's: each has it once, in its own numbers."""
    meeting = _room_of_a_meeting(team)
    op = _op("measurement.put", _drawing(scan))
    services.submit_op(actor=team.actor("surgeon"), session_id=session.pk, op=op)
    for room, op_id in ((session, op.op_id), (meeting, None)):
        rows = LiveEvent.objects.filter(session=room, kind="measurement.put")
        head = LiveSession.objects.get(pk=room.pk).head
        assert [(row.seq, row.op_id) for row in rows] == [(head, op_id)]


def _room_of_a_meeting(team: CaseTeam) -> LiveSession:
    from apps.boards import services as boards

    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name="Thoracic")
    start = datetime(2027, 1, 12, 14, tzinfo=UTC)
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=start, ends_at=start + timedelta(hours=1)
    )
    boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)
    opened, _ = services.open_meeting_session(actor=coordinator, meeting_id=meeting.pk)
    return opened


def test_LIVE_O6_an_ended_room_gets_nothing_more(team: CaseTeam, session: LiveSession) -> None:
    services.end_session(actor=team.actor("chair"), session_id=session.pk)
    ack = services.submit_op(actor=team.actor("surgeon"), session_id=session.pk, op=_chat())
    assert (ack.outcome, ack.code) == ("rejected", "session_ended")
    assert ChatMessage.objects.count() == 0


def test_the_first_event_of_an_op_carries_its_id_and_later_ones_do_not(
    team: CaseTeam, session: LiveSession
) -> None:
    op_id = uuid4()
    actor = team.actor("surgeon")
    with transaction.atomic(), op_scope(session_id=session.pk, op_id=op_id) as scope:
        services.post_chat(actor=actor, session_id=session.pk, text="one")
        services.post_chat(actor=actor, session_id=session.pk, text="two")
        assert context.current_op_id.get() == op_id
    ids = list(
        LiveEvent.objects.filter(session=session, kind="chat.posted").values_list(
            "op_id", flat=True
        )
    )
    assert ids == [op_id, None]
    assert scope.seq is not None
    assert context.current_op_id.get() is None


def test_LIVE_O3_an_unavailable_dependency_is_not_kept_as_the_outcome(
    team: CaseTeam, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.core.exceptions import Unavailable
    from apps.live.ops import registry

    op = _chat()
    with monkeypatch.context() as patch:

        def fail(**_: Any) -> None:
            raise Unavailable("The archive does not answer.")

        patch.setitem(registry._handlers, "chat.post", fail)
        refused = services.submit_op(actor=team.actor("surgeon"), session_id=session.pk, op=op)
    assert refused.code == "unavailable"
    assert not LiveOp.objects.exists()
    again = services.submit_op(actor=team.actor("surgeon"), session_id=session.pk, op=op)
    assert again.outcome == "committed"


def test_every_op_kind_has_exactly_one_handler() -> None:
    from typing import get_args

    from apps.live.ops import handled_kinds
    from apps.live.protocol.ops import OpKind

    assert handled_kinds() == frozenset(get_args(OpKind.__value__))
