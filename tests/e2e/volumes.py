"""What a stack of DICOM files holds at a place in the patient, without the viewer's code."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from tests.e2e.harness import Stack


@dataclass(frozen=True)
class Truth:
    """Modality values of parallel images, by patient position."""

    values: NDArray[np.float64]
    """Slice, row, column."""
    affine: NDArray[np.float64]
    """Column, row, slice to LPS millimetres."""

    @classmethod
    def of(cls, images: list[Dataset]) -> Truth:
        row_axis, column_axis = np.array(images[0].ImageOrientationPatient, float).reshape(2, 3)
        normal = np.cross(row_axis, column_axis)
        ordered = sorted(images, key=lambda one: float(np.dot(one.ImagePositionPatient, normal)))
        first, last = (
            np.array(one.ImagePositionPatient, float) for one in ordered[:: len(ordered) - 1]
        )
        affine = np.eye(4)
        affine[:3, 0] = row_axis * float(images[0].PixelSpacing[1])
        affine[:3, 1] = column_axis * float(images[0].PixelSpacing[0])
        affine[:3, 2] = (last - first) / (len(ordered) - 1)
        affine[:3, 3] = first
        values = np.stack(
            [
                one.pixel_array * float(getattr(one, "RescaleSlope", 1))
                + float(getattr(one, "RescaleIntercept", 0))
                for one in ordered
            ]
        )
        return cls(values, affine)

    @property
    def finest_mm(self) -> float:
        return float(np.linalg.norm(self.affine[:3, :3], axis=0).min())

    def point(self, slice_: int, row: int, column: int) -> list[float]:
        return [float(v) for v in (self.affine @ [column, row, slice_, 1.0])[:3]]

    def at(self, point_lps: Any) -> float:
        """Between the eight voxels around the point; NaN beyond half a voxel outside."""
        column, row, slice_ = (np.linalg.inv(self.affine) @ [*point_lps, 1.0])[:3]
        place = np.array([slice_, row, column])
        top = np.array(self.values.shape) - 1
        if (place < -0.5).any() or (place > top + 0.5).any():
            return float("nan")
        place = np.clip(place, 0, top)
        low = np.minimum(place.astype(int), np.maximum(top - 1, 0))
        share = place - low
        total = 0.0
        for corner in np.ndindex(2, 2, 2):
            weight = np.prod(np.where(corner, share, 1 - share))
            if weight > 0:
                total += weight * self.values[tuple(low + corner)]
        return float(total)

    def slab_maximum(self, point_lps: Any, normal: Any, thickness_mm: float) -> float:
        """Over samples no further apart than the finest voxel edge, an odd number of them."""
        gaps = int(np.ceil(thickness_mm / self.finest_mm))
        count = gaps + gaps % 2 + 1
        along = np.linspace(-thickness_mm / 2, thickness_mm / 2, count)
        seen = [self.at(np.array(point_lps) + np.array(normal) * one) for one in along]
        return float(np.nanmax(seen))


def grey(value: float, voi: dict[str, Any]) -> float:
    """0 to 255 as a window shows it; outside the volume black."""
    if np.isnan(value):
        return 0.0
    shown = float(np.clip((value - voi["lower"]) / (voi["upper"] - voi["lower"]), 0, 1) * 255)
    return 255 - shown if voi["invert"] else shown


def hot_iron(share: float) -> NDArray[np.float64]:
    """PS3.6 B.1.1, of the entry that a share of the range falls on."""
    entry = round(float(np.clip(share, 0, 1)) * 255)
    return np.array(
        [
            min(255, entry * 2),
            min(255, max(0, entry - 128) * 2),
            min(255, max(0, entry - 192) * 4),
        ],
        float,
    )


def truth_from_pacs(stack: Stack, series_uid: str) -> Truth:
    """From the files as the house's PACS has them."""
    with stack.pacs() as pacs:
        (found,) = pacs.post("/tools/lookup", content=series_uid).json()
        ids = [one["ID"] for one in pacs.get(f"/series/{found['ID']}/instances").json()]
        files = [pacs.get(f"/instances/{one}/file").content for one in ids]
    return Truth.of([pydicom.dcmread(io.BytesIO(one)) for one in files])
