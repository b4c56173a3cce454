"""Shapes of monitoring; the OpenAPI document is made from them. Nothing here names a patient."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.ai.choices import AlertRule, VersionState
from apps.ai.models import ModelAlert
from apps.ai.monitoring.distributions import DriftReport, FeatureDrift
from apps.ai.monitoring.limits import PSI_ACT, PSI_WARN, SMALL_CELL
from apps.ai.monitoring.periods import Period
from apps.ai.monitoring.report import Report
from apps.ai.monitoring.tallies import GROUPS
from apps.ai.selectors import MonitoredVersion

SUBGROUPS = [one for one in GROUPS if one]


class MonitoredModelSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class MonitoredVersionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.CharField()
    state = serializers.ChoiceField(choices=VersionState.choices)


class PeriodSerializer(serializers.Serializer[Any]):
    """A week or block: from the Monday it starts to the Sunday it ends."""

    name = serializers.CharField(help_text="ISO week, or the first and the last of a block.")
    starts_on = serializers.DateField()
    ends_on = serializers.SerializerMethodField()
    is_complete = serializers.BooleanField()

    @extend_schema_field(serializers.DateField())
    def get_ends_on(self, period: Period) -> str:
        return (period.ends_before - timedelta(days=1)).isoformat()


class FigureSerializer(serializers.Serializer[Any]):
    """One figure of one group in one period; nothing but its name where it is hidden."""

    period = serializers.IntegerField(help_text="Place in periods, from 0.")
    group = serializers.CharField(
        allow_blank=True, help_text="Empty: not known, or all. +: all hidden ones together."
    )
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["amount", "share", "quantiles"])
    unit = serializers.CharField(help_text="UCUM")
    is_hidden = serializers.BooleanField(
        help_text="Of fewer than ten, or it would give such a figure away."
    )
    n = serializers.IntegerField(allow_null=True)
    count = serializers.IntegerField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="Wilson, 95 %")
    high = serializers.FloatField(allow_null=True)
    at = serializers.ListField(child=serializers.FloatField())
    quantiles = serializers.ListField(
        child=serializers.FloatField(allow_null=True),
        help_text="At each of at; null where more than that share is still to come.",
    )
    together = serializers.ListField(child=serializers.CharField(allow_blank=True))


class FigureReasonSerializer(serializers.Serializer[Any]):
    period = serializers.IntegerField()
    group = serializers.CharField(allow_blank=True)
    of = serializers.ChoiceField(choices=["failed", "out_of_scope", "dismissed"])
    code = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()


class MonitoringSerializer(serializers.Serializer[Any]):
    """What was counted of a version, by week or by subgroup and block of weeks."""

    model = MonitoredModelSerializer()
    version = MonitoredVersionSerializer()
    versions = MonitoredVersionSerializer(many=True)
    by = serializers.ChoiceField(choices=["", *SUBGROUPS], allow_blank=True)
    subgroups = serializers.ListField(child=serializers.CharField())
    small_cell = serializers.IntegerField(help_text="Nothing is said of fewer.")
    synthetic_runs = serializers.IntegerField(
        help_text="Of the runs, those on images made for demonstration or tests."
    )
    periods = PeriodSerializer(many=True)
    groups = serializers.ListField(child=serializers.CharField(allow_blank=True))
    figures = FigureSerializer(many=True)
    reasons = FigureReasonSerializer(many=True)


class DriftFeatureSerializer(serializers.Serializer[Any]):
    """How far one feature moved; nulls where there are too few values."""

    name = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=["steady", "warn", "act", "too_few"])
    reference_n = serializers.IntegerField(allow_null=True)
    n = serializers.IntegerField(allow_null=True)
    psi = serializers.FloatField(allow_null=True)
    psi_by_chance = serializers.FloatField(
        allow_null=True,
        help_text="What the index exceeds once in twenty times without any drift.",
    )
    ks = serializers.FloatField(allow_null=True)
    ks_p = serializers.FloatField(allow_null=True)


class DriftSerializer(serializers.Serializer[Any]):
    version = MonitoredVersionSerializer()
    reference = serializers.ChoiceField(choices=["validation", "first_runs", "none"])
    words = serializers.CharField(allow_blank=True, help_text="Which validation.")
    reference_runs = serializers.IntegerField()
    recent_runs = serializers.IntegerField(allow_null=True, help_text="Null of fewer than ten.")
    recent = PeriodSerializer()
    warn_from = serializers.FloatField()
    act_from = serializers.FloatField()
    features = DriftFeatureSerializer(many=True)


class ModelAlertSerializer(serializers.ModelSerializer[ModelAlert]):
    """A rule that a version broke, and what somebody made of it."""

    rule = serializers.ChoiceField(choices=AlertRule.choices)
    model = MonitoredModelSerializer(source="version.model")
    version = MonitoredVersionSerializer()
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.display_name", default=None, allow_null=True
    )

    class Meta:
        model = ModelAlert
        fields = ("id", "rule", "model", "version", "figures", "suggests_shadow", "created_at",
                  "checked_at", "cleared_at", "acknowledged_at", "acknowledged_by",
                  "words")  # fmt: skip


class AcknowledgeSerializer(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=2_000, help_text="What was found or done.")


def describe_report(*, asked: MonitoredVersion, report: Report) -> dict[str, Any]:
    return {
        "model": asked.model,
        "version": asked.version,
        "versions": asked.versions,
        "by": report.by,
        "subgroups": SUBGROUPS,
        "small_cell": SMALL_CELL,
        "synthetic_runs": report.synthetic_runs,
        "periods": report.periods,
        "groups": report.groups,
        "figures": report.figures,
        "reasons": report.reasons,
    }


def describe_drift(*, asked: MonitoredVersion, report: DriftReport) -> dict[str, Any]:
    return {
        "version": asked.version,
        "reference": report.source,
        "words": report.words,
        "reference_runs": report.reference_runs,
        "recent_runs": report.recent_runs if report.recent_runs >= SMALL_CELL else None,
        "recent": report.recent,
        "warn_from": PSI_WARN,
        "act_from": PSI_ACT,
        "features": [_describe_feature(one) for one in report.features],
    }


def _describe_feature(feature: FeatureDrift) -> dict[str, Any]:
    names = ("reference_n", "n", "psi", "psi_by_chance", "ks", "ks_p")
    said = {name: getattr(feature.drift, name, None) for name in names}
    return {"name": feature.name, "unit": feature.unit, "state": feature.state, **said}
