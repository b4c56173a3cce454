"""The task to find out what happened, and what was found out."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.boards.models import Board, Recommendation
from apps.cases.models import Case
from apps.core.models import BaseModel, VersionedModel
from apps.followup.choices import (
    FollowUpStatus,
    Implementation,
    NonAdherenceReason,
    TaskKind,
    TaskState,
)
from apps.followup.models.findings import IncidentalFinding


class FollowUpTask(VersionedModel):
    """Somebody finds out what became of one recommendation, or looks after one finding.

    ``due`` is a day on the board's clock; ``overdue_from`` is the instant at which it is over.
    """

    kind = models.CharField(max_length=14, choices=TaskKind.choices)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="follow_up_tasks")
    board = models.ForeignKey(
        Board, null=True, blank=True, on_delete=models.PROTECT, related_name="follow_up_tasks"
    )
    recommendation = models.ForeignKey(
        Recommendation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="follow_up_tasks",
    )
    incidental = models.OneToOneField(
        IncidentalFinding, null=True, blank=True, on_delete=models.PROTECT, related_name="task"
    )
    after_days = models.PositiveSmallIntegerField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="follow_up_tasks"
    )
    due = models.DateField()
    overdue_from = models.DateTimeField()
    state = models.CharField(max_length=8, choices=TaskState.choices, default=TaskState.OPEN)
    handed_over_to = models.CharField(
        max_length=200, blank=True, help_text="Who follows it up from now on, outside this house."
    )
    handed_over_at = models.DateTimeField(null=True, blank=True)
    handed_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["due", "id"], name="follow_up_by_day"),
            models.Index(fields=["owner", "state", "due"], name="follow_up_of_owner"),
            models.Index(fields=["board", "state", "due"], name="follow_up_of_board"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation", "after_days"], name="one_task_per_recommendation_and_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind=TaskKind.RECOMMENDATION,
                    recommendation__isnull=False,
                    after_days__isnull=False,
                    incidental__isnull=True,
                )
                | Q(
                    kind=TaskKind.INCIDENTAL,
                    recommendation__isnull=True,
                    after_days__isnull=True,
                    incidental__isnull=False,
                ),
                name="follow_up_is_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(handed_over_to="", handed_over_at__isnull=True)
                | (~Q(handed_over_to="") & Q(handed_over_at__isnull=False, state=TaskState.DONE)),
                name="handed_over_is_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.case_id}, due {self.due}"


class FollowUpResult(BaseModel):
    """What somebody found out. Never changed: a correction supersedes it.

    The newest of a task stands. PostgreSQL refuses a change (migration 0001), and a result in
    part or none at all without a reason.
    """

    task = models.ForeignKey(FollowUpTask, on_delete=models.PROTECT, related_name="results")
    number = models.PositiveSmallIntegerField(help_text="From 1 within its task.")
    follow_up_status = models.CharField(max_length=20, choices=FollowUpStatus.choices)
    implementation = models.CharField(max_length=8, choices=Implementation.choices, blank=True)
    reason_code = models.CharField(max_length=40, choices=NonAdherenceReason.choices, blank=True)
    text = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    supersedes = models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="superseded_by",
        help_text="The result that this one corrects.",
    )
    idempotency_key = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="results_count_up"),
            models.UniqueConstraint(
                fields=["author", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="result_once_per_key",
            ),
            models.CheckConstraint(
                condition=(
                    Q(implementation__in=[Implementation.PARTIAL, Implementation.NOT])
                    & ~Q(reason_code="")
                )
                | Q(implementation=Implementation.FULL, reason_code="")
                | Q(implementation=""),
                name="partial_and_not_have_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    follow_up_status=FollowUpStatus.COMPLETED,
                    implementation__in=[Implementation.FULL, Implementation.PARTIAL],
                )
                | Q(follow_up_status=FollowUpStatus.NOT_DONE, implementation=Implementation.NOT)
                | Q(follow_up_status=FollowUpStatus.ONGOING, implementation="")
                | Q(
                    follow_up_status=FollowUpStatus.LOST,
                    implementation="",
                    reason_code=NonAdherenceReason.LOST_TO_FU,
                ),
                name="follow_up_status_fits_result",
            ),
            models.CheckConstraint(
                condition=Q(reason_code__in=["", *NonAdherenceReason.values]),
                name="reason_code_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. of {self.task_id}: {self.implementation or self.follow_up_status}"
