"""What was decided, by whom, with which dissent."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.boards.choices import (
    Consensus,
    DecisionQuorum,
    DecisionStatus,
    Intent,
    Modality,
    NoteKind,
    Stance,
    ToldBy,
    TrialConsidered,
    ViewConsidered,
)
from apps.boards.models.meetings import Meeting
from apps.cases.choices import Urgency
from apps.cases.models import Case
from apps.core.models import BaseModel, VersionedModel


class Decision(VersionedModel):
    """What the board recommends. A signed decision never changes: a trigger refuses it.

    ``alternatives``: ``[{text, why_not}]``. ``facts``: the case as it stood at the signature
    (``since_last.facts_of``). ``signed_text`` is what the chair had on screen.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    meeting = models.ForeignKey(
        Meeting, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    status = models.CharField(
        max_length=8, choices=DecisionStatus.choices, default=DecisionStatus.DRAFT
    )
    consensus = models.CharField(
        max_length=10, choices=Consensus.choices, default=Consensus.CONSENSUS
    )
    summary = models.TextField(blank=True)
    conditions = models.TextField(blank=True)
    alternatives = models.JSONField(default=list, blank=True)
    trial_considered = models.CharField(
        max_length=14, choices=TrialConsidered.choices, blank=True, default=""
    )
    trial_id = models.CharField(max_length=100, blank=True, default="")
    patient_view = models.CharField(
        max_length=8, choices=ViewConsidered.choices, blank=True, default=""
    )
    patient_view_text = models.TextField(
        blank=True, default="", help_text="What matters to this patient."
    )
    previous = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="next_decisions",
        help_text="The signed decision that this re-discussion follows.",
    )
    quorum = models.CharField(max_length=12, choices=DecisionQuorum.choices, blank=True, default="")
    quorum_missing = models.JSONField(
        default=list, blank=True, help_text="Disciplines that were missing when it was decided."
    )
    facts = models.JSONField(null=True, blank=True)
    signed_text = models.TextField(blank=True, default="")
    signed_digest = models.CharField(
        max_length=64, blank=True, default="", help_text="SHA-256 of the signed text."
    )
    view = models.JSONField(null=True, blank=True)
    text_version = models.PositiveIntegerField(
        default=1, help_text="The version in which the text last changed: what votes are on."
    )
    votes_called_at = models.DateTimeField(null=True, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["case", "-created_at"], name="decision_of_case"),
            models.Index(
                fields=["created_at", "id"], condition=Q(status="draft"), name="decision_to_sign"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(status="draft"),
                name="one_draft_per_case",
            )
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"

    @property
    def is_provisional(self) -> bool:
        """Signed without quorum, and not confirmed by one since. Reads ``notes``."""
        return self.quorum == DecisionQuorum.MISSING and not any(
            note.kind == NoteKind.CONFIRMED for note in self.notes.all()
        )


class Recommendation(BaseModel):
    """One thing to do, in the order of the board.

    ``condition``: it holds only then ("if node negative"). ``fallbacks``: what to do instead
    where it cannot be done, first choice first. ``evidence``: ``[{title, version, url, grade}]``.
    Responsible is a person of the house or, in ``responsible_name``, somebody outside or a role.
    """

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="recommendations")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    intent = models.CharField(max_length=14, choices=Intent.choices, blank=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    responsible_name = models.CharField(max_length=200, blank=True, default="")
    due = models.DateField(null=True, blank=True)
    modality = models.CharField(max_length=20, choices=Modality.choices, blank=True, default="")
    urgency = models.CharField(max_length=10, choices=Urgency.choices, blank=True, default="")
    condition = models.TextField(blank=True, default="")
    fallbacks = models.JSONField(default=list, blank=True)
    evidence = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=["decision", "position"], name="recommendation_order")
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.decision_id}"


class Position(BaseModel):
    """Where one person stands on a decision; ``recorded_by`` is who wrote it down."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="positions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stance = models.CharField(max_length=8, choices=Stance.choices)
    statement = models.TextField(blank=True)
    text_version = models.PositiveIntegerField(
        default=1, help_text="The text it is on: the decision's ``text_version`` at the time."
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "user"], name="one_position_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.stance}"


class DecisionNote(BaseModel):
    """What came after the signature: append-only, by trigger.

    ``author`` is whose word it is, ``recorded_by`` who signed it here. ``happened_at`` is when
    the patient was told, or when it was written.
    """

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=10, choices=NoteKind.choices)
    text = models.TextField(blank=True)
    reason = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    author_name = models.CharField(max_length=200, blank=True)
    how = models.CharField(max_length=10, choices=ToldBy.choices, blank=True)
    meeting = models.ForeignKey(
        Meeting, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    happened_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("created_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["decision"], condition=Q(kind="confirmed"), name="confirmed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.decision_id}"
