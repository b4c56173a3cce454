"""Boards, meetings, agendas and what was decided, by whom, with which dissent."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.accounts.choices import Discipline
from apps.boards.choices import (
    AgendaStatus,
    AiReading,
    Arrival,
    BoardRole,
    Consensus,
    DecisionStatus,
    Intent,
    MeetingStatus,
    Stance,
)
from apps.cases.models import Case
from apps.core.models import BaseModel, VersionedModel


class Board(BaseModel):
    name = models.CharField(max_length=120, unique=True)
    description = models.CharField(max_length=500, blank=True)
    minutes_per_case = models.PositiveSmallIntegerField(default=3)
    is_recorded = models.BooleanField(default=True, help_text="Its live sessions may be replayed.")
    keeps_recordings_days = models.PositiveIntegerField(
        null=True, blank=True, default=365, help_text="0: not after the end. Empty: for good."
    )
    records_pointers = models.BooleanField(default=False)
    ai_reading = models.CharField(max_length=12, choices=AiReading.choices, default=AiReading.NEVER)
    quorum = models.JSONField(
        default=list, blank=True, help_text="Disciplines without which a meeting has no quorum."
    )

    def __str__(self) -> str:
        return self.name


class BoardMember(BaseModel):
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="board_memberships"
    )
    role = models.CharField(max_length=12, choices=BoardRole.choices, default=BoardRole.CORE)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["board", "user"],
                condition=Q(left_at__isnull=True),
                name="member_once_per_board",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.board_id}"


class Meeting(VersionedModel):
    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="meetings")
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
            )
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


class Decision(VersionedModel):
    """What the board recommends. A signed decision never changes."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    meeting = models.ForeignKey(
        Meeting, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    status = models.CharField(
        max_length=8, choices=DecisionStatus.choices, default=DecisionStatus.DRAFT
    )
    consensus = models.CharField(
        max_length=10, choices=Consensus.choices, default=Consensus.CONSENSUS
    )
    summary = models.TextField(blank=True)
    conditions = models.TextField(blank=True)
    view = models.JSONField(null=True, blank=True)
    text_version = models.PositiveIntegerField(
        default=1, help_text="The version in which the text last changed: what votes are on."
    )
    votes_called_at = models.DateTimeField(null=True, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["case", "-created_at"], name="decision_of_case")]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(status="draft"),
                name="one_draft_per_case",
            )
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"


class Recommendation(BaseModel):
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="recommendations")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    intent = models.CharField(max_length=14, choices=Intent.choices, blank=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    due = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=["decision", "position"], name="recommendation_order")
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.decision_id}"


class Position(BaseModel):
    """Where one person stands on a decision; ``recorded_by`` is who wrote it down."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="positions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stance = models.CharField(max_length=8, choices=Stance.choices)
    statement = models.TextField(blank=True)
    text_version = models.PositiveIntegerField(
        default=1, help_text="The text it is on: the decision's ``text_version`` at the time."
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "user"], name="one_position_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.stance}"


class HangingProtocol(VersionedModel):
    """A layout that somebody saved for themselves, or for their board."""

    name = models.CharField(max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="hanging_protocols",
    )
    board = models.ForeignKey(
        Board, null=True, blank=True, on_delete=models.CASCADE, related_name="hanging_protocols"
    )
    document = models.JSONField()
    is_default = models.BooleanField(
        default=False, help_text="Hangs by itself where it matches; else chosen from the menu only."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=True) ^ Q(board__isnull=True),
                name="hanging_has_one_owner",
            ),
            models.UniqueConstraint(fields=["owner", "name"], name="hanging_once_per_person"),
            models.UniqueConstraint(fields=["board", "name"], name="hanging_once_per_board"),
        ]

    def __str__(self) -> str:
        return self.name
