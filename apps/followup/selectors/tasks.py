"""Tasks of somebody, and of the boards that they run."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from apps.boards.models import BoardMember
from apps.boards.policies import RUNNERS
from apps.cases.access import grants_in_force, standings
from apps.cases.choices import Guise
from apps.cases.embargo import hidden_cases
from apps.cases.policies import ORGANISERS
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.followup.choices import UNFINISHED, TaskKind
from apps.followup.models import FollowUpResult, FollowUpTask


@dataclass(frozen=True, slots=True)
class TaskList:
    """``ai_hidden``: tasks about AI findings are left out, the images are read first."""

    tasks: "QuerySet[FollowUpTask]"
    ai_hidden: bool


def list_tasks(
    *,
    actor: Actor,
    board_id: UUID | None = None,
    state: str = "",
    unfinished: bool = False,
    overdue: bool = False,
    mine: bool = False,
    due_within: int | None = None,
) -> TaskList:
    """Tasks that are the actor's own, or of boards that they chair or coordinate.

    Only of cases that they see identified: texts can name people. ``due_within`` days, overdue
    ones among them.
    """
    tasks = _visible(actor)
    if not actor.is_system:
        whose = Q(owner_id=actor.person_id)
        if not mine:
            seats = BoardMember.objects.filter(
                user_id=actor.person_id, left_at__isnull=True, role__in=RUNNERS
            )
            whose |= Q(board_id__in=seats.values("board_id"))
        tasks = tasks.filter(whose)
    if board_id is not None:
        tasks = tasks.filter(board_id=board_id)
    if state:
        tasks = tasks.filter(state=state)
    if unfinished or overdue or due_within is not None:
        tasks = tasks.filter(state__in=UNFINISHED)
    if overdue:
        tasks = tasks.filter(overdue_from__lte=timezone.now())
    if due_within is not None:
        tasks = tasks.filter(overdue_from__lte=timezone.now() + timedelta(days=due_within + 1))
    return _without_hidden(actor, tasks)


def tasks_of_case(*, actor: Actor, case_id: UUID) -> TaskList:
    """All tasks of one case, for whoever sees it identified."""
    return _without_hidden(actor, _visible(actor).filter(case_id=case_id).order_by("due", "id"))


def get_task(*, actor: Actor, task_id: UUID) -> FollowUpTask:
    """
    Raises
    ------
    NotVisible
        Not the actor's to know, or about a finding that is hidden from them.
    """
    task = _without_hidden(actor, _visible(actor).filter(pk=task_id)).tasks.first()
    if task is None:
        raise NotVisible()
    return task


def list_results(*, task_id: UUID) -> "QuerySet[FollowUpResult]":
    """What was found out, oldest first; corrections name what they replace."""
    return (
        FollowUpResult.objects.filter(task_id=task_id)
        .select_related("author", "author__institution")
        .order_by("number", "id")
    )


def may_work_on(*, actor: Actor, tasks: Iterable[FollowUpTask]) -> set[UUID]:
    """Of these tasks those whose result the actor may record: one look at their standings."""
    rows = list(tasks)
    if actor.is_system:
        return {one.pk for one in rows}
    known = standings(actor=actor, case_ids={one.case_id for one in rows})
    return {
        one.pk for one in rows
        if one.case_id in known
        and (one.owner_id == actor.person_id or known[one.case_id].capacities & ORGANISERS)
    }  # fmt: skip


def _visible(actor: Actor) -> "QuerySet[FollowUpTask]":
    results = FollowUpResult.objects.select_related("author", "author__institution")
    tasks = FollowUpTask.objects.select_related(
        "case__patient",
        "board",
        "owner",
        "owner__institution",
        "recommendation__decision",
        "incidental__finding",
    ).prefetch_related(Prefetch("results", results.order_by("number")))
    if actor.is_system:
        return tasks
    if not (actor.is_person or actor.is_machine):
        return tasks.none()
    grants = grants_in_force().filter(user_id=actor.person_id, guise=Guise.IDENTIFIED)
    if actor.is_machine:
        grants = grants.filter(pk__in=actor.grant_ids)
    return tasks.filter(case_id__in=grants.values("case_id"))


def _without_hidden(actor: Actor, tasks: "QuerySet[FollowUpTask]") -> TaskList:
    about = tasks.filter(kind=TaskKind.INCIDENTAL).order_by()
    case_ids = set(about.values_list("case_id", flat=True))
    hidden = hidden_cases(actor=actor, case_ids=case_ids)
    if not hidden:
        return TaskList(tasks, False)
    shown = tasks.exclude(kind=TaskKind.INCIDENTAL, case_id__in=hidden)
    return TaskList(shown, True)
