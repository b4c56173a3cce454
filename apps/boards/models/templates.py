"""Templates per tumour type, with every version that ever held."""

from django.conf import settings
from django.db import models

from apps.cases.choices import TumourType
from apps.core.models import BaseModel, VersionedModel


class CaseTemplate(VersionedModel):
    """One per tumour type; ``version`` is the number of the one that holds now."""

    tumour_type = models.CharField(max_length=20, choices=TumourType.choices, unique=True)

    def __str__(self) -> str:
        return f"{self.tumour_type} {self.version}"


class CaseTemplateVersion(BaseModel):
    """What the template said then. Never changed: cases hold on to the one they began with."""

    template = models.ForeignKey(CaseTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    note = models.CharField(max_length=200, blank=True, help_text="Why it was changed.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["template", "number"], name="template_version_once_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.number}"
