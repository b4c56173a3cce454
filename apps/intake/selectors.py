"""Reading lists: those of the boards that the actor runs."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from apps.audit.services import record_entry
from apps.boards.models import BoardMember
from apps.boards.policies import RUNNERS
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.intake.choices import RowState, StudiesState
from apps.intake.models import IntakeList, IntakeRow


def visible_lists(*, actor: Actor) -> "QuerySet[IntakeList]":
    if not actor.is_person:
        return IntakeList.objects.none()
    seats = BoardMember.objects.filter(
        user_id=actor.person_id, left_at__isnull=True, role__in=RUNNERS
    )
    return IntakeList.objects.filter(board_id__in=seats.values("board_id")).select_related(
        "board", "meeting", "created_by"
    )


def with_counts(lists: "QuerySet[IntakeList]") -> "QuerySet[IntakeList]":
    """``rows_<state>`` beside each list, in the same query."""
    return lists.annotate(
        **{f"rows_{state}": Count("rows", filter=Q(rows__state=state)) for state in RowState.values}
    )


def get_list(*, actor: Actor, intake_list_id: UUID) -> IntakeList:
    """One list with its rows in order.

    Raises
    ------
    NotVisible
        Absent, or of a board that the actor does not run.
    """
    rows = IntakeRow.objects.select_related("patient").order_by("position")
    found = (
        visible_lists(actor=actor)
        .prefetch_related(Prefetch("rows", queryset=rows))
        .filter(pk=intake_list_id)
        .first()
    )
    if found is None:
        raise NotVisible()
    return found


def count_rows(rows: list[IntakeRow]) -> dict[str, int]:
    counted = Counter(row.state for row in rows)
    return {state: counted.get(state, 0) for state in RowState.values}


def count_searched(rows: list[IntakeRow]) -> dict[str, int]:
    """How far the search in the PACS is, of the rows that it is for."""
    asked = [row for row in rows if row.state not in {RowState.ERROR, RowState.SKIPPED}]
    waiting = sum(row.studies_state == StudiesState.WAITING for row in asked)
    return {"done": len(asked) - waiting, "total": len(asked)}


def record_opened(*, actor: Actor, intake_list: IntakeList, rows: list[IntakeRow]) -> None:
    """A list shows patients: reading it is written down like a list of cases."""
    details: dict[str, Any] = {
        "rows": len(rows),
        "cases": sorted(str(row.case_id) for row in rows if row.case_id),
    }
    record_entry(
        actor=actor,
        action="intake.viewed",
        entity="intake_list",
        entity_id=intake_list.pk,
        details=details,
    )
