from typing import Any

from rest_framework import serializers

from apps.annotations.choices import Layer, MeasurementKind
from apps.annotations.measures import BASES, MAX_POINTS, NO_PIXELS, QUANTITIES, UNITS
from apps.annotations.services import Drawing, KeyPlace

UID = r"^[0-9]+(\.[0-9]+)*$"


class PointField(serializers.ListField):
    """Coordinates of one point; how many they must be depends on the space."""

    child = serializers.FloatField()


def _points(size: int) -> serializers.ListField:
    return serializers.ListField(
        child=PointField(min_length=size, max_length=size),
        min_length=1,
        max_length=MAX_POINTS,
        allow_null=True,
        required=False,
    )


class MeasurementAuthorSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    display_name = serializers.CharField()
    discipline = serializers.CharField()


class MeasuredValueSerializer(serializers.Serializer[Any]):
    quantity = serializers.ChoiceField(choices=QUANTITIES)
    value = serializers.FloatField()
    unit = serializers.ChoiceField(choices=UNITS)
    basis = serializers.ChoiceField(
        choices=BASES,
        allow_null=True,
        help_text="What millimetres are of, where the image has no patient space.",
    )
    ucum = serializers.CharField(
        allow_null=True,
        help_text="The unit of a value of a parametric map, as UCUM writes it; empty without one.",
    )


class MeasurementSerializer(serializers.Serializer[Any]):
    """The shape of ``selectors.describe_measurement``; a test holds the two together."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    case = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    sop_instance_uid = serializers.CharField(
        allow_null=True, help_text="Null on a plane between slices."
    )
    frame = serializers.IntegerField()
    frame_of_reference_uid = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=MeasurementKind.choices)
    points_lps = _points(3)
    points_image = _points(2)
    values = MeasuredValueSerializer(many=True)
    problem = serializers.ChoiceField(
        choices=NO_PIXELS,
        allow_null=True,
        help_text="Why pixel values are missing, or not in SUV.",
    )
    label = serializers.CharField(  # type: ignore[assignment]  # Field.label is not meant
        allow_blank=True
    )
    site = serializers.CharField(allow_blank=True)
    layer = serializers.ChoiceField(choices=Layer.choices)
    lesion = serializers.UUIDField(allow_null=True, help_text="What it is a measurement of.")
    author = MeasurementAuthorSerializer()
    tracking_uid = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class MeasurementCreateSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    id = serializers.UUIDField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)
    kind = serializers.ChoiceField(choices=MeasurementKind.choices)
    study_instance_uid = serializers.RegexField(UID, max_length=64)
    series_instance_uid = serializers.RegexField(UID, max_length=64)
    sop_instance_uid = serializers.RegexField(UID, max_length=64, required=False, allow_null=True)
    frame = serializers.IntegerField(default=1, min_value=1, max_value=1_000_000)
    frame_of_reference_uid = serializers.RegexField(
        UID, max_length=64, required=False, allow_null=True
    )
    points_lps = _points(3)
    points_image = _points(2)
    label = serializers.CharField(  # type: ignore[assignment]  # Field.label is not meant
        max_length=200, allow_blank=True, default=""
    )
    site = serializers.CharField(max_length=64, allow_blank=True, default="")

    def drawing(self) -> Drawing:
        data = self.validated_data
        return Drawing(
            kind=data["kind"],
            study_instance_uid=data["study_instance_uid"],
            series_instance_uid=data["series_instance_uid"],
            sop_instance_uid=data.get("sop_instance_uid") or "",
            frame=data["frame"],
            frame_of_reference_uid=data.get("frame_of_reference_uid") or "",
            points_lps=data.get("points_lps"),
            points_image=data.get("points_image"),
            label=data["label"],
            site=data["site"],
        )


class MeasurementPatchSerializer(serializers.Serializer[Any]):
    points_lps = _points(3)
    points_image = _points(2)
    label = serializers.CharField(  # type: ignore[assignment]  # Field.label is not meant
        max_length=200, allow_blank=True, required=False
    )
    site = serializers.CharField(max_length=64, allow_blank=True, required=False)


class KeyImageSerializer(serializers.Serializer[Any]):
    """The shape of ``selectors.describe_key_image``; a test holds the two together."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    case = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    sop_instance_uid = serializers.CharField()
    frame = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)
    author = MeasurementAuthorSerializer()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class KeyImageCreateSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    id = serializers.UUIDField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)
    study_instance_uid = serializers.RegexField(UID, max_length=64)
    series_instance_uid = serializers.RegexField(UID, max_length=64)
    sop_instance_uid = serializers.RegexField(UID, max_length=64)
    frame = serializers.IntegerField(default=1, min_value=1, max_value=1_000_000)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")

    def place(self) -> KeyPlace:
        data = self.validated_data
        return KeyPlace(
            study_instance_uid=data["study_instance_uid"],
            series_instance_uid=data["series_instance_uid"],
            sop_instance_uid=data["sop_instance_uid"],
            frame=data["frame"],
        )


class CaseQuerySerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
