from django.db.models import TextChoices


class SessionState(TextChoices):
    OPEN = "open", "open"
    ENDED = "ended", "ended"


class OpOutcome(TextChoices):
    COMMITTED = "committed", "committed"
    NOOP = "noop", "no change"
    REJECTED = "rejected", "rejected"
