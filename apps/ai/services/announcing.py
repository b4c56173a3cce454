"""Telling cases about jobs and findings. What runs in shadow is told to nobody."""

from collections.abc import Iterable
from uuid import UUID

from apps.ai.choices import FindingState
from apps.ai.events import FindingsAdded, FindingStamp, JobChanged
from apps.ai.models import Finding, Job
from apps.core import events
from apps.core.actors import Actor
from apps.imaging.models import CaseStudy


def announce_job(*, actor: Actor, job: Job) -> None:
    """Tell every case that shows the study. Last statement: the log's head is locked here."""
    if job.is_shadow:
        return
    for case_id in cases_of_study(study_id=job.series.study_id):
        events.record(
            JobChanged(
                **events.actor_fields(actor),
                case_id=case_id,
                entity="job",
                entity_id=str(job.pk),
                entity_version=job.fence,
                state=job.state,
                series_instance_uid=job.series.series_instance_uid,
                reason_code=job.reason_code,
            )
        )


def announce_findings(*, actor: Actor, job: Job, findings: Iterable[Finding]) -> None:
    """Tell every case that shows the study what there is to review."""
    stamps = tuple(
        FindingStamp(id=finding.pk, version=1, state=FindingState.UNREVIEWED)
        for finding in findings
    )
    if job.is_shadow or not stamps:
        return
    for case_id in cases_of_study(study_id=job.series.study_id):
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


def cases_of_study(*, study_id: UUID) -> list[UUID]:
    """In one order everywhere, so that two writers lock the logs alike."""
    links = CaseStudy.objects.filter(study_id=study_id).order_by("case_id")
    return list(links.values_list("case_id", flat=True))
