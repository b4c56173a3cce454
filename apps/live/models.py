"""The live session, its numbered log, and what must outlive Redis: tickets and outcomes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.cases.choices import Guise
from apps.core.models import BaseModel, VersionedModel
from apps.live.choices import (
    LobbyAnswer,
    OpOutcome,
    ScreenState,
    SessionState,
    TourPurpose,
)


class LiveSession(BaseModel):
    """A room: of a meeting, or ad hoc of one case; always on one current case.

    ``head`` is the number of the last event. Whoever appends takes the next number as its
    last lock, so entity locks always come before the session's (LIVE-O1).
    """

    meeting = models.ForeignKey(
        "boards.Meeting",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="live_sessions",
    )
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="live_sessions")
    agenda_item = models.ForeignKey(
        "boards.AgendaItem", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=10, choices=SessionState.choices, default=SessionState.OPEN)
    head = models.PositiveBigIntegerField(default=0)
    chair = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="chaired_sessions"
    )
    presenter = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    presenter_epoch = models.PositiveBigIntegerField(default=1)
    ended_at = models.DateTimeField(null=True, blank=True)
    is_recorded = models.BooleanField(
        default=True, help_text="As the board had it when the room was opened: a promise."
    )
    records_pointers = models.BooleanField(default=False)
    purged_at = models.DateTimeField(
        null=True, blank=True, help_text="When the recording was deleted."
    )

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting"],
                condition=Q(state="open", meeting__isnull=False),
                name="one_open_session_per_meeting",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state="open", meeting__isnull=True),
                name="one_open_ad_hoc_session_per_case",
            ),
        ]
        indexes = [
            models.Index(fields=["case"], condition=Q(state="open"), name="open_session_of_case")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LiveEvent(models.Model):
    """One row of a session's log; ``seq`` runs from 1 without holes."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    op_id = models.UUIDField(null=True, blank=True)
    case_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    entity = models.CharField(max_length=40)
    entity_id = models.CharField(max_length=128)
    entity_version = models.PositiveIntegerField(default=0)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["session", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="event_number_once"),
            models.UniqueConstraint(
                fields=["session", "op_id"],
                condition=Q(op_id__isnull=False),
                name="event_op_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} #{self.seq} {self.kind}"


class LiveOp(models.Model):
    """The outcome of an op, kept so that every retry gets the same answer (LIVE-O2)."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="ops")
    op_id = models.UUIDField()
    user_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    content_sha256 = models.CharField(max_length=64)
    outcome = models.CharField(
        max_length=10, choices=OpOutcome.choices, default=OpOutcome.COMMITTED
    )
    seq = models.PositiveBigIntegerField(null=True, blank=True)
    code = models.CharField(max_length=64, blank=True, default="")
    message = models.CharField(max_length=500, blank=True, default="")
    current = models.JSONField(null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "op_id"], name="op_outcome_once")]

    def __str__(self) -> str:
        return f"{self.op_id} {self.outcome}"


class SegmentationLease(models.Model):
    """Who may paint on a segmentation in a room now: one window, for 30 s (LIVE-S1).

    Over when ``expires_at`` has passed, by PostgreSQL's own clock; the row may outlive it.
    """

    segmentation = models.OneToOneField(
        "annotations.Segmentation", on_delete=models.CASCADE, primary_key=True, related_name="lease"
    )
    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="leases")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client_id = models.UUIDField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"lease of {self.segmentation_id}"


class PresenterAsk(BaseModel):
    """Somebody asks the chair for the presenter token; gone once it is answered (LIVE-M6)."""

    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="asks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "user"], name="asks_once_to_present")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} asks"


class LobbyEntry(BaseModel):
    """A guest at the door of a meeting's room, and what the chair said (LIVE-M4)."""

    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="lobby")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    answer = models.CharField(
        max_length=10, choices=LobbyAnswer.choices, default=LobbyAnswer.WAITING
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "user"], name="waits_once_per_session")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.answer}"


class RoomScreen(BaseModel):
    """The screen on a room's wall: waits with a code, shows one session, is over with it.

    Until it is connected there is no account; what the browser holds is kept as hashes.
    """

    code_sha256 = models.CharField(max_length=64)
    secret_sha256 = models.CharField(max_length=64)
    state = models.CharField(
        max_length=10, choices=ScreenState.choices, default=ScreenState.WAITING
    )
    expires_at = models.DateTimeField()
    session = models.ForeignKey(
        LiveSession, null=True, on_delete=models.CASCADE, related_name="screens"
    )
    place = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="screen"
    )
    guise = models.CharField(max_length=12, choices=Guise.choices, default=Guise.DEIDENTIFIED)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["code_sha256"],
                condition=Q(state="waiting"),
                name="screen_waits_with_code",
            )
        ]

    def __str__(self) -> str:
        return f"screen {self.pk}"


class LiveTicket(models.Model):
    """Admits one socket once within 60 s; only its hash is kept (LIVE-A1)."""

    token_sha256 = models.CharField(max_length=64, primary_key=True)
    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="tickets")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="live_tickets"
    )
    sign_in_key = models.CharField(
        max_length=40, blank=True, default="", help_text="The sign-in session that asked for it."
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="live_ticket_expiry")]

    def __str__(self) -> str:
        return f"ticket of {self.user_id}"


class ChatMessage(BaseModel):
    """Said in a room about its current case."""

    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="chat")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=2000)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return str(self.pk)


class RecordedState(models.Model):
    """The durable state of a room at a number: events after it fold onto it (LIVE-R1).

    Written in the transaction of the event that made it necessary: the opening, a move to
    another case (both begin a chapter), or one whose effects are not in the event.
    """

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="states")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()
    begins_chapter = models.BooleanField()
    snapshot = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["session", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="recorded_state_once")
        ]
        indexes = [models.Index(fields=["case"], name="recorded_state_of_case")]

    def __str__(self) -> str:
        return f"{self.session_id} at #{self.seq}"


class PointerTrack(models.Model):
    """Where people pointed during a few seconds, where their board records that.

    ``places`` holds each image once; ``samples`` name them by their place in that list:
    ``[milliseconds after from_at, person, place or -1, coordinates]``.
    """

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="pointers")
    case_id = models.UUIDField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    people = models.JSONField()
    places = models.JSONField()
    samples = models.JSONField()

    class Meta:
        ordering = ["session", "from_at", "id"]
        indexes = [models.Index(fields=["session", "from_at"], name="pointer_track_by_time")]

    def __str__(self) -> str:
        return f"{self.session_id} pointers from {self.from_at:%H:%M:%S}"


class RoomVisit(models.Model):
    """One window in a room, from joining to leaving: who was there when."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    came_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["session", "came_at", "id"]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.session_id}"


class Tour(VersionedModel):
    """Views of one case in order, with words: left for somebody, or prepared for the meeting."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="tours")
    purpose = models.CharField(max_length=8, choices=TourPurpose.choices)
    title = models.CharField(max_length=120)
    due = models.DateField(null=True, blank=True, help_text="Look at it before this day.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tours"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["case", "created_at"],
                condition=Q(removed_at__isnull=True),
                name="tour_of_case",
            )
        ]

    def __str__(self) -> str:
        return f"tour {self.pk}"


class TourStep(BaseModel):
    """One view: a stage as the live room knows it, with a title and a comment."""

    tour = models.ForeignKey(Tour, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=120, blank=True, default="")
    comment = models.CharField(max_length=2000, blank=True, default="")
    stage = models.JSONField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.tour_id} step {self.position}"


class TourReader(models.Model):
    """Somebody a tour was left for; ``seen_at`` once they came to its last view."""

    id = models.BigAutoField(primary_key=True)
    tour = models.ForeignKey(Tour, on_delete=models.CASCADE, related_name="readers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["tour", "user"], name="tour_reader_once")]
        indexes = [
            models.Index(fields=["user"], condition=Q(seen_at__isnull=True), name="tour_that_waits")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} reads {self.tour_id}"
