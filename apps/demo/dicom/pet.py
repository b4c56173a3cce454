"""PET image objects in Bq/mL, registered to a CT of the same study."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import PositronEmissionTomographyImageStorage
from scipy import ndimage

from apps.demo.dicom.common import (
    MARK,
    PhantomStudy,
    code,
    new_object,
    set_axial_plane,
    set_pixels,
)
from apps.demo.phantoms import Pose, TumourSpec, generate_ct
from apps.demo.phantoms.noise import SmoothNoise

SERIES = "pet"
F18_HALF_LIFE_S = 6586.2
UPTAKE_S = 3600
PetGrid = tuple[tuple[int, int, int], tuple[float, float, float]]
FINE_PET: PetGrid = ((120, 92, 92), (3.0, 4.0, 4.0))
COARSE_PET: PetGrid = ((72, 72, 72), (5.0, 5.0, 5.0))
_BLUR_FWHM_MM = 6.0

# Standardised uptake of healthy organs, FDG after 60 minutes (Zincirkeser 2007).
ORGAN_SUV = {
    "lung_left": 0.45,
    "lung_right": 0.45,
    "heart": 1.7,
    "aorta": 1.6,
    "liver": 2.25,
    "spleen": 1.85,
    "kidney_left": 2.9,
    "kidney_right": 2.9,
    "cord": 1.4,
}
_URINE_SUV = 11.0


@dataclass(frozen=True)
class PhantomPet:
    """Activity of a phantom and what is true about it.

    Attributes
    ----------
    suv
        float32, (slice, row, column), as it was meant before storing.
    truth
        Masks on the PET grid, lesions as ``tumour_0`` ...
    """

    suv: NDArray[np.float32]
    truth: dict[str, NDArray[np.bool_]]
    affine_lps: NDArray[np.float64]
    spacing_mm: tuple[float, float, float]


def generate_pet(
    *,
    seed: int,
    tumours: tuple[TumourSpec, ...],
    sex: str | None = None,
    pose: Pose | None = None,
    grid: PetGrid = FINE_PET,
) -> PhantomPet:
    """Uptake of the same anatomy as the CT of that seed, blurred and noisy as a PET is.

    Lesions must carry ``centre_lps``, so that they lie where the CT has them.
    """
    shape, spacing = grid
    fine_shape = (shape[0], 2 * shape[1], 2 * shape[2])
    fine_mm = (spacing[0], spacing[1] / 2, spacing[2] / 2)
    anatomy = generate_ct(
        seed=seed, shape=fine_shape, spacing_mm=fine_mm, tumours=tumours, noise_hu=0, sex=sex,
        pose=pose,
    )  # fmt: skip
    uptake = _uptake(anatomy.hu, anatomy.truth, tumours)
    sigma = [_BLUR_FWHM_MM / 2.355 / s for s in fine_mm]
    blurred = _halve(ndimage.gaussian_filter(uptake, sigma))
    axes = [np.arange(n, dtype=np.float64) * s for n, s in zip(shape, spacing, strict=True)]
    speckle = SmoothNoise(seed, "pet noise", 7.0).on_axes(axes[0] - 150, axes[1] - 180,
                                                          axes[2] - 180)  # fmt: skip
    blurred += 0.055 * speckle * np.sqrt(np.maximum(blurred, 0) + 0.01)
    affine = np.diag([spacing[2], spacing[1], spacing[0], 1.0])
    # A PET voxel covers 2 x 2 fine ones: its centre lies half a fine voxel further.
    affine[:3, 3] = anatomy.affine_lps[:3, 3] + (fine_mm[2] / 2, fine_mm[1] / 2, 0)
    truth = {name: _halve(mask.astype(np.float32)) >= 0.5 for name, mask in anatomy.truth.items()}
    return PhantomPet(
        suv=np.maximum(blurred, 0).astype(np.float32),
        truth=truth,
        affine_lps=affine,
        spacing_mm=spacing,
    )


def _halve(values: NDArray[np.float32]) -> NDArray[np.float32]:
    slices, rows, columns = values.shape
    blocks = values.reshape(slices, rows // 2, 2, columns // 2, 2)
    return np.asarray(blocks.mean(axis=(2, 4), dtype=np.float32))


def _uptake(
    hu: NDArray[np.int16],
    truth: dict[str, NDArray[np.bool_]],
    tumours: tuple[TumourSpec, ...],
) -> NDArray[np.float32]:
    uptake = np.where(hu > 20, 0.75, 0.32).astype(np.float32)
    uptake[hu > 200] = 1.15  # marrow
    uptake[(hu < -250)] = 0.2
    uptake[~truth["body"]] = 0
    for organ, suv in ORGAN_SUV.items():
        uptake[truth[organ]] = suv
    fat_in_heart = truth["heart"] & (hu < 0)
    uptake[fat_in_heart] = 0.4
    myocardium = truth["heart"] & (hu > 90) & (hu < 135)
    uptake[myocardium] = 3.1
    for side in ("kidney_left", "kidney_right"):
        kidney = truth[side]
        outlines = ndimage.binary_dilation(kidney, iterations=7)
        pelvis = ndimage.binary_erosion(outlines, iterations=8) & ~kidney
        uptake[ndimage.binary_opening(pelvis)] = _URINE_SUV
    for index, spec in enumerate(tumours):
        uptake[truth[f"tumour_{index}"]] = spec.suv
    return uptake


def write_pet(
    *, study: PhantomStudy, pet: PhantomPet, description: str = "PET AC FDG"
) -> Iterator[Dataset]:
    """One PET object per slice, decay-corrected to the start of the series."""
    weight_g = study.patient.weight_kg * 1000
    dose_bq = 4.0e6 * study.patient.weight_kg
    scan = datetime.strptime(study.date + study.time, "%Y%m%d%H%M%S") + timedelta(minutes=4)
    left_bq = dose_bq * math.exp(-math.log(2) * UPTAKE_S / F18_HALF_LIFE_S)
    activity = pet.suv * (left_bq / weight_g)
    for index in range(activity.shape[0]):
        ds = new_object(
            study=study,
            sop_class_uid=PositronEmissionTomographyImageStorage,
            modality="PT",
            series=SERIES,
            series_number=3,
            instance_number=index + 1,
            description=description,
        )
        origin = pet.affine_lps @ np.array([0, 0, index, 1.0])
        set_axial_plane(
            ds,
            study=study,
            origin_lps=(float(origin[0]), float(origin[1]), float(origin[2])),
            spacing_mm=pet.spacing_mm,
        )
        ds.SeriesDate, ds.SeriesTime = scan.strftime("%Y%m%d"), scan.strftime("%H%M%S")
        _set_pet_series(ds, activity.shape[0])
        _set_tracer(ds, scan - timedelta(seconds=UPTAKE_S), dose_bq)
        _set_pet_image(ds, scan, index, activity[index])
        yield ds


def _set_pet_series(ds: Dataset, slices: int) -> None:
    ds.BodyPartExamined = "CHEST"
    ds.Units = "BQML"
    ds.SUVType = "BW"
    ds.CountsSource = "EMISSION"
    ds.SeriesType = ["STATIC", "IMAGE"]
    ds.NumberOfSlices = slices
    ds.CorrectedImage = ["DECY", "ATTN", "SCAT", "DTIM", "RAN", "NORM"]
    ds.DecayCorrection = "START"
    ds.RandomsCorrectionMethod = "NONE"
    ds.AttenuationCorrectionMethod = "simulated"
    ds.ScatterCorrectionMethod = "simulated"
    ds.ReconstructionMethod = "simulated, 6 mm FWHM"
    ds.CollimatorType = "NONE"


def _set_tracer(ds: Dataset, injection: datetime, dose_bq: float) -> None:
    tracer = Dataset()
    tracer.Radiopharmaceutical = "Fluorodeoxyglucose"
    tracer.RadiopharmaceuticalStartTime = injection.strftime("%H%M%S")
    tracer.RadiopharmaceuticalStartDateTime = injection.strftime("%Y%m%d%H%M%S")
    tracer.RadionuclideTotalDose = dose_bq
    tracer.RadionuclideHalfLife = F18_HALF_LIFE_S
    tracer.RadionuclidePositronFraction = 0.967
    tracer.RadionuclideCodeSequence = Sequence([code("77004003", "SCT", "^18^Fluorine")])
    tracer.RadiopharmaceuticalCodeSequence = Sequence(
        [code("35321007", "SCT", "Fluorodeoxyglucose F^18^")]
    )
    ds.RadiopharmaceuticalInformationSequence = Sequence([tracer])
    # PS3.3 C.8.9.1 has these codes in the place of Patient Position.
    del ds.PatientPosition
    recumbent = code("102538003", "SCT", "recumbent")
    recumbent.PatientOrientationModifierCodeSequence = Sequence([code("40199007", "SCT", "supine")])
    ds.PatientOrientationCodeSequence = Sequence([recumbent])
    ds.PatientGantryRelationshipCodeSequence = Sequence([code("102540008", "SCT", "headfirst")])


def _set_pet_image(ds: Dataset, scan: datetime, index: int, activity: NDArray[np.float32]) -> None:
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.ImageComments = f"{MARK}. Computed; not for diagnosis"
    ds.BurnedInAnnotation = "NO"
    ds.AcquisitionDate, ds.AcquisitionTime = scan.strftime("%Y%m%d"), scan.strftime("%H%M%S")
    ds.ContentDate, ds.ContentTime = ds.AcquisitionDate, ds.AcquisitionTime
    ds.FrameReferenceTime = 0
    ds.ActualFrameDuration = 180000
    ds.ImageIndex = index + 1
    ds.DecayFactor = 1
    ds.ScatterFractionFactor = 0
    ds.DoseCalibrationFactor = 1
    ds.LossyImageCompression = "00"
    slope = max(float(activity.max()), 1.0) / 32767
    slope = float(f"{slope:.9g}")
    stored = np.rint(activity / slope).astype("<i2")
    set_pixels(ds, rows=stored.shape[0], columns=stored.shape[1], signed=True)
    ds.RescaleIntercept, ds.RescaleSlope = 0, slope
    ds.WindowCenter, ds.WindowWidth = round(16000 * slope, 2), round(32000 * slope, 2)
    ds.PixelData = stored.tobytes()
