"""What the phantom objects say is what is true: sizes, uptake, dose; and DICOM agrees."""

import math
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from apps.demo.dicom.common import PhantomPatient, PhantomStudy
from apps.demo.dicom.contours import outline_mask, polygon_area
from apps.demo.dicom.pet import COARSE_PET
from apps.demo.dicom.radiotherapy import SphericalDose
from apps.demo.hospital.build import build_all, build_study, is_built, lesions_of, read_mask
from apps.demo.hospital.recipes import (
    PATIENTS,
    RECIPES,
    SMALL_RECIPES,
    StudyRecipe,
)
from apps.demo.phantoms import Pose, TumourSpec

import json  # isort: skip

GRID = ((60, 96, 96), (6.0, 4.0, 4.0))
PATIENT = PhantomPatient("PHX-9000", "Test^Phantom", "19600101", "M", 80.0, 1.75)
BASELINE = StudyRecipe(
    "baseline",
    PhantomStudy(PATIENT, "baseline", "20260801", "101500", "CT thorax", "DEMO900001"),
    41,
    (
        TumourSpec("lung_right_upper", 34, suv=9.0, identity=1),
        TumourSpec("liver", 28, suv=7.0, identity=2),
    ),
    GRID,
)
FOLLOW_UP = replace(
    BASELINE,
    key="followup",
    study=replace(BASELINE.study, key="followup", date="20261101", accession_number="DEMO900002"),
    pose=Pose(shift_lps=(4.0, -2.0, 6.0), breath_mm=-2.0),
    growth=(1.25, 1.25),
    with_pet=True,
    with_radiotherapy=True,
    pet_grid=COARSE_PET,
)
# dciodvfy of 2022 does not know the attribute, which the standard got in 2023 (CP-2180).
KNOWN_ERROR = "(0x0008,0x001c)"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    for recipe in (BASELINE, FOLLOW_UP):
        build_study(recipe=recipe, root=folder)
    return folder


def truth(root: Path, key: str) -> dict:
    return json.loads((root / key / "truth.json").read_text())


def read_series(root: Path, key: str, modality: str) -> list[Dataset]:
    found = [pydicom.dcmread(path) for path in sorted((root / key).glob(f"{modality}-*.dcm"))]
    if len(found) > 1:
        found.sort(key=lambda ds: float(ds.ImagePositionPatient[2]))
    return found


def measure_suv(objects: list[Dataset]) -> np.ndarray:
    """SUVbw from the header alone, as PS3.3 C.8.9 and QIBA say."""
    first = objects[0]
    tracer = first.RadiopharmaceuticalInformationSequence[0]
    seconds = [
        int(t[:2]) * 3600 + int(t[2:4]) * 60 + float(t[4:])
        for t in (tracer.RadiopharmaceuticalStartTime, first.SeriesTime)
    ]
    decay = 2 ** (-(seconds[1] - seconds[0]) / float(tracer.RadionuclideHalfLife))
    dose = float(tracer.RadionuclideTotalDose) * decay
    return np.stack(
        [
            (ds.pixel_array * ds.RescaleSlope + ds.RescaleIntercept)
            * float(ds.PatientWeight)
            * 1000
            / dose
            for ds in objects
        ]
    ).astype(float)


@pytest.mark.parametrize("modality", ["CT", "PT", "RTSTRUCT", "RTPLAN", "RTDOSE"])
def test_dciodvfy_finds_no_error(root: Path, modality: str) -> None:
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (Debian package dicom3tools) is not installed")
    paths = sorted((root / "followup").glob(f"{modality}-*.dcm"))
    assert paths
    for path in (paths[0], paths[len(paths) // 2]):
        done = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
        lines = (done.stdout + done.stderr).splitlines()
        errors = [one for one in lines if one.startswith("Error") and KNOWN_ERROR not in one]
        assert not errors, "\n".join(errors)


def test_every_object_says_that_it_is_synthetic(root: Path) -> None:
    for path in (root / "followup").glob("*.dcm"):
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        assert ds.SyntheticData == "YES"
        assert "SYNTHETIC PHANTOM" in ds.SeriesDescription
        assert "SYNTHETIC PHANTOM" in ds.StudyDescription
        assert ds.PatientID == "PHX-9000"
        assert ds.IssuerOfPatientID == "CONSILIUM-DEMO"


def test_uids_are_name_based_and_unique(root: Path) -> None:
    uids = [
        pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID
        for path in root.rglob("*.dcm")
    ]
    assert len(uids) == len(set(uids))
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)


def test_built_twice_gives_the_same_bytes(root: Path, tmp_path: Path) -> None:
    again = build_study(recipe=BASELINE, root=tmp_path)
    for path in sorted(again.glob("CT-*.dcm"))[::7]:
        assert path.read_bytes() == (root / "baseline" / path.name).read_bytes()
    assert (again / "truth.json").read_text() == (root / "baseline" / "truth.json").read_text()


def test_lesion_volume_measured_from_the_files_equals_truth(root: Path) -> None:
    mask = read_mask(folder=root / "baseline", name="ct_tumour")
    objects = read_series(root, "baseline", "CT")
    first = objects[0]
    gap = float(objects[1].ImagePositionPatient[2]) - float(first.ImagePositionPatient[2])
    voxel_ml = float(first.PixelSpacing[0]) * float(first.PixelSpacing[1]) * gap / 1000
    told = sum(one["volume_ml"] for one in truth(root, "baseline")["ct"]["lesions"])
    assert mask.sum() * voxel_ml == pytest.approx(told, rel=1e-6)


def test_lesion_is_seen_in_the_hounsfield_units_of_the_files(root: Path) -> None:
    objects = read_series(root, "baseline", "CT")
    hu = np.stack([ds.pixel_array * ds.RescaleSlope + ds.RescaleIntercept for ds in objects])
    lesion = truth(root, "baseline")["ct"]["lesions"][0]
    first = objects[0]
    origin, spacing = first.ImagePositionPatient, first.PixelSpacing
    x, y, z = lesion["centroid_lps"]
    column, row = round((x - origin[0]) / spacing[1]), round((y - origin[1]) / spacing[0])
    index = round((z - origin[2]) / float(first.SpacingBetweenSlices))
    around = hu[index - 1 : index + 2, row - 1 : row + 2, column - 1 : column + 2]
    assert around.mean() > 0  # soft tissue
    assert hu[index, row, column - 14 : column + 15].min() < -600  # in lung


def test_follow_up_has_grown_as_the_truth_says(root: Path) -> None:
    before, after = (truth(root, key)["ct"]["lesions"] for key in ("baseline", "followup"))
    for one, other in zip(before, after, strict=True):
        assert other["nominal_diameter_mm"] == pytest.approx(1.25 * one["nominal_diameter_mm"])
        assert other["volume_ml"] / one["volume_ml"] == pytest.approx(1.25**3, rel=0.15)
        moved = np.subtract(other["centre_lps"], one["centre_lps"])
        assert moved == pytest.approx([4, -2, 6], abs=1e-6)
    uids = {truth(root, key)["frame_of_reference_uid"] for key in ("baseline", "followup")}
    assert len(uids) == 2


def test_suv_measured_from_the_headers_equals_truth(root: Path) -> None:
    suv = measure_suv(read_series(root, "followup", "PT"))
    told = truth(root, "followup")["pet"]
    assert suv.max() == pytest.approx(told["suv_max"], abs=1e-3)
    for lesion in told["lesions"]:
        mask = read_mask(folder=root / "followup", name=f"pet_tumour_{lesion['index']}")
        assert suv[mask].max() == pytest.approx(lesion["suv_max"], abs=1e-3)
        assert suv[mask].mean() == pytest.approx(lesion["suv_mean"], abs=1e-3)
        assert mask.sum() == lesion["voxels"]


def test_uptake_is_what_was_asked_for(root: Path) -> None:
    told = truth(root, "followup")["pet"]
    assert told["lesions"][0]["suv_max"] == pytest.approx(9.0, abs=1.0)
    assert told["organs"]["liver"]["suv_mean"] == pytest.approx(2.2, abs=0.25)
    assert told["organs"]["lung_left"]["suv_mean"] < 0.7


def test_pet_lies_on_its_ct(root: Path) -> None:
    told = truth(root, "followup")
    pet, ct = read_series(root, "followup", "PT")[0], read_series(root, "followup", "CT")[0]
    assert pet.FrameOfReferenceUID == ct.FrameOfReferenceUID
    assert pet.StudyInstanceUID == ct.StudyInstanceUID
    for lesion, uptake in zip(told["ct"]["lesions"], told["pet"]["lesions"], strict=True):
        gap = np.subtract(lesion["centroid_lps"], uptake["centroid_lps"])
        assert np.linalg.norm(gap) < 3.0


def test_contours_enclose_the_volume_of_their_mask(root: Path) -> None:
    (structures,) = read_series(root, "followup", "RTSTRUCT")
    (ct, *_) = read_series(root, "followup", "CT")
    names = {roi.ROINumber: roi.ROIName for roi in structures.StructureSetROISequence}
    volumes: dict[str, float] = {}
    for roi in structures.ROIContourSequence:
        area = 0.0
        for contour in roi.ContourSequence:
            points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
            assert len(points) == contour.NumberOfContourPoints
            assert np.ptp(points[:, 2]) == 0
            area += polygon_area(points[:, 1::-1])
        volumes[names[roi.ReferencedROINumber]] = area * float(ct.SliceThickness) / 1000
    told = truth(root, "followup")
    assert volumes["HEART"] == pytest.approx(told["ct"]["organ_volumes_ml"]["heart"], rel=0.03)
    assert volumes["GTV"] == pytest.approx(told["ct"]["lesions"][0]["volume_ml"], rel=0.06)
    assert volumes["PTV"] == pytest.approx(told["radiotherapy"]["ptv"]["volume_ml"], rel=0.05)


def test_dvh_measured_from_the_dose_grid_equals_the_closed_form(root: Path) -> None:
    (dose,) = read_series(root, "followup", "RTDOSE")
    told = truth(root, "followup")["radiotherapy"]
    grays = dose.pixel_array * float(dose.DoseGridScaling)
    origin = [float(v) for v in dose.ImagePositionPatient]
    z = origin[2] + np.array([float(v) for v in dose.GridFrameOffsetVector])
    y = origin[1] + float(dose.PixelSpacing[0]) * np.arange(dose.Rows)
    x = origin[0] + float(dose.PixelSpacing[1]) * np.arange(dose.Columns)
    cx, cy, cz = told["dose"]["centre_lps"]
    radius = np.sqrt(
        (z - cz)[:, None, None] ** 2 + (y - cy)[None, :, None] ** 2 + (x - cx)[None, None, :] ** 2
    )
    inside = grays[radius <= told["ptv"]["radius_mm"]]
    assert inside.mean() == pytest.approx(told["ptv"]["mean_gy"], rel=0.01)
    assert np.percentile(inside, 50) == pytest.approx(told["ptv"]["d50_gy"], rel=0.01)
    assert np.percentile(inside, 2) == pytest.approx(told["ptv"]["d98_gy"], rel=0.01)
    for level, fraction in told["ptv"]["cumulative"]:
        assert (inside >= level).mean() == pytest.approx(fraction, abs=0.03)


def test_closed_form_dvh_agrees_with_itself() -> None:
    dose = SphericalDose((0.0, 0.0, 0.0), 60.0, 30.0)
    for fraction in (0.02, 0.5, 0.98):
        level = dose.sphere_dose_at(fraction, 20.0)
        assert dose.sphere_fraction_above(level, 20.0) == pytest.approx(fraction, rel=1e-9)
    shells = np.linspace(0, 20, 200001)
    mean = np.trapezoid(3 * shells**2 * dose.at_radius(shells), shells) / 20**3
    assert dose.sphere_mean(20.0) == pytest.approx(float(mean), rel=1e-6)
    assert math.isclose(float(dose.at_radius(np.array(30.0))), 30.0)


def test_radiotherapy_objects_name_each_other(root: Path) -> None:
    (structures,), (plan,), (dose,) = (
        read_series(root, "followup", kind) for kind in ("RTSTRUCT", "RTPLAN", "RTDOSE")
    )
    cts = {ds.SOPInstanceUID for ds in read_series(root, "followup", "CT")}
    frame = structures.ReferencedFrameOfReferenceSequence[0]
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert {one.ReferencedSOPInstanceUID for one in series.ContourImageSequence} == cts
    named = plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID
    assert named == structures.SOPInstanceUID
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    roi = plan.DoseReferenceSequence[0].ReferencedROINumber
    names = {one.ROINumber: one.ROIName for one in structures.StructureSetROISequence}
    assert names[roi] == "PTV"


def test_outline_of_a_ring_is_its_outer_edge() -> None:
    y, x = np.mgrid[:40, :40]
    radius = np.hypot(y - 20, x - 20)
    (outline,) = outline_mask((radius < 15) & (radius > 6))
    assert polygon_area(outline) == pytest.approx(math.pi * 15**2, rel=0.03)


def test_two_islands_are_two_outlines_and_the_border_is_closed() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[0:6, 0:6] = True
    mask[12:17, 12:17] = True
    outlines = outline_mask(mask)
    assert [polygon_area(one) for one in outlines] == pytest.approx([35.5, 24.5])


def test_cache_is_used_again_and_made_anew_when_the_recipe_changes(
    root: Path, tmp_path: Path
) -> None:
    small = replace(BASELINE, grid=((24, 48, 48), (15.0, 8.0, 8.0)))
    assert build_all(recipes=(small,), root=tmp_path, processes=1) == ["baseline"]
    assert is_built(recipe=small, root=tmp_path)
    assert build_all(recipes=(small,), root=tmp_path, processes=1) == []
    changed = replace(small, seed=42)
    assert not is_built(recipe=changed, root=tmp_path)


def test_interrupted_build_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / ".baseline.partial").mkdir()
    assert not is_built(recipe=BASELINE, root=tmp_path)


def test_recipes_are_consistent() -> None:
    for recipes in (RECIPES, SMALL_RECIPES):
        keys = [one.key for one in recipes]
        assert len(keys) == len(set(keys))
        for one in recipes:
            assert one.study.patient in PATIENTS.values()
            assert not one.growth or len(one.growth) == len(one.tumours)
    uids = [one.study.uid for one in (*RECIPES, *SMALL_RECIPES)]
    assert len(uids) == len(set(uids))
    placed = lesions_of(FOLLOW_UP)
    assert [one.diameter_mm for one in placed] == pytest.approx([34 * 1.25, 28 * 1.25])
