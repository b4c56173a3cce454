from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.serializers import PersonSerializer
from apps.ai.models import Finding
from apps.boards.api.serializers import BoardNameSerializer
from apps.boards.models import AgendaItem, Decision
from apps.cases.models import Case
from apps.followup.choices import (
    FollowUpStatus,
    Implementation,
    NonAdherenceReason,
    TaskState,
    TreatmentKind,
)
from apps.followup.models import (
    FollowUpResult,
    FollowUpTask,
    IncidentalFinding,
    Outcome,
    Presentation,
)


class FollowUpResultSerializer(serializers.ModelSerializer[FollowUpResult]):
    """What somebody found out. The one with the highest number stands."""

    author = PersonSerializer(read_only=True)

    class Meta:
        model = FollowUpResult
        fields = [
            "id",
            "number",
            "follow_up_status",
            "implementation",
            "reason_code",
            "text",
            "author",
            "created_at",
            "supersedes",
        ]
        read_only_fields = fields


class FollowedCaseSerializer(serializers.ModelSerializer[Case]):
    """Only shown to people who see the case identified."""

    patient_name = serializers.CharField(source="patient.name", read_only=True)
    patient_id = serializers.CharField(source="patient.patient_id", read_only=True)

    class Meta:
        model = Case
        fields = ["id", "title", "status", "patient_name", "patient_id"]
        read_only_fields = fields


class FollowUpTaskSerializer(serializers.ModelSerializer[FollowUpTask]):
    """``text`` is the recommendation, or the label of the finding that is looked after."""

    case = FollowedCaseSerializer(read_only=True)
    board = BoardNameSerializer(read_only=True, allow_null=True)
    owner = PersonSerializer(read_only=True)
    owner_left = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    decided_at = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()
    results_count = serializers.SerializerMethodField()
    may_record = serializers.SerializerMethodField()

    class Meta:
        model = FollowUpTask
        fields = [
            "id",
            "version",
            "kind",
            "state",
            "case",
            "board",
            "text",
            "decided_at",
            "after_days",
            "due",
            "overdue_from",
            "owner",
            "owner_left",
            "handed_over_to",
            "result",
            "results_count",
            "may_record",
        ]
        read_only_fields = fields

    def get_text(self, task: FollowUpTask) -> str:
        if task.recommendation is not None:
            return task.recommendation.text
        return task.incidental.finding.label if task.incidental else ""

    def get_decided_at(self, task: FollowUpTask) -> str | None:
        signed = task.recommendation.decision.signed_at if task.recommendation else None
        return signed.isoformat() if signed else None

    def get_owner_left(self, task: FollowUpTask) -> bool:
        return not task.owner.is_active

    @extend_schema_field(FollowUpResultSerializer(allow_null=True))
    def get_result(self, task: FollowUpTask) -> dict[str, Any] | None:
        results = list(task.results.all())
        return dict(FollowUpResultSerializer(results[-1]).data) if results else None

    def get_results_count(self, task: FollowUpTask) -> int:
        return len(task.results.all())

    def get_may_record(self, task: FollowUpTask) -> bool:
        may: set[UUID] = self.context.get("may_record", set())
        return task.pk in may


class FollowUpQuerySerializer(serializers.Serializer[Any]):
    board = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=TaskState.choices, required=False, default="")
    unfinished = serializers.BooleanField(required=False, default=False)
    overdue = serializers.BooleanField(required=False, default=False)
    mine = serializers.BooleanField(required=False, default=False)
    due_within = serializers.IntegerField(
        required=False, default=None, allow_null=True, min_value=0, max_value=730,
        help_text="Days; overdue ones among them.",
    )  # fmt: skip


class FollowUpResultWriteSerializer(serializers.Serializer[Any]):
    """In part or not at all has a reason; ``corrects`` names the result that it replaces."""

    implementation = serializers.ChoiceField(
        choices=Implementation.choices, required=False, allow_blank=True, default=""
    )
    follow_up_status = serializers.ChoiceField(
        choices=FollowUpStatus.choices, required=False, allow_blank=True, default=""
    )
    reason_code = serializers.ChoiceField(
        choices=NonAdherenceReason.choices, required=False, allow_blank=True, default=""
    )
    text = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    corrects = serializers.UUIDField(required=False, allow_null=True, default=None)
    version = serializers.IntegerField(required=False)


class FollowUpTaskPatchSerializer(serializers.Serializer[Any]):
    owner = serializers.UUIDField(required=False)
    due = serializers.DateField(required=False)
    version = serializers.IntegerField(required=False)


class HandOverSerializer(serializers.Serializer[Any]):
    to = serializers.CharField(max_length=200, help_text="Who follows it up from now on.")
    version = serializers.IntegerField(required=False)


class OutcomeSerializer(serializers.ModelSerializer[Outcome]):
    treatment_kind = serializers.ChoiceField(
        choices=TreatmentKind.choices, allow_blank=True, read_only=True
    )

    class Meta:
        model = Outcome
        fields = [
            "version",
            "treatment_started_on",
            "treatment_kind",
            "text",
            "rereferred_case",
            "rereferred_item",
            "updated_at",
        ]
        read_only_fields = fields


class OutcomeWriteSerializer(serializers.Serializer[Any]):
    """Version 0 where nothing was written yet."""

    treatment_started_on = serializers.DateField(required=False, allow_null=True, default=None)
    treatment_kind = serializers.ChoiceField(
        choices=TreatmentKind.choices, required=False, allow_blank=True, default=""
    )
    text = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    rereferred_case = serializers.UUIDField(required=False, allow_null=True, default=None)
    rereferred_item = serializers.UUIDField(required=False, allow_null=True, default=None)
    version = serializers.IntegerField(required=False)


class DecidedOutcomeSerializer(serializers.ModelSerializer[Decision]):
    """A signed decision and what happened after it."""

    outcome = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = ["id", "signed_at", "outcome"]
        read_only_fields = fields

    @extend_schema_field(OutcomeSerializer(allow_null=True))
    def get_outcome(self, decision: Decision) -> dict[str, Any] | None:
        found = getattr(decision, "outcome", None)
        return dict(OutcomeSerializer(found).data) if found else None


class CasePresentationSerializer(serializers.Serializer[Presentation]):
    """``null`` is "not recorded", never "no"."""

    is_prospective = serializers.BooleanField(allow_null=True)
    is_analytic = serializers.BooleanField(allow_null=True)


class PresentedItemSerializer(serializers.ModelSerializer[AgendaItem]):
    board = serializers.CharField(source="meeting.board.name", read_only=True)
    starts_at = serializers.DateTimeField(source="meeting.starts_at", read_only=True)
    is_prospective = serializers.SerializerMethodField()
    is_analytic = serializers.SerializerMethodField()

    class Meta:
        model = AgendaItem
        fields = ["id", "board", "starts_at", "status", "is_prospective", "is_analytic"]
        read_only_fields = fields

    def get_is_prospective(self, item: AgendaItem) -> bool | None:
        return getattr(getattr(item, "presentation", None), "is_prospective", None)

    def get_is_analytic(self, item: AgendaItem) -> bool | None:
        return getattr(getattr(item, "presentation", None), "is_analytic", None)


class IncidentalFindingSerializer(serializers.ModelSerializer[IncidentalFinding]):
    text = serializers.CharField(source="finding.label", read_only=True)
    owner = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = IncidentalFinding
        fields = ["id", "version", "finding", "text", "owner", "due", "created_at"]
        read_only_fields = fields


class IncidentalMarkSerializer(serializers.Serializer[Any]):
    finding = serializers.UUIDField()


class IncidentalAssignSerializer(serializers.Serializer[Any]):
    owner = serializers.UUIDField()
    due = serializers.DateField()
    version = serializers.IntegerField(required=False)


class AcceptedFindingSerializer(serializers.ModelSerializer[Finding]):
    class Meta:
        model = Finding
        fields = ["id", "label"]
        read_only_fields = fields


class LeftSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=["incidental_without_owner", "follow_up_open"])
    count = serializers.IntegerField()


class CaseFollowUpSerializer(serializers.Serializer[Any]):
    """``left``: what keeps the case from closing; ``accepted``: findings that may be marked."""

    tasks = FollowUpTaskSerializer(many=True)
    decisions = DecidedOutcomeSerializer(many=True)
    agenda_items = PresentedItemSerializer(many=True)
    incidental = IncidentalFindingSerializer(many=True)
    accepted = AcceptedFindingSerializer(many=True)
    may_be_closed = serializers.BooleanField()
    left = LeftSerializer(many=True)
    ai_hidden = serializers.BooleanField()


class CaseClosedSerializer(serializers.ModelSerializer[Case]):
    class Meta:
        model = Case
        fields = ["id", "version", "status"]
        read_only_fields = fields


class CaseVersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(required=False)
