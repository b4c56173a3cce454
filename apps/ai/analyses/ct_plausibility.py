"""What a CT shows and when it was taken after contrast, from its voxels alone.

A check beside what the header says, not a finding: every answer comes with its reason and the
figures behind it, and "unsure" is an answer. Heads, necks and pelves were checked on drawn shapes
only (see the docs), so what looks like one is named with that limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses.body_sections import CrossSections, measure_sections
from apps.ai.analyses.ct_volume import AxialCt
from apps.ai.analyses.lungs import LEFT, RIGHT, Lungs, find_lungs
from apps.ai.analyses.resampling import average_blocks
from apps.ai.analyses.results import BoolMask

Region = Literal["head", "neck", "chest", "abdomen", "pelvis"]
Phase = Literal["none", "arterial-ish", "portal-venous-ish", "enhanced, phase unsure", "unsure"]

#: A region is named from this much of it on; a shorter stretch is left unsure.
_SHORTEST_MM = 25.0
#: Lung in a cross section of the chest, as a part of the body's area.
_CHEST_LUNG_SHARE = 0.10
#: The bases reach down beside the liver: sections with a rim of lung count for neither.
_NO_LUNG_SHARE = 0.005
_TRUNK_AREA_MM2 = 35_000.0
_SKULL_SHARE = 0.45
_HEAD_WIDTH_MM = 220.0
#: Bone of one side in a section through the iliac wings; ribs have a third of it.
_ILIAC_MM2 = 1_000.0

#: Unenhanced blood has 30 to 55 HU; noise and haematocrit move it.
_UNENHANCED_BLOOD_HU = (20.0, 70.0)
_ENHANCED_BLOOD_HU = 95.0
_ARTERIAL_BLOOD_HU = 220.0
_UNENHANCED_LIVER_HU = 75.0
_PORTAL_LIVER_HU = 85.0
_LEAST_BLOOD_ML = 60.0
_LEAST_LIVER_ML = 100.0
_SOFT_HU = (-10.0, 600.0)


@dataclass(frozen=True, slots=True)
class RegionSeen:
    """A region, the stretch of it in LPS z (mm), and why."""

    region: Region
    from_mm: float
    to_mm: float
    reason: str


@dataclass(frozen=True, slots=True)
class CtDescription:
    """Regions in view, foot to head; how much of the scan is none of them; contrast phase.

    ``figures`` are what the answers rest on, JSON-able.
    """

    regions: tuple[RegionSeen, ...]
    unsure_mm: float
    phase: Phase
    phase_reason: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "regions": [
                {
                    "region": seen.region,
                    "from_mm": round(seen.from_mm, 1),
                    "to_mm": round(seen.to_mm, 1),
                    "reason": seen.reason,
                }
                for seen in self.regions
            ],
            "unsure_mm": round(self.unsure_mm, 1),
            "contrast_phase": self.phase,
            "contrast_reason": self.phase_reason,
            "figures": dict(self.figures),
        }


def describe_ct(ct: AxialCt, *, lungs: Lungs | None = None) -> CtDescription:
    """Name the regions in view and the contrast phase, as far as the voxels show them.

    Parameters
    ----------
    ct
        As ``read_axial_ct`` gives it; it raises ``AnalysisRefused`` for what cannot be asked.
    lungs
        Where they were found already.
    """
    lungs = lungs or find_lungs(ct.hu, spacing_mm=ct.spacing_mm)
    sections = measure_sections(ct, lungs)
    regions = _name_regions(sections)
    named_mm = sum(seen.to_mm - seen.from_mm for seen in regions)
    phase, reason, figures = _find_phase(ct, lungs)
    return CtDescription(
        regions=regions,
        unsure_mm=max(0.0, len(sections.z_mm) * sections.step_mm - named_mm),
        phase=phase,
        phase_reason=reason,
        figures=figures,
    )


def _name_regions(sections: CrossSections) -> tuple[RegionSeen, ...]:
    """Stretches of cross sections that meet a region's rule, in the order foot to head."""
    chest = _longest_run(sections.lung_share >= _CHEST_LUNG_SHARE, sections.step_mm)
    trunk = sections.body_mm2 >= _TRUNK_AREA_MM2
    no_lung = sections.lung_share <= _NO_LUNG_SHARE
    index = np.arange(len(sections.z_mm))
    seen: list[RegionSeen] = []
    iliac = np.minimum(sections.bone_right_mm2, sections.bone_left_mm2) >= _ILIAC_MM2
    if chest is not None:
        below = no_lung & trunk & (index < chest.start)
        pelvis = _longest_run(below & iliac, sections.step_mm)
        if pelvis is not None:
            reason = "below the lungs, with broad bone on both sides (iliac wings)"
            seen.append(_seen("pelvis", pelvis, sections, reason))
            below &= index >= pelvis.stop
        belly = _longest_run(below & ~iliac, sections.step_mm)
        if belly is not None:
            reason = "trunk below the lungs, no broad bone at the sides"
            seen.append(_seen("abdomen", belly, sections, reason))
        reason = f"lung on at least {100 * _CHEST_LUNG_SHARE:.0f} % of the body's area"
        seen.append(_seen("chest", chest, sections, reason))
    above = index >= chest.stop if chest is not None else index >= 0
    head = _longest_run(
        above
        & no_lung
        & (sections.enclosed_share >= _SKULL_SHARE)
        & (sections.width_mm <= _HEAD_WIDTH_MM),
        sections.step_mm,
    )
    if head is not None and chest is not None:
        between = (index >= chest.stop) & (index < head.start)
        narrow = between & (sections.width_mm <= _HEAD_WIDTH_MM) & sections.has_airway
        neck = _longest_run(narrow, sections.step_mm)
        if neck is not None:
            seen.append(
                _seen("neck", neck, sections, "narrow, with an airway, between chest and skull")
            )
    if head is not None:
        reason = f"bone encloses at least {100 * _SKULL_SHARE:.0f} % of the area"
        seen.append(_seen("head", head, sections, reason))
    return tuple(seen)


def _longest_run(fits: BoolMask, step_mm: float) -> slice | None:
    labels, count = ndimage.label(fits)
    if count == 0:
        return None
    longest = max(
        (part[0] for part in ndimage.find_objects(labels)), key=lambda p: p.stop - p.start
    )
    return longest if (longest.stop - longest.start) * step_mm >= _SHORTEST_MM else None


def _seen(region: Region, run: slice, sections: CrossSections, reason: str) -> RegionSeen:
    half = sections.step_mm / 2
    first, last = float(sections.z_mm[run.start]), float(sections.z_mm[run.stop - 1])
    return RegionSeen(region, first - half, last + half, reason)


def _find_phase(ct: AxialCt, lungs: Lungs) -> tuple[Phase, str, dict[str, Any]]:
    """Blood in heart and great vessels against the liver.

    Unenhanced blood and liver lie close together. In the arterial phase blood is far brighter and
    the liver is not yet; in the portal-venous phase the liver has caught up and blood has fallen.
    """
    coarse, blocks = average_blocks(ct.hu, spacing_mm=ct.spacing_mm, wanted_mm=3.6)
    size = tuple(block * step for block, step in zip(blocks, ct.spacing_mm, strict=True))
    sides = _on_blocks(lungs, blocks, coarse.shape)
    block_ml = float(np.prod(size)) / 1000.0
    blood = coarse[_between_the_lungs(coarse, sides)]
    liver = coarse[_below_right_lung(coarse, sides, (size[0], size[1], size[2]))]
    figures: dict[str, Any] = {
        "blood_sample_ml": round(blood.size * block_ml, 1),
        "liver_sample_ml": round(liver.size * block_ml, 1),
    }
    if blood.size * block_ml < _LEAST_BLOOD_ML:
        return "unsure", "No heart or great vessels between the lungs are in view.", figures
    # The upper quartile: heart muscle, nodes and fat among the blood are darker.
    blood_hu = float(np.percentile(blood, 75))
    figures["blood_hu"] = round(blood_hu, 1)
    liver_hu = None
    if liver.size * block_ml >= _LEAST_LIVER_ML:
        liver_hu = float(np.median(liver))
        figures["liver_hu"] = round(liver_hu, 1)
    return (*_name_phase(blood_hu, liver_hu), figures)


def _name_phase(blood_hu: float, liver_hu: float | None) -> tuple[Phase, str]:
    liver = "the liver is not in view" if liver_hu is None else f"the liver has {liver_hu:.0f} HU"
    measured = f"Heart and great vessels have {blood_hu:.0f} HU, {liver}"
    low, high = _UNENHANCED_BLOOD_HU
    if low <= blood_hu <= high and (liver_hu is None or liver_hu < _UNENHANCED_LIVER_HU):
        return "none", f"{measured}: as without contrast."
    if blood_hu < _ENHANCED_BLOOD_HU:
        return "unsure", f"{measured}: neither clearly with nor without contrast."
    if liver_hu is not None and liver_hu >= _PORTAL_LIVER_HU and blood_hu < _ARTERIAL_BLOOD_HU:
        return "portal-venous-ish", f"{measured}: both enhanced, blood no longer bright."
    if liver_hu is not None and liver_hu < _UNENHANCED_LIVER_HU and blood_hu >= _ARTERIAL_BLOOD_HU:
        return "arterial-ish", f"{measured}: blood bright, liver not yet enhanced."
    return "enhanced, phase unsure", f"{measured}: with contrast; the phase does not show."


def _on_blocks(
    lungs: Lungs, blocks: tuple[int, int, int], shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """The lungs' sides at the middle of each block."""
    index = [
        np.minimum(
            (np.arange(shape[axis]) * blocks[axis] + blocks[axis] // 2) // lungs.blocks[axis],
            lungs.sides.shape[axis] - 1,
        )
        for axis in range(3)
    ]
    return lungs.sides[np.ix_(*index)]


def _between_the_lungs(coarse: NDArray[np.float32], sides: NDArray[np.uint8]) -> BoolMask:
    """Soft tissue with right lung on its one side and left lung on the other, in the front half:
    heart and great vessels, without the spine behind them."""
    right, left = sides == RIGHT, sides == LEFT
    past_right = np.maximum.accumulate(right, axis=2)
    before_left = np.maximum.accumulate(left[:, :, ::-1], axis=2)[:, :, ::-1]
    rows = right.any(axis=2) & left.any(axis=2)
    held = rows.any(axis=1)
    first = np.argmax(rows, axis=1)
    last = rows.shape[1] - 1 - np.argmax(rows[:, ::-1], axis=1)
    row = np.arange(rows.shape[1])
    front = (row >= first[:, None]) & (row <= (first + 0.55 * (last - first))[:, None])
    soft = (coarse > _SOFT_HU[0]) & (coarse < _SOFT_HU[1])
    between = past_right & before_left & (sides == 0) & soft
    between &= (front & held[:, None])[:, :, None]
    eroded: BoolMask = ndimage.binary_erosion(between, structure=_plane_cross(), iterations=1)
    return eroded


def _plane_cross() -> BoolMask:
    cross = np.zeros((3, 3, 3), dtype=bool)
    cross[1] = ndimage.generate_binary_structure(2, 1)
    return cross


def _below_right_lung(
    coarse: NDArray[np.float32], sides: NDArray[np.uint8], size: tuple[float, float, float]
) -> BoolMask:
    """The largest even piece of soft tissue under the right lung: the liver."""
    right = sides == RIGHT
    nothing = np.zeros(coarse.shape, dtype=bool)
    if not right.any():
        return nothing
    # What has right lung above it and none below.
    above = np.maximum.accumulate(right[::-1], axis=0)[::-1]
    under = above & (sides == 0) & ~np.maximum.accumulate(right, axis=0)
    even = (coarse > 0.0) & (coarse < 250.0) & under
    deep = ndimage.distance_transform_edt(even, sampling=size) > 8.0
    labels, count = ndimage.label(deep)
    if count == 0:
        return nothing
    largest: BoolMask = labels == int(np.argmax(np.bincount(labels.ravel())[1:])) + 1
    return largest
