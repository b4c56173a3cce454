"""What becomes of a case's agenda items when it is listed, put off or withdrawn."""

from collections.abc import Iterable
from uuid import UUID

from apps.boards.choices import AgendaStatus, MeetingStatus
from apps.boards.models import AgendaItem


def coming_items(*, case_id: UUID, status: str) -> list[AgendaItem]:
    return list(
        AgendaItem.objects.select_for_update(of=("self",)).filter(
            case_id=case_id,
            status=status,
            meeting__status__in=[MeetingStatus.PLANNED, MeetingStatus.OPEN],
        )
    )


def mark_items(items: Iterable[AgendaItem], *, status: str, code: str = "") -> dict[str, str]:
    """Their new status; returns what they were, by id."""
    before = {}
    for item in items:
        before[str(item.pk)] = str(item.status)
        item.status = status
        item.deferral_code = code if status == AgendaStatus.DEFERRED else ""
        item.version += 1
        item.save(update_fields=["status", "deferral_code", "version", "updated_at"])
    return before
