"""What of a study would leave as research data, and on which series a mask lies."""

from typing import Any

from rest_framework import serializers

from apps.ai.research.contents import StackToExport
from apps.ai.research.masks import MaskOut
from apps.ai.research.matching import MaskMatch, StackMatch
from apps.annotations.segmentations.services import SegmentDraft


class ResearchRefusalSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    details = serializers.DictField(required=False)


class ResearchMaskSerializer(serializers.Serializer[Any]):
    """A mask that goes with the images."""

    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=["segmentation", "finding"]
    )
    name = serializers.CharField(allow_blank=True)
    labels = serializers.ListField(child=serializers.CharField())
    by = serializers.CharField(
        allow_blank=True, help_text="Who drew it, or who accepted the finding."
    )


class ResearchLeftOutSerializer(serializers.Serializer[Any]):
    """A mask of the case that stays, and why."""

    kind = serializers.ChoiceField(choices=["segmentation", "findings", "finding"])
    code = serializers.CharField()
    message = serializers.CharField()


class ResearchStackSerializer(serializers.Serializer[Any]):
    """One zip to be: a stack of a series. ``refusal`` says why there is none."""

    series_instance_uid = serializers.CharField()
    stack = serializers.IntegerField(allow_null=True)
    shape = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="column, row, slice"
    )
    spacing_mm = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="column, row, slice"
    )
    masks = ResearchMaskSerializer(many=True)
    left_out = ResearchLeftOutSerializer(many=True)
    refusal = ResearchRefusalSerializer(allow_null=True)


class ResearchStudySerializer(serializers.Serializer[Any]):
    is_deidentified = serializers.BooleanField(help_text="Always false: UIDs lead back.")
    results = ResearchStackSerializer(many=True)


class NiftiMaskMatchWriteSerializer(serializers.Serializer[Any]):
    mask = serializers.FileField(help_text="One .nii or .nii.gz with whole-number labels.")
    sidecar = serializers.FileField(required=False)


class StackMatchSerializer(serializers.Serializer[Any]):
    series_instance_uid = serializers.CharField()
    stack = serializers.IntegerField(allow_null=True)
    fits = serializers.BooleanField()
    refusal = ResearchRefusalSerializer(allow_null=True)


class MatchedLabelSerializer(serializers.Serializer[Any]):
    value = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField()


class NiftiMaskMatchSerializer(serializers.Serializer[Any]):
    """Stacks that fit come first; ``labels`` is what the import would call each value."""

    results = StackMatchSerializer(many=True)
    labels = MatchedLabelSerializer(many=True)
    from_sidecar = serializers.BooleanField(help_text="The side-car describes this very file.")


def describe_stack(one: StackToExport) -> dict[str, Any]:
    grid, masks = one.grid, one.masks
    return {
        "series_instance_uid": one.series.series_instance_uid,
        "stack": one.stack,
        "shape": list(grid.shape[::-1]) if grid else None,
        "spacing_mm": list(grid.spacing_mm[::-1]) if grid else None,
        "masks": [_describe_mask(mask) for mask in masks.masks] if masks else [],
        "left_out": [
            {"kind": left.kind, "code": left.code, "message": left.message}
            for left in (masks.left_out if masks else ())
        ],
        "refusal": {"code": one.refusal[0], "message": one.refusal[1]} if one.refusal else None,
    }


def _describe_mask(mask: MaskOut) -> dict[str, Any]:
    record = mask.record
    person = record.accepted.by if record.accepted else record.author
    return {
        "source": record.source,
        "name": record.name,
        "labels": [label.label for label in record.labels],
        "by": person.display_name if person else "",
    }


def describe_match(found: MaskMatch) -> dict[str, Any]:
    return {
        "results": [_describe_fit(one) for one in found.stacks],
        "labels": [_describe_label(value, draft) for value, draft in found.labels],
        "from_sidecar": found.from_sidecar,
    }


def _describe_fit(one: StackMatch) -> dict[str, Any]:
    refusal = None
    if one.refusal is not None:
        code, message, details = one.refusal
        refusal = {"code": code, "message": message, "details": details}
    return {
        "series_instance_uid": one.series.series_instance_uid,
        "stack": one.stack,
        "fits": one.fits,
        "refusal": refusal,
    }


def _describe_label(value: int, draft: SegmentDraft) -> dict[str, Any]:
    return {"value": value, "label": draft.label, "type": draft.type}
