"""What the encoding takes over from the source images, and what it brings to one form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray
from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.valuerep import validate_value

from apps.ai.encoding.errors import EncodingRefused
from apps.ai.encoding.references import encode_references

#: Type 2 attributes of Patient and General Study: present even when the source left them out.
_TYPE_2 = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)
#: PatientSex as PS3.3 C.7.1.1 defines it; anything else is written as empty.
_SEXES = {"M", "F", "O"}

#: References of the source to objects outside the result; scanners often write them incomplete.
_NOT_COPIED = {"ReferencedStudySequence", "ReferencedPatientSequence"}
#: Where the Patient and General Study modules keep their texts.
_TEXT_GROUPS = {0x0008, 0x0010, 0x0012}
_CHECKED_VRS = {"SH", "LO", "AS", "DA", "TM", "CS"}
#: Who it is and what it is are never left out, whatever they look like.
_IDENTITY = {"PatientID", "IssuerOfPatientID", "SpecificCharacterSet", "Modality", "ImageType"}

_ONE_SERIES = ("StudyInstanceUID", "SeriesInstanceUID", "PatientID")

UTF8 = "ISO_IR 192"

_UID = re.compile(r"^[0-9]+(\.[0-9]+)*$")
_UID_LENGTH = 64


class PreparedSources(Sequence[Dataset]):
    """Copies of headers with every type 2 attribute present, each made when it is first asked for.

    A finding lies on a few images of a long series: the others are counted and named, not copied.
    Whoever encodes several objects of one series hands the same ones to each.

    Parameters
    ----------
    headers : as they were read; they are not changed.
    spacing_mm : distance of neighbouring slices; None where there is one image.
    """

    def __init__(self, headers: Sequence[Dataset], *, spacing_mm: float | None) -> None:
        self.spacing_mm = spacing_mm
        self._headers = headers
        self._prepared: dict[int, Dataset] = {}

    def __len__(self) -> int:
        return len(self._headers)

    @overload
    def __getitem__(self, index: int) -> Dataset: ...
    @overload
    def __getitem__(self, index: slice) -> list[Dataset]: ...
    def __getitem__(self, index: int | slice) -> Dataset | list[Dataset]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        if place not in self._prepared:
            self._prepared[place] = _prepare(self._headers[place], spacing_mm=self.spacing_mm)
        return self._prepared[place]

    @cached_property
    def references(self) -> list[tuple[str, str]]:
        """SOP Class and SOP Instance UID of every image."""
        return [(header.SOPClassUID, header.SOPInstanceUID) for header in self._headers]

    @cached_property
    def encoded_references(self) -> bytes:
        """The same as items of a sequence, written once for all objects."""
        return encode_references(self.references)

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """Image Position (Patient) of every image, (image, 3), LPS millimetres."""
        return np.array([one.ImagePositionPatient for one in self._headers], dtype=float)


def prepare_sources(*, source_headers: Sequence[Dataset]) -> PreparedSources:
    """Headers an object may refer to, in the same order; what is prepared already is taken as is.

    Raises
    ------
    EncodingRefused
        The images have no patient space, are multi-frame, or do not belong together.
    """
    if isinstance(source_headers, PreparedSources):
        return source_headers
    _check(source_headers)
    spacing_mm = spacing_between_slices_mm(source_headers)
    return PreparedSources(source_headers, spacing_mm=spacing_mm)


def prepare_images(*, source_headers: Sequence[Dataset]) -> list[Dataset]:
    """As ``prepare_sources``, for a report that marks no place: patient space is not needed.

    Raises
    ------
    EncodingRefused
        There are none, or the images do not belong together.
    """
    if not source_headers:
        raise EncodingRefused(code="no_source_images", reason="There are no source images.")
    if isinstance(source_headers, PreparedSources):
        return list(source_headers)
    _check_belonging(source_headers, _ONE_SERIES)
    return [_prepare(header, spacing_mm=None) for header in source_headers]


def _prepare(header: Dataset, *, spacing_mm: float | None) -> Dataset:
    copied = Dataset()
    for element in header:  # decoded here, while the header's own character set still holds
        if element.keyword not in _NOT_COPIED:
            copied.add(copy(element))  # assignment would reach into a shared element
    if hasattr(header, "file_meta"):
        copied.file_meta = header.file_meta
    copied.SpecificCharacterSet = UTF8
    for keyword in _find_invalid_text(copied):
        delattr(copied, keyword)
    for keyword in _TYPE_2:
        if keyword not in copied:
            setattr(copied, keyword, "")
    if str(copied.PatientSex or "").strip().upper() not in _SEXES:
        copied.PatientSex = ""
    if not copied.get("SliceThickness"):
        copied.SliceThickness = spacing_mm or 1.0
    return copied


def _find_invalid_text(header: Dataset) -> list[str]:
    """Keywords of patient and study texts that break their own VR.

    Such a value would make our object invalid too. It is left out, never cut: a shortened
    accession number is a wrong accession number, an empty one is not.
    """
    return [
        element.keyword
        for element in header
        if (element.tag.group in _TEXT_GROUPS or element.keyword == "StudyID")
        and element.VR in _CHECKED_VRS
        and element.keyword not in _IDENTITY
        and not _is_valid(element)
    ]


def _is_valid(element: DataElement) -> bool:
    values = element.value if element.VM > 1 else [element.value]
    if element.value is None:
        return True
    try:
        for value in values:
            validate_value(element.VR, str(value), config.RAISE)
    except ValueError:
        return False
    return True


def _check(headers: Sequence[Dataset]) -> None:
    if not headers:
        raise EncodingRefused(code="no_source_images", reason="There are no source images.")
    for keyword, code in (
        ("FrameOfReferenceUID", "no_frame_of_reference"),
        ("ImageOrientationPatient", "no_frame_of_reference"),
        ("ImagePositionPatient", "no_frame_of_reference"),
        ("PixelSpacing", "no_pixel_spacing"),
    ):
        if any(not header.get(keyword) for header in headers):
            raise EncodingRefused(code=code, reason=f"A source image lacks {keyword}.")
    if any(not _is_uid(header.FrameOfReferenceUID) for header in headers):
        raise EncodingRefused(
            code="invalid_frame_of_reference",
            reason="A source image's Frame of Reference UID is no valid UID.",
        )
    if any(int(header.get("NumberOfFrames") or 1) > 1 for header in headers):
        raise EncodingRefused(
            code="multi_frame_source", reason="Multi-frame source images are not supported."
        )
    _check_belonging(headers, (*_ONE_SERIES, "FrameOfReferenceUID"))


def _is_uid(value: object) -> bool:
    return len(str(value)) <= _UID_LENGTH and bool(_UID.match(str(value)))


def _check_belonging(headers: Sequence[Dataset], keywords: Sequence[str]) -> None:
    for keyword in keywords:
        if len({str(header.get(keyword, "")) for header in headers}) > 1:
            raise EncodingRefused(
                code="mixed_source_images", reason=f"The source images differ in {keyword}."
            )


def spacing_between_slices_mm(headers: Sequence[Dataset]) -> float | None:
    """Mean distance of neighbouring slices along the normal; None for a single slice."""
    if len(headers) < 2:
        return None
    row, column = np.array(headers[0].ImageOrientationPatient, dtype=float).reshape(2, 3)
    normal = np.cross(row, column)
    positions = np.array([header.ImagePositionPatient for header in headers], dtype=float)
    return float(np.mean(np.abs(np.diff(positions @ normal))))


def place_points(points: NDArray[np.float64], source: Dataset) -> NDArray[np.float64]:
    """(column, row) in pixel indices to LPS millimetres (PS3.3 C.7.6.2.1.1)."""
    directions = np.array(source.ImageOrientationPatient, dtype=float).reshape(2, 3)
    between_rows, between_columns = (float(value) for value in source.PixelSpacing)
    placed: NDArray[np.float64] = (
        np.array(source.ImagePositionPatient, dtype=float)
        + points[:, :1] * between_columns * directions[0]
        + points[:, 1:] * between_rows * directions[1]
    )
    return placed


def local_wall_time(moment: datetime, *, source: Dataset) -> datetime:
    """``moment`` in the time zone the source's dates and times are in.

    Timezone Offset From UTC holds for every DA and TM of an object, those copied from the source
    included; so the new object keeps the source's offset and its own times follow it. Without an
    offset the time is written as it came.
    """
    offset = str(source.get("TimezoneOffsetFromUTC") or "").strip()
    if moment.tzinfo is None or len(offset) != 5 or not offset[1:].isdigit():
        return moment.replace(tzinfo=None)
    sign = -1 if offset[0] == "-" else 1
    zone = timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5])))
    return moment.astimezone(zone).replace(tzinfo=None)
