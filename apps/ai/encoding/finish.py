"""The last steps every encoded object shares: fixed times, carried flags, bytes."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset

from apps.ai.encoding.source import UTF8

#: Carried over from the source so that a phantom's results say that they are a phantom's, and a
#: de-identified patient's that they are de-identified.
_CARRIED = ("SyntheticData", "TimezoneOffsetFromUTC")


def fix_times(document: Dataset, *, content_at: datetime) -> None:
    """Replace the moments the library took from its clock: equal inputs give equal bytes."""
    date_text, time_text = _dicom_date(content_at), _dicom_time(content_at)
    document.InstanceCreationDate = date_text
    document.InstanceCreationTime = time_text
    document.ContentDate = date_text
    document.ContentTime = time_text
    document.SeriesDate = date_text
    document.SeriesTime = time_text
    for item in document.get("ContributingEquipmentSequence") or []:
        if "ContributionDateTime" in item:
            item.ContributionDateTime = date_text + time_text


def fix_dimension_organization(document: Dataset, *, uid: str) -> None:
    """The library draws this UID at random; ours depends on the job alone."""
    for item in document.DimensionOrganizationSequence:
        item.DimensionOrganizationUID = uid
    for item in document.DimensionIndexSequence:
        item.DimensionOrganizationUID = uid


def carry_flags(document: Dataset, *, source: Dataset) -> None:
    """Copy the flags that must never be lost on the way from image to result."""
    for keyword in _CARRIED:
        if source.get(keyword):
            setattr(document, keyword, source[keyword].value)


def to_bytes(document: Dataset) -> bytes:
    """The object as a DICOM file, its text in UTF-8."""
    document.SpecificCharacterSet = UTF8
    buffer = BytesIO()
    dcmwrite(buffer, document, enforce_file_format=True)
    return buffer.getvalue()


def from_bytes(data: bytes) -> Dataset:
    return dcmread(BytesIO(data))


def _dicom_date(moment: datetime) -> str:
    return moment.strftime("%Y%m%d")


def _dicom_time(moment: datetime) -> str:
    return moment.strftime("%H%M%S.%f")
