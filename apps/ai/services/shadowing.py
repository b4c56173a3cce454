"""Runs in shadow: beside the version in use, on the same series, shown to nobody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.ai import selectors
from apps.ai.choices import RUNNING_STATES, VersionState
from apps.ai.exceptions import InputsUnclear, ModelNotActive
from apps.ai.models import Finding, Job, ModelVersion
from apps.ai.services.announcing import announce_findings, announce_job
from apps.ai.services.inputs import choose_inputs, digest_inputs, hash_parameters, write_inputs
from apps.core.actors import Actor
from apps.imaging.models import Series


def version_to_ask(*, actor: Actor, model_id: UUID) -> ModelVersion:
    """The version in use; for the system's own rules also one in shadow, where none is.

    A person who asks is never given a run they would not see.

    Raises
    ------
    ModelNotActive
        The model has no version to ask.
    """
    running = ModelVersion.objects.select_related("model").filter(
        model_id=model_id, state__in=RUNNING_STATES
    )
    versions = {one.state: one for one in running.order_by("created_at", "id")}
    version = versions.get(VersionState.ACTIVE)
    if version is None and actor.is_system:
        version = versions.get(VersionState.SHADOW)
    if version is None:
        raise ModelNotActive("This model has no version in use.")
    return version


def follow_in_shadow(
    *,
    actor: Actor,
    version: ModelVersion,
    series: Series,
    parameters: dict[str, Any],
    now: datetime,
) -> list[Job]:
    """Queue the same question for the model's versions in shadow; the jobs that are new.

    Called in the request's transaction, which rings for them. A version whose inputs cannot be
    told is left out: what runs in shadow never refuses a request.
    """
    created = []
    beside = ModelVersion.objects.select_related("model").filter(
        model_id=version.model_id, state=VersionState.SHADOW
    )
    for shadow in beside.exclude(pk=version.pk).prefetch_related("approvals"):
        if not selectors.is_approved(version=shadow):
            continue
        try:
            chosen = choose_inputs(version=shadow, series=series, named={})
        except InputsUnclear:
            continue
        asked = {**shadow.default_parameters, **parameters}
        job, is_new = Job.objects.get_or_create(
            series_content_sha256=digest_inputs(chosen),
            version=shadow,
            parameters_sha256=hash_parameters(asked),
            defaults={
                "series": chosen[0].series,
                "parameters": asked,
                "is_shadow": True,
                "queued_at": now,
                "rank_at": now,
                "not_before": now,
                "rung_at": now,
                "requested_by_id": actor.id,
                "requested_by_label": actor.label,
            },
        )
        if is_new:
            write_inputs(job=job, chosen=chosen)
            created.append(job)
    return created


def show_what_ran_in_shadow(*, actor: Actor, job: Job) -> None:
    """Somebody asks a version now in use what it was asked in shadow: the answer is shown.

    ``job`` is locked.
    """
    job.is_shadow = False
    job.save(update_fields=["is_shadow", "updated_at"])
    announce_findings(actor=actor, job=job, findings=Finding.objects.filter(job=job))
    announce_job(actor=actor, job=job)
