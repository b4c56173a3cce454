"""A detection's box as a person moved its faces, and the voxels that then stand for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.ai.analyses.box_regions import draw_box
from apps.ai.analyses.results import MaskRegion
from apps.ai.exceptions import CannotAmend
from apps.ai.models import Finding
from apps.imaging.volumes import Volume

BOX_EDGES = frozenset({"box_left_right", "box_front_back", "box_head_foot"})
"""Quantities that only a detection has (``runner.boxes``)."""
SMALLEST_EDGE_MM = 0.5
LARGEST_EDGE_MM = 1_000.0
SMALLEST_CHANGE_MM = 0.005

BoxLps = list[list[float]]


@dataclass(frozen=True, slots=True)
class AmendedBox:
    """The box a reviewer made of a detection's: lowest and highest corner, LPS mm."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


def is_box(finding: Finding) -> bool:
    """Whether the model gave a box: its edges are among the finding's measurements."""
    return {one["quantity"] for one in finding.measurements} >= BOX_EDGES


def read_box(finding: Finding, by: AmendedBox) -> BoxLps:
    """The box as it is kept, [lowest, highest] in LPS mm.

    Raises
    ------
    CannotAmend
        ``not_a_box``: the finding is none; ``bad_box``: no box, or one of no sensible size;
        ``nothing_changed``.
    """
    if not is_box(finding):
        raise CannotAmend("This finding is no box; change its mask.", code="not_a_box")
    box = np.round(np.array([by.low, by.high], dtype=float), 3)
    edges = box[1] - box[0]
    if (
        not np.isfinite(box).all()
        or edges.min() < SMALLEST_EDGE_MM
        or edges.max() > LARGEST_EDGE_MM
    ):
        raise CannotAmend(
            f"An edge of a box is {SMALLEST_EDGE_MM:g} to {LARGEST_EDGE_MM:g} mm long.",
            code="bad_box",
        )
    if np.abs(box - np.asarray(finding.bbox_lps, dtype=float)).max() < SMALLEST_CHANGE_MM:
        raise CannotAmend("Nothing was changed; accept it as it is.", code="nothing_changed")
    corners: BoxLps = box.tolist()
    return corners


def region_of_box(
    box: BoxLps, *, model: Sequence[Sequence[float]], before: MaskRegion, volume: Volume
) -> MaskRegion:
    """The voxels of the changed box, filled as the model's own was: a box, or an ellipsoid.

    Which of the two is seen from the model's mask, which one of them reproduces.

    Raises
    ------
    CannotAmend
        ``outside_image``: no voxel of the images is in it.
    """
    region = _draw(box, volume, ellipsoid=_is_ellipsoid(model, before, volume))
    if region is None:
        raise CannotAmend("The box lies outside the images.", code="outside_image")
    return region


def _is_ellipsoid(model: Sequence[Sequence[float]], before: MaskRegion, volume: Volume) -> bool:
    whole = _draw(model, volume, ellipsoid=False)
    return whole is None or before.voxel_count < whole.voxel_count


def _draw(box: Sequence[Sequence[float]], volume: Volume, *, ellipsoid: bool) -> MaskRegion | None:
    return draw_box(
        low=np.asarray(box[0], dtype=float),
        high=np.asarray(box[1], dtype=float),
        shape=volume.voxels.shape,
        affine_lps=volume.affine_lps,
        ellipsoid=ellipsoid,
    )
