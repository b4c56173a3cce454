"""From a label map on the source grid to segments with codes and measurements.

The side-car's ``outputs`` say which label value means what; nothing here knows an organ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses.diameters import measure_axes_mm
from apps.ai.analyses.results import Code, MaskRegion, MeasuredValue, SegmentResult, Urgency

VOLUME = Code("SCT", "118565006", "Volume")
LONG_AXIS = Code("SCT", "103339001", "Long axis")
SHORT_AXIS = Code("SCT", "103340004", "Short axis")
_MILLILITRE = Code("UCUM", "mL", "mL")
_MILLIMETRE = Code("UCUM", "mm", "mm")
_URGENCIES: dict[str, Urgency] = {
    "routine": "routine", "urgent": "urgent", "critical": "critical",
}  # fmt: skip

#: 26-connectivity: voxels that touch at a corner belong together.
_NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)


def find_segments(
    *,
    labels: NDArray[np.integer[Any]],
    probability: NDArray[np.floating[Any]] | None,
    affine_lps: NDArray[np.float64],
    outputs: Sequence[Mapping[str, Any]],
) -> list[SegmentResult]:
    """Segments of ``labels`` (slice, row, column), largest first within each output.

    Parameters
    ----------
    labels:
        Label values as the model wrote them, on the source grid.
    probability:
        Same shape, 0 to 1; averaged over each segment. None when the model gives none.
    affine_lps:
        (column, row, slice, 1) to LPS millimetres.
    outputs:
        ``consilium.json`` outputs: value, label, code, category, site, per_component,
        min_volume_ml, urgency.
    """
    voxel_ml = abs(float(np.linalg.det(np.asarray(affine_lps)[:3, :3]))) / 1000.0
    segments: list[SegmentResult] = []
    for output in outputs:
        chosen = labels == int(output["value"])
        regions = _split(chosen, per_component=bool(output.get("per_component", False)))
        regions = [
            region
            for region in regions
            if region.voxel_count * voxel_ml >= float(output.get("min_volume_ml", 0.0))
        ]
        regions.sort(key=lambda region: -region.voxel_count)
        for position, region in enumerate(regions, start=1):
            numbered = f"{output['label']} {position}" if len(regions) > 1 else output["label"]
            segments.append(
                _describe(
                    region=region,
                    label=str(numbered),
                    output=output,
                    probability=probability,
                    affine_lps=affine_lps,
                    voxel_ml=voxel_ml,
                )
            )
    return segments


def _split(chosen: NDArray[np.bool_], *, per_component: bool) -> list[MaskRegion]:
    if not chosen.any():
        return []
    if not per_component:
        return [MaskRegion.from_mask(chosen)]
    components, _ = ndimage.label(chosen, structure=_NEIGHBOURS)
    shape = (int(chosen.shape[0]), int(chosen.shape[1]), int(chosen.shape[2]))
    regions = []
    for number, box in enumerate(ndimage.find_objects(components), start=1):
        start = (int(box[0].start), int(box[1].start), int(box[2].start))
        regions.append(MaskRegion(values=components[box] == number, start=start, shape=shape))
    return regions


def _describe(
    *,
    region: MaskRegion,
    label: str,
    output: Mapping[str, Any],
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
        label=label,
        code=_read_code(output["code"]),
        category=_read_code(output["category"]),
        region=region,
        site=_read_code(output["site"]) if output.get("site") else None,
        laterality=_read_code(output["laterality"]) if output.get("laterality") else None,
        measurements=(
            MeasuredValue("volume", region.voxel_count * voxel_ml, "mL", VOLUME, _MILLILITRE),
            MeasuredValue("long_axis", long_mm, "mm", LONG_AXIS, _MILLIMETRE),
            MeasuredValue("short_axis", short_mm, "mm", SHORT_AXIS, _MILLIMETRE),
        ),
        probability=mean_probability,
        urgency=_URGENCIES[str(output.get("urgency", "routine"))],
        tracking_identifier=label,
    )


def _read_code(code: Mapping[str, Any]) -> Code:
    return Code(str(code["system"]), str(code["code"]), str(code["display"]))
