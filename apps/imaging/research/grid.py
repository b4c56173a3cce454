"""The voxels of one stack as a grid in the patient: which image lies where, and how exactly.

A gantry tilt is no reason to refuse: an affine can hold the shear. What an affine cannot hold
(slices at uneven distances, missing ones, several directions) is refused by its name.
"""

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from apps.imaging.archive import ReadableSeries
from apps.imaging.derived import REFUSALS
from apps.imaging.exceptions import NotAVolume
from apps.imaging.geometry import tilted_affine
from apps.imaging.stacks import describe_archive

FloatArray = npt.NDArray[np.float64]

OFF_GRID_MM = 0.05
OFF_GRID = 0.05  # of the slice distance
"""How far a slice may lie from where the affine puts it: headers round, tables creep."""
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class ImageGrid:
    """One stack of a series, in slice order.

    Attributes
    ----------
    frames : SOP Instance UID and frame (from 1) of each slice.
    affine_lps : float64 array (4, 4), ``affine_lps @ (column, row, slice, 1)`` in LPS mm.
    positions_lps : float64 array (slice, 3), Image Position (Patient) of each slice as it is.
    """

    stack: int
    frames: tuple[tuple[str, int], ...]
    rows: int
    columns: int
    affine_lps: FloatArray
    positions_lps: FloatArray
    frame_of_reference_uid: str
    warnings: tuple[tuple[str, str], ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slice, row, column)"""
        return len(self.frames), self.rows, self.columns

    @property
    def affine_ras(self) -> FloatArray:
        """``affine_ras @ (column, row, slice, 1)`` in RAS mm, as NIfTI has it."""
        return LPS_TO_RAS @ self.affine_lps

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Length of one step along (slice, row, column); of the slanted one where sheared."""
        columns = np.linalg.norm(self.affine_lps[:3, :3], axis=0)
        return float(columns[2]), float(columns[1]), float(columns[0])

    @property
    def off_grid_mm(self) -> float:
        """How far the slice that lies worst is from where the affine puts it."""
        steps = np.arange(len(self.frames))[:, None] * self.affine_lps[:3, 2]
        places = self.affine_lps[:3, 3] + steps
        return float(np.linalg.norm(places - self.positions_lps, axis=1).max())


def read_grid(archive: ReadableSeries, *, stack: int | None = None) -> ImageGrid:
    """The grid of a series, or of one of its stacks.

    Parameters
    ----------
    stack : its number, from 1; without it the series must have only one.

    Raises
    ------
    NotAVolume
        By the code of ``volumes.open_volume``, but never for a gantry tilt.
    """
    poses, geometry = describe_archive(archive)
    if not geometry.stacks:
        _refuse(geometry.refusal or "not_an_image")
    if stack is None and len(geometry.stacks) > 1:
        _refuse(geometry.refusal or "multiple_stacks")
    found = next((one for one in geometry.stacks if one.number == (stack or 1)), None)
    if found is None:
        _refuse("no_such_stack")
    tilted = found.refusal == "gantry_tilt"
    affine_lps = tilted_affine(poses, found) if tilted else found.affine_lps
    if affine_lps is None:
        others = [one.code for one in found.warnings if one.code != "gantry_tilt"]
        _refuse(others[0] if tilted and others else found.refusal or "not_an_image")
    members = [poses[index] for index in found.order]
    grid = ImageGrid(
        stack=found.number,
        frames=tuple((one.sop_instance_uid, one.frame) for one in members),
        rows=members[0].rows,
        columns=members[0].columns,
        affine_lps=affine_lps,
        positions_lps=np.asarray([one.position_lps for one in members], dtype=np.float64),
        frame_of_reference_uid=members[0].frame_of_reference_uid,
        warnings=tuple((one.code, one.message) for one in found.warnings),
    )
    if grid.off_grid_mm > max(OFF_GRID_MM, OFF_GRID * grid.spacing_mm[0]):
        _refuse("irregular_spacing")
    return grid


def _refuse(code: str) -> NoReturn:
    raise NotAVolume(REFUSALS.get(code, "Not a volume."), code=code)
