"""What a person cleared for de-identified viewers."""

from django.conf import settings
from django.db import models

from apps.core.models import BaseModel


class PictureClearance(BaseModel):
    """Somebody looked at the pictures of a series and found no identity in them.

    It holds for exactly this content: a series that grows or changes is withheld again.
    """

    series = models.ForeignKey(
        "imaging.Series", on_delete=models.CASCADE, related_name="picture_clearances"
    )
    content_sha256 = models.CharField(max_length=64)
    case = models.ForeignKey(
        "cases.Case", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    statement = models.TextField(help_text="What the person saw, in a sentence.")
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "content_sha256"],
                condition=models.Q(revoked_at__isnull=True),
                name="one_clearance_per_content",
            )
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.content_sha256[:12]}"
