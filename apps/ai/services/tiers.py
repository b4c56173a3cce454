"""Tiers are set by AI administration, and kept quiet by themselves beyond their budgets."""

import time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ai import conf, policies
from apps.ai.models import UrgencyTier
from apps.ai.selectors.tiers import TierFigures, beyond_budget, measure_tier
from apps.ai.services.people import get_person
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible
from apps.core.versions import lock_version

CHANGEABLE = frozenset({"tier", "max_share", "min_ppv", "repeat_window_days"})
BUDGETS = Actor.system("urgency budgets")
_done_at: dict[str, float] = {}


@transaction.atomic
def change_tier(
    *, actor: Actor, tier_id: UUID, version: int, changes: dict[str, Any]
) -> UrgencyTier:
    """Set how loud a kind of finding may be, and its budgets; they are applied at once."""
    policies.manage_models(actor=actor)
    row = lock_version(
        queryset=UrgencyTier.objects.select_related("model"), pk=tier_id, version=version
    )
    if unknown := set(changes) - CHANGEABLE:
        raise InvalidInput("This cannot be changed.", details={"fields": sorted(unknown)})
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    row.is_set_by_person = row.is_set_by_person or "tier" in changes
    row.version += 1
    row.save()
    _audit(actor, "urgency.tier_changed", row, {"from": before, "to": changes})
    apply_budget(tier=row)
    return row


@transaction.atomic
def note_demotion(*, actor: Actor, tier_id: UUID) -> UrgencyTier:
    """An AI administrator took note that a tier went beyond its budget."""
    policies.manage_models(actor=actor)
    row = (
        UrgencyTier.objects.select_for_update(of=("self",))
        .select_related("model")
        .filter(pk=tier_id)
        .first()
    )
    if row is None:
        raise NotVisible()
    if row.demoted_at is not None and row.demotion_seen_at is None:
        row.demotion_seen_at, row.demotion_seen_by = timezone.now(), get_person(actor=actor)
        row.save(update_fields=["demotion_seen_at", "demotion_seen_by", "updated_at"])
        _audit(actor, "urgency.demotion_seen", row, {})
    return row


def apply_budgets_now_and_then() -> None:
    """Once a minute in each process; called by the ticker."""
    now = time.monotonic()
    if now - _done_at.get("budgets", float("-inf")) >= conf.BUDGETS_EVERY_S:
        _done_at["budgets"] = now
        apply_budgets()


def apply_budgets() -> int:
    """Hold every tier to its budgets; how many were demoted or restored."""
    return sum(apply_budget(tier=row) for row in UrgencyTier.objects.select_related("model"))


@transaction.atomic
def apply_budget(*, tier: UrgencyTier) -> bool:
    """Demote to passive beyond a budget, restore within; nothing is hidden either way.

    What was flagged goes on being counted while it is passive, so a tier that is within its
    budgets again becomes loud again by itself.
    """
    figures = measure_tier(tier=tier)
    because = beyond_budget(tier=tier, figures=figures)
    if (because is None) == (tier.demoted_at is None):
        return False
    found = UrgencyTier.objects.filter(pk=tier.pk, demoted_at__isnull=because is not None)
    moved = found.update(
        demoted_at=timezone.now() if because else None,
        demoted_because=because or "",
        demotion_seen_at=None,
        demotion_seen_by=None,
        updated_at=timezone.now(),
    )
    if moved:
        action = "urgency.demoted" if because else "urgency.restored"
        _audit(BUDGETS, action, tier, {"because": because or "", **_told(figures)})
        tier.refresh_from_db()
    return bool(moved)


def _told(figures: TierFigures) -> dict[str, Any]:
    return {"share": figures.share, "ppv": figures.ppv, "flagged": figures.flagged}


def _audit(actor: Actor, action: str, row: UrgencyTier, details: dict[str, Any]) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="urgency_tier",
        entity_id=row.pk,
        details={"model": row.model.slug, "code": row.code_value, "tier": row.tier, **details},
    )
