"""What is known about a phantom examination, in the numbers that clinicians measure."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.demo.dicom.contours import outline_mask
from apps.demo.dicom.pet import PhantomPet
from apps.demo.dicom.radiotherapy import SphericalDose
from apps.demo.phantoms import PhantomVolume


def describe_volume(volume: PhantomVolume) -> dict[str, Any]:
    """Sizes and places of the lesions, volumes of the organs."""
    lesions = []
    for index, spec in enumerate(volume.tumours):
        mask = volume.truth[f"tumour_{index}"]
        lesions.append(
            {
                "index": index,
                "identity": spec.identity,
                "site": spec.site,
                "nominal_diameter_mm": spec.diameter_mm,
                "centre_lps": list(volume.tumour_centres_lps[index]),
                "centroid_lps": _centroid(mask, volume.affine_lps),
                "voxels": int(mask.sum()),
                "volume_ml": volume.volume_ml(f"tumour_{index}"),
                "longest_axial_diameter_mm": longest_axial_diameter(
                    mask=mask, spacing_mm=volume.spacing_mm
                ),
            }
        )
    organs = {
        name: volume.volume_ml(name) for name in volume.truth if not name.startswith("tumour")
    }
    return {
        "shape": list(volume.hu.shape),
        "spacing_mm": list(volume.spacing_mm),
        "affine_lps": volume.affine_lps.tolist(),
        "lesions": lesions,
        "organ_volumes_ml": organs,
    }


def _centroid(mask: NDArray[np.bool_], affine_lps: NDArray[np.float64]) -> list[float] | None:
    if not mask.any():
        return None
    slices, rows, columns = (axis.mean() for axis in np.nonzero(mask))
    return [float(v) for v in (affine_lps @ np.array([columns, rows, slices, 1.0]))[:3]]


def longest_axial_diameter(
    *, mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> float:
    """Longest line within one axial slice between two points of the lesion's outline, mm."""
    longest = 0.0
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        outlines = outline_mask(mask[index], smallest_px=1)
        if not outlines:
            continue
        points = outlines[0] * (spacing_mm[1], spacing_mm[2])
        gaps = np.linalg.norm(points[:, None] - points[None], axis=2)
        longest = max(longest, float(gaps.max()))
    return longest


def suv_of(ds: Dataset) -> NDArray[np.float64]:
    """SUVbw of one stored PET slice by body weight, decay to the start of the series."""
    tracer = ds.RadiopharmaceuticalInformationSequence[0]
    injected = datetime.strptime(tracer.RadiopharmaceuticalStartDateTime, "%Y%m%d%H%M%S")
    scanned = datetime.strptime(ds.SeriesDate + ds.SeriesTime, "%Y%m%d%H%M%S")
    waited_s = (scanned - injected).total_seconds()
    left = float(tracer.RadionuclideTotalDose) * math.exp(
        -math.log(2) * waited_s / float(tracer.RadionuclideHalfLife)
    )
    stored = np.frombuffer(ds.PixelData, dtype="<i2").reshape(ds.Rows, ds.Columns)
    activity = stored * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    return np.asarray(activity * float(ds.PatientWeight) * 1000 / left)


def describe_pet(*, pet: PhantomPet, objects: list[Dataset]) -> dict[str, Any]:
    """Uptake of lesions and organs, read back from the stored objects."""
    suv = np.stack([suv_of(ds) for ds in objects])
    voxel_ml = float(np.prod(pet.spacing_mm)) / 1000
    lesions, organs = [], {}
    for name, mask in pet.truth.items():
        if name == "tumour" or not mask.any():
            continue
        inside = suv[mask]
        entry = {
            "suv_max": float(inside.max()),
            "suv_mean": float(inside.mean()),
            "voxels": int(mask.sum()),
            "volume_ml": float(mask.sum() * voxel_ml),
            "centroid_lps": _centroid(mask, pet.affine_lps),
        }
        if name.startswith("tumour_"):
            lesions.append({"index": int(name.removeprefix("tumour_")), **entry})
        else:
            organs[name] = entry
    return {
        "shape": list(suv.shape),
        "spacing_mm": list(pet.spacing_mm),
        "affine_lps": pet.affine_lps.tolist(),
        "suv_max": float(suv.max()),
        "lesions": lesions,
        "organs": organs,
    }


def describe_dvh(
    *,
    volume: PhantomVolume,
    dose: SphericalDose,
    ptv_radius_mm: float,
    structures: dict[str, NDArray[np.bool_]],
) -> dict[str, Any]:
    """The target's DVH in closed form; the other organs' from the dose at each voxel centre."""
    grid_gy = list(range(0, math.ceil(dose.maximum_gy) + 1, 2))
    return {
        "dose": {
            "centre_lps": list(dose.centre_lps),
            "maximum_gy": dose.maximum_gy,
            "half_radius_mm": dose.half_radius_mm,
            "formula": "maximum / (1 + (r / half_radius)^4)",
        },
        "ptv": {
            "radius_mm": ptv_radius_mm,
            "volume_ml": 4 / 3 * math.pi * ptv_radius_mm**3 / 1000,
            "mean_gy": dose.sphere_mean(ptv_radius_mm),
            "d98_gy": dose.sphere_dose_at(0.98, ptv_radius_mm),
            "d50_gy": dose.sphere_dose_at(0.50, ptv_radius_mm),
            "d2_gy": dose.sphere_dose_at(0.02, ptv_radius_mm),
            "cumulative": [
                [d, dose.sphere_fraction_above(float(d), ptv_radius_mm) if d else 1.0]
                for d in grid_gy
            ],
        },
        "organs": {
            name: _organ_dose(volume, dose, mask)
            for name, mask in structures.items()
            if name not in {"PTV", "BODY"}
        },
    }


def _organ_dose(
    volume: PhantomVolume, dose: SphericalDose, mask: NDArray[np.bool_]
) -> dict[str, float]:
    indices = np.nonzero(mask)
    voxels = np.column_stack([indices[2], indices[1], indices[0], np.ones(len(indices[0]))])
    points = (voxels @ volume.affine_lps.T)[:, :3]
    grays = dose.at_radius(np.linalg.norm(points - np.asarray(dose.centre_lps), axis=1))
    return {
        "mean_gy": float(grays.mean()),
        "max_gy": float(grays.max()),
        "v20_percent": float((grays >= 20).mean() * 100),
        "volume_ml": float(mask.sum() * np.prod(volume.spacing_mm) / 1000),
    }
