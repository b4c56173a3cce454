"""What an RT Dose (PS3.3 A.18, C.8.8.3) and an RT Plan (A.20) say of themselves. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.imaging.dicom_json import Document, first_of, items_of, values_of
from apps.imaging.radiotherapy.reading import (
    as_number,
    number_of,
    numbers_of,
    text_of,
    uid_of,
    whole_of,
)

FloatArray = npt.NDArray[np.float64]

MAX_LISTED = 200
MAX_BINS = 100_000


@dataclass(frozen=True, slots=True)
class StoredDvh:
    """One item of the DVH Sequence (PS3.3 C.8.8.4): the planning system's own."""

    roi_numbers: tuple[int, ...]
    kind: str  # CUMULATIVE, DIFFERENTIAL, NATURAL
    dose_units: str
    volume_units: str  # CM3, PERCENT, PER_U
    minimum: float | None
    maximum: float | None
    mean: float | None
    points: tuple[tuple[float, float], ...]  # cumulated dose, volume; empty unless CUMULATIVE


@dataclass(frozen=True, slots=True)
class DoseHeader:
    sop_instance_uid: str
    description: str
    units: str  # GY or RELATIVE
    kind: str  # PHYSICAL, EFFECTIVE, ERROR
    summation: str
    scaling: float | None
    frame_of_reference_uid: str
    plan_uids: tuple[str, ...]
    structure_set_uids: tuple[str, ...]
    dvhs: tuple[StoredDvh, ...]


def read_dose(document: Document) -> DoseHeader:
    scaling = number_of(document, "3004000E")
    return DoseHeader(
        sop_instance_uid=uid_of(document, "00080018"),
        description=text_of(document, "0008103E") or text_of(document, "30040006"),
        units=text_of(document, "30040002").upper()[:16],
        kind=text_of(document, "30040004").upper()[:16],
        summation=text_of(document, "3004000A").upper()[:32],
        scaling=scaling if scaling and scaling > 0 else None,
        frame_of_reference_uid=uid_of(document, "00200052"),
        plan_uids=_referenced(document, "300C0002"),
        structure_set_uids=_referenced(document, "300C0060"),
        dvhs=tuple(_read_dvh(item) for item in items_of(document, "30040050")[:MAX_LISTED]),
    )


def _referenced(document: Document, tag: str) -> tuple[str, ...]:
    found = (uid_of(item, "00081155") for item in items_of(document, tag)[:MAX_LISTED])
    return tuple(uid for uid in found if uid)


def _read_dvh(item: Document) -> StoredDvh:
    numbers = (
        whole_of(one, "30060084")
        for one in items_of(item, "30040060")
        if text_of(one, "30040062").upper() != "EXCLUDED"
    )
    kind = text_of(item, "30040001").upper()[:16]
    return StoredDvh(
        roi_numbers=tuple(number for number in numbers if number is not None),
        kind=kind,
        dose_units=text_of(item, "30040002").upper()[:16],
        volume_units=text_of(item, "30040054").upper()[:16],
        minimum=number_of(item, "30040070"),
        maximum=number_of(item, "30040072"),
        mean=number_of(item, "30040074"),
        points=_cumulated(item) if kind == "CUMULATIVE" else (),
    )


def _cumulated(item: Document) -> tuple[tuple[float, float], ...]:
    """DVH Data are pairs of bin *width* and volume (PS3.3 C.8.8.4.1)."""
    data = numbers_of(item, "30040058") or []
    if len(data) % 2 or len(data) > 2 * MAX_BINS:
        return ()
    scaling = number_of(item, "30040052") or 1.0
    widths, volumes = np.asarray(data[0::2]) * scaling, data[1::2]
    # The volume of a bin is what gets at least the dose at which the bin begins.
    starts = np.concatenate([[0.0], np.cumsum(widths)[:-1]]) if len(widths) else widths
    return tuple((float(d), float(v)) for d, v in zip(starts, volumes, strict=True))


@dataclass(frozen=True, slots=True)
class PlanHeader:
    sop_instance_uid: str
    label: str
    description: str
    date: str
    intent: str
    approval: str
    structure_set_uid: str
    prescriptions: tuple[dict[str, Any], ...]
    fraction_groups: tuple[dict[str, Any], ...]
    beams: tuple[dict[str, Any], ...]

    @property
    def prescription_gy(self) -> float | None:
        """The highest dose prescribed to a target; ``None`` where none is."""
        doses = [one["dose_gy"] for one in self.prescriptions if one["dose_gy"] is not None]
        return max(doses) if doses else None


def read_plan(document: Document) -> PlanHeader:
    sources = items_of(document, "300A00B0") or items_of(document, "300A03A2")
    return PlanHeader(
        sop_instance_uid=uid_of(document, "00080018"),
        label=text_of(document, "300A0002"),
        description=text_of(document, "300A0004") or text_of(document, "300A0003"),
        date=text_of(document, "300A0006")[:8],
        intent=text_of(document, "300A000A")[:16],
        approval=text_of(document, "300E0002")[:16],
        structure_set_uid=uid_of(first_of(document, "300C0060"), "00081155"),
        prescriptions=tuple(
            _prescription(item) for item in items_of(document, "300A0010")[:MAX_LISTED]
        ),
        fraction_groups=tuple(
            _fraction_group(item) for item in items_of(document, "300A0070")[:MAX_LISTED]
        ),
        beams=tuple(_beam(item) for item in sources[:MAX_LISTED]),
    )


def _prescription(item: Document) -> dict[str, Any]:
    return {
        "roi_number": whole_of(item, "30060084"),
        "description": text_of(item, "300A0016"),
        "type": text_of(item, "300A0020")[:32],
        "dose_gy": number_of(item, "300A0026"),
    }


def _fraction_group(item: Document) -> dict[str, Any]:
    doses = [number_of(one, "300A0084") for one in items_of(item, "300C0004")]
    known = [dose for dose in doses if dose is not None]
    return {
        "number": whole_of(item, "300A0071"),
        "fractions": whole_of(item, "300A0078"),
        "beams": whole_of(item, "300A0080"),
        "dose_per_fraction_gy": sum(known) if known and len(known) == len(doses) else None,
    }


def _beam(item: Document) -> dict[str, Any]:
    points = items_of(item, "300A0111") or items_of(item, "300A03A8")
    first = points[0] if points else {}
    angles = [number_of(one, "300A011E") for one in points]
    known = [angle for angle in angles if angle is not None]
    energy = values_of(first, "300A0114")
    return {
        "number": whole_of(item, "300A00C0"),
        "name": text_of(item, "300A00C2"),
        "type": text_of(item, "300A00C4")[:32],
        "radiation": text_of(item, "300A00C6")[:32],
        "energy": as_number(energy[0]) if energy else None,  # MV for photons, MeV else
        "gantry_start_deg": known[0] if known else None,
        "gantry_end_deg": known[-1] if known else None,
        "couch_deg": number_of(first, "300A0122"),
    }
