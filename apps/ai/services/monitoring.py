"""Writes of monitoring: profiles of jobs, references, alerts and the answers to them."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.ai import policies
from apps.ai.choices import AlertRule, VersionState
from apps.ai.exceptions import AlertAnswered
from apps.ai.models import JobProfile, ModelAlert, ModelVersion, MonitoringReference
from apps.ai.monitoring.distributions import thin
from apps.ai.monitoring.limits import WATCHED_WEEKS
from apps.ai.monitoring.rules import Broken, check_rules
from apps.ai.services.people import get_person
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible

logger = logging.getLogger(__name__)

WATCH = Actor.system("model monitoring")


def keep_profile(*, job_id: UUID, profile: Mapping[str, Any]) -> None:
    """Keep what the images of a job are like; the same job read again says the same anew."""
    JobProfile.objects.update_or_create(job_id=job_id, defaults=dict(profile))


@transaction.atomic
def keep_reference(
    *,
    version_id: UUID,
    source: str,
    numbers: Mapping[str, Sequence[float]],
    categories: Mapping[str, Mapping[str, int]],
) -> MonitoringReference:
    """Keep a validation's distributions: what the version is compared with from now on.

    Parameters
    ----------
    source:
        The validation in words, as people read it beside the figures.
    numbers, categories:
        By feature, as ``monitoring.distributions`` names them. No value leads to a patient.
    """
    reference, _ = MonitoringReference.objects.update_or_create(
        version_id=version_id,
        defaults={
            "source": source,
            "numbers": {name: thin(values) for name, values in numbers.items()},
            "categories": {name: dict(counts) for name, counts in categories.items()},
        },
    )
    return reference


def watch_versions(*, today: date | None = None) -> int:
    """Check every version in use or used of late; how many alerts were opened.

    Running it again changes nothing but the figures. No version changes its state here.
    """
    since = timezone.now() - timedelta(weeks=WATCHED_WEEKS + 1)
    versions = ModelVersion.objects.filter(
        Q(state=VersionState.ACTIVE)
        | Q(jobs__finished_at__gte=since)
        | Q(alerts__cleared_at__isnull=True, alerts__isnull=False)
    ).distinct()
    return sum(watch_version(version_id=one.pk, today=today) for one in versions.order_by("pk"))


@transaction.atomic
def watch_version(*, version_id: UUID, today: date | None = None) -> int:
    """Open, renew and clear the alerts of one version; how many were opened."""
    version = ModelVersion.objects.select_for_update(no_key=True).filter(pk=version_id).first()
    if version is None:
        return 0
    now = timezone.now()
    broken = {one.rule: one for one in check_rules(version_id=version_id, today=today)}
    standing = {
        AlertRule(one.rule): one
        for one in ModelAlert.objects.filter(version=version).filter(
            Q(acknowledged_at__isnull=True) | Q(cleared_at__isnull=True)
        )
    }
    opened = 0
    for rule, one in broken.items():
        alert = standing.get(rule)
        if alert is None:
            _open(version, one)
            opened += 1
            continue
        alert.figures, alert.checked_at, alert.cleared_at = one.figures, now, None
        alert.suggests_shadow = one.suggests_shadow
        alert.save()
    for rule, alert in standing.items():
        if rule not in broken and alert.cleared_at is None:
            alert.cleared_at = alert.checked_at = now
            alert.save(update_fields=["cleared_at", "checked_at", "updated_at"])
    return opened


def _open(version: ModelVersion, broken: Broken) -> None:
    alert = ModelAlert.objects.create(
        version=version,
        rule=broken.rule,
        figures=broken.figures,
        suggests_shadow=broken.suggests_shadow,
        checked_at=timezone.now(),
    )
    _audit(WATCH, "model.alert_opened", alert)


@transaction.atomic
def acknowledge_alert(*, actor: Actor, alert_id: UUID, words: str) -> ModelAlert:
    """An AI administrator says what was made of an alert.

    Raises
    ------
    InvalidInput
        Without words (``words_required``).
    AlertAnswered
        Somebody did so before.
    """
    policies.manage_models(actor=actor)
    if not words.strip():
        raise InvalidInput("Say what was found or done.", code="words_required")
    alert = ModelAlert.objects.select_for_update(of=("self",)).filter(pk=alert_id).first()
    if alert is None:
        raise NotVisible()
    if alert.acknowledged_at is not None:
        raise AlertAnswered("Somebody has answered this alert.")
    alert.acknowledged_at = timezone.now()
    alert.acknowledged_by = get_person(actor=actor)
    alert.words = words.strip()
    alert.save()
    _audit(actor, "model.alert_acknowledged", alert)
    return alert


def _audit(actor: Actor, action: str, alert: ModelAlert) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="model_alert",
        entity_id=alert.pk,
        details={"version": str(alert.version_id), "rule": alert.rule},
    )
