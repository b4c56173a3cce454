"""Shapes of findings and reviews; the OpenAPI document is made from them."""

from typing import Any

from rest_framework import serializers

from apps.ai.api.external_serializers import ExternalSerializer
from apps.ai.api.serializers import CodeSerializer, ReasonSerializer
from apps.ai.choices import (
    DismissalReason,
    ExportState,
    FindingState,
    OpinionKind,
    ReviewContext,
)


class MeasuredSerializer(serializers.Serializer[Any]):
    quantity = serializers.CharField()
    value = serializers.FloatField()
    unit = serializers.CharField()
    name = serializers.CharField(
        required=False, help_text="Where the model names it: the probability of one of its classes."
    )


class FindingModelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()


class ReviewerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    display_name = serializers.CharField()
    discipline = serializers.CharField()


class ChangeSerializer(serializers.Serializer[Any]):
    before = serializers.FloatField()
    after = serializers.FloatField()


class OfTheModelSerializer(serializers.Serializer[Any]):
    """What the model itself had said; an amendment never changes it."""

    measurements = MeasuredSerializer(many=True)
    mask_url = serializers.CharField()


class BoxChangeSerializer(serializers.Serializer[Any]):
    """A detection's box as it was moved; corners [lowest, highest] in LPS mm."""

    lps = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    of_the_model = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField())
    )
    iou = serializers.FloatField(help_text="Volume shared over volume of both together.")


class AmendmentSerializer(serializers.Serializer[Any]):
    """What a person made of the model's mask; ``dice`` is the overlap of the two."""

    segmentation = serializers.UUIDField(allow_null=True)
    segment = serializers.IntegerField(allow_null=True)
    revision = serializers.IntegerField(allow_null=True)
    box = BoxChangeSerializer(allow_null=True, help_text="Null where a mask was painted.")
    dice = serializers.FloatField()
    volume_ml = ChangeSerializer()
    diameter_mm = ChangeSerializer()
    not_measured = serializers.ListField(child=serializers.CharField())
    of_the_model = OfTheModelSerializer()


class WordSerializer(serializers.Serializer[Any]):
    """Somebody's word on a finding."""

    decision = serializers.ChoiceField(choices=FindingState.choices)
    reviewer = ReviewerSerializer()
    at = serializers.DateTimeField()
    reason_code = serializers.ChoiceField(choices=DismissalReason.choices, allow_null=True)
    comment = serializers.CharField()
    stands = serializers.BooleanField()


class ReviewSerializer(WordSerializer):
    context = serializers.ChoiceField(choices=ReviewContext.choices)  # type: ignore[assignment]
    defer_until = serializers.DateField(allow_null=True)
    amendment = AmendmentSerializer(allow_null=True)


class OpinionSerializer(WordSerializer):
    kind = serializers.ChoiceField(choices=OpinionKind.choices)


class HistoryEntrySerializer(WordSerializer):
    """A review, or an opinion beside it; the oldest comes first."""

    kind = serializers.ChoiceField(choices=[("review", "Review"), *OpinionKind.choices])
    context = serializers.ChoiceField(  # type: ignore[assignment]
        choices=ReviewContext.choices, required=False
    )
    defer_until = serializers.DateField(allow_null=True, required=False)
    amendment = AmendmentSerializer(allow_null=True, required=False)


class ExportSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=ExportState.choices)
    attempts = serializers.IntegerField()
    error = ReasonSerializer(allow_null=True)
    stored_at = serializers.DateTimeField(allow_null=True)


class FindingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    case = serializers.UUIDField()
    case_title = serializers.CharField()
    job = serializers.UUIDField()
    number = serializers.IntegerField()
    model = FindingModelSerializer()
    external = ExternalSerializer(
        allow_null=True, help_text="Of another vendor; null where this house computed it."
    )
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    frame_of_reference_uid = serializers.CharField(allow_null=True)
    sop_instance_uid = serializers.CharField()
    frame = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    code = CodeSerializer()
    site = CodeSerializer(allow_null=True)
    measurements = MeasuredSerializer(many=True)
    probability = serializers.FloatField(allow_null=True)
    urgency = serializers.CharField()
    state = serializers.ChoiceField(choices=FindingState.choices)
    review = ReviewSerializer(allow_null=True)
    superseded_by = serializers.CharField(
        allow_null=True, help_text="The newer version of the model that read the same images."
    )
    opinions = OpinionSerializer(many=True)
    is_disputed = serializers.BooleanField(help_text="People said both yes and no.")
    centroid_lps = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    bbox_lps = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), allow_null=True
    )
    mask_url = serializers.CharField(allow_null=True)
    export = ExportSerializer(allow_null=True)


class WordRequestSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1)
    case = serializers.UUIDField(required=False)
    dwell_ms = serializers.IntegerField(
        min_value=0, required=False, help_text="How long the finding was open."
    )


class AmendedBySerializer(serializers.Serializer[Any]):
    """A segment that was begun from the finding's mask, at the revision that was looked at."""

    segmentation = serializers.UUIDField()
    segment = serializers.IntegerField(min_value=1)
    revision = serializers.IntegerField(min_value=1)


def _corner() -> serializers.ListField:
    child = serializers.FloatField(min_value=-10_000, max_value=10_000)
    return serializers.ListField(child=child, min_length=3, max_length=3)


class AmendedBoxSerializer(serializers.Serializer[Any]):
    """A detection's box as the reviewer left it: corners in LPS mm."""

    low = _corner()
    high = _corner()


class AcceptSerializer(WordRequestSerializer):
    amended_by = AmendedBySerializer(required=False)
    amended_box = AmendedBoxSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "amended_by" in attrs and "amended_box" in attrs:
            raise serializers.ValidationError("Either a mask or a box was changed.")
        return attrs


class DeferSerializer(WordRequestSerializer):
    until = serializers.DateField(required=False, allow_null=True)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class OpinionRequestSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1)
    case = serializers.UUIDField(required=False)
    decision = serializers.ChoiceField(
        choices=[
            (state.value, state.label) for state in (FindingState.ACCEPTED, FindingState.DISMISSED)
        ]
    )
    reason_code = serializers.ChoiceField(
        choices=DismissalReason.choices, required=False, allow_blank=True
    )
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class DismissSerializer(WordRequestSerializer):
    reason_code = serializers.ChoiceField(choices=DismissalReason.choices)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class CaseRequestSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField(required=False)
