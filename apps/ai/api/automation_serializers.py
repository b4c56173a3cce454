"""Shapes of automatic rules; the OpenAPI document is made from them."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.ai.models import AutomationRule, AutomationRun
from apps.ai.urgency_choices import ContrastAsked, RuleOutcome

MOST_WORDS = 20


def _words(length: int) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=length), max_length=MOST_WORDS, default=list
    )


class RuleModelSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class RuleBoardSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class AutomationRunSerializer(serializers.Serializer[Any]):
    """What a rule did with one study; neither study nor case is named."""

    at = serializers.DateTimeField()
    rule_version = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=RuleOutcome.choices)
    reason = serializers.CharField()
    job = serializers.UUIDField(allow_null=True)


class AutomationRuleSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    board = RuleBoardSerializer(allow_null=True, help_text="null: the whole house")
    model = RuleModelSerializer()
    modality = serializers.CharField()
    body_parts = serializers.ListField(child=serializers.CharField())
    descriptions = serializers.ListField(child=serializers.CharField())
    not_descriptions = serializers.ListField(child=serializers.CharField())
    contrast = serializers.ChoiceField(choices=ContrastAsked.choices)
    min_images = serializers.IntegerField()
    is_urgent = serializers.BooleanField()
    enabled = serializers.BooleanField()
    created_by = serializers.CharField()
    may_change = serializers.BooleanField()
    last_run = AutomationRunSerializer(allow_null=True)


class AutomationRulesSerializer(serializers.Serializer[Any]):
    """All rules the viewer may know, and where they may make some."""

    results = AutomationRuleSerializer(many=True)
    boards = RuleBoardSerializer(many=True, help_text="Boards for which the viewer makes rules.")
    may_make_house_rules = serializers.BooleanField()


class AutomationRuleWriteSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    board = serializers.UUIDField(allow_null=True, default=None)
    model = serializers.UUIDField()
    modality = serializers.RegexField(r"^[A-Z0-9_]{2,16}$")
    body_parts = _words(64)
    descriptions = _words(80)
    not_descriptions = _words(80)
    contrast = serializers.ChoiceField(choices=ContrastAsked.choices, default=ContrastAsked.ANY)
    min_images = serializers.IntegerField(min_value=1, max_value=100_000, default=1)
    is_urgent = serializers.BooleanField(default=False)
    enabled = serializers.BooleanField(default=True)

    def to_fields(self) -> dict[str, Any]:
        """The service's field names; only what was sent where the shape is partial."""
        fields = dict(self.validated_data)
        for sent, kept in (("board", "board_id"), ("model", "model_id")):
            if sent in fields:
                fields[kept] = fields.pop(sent)
        return fields


class RuleTrialSerializer(serializers.Serializer[Any]):
    """What the rule would have done with the last studies."""

    class Reason(serializers.Serializer[Any]):
        reason = serializers.CharField()
        count = serializers.IntegerField()

        class Meta:
            ref_name = "RuleTrialReason"

    studies = serializers.IntegerField()
    requested = serializers.IntegerField()
    reasons = Reason(many=True)


def describe_rule(
    *,
    rule: AutomationRule,
    boards: dict[UUID, str],
    may_change: bool,
    last_run: AutomationRun | None,
) -> dict[str, Any]:
    board = None
    if rule.board_id is not None:
        board = {"id": rule.board_id, "name": boards.get(rule.board_id, "")}
    return {
        "id": rule.pk,
        "version": rule.version,
        "name": rule.name,
        "board": board,
        "model": {"id": rule.model_id, "name": rule.model.name},
        "modality": rule.modality,
        "body_parts": rule.body_parts,
        "descriptions": rule.descriptions,
        "not_descriptions": rule.not_descriptions,
        "contrast": rule.contrast,
        "min_images": rule.min_images,
        "is_urgent": rule.is_urgent,
        "enabled": rule.enabled,
        "created_by": rule.created_by.display_name,
        "may_change": may_change,
        "last_run": describe_run(last_run) if last_run else None,
    }


def describe_run(run: AutomationRun) -> dict[str, Any]:
    return {
        "at": run.created_at,
        "rule_version": run.rule_version,
        "outcome": run.outcome,
        "reason": run.reason,
        "job": run.job_id,
    }
