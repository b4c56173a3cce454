"""Code systems by the short names that the API takes."""

from dataclasses import dataclass

ICD_10 = "icd-10"
ICD_O_3 = "icd-o-3"
SNOMED_CT = "snomed-ct"
LOINC = "loinc"
HGNC = "hgnc"


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A code system, and what of it is bundled.

    Attributes
    ----------
    uri
        As FHIR names it.
    extent
        What is bundled, in words that a person reads beside the answers.
    """

    name: str
    title: str
    uri: str
    extent: str
    version: str
    licence: str


SYSTEMS: dict[str, CodeSystem] = {
    one.name: one
    for one in (
        CodeSystem(
            ICD_10,
            "ICD-10-CM",
            "http://hl7.org/fhir/sid/icd-10-cm",
            "Chapter 2, neoplasms (C00-D49), whole; no other chapter.",
            "April 2026",
            "Public domain (US National Center for Health Statistics and CMS).",
        ),
        CodeSystem(
            ICD_O_3,
            "ICD-O-3",
            "http://terminology.hl7.org/CodeSystem/icd-o-3",
            "None: copyright of the WHO. Codes are checked for their form; a site loads its list.",
            "",
            "A site loads what it has a licence for.",
        ),
        CodeSystem(
            SNOMED_CT,
            "SNOMED CT",
            "http://snomed.info/sct",
            "Tumour types and body regions that DICOM PS3.16 names (CID 639, 4031, 6030, 6033).",
            "as shipped with pydicom",
            "Free for use in DICOM (PS3.16, agreement of DICOM with SNOMED International); "
            "anything beyond needs the licence of the country.",
        ),
        CodeSystem(
            LOINC,
            "LOINC",
            "http://loinc.org",
            "Codes of the mCODE profiles that a case maps to.",
            "as used by mCODE STU4",
            "LOINC is copyright Regenstrief Institute, free under loinc.org/license.",
        ),
        CodeSystem(
            HGNC,
            "HGNC gene symbols",
            "http://www.genenames.org",
            "The 468 genes of the tumour panel MSK-IMPACT by approved symbol; no HGNC numbers.",
            "",
            "CC0 (HUGO Gene Nomenclature Committee).",
        ),
    )
}
