"""Small valid scans of a case's patient, imported through the product's own path."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from apps.cases.models import Case
from apps.imaging.services.importing import import_files
from tests.people import SYSTEM

CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
ULTRASOUND_STORAGE = "1.2.840.10008.5.1.4.1.1.6.1"
ROWS, COLUMNS = 48, 64
SPACING_MM = (0.8, 0.5)  # between rows, between columns
SLICE_SPACING_MM = 2.0


@dataclass(frozen=True)
class Scan:
    """UIDs of an imported series; ``slices`` in slice order."""

    study_instance_uid: str
    series_instance_uid: str
    frame_of_reference_uid: str
    slices: tuple[str, ...]

    def point_lps(self, *, index: int, column: float, row: float) -> list[float]:
        """Centre of a pixel of an axial slice in LPS millimetres (PS3.3 C.7.6.2.1.1)."""
        return [
            -20.0 + column * SPACING_MM[1],
            -10.0 + row * SPACING_MM[0],
            100.0 + index * SLICE_SPACING_MM,
        ]


def import_ct(*, case: Case, folder: Path, slices: int = 3) -> Scan:
    """An axial CT: slice ``i`` lies at z = 100 + 2 i mm."""
    scan = Scan(
        generate_uid(), generate_uid(), generate_uid(), tuple(generate_uid() for _ in range(slices))
    )
    for index, uid in enumerate(scan.slices):
        dataset = _dataset(case=case, scan=scan, uid=uid, sop_class=CT_STORAGE, modality="CT")
        dataset.FrameOfReferenceUID = scan.frame_of_reference_uid
        dataset.ImagePositionPatient = scan.point_lps(index=index, column=0, row=0)
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing = list(SPACING_MM)
        dataset.SliceThickness = SLICE_SPACING_MM
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
        dataset.InstanceNumber = index + 1
        dataset.save_as(folder / f"{uid}.dcm", enforce_file_format=True)
    import_files(actor=SYSTEM, case_id=case.pk, paths=[folder])
    return scan


def import_tilted(
    *,
    case: Case,
    folder: Path,
    sop_class: str = CT_STORAGE,
    modality: str = "CT",
    **elements: Any,
) -> tuple[Scan, FileDataset]:
    """One oblique image with pixels that are not square; ``elements`` by keyword."""
    scan = Scan(generate_uid(), generate_uid(), generate_uid(), (generate_uid(),))
    dataset = _dataset(
        case=case, scan=scan, uid=scan.slices[0], sop_class=sop_class, modality=modality
    )
    dataset.FrameOfReferenceUID = scan.frame_of_reference_uid
    dataset.ImagePositionPatient = [3.0, -7.0, 11.0]
    dataset.ImageOrientationPatient = [0.8, 0.6, 0.0, 0.0, 0.0, -1.0]
    dataset.PixelSpacing = list(SPACING_MM)
    dataset.InstanceNumber = 1
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.save_as(folder / f"{scan.slices[0]}.dcm", enforce_file_format=True)
    import_files(actor=SYSTEM, case_id=case.pk, paths=[folder])
    return scan, dataset


def import_ultrasound(*, case: Case, folder: Path, **elements: Any) -> Scan:
    """One image without patient space; ``elements`` by keyword."""
    scan = Scan(generate_uid(), generate_uid(), "", (generate_uid(),))
    dataset = _dataset(
        case=case, scan=scan, uid=scan.slices[0], sop_class=ULTRASOUND_STORAGE, modality="US"
    )
    dataset.InstanceNumber = 1
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.save_as(folder / f"{scan.slices[0]}.dcm", enforce_file_format=True)
    import_files(actor=SYSTEM, case_id=case.pk, paths=[folder])
    return scan


def _dataset(*, case: Case, scan: Scan, uid: str, sop_class: str, modality: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    patient = case.patient
    dataset.PatientID, dataset.IssuerOfPatientID = patient.patient_id, patient.issuer
    dataset.PatientName = patient.name
    dataset.PatientBirthDate = patient.birth_date.strftime("%Y%m%d") if patient.birth_date else ""
    dataset.PatientSex = patient.sex
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = (
        scan.study_instance_uid,
        scan.series_instance_uid,
    )
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, uid
    dataset.Modality, dataset.StudyDate, dataset.StudyTime = modality, "20260301", "101500"
    dataset.StudyID, dataset.AccessionNumber, dataset.SeriesNumber = "1", "A1", 1
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 0
    ramp = np.arange(ROWS * COLUMNS, dtype=np.uint16).reshape(ROWS, COLUMNS)
    dataset.PixelData = ramp.tobytes()
    return dataset
