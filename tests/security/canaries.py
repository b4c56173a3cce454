"""Studies that say a secret in every place that DICOM has for one.

A canary is a word that occurs nowhere else (``ZQ00042XV``), so one expression finds any of them
in any answer. Original UIDs share a root and every date is one day: they are found the same way.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    EncapsulatedPDFStorage,
    HTJ2KLossless,
    JPEGBaseline8Bit,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
)

from tests.apps.imaging.dicom import make_slice, to_bytes
from tests.apps.imaging.pdfs import make_pdf
from tests.apps.imaging.segs import blob, describe_segment, make_seg, make_stack
from tests.security.canary_objects import derived_objects

CANARY = re.compile(rb"zq[0-9]{5}xv", re.IGNORECASE)
UID_ROOT = "1.2.826.0.1.3680043.10.424242."
STUDY_DAY = "20310704"
BIRTH_DAY = "19110203"
DAYS = (b"20310704", b"2031-07-04", b"19110203", b"1911-02-03")
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STEERING = _words(
    """
    00080005 00080008 00080016 00080018 00080060 00080064 0020000D 0020000E 00200052 00100020
    00100021 00100010 00100030 00100040 00280004 00280301 00080020 00080030 00280303 00420012
    """
)
"""What decides how an object is read or whose it is; planted by hand or not at all."""
TEXT_VRS = frozenset({"LO", "SH", "LT", "ST", "UC", "UT", "CS", "AE", "UR"})
PLANTED_GROUPS = (0x0008, 0x0010, 0x0018, 0x0020, 0x0028, 0x0032, 0x0038, 0x0040, 0x0088, 0x4008)


class Aviary:
    """Hands out canaries and UIDs and remembers them."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.planted: set[bytes] = set()
        self._uids = count(1)

    def word(self) -> str:
        word = f"ZQ{next(self._numbers):05d}XV"
        self.planted.add(word.lower().encode())
        return word

    def name(self) -> str:
        """A person's name with a canary in each of its components (PS3.5 6.2.1)."""
        return "^".join(self.word() for _ in range(5))

    def uid(self) -> str:
        return f"{UID_ROOT}{next(self._uids)}"

    # what stands everywhere

    def fill(self, dataset: Dataset, *, groups: tuple[int, ...] = PLANTED_GROUPS) -> None:
        """A canary in every text attribute that the dictionary has in these groups."""
        for tag, (vr, vm, _, retired, keyword) in DicomDictionary.items():
            if tag >> 16 not in groups or f"{tag:08X}" in STEERING or tag in dataset:
                continue
            if vr == "PN":
                dataset.add_new(tag, vr, self.name() if tag == 0x00080090 else self.word())
            elif vr == "UI" and keyword and vm == "1":
                dataset.add_new(tag, vr, self.uid())
            elif vr in TEXT_VRS:
                dataset.add_new(tag, vr, self.word())
            elif vr == "DA" and not retired:
                dataset.add_new(tag, vr, STUDY_DAY)
            elif vr == "DT" and not retired:
                dataset.add_new(tag, vr, f"{STUDY_DAY}101112.5")

    def nest(self, dataset: Dataset, *, depth: int = 6) -> None:
        """The same again, inside sequences inside sequences, known and private."""
        inner = Dataset()
        self.fill(inner, groups=(0x0008, 0x0010, 0x0040))
        for _ in range(depth):
            outer = Dataset()
            outer.ReferencedSOPInstanceUID = self.uid()
            outer.RequestAttributesSequence = [inner]
            outer.StudyDescription = self.word()
            inner = outer
        dataset.RequestAttributesSequence = [inner]
        other = Dataset()
        other.PatientID, other.IssuerOfPatientID = self.word(), self.word()
        dataset.OtherPatientIDsSequence = [other]
        self.add_private(dataset)

    def add_private(self, dataset: Dataset) -> None:
        for group in (0x0009, 0x0029, 0x2005):
            block = dataset.private_block(group, self.word(), create=True)
            block.add_new(0x01, "LO", self.word())
            block.add_new(0x02, "UN", self.word().encode() + b" ")
            block.add_new(0x03, "OB", b"\0" * 20_000 + self.word().encode() + b"\0")
            inside = Dataset()
            inside.PatientName = self.name()
            block.add_new(0x04, "SQ", [inside])

    def add_curve_and_overlay(self, dataset: Dataset) -> None:
        dataset.add_new(0x50000022, "LO", self.word())  # Curve Description
        dataset.add_new(0x50003000, "OW", self.word().encode() + b"\0")  # Curve Data
        dataset.add_new(0x60000010, "US", 16)
        dataset.add_new(0x60000011, "US", 24)
        dataset.add_new(0x60000022, "LO", self.word())  # Overlay Description
        dataset.add_new(0x60001500, "LO", self.word())  # Overlay Label
        dataset.add_new(0x60004000, "LT", self.word())  # Overlay Comments
        dataset.add_new(0x60000100, "US", 1)
        dataset.add_new(0x60000102, "US", 0)
        dataset.add_new(0x60003000, "OW", self.word().encode() + bytes(39))  # Overlay Data

    # objects

    def objects(self, identity: dict[str, Any]) -> Iterator[tuple[str, FileDataset]]:
        """Every kind, each with its file's name, of one study."""
        study = {"study_uid": self.uid(), **identity}
        stack = [self._sow(one) for one in make_stack(count=3, series_uid=self.uid(), **study)]
        for index, one in enumerate(stack):
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = self.uid()
            if index == 0:
                self.fill(one)
            self.nest(one)
            one.add_new(0x50000022, "LO", self.word())
            yield "ct", one
        yield "seg", self._segmentation(stack)
        yield "overlay", self._overlaid(study)
        yield "commented", self._commented_htj2k(study)
        for name, sop_class, modality in (
            ("capture", SecondaryCaptureImageStorage, "OT"),
            ("ultrasound", UltrasoundImageStorage, "US"),
        ):
            yield name, self._capture(study, sop_class, modality)
        yield from derived_objects(self, study, stack)
        yield "pdf", self._document(study, EncapsulatedPDFStorage, "DOC")
        yield "report", self._report(study)

    def _sow(self, dataset: FileDataset) -> FileDataset:
        """Mapped attributes and dates that ``make_slice`` has set otherwise."""
        dataset.FrameOfReferenceUID = f"{UID_ROOT}0.1"
        dataset.StudyDate, dataset.PatientBirthDate = STUDY_DAY, BIRTH_DAY
        dataset.SeriesDescription = f"axial {self.word()} lung"
        dataset.StudyDescription = f"CT {self.word()} thorax"
        dataset.AccessionNumber = self.word()
        return dataset

    def _single(self, study: dict[str, Any], **fields: Any) -> FileDataset:
        dataset = self._sow(make_slice(series_uid=self.uid(), **study, **fields))
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = self.uid()
        self.nest(dataset)
        return dataset

    def _overlaid(self, study: dict[str, Any]) -> FileDataset:
        dataset = self._single(study, seed=3)
        self.add_curve_and_overlay(dataset)
        return dataset

    def _commented_htj2k(self, study: dict[str, Any]) -> FileDataset:
        """A codestream whose maker left a comment in it (ISO 15444-1 A.9.2)."""
        dataset = self._single(study, seed=4)
        values = np.frombuffer(dataset.PixelData, "<i2").reshape(16, 24)
        stream = imagecodecs.htj2k_encode(values.copy(), reversible=True)
        text = self.word().encode()
        comment = b"\xff\x64" + (len(text) + 4).to_bytes(2) + b"\0\1" + text
        first = stream.index(b"\xff\x52")  # COD: anywhere in the main header behind SIZ
        dataset.PixelData = encapsulate([stream[:first] + comment + stream[first:]])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = HTJ2KLossless
        return dataset

    def _capture(self, study: dict[str, Any], sop_class: str, modality: str) -> FileDataset:
        """A JPEG with a comment, as scanners and cameras write them."""
        dataset = self._single(study, seed=5, modality=modality)
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
        del dataset.RescaleSlope, dataset.RescaleIntercept
        grey = np.random.default_rng(5).integers(0, 255, (16, 24), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(grey).save(out, "JPEG", quality=90, comment=self.word().encode())
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit, dataset.PixelRepresentation = 7, 0
        dataset.PixelData = encapsulate([out.getvalue()])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        dataset.ImageComments = self.word()
        return dataset

    def _segmentation(self, stack: list[FileDataset]) -> FileDataset:
        segment = describe_segment(label=self.word())
        segment.SegmentDescription, segment.TrackingID = self.word(), self.word()
        segment.TrackingUID = self.uid()
        seg = make_seg(stack, blob(count=len(stack)), segments=[segment])
        seg.SeriesInstanceUID = self.uid()
        seg.SOPInstanceUID = seg.file_meta.MediaStorageSOPInstanceUID = self.uid()
        seg.ContentCreatorName, seg.ContentDescription = self.name(), self.word()
        seg.Manufacturer, seg.DeviceSerialNumber = self.word(), self.word()
        seg.SeriesDescription = self.word()
        seg.ContentDate = STUDY_DAY
        self.add_private(seg)
        return seg

    def header(self, study: dict[str, Any], sop_class: str, modality: str) -> FileDataset:
        """An object of the study that has no picture."""
        dataset = self._single(study, seed=6, modality=modality)
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
        for keyword in (
            "PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
            "PixelRepresentation", "SamplesPerPixel", "PhotometricInterpretation",
            "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
        ):  # fmt: skip
            delattr(dataset, keyword)
        return dataset

    def _document(self, study: dict[str, Any], sop_class: str, modality: str) -> FileDataset:
        dataset = self.header(study, sop_class, modality)
        dataset.DocumentTitle = self.word()
        dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
        # In its words, and in a remark that no page shows.
        body = make_pdf(self.word()) + b"% " + self.word().encode() + b"\n"
        dataset.EncapsulatedDocument = body + b"\0" * (len(body) % 2)
        return dataset

    def _report(self, study: dict[str, Any]) -> FileDataset:
        dataset = self.header(study, COMPREHENSIVE_SR, "SR")
        dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
        dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "UNVERIFIED"
        items = []
        for value_type, keyword, value in (
            ("TEXT", "TextValue", self.word()),
            ("PNAME", "PersonName", self.name()),
            ("UIDREF", "UID", self.uid()),
            ("DATE", "Date", STUDY_DAY),
        ):
            item = Dataset()
            item.RelationshipType, item.ValueType = "CONTAINS", value_type
            setattr(item, keyword, value)
            items.append(item)
        dataset.ContentSequence = items
        return dataset

    def write(
        self, folder: Path, identity: dict[str, Any], *, most: int | None = None
    ) -> list[Path]:
        """The files, each with a canary in its own name; only the first slices with ``most``."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for kind, dataset in islice(self.objects(identity), most):
            path = folder / f"{kind}-{self.word()}.dcm"
            path.write_bytes(to_bytes(dataset))
            paths.append(path)
        return paths


def found_in(body: bytes) -> set[bytes]:
    """Canaries, original UIDs and original dates in these bytes."""
    found = {word.lower() for word in CANARY.findall(body)}
    found |= {one.group(0) for one in re.finditer(re.escape(UID_ROOT.encode()) + rb"[0-9.]*", body)}
    return found | {day for day in DAYS if day in body}
