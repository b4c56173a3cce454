"""From a label map on the source grid to segments with codes and measurements.

The side-car's ``outputs`` say which label value means what; nothing here knows an organ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses.diameters import measure_axes_mm
from apps.ai.analyses.results import Code, MaskRegion, MeasuredValue, SegmentResult
from apps.ai.runner.refusals import BundleRefused
from apps.ai.side_car import CodePart, OutputPart

VOLUME = Code("SCT", "118565006", "Volume")
LONG_AXIS = Code("SCT", "103339001", "Long axis")
SHORT_AXIS = Code("SCT", "103340004", "Short axis")
_MILLILITRE = Code("UCUM", "mL", "mL")
_MILLIMETRE = Code("UCUM", "mm", "mm")

Box = tuple[slice, ...]

#: 26-connectivity: voxels that touch at a corner belong together.
_NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True, slots=True)
class LabelledGrid:
    """A model's output on the source grid, axes (slice, row, column).

    Attributes
    ----------
    labels:
        Label values as the model wrote them; None where outputs are read by channel.
    channels:
        (channel, slice, row, column), 0 to 1; None where outputs are read by value.
    probability:
        0 to 1, of the label each voxel has; None when the model gives none.
    soft:
        (label, slice, row, column), 0 to 1, of every label; None when the model gives none.
    """

    labels: NDArray[np.integer[Any]] | None = None
    channels: NDArray[np.floating[Any] | np.uint8] | None = None
    probability: NDArray[np.floating[Any]] | None = None
    soft: NDArray[np.float32] | None = None


def find_segments(
    *,
    grid: LabelledGrid,
    affine_lps: NDArray[np.float64],
    outputs: Sequence[OutputPart],
) -> list[SegmentResult]:
    """Segments of the output, largest first within each of ``outputs``; they may overlap.

    Parameters
    ----------
    affine_lps:
        (column, row, slice, 1) to LPS millimetres.

    Raises
    ------
    BundleRefused
        ``output_values``: the side-car names a channel the output does not have.
    """
    voxel_ml = abs(float(np.linalg.det(np.asarray(affine_lps)[:3, :3]))) / 1000.0
    segments: list[SegmentResult] = []
    for output in outputs:
        if not output.finding:
            continue
        chosen, probability = _choose(grid, output)
        regions = _split(chosen, per_component=output.per_component)
        regions = [
            region for region in regions if region.voxel_count * voxel_ml >= output.min_volume_ml
        ]
        regions.sort(key=lambda region: -region.voxel_count)
        for position, region in enumerate(regions, start=1):
            numbered = f"{output.label} {position}" if len(regions) > 1 else output.label
            segments.append(
                _describe(
                    region=region,
                    label=numbered,
                    output=output,
                    probability=probability,
                    affine_lps=affine_lps,
                    voxel_ml=voxel_ml,
                )
            )
    return segments


def describe_output(output: OutputPart) -> dict[str, Any]:
    """What a side-car's output says of whatever it means: codes, site, urgency."""
    return {
        "code": _read_code(output.code),
        "category": _read_code(output.category),
        "site": _read_code(output.site) if output.site else None,
        "laterality": _read_code(output.laterality) if output.laterality else None,
        "urgency": output.urgency,
    }


def _choose(
    grid: LabelledGrid, output: OutputPart
) -> tuple[NDArray[np.bool_], NDArray[np.floating[Any]] | None]:
    if output.channel is not None:
        if grid.channels is None or output.channel >= grid.channels.shape[0]:
            raise BundleRefused("output_values", f"The output has no channel {output.channel}.")
        channel = grid.channels[output.channel]
        return np.asarray(channel >= output.threshold, dtype=bool), channel
    if grid.labels is None:
        raise BundleRefused("output_values", "The output holds no labels.")
    if output.values:
        # The union of several labels has no probability of its own.
        return np.isin(grid.labels, output.values), None
    return np.asarray(grid.labels == output.value, dtype=bool), grid.probability


def _split(chosen: NDArray[np.bool_], *, per_component: bool) -> list[MaskRegion]:
    if not chosen.any():
        return []
    whole = MaskRegion.from_mask(chosen)
    if not per_component:
        return [whole]
    regions = [
        MaskRegion(values=part, start=_shifted(whole.start, box), shape=whole.shape)
        for box, part in _connected(whole.values)
    ]
    # In the order in which their first voxels lie.
    regions.sort(key=_first_voxel)
    return regions


def _connected(values: NDArray[np.bool_]) -> list[tuple[Box, NDArray[np.bool_]]]:
    """Connected parts and the boxes that hold them.

    An empty plane separates what lies on its two sides, so only boxes without one are searched.
    """
    found = []
    for box in _filled_boxes(values):
        components, _ = ndimage.label(values[box], structure=_NEIGHBOURS)
        for number, inner in enumerate(ndimage.find_objects(components), start=1):
            found.append((_within(box, inner), components[inner] == number))
    return found


def _filled_boxes(values: NDArray[np.bool_]) -> list[Box]:
    """Boxes that hold all that is true and have no empty plane."""
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        filled = np.concatenate(([False], values.any(axis=others), [False]))
        edges = np.flatnonzero(filled[1:] != filled[:-1])
        runs = [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
        if len(runs) == 1 and runs[0] == slice(0, values.shape[axis]):
            continue
        boxes = []
        for run in runs:
            box = tuple(run if one == axis else slice(0, values.shape[one]) for one in range(3))
            boxes += [_within(box, inner) for inner in _filled_boxes(values[box])]
        return boxes
    return [tuple(slice(0, extent) for extent in values.shape)]


def _within(outer: Box, inner: Box) -> Box:
    """A box given inside another one, as a box of the whole."""
    return tuple(
        slice(a.start + b.start, a.start + b.stop) for a, b in zip(outer, inner, strict=True)
    )


def _shifted(start: tuple[int, int, int], box: Box) -> tuple[int, int, int]:
    first, second, third = (a + int(b.start) for a, b in zip(start, box, strict=True))
    return first, second, third


def _first_voxel(region: MaskRegion) -> tuple[int, ...]:
    inside = np.unravel_index(int(region.values.argmax()), region.values.shape)
    return tuple(a + int(b) for a, b in zip(region.start, inside, strict=True))


def _describe(
    *,
    region: MaskRegion,
    label: str,
    output: OutputPart,
    probability: NDArray[np.floating[Any]] | None,
    affine_lps: NDArray[np.float64],
    voxel_ml: float,
) -> SegmentResult:
    long_mm, short_mm = measure_axes_mm(region=region, affine_lps=affine_lps)
    mean_probability = None
    if probability is not None:
        mean = float(np.mean(probability[region.box][region.values], dtype=np.float64))
        mean_probability = min(1.0, max(0.0, mean))
    return SegmentResult(
        **describe_output(output),
        label=label,
        region=region,
        measurements=(
            MeasuredValue("volume", region.voxel_count * voxel_ml, "mL", VOLUME, _MILLILITRE),
            MeasuredValue("long_axis", long_mm, "mm", LONG_AXIS, _MILLIMETRE),
            MeasuredValue("short_axis", short_mm, "mm", SHORT_AXIS, _MILLIMETRE),
        ),
        probability=mean_probability,
        tracking_identifier=label,
        tg263=output.tg263 or "",
    )


def _read_code(code: CodePart) -> Code:
    return Code(code.system, code.code, code.display)
