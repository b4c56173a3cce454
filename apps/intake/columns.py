"""Which column is what: guessed from English and German headings, known again by its headings."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence

from apps.core.exceptions import InvalidInput
from apps.intake.choices import Field

HEADINGS: dict[str, tuple[str, ...]] = {
    Field.PATIENT_ID: (
        "patient id", "patientid", "patid", "pat id", "pid", "mrn", "medical record number",
        "hospital number", "hospital no", "nhs number", "patientennummer", "patienten nr",
        "patientennr", "patienten id", "pat nr", "patnr", "patient number", "patient no",
    ),
    Field.ISSUER: (
        "issuer", "issuer of patient id", "assigning authority", "mandant", "herausgeber",
    ),
    Field.NAME: ("name", "patient", "patient name", "patientenname", "full name", "pat name"),
    Field.FAMILY_NAME: ("family name", "last name", "surname", "nachname", "familienname"),
    Field.GIVEN_NAME: ("given name", "first name", "forename", "vorname"),
    Field.BIRTH_DATE: (
        "birth date", "birthdate", "date of birth", "dob", "born", "geburtsdatum", "geb datum",
        "gebdatum", "geb", "geburtstag", "geboren",
    ),
    Field.SEX: ("sex", "gender", "m f", "geschlecht", "geschl", "m w", "m w d"),
    Field.TITLE: ("title", "case", "case title", "titel", "fall", "subject"),
    Field.QUESTION: (
        "question", "clinical question", "question to the board", "fragestellung", "frage",
        "klinische frage", "anlass", "reason for presentation", "reason for discussion",
    ),
    Field.HISTORY: (
        "history", "clinical history", "anamnese", "vorgeschichte", "verlauf", "summary",
        "clinical summary", "comment", "bemerkung",
    ),
    Field.TUMOUR_TYPE: (
        "tumour type", "tumor type", "tumour", "tumor", "tumour site", "tumor site", "site",
        "entity", "entitat", "tumorentitat", "tumorart", "organ", "cancer type",
    ),
    Field.DIAGNOSIS: ("diagnosis", "diagnose", "hauptdiagnose", "dx", "primary diagnosis"),
    Field.STAGE: ("stage", "tnm", "stadium", "tumorstadium", "staging", "ctnm", "uicc"),
    Field.ECOG: ("ecog", "ecog ps", "performance status", "ps", "ecog status", "who ps"),
    Field.URGENCY: ("urgency", "priority", "dringlichkeit", "prioritat", "eilt", "urgent"),
    Field.URGENCY_REASON: ("urgency reason", "reason of urgency", "grund der dringlichkeit"),
    Field.WANTED_DATE: (
        "wanted date", "wanted by", "requested date", "target date", "needed by", "wunschtermin",
        "gewunschtes datum", "termin", "meeting date", "mdt date",
    ),
    Field.ACCESSION: (
        "accession", "accession number", "accession no", "accessionnumber", "untersuchungsnummer",
        "auftragsnummer", "acc no", "anforderungsnummer",
    ),
    Field.STUDY_UID: (
        "study uid", "study instance uid", "studyinstanceuid", "suid", "studien uid",
    ),
}  # fmt: skip
SECOND_CHOICE: dict[str, tuple[str, ...]] = {
    Field.PATIENT_ID: (
        "fallnummer", "fall nr", "fallnr", "id", "case number", "aufnahmenummer", "identifier",
    ),
}  # fmt: skip
"""Only where no other column is it: a Fallnummer is a stay's number in most hospitals."""

_WORDS = {word: field for field, words in HEADINGS.items() for word in words}
_SECOND = {word: field for field, words in SECOND_CHOICE.items() for word in words}
_DATE = re.compile(r"^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}$")
_NUMBER = re.compile(r"^[A-Za-z]{0,3}-?\d{4,}$")


def normalise(heading: str) -> str:
    """ "Geb.-Datum" and "geb datum" are one: no marks, no accents, one space between words."""
    plain = unicodedata.normalize("NFKD", heading.casefold())
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(re.findall(r"[^\W_]+", plain))


def guess_columns(headings: Sequence[str]) -> dict[str, int]:
    """Field to column number. A heading that could be two things is nobody's guess."""
    guessed: dict[str, int] = {}
    plain = [normalise(one) for one in headings]
    for words in (_WORDS, _SECOND):
        for number, heading in enumerate(plain):
            field = words.get(heading)
            if field is not None and field not in guessed and number not in guessed.values():
                guessed[field] = number
    return guessed


def looks_like_a_patient(cells: Sequence[str]) -> bool:
    """A date or a number among them: no heading."""
    return any(_DATE.match(cell) or _NUMBER.match(cell) for cell in cells)


def signature(headings: Sequence[str]) -> str:
    """By which a site's list is known again: its headings, in their order."""
    joined = "\x1f".join(normalise(one) for one in headings)
    return hashlib.sha256(joined.encode()).hexdigest()


def check_mapping(mapping: Mapping[str, int], *, columns: int) -> dict[str, int]:
    """Raises
    ------
    InvalidInput
        ``mapping_invalid``: a field that there is not, or a column that is not there or is used
        twice. The details name the fields.
    """
    unknown = sorted(set(mapping) - set(Field.values))
    outside = sorted(name for name, one in mapping.items() if not 0 <= one < columns)
    used = list(mapping.values())
    twice = sorted(name for name, one in mapping.items() if used.count(one) > 1)
    if unknown or outside or twice:
        raise InvalidInput(
            "Each column is one thing, and each thing one column.",
            code="mapping_invalid",
            details={"unknown": unknown, "outside": outside, "twice": twice},
        )
    return {str(name): int(one) for name, one in mapping.items()}
