"""Models, studies and jobs for tests, made through the services the product uses."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.utils import timezone

from apps.ai import services
from apps.ai.analyses.results import Code, MaskRegion, MeasuredValue, SegmentResult
from apps.ai.drafts import FindingDraft
from apps.ai.models import Job, ModelVersion
from apps.core.actors import Actor
from apps.imaging.choices import StudyState
from apps.imaging.masks import pack_mask
from apps.imaging.models import CaseStudy, Series, Study
from tests.people import CaseTeam

INSTALLER = Actor.system("installation")


def builtin_version(tmp_path: Path, *, slug: str = "threshold") -> ModelVersion:
    source = tmp_path / f"analysis-{slug}"
    source.mkdir(exist_ok=True)
    (source / "code.py").write_text("VALUE = 1\n")
    return services.register_builtin(
        actor=INSTALLER,
        slug=slug,
        name="Threshold",
        version="1.0",
        module="apps.ai.analyses.pet_lesions",
        source=source,
        card={"intended_use": "tests"},
        scope={"rules": []},
        default_parameters={"method": "fixed"},
    )


NOT_VALIDATED = "Test data of this house: nothing to validate it on."


def approve(*, team: CaseTeam, version: ModelVersion) -> None:
    """Both sides' word for the content."""
    for who in ("ai_admin", "radiologist"):
        services.approve_version(actor=team.actor(who), version_id=version.pk)


def put_into_use(*, team: CaseTeam, version: ModelVersion) -> ModelVersion:
    """Approved by two people, proposed by one of them and confirmed by the other."""
    approve(team=team, version=version)
    services.propose_activation(
        actor=team.actor("ai_admin"), version_id=version.pk, reason=NOT_VALIDATED
    )
    return services.confirm_activation(actor=team.actor("radiologist"), version_id=version.pk)


def indexed_series(*, team: CaseTeam, uid: str = "", content: str = "") -> Series:
    """A study and a series of the case as the index knows them; nothing in the archive."""
    study = Study.objects.create(
        study_instance_uid=f"2.25.{uuid4().int}",
        patient_id="P1",
        state=StudyState.READY,
        ready_at=timezone.now(),
    )
    CaseStudy.objects.create(case=team.case, study=study)
    return Series.objects.create(
        study=study,
        series_instance_uid=uid or f"2.25.{uuid4().int}",
        modality="CT",
        content_sha256=content or uuid4().hex * 2,
        archive_key="absent",
    )


def request(*, team: CaseTeam, version: ModelVersion, series: Series, who="radiologist") -> Job:
    return services.request_job(
        actor=team.actor(who),
        case_id=team.case_id,
        model_id=version.model_id,
        series_instance_uid=series.series_instance_uid,
    )


def let_lease_end(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def draft(*, label: str = "Bright thing") -> FindingDraft:
    import numpy as np

    mask = np.zeros((4, 6, 8), dtype=bool)
    mask[1:3, 2:4, 3:6] = True
    segment = SegmentResult(
        label=label,
        code=Code("SCT", "4147007", "Mass"),
        category=Code("SCT", "49755003", "Morphologically Abnormal Structure"),
        region=MaskRegion.from_mask(mask),
        measurements=(
            MeasuredValue(
                "volume", 1.5, "mL", Code("SCT", "118565006", "Volume"), Code("UCUM", "mL", "mL")
            ),
        ),
        probability=0.7,
    )
    from apps.ai import storage

    return FindingDraft(
        result=segment,
        tracking_uid=f"2.25.{uuid4().int}",
        frame_of_reference_uid="1.2.3",
        sop_instance_uid="1.2.3.4",
        centroid_lps=[1.0, 2.0, 3.0],
        bbox_lps=[[0.0, 0.0, 0.0], [2.0, 4.0, 6.0]],
        mask_sha256=storage.put_bytes(content=pack_mask(mask.astype(np.uint8).tobytes())),
        segmentation_uid=f"2.25.{uuid4().int}",
        segmentation_sha256=storage.put_bytes(content=b"SEG" + uuid4().bytes),
        report_uid=f"2.25.{uuid4().int}",
        report_sha256=storage.put_bytes(content=b"SR" + uuid4().bytes),
    )


GRID = {"shape": [4, 6, 8], "sop_instance_uids": ["1.2.3.1", "1.2.3.4", "1.2.3.5", "1.2.3.6"]}


def finished_job(
    *, team: CaseTeam, version: ModelVersion, series: Series, findings: int = 2
) -> Job:
    request(team=team, version=version, series=series)
    job = services.claim_next_job(worker="test")
    return services.complete_job(
        job_id=job.pk,
        fence=job.fence,
        drafts=[draft(label=f"Thing {number}") for number in range(1, findings + 1)],
        grid=GRID,
        parameters={"method": "fixed"},
    )
