"""What is drawn, marked, shown and pointed at in a room, as its author knows the images."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pydicom.dataset import Dataset

from apps.boards import services as boards
from apps.boards.models import AgendaItem, Decision, Meeting
from apps.live.models import LiveSession
from apps.live.recordings.selectors import chapters_of
from apps.live.tours import services as tours
from tests.apps.live.conftest import call
from tests.live_client import Json, LiveClient, pointer, stage
from tests.people import CaseTeam


def drawing(header: Dataset, *, label: str = "", uid: Any = str) -> Json:
    """A length on a slice; ``uid`` says how its author knows the images."""
    x, y, z = (float(value) for value in header.ImagePositionPatient)
    return {
        "id": str(uuid4()),
        "kind": "length",
        "study_instance_uid": uid(header.StudyInstanceUID),
        "series_instance_uid": uid(header.SeriesInstanceUID),
        "sop_instance_uid": uid(header.SOPInstanceUID),
        "frame_of_reference_uid": uid(header.FrameOfReferenceUID),
        "points_lps": [[x + 1.5, y + 2.0, z], [x + 9.0, y + 2.0, z]],
        "label": label,
    }


def key_image(header: Dataset, *, note: str = "", uid: Any = str) -> Json:
    return {
        "id": str(uuid4()),
        "study_instance_uid": uid(header.StudyInstanceUID),
        "series_instance_uid": uid(header.SeriesInstanceUID),
        "sop_instance_uid": uid(header.SOPInstanceUID),
        "note": note,
    }


def scene(header: Dataset, *, epoch: int, rev: int, overlay: str, uid: Any = str) -> Json:
    shown = stage(uid(header.StudyInstanceUID), epoch=epoch, rev=rev)
    shown["state"]["viewports"][0] |= {
        "series_instance_uid": uid(header.SeriesInstanceUID),
        "frame_of_reference_uid": uid(header.FrameOfReferenceUID),
        "reference": {"sop_instance_uid": uid(header.SOPInstanceUID), "frame": 1},
        "overlays": [f"segment:{uuid4()}:1:{uuid4()}", f"finding:{uuid4()}", overlay],
    }
    return shown


def pointing(header: Dataset, *, tool: str = "length", uid: Any = str) -> Json:
    said = pointer()
    said["tool"] = tool
    said["pointer"] |= {
        "series_instance_uid": uid(header.SeriesInstanceUID),
        "frame_of_reference_uid": uid(header.FrameOfReferenceUID),
        "sop_instance_uid": uid(header.SOPInstanceUID),
        "frame": 1,
    }
    return said


def leave_views(*, team: CaseTeam, header: Dataset, words: Any) -> None:
    """A tour with secrets in its name, its title, its comment and an overlay."""
    reader = team.actor("radiologist")
    tour = tours.create_tour(
        actor=reader, case_id=team.case_id, purpose="review", title=words(),
        readers=[team.people["consultant"].pk],
    )  # fmt: skip
    shown = scene(header, epoch=0, rev=0, overlay=words())["state"]
    tours.add_step(actor=reader, tour_id=tour.pk, stage=shown, title=words(), comment=words())


def recording_paths(session: LiveSession) -> list[str]:
    """Everything there is to ask of a recording, chapter by chapter."""
    base = f"/api/live/sessions/{session.pk}/recording"
    chapters = chapters_of(session=session)
    span = f"since={_plain(chapters[0].from_at)}&until={_plain(chapters[-1].to_at)}"
    pages = [f"{base}/events?after={chapter.from_seq}" for chapter in chapters]
    return [base, f"{base}/pointers?{span}", *pages]


def _plain(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def committed(client: LiveClient, kind: str, payload: Json, **fields: Any) -> Json:
    ack = await client.op(kind, payload, **fields)
    assert ack["outcome"] == "committed", ack
    return ack


async def follow_lesions(reader: LiveClient, *, entity: str, words: Callable[[], str]) -> None:
    """A lesion named, renamed, measured, freed, taken away and put back, with secret words."""
    said = {"label": words(), "site": words(), "role": "target", "is_node": False}
    made = {"id": str(uuid4()), **said}
    await committed(reader, "lesion.put", made)
    lesion = made["id"]
    said["label"] = words()
    await committed(reader, "lesion.revise", said, entity=lesion, entity_version=1)
    assign = {"entity": entity, "entity_version": 4}
    await committed(reader, "measurement.assign", {"lesion": lesion}, **assign)
    assign["entity_version"] = 5
    await committed(reader, "measurement.assign", {"lesion": None}, **assign)
    await committed(reader, "lesion.remove", {}, entity=lesion, entity_version=2)
    await committed(reader, "lesion.put", made, entity=lesion, entity_version=3)


async def decide(
    chair: LiveClient, surgeon: LiveClient, *, team: CaseTeam, words: Callable[[], str]
) -> None:
    """A draft with a dissent, and a vote on it with another."""
    stated = {
        "user": str(team.people["radiologist"].pk),
        "stance": "dissent",
        "statement": words(),
    }
    source = {"title": words(), "version": words(), "grade": words()}
    text = {
        "text": words(), "intent": "curative", "condition": words(), "fallbacks": [words()],
        "responsible_name": words(), "evidence": [source],
    }  # fmt: skip
    payload = {
        "recommendations": [text], "consensus": "majority", "positions": [stated],
        "summary": words(), "conditions": words(), "patient_view_text": words(),
        "alternatives": [{"text": words(), "why_not": words()}],
        "trial_considered": "yes", "trial_id": words(),
    }  # fmt: skip
    await committed(chair, "decision.draft", payload)
    draft = await call(lambda: Decision.objects.get(case=team.case))
    entity = str(draft.pk)
    await committed(chair, "votes.call", {}, entity=entity)
    vote = {"stance": "dissent", "statement": words(), "text_version": draft.text_version}
    await committed(surgeon, "decision.vote", vote, entity=entity)


async def keep_time_and_reveal(
    chair: LiveClient, guest: LiveClient, *, team: CaseTeam, item: UUID
) -> None:
    """The clock of the case, and what AI found once the board has read by itself."""
    place = {"agenda_item": str(item)}
    await committed(chair, "timer.set", {**place, "move": "add", "minutes": 2})
    await guest.until_event("clock.changed")

    def read_first() -> None:
        board = AgendaItem.objects.select_related("meeting").get(pk=item).meeting.board_id
        boards.set_ai_reading(actor=team.actor("chair"), board_id=board, ai_reading="in_meeting")

    await call(read_first)
    await committed(chair, "ai.reveal", place)
    await guest.until_event("ai.revealed")


async def gather(reader: LiveClient, team: CaseTeam, meeting: Meeting) -> None:
    """People come, go and ask; the board says whom it needs."""

    def change() -> None:
        by = {"actor": team.actor("chair"), "meeting_id": meeting.pk}
        user_id = team.people["oncologist"].pk
        boards.set_quorum(
            actor=team.actor("chair"), board_id=meeting.board_id, disciplines=["pathology"]
        )
        boards.tick_attendance(**by, user_id=user_id)
        boards.remove_attendance(**by, user_id=user_id)

    await call(change)
    await committed(reader, "presenter.ask", {"asking": True})
    await committed(reader, "presenter.ask", {"asking": False})
