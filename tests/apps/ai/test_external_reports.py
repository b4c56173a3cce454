"""Reports and maps of other vendors, and what a report and a segmentation say together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import generate_uid

from apps.ai import objects, services
from apps.ai.models import ExternalFinding, Finding, Job
from tests.apps.ai import external_objects as made
from tests.apps.ai.external_objects import bring, only_finding, outcomes
from tests.apps.imaging.segs import blob, describe_segment, make_seg
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
