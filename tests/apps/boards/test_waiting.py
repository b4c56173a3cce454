"""How long until one's case (LIVE-M5): pure, the agenda and the time are handed in."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.boards.choices import AgendaStatus
from apps.boards.waiting import AgendaStep, Wait, wait_for

NOW = datetime(2027, 1, 12, 14, 30, tzinfo=UTC)
CASES = [UUID(int=number) for number in range(1, 7)]


def _step(
    number: int, status: str, *, minutes: int = 3, started: float | None = None
) -> AgendaStep:
    at = None if started is None else NOW - timedelta(minutes=started)
    return AgendaStep(CASES[number - 1], number, minutes, status, at)


def _wait(steps: list[AgendaStep], *numbers: int) -> Wait | None:
    return wait_for(steps=steps, case_ids=frozenset(CASES[one - 1] for one in numbers), now=NOW)


PLANNED, CURRENT, DISCUSSED = AgendaStatus.PLANNED, AgendaStatus.CURRENT, AgendaStatus.DISCUSSED
AGENDA = [
    _step(1, DISCUSSED),
    _step(2, CURRENT, minutes=5, started=2.5),
    _step(3, PLANNED, minutes=4),
    _step(4, PLANNED, minutes=3),
    _step(5, PLANNED),
]


def test_LIVE_M5_what_is_left_of_the_current_case_and_those_before() -> None:
    assert _wait(AGENDA, 3) == Wait(minutes=3, cases_before=1)  # 2.5, rounded up
    assert _wait(AGENDA, 5) == Wait(minutes=10, cases_before=3)  # 2.5 + 4 + 3


def test_LIVE_M5_of_several_cases_the_next_one_counts() -> None:
    assert _wait(AGENDA, 5, 4) == Wait(minutes=7, cases_before=2)


def test_LIVE_M5_a_case_over_its_time_leaves_nothing_to_wait_for() -> None:
    late = [_step(1, CURRENT, minutes=3, started=11), _step(2, PLANNED)]
    assert _wait(late, 2) == Wait(minutes=0, cases_before=1)


def test_LIVE_M5_while_the_clock_stands_still_no_time_is_spent() -> None:
    ten_ago = NOW - timedelta(minutes=10)
    paused = AgendaStep(
        CASES[0], 1, 5, CURRENT, ten_ago, paused_at=NOW - timedelta(minutes=4), paused_s=240
    )
    # Six minutes until the pause, four of which stood still before it: two of five are spent.
    assert _wait([paused, _step(2, PLANNED)], 2) == Wait(minutes=3, cases_before=1)


def test_LIVE_M5_before_the_meeting_the_planned_minutes_count() -> None:
    assert _wait([_step(1, PLANNED, minutes=6), _step(2, PLANNED)], 2) == Wait(6, 1)


def test_LIVE_M5_ones_own_case_under_discussion_is_no_waiting() -> None:
    assert _wait(AGENDA, 2) == Wait(minutes=0, cases_before=0)


def test_LIVE_M5_what_was_discussed_is_not_to_come() -> None:
    assert _wait(AGENDA, 1) is None
    assert _wait(AGENDA, 6) is None


def test_LIVE_M5_skipped_cases_come_after_the_others() -> None:
    skipped = [_step(1, PLANNED), _step(2, CURRENT, started=1), _step(3, PLANNED)]
    assert _wait(skipped, 3) == Wait(minutes=2, cases_before=1)
    assert _wait(skipped, 1) == Wait(minutes=5, cases_before=2)


def test_LIVE_M5_a_clock_that_runs_behind_adds_nothing() -> None:
    ahead = [_step(1, CURRENT, minutes=3, started=-2), _step(2, PLANNED)]
    assert _wait(ahead, 2) == Wait(minutes=3, cases_before=1)
