"""Single-frame CT, PET and MR headers in any orientation and slice order."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydicom.dataset import Dataset

Orientation = Literal["axial", "oblique", "reversed"]

SOP_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
}

SLICES, ROWS, COLUMNS = 12, 24, 20
SPACING_MM = (2.5, 1.25, 0.75)  # slice, row, column: three different values on purpose


def series_headers(
    *, modality: str = "CT", orientation: Orientation = "axial", **changes: Any
) -> list[Dataset]:
    """Headers in the order the volume has them.

    ``oblique`` is rotated about two axes. ``reversed`` lists an axial series from head to foot:
    against its slice normal.
    """
    row, column = _directions(orientation)
    normal = np.cross(row, column) * (-1 if orientation == "reversed" else 1)
    return [_header(index, modality, row, column, normal, changes) for index in range(SLICES)]


def _directions(orientation: Orientation) -> tuple[np.ndarray, np.ndarray]:
    if orientation != "oblique":
        return np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    a, b = np.deg2rad(25.0), np.deg2rad(-15.0)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rotation = about_x @ about_y
    return rotation[:, 0], rotation[:, 1]


def _header(
    index: int,
    modality: str,
    row: np.ndarray,
    column: np.ndarray,
    normal: np.ndarray,
    changes: dict[str, Any],
) -> Dataset:
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 100"
    header.SOPClassUID = SOP_CLASSES[modality]
    header.SOPInstanceUID = f"1.2.826.0.1.3680043.10.2.{SLICES - index}"
    header.StudyInstanceUID = "1.2.826.0.1.3680043.10.3"
    header.SeriesInstanceUID = "1.2.826.0.1.3680043.10.4"
    header.FrameOfReferenceUID = "1.2.826.0.1.3680043.10.5"
    header.PositionReferenceIndicator = ""
    header.Modality = modality
    header.Manufacturer = "ACME"
    header.PatientName = "Phantom^Ada"
    header.PatientID = "P-1"
    header.PatientBirthDate = "19700101"
    header.PatientSex = "F"
    header.AccessionNumber = "A-1"
    header.StudyID = "1"
    header.StudyDate = "20250101"
    header.StudyTime = "093000"
    header.ReferringPhysicianName = ""
    header.SeriesNumber = 2
    header.InstanceNumber = index + 1
    header.Rows, header.Columns = ROWS, COLUMNS
    header.PixelSpacing = [SPACING_MM[1], SPACING_MM[2]]
    header.SliceThickness = SPACING_MM[0]
    header.ImageOrientationPatient = [f"{v:.10f}" for v in (*row, *column)]
    position = np.array([-40.0, 25.0, 110.0]) + normal * index * SPACING_MM[0]
    header.ImagePositionPatient = [f"{v:.8f}" for v in position]
    header.ImageType = ["ORIGINAL", "PRIMARY"]
    for keyword, value in changes.items():
        if value is None:
            delattr(header, keyword)
        else:
            setattr(header, keyword, value)
    return header
