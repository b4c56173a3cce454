"""Mammography and Chest CAD reports become findings; what they do not say is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from apps.ai.models import ExternalFinding, Finding, Job
from tests.apps.ai import cad_objects as cad
from tests.apps.ai import external_objects as made
from tests.apps.ai.encoded import validate
from tests.apps.ai.external_objects import bring, only_finding, outcomes
from tests.apps.ai.test_external_review import export
from tests.apps.imaging.dicom import to_bytes
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db(transaction=True)

MAKER = ("Nodule CAD", "3.2")
NODULE = ("27925004", "Nodule")
CHEST = {"sop_class": cad.CHEST, "root": ("112000", "Chest CAD Report")}
FIRST, SECOND = [1, 1, 1], [1, 1, 2]


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


@pytest.fixture()
def mammograms(team: CaseTeam, tmp_path: Path) -> list[Any]:
    """Four images without a position in the patient, as mammograms are."""
    stack = made.stack_of(team, modality="MG")[:4]
    for one in stack:
        del one.ImagePositionPatient, one.ImageOrientationPatient, one.FrameOfReferenceUID
    bring(team, tmp_path / "images", stack)
    return stack


def nodule(*more: Dataset, shown: str = cad.REQUIRED) -> Dataset:
    return cad.single(NODULE, shown, MAKER, *more)


def bring_chest(
    team: CaseTeam, folder: Path, images: list[Any], *features: Dataset, summary: str = "111242"
) -> Dataset:
    document = cad.report(
        images,
        *([cad.impression(cad.REQUIRED, *features)] if features else []),
        summary=summary,
        **CHEST,
    )
    bring(team, folder / "sr", [document])
    return document


def test_the_example_of_the_standard_gives_its_mass_and_its_two_clusters(
    team: CaseTeam, tmp_path: Path, mammograms: list[Any]
) -> None:
    document = cad.mammography_example(mammograms)
    bring(team, tmp_path / "sr", [document])
    rows = {
        one.job.version.model.name + " " + one.job.version.version: one
        for one in Finding.objects.select_related("job__version__model", "external")
    }
    assert sorted(one.label for one in rows.values()) == ["Calcification Cluster"] * 2 + ["Mass"]
    assert set(rows) == {
        "Acme Imaging · Mass Maker V1.9",
        "Acme Imaging · Calc Cluster Detector V2.4",
        "Acme Imaging · Calc Clustering V2.4",
    }
    mass = rows["Acme Imaging · Mass Maker V1.9"]
    assert mass.probability == pytest.approx(0.54)
    assert [(one["value"], one["unit"]) for one in mass.measurements] == [(80, "%"), (54, "%")]
    drawn = mass.external.outlines
    assert [one["images"][0]["sop_instance_uid"] for one in drawn] == [
        str(mammograms[1].SOPInstanceUID),
        str(mammograms[3].SOPInstanceUID),
    ]
    assert drawn[0]["points_image"][0] == [5.5, 3.5]  # from the corner of the first pixel: 6, 4
    assert {one["code"] for one in mass.external.remarks} == {"no_patient_space"}
    cluster = rows["Acme Imaging · Calc Clustering V2.4"]
    assert len(cluster.external.outlines) == 1, "its calcifications are optional, and parts of it"
    assert cluster.sop_instance_uid == str(mammograms[0].SOPInstanceUID)
    assert not any(one.reviews.exists() for one in rows.values())


def test_a_chest_nodule_lies_in_the_patient_with_its_outline_side_and_certainty(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    tracking = generate_uid()
    site = cad.code(
        "HAS PROPERTIES", ("363698007", "Finding Site"), cad.coded("39607008", "Lung", "SCT"),
        cad.code("HAS CONCEPT MOD", ("272741003", "Laterality"),
                 cad.coded("7771000", "Left", "SCT")),
    )  # fmt: skip
    seen = nodule(
        cad.text("HAS OBS CONTEXT", ("112039", "Tracking Identifier"), "Nodule 1"),
        cad.entry("HAS OBS CONTEXT", "UIDREF", ("112040", "Tracking UID"), UID=tracking),
        site,
        cad.centre(8, 6, SECOND),
        cad.square(8, 6, SECOND),
        cad.number("HAS PROPERTIES", ("111012", "Certainty of Finding"), "91", "%"),
        cad.number("HAS PROPERTIES", ("81827009", "Diameter"), "7.5", "mm"),
    )
    document = bring_chest(team, tmp_path, images, seen)
    found, external = only_finding()
    assert (found.label, found.code["code"], found.tracking_uid) == (
        "Nodule",
        "27925004",
        tracking,
    )
    assert (found.site["code"], found.laterality["code"]) == ("39607008", "7771000")
    assert found.probability is None, "a certainty is no probability"
    assert [one["value"] for one in found.measurements] == [91, 7.5]
    x, y, z = (float(value) for value in images[1].ImagePositionPatient)
    row_mm, column_mm = (float(value) for value in images[1].PixelSpacing)
    low, high = found.bbox_lps
    assert low == pytest.approx([x + 5.5 * column_mm, y + 3.5 * row_mm, z], abs=0.01)
    assert high == pytest.approx([x + 9.5 * column_mm, y + 7.5 * row_mm, z], abs=0.01)
    assert found.sop_instance_uid == str(images[1].SOPInstanceUID)
    assert external.report_uid == str(document.SOPInstanceUID)
    assert external.remarks == []


def test_without_an_outline_the_centre_is_its_place(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    bring_chest(team, tmp_path, images, nodule(cad.centre(8.5, 6.5, FIRST)))
    found, external = only_finding()
    (point,) = external.outlines
    assert (point["shape"], point["points_image"]) == ("POINT", [[8, 6]])
    x, y, z = (float(value) for value in images[0].ImagePositionPatient)
    assert found.centroid_lps == pytest.approx([x + 8 * 0.75, y + 6 * 0.5, z], abs=0.01)


def test_what_a_composite_refers_to_is_no_second_finding(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    """Node 1.2.1.2 is the nodule; the composite names it by its place in the tree."""
    alone = nodule(cad.square(8, 6, FIRST))
    both = cad.composite(NODULE, cad.REQUIRED, MAKER, cad.pointing("INFERRED FROM", 1, 2, 1, 2))
    bring_chest(team, tmp_path, images, alone, both)
    found, external = only_finding()
    assert found.label == "Nodule"
    assert len(external.outlines) == 1


def test_what_is_repeated_from_an_earlier_report_is_not_found_again(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    context = cad.entry("HAS OBS CONTEXT", "UIDREF", ("121018", "Procedure Study UID"), UID="1.2.3")
    earlier = nodule(cad.square(4, 4, FIRST), context)
    inside = nodule(cad.square(8, 6, SECOND))
    inside.RelationshipType = earlier.RelationshipType = "INFERRED FROM"
    grown = cad.composite(NODULE, cad.REQUIRED, MAKER, inside, earlier)
    bring_chest(team, tmp_path, images, grown, nodule(cad.square(4, 4, FIRST), context))
    _, external = only_finding()
    (outline,) = external.outlines
    assert outline["images"][0]["sop_instance_uid"] == str(images[1].SOPInstanceUID)


@pytest.mark.parametrize(
    ("summary", "outcome"), [("111241", "empty"), ("111243", "refused"), ("111245", "refused")]
)
def test_no_findings_needs_that_every_algorithm_succeeded(
    summary: str, outcome: str, team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    document = bring_chest(team, tmp_path, images, summary=summary)
    assert outcomes()[str(document.SOPInstanceUID)] == outcome
    job = Job.objects.get()
    if outcome == "empty":
        assert job.state == "no_findings"
    else:
        assert (job.state, job.reason_code) == ("failed", "cad_failed")
    assert not Finding.objects.exists()


def test_findings_of_a_run_that_partly_failed_say_so(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    bring_chest(team, tmp_path, images, nodule(cad.square(8, 6, FIRST)), summary="111244")
    _, external = only_finding()
    assert [one["code"] for one in external.remarks] == ["cad_partly_failed"]


def test_what_cannot_be_understood_is_refused_by_name(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    optional = cad.impression(cad.REQUIRED, nodule(cad.square(8, 6, FIRST), shown=cad.OPTIONAL))
    cases = {
        "cad_summary_missing": cad.report(images, summary=None, **CHEST),
        "cad_nothing_required": cad.report(images, optional, **CHEST),
        "cad_report_not_read": cad.report(
            images, sop_class=cad.COLON, root=("112220", "Colon CAD Report")
        ),
    }
    for name, document in cases.items():
        bring(team, tmp_path / name, [document])
    assert set(Job.objects.values_list("state", "reason_code")) == {
        ("failed", name) for name in cases
    }
    assert not ExternalFinding.objects.exists()


def test_references_that_point_nowhere_or_in_circles_do_no_harm(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    lost = nodule(cad.square(8, 6, [1, 1, 99]), cad.pointing("INFERRED FROM", 1, 2, 1, 2))
    bring_chest(team, tmp_path, images, lost)
    found, external = only_finding()
    assert (found.bbox_lps, found.centroid_lps) == ([], [])
    assert "reference_lost" in {one["code"] for one in external.remarks}


def test_an_accepted_mark_leaves_as_one_verified_report_with_the_cad_report_before_it(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    theirs = bring_chest(team, tmp_path, images, nodule(cad.square(8, 6, FIRST)))
    found, _ = only_finding()
    document = export(team, found)
    assert document.VerificationFlag == "VERIFIED"
    (predecessor,) = document.PredecessorDocumentsSequence[0].ReferencedSeriesSequence
    named = predecessor.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    assert named == theirs.SOPInstanceUID
    (said,) = document.content.get_planar_roi_measurement_groups()
    assert said.roi.value[0].tolist() == [6, 4]  # as the CAD report drew it
    validate({"verified": to_bytes(document)}, tmp_path)
