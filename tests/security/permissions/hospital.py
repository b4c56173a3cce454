"""Two boards with a case each, and people of every role on one, on the other, and on none.

Everything that a route can name is of the first board: for people of the second and of none it
must not be there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.test import Client
from django.utils import timezone

from apps.accounts.choices import Discipline
from apps.accounts.models import User
from apps.ai.models import AutomationRule, Finding
from apps.ai.services import automation
from apps.annotations import services as annotations
from apps.annotations.models import KeyImage, Lesion, Measurement, Segmentation
from apps.annotations.segmentations import services as segmentations
from apps.boards import services as boards
from apps.boards.choices import AiReading, BoardRole
from apps.boards.models import (
    AgendaItem,
    Board,
    BoardMember,
    HangingProtocol,
    Meeting,
    MeetingSeries,
)
from apps.cases.choices import Capacity, GrantSource, Guise
from apps.cases.clinical.kinds import KINDS
from apps.cases.models import CaseGrant
from apps.cases.services import create_patient, grant_access
from apps.imaging.choices import SeriesKind
from apps.imaging.models import Import, Instance, Series
from apps.imaging.projection import Projection
from apps.imaging.services import import_files
from apps.imaging.services.uploading import AnnouncedFile, open_upload
from apps.intake.models import IntakeList
from apps.intake.services import receive_list
from apps.live.models import LiveSession, Tour, TourStep
from apps.live.services import open_meeting_session
from apps.live.tours import services as tours
from tests.apps.ai import world
from tests.apps.cases.entries import GOOD, put
from tests.live_client import stage
from tests.people import SYSTEM, CaseTeam, make_case_team, make_person
from tests.scans import Scan, import_ct
from tests.security.ai_scene import Scene
from tests.security.canaries import BIRTH_DAY, Aviary
from tests.security.canary_case import identity_of
from tests.security.listener import PARAMETER
from tests.security.permissions.table import NONE, OTHER, OWN

PERSON_OF = {"member": "surgeon"}
"""Roles of the table whose person in a team is called otherwise."""
WORDS = {
    "frames": "1",
    "secret": "guessed",
    "tumour_type": "lung",
    "item": "comorbidity",
    "position": "1",
}
"""Parameters that are no keys."""
SEATS = {
    "chair": BoardRole.CHAIR,
    "radiologist": BoardRole.CORE,
    "surgeon": BoardRole.CORE,
    "trainee": BoardRole.OBSERVER,
}
INSTANCE_OF = {
    "structure-sets": SeriesKind.RTSTRUCT,
    "documents": SeriesKind.PDF,
    "segmentations": SeriesKind.SEG,
}
"""Which object a route under ``cases/<id>/<word>/`` names."""
LAYOUT = {
    "match": {"modalities": ["CT"]},
    "steps": [
        {"rows": 1, "columns": 1, "links": [], "cells": [{"series": {"modality": ["CT"]}}]},
    ],
}


@dataclass
class Hospital:
    own: CaseTeam
    other: CaseTeam
    board: Board
    meeting: Meeting
    item: AgendaItem
    session: LiveSession
    scan: Scan
    nobody: dict[str, User] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """What the parameters of routes are called, each with a thing of the first board."""

    def client(self, *, role: str, standing: str) -> Client:
        """Signed in as the person of this role who stands so to the first board."""
        client = Client(raise_request_exception=True)
        client.force_login(
            self.person(role=role, standing=standing),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        return client

    def path(self, route: str, *, as_known_to: Projection | None = None) -> str | None:
        """The address of the first board's thing; ``None`` where there is no such thing.

        ``as_known_to``: by the UIDs that a de-identified viewer knows.
        """
        kind = next((one for one in INSTANCE_OF if f"/{one}/<" in route), "")
        for converter, name in PARAMETER.findall(route):
            value = self.ids.get(f"{kind}/{name}", self.ids.get(name))
            value = WORDS.get(name, value)
            if value is None and converter == "int":
                value = "1"
            if value is None:
                return None
            if as_known_to is not None and name.endswith("_uid"):
                value = as_known_to.uid(value)
            route = PARAMETER.sub(value, route, count=1)
        return None if route.startswith("^") else f"/{route}"

    def projection(self, *, role: str, standing: str) -> Projection | None:
        """How the consultant of the first case knows its images; nobody else needs one."""
        if (role, standing) != ("consultant", OWN):
            return None
        grant = self.own.case.grants.get(user=self.own.people["consultant"])
        return Projection(grant_id=grant.pk)

    def person(self, *, role: str, standing: str) -> User:
        name = PERSON_OF.get(role, role)
        if standing == NONE:
            return self.nobody.get(name) or self.other.people[name]
        return {OWN: self.own, OTHER: self.other}[standing].people[name]


def build(folder: Path) -> Hospital:
    patient = create_patient(
        actor=SYSTEM,
        patient_id="P-1",
        issuer="TEST",
        name="Doe^Jane",
        birth_date=datetime.strptime(BIRTH_DAY, "%Y%m%d").date(),
        sex="F",
    )
    scene = Scene.make(make_case_team(patient=patient), folder / "scene")
    own = scene.team
    coordinator = own.actor("coordinator")
    board = scene.item.meeting.board
    boards.set_ai_reading(actor=coordinator, board_id=board.pk, ai_reading=AiReading.NEVER)
    _seat(own, board, but="chair")
    other = make_case_team(title="Of the other board")
    _other_board(other)
    (folder / "scan").mkdir()
    scan = import_ct(case=own.case, folder=folder / "scan")
    session, _ = open_meeting_session(actor=own.actor("chair"), meeting_id=scene.item.meeting_id)
    hospital = Hospital(
        own=own, other=other, board=board, meeting=scene.item.meeting, item=scene.item,
        session=session, scan=scan, nobody=_nobody(other),
    )  # fmt: skip
    _documents(own, folder / "objects")
    _marks(own, scan)
    boards.tick_attendance(
        actor=own.actor("chair"), meeting_id=scene.item.meeting_id, user_id=own.people["surgeon"].pk
    )
    _house(hospital, folder)
    open_upload(
        actor=own.actor("coordinator"),
        case_id=own.case_id,
        files=[AnnouncedFile(name="a.dcm", size_bytes=100)],
    )
    receive_list(
        actor=own.actor("coordinator"), board_id=board.pk, text="PatientID\tName\nP-77\tNew^Person"
    )
    for kind in GOOD:
        put(own, kind)
    hospital.ids = _ids(hospital)
    return hospital


def _seat(team: CaseTeam, board: Board, *, but: str = "") -> None:
    for who, role in SEATS.items():
        if who != but:
            boards.add_board_member(
                actor=SYSTEM, board_id=board.pk, user_id=team.people[who].pk, role=role
            )


def _other_board(team: CaseTeam) -> None:
    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name="Abdominal")
    _seat(team, board)
    start = timezone.now() + timedelta(days=1)
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=start, ends_at=start + timedelta(hours=1)
    )
    boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)


def _nobody(elsewhere: CaseTeam) -> dict[str, User]:
    """The same kinds of people, without any case and any board; administrators have none anyway.

    The consultant was asked once, and that is over.
    """
    kinds = {
        "coordinator": (Discipline.COORDINATION, ("coordinator",), False),
        "chair": (Discipline.SURGERY, (), False),
        "surgeon": (Discipline.SURGERY, (), False),
        "radiologist": (Discipline.RADIOLOGY, (), False),
        "consultant": (Discipline.RADIOLOGY, (), False),
        "trainee": (Discipline.RADIOLOGY, (), True),
    }
    people = {
        who: make_person(
            name=f"No board {who}", discipline=discipline, roles=roles, is_trainee=is_trainee
        )
        for who, (discipline, roles, is_trainee) in kinds.items()
    }
    grant_access(
        actor=SYSTEM,
        case_id=elsewhere.case_id,
        user_id=people["consultant"].pk,
        capacity=Capacity.CONSULTANT,
        guise=Guise.DEIDENTIFIED,
        source=GrantSource.CONSULT,
        source_id="over",
        expires_at=timezone.now() + timedelta(days=1),
    )
    CaseGrant.objects.filter(source_id="over").update(expires_at=timezone.now())
    return people


def _documents(team: CaseTeam, folder: Path) -> None:
    """A document, structures, key objects and what else studies hold."""
    Aviary().write(folder, identity_of(team.case.patient))
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[folder])


def _marks(team: CaseTeam, scan: Scan) -> None:
    """What the radiologist drew, painted, marked and prepared, and a draft of the decision."""
    reader = team.actor("radiologist")
    place = {
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
    }
    annotations.put_measurement(
        actor=reader,
        case_id=team.case_id,
        drawing=annotations.Drawing(
            kind="length",
            **place,
            sop_instance_uid=scan.slices[1],
            frame_of_reference_uid=scan.frame_of_reference_uid,
            points_lps=[
                scan.point_lps(index=1, column=10, row=20),
                scan.point_lps(index=1, column=30, row=20),
            ],
        ),
    )
    annotations.put_lesion(
        actor=reader, case_id=team.case_id, saying=annotations.Saying(label="L1", role="target")
    )
    annotations.add_key_image(
        actor=reader,
        case_id=team.case_id,
        place=annotations.KeyPlace(**place, sop_instance_uid=scan.slices[0]),
    )
    segmentations.put_segmentation(
        actor=reader,
        case_id=team.case_id,
        **place,
        stack=1,
        segments=[segmentations.SegmentDraft(label="Mass")],
    )
    tour = tours.create_tour(
        actor=reader, case_id=team.case_id, purpose="review", title="Views", readers=[]
    )
    shown = stage(scan.study_instance_uid, epoch=0, rev=0)["state"]
    tours.add_step(actor=reader, tour_id=tour.pk, stage=shown, title="One", comment="")
    boards.save_draft(
        actor=team.actor("chair"),
        case_id=team.case_id,
        recommendations=[boards.RecommendationDraft(text="Resect")],
        positions=[],
    )


def _house(hospital: Hospital, folder: Path) -> None:
    """What boards and administration keep: series, layouts, rules."""
    team = hospital.own
    coordinator = team.actor("coordinator")
    boards.plan_series(
        actor=coordinator,
        board_id=hospital.board.pk,
        rule="FREQ=WEEKLY;BYDAY=TU;COUNT=2",
        time_zone="Europe/Berlin",
        first_on=date.today() + timedelta(days=30),
        starts_at=time(7, 30),
        minutes=60,
    )
    boards.create_hanging(
        actor=coordinator, name="Board's", document=LAYOUT, board_id=hospital.board.pk
    )
    version = world.builtin_version(folder, slug="ruled")
    automation.create_rule(
        actor=team.actor("ai_admin"), model_id=version.model_id, board_id=hospital.board.pk
    )


def _ids(hospital: Hospital) -> dict[str, str]:
    """One of everything, of the first board's case."""
    case = hospital.own.case
    finding = Finding.objects.filter(external__isnull=True).latest("created_at")
    found = {
        "case_id": case,
        "study_uid": hospital.scan.study_instance_uid,
        "series_uid": hospital.scan.series_instance_uid,
        "sop_uid": hospital.scan.slices[0],
        "grant_id": case.grants.filter(user=hospital.own.people["surgeon"]).first(),
        "user_id": hospital.own.people["surgeon"],
        "finding_id": finding,
        "job_id": finding.job,
        "model_id": finding.job.version.model,
        "version_id": finding.job.version,
        "board_id": hospital.board,
        "member_id": BoardMember.objects.get(
            board=hospital.board, user=hospital.own.people["surgeon"]
        ),
        "meeting_id": hospital.meeting,
        "meeting_series_id": MeetingSeries.objects.get(board=hospital.board),
        "item_id": hospital.item,
        "hanging_id": HangingProtocol.objects.get(board=hospital.board),
        "decision_id": case.decisions.get(),
        "task_id": case.follow_up_tasks.get(),
        "incidental_id": case.incidental_findings.get(),
        "session_id": hospital.session,
        "measurement_id": Measurement.objects.get(case=case),
        "lesion_id": Lesion.objects.get(case=case),
        "key_image_id": KeyImage.objects.get(case=case),
        "segmentation_id": Segmentation.objects.get(case=case),
        "tour_id": Tour.objects.get(case=case),
        "step_id": TourStep.objects.get(tour__case=case),
        "rule_id": AutomationRule.objects.get(board_id=hospital.board.pk),
        "intake_list_id": IntakeList.objects.get(board=hospital.board),
        "import_id": Import.objects.get(case=case, actor_id=hospital.own.people["coordinator"].pk),
    }
    ids = {name: str(getattr(one, "pk", one)) for name, one in found.items() if one is not None}
    for kind, one in KINDS.items():
        ids[f"{kind}_id"] = str(one.model._default_manager.get(case=case).pk)
    for kind, name in INSTANCE_OF.items():
        ids[f"{kind}/instance_id"] = str(_instance(hospital, name).pk)
    segmented = _instance(hospital, SeriesKind.SEG)
    ids["segmentations/series_id"] = str(_images_of(segmented).pk)
    return ids


def _instance(hospital: Hospital, kind: SeriesKind) -> Instance:
    of_case = Instance.objects.filter(series__study__case_studies__case=hospital.own.case)
    return of_case.filter(series__kind=kind).latest("created_at")


def _images_of(instance: Instance) -> Series:
    """The series of images in the study of an object."""
    series = Series.objects.filter(study=instance.series.study, kind=SeriesKind.IMAGE)
    return series.order_by("-instance_count").first() or instance.series
