"""What is sent to a route: its query, and a body that somebody who may would send.

A write without a line here is sent empty: whoever may is then told what is missing (400, 409,
412, 415, 422 or 428), which is past every door; whoever may not must be refused all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.ai.models import Model
from apps.cases.clinical.kinds import KINDS
from apps.imaging.models import Series
from tests.apps.cases.entries import GOOD
from tests.live_client import stage
from tests.security.permissions.hospital import LAYOUT, Hospital
from tests.security.test_routes import OURS

Body = dict[str, Any] | bytes

OF_THE_CASE = frozenset(
    {
        "api/measurements", "api/key-images", "api/lesions", "api/segmentations", "api/jobs",
        "api/findings", "api/decisions", "api/decisions/changes", "api/tours",
        "api/imports", "api/live/recordings",
    }
)  # fmt: skip
"""Lists that take their case from the query."""


QUERIES = {
    "api/pacs/studies": "?PatientID=1",
    "api/terminology": "?system=icd-10&q=lung",
    "api/live/sessions/<uuid:session_id>/recording/events": "?after=0",
    "api/live/sessions/<uuid:session_id>/recording/pointers": (
        "?since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:01Z"
    ),
    "api/segmentations/<uuid:segmentation_id>/revisions/<int:revision>/voxels": "?segment=1",
}
SERIES = "api/cases/<uuid:case_id>/studies/<str:study_uid>/series/<str:series_uid>"
REGION = "api/cases/<uuid:case_id>/structure-sets/<uuid:instance_id>/regions/<int:number>"
NOTHING_THERE = {
    f"{REGION}/dvh": "there is no dose",
    f"{SERIES}/clearance": "nobody has cleared it",
    "api/segmentations/<uuid:segmentation_id>/restore": "it was not removed",
    "api/cases/<uuid:case_id>/studies/<str:study_uid>/structure-set/file": "nothing was accepted",
    "api/me/totp-qr": "no second factor is being set up",
    "api/calendars/<str:secret>.ics": "the secret is not guessed",
    "api/pacs/studies": "no PACS is connected here",
    "api/segmentations/<uuid:segmentation_id>/segments/<int:segment>/liver-point": "no liver",
    "api/segmentations/<uuid:segmentation_id>/segments/<int:segment>/radiomics": "nothing painted",
    "api/segmentations/<uuid:segmentation_id>/revisions/<int:revision>/voxels": "nothing painted",
}
"""Reads that have nothing to answer in this hospital, and why: another code than a refusal's."""


NOTHING_DEIDENTIFIED = frozenset(
    route
    for route, _ in OURS
    if "/structure-sets/" in route or "/documents/" in route or "bulkdata" in route
)
"""What a de-identified viewer is shown nothing of until somebody has cleared it."""
NO_OBJECT = {
    "pacs_id": "no PACS is connected; only the administrator may know of one",
    "token_id": "personal: of others there is nothing (its own tests)",
    "notice_id": "nothing is urgent here (test_urgency_*)",
    "tier_id": "of the house; refused without one all the same",
    "upload_id": "of the house; refused without one all the same",
    "run_id": "of the house; refused without one all the same",
    "alert_id": "of the house; refused without one all the same",
    "review_id": "nothing was amended (test_amend*)",
    "screen_id": "the screen of a room has no person",
    "place_id": "no screen is connected (test_screens)",
    "path": "what was taken out of a header (test_dicomweb_*)",
}
"""Parameters of routes with no such thing in the hospital, and why that is enough."""
HEADERS = {
    "PATCH api/imports/<uuid:import_id>/content": {"HTTP_UPLOAD_OFFSET": "0"},
    "PATCH api/models/uploads/<uuid:upload_id>/content": {"HTTP_UPLOAD_OFFSET": "0"},
}


def query(*, route: str, hospital: Hospital) -> str:
    if route.endswith("/structure-set/file"):
        return f"?series={hospital.ids['series_uid']}"
    if route in OF_THE_CASE:
        return f"?case={hospital.own.case_id}"
    return QUERIES.get(route, "")


def _place(hospital: Hospital) -> Body:
    scan = hospital.scan
    return {
        "case": str(hospital.own.case_id),
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
    }


def _measurement(hospital: Hospital) -> Body:
    scan = hospital.scan
    return {
        **_place(hospital),
        "kind": "length",
        "sop_instance_uid": scan.slices[0],
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": [
            scan.point_lps(index=0, column=5, row=5),
            scan.point_lps(index=0, column=25, row=5),
        ],
    }


def _meeting(hospital: Hospital) -> Body:
    start = timezone.now() + timedelta(days=200)
    return {
        "board": str(hospital.board.pk),
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=1)).isoformat(),
    }


def _series(hospital: Hospital) -> Body:
    return {
        "board": str(hospital.board.pk),
        "rule": "FREQ=WEEKLY;BYDAY=FR;COUNT=2",
        "time_zone": "Europe/Berlin",
        "first_on": (timezone.now() + timedelta(days=400)).date().isoformat(),
        "starts_at": "07:30",
        "minutes": 60,
    }


def _rule(hospital: Hospital) -> Body:
    model = Model.objects.order_by("created_at").first()
    assert model is not None
    return {
        "name": "All CT",
        "model": str(model.pk),
        "board": str(hospital.board.pk),
        "modality": "CT",
    }


def _job(hospital: Hospital) -> Body:
    series = Series.objects.get(series_instance_uid=hospital.scan.series_instance_uid)
    model = Model.objects.filter(versions__state="active").first() or Model.objects.first()
    assert model is not None
    return {
        "case": str(hospital.own.case_id),
        "model": str(model.pk),
        "series_instance_uid": series.series_instance_uid,
    }


def _entry(kind: str, hospital: Hospital) -> Body:
    """As one that is there, and from elsewhere: the same twice is refused."""
    return {**GOOD[kind], "source": "referral", "source_detail": uuid4().hex}


def _step(hospital: Hospital) -> Body:
    return {"stage": stage(hospital.scan.study_instance_uid, epoch=0, rev=0)["state"]}


BODIES: dict[str, Callable[[Hospital], Body]] = {
    "POST api/measurements": _measurement,
    "POST api/key-images": lambda h: {**_place(h), "sop_instance_uid": h.scan.slices[2]},
    "POST api/lesions": lambda h: {"case": str(h.own.case_id), "label": "L2", "role": "target"},
    "POST api/segmentations": lambda h: {
        **_place(h),
        "segments": [{"label": "Node", "colour": "#ffb454"}],
    },
    "POST api/automation-rules": _rule,
    "POST api/automation-rules/trial": _rule,
    "POST api/jobs": _job,
    "POST api/meetings": _meeting,
    "POST api/meeting-series": _series,
    "POST api/hanging-protocols": lambda h: {"name": uuid4().hex, "document": LAYOUT},
    "POST api/decisions": lambda h: {
        "case": str(h.own.case_id),
        "recommendations": [{"text": "Resect"}],
    },
    "POST api/live/sessions": lambda h: {"case": str(h.own.case_id)},
    "POST api/tours": lambda h: {
        "case": str(h.own.case_id),
        "purpose": "review",
        "title": "More views",
    },
    "POST api/tours/<uuid:tour_id>/steps": _step,
    "POST api/imports": lambda h: {
        "case": str(h.own.case_id),
        "files": SimpleUploadedFile("a.txt", b"no DICOM"),
    },
    "POST api/imports/uploads": lambda h: {
        "case": str(h.own.case_id),
        "files": [{"name": "a.dcm", "size_bytes": 100}],
    },
    "PATCH api/imports/<uuid:import_id>/content": lambda h: b"\0" * 10,
    "PATCH api/models/uploads/<uuid:upload_id>/content": lambda h: b"\0" * 10,
    "POST api/imports/<uuid:import_id>/omit": lambda h: {"position": 0},
    "POST api/imports/<uuid:import_id>/reconcile": lambda h: {"key": "a", "same_patient": False},
    **{
        f"POST api/cases/<uuid:case_id>/clinical/{one.plural}": partial(_entry, kind)
        for kind, one in KINDS.items()
    },
    "POST api/intake-lists": lambda h: {"board": str(h.board.pk), "text": "PatientID\nP-78"},
    "PUT api/cases/<uuid:case_id>/readiness/items/<str:item>": lambda h: {"state": "arrived"},
    "POST api/patients": lambda h: {
        "patient_id": uuid4().hex[:12],
        "name": "New^Person",
        "birth_date": "1950-01-02",
        "sex": "F",
    },
    "POST api/cases": lambda h: {"patient": str(h.own.case.patient_id), "title": "Another"},
    "POST api/boards": lambda h: {"name": uuid4().hex},
    "POST api/institutions": lambda h: {"name": uuid4().hex},
    "POST api/people": lambda h: {
        "email": f"{uuid4().hex[:8]}@test.example",
        "display_name": "New Person",
        "discipline": "surgery",
    },
    "PATCH api/cases/<uuid:case_id>": lambda h: {"history": "More is known."},
    "PATCH api/lesions/<uuid:lesion_id>": lambda h: {"label": "Renamed"},
    "PATCH api/measurements/<uuid:measurement_id>": lambda h: {"label": "Renamed"},
    "PATCH api/agenda-items/<uuid:item_id>": lambda h: {"position": 1},
    "PATCH api/meetings/<uuid:meeting_id>": lambda h: {"room": "2", "video_url": ""},
    "PATCH api/decisions/<uuid:decision_id>": lambda h: {
        "recommendations": [{"text": "Resect, then treat"}],
    },
    "POST api/decisions/<uuid:decision_id>/position": lambda h: {"stance": "agree"},
    "PUT api/boards/<uuid:board_id>/ai-reading": lambda h: {"ai_reading": "never"},
    "PUT api/boards/<uuid:board_id>/recording": lambda h: {
        "is_recorded": True,
        "records_pointers": False,
        "keeps_recordings_days": 30,
    },
    "POST api/findings/<uuid:finding_id>/opinions": lambda h: {
        "case": str(h.own.case_id),
        "version": 1,
        "decision": "accepted",
    },
    "POST api/agenda-items/<uuid:item_id>/clock": lambda h: {"move": "add", "minutes": 1},
    "POST api/findings/<uuid:finding_id>/defer": lambda h: {"case": str(h.own.case_id)},
    "POST api/findings/<uuid:finding_id>/accept": lambda h: {"case": str(h.own.case_id)},
    "POST api/findings/<uuid:finding_id>/dismiss": lambda h: {"case": str(h.own.case_id)},
}
