"""The grid of an RT Dose in grays, from its archived frames."""

from typing import NoReturn

import numpy as np

from apps.imaging.exceptions import NotAVolume
from apps.imaging.geometry import describe_frames
from apps.imaging.radiotherapy.doses import DoseHeader
from apps.imaging.radiotherapy.dvh import DoseGrid
from apps.imaging.radiotherapy.problems import Problem
from apps.imaging.selectors import archived_poses, open_archive

MOST_VOXELS = 64 * 1024 * 1024


def open_dose_grid(archive_key: str, sop_instance_uid: str, header: DoseHeader) -> DoseGrid:
    """Stored values by Dose Grid Scaling (PS3.3 C.8.8.3); planes by their offsets.

    Raises
    ------
    NotAVolume
        ``not_gray``, ``no_scaling``, ``grid_not_regular``, ``too_large``.
    """
    if header.units != "GY":
        _refuse("not_gray", units=header.units or "none")
    if header.scaling is None:
        _refuse("no_scaling")
    poses = [
        pose for (uid, _), pose in archived_poses(archive_key).items() if uid == sop_instance_uid
    ]
    geometry = describe_frames(poses)
    if geometry.affine_lps is None:
        _refuse("grid_not_regular")
    first = poses[0]
    if len(poses) * first.rows * first.columns > MOST_VOXELS:
        _refuse("too_large")
    archive = open_archive(archive_key)
    grays = np.empty((len(poses), first.rows, first.columns), dtype=np.float32)
    for place, index in enumerate(geometry.order):
        stored = archive.decode(sop_instance_uid, poses[index].frame)
        grays[place] = stored.astype(np.float64) * header.scaling
    return DoseGrid(grays, geometry.affine_lps)


def _refuse(code: str, **facts: str) -> NoReturn:
    raise NotAVolume(Problem.of(code, **facts).message, code=code)
