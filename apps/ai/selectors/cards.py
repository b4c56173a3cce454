"""The card of a version, put together from its developer, the house and the record."""

from typing import Any
from uuid import UUID

from apps.ai import policies
from apps.ai.choices import ModelKind, VersionState
from apps.ai.model_card import (
    CHANGE_LOG,
    IMAGING,
    SOURCE_ATTRIBUTES,
    Group,
    HouseEntry,
    Statement,
    read_text,
    state_group,
    state_regulatory_status,
)
from apps.ai.models import CardEntry, ModelVersion
from apps.ai.selectors.registry import get_version, unvalidated_reason
from apps.core.actors import Actor


def describe_card(*, actor: Actor, version_id: UUID) -> dict[str, Any]:
    """Every attribute in its group, with whose words it has; none is left out."""
    version = get_version(version_id=version_id)
    entries = [
        HouseEntry(one.key, one.text, one.author.display_name, one.created_at)
        for one in CardEntry.objects.filter(version=version).select_related("author")
    ]
    card = version.card if isinstance(version.card, dict) else {}
    validation = next(iter(version.validations.all()), None)

    def shown(group: Group) -> dict[str, Any]:
        return {
            "key": group.key,
            "statements": state_group(group=group, card=card, entries=entries),
        }

    groups = [shown(group) for group in SOURCE_ATTRIBUTES]
    if validation is not None:
        _put_local_validity(groups, version)
    may_write = actor.is_person and actor.has_role(policies.AI_ADMIN)
    return {
        "groups": groups,
        "imaging": shown(IMAGING),
        "change_log": shown(CHANGE_LOG),
        "regulatory_status": state_regulatory_status(card=card),
        "scope_rules": _scope_rules(version),
        "thresholds": _thresholds(version, card),
        "weights": card.get("weights") if isinstance(card.get("weights"), dict) else None,
        "tree_sha256": version.tree_sha256,
        "validation": validation,
        "not_validated_because": unvalidated_reason(version=version),
        "changes": version.changes.all(),
        "may_write": may_write and version.state != VersionState.RETIRED,
    }


def _put_local_validity(groups: list[dict[str, Any]], version: ModelVersion) -> None:
    """What was measured here outweighs whatever was written about it."""
    newest = version.validations.all()[0]
    figures = ", ".join(f"{name} {value:g}" for name, value in newest.headline.items())
    text = f"{newest.done_on.isoformat()}, {newest.studies} studies: {figures}"
    for group in groups:
        group["statements"] = [
            Statement(one.key, text, "record", newest.recorded_by.display_name, newest.created_at)
            if one.key == "maintenance.local_validity"
            else one
            for one in group["statements"]
        ]


def _scope_rules(version: ModelVersion) -> list[str]:
    rules = version.scope.get("rules", []) if isinstance(version.scope, dict) else []
    return [str(rule["message"]) for rule in rules if isinstance(rule, dict) and "message" in rule]


def _thresholds(version: ModelVersion, card: dict[str, Any]) -> list[str]:
    """Of a bundle, from its side-car; of a built-in analysis, the values it starts with."""
    if version.model.kind == ModelKind.BUILTIN:
        return [f"{name}: {read_text(value)}" for name, value in version.default_parameters.items()]
    said = card.get("thresholds")
    return [str(one) for one in said] if isinstance(said, list) else []
