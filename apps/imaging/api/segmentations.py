"""How segmentations, and the images under any mask, are shown over REST."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.imaging.segmentations.selectors import SegmentationInCase


class MaskGeometrySerializer(serializers.Serializer[Any]):
    """The images a mask's slices lie on; ``frames`` counts from 1 within each image."""

    shape = serializers.ListField(child=serializers.IntegerField())
    sop_instance_uids = serializers.ListField(child=serializers.CharField())
    frames = serializers.ListField(child=serializers.IntegerField())


class SegmentCodeSerializer(serializers.Serializer[Any]):
    system = serializers.CharField()
    code = serializers.CharField()
    display = serializers.CharField()


class SegmentMaskLinkSerializer(serializers.Serializer[Any]):
    """A series the segment lies on; add ``-geometry`` to the address for its images."""

    series = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    mask_url = serializers.CharField()


class SegmentSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    category = SegmentCodeSerializer(allow_null=True)
    type = SegmentCodeSerializer(allow_null=True)
    algorithm_type = serializers.CharField(help_text="AUTOMATIC, SEMIAUTOMATIC, MANUAL or empty")
    algorithm_name = serializers.CharField()
    colour = serializers.CharField(allow_null=True, help_text="#rrggbb")
    tracking_id = serializers.CharField()
    tracking_uid = serializers.CharField()
    unreviewed = serializers.BooleanField(help_text="AI, and nobody answers for it.")
    masks = SegmentMaskLinkSerializer(many=True)


class SegmentationProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    severity = serializers.ChoiceField(choices=["error", "warning", "note"])


class SegmentationOwnerSerializer(serializers.Serializer[Any]):
    finding = serializers.UUIDField()
    state = serializers.CharField()


class SegmentationSerializer(serializers.Serializer[Any]):
    """One SEG object of the case; ``finding`` where it is a finding's own and shown as that."""

    id = serializers.UUIDField()
    sop_instance_uid = serializers.CharField()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    study_date = serializers.DateField(allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    manufacturer = serializers.CharField()
    kind = serializers.CharField(help_text="BINARY, FRACTIONAL or LABELMAP")
    finding = SegmentationOwnerSerializer(allow_null=True)
    verified = serializers.BooleanField(help_text="A verified report speaks of it.")
    problems = SegmentationProblemSerializer(many=True)
    segments = SegmentSerializer(many=True)


def show_segmentation(shown: SegmentationInCase, *, case_id: UUID) -> dict[str, Any]:
    row, header, projection = shown.row, shown.header, shown.projection
    day = row.series.study.study_date
    base = f"/api/cases/{case_id}/segmentations/{row.pk}"
    return {
        "id": row.pk,
        "sop_instance_uid": shown.uid(row.sop_instance_uid),
        "study_instance_uid": shown.uid(row.series.study.study_instance_uid),
        "series_instance_uid": shown.uid(row.series.series_instance_uid),
        "study_date": projection.shift(day) if projection and day else day,
        "label": header.label,
        "description": header.description,
        "manufacturer": header.manufacturer,
        "kind": header.segmentation_type,
        "finding": shown.owner,
        "verified": shown.verified,
        "problems": [
            {"code": one.code, "message": one.message, "severity": one.severity}
            for one in shown.problems
        ],
        "segments": [
            {
                "number": segment.number,
                "label": segment.label,
                "description": segment.description,
                "category": segment.category,
                "type": segment.type,
                "algorithm_type": segment.algorithm_type,
                "algorithm_name": segment.algorithm_name,
                "colour": segment.colour,
                "tracking_id": segment.tracking_id,
                "tracking_uid": segment.tracking_uid,
                "unreviewed": shown.is_unreviewed(segment),
                "masks": [
                    {
                        "series": series.pk,
                        "study_instance_uid": shown.uid(series.study.study_instance_uid),
                        "series_instance_uid": shown.uid(series.series_instance_uid),
                        "mask_url": f"{base}/segments/{segment.number}/series/{series.pk}/mask",
                    }
                    for series in shown.series_of(segment)
                ],
            }
            for segment in header.segments
        ],
    }
