"""Who takes which job: the first of the queue that fits into the worker's memory.

A worker says what its device has (``say_memory``) whenever it looks at the queue or reports for a
job. So a job that fits none of them can be told from one that waits for a large worker at work.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from apps.ai import admission, conf
from apps.ai.admission import Admission, Need
from apps.ai.choices import JOB_MOVES, JobState, ModelKind, check_move
from apps.ai.models import Job
from apps.ai.runner.memory import DeviceMemory, describe
from apps.ai.services.announcing import announce_job
from apps.ai.services.jobs import OUT_OF_USE, end_job, may_run
from apps.core.actors import Actor
from apps.core.heartbeats import beat, read_details
from apps.imaging.models import Instance

LOOKED_AT = 50
"""So many waiting jobs are looked at for one that fits."""
DEVICE = "ai-device@"
USUAL_PLANE = 512 * 512
WAITING = "waiting_for_memory"
FITS_NOBODY = "memory_fits_nobody"
NOT_FREED = "memory_not_freed"


@dataclass(slots=True)
class Place:
    """Where a worker computes, and which jobs it has passed over since when.

    One lives as long as its process.

    Attributes
    ----------
    name : of host and device; several workers on one device share it.
    """

    name: str
    memory: DeviceMemory
    since: dict[UUID, float] = field(default_factory=dict)

    def waited_s(self, job_id: UUID) -> float:
        return time.monotonic() - self.since.setdefault(job_id, time.monotonic())


def say_memory(*, place: Place) -> None:
    """Make known what this worker's device has."""
    beat(name=f"{DEVICE}{place.name}"[:80], detail=describe(place.memory))


@transaction.atomic
def claim_next_job(*, worker: str, place: Place | None = None) -> Job | None:
    """Take the next waiting job that fits, with a lease and a new fencing token.

    None when none waits or fits. A job that cannot be run any more (its model was taken out of
    use, no worker is large enough for it) is ended and returned in that state.

    Parameters
    ----------
    place : the worker's device; without one every job fits.
    """
    for job in _waiting_jobs():
        actor = Actor.system(worker)
        if not may_run(job):
            code, message = OUT_OF_USE
            end_job(job=job, state=JobState.CANCELLED, code=code, message=message)
            announce_job(actor=actor, job=job)
            return job
        match _judge(job, place):
            case Admission.TAKE:
                return _take(job, worker)
            case Admission.HOLD_BACK:
                return None
            case Admission.TOO_LARGE | Admission.GIVE_UP as verdict if place is not None:
                if ended := _end_if_hopeless(job, place, verdict):
                    announce_job(actor=actor, job=ended)
                    return ended
    return None


def _waiting_jobs() -> Iterator[Job]:
    """Due jobs in order, each locked as it is looked at; whoever is locked is left out."""
    passed: list[UUID] = []
    while len(passed) < LOOKED_AT:
        job = (
            Job.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("version__model", "series__study")
            .filter(state=JobState.QUEUED, not_before__lte=timezone.now())
            .exclude(pk__in=passed)
            .order_by("rank_at", "id")
            .first()
        )
        if job is None:
            return
        passed.append(job.pk)
        yield job


def _judge(job: Job, place: Place | None) -> Admission:
    if place is None:
        return Admission.TAKE
    need = need_of(job=job)
    fits = need.bytes <= place.memory.free_bytes
    verdict = admission.admit(
        need=need,
        memory=place.memory,
        waited_s=0.0 if fits else place.waited_s(job.pk),
        others_run=not fits and _others_run(),
    )
    if verdict is Admission.TAKE:
        place.since.pop(job.pk, None)
    elif job.reason_code != WAITING:
        needed = admission.in_gib(need.bytes)
        job.reason_code = WAITING
        job.reason_message = f"It needs {needed} of memory on one device; that is not free now."
        job.save(update_fields=["reason_code", "reason_message", "updated_at"])
    return verdict


def _others_run() -> bool:
    return Job.objects.filter(state=JobState.RUNNING, lease_until__gte=timezone.now()).exists()


def need_of(*, job: Job) -> Need:
    """What a run of the job takes of its device's memory."""
    series_ids = [one.series_id for one in job.inputs.all()] or [job.series_id]
    images = Instance.objects.filter(series_id__in=series_ids)
    known = images.exclude(rows=None).aggregate(
        voxels=Sum(F("rows") * F("columns") * F("frames")), frames=Sum("frames")
    )
    voxels = known["voxels"] or job.series.frame_count * USUAL_PLANE
    return admission.estimate_need(
        limits=job.version.limits,
        is_builtin=job.version.model.kind == ModelKind.BUILTIN,
        voxels=int(voxels),
    )


def _end_if_hopeless(job: Job, place: Place, verdict: Admission) -> Job | None:
    """End the job when no living worker is large enough, or none has had room for too long."""
    need = need_of(job=job)
    needed = admission.in_gib(need.bytes)
    if verdict is Admission.GIVE_UP:
        code, message = (
            NOT_FREED,
            (
                f"It needs {needed} of memory; so much was not free within "
                f"{admission.WAITS_AT_MOST_S / 60:.0f} minutes."
            ),
        )
    elif place.waited_s(job.pk) >= admission.FITS_NOBODY_AFTER_S:
        within = timedelta(seconds=admission.FITS_NOBODY_AFTER_S)
        said = [one.get("total_mb", 0) for one in read_details(name=DEVICE, within=within)]
        largest = max((int(one) for one in said if isinstance(one, int)), default=0)
        if need.bytes <= largest * admission.MIB:
            return None
        code, message = (
            FITS_NOBODY,
            (
                f"It needs {needed} of memory on one device; the largest worker has "
                f"{admission.in_gib(largest * admission.MIB)}."
            ),
        )
    else:
        return None
    place.since.pop(job.pk, None)
    end_job(job=job, state=JobState.FAILED, code=code, message=message)
    return job


def _take(job: Job, worker: str) -> Job:
    now = timezone.now()
    check_move(moves=JOB_MOVES, subject="job", source=job.state, to=JobState.RUNNING)
    job.state = JobState.RUNNING
    job.fence += 1
    job.attempts += 1
    job.lease_until = now + conf.LEASE
    job.worker = worker
    job.started_at = now
    job.first_started_at = job.first_started_at or now
    job.progress, job.stage = 0.0, "starting"
    job.reason_code = job.reason_message = ""
    job.save()
    announce_job(actor=Actor.system(worker), job=job)
    return job
