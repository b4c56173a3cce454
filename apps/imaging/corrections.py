"""Did the PACS correct an object after it was archived? Pure comparison of DICOM JSON.

Only what bears on reading or measuring, and only where both sides name it: archives differ in
what else they render and how. Pixels alone cannot be seen to change without fetching them again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

SOP_INSTANCE_UID = "00080018"
COMPARED = {
    "00080016": "SOPClassUID",
    "00080060": "Modality",
    "0008103E": "SeriesDescription",
    "00100020": "PatientID",
    "00101030": "PatientWeight",
    "00180015": "BodyPartExamined",
    "00180050": "SliceThickness",
    "00185100": "PatientPosition",
    "0020000D": "StudyInstanceUID",
    "00200032": "ImagePositionPatient",
    "00200037": "ImageOrientationPatient",
    "00200052": "FrameOfReferenceUID",
    "00200060": "Laterality",
    "00200062": "ImageLaterality",
    "00280010": "Rows",
    "00280011": "Columns",
    "00280030": "PixelSpacing",
    "00281052": "RescaleIntercept",
    "00281053": "RescaleSlope",
    "00281054": "RescaleType",
    "00541001": "Units",
}
Document = Mapping[str, Any]


def find_corrected(*, archived: Sequence[Document], listed: Sequence[Document]) -> list[str]:
    """SOP Instance UIDs whose compared attributes differ."""
    ours = {_sop_uid(one): one for one in archived}
    corrected = []
    for theirs in listed:
        uid = _sop_uid(theirs)
        if uid in ours and _differ(ours[uid], theirs):
            corrected.append(uid)
    return corrected


def _differ(one: Document, other: Document) -> bool:
    return any(
        mine != theirs
        for tag in COMPARED
        if (mine := _plain(one, tag)) and (theirs := _plain(other, tag))
    )


def _sop_uid(document: Document) -> str:
    values = _plain(document, SOP_INSTANCE_UID)
    return str(values[0]) if values else ""


def _plain(document: Document, tag: str) -> tuple[str | float, ...]:
    """Values without the freedom of notation: 1, "1.0" and "1.00 " are equal."""
    element = document.get(tag)
    values = element.get("Value") if isinstance(element, Mapping) else None
    if not isinstance(values, Sequence) or isinstance(values, str):
        return ()
    return tuple(_value(one) for one in values if one not in (None, ""))


def _value(raw: Any) -> str | float:
    text = str(raw).strip(" \0")
    try:
        return round(float(text), 6)
    except ValueError:
        return text
