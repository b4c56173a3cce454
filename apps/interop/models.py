"""Keys that other programs hold."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import BaseModel


class CalendarFeed(BaseModel):
    """The secret address from which a person's calendar program fetches their meetings.

    The address is the key, so only its digest is kept. Nothing of a patient is behind it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    secret_sha256 = models.CharField(max_length=64, unique=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at__isnull=True), name="one_feed_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"
