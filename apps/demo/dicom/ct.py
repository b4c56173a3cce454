"""CT image objects."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from apps.demo.dicom.common import MARK, PhantomStudy, new_object, set_axial_plane, set_pixels
from apps.demo.phantoms import PhantomVolume

SERIES = "ct"
_INTERCEPT = -1024


def write_ct(
    *, study: PhantomStudy, volume: PhantomVolume, description: str, dose_mas: float = 180.0
) -> Iterator[Dataset]:
    """One CT object per slice, from foot to head, 12 bit unsigned with intercept -1024."""
    spacing = volume.spacing_mm
    for index in range(volume.hu.shape[0]):
        ds = new_object(
            study=study,
            sop_class_uid=CTImageStorage,
            modality="CT",
            series=SERIES,
            series_number=2,
            instance_number=index + 1,
            description=description,
        )
        origin = volume.affine_lps @ np.array([0, 0, index, 1.0])
        set_axial_plane(
            ds,
            study=study,
            origin_lps=(float(origin[0]), float(origin[1]), float(origin[2])),
            spacing_mm=spacing,
        )
        _set_acquisition(ds, study, index, dose_mas, spacing)
        stored = np.clip(volume.hu[index].astype(np.int32) - _INTERCEPT, 0, 4095)
        set_pixels(ds, rows=stored.shape[0], columns=stored.shape[1], signed=False)
        ds.BitsStored, ds.HighBit = 12, 11
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = _INTERCEPT, 1, "HU"
        ds.WindowCenter, ds.WindowWidth = [40, -600], [400, 1500]
        ds.WindowCenterWidthExplanation = ["SOFT TISSUE", "LUNG"]
        ds.PixelData = stored.astype("<u2").tobytes()
        yield ds


def _set_acquisition(
    ds: Dataset,
    study: PhantomStudy,
    index: int,
    dose_mas: float,
    spacing: tuple[float, float, float],
) -> None:
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.ImageComments = f"{MARK}. Computed; not for diagnosis"
    ds.BurnedInAnnotation = "NO"
    ds.AcquisitionNumber = 1
    ds.AcquisitionDate, ds.AcquisitionTime = study.date, study.time
    ds.ContentDate, ds.ContentTime = study.date, study.time
    ds.BodyPartExamined = "CHEST"
    ds.ContrastBolusAgent = "Iodinated contrast, portal venous (simulated)"
    ds.ScanOptions = "HELICAL MODE"
    ds.KVP = 120
    ds.DataCollectionDiameter = 500
    ds.ReconstructionDiameter = round(spacing[2] * 512, 1)
    ds.ExposureTime, ds.XRayTubeCurrent, ds.Exposure = 500, int(dose_mas * 2), int(dose_mas)
    ds.GantryDetectorTilt = 0
    ds.TableHeight = 150
    ds.RotationDirection = "CW"
    ds.ConvolutionKernel = "PHANTOM SOFT"
    ds.FilterType = "NONE"
    ds.LossyImageCompression = "00"
