"""Reading local validation runs."""

from uuid import UUID

from django.db.models import QuerySet

from apps.ai import policies, storage
from apps.ai.exceptions import ValidationNotPossible
from apps.ai.models import ValidationRun
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible

DOCUMENTS = {
    "html": ("report_sha256", "text/html; charset=utf-8"),
    "csv": ("rows_sha256", "text/csv; charset=utf-8"),
    "json": ("metrics_sha256", "application/json"),
}


def list_runs(*, actor: Actor, version_id: UUID | None = None) -> "QuerySet[ValidationRun]":
    """Newest first; of one version where it is named."""
    policies.manage_models(actor=actor)
    runs = ValidationRun.objects.select_related("version__model")
    return runs.filter(version_id=version_id) if version_id else runs


def get_run(*, actor: Actor, run_id: UUID) -> ValidationRun:
    policies.manage_models(actor=actor)
    run = ValidationRun.objects.select_related("version__model").filter(pk=run_id).first()
    if run is None:
        raise NotVisible()
    return run


def read_report(*, actor: Actor, run_id: UUID, kind: str) -> tuple[bytes, str]:
    """The report as HTML, the rows as CSV, or the figures as JSON; with its media type.

    Raises
    ------
    ValidationNotPossible
        ``not_finished``.
    """
    run = get_run(actor=actor, run_id=run_id)
    if kind not in DOCUMENTS:
        raise NotVisible()
    field, media_type = DOCUMENTS[kind]
    sha256 = getattr(run, field)
    if not sha256:
        raise ValidationNotPossible("The run has no report.", code="not_finished")
    return storage.get_bytes(sha256=sha256), media_type
