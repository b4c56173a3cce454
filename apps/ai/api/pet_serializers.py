"""Shapes of the whole-body burden; the OpenAPI document is made from them."""

from typing import Any

from rest_framework import serializers

from apps.ai.api.finding_serializers import FindingModelSerializer
from apps.ai.api.serializers import ReasonSerializer
from apps.ai.selectors.pet_burden import MTV, REFUSALS, TLG, BurdenLesion, PetBurden


class BurdenLesionSerializer(serializers.Serializer[Any]):
    """One accepted lesion; null where a value is not known."""

    finding = serializers.UUIDField()
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    is_amended = serializers.BooleanField()
    mtv_ml = serializers.FloatField(allow_null=True)
    tlg_g = serializers.FloatField(allow_null=True)
    suv_max = serializers.FloatField(allow_null=True, help_text="SUVbw, g/mL.")
    suv_mean = serializers.FloatField(allow_null=True)
    suv_peak = serializers.FloatField(allow_null=True)
    measurable_at_baseline = serializers.BooleanField(
        allow_null=True, help_text="PERCIST 1.0; null where the run knew no liver."
    )


class LiverPointSerializer(serializers.Serializer[Any]):
    """Pass both on with the run: ``liver_point_lps`` and ``liver_frame_of_reference_uid``."""

    segmentation = serializers.UUIDField()
    revision = serializers.IntegerField()
    segment = serializers.IntegerField()
    point_lps = serializers.ListField(child=serializers.FloatField())
    depth_mm = serializers.FloatField()
    sphere_diameter_mm = serializers.FloatField()
    frame_of_reference_uid = serializers.CharField(allow_blank=True)


class LiverReferenceSerializer(serializers.Serializer[Any]):
    point_lps = serializers.ListField(child=serializers.FloatField())
    sphere_diameter_mm = serializers.FloatField()
    voxels = serializers.IntegerField()
    suv_mean = serializers.FloatField()
    suv_sd = serializers.FloatField()
    threshold_suv = serializers.FloatField()
    rule = serializers.CharField()


class PetBurdenSerializer(serializers.Serializer[Any]):
    """One run. Sums are over accepted lesions only; null, with a reason, where there is none."""

    job = serializers.UUIDField()
    model = FindingModelSerializer()
    superseded_by = serializers.CharField(allow_null=True)
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    series_description = serializers.CharField(allow_blank=True)
    study_date = serializers.DateField(allow_null=True)
    threshold = serializers.CharField(allow_blank=True)
    liver = LiverReferenceSerializer(allow_null=True)
    accepted = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Listed and in no sum: nobody accepted them yet.")
    dismissed = serializers.IntegerField()
    mtv_ml = serializers.FloatField(allow_null=True)
    tlg_g = serializers.FloatField(allow_null=True)
    no_sum_because = ReasonSerializer(allow_null=True)
    lesions = BurdenLesionSerializer(many=True)


class PetBurdensSerializer(serializers.Serializer[Any]):
    results = PetBurdenSerializer(many=True)


def describe_burden(burden: PetBurden) -> dict[str, Any]:
    job = burden.job
    newer = job.superseded_by
    printed = job.results_parameters or {}
    because = {"code": burden.refusal, "message": REFUSALS.get(burden.refusal, "")}
    return {
        "job": job.pk,
        "model": {"name": job.version.model.name, "version": job.version.version},
        "superseded_by": newer.version.version if newer else None,
        "study_instance_uid": job.series.study.study_instance_uid,
        "series_instance_uid": job.series.series_instance_uid,
        "series_description": job.series.description,
        "study_date": job.series.study.study_date,
        "threshold": str(printed.get("threshold", "")),
        "liver": printed.get("liver_reference"),
        "accepted": len(burden.lesions),
        "waiting": burden.waiting,
        "dismissed": burden.dismissed,
        "mtv_ml": burden.mtv_ml,
        "tlg_g": burden.tlg_g,
        "no_sum_because": because if burden.refusal else None,
        "lesions": [_lesion(one) for one in burden.lesions],
    }


def _lesion(lesion: BurdenLesion) -> dict[str, Any]:
    return {
        "finding": lesion.finding.pk,
        "number": lesion.finding.number,
        "label": lesion.finding.label,
        "is_amended": lesion.is_amended,
        "mtv_ml": lesion.values[MTV],
        "tlg_g": lesion.values[TLG],
        "suv_max": lesion.values["suv_max"],
        "suv_mean": lesion.values["suv_mean"],
        "suv_peak": lesion.values["suv_peak"],
        "measurable_at_baseline": lesion.measurable_at_baseline,
    }
