"""A chest of ellipsoids with known answers: a body, two lungs, and what is put into them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from tests.apps.ai.synthetic_pet import SyntheticVolume

SPACING_MM = (2.0, 1.0, 1.0)
SHAPE = (110, 250, 330)
#: Half axes (z, y, x) of a lung and the distance of its middle from the midline.
LUNG_HALF_AXES_MM = (92.0, 80.0, 55.0)
LUNG_OFFSET_MM = 72.0
LUNG_ML = 4 / 3 * np.pi * np.prod(LUNG_HALF_AXES_MM) / 1000

Coordinates = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def coordinates() -> Coordinates:
    """z (foot to head), y (front to back), x (right to left) in mm from the middle of the body."""
    z, y, x = (
        (np.arange(size) - (size - 1) / 2) * step
        for size, step in zip(SHAPE, SPACING_MM, strict=True)
    )
    return z[:, None, None], y[None, :, None], x[None, None, :]


def drawn_chest(*, noise_hu: float = 8.0, lung_hu: float = -850.0) -> NDArray[np.float32]:
    """Soft tissue of 40 HU with two lungs in it; (slice, row, column)."""
    z, y, x = coordinates()
    body = (y / 112) ** 2 + (x / 152) ** 2 + 0 * z < 1
    hu = np.where(body, 40.0, -1000.0)
    for side in (-1, 1):
        hu[_ellipsoid(z, y, x - side * LUNG_OFFSET_MM, LUNG_HALF_AXES_MM)] = lung_hu
    rng = np.random.default_rng(1)
    return (hu + rng.normal(0, noise_hu, hu.shape)).astype(np.float32)


def put_ball(
    hu: NDArray[np.float32], centre_mm: tuple[float, float, float], diameter_mm: float
) -> NDArray[np.bool_]:
    """Paint a ball of 40 HU with an edge of one voxel; returns its mask."""
    z, y, x = coordinates()
    away = np.sqrt((z - centre_mm[0]) ** 2 + (y - centre_mm[1]) ** 2 + (x - centre_mm[2]) ** 2)
    share = np.clip(diameter_mm / 2 - away + 0.5, 0, 1).astype(np.float32)
    hu += share * (40 - hu)
    return away < diameter_mm / 2


def put_tube(
    hu: NDArray[np.float32], *, y_mm: float, z_mm: float, from_x_mm: float, to_x_mm: float,
    diameter_mm: float,
) -> None:  # fmt: skip
    """Paint a vessel of 40 HU that runs along x."""
    z, y, x = coordinates()
    away = np.sqrt((z - z_mm) ** 2 + (y - y_mm) ** 2) + 0 * x
    share = np.clip(diameter_mm / 2 - away + 0.5, 0, 1) * ((x >= from_x_mm) & (x <= to_x_mm))
    hu += (share * (40 - hu)).astype(np.float32)


def ct_series(hu: NDArray[np.float32], **changes: Any) -> SyntheticVolume:
    """Axial, feet first in slice order; ``changes`` sets attributes, None removes one."""
    headers = []
    for index in range(len(hu)):
        header = Dataset()
        header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        header.SOPInstanceUID = f"1.2.826.0.1.3680043.10.8.{index + 1}"
        header.Modality = "CT"
        header.RescaleSlope, header.RescaleIntercept = 1, -1024
        header.SliceThickness = SPACING_MM[0]
        header.ImagePositionPatient = [0.0, 0.0, index * SPACING_MM[0]]
        for keyword, value in changes.items():
            if value is None:
                delattr(header, keyword)
            else:
                setattr(header, keyword, value)
        headers.append(header)
    return SyntheticVolume(voxels=hu, headers=headers, spacing_mm=SPACING_MM)


def _ellipsoid(
    z: NDArray[Any], y: NDArray[Any], x: NDArray[Any], half_axes: tuple[float, float, float]
) -> NDArray[np.bool_]:
    return (z / half_axes[0]) ** 2 + (y / half_axes[1]) ** 2 + (x / half_axes[2]) ** 2 < 1
