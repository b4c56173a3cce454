"""Read first, reveal AI, in the room; votes and the clock (LIVE-X1…X4, X6)."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.ai.models import Finding
from apps.boards import services as boards
from apps.boards.choices import AiReading, BoardRole
from apps.boards.models import AgendaItem, Meeting
from apps.live import services
from apps.live.models import LiveEvent, LiveSession
from apps.live.projections import View, project_event, project_stage
from tests.apps.ai import world
from tests.apps.live.conftest import Connect, call
from tests.apps.live.door import let_in
from tests.live_client import LiveClient, stage
from tests.people import CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)

BLIND = View(guise="identified", embargoed=True)
OPEN = View(guise="identified")
FINDING = "finding:00000000-0000-4000-8000-000000000001"


@pytest.fixture()
def meeting(team: CaseTeam) -> Meeting:
    """Of a board that reads first in its meetings, on one case."""
    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name="Thoracic")
    for who, role in (("chair", BoardRole.CHAIR), ("surgeon", BoardRole.CORE)):
        boards.add_board_member(
            actor=coordinator, board_id=board.pk, user_id=team.people[who].pk, role=role
        )
    boards.set_ai_reading(actor=coordinator, board_id=board.pk, ai_reading=AiReading.IN_MEETING)
    start = timezone.now()
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=start, ends_at=start + timedelta(hours=1)
    )
    boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)
    return meeting


@pytest.fixture()
def finding(team: CaseTeam, tmp_path: Path) -> Finding:
    job = world.finished_job(
        team=team,
        version=world.builtin_version(tmp_path),
        series=world.indexed_series(team=team),
        findings=1,
    )
    return job.findings.get()


@pytest.fixture()
def session(team: CaseTeam, meeting: Meeting, finding: Finding) -> LiveSession:
    opened, _ = services.open_meeting_session(actor=team.actor("chair"), meeting_id=meeting.pk)
    return opened


def _drawing(scan: Scan) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "kind": "length",
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[1],
        "frame": 1,
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": [scan.point_lps(index=1, column=at, row=20) for at in (10, 42)],
    }


def _item(meeting: Meeting) -> str:
    return str(AgendaItem.objects.get(meeting=meeting).pk)


async def _findings(team: CaseTeam, who: str) -> tuple[int, bool]:
    """How many the list over REST has, and whether it says that it hides some."""

    def read() -> tuple[int, bool]:
        client = Client()
        client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
        body = client.get("/api/findings", {"case": str(team.case_id)}).json()
        return len(body["results"]), body["ai_hidden"]

    return await call(read)  # type: ignore[no-any-return]


async def test_LIVE_X2_the_presenter_reveals_and_each_window_gets_its_findings(
    connect: Connect, team: CaseTeam, meeting: Meeting, finding: Finding
) -> None:
    """Nobody is excepted in the room, not even who reviews findings."""
    item = await call(_item, meeting)
    people = [await connect(who) for who in ("chair", "surgeon", "radiologist")]
    for client in people:
        assert client.welcome["ai_hidden"] is True
        assert client.snapshot is not None and client.snapshot["findings"] == []
    chair, surgeon, radiologist = people
    assert await _findings(team, "radiologist") == (0, True)
    refused = await surgeon.op("ai.reveal", {"agenda_item": item})
    assert (refused["outcome"], refused["code"]) == ("rejected", "ask_the_presenter")
    refused = await radiologist.op("finding.accept", {}, entity=str(finding.pk), entity_version=1)
    assert (refused["outcome"], refused["code"]) == ("rejected", "ai_hidden")
    assert (await chair.op("ai.reveal", {"agenda_item": item}))["outcome"] == "committed"
    for client in people:
        await _heard_reveal(client)
        assert client.snapshot is not None
        assert [one["id"] for one in client.snapshot["findings"]] == [str(finding.pk)]
    assert await _findings(team, "radiologist") == (1, False)
    again = await chair.op("ai.reveal", {"agenda_item": item})
    assert again["outcome"] == "noop"


async def _heard_reveal(client: LiveClient) -> None:
    def seen(type_: str, **fields: Any) -> bool:
        return any(
            one["type"] == type_ and all(one.get(name) == value for name, value in fields.items())
            for one in client.seen
        )

    while not (
        seen("event", kind="ai.revealed")
        and seen("access.changed", ai_hidden=False)
        and seen("snapshot", ai_hidden=False)
    ):
        await client.receive()


async def test_LIVE_X2_the_log_says_what_was_read_before(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession, scan: Scan
) -> None:
    chair = await connect("chair")
    drawn = await chair.op("measurement.put", _drawing(scan))
    assert drawn["outcome"] == "committed", drawn
    revealed = await chair.op("ai.reveal", {"agenda_item": await call(_item, meeting)})
    assert drawn["seq"] < revealed["seq"]
    kinds = await call(
        lambda: list(
            LiveEvent.objects.filter(session=session).order_by("seq").values_list("kind", flat=True)
        )
    )
    assert kinds.index("measurement.put") < kinds.index("ai.revealed")


async def test_LIVE_X2_who_was_away_during_the_reveal_gets_a_snapshot(
    connect: Connect, team: CaseTeam, meeting: Meeting, finding: Finding
) -> None:
    """The findings of before are not among the events of the gap."""
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await surgeon.close()
    await chair.op("ai.reveal", {"agenda_item": await call(_item, meeting)})
    back = await connect("surgeon", last_seq=surgeon.seq)
    assert back.welcome["events"] is None
    assert [one["id"] for one in back.welcome["snapshot"]["findings"]] == [str(finding.pk)]


async def test_LIVE_X1_hidden_is_as_long_as_the_room_is_on_the_case(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    surgeon = await connect("surgeon")
    assert await _findings(team, "surgeon") == (0, True)
    await call(lambda: services.end_session(actor=team.actor("chair"), session_id=session.pk))
    assert await _findings(team, "surgeon") == (1, False)
    assert surgeon.welcome["ai_hidden"] is True


async def test_LIVE_X1_a_setting_changed_meanwhile_reaches_open_windows(
    connect: Connect, team: CaseTeam, meeting: Meeting
) -> None:
    surgeon = await connect("surgeon")
    await call(
        lambda: boards.set_ai_reading(
            actor=team.actor("chair"), board_id=meeting.board_id, ai_reading=AiReading.NEVER
        )
    )
    changed = await surgeon.until("access.changed")
    assert changed["ai_hidden"] is False
    fresh = await surgeon.until("snapshot")
    assert len(fresh["snapshot"]["findings"]) == 1


async def test_LIVE_X2_an_item_of_another_case_is_not_revealed_from_here(
    connect: Connect, team: CaseTeam
) -> None:
    chair = await connect("chair")
    refused = await chair.op("ai.reveal", {"agenda_item": str(team.case_id)})
    assert (refused["outcome"], refused["code"]) == ("rejected", "moved_on")


def test_LIVE_X3_what_findings_draw_is_stripped_from_a_stage_for_who_reads_first() -> None:
    focus = {"kind": "finding", "id": FINDING.removeprefix("finding:")}
    frame = stage("1.2.3", epoch=1, rev=1, focus=focus)
    frame["state"]["viewports"][0]["overlays"] = [FINDING, "drawn:1"]
    shown = project_stage(frame, view=BLIND)
    assert shown is not None and FINDING.removeprefix("finding:") not in str(shown)
    assert shown["state"]["viewports"][0]["overlays"] == ["drawn:1"]
    assert project_stage(frame, view=OPEN) == frame
    event = {"kind": "stage.keyframe", "type": "event", "seq": 1, "payload": {"stage": frame}}
    assert project_event(event, view=BLIND)["payload"]["stage"] == shown
    assert project_event(event, view=OPEN) == event


async def test_LIVE_X3_the_socket_strips_them_too(
    connect: Connect, team: CaseTeam, study: str
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    frame = stage(study, epoch=chair.welcome["presenter"]["epoch"], rev=1)
    frame["state"]["viewports"][0]["overlays"] = [FINDING]
    await chair.send(frame)
    await surgeon.until("stage")
    assert FINDING not in "".join(surgeon.texts)


async def test_LIVE_X4_votes_go_by_the_same_service_and_are_counted_for_everybody(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    """A de-identified guest hears how many, and nobody's name or reason."""
    draft = await call(
        lambda: boards.save_draft(
            actor=team.actor("coordinator"),
            case_id=team.case_id,
            recommendations=[boards.RecommendationDraft(text="Resection")],
            positions=[],
        )
    )
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await call(let_in, team, session, "consultant")
    guest, trainee = await connect("consultant"), await connect("trainee")
    key = str(draft.pk)
    refused = await surgeon.op("votes.call", {}, entity=key)
    assert (refused["outcome"], refused["code"]) == ("rejected", "forbidden")
    assert (await chair.op("votes.call", {}, entity=key))["outcome"] == "committed"
    assert (await surgeon.until_event("votes.called"))["payload"]["decision"]["id"] == key
    vote = {"stance": "agree", "statement": "", "text_version": draft.text_version}
    assert (await chair.op("decision.vote", vote, entity=key))["outcome"] == "committed"
    dissent = {**vote, "stance": "dissent", "statement": "N2 is not resectable"}
    assert (await surgeon.op("decision.vote", dissent, entity=key))["outcome"] == "committed"
    for client in (chair, guest):
        heard = await client.until(
            "event",
            where=lambda one: (
                one["kind"] == "decision.voted" and one["payload"]["votes"]["dissent"] == 1
            ),
        )
        assert heard["payload"]["votes"] == {"agree": 1, "dissent": 1, "abstain": 0}
    assert "resectable" not in "".join(guest.texts)
    for nobody in (guest, trainee):
        refused = await nobody.op("decision.vote", vote, entity=key)
        assert refused["outcome"] == "rejected"
    stale = await chair.op("decision.vote", {**vote, "text_version": 99}, entity=key)
    assert (stale["outcome"], stale["code"]) == ("rejected", "stale_version")


async def test_LIVE_X6_the_clock_is_set_in_the_room_and_everybody_hears(
    connect: Connect, team: CaseTeam, meeting: Meeting
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    item = await call(_item, meeting)
    ack = await chair.op("timer.set", {"agenda_item": item, "move": "add", "minutes": 2})
    assert ack["outcome"] == "committed"
    heard = await surgeon.until_event("clock.changed")
    assert heard["payload"] == {"agenda_item": item, "move": "add", "minutes": 5}
    refused = await surgeon.op("timer.set", {"agenda_item": item, "move": "pause"})
    assert (refused["outcome"], refused["code"]) == ("rejected", "forbidden")
