"""Reading monitoring: figures, drift and alerts of models, for whoever may see them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.ai import policies
from apps.ai.models import Model, ModelAlert, ModelVersion
from apps.ai.monitoring.distributions import DriftReport, report_drift
from apps.ai.monitoring.limits import WEEKS_MAX
from apps.ai.monitoring.report import Report, build_report
from apps.ai.monitoring.tallies import GROUPS
from apps.ai.selectors.registry import current_version, list_models
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible


@dataclass(frozen=True, slots=True)
class MonitoredVersion:
    """A version that is asked about, with the model's other ones."""

    model: Model
    version: ModelVersion
    versions: tuple[ModelVersion, ...]


def monitored_version(*, actor: Actor, model_id: UUID, version_id: UUID | None) -> MonitoredVersion:
    """The named version, else the one in use, else the newest.

    Raises
    ------
    NotVisible
        There is no such model, or it has no such version.
    """
    policies.view_monitoring(actor=actor)
    model = list_models().filter(pk=model_id).first()
    if model is None:
        raise NotVisible()
    versions = tuple(model.versions.all())
    if version_id is None:
        version = current_version(model=model)
    else:
        version = next((one for one in versions if one.pk == version_id), None)
    if version is None:
        raise NotVisible()
    return MonitoredVersion(model, version, versions)


def monitoring_report(*, actor: Actor, version: ModelVersion, weeks: int, by: str) -> Report:
    """Figures of a version.

    The running week is for AI administration alone: who treats patients could tell from the
    next figure what was found in one of them, which their board may not have revealed yet.

    Raises
    ------
    InvalidInput
        ``weeks`` or ``by`` is none that is counted.
    """
    policies.view_monitoring(actor=actor)
    if not 1 <= weeks <= WEEKS_MAX:
        raise InvalidInput(f"Ask for 1 to {WEEKS_MAX} weeks.", code="weeks_out_of_range")
    if by not in GROUPS:
        raise InvalidInput(
            "Runs are not counted by this.", code="grouping_unknown",
            details={"by": [one for one in GROUPS if one]},
        )  # fmt: skip
    return build_report(
        version_id=version.pk, weeks=weeks, by=by, with_running=actor.has_role(policies.AI_ADMIN)
    )


def drift_report(*, actor: Actor, version: ModelVersion) -> DriftReport:
    policies.view_monitoring(actor=actor)
    return report_drift(version_id=version.pk)


def list_alerts(*, actor: Actor, model_id: UUID | None, is_open: bool) -> "QuerySet[ModelAlert]":
    """Alerts, newest first; the open ones are those nobody has answered."""
    policies.view_monitoring(actor=actor)
    alerts = ModelAlert.objects.select_related("version__model", "acknowledged_by")
    if model_id is not None:
        alerts = alerts.filter(version__model_id=model_id)
    return alerts.filter(Q(acknowledged_at__isnull=True)) if is_open else alerts
