"""What a job's headers say of patient and scanner, without saying who it is."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydicom.dataset import Dataset

from apps.ai.models import JobProfile

OLDEST_YEARS = 90
"""Ages above would be rare enough to be somebody's (HIPAA, 45 CFR 164.514(b)(2)(i)(C))."""

MAKERS = {
    "siemens": "Siemens Healthineers",
    "ge medical": "GE HealthCare",
    "ge healthcare": "GE HealthCare",
    "philips": "Philips",
    "toshiba": "Canon (Toshiba)",
    "canon": "Canon (Toshiba)",
    "united imaging": "United Imaging",
    "uih": "United Imaging",
    "hitachi": "Fujifilm (Hitachi)",
    "fujifilm": "Fujifilm (Hitachi)",
}
"""One maker writes its name in several ways; by the beginning of what is in the header."""
_AGE_UNITS = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}


def read_profile(header: Dataset) -> dict[str, Any]:
    """The fields of a ``JobProfile`` from the first header of a series.

    What is not there, or cannot be read, stays empty: a guess would move a figure.
    """
    maker = read_maker(_text(header, "Manufacturer", 64))
    model = _text(header, "ManufacturerModelName", 60)
    return {
        "sex": _sex(header),
        "age_years": read_age(header),
        "manufacturer": maker,
        "scanner": " ".join(one for one in (maker, model) if one)[:128] if model else "",
        "site": _text(header, "InstitutionName", 128),
        "slice_thickness_mm": _thickness_mm(header),
        "kernel": _text(header, "ConvolutionKernel", 64),
    }


def build_profile(*, job_id: Any, header: Dataset) -> JobProfile:
    return JobProfile(job_id=job_id, **read_profile(header))


def read_maker(text: str) -> str:
    """The maker by the name it is known by; one we do not know as it is written."""
    lowered = text.lower()
    return next((name for start, name in MAKERS.items() if lowered.startswith(start)), text)


def read_age(header: Dataset) -> int | None:
    """Whole years at the study: from the birth date, else as the header says (PS3.5 AS)."""
    born, taken = _date(header, "PatientBirthDate"), _date(header, "StudyDate")
    if born and taken and born <= taken:
        years = taken.year - born.year - ((taken.month, taken.day) < (born.month, born.day))
        return min(years, OLDEST_YEARS)
    text = _text(header, "PatientAge", 4)
    if len(text) == 4 and text[:3].isdigit() and text[3] in _AGE_UNITS:
        return min(int(int(text[:3]) / _AGE_UNITS[text[3]]), OLDEST_YEARS)
    return None


def _sex(header: Dataset) -> str:
    sex = _text(header, "PatientSex", 4).upper()
    return sex if sex in {"F", "M", "O"} else ""


def _thickness_mm(header: Dataset) -> float | None:
    """Slice Thickness; of a multi-frame object the one its frames share (PS3.3 C.7.6.16.2.1)."""
    holder = header
    for sequence in ("SharedFunctionalGroupsSequence", "PixelMeasuresSequence"):
        if "SliceThickness" not in holder and holder.get(sequence):
            holder = holder[sequence].value[0]
    try:
        thickness = float(holder.get("SliceThickness") or 0.0)
    except (TypeError, ValueError):
        return None
    return round(thickness, 3) if 0.0 < thickness < 1_000.0 else None


def _date(header: Dataset, keyword: str) -> date | None:
    text = _text(header, keyword, 8)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 else None
    except ValueError:
        return None


def _text(header: Dataset, keyword: str, length: int) -> str:
    value = header.get(keyword)
    if value is None:
        return ""
    first = value if isinstance(value, str) else next(iter(value), "") if _is_many(value) else value
    shown = "".join(one if one.isprintable() else " " for one in str(first))
    return " ".join(shown.split())[:length]


def _is_many(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, str | bytes)
