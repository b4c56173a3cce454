"""Pixel values of measurements, held to the DICOM file read by pydicom alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset

from apps.annotations import services
from apps.annotations.models import Measurement
from apps.annotations.services import Drawing
from apps.imaging.models import Series
from apps.imaging.services.importing import import_files
from tests import phantom_map
from tests.people import SYSTEM, CaseTeam, make_case_team, make_patient
from tests.scans import SPACING_MM, Scan, import_ct, import_tilted, import_ultrasound

pytestmark = pytest.mark.django_db
PET_STORAGE = "1.2.840.10008.5.1.4.1.1.128"


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(patient=make_patient())


def _put(team: CaseTeam, scan: Scan, kind: str, points: Any, **changes: Any) -> Measurement:
    fields: dict[str, Any] = {
        "kind": kind,
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[0],
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": points,
    }
    return services.put_measurement(
        actor=team.actor("surgeon"), case_id=team.case_id, drawing=Drawing(**(fields | changes))
    )


def _said(measurement: Measurement) -> dict[str, tuple[float, str]]:
    return {one["quantity"]: (one["value"], one["unit"]) for one in measurement.values}


def _tilted_point(column: float, row: float) -> list[float]:
    """PS3.3 C.7.6.2.1-1 written out for ``import_tilted``."""
    across, down = column * SPACING_MM[1], row * SPACING_MM[0]
    return [3.0 + 0.8 * across, -7.0 + 0.6 * across, 11.0 - down]


def _tilted_ellipse() -> list[list[float]]:
    return [_tilted_point(*at) for at in ((10, 20), (40, 20), (25, 12), (25, 28))]


def _inside_ellipse(dataset: FileDataset) -> np.ndarray[Any, Any]:
    rows, columns = np.mgrid[: dataset.Rows, : dataset.Columns]
    inside: np.ndarray[Any, Any] = ((columns - 25) / 15) ** 2 + ((rows - 20) / 8) ** 2 <= 1
    return inside


def test_statistics_on_an_oblique_image_of_pixels_that_are_not_square(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan, dataset = import_tilted(
        case=team.case, folder=tmp_path, RescaleSlope=2, RescaleIntercept=-1024
    )
    found = _said(_put(team, scan, "ellipse", _tilted_ellipse()))
    hu = (dataset.pixel_array.astype(float) * 2 - 1024)[_inside_ellipse(dataset)]
    assert found["area"] == (pytest.approx(np.pi / 4 * 30 * 0.5 * 16 * 0.8), "mm2")
    assert found["mean"] == (pytest.approx(hu.mean(), abs=1e-6), "HU")
    assert found["standard_deviation"] == (pytest.approx(hu.std(), abs=1e-6), "HU")
    assert found["minimum"] == (hu.min(), "HU")
    assert found["maximum"] == (hu.max(), "HU")
    assert found["count"] == (hu.size, "pixels")


def test_a_probe_reads_the_pixel_it_lies_in(team: CaseTeam, tmp_path: Path) -> None:
    scan = import_ct(case=team.case, folder=tmp_path)
    for column, row, nearest in ((10.4, 20.4, (10, 20)), (10.6, 19.6, (11, 20))):
        point = scan.point_lps(index=0, column=column, row=row)
        found = _said(_put(team, scan, "probe", [point]))
        assert found == {"value": (nearest[1] * 64 + nearest[0] - 1024, "HU")}


def test_a_region_between_pixel_centres_says_why_it_has_no_values(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan = import_ct(case=team.case, folder=tmp_path)
    corners = [(10.2, 20.2), (10.8, 20.2), (10.8, 20.8), (10.2, 20.8)]
    points = [scan.point_lps(index=0, column=c, row=r) for c, r in corners]
    measurement = _put(team, scan, "rectangle", points)
    assert set(_said(measurement)) == {"area"}
    assert measurement.problem == "no_pixel_inside"


def _pet_elements(**changes: Any) -> dict[str, Any]:
    agent = Dataset()
    agent.RadionuclideTotalDose, agent.RadionuclideHalfLife = 370e6, 6586.2
    agent.RadiopharmaceuticalStartTime = "091500"
    return {
        "Units": "BQML",
        "DecayCorrection": "ADMIN",
        "CorrectedImage": ["ATTN", "DECY"],
        "PatientWeight": 74,
        "RadiopharmaceuticalInformationSequence": [agent],
        "RescaleSlope": 5,
        "RescaleIntercept": 0,
        "SeriesDate": "20260301",
        "SeriesTime": "101500",
        "AcquisitionDate": "20260301",
        "AcquisitionTime": "101500",
        **changes,
    }


def test_a_pet_is_measured_in_suv(team: CaseTeam, tmp_path: Path) -> None:
    scan, dataset = import_tilted(
        case=team.case, folder=tmp_path, sop_class=PET_STORAGE, modality="PT", **_pet_elements()
    )
    measurement = _put(team, scan, "ellipse", _tilted_ellipse())
    suv = (dataset.pixel_array.astype(float) * 5 * 74_000 / 370e6)[_inside_ellipse(dataset)]
    assert measurement.problem == ""
    assert _said(measurement)["mean"] == (pytest.approx(suv.mean(), rel=1e-6), "SUVbw")
    assert _said(measurement)["maximum"] == (pytest.approx(suv.max(), rel=1e-6), "SUVbw")


def test_a_pet_without_weight_stays_in_its_unit_and_says_so(team: CaseTeam, tmp_path: Path) -> None:
    elements = _pet_elements(PatientWeight=None)
    scan, dataset = import_tilted(
        case=team.case, folder=tmp_path, sop_class=PET_STORAGE, modality="PT", **elements
    )
    measurement = _put(team, scan, "probe", [_tilted_point(4, 3)])
    assert _said(measurement) == {"value": (float(dataset.pixel_array[3, 4]) * 5, "Bq/mL")}
    assert measurement.problem == "suv_refused"


def test_pixels_of_an_image_without_space_are_measured_in_what_the_file_says(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan = import_ultrasound(case=team.case, folder=tmp_path)
    corners = [[10, 5], [14, 5], [14, 8], [10, 8]]
    measurement = _put(
        team, scan, "rectangle", None, points_image=corners, frame_of_reference_uid=""
    )
    ramp = np.arange(48 * 64).reshape(48, 64)[5:9, 10:15]
    assert _said(measurement)["area"] == (12.0, "px2")
    assert _said(measurement)["mean"] == (ramp.mean(), "stored")


def test_a_parametric_map_is_measured_in_the_unit_of_its_mapping(
    team: CaseTeam, tmp_path: Path
) -> None:
    patient = team.case.patient
    folder, series_uid = phantom_map.build_map(
        tmp_path, patient_id=patient.patient_id, name=patient.name
    )
    import_files(
        actor=SYSTEM, case_id=team.case.pk, paths=[folder], mismatch_reason="A phantom of tests."
    )
    series = Series.objects.get(series_instance_uid=series_uid)
    instance = series.instances.get()
    scan = Scan(
        series.study.study_instance_uid,
        series_uid,
        series.frame_of_reference_uid,
        (instance.sop_instance_uid,),
    )
    stored = phantom_map.stored_values()
    real = phantom_map.SLOPE * stored + phantom_map.INTERCEPT

    def at(column: float, row: float, slice_: int) -> list[float]:
        return [-10.0 + column * 0.75, -20.0 + row * 0.5, 2.0 * slice_]

    probe = _put(team, scan, "probe", [at(30, 20, 4)], frame=5)
    assert _said(probe) == {"value": (pytest.approx(float(real[4, 20, 30]), rel=1e-6), "mapped")}
    assert probe.values[0]["ucum"] == "/min"
    corners = [at(c, r, 4) for c, r in ((9.6, 9.6), (20.4, 9.6), (20.4, 15.4), (9.6, 15.4))]
    region = _put(team, scan, "rectangle", corners, frame=5)
    inside = real[4, 10:16, 10:21]
    assert _said(region)["mean"] == (pytest.approx(float(inside.mean()), rel=1e-6), "mapped")
    assert _said(region)["maximum"] == (pytest.approx(float(inside.max()), rel=1e-6), "mapped")
    assert _said(region)["count"] == (inside.size, "pixels")
    # Half of the region stands for nothing: the corner that the file does not map.
    corners = [at(c, r, 4) for c, r in ((1.6, 2.6), (9.4, 2.6), (9.4, 4.4), (1.6, 4.4))]
    half = _put(team, scan, "rectangle", corners, frame=5)
    assert _said(half)["count"] == (2 * 4, "pixels")
    nothing = _put(team, scan, "probe", [at(2, 2, 4)], frame=5)
    assert (nothing.values, nothing.problem) == ([], "not_mapped")


def test_between_slices_lengths_hold_and_pixel_values_are_not_made_up(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan = import_ct(case=team.case, folder=tmp_path)
    length = _put(team, scan, "length", [[0, 0, 100.0], [3, 0, 104.0]], sop_instance_uid="")
    assert _said(length) == {"length": (5.0, "mm")}
    corners = [[0, 0, 100.0], [3, 0, 100.0], [3, 0, 104.0], [0, 0, 104.0]]
    region = _put(team, scan, "rectangle", corners, sop_instance_uid="")
    assert _said(region) == {"area": (12.0, "mm2")}
    assert region.problem == "reformatted_plane"


def test_a_new_name_needs_no_image(team: CaseTeam, tmp_path: Path) -> None:
    """The series may have left the archive; what was measured stands."""
    scan = import_ct(case=team.case, folder=tmp_path)
    made = _put(team, scan, "probe", [scan.point_lps(index=0, column=3, row=2)])
    Series.objects.update(archive_key="0" * 64)
    named = services.revise_measurement(
        actor=team.actor("surgeon"),
        measurement_id=made.pk,
        version=1,
        label="portal vein",
        site="liver",
    )
    assert (named.label, named.site, named.version) == ("portal vein", "liver", 2)
    assert named.values == made.values
