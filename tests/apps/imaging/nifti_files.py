"""Grids of every kind a scanner makes, and NIfTI files as other tools write them."""

from __future__ import annotations

import gzip
import io
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from apps.imaging.research.grid import ImageGrid

OBLIQUE = [0.8, 0.6, 0.0, -0.36, 0.48, 0.8]
TILT = np.tan(np.deg2rad(17.5))

GEOMETRIES: dict[str, tuple[list[float], list[float]]] = {
    "axial": ([1, 0, 0, 0, 1, 0], [0, 0, 2.0]),
    "oblique": (OBLIQUE, [0.96, -1.28, 1.2]),
    "sagittal": ([0, 1, 0, 0, 0, -1], [-2.0, 0, 0]),
    "tilted": ([1, 0, 0, 0, 1, 0], [0, 2.0 * TILT, 2.0]),
    "tilted_oblique": (OBLIQUE, [0.96 - 0.36 * TILT, -1.28 + 0.48 * TILT, 1.2 + 0.8 * TILT]),
    "reversed": ([1, 0, 0, 0, -1, 0], [0, 0, -2.0]),
}
"""Image Orientation (Patient), and the step to the next slice in LPS mm."""
FIRST = np.array([-10.0, -20.0, 30.0])
SPACING_MM = (0.5, 0.75)  # between rows, between columns


def make_grid(
    name: str = "axial", *, shape: tuple[int, int, int] = (5, 16, 24), **changes: Any
) -> ImageGrid:
    orientation, step = (np.array(one, dtype=float) for one in GEOMETRIES[name])
    affine = np.eye(4)
    affine[:3, 0] = orientation[:3] * SPACING_MM[1]
    affine[:3, 1] = orientation[3:] * SPACING_MM[0]
    affine[:3, 2], affine[:3, 3] = step, FIRST
    fields: dict[str, Any] = {
        "stack": 1,
        "frames": tuple((f"1.2.{n}", 1) for n in range(shape[0])),
        "rows": shape[1],
        "columns": shape[2],
        "affine_lps": affine,
        "positions_lps": FIRST + np.arange(shape[0])[:, None] * step,
        "frame_of_reference_uid": "1.9",
        "warnings": (),
    }
    return ImageGrid(**(fields | changes))


def nifti(
    voxels: NDArray[Any], affine_ras: NDArray[np.float64], *, packed: bool = True, **fields: Any
) -> bytes:
    """A file as nibabel writes it, (i, j, k); ``fields`` are then put into its header as they are.

    The header's own fields by name; nibabel checks nothing of what is put in so.
    """
    image = nibabel.Nifti1Image(voxels, affine_ras)
    raw = bytearray(image.to_bytes())
    header = nibabel.Nifti1Header(bytes(raw[:348]), check=False)
    for name, value in fields.items():
        header[name] = value
    raw[:348] = header.binaryblock
    return gzip.compress(bytes(raw)) if packed else bytes(raw)


def as_ijk(labels: NDArray[Any]) -> NDArray[Any]:
    """(slice, row, column) to NIfTI's (column, row, slice)."""
    return labels.transpose(2, 1, 0)


def load(body: bytes) -> Any:
    """By the independent reader."""
    return nibabel.Nifti1Image.from_bytes(gzip.decompress(body))


def random_labels(
    shape: tuple[int, int, int] = (5, 16, 24), *, seed: int = 1, most: int = 3
) -> NDArray[np.uint8]:
    labels = np.random.default_rng(seed).integers(0, most + 1, shape).astype(np.uint8)
    labels[0, 0, 0] = most
    return labels


def save(image: Any) -> bytes:
    out = io.BytesIO(image.to_bytes())
    return gzip.compress(out.getvalue())
