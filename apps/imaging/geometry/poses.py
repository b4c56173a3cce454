"""Where one frame lies in the patient (PS3.3 C.7.6.2.1.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

UNIT_TOLERANCE = 1e-2
PURE_PLANE_COSINE = 0.985  # ten degrees off is oblique
PLANES = ("sagittal", "coronal", "axial")  # by the axis of their normal: x, y, z


@dataclass(frozen=True, slots=True)
class FramePose:
    """Where one frame lies; ``None`` where the object says nothing usable."""

    sop_instance_uid: str
    frame: int  # from 1, as in DICOM
    rows: int
    columns: int
    position_lps: tuple[float, float, float] | None = None
    orientation: tuple[float, float, float, float, float, float] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None  # between rows, between columns
    frame_of_reference_uid: str = ""
    instance_number: int = 0
    keys: dict[str, Any] = field(default_factory=dict)  # names of dimensions.AXES

    @property
    def has_space(self) -> bool:
        return (
            self.position_lps is not None
            and self.orientation is not None
            and self.pixel_spacing_mm is not None
            and is_orthonormal(self.orientation)
        )


def is_orthonormal(orientation: Sequence[float]) -> bool:
    """Two unit vectors at right angles, as Image Orientation (Patient) must be."""
    row, column = np.asarray(orientation[:3]), np.asarray(orientation[3:])
    lengths_fit = all(abs(np.linalg.norm(v) - 1.0) < UNIT_TOLERANCE for v in (row, column))
    return bool(lengths_fit and abs(float(row @ column)) < UNIT_TOLERANCE)


def slice_normal(orientation: Sequence[float]) -> FloatArray:
    """Row direction × column direction, of unit length."""
    normal = np.cross(np.asarray(orientation[:3]), np.asarray(orientation[3:]))
    unit: FloatArray = normal / np.linalg.norm(normal)
    return unit


def plane_of(orientation: Sequence[float]) -> str:
    """``axial``, ``sagittal``, ``coronal``, or ``oblique_`` and the nearest of them."""
    along = np.abs(slice_normal(orientation))
    nearest = int(np.argmax(along))
    name = PLANES[nearest]
    return name if along[nearest] >= PURE_PLANE_COSINE else f"oblique_{name}"
