"""What a drawn segment may be: a short list of SNOMED CT terms that DICOM SEG knows.

Codes and meanings are those of PS3.16 (CID 7150 categories, CID 7151 and below for types); a test
holds them to the published tables.
"""

from dataclasses import dataclass

SCHEME = "SCT"


@dataclass(frozen=True, slots=True)
class Term:
    code: str
    meaning: str

    def as_json(self) -> dict[str, str]:
        return {"system": SCHEME, "code": self.code, "display": self.meaning}


MORPHOLOGY = Term("49755003", "Morphologically Abnormal Structure")
ANATOMY = Term("91723000", "Anatomical Structure")
TISSUE = Term("85756007", "Tissue")


@dataclass(frozen=True, slots=True)
class SegmentType:
    """A type with the category it belongs to (Segmented Property Type and Category)."""

    term: Term
    category: Term


SEGMENT_TYPES = {
    kind.term.code: kind
    for kind in (
        SegmentType(Term("52988006", "Lesion"), MORPHOLOGY),
        SegmentType(Term("108369006", "Tumor"), MORPHOLOGY),
        SegmentType(Term("14799000", "Neoplasm, Secondary"), MORPHOLOGY),
        SegmentType(Term("4147007", "Mass"), MORPHOLOGY),
        SegmentType(Term("27925004", "Nodule"), MORPHOLOGY),
        SegmentType(Term("79654002", "Edema"), MORPHOLOGY),
        SegmentType(Term("6574001", "Necrosis"), MORPHOLOGY),
        SegmentType(Term("59441001", "Lymph Node"), ANATOMY),
        SegmentType(Term("10200004", "Liver"), ANATOMY),
        SegmentType(Term("39607008", "Lung"), ANATOMY),
        SegmentType(Term("64033007", "Kidney"), ANATOMY),
        SegmentType(Term("12738006", "Brain"), ANATOMY),
        SegmentType(Term("15776009", "Pancreas"), ANATOMY),
        SegmentType(Term("41216001", "Prostate"), ANATOMY),
        SegmentType(Term("85756007", "Tissue"), TISSUE),
    )
}
DEFAULT_TYPE = "52988006"
