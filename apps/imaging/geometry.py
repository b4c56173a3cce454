"""Slice geometry: order, spacing, and every oddity by name. Pure; LPS millimetres throughout.

Order follows the slice normal, never InstanceNumber. An oddity is a named warning that the
viewer shows; nothing is resampled or repaired here (PS3.3 C.7.6.2).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SAME_DIRECTION_COSINE = 0.9999  # 0.8 degrees between slices still counts as parallel
SAME_POSITION_MM = 0.01
SPACING_TOLERANCE = 0.02  # of the spacing
SPACING_TOLERANCE_MM = 0.03  # headers round positions to hundredths
TILT_TOLERANCE_DEG = 0.2
UNIT_TOLERANCE = 1e-2

WARNINGS: dict[str, str] = {
    "no_patient_space": "The images carry no position in the patient.",
    "mixed_orientation": "The series holds slices of {n} different orientations.",
    "mixed_size": "The slices differ in matrix size or pixel spacing.",
    "mixed_frame_of_reference": "The slices lie in {n} different frames of reference.",
    "multiple_volumes": "The series holds {n} volumes of the same slices ({axis}).",
    "duplicate_position": "Several slices lie at the same position.",
    "gantry_tilt": "The gantry was tilted by {angle:.1f} degrees: slices are sheared.",
    "irregular_spacing": "The distance between slices varies from {low:.2f} to {high:.2f} mm.",
    "missing_slices": "Slices are missing at {n} place(s).",
}

TIME_AXES: tuple[tuple[str, str], ...] = (
    ("temporal_position", "time points"),
    ("b_value", "b-values"),
    ("echo_time_ms", "echoes"),
    ("trigger_time_ms", "phases"),
    ("acquisition_number", "acquisitions"),
    ("acquired_at", "acquisition times"),
)


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
    keys: dict[str, Any] = field(default_factory=dict)  # names of TIME_AXES

    @property
    def has_space(self) -> bool:
        return (
            self.position_lps is not None
            and self.orientation is not None
            and self.pixel_spacing_mm is not None
            and is_orthonormal(self.orientation)
        )


@dataclass(frozen=True, slots=True)
class GeometryWarning:
    """A named oddity with its sentence."""

    code: str
    message: str

    @classmethod
    def of(cls, code: str, **facts: Any) -> "GeometryWarning":
        return cls(code=code, message=WARNINGS[code].format(**facts))


@dataclass(frozen=True, slots=True)
class SeriesGeometry:
    """What the frames of a series are, together.

    Attributes
    ----------
    order : indices into the poses given, in slice order (stack, volume, position).
    affine_lps : (column, row, slice, 1) -> LPS mm, where one regular volume exists.
    refusal : code of the first reason why this is not one volume; empty when it is.
    """

    order: tuple[int, ...]
    warnings: tuple[GeometryWarning, ...]
    refusal: str
    affine_lps: FloatArray | None = None
    spacing_mm: tuple[float, float, float] | None = None  # slice, row, column
    normal_lps: tuple[float, float, float] | None = None
    stacks: int = 1
    volumes: int = 1

    def summary(self) -> dict[str, Any]:
        """JSON for the index and the manifest."""
        return {
            "is_volume": not self.refusal,
            "refusal": self.refusal,
            "affine_lps": None if self.affine_lps is None else self.affine_lps.tolist(),
            "spacing_mm": self.spacing_mm,
            "normal_lps": self.normal_lps,
            "stacks": self.stacks,
            "volumes": self.volumes,
        }


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


def describe_frames(poses: Sequence[FramePose]) -> SeriesGeometry:
    """Order the frames of one series and name everything unusual about them.

    Parameters
    ----------
    poses : one per frame, in any order.
    """
    if not poses:
        return SeriesGeometry(order=(), warnings=(), refusal="not_an_image")
    if not all(pose.has_space for pose in poses):
        return _without_space(poses)
    stacks = _split_by_orientation(poses)
    warnings: list[GeometryWarning] = []
    references = {pose.frame_of_reference_uid for pose in poses}
    if len(references) > 1:
        warnings.append(GeometryWarning.of("mixed_frame_of_reference", n=len(references)))
    if len(stacks) > 1:
        warnings.append(GeometryWarning.of("mixed_orientation", n=len(stacks)))
    if _sizes_differ(poses):
        warnings.append(GeometryWarning.of("mixed_size"))
    order: list[int] = []
    described: list[_Stack] = []
    for members in stacks:
        stack = _describe_stack(poses, members)
        described.append(stack)
        order.extend(stack.order)
        warnings.extend(w for w in stack.warnings if w not in warnings)
    first = described[0]
    refusal = next((w.code for w in warnings), "") or ("single_slice" if len(poses) < 2 else "")
    return SeriesGeometry(
        order=tuple(order),
        warnings=tuple(warnings),
        refusal=refusal,
        affine_lps=None if refusal else first.affine_lps,
        spacing_mm=None if len(stacks) > 1 else first.spacing_mm,
        normal_lps=None if len(stacks) > 1 else first.normal_lps,
        stacks=len(stacks),
        volumes=max(stack.volumes for stack in described),
    )


@dataclass(frozen=True, slots=True)
class _Stack:
    order: list[int]
    warnings: list[GeometryWarning]
    volumes: int
    affine_lps: FloatArray | None
    spacing_mm: tuple[float, float, float] | None
    normal_lps: tuple[float, float, float]


def _without_space(poses: Sequence[FramePose]) -> SeriesGeometry:
    order = sorted(
        range(len(poses)),
        key=lambda i: (poses[i].instance_number, poses[i].sop_instance_uid, poses[i].frame),
    )
    return SeriesGeometry(
        order=tuple(order),
        warnings=(GeometryWarning.of("no_patient_space"),) if len(poses) > 1 else (),
        refusal="no_patient_space",
    )


def _split_by_orientation(poses: Sequence[FramePose]) -> list[list[int]]:
    """Groups of parallel frames, the largest first, ties by first appearance."""
    references: list[FloatArray] = []
    groups: list[list[int]] = []
    for index, pose in enumerate(poses):
        axes = np.asarray(pose.orientation).reshape(2, 3)
        for reference, group in zip(references, groups, strict=True):
            if bool(np.all(np.sum(reference * axes, axis=1) > SAME_DIRECTION_COSINE)):
                group.append(index)
                break
        else:
            references.append(axes)
            groups.append([index])
    return sorted(groups, key=lambda group: -len(group))


def _sizes_differ(poses: Sequence[FramePose]) -> bool:
    first = poses[0]
    spacing = np.asarray(first.pixel_spacing_mm)
    return any(
        (pose.rows, pose.columns) != (first.rows, first.columns)
        or not np.allclose(np.asarray(pose.pixel_spacing_mm), spacing, rtol=1e-3)
        for pose in poses
    )


def _describe_stack(poses: Sequence[FramePose], members: list[int]) -> _Stack:
    orientation = poses[members[0]].orientation
    assert orientation is not None
    normal = slice_normal(orientation)
    height = {i: float(np.asarray(poses[i].position_lps) @ normal) for i in members}
    levels = _group_levels(members, height)
    warnings: list[GeometryWarning] = []
    counts = Counter(len(level) for level in levels)
    volumes = 1
    if len(counts) == 1 and len(levels[0]) > 1:
        volumes = len(levels[0])
        warnings.append(
            GeometryWarning.of("multiple_volumes", n=volumes, axis=_varying_axis(poses, levels[0]))
        )
    elif len(counts) > 1:
        warnings.append(GeometryWarning.of("duplicate_position"))
    for level in levels:
        level.sort(key=lambda i: _time_key(poses[i]))
    depth = max(len(level) for level in levels)
    order = [level[k] for k in range(depth) for level in levels if k < len(level)]
    column = [level[0] for level in levels]
    warnings.extend(_check_steps(poses, column, normal))
    affine, spacing = _affine(poses, column)
    return _Stack(
        order=order,
        warnings=warnings,
        volumes=volumes,
        affine_lps=affine,
        spacing_mm=spacing,
        normal_lps=(float(normal[0]), float(normal[1]), float(normal[2])),
    )


def _group_levels(members: list[int], height: dict[int, float]) -> list[list[int]]:
    """Frames at the same height along the normal, from low to high."""
    levels: list[list[int]] = []
    last = -np.inf
    for index in sorted(members, key=lambda i: height[i]):
        if height[index] - last <= SAME_POSITION_MM:
            levels[-1].append(index)
        else:
            levels.append([index])
            last = height[index]
    return levels


def _time_key(pose: FramePose) -> tuple[Any, ...]:
    values = tuple(_sortable(pose.keys.get(name)) for name, _ in TIME_AXES)
    return (*values, pose.instance_number, pose.sop_instance_uid, pose.frame)


def _sortable(value: Any) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value))


def _varying_axis(poses: Sequence[FramePose], level: list[int]) -> str:
    for name, words in TIME_AXES:
        if len({poses[i].keys.get(name) for i in level}) == len(level):
            return words
    return "unnamed"


def _check_steps(
    poses: Sequence[FramePose], column: list[int], normal: FloatArray
) -> list[GeometryWarning]:
    """Tilt, irregular distances and gaps along one column of slices."""
    if len(column) < 2:
        return []
    positions = np.asarray([poses[i].position_lps for i in column], dtype=np.float64)
    steps = np.diff(positions, axis=0)
    along = steps @ normal
    across = np.linalg.norm(steps - np.outer(along, normal), axis=1)
    found: list[GeometryWarning] = []
    angle = float(np.degrees(np.arctan2(np.median(across), np.median(along))))
    if angle > TILT_TOLERANCE_DEG:
        found.append(GeometryWarning.of("gantry_tilt", angle=angle))
    usual = float(np.median(along))
    tolerance = max(SPACING_TOLERANCE_MM, SPACING_TOLERANCE * usual)
    odd = np.abs(along - usual) > tolerance
    if not odd.any():
        return found
    multiples = along[odd] / usual
    whole = np.round(multiples)
    if bool(np.all((whole >= 2) & (np.abs(multiples - whole) * usual <= tolerance))):
        found.append(GeometryWarning.of("missing_slices", n=int(odd.sum())))
    else:
        found.append(
            GeometryWarning.of("irregular_spacing", low=float(along.min()), high=float(along.max()))
        )
    return found


def _affine(
    poses: Sequence[FramePose], column: list[int]
) -> tuple[FloatArray | None, tuple[float, float, float] | None]:
    first, last = poses[column[0]], poses[column[-1]]
    if len(column) < 2 or first.orientation is None or first.pixel_spacing_mm is None:
        return None, None
    between_rows, between_columns = first.pixel_spacing_mm
    start, end = np.asarray(first.position_lps), np.asarray(last.position_lps)
    affine = np.eye(4, dtype=np.float64)
    affine[:3, 0] = np.asarray(first.orientation[:3]) * between_columns
    affine[:3, 1] = np.asarray(first.orientation[3:]) * between_rows
    affine[:3, 2] = (end - start) / (len(column) - 1)
    affine[:3, 3] = start
    step = float(np.linalg.norm(affine[:3, 2]))
    return affine, (step, float(between_rows), float(between_columns))


def instance_order(poses: Sequence[FramePose], geometry: SeriesGeometry) -> list[str]:
    """SOP Instance UIDs in slice order, each once (at its first frame)."""
    seen: dict[str, None] = {}
    for index in geometry.order:
        seen.setdefault(poses[index].sop_instance_uid, None)
    return list(seen)
