"""Folders of PET phantoms with reference masks of known agreement, as DICOM and NIfTI files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from apps.imaging.suv import PET_IMAGE_STORAGE
from tests.apps.ai.synthetic_pet import pet_header
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.apps.imaging.nifti_files import as_ijk, nifti
from tests.apps.imaging.segs import describe_segment, make_seg

SHAPE = (12, 32, 36)
SPACING_MM = (5.0, 2.0, 3.0)  # slice, row, column
ORIGIN = (-10.0, -20.0, 0.0)
SLOPE = 0.001
BACKGROUND, HOT = 1.0, 8.0

Mask = NDArray[np.bool_]


def ball(centre: tuple[float, float, float], radius_mm: float) -> Mask:
    """Voxels (slice, row, column) whose middle lies within ``radius_mm`` of a voxel."""
    axes = np.ogrid[tuple(slice(0, extent) for extent in SHAPE)]
    away = sum(
        ((axis - at) * step) ** 2 for axis, at, step in zip(axes, centre, SPACING_MM, strict=True)
    )
    inside: Mask = away <= radius_mm**2
    return inside


def pet_slices(hot: Mask, *, study_uid: str = "", **fields: Any) -> list[FileDataset]:
    """A PET series in SUV, eight in ``hot`` and one elsewhere."""
    suv = np.where(hot, HOT, BACKGROUND)
    study, series = study_uid or generate_uid(), generate_uid()
    frame_of_reference = generate_uid()
    header = pet_header(Units="GML", SUVType="BW")
    made = []
    for index, plane in enumerate(suv):
        one = make_slice(
            study_uid=study,
            series_uid=series,
            index=index,
            shape=SHAPE[1:],
            spacing_mm=SPACING_MM[0],
            modality="PT",
        )
        for element in header:
            if element.keyword not in {"SOPInstanceUID", "PixelSpacing"} and not str(
                element.keyword
            ).startswith("Image"):
                one.add(element)
        one.file_meta.MediaStorageSOPClassUID = PET_IMAGE_STORAGE
        one.SOPClassUID = PET_IMAGE_STORAGE
        one.FrameOfReferenceUID = frame_of_reference
        one.PositionReferenceIndicator, one.StudyID = "", "1"
        one.PixelSpacing = [SPACING_MM[1], SPACING_MM[2]]
        one.RescaleSlope, one.RescaleIntercept = SLOPE, 0
        one.PixelData = np.rint(plane / SLOPE).astype("<i2").tobytes()
        one.Manufacturer, one.ManufacturerModelName = "ACME", "Ring 9"
        one.InstitutionName = "North"
        one.PatientSex = "F"
        for keyword, value in fields.items():
            setattr(one, keyword, value)
        made.append(one)
    return made


def affine_ras() -> NDArray[np.float64]:
    """(column, row, slice, 1) to RAS millimetres, of every phantom here."""
    slice_mm, row_mm, column_mm = SPACING_MM
    affine = np.diag([-column_mm, -row_mm, slice_mm, 1.0])
    affine[:3, 3] = (-ORIGIN[0], -ORIGIN[1], ORIGIN[2])
    return affine


def write_study(
    folder: Path,
    *,
    hot: Mask,
    reference: Mask | None,
    kind: Literal["seg", "nifti"] = "seg",
    label: str = "GTV",
    **fields: Any,
) -> list[FileDataset]:
    """One study directory; without ``reference`` it has no mask file."""
    slices = pet_slices(hot, **fields)
    write_files(folder / "images", [to_bytes(one) for one in slices])
    if reference is None:
        return slices
    if kind == "nifti":
        body = nifti(as_ijk(reference.astype(np.uint8)), affine_ras())
        (folder / "gtv.nii.gz").write_bytes(body)
    else:
        seg = make_seg(
            slices, reference.astype(np.uint8), segments=[describe_segment(1, label=label)]
        )
        write_files(folder / "mask", [to_bytes(seg)], prefix="seg")
    return slices


def write_manifest(folder: Path, **document: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "validation.json").write_text(json.dumps(document))
