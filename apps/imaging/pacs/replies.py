"""DICOM JSON answers of a PACS as plain, bounded values (PS3.18 10.5, 10.6; F.2)."""

from dataclasses import dataclass, field
from typing import Any

VALUE_LENGTH = 400
FAILURE_REASONS = {
    0x0110: "processing failure",
    0x0117: "invalid object instance",
    0x0122: "SOP class not supported",
    0x0124: "not authorised",
    0xA700: "out of resources",
    0xA900: "data set does not match its SOP class",
    0xC000: "cannot be understood",
}


@dataclass(frozen=True, slots=True)
class QidoStudy:
    study_instance_uid: str
    study_date: str = ""
    study_time: str = ""
    description: str = ""
    accession_number: str = ""
    modalities: tuple[str, ...] = ()
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_name: str = ""
    birth_date: str = ""
    sex: str = ""
    series_count: int | None = None
    instance_count: int | None = None


@dataclass(frozen=True, slots=True)
class QidoSeries:
    series_instance_uid: str
    modality: str = ""
    instance_count: int | None = None


@dataclass(frozen=True, slots=True)
class StowReply:
    stored: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)


def read_study(record: dict[str, Any]) -> QidoStudy:
    return QidoStudy(
        study_instance_uid=text(record, "0020000D"),
        study_date=text(record, "00080020"),
        study_time=text(record, "00080030"),
        description=text(record, "00081030"),
        accession_number=text(record, "00080050"),
        modalities=texts(record, "00080061"),
        patient_id=text(record, "00100020"),
        issuer_of_patient_id=text(record, "00100021"),
        patient_name=text(record, "00100010"),
        birth_date=text(record, "00100030"),
        sex=text(record, "00100040"),
        series_count=number(record, "00201206"),
        instance_count=number(record, "00201208"),
    )


def read_series(record: dict[str, Any]) -> QidoSeries:
    return QidoSeries(
        series_instance_uid=text(record, "0020000E"),
        modality=text(record, "00080060"),
        instance_count=number(record, "00201209"),
    )


def says_more(warning: str) -> bool:
    """Warning 299: "There are <n> additional results that can be requested" (PS3.18 8.3.4.4)."""
    return "additional results" in warning.lower()


def read_stow(reply: dict[str, Any]) -> StowReply:
    """Orthanc always sends a (mostly empty) FailedSOPSequence: its length decides."""
    stored = tuple(text(item, "00081155") for item in _items(reply, "00081199"))
    failed = {}
    for item in _items(reply, "00081198"):
        code = number(item, "00081197") or 0
        failed[text(item, "00081155")] = FAILURE_REASONS.get(code, f"failure 0x{code:04X}")
    return StowReply(stored=tuple(uid for uid in stored if uid), failed=failed)


def texts(record: dict[str, Any], tag: str) -> tuple[str, ...]:
    element = record.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    if not isinstance(values, list):
        return ()
    found = []
    for value in values:
        plain = value
        if isinstance(value, dict):  # PN
            plain = value.get("Alphabetic") or value.get("Ideographic") or ""
        if isinstance(plain, str | int | float):
            found.append(str(plain)[:VALUE_LENGTH])
    return tuple(found)


def text(record: dict[str, Any], tag: str) -> str:
    found = texts(record, tag)
    return found[0] if found else ""


def number(record: dict[str, Any], tag: str) -> int | None:
    try:
        return int(float(text(record, tag)))
    except (ValueError, OverflowError):
        return None


def _items(record: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    element = record.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return [item for item in values or [] if isinstance(item, dict)]
