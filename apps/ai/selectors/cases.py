"""Which cases a list of results is about."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.ai import policies
from apps.ai.choices import (
    JobState,
)
from apps.ai.models import Job
from apps.cases.access import standings
from apps.cases.embargo import hidden_cases
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor


@dataclass(frozen=True, slots=True)
class ResultCases:
    """Cases a list is about, and whether some are left out: their images are read first."""

    case_id: UUID | None
    shown: tuple[UUID, ...]
    ai_hidden: bool


def result_cases(*, actor: Actor, case_id: UUID | None) -> ResultCases:
    """One case, or all whose results the actor may see."""
    if case_id is not None:
        policies.view_results(actor=actor, case_id=case_id)
        asked = [case_id]
    else:
        visible = visible_cases(actor=actor).values_list("pk", flat=True)
        known = standings(actor=actor, case_ids=visible)
        asked = [pk for pk, standing in known.items() if not standing.is_deidentified]
    hidden = hidden_cases(actor=actor, case_ids=asked)
    return ResultCases(case_id, tuple(pk for pk in asked if pk not in hidden), bool(hidden))


def cases_in_work() -> dict[UUID, datetime]:
    """Cases whose images a waiting or running job is going to read."""
    rows = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).values_list(
        "series__study__case_studies__case_id", "created_at"
    )
    return {case_id: created_at for case_id, created_at in rows if case_id is not None}
