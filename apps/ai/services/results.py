"""Write a job's findings, once, by whoever holds the fence."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.ai.analyses.results import SegmentResult
from apps.ai.choices import JobState
from apps.ai.drafts import FindingDraft, MapDraft
from apps.ai.models import Finding, Job, ResultMap
from apps.ai.services.announcing import announce_findings, announce_job
from apps.ai.services.jobs import OUT_OF_USE, end_job, lock_owned_job, lost_its_model
from apps.ai.services.superseding import supersede_older
from apps.audit.services import record_entry
from apps.core.actors import Actor


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

    Of a version that left its use meanwhile nothing is written: the job ends as cancelled.

    Raises
    ------
    StaleFence
        Another worker has the job: nothing is written.
    """
    job = lock_owned_job(job_id=job_id, fence=fence)
    if lost_its_model(job=job):
        end_job(job=job, state=JobState.CANCELLED, code=OUT_OF_USE[0], message=OUT_OF_USE[1])
        announce_job(actor=Actor.system(job.worker), job=job)
        return job
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
    announce_findings(actor=actor, job=job, findings=findings)
    supersede_older(actor=actor, job=job)
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
