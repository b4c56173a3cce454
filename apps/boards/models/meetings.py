"""Meetings, their agendas, and who was there."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.accounts.choices import Discipline
from apps.boards.choices import (
    AgendaStatus,
    Arrival,
    DeferralReason,
    MeetingStatus,
)
from apps.boards.models.boards import Board
from apps.boards.models.series import MeetingSeries
from apps.cases.models import Case
from apps.core.models import BaseModel, VersionedModel


class Meeting(VersionedModel):
    """One sitting of a board. ``occurs_on`` is the day its series gives it, wherever it moved."""

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="meetings")
    series = models.ForeignKey(
        MeetingSeries, null=True, blank=True, on_delete=models.PROTECT, related_name="meetings"
    )
    occurs_on = models.DateField(null=True, blank=True)
    is_exception = models.BooleanField(
        default=False, help_text="Its time was set for itself; changes of the series pass it by."
    )
    calendar_sequence = models.PositiveIntegerField(
        default=0, help_text="SEQUENCE of its iCalendar entry (RFC 5545 3.8.7.4)."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    room = models.CharField(max_length=200, blank=True)
    video_url = models.URLField(max_length=500, blank=True)
    status = models.CharField(
        max_length=10, choices=MeetingStatus.choices, default=MeetingStatus.PLANNED
    )

    class Meta:
        indexes = [models.Index(fields=["starts_at", "id"], name="meeting_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="meeting_ends_after_start"
            ),
            models.UniqueConstraint(fields=["series", "occurs_on"], name="one_meeting_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.board_id} at {self.starts_at:%Y-%m-%d %H:%M}"


class Attendance(BaseModel):
    """Somebody was at a meeting. Discipline and seat are those of that day.

    ``left_at`` empty: they are here now. Whoever left has still attended.
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendance")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attendance"
    )
    discipline = models.CharField(max_length=30, choices=Discipline.choices)
    counts = models.BooleanField(
        default=False, help_text="For the quorum: a seat on the board, no observer, no trainee."
    )
    how = models.CharField(max_length=10, choices=Arrival.choices)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    arrived_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "user"], name="attends_once_per_meeting")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.meeting_id}"


class AgendaItem(VersionedModel):
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="agenda")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="agenda_items")
    position = models.PositiveIntegerField()
    minutes = models.PositiveSmallIntegerField(default=3)
    is_complex = models.BooleanField(default=False)
    late_reason = models.CharField(
        max_length=300, blank=True, help_text="Why it came after the cut-off."
    )
    carried_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    deferral_code = models.CharField(max_length=30, choices=DeferralReason.choices, blank=True)
    status = models.CharField(
        max_length=10, choices=AgendaStatus.choices, default=AgendaStatus.PLANNED
    )
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_s = models.PositiveIntegerField(default=0, help_text="Pauses that are over.")
    ai_revealed_at = models.DateTimeField(null=True, blank=True)
    ai_revealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "case"], name="case_once_per_meeting"),
            models.UniqueConstraint(
                fields=["meeting", "position"],
                name="one_case_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.case_id}"
