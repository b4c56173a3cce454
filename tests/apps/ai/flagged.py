"""Studies that arrive and findings that are flagged, for tests of rules and urgency."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from apps.ai import services, tasks
from apps.ai.analyses.results import Code
from apps.ai.drafts import FindingDraft
from apps.ai.models import AutomationRule, Finding, Job, ModelVersion
from apps.ai.services import automation
from apps.ai.services.automation_runs import RULES_TASK
from apps.boards import services as boards
from apps.boards.choices import BoardRole
from apps.boards.models import AgendaItem
from apps.core.models import OutboxMessage
from apps.imaging.choices import SeriesKind, StudyState
from apps.imaging.models import CaseStudy, Series, Study
from apps.imaging.services.indexing import record_ready
from tests.apps.ai import world
from tests.people import SYSTEM, CaseTeam

PNEUMOTHORAX = Code("SCT", "36118008", "Pneumothorax")
"""SNOMED CT 36118008 |Pneumothorax (disorder)|."""


def make_rule(team: CaseTeam, version: ModelVersion, **fields: Any) -> AutomationRule:
    asked = {"name": "Every CT", "modality": "CT", **fields}
    return automation.create_rule(actor=team.actor("ai_admin"), model_id=version.model_id, **asked)


def arrive(team: CaseTeam, *series: dict[str, Any]) -> Study:
    """A study of the case that is complete; each dict is what the index knows of a series."""
    study = Study.objects.create(
        study_instance_uid=f"2.25.{uuid4().int}",
        patient_id="P1",
        state=StudyState.READY,
        ready_at=timezone.now(),
    )
    CaseStudy.objects.create(case=team.case, study=study)
    for one in series or ({},):
        add_series(study, **one)
    say_ready(team, study)
    return study


def add_series(study: Study, **fields: Any) -> Series:
    known = {
        "series_instance_uid": f"2.25.{uuid4().int}",
        "kind": SeriesKind.IMAGE,
        "modality": "CT",
        "content_sha256": uuid4().hex * 2,
        "archive_key": "absent",
        "instance_count": 100,
    }
    return Series.objects.create(study=study, **{**known, **fields})


def say_ready(team: CaseTeam, study: Study) -> None:
    """As imaging says it when a study is complete, and again when it has grown."""
    with transaction.atomic():
        record_ready(actor=SYSTEM, case_id=team.case_id, study_id=study.pk)


def owed() -> list[dict[str, str]]:
    messages = OutboxMessage.objects.filter(task=RULES_TASK).order_by("pk")
    return list(messages.values_list("kwargs", flat=True))


def deliver(*, times: int = 1) -> None:
    """The broker brings what is owed, perhaps more than once."""
    for kwargs in owed() * times:
        tasks.apply_rules(**kwargs)


def flagged_draft(
    *,
    urgency: str = "critical",
    probability: float | None = 0.9,
    label: str = "Pneumothorax",
    code: Code = PNEUMOTHORAX,
) -> FindingDraft:
    plain = world.draft(label=label)
    result = replace(plain.result, urgency=urgency, probability=probability, code=code)
    return replace(plain, result=result)


def find(
    team: CaseTeam,
    version: ModelVersion,
    drafts: Sequence[FindingDraft] = (),
    *,
    series: Series | None = None,
) -> Job:
    """A job of the case that ended with these findings; with one critical one unless said."""
    world.request(team=team, version=version, series=series or world.indexed_series(team=team))
    job = services.claim_next_job(worker="test")
    assert job is not None
    return services.complete_job(
        job_id=job.pk,
        fence=job.fence,
        drafts=list(drafts) or [flagged_draft()],
        grid=world.GRID,
        parameters={},
    )


def find_nothing(team: CaseTeam, version: ModelVersion) -> Job:
    world.request(team=team, version=version, series=world.indexed_series(team=team))
    job = services.claim_next_job(worker="test")
    assert job is not None
    return services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[], grid=world.GRID, parameters={}
    )


def the_finding(job: Job) -> Finding:
    return job.findings.get()


def make_board(team: CaseTeam, name: str = "") -> UUID:
    """A board that the team's chair chairs."""
    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name=name or f"Board {uuid4().hex[:6]}")
    boards.add_board_member(
        actor=coordinator,
        board_id=board.pk,
        user_id=team.people["chair"].pk,
        role=BoardRole.CHAIR,
    )
    return board.pk


def put_on_agenda(team: CaseTeam, board_id: UUID) -> AgendaItem:
    start = timezone.now() + timedelta(hours=1)
    coordinator = team.actor("coordinator")
    meeting = boards.schedule_meeting(
        actor=coordinator,
        board_id=board_id,
        starts_at=start,
        ends_at=start + timedelta(hours=1),
    )
    return boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)
