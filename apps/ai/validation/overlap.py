"""How far two masks of one structure agree: Dice, surface distances, volume.

Definitions after Maier-Hein, Reinke et al., "Metrics reloaded", Nat Methods 2024;21:195 (and its
supplement). A surface voxel is one of the mask that has a face neighbour outside it, or lies on the
border of the volume; distances run between the middles of surface voxels, in millimetres, so an
anisotropic grid counts as it is. HD95 is the larger of the two directed 95th percentiles, as
MONAI's ``compute_hausdorff_distance(percentile=95)``; other tools pool both directions or weigh
surface elements by their area (DeepMind's surface-distance), and give other numbers.

Where a mask is empty nothing is a number: 0 of 0 voxels is not 1, and a missed structure has no
distance. ``Overlap.case`` says which it is, and totals count each apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BoolMask = NDArray[np.bool_]
Spacing = tuple[float, float, float]

OverlapCase = Literal["both", "both_empty", "only_reference", "only_model"]

HD_PERCENTILE = 95.0
_FACES = ndimage.generate_binary_structure(3, 1)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Agreement of the model's mask with the reference.

    Attributes
    ----------
    case:
        ``both`` masks have voxels; else which of them has. The agreement is None then.
    dice, iou:
        0 to 1.
    hd95_mm, mean_surface_mm:
        95th percentile and mean (ASSD, over both surfaces together) of surface distances.
    reference_ml, model_ml:
        Volumes, always there.
    volume_error_ml, volume_error_relative:
        Model less reference; relative to the reference, None where that is empty.
    """

    case: OverlapCase
    reference_ml: float
    model_ml: float
    dice: float | None = None
    iou: float | None = None
    hd95_mm: float | None = None
    mean_surface_mm: float | None = None

    @property
    def volume_error_ml(self) -> float:
        return self.model_ml - self.reference_ml

    @property
    def volume_error_relative(self) -> float | None:
        return self.volume_error_ml / self.reference_ml if self.reference_ml > 0 else None


def measure_overlap(*, reference: BoolMask, model: BoolMask, spacing_mm: Spacing) -> Overlap:
    """Compare two masks (slice, row, column) of one grid with ``spacing_mm`` along these axes.

    Raises
    ------
    ValueError
        Different shapes, or a spacing that is not positive.
    """
    if reference.shape != model.shape or reference.ndim != 3:
        raise ValueError(f"masks of {reference.shape} and {model.shape} cannot be compared")
    if not all(np.isfinite(step) and step > 0 for step in spacing_mm):
        raise ValueError(f"{spacing_mm} is no spacing")
    voxel_ml = float(np.prod(spacing_mm)) / 1000.0
    reference_count, model_count = int(reference.sum()), int(model.sum())
    volumes = {"reference_ml": reference_count * voxel_ml, "model_ml": model_count * voxel_ml}
    if not reference_count and not model_count:
        return Overlap(case="both_empty", **volumes)
    if not model_count:
        return Overlap(case="only_reference", **volumes)
    if not reference_count:
        return Overlap(case="only_model", **volumes)
    common = int(np.count_nonzero(reference & model))
    to_reference, to_model = surface_distances(
        reference=reference, model=model, spacing_mm=spacing_mm
    )
    return Overlap(
        case="both",
        dice=2.0 * common / (reference_count + model_count),
        iou=common / (reference_count + model_count - common),
        hd95_mm=max(
            float(np.percentile(to_reference, HD_PERCENTILE)),
            float(np.percentile(to_model, HD_PERCENTILE)),
        ),
        mean_surface_mm=float(np.concatenate([to_reference, to_model]).mean()),
        **volumes,
    )


def surface_distances(
    *, reference: BoolMask, model: BoolMask, spacing_mm: Spacing
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each surface voxel's distance to the other surface, in mm; neither mask is empty.

    Returns those of the model to the reference, and those of the reference to the model. Computed
    in the box that holds both masks: no nearest voxel lies outside it.
    """
    box = _box_of(reference | model)
    reference_surface = surface_of(reference[box])
    model_surface = surface_of(model[box])
    from_reference = ndimage.distance_transform_edt(~reference_surface, sampling=spacing_mm)
    from_model = ndimage.distance_transform_edt(~model_surface, sampling=spacing_mm)
    return from_reference[model_surface], from_model[reference_surface]


def surface_of(mask: BoolMask) -> BoolMask:
    """Voxels of the mask with a face neighbour that is not (outside the array is not)."""
    inner = ndimage.binary_erosion(mask, structure=_FACES, border_value=0)
    surface: BoolMask = mask & ~inner
    return surface


def _box_of(mask: BoolMask) -> tuple[slice, slice, slice]:
    """Cutting here cannot make a surface voxel: outside the box both masks are empty."""
    found = ndimage.find_objects(mask.astype(np.uint8))[0]
    first, second, third = found
    return first, second, third
