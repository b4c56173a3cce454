"""What is known of a case's items: as computed, as said by hand, who owes it, who was asked."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.boards.models.templates import CaseTemplateVersion
from apps.boards.readiness_items import RecordState
from apps.cases.models import Case
from apps.core.models import BaseModel, VersionedModel


class CaseReadiness(VersionedModel):
    """The items of one case as last computed. Dates are kept, ages are not: they are judged
    on the day they are read.

    ``facts``: a list of ``readiness.items.Fact``. ``ai``: the state of the case's AI results.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="readiness")
    template = models.ForeignKey(CaseTemplateVersion, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=list)
    ai = models.JSONField(default=dict)
    computed_at = models.DateTimeField()
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    overridden_at = models.DateTimeField(null=True, blank=True)
    override_reason = models.CharField(max_length=500, blank=True)
    proposal = models.JSONField(
        default=dict, blank=True, help_text="To list it by a standard, for the chair to sign."
    )

    class Meta:
        verbose_name_plural = "case readiness"

    def __str__(self) -> str:
        return f"readiness of {self.case_id}"


class ItemRecord(BaseModel):
    """What somebody said of an item. The last one holds; the others are its history."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="item_records")
    item = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=RecordState.choices)
    on = models.DateField(null=True, blank=True, help_text="Of the report or the sample.")
    expected_by = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, help_text="Or why it is not needed.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["case", "item", "-created_at"], name="item_record_last")]

    def __str__(self) -> str:
        return f"{self.item} of {self.case_id}: {self.state}"


class ItemDuty(VersionedModel):
    """Who owes an item, and by when: a person of the house or an address outside."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="item_duties")
    item = models.CharField(max_length=40)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    address = models.EmailField(blank=True)
    due_on = models.DateField(null=True, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name_plural = "item duties"
        constraints = [
            models.UniqueConstraint(fields=["case", "item"], name="item_owed_once"),
            models.CheckConstraint(
                condition=Q(person__isnull=False, address="")
                | (Q(person__isnull=True) & ~Q(address="")),
                name="item_owed_by_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.case_id}"


class ItemReminder(BaseModel):
    """One reminder: asked for by somebody, sent by a worker. The mail names no patient."""

    duty = models.ForeignKey(ItemDuty, on_delete=models.CASCADE, related_name="reminders")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    label = models.CharField(max_length=120)
    sent_to = models.EmailField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["duty", "-created_at"], name="item_reminder_last")]

    def __str__(self) -> str:
        return f"reminder of {self.duty_id}"
