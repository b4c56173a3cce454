"""Whether a room's door is open to somebody: read for all who wait there at once (LIVE-M4).

Guests of a meeting wait for the chair. Whoever has a case later on the agenda, guest or not,
waits for it: the case under discussion is not theirs to see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import User
from apps.boards import selectors as board_selectors
from apps.boards.choices import AgendaStatus
from apps.boards.waiting import AgendaStep, wait_for
from apps.cases.access import grants_in_force
from apps.cases.choices import Capacity
from apps.live.choices import LobbyAnswer
from apps.live.models import LiveSession, LobbyEntry

GUESTS = frozenset({Capacity.CONSULTANT})
COMING = (AgendaStatus.PLANNED, AgendaStatus.CURRENT)

Verdict = Literal["open", "waiting", "not_yet", "refused", "gone"]


@dataclass(frozen=True, slots=True)
class Door:
    """``gone``: no case of this room is theirs, or not any more."""

    verdict: Verdict
    minutes: int | None = None
    cases_before: int | None = None

    @property
    def is_open(self) -> bool:
        return self.verdict == "open"

    def message(self) -> dict[str, Any]:
        """All that is told in the lobby."""
        return {
            "type": "lobby.state",
            "state": self.verdict,
            "minutes": self.minutes,
            "cases_before": self.cases_before,
        }


def read_doors(*, session: LiveSession, user_ids: Iterable[UUID]) -> dict[UUID, Door]:
    """A few queries whatever the number of people who wait."""
    wanted = frozenset(user_ids)
    steps = board_selectors.steps_of(meeting_id=session.meeting_id) if session.meeting_id else []
    coming = {step.case_id for step in steps if step.status in COMING} | {session.case_id}
    active = User.objects.filter(pk__in=wanted, is_active=True).values("pk")
    held: dict[UUID, dict[UUID, set[str]]] = {}
    grants = grants_in_force().filter(user__in=active, case_id__in=coming)
    for user_id, case_id, capacity in grants.values_list("user_id", "case_id", "capacity"):
        held.setdefault(user_id, {}).setdefault(case_id, set()).add(capacity)
    answers = dict(
        LobbyEntry.objects.filter(session=session, user_id__in=wanted).values_list(
            "user_id", "answer"
        )
    )
    return {
        user_id: _door(
            session=session,
            steps=steps,
            held=held.get(user_id, {}),
            answer=answers.get(user_id),
        )
        for user_id in wanted
    }


def _door(
    *,
    session: LiveSession,
    steps: list[AgendaStep],
    held: dict[UUID, set[str]],
    answer: str | None,
) -> Door:
    if not held:
        return Door("gone")
    here = held.get(session.case_id)
    capacities = here if here is not None else set().union(*held.values())
    is_guest = session.meeting_id is not None and capacities <= GUESTS
    if is_guest and answer == LobbyAnswer.REFUSED:
        return Door("refused")
    waits = is_guest and answer != LobbyAnswer.ADMITTED
    if here is not None and not waits:
        return Door("open")
    wait = wait_for(steps=steps, case_ids=frozenset(held), now=timezone.now())
    return Door(
        "waiting" if waits else "not_yet",
        minutes=None if wait is None else wait.minutes,
        cases_before=None if wait is None else wait.cases_before,
    )
