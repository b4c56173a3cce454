"""Whose task it is, until when, and handing it over to somebody outside."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases.access import standings_of_people
from apps.cases.choices import Capacity, Guise
from apps.cases.selectors import people_in_case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput
from apps.core.versions import lock_version
from apps.followup import policies
from apps.followup.choices import TaskState
from apps.followup.clocks import day_of, end_of, time_zone_of
from apps.followup.models import FollowUpTask


@transaction.atomic
def change_task(
    *,
    actor: Actor,
    task_id: UUID,
    version: int,
    owner_id: UUID | None = None,
    due: date | None = None,
) -> FollowUpTask:
    """Give a task to another person of the case, or another day.

    Raises
    ------
    InvalidInput
        ``owner_not_in_case``, or ``due_in_past``.
    Conflict
        ``task_done``.
    """
    policies.work_on_task(actor=actor, task_id=task_id)
    task = _lock_unfinished(task_id=task_id, version=version)
    if owner_id is not None and owner_id != task.owner_id:
        check_owner(case_id=task.case_id, owner_id=owner_id)
        task.owner_id = owner_id
    if due is not None and due != task.due:
        task.due, task.overdue_from = due, overdue_from(board_id=task.board_id, due=due)
    task.version += 1
    task.save(update_fields=["owner", "due", "overdue_from", "version", "updated_at"])
    _enter(actor=actor, task=task, action="follow_up.changed")
    return task


@transaction.atomic
def hand_over_task(*, actor: Actor, task_id: UUID, version: int, to: str) -> FollowUpTask:
    """Somebody outside (a general practitioner, another hospital) follows it up from now on.

    It ends without a result and counts neither for nor against adherence.

    Raises
    ------
    InvalidInput
        ``hand_over_to_whom``.
    Conflict
        ``task_done``.
    """
    policies.work_on_task(actor=actor, task_id=task_id)
    task = _lock_unfinished(task_id=task_id, version=version)
    if not to.strip():
        raise InvalidInput("Say who follows it up from now on.", code="hand_over_to_whom")
    task.handed_over_to, task.handed_over_at = to.strip(), timezone.now()
    task.handed_over_by_id = actor.id
    task.state = TaskState.DONE
    task.version += 1
    task.save()
    _enter(actor=actor, task=task, action="follow_up.handed_over")
    return task


def check_owner(*, case_id: UUID, owner_id: UUID) -> None:
    """Somebody who sees the case identified and has a part in it."""
    if people_in_case(case_id=case_id).filter(pk=owner_id).exists():
        standing = standings_of_people(case_id=case_id, user_ids=[owner_id])[owner_id]
        parts = standing.capacities - {Capacity.OBSERVER, Capacity.CONSULTANT}
        if parts and standing.guise == Guise.IDENTIFIED:
            return
    raise InvalidInput("They are not in this case.", code="owner_not_in_case")


def overdue_from(*, board_id: UUID | None, due: date) -> datetime:
    """When the day is over on the board's clock.

    Raises
    ------
    InvalidInput
        ``due_in_past``.
    """
    zone = time_zone_of(board_id=board_id)
    if due < day_of(timezone.now(), zone=zone):
        raise InvalidInput("This day has passed.", code="due_in_past")
    return end_of(due, zone=zone)


def _lock_unfinished(*, task_id: UUID, version: int) -> FollowUpTask:
    task = lock_version(queryset=FollowUpTask.objects.all(), pk=task_id, version=version)
    if task.state == TaskState.DONE:
        raise Conflict("This task is done.", code="task_done")
    return task


def _enter(*, actor: Actor, task: FollowUpTask, action: str) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=task.case_id,
        entity="follow_up_task",
        entity_id=task.pk,
        details={"owner": str(task.owner_id), "due": task.due.isoformat()},
    )
