"""Real series: read from ../shared/data, never copied; absent, tests skip by name."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

SHARED_DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """A path of the shared data set; skips, by name, where it is absent."""
    path = SHARED_DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared data {'/'.join(parts)} is absent")
    return path


@dataclass(frozen=True)
class LoadedSeries:
    """A series as an analysis gets it; satisfies ``ImageVolume``."""

    voxels: NDArray[np.float32]
    affine_lps: NDArray[np.float64]
    headers: list[Dataset]

    @property
    def sop_instance_uids(self) -> tuple[str, ...]:
        return tuple(str(header.SOPInstanceUID) for header in self.headers)


@lru_cache(maxsize=4)
def load_series(folder: Path) -> LoadedSeries:
    """Read a single-frame series, slices along the normal, Modality LUT applied per slice."""
    datasets = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    row, column = np.array(datasets[0].ImageOrientationPatient, dtype=float).reshape(2, 3)
    normal = np.cross(row, column)
    datasets.sort(key=lambda d: float(np.dot(normal, [float(v) for v in d.ImagePositionPatient])))
    voxels = np.stack(
        [
            d.pixel_array * float(d.get("RescaleSlope", 1)) + float(d.get("RescaleIntercept", 0))
            for d in datasets
        ]
    ).astype(np.float32)
    for dataset in datasets:
        del dataset.PixelData
    return LoadedSeries(voxels=voxels, affine_lps=affine_of(datasets), headers=datasets)


def affine_of(headers: list[Dataset]) -> NDArray[np.float64]:
    """(column, row, slice, 1) to LPS millimetres."""
    row, column = np.array(headers[0].ImageOrientationPatient, dtype=float).reshape(2, 3)
    row_spacing, column_spacing = (float(v) for v in headers[0].PixelSpacing)
    first = np.array(headers[0].ImagePositionPatient, dtype=float)
    last = np.array(headers[-1].ImagePositionPatient, dtype=float)
    affine = np.eye(4)
    affine[:3, 0] = row * column_spacing
    affine[:3, 1] = column * row_spacing
    affine[:3, 2] = (last - first) / max(len(headers) - 1, 1)
    affine[:3, 3] = first
    return affine


def read_nifti_mask(path: Path) -> NDArray[np.bool_]:
    return read_nifti(path) > 0


def read_nifti(path: Path) -> NDArray[Any]:
    """NIfTI-1 voxels as (slice, row, column), in the file's own order."""
    raw = gzip.decompress(path.read_bytes())
    dimensions = [int(v) for v in np.frombuffer(raw, "<i2", 8, 40)]
    kind = {2: "u1", 4: "<i2", 8: "<i4", 16: "<f4", 64: "<f8", 512: "<u2"}
    dtype = kind[int(np.frombuffer(raw, "<i2", 1, 70)[0])]
    offset = int(np.frombuffer(raw, "<f4", 1, 108)[0])
    shape = (dimensions[3], dimensions[2], dimensions[1])
    return np.frombuffer(raw, dtype, int(np.prod(shape)), offset).reshape(shape)


def rasterise_contours(rtstruct: Path, roi_name: str, series: LoadedSeries) -> NDArray[np.bool_]:
    """Voxels whose centre lies inside the closed planar contours; even-odd, so holes stay holes."""
    dataset = pydicom.dcmread(rtstruct)
    number = next(
        roi.ROINumber for roi in dataset.StructureSetROISequence if roi.ROIName == roi_name
    )
    contours = next(
        roi for roi in dataset.ROIContourSequence if roi.ReferencedROINumber == number
    ).ContourSequence
    to_index = np.linalg.inv(series.affine_lps)
    mask = np.zeros(series.voxels.shape, dtype=bool)
    columns, rows = np.meshgrid(np.arange(mask.shape[2]), np.arange(mask.shape[1]))
    for contour in contours:
        assert contour.ContourGeometricType == "CLOSED_PLANAR"
        points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        indices = np.c_[points, np.ones(len(points))] @ to_index.T
        plane = round(float(indices[:, 2].mean()))
        assert np.abs(indices[:, 2] - plane).max() < 0.05, "the contour lies between two slices"
        mask[plane] ^= _inside(indices[:, 0], indices[:, 1], columns, rows)
    return mask


def _inside(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    columns: NDArray[np.intp],
    rows: NDArray[np.intp],
) -> NDArray[np.bool_]:
    inside = np.zeros(columns.shape, dtype=bool)
    for i in range(len(x)):
        j = i - 1
        if y[i] == y[j]:
            continue
        crosses = (y[i] > rows) != (y[j] > rows)
        at = (x[j] - x[i]) * (rows - y[i]) / (y[j] - y[i]) + x[i]
        inside ^= crosses & (columns < at)
    return inside
