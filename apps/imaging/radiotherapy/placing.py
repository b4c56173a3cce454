"""Which contours lie in the planes of a series. The viewer draws by the same rule."""

import numpy as np

from apps.imaging.geometry import slice_normal
from apps.imaging.radiotherapy.structures import FLAT_MM, StructureSet
from apps.imaging.selectors import archived_poses

SAME_PLANE_MM = FLAT_MM
PARALLEL = 0.9999


def count_in_planes(header: StructureSet, image_key: str) -> int | None:
    """How many contours lie in an image of the series; ``None`` without a common space."""
    poses = [pose for pose in archived_poses(image_key).values() if pose.has_space]
    spaces = {pose.frame_of_reference_uid for pose in poses} - {""}
    regions = [one for one in header.regions if one.frame_of_reference_uid in spaces]
    if not poses or not any(region.contours for region in regions):
        return None
    first = poses[0].orientation
    assert first is not None
    normal = slice_normal(first)
    parallel = [
        pose
        for pose in poses
        if pose.orientation and abs(float(slice_normal(pose.orientation) @ normal)) > PARALLEL
    ]
    heights = np.sort([float(np.asarray(pose.position_lps) @ normal) for pose in parallel])
    count = 0
    for region in regions:
        for contour in region.contours:
            along = contour.points_lps @ normal
            at = int(np.searchsorted(heights, float(along.mean())))
            near = heights[max(0, at - 1) : at + 1]
            away = np.abs(along[:, None] - near[None, :]).max(axis=0) if near.size else np.array([])
            count += bool(away.size and away.min() <= SAME_PLANE_MM)
    return count
