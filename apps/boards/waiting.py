"""How long until a case is reached. Pure: the agenda and the time are handed in."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.boards.choices import AgendaStatus


@dataclass(frozen=True, slots=True)
class AgendaStep:
    """One case of the agenda, as waiting sees it."""

    case_id: UUID
    position: int
    minutes: int
    status: str
    started_at: datetime | None = None
    paused_at: datetime | None = None
    paused_s: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """``minutes`` is rounded up; ``cases_before`` counts the one under discussion."""

    minutes: int
    cases_before: int


def wait_for(
    *, steps: Iterable[AgendaStep], case_ids: frozenset[UUID], now: datetime
) -> Wait | None:
    """Until the next of these cases; ``None`` when none of them is still to come.

    What is left of the current case (nothing, where it is over its time) and the planned
    minutes of every case before theirs. Cases that were skipped come after the others.
    """
    ordered = sorted(steps, key=lambda step: step.position)
    current = next((one for one in ordered if one.status == AgendaStatus.CURRENT), None)
    if current is not None:
        ordered.sort(key=lambda step: (step.position < current.position, step.position))
    if current is not None and current.case_id in case_ids:
        return Wait(minutes=0, cases_before=0)
    minutes = 0.0 if current is None else _left_of(current, now=now)
    before = 0 if current is None else 1
    for step in ordered:
        if step.status != AgendaStatus.PLANNED:
            continue
        if step.case_id in case_ids:
            return Wait(minutes=math.ceil(minutes), cases_before=before)
        minutes += step.minutes
        before += 1
    return None


def _left_of(step: AgendaStep, *, now: datetime) -> float:
    if step.started_at is None:
        return float(step.minutes)
    until = step.paused_at or now
    spent = ((until - step.started_at).total_seconds() - step.paused_s) / 60
    return min(float(step.minutes), max(0.0, step.minutes - spent))
