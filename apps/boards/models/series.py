"""A board that meets again and again."""

from django.db import models

from apps.boards.models.boards import Board
from apps.core.models import VersionedModel


class MeetingSeries(VersionedModel):
    """The rule from which meetings are made ahead of time.

    The rule gives days and the time is that of a wall clock in ``time_zone``: half past seven
    stays half past seven when the clocks change.
    """

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="series")
    rule = models.CharField(max_length=200, help_text="RRULE of RFC 5545 3.3.10, without DTSTART.")
    time_zone = models.CharField(max_length=64, help_text="IANA name.")
    first_on = models.DateField()
    starts_at = models.TimeField(help_text="In the time zone.")
    minutes = models.PositiveSmallIntegerField()
    room = models.CharField(max_length=200, blank=True)
    video_url = models.URLField(max_length=500, blank=True)
    holidays = models.CharField(
        max_length=10,
        blank=True,
        help_text="Where public holidays cancel it: ISO 3166 country, or country-subdivision.",
    )
    left_out = models.JSONField(default=list, blank=True, help_text="ISO dates without a meeting.")
    ends_on = models.DateField(null=True, blank=True, help_text="No meeting after this day.")

    class Meta:
        verbose_name_plural = "meeting series"

    def __str__(self) -> str:
        return f"{self.board_id}: {self.rule}"
