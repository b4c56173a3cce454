"""The recording of a room: states and events that fold into what was, who may see it, its end."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.boards import services as boards
from apps.boards.models import Decision, Meeting
from apps.boards.services.decisions import RecommendationDraft
from apps.core.exceptions import Conflict
from apps.imaging.models import Series
from apps.imaging.projection import Projection
from apps.live import services
from apps.live.models import LiveEvent, LiveOp, LiveSession, RecordedState, RoomVisit
from apps.live.recordings import retention
from apps.live.recordings import selectors as recordings
from apps.live.reducer import apply_event
from tests.apps.ai.world import builtin_version, finished_job
from tests.apps.live.recorded import Sitting, board_of, keyframe, plan
from tests.people import CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "django.contrib.auth.backends.ModelBackend"
Json = dict[str, Any]


@pytest.fixture()
def meeting(team: CaseTeam) -> Meeting:
    return plan(team)


@pytest.fixture()
def session(team: CaseTeam, meeting: Meeting) -> LiveSession:
    opened, _ = services.open_meeting_session(
        actor=team.actor("coordinator"), meeting_id=meeting.pk
    )
    return opened


def _client(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


def _read(client: Client, session: LiveSession, chapter: Json) -> tuple[list[Json], list[Json]]:
    """All states and events of one chapter, page by page."""
    states: list[Json] = []
    events: list[Json] = []
    after: int | None = chapter["from_seq"]
    while after is not None:
        path = f"/api/live/sessions/{session.pk}/recording/events?after={after}"
        page = client.get(path).json()
        states, events = states + page["states"], events + page["events"]
        after = page["next_after"]
    return states, events


def _fold(states: list[Json], events: list[Json], seq: int) -> Json:
    base = [one for one in states if one["seq"] <= seq][-1]
    snapshot: Json = base["snapshot"]
    for event in events:
        if base["seq"] < event["seq"] <= seq:
            snapshot = apply_event(snapshot, event)
    return snapshot


def _recording(client: Client, session: LiveSession) -> Json:
    answer: Json = client.get(f"/api/live/sessions/{session.pk}/recording").json()
    return answer


@pytest.mark.parametrize("seed", [1, 2])
def test_LIVE_R1_state_and_events_make_what_was_at_every_number(
    team: CaseTeam,
    session: LiveSession,
    scan: Scan,
    tmp_path: Path,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Through moves there and back, and a link whose findings are in no event."""
    monkeypatch.setattr(recordings, "EVENT_BATCH", 7)
    series = Series.objects.get(series_instance_uid=scan.series_instance_uid)
    finished_job(team=team, version=builtin_version(tmp_path), series=series)
    sitting = Sitting(team=team, session=session, scan=scan, rng=random.Random(seed))
    sitting.look()
    for move in (1, 0, 1):
        for _ in range(9):
            sitting.act()
        sitting.move(move)
        if move == 1 and not sitting.linked:
            sitting.link()
    sitting.act()
    client = _client(team, "chair")
    chapters = _recording(client, session)["chapters"]
    assert [one["number"] for one in chapters] == [1, 2, 3, 4]
    checked = 0
    for chapter in chapters:
        states, events = _read(client, session, chapter)
        for seq, truth in sitting.truth.items():
            if chapter["from_seq"] <= seq <= chapter["to_seq"]:
                assert _fold(states, events, seq) == truth, (chapter["number"], seq)
                checked += 1
    assert checked == len(sitting.truth) > 25
    numbers = [one["to_seq"] for one in chapters]
    assert numbers[-1] == LiveSession.objects.get(pk=session.pk).head


def test_a_state_is_kept_where_effects_are_not_in_the_event(
    team: CaseTeam, session: LiveSession, scan: Scan, tmp_path: Path
) -> None:
    series = Series.objects.get(series_instance_uid=scan.series_instance_uid)
    finished_job(team=team, version=builtin_version(tmp_path), series=series, findings=2)
    sitting = Sitting(team=team, session=session, scan=scan, rng=random.Random(0))
    sitting.move(1)
    assert sitting.truth[sitting.session.head]["findings"] == []
    sitting.link()
    states = RecordedState.objects.filter(session=session).order_by("seq")
    assert [one.begins_chapter for one in states][-2:] == [True, False]
    assert len(states.reverse()[0].snapshot["findings"]) == 2


def test_LIVE_R1_the_reader_sees_chapters_of_their_own_cases_and_is_in_the_trail(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    """The trainee has a grant for the first case only; the outsider for none."""
    sitting = Sitting(team=team, session=session, scan=scan, rng=random.Random(3))
    for _ in range(3):
        sitting.act()
    sitting.move(1)
    sitting.say()
    sitting.look()
    trainee = _client(team, "trainee")
    chapters = _recording(trainee, session)["chapters"]
    assert [one["case"] for one in chapters] == [str(team.case_id)]
    _read(trainee, session, chapters[0])
    viewed = AuditEntry.objects.filter(action="recording.viewed")
    assert [(one.actor_id, one.case_id) for one in viewed] == [
        (team.people["trainee"].pk, team.case_id)
    ]
    second = RecordedState.objects.filter(session=session).order_by("-seq")[0].seq
    path = f"/api/live/sessions/{session.pk}/recording"
    assert trainee.get(f"{path}/events?after={second}").status_code == 404
    assert _client(team, "outsider").get(path).status_code == 404
    assert _client(team, "outsider").get(f"{path}/events?after=0").status_code == 404


def test_a_guests_replay_is_in_their_guise(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    """UIDs of their own grant, no chat, no labels: what was withheld live stays withheld."""
    sitting = Sitting(team=team, session=session, scan=scan, rng=random.Random(4))
    sitting.draw()
    sitting.redraw()
    sitting.say()
    sitting.show()
    sitting.look()
    guest = _client(team, "consultant")
    chapters = _recording(guest, session)["chapters"]
    assert chapters[0]["projection"] == "deidentified"
    states, events = _read(guest, session, chapters[0])
    text = str((states, events))
    grant = team.people["consultant"].case_grants.get(case=team.case)
    assert Projection(grant_id=grant.pk).uid(scan.series_instance_uid) in text
    for secret in (scan.series_instance_uid, scan.study_instance_uid, "node ", "said "):
        assert secret not in text
    assert any(one["kind"] == "withheld" for one in events)
    member = str(_read(_client(team, "chair"), session, chapters[0]))
    assert scan.series_instance_uid in member and "node " in member


def test_a_case_lists_its_recordings_with_who_was_there(
    team: CaseTeam, session: LiveSession
) -> None:
    for who, joined in (("surgeon", True), ("chair", True), ("surgeon", False)):
        services.record_attendance(
            actor=team.actor(who), session_id=session.pk, case_id=team.case_id, joined=joined
        )
    services.end_session(actor=team.actor("chair"), session_id=session.pk)
    listed = _client(team, "radiologist").get(f"/api/live/recordings?case={team.case_id}").json()
    (one,) = listed["results"]
    assert (one["session"], one["board"]) == (str(session.pk), "Thoracic")
    assert {person["display_name"] for person in one["people"]} == {
        "Chair Person",
        "Surgeon Person",
    }
    assert one["kept_until"] is not None
    visits = RoomVisit.objects.filter(session=session)
    assert [visit.left_at is None for visit in visits.order_by("came_at")] == [False, True]
    answer = _client(team, "outsider").get(f"/api/live/recordings?case={team.case_id}")
    assert answer.status_code == 404


def _ended(session: LiveSession, *, days_ago: float) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    LiveSession.objects.filter(pk=session.pk).update(state="ended", ended_at=at)


@pytest.mark.parametrize(
    ("recorded", "days", "ended_days_ago", "left"),
    [(True, 30, 29, True), (True, 30, 31, False), (True, None, 4000, True), (True, 0, 0, False),
     (False, None, 0, False)],
)  # fmt: skip
def test_LIVE_R1_retention_is_the_boards(
    team: CaseTeam,
    session: LiveSession,
    scan: Scan,
    recorded: bool,
    days: int | None,
    ended_days_ago: float,
    left: bool,
) -> None:
    boards.set_recording(
        actor=team.actor("chair"),
        board_id=board_of(session).pk,
        is_recorded=recorded,
        records_pointers=False,
        keeps_recordings_days=days,
    )
    LiveSession.objects.filter(pk=session.pk).update(is_recorded=recorded)
    sitting = Sitting(team=team, session=session, scan=scan, rng=random.Random(5))
    for _ in range(4):
        sitting.act()
    assert retention.purge_recordings() == 0, "an open room keeps its log"
    _ended(session, days_ago=ended_days_ago)
    assert retention.purge_recordings() == (0 if left else 1)
    for model in (LiveEvent, RecordedState):
        assert model.objects.filter(session=session).exists() is left
    assert not LiveOp.objects.filter(session=session).exists() or left
    chair = _client(team, "chair")
    answer = chair.get(f"/api/live/sessions/{session.pk}/recording")
    assert answer.status_code == (200 if left else 404)
    if not left:
        assert answer.json()["code"] == "recording_gone"
        assert AuditEntry.objects.filter(action="recording.purged").count() == 1
        listed = chair.get(f"/api/live/recordings?case={team.case_id}").json()
        assert listed["results"] == []


def test_a_forgotten_room_ends_so_that_its_time_begins(session: LiveSession) -> None:
    assert services.end_idle_rooms() == 0
    then = timezone.now() - timedelta(days=8)
    LiveSession.objects.filter(pk=session.pk).update(updated_at=then)
    assert services.end_idle_rooms() == 1
    assert LiveSession.objects.get(pk=session.pk).ended_at is not None
    assert AuditEntry.objects.filter(action="live.ended", actor_label="retention").count() == 1


def test_a_board_that_does_not_record_keeps_no_states(team: CaseTeam, meeting: Meeting) -> None:
    chair = _client(team, "chair")
    board = meeting.board_id
    rules = {"is_recorded": False, "records_pointers": True, "keeps_recordings_days": None}
    path = f"/api/boards/{board}/recording"
    assert chair.put(path, rules, content_type="application/json").status_code == 200
    answer = _client(team, "surgeon").put(path, rules, content_type="application/json")
    assert answer.status_code == 403
    session, _ = services.open_meeting_session(actor=team.actor("chair"), meeting_id=meeting.pk)
    assert (session.is_recorded, session.records_pointers) == (False, False)
    assert not RecordedState.objects.exists()
    shown = chair.get(f"/api/live/sessions/{session.pk}").json()["recording"]
    assert shown == {"is_recorded": False, "records_pointers": False, "keeps_days": 0}


def _decide(team: CaseTeam, session: LiveSession) -> Decision:
    chair = team.actor("chair")
    draft = boards.save_draft(
        actor=chair,
        case_id=team.case_id,
        recommendations=[RecommendationDraft(text="Lobectomy", intent="curative")],
        positions=[],
        meeting_id=session.meeting_id,
        view={"session": "forged"},
    )
    return boards.sign_decision(actor=chair, decision_id=draft.pk, version=draft.version)


def test_LIVE_R2_a_signed_decision_keeps_its_view_when_the_recording_is_gone(
    team: CaseTeam, session: LiveSession, study: str
) -> None:
    assert keyframe(team=team, session=session, study=study, rev=3)
    decision = _decide(team, session)
    head = LiveSession.objects.get(pk=session.pk).head
    assert decision.view is not None
    assert decision.view["session"] == str(session.pk)
    assert decision.view["seq"] < head
    assert decision.view["stage"]["viewports"][0]["camera"]["focal_point_lps"] == [1.5, 2.5, 3.0]
    (chapter,) = _recording(_client(team, "chair"), session)["chapters"]
    assert [one["id"] for one in chapter["decisions"]] == [str(decision.pk)]
    _ended(session, days_ago=5000)
    assert retention.purge_recordings() == 1
    kept = _client(team, "chair").get(f"/api/decisions/{decision.pk}").json()
    assert kept["view"] == decision.view
    with pytest.raises(Conflict):
        boards.save_draft(
            actor=team.actor("chair"), case_id=team.case_id, recommendations=[], positions=[],
            decision_id=decision.pk, version=decision.version, view={"stage": None},
        )  # fmt: skip


def test_LIVE_R2_signed_outside_of_a_room_it_has_no_view_of_anybodys_making(
    team: CaseTeam, session: LiveSession
) -> None:
    _ended(session, days_ago=0)
    assert _decide(team, session).view is None
