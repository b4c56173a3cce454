"""Dose, half-life and the moments a PET series was injected, acquired and decay-corrected to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from apps.imaging.suv.dicom_time import combine, parse_date_time, parse_time
from apps.imaging.suv.private_tags import private_value
from apps.imaging.suv.refusals import SuvRefused

#: A smaller Radionuclide Total Dose is no dose in Bq anyone injects: it was written in MBq.
_SMALLEST_DOSE_BQ = 1e5
#: After ten half-lives a thousandth is left: such an interval is a wrong date, not an uptake time.
_MAX_HALF_LIVES_OF_UPTAKE = 10.0
#: Slices of one series share one decay reference; F-18 decays 1.3 % in this time.
_REFERENCE_SPREAD_S = 120.0


@dataclass(slots=True)
class Warnings:
    """Assumptions made on the way, each once."""

    _entries: dict[str, str] = field(default_factory=dict)

    def add(self, code: str, message: str) -> None:
        self._entries.setdefault(code, message)

    def collected(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._entries.items())


@dataclass(frozen=True, slots=True)
class PetAcquisition:
    """When one image was acquired; None where the header does not say."""

    started_at: datetime | None
    duration_s: float | None
    frame_reference_s: float | None


def read_acquisition(header: Dataset) -> PetAcquisition:
    """Acquisition start, Actual Frame Duration and Frame Reference Time of one image."""
    return PetAcquisition(
        started_at=combine(
            header=header, date_keyword="AcquisitionDate", time_keyword="AcquisitionTime"
        ),
        duration_s=_milliseconds(header, "ActualFrameDuration", positive=True),
        frame_reference_s=_milliseconds(header, "FrameReferenceTime", positive=False),
    )


def read_dose_bq(header: Dataset, warnings: Warnings) -> float:
    """Radionuclide Total Dose (0018,1074) in Bq."""
    dose = _positive(_radiopharmaceutical(header).get("RadionuclideTotalDose"))
    if dose is None:
        raise SuvRefused(code="dose_missing", reason="Radionuclide Total Dose is missing or zero.")
    if dose >= _SMALLEST_DOSE_BQ:
        return dose
    warnings.add("dose_assumed_mbq", f"Radionuclide Total Dose {dose:g} is taken as MBq.")
    return dose * 1e6


def read_half_life_s(header: Dataset) -> float:
    """Radionuclide Half Life (0018,1075) in seconds."""
    half_life = _positive(_radiopharmaceutical(header).get("RadionuclideHalfLife"))
    if half_life is None:
        raise SuvRefused(
            code="half_life_missing", reason="Radionuclide Half Life is missing or zero."
        )
    return half_life


def read_injection_time(header: Dataset, *, reference: datetime, half_life_s: float) -> datetime:
    """When the tracer was injected.

    Start DateTime (0018,1078) is preferred. Start Time (0018,1072) has no date: it is taken on the
    day of ``reference``, or the day before when it would else lie after it.
    """
    item = _radiopharmaceutical(header)
    injected = parse_date_time(item.get("RadiopharmaceuticalStartDateTime"), header=header)
    if injected is None:
        moment = parse_time(item.get("RadiopharmaceuticalStartTime"))
        if moment is None:
            raise SuvRefused(
                code="injection_time_missing",
                reason="Neither Radiopharmaceutical Start DateTime nor Start Time is present.",
            )
        injected = datetime.combine(reference.date(), moment)
        if injected > reference:
            injected -= timedelta(days=1)
    elapsed_s = (reference - injected).total_seconds()
    if not 0 <= elapsed_s <= _MAX_HALF_LIVES_OF_UPTAKE * half_life_s:
        raise SuvRefused(
            code="injection_time_implausible",
            reason=f"The injection lies {elapsed_s:.0f} s before the decay reference time; "
            "between 0 and ten half-lives are plausible.",
        )
    return injected


def reference_time(
    headers: Sequence[Dataset], acquisitions: Sequence[PetAcquisition], *, half_life_s: float
) -> tuple[datetime, str]:
    """The moment the voxels are decay-corrected to, and the rule that gave it (QIBA order).

    Series Date and Time when not after the first acquisition; else GE's private scan date-time;
    else the acquisition time moved by the average count rate time and Frame Reference Time.
    """
    first = headers[0]
    series_at = combine(header=first, date_keyword="SeriesDate", time_keyword="SeriesTime")
    starts = [item.started_at for item in acquisitions if item.started_at is not None]
    if len(starts) != len(acquisitions):
        raise SuvRefused(
            code="acquisition_time_missing", reason="An image lacks its acquisition date or time."
        )
    if series_at is not None and series_at <= min(starts):
        return series_at, "series_time"
    ge_scan_at = parse_date_time(private_value(first, group=0x0009, element=0x0D), header=first)
    if ge_scan_at is not None:
        return ge_scan_at, "ge_private_scan_time"
    return _reference_from_frames(acquisitions, half_life_s=half_life_s), "frame_reference_time"


def _reference_from_frames(
    acquisitions: Sequence[PetAcquisition], *, half_life_s: float
) -> datetime:
    moments: list[datetime] = []
    for item in acquisitions:
        if item.started_at is None or item.duration_s is None or item.frame_reference_s is None:
            raise SuvRefused(
                code="reference_time_unknown",
                reason="The series time lies after the acquisition, and without Actual Frame "
                "Duration and Frame Reference Time the decay reference cannot be known.",
            )
        average_s = average_count_rate_time_s(item.duration_s, half_life_s)
        moments.append(item.started_at + timedelta(seconds=average_s - item.frame_reference_s))
    if (max(moments) - min(moments)).total_seconds() > _REFERENCE_SPREAD_S:
        raise SuvRefused(
            code="reference_time_inconsistent",
            reason="The images of the series point to different decay reference times.",
        )
    return sorted(moments)[len(moments) // 2]


def average_count_rate_time_s(duration_s: float, half_life_s: float) -> float:
    """When, within a frame, the count rate equals its mean: ln(λT / (1 - e^-λT)) / λ."""
    decay_per_s = math.log(2.0) / half_life_s
    return -math.log(mean_activity_factor(duration_s, half_life_s)) / decay_per_s


def mean_activity_factor(duration_s: float, half_life_s: float) -> float:
    """Mean activity during a frame over that at its start: (1 - e^-λT) / λT."""
    exponent = math.log(2.0) / half_life_s * duration_s
    return -math.expm1(-exponent) / exponent


def decay_factor_before_reference(elapsed_s: float, half_life_s: float) -> float:
    """Fraction of the dose left after ``elapsed_s``."""
    return math.exp(-math.log(2.0) * elapsed_s / half_life_s)


def _radiopharmaceutical(header: Dataset) -> Dataset:
    items = header.get("RadiopharmaceuticalInformationSequence") or []
    if len(items) == 0:
        raise SuvRefused(
            code="radiopharmaceutical_missing",
            reason="Radiopharmaceutical Information Sequence is missing.",
        )
    if len(items) > 1:
        raise SuvRefused(
            code="several_radiopharmaceuticals",
            reason="More than one radiopharmaceutical was given: no single SUV exists.",
        )
    item: Dataset = items[0]
    return item


def _milliseconds(header: Dataset, keyword: str, *, positive: bool) -> float | None:
    value = header.get(keyword)
    if value is None or str(value).strip() == "":
        return None
    seconds = float(value) / 1000.0
    return None if positive and seconds <= 0 else seconds


def _positive(value: object) -> float | None:
    if value is None or str(value).strip() == "":
        return None
    number = float(str(value))
    return number if math.isfinite(number) and number > 0 else None
