"""A case with its board and a meeting to come, and images that can be made to arrive."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from rest_framework.test import APIClient

from apps.boards import services
from apps.boards.choices import BoardRole
from apps.boards.models import Board, Meeting
from apps.boards.services.readiness import compute_readiness
from apps.cases.models import Case
from apps.imaging.choices import StudySource, StudyState
from apps.imaging.models import CaseStudy, Study
from tests.people import CaseTeam

SEATS = (
    ("chair", BoardRole.CHAIR),
    ("surgeon", BoardRole.CORE),
    ("radiologist", BoardRole.CORE),
    ("oncologist", BoardRole.EXTENDED),
)


def make_board(team: CaseTeam, name: str = "Thoracic") -> Board:
    coordinator = team.actor("coordinator")
    board = services.create_board(actor=coordinator, name=name)
    for who, role in SEATS:
        services.add_board_member(
            actor=coordinator, board_id=board.pk, user_id=team.people[who].pk, role=role
        )
    return board


def make_meeting(
    team: CaseTeam, board: Board, *, starts_in: timedelta = timedelta(days=7), minutes: int = 60
) -> Meeting:
    starts_at = timezone.now() + starts_in
    return services.schedule_meeting(
        actor=team.actor("coordinator"),
        board_id=board.pk,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
    )


def link_study(
    team: CaseTeam,
    *,
    modality: str = "CT",
    on: date | None = None,
    done: int = 100,
    total: int = 100,
    state: str = StudyState.READY,
) -> Study:
    study = Study.objects.create(
        study_instance_uid=f"1.2.3.{uuid4().int % 10**12}",
        study_date=on or timezone.localdate(),
        description="CT thorax",
        modalities=[modality],
        state=state,
        done_instances=done,
        total_instances=total,
        source=StudySource.UPLOAD,
    )
    CaseStudy.objects.create(case_id=team.case_id, study=study)
    return study


def say(team: CaseTeam, item: str, state: str = "arrived", **more: Any) -> None:
    services.record_item(
        actor=team.actor("coordinator"), case_id=team.case_id, item=item, state=state, **more
    )


def fill(team: CaseTeam) -> None:
    """Everything that the shipped template of a lung case requires."""
    link_study(team)
    Case.objects.filter(pk=team.case_id).update(stage="cT2a N1 M0", ecog=1)
    for item in ("radiology_report", "comorbidity", "patient_preference", "presenter"):
        say(team, item)
    say(team, "lung_function", "not_needed", note="No operation is considered")
    say(team, "pathology_report", "expected", expected_by=date.today() + timedelta(days=3))


def version_of(case_id: UUID) -> int:
    return Case.objects.values_list("version", flat=True).get(pk=case_id)


def states(case_id: UUID) -> dict[str, str]:
    from apps.boards.readiness_selectors import judged_facts

    row = compute_readiness(case_id=case_id)
    assert row is not None
    return {one.fact.key: one.state for one in judged_facts(row.facts, meets_on=None)}


def client(team: CaseTeam, who: str) -> APIClient:
    made = APIClient()
    made.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return made


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment
