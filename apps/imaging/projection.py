"""What a de-identified viewer may know of images: an allow-list, UIDs and dates mapped per grant.

Only what is named here passes; everything else is withheld. UIDs and the shift of dates are
derived from the grant, so they are the same for one viewer and differ between viewers.
(PS3.15 E.1 Basic Profile with Retain Longitudinal Temporal Information With Modified Dates and
Retain Patient Characteristics; the table-driven whole profile is the work of a later issue.)
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.cases.identity import pseudonym

VERSION = 1
METHOD = "Consilium projection 1: allow-list, UIDs and dates mapped per grant"
_PURPOSE = b"consilium.imaging.projection.v1"
SHIFT_DAYS = 3650
OLDEST_AGE_YEARS = 89

Element = dict[str, Any]
Rule = Callable[["Projection", Element], Element | None]


class Projection:
    """The view of one de-identified grant."""

    def __init__(self, *, grant_id: UUID) -> None:
        self.grant_id = grant_id
        self._key = hmac.new(
            settings.SECRET_KEY.encode(), _PURPOSE + grant_id.bytes, hashlib.sha256
        ).digest()

    @cached_property
    def scope(self) -> str:
        """A short name of this view for URLs, so that caches never mix two guises."""
        return self._digest(b"scope").hex()[:16]

    @cached_property
    def date_shift(self) -> timedelta:
        return timedelta(days=-1 - int.from_bytes(self._digest(b"dates")[:4]) % SHIFT_DAYS)

    @property
    def patient_id(self) -> str:
        return pseudonym(key=self.grant_id)

    def uid(self, original: str) -> str:
        """The UID this viewer sees (PS3.5 B.2: 2.25 and a number); empty stays empty."""
        if not original:
            return ""
        return f"2.25.{int.from_bytes(self._digest(b'uid', original)[:16])}"

    def original_uid(self, mapped: str, candidates: Iterable[str]) -> str | None:
        """The candidate that this viewer sees as ``mapped``."""
        return next((one for one in candidates if self.uid(one) == mapped), None)

    def shift(self, day: date) -> date:
        return day + self.date_shift

    def project(self, document: dict[str, Any]) -> dict[str, Any]:
        """One DICOM JSON header as this viewer may see it."""
        projected = self._filter(document, RULES)
        projected["00100010"] = {"vr": "PN", "Value": [{"Alphabetic": "De-identified"}]}
        projected["00100020"] = {"vr": "LO", "Value": [self.patient_id]}
        projected["00120062"] = {"vr": "CS", "Value": ["YES"]}
        projected["00120063"] = {"vr": "LO", "Value": [METHOD]}
        return projected

    def _filter(self, document: dict[str, Any], rules: dict[str, Rule]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for tag, element in document.items():
            rule = rules.get(tag)
            if rule is None or not isinstance(element, dict):
                continue
            result = rule(self, element)
            if result is not None:
                kept[tag] = result
        return kept

    def _digest(self, kind: bytes, text: str = "") -> bytes:
        return hmac.new(self._key, kind + b":" + text.encode(), hashlib.sha256).digest()


# --- rules: each returns the element to show, or None to withhold it ------------------------


def _numbers(_: Projection, element: Element) -> Element | None:
    values = element.get("Value") or []
    sound = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return {"vr": element["vr"], "Value": values} if values and sound else None


def _uids(projection: Projection, element: Element) -> Element | None:
    values = [projection.uid(str(value)) for value in element.get("Value") or []]
    return {"vr": "UI", "Value": values} if values else None


_STANDARD_UID = re.compile(r"^1\.2\.840\.10008(\.\d+)+$")


def _standard_uid(_: Projection, element: Element) -> Element | None:
    values = [v for v in element.get("Value") or [] if _STANDARD_UID.match(str(v))]
    return {"vr": "UI", "Value": values} if values else None


def _dates(projection: Projection, element: Element) -> Element | None:
    shifted = [projection.shift(day).strftime("%Y%m%d") for day in _parsed_dates(element)]
    return {"vr": "DA", "Value": shifted} if shifted else None


_DATETIME = re.compile(r"^(\d{4})(\d{2})(\d{2})(\d{0,6}(?:\.\d{1,6})?)([+-]\d{4})?$")
_TIME = re.compile(r"^\d{2,6}(\.\d{1,6})?$")
_AGE = re.compile(r"^\d{3}[DWMY]$")


def _parsed_dates(element: Element) -> list[date]:
    found = []
    for value in element.get("Value") or []:
        match = re.match(r"^(\d{4})(\d{2})(\d{2})$", str(value))
        try:
            if match:
                found.append(date(*map(int, match.groups())))
        except ValueError:
            continue
    return found


def _datetimes(projection: Projection, element: Element) -> Element | None:
    shifted = []
    for value in element.get("Value") or []:
        match = _DATETIME.match(str(value))
        if not match:
            return None
        year, month, day, time_of_day, offset = match.groups()
        try:
            moved = projection.shift(date(int(year), int(month), int(day)))
        except ValueError:
            return None
        shifted.append(f"{moved:%Y%m%d}{time_of_day}{offset or ''}")
    return {"vr": "DT", "Value": shifted} if shifted else None


def _times(_: Projection, element: Element) -> Element | None:
    values = [value for value in element.get("Value") or [] if _TIME.match(str(value))]
    return {"vr": "TM", "Value": values} if values else None


def _age(_: Projection, element: Element) -> Element | None:
    values = element.get("Value") or [""]
    age = str(values[0])
    if not _AGE.match(age):
        return None
    if age.endswith("Y") and int(age[:3]) > OLDEST_AGE_YEARS:
        age = f"0{OLDEST_AGE_YEARS + 1}Y"
    return {"vr": "AS", "Value": [age]}


def _one_of(*allowed: str) -> Rule:
    """Coded values of a closed vocabulary; an unknown word is withheld, it could be a name."""
    words = frozenset(allowed)

    def rule(_: Projection, element: Element) -> Element | None:
        values = [value for value in element.get("Value") or [] if value in words]
        return {"vr": element["vr"], "Value": values} if values else None

    return rule


def _items(rules: dict[str, Rule]) -> Rule:
    def rule(projection: Projection, element: Element) -> Element | None:
        items = [
            projection._filter(item, rules)
            for item in element.get("Value") or []
            if isinstance(item, dict)
        ]
        return {"vr": "SQ", "Value": items} if any(items) else None

    return rule


_YES_NO = _one_of("YES", "NO")
_BODY_PARTS = _one_of(
    "ABDOMEN", "ABDOMENPELVIS", "BLADDER", "BRAIN", "BREAST", "CHEST", "CHESTABDOMEN",
    "CHESTABDPELVIS", "COLON", "CSPINE", "EXTREMITY", "FOOT", "HAND", "HEAD", "HEADNECK",
    "HEART", "HIP", "KIDNEY", "KNEE", "LEG", "LIVER", "LSPINE", "LUNG", "NECK", "PANCREAS",
    "PELVIS", "PROSTATE", "RECTUM", "SHOULDER", "SPINE", "SSPINE", "STOMACH", "THORAX",
    "THYROID", "TSPINE", "UTERUS", "WHOLEBODY",
)  # fmt: skip
_CODE: dict[str, Rule] = {
    "00080102": _one_of("SCT", "SRT", "DCM", "SNM3", "UCUM"),
    "00080100": lambda _, e: (
        {"vr": "SH", "Value": e["Value"][:1]}
        if re.match(r"^[A-Z]?-?[0-9A-F]{3,12}$|^[0-9]{5,18}$", str((e.get("Value") or [""])[0]))
        else None
    ),
}
_PLANE: dict[str, Rule] = {
    "00200032": _numbers, "00200037": _numbers, "00180050": _numbers, "00280030": _numbers,
    "00180088": _numbers,
}  # fmt: skip
_VALUES: dict[str, Rule] = {
    "00281050": _numbers, "00281051": _numbers, "00281052": _numbers, "00281053": _numbers,
    "00281054": _one_of("HU", "US", "OD", "HU_MOD", "PCT"),
    "00281056": _one_of("LINEAR", "LINEAR_EXACT", "SIGMOID"),
}  # fmt: skip
_FRAME_GROUPS: dict[str, Rule] = {
    "00209113": _items(_PLANE), "00209116": _items(_PLANE), "00289110": _items(_PLANE),
    "00289132": _items(_VALUES), "00289145": _items(_VALUES),
    "00189114": _items({"00189082": _numbers}), "00189117": _items({"00189087": _numbers}),
    "00209111": _items({"00209128": _numbers, "00209157": _numbers, "00189074": _datetimes}),
}  # fmt: skip
_RADIOPHARMACEUTICAL: dict[str, Rule] = {
    "00181072": _times, "00181073": _times, "00181074": _numbers, "00181075": _numbers,
    "00181076": _numbers, "00181078": _datetimes, "00181079": _datetimes,
    "00540300": _items(_CODE), "00540304": _items(_CODE),
}  # fmt: skip

RULES: dict[str, Rule] = {
    **_PLANE,
    **_VALUES,
    "00080008": _one_of("ORIGINAL", "DERIVED", "PRIMARY", "SECONDARY", "AXIAL", "LOCALIZER"),
    "00080016": _standard_uid, "00080018": _uids, "0020000D": _uids, "0020000E": _uids,
    "00200052": _uids, "00083002": _standard_uid,
    "00080020": _dates, "00080021": _dates, "00080022": _dates, "00080023": _dates,
    "0008002A": _datetimes, "00080030": _times, "00080031": _times, "00080032": _times,
    "00080033": _times,
    "00080060": _one_of("CT", "MR", "PT"),
    "0008001C": _YES_NO,
    "00100040": _one_of("M", "F", "O"), "00101010": _age, "00101020": _numbers,
    "00101030": _numbers,
    "00180015": _BODY_PARTS,
    "00185100": _one_of(
        "HFS", "HFP", "HFDL", "HFDR", "FFS", "FFP", "FFDL", "FFDR", "LFS", "LFP", "RFS", "RFP",
        "AFS", "AFP", "AFDL", "AFDR", "PFS", "PFP", "PFDL", "PFDR",
    ),
    "00200011": _numbers, "00200012": _numbers, "00200013": _numbers, "00200100": _numbers,
    "00201041": _numbers,
    "00200060": _one_of("R", "L"), "00200062": _one_of("R", "L", "U", "B"),
    "00180060": _numbers, "00180081": _numbers, "00180080": _numbers, "00181314": _numbers,
    "00180087": _numbers, "00189087": _numbers, "00181060": _numbers, "00181242": _numbers,
    "00181120": _numbers,
    "00541001": _one_of("CNTS", "BQML", "GML", "CM2ML", "PCNT", "CPS", "PROPCPS", "PROPCNTS"),
    "00541002": _one_of("EMISSION", "TRANSMISSION"),
    "00541006": _one_of("BW", "LBM", "LBMJAMES128", "LBMJANMA", "BSA", "IBW"),
    "00541102": _one_of("NONE", "START", "ADMIN"),
    "00541300": _numbers, "00541321": _numbers, "00541322": _numbers, "00540081": _numbers,
    "00280051": _one_of(
        "DECY", "ATTN", "SCAT", "DTIM", "MOTN", "PMOT", "CLN", "RAN", "RADL", "DCAL", "NORM"
    ),
    "00540016": _items(_RADIOPHARMACEUTICAL),
    "00280002": _numbers,
    "00280004": _one_of("MONOCHROME1", "MONOCHROME2"),
    "00280008": _numbers, "00280010": _numbers, "00280011": _numbers, "00280034": _numbers,
    "00280100": _numbers, "00280101": _numbers, "00280102": _numbers, "00280103": _numbers,
    "00280106": _numbers, "00280107": _numbers, "00280120": _numbers, "00280121": _numbers,
    "00280301": _YES_NO, "00282110": _one_of("00", "01"), "00282112": _numbers,
    "52009229": _items(_FRAME_GROUPS), "52009230": _items(_FRAME_GROUPS),
}  # fmt: skip
