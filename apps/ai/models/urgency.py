"""How loud a model's finding may be, and the flagged findings of each case."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai import urgency_choices as choices
from apps.ai.models.findings import Finding
from apps.ai.models.registry import Model
from apps.core.models import BaseModel, VersionedModel


class UrgencyTier(VersionedModel):
    """One kind of finding of one model: its tier, its budgets, and whether it kept to them.

    Made by itself with the first flagged finding. While ``demoted_at`` is set it is shown as
    passive, whatever ``tier`` says.
    """

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="urgency_tiers")
    code_system = models.CharField(max_length=16)
    code_value = models.CharField(max_length=64)
    code_display = models.CharField(max_length=200, blank=True, default="")
    tier = models.CharField(max_length=10, choices=choices.AlertTier.choices)
    is_set_by_person = models.BooleanField(default=False)
    max_share = models.FloatField(
        default=0.05, help_text="Of the studies the model read in 30 days, flagged at most."
    )
    min_ppv = models.FloatField(
        default=0.20, help_text="Of the last reviewed findings, accepted at least."
    )
    repeat_window_days = models.PositiveSmallIntegerField(default=14)
    demoted_at = models.DateTimeField(null=True, blank=True)
    demoted_because = models.CharField(
        max_length=8, blank=True, default="", choices=choices.DemotionReason.choices
    )
    demotion_seen_at = models.DateTimeField(null=True, blank=True)
    demotion_seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["model_id", "code_display", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "code_system", "code_value"], name="one_tier_per_finding_code"
            ),
            models.CheckConstraint(
                condition=Q(max_share__gte=0, max_share__lte=1, min_ppv__gte=0, min_ppv__lte=1),
                name="tier_budgets_are_shares",
            ),
        ]

    @property
    def shown_tier(self) -> str:
        """The tier that counts now."""
        return choices.AlertTier.PASSIVE.value if self.demoted_at else self.tier

    def __str__(self) -> str:
        return f"{self.model_id} {self.code_value} {self.tier}"


class UrgencyAlert(BaseModel):
    """A flagged finding in a case: raised once, perhaps as a repeat, perhaps acknowledged.

    ``created_at`` is when it was raised; the time to acknowledge counts from there.
    """

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="urgency_alerts")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    kind = models.ForeignKey(UrgencyTier, on_delete=models.PROTECT, related_name="alerts")
    level = models.CharField(max_length=10, choices=choices.UrgencyLevel.choices)
    tier = models.CharField(
        max_length=10, choices=choices.AlertTier.choices, help_text="When it was raised."
    )
    score = models.PositiveSmallIntegerField(help_text="0 to 100; orders, never decides.")
    repeat_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="repeats"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_how = models.CharField(
        max_length=8, blank=True, default="", choices=choices.AcknowledgedHow.choices
    )

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "case"], name="one_alert_per_case")
        ]
        indexes = [
            models.Index(
                fields=["case"],
                condition=Q(acknowledged_at__isnull=True),
                name="ai_alerts_open",
            ),
            models.Index(fields=["kind", "-created_at"], name="ai_alerts_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} in {self.case_id}"
