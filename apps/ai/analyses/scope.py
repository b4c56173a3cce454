"""Is a series inside what a model says it is for? Asked before the model runs, never after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from apps.ai.analyses.geometry import voxel_volume_ml
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import ImageVolume

#: Keys a scope may have. A key this code does not know is a limit it would not keep.
KNOWN_LIMITS = frozenset(
    {
        "modalities",
        "sop_class_uids",
        "synthetic_data",
        "minimum_slices",
        "maximum_slice_spacing_mm",
        "maximum_pixel_spacing_mm",
        "even_slice_spacing",
        "original_images_only",
    }
)


def check_scope(
    *, scope: Mapping[str, Any], headers: Sequence[Dataset], volume: ImageVolume | None = None
) -> tuple[str, str] | None:
    """Code and reason why the series is out of scope, or None when it is inside.

    Parameters
    ----------
    scope:
        The ``scope`` of a bundle's ``consilium.json``.
    headers:
        The series' headers in slice order.
    volume:
        With it the slice spacing is checked too; without, only what the headers say.
    """
    unknown = sorted(set(scope) - KNOWN_LIMITS)
    if unknown:
        return "scope_not_understood", f"The model's scope has unknown limits: {unknown}."
    if not headers:
        return "no_headers", "The series holds no images."
    for check in (_synthetic, _modality, _sop_class, _derived, _slice_count, _pixel_spacing):
        problem = check(scope, headers)
        if problem is not None:
            return problem
    return _slice_spacing(scope, headers, volume) if volume is not None else None


def _synthetic(
    scope: Mapping[str, Any], headers: Sequence[Dataset]
) -> tuple[str, str] | None:
    rule = scope.get("synthetic_data")
    if rule is None:
        return None
    flags = {str(header.get("SyntheticData") or "NO").strip().upper() for header in headers}
    if rule == "required" and flags != {"YES"}:
        return (
            "real_patient_data",
            "The model is for synthetic phantoms only, and these images do not carry the "
            "Synthetic Data flag (0008,001C).",
        )
    if rule == "forbidden" and "YES" in flags:
        return "synthetic_data", "The model is not for synthetic images."
    return None


def _modality(scope: Mapping[str, Any], headers: Sequence[Dataset]) -> tuple[str, str] | None:
    allowed = scope.get("modalities")
    found = {str(header.get("Modality") or "").strip() for header in headers}
    if allowed is None or found <= set(allowed):
        return None
    return "modality", f"The model reads {', '.join(allowed)}, not {', '.join(sorted(found))}."


def _sop_class(scope: Mapping[str, Any], headers: Sequence[Dataset]) -> tuple[str, str] | None:
    allowed = scope.get("sop_class_uids")
    found = {str(header.get("SOPClassUID") or "") for header in headers}
    if allowed is None or found <= set(allowed):
        return None
    return "sop_class", "The series holds images of a kind the model does not read."


def _derived(scope: Mapping[str, Any], headers: Sequence[Dataset]) -> tuple[str, str] | None:
    if not scope.get("original_images_only"):
        return None
    for header in headers:
        image_type = [str(value).upper() for value in header.get("ImageType") or []]
        if "DERIVED" in image_type[:1] or "SECONDARY" in image_type[1:2]:
            return "derived_images", "The series holds derived or secondary images."
    return None


def _slice_count(scope: Mapping[str, Any], headers: Sequence[Dataset]) -> tuple[str, str] | None:
    minimum = scope.get("minimum_slices")
    if minimum is None or len(headers) >= int(minimum):
        return None
    return "too_few_slices", f"The series has {len(headers)} slices; the model needs {minimum}."


def _pixel_spacing(
    scope: Mapping[str, Any], headers: Sequence[Dataset]
) -> tuple[str, str] | None:
    limit = scope.get("maximum_pixel_spacing_mm")
    if limit is None:
        return None
    for header in headers:
        spacing = header.get("PixelSpacing")
        if spacing is None:
            return "no_geometry", "An image lacks Pixel Spacing."
        if max(float(value) for value in spacing) > float(limit):
            return "pixel_spacing", f"Pixels are larger than {limit} mm."
    return None


def _slice_spacing(
    scope: Mapping[str, Any], headers: Sequence[Dataset], volume: ImageVolume
) -> tuple[str, str] | None:
    if scope.get("even_slice_spacing"):
        try:
            voxel_volume_ml(volume=volume, headers=headers)
        except AnalysisRefused as refused:
            return refused.code, refused.reason
    limit = scope.get("maximum_slice_spacing_mm")
    spacing = float(np.linalg.norm(np.asarray(volume.affine_lps, dtype=float)[:3, 2]))
    if limit is not None and spacing > float(limit) + 1e-3:
        return "slice_spacing", f"Slices lie {spacing:.1f} mm apart; the model needs {limit} mm."
    return None
