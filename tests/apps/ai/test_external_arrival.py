"""Objects of other vendors become unreviewed findings when they arrive, each of them once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from pydicom.uid import generate_uid

from apps.ai import objects, services, sweeper
from apps.ai.choices import ModelKind, VersionState
from apps.ai.conf import EXTERNAL_MAX_FINDINGS
from apps.ai.exceptions import ModelNotActive, RunsElsewhere
from apps.ai.models import (
    ExternalObject,
    ExternalReading,
    Finding,
    Job,
    Model,
    ModelVersion,
)
from apps.ai.services import external as service
from apps.core.models import OutboxMessage
from apps.imaging.models import Series, Study
from tests.apps.ai import external_objects as made
from tests.apps.ai.encoded import encode, finding, read
from tests.apps.ai.external_objects import bring, only_finding, outcomes
from tests.apps.imaging.segs import blob, describe_segment, make_seg, raw, without_references
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def images(team: CaseTeam, tmp_path: Path) -> list[Any]:
    stack = made.stack_of(team)
    bring(team, tmp_path / "images", stack)
    return stack


def automatic(label: str = "Liver", number: int = 1) -> Any:
    return describe_segment(number, label=label, algorithm="AUTOMATIC")


# --- segmentations -------------------------------------------------------------------------


def test_an_automatic_segment_is_a_finding_with_exactly_its_mask(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    seg = make_seg(images, blob(), segments=[automatic("Liver, whole")])
    bring(team, tmp_path / "seg", [seg])
    found, external = only_finding()
    assert np.array_equal(objects.read_mask(finding=found), blob().astype(bool))
    assert found.job.grid["sop_instance_uids"] == [str(one.SOPInstanceUID) for one in images]
    assert (found.label, found.code["code"]) == ("Liver, whole", "10200004")
    assert found.tracking_uid == str(seg.SegmentSequence[0].TrackingUID)
    assert (external.pixels_uid, external.segment) == (str(seg.SOPInstanceUID), 1)
    assert (external.verification, external.remarks) == ("", [])
    assert (found.segmentation_uid, found.report_uid) == ("", "")
    assert (found.job.state, found.job.series.modality) == ("findings", "CT")
    version = found.job.version
    assert (version.model.name, version.version) == ("Elsewhere · OtherAI", "2")
    assert (version.model.kind, version.state) == (ModelKind.EXTERNAL, VersionState.EXTERNAL)


def test_the_place_is_the_masks_in_patient_space(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    """One voxel at slice 2, row 3, column 5: its centre and its box by the header's numbers."""
    mask = np.zeros((5, 16, 24), np.uint8)
    mask[2, 3, 5] = 1
    bring(team, tmp_path / "seg", [make_seg(images, mask, segments=[automatic()])])
    found, _ = only_finding()
    row_mm, column_mm = (float(value) for value in images[2].PixelSpacing)
    x, y, z = (float(value) for value in images[2].ImagePositionPatient)
    centre = [x + 5 * column_mm, y + 3 * row_mm, z]
    assert found.centroid_lps == pytest.approx(centre, abs=0.01)
    half = np.array([column_mm, row_mm, 2.0]) / 2
    assert found.bbox_lps[0] == pytest.approx(list(np.array(centre) - half), abs=0.01)
    assert found.bbox_lps[1] == pytest.approx(list(np.array(centre) + half), abs=0.01)
    assert found.sop_instance_uid == str(images[2].SOPInstanceUID)


def test_arriving_again_and_a_repeated_task_change_nothing(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    seg = make_seg(images, blob(), segments=[automatic()])
    study = bring(team, tmp_path / "seg", [seg])
    bring(team, tmp_path / "again", [seg])
    assert service.read_study_objects(study_id=study.pk) == 0
    assert (Finding.objects.count(), Job.objects.count()) == (1, 1)
    assert not ExternalReading.objects.exists()


def test_two_workers_at_once_take_it_in_once(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    seg = make_seg(images, blob(), segments=[automatic()])
    made.arrive(team, tmp_path / "seg", [seg])
    study = Study.objects.get()
    counts: list[int] = []

    def work() -> None:
        try:
            counts.append(service.read_study_objects(study_id=study.pk))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(counts) == 1
    assert Finding.objects.count() == 1


def test_a_lost_message_is_rung_for_again(
    team: CaseTeam, tmp_path: Path, images: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made.arrive(team, tmp_path / "seg", [make_seg(images, blob(), segments=[automatic()])])
    OutboxMessage.objects.all().delete()
    assert service.ring_for_owed_readings() == 0, "it was rung for just now"
    ExternalReading.objects.update(due_at="2026-01-01T00:00:00Z")
    sweeper.sweep()
    assert OutboxMessage.objects.filter(task=service.READ_TASK).count() == 1
    made.read_owed()
    assert Finding.objects.count() == 1
    assert not ExternalReading.objects.exists()


def test_what_people_drew_is_no_ai_and_a_mixed_object_gives_only_the_rest(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    manual = make_seg(images, blob(), segments=[describe_segment()])
    pixels = np.stack([blob(), blob(seed=2)], axis=-1)
    mixed = make_seg(images, pixels, segments=[describe_segment(1), automatic("AI", 2)])
    bring(team, tmp_path / "seg", [manual, mixed])
    assert outcomes() == {str(manual.SOPInstanceUID): "not_ai", str(mixed.SOPInstanceUID): "taken"}
    found, external = only_finding()
    assert (found.label, external.segment) == ("AI", 2)
    assert np.array_equal(objects.read_mask(finding=found), blob(seed=2).astype(bool))


def test_an_empty_segment_is_no_finding_and_says_so(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    pixels = np.stack([np.zeros_like(blob()), blob()], axis=-1)
    segments = [automatic("None here", 1), describe_segment(2)]
    bring(team, tmp_path / "seg", [make_seg(images, pixels, segments=segments)])
    assert not Finding.objects.exists()
    job = Job.objects.get()
    assert (job.state, job.version.model.name) == ("no_findings", "Elsewhere · OtherAI")


def test_another_grid_is_not_resampled_its_box_is_kept_and_said(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    seg = make_seg(images, blob(), segments=[automatic()])
    measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.PixelSpacing = [float(value) * 1.3 for value in measures.PixelSpacing]
    bring(team, tmp_path / "seg", [seg])
    found, external = only_finding()
    assert (found.mask_sha256, [one["code"] for one in external.remarks]) == (
        "",
        ["geometry_differs"],
    )
    rows, columns = np.nonzero(blob().any(axis=0))
    row_mm, column_mm = (float(value) for value in measures.PixelSpacing)
    x, y, _ = (float(value) for value in images[0].ImagePositionPatient)
    low, high = found.bbox_lps
    assert low[0] == pytest.approx(x + (columns.min() - 0.5) * column_mm, abs=0.01)
    assert high[1] == pytest.approx(y + (rows.max() + 0.5) * row_mm, abs=0.01)
    assert found.sop_instance_uid in {str(one.SOPInstanceUID) for one in images}


def test_missing_images_leave_the_box_and_say_so(team: CaseTeam, tmp_path: Path) -> None:
    stack = made.stack_of(team)
    seg = make_seg(stack, blob(), segments=[automatic()])
    bring(team, tmp_path / "seg", [seg])
    found, external = only_finding()
    assert [one["code"] for one in external.remarks] == ["images_missing"]
    assert found.bbox_lps and not found.mask_sha256
    assert found.job.series.modality == "SEG"


@pytest.mark.parametrize(
    "orientation", [[0.0, 1.0, 0.0, 0.0, 0.0, -1.0], [0.8, 0.6, 0, -0.36, 0.48, 0.8]]
)
def test_masks_are_exact_without_references_and_in_any_orientation(
    team: CaseTeam, tmp_path: Path, orientation: list[float]
) -> None:
    stack = made.stack_of(team, orientation=orientation, step_mm=-2.0)
    bring(team, tmp_path / "images", stack)
    seg = without_references(make_seg(stack, blob(), segments=[automatic()]))
    bring(team, tmp_path / "seg", [seg])
    found, external = only_finding()
    assert [one["code"] for one in external.remarks] == ["placed_by_geometry"]
    laid = objects.read_mask(finding=found)
    expected = {str(one.SOPInstanceUID): plane for one, plane in zip(stack, blob(), strict=True)}
    for uid, plane in zip(found.job.grid["sop_instance_uids"], laid, strict=True):
        assert np.array_equal(plane, expected[uid].astype(bool))


# --- errors by name ------------------------------------------------------------------------


def test_another_frame_of_reference_is_an_error_and_no_finding(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    seg = make_seg(images, blob(), segments=[automatic()])
    seg.FrameOfReferenceUID = generate_uid()
    bring(team, tmp_path / "seg", [seg])
    job = Job.objects.get()
    assert (job.state, job.reason_code) == ("failed", "frame_of_reference_mismatch")
    assert not Finding.objects.exists()


def test_another_patient_is_an_error_and_no_finding(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    made.arrive(team, tmp_path / "seg", [make_seg(images, blob(), segments=[automatic()])])
    Study.objects.update(patient_id="SOMEBODY-ELSE")
    made.read_owed()
    job = Job.objects.get()
    assert (job.state, job.reason_code) == ("failed", "patient_mismatch")
    assert "patient_id" in job.reason_message and "SOMEBODY" not in job.reason_message
    assert not Finding.objects.exists()


def test_what_cannot_be_read_is_kept_and_says_why(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    broken = make_seg(images, blob(), segments=[automatic()])
    broken.PerFrameFunctionalGroupsSequence = broken.PerFrameFunctionalGroupsSequence[:-1]
    good = make_seg(images, blob(seed=2), segments=[automatic("Good")])
    bring(team, tmp_path / "seg", [broken, good])
    job = Job.objects.get(state="failed")
    assert job.reason_code == "malformed"
    assert "frames" in job.reason_message
    kept = ExternalObject.objects.get(outcome="refused")
    assert (kept.sop_instance_uid, kept.job) == (str(broken.SOPInstanceUID), job)
    assert only_finding()[0].label == "Good"


def test_more_results_than_are_believed_are_refused_whole(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    count = EXTERNAL_MAX_FINDINGS + 1
    groups = [made.of_images(images[:1], measurements=None) for _ in range(count)]
    bring(team, tmp_path / "sr", [made.make_report(images[:1], groups)])
    job = Job.objects.get()
    assert (job.state, job.reason_code) == ("failed", "too_many_findings")
    assert str(count) in job.reason_message
    assert not Finding.objects.exists()


def test_an_unexpected_fault_keeps_the_object_and_reads_the_others(
    team: CaseTeam, tmp_path: Path, images: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_seg(images, blob(), segments=[automatic("First")])
    other = make_seg(images, blob(seed=2), segments=[automatic("Other")])
    real = service.read_object

    def fall(row: Any, **options: Any) -> Any:
        if row.sop_instance_uid == str(first.SOPInstanceUID):
            raise KeyError("surprise")
        return real(row, **options)

    monkeypatch.setattr(service, "read_object", fall)
    bring(team, tmp_path / "seg", [first, other])
    assert Job.objects.get(state="failed").reason_code == "internal_error"
    assert only_finding()[0].label == "Other"


# --- our own, and what never runs ----------------------------------------------------------


def test_what_this_house_wrote_never_becomes_external(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    from dataclasses import replace

    from tests.apps.ai import world

    headers = [read(one) for one in raw(images)]
    ours = {
        name: read(data) for name, data in encode(headers, finding(blob().astype(bool))).items()
    }
    series = Series.objects.get(series_instance_uid=images[0].SeriesInstanceUID)
    world.request(team=team, version=world.builtin_version(tmp_path), series=series)
    job = services.claim_next_job(worker="test")
    assert job is not None
    draft = replace(
        world.draft(),
        segmentation_uid=str(ours["seg"].SOPInstanceUID),
        report_uid=str(ours["report"].SOPInstanceUID),
    )
    services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[draft], grid=world.GRID, parameters={}
    )
    bring(team, tmp_path / "back", [ours["seg"], ours["report"]])
    assert set(outcomes().values()) == {"own"}
    assert not Model.objects.filter(kind=ModelKind.EXTERNAL).exists()


def test_a_model_that_runs_elsewhere_is_never_run_approved_or_put_into_use(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    broken = make_seg(images, blob(), segments=[automatic()])
    broken.FrameOfReferenceUID = generate_uid()
    bring(team, tmp_path / "seg", [broken])
    job = Job.objects.get()
    version = ModelVersion.objects.get(model__kind=ModelKind.EXTERNAL)
    admin = team.actor("radiologist")
    with pytest.raises(ModelNotActive):
        services.request_job(
            actor=admin, case_id=team.case_id, model_id=version.model_id,
            series_instance_uid=str(images[0].SeriesInstanceUID),
        )  # fmt: skip
    with pytest.raises(RunsElsewhere):
        services.retry_job(actor=admin, job_id=job.pk)
    with pytest.raises(RunsElsewhere):
        services.approve_version(actor=admin, version_id=version.pk)
    house = team.actor("ai_admin")
    with pytest.raises(RunsElsewhere):
        services.propose_activation(actor=house, version_id=version.pk, reason="It is good.")
    with pytest.raises(RunsElsewhere):
        services.suspend_version(actor=house, version_id=version.pk, reason="It is not good.")
    assert services.claim_next_job(worker="test") is None
