"""Small DICOM objects made for tests, and where the developers' real ones are."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SHARED_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def data_folder(prefix: str) -> Path:
    """A numbered set of the shared data; skips by name where it is absent."""
    for folder in sorted(SHARED_DATA.glob(f"{prefix}*")) if SHARED_DATA.is_dir() else []:
        return folder
    pytest.skip(f"../shared/data/{prefix}* is not here: this test needs the developers' real DICOM")


def frame_of_reference_of(study_uid: str) -> str:
    """One space for each study; a UID has 64 characters at most."""
    named = f"{study_uid}.9"
    return named if len(named) <= 64 else str(generate_uid(entropy_srcs=[named]))


def make_slice(
    *,
    study_uid: str,
    series_uid: str,
    index: float = 0,
    patient_id: str = "P-1",
    name: str = "Test^Patient",
    birth_date: str = "19600101",
    sex: str = "F",
    spacing_mm: float = 2.0,
    shape: tuple[int, int] = (16, 24),
    modality: str = "CT",
    seed: int = 0,
    **extra: Any,
) -> FileDataset:
    """One axial CT slice with random pixels; ``index`` moves it along z."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[series_uid, str(index), str(seed)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study_uid, series_uid
    dataset.FrameOfReferenceUID = frame_of_reference_of(study_uid)
    dataset.PatientID, dataset.PatientName = patient_id, name
    dataset.PatientBirthDate, dataset.PatientSex = birth_date, sex
    dataset.StudyDate, dataset.StudyTime, dataset.AccessionNumber = "20250102", "101112", "ACC-7731"
    dataset.Modality, dataset.SeriesNumber, dataset.InstanceNumber = modality, 2, 100 - int(index)
    dataset.SeriesDescription, dataset.StudyDescription = "thin", "CT thorax"
    dataset.ImagePositionPatient = [-10.0, -20.0, spacing_mm * index]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing, dataset.SliceThickness = [0.5, 0.75], spacing_mm
    dataset.Rows, dataset.Columns = shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    dataset.RescaleSlope, dataset.RescaleIntercept = 2, -1024
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    values = np.random.default_rng(seed * 1000 + int(index * 10)).integers(-500, 1500, shape)
    dataset.PixelData = values.astype("<i2").tobytes()
    for keyword, value in extra.items():
        setattr(dataset, keyword, value)
    return dataset


def to_bytes(dataset: Dataset) -> bytes:
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def make_series(*, count: int = 5, **fields: Any) -> list[bytes]:
    fields.setdefault("study_uid", generate_uid())
    fields.setdefault("series_uid", generate_uid())
    return [to_bytes(make_slice(index=index, **fields)) for index in range(count)]


def write_files(folder: Path, objects: list[bytes], prefix: str = "slice") -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, raw in enumerate(objects):
        path = folder / f"{prefix}{number:03d}.dcm"
        path.write_bytes(raw)
        paths.append(path)
    return paths


def read_bytes(raw: bytes) -> FileDataset:
    return pydicom.dcmread(BytesIO(raw))
