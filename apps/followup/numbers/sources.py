"""Where numbers come from that another part of the house records, each in one function.

``None`` is "not recorded": the indicator then says so. What starts to record one of them is
connected here and nowhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from apps.boards.choices import AgendaStatus, MeetingStatus
from apps.boards.models import AgendaItem, Decision
from apps.cases.choices import CaseStatus


@dataclass(frozen=True, slots=True)
class Considered:
    """What a decision says was considered; ``None``: it does not say."""

    trial: bool | None = None
    patient_view: bool | None = None


def deferral_reasons(*, items: Iterable[AgendaItem]) -> dict[UUID, str] | None:
    """Agenda item -> reason code of its deferral."""
    return {one.pk: one.deferral_code for one in items if one.deferral_code}


def considered(*, decisions: Iterable[Decision]) -> dict[UUID, Considered] | None:
    """Decision -> what it says was considered: a trial, and what the patient wants."""
    return {
        one.pk: Considered(_yes(one.trial_considered), _yes(one.patient_view)) for one in decisions
    }


def _yes(word: str) -> bool | None:
    """``None`` where it was not said, or not known."""
    return {"yes": True, "no": False, "not_applicable": False}.get(word)


def preparation_minutes(*, meeting_ids: Iterable[UUID]) -> dict[str, list[float]] | None:
    """Discipline -> minutes that people spent on preparing a meeting. Nobody records them yet."""
    return None


def minutes_by_discipline(*, item_ids: Iterable[UUID]) -> dict[str, list[float]] | None:
    """Discipline -> minutes it spoke, a case each.

    The clock of an agenda item runs for the case as a whole: it does not know who speaks.
    """
    return None


def is_soc_listed(item: AgendaItem) -> bool:
    """Listed under a standard of care and not discussed (NHS England 2019/20).

    The case says so; an item that was discussed after all is not counted here.
    """
    return (
        item.status == AgendaStatus.PLANNED
        and item.case.status == CaseStatus.SOC_LISTED
        and item.meeting.status != MeetingStatus.CANCELLED
    )
