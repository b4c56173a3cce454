"""Layouts that people and boards keep."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.boards.models.boards import Board
from apps.core.models import VersionedModel


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
