"""A board's own setting."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.audit.services import record_entry
from apps.boards.models import Board
from apps.boards.recurrence import check_time_zone
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, StaleVersion
from apps.followup import policies
from apps.followup.clocks import check_days
from apps.followup.models import FollowUpRule


@transaction.atomic
def set_rule(
    *,
    actor: Actor,
    board_id: UUID,
    version: int,
    days: Sequence[int],
    time_zone: str = "",
    analytic_cases_a_year: int | None = None,
) -> FollowUpRule:
    """When the board follows up from now on; tasks that were made keep their days.

    ``version`` 0 where nothing was set.

    Raises
    ------
    InvalidInput
        ``days_invalid``, ``time_zone_unknown``, ``analytic_cases_invalid``.
    StaleVersion
        Somebody set it first.
    """
    policies.set_rule(actor=actor, board_id=board_id)
    if analytic_cases_a_year is not None and analytic_cases_a_year < 1:
        raise InvalidInput("At least one case a year.", code="analytic_cases_invalid")
    found = check_days(days)
    Board.objects.select_for_update().get(pk=board_id)
    rule = FollowUpRule.objects.filter(board_id=board_id).first()
    if (rule.version if rule else 0) != version:
        raise StaleVersion(
            "It was changed meanwhile.",
            details={"current": {"version": rule.version if rule else 0}},
        )
    rule = rule or FollowUpRule(board_id=board_id, version=0)
    rule.days = found
    rule.time_zone = check_time_zone(time_zone) if time_zone else ""
    rule.analytic_cases_a_year = analytic_cases_a_year
    rule.version += 1
    rule.save()
    record_entry(
        actor=actor,
        action="board.follow_up_set",
        entity="board",
        entity_id=board_id,
        details={"days": found, "time_zone": rule.time_zone},
    )
    return rule
