"""Shapes of notices and tiers; the OpenAPI document is made from them."""

from typing import Any

from rest_framework import serializers

from apps.ai.models import UrgencyTier
from apps.ai.selectors.tiers import TierFigures
from apps.ai.selectors.urgency import Notice
from apps.ai.urgency_choices import AlertTier, DemotionReason, UrgencyLevel


class UrgencyNoticeModelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()


class UrgencyNoticeSerializer(serializers.Serializer[Any]):
    """One kind of finding of one patient that nobody has acknowledged yet."""

    id = serializers.UUIDField(help_text="The alert to acknowledge.")
    case = serializers.UUIDField()
    case_title = serializers.CharField()
    finding = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    level = serializers.ChoiceField(choices=UrgencyLevel.choices)
    score = serializers.IntegerField(help_text="0 to 100: orders, never decides.")
    reason = serializers.CharField()
    model = UrgencyNoticeModelSerializer()
    count = serializers.IntegerField(help_text="Findings that this notice stands for.")
    raised_at = serializers.DateTimeField()


class TierDemotionSerializer(serializers.Serializer[Any]):
    """A kind of finding that went beyond its budget; for AI administration."""

    id = serializers.UUIDField(help_text="The tier to take note of.")
    model = serializers.CharField()
    finding = serializers.CharField()
    because = serializers.ChoiceField(choices=DemotionReason.choices)
    at = serializers.DateTimeField()


class UrgencyNoticesSerializer(serializers.Serializer[Any]):
    notices = UrgencyNoticeSerializer(many=True)
    demotions = TierDemotionSerializer(many=True)


class TierFiguresSerializer(serializers.Serializer[Any]):
    """Of the last 30 days; reviews: the last hundred. ``null``: too few to say."""

    studies = serializers.IntegerField()
    flagged = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    alerts = serializers.IntegerField()
    repeats = serializers.IntegerField()
    reviewed = serializers.IntegerField()
    accepted = serializers.IntegerField()
    ppv = serializers.FloatField(allow_null=True)
    acknowledged = serializers.IntegerField()
    median_acknowledged_s = serializers.FloatField(allow_null=True)


class UrgencyTierSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    model = serializers.CharField()
    finding = serializers.CharField()
    tier = serializers.ChoiceField(choices=AlertTier.choices)
    shown_tier = serializers.ChoiceField(choices=AlertTier.choices)
    max_share = serializers.FloatField()
    min_ppv = serializers.FloatField()
    repeat_window_days = serializers.IntegerField()
    demoted_at = serializers.DateTimeField(allow_null=True)
    demoted_because = serializers.ChoiceField(choices=DemotionReason.choices, allow_null=True)
    figures = TierFiguresSerializer()


class UrgencyTiersSerializer(serializers.Serializer[Any]):
    results = UrgencyTierSerializer(many=True)


class UrgencyTierPatchSerializer(serializers.Serializer[Any]):
    tier = serializers.ChoiceField(choices=AlertTier.choices, required=False)
    max_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    min_ppv = serializers.FloatField(min_value=0, max_value=1, required=False)
    repeat_window_days = serializers.IntegerField(min_value=0, max_value=365, required=False)


def describe_notice(notice: Notice) -> dict[str, Any]:
    alert = notice.alert
    version = alert.finding.job.version
    return {
        "id": alert.pk,
        "case": alert.case_id,
        "case_title": alert.case.title,
        "finding": alert.finding_id,
        "study_instance_uid": alert.finding.study.study_instance_uid,
        "level": alert.level,
        "score": alert.score,
        "reason": notice.reason,
        "model": {"name": version.model.name, "version": version.version},
        "count": len(notice.alerts),
        "raised_at": min(one.created_at for one in notice.alerts),
    }


def describe_demotion(tier: UrgencyTier) -> dict[str, Any]:
    return {
        "id": tier.pk,
        "model": tier.model.name,
        "finding": tier.code_display or tier.code_value,
        "because": tier.demoted_because,
        "at": tier.demoted_at,
    }


def describe_tier(*, tier: UrgencyTier, figures: TierFigures) -> dict[str, Any]:
    return {
        "id": tier.pk,
        "version": tier.version,
        "model": tier.model.name,
        "finding": tier.code_display or tier.code_value,
        "tier": tier.tier,
        "shown_tier": tier.shown_tier,
        "max_share": tier.max_share,
        "min_ppv": tier.min_ppv,
        "repeat_window_days": tier.repeat_window_days,
        "demoted_at": tier.demoted_at,
        "demoted_because": tier.demoted_because or None,
        "figures": figures,
    }
