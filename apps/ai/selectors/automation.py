"""Reading rules: those an actor may know, and what they did last."""

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.ai import policies, urgency_policies
from apps.ai.models import AutomationRule, AutomationRun
from apps.core.actors import Actor
from apps.core.registry import board_names


def list_rules(*, actor: Actor) -> "QuerySet[AutomationRule]":
    """Of the house and of the actor's boards; AI administration sees all."""
    rules = AutomationRule.objects.select_related("model", "created_by").order_by("name", "id")
    if actor.is_system or actor.has_role(policies.AI_ADMIN):
        return rules
    boards = urgency_policies.chaired_boards(actor=actor)
    return rules.filter(Q(board_id__isnull=True) | Q(board_id__in=list(boards)))


def boards_to_rule(*, actor: Actor) -> dict[UUID, str]:
    """Boards for which the actor may make rules, by name."""
    if not actor.has_role(policies.AI_ADMIN):
        return urgency_policies.chaired_boards(actor=actor)
    return all_boards()


def all_boards() -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for _, provider in board_names.items():
        found |= provider(chaired_by=None)
    return found


def last_runs(*, rule_ids: list[UUID]) -> dict[UUID, AutomationRun]:
    """The last run of each rule, in one query."""
    runs = AutomationRun.objects.filter(rule_id__in=rule_ids)
    newest = runs.order_by("rule_id", "-created_at", "id").distinct("rule_id")
    return {run.rule_id: run for run in newest}


def list_runs(*, rule_id: UUID) -> "QuerySet[AutomationRun]":
    return AutomationRun.objects.filter(rule_id=rule_id).order_by("-created_at", "id")
