"""Shapes of local validation runs; the OpenAPI document is made from them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.ai.choices import VALIDATION_MOVES, ValidationState
from apps.ai.models import ValidationRun


class ValidationFolderSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    studies = serializers.IntegerField()


class ValidationFoldersSerializer(serializers.Serializer[Any]):
    """``configured`` false: the operator has set no root, and nothing can be started."""

    configured = serializers.BooleanField()
    folders = ValidationFolderSerializer(many=True)


class ValidationRequestSerializer(serializers.Serializer[Any]):
    version = serializers.UUIDField()
    folder = serializers.CharField(max_length=400, trim_whitespace=False)
    limit = serializers.IntegerField(min_value=1, max_value=5_000, required=False, allow_null=True)


class ValidationStudiesSerializer(serializers.Serializer[Any]):
    """How many studies ended how, so far."""

    total = serializers.IntegerField()
    evaluated = serializers.IntegerField()
    out_of_scope = serializers.IntegerField()
    failed = serializers.IntegerField()
    refused = serializers.IntegerField()


class EstimateSerializer(serializers.Serializer[Any]):
    """A number with its 95 % interval; null where nothing is known."""

    value = serializers.FloatField(allow_null=True)
    lower = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class SpreadSerializer(serializers.Serializer[Any]):
    median = serializers.FloatField(allow_null=True)
    lower_quartile = serializers.FloatField(allow_null=True)
    upper_quartile = serializers.FloatField(allow_null=True)
    mean = EstimateSerializer()


class LeftOutSerializer(serializers.Serializer[Any]):
    """Studies that enter no figure, by reason."""

    state = serializers.ChoiceField(choices=["out_of_scope", "failed", "refused"])
    code = serializers.CharField()
    reason = serializers.CharField()
    studies = serializers.IntegerField()
    reference_lesions = serializers.IntegerField()
    lesions_unknown_in = serializers.IntegerField()


class StudyCountsSerializer(ValidationStudiesSerializer):
    left_out = LeftOutSerializer(many=True)


class OverlapFiguresSerializer(serializers.Serializer[Any]):
    """Masks of one finding code; ``target`` is ``*`` for whatever the model names."""

    target = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField())
    studies = serializers.IntegerField()
    both = serializers.IntegerField()
    both_empty = serializers.IntegerField()
    only_reference = serializers.IntegerField()
    only_model = serializers.IntegerField()
    dice = SpreadSerializer()
    dice_missed_as_zero = EstimateSerializer()
    hd95_mm = SpreadSerializer()
    mean_surface_mm = SpreadSerializer()
    volume_error_ml = SpreadSerializer()
    volume_error_relative = SpreadSerializer()
    dice_histogram = serializers.ListField(child=serializers.IntegerField())


class FrocPointSerializer(serializers.Serializer[Any]):
    threshold = serializers.FloatField()
    fp_per_scan = serializers.FloatField()
    sensitivity = serializers.FloatField()


class FrocRateSerializer(EstimateSerializer):
    rate = serializers.FloatField()
    beyond = serializers.BooleanField()


class FrocSerializer(serializers.Serializer[Any]):
    """``reason`` is empty where there is a curve."""

    reason = serializers.CharField(allow_blank=True)
    points = FrocPointSerializer(many=True)
    rates = FrocRateSerializer(many=True)
    cpm = EstimateSerializer()


class DetectionFiguresSerializer(serializers.Serializer[Any]):
    scans = serializers.IntegerField()
    lesions = serializers.IntegerField()
    found = serializers.IntegerField()
    sensitivity = EstimateSerializer()
    sensitivity_by_case = EstimateSerializer()
    false_positives = serializers.IntegerField()
    false_positives_per_scan = EstimateSerializer()
    most_false_positives = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    scans_with_lesions = serializers.IntegerField()
    scans_with_all_found = EstimateSerializer()
    scans_without_lesions = serializers.IntegerField()
    scans_without_lesions_clean = EstimateSerializer()
    froc = FrocSerializer()


class ReliabilityBinSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    mean_probability = serializers.FloatField()
    observed = EstimateSerializer()

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of the language."""
        return {
            "from": serializers.FloatField(),
            "to": serializers.FloatField(),
            **super().get_fields(),
        }


class CalibrationFiguresSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    ece = serializers.FloatField(allow_null=True)
    brier = serializers.FloatField(allow_null=True)
    bins = ReliabilityBinSerializer(many=True)


class SubgroupFiguresSerializer(serializers.Serializer[Any]):
    """Figures are absent where the group is suppressed."""

    axis = serializers.ChoiceField(choices=["sex", "age", "scanner", "site", "slice_thickness"])
    value = serializers.CharField()
    is_suppressed = serializers.BooleanField()
    studies = serializers.IntegerField(required=False)
    lesions = serializers.IntegerField(required=False)
    sensitivity = EstimateSerializer(required=False)
    false_positives_per_scan = EstimateSerializer(required=False)
    dice = SpreadSerializer(required=False)


class ValidationMetricsSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    studies = StudyCountsSerializer()
    overlap = OverlapFiguresSerializer(many=True)
    detection = DetectionFiguresSerializer()
    calibration = CalibrationFiguresSerializer()
    subgroups = SubgroupFiguresSerializer(many=True)
    smallest_group_shown = serializers.IntegerField()


class ValidationRunSerializer(serializers.ModelSerializer[ValidationRun]):
    """One run as a list shows it."""

    model = serializers.CharField(source="version.model.name")
    model_slug = serializers.CharField(source="version.model.slug")
    version = serializers.CharField(source="version.version")
    version_id = serializers.UUIDField()
    limit = serializers.IntegerField(source="study_limit", allow_null=True)
    started_by = serializers.CharField(source="started_by_label")
    state = serializers.ChoiceField(choices=ValidationState.choices)
    studies = serializers.SerializerMethodField()
    may_cancel = serializers.SerializerMethodField()

    class Meta:
        model = ValidationRun
        fields = (
            "id", "model", "model_slug", "version", "version_id", "folder", "limit", "started_by",
            "state", "progress", "stage", "may_cancel", "reason_code", "reason_message", "studies",
            "dataset_name", "created_at", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ValidationStudiesSerializer)
    def get_studies(self, run: ValidationRun) -> dict[str, int]:
        return {
            "total": run.studies_total,
            "evaluated": run.studies_evaluated,
            "out_of_scope": run.studies_out_of_scope,
            "failed": run.studies_failed,
            "refused": run.studies_refused,
        }

    def get_may_cancel(self, run: ValidationRun) -> bool:
        is_open = ValidationState.CANCELLED in VALIDATION_MOVES[run.state]
        return is_open and not run.cancel_requested


class ValidationRunDetailSerializer(ValidationRunSerializer):
    """One run with what it found; ``metrics`` is null before the end."""

    metrics = serializers.SerializerMethodField()
    parameters = serializers.JSONField()
    thresholds = serializers.JSONField()
    software = serializers.DictField(child=serializers.CharField())
    is_recorded = serializers.SerializerMethodField(
        help_text="Somebody took it as the version's local validation."
    )

    class Meta(ValidationRunSerializer.Meta):
        fields = (  # type: ignore[assignment]  # longer than the parent's
            *ValidationRunSerializer.Meta.fields,
            "metrics", "is_recorded", "parameters", "thresholds", "software", "model_tree_sha256",
            "dataset_sha256", "report_sha256",
        )  # fmt: skip
        read_only_fields = fields  # type: ignore[assignment]  # as above

    def get_is_recorded(self, run: ValidationRun) -> bool:
        known = run.version.validations.filter(report_sha256=run.report_sha256)
        return bool(run.report_sha256) and known.exists()

    @extend_schema_field(ValidationMetricsSerializer(allow_null=True))
    def get_metrics(self, run: ValidationRun) -> dict[str, Any] | None:
        return dict(run.metrics) if run.metrics else None
