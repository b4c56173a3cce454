"""The liver as reference of a PET: mean and SD in a sphere of 3 cm, and the PERCIST threshold.

Source: Wahl 2009 (PERCIST 1.0, J Nucl Med 50 Suppl 1:122S) and O and Wahl 2016 (Radiology 280:576):
a lesion is measurable at baseline when its peak reaches 1.5 × mean + 2 SD of a sphere of 3 cm in
the right lobe of the liver. PERCIST says so in SUL. SUL is SUVbw times one number per patient,
which multiplies both sides: the comparison is the same in SUVbw.

Where the liver lies is a person's word, by a point or by a segment of the liver they drew: the
analysis never looks for it. PERCIST's other reference, the blood pool, for livers full of disease,
is not offered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage

from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import BoolMask

SPHERE_DIAMETER_MM = 30.0
TIMES_MEAN, TIMES_SD = 1.5, 2.0
#: A standard deviation of fewer voxels means little; 30 are there up to voxels of 7.7 mm.
_FEWEST_VOXELS = 30
#: Far outside of every liver: in 124 studies mean + 3 SD was 3.12 ± 0.61 g/mL (Hirata 2014,
#: PLoS ONE 9:e105682).
_PLAUSIBLE_MEAN = (0.5, 6.0)
#: Fluorodeoxyglucose F-18 in SNOMED CT and in the retired SNOMED-RT codes (PS3.16 CID 4021).
_FDG_CODES = frozenset({"35321007", "C-B1031"})


@dataclass(frozen=True, slots=True)
class LiverReference:
    """Mean and SD (g/mL, SUVbw) of the voxels whose centre lies in the sphere.

    ``sd`` is that of the sample (n - 1).
    """

    point_lps: tuple[float, float, float]
    voxels: int
    mean: float
    sd: float

    @property
    def threshold_suv(self) -> float:
        return TIMES_MEAN * self.mean + TIMES_SD * self.sd

    def as_dict(self) -> dict[str, Any]:
        return {
            "point_lps": list(self.point_lps),
            "sphere_diameter_mm": SPHERE_DIAMETER_MM,
            "voxels": self.voxels,
            "suv_mean": self.mean,
            "suv_sd": self.sd,
            "threshold_suv": self.threshold_suv,
            "rule": f"{TIMES_MEAN:g} x mean + {TIMES_SD:g} SD (PERCIST 1.0)",
        }


def read_point(value: Any) -> tuple[float, float, float] | None:
    """A point in LPS mm as a person gave it; None where there is none.

    Raises
    ------
    ValueError
        It is no list of three finite numbers.
    """
    if value is None:
        return None
    numbers = (
        list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else []
    )
    known = [isinstance(one, int | float) and not isinstance(one, bool) for one in numbers]
    if len(numbers) != 3 or not all(known) or not all(math.isfinite(one) for one in numbers):
        raise ValueError("liver_point_lps is a list of three numbers, LPS millimetres.")
    return float(numbers[0]), float(numbers[1]), float(numbers[2])


def point_in_right_lobe(
    liver: BoolMask, *, affine_lps: NDArray[np.float64]
) -> tuple[tuple[float, float, float], float]:
    """The point deepest in the right half of the liver's width (LPS mm), and how deep it lies (mm).

    Parameters
    ----------
    liver
        (slice, row, column); may be a cut-out, if ``affine_lps`` is that of the cut-out. What lies
        beyond it is not liver.

    Raises
    ------
    AnalysisRefused
        The sphere does not fit into the liver there (``liver_segment_too_thin``).
    """
    affine = np.asarray(affine_lps, dtype=float)
    voxels = np.argwhere(liver)
    if not len(voxels):
        raise AnalysisRefused(code="empty_segment", reason="Nothing is painted in this segment.")
    steps = np.linalg.norm(affine[:3, [2, 1, 0]], axis=0)
    depth = ndimage.distance_transform_edt(np.pad(liver, 1), sampling=steps)[1:-1, 1:-1, 1:-1]
    left_right = voxels[:, ::-1] @ affine[0, :3] + affine[0, 3]
    right = voxels[left_right <= (left_right.min() + left_right.max()) / 2]
    at = right[int(np.argmax(depth[tuple(right.T)]))]
    deepest_mm = float(depth[tuple(at)])
    if deepest_mm < SPHERE_DIAMETER_MM / 2:
        raise AnalysisRefused(
            code="liver_segment_too_thin",
            reason=f"A sphere of {SPHERE_DIAMETER_MM:g} mm does not fit into the right part of "
            f"this segment: it is {2 * deepest_mm:.0f} mm thick at most.",
        )
    point = affine[:3, :3] @ at[::-1] + affine[:3, 3]
    return (float(point[0]), float(point[1]), float(point[2])), deepest_mm


def check_space(headers: Sequence[Dataset], frame_of_reference_uid: str) -> None:
    """A point of another frame of reference lies anywhere.

    Raises
    ------
    AnalysisRefused
        The images lie in another frame of reference (``liver_reference_elsewhere``).
    """
    own = str(headers[0].get("FrameOfReferenceUID", "") or "")
    if frame_of_reference_uid and frame_of_reference_uid != own:
        raise AnalysisRefused(
            code="liver_reference_elsewhere",
            reason="The liver's point was set on images with another frame of reference.",
        )


def measure_liver(
    suv: NDArray[np.float32],
    *,
    affine_lps: NDArray[np.float64],
    point_lps: tuple[float, float, float],
) -> LiverReference:
    """Mean and SD of the sphere around a person's point.

    Raises
    ------
    AnalysisRefused
        The sphere leaves the image (``liver_reference_outside``), has too few voxels
        (``liver_reference_too_coarse``), or holds what no liver holds
        (``liver_reference_implausible``).
    """
    affine = np.asarray(affine_lps, dtype=float)
    radius_mm = SPHERE_DIAMETER_MM / 2
    centre = np.linalg.solve(affine, np.array([*point_lps, 1.0]))[:3]
    extent = radius_mm * np.linalg.norm(np.linalg.inv(affine[:3, :3]), axis=1)
    low, high = (centre - extent)[::-1], (centre + extent)[::-1]
    if (low < -0.5).any() or (high > np.array(suv.shape) - 0.5).any():
        raise AnalysisRefused(
            code="liver_reference_outside",
            reason=f"A sphere of {SPHERE_DIAMETER_MM:g} mm around the liver's point leaves the "
            "image.",
        )
    box = tuple(
        slice(max(0, int(np.floor(a))), min(size, int(np.ceil(b)) + 1))
        for a, b, size in zip(low, high, suv.shape, strict=True)
    )
    slices, rows, columns = np.meshgrid(
        *(np.arange(part.start, part.stop) for part in box), indexing="ij"
    )
    offsets = np.stack([columns, rows, slices], axis=-1) - centre
    inside = np.linalg.norm(offsets @ affine[:3, :3].T, axis=-1) <= radius_mm
    values = suv[box][inside].astype(np.float64)
    if values.size < _FEWEST_VOXELS:
        raise AnalysisRefused(
            code="liver_reference_too_coarse",
            reason=f"The liver's sphere holds {values.size} voxels, fewer than {_FEWEST_VOXELS}: "
            "their spread means nothing.",
        )
    mean = float(values.mean())
    if not _PLAUSIBLE_MEAN[0] <= mean <= _PLAUSIBLE_MEAN[1]:
        raise AnalysisRefused(
            code="liver_reference_implausible",
            reason=f"The mean SUVbw around the liver's point is {mean:.2f} g/mL, outside of "
            f"{_PLAUSIBLE_MEAN[0]:g} to {_PLAUSIBLE_MEAN[1]:g}: that is no healthy liver.",
        )
    return LiverReference(
        point_lps=point_lps, voxels=int(values.size), mean=mean, sd=float(values.std(ddof=1))
    )


def check_tracer(headers: Sequence[Dataset]) -> list[tuple[str, str]]:
    """PERCIST is for FDG: another tracer is refused, an unnamed one is a warning.

    Raises
    ------
    AnalysisRefused
        The header names another tracer (``tracer_not_fdg``).
    """
    items = headers[0].get("RadiopharmaceuticalInformationSequence") or [Dataset()]
    codes = items[0].get("RadiopharmaceuticalCodeSequence") or []
    text = str(items[0].get("Radiopharmaceutical", "") or "").strip()
    # Where there is a code, it and its meaning speak; the text may be anything.
    named = [str(code.get("CodeMeaning", "") or code.get("CodeValue", "")) for code in codes]
    named = named or ([text] if text else [])
    if _FDG_CODES.intersection(str(code.get("CodeValue", "")) for code in codes):
        return []
    if any(word in one.lower() for one in named for word in ("fdg", "deoxyglucose")):
        return []
    if named:
        raise AnalysisRefused(
            code="tracer_not_fdg",
            reason=f"The liver threshold is for FDG; the header names {named[0]}.",
        )
    return [
        (
            "tracer_not_named",
            "The header does not name the tracer; the liver threshold holds for FDG only.",
        )
    ]
