"""Radiomics of one segment of a drawn segmentation, measured when it is asked for."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies
from apps.ai.imported_radiomics import measure_imported_segment
from apps.ai.segment_radiomics import Asked, measure_segment
from apps.core.api.views import ConsiliumView


class RadiomicsQuerySerializer(serializers.Serializer[Any]):
    """How to measure; what is left out is as in IBSI's digital phantom, with 32 bins."""

    revision = serializers.IntegerField(
        required=False, min_value=0, help_text="Of the segmentation; the newest where left out."
    )
    bin_number = serializers.IntegerField(required=False, min_value=2, max_value=256, default=32)
    bin_size = serializers.FloatField(
        required=False,
        min_value=1e-6,
        max_value=1e6,
        help_text="Width of the bins in the image's unit, from range_low; instead of bin_number.",
    )
    range_low = serializers.FloatField(
        required=False, min_value=-1e6, max_value=1e6, help_text="Lowest intensity counted."
    )
    range_high = serializers.FloatField(required=False, min_value=-1e6, max_value=1e6)
    spacing_mm = serializers.FloatField(
        required=False,
        min_value=0.3,
        max_value=20,
        help_text="Edge of the cubic voxels it is interpolated to; as it is where left out.",
    )


class RadiomicsSettingsSerializer(serializers.Serializer[Any]):
    """``RadiomicsSettings``: without them a value cannot be repeated."""

    intensity = serializers.ChoiceField(choices=["discrete", "continuous", "arbitrary"])
    intensity_unit = serializers.CharField()
    discretisation = serializers.ChoiceField(choices=["fixed_bin_number", "fixed_bin_size"])
    bin_number = serializers.IntegerField()
    bin_size = serializers.FloatField(allow_null=True)
    resegmentation_range = serializers.ListField(
        child=serializers.FloatField(allow_null=True), allow_null=True
    )
    resampled_spacing_mm = serializers.ListField(
        child=serializers.FloatField(allow_null=True), allow_null=True
    )
    interpolation = serializers.CharField()
    mask_interpolation = serializers.CharField()
    partial_volume_threshold = serializers.FloatField()
    volume_histogram_bin_size = serializers.FloatField()


class RadiomicsProcessingSerializer(serializers.Serializer[Any]):
    """What the settings led to in this segment."""

    spacing_mm = serializers.ListField(child=serializers.FloatField())
    voxels = serializers.IntegerField()
    voxels_counted = serializers.IntegerField()
    slices = serializers.IntegerField()
    grey_levels = serializers.IntegerField()


class RadiomicsValueSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    ibsi_id = serializers.CharField()
    name = serializers.CharField()
    aggregation_id = serializers.CharField(allow_blank=True)
    value = serializers.FloatField()
    unit = serializers.CharField()


class RadiomicsRefusalSerializer(serializers.Serializer[Any]):
    """A feature that this segment has no value of."""

    code = serializers.CharField()
    ibsi_id = serializers.CharField()
    name = serializers.CharField()
    reason_code = serializers.CharField()
    reason = serializers.CharField()


class RadiomicsAnalysisSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()


class RadiomicsSerializer(serializers.Serializer[Any]):
    segmentation = serializers.UUIDField()
    revision = serializers.IntegerField()
    segment = serializers.IntegerField()
    analysis = RadiomicsAnalysisSerializer()
    settings = RadiomicsSettingsSerializer()
    processing = RadiomicsProcessingSerializer()
    values = RadiomicsValueSerializer(many=True)
    refusals = RadiomicsRefusalSerializer(many=True)


class ImportedRadiomicsQuerySerializer(RadiomicsQuerySerializer):
    """As for a drawn segment; a SEG object has no revisions."""

    revision = None  # type: ignore[assignment]


class SegmentRadiomicsView(ConsiliumView):
    """Every feature of the IBSI table, as a value or as a refusal with its reason."""

    policies = {"get": policies.measure_segment}

    @extend_schema(parameters=[RadiomicsQuerySerializer], responses=RadiomicsSerializer)
    def get(self, request: Request, segmentation_id: UUID, segment: int) -> Response:
        query = RadiomicsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = dict(query.validated_data)
        revision = asked.pop("revision", None)
        return Response(
            measure_segment(
                actor=self.actor,
                segmentation_id=segmentation_id,
                segment=segment,
                revision=revision,
                asked=Asked(**asked),
            )
        )


class ImportedSegmentRadiomicsView(ConsiliumView):
    """The same of a segment of a SEG object, on one series it lies on; ``revision`` is 0."""

    policies = {"get": policies.measure_imported}

    @extend_schema(parameters=[ImportedRadiomicsQuerySerializer], responses=RadiomicsSerializer)
    def get(self, request: Request, **ids: Any) -> Response:
        query = ImportedRadiomicsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(
            measure_imported_segment(actor=self.actor, asked=Asked(**query.validated_data), **ids)
        )
