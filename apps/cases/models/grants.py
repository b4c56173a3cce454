"""Who may see which case, in which guise, until when, granted by what."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.cases.choices import Capacity, GrantSource, Guise
from apps.cases.models.cases import Case
from apps.core.models import BaseModel


class CaseGrant(BaseModel):
    """The one key to a case. Of several in force the most permissive wins."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="grants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="case_grants"
    )
    capacity = models.CharField(max_length=12, choices=Capacity.choices, default=Capacity.MEMBER)
    guise = models.CharField(max_length=12, choices=Guise.choices, default=Guise.IDENTIFIED)
    source = models.CharField(
        max_length=10, choices=GrantSource.choices, default=GrantSource.DIRECT
    )
    source_id = models.CharField(max_length=64, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "case"],
                condition=Q(revoked_at__isnull=True),
                name="grant_in_force",
            ),
            models.Index(fields=["revoked_at"], name="grant_revoked"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "user", "source", "source_id"],
                condition=Q(revoked_at__isnull=True),
                name="one_grant_per_source",
            )
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"
