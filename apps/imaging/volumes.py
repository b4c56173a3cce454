"""A series as one regular volume in patient space, for computation."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Volume:
    """Voxels after the Modality LUT, with the way from voxel to patient.

    Attributes
    ----------
    voxels : float32 array (slice, row, column), read-only, memory-mapped.
        Values after the Modality LUT (PS3.3 C.11.1): HU for CT, stored units for PET.
    affine_lps : float64 array (4, 4)
        ``affine_lps @ (column, row, slice, 1)`` is the voxel centre in LPS millimetres
        (PS3.3 C.7.6.2.1.1).
    sop_instance_uids : tuple of str
        One per slice, in slice order (along the slice normal).
    frame_of_reference_uid : str
    warnings : tuple of (code, message)
        What is unusual but not forbidding.
    """

    voxels: npt.NDArray[np.float32]
    affine_lps: npt.NDArray[np.float64]
    sop_instance_uids: tuple[str, ...]
    frame_of_reference_uid: str
    warnings: tuple[tuple[str, str], ...] = ()

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxels along (slice, row, column), in mm."""
        columns = np.linalg.norm(self.affine_lps[:3, :3], axis=0)
        return float(columns[2]), float(columns[1]), float(columns[0])


def open_volume(*, series_id: UUID) -> Volume:
    """Open a series as one volume, building its derived file when it is not there.

    Raises
    ------
    NotVisible
        No such series in the archive.
    NotAVolume
        With ``error_code`` one of ``not_an_image``, ``no_patient_space``, ``single_slice``,
        ``mixed_orientation``, ``mixed_size``, ``duplicate_position``, ``multiple_volumes``,
        ``gantry_tilt``, ``irregular_spacing``, ``missing_slices``, ``pixels_unavailable``.
    """
    from apps.imaging.derived import open_derived_volume

    return open_derived_volume(series_id=series_id)
