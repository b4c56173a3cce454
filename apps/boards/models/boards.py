"""Boards and who sits on them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.boards.choices import (
    AiReading,
    BoardRole,
)
from apps.core.models import BaseModel


class Board(BaseModel):
    name = models.CharField(max_length=120, unique=True)
    description = models.CharField(max_length=500, blank=True)
    minutes_per_case = models.PositiveSmallIntegerField(default=3)
    minutes_per_complex_case = models.PositiveSmallIntegerField(default=8)
    cut_off_hours = models.PositiveSmallIntegerField(
        default=24, help_text="So long before a meeting its list is closed."
    )
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
