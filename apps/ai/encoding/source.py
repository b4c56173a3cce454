"""What the encoding takes over from the source images, and what it brings to one form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import numpy as np
from pydicom.dataset import Dataset

from apps.ai.encoding.errors import EncodingRefused

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

UTF8 = "ISO_IR 192"


def prepare_sources(*, source_headers: Sequence[Dataset]) -> list[Dataset]:
    """Copies of the headers with every type 2 attribute present, in the same order.

    Raises
    ------
    EncodingRefused
        The images have no patient space, are multi-frame, or do not belong together.
    """
    _check(source_headers)
    prepared: list[Dataset] = []
    for header in source_headers:
        copied = Dataset()
        copied.update(header)
        if hasattr(header, "file_meta"):
            copied.file_meta = header.file_meta
        for keyword in _TYPE_2:
            if keyword not in copied:
                setattr(copied, keyword, "")
        if str(copied.PatientSex or "").strip().upper() not in _SEXES:
            copied.PatientSex = ""
        prepared.append(copied)
    return prepared


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
    if any(int(header.get("NumberOfFrames") or 1) > 1 for header in headers):
        raise EncodingRefused(
            code="multi_frame_source", reason="Multi-frame source images are not supported."
        )
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID"):
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
