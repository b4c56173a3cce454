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
    ExternalFinding,
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


@pytest.mark.parametrize("orientation", [[0.0, 1.0, 0.0, 0.0, 0.0, -1.0], [0.8, 0.6, 0, -0.36, 0.48, 0.8]])
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


# --- reports -------------------------------------------------------------------------------


def test_a_report_keeps_its_numbers_units_codes_side_and_algorithm(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    tracking = generate_uid()
    square = [[4.5, 3.5], [9.5, 3.5], [9.5, 7.5], [4.5, 7.5], [4.5, 3.5]]
    group = made.on_image(
        images[2], square, shape="POLYLINE", tracking=tracking,
        algorithm_id=made.algorithm(),
        measurements=[
            made.volume_of(523.6),
            made.volume_of(0.82, name=made.PROBABILITY, unit=made.ONE),
        ],
    )  # fmt: skip
    report = made.make_report(images, [group])
    bring(team, tmp_path / "sr", [report])
    found, external = only_finding()
    volume, probability = found.measurements
    assert (volume["quantity"], volume["value"], volume["unit"]) == ("volume", 523.6, "mm³")
    assert volume["unit_code"] == {"system": "UCUM", "code": "mm3", "display": "cubic millimeter"}
    assert (probability["value"], found.probability) == (0.82, 0.82)
    assert (found.label, found.site["code"], found.laterality["code"]) == (
        "Nodule",
        "39607008",
        "7771000",
    )
    assert found.tracking_uid == tracking
    assert (external.report_uid, external.verification) == (
        str(report.SOPInstanceUID),
        "unverified",
    )
    version = found.job.version
    assert (version.model.name, version.version) == ("Acme · Nodule CAD", "2.1")
    assert found.sop_instance_uid == str(images[2].SOPInstanceUID)
    row_mm, column_mm = (float(value) for value in images[2].PixelSpacing)
    x, y, z = (float(value) for value in images[2].ImagePositionPatient)
    low, high = found.bbox_lps  # the corner of the first pixel is (0, 0), its centre (0.5, 0.5)
    assert low == pytest.approx([x + 4 * column_mm, y + 3 * row_mm, z], abs=0.01)
    assert high == pytest.approx([x + 9 * column_mm, y + 7 * row_mm, z], abs=0.01)
    (outline,) = external.outlines
    assert outline["points_lps"][0] == pytest.approx(low, abs=0.01)


def test_a_circle_has_the_box_of_its_radius(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    group = made.on_image(images[1], [[10.5, 8.5], [13.5, 8.5]], shape="CIRCLE")
    bring(team, tmp_path / "sr", [made.make_report(images, [group])])
    found, _ = only_finding()
    row_mm, column_mm = (float(value) for value in images[1].PixelSpacing)
    low, high = (np.array(corner) for corner in found.bbox_lps)
    assert list(high - low)[:2] == pytest.approx([6 * column_mm, 6 * row_mm], abs=0.01)


def test_an_outline_in_space_shows_on_the_nearest_image_or_is_an_error(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    x, y, z = (float(value) for value in images[3].ImagePositionPatient)
    ring = [[x + 2, y + 2, z], [x + 6, y + 2, z], [x + 6, y + 5, z], [x + 2, y + 2, z]]
    here = str(images[0].FrameOfReferenceUID)
    good = made.make_report(images, [made.in_space(ring, here)])
    bring(team, tmp_path / "good", [good])
    found, _ = only_finding()
    assert found.sop_instance_uid == str(images[3].SOPInstanceUID)
    assert found.frame_of_reference_uid == here
    assert found.bbox_lps[0] == pytest.approx([x + 2, y + 2, z])
    bring(team, tmp_path / "bad", [made.make_report(images, [made.in_space(ring, generate_uid())])])
    assert Finding.objects.count() == 1
    assert Job.objects.get(state="failed").reason_code == "frame_of_reference_mismatch"


def test_verified_elsewhere_is_unreviewed_here_and_says_by_whom(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    group = made.of_images(images, algorithm_id=made.algorithm())
    report = made.make_report(images, [group], verified_by="Rossi^Ada")
    bring(team, tmp_path / "sr", [report])
    found, external = only_finding()
    assert external.verification == "verified"
    assert external.verified_by == "Rossi, Ada (Other House)"
    assert not found.reviews.exists()
    assert (found.mask_sha256, found.centroid_lps, found.bbox_lps) == ("", [], [])


def test_a_persons_report_is_a_document_and_nothing_else(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    group = made.of_images(images)
    alone = made.make_report(images, [group], device=None, person="Doe^Jane")
    beside = made.make_report(images, [group], person="Doe^Jane")
    bring(team, tmp_path / "sr", [alone, beside])
    assert set(outcomes().values()) == {"not_ai"}
    assert not Job.objects.exists()


def test_a_report_of_an_algorithm_without_groups_found_nothing(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    report = made.make_report(images, [made.of_images(images)])
    measured = next(
        item
        for item in report.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeValue == "126010"
    )
    del measured.ContentSequence
    bring(team, tmp_path / "sr", [report])
    assert Job.objects.get().state == "no_findings"
    assert outcomes() == {str(report.SOPInstanceUID): "empty"}


# --- one thing in two objects --------------------------------------------------------------


@pytest.mark.parametrize("order", ["together", "segmentation first", "report first"])
def test_a_segment_and_the_report_that_measures_it_are_one_finding(
    team: CaseTeam, tmp_path: Path, images: list[Any], order: str
) -> None:
    seg = make_seg(images, blob(), segments=[automatic("Segment's own label")])
    group = made.of_segment(seg, images, algorithm_id=made.algorithm())
    report = made.make_report([*images, seg], [group])
    batches = {
        "together": [[seg, report]],
        "segmentation first": [[seg], [report]],
        "report first": [[report], [seg]],
    }[order]
    for number, batch in enumerate(batches):
        bring(team, tmp_path / str(number), batch)
    found, external = only_finding()
    assert np.array_equal(objects.read_mask(finding=found), blob().astype(bool))
    assert found.measurements[0]["value"] == 523.6
    assert (external.pixels_uid, external.segment, external.report_uid) == (
        str(seg.SOPInstanceUID),
        1,
        str(report.SOPInstanceUID),
    )
    assert found.label == "Nodule"
    assert "segment_not_here" not in {one["code"] for one in external.remarks}
    assert found.job.series.modality == "CT"


def test_what_was_reviewed_is_not_changed_by_a_later_report(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    seg = make_seg(images, blob(), segments=[automatic("Reviewed")])
    bring(team, tmp_path / "seg", [seg])
    first = Finding.objects.get()
    services.dismiss_finding(
        actor=team.actor("radiologist"), finding_id=first.pk, case_id=team.case_id,
        version=1, reason_code="duplicate",
    )  # fmt: skip
    group = made.of_segment(seg, images, algorithm_id=made.algorithm())
    bring(team, tmp_path / "sr", [made.make_report([*images, seg], [group])])
    first.refresh_from_db()
    assert (first.label, first.measurements) == ("Reviewed", [])
    later = ExternalFinding.objects.exclude(finding=first).get()
    assert "reviewed_before" in {one["code"] for one in later.remarks}
    assert not later.finding.reviews.exists()


def test_a_verified_report_of_theirs_takes_the_place_of_the_unverified_one(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    tracking = generate_uid()
    group = made.of_images(images, algorithm_id=made.algorithm(), tracking=tracking)
    first = made.make_report(images, [group])
    second = made.make_report(images, [group], verified_by="Rossi^Ada", predecessor=first)
    bring(team, tmp_path / "sr", [first, second])
    _, external = only_finding()
    assert (external.report_uid, external.verification) == (
        str(second.SOPInstanceUID),
        "verified",
    )
    assert outcomes() == {
        str(first.SOPInstanceUID): "taken",
        str(second.SOPInstanceUID): "joined",
    }


def test_what_an_algorithm_measured_on_a_persons_outline_says_both(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    drawn = make_seg(images, blob(), segments=[describe_segment()])
    group = made.of_segment(drawn, images, algorithm_id=made.algorithm())
    bring(team, tmp_path / "both", [drawn, made.make_report([*images, drawn], [group])])
    _, external = only_finding()
    assert [one["code"] for one in external.remarks] == ["drawn_by_person"]


# --- maps ----------------------------------------------------------------------------------


def test_a_map_of_probability_is_a_finding_without_a_border(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    likely = made.make_map(images, quantity=made.PROBABILITY)
    other = made.make_map(images, quantity=made.VOLUME)
    bring(team, tmp_path / "maps", [likely, other])
    found, external = only_finding()
    assert outcomes() == {str(likely.SOPInstanceUID): "taken", str(other.SOPInstanceUID): "not_ai"}
    assert (found.label, found.mask_sha256) == ("Probability of tumour", "")
    assert [one["code"] for one in external.remarks] == ["no_threshold"]
    assert found.bbox_lps[0] == pytest.approx(
        [float(value) for value in images[0].ImagePositionPatient], abs=0.01
    )
    assert found.sop_instance_uid == str(images[2].SOPInstanceUID)
    assert found.job.version.model.name == "Mapmaker · Tumour Likelihood"


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
    system = made.SYSTEM
    for act in (services.activate_version, services.suspend_version):
        with pytest.raises(RunsElsewhere):
            act(actor=system, version_id=version.pk)
    assert services.claim_next_job(worker="test") is None
