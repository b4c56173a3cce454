"""Incidental findings: accepted, outside the question, and somebody's from then on."""

from datetime import date
from uuid import UUID

from django.db import transaction

from apps.ai.selectors import accepted_findings
from apps.audit.services import record_entry
from apps.boards.models import AgendaItem
from apps.cases.embargo import require_ai_shown
from apps.core.actors import Actor
from apps.core.exceptions import Conflict
from apps.core.versions import lock_version
from apps.followup import policies
from apps.followup.choices import TaskKind, TaskState
from apps.followup.models import FollowUpTask, IncidentalFinding
from apps.followup.services.tasks import check_owner, overdue_from


@transaction.atomic
def mark_incidental(*, actor: Actor, case_id: UUID, finding_id: UUID) -> IncidentalFinding:
    """Say that an accepted finding is outside the case's question. Again changes nothing.

    Raises
    ------
    AiHidden
        The images are to be read first.
    Conflict
        ``finding_not_accepted``: what nobody answers for is nobody's to follow up.
    """
    policies.mark_incidental(actor=actor, case_id=case_id)
    require_ai_shown(actor=actor, case_id=case_id)
    if not accepted_findings(case_id=case_id).filter(pk=finding_id).exists():
        raise Conflict("Only an accepted finding is followed up.", code="finding_not_accepted")
    row, is_new = IncidentalFinding.objects.get_or_create(
        case_id=case_id, finding_id=finding_id, defaults={"marked_by_id": actor.id}
    )
    if is_new:
        _enter(actor=actor, row=row, action="incidental.marked")
    return row


@transaction.atomic
def unmark_incidental(*, actor: Actor, incidental_id: UUID, version: int) -> None:
    """It belongs to the question after all.

    Raises
    ------
    Conflict
        ``incidental_owned``: somebody looks after it; their task is ended first.
    """
    policies.unmark_incidental(actor=actor, incidental_id=incidental_id)
    row = lock_version(queryset=IncidentalFinding.objects.all(), pk=incidental_id, version=version)
    require_ai_shown(actor=actor, case_id=row.case_id)
    if FollowUpTask.objects.filter(incidental=row).exists():
        raise Conflict("Somebody looks after it.", code="incidental_owned")
    _enter(actor=actor, row=row, action="incidental.unmarked")
    row.delete()


@transaction.atomic
def assign_incidental(
    *, actor: Actor, incidental_id: UUID, version: int, owner_id: UUID, due: date
) -> IncidentalFinding:
    """Give it an owner and a day; that is their task.

    Raises
    ------
    InvalidInput
        ``owner_not_in_case`` or ``due_in_past``.
    Conflict
        ``task_done``.
    """
    policies.assign_incidental(actor=actor, incidental_id=incidental_id)
    row = lock_version(queryset=IncidentalFinding.objects.all(), pk=incidental_id, version=version)
    require_ai_shown(actor=actor, case_id=row.case_id)
    check_owner(case_id=row.case_id, owner_id=owner_id)
    task = FollowUpTask.objects.select_for_update().filter(incidental=row).first()
    if task is not None and task.state == TaskState.DONE:
        raise Conflict("This task is done.", code="task_done")
    latest = AgendaItem.objects.filter(case_id=row.case_id).order_by("-meeting__starts_at")
    board_id = latest.values_list("meeting__board_id", flat=True).first()
    task = task or FollowUpTask(
        kind=TaskKind.INCIDENTAL, case_id=row.case_id, board_id=board_id, incidental=row, version=0
    )
    task.overdue_from = overdue_from(board_id=task.board_id, due=due)
    task.owner_id, task.due = owner_id, due
    task.version += 1
    task.save()
    row.owner_id, row.due = owner_id, due
    row.version += 1
    row.save()
    _enter(actor=actor, row=row, action="incidental.assigned")
    return row


def _enter(*, actor: Actor, row: IncidentalFinding, action: str) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=row.case_id,
        entity="finding",
        entity_id=row.finding_id,
    )
