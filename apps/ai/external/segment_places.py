"""Where a segment of somebody else's SEG lies, with its mask where the grid is the images'."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from apps.ai.conf import EXTERNAL_MASK_BYTES
from apps.ai.external.places import Place, StudyImages, box_of, half_step_lps, nearest_image
from apps.ai.external.refusals import Refused, Remark
from apps.imaging.exceptions import SeriesEvicted
from apps.imaging.masks import pack_mask
from apps.imaging.models import Instance, Series
from apps.imaging.segmentations.archived import (
    LaidSegment,
    frames_of,
    header_of,
    image_size,
    lay_segment,
    place_segmentation,
    source_series,
    unpack,
)
from apps.imaging.segmentations.header import SegmentationHeader, SegmentFrame
from apps.imaging.segmentations.placing import Placement
from apps.imaging.segmentations.problems import Problem
from apps.imaging.segmentations.unpacked import UnpackedFrames

FloatArray = npt.NDArray[np.float64]
NOTES = frozenset({"references_disagree", "placed_by_geometry", "fraction_threshold"})


def place_segment(row: Instance, segment: int, images: StudyImages) -> Place | None:
    """
    Parameters
    ----------
    row : the SEG, with its series.
    segment : its number.

    Returns
    -------
    ``None`` for a segment without a single pixel: it marks nothing.

    Raises
    ------
    Refused
        ``malformed``, ``frame_of_reference_mismatch``.
    SeriesEvicted
        Files are not here; it can be read once they are back.
    UnreadableObject
        Its pixels cannot be read.
    """
    header = header_of(row.series.archive_key, row.sop_instance_uid)
    places, problems = place_segmentation(
        row, header, images=images.series, source_of=source_series([header], images.series)
    )
    _refuse(problems)
    unpacked = unpack(row, header)
    filled = [
        index
        for index in sorted(frames_of(header, segment))
        if unpacked.holds(frame=index, segment=segment)
    ]
    if not filled:
        return None
    best = max(places, key=lambda one: _placed(one[1], filled), default=None)
    placed = _placed(best[1], filled) if best else 0
    remarks = [Remark.of(one.code) for one in problems if one.code in NOTES]
    if best is not None and placed == len(filled):
        laid = lay_segment(row, header, segment=segment, series=best[0], place=best[1])
        poses = _grid(best[0], images)
        if len(poses) * laid.rows * laid.columns <= EXTERNAL_MASK_BYTES:
            made = _with_mask(best[0], laid, poses, images, remarks)
            if made is not None:
                return made
            placed = 0  # every pixel of it lies beside the images
            remarks.append(Remark.of("frames_not_placed", count=len(filled), total=len(filled)))
        else:
            remarks.append(Remark.of("mask_too_large"))
    else:
        remarks.append(_why_no_mask(problems, placed=placed, total=len(filled)))
    return _with_box(
        header, unpacked, filled, segment=segment, images=images,
        series=best[0] if best and placed else None, remarks=remarks, own_uid=row.sop_instance_uid,
    )  # fmt: skip


def _refuse(problems: Sequence[Problem]) -> None:
    for problem in problems:
        if problem.code == "malformed":
            raise Refused("malformed", reason=problem.message)
        if problem.code == "frame_of_reference_mismatch":
            raise Refused("frame_of_reference_mismatch")
        if problem.code in {"images_evicted", "evicted"}:
            raise SeriesEvicted(problem.message)


def _placed(place: Placement, filled: Sequence[int]) -> int:
    return sum(index in place.targets for index in filled)


def _why_no_mask(problems: Sequence[Problem], *, placed: int, total: int) -> Remark:
    if placed:
        return Remark.of("frames_not_placed", count=total - placed, total=total)
    if any(one.code == "source_not_in_case" for one in problems):
        return Remark.of("images_missing")
    return Remark.of("geometry_differs")


def _grid(series: Series, images: StudyImages) -> list[tuple[str, int]]:
    """Every image of the series that has its usual size, in its order."""
    size = image_size(series.archive_key)
    poses = images.poses(series).items()
    return [key for key, pose in poses if (pose.rows, pose.columns) == size]


def _with_mask(
    series: Series,
    laid: LaidSegment,
    keys: list[tuple[str, int]],
    images: StudyImages,
    remarks: list[Remark],
) -> Place | None:
    values = np.zeros((len(keys), laid.rows, laid.columns), dtype=np.uint8)
    slice_of = {key: index for index, key in enumerate(keys)}
    poses = images.poses(series)
    half = half_step_lps(poses.values())
    corners: list[FloatArray] = []
    weighted, count, largest = np.zeros(3), 0, (0, laid.keys[0])
    for index, key in enumerate(laid.keys):
        plane = values[slice_of[key]]
        laid.lay(index, plane)
        rows, columns = np.nonzero(plane)
        if not rows.size:
            continue  # only what lies outside the image
        largest = max(largest, (int(rows.size), key), key=lambda one: one[0])
        pose = poses[key]
        if not pose.has_space:
            continue
        assert pose.pixel_spacing_mm is not None
        place = _PlaneOf(pose.position_lps, pose.orientation, pose.pixel_spacing_mm)
        weighted += place.middle(rows, columns) * rows.size
        count += rows.size
        edge = place.corners(rows, columns)
        corners += [edge - half[key], edge + half[key]]
    if not values.any():
        return None
    centroid: list[float] = []
    box: list[list[float]] = []
    if corners:
        _, box = box_of(np.concatenate(corners))
        centroid = [round(float(value), 3) for value in weighted / count]
    else:
        remarks.append(Remark.of("no_patient_space"))
    first = poses[largest[1]]
    return Place(
        series=series,
        sop_instance_uid=largest[1][0],
        frame=largest[1][1],
        frame_of_reference_uid=first.frame_of_reference_uid,
        centroid_lps=centroid,
        bbox_lps=box,
        mask=pack_mask(values.tobytes()),
        grid={
            "shape": [int(extent) for extent in values.shape],
            "sop_instance_uids": [uid for uid, _ in keys],
            "frames": [frame for _, frame in keys],
        },
        remarks=tuple(remarks),
    )


def _with_box(
    header: SegmentationHeader,
    unpacked: UnpackedFrames,
    filled: Sequence[int],
    *,
    segment: int,
    images: StudyImages,
    series: Series | None,
    remarks: list[Remark],
    own_uid: str,
) -> Place:
    frames = {frame.index: frame for frame in header.frames}
    corners = [
        corner
        for index in filled
        if (corner := _corners_of(frames[index], unpacked, segment)) is not None
    ]
    centroid, box = box_of(np.concatenate(corners)) if corners else ([], [])
    if not corners:
        remarks.append(Remark.of("no_place"))
    shared = [series] if series else images.sharing(header.frame_of_reference_uid)
    for one in shared if centroid else []:
        pose = nearest_image(
            images.poses(one).values(),
            point_lps=centroid,
            frame_of_reference_uid=header.frame_of_reference_uid,
        )
        if pose is not None:
            return Place(
                one, pose.sop_instance_uid, pose.frame, header.frame_of_reference_uid,
                centroid, box, remarks=tuple(remarks),
            )  # fmt: skip
    return Place(
        None, own_uid, 1, header.frame_of_reference_uid, centroid, box, remarks=tuple(remarks)
    )


def _corners_of(frame: SegmentFrame, unpacked: UnpackedFrames, segment: int) -> FloatArray | None:
    if frame.position_lps is None or frame.orientation is None or frame.pixel_spacing_mm is None:
        return None
    rows, columns = np.nonzero(unpacked.mask(frame=frame.index, segment=segment))
    plane = _PlaneOf(frame.position_lps, frame.orientation, frame.pixel_spacing_mm)
    return plane.corners(rows, columns)


class _PlaneOf:
    """A plane of pixels in the patient (PS3.3 C.7.6.2.1.1); LPS mm."""

    def __init__(
        self, position_lps: object, orientation: object, pixel_spacing_mm: Sequence[float]
    ) -> None:
        axes = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
        self.position = np.asarray(position_lps, dtype=np.float64)
        self.along = axes[0] * pixel_spacing_mm[1]  # per column
        self.down = axes[1] * pixel_spacing_mm[0]  # per row

    def at(self, row: float, column: float) -> FloatArray:
        point: FloatArray = self.position + self.along * column + self.down * row
        return point

    def middle(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> FloatArray:
        return self.at(float(rows.mean()), float(columns.mean()))

    def corners(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> FloatArray:
        """Of the pixels with their extent, (4, 3)."""
        top, bottom = float(rows.min()) - 0.5, float(rows.max()) + 0.5
        left, right = float(columns.min()) - 0.5, float(columns.max()) + 0.5
        return np.stack([self.at(row, column) for row in (top, bottom) for column in (left, right)])
