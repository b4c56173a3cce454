"""Where a result lies: a mask on the images' own grid where it lies on it exactly, or its box.

Coordinates are LPS millimetres. Nothing is resampled and nothing is moved to fit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.ai.external.refusals import Refused, Remark
from apps.imaging.choices import SeriesKind
from apps.imaging.geometry import FramePose
from apps.imaging.models import Instance, Series, Study
from apps.imaging.selectors import archived_poses

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one result lies.

    Attributes
    ----------
    series : the image series it is shown on; ``None`` where no image of it is here.
    mask : packed uint8 (slice, row, column) on ``grid``; empty where there is none.
    centroid_lps, bbox_lps : empty where it has no place in the patient.
    outlines : drawings of a report, each with ``shape``, ``points_lps`` and ``images``.
    """

    series: Series | None
    sop_instance_uid: str
    frame: int = 1
    frame_of_reference_uid: str = ""
    centroid_lps: list[float] = field(default_factory=list)
    bbox_lps: list[list[float]] = field(default_factory=list)
    mask: bytes = b""
    grid: dict[str, Any] = field(default_factory=dict)
    outlines: list[dict[str, Any]] = field(default_factory=list)
    remarks: tuple[Remark, ...] = ()


class StudyImages:
    """The image series of one study, as results may lie on them."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.series: list[Series] = list(
            Series.objects.filter(study=study, kind=SeriesKind.IMAGE)
            .exclude(archive_key="")
            .select_related("study")
            .order_by("number", "pk")
        )

    def holding(self, sop_instance_uids: Iterable[str]) -> dict[str, Series]:
        """The image series that hold these objects."""
        by_pk = {one.pk: one for one in self.series}
        rows = Instance.objects.filter(
            series__in=list(by_pk), sop_instance_uid__in=set(sop_instance_uids)
        ).values_list("sop_instance_uid", "series_id")
        return {uid: by_pk[series_id] for uid, series_id in rows}

    def poses(self, series: Series) -> dict[tuple[str, int], FramePose]:
        return archived_poses(series.archive_key)

    def sharing(self, frame_of_reference_uid: str) -> list[Series]:
        """Series with an image in this frame of reference."""
        if not frame_of_reference_uid:
            return []
        return [
            one
            for one in self.series
            if any(
                pose.frame_of_reference_uid == frame_of_reference_uid
                for pose in self.poses(one).values()
            )
        ]

    def require_frame_of_reference(self, frame_of_reference_uid: str) -> None:
        """
        Raises
        ------
        Refused
            The study has images in the patient, and none of them lies in this frame.
        """
        known = {
            pose.frame_of_reference_uid
            for one in self.series
            for pose in self.poses(one).values()
            if pose.frame_of_reference_uid and pose.has_space
        }
        if known and frame_of_reference_uid not in known:
            raise Refused("frame_of_reference_mismatch")


def nearest_image(
    poses: Iterable[FramePose], *, point_lps: Sequence[float], frame_of_reference_uid: str
) -> FramePose | None:
    """The image whose plane is nearest to a point."""
    found: tuple[float, FramePose] | None = None
    for pose in poses:
        if not pose.has_space or pose.frame_of_reference_uid != frame_of_reference_uid:
            continue
        away = abs(float(_normal(pose) @ (np.asarray(point_lps) - np.asarray(pose.position_lps))))
        if found is None or away < found[0]:
            found = away, pose
    return found[1] if found else None


def box_of(points_lps: FloatArray) -> tuple[list[float], list[list[float]]]:
    """Middle and corners of the box around points (n, 3)."""
    low, high = points_lps.min(axis=0), points_lps.max(axis=0)
    return _rounded((low + high) / 2), [_rounded(low), _rounded(high)]


def points_of_pose(pose: FramePose, points_image: Iterable[Sequence[float]]) -> FloatArray:
    """(column, row), pixel centres at whole numbers, as LPS mm (PS3.3 C.7.6.2.1.1)."""
    assert pose.orientation is not None and pose.pixel_spacing_mm is not None
    axes = np.asarray(pose.orientation, dtype=np.float64).reshape(2, 3)
    size = np.array([pose.pixel_spacing_mm[1], pose.pixel_spacing_mm[0]])
    flat = np.asarray(list(points_image), dtype=np.float64).reshape(-1, 2)
    placed: FloatArray = np.asarray(pose.position_lps) + (flat * size) @ axes
    return placed


def extreme_points(shape: str, points: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """Points whose box is that of the shape; a circle is said by its middle and one point."""
    if shape != "CIRCLE" or len(points) != 2:
        return list(points)
    (x, y), (on_x, on_y) = points[0][:2], points[1][:2]
    radius = float(np.hypot(on_x - x, on_y - y))
    return [(x - radius, y), (x + radius, y), (x, y - radius), (x, y + radius)]


def half_step_lps(poses: Iterable[FramePose]) -> dict[tuple[str, int], FloatArray]:
    """Per image, half the way to its nearest parallel neighbour along the normal; LPS mm."""
    placed = [pose for pose in poses if pose.has_space]
    if not placed:
        return {}
    normal = _normal(placed[0])
    heights = np.array([float(normal @ np.asarray(pose.position_lps)) for pose in placed])
    levels = np.unique(np.round(heights, 3))
    step = float(np.diff(levels).min()) if len(levels) > 1 else 0.0
    return {(one.sop_instance_uid, one.frame): normal * step / 2 for one in placed}


def _normal(pose: FramePose) -> FloatArray:
    axes = np.asarray(pose.orientation, dtype=np.float64).reshape(2, 3)
    return np.cross(axes[0], axes[1])


def _rounded(values: FloatArray) -> list[float]:
    return [round(float(value), 3) for value in values]
