"""A case closes when its follow-up has ended or somebody else has taken it over."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.ai.selectors import accepted_findings
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict
from apps.core.versions import lock_version
from apps.followup import policies
from apps.followup.choices import UNFINISHED
from apps.followup.models import FollowUpTask, IncidentalFinding


@transaction.atomic
def close_case(*, actor: Actor, case_id: UUID, version: int) -> Case:
    """Close a case whose follow-up is over.

    Raises
    ------
    IllegalMove
        It was not decided.
    Conflict
        ``incidental_without_owner`` or ``follow_up_open``; details list what is left.
    """
    policies.close_case(actor=actor, case_id=case_id)
    lock_version(queryset=Case.objects.all(), pk=case_id, version=version)
    return case_services.move_case(actor=actor, case_id=case_id, to=CaseStatus.CLOSED)


def refuse_open_follow_up(*, case_id: UUID) -> None:
    """Whoever closes a case, by whatever door, is asked this (``cases.closing``)."""
    for code, message, rows in what_is_left(case_id=case_id):
        raise Conflict(message, code=code, details={"left": rows})


def what_is_left(*, case_id: UUID) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """(code, message, rows) of what keeps the case open; ids and days, no clinical text."""
    found = []
    unowned = IncidentalFinding.objects.filter(
        case_id=case_id,
        owner__isnull=True,
        finding__in=accepted_findings(case_id=case_id).order_by().values("pk"),
    ).order_by("created_at", "id")
    rows = [{"incidental": str(one)} for one in unowned.values_list("pk", flat=True)]
    if rows:
        found.append(
            ("incidental_without_owner", "An incidental finding has no owner and date.", rows)
        )
    tasks = FollowUpTask.objects.filter(case_id=case_id, state__in=UNFINISHED).order_by("due", "id")
    rows = [
        {"task": str(pk), "due": due.isoformat(), "state": state}
        for pk, due, state in tasks.values_list("pk", "due", "state")
    ]
    if rows:
        found.append(("follow_up_open", "There are tasks that nobody ended or took over.", rows))
    return found
