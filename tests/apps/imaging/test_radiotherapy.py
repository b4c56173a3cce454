"""Radiotherapy of a case: contours, doses and plans, histograms against a formula, and guise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.demo.dicom.radiotherapy import SphericalDose
from apps.imaging.radiotherapy.doses import read_dose, read_plan
from apps.imaging.radiotherapy.dvh import DoseGrid, NotAnArea, cells_of, dvh_of
from apps.imaging.radiotherapy.structures import Contour, read_structure_set
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import data_folder
from tests.apps.imaging.test_registrations import sign_in
from tests.people import SYSTEM, CaseTeam
from tests.phantom_radiotherapy import build_phantom

REASON = "Public data set of others, shown in a test case."
CENTRE = (5.0, -12.0, 40.0)


def circle(radius: float, z: float, *, count: int = 180) -> Contour:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    points = np.column_stack(
        [
            CENTRE[0] + radius * np.cos(angles),
            CENTRE[1] + radius * np.sin(angles),
            np.full(count, CENTRE[2] + z),
        ]
    )
    return Contour("CLOSED_PLANAR", points, "")


def sphere(radius: float, step: float, *, shift: float = 0.0) -> list[Contour]:
    heights = np.arange(-200, 201) * step + shift
    return [circle(float(np.sqrt(radius**2 - z**2)), float(z)) for z in heights if abs(z) < radius]


def grid_of(dose: SphericalDose, *, step: float = 2.5, reach: float = 60.0) -> DoseGrid:
    axis = np.arange(-reach, reach + 1e-6, step)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = np.asarray(CENTRE) - reach
    return DoseGrid(dose.at_radius(np.sqrt(x**2 + y**2 + z**2)).astype(np.float32), affine)


@pytest.mark.parametrize(
    ("step", "shift", "within"), [(2.0, 0.0, 0.01), (3.0, 1.1, 0.01), (5.0, 0.0, 0.017)]
)
def test_the_histogram_of_a_sphere_is_that_of_its_formula(
    step: float, shift: float, within: float
) -> None:
    """Decision 0061: closed form at every dose; slices of a fifth of the radius cost more."""
    dose, radius = SphericalDose(CENTRE, 60.0, 22.0), 25.0
    dvh = dvh_of(cells_of(sphere(radius, step, shift=shift)), grid_of(dose))
    for gray in np.arange(0.0, 61.0, 1.0):
        truth = dose.sphere_fraction_above(float(gray), radius) if gray else 1.0
        assert dvh.fraction_above(float(gray)) == pytest.approx(truth, abs=within), gray
    assert dvh.mean_gy == pytest.approx(dose.sphere_mean(radius), rel=0.01)
    assert dvh.dose_at(0.5) == pytest.approx(dose.sphere_dose_at(0.5, radius), rel=0.01)
    assert dvh.volume_ml == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.03)
    assert dvh.outside_ml == 0.0
    assert float(dvh.fractions[0]) == 1.0
    assert np.all(np.diff(dvh.fractions) <= 0)


def test_a_hole_is_no_part_of_the_volume_and_what_is_beyond_the_grid_is_counted() -> None:
    heights = np.arange(-10.0, 11.0, 2.0)
    ring = [one for z in heights for one in (circle(20, float(z)), circle(10, float(z)))]
    cells = cells_of(ring)
    assert float(cells.volumes_ml.sum()) == pytest.approx(np.pi * 300 * 22 / 1000, rel=0.01)
    low = grid_of(SphericalDose(CENTRE, 60.0, 22.0), reach=15.0)
    assert dvh_of(cells, low).outside_ml > 1.0


def test_two_pieces_are_not_bridged_and_lines_have_no_volume() -> None:
    heights = [float(z) for z in (0, 2, 4, 40, 42, 44)]
    volume = float(cells_of([circle(10, z) for z in heights]).volumes_ml.sum())
    assert volume == pytest.approx(np.pi * 100 * 12 / 1000, rel=0.02)
    with pytest.raises(NotAnArea):
        cells_of([])


def test_what_cannot_be_read_is_counted_and_never_raises() -> None:
    document: dict[str, Any] = {
        "30060020": {"Value": [{"30060022": {"Value": [1]}, "30060026": {"Value": ["A"]}}, "x"]},
        "30060039": {
            "Value": [
                {
                    "30060084": {"Value": [1]},
                    "3006002A": {"Value": [300, 0, 0]},
                    "30060040": {
                        "Value": [
                            {"30060042": {"Value": ["CLOSED_PLANAR"]}, "30060050": {"Value": [1]}},
                            {"30060042": {"Value": ["?"]}, "30060050": {"Value": [1, 2, 3]}},
                            {"30060042": {"Value": ["POINT"]}, "30060050": {"Value": ["1", 2, 3]}},
                        ]
                    },
                }
            ]
        },
    }
    header = read_structure_set(document)
    assert header.unreadable == 2
    (region,) = header.regions
    assert (region.name, region.colour, len(region.contours)) == ("A", None, 1)
    assert read_structure_set({}).regions == ()
    assert read_dose({"30040050": {"Value": [{"30040058": {"Value": ["x"]}}]}}).dvhs[0].points == ()
    assert read_plan({"300A0010": {"Value": [None, {}]}}).prescription_gy is None


def test_a_stored_histogram_is_read_from_bin_widths() -> None:
    item = {
        "30040001": {"Value": ["CUMULATIVE"]},
        "30040052": {"Value": [2.0]},
        "30040058": {"Value": [0.5, 100, 0.5, 80, 0.5, 10]},
        "30040060": {"Value": [{"30060084": {"Value": [4]}, "30040062": {"Value": ["INCLUDED"]}}]},
    }
    (stored,) = read_dose({"30040050": {"Value": [item]}}).dvhs
    assert stored.points == ((0.0, 100.0), (1.0, 80.0), (2.0, 10.0))
    assert stored.roi_numbers == (4,)


@pytest.mark.django_db(transaction=True)
def test_the_phantom_set_agrees_with_its_truth_and_stays_with_who_sees_the_patient(
    team: CaseTeam, tmp_path: Path
) -> None:
    folder, truth = build_phantom(tmp_path)
    paths = sorted(folder.glob("*.dcm"))
    import_files(actor=SYSTEM, case_id=team.case_id, paths=paths, mismatch_reason=REASON)
    client = sign_in(team, "radiologist")
    url = f"/api/cases/{team.case_id}"
    listed = client.get(f"{url}/radiotherapy").json()
    (structures,), (dose,), (plan,) = (
        listed[name] for name in ("structure_sets", "doses", "plans")
    )
    assert structures["problems"] == dose["problems"] == plan["problems"] == []
    assert [one["name"] for one in structures["regions"]][:3] == ["BODY", "GTV", "PTV"]
    assert plan["prescription_gy"] == 54.0
    assert dose["plan"] == plan["id"]
    assert dose["maximum_gy"] == pytest.approx(truth["dose"]["maximum_gy"], rel=0.01)
    ptv = next(one for one in structures["regions"] if one["name"] == "PTV")
    region = f"{url}/structure-sets/{structures['id']}/regions/{ptv['number']}"
    dvh = client.get(f"{region}/dvh", {"dose": dose["id"]}).json()
    percent = np.interp(
        [float(gray) for gray, _ in truth["ptv"]["cumulative"]], dvh["doses_gy"], dvh["percent"]
    )
    expected = [100 * fraction for _, fraction in truth["ptv"]["cumulative"]]
    assert np.abs(percent - expected).max() < 1.0
    assert dvh["mean_gy"] == pytest.approx(truth["ptv"]["mean_gy"], rel=0.01)
    original = pydicom.dcmread(next(folder.glob("RTSTRUCT*")))
    answer = client.get(f"{region}/contours").json()
    assert answer["volume_ml"] == pytest.approx(truth["ptv"]["volume_ml"], rel=0.05)
    contours = answer["contours"]
    stored = next(
        one for one in original.ROIContourSequence if one.ReferencedROINumber == ptv["number"]
    )
    assert contours[0]["points_lps"] == [float(v) for v in stored.ContourSequence[0].ContourData]
    assert AuditEntry.objects.filter(action="radiotherapy.viewed").count() == 1

    guest = sign_in(team, "consultant")
    assert guest.get(f"{url}/radiotherapy").json() == {
        "structure_sets": [], "doses": [], "plans": [],
    }  # fmt: skip
    for path in (f"{region}/contours", f"{region}/dvh?dose={dose['id']}"):
        assert guest.get(path).status_code == 404
        assert sign_in(team, "outsider").get(path).status_code == 404
        assert Client().get(path).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_dangling_references_are_named(team: CaseTeam) -> None:
    """The contours of set 03's CT without its images, beside its PET on the same frame."""
    folder = data_folder("03")
    url = f"/api/cases/{team.case_id}/radiotherapy"
    contours = next((folder / "CT" / "mask").glob("*.dcm"))
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[contours], mismatch_reason=REASON)
    (alone,) = sign_in(team, "radiologist").get(url).json()["structure_sets"]
    assert [one["code"] for one in alone["problems"]] == ["source_not_in_case"]
    images = sorted((folder / "CT" / "image").glob("*"))
    import_files(actor=SYSTEM, case_id=team.case_id, paths=images, mismatch_reason=REASON)
    (found,) = sign_in(team, "radiologist").get(url).json()["structure_sets"]
    assert [one["code"] for one in found["problems"]] == []
