"""The wire form of radiotherapy objects."""

from typing import Any

from rest_framework import serializers

from apps.imaging.radiotherapy.doses import StoredDvh
from apps.imaging.radiotherapy.problems import Problem
from apps.imaging.radiotherapy.selectors import (
    ComputedDvh,
    DoseInCase,
    PlanInCase,
    Radiotherapy,
    StructureSetInCase,
)


class ProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    severity = serializers.ChoiceField(choices=["error", "warning", "note"])

    class Meta:
        ref_name = "RadiotherapyProblem"


class RegionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    name = serializers.CharField()
    colour = serializers.CharField(allow_null=True, help_text="#rrggbb")
    interpreted_type = serializers.CharField()
    algorithm = serializers.CharField()
    frame_of_reference_uid = serializers.CharField()
    contours = serializers.IntegerField(help_text="How many; 0: nothing is drawn.")


class StructureSetSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sop_instance_uid = serializers.CharField()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    date = serializers.CharField(help_text="DICOM date, or empty")
    approval = serializers.CharField(help_text="APPROVED, UNAPPROVED, REJECTED or empty")
    regions = RegionSerializer(many=True)
    problems = ProblemSerializer(many=True)


class DoseSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sop_instance_uid = serializers.CharField()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    description = serializers.CharField()
    units = serializers.CharField()
    kind = serializers.CharField()
    summation = serializers.CharField()
    frame_of_reference_uid = serializers.CharField()
    maximum_gy = serializers.FloatField(allow_null=True)
    plan = serializers.UUIDField(allow_null=True)
    problems = ProblemSerializer(many=True)


class PrescriptionSerializer(serializers.Serializer[Any]):
    roi_number = serializers.IntegerField(allow_null=True)
    description = serializers.CharField()
    type = serializers.CharField()
    dose_gy = serializers.FloatField(allow_null=True)


class FractionGroupSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(allow_null=True)
    fractions = serializers.IntegerField(allow_null=True)
    beams = serializers.IntegerField(allow_null=True)
    dose_per_fraction_gy = serializers.FloatField(allow_null=True)


class BeamSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    type = serializers.CharField()
    radiation = serializers.CharField()
    energy = serializers.FloatField(allow_null=True, help_text="MV of photons, MeV of others")
    gantry_start_deg = serializers.FloatField(allow_null=True)
    gantry_end_deg = serializers.FloatField(allow_null=True)
    couch_deg = serializers.FloatField(allow_null=True)


class PlanSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sop_instance_uid = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    date = serializers.CharField()
    intent = serializers.CharField()
    approval = serializers.CharField()
    prescription_gy = serializers.FloatField(allow_null=True)
    prescriptions = PrescriptionSerializer(many=True)
    fraction_groups = FractionGroupSerializer(many=True)
    beams = BeamSerializer(many=True)
    problems = ProblemSerializer(many=True)


class RadiotherapySerializer(serializers.Serializer[Any]):
    structure_sets = StructureSetSerializer(many=True)
    doses = DoseSerializer(many=True)
    plans = PlanSerializer(many=True)


class FileDvhSerializer(serializers.Serializer[Any]):
    """What the planning system wrote into the dose object."""

    kind = serializers.CharField()
    dose_units = serializers.CharField()
    volume_units = serializers.CharField()
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    points = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))


class DvhSerializer(serializers.Serializer[Any]):
    """Cumulative: ``percent[i]`` of the volume gets at least ``doses_gy[i]``."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    volume_ml = serializers.FloatField()
    outside_ml = serializers.FloatField(help_text="Beyond the dose grid; counted as no dose.")
    minimum_gy = serializers.FloatField()
    mean_gy = serializers.FloatField()
    maximum_gy = serializers.FloatField()
    d98_gy = serializers.FloatField()
    d95_gy = serializers.FloatField()
    d50_gy = serializers.FloatField()
    d2_gy = serializers.FloatField()
    v20_percent = serializers.FloatField()
    doses_gy = serializers.ListField(child=serializers.FloatField())
    percent = serializers.ListField(child=serializers.FloatField())
    stored = FileDvhSerializer(many=True)


def show_radiotherapy(found: Radiotherapy) -> dict[str, Any]:
    return {
        "structure_sets": [_show_structures(one) for one in found.structure_sets],
        "doses": [_show_dose(one) for one in found.doses],
        "plans": [_show_plan(one) for one in found.plans],
    }


def _place(shown: StructureSetInCase | DoseInCase) -> dict[str, Any]:
    series = shown.row.series
    return {
        "id": shown.row.pk,
        "sop_instance_uid": shown.row.sop_instance_uid,
        "study_instance_uid": series.study.study_instance_uid,
        "series_instance_uid": series.series_instance_uid,
        "problems": _problems(shown.problems),
    }


def _problems(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    return [
        {"code": one.code, "message": one.message, "severity": one.severity} for one in problems
    ]


def _show_structures(shown: StructureSetInCase) -> dict[str, Any]:
    header = shown.header
    return _place(shown) | {
        "label": header.label,
        "description": header.description,
        "date": header.date,
        "approval": header.approval,
        "regions": [
            {
                "number": region.number,
                "name": region.name,
                "colour": region.colour,
                "interpreted_type": region.interpreted_type,
                "algorithm": region.algorithm,
                "frame_of_reference_uid": region.frame_of_reference_uid,
                "contours": len(region.contours),
            }
            for region in header.regions
        ],
    }


def _show_dose(shown: DoseInCase) -> dict[str, Any]:
    header = shown.header
    return _place(shown) | {
        "description": header.description,
        "units": header.units,
        "kind": header.kind,
        "summation": header.summation,
        "frame_of_reference_uid": header.frame_of_reference_uid,
        "maximum_gy": shown.maximum_gy,
        "plan": shown.plan,
    }


def _show_plan(shown: PlanInCase) -> dict[str, Any]:
    header = shown.header
    return {
        "id": shown.row.pk,
        "sop_instance_uid": shown.row.sop_instance_uid,
        "label": header.label,
        "description": header.description,
        "date": header.date,
        "intent": header.intent,
        "approval": header.approval,
        "prescription_gy": header.prescription_gy,
        "prescriptions": list(header.prescriptions),
        "fraction_groups": list(header.fraction_groups),
        "beams": list(header.beams),
        "problems": _problems(shown.problems),
    }


def _show_stored(stored: StoredDvh) -> dict[str, Any]:
    return {
        "kind": stored.kind,
        "dose_units": stored.dose_units,
        "volume_units": stored.volume_units,
        "minimum": stored.minimum,
        "maximum": stored.maximum,
        "mean": stored.mean,
        "points": [list(point) for point in stored.points],
    }


def show_dvh(computed: ComputedDvh) -> dict[str, Any]:
    dvh, region = computed.dvh, computed.region
    return {
        "number": region.number,
        "name": region.name,
        "volume_ml": dvh.volume_ml,
        "outside_ml": dvh.outside_ml,
        "minimum_gy": dvh.minimum_gy,
        "mean_gy": dvh.mean_gy,
        "maximum_gy": dvh.maximum_gy,
        "d98_gy": dvh.dose_at(0.98),
        "d95_gy": dvh.dose_at(0.95),
        "d50_gy": dvh.dose_at(0.5),
        "d2_gy": dvh.dose_at(0.02),
        "v20_percent": dvh.fraction_above(20.0) * 100.0,
        "doses_gy": dvh.doses_gy.round(3).tolist(),
        "percent": (dvh.fractions * 100.0).round(4).tolist(),
        "stored": [_show_stored(one) for one in computed.own_stored],
    }
