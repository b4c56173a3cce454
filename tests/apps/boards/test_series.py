"""A series makes its meetings ahead; one changed for itself stays as it is; nothing is lost."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from apps.boards import services
from apps.boards.choices import BoardRole, MeetingStatus
from apps.boards.models import Board, Meeting, MeetingSeries
from apps.cases.models import Case
from apps.core.exceptions import Conflict, DomainError, Forbidden, InvalidInput, NotVisible
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
"""A Monday."""
TUESDAYS = {
    "rule": "FREQ=WEEKLY;BYDAY=TU",
    "time_zone": "Europe/Berlin",
    "first_on": date(2027, 1, 5),
    "starts_at": time(7, 30),
    "minutes": 60,
}


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture(autouse=True)
def now(team: CaseTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the people are there: what was granted them ends by today's clock."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture()
def board(team: CaseTeam) -> Board:
    return services.create_board(actor=team.actor("coordinator"), name="Thoracic")


def plan(team: CaseTeam, board: Board, **more: object) -> services.series.Planned:
    return services.plan_series(
        actor=team.actor("coordinator"), board_id=board.pk, **{**TUESDAYS, **more}
    )


def days(series: MeetingSeries, **only: object) -> list[date]:
    rows = Meeting.objects.filter(series=series, **only)
    return list(rows.order_by("occurs_on").values_list("occurs_on", flat=True))


def test_half_a_year_is_made_at_once_at_the_time_on_the_wall(team: CaseTeam, board: Board) -> None:
    made = plan(team, board).made
    assert len(made) == 26
    assert made[0].starts_at == datetime(2027, 1, 5, 6, 30, tzinfo=UTC)
    assert made[-1].starts_at == datetime(2027, 6, 29, 5, 30, tzinfo=UTC), "summer time"


def test_every_night_makes_what_is_missing_and_nothing_twice(
    team: CaseTeam, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = plan(team, board).series
    assert services.make_meetings_ahead() == 0
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(weeks=3))
    assert services.make_meetings_ahead() == 3
    assert len(set(days(series))) == len(days(series)) == 29


def test_holidays_and_days_left_out_have_no_meeting(team: CaseTeam, board: Board) -> None:
    fridays = plan(
        team, board, rule="FREQ=WEEKLY;BYDAY=FR", first_on=date(2027, 1, 8), holidays="DE",
        left_out=[date(2027, 1, 15)],
    ).series  # fmt: skip
    assert date(2027, 3, 26) not in days(fridays), "Good Friday"
    assert date(2027, 1, 15) not in days(fridays) and date(2027, 1, 22) in days(fridays)


def test_a_day_on_which_the_board_meets_already_is_named_and_left_alone(
    team: CaseTeam, board: Board
) -> None:
    services.schedule_meeting(
        actor=team.actor("coordinator"), board_id=board.pk,
        starts_at=datetime(2027, 1, 12, 7, 0, tzinfo=UTC),
        ends_at=datetime(2027, 1, 12, 9, 0, tzinfo=UTC),
    )  # fmt: skip
    planned = plan(team, board)
    assert planned.overlapping == [date(2027, 1, 12)] and len(planned.made) == 25


def test_all_meetings_to_come_follow_the_series_and_exceptions_keep_their_time(
    team: CaseTeam, board: Board
) -> None:
    actor, planned = team.actor("coordinator"), plan(team, board)
    moved = planned.made[2]
    away = datetime(2027, 1, 20, 15, 0, tzinfo=UTC)
    services.reschedule_meeting(
        actor=actor, meeting_id=moved.pk, version=moved.version, starts_at=away,
        ends_at=away + timedelta(hours=1),
    )  # fmt: skip
    services.revise_series(
        actor=actor, series_id=planned.series.pk, version=1,
        changes={"starts_at": time(8, 0), "room": "Room 2"},
    )  # fmt: skip
    first = Meeting.objects.get(pk=planned.made[0].pk)
    assert first.starts_at == datetime(2027, 1, 5, 7, 0, tzinfo=UTC)
    assert (first.room, first.calendar_sequence, first.version) == ("Room 2", 1, 2)
    moved.refresh_from_db()
    assert (moved.starts_at, moved.room, moved.is_exception) == (away, "Room 2", True)
    assert moved.calendar_sequence == 2


def test_nothing_changes_where_nothing_was_changed(team: CaseTeam, board: Board) -> None:
    planned = plan(team, board)
    services.revise_series(
        actor=team.actor("coordinator"), series_id=planned.series.pk, version=1,
        changes={"minutes": 60},
    )  # fmt: skip
    assert not Meeting.objects.filter(series=planned.series, calendar_sequence__gt=0).exists()


def test_a_day_left_out_later_loses_its_meeting_and_gets_it_back(
    team: CaseTeam, board: Board
) -> None:
    actor, planned = team.actor("coordinator"), plan(team, board)
    gone = date(2027, 2, 2)
    revise = {"actor": actor, "series_id": planned.series.pk}
    services.revise_series(**revise, version=1, changes={"left_out": [gone]})
    cancelled = Meeting.objects.get(status=MeetingStatus.CANCELLED)
    assert cancelled.occurs_on == gone and cancelled.calendar_sequence == 1
    services.revise_series(**revise, version=2, changes={"left_out": []})
    assert gone in days(planned.series, status=MeetingStatus.PLANNED)


def test_a_meeting_cancelled_by_hand_does_not_come_back(team: CaseTeam, board: Board) -> None:
    actor, planned = team.actor("coordinator"), plan(team, board)
    one = planned.made[4]
    services.move_meeting(actor=actor, meeting_id=one.pk, version=1, to=MeetingStatus.CANCELLED)
    assert services.make_meetings_ahead() == 0
    one.refresh_from_db()
    assert (one.status, one.calendar_sequence) == (MeetingStatus.CANCELLED, 1)


def test_meetings_with_cases_are_never_cancelled_by_the_series(
    team: CaseTeam, board: Board
) -> None:
    actor, planned = team.actor("coordinator"), plan(team, board)
    busy = planned.made[3]
    services.add_agenda_item(actor=actor, meeting_id=busy.pk, case_id=team.case_id)
    ending = {"actor": actor, "series_id": planned.series.pk, "version": 1}
    with pytest.raises(Conflict) as refused:
        services.end_series(**ending, ends_on=date(2027, 1, 6))
    assert refused.value.error_code == "meetings_have_cases"
    assert refused.value.details["meetings"] == [{"id": str(busy.pk), "on": "2027-01-26"}]
    assert Meeting.objects.filter(status=MeetingStatus.CANCELLED).count() == 0, "nothing by halves"
    services.end_series(**ending, ends_on=date(2027, 1, 26))
    assert days(planned.series) == [date(2027, 1, day) for day in (5, 12, 19, 26)]
    assert services.make_meetings_ahead() == 0


def test_cases_are_needed_when_their_meeting_starts_now(team: CaseTeam, board: Board) -> None:
    actor, planned = team.actor("coordinator"), plan(team, board)
    services.add_agenda_item(actor=actor, meeting_id=planned.made[0].pk, case_id=team.case_id)
    services.revise_series(
        actor=actor, series_id=planned.series.pk, version=1, changes={"starts_at": time(9, 0)}
    )
    assert Case.objects.get().needed_by == datetime(2027, 1, 5, 8, 0, tzinfo=UTC)


def test_a_series_does_not_move_onto_an_exception_of_its_own(team: CaseTeam, board: Board) -> None:
    actor, planned = team.actor("coordinator"), plan(team, board)
    first, moved = planned.made[:2]
    late = first.starts_at + timedelta(hours=3)
    services.reschedule_meeting(
        actor=actor, meeting_id=moved.pk, version=1, starts_at=late,
        ends_at=late + timedelta(hours=1),
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        services.revise_series(
            actor=actor, series_id=planned.series.pk, version=1, changes={"minutes": 240}
        )
    assert refused.value.error_code == "meeting_overlaps"
    assert refused.value.details == {"on": "2027-01-05"}


def test_moving_one_meeting_is_refused_where_it_cannot_be(team: CaseTeam, board: Board) -> None:
    actor, planned = team.actor("coordinator"), plan(team, board)
    first, second = planned.made[:2]

    def move(starts: datetime, ends: datetime, version: int = 1) -> str:
        with pytest.raises(DomainError) as refused:
            services.reschedule_meeting(
                actor=actor, meeting_id=first.pk, version=version, starts_at=starts, ends_at=ends
            )
        return refused.value.error_code

    later = NOW + timedelta(days=9)
    assert move(later, later) == "meeting_ends_before_start"
    assert move(NOW - timedelta(days=1), later) == "meeting_in_past"
    assert move(second.starts_at, second.ends_at) == "meeting_overlaps"
    assert move(later, later + timedelta(hours=1), version=7) == "stale_version"
    services.move_meeting(actor=actor, meeting_id=first.pk, version=1, to=MeetingStatus.OPEN)
    assert move(later, later + timedelta(hours=1), version=2) == "meeting_began"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"rule": "FREQ=DAILY"}, "rule_unsupported"),
        ({"time_zone": "Nowhere"}, "time_zone_unknown"),
        ({"holidays": "XX"}, "holidays_unknown"),
        ({"minutes": 0}, "minutes_invalid"),
        ({"minutes": 601}, "minutes_invalid"),
        ({"rule": "FREQ=WEEKLY;UNTIL=20260101"}, "series_empty"),
        ({"video_url": "http://video.example/x"}, "video_url_not_https"),
        ({"left_out": [date(2027, 1, 1) + timedelta(n) for n in range(201)]}, "too_many_days"),
    ],
)
def test_a_series_that_cannot_be_is_refused_and_nothing_is_left(
    team: CaseTeam, board: Board, wrong: dict[str, object], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        plan(team, board, **wrong)
    assert refused.value.error_code == code
    assert not MeetingSeries.objects.exists() and not Meeting.objects.exists()


def test_only_who_runs_the_board_plans(team: CaseTeam, board: Board) -> None:
    services.add_board_member(
        actor=team.actor("coordinator"), board_id=board.pk,
        user_id=team.people["radiologist"].pk, role=BoardRole.CORE,
    )  # fmt: skip
    series = plan(team, board).series
    for who, refusal in (("radiologist", Forbidden), ("outsider", NotVisible)):
        with pytest.raises(refusal):
            services.plan_series(actor=team.actor(who), board_id=board.pk, **TUESDAYS)
        with pytest.raises(refusal):
            services.revise_series(
                actor=team.actor(who), series_id=series.pk, version=1, changes={"room": "R"}
            )
        with pytest.raises(refusal):
            services.end_series(
                actor=team.actor(who), series_id=series.pk, version=1, ends_on=date(2027, 2, 1)
            )
