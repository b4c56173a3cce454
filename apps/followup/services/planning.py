"""Tasks are made when a decision is signed: one per recommendation and day, exactly once."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from apps.audit.services import record_entry
from apps.boards.choices import BoardRole, DecisionStatus
from apps.boards.events import DecisionSigned
from apps.boards.models import BoardMember, Decision
from apps.core.actors import Actor
from apps.followup.choices import TaskKind
from apps.followup.clocks import day_of, days_of, end_of, time_zone_of
from apps.followup.models import FollowUpTask

PLANNER = Actor.system("follow-up")


def plan_follow_up(event: DecisionSigned) -> None:
    """Called inside the transaction that signs: tasks and signature stand or fall together."""
    make_tasks(decision_id=event.decision.id)


@transaction.atomic
def make_tasks(*, decision_id: UUID) -> int:
    """What is missing of a signed decision's tasks; how many were made.

    The day of signing is that of the board's clock. A second call, also at the same time, finds
    them made: recommendation and day are unique in the database.
    """
    decision = (
        Decision.objects.select_for_update(of=("self",))
        .select_related("meeting")
        .get(pk=decision_id)
    )
    if decision.status != DecisionStatus.SIGNED or decision.signed_at is None:
        return 0
    board_id = decision.meeting.board_id if decision.meeting else None
    zone, fallback = time_zone_of(board_id=board_id), _who_owns(decision, board_id)
    signed_on = day_of(decision.signed_at, zone=zone)
    there = set(
        FollowUpTask.objects.filter(recommendation__decision=decision).values_list(
            "recommendation_id", "after_days"
        )
    )
    tasks = []
    for one in decision.recommendations.all():
        owner_id = one.responsible_id or fallback
        if owner_id is None:
            continue
        for days in days_of(board_id=board_id):
            if (one.pk, days) in there:
                continue
            due = signed_on + timedelta(days=days)
            tasks.append(
                FollowUpTask(
                    kind=TaskKind.RECOMMENDATION, case_id=decision.case_id, board_id=board_id,
                    recommendation=one, after_days=days, owner_id=owner_id, due=due,
                    overdue_from=end_of(due, zone=zone),
                )
            )  # fmt: skip
    FollowUpTask.objects.bulk_create(tasks)
    if tasks:
        record_entry(
            actor=PLANNER,
            action="follow_up.planned",
            case_id=decision.case_id,
            entity="decision",
            entity_id=decision.pk,
            details={"tasks": len(tasks)},
        )
    return len(tasks)


def _who_owns(decision: Decision, board_id: UUID | None) -> UUID | None:
    """Where nobody is responsible: the board's coordinator, else its chair, else who signed."""
    if board_id is None:
        return decision.signed_by_id
    for role in (BoardRole.COORDINATOR, BoardRole.CHAIR):
        seats = BoardMember.objects.filter(
            board_id=board_id, role=role, left_at__isnull=True, user__is_active=True
        )
        found = seats.order_by("created_at", "id").values_list("user_id", flat=True).first()
        if found is not None:
            return found
    return decision.signed_by_id
