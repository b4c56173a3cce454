"""When a board asks what became of its recommendations."""

from django.db import models
from django.db.models import Q

from apps.boards.models import Board
from apps.core.models import VersionedModel

USUAL_DAYS = (30, 90)
"""MDT-10: adherence follow-up at 30 and 90 days."""


def usual_days() -> list[int]:
    return list(USUAL_DAYS)


class FollowUpRule(VersionedModel):
    """A board's own setting; a board without one follows up at 30 and 90 days."""

    board = models.OneToOneField(Board, on_delete=models.CASCADE, related_name="follow_up_rule")
    days = models.JSONField(default=usual_days, help_text="Days after signing, ascending.")
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="IANA name; empty: that of the board's series."
    )
    analytic_cases_a_year = models.PositiveIntegerField(
        null=True, blank=True, help_text="From the cancer registry: the CoC's denominator."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(analytic_cases_a_year__isnull=True) | Q(analytic_cases_a_year__gt=0),
                name="some_analytic_cases_a_year",
            )
        ]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.days}"
