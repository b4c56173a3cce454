"""Positions of frames as plain values, classic and enhanced (PS3.3 C.7.6.2, C.7.6.16)."""

from typing import Any

from pydicom.dataset import Dataset

from apps.imaging.parser.dimensions import (
    classic_keys,
    dimension_pointers,
    enhanced_keys,
    macro,
)
from apps.imaging.parser.reading import numbers, text, value_of, whole


def read_poses(dataset: Dataset, *, frame_count: int) -> list[dict[str, Any]]:
    """One record per frame with the fields of ``geometry.FramePose``."""
    per_frame = value_of(dataset, "PerFrameFunctionalGroupsSequence")
    if per_frame:
        return _enhanced(dataset, list(per_frame)[:frame_count])
    base = _common(dataset)
    base |= {
        "position_lps": numbers(dataset, "ImagePositionPatient", 3),
        "orientation": numbers(dataset, "ImageOrientationPatient", 6),
        "pixel_spacing_mm": _spacing(dataset),
        "keys": classic_keys(dataset),
    }
    offsets = value_of(dataset, "GridFrameOffsetVector")
    if offsets is not None and frame_count > 1:
        return _dose_planes(base, offsets, frame_count)
    if frame_count > 1:
        base |= {"position_lps": None}  # several frames share one header: no position each
    return [base | {"frame": frame} for frame in range(1, frame_count + 1)]


def _common(dataset: Dataset) -> dict[str, Any]:
    return {
        "sop_instance_uid": text(dataset, "SOPInstanceUID"),
        "rows": whole(dataset, "Rows") or 0,
        "columns": whole(dataset, "Columns") or 0,
        "frame_of_reference_uid": text(dataset, "FrameOfReferenceUID"),
        "instance_number": whole(dataset, "InstanceNumber") or 0,
    }


def _spacing(dataset: Dataset) -> tuple[float, ...] | None:
    spacing = numbers(dataset, "PixelSpacing", 2)
    return spacing if spacing and min(spacing) > 0 else None


def _enhanced(dataset: Dataset, per_frame: list[Dataset]) -> list[dict[str, Any]]:
    shared_items = value_of(dataset, "SharedFunctionalGroupsSequence") or []
    shared = shared_items[0] if len(shared_items) else Dataset()
    pointers = dimension_pointers(dataset)
    return [
        _common(dataset)
        | {
            "frame": number,
            "position_lps": numbers(
                macro(group, shared, "PlanePositionSequence"), "ImagePositionPatient", 3
            ),
            "orientation": numbers(
                macro(group, shared, "PlaneOrientationSequence"), "ImageOrientationPatient", 6
            ),
            "pixel_spacing_mm": _spacing(macro(group, shared, "PixelMeasuresSequence")),
            "keys": enhanced_keys(group, shared, pointers=pointers),
        }
        for number, group in enumerate(per_frame, start=1)
    ]


def _dose_planes(base: dict[str, Any], offsets: Any, count: int) -> list[dict[str, Any]]:
    """RT Dose: planes along the normal by offset (PS3.3 C.8.8.3.2, first offset zero)."""
    position, orientation = base["position_lps"], base["orientation"]
    try:
        steps = [float(value) for value in offsets]
    except (TypeError, ValueError):
        steps = []
    if position is None or orientation is None or len(steps) != count or steps[0] != 0.0:
        return [base | {"frame": n, "position_lps": None} for n in range(1, count + 1)]
    rx, ry, rz, cx, cy, cz = orientation
    normal = (ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx)
    return [
        base
        | {
            "frame": n,
            "position_lps": tuple(p + step * d for p, d in zip(position, normal, strict=True)),
        }
        for n, step in enumerate(steps, start=1)
    ]
