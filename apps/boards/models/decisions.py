"""What was decided, by whom, with which dissent."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.boards.choices import (
    Consensus,
    DecisionStatus,
    Intent,
    Stance,
)
from apps.boards.models.meetings import Meeting
from apps.cases.models import Case
from apps.core.models import BaseModel, VersionedModel


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
