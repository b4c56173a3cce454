from typing import Any

from rest_framework import serializers

from apps.annotations.api.serializers import UID, MeasurementAuthorSerializer
from apps.annotations.choices import Layer
from apps.annotations.segmentations.bits import Box
from apps.annotations.segmentations.codes import DEFAULT_TYPE, SEGMENT_TYPES
from apps.annotations.segmentations.exceptions import BadChunk
from apps.annotations.segmentations.services import Origin, SegmentDraft

SHA256 = r"^[0-9a-f]{64}$"
COLOUR = r"^#[0-9a-f]{6}$"


class BoxField(serializers.ListField):
    """First frame, row, column and the end of each, half-open, on the segmentation's own grid."""

    child = serializers.IntegerField(min_value=0, max_value=1_000_000)

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=6, max_length=6, **options)


class DrawnCodeSerializer(serializers.Serializer[Any]):
    system = serializers.CharField()
    code = serializers.CharField()
    display = serializers.CharField()


class DrawnSegmentSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # Field.label is not meant
    category = DrawnCodeSerializer()
    type = DrawnCodeSerializer()
    colour = serializers.CharField()
    algorithm_type = serializers.ChoiceField(choices=["MANUAL", "SEMIAUTOMATIC"])
    tracking_uid = serializers.CharField()
    voxels = serializers.IntegerField()
    volume_ml = serializers.FloatField(
        allow_null=True, help_text="Null where the slices have no regular spacing."
    )
    box = BoxField(allow_null=True)


class SegmentationOriginSerializer(serializers.Serializer[Any]):
    """What it was copied from."""

    kind = serializers.ChoiceField(choices=["finding", "segment", "nifti"])
    id = serializers.UUIDField()
    number = serializers.IntegerField(allow_null=True, required=False, min_value=0)
    label = serializers.CharField(  # type: ignore[assignment]  # Field.label is not meant
        allow_blank=True, max_length=64, default=""
    )


class DrawnSegmentationSerializer(serializers.Serializer[Any]):
    """A segmentation that a person drew: the shape of ``selectors.describe_segmentation``."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField()
    case = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    frame_of_reference_uid = serializers.CharField(allow_null=True)
    stack = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    origin = SegmentationOriginSerializer(allow_null=True)
    layer = serializers.ChoiceField(choices=Layer.choices)
    author = MeasurementAuthorSerializer()
    volume_refusal = serializers.CharField(allow_blank=True)
    segments = DrawnSegmentSerializer(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SegmentDraftSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    label = serializers.CharField(max_length=64)  # type: ignore[assignment]
    type = serializers.ChoiceField(choices=sorted(SEGMENT_TYPES), default=DEFAULT_TYPE)
    colour = serializers.RegexField(COLOUR)


def _drafts(rows: list[dict[str, Any]]) -> list[SegmentDraft]:
    return [
        SegmentDraft(
            label=one["label"], type=one["type"], colour=one["colour"], number=one.get("number")
        )
        for one in rows
    ]


class SegmentationCreateSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    id = serializers.UUIDField(required=False)
    study_instance_uid = serializers.RegexField(UID, max_length=64)
    series_instance_uid = serializers.RegexField(UID, max_length=64)
    stack = serializers.IntegerField(default=1, min_value=1, max_value=100_000)
    name = serializers.CharField(max_length=64, allow_blank=True, default="")
    segments = SegmentDraftSerializer(many=True)
    origin = SegmentationOriginSerializer(required=False, allow_null=True)

    def call(self) -> dict[str, Any]:
        """The arguments of ``services.put_segmentation``."""
        data = self.validated_data
        origin = data.get("origin")
        return {
            "case_id": data["case"],
            "segmentation_id": data.get("id"),
            "study_instance_uid": data["study_instance_uid"],
            "series_instance_uid": data["series_instance_uid"],
            "stack": data["stack"],
            "name": data["name"],
            "segments": _drafts(data["segments"]),
            "origin": None if origin is None else Origin(**origin),
        }


class SegmentationPatchSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=64, allow_blank=True, required=False)
    segments = SegmentDraftSerializer(many=True, required=False)

    def call(self) -> dict[str, Any]:
        data = self.validated_data
        given = {"name": data["name"]} if "name" in data else {}
        return given | ({"segments": _drafts(data["segments"])} if "segments" in data else {})


class ChunkQuerySerializer(serializers.Serializer[Any]):
    """Of the bytes in the body: what they are of, and for which revision."""

    parent = serializers.IntegerField(  # type: ignore[assignment]  # Field.parent is not meant
        min_value=0
    )
    sha256 = serializers.RegexField(SHA256)
    box = serializers.CharField(max_length=64)
    segments = serializers.CharField(max_length=400)


class RevisionCreateSerializer(serializers.Serializer[Any]):
    """Commit a chunk (``sha256``), or take back one's own revision (``inverse_of``)."""

    parent = serializers.IntegerField(  # type: ignore[assignment]  # Field.parent is not meant
        min_value=0
    )
    sha256 = serializers.RegexField(SHA256, required=False)
    inverse_of = serializers.IntegerField(min_value=1, required=False)
    client_id = serializers.UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("sha256" in attrs) == ("inverse_of" in attrs):
            raise serializers.ValidationError("Give sha256 or inverse_of, and not both.")
        return attrs


class VoxelQuerySerializer(serializers.Serializer[Any]):
    segment = serializers.IntegerField(min_value=1)
    box = serializers.CharField(max_length=64, required=False)


def parse_box(text: str) -> Box:
    return Box.of(parse_numbers(text, count=6))


def parse_numbers(text: str, *, count: int | None = None) -> list[int]:
    """``1,2,3``: small whole numbers, and nothing else."""
    parts = text.split(",")
    if any(not (part.isascii() and part.isdigit() and len(part) <= 7) for part in parts):
        raise BadChunk("Numbers are written 1,2,3.", code="bad_numbers")
    if count is not None and len(parts) != count:
        raise BadChunk("A box has six numbers.", code="bad_box")
    return [int(part) for part in parts]
