"""Which pixels of which images a segmentation's frames are. Pure; LPS millimetres.

Exact or not at all: a frame is placed where its pixel lattice is the image's, up to order,
flips, a transposition and a cropped margin. Nothing is resampled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.imaging.geometry import FramePose, is_orthonormal
from apps.imaging.segmentations.header import SegmentationHeader, SegmentFrame

FloatArray = npt.NDArray[np.float64]

SAME_PLANE_MM = 0.05  # headers round positions to hundredths
SAME_PIXEL = 0.1  # of a pixel, at every corner


@dataclass(frozen=True, slots=True)
class Lattice:
    """How a frame's pixels become the image's: transpose, flip, then move; all exact."""

    transposed: bool
    rows_flipped: bool
    columns_flipped: bool
    row_offset: int
    column_offset: int

    def lay(self, values: npt.NDArray[np.uint8], onto: npt.NDArray[np.uint8]) -> None:
        """Add ``values`` to ``onto``, in place; what lies outside the image is cut off."""
        turned = values.T if self.transposed else values
        if self.rows_flipped:
            turned = turned[::-1, :]
        if self.columns_flipped:
            turned = turned[:, ::-1]
        row, source_rows = _overlap(self.row_offset, turned.shape[0], onto.shape[0])
        column, source_columns = _overlap(self.column_offset, turned.shape[1], onto.shape[1])
        onto[row, column] |= turned[source_rows, source_columns]


IDENTITY = Lattice(False, False, False, 0, 0)


@dataclass(frozen=True, slots=True)
class Target:
    """One image that a frame lies on."""

    pose: FramePose
    lattice: Lattice


@dataclass(frozen=True, slots=True)
class Placement:
    """A segmentation on one series: per frame the images it lies on."""

    targets: dict[int, tuple[Target, ...]]
    frame_of_reference_fits: bool
    references_disagree: bool = False

    @property
    def placed(self) -> int:
        return len(self.targets)


def place_frames(*, header: SegmentationHeader, poses: Sequence[FramePose]) -> Placement:
    """Find the images of one series under each frame.

    Position decides. Named source images choose among images at the same place (time points);
    they alone decide only where neither side has a position in the patient.
    """
    fits = [pose for pose in poses if pose.frame_of_reference_uid == header.frame_of_reference_uid]
    if not fits:
        return Placement({}, frame_of_reference_fits=False)
    index = _PoseIndex(fits if header.frame_of_reference_uid else [])
    by_uid: dict[str, list[FramePose]] = {}
    for pose in fits:
        by_uid.setdefault(pose.sop_instance_uid, []).append(pose)
    targets: dict[int, tuple[Target, ...]] = {}
    disagree = False
    known: dict[tuple[object, ...], tuple[Target, ...]] = {}
    for frame in header.frames:
        named = _named(frame, by_uid)
        if frame.references and not named:
            continue  # drawn on another series
        if frame.position_lps is None:
            found = _by_reference_alone(header, named)
        else:
            plane = (frame.position_lps, frame.orientation, frame.pixel_spacing_mm)
            if plane not in known:
                known[plane] = index.under(frame, rows=header.rows, columns=header.columns)
            found = known[plane]
            chosen = tuple(target for target in found if id(target.pose) in named)
            disagree = disagree or bool(found and named and not chosen)
            found = chosen or found
        if found:
            targets[frame.index] = found
    return Placement(targets, frame_of_reference_fits=True, references_disagree=disagree)


def _named(frame: SegmentFrame, by_uid: dict[str, list[FramePose]]) -> dict[int, FramePose]:
    """The images of this series that the frame names, by identity."""
    return {
        id(pose): pose
        for uid, number in frame.references
        for pose in by_uid.get(uid, ())
        if number is None or pose.frame == number
    }


def _by_reference_alone(
    header: SegmentationHeader, named: dict[int, FramePose]
) -> tuple[Target, ...]:
    """Images without patient space: pixel for pixel, and only where the sizes are equal."""
    if header.frame_of_reference_uid:
        return ()
    return tuple(
        Target(pose, IDENTITY)
        for pose in named.values()
        if pose.position_lps is None and (pose.rows, pose.columns) == (header.rows, header.columns)
    )


class _PoseIndex:
    """The poses with a place in the patient, as arrays."""

    def __init__(self, poses: Sequence[FramePose]) -> None:
        self.poses = [pose for pose in poses if pose.has_space]
        self.position = np.array([pose.position_lps for pose in self.poses], dtype=np.float64)
        axes = np.array([pose.orientation for pose in self.poses], dtype=np.float64)
        self.axes = axes.reshape(-1, 2, 3)
        self.normal = np.cross(self.axes[:, 0], self.axes[:, 1]) if self.poses else self.axes[:, 0]

    def under(self, frame: SegmentFrame, *, rows: int, columns: int) -> tuple[Target, ...]:
        if not self.poses or frame.orientation is None or frame.pixel_spacing_mm is None:
            return ()
        if not is_orthonormal(frame.orientation):
            return ()
        corners = _corners(frame, rows=rows, columns=columns)
        offsets = corners[None, :, :] - self.position[:, None, :]
        heights = np.abs(np.einsum("pck,pk->pc", offsets, self.normal)).max(axis=1)
        found = []
        for hit in np.flatnonzero(heights <= SAME_PLANE_MM):
            pose = self.poses[int(hit)]
            lattice = find_lattice(frame, pose, rows=rows, columns=columns)
            if lattice is not None:
                found.append(Target(pose, lattice))
        return tuple(found)


def _corners(frame: SegmentFrame, *, rows: int, columns: int) -> FloatArray:
    """First pixel, end of the first row, end of the first column, opposite corner; LPS mm."""
    assert frame.orientation is not None and frame.pixel_spacing_mm is not None
    between_rows, between_columns = frame.pixel_spacing_mm
    start = np.asarray(frame.position_lps, dtype=np.float64)
    along = np.asarray(frame.orientation[:3]) * between_columns * (columns - 1)
    down = np.asarray(frame.orientation[3:]) * between_rows * (rows - 1)
    return np.stack([start, start + along, start + down, start + along + down])


def find_lattice(
    frame: SegmentFrame, pose: FramePose, *, rows: int, columns: int
) -> Lattice | None:
    """How the frame's pixels are the image's, or ``None`` when their centres do not coincide."""
    assert frame.orientation is not None and frame.pixel_spacing_mm is not None
    assert pose.orientation is not None and pose.pixel_spacing_mm is not None
    axes = np.asarray(pose.orientation, dtype=np.float64).reshape(2, 3)
    size = np.array([pose.pixel_spacing_mm[1], pose.pixel_spacing_mm[0]])  # column, row
    shifts = _corners(frame, rows=rows, columns=columns) - np.asarray(pose.position_lps)
    corners = shifts @ axes.T / size  # (column, row) of the image
    own = np.array([[0, 0], [columns - 1, 0], [0, rows - 1], [columns - 1, rows - 1]])
    along = np.asarray(frame.orientation[:3]) @ axes.T * frame.pixel_spacing_mm[1] / size
    down = np.asarray(frame.orientation[3:]) @ axes.T * frame.pixel_spacing_mm[0] / size
    matrix = np.rint(np.stack([along, down]))
    if sorted(np.abs(matrix).ravel()) != [0.0, 0.0, 1.0, 1.0] or not np.linalg.det(matrix):
        return None
    origin = np.rint(corners[0])
    if np.abs(own @ matrix + origin - corners).max() > SAME_PIXEL:
        return None
    lowest = np.rint(corners).min(axis=0).astype(int)
    steps = matrix.sum(axis=0)  # +1 or -1 along the image's columns and rows
    return Lattice(
        transposed=bool(matrix[0, 0] == 0),
        rows_flipped=bool(steps[1] < 0),
        columns_flipped=bool(steps[0] < 0),
        row_offset=int(lowest[1]),
        column_offset=int(lowest[0]),
    )


def _overlap(offset: int, length: int, available: int) -> tuple[slice, slice]:
    """Where a run starting at ``offset`` lies in ``available``, there and in itself."""
    first, last = max(0, offset), min(available, offset + length)
    if last <= first:
        return slice(0, 0), slice(0, 0)
    return slice(first, last), slice(first - offset, last - offset)
