"""Codes as highdicom wants them."""

from __future__ import annotations

from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code as DicomCode

from apps.ai.analyses.results import Code
from apps.ai.encoding.identity import AlgorithmKind

#: Algorithm families, CID 7162. Thresholding with connected components is a morphological
#: reconstruction.
ALGORITHM_FAMILIES: dict[AlgorithmKind, DicomCode] = {
    "neural_network": codes.DCM.ArtificialIntelligence,
    "threshold": codes.DCM.MorphologicalOperations,
}

_PROCEDURES = {
    "CT": Code("SCT", "77477000", "Computed tomography"),
    "MR": Code("SCT", "113091000", "Magnetic resonance imaging"),
    "PT": Code("SCT", "82918005", "Positron emission tomography"),
    "MG": Code("SCT", "71651007", "Mammography"),
}
_ANY_PROCEDURE = Code("SCT", "363679005", "Imaging")

PROBABILITY = Code("DCM", "122157", "Probability")
UNIT_ONE = Code("UCUM", "1", "no units")


def concept(code: Code) -> CodedConcept:
    """A highdicom concept of one of our codes."""
    return CodedConcept(value=code.value, scheme_designator=code.system, meaning=code.display[:64])


def procedure_of(modality: str) -> CodedConcept:
    """The procedure reported (121058) for an image of this modality."""
    return concept(_PROCEDURES.get(modality, _ANY_PROCEDURE))
