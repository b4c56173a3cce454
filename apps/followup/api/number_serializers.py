from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.boards.api.serializers import BoardNameSerializer
from apps.followup.models import FollowUpRule
from apps.followup.models.rules import USUAL_DAYS

STATES = ["value", "none", "suppressed", "not_recorded"]
UNITS = ["count", "share", "minutes", "days"]


class IndicatorPartSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    count = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Deferred cases",
            value={
                "key": "deferred", "group": "meetings", "unit": "share", "state": "value",
                "value": 0.125, "low": None, "high": None, "count": 5, "n": 40,
                "known_of": None, "target": None,
                "parts": [{"key": "pathology-pending", "count": 3, "share": 0.075},
                          {"key": "imaging-missing", "count": 2, "share": 0.05}],
            },
            response_only=True,
        )
    ]
)  # fmt: skip
class IndicatorSerializer(serializers.Serializer[Any]):
    """One number with what it was counted from.

    Shares are fractions of 1; minutes and days are medians with quartiles. `suppressed` rests
    on fewer than 5 people; `not_recorded` is not 0. Of `known_of` in all, `n` are those of
    which it is known.
    """

    key = serializers.CharField()
    group = serializers.CharField()
    unit = serializers.ChoiceField(choices=UNITS)
    state = serializers.ChoiceField(choices=STATES)
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField(allow_null=True)
    n = serializers.IntegerField(allow_null=True)
    known_of = serializers.IntegerField(allow_null=True)
    target = serializers.FloatField(allow_null=True)
    parts = IndicatorPartSerializer(many=True)


class IndicatorMonthSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="2026-09")
    first = serializers.DateField()
    last = serializers.DateField()
    is_complete = serializers.BooleanField()
    indicators = IndicatorSerializer(many=True)


class IndicatorReportSerializer(serializers.Serializer[Any]):
    """`people`: about the reader alone, and for the chair a spread without names."""

    board = BoardNameSerializer()
    first = serializers.DateField()
    last = serializers.DateField()
    time_zone = serializers.CharField()
    meetings = serializers.IntegerField()
    small = serializers.IntegerField(help_text="Cells about fewer people are suppressed.")
    indicators = IndicatorSerializer(many=True)
    months = IndicatorMonthSerializer(many=True)
    people = IndicatorSerializer(many=True)


class IndicatorQuerySerializer(serializers.Serializer[Any]):
    """`from` and `to` are days on the board's clock, both included."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``from`` is a word of Python."""
        return {
            "from": serializers.DateField(required=False, default=None),
            "to": serializers.DateField(required=False, default=None),
        }


class FollowUpRuleSerializer(serializers.ModelSerializer[FollowUpRule]):
    """Version 0 where the board set nothing: 30 and 90 days."""

    version = serializers.IntegerField(required=False)
    days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=730), min_length=1, max_length=6
    )
    time_zone = serializers.CharField(max_length=64, allow_blank=True, default="")
    analytic_cases_a_year = serializers.IntegerField(
        allow_null=True, required=False, default=None, min_value=1, max_value=1_000_000
    )

    class Meta:
        model = FollowUpRule
        fields = ["version", "days", "time_zone", "analytic_cases_a_year"]


def unset_rule() -> FollowUpRule:
    return FollowUpRule(version=0, days=list(USUAL_DAYS))
