"""Meetings and decisions of a case for its timeline. Not for guests: see ``cases.timeline``."""

from typing import Any
from uuid import UUID

from apps.boards.choices import DecisionStatus, MeetingStatus
from apps.boards.models import AgendaItem, Decision
from apps.cases.selectors import standing_in
from apps.core.actors import Actor


def boards_on_timeline(*, actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """Each meeting that has, or had, the case on its agenda, and each decision."""
    standing = standing_in(actor=actor, case_id=case_id)
    if standing is None or standing.is_deidentified:
        return []
    items = AgendaItem.objects.filter(case_id=case_id).exclude(
        meeting__status=MeetingStatus.CANCELLED
    )
    lines: list[dict[str, Any]] = [
        {
            "at": item.meeting.starts_at.isoformat(),
            "precision": "instant",
            "kind": "meeting",
            "id": str(item.pk),
            "title": item.meeting.board.name,
            "detail": "",
            "source": "board",
            "link": str(item.meeting_id),
        }
        for item in items.select_related("meeting__board")
    ]
    for one in Decision.objects.filter(case_id=case_id).select_related("meeting__board"):
        is_signed = one.status == DecisionStatus.SIGNED
        said = [one.meeting.board.name if one.meeting else "", "provisional" * one.is_provisional]
        lines.append(
            {
                "at": (one.signed_at or one.updated_at).isoformat(),
                "precision": "instant",
                "kind": "decision" if is_signed else "draft",
                "id": str(one.pk),
                "title": one.summary[:200] or ("Decision" if is_signed else "Draft decision"),
                "detail": ", ".join(filter(None, said)),
                "source": "board",
                "link": str(one.meeting_id) if one.meeting_id else None,
            }
        )
    return lines
