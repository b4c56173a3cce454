"""What services of every floor say about a case fits the log's wire format."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from apps.ai import events as ai
from apps.annotations import events as annotations
from apps.annotations.segmentations import events as segmentations
from apps.boards import events as boards
from apps.cases import events as cases
from apps.core.events import CaseEvent
from apps.imaging import events as imaging
from apps.live import events as live
from apps.live.log import FALLBACK_KIND, KNOWN_KINDS, NOT_LOGGED
from apps.live.projections import AI_KINDS, PASSES_DEIDENTIFIED, View, project_event
from apps.live.protocol import event_messages

ID = uuid4()
UID = "1.2.840.99999.1"
SECRET = "Mrs Doe"
STAMP = ai.FindingStamp(id=ID, version=2, state="accepted")
DECISION = boards.DecisionState(id=ID, version=1, status="draft")
MEASUREMENT = {
    "id": str(ID),
    "version": 1,
    "case": str(ID),
    "study_instance_uid": UID,
    "series_instance_uid": f"{UID}.2",
    "sop_instance_uid": f"{UID}.2.3",
    "frame": 1,
    "frame_of_reference_uid": None,
    "kind": "length",
    "points_lps": None,
    "points_image": [[1.0, 2.0], [3.0, 4.0]],
    "values": [{"quantity": "length", "value": 2.8, "unit": "px"}],
    "problem": None,
    "label": SECRET,
    "site": SECRET,
    "layer": "shared",
    "lesion": str(ID),
    "author": {"id": str(ID), "display_name": "Dr. A", "discipline": "surgery"},
    "tracking_uid": f"{UID}.9",
    "created_at": "2026-11-22T14:30:00+00:00",
    "updated_at": "2026-11-22T14:30:00+00:00",
}
KEY_IMAGE = {
    "id": str(ID),
    "version": 1,
    "case": str(ID),
    "study_instance_uid": UID,
    "series_instance_uid": f"{UID}.2",
    "sop_instance_uid": f"{UID}.2.3",
    "frame": 1,
    "note": SECRET,
    "author": {"id": str(ID), "display_name": "Dr. A", "discipline": "surgery"},
    "created_at": "2026-11-22T14:30:00+00:00",
    "updated_at": "2026-11-22T14:30:00+00:00",
}
LESION = {
    "id": str(ID),
    "version": 1,
    "case": str(ID),
    "number": 1,
    "label": SECRET,
    "site": SECRET,
    "role": "target",
    "is_node": False,
    "author": {"id": str(ID), "display_name": "Dr. A", "discipline": "surgery"},
    "tracking_uid": f"{UID}.10",
    "created_at": "2026-11-22T14:30:00+00:00",
    "updated_at": "2026-11-22T14:30:00+00:00",
}
SEGMENTATION = {"id": str(ID), "version": 1, "revision": 3}
BASE: dict[str, Any] = {
    "case_id": ID,
    "entity": "thing",
    "entity_id": "1",
    "entity_version": 1,
    "actor_id": ID,
    "actor_label": "Dr. A",
}
SAMPLES: list[CaseEvent] = [
    ai.JobChanged(**BASE, state="running", series_instance_uid=UID),
    ai.FindingsAdded(**BASE, job=ID, findings=(STAMP,)),
    ai.FindingReviewed(**BASE, finding=STAMP, reason_code=None),
    ai.FindingOpinionGiven(**BASE, finding=STAMP),
    ai.FindingExported(**BASE, state="stored"),
    annotations.MeasurementPut(**BASE, measurement=MEASUREMENT),
    annotations.MeasurementRevised(**BASE, measurement=MEASUREMENT),
    annotations.MeasurementRemoved(**BASE, id=ID, version=2),
    annotations.KeyImageAdded(**BASE, key_image=KEY_IMAGE),
    annotations.KeyImageRemoved(**BASE, id=ID, version=2),
    annotations.LesionPut(**BASE, lesion=LESION),
    annotations.LesionRevised(**BASE, lesion=LESION),
    annotations.LesionRemoved(**BASE, id=ID, version=2),
    segmentations.SegmentationPut(**BASE, segmentation=SEGMENTATION),
    segmentations.SegmentationRevised(
        **BASE,
        segmentation=SEGMENTATION,
        revision=3,
        parent=2,
        box=[1, 0, 0, 2, 9, 9],
        segments=[1],
    ),
    segmentations.SegmentationRemoved(**BASE, id=ID, version=2),
    boards.AgendaMoved(**BASE, agenda_item=ID),
    boards.DecisionDrafted(**BASE, decision=DECISION),
    boards.DecisionSigned(**BASE, decision=DECISION),
    live.TourChanged(**BASE, tour={"id": str(ID), "version": 2, "removed": False}),
    boards.DecisionVoted(
        **BASE, decision=DECISION, votes=boards.VoteCount(agree=2, dissent=1, abstain=0)
    ),
    boards.VotesCalled(**BASE, decision=DECISION),
    boards.AiRevealed(**BASE, agenda_item=ID),
    boards.ClockChanged(**BASE, agenda_item=ID, move="pause", minutes=5),
    cases.CaseChanged(**BASE, fields=["title"], status="ready"),
    cases.AccessChanged(**BASE, user_id=ID, granted=True),
    imaging.StudyLinked(**BASE, study_id=ID),
    imaging.StudyReady(**BASE, study_id=ID),
    imaging.StudyProgressed(**BASE, study_id=ID, state="ingesting", done=1, total=2),
]


def _every_case_event() -> set[type[CaseEvent]]:
    found: set[type[CaseEvent]] = set()
    pending = [CaseEvent]
    while pending:
        for event_type in pending.pop().__subclasses__():
            if event_type not in found and event_type.__module__.startswith("apps."):
                found.add(event_type)
                pending.append(event_type)
    return found


def test_every_case_event_has_a_sample_here() -> None:
    assert _every_case_event() == {type(sample) for sample in SAMPLES}


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.kind)
def test_every_case_event_fits_the_log(event: CaseEvent) -> None:
    if event.kind in NOT_LOGGED:
        return
    assert event.kind in KNOWN_KINDS, f"would travel as {FALLBACK_KIND}: add it to the protocol"
    event_messages.validate_python(
        {
            "type": "event",
            "seq": 1,
            "op_id": None,
            "case_id": str(event.case_id),
            "actor": {"id": str(event.actor_id), "display_name": event.actor_label},
            "at": datetime.now(UTC).isoformat(),
            "entity": event.entity,
            "entity_id": event.entity_id,
            "entity_version": event.entity_version,
            "kind": event.kind,
            "payload": event.payload(),
        }
    )


def test_LIVE_A2_guises_name_only_kinds_that_exist() -> None:
    assert PASSES_DEIDENTIFIED <= KNOWN_KINDS
    assert AI_KINDS <= KNOWN_KINDS


def test_LIVE_A2_what_passes_to_a_deidentified_guest_has_no_original_uid_and_no_text() -> None:
    view = View(guise="deidentified", grant_id=uuid4())
    for event in SAMPLES:
        if event.kind in NOT_LOGGED:
            continue
        shown = project_event(
            {"type": "event", "kind": event.kind, "seq": 1, "payload": event.payload()}, view=view
        )
        text = json.dumps(shown)
        assert SECRET not in text and UID not in text, event.kind
        assert (shown["kind"] == "withheld") is (event.kind not in PASSES_DEIDENTIFIED)
