"""From a model's label map to separate findings, each measured on the source grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from apps.ai.analyses import codes
from apps.ai.analyses.results import Code, MaskRegion, MeasuredValue, SegmentResult

_NEIGHBOURS_26 = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True, slots=True)
class LabelOutput:
    """What one label value of a model means.

    Attributes
    ----------
    split:
        True: every 26-connected component is a finding of its own (lesions). False: the whole
        label is one finding (an organ).
    minimum_volume_ml:
        Smaller components are left out; they are counted by ``segments_from_labelmap``.
    """

    label: str
    code: Code
    category: Code
    site: Code | None = None
    laterality: Code | None = None
    split: bool = True
    minimum_volume_ml: float = 0.0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LabelOutput:
        """Read one entry of ``outputs`` of a bundle's ``consilium.json``."""
        return cls(
            label=str(values["label"]),
            code=_code(values["code"]),
            category=_code(values["category"]),
            site=_code(values["site"]) if values.get("site") else None,
            laterality=_code(values["laterality"]) if values.get("laterality") else None,
            split=bool(values.get("split", True)),
            minimum_volume_ml=float(values.get("minimum_volume_ml", 0.0)),
        )


@dataclass(frozen=True, slots=True)
class LabelFindings:
    """The findings, and how many components were too small to be one."""

    segments: tuple[SegmentResult, ...]
    components_below_minimum: int


def segments_from_labelmap(
    *,
    labelmap: NDArray[np.integer[Any]],
    outputs: Mapping[int, LabelOutput],
    affine_lps: NDArray[np.float64],
) -> LabelFindings:
    """Turn a label map into findings, the largest first.

    Parameters
    ----------
    labelmap:
        (slice, row, column), on the grid of the source series; 0 is background.
    outputs:
        What each label value means. A value without an entry is an error, not background.
    affine_lps:
        (column, row, slice, 1) to LPS millimetres.

    Raises
    ------
    ValueError
        The model wrote a label it does not declare.
    """
    unknown = {int(value) for value in np.unique(labelmap)} - set(outputs) - {0}
    if unknown:
        raise ValueError(f"The model wrote labels it does not declare: {sorted(unknown)}.")
    voxel_ml = abs(float(np.linalg.det(affine_lps[:3, :3]))) / 1000.0
    segments: list[SegmentResult] = []
    too_small = 0
    for value, output in sorted(outputs.items()):
        regions = _regions(labelmap == value, split=output.split)
        large = [r for r in regions if r.voxel_count * voxel_ml >= output.minimum_volume_ml]
        too_small += len(regions) - len(large)
        large.sort(key=lambda region: (-region.voxel_count, region.start))
        for number, region in enumerate(large, start=1):
            label = f"{output.label} {number}" if output.split else output.label
            segments.append(
                SegmentResult(
                    label=label,
                    code=output.code,
                    category=output.category,
                    region=region,
                    site=output.site,
                    laterality=output.laterality,
                    measurements=_measure(region, voxel_ml, affine_lps),
                    tracking_identifier=label,
                )
            )
    return LabelFindings(segments=tuple(segments), components_below_minimum=too_small)


def long_axis_in_plane_mm(region: MaskRegion, *, affine_lps: NDArray[np.float64]) -> float:
    """Longest distance inside one slice between outer corners of the region's pixels, in mm."""
    column_step, row_step = affine_lps[:3, 0], affine_lps[:3, 1]
    longest = 0.0
    for plane in region.values:
        rows, columns = np.nonzero(plane)
        if rows.size == 0:
            continue
        centres = np.stack([columns, rows], axis=1).astype(float)
        corners = np.unique(
            np.concatenate([centres + offset for offset in _CORNERS]), axis=0
        )
        outline = corners[ConvexHull(corners).vertices]
        points_lps = outline @ np.stack([column_step, row_step])
        longest = max(longest, float(pdist(points_lps).max()))
    return longest


_CORNERS = ((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5))


def _regions(mask: NDArray[np.bool_], *, split: bool) -> list[MaskRegion]:
    if not mask.any():
        return []
    if not split:
        return [MaskRegion.from_mask(mask)]
    labels, count = ndimage.label(mask, structure=_NEIGHBOURS_26)
    shape = (mask.shape[0], mask.shape[1], mask.shape[2])
    return [
        MaskRegion(
            values=np.ascontiguousarray(labels[box] == number),
            start=(box[0].start, box[1].start, box[2].start),
            shape=shape,
        )
        for number, box in enumerate(ndimage.find_objects(labels, max_label=count), start=1)
    ]


def _measure(
    region: MaskRegion, voxel_ml: float, affine_lps: NDArray[np.float64]
) -> tuple[MeasuredValue, ...]:
    return (
        MeasuredValue(
            "volume", region.voxel_count * voxel_ml, "mL", codes.VOLUME, codes.UNIT_MILLILITRE
        ),
        MeasuredValue(
            "long_axis",
            long_axis_in_plane_mm(region, affine_lps=affine_lps),
            "mm",
            codes.LONG_AXIS,
            codes.UNIT_MILLIMETRE,
        ),
    )


def _code(values: Mapping[str, Any]) -> Code:
    return Code(str(values["system"]), str(values["code"]), str(values["display"]))
