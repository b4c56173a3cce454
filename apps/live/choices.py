from django.db.models import TextChoices


class SessionState(TextChoices):
    OPEN = "open", "open"
    ENDED = "ended", "ended"


class OpOutcome(TextChoices):
    COMMITTED = "committed", "committed"
    NOOP = "noop", "no change"
    REJECTED = "rejected", "rejected"


class TourPurpose(TextChoices):
    REVIEW = "review", "left for somebody to look at"
    MEETING = "meeting", "prepared steps of a meeting"


class LobbyAnswer(TextChoices):
    WAITING = "waiting", "waiting"
    ADMITTED = "admitted", "admitted"
    REFUSED = "refused", "refused"


class ScreenState(TextChoices):
    WAITING = "waiting", "waits with its code"
    CONNECTED = "connected", "shows the session"
    CLOSED = "closed", "over"
