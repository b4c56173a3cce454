"""Segments of a DICOM Segmentation that a person did not draw (PS3.3 C.8.20.2). Pure."""

from apps.ai.external.makers import maker_of_segment
from apps.ai.external.refusals import Remark
from apps.ai.external.statements import NOT_CODED, Statement, label_of, read_code, read_uid
from apps.imaging.dicom_json import Document, first_of, items_of
from apps.imaging.documents.values import Code as DicomCode
from apps.imaging.documents.values import code_of, text_of

MANUAL = "MANUAL"
SIDES = frozenset({"7771000", "24028007", "51440002", "G-A101", "G-A100", "G-A102"})


def read_segment_statements(document: Document) -> tuple[Statement, ...]:
    """One statement a segment; ``maker`` is ``None`` for what a person drew."""
    uid = text_of(document, "00080018", limit=64)
    found: dict[int, Statement] = {}
    for item in items_of(document, "00620002"):
        number = _number(item)
        if number and number not in found:
            found[number] = _read_segment(document, item, uid, number)
    return tuple(found[number] for number in sorted(found))


def _number(item: Document) -> int:
    text = text_of(item, "00620004", limit=8)
    return int(text) if text.isascii() and text.isdigit() and int(text) < 65_536 else 0


def _read_segment(document: Document, item: Document, uid: str, number: int) -> Statement:
    kind = text_of(item, "00620008", limit=16).upper()
    code = read_code(code_of(item, "0062000F"))
    region = first_of(item, "00082218")
    site = read_code(code_of(item, "00082218"))
    remarks = [] if kind else [Remark.of("algorithm_type_missing")]
    if code is None:
        remarks.append(Remark.of("not_coded"))
    return Statement(
        number=number,
        label=label_of(text_of(item, "00620005"), code.display if code else ""),
        code=code or NOT_CODED,
        category=read_code(code_of(item, "00620003")) or NOT_CODED,
        maker=None if kind == MANUAL else maker_of_segment(document, item),
        site=site,
        laterality=read_code(_side(item, region)),
        tracking_uid=read_uid(text_of(item, "00620021", limit=128)),
        segments=((uid, number),),
        remarks=tuple(remarks),
    )


def _side(item: Document, region: Document) -> DicomCode:
    """The laterality among the modifiers of its type or of its region (CID 244)."""
    modifiers = [*items_of(item, "00620011"), *items_of(region, "00082220")]
    for modifier in modifiers:
        code = code_of({"0": {"vr": "SQ", "Value": [modifier]}}, "0")
        if code.value in SIDES:
            return code
    return DicomCode("", "", "")
