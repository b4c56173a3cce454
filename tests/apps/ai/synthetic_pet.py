"""PET headers and volumes with known answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import UID

PET_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.128"
F18_HALF_LIFE_S = 6586.2


@dataclass(frozen=True)
class SyntheticVolume:
    voxels: NDArray[np.float32]
    headers: list[Dataset]
    spacing_mm: tuple[float, float, float] = (4.0, 4.0, 4.0)
    origin_lps: tuple[float, float, float] = field(default=(0.0, 0.0, 0.0))

    @property
    def affine_lps(self) -> NDArray[np.float64]:
        slice_mm, row_mm, column_mm = self.spacing_mm
        affine = np.diag([column_mm, row_mm, slice_mm, 1.0])
        affine[:3, 3] = self.origin_lps
        return affine

    @property
    def sop_instance_uids(self) -> tuple[str, ...]:
        return tuple(str(header.SOPInstanceUID) for header in self.headers)


def pet_header(
    *,
    index: int = 0,
    slice_mm: float = 4.0,
    injection: dict[str, Any] | None = None,
    **changes: Any,
) -> Dataset:
    """One PET header: 70 kg, 368.08 MBq of F-18 at 10:00, scan and decay reference at 11:00.

    ``changes`` sets attributes; None removes one. ``injection`` does so inside the
    radiopharmaceutical item.
    """
    item = Dataset()
    item.RadionuclideTotalDose = 368.08e6
    item.RadionuclideHalfLife = F18_HALF_LIFE_S
    item.RadiopharmaceuticalStartTime = "100000.000000"
    item.RadiopharmaceuticalStartDateTime = "20250101100000.000000"
    _apply(item, injection or {})
    header = Dataset()
    header.SOPClassUID = UID(PET_IMAGE_STORAGE)
    header.SOPInstanceUID = UID(f"1.2.826.0.1.3680043.10.1.{index + 1}")
    header.Modality = "PT"
    header.Units = "BQML"
    header.DecayCorrection = "START"
    header.CorrectedImage = ["ATTN", "DECY", "SCAT"]
    header.PatientWeight = 70.0
    header.PatientSize = 1.75
    header.PatientSex = "M"
    header.SeriesDate = "20250101"
    header.SeriesTime = "110000"
    header.AcquisitionDate = "20250101"
    header.AcquisitionTime = "110000"
    header.ActualFrameDuration = 300000
    header.FrameReferenceTime = 150000.0
    header.ImagePositionPatient = [0.0, 0.0, index * slice_mm]
    header.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    header.PixelSpacing = [4.0, 4.0]
    header.RadiopharmaceuticalInformationSequence = [item]
    _apply(header, changes)
    return header


def suv_volume(suv: NDArray[np.floating[Any]], **changes: Any) -> SyntheticVolume:
    """A series whose voxels are SUVs already (Units GML, SUV Type BW)."""
    headers = [
        pet_header(index=index, Units="GML", SUVType="BW", **changes) for index in range(len(suv))
    ]
    return SyntheticVolume(voxels=suv.astype(np.float32), headers=headers)


def _apply(dataset: Dataset, changes: dict[str, Any]) -> None:
    for keyword, value in changes.items():
        if value is None:
            if keyword in dataset:
                delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
