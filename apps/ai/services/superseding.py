"""A newer version of a model read the same images: what it leaves of the older version's findings.

Nothing is overwritten. What a case reviewed stays as it was reviewed; what nobody reviewed there is
superseded, can be read, and leaves the inbox. A version that is taken back gives it back.
"""

from collections.abc import Iterable
from uuid import UUID

from apps.ai.choices import FindingState, JobState, VersionState
from apps.ai.events import FindingsAdded, FindingStamp
from apps.ai.models import Finding, FindingReview, Job
from apps.ai.selectors.findings import UNREVIEWED_VERSION
from apps.ai.services.announcing import cases_of_study
from apps.core import events
from apps.core.actors import Actor

_READ = (JobState.FINDINGS, JobState.NO_FINDINGS)


def supersede_older(*, actor: Actor, job: Job) -> None:
    """Called by whoever ends ``job``, in the same transaction."""
    if job.version.state != VersionState.ACTIVE:
        return
    older = Job.objects.filter(
        version__model_id=job.version.model_id,
        version__created_at__lt=job.version.created_at,
        series_content_sha256=job.series_content_sha256,
        state__in=_READ,
        superseded_by=None,
    )
    _mark(actor=actor, job_ids=list(older.values_list("pk", flat=True)), by=job)


def restore_superseded(*, actor: Actor, version_id: UUID) -> None:
    """The version is out of use: what its runs superseded is to be reviewed again."""
    held = Job.objects.filter(superseded_by__version_id=version_id)
    _mark(actor=actor, job_ids=list(held.values_list("pk", flat=True)), by=None)


def _mark(*, actor: Actor, job_ids: list[UUID], by: Job | None) -> None:
    Job.objects.filter(pk__in=job_ids).update(superseded_by=by)
    state = FindingState.SUPERSEDED if by else FindingState.UNREVIEWED
    for job in Job.objects.filter(pk__in=job_ids).select_related("series"):
        findings = list(Finding.objects.filter(job=job).values_list("pk", flat=True))
        for case_id in cases_of_study(study_id=job.series.study_id):
            stamps = _stamps(findings, case_id=case_id, state=state)
            if stamps:
                events.record(
                    FindingsAdded(
                        **events.actor_fields(actor),
                        case_id=case_id,
                        entity="job",
                        entity_id=str(job.pk),
                        entity_version=job.fence,
                        job=job.pk,
                        findings=stamps,
                    )
                )


def _stamps(
    findings: Iterable[UUID], *, case_id: UUID, state: FindingState
) -> tuple[FindingStamp, ...]:
    reviewed = set(
        FindingReview.objects.filter(
            case_id=case_id, stands=True, finding_id__in=findings
        ).values_list("finding_id", flat=True)
    )
    return tuple(
        FindingStamp(id=pk, version=UNREVIEWED_VERSION, state=state)
        for pk in findings
        if pk not in reviewed
    )
