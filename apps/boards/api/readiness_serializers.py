from typing import Any

from rest_framework import serializers

from apps.boards.api.template_views import TemplateDocumentField
from apps.boards.models import CaseMove
from apps.boards.readiness.ai_state import AiState
from apps.boards.readiness_items import ItemState, RecordState
from apps.cases.choices import CaseStatus, TumourType

NEEDS = [("required", "Required"), ("expected", "Or a date"), ("optional", "Optional")]
AI_STATES = [*AiState.choices, ("hidden", "The images are to be read first")]


class NamedPersonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    display_name = serializers.CharField()


class ItemSourceSerializer(serializers.Serializer[Any]):
    """``ref`` is a Study Instance UID, a field of the case or a record, as ``kind`` says."""

    kind = serializers.CharField(allow_blank=True)
    ref = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField(allow_null=True)


class ItemOwnerSerializer(serializers.Serializer[Any]):
    person = NamedPersonSerializer(allow_null=True)
    address = serializers.CharField(allow_blank=True)
    due_on = serializers.DateField(allow_null=True)
    reminded_at = serializers.DateTimeField(allow_null=True)


class ReadinessItemSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's own name
    need = serializers.ChoiceField(choices=NEEDS)
    state = serializers.ChoiceField(choices=ItemState.choices)
    is_open = serializers.BooleanField(help_text="It keeps the case from being ready.")
    is_overdue = serializers.BooleanField(help_text="The day it was expected by has passed.")
    is_recorded = serializers.BooleanField(help_text="Said by hand; else found by itself.")
    on = serializers.DateField(allow_null=True)
    age_days = serializers.IntegerField(
        allow_null=True, help_text="On the day of the meeting, or today."
    )
    max_age_days = serializers.IntegerField(allow_null=True)
    expected_by = serializers.DateField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    said_by = serializers.CharField(allow_blank=True)
    said_at = serializers.DateTimeField(allow_null=True)
    source = ItemSourceSerializer()  # type: ignore[assignment]  # DRF's own name
    ready = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(allow_blank=True)
    owner = ItemOwnerSerializer(allow_null=True)


class ReadinessAiSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=AI_STATES)
    unreviewed = serializers.IntegerField(allow_null=True)


class ReadinessOverrideSerializer(serializers.Serializer[Any]):
    by = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()


class TriageProposalSerializer(serializers.Serializer[Any]):
    standard = serializers.CharField()
    standard_name = serializers.CharField()
    reference = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    by = serializers.CharField()
    at = serializers.DateTimeField()


class AgreedStandardSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    reference = serializers.CharField()


class ReadinessTemplateSerializer(serializers.Serializer[Any]):
    """What the case was opened with; ``newest`` is offered where it is another."""

    tumour_type = serializers.ChoiceField(choices=TumourType.choices)
    version = serializers.IntegerField()
    newest = serializers.IntegerField()
    document = TemplateDocumentField()


class CaseReadinessSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    case_version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=CaseStatus.choices)
    version = serializers.IntegerField()
    is_ready = serializers.BooleanField()
    items = ReadinessItemSerializer(many=True)
    ai = ReadinessAiSerializer()
    template = ReadinessTemplateSerializer()
    override = ReadinessOverrideSerializer(allow_null=True)
    proposal = TriageProposalSerializer(allow_null=True)
    standards = AgreedStandardSerializer(many=True)
    may = serializers.ListField(child=serializers.CharField())
    computed_at = serializers.DateTimeField()


class ItemRecordWriteSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=RecordState.choices)
    on = serializers.DateField(required=False, allow_null=True, default=None)
    expected_by = serializers.DateField(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    person = serializers.UUIDField(required=False, allow_null=True, default=None)


class ItemOwnerWriteSerializer(serializers.Serializer[Any]):
    person = serializers.UUIDField(required=False, allow_null=True, default=None)
    address = serializers.CharField(max_length=254, allow_blank=True, default="")
    due_on = serializers.DateField(required=False, allow_null=True, default=None)


class TakeTemplateSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(min_value=1)


class ItemNameSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    item = serializers.CharField(max_length=40)


class RemindSerializer(serializers.Serializer[Any]):
    items = ItemNameSerializer(many=True, allow_empty=False)


class RemindedSerializer(serializers.Serializer[Any]):
    """``code`` is empty where the reminder goes out."""

    case = serializers.UUIDField(source="case_id")
    item = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)


class RemindedListSerializer(serializers.Serializer[Any]):
    results = RemindedSerializer(many=True)


class MeetingExceptionCaseSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=CaseStatus.choices)
    position = serializers.IntegerField()


class MeetingExceptionSerializer(serializers.Serializer[Any]):
    case = MeetingExceptionCaseSerializer()
    item = ReadinessItemSerializer(allow_null=True, help_text="null: not computed yet")


class MeetingExceptionListSerializer(serializers.Serializer[Any]):
    results = MeetingExceptionSerializer(many=True)


class OwedWriteSerializer(ItemOwnerWriteSerializer):
    item = serializers.CharField(max_length=40)


class TriageFieldsSerializer(serializers.Serializer[Any]):
    to = serializers.ChoiceField(choices=CaseStatus.choices)
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")
    reason_code = serializers.CharField(max_length=40, allow_blank=True, default="")
    standard = serializers.CharField(max_length=40, allow_blank=True, default="")
    missing = OwedWriteSerializer(many=True, required=False, default=list)
    override = serializers.BooleanField(default=False)


class TriageSerializer(TriageFieldsSerializer):
    version = serializers.IntegerField(required=False)


class CaseVersionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1)


class TriageManySerializer(TriageFieldsSerializer):
    cases = CaseVersionSerializer(many=True, allow_empty=False)


class ProposeStandardSerializer(serializers.Serializer[Any]):
    standard = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class PullUpSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class CaseMoveSerializer(serializers.Serializer[Any]):
    """One move, with what it needed: standard and reference, or the items that were missing."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    at = serializers.DateTimeField(source="created_at")
    by = serializers.CharField(source="moved_by_label", allow_blank=True)
    from_status = serializers.ChoiceField(choices=CaseStatus.choices)
    to_status = serializers.ChoiceField(choices=CaseStatus.choices)
    reason_code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    standard = serializers.SerializerMethodField()
    reference = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()

    def get_standard(self, move: CaseMove) -> str:
        return str(move.details.get("standard_name", ""))

    def get_reference(self, move: CaseMove) -> str:
        return str(move.details.get("reference", ""))

    def get_missing(self, move: CaseMove) -> list[str]:
        return list(move.details.get("missing", []))


class MovedSerializer(serializers.Serializer[Any]):
    """``code`` is empty where the case went; ``move`` is what to take back."""

    case = serializers.UUIDField(source="case_id")
    move = serializers.UUIDField(source="move.pk", allow_null=True, default=None)
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)


class MovedListSerializer(serializers.Serializer[Any]):
    results = MovedSerializer(many=True)


class UndoSerializer(serializers.Serializer[Any]):
    moves = serializers.ListField(child=serializers.UUIDField(), allow_empty=False)
