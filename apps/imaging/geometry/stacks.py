"""One stack: parallel frames, one at each position, with its spacing and its oddities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.imaging.geometry.dimensions import Facet
from apps.imaging.geometry.oddities import GeometryWarning
from apps.imaging.geometry.poses import FloatArray, FramePose, slice_normal

SAME_POSITION_MM = 0.01
SPACING_TOLERANCE = 0.02  # of the spacing
SPACING_TOLERANCE_MM = 0.03  # headers round positions to hundredths
TILT_TOLERANCE_DEG = 0.2


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames that belong together, in the order to scroll them.

    Attributes
    ----------
    number : from 1, in the order of the series.
    facets : what sets it apart from the other stacks of the series.
    order : indices into the poses of the series.
    refusal : code of the first reason why it is no regular volume; empty when it is.
    affine_lps : (column, row, slice, 1) -> LPS mm, where it is one.
    """

    number: int
    facets: tuple[Facet, ...]
    order: tuple[int, ...]
    warnings: tuple[GeometryWarning, ...]
    refusal: str
    affine_lps: FloatArray | None = None
    spacing_mm: tuple[float, float, float] | None = None  # slice, row, column
    normal_lps: tuple[float, float, float] | None = None

    @property
    def label(self) -> str:
        return " · ".join(facet.label for facet in self.facets)

    def summary(self) -> dict[str, Any]:
        """JSON for the index and the manifest."""
        return {
            "number": self.number,
            "label": self.label,
            "facets": [facet.as_json() for facet in self.facets],
            "frame_count": len(self.order),
            "is_volume": not self.refusal,
            "refusal": self.refusal,
            "spacing_mm": self.spacing_mm,
            "warnings": [{"code": w.code, "message": w.message} for w in self.warnings],
        }


def group_levels(poses: Sequence[FramePose], members: Sequence[int]) -> list[list[int]]:
    """Parallel frames by their height along the normal, from low to high."""
    orientation = poses[members[0]].orientation
    assert orientation is not None
    normal = slice_normal(orientation)
    positions = np.asarray([poses[i].position_lps for i in members], dtype=np.float64)
    heights = positions @ normal
    levels: list[list[int]] = []
    last = -np.inf
    for place in np.argsort(heights, kind="stable"):
        if heights[place] - last <= SAME_POSITION_MM:
            levels[-1].append(members[int(place)])
        else:
            levels.append([members[int(place)]])
            last = float(heights[place])
    return levels


def describe_stack(
    poses: Sequence[FramePose],
    members: Sequence[int],
    *,
    number: int,
    facets: tuple[Facet, ...],
    warnings: Sequence[GeometryWarning] = (),
) -> Stack:
    """Order and judge the frames of one stack.

    Parameters
    ----------
    members : parallel frames of one size, in the order of their positions where these are equal.
    warnings : what is known of it already.
    """
    levels = group_levels(poses, members)
    column = [level[0] for level in levels]
    found = list(warnings)
    if len(column) < len(members):
        found.append(GeometryWarning.of("duplicate_position"))
    orientation = poses[members[0]].orientation
    assert orientation is not None
    normal = slice_normal(orientation)
    found += _check_steps(poses, column, normal)
    affine, spacing = _affine(poses, column)
    depth = max(len(level) for level in levels)
    refusal = next((w.code for w in found if w.code != "incomplete_stack"), "")
    refusal = refusal or ("single_slice" if len(column) < 2 else "")
    return Stack(
        number=number,
        facets=facets,
        order=tuple(level[k] for k in range(depth) for level in levels if k < len(level)),
        warnings=tuple(found),
        refusal=refusal,
        affine_lps=None if refusal else affine,
        spacing_mm=spacing,
        normal_lps=(float(normal[0]), float(normal[1]), float(normal[2])),
    )


def tilted_affine(poses: Sequence[FramePose], stack: Stack) -> FloatArray | None:
    """(column, row, slice, 1) -> LPS mm of a stack that only its gantry tilt keeps from being a
    regular volume: sheared, and exact. ``None`` for every other stack.
    """
    if {one.code for one in stack.warnings} - {"incomplete_stack"} != {"gantry_tilt"}:
        return None
    return _affine(poses, list(stack.order))[0]


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
