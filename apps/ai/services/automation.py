"""Rules that ask for analyses: made, changed and switched off by people who may."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.ai import urgency_policies as policies
from apps.ai.models import AutomationRule, Model
from apps.ai.services.people import get_person
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput
from apps.core.registry import board_names
from apps.core.versions import lock_version

WHAT_ARRIVES = (
    "modality",
    "body_parts",
    "descriptions",
    "not_descriptions",
    "contrast",
    "min_images",
)
CHANGEABLE = frozenset({"name", "board_id", "model_id", "is_urgent", "enabled", *WHAT_ARRIVES})


@transaction.atomic
def create_rule(*, actor: Actor, **fields: Any) -> AutomationRule:
    """Make a rule; it runs on what arrives from now on.

    Raises
    ------
    Forbidden
        Neither AI administration nor the chair of the rule's board.
    InvalidInput
        ``unknown_model`` or ``unknown_board``.
    """
    rule = build_rule(actor=actor, **fields)
    rule.created_by = get_person(actor=actor)
    rule.save()
    _audit(actor, "automation.created", rule, sorted(fields))
    return rule


@transaction.atomic
def change_rule(
    *, actor: Actor, rule_id: UUID, version: int, changes: dict[str, Any]
) -> AutomationRule:
    """Change a rule, or switch it off or on; the version that did something stays named."""
    policies.change_rule(actor=actor, rule_id=rule_id)
    rule = lock_version(queryset=AutomationRule.objects.all(), pk=rule_id, version=version)
    if unknown := set(changes) - CHANGEABLE:
        raise InvalidInput("This cannot be changed.", details={"fields": sorted(unknown)})
    for name, value in changes.items():
        setattr(rule, name, value)
    policies.manage_rules(actor=actor, board_id=rule.board_id)
    _check(rule)
    rule.version += 1
    rule.save()
    _audit(actor, "automation.changed", rule, sorted(changes))
    return rule


def build_rule(*, actor: Actor, **fields: Any) -> AutomationRule:
    """A rule that is not kept: to be created, or tried out."""
    policies.manage_rules(actor=actor, board_id=fields.get("board_id"))
    rule = AutomationRule(**fields)
    _check(rule)
    return rule


def _check(rule: AutomationRule) -> None:
    if not Model.objects.filter(pk=rule.model_id).exists():
        raise InvalidInput("There is no such model.", code="unknown_model")
    known = (provider(chaired_by=None) for _, provider in board_names.items())
    if rule.board_id is not None and not any(rule.board_id in names for names in known):
        raise InvalidInput("There is no such board.", code="unknown_board")


def _audit(actor: Actor, action: str, rule: AutomationRule, fields: list[str]) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="automation_rule",
        entity_id=rule.pk,
        details={
            "version": rule.version,
            "board": str(rule.board_id) if rule.board_id else None,
            "model": rule.model.slug,
            "enabled": rule.enabled,
            "fields": fields,
        },
    )
