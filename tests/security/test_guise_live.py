"""Every frame of the live room that a de-identified guest gets, searched for canaries.

The room says secrets in every way it can: studies, labels, comments, chat, drafts, names of
overlays and tools. An identified member hears them, so the search can fail.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from pydicom.dataset import Dataset

from apps.ai import services as ai
from apps.ai.models import Finding
from apps.annotations.models import Lesion, Measurement
from apps.annotations.segmentations import services as segmentations
from apps.boards import services as boards
from apps.boards.choices import BoardRole
from apps.boards.models import AgendaItem, Meeting
from apps.cases.models import CaseGrant
from apps.cases.services import create_case, edit_case
from apps.imaging.archive import read_headers
from apps.imaging.models import Series, Study
from apps.imaging.pixels import guard as guard_module
from apps.imaging.projection import Projection
from apps.imaging.services import import_files, link_archived_study
from apps.imaging.services.indexing import record_progress
from apps.live.models import LiveSession
from apps.live.projections import PASSES_DEIDENTIFIED
from apps.live.services import open_meeting_session
from tests.apps.ai.flagged import flagged_draft
from tests.apps.ai.world import GRID, builtin_version, request
from tests.apps.live.conftest import Connect, call, connect
from tests.apps.live.door import let_in
from tests.live_client import Json, LiveClient
from tests.painting import block, paint
from tests.people import SYSTEM, CaseTeam
from tests.security.canaries import UID_ROOT, Aviary, found_in
from tests.security.canary_case import archive_root, aviary, guard, identity_of, team
from tests.security.listener import Listener
from tests.security.live_scene import (
    committed,
    decide,
    drawing,
    follow_lesions,
    gather,
    keep_time_and_reveal,
    key_image,
    leave_views,
    pointing,
    recording_paths,
    scene,
)
from tests.tallies import Tally

__all__ = ["archive_root", "aviary", "connect", "guard", "team"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

START = datetime(2027, 1, 12, 14, tzinfo=UTC)
NAMED_UID = re.compile(r'"\w*uid":\s?"([^"]*)"')
HEARD_TYPES = {
    "welcome", "snapshot", "event", "stage", "presence.delta", "participant.joined",
    "participant.left", "presenter.changed", "access.changed", "op.ack", "error", "pong",
}  # fmt: skip
HEARD_KINDS = PASSES_DEIDENTIFIED - {"finding.exported", "decision.signed"} | {"withheld"}


@pytest.fixture()
def meeting(team: CaseTeam, aviary: Aviary) -> Meeting:
    """Two cases: the guest sees the first de-identified and knows nothing of the second."""
    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name="Thoracic")
    for who, role in (("chair", BoardRole.CHAIR), ("surgeon", BoardRole.CORE)):
        boards.add_board_member(
            actor=coordinator, board_id=board.pk, user_id=team.people[who].pk, role=role
        )
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=START, ends_at=START + timedelta(hours=1)
    )
    other = create_case(actor=coordinator, patient_id=team.case.patient_id, title=aviary.word())
    for case_id in (team.case_id, other.pk):
        boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=case_id)
    return meeting


@pytest.fixture()
def session(team: CaseTeam, meeting: Meeting) -> LiveSession:
    opened, _ = open_meeting_session(actor=team.actor("coordinator"), meeting_id=meeting.pk)
    return opened


@pytest.fixture()
def stack(team: CaseTeam) -> list[Dataset]:
    """Headers of the CT's three slices."""
    for series in Series.objects.filter(kind="image", modality="CT", deidentifiable=True):
        headers = read_headers(series_id=series.pk)
        if len(headers) == 3:
            return list(headers)
    raise AssertionError("the canary case has no stack")


def items_of(meeting: Meeting) -> list[UUID]:
    rows = AgendaItem.objects.filter(meeting=meeting).order_by("position")
    return list(rows.values_list("pk", flat=True))


def mapping_of(team: CaseTeam) -> Projection:
    grant = CaseGrant.objects.get(user=team.people["consultant"], case=team.case)
    return Projection(grant_id=grant.pk)


def find_things(team: CaseTeam, aviary: Aviary, header: Dataset, folder: Path) -> list[UUID]:
    """A job that fails with a secret and one that finds two things with secret labels."""
    series = Series.objects.get(series_instance_uid=header.SeriesInstanceUID)
    failing = builtin_version(folder, slug="failing")
    request(team=team, version=failing, series=series)
    job = ai.claim_next_job(worker="test")
    ai.fail_job(job_id=job.pk, fence=job.fence, code=aviary.word().lower(), message=aviary.word())
    request(team=team, version=builtin_version(folder), series=series)
    job = ai.claim_next_job(worker="test")
    drafts = [
        replace(
            flagged_draft(label=aviary.word()),
            frame_of_reference_uid=str(header.FrameOfReferenceUID),
            sop_instance_uid=str(header.SOPInstanceUID),
            segmentation_uid=aviary.uid(),
            report_uid=aviary.uid(),
        )
        for _ in range(2)
    ]
    ai.complete_job(
        job_id=job.pk, fence=job.fence, drafts=drafts, grid=GRID, parameters={"method": "fixed"}
    )
    return list(Finding.objects.filter(job=job).values_list("pk", flat=True))


def bring_study(team: CaseTeam, aviary: Aviary, meeting: Meeting, folder: Path) -> None:
    """Another study for the first case, linked to the second one, too."""
    aviary.write(folder, identity_of(team.case.patient), most=3)
    known = set(Study.objects.values_list("pk", flat=True))
    import_files(actor=team.actor("radiologist"), case_id=team.case_id, paths=[folder])
    (study,) = Study.objects.exclude(pk__in=known)
    other = AgendaItem.objects.filter(meeting=meeting).exclude(case=team.case).get().case_id
    link_archived_study(actor=team.actor("coordinator"), case_id=other, study_id=study.pk)
    with transaction.atomic():
        record_progress(actor=SYSTEM, study=study)
    edit_case(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        version=type(team.case).objects.get(pk=team.case_id).version,
        changes={"title": aviary.word(), "history": aviary.word()},
    )


async def measure(reader: LiveClient, aviary: Aviary, header: Dataset) -> Json:
    """Drawn, renamed, removed and put back, with a secret label each time."""
    drawn = {**drawing(header, label=aviary.word()), "site": aviary.word()}
    await committed(reader, "measurement.put", drawn)
    entity = drawn["id"]
    label = {"label": aviary.word()}
    await committed(reader, "measurement.revise", label, entity=entity, entity_version=1)
    await committed(reader, "measurement.remove", {}, entity=entity, entity_version=2)
    again = {**drawn, "label": aviary.word()}
    await committed(reader, "measurement.put", again, entity=entity, entity_version=3)
    return drawn


async def mark(reader: LiveClient, aviary: Aviary, header: Dataset) -> None:
    """A key image marked, taken away and marked again, with a secret note."""
    marked = key_image(header, note=aviary.word())
    await committed(reader, "key_image.add", marked)
    entity = marked["id"]
    await committed(reader, "key_image.remove", {}, entity=entity, entity_version=1)
    await committed(reader, "key_image.add", marked, entity=entity, entity_version=2)


def outline(team: CaseTeam, aviary: Aviary, header: Dataset) -> None:
    """A segmentation drawn, painted on and taken away, with a secret name and label."""
    actor = team.actor("surgeon")
    drawn = segmentations.put_segmentation(
        actor=actor,
        case_id=team.case_id,
        study_instance_uid=str(header.StudyInstanceUID),
        series_instance_uid=str(header.SeriesInstanceUID),
        stack=1,
        segments=[segmentations.SegmentDraft(label=aviary.word())],
        name=aviary.word(),
    )
    painted = paint(actor, drawn, {1: block((1, 2, 2))}, parent=drawn.head)
    segmentations.remove_segmentation(
        actor=actor, segmentation_id=painted.pk, version=painted.version
    )


async def watch_stage_and_pointers(
    chair: LiveClient, guest: LiveClient, aviary: Aviary, stack: list[Dataset], mapping: Projection
) -> None:
    """Positions and millimetres as they are, UIDs as the guest's images carry them."""
    shown = scene(stack[0], epoch=1, rev=1, overlay=aviary.word())
    await chair.send(shown)
    seen = (await guest.until("stage"))["frame"]["state"]["viewports"][0]
    sent = shown["state"]["viewports"][0]
    assert (seen["camera"], seen["voi"]) == (sent["camera"], sent["voi"])
    assert seen["overlays"] == sent["overlays"][:2]
    for name in ("study_instance_uid", "series_instance_uid", "frame_of_reference_uid"):
        assert seen[name] == mapping.uid(sent[name])
    reference = {"sop_instance_uid": mapping.uid(stack[0].SOPInstanceUID), "frame": 1}
    assert seen["reference"] == reference
    await guest.until_event("stage.keyframe")
    await chair.send(pointing(stack[1], tool=aviary.word().lower()))
    delta = await guest.until("presence.delta", where=lambda m: bool(m["changed"]))
    assert delta["changed"][0]["pointer"]["point_lps"] == [1.0, 2.0, 3.0]


async def travel(
    chair: LiveClient, guest: LiveClient, aviary: Aviary, stack: list[Dataset], items: list[UUID]
) -> None:
    """To a case that is not the guest's, and back."""
    await committed(chair, "agenda.goto", {"agenda_item": str(items[1])})
    assert (await guest.until("access.changed"))["projection"] == "none"
    await committed(chair, "chat.post", {"text": aviary.word()})
    await chair.send(pointing(stack[1], tool=aviary.word().lower()))
    await committed(chair, "agenda.goto", {"agenda_item": str(items[0])})
    assert (await guest.until("access.changed"))["projection"] == "deidentified"
    await guest.until("snapshot", where=lambda m: m["snapshot"] is not None)


async def ask_for_more(chair: LiveClient, guest: LiveClient, aviary: Aviary) -> None:
    """Whatever a client may ask a room for: an answer, the token, what it missed."""
    await guest.send({"type": "ping", "t": 1.0})
    await guest.send({"type": "presenter.request"})
    assert (await guest.until("error"))["code"] == "ask_the_chair"
    for _ in range(3):
        await guest.sync((await committed(chair, "chat.post", {"text": aviary.word()}))["seq"])
    await guest.send({"type": "resume", "after_seq": 0})
    await guest.until("snapshot")
    guest.seq -= 2
    await guest.send({"type": "resume", "after_seq": guest.seq})
    await guest.until("event")


async def test_LIVE_A2_no_canary_in_any_frame_of_a_deidentified_guest(
    connect: Connect, team: CaseTeam, session: LiveSession, meeting: Meeting, aviary: Aviary,
    stack: list[Dataset], tmp_path: Path, guard: guard_module.TicketGuard, tally: Tally,
    settings: Any,
) -> None:  # fmt: skip
    settings.VAR_DIR = tmp_path / "var"
    items, mapping = await call(items_of, meeting), await call(mapping_of, team)
    chair, reader = await connect("chair"), await connect("radiologist", process=1)
    await call(let_in, team, session, "consultant")
    surgeon, guest = await connect("surgeon"), await connect("consultant")
    await watch_stage_and_pointers(chair, guest, aviary, stack, mapping)
    await committed(chair, "chat.post", {"text": f"{aviary.word()} is {aviary.word()}"})
    drawn = await measure(reader, aviary, stack[1])
    await follow_lesions(reader, entity=drawn["id"], words=aviary.word)
    await mark(reader, aviary, stack[1])
    await call(outline, team, aviary, stack[1])
    put = (await guest.until_event("measurement.put"))["payload"]["measurement"]
    assert put["points_lps"] == drawn["points_lps"]
    assert put["values"][0]["value"] == pytest.approx(7.5)
    findings = await call(find_things, team, aviary, stack[0], tmp_path)
    opinion = {"decision": "accepted", "comment": aviary.word()}
    await committed(chair, "finding.opinion", opinion, entity=str(findings[0]), entity_version=1)
    await committed(reader, "finding.accept", {}, entity=str(findings[0]), entity_version=1)
    why = {"reason_code": "other", "comment": aviary.word()}
    await committed(reader, "finding.dismiss", why, entity=str(findings[1]), entity_version=1)
    await decide(chair, surgeon, team=team, words=aviary.word)
    await call(leave_views, team=team, header=stack[0], words=aviary.word)
    await call(bring_study, team, aviary, meeting, tmp_path / "more")
    await committed(chair, "presenter.grant", {"user": str(team.people["surgeon"].pk)})
    await committed(chair, "presenter.grant", {"user": None})
    await gather(reader, team, meeting)
    await travel(chair, guest, aviary, stack, items)
    await keep_time_and_reveal(chair, guest, team=team, item=items[0])
    await ask_for_more(chair, guest, aviary)
    await surgeon.sync(guest.seq)
    await surgeon.close()
    await guest.until("participant.left", timeout_s=10)
    late = await connect("consultant", last_seq=guest.seq - 2)
    assert late.welcome["events"]
    elsewhere = await connect("consultant", process=1)
    assert elsewhere.welcome["snapshot"]["measurements"]
    for kind, payload, fields in asked_by_a_guest(stack[0], drawn, findings, items[1], mapping):
        ack = await guest.op(kind, payload, **fields)
        assert (ack["outcome"], ack["current"]) == ("rejected", None), (kind, ack)
    await committed(guest, "chat.post", {"text": "May I ask?"})
    guests = [guest, late, elsewhere]
    for one in guests:
        await drain(one)
    rest = await call(read_by_rest, team, session, guard, guest.seq)
    check_frames(guests)
    assert not await call(tracking_uids) & named_uids(guests)
    heard = found_in("\n".join(surgeon.texts).encode())
    assert len(heard & aviary.planted) >= 9
    assert any(one.startswith(UID_ROOT.encode()) for one in heard)
    frames = sum(len(one.texts) for one in guests)
    tally("canaries", planted=len(aviary.planted), found=0, answers=rest.answers, frames=frames)


def check_frames(guests: list[LiveClient]) -> None:
    texts = "\n".join(text for one in guests for text in one.texts)
    assert found_in(texts.encode()) == set()
    named = named_uids(guests)
    assert named and all(uid.startswith("2.25.") for uid in named)
    seen = [message for one in guests for message in one.seen]
    types = {message["type"] for message in seen}
    assert types >= HEARD_TYPES, HEARD_TYPES - types
    kinds = {message["kind"] for message in seen if message["type"] == "event"}
    assert kinds >= HEARD_KINDS, HEARD_KINDS - kinds


def named_uids(guests: list[LiveClient]) -> set[str]:
    return {uid for one in guests for text in one.texts for uid in NAMED_UID.findall(text)}


def read_by_rest(
    team: CaseTeam, session: LiveSession, guard: guard_module.TicketGuard, head: int
) -> Listener:
    """The polled log, and everything that came of it in other answers."""
    rest = Listener(team, "consultant", guard)
    for query in ("", f"?after={head - 3}", "?after=0"):
        rest.ask("get", f"/api/live/sessions/{session.pk}/events{query}", "events")
    assert rest.good == {"events"}
    for path in recording_paths(session):
        rest.ask("get", path, path.split("?")[0].rsplit("/", 1)[-1])
    assert rest.good == {"events", "recording", "pointers"}
    for listed in ("tours", "live/recordings"):
        rest.ask("get", f"/api/{listed}?case={team.case_id}", listed)
        assert listed in rest.good
    rest.read(only="api/")
    assert rest.heard == {}
    return rest


async def drain(client: LiveClient) -> None:
    with suppress(TimeoutError):
        while True:
            await client.receive(0.3)


def tracking_uids() -> set[str]:
    return {
        *Measurement.objects.values_list("tracking_uid", flat=True),
        *Lesion.objects.values_list("tracking_uid", flat=True),
    }


def asked_by_a_guest(
    header: Dataset, drawn: Json, findings: list[UUID], item: UUID, mapping: Projection
) -> list[tuple[str, Json, Json]]:
    measured = {"entity": drawn["id"], "entity_version": 99}
    found = {"entity": str(findings[0]), "entity_version": 99}
    return [
        ("measurement.put", drawing(header, uid=mapping.uid), {}),
        ("measurement.put", drawing(header), {}),
        ("measurement.revise", {"label": "x"}, measured),
        ("measurement.remove", {}, measured),
        ("measurement.assign", {"lesion": None}, measured),
        ("lesion.put", {"id": str(uuid4())}, {}),
        ("lesion.remove", {}, measured),
        ("key_image.add", key_image(header, uid=mapping.uid), {}),
        ("key_image.add", key_image(header), {}),
        ("key_image.remove", {}, measured),
        ("finding.accept", {}, found),
        ("finding.defer", {"until": None, "comment": ""}, found),
        ("finding.opinion", {"decision": "accepted"}, found),
        ("finding.dismiss", {"reason_code": "duplicate", "comment": ""}, found),
        ("agenda.goto", {"agenda_item": str(item)}, {}),
        ("presenter.grant", {"user": None}, {}),
        ("decision.draft", {"consensus": "none"}, {}),
    ]
