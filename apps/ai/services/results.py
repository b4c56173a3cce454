"""Write a job's findings, once, by whoever holds the fence."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.ai.analyses.results import SegmentResult, SeriesStatement
from apps.ai.choices import FindingState, JobState
from apps.ai.events import FindingsAdded, FindingStamp
from apps.ai.models import Finding, Job, ResultMap
from apps.ai.services.jobs import announce_job, cases_of_study, end_job, lock_owned_job
from apps.audit.services import record_entry
from apps.core import events
from apps.core.actors import Actor


@dataclass(frozen=True, slots=True)
class FindingDraft:
    """A result with its place in the patient, if it has one, and its stored objects."""

    result: SegmentResult | SeriesStatement
    tracking_uid: str
    frame_of_reference_uid: str
    sop_instance_uid: str
    centroid_lps: list[float]
    bbox_lps: list[list[float]]
    mask_sha256: str
    segmentation_uid: str
    segmentation_sha256: str
    report_uid: str
    report_sha256: str


@dataclass(frozen=True, slots=True)
class MapDraft:
    """A map with its codes and its stored object."""

    label: str
    quantity: dict[str, str]
    unit: dict[str, str]
    sop_instance_uid: str
    object_sha256: str


@transaction.atomic
def complete_job(
    *,
    job_id: UUID,
    fence: int,
    drafts: Sequence[FindingDraft],
    grid: dict[str, Any],
    parameters: dict[str, Any],
    warnings: Sequence[tuple[str, str]] = (),
    maps: Sequence[MapDraft] = (),
) -> Job:
    """End the job with its findings, or with "no findings" when there are none.

    Raises
    ------
    StaleFence
        Another worker has the job: nothing is written.
    """
    job = lock_owned_job(job_id=job_id, fence=fence)
    job.grid = grid
    job.results_parameters = parameters
    job.warnings = [list(warning) for warning in warnings]
    findings = Finding.objects.bulk_create(
        [_build(job, number, draft) for number, draft in enumerate(drafts, start=1)]
    )
    ResultMap.objects.bulk_create(
        [ResultMap(job=job, number=n, **asdict(one)) for n, one in enumerate(maps, start=1)]
    )
    end_job(job=job, state=JobState.FINDINGS if findings else JobState.NO_FINDINGS)
    actor = Actor.system(job.worker)
    record_entry(
        actor=actor,
        action="job.completed",
        entity="job",
        entity_id=job.pk,
        details={"state": job.state, "findings": len(findings)},
    )
    if findings:
        _announce_findings(actor, job, findings)
    announce_job(actor=actor, job=job)
    return job


def _build(job: Job, number: int, draft: FindingDraft) -> Finding:
    result = draft.result
    return Finding(
        job=job,
        study_id=job.series.study_id,
        number=number,
        label=result.label,
        code=result.code.as_dict(),
        category=result.category.as_dict(),
        site=result.site.as_dict() if result.site else None,
        laterality=result.laterality.as_dict() if result.laterality else None,
        measurements=[
            {
                **measured.as_dict(),
                "concept": measured.concept.as_dict(),
                "unit_code": measured.unit_code.as_dict(),
                "derivation": measured.derivation.as_dict() if measured.derivation else None,
            }
            for measured in result.measurements
        ],
        probability=result.probability,
        urgency=result.urgency,
        tg263=result.tg263 if isinstance(result, SegmentResult) else "",
        tracking_uid=draft.tracking_uid,
        frame_of_reference_uid=draft.frame_of_reference_uid,
        sop_instance_uid=draft.sop_instance_uid,
        centroid_lps=draft.centroid_lps,
        bbox_lps=draft.bbox_lps,
        mask_sha256=draft.mask_sha256,
        segmentation_uid=draft.segmentation_uid,
        segmentation_sha256=draft.segmentation_sha256,
        report_uid=draft.report_uid,
        report_sha256=draft.report_sha256,
    )


def _announce_findings(actor: Actor, job: Job, findings: list[Finding]) -> None:
    stamps = tuple(
        FindingStamp(id=finding.pk, version=1, state=FindingState.UNREVIEWED)
        for finding in findings
    )
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
