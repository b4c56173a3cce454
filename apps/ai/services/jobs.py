"""Jobs: asked for once, owned by one worker at a time, never lost.

The queue is the table. ``claiming`` takes a lease and a new fencing token; every later write names
the token, so a worker that was given up for dead cannot write over its successor.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ai import policies, selectors
from apps.ai.choices import (
    JOB_MOVES,
    RETRYABLE_JOB_STATES,
    RUNNING_STATES,
    JobState,
    ModelKind,
    VersionState,
    check_move,
)
from apps.ai.conf import LEASE, MAX_ATTEMPTS, RETRY_DELAY
from apps.ai.exceptions import ModelNotActive, RunsElsewhere, SeriesNotReady, StaleFence
from apps.ai.models import Job
from apps.ai.services.announcing import announce_job
from apps.ai.services.inputs import choose_inputs, digest_inputs, hash_parameters, write_inputs
from apps.ai.services.ranking import rank_of_study
from apps.ai.services.shadowing import (
    follow_in_shadow,
    show_what_ran_in_shadow,
    version_to_ask,
)
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.outbox import enqueue
from apps.imaging.models import Series

RUN_TASK = "apps.ai.tasks.run_jobs"
WORKER_LOST = "worker_lost"
OUT_OF_USE = ("model_not_active", "The model was taken out of use.")


@transaction.atomic
def request_job(
    *,
    actor: Actor,
    case_id: UUID,
    model_id: UUID,
    series_instance_uid: str,
    parameters: dict[str, Any] | None = None,
    inputs: dict[str, str] | None = None,
    is_urgent: bool = False,
) -> Job:
    """Ask for one analysis of one series of the case, or of several of its study.

    A model that reads several series gets those that fit its roles; ``inputs`` (role to Series
    Instance UID) names them where several fit. The same question (content × model version ×
    parameters) is one job, however often and by whomever it is asked; one that failed or was
    cancelled is queued again. Asked for as urgent it moves up, whoever asked before.

    Raises
    ------
    NotVisible
        The series is not in this case.
    ModelNotActive, SeriesNotReady
        It cannot be asked now.
    InputsUnclear
        Not every role of the model has exactly one series.
    """
    policies.run_model(actor=actor, case_id=case_id)
    series = _find_series(case_id, series_instance_uid)
    version = version_to_ask(actor=actor, model_id=model_id)
    is_shadow = version.state == VersionState.SHADOW
    chosen = choose_inputs(version=version, series=series, named=inputs or {})
    asked = {**version.default_parameters, **(parameters or {})}
    now = timezone.now()
    standing = rank_of_study(
        study_id=chosen[0].series.study_id, queued_at=now, is_urgent=is_urgent, now=now
    )
    job, created = Job.objects.get_or_create(
        series_content_sha256=digest_inputs(chosen),
        version=version,
        parameters_sha256=hash_parameters(asked),
        defaults={
            "series": chosen[0].series,
            "parameters": asked,
            "is_urgent": is_urgent,
            "is_shadow": is_shadow,
            "queued_at": now,
            "rank_at": standing.at,
            "rank_reason": standing.reason,
            "not_before": now,
            "rung_at": now,
            "requested_by_id": actor.id,
            "requested_by_label": actor.label,
        },
    )
    record_entry(
        actor=actor,
        action="job.requested",
        case_id=case_id,
        entity="job",
        entity_id=job.pk,
        details={
            "model": version.model.slug,
            "version": version.version,
            "created": created,
            "is_urgent": is_urgent,
        },
    )
    follow_in_shadow(
        actor=actor, version=version, series=series, parameters=parameters or {}, now=now
    )
    if created:
        write_inputs(job=job, chosen=chosen)
        ring_bell()
        announce_job(actor=actor, job=job)
        return job
    job = lock_job(job_id=job.pk)
    if job.is_shadow and not is_shadow:
        show_what_ran_in_shadow(actor=actor, job=job)
    is_more_urgent = is_urgent and not job.is_urgent
    job.is_urgent = job.is_urgent or is_urgent
    if job.state in RETRYABLE_JOB_STATES:
        _queue_again(job, actor)
    elif is_more_urgent and job.state == JobState.QUEUED:
        _stand(job, now)
        job.save()
        announce_job(actor=actor, job=job)
    return job


@transaction.atomic
def retry_job(*, actor: Actor, job_id: UUID) -> Job:
    """Queue a failed or cancelled job again, with all its attempts before it."""
    policies.control_job(actor=actor, job_id=job_id)
    job = lock_job(job_id=job_id)
    _require_ours(job)
    if job.version.state not in RUNNING_STATES or _left_for_shadow(job):
        raise ModelNotActive("This version of the model is not in use any more.")
    _audit(actor, "job.retried", job)
    _queue_again(job, actor)
    return job


@transaction.atomic
def cancel_job(*, actor: Actor, job_id: UUID) -> Job:
    """Cancel: at once while it waits, at the worker's next heartbeat while it runs."""
    policies.control_job(actor=actor, job_id=job_id)
    job = lock_job(job_id=job_id)
    _audit(actor, "job.cancelled", job)
    if job.state == JobState.RUNNING:
        job.cancel_requested = True
        job.save(update_fields=["cancel_requested", "updated_at"])
        return job
    _end(job, JobState.CANCELLED)
    announce_job(actor=actor, job=job)
    return job


def heartbeat_job(*, job_id: UUID, fence: int, progress: float, stage: str) -> bool:
    """Extend the lease and report; True when somebody asked to cancel.

    Raises
    ------
    StaleFence
        The job belongs to another worker (or to none) now.
    """
    now = timezone.now()
    owned = Job.objects.filter(pk=job_id, fence=fence, state=JobState.RUNNING)
    if not owned.update(
        lease_until=now + LEASE, progress=progress, stage=stage[:60], updated_at=now
    ):
        raise StaleFence
    return bool(owned.values_list("cancel_requested", flat=True).first())


@transaction.atomic
def fail_job(
    *, job_id: UUID, fence: int, code: str, message: str, state: JobState = JobState.FAILED
) -> Job:
    """End the job without results: ``failed``, or ``out_of_scope`` with the reason."""
    job = lock_owned_job(job_id=job_id, fence=fence)
    _end(job, state, code, message)
    announce_job(actor=Actor.system(job.worker), job=job)
    return job


@transaction.atomic
def release_job(*, job_id: UUID, fence: int, code: str, message: str) -> Job:
    """Give the job back after a failure that another attempt may not meet."""
    job = lock_owned_job(job_id=job_id, fence=fence)
    requeue_or_quarantine(job=job, code=code, message=message)
    return job


@transaction.atomic
def finish_cancelled_job(*, job_id: UUID, fence: int) -> Job:
    job = lock_owned_job(job_id=job_id, fence=fence)
    _end(job, JobState.CANCELLED, *_why_cancelled(job))
    announce_job(actor=Actor.system(job.worker), job=job)
    return job


def requeue_or_quarantine(*, job: Job, code: str, message: str) -> None:
    """After a lost attempt: wait and try again, or stop after the last. Job is locked."""
    actor = Actor.system(job.worker or "sweeper")
    if job.cancel_requested:
        _end(job, JobState.CANCELLED, *_why_cancelled(job))
    elif job.attempts >= MAX_ATTEMPTS:
        _end(
            job,
            JobState.FAILED,
            "quarantined",
            f"Stopped after {job.attempts} attempts. Last: {message} ({code})",
        )
    else:
        check_move(moves=JOB_MOVES, subject="job", source=job.state, to=JobState.QUEUED)
        now = timezone.now()
        job.state = JobState.QUEUED
        job.lease_until = None
        # A lost lease was wait enough; a failure waits longer each time.
        delay = timedelta(0) if code == WORKER_LOST else RETRY_DELAY * 2 ** (job.attempts - 1)
        job.not_before = now + delay
        job.rung_at = now
        job.reason_code, job.reason_message = code[:80], message
        job.save()
        ring_bell(eta=job.not_before)
    announce_job(actor=actor, job=job)


def lock_job(*, job_id: UUID) -> Job:
    job = (
        Job.objects.select_for_update(of=("self",))
        .select_related("version__model", "series__study")
        .filter(pk=job_id)
        .first()
    )
    if job is None:
        raise NotVisible()
    return job


def lock_owned_job(*, job_id: UUID, fence: int) -> Job:
    """Lock the job for a write by the holder of ``fence``.

    Raises
    ------
    StaleFence
        The token is not the current one, or the job no longer runs.
    """
    job = lock_job(job_id=job_id)
    if job.fence != fence or job.state != JobState.RUNNING:
        raise StaleFence
    return job


def ring_bell(*, eta: Any = None) -> None:
    """Wake a worker. A lost bell loses nothing: the sweeper rings again from the table."""
    enqueue(task=RUN_TASK, kwargs={}, queue="ai", eta=eta)


def end_job(*, job: Job, state: JobState, code: str = "", message: str = "") -> None:
    """Move a locked job to an ending; used where results are written and models withdrawn."""
    _end(job, state, code, message)


def lost_its_model(*, job: Job) -> bool:
    """Whether the version left its use while the locked job ran: its results are not written."""
    job.version.refresh_from_db(fields=["state"])
    return not may_run(job)


def may_run(job: Job) -> bool:
    """In use, or in shadow as it was asked; and its content approved, as ever."""
    if job.version.state not in RUNNING_STATES or _left_for_shadow(job):
        return False
    return selectors.is_approved(version=job.version)


def _left_for_shadow(job: Job) -> bool:
    """Asked by somebody who waits for the answer, of a version that shows none any more."""
    return job.version.state == VersionState.SHADOW and not job.is_shadow


def _why_cancelled(job: Job) -> tuple[str, str]:
    return OUT_OF_USE if lost_its_model(job=job) else ("", "")


def _end(job: Job, state: JobState, code: str = "", message: str = "") -> None:
    check_move(moves=JOB_MOVES, subject="job", source=job.state, to=state)
    job.state = state
    job.lease_until = None
    job.cancel_requested = False
    job.finished_at = timezone.now()
    job.reason_code, job.reason_message = code[:80], message[:4_000]
    if state in {JobState.FINDINGS, JobState.NO_FINDINGS}:
        job.progress, job.stage = 1.0, ""
    job.save()


def _require_ours(job: Job) -> None:
    if job.version.model.kind == ModelKind.EXTERNAL:
        raise RunsElsewhere("This model runs elsewhere: there is nothing to run again here.")


def _queue_again(job: Job, actor: Actor) -> None:
    _require_ours(job)
    check_move(moves=JOB_MOVES, subject="job", source=job.state, to=JobState.QUEUED)
    now = timezone.now()
    job.state = JobState.QUEUED
    job.attempts = 0
    job.progress, job.stage = 0.0, ""
    job.reason_code = job.reason_message = ""
    job.not_before = job.rung_at = job.queued_at = now
    _stand(job, now)
    job.finished_at = None
    job.requested_by_id, job.requested_by_label = actor.id, actor.label
    job.save()
    ring_bell()
    announce_job(actor=actor, job=job)


def _stand(job: Job, now: datetime) -> None:
    standing = rank_of_study(
        study_id=job.series.study_id, queued_at=job.queued_at, is_urgent=job.is_urgent, now=now
    )
    job.rank_at, job.rank_reason = standing.at, standing.reason


def _find_series(case_id: UUID, series_instance_uid: str) -> Series:
    series = (
        Series.objects.select_related("study")
        .filter(series_instance_uid=series_instance_uid, study__case_studies__case_id=case_id)
        .first()
    )
    if series is None:
        raise NotVisible()
    if series.study.ready_at is None or not series.content_sha256:
        raise SeriesNotReady("The series is not completely in the archive yet.")
    return series


def _audit(actor: Actor, action: str, job: Job) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="job",
        entity_id=job.pk,
        details={"model": job.version.model.slug, "state": job.state},
    )
