"""Real data of others: into the PACS or into cases of a house, and what the files say."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_into, new_cases, person

PET_CT_MR = "03-petctmr-sarcoma-STS_001"
PET_RAW = "04-pet-raw-BQML-STS_001"
SAME_STUDY = {PET_CT_MR: PET_RAW, PET_RAW: PET_CT_MR}
"""Sets 03 and 04 are two parts of one study: the PACS has both before the study is linked."""


def read_headers(*folders: Path) -> Iterator[tuple[Path, Dataset]]:
    """Every DICOM file below, in order of names, without its pixels."""
    for folder in folders:
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    yield path, pydicom.dcmread(path, stop_before_pixels=True)
            except pydicom.errors.InvalidDicomError:
                continue


def import_cases(
    stack: Stack, sets: Mapping[str, Iterable[Path]]
) -> tuple[dict[str, str], dict[str, str]]:
    """A case for each, of the patient of its first file; their ids, and what the import said.

    All by the command, in one process.
    """
    given = {name: list(paths) for name, paths in sets.items()}
    cases = new_cases(stack, {name: _person_of(name, paths) for name, paths in given.items()})
    jobs = {cases[name]: paths for name, paths in given.items()}
    told = import_into(stack, jobs, may_refuse=True)
    return cases, {name: told[case_id] for name, case_id in cases.items()}


def _person_of(name: str, paths: list[Path]) -> dict[str, Any]:
    _, header = next(read_headers(*paths))
    return person(
        str(header.get("PatientID") or f"none {name}"),
        str(header.get("PatientName") or "Unknown"),
        born=str(header.get("PatientBirthDate") or ""),
        sex=str(header.get("PatientSex") or ""),
    )


@dataclass(frozen=True)
class MaskPlane:
    """One frame of a segment: which of its pixels are in, and where they lie (LPS, mm)."""

    mask: NDArray[np.bool_]
    origin: NDArray[np.float64]
    row_axis: NDArray[np.float64]
    column_axis: NDArray[np.float64]
    between: tuple[float, float]

    def points(self, which: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Centres of the pixels that are true in `which`."""
        rows, columns = np.nonzero(which)
        along: NDArray[np.float64] = (
            self.origin
            + columns[:, None] * self.between[1] * self.row_axis
            + rows[:, None] * self.between[0] * self.column_axis
        )
        return along

    def away_from(self, point_lps: Any) -> float:
        """Distance of a point from this plane."""
        normal = np.cross(self.row_axis, self.column_axis)
        return float(abs(np.dot(np.asarray(point_lps, float) - self.origin, normal)))

    def beside(self, pixels: int) -> NDArray[np.bool_]:
        """The pixels that are further from the mask than so many pixels."""
        grown = self.mask.copy()
        for _ in range(pixels):
            padded = np.pad(grown, 1)
            grown = (
                padded[1:-1, 1:-1] | padded[:-2, 1:-1] | padded[2:, 1:-1]
                | padded[1:-1, :-2] | padded[1:-1, 2:]
            )  # fmt: skip
        return ~grown


def read_segment(path: Path, number: int) -> list[MaskPlane]:
    """The frames of one segment that have pixels, by pydicom alone; fractions from one half."""
    seg = pydicom.dcmread(path)
    frames = np.atleast_3d(pixel_array(seg)).reshape(-1, seg.Rows, seg.Columns)
    is_fraction = seg.SegmentationType == "FRACTIONAL"
    least = float(seg.MaximumFractionalValue) / 2 if is_fraction else 1
    shared = seg.SharedFunctionalGroupsSequence[0]
    planes = []
    for pixels, own in zip(frames, seg.PerFrameFunctionalGroupsSequence, strict=True):
        (named,) = _group(own, shared, "SegmentIdentificationSequence")
        if named.ReferencedSegmentNumber != number or not (pixels >= least).any():
            continue
        (measures,) = _group(own, shared, "PixelMeasuresSequence")
        (place,) = _group(own, shared, "PlanePositionSequence")
        (turn,) = _group(own, shared, "PlaneOrientationSequence")
        axes = np.array(turn.ImageOrientationPatient, float).reshape(2, 3)
        spacing = tuple(float(value) for value in measures.PixelSpacing)
        origin = np.array(place.ImagePositionPatient, float)
        planes.append(MaskPlane(pixels >= least, origin, axes[0], axes[1], spacing))
    return planes


def _group(own: Dataset, shared: Dataset, name: str) -> Any:
    return own[name].value if name in own else shared[name].value


def read_contours(path: Path, name: str) -> list[NDArray[np.float64]]:
    """The contours of one structure, each as points (LPS, mm)."""
    structures = pydicom.dcmread(path)
    numbers = {one.ROINumber for one in structures.StructureSetROISequence if one.ROIName == name}
    (own,) = (one for one in structures.ROIContourSequence if one.ReferencedROINumber in numbers)
    return [np.array(one.ContourData, float).reshape(-1, 3) for one in own.ContourSequence]


def is_inside(points: NDArray[np.float64], outline: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Even-odd rule in the plane of the first two coordinates (axial contours)."""
    inside = np.zeros(len(points), bool)
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crosses = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = a[0] + (points[:, 1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
        inside ^= crosses & (points[:, 0] < at)
    return inside


# --- through the PACS --------------------------------------------------------------------------


def send_to_pacs(stack: Stack, folder: str) -> str:
    """Put one set, with the rest of its study, into Orthanc; the patient's ID."""
    patient_id = ""
    folders = [folder, *([SAME_STUDY[folder]] if folder in SAME_STUDY else [])]
    paths = [path for one in folders for path in sorted((SHARED / one).rglob("*"))]
    with stack.pacs() as pacs:
        for path in paths:
            if not path.is_file():
                continue
            content = path.read_bytes()
            try:
                header = pydicom.dcmread(path, stop_before_pixels=True)
            except pydicom.errors.InvalidDicomError:
                continue
            patient_id = str(header.PatientID)
            answer = pacs.post("/instances", content=content)
            assert answer.status_code == 200, f"{path.name}: {answer.text}"
    return patient_id


def case_with_studies(stack: Stack, *, patient_id: str, title: str) -> tuple[str, list[Any]]:
    """A case of that patient, every study of it linked and here."""
    coordinator = stack.client(role="coordinator")
    pacs_id = coordinator.get("/api/pacs").json()["results"][0]["id"]
    found = coordinator.get(
        f"/api/pacs/{pacs_id}/studies", params={"PatientID": patient_id}
    ).json()["results"]
    assert found
    person = {
        "patient_id": patient_id,
        "name": found[0]["patient_name"] or "Unknown",
        "birth_date": found[0]["birth_date"] or None,
        "sex": found[0]["sex"] if found[0]["sex"] in {"F", "M", "O"} else "",
    }
    made = coordinator.post("/api/patients", json=person)
    patient = made.json()["id"] if made.status_code == 201 else made.json()["details"]["patient"]
    case = coordinator.post("/api/cases", json={"patient": patient, "title": title}).json()
    for study in found:
        answer = coordinator.post(
            f"/api/cases/{case['id']}/studies",
            json={"pacs": pacs_id, "study_instance_uid": study["study_instance_uid"]},
        )
        assert answer.status_code == 202, answer.text
    reader = stack.client(role="radiologist").get("/api/me").json()["id"]
    answer = coordinator.post(f"/api/cases/{case['id']}/members", json={"user": reader})
    assert answer.status_code == 201, answer.text

    def ready() -> list[Any] | None:
        studies = coordinator.get(f"/api/cases/{case['id']}/studies").json()["results"]
        failed = [one["error"] for one in studies if one["state"] == "failed"]
        assert not failed, failed
        return studies if all(one["state"] == "ready" for one in studies) else None

    studies: list[Any] = wait_for(ready, what=f"{title}: images are here", timeout_s=300)
    return case["id"], studies
