"""Small studies for hanging protocols: a ball in a body, in as many series as a protocol wants.

Every series shows the same ball at the same place of the patient, each with a value of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
    SecondaryCaptureImageStorage,
    VideoEndoscopicImageStorage,
    generate_uid,
)

from tests.apps.imaging.dicom import make_slice
from tests.e2e.harness import Stack
from tests.e2e.imports import import_into, new_cases, person

BALL_LPS, RADIUS_MM = (20.0, -10.0, 28.0), 10.0
EDGE_MM = 64.0
"""The body reaches so far to all sides of the axis of the scanner."""
PIXELS, PIXEL_MM = 64, 2.0
AXIAL, SAGITTAL, CORONAL = [1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1]
BORN = "19600101"


@dataclass
class Course:
    """One study of a person of its own, in `folder`."""

    folder: Path
    name: str
    date: str = "20260302"
    study_uid: str = field(default_factory=generate_uid)
    space: str = field(default_factory=generate_uid)
    identity: dict[str, str] = field(default_factory=dict)
    """Of somebody else's files, which these stand beside."""
    count: int = 0

    @classmethod
    def beside(cls, folder: Path, file: Path, **more: Any) -> Course:
        """Of the person of a real file."""
        header = pydicom.dcmread(file, stop_before_pixels=True)
        identity = {
            "patient_id": str(header.PatientID),
            "name": str(header.PatientName),
            "birth_date": str(header.get("PatientBirthDate") or ""),
            "sex": str(header.get("PatientSex") or ""),
        }
        return cls(folder, folder.name, identity=identity, date=str(header.StudyDate), **more)

    def _head(self, **more: Any) -> dict[str, Any]:
        self.count += 1
        mine = {"patient_id": f"HANGS-{self.name}", "name": f"Hangs^{self.name}"}
        return {
            "study_uid": self.study_uid,
            "series_uid": generate_uid(),
            "StudyDate": self.date,
            "StudyDescription": "",
            "SeriesNumber": self.count,
            "birth_date": BORN,
            **mine,
            **self.identity,
            **more,
        }

    def add(
        self,
        description: str,
        *,
        modality: str = "CT",
        tissue: int = 40,
        ball: int = 120,
        slices: int = 12,
        slice_mm: float = 4.0,
        orientation: Sequence[int] = AXIAL,
        space: str | None = None,
        **extra: Any,
    ) -> str:
        """A series through the ball; its UID."""
        head = self._head(SeriesDescription=description)
        axes = np.array(orientation, float).reshape(2, 3)
        normal = np.cross(*axes)
        rows, columns = np.mgrid[:PIXELS, :PIXELS]
        # The middle slice but one goes through the ball's own plane where 4 mm divide its place.
        first = BALL_LPS @ normal - (slices // 2 + 1) * slice_mm
        corner = -(EDGE_MM - PIXEL_MM / 2) * (axes[0] + axes[1]) + self._middle(axes)
        for index in range(slices):
            origin = corner + normal * (first + index * slice_mm - corner @ normal)
            steps = PIXEL_MM * (columns[..., None] * axes[0] + rows[..., None] * axes[1])
            points = origin + steps
            values = np.where(
                np.linalg.norm(points - BALL_LPS, axis=-1) <= RADIUS_MM, ball, tissue
            ).astype("<i2")
            fields = {
                "index": index,
                "shape": (PIXELS, PIXELS),
                "modality": modality,
                "ImagePositionPatient": [float(value) for value in origin],
                "ImageOrientationPatient": list(orientation),
                "PixelSpacing": [PIXEL_MM, PIXEL_MM],
                "SliceThickness": slice_mm,
                "FrameOfReferenceUID": space or self.space,
                "RescaleSlope": 1,
                "RescaleIntercept": 0,
                "PixelData": values.tobytes(),
                **extra,
            }
            if modality == "MR":
                fields |= {"SOPClassUID": MRImageStorage, "WindowCenter": 500, "WindowWidth": 1000}
            self._save(make_slice(**(head | fields)))
        return str(head["series_uid"])

    def _middle(self, axes: Any) -> Any:
        """The body is longer than it is wide: pictures that stand are about the ball's height."""
        return sum((axis * (BALL_LPS[2] * axis[2]) for axis in axes), np.zeros(3))

    def add_film(self, description: str, value: int, **extra: Any) -> str:
        head = self._head(SeriesDescription=description)
        fields = {
            "modality": "DX",
            "SOPClassUID": DigitalXRayImageStorageForPresentation,
            "ImagerPixelSpacing": [0.2, 0.2],
            "WindowCenter": 1500,
            "WindowWidth": 3000,
            **extra,
        }
        columns = np.mgrid[:96, :80][1]
        shaft = (abs(columns - 40) < 12).astype("<i2") * value
        film = make_slice(**(head | fields | {"shape": (96, 80), "PixelData": shaft.tobytes()}))
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
            delattr(film, keyword)
        del film.FrameOfReferenceUID, film.RescaleSlope, film.RescaleIntercept
        self._save(film)
        return str(head["series_uid"])

    def add_clip(self, description: str, *, modality: str, frames: int, **extra: Any) -> str:
        """Colour frames; the red of frame ``n`` (from 1) is ``10 n``."""
        head = self._head(SeriesDescription=description)
        values = np.zeros((frames, 48, 64, 3), np.uint8)
        values[..., 0] = 10 * np.arange(1, frames + 1)[:, None, None]
        values[:, :, :8, 1] = 200
        clip = colour(
            make_slice(**(head | {"shape": (48, 64), "modality": modality} | extra)), values
        )
        clip.SOPClassUID = VideoEndoscopicImageStorage
        clip.RecommendedDisplayFrameRate = 12
        self._save(clip)
        return str(head["series_uid"])

    def add_page(self, description: str) -> str:
        """A page of the scanner, saved as a picture."""
        head = self._head(SeriesDescription=description, SOPClassUID=SecondaryCaptureImageStorage)
        self._save(make_slice(**head))
        return str(head["series_uid"])

    def _save(self, dataset: Any) -> None:
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{dataset.SOPInstanceUID}.dcm"
        dataset.save_as(path, enforce_file_format=True)


def colour(dataset: Any, values: np.ndarray) -> Any:
    """Native RGB frames instead of what the object had, and no place in a patient."""
    frames, rows, columns, _ = values.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
    dataset.PlanarConfiguration, dataset.PixelRepresentation = 0, 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames, rows, columns
    dataset.PixelData = values.tobytes()
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(dataset, keyword)
    for keyword in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"):
        delattr(dataset, keyword)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def import_cases(stack: Stack, wanted: Mapping[str, Sequence[Path]]) -> dict[str, str]:
    """A case for each of these, of a person of its own; name -> id. One process reads them all."""
    people = {name: person(f"HANGS-{name}", f"Hangs^{name}", born=BORN, sex="F") for name in wanted}
    cases = new_cases(stack, people)
    import_into(stack, {cases[name]: paths for name, paths in wanted.items()})
    return cases


def copy_with_own_uids(paths: Iterable[Path], folder: Path) -> list[Path]:
    """Copies that refer to each other and to nothing else.

    The archive keeps one of each UID: what another test has of the same study would lie beside.
    """
    own: dict[str, str] = {}

    def renamed(value: str) -> str:
        standard = value.startswith("1.2.840.10008.")
        return value if standard else own.setdefault(value, str(generate_uid()))

    def rename(_: Dataset, element: DataElement) -> None:
        if element.VR != "UI" or not element.value:
            return
        values = element.value if element.VM > 1 else [element.value]
        element.value = [renamed(str(value)) for value in values]

    folder.mkdir(parents=True)
    copies = []
    for number, path in enumerate(paths):
        dataset = pydicom.dcmread(path)
        dataset.walk(rename)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        copies.append(folder / f"{number}.dcm")
        dataset.save_as(copies[-1])
    return copies
