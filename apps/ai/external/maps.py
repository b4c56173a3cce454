"""Parametric maps that say how probable something is (PS3.3 A.75, C.7.6.16.2.11). Pure.

A map of a diffusion coefficient or of perfusion is a measurement, not a model's result. A map is
one where its quantity is coded as a probability; titles and labels are not believed.
"""

from apps.ai.analyses.results import Code
from apps.ai.external.makers import maker_of_equipment
from apps.ai.external.refusals import Remark
from apps.ai.external.statements import NOT_CODED, Statement, label_of, read_code
from apps.imaging.dicom_json import Document, first_of, items_of
from apps.imaging.documents.values import NO_CODE, ImageReference, code_of, references_of, text_of
from apps.imaging.documents.values import Code as DicomCode

PROBABILITIES = frozenset({("DCM", "122157"), ("DCM", "111047")})
QUANTITY = frozenset({"246205007", "G-C1C6"})
MAX_IMAGES = 2_000


def read_map_statement(document: Document) -> Statement | None:
    """What the map is of, or ``None`` where its quantity is no probability."""
    mapping = _probability_mapping(document)
    if mapping is None:
        return None
    quantity, label = mapping
    derivation = read_code(_derivation(document))
    return Statement(
        number=1,
        label=label_of(label, text_of(document, "00700080"), quantity.display),
        code=quantity,
        category=derivation or NOT_CODED,
        maker=maker_of_equipment(document),
        images=_source_images(document),
        remarks=(Remark.of("no_threshold"),),
    )


def _groups(document: Document) -> list[Document]:
    return [*items_of(document, "52009229"), *items_of(document, "52009230")]


def _probability_mapping(document: Document) -> tuple[Code, str] | None:
    """The coded quantity of the first mapping that is a probability, and what it is called."""
    for group in _groups(document):
        for mapping in items_of(group, "00409096"):
            for item in items_of(mapping, "00409220"):
                code = code_of(item, "0040A168")
                is_quantity = code_of(item, "0040A043").value in QUANTITY
                if is_quantity and (code.scheme, code.value) in PROBABILITIES:
                    found = read_code(code)
                    words = text_of(mapping, "00283003") or text_of(mapping, "00409210")
                    return (found, words) if found else None
    return None


def _derivation(document: Document) -> DicomCode:
    for group in _groups(document):
        code = code_of(first_of(group, "00089124"), "00089215")
        if code.value:
            return code
    return NO_CODE


def _source_images(document: Document) -> tuple[ImageReference, ...]:
    found: dict[str, ImageReference] = {}
    for group in _groups(document):
        for derivation in items_of(group, "00089124"):
            for one in references_of(derivation, "00082112"):
                found.setdefault(one.sop_instance_uid, one)
    for series in items_of(document, "00081115"):
        for one in references_of(series, "0008114A"):
            found.setdefault(one.sop_instance_uid, one)
    return tuple(found.values())[:MAX_IMAGES]
