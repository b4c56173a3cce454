"""NIfTI-1 out (nifti.nimh.nih.gov, nifti1.h): the header by nibabel, voxels slice by slice.

Nothing is resampled or turned: NIfTI's (i, j, k) is our (column, row, slice), and the place in
the patient is the sform, which can hold a shear. The qform cannot, so it is left unset ("unknown")
where it would say another place. No field of the header speaks of a person.
"""

import gzip
from collections.abc import Iterable, Iterator
from io import RawIOBase
from typing import IO

import numpy as np
import numpy.typing as npt
from nibabel.nifti1 import Nifti1Header

from apps.imaging.research.grid import ImageGrid

SCANNER = 1
"""NIFTI_XFORM_SCANNER_ANAT"""
SAME_PLACE_MM = 0.01
DESCRIPTION = "Consilium; research use only"
GZIP_LEVEL = 1
"""Noise does not pack: 2 % smaller at 6 for four times the time (300 slices of chest CT)."""
SMALL = np.iinfo(np.int16)

Slices = Iterable[npt.NDArray[np.generic]]


def image_dtype(voxels: npt.NDArray[np.float32]) -> np.dtype[np.generic]:
    """int16 where it holds every value exactly, as those of CT; float32 otherwise.

    Parameters
    ----------
    voxels : (slice, row, column), values after the Modality LUT.
    """
    for plane in voxels:
        if not (plane.min() >= SMALL.min and plane.max() <= SMALL.max):  # NaN fits in neither
            return np.dtype("<f4")
        if not np.array_equal(plane, np.rint(plane)):
            return np.dtype("<f4")
    return np.dtype("<i2")


def label_dtype(labels: int) -> np.dtype[np.generic]:
    """The smallest kind for labels from 1 to ``labels``."""
    return np.dtype("u1") if labels < 256 else np.dtype("<u2")


def write_nifti(
    out: IO[bytes] | RawIOBase,
    *,
    grid: ImageGrid,
    slices: Slices,
    dtype: np.dtype[np.generic],
    is_labels: bool = False,
) -> None:
    """Write one ``.nii.gz``; equal voxels on an equal grid are equal bytes.

    Parameters
    ----------
    slices : arrays (row, column), in slice order.
    """
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=GZIP_LEVEL, mtime=0) as z:
        _header(grid, dtype=dtype, is_labels=is_labels).write_to(z)
        count = 0
        for plane in _checked(slices, grid):
            z.write(plane.astype(dtype, copy=False).tobytes())
            count += 1
    if count != grid.shape[0]:
        raise ValueError(f"{count} slices for a grid of {grid.shape[0]}")


def _header(grid: ImageGrid, *, dtype: np.dtype[np.generic], is_labels: bool) -> Nifti1Header:
    header = Nifti1Header(endianness="<")
    header.set_data_dtype(dtype)
    header.set_data_shape(grid.shape[::-1])
    header.set_zooms(grid.spacing_mm[::-1])
    header.set_qform(grid.affine_ras, code=SCANNER, strip_shears=True)
    if _largest_shift_mm(header.get_qform(), grid) > SAME_PLACE_MM:
        header.set_qform(None, code=0)
        header.set_zooms(grid.spacing_mm[::-1])
    header.set_sform(grid.affine_ras, code=SCANNER)
    header.set_xyzt_units("mm")
    header["descrip"] = DESCRIPTION.encode("ascii")
    if is_labels:
        header.set_intent("label", allow_unknown=True)
    header["vox_offset"] = 352
    return header


def _largest_shift_mm(affine_ras: npt.NDArray[np.float64], grid: ImageGrid) -> float:
    """How far apart two affines put a corner of the grid."""
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(grid.shape[::-1]) - 1)
    points = np.c_[corners, np.ones(8)] @ (affine_ras - grid.affine_ras).T
    return float(np.linalg.norm(points[:, :3], axis=1).max())


def _checked(slices: Slices, grid: ImageGrid) -> Iterator[npt.NDArray[np.generic]]:
    for plane in slices:
        if plane.shape != (grid.rows, grid.columns):
            raise ValueError(f"a slice of {plane.shape} on a grid of {grid.shape}")
        yield plane
