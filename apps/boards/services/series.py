"""Boards that meet again and again: meetings are made ahead of time, changed and ended together.

A series makes its meetings as rows, so that each can have its own agenda, room and time. What
was set for one meeting stays when the series changes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import MeetingStatus
from apps.boards.models import Board, Meeting, MeetingSeries
from apps.boards.recurrence import (
    check_holidays,
    check_time_zone,
    meeting_days,
    read_rule,
    starts_and_ends,
)
from apps.boards.services.meetings import check_video_of, needed_by_meeting, overlapping_meetings
from apps.boards.video import check_video_url
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput
from apps.core.versions import lock_version

AHEAD = timedelta(weeks=26)
"""How far ahead meetings are made; a series makes more every night."""
MOST_MINUTES = 600
MOST_LEFT_OUT = 200


@dataclass
class Planned:
    """What came of a rule. On ``overlapping`` days the board meets already: nothing was made."""

    series: MeetingSeries
    made: list[Meeting] = field(default_factory=list)
    overlapping: list[date] = field(default_factory=list)


@transaction.atomic
def plan_series(
    *,
    actor: Actor,
    board_id: UUID,
    rule: str,
    time_zone: str,
    first_on: date,
    starts_at: time,
    minutes: int,
    room: str = "",
    video_url: str = "",
    holidays: str = "",
    left_out: Iterable[date] = (),
) -> Planned:
    """Let a board meet by a rule, from ``first_on`` on; the next 26 weeks are made at once.

    Raises
    ------
    InvalidInput
        ``rule_invalid``, ``rule_unsupported``, ``time_zone_unknown``, ``holidays_unknown``,
        ``minutes_invalid``, or ``series_empty``: no day of the rule lies ahead.
    """
    policies.run_board(actor=actor, board_id=board_id)
    check_video_url(url=video_url, names=(), patient_ids=())
    _check_minutes(minutes)
    Board.objects.select_for_update().get(pk=board_id)
    series = MeetingSeries.objects.create(
        board_id=board_id,
        rule=read_rule(rule),
        time_zone=check_time_zone(time_zone),
        first_on=first_on,
        starts_at=starts_at.replace(second=0, microsecond=0, tzinfo=None),
        minutes=minutes,
        room=room,
        video_url=video_url,
        holidays=check_holidays(holidays),
        left_out=_dates(left_out),
    )
    planned = _make_ahead(series)
    if not planned.made and not planned.overlapping:
        raise InvalidInput("No day of this rule lies ahead.", code="series_empty")
    _enter(actor=actor, series=series, action="series.planned", details={
        "rule": series.rule, "meetings": len(planned.made), "overlapping": len(planned.overlapping),
    })  # fmt: skip
    return planned


@transaction.atomic
def revise_series(
    *, actor: Actor, series_id: UUID, version: int, changes: dict[str, Any]
) -> Planned:
    """Change time, length, place, holidays or the days left out, of every meeting to come.

    Meetings with a time of their own keep it. A day that is now left out loses its meeting,
    unless that has cases.

    Raises
    ------
    Conflict
        ``meetings_have_cases``: details name the meetings; move their cases first.
    """
    series = _lock(actor=actor, series_id=series_id, version=version)
    _take(series, changes)
    coming = _coming(series)
    days = set(_days(series, until=max(coming, default=_today(series))))
    _cancel(actor=actor, meetings=[one for day, one in coming.items() if day not in days])
    for day, meeting in coming.items():
        if day in days:
            _follow(actor=actor, meeting=meeting, series=series, day=day)
    series.version += 1
    series.save()
    planned = _make_ahead(series)
    _enter(actor=actor, series=series, action="series.revised", details={"fields": sorted(changes)})
    return planned


@transaction.atomic
def end_series(*, actor: Actor, series_id: UUID, version: int, ends_on: date) -> MeetingSeries:
    """No meeting after that day; those that were planned are cancelled.

    Raises
    ------
    Conflict
        ``meetings_have_cases``: details name the meetings; move their cases first.
    """
    series = _lock(actor=actor, series_id=series_id, version=version)
    series.ends_on = ends_on
    after = [one for day, one in _coming(series).items() if day > ends_on]
    _cancel(actor=actor, meetings=after)
    series.version += 1
    series.save()
    _enter(actor=actor, series=series, action="series.ended", details={"on": ends_on.isoformat()})
    return series


def make_meetings_ahead() -> int:
    """Every night: meetings of every series that goes on. Doing it twice makes nothing twice."""
    made = 0
    for series_id, board_id in MeetingSeries.objects.values_list("pk", "board_id"):
        with transaction.atomic():
            Board.objects.select_for_update().get(pk=board_id)  # first, as everywhere
            series = MeetingSeries.objects.select_for_update().get(pk=series_id)
            made += len(_make_ahead(series).made)
    return made


def _make_ahead(series: MeetingSeries) -> Planned:
    """The board is locked: nobody else puts a meeting in between."""
    planned = Planned(series)
    today = _today(series)
    there = set(
        Meeting.objects.filter(series=series, occurs_on__gte=today).values_list(
            "occurs_on", flat=True
        )
    )
    for day in _days(series, until=today + AHEAD):
        if day in there:
            continue
        starts, ends = _instants(series, day)
        if starts <= timezone.now():
            continue
        if overlapping_meetings(board_id=series.board_id, starts_at=starts, ends_at=ends).exists():
            planned.overlapping.append(day)
            continue
        planned.made.append(
            Meeting.objects.create(
                board_id=series.board_id, series=series, occurs_on=day, starts_at=starts,
                ends_at=ends, room=series.room, video_url=series.video_url,
            )
        )  # fmt: skip
    return planned


def _days(series: MeetingSeries, *, until: date) -> list[date]:
    last = until if series.ends_on is None else min(until, series.ends_on)
    return list(
        meeting_days(
            rule=series.rule,
            first_on=series.first_on,
            since=_today(series),
            until=last,
            left_out=[date.fromisoformat(one) for one in series.left_out],
            holidays=series.holidays,
        )
    )


def _coming(series: MeetingSeries) -> dict[date, Meeting]:
    """The meetings of the series that have not begun, by the day that it gives them."""
    rows = Meeting.objects.select_for_update().filter(
        series=series, status=MeetingStatus.PLANNED, starts_at__gt=timezone.now()
    )
    return {one.occurs_on: one for one in rows.order_by("starts_at") if one.occurs_on is not None}


def _follow(*, actor: Actor, meeting: Meeting, series: MeetingSeries, day: date) -> None:
    before = (meeting.starts_at, meeting.ends_at, meeting.room, meeting.video_url)
    if not meeting.is_exception:
        starts, ends = _instants(series, day)
        others = overlapping_meetings(board_id=meeting.board_id, starts_at=starts, ends_at=ends)
        if others.exclude(series=series, is_exception=False).exists():
            raise Conflict(
                "This board meets at that time already.",
                code="meeting_overlaps",
                details={"on": day.isoformat()},
            )
        meeting.starts_at, meeting.ends_at = starts, ends
    if meeting.video_url != series.video_url:
        check_video_of(meeting=meeting, url=series.video_url)
    meeting.room, meeting.video_url = series.room, series.video_url
    if before == (meeting.starts_at, meeting.ends_at, meeting.room, meeting.video_url):
        return
    meeting.calendar_sequence += 1
    meeting.version += 1
    meeting.save()
    if before[0] != meeting.starts_at:
        needed_by_meeting(actor=actor, meeting=meeting)


def _cancel(*, actor: Actor, meetings: Iterable[Meeting]) -> None:
    meetings = list(meetings)
    busy = [one for one in meetings if one.agenda.exists()]
    if busy:
        raise Conflict(
            "There are cases on meetings that would be cancelled.",
            code="meetings_have_cases",
            details={"meetings": [
                {"id": str(one.pk), "on": str(one.occurs_on)} for one in busy
            ]},
        )  # fmt: skip
    for meeting in meetings:
        meeting.status = MeetingStatus.CANCELLED
        meeting.series = None  # its day can be given back; one cancelled by hand stays away
        meeting.calendar_sequence += 1
        meeting.version += 1
        meeting.save()
        record_entry(
            actor=actor,
            action="meeting.moved",
            entity="meeting",
            entity_id=meeting.pk,
            details={"to": MeetingStatus.CANCELLED},
        )


def _take(series: MeetingSeries, changes: dict[str, Any]) -> None:
    checks: dict[str, Callable[[Any], Any]] = {
        "starts_at": lambda value: value.replace(second=0, microsecond=0, tzinfo=None),
        "minutes": _check_minutes,
        "room": str,
        "video_url": str,
        "holidays": check_holidays,
        "left_out": _dates,
    }
    unknown = set(changes) - set(checks)
    if unknown:
        raise InvalidInput("A series has no such field.", details={"fields": sorted(unknown)})
    check_video_url(url=changes.get("video_url", ""), names=(), patient_ids=())
    for name, value in changes.items():
        setattr(series, name, checks[name](value))


def _lock(*, actor: Actor, series_id: UUID, version: int) -> MeetingSeries:
    policies.run_series(actor=actor, meeting_series_id=series_id)
    Board.objects.select_for_update().get(series=series_id)
    return lock_version(queryset=MeetingSeries.objects.all(), pk=series_id, version=version)


def _instants(series: MeetingSeries, day: date) -> tuple[datetime, datetime]:
    return starts_and_ends(
        day=day, starts_at=series.starts_at, minutes=series.minutes, time_zone=series.time_zone
    )


def _today(series: MeetingSeries) -> date:
    return timezone.now().astimezone(ZoneInfo(series.time_zone)).date()


def _check_minutes(minutes: int) -> int:
    if not 1 <= minutes <= MOST_MINUTES:
        raise InvalidInput(
            f"A meeting is at most {MOST_MINUTES} minutes long.", code="minutes_invalid"
        )
    return minutes


def _dates(days: Iterable[date]) -> list[str]:
    found = sorted({one.isoformat() for one in days})
    if len(found) > MOST_LEFT_OUT:
        raise InvalidInput(f"At most {MOST_LEFT_OUT} days are left out.", code="too_many_days")
    return found


def _enter(*, actor: Actor, series: MeetingSeries, action: str, details: dict[str, Any]) -> None:
    record_entry(
        actor=actor, action=action, entity="meeting_series", entity_id=series.pk, details=details
    )
