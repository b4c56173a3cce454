"""What happened after a decision, and how a case was presented."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.boards.models import AgendaItem, Decision
from apps.cases.models import Case
from apps.core.models import VersionedModel
from apps.followup.choices import TreatmentKind


class Outcome(VersionedModel):
    """Treatment that started after a decision, how it went, and where the case came back."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="outcome")
    treatment_started_on = models.DateField(null=True, blank=True)
    treatment_kind = models.CharField(max_length=20, choices=TreatmentKind.choices, blank=True)
    text = models.TextField(blank=True)
    rereferred_case = models.ForeignKey(
        Case, null=True, blank=True, on_delete=models.PROTECT, related_name="rereferred_from"
    )
    rereferred_item = models.ForeignKey(
        AgendaItem, null=True, blank=True, on_delete=models.SET_NULL, related_name="rereferred_from"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(treatment_started_on__isnull=True, treatment_kind="")
                | (Q(treatment_started_on__isnull=False) & ~Q(treatment_kind="")),
                name="treatment_has_date_and_kind",
            )
        ]

    def __str__(self) -> str:
        return f"outcome of {self.decision_id}"


class Presentation(VersionedModel):
    """What a cancer programme has to say of a presentation, where somebody recorded it.

    ``None`` is "not recorded", never "no".
    """

    item = models.OneToOneField(AgendaItem, on_delete=models.CASCADE, related_name="presentation")
    is_prospective = models.BooleanField(
        null=True, blank=True, help_text="Before treatment, or while more was to be decided."
    )
    is_analytic = models.BooleanField(
        null=True, blank=True, help_text="Diagnosed or first treated here (registry class of case)."
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"presentation {self.item_id}"
