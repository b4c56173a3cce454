"""One row's cells become values, or errors with a code per field. Pure: no database.

Codes: ``patient_id_missing``, ``identifier_invalid``, ``digits_lost``, ``cell_error``,
``too_long``, ``name_missing`` (matching), those of ``dates.read_date``, ``sex_unknown``,
``ecog_invalid``, ``urgency_unknown``, ``study_uid_invalid``. Warnings, which keep nothing off the
agenda: ``birth_date_missing``, ``question_missing``, ``tumour_type_other``,
``urgency_reason_missing``, ``wanted_date_past``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from apps.cases.choices import Sex, TumourType, Urgency
from apps.intake.choices import DATE_FIELDS, IDENTIFIER_FIELDS, Field
from apps.intake.columns import normalise
from apps.intake.dates import BadDate, read_date
from apps.intake.reading.cells import MOST_CHARACTERS, clean_cell

LENGTHS = {
    Field.PATIENT_ID: 64, Field.ISSUER: 64, Field.NAME: 324, Field.FAMILY_NAME: 160,
    Field.GIVEN_NAME: 160, Field.TITLE: 200, Field.STAGE: 200, Field.URGENCY_REASON: 300,
    Field.ACCESSION: 64, Field.STUDY_UID: 64,
}  # fmt: skip
"""As the case and the patient keep them; DICOM LO is 64 characters (PS3.5 6.2)."""
TITLE_FROM_QUESTION = 120
UID = re.compile(r"^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$")
_SCIENTIFIC = re.compile(r"^\d([.,]\d+)?E\+\d+$", re.IGNORECASE)
_SHEET_ERRORS = frozenset(
    {"#REF!", "#N/A", "#NV", "#VALUE!", "#WERT!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#BEZUG!"}
)

SEXES = {
    **dict.fromkeys(("f", "female", "w", "weiblich", "woman", "frau"), Sex.FEMALE.value),
    **dict.fromkeys(("m", "male", "mannlich", "maennlich", "man", "mann", "herr"), Sex.MALE.value),
    **dict.fromkeys(("o", "other", "d", "divers", "diverse", "x"), Sex.OTHER.value),
    **dict.fromkeys(("u", "unknown", "unbekannt", "n a"), Sex.UNKNOWN.value),
}
TUMOURS = {
    TumourType.LUNG: "lung lunge bronchial thoracic bronchialkarzinom lungenkarzinom nsclc sclc",
    TumourType.LIVER: "liver leber hepatic hcc hepatobiliary leberkarzinom",
    TumourType.COLORECTAL: "colorectal colon rectum rectal kolon rektum kolorektal darm crc",
    TumourType.BREAST: "breast brust mamma mammakarzinom",
    TumourType.PROSTATE: "prostate prostata prostatakarzinom",
    TumourType.BRAIN: "brain hirn gehirn cns zns glioma gliom glioblastoma glioblastom",
    TumourType.HEAD_NECK: "headandneck headneck kopfhals hno larynx oropharynx",
    TumourType.GYNAECOLOGICAL: "gynaecological gynecological gynakologisch ovary ovar cervix "
    "zervix endometrium uterus vulva",
    TumourType.SARCOMA: "sarcoma sarkom",
    TumourType.LYMPHOMA: "lymphoma lymphom",
    TumourType.OTHER: "other andere sonstige",
}
_TUMOUR_OF = {word: kind.value for kind, words in TUMOURS.items() for word in words.split()}
URGENCIES = {
    **dict.fromkeys(
        ("routine", "normal", "elective", "elektiv", "no", "nein", "low", "niedrig", "3"),
        Urgency.ROUTINE.value,
    ),
    **dict.fromkeys(("soon", "bald", "medium", "mittel", "zeitnah", "2"), Urgency.SOON.value),
    **dict.fromkeys(
        ("urgent", "dringend", "eilt", "yes", "ja", "high", "hoch", "eilig", "1"),
        Urgency.URGENT.value,
    ),
}


@dataclass
class Checked:
    values: dict[str, str] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def fail(self, name: str, code: str) -> None:
        self.errors.append({"field": str(name), "code": code})

    def warn(self, name: str, code: str) -> None:
        self.warnings.append({"field": str(name), "code": code})


def texts_of(
    *, cells: Sequence[str], mapping: Mapping[str, int], corrections: Mapping[str, str]
) -> dict[str, str]:
    """Field to text: what a person wrote instead counts, even where it is nothing."""
    read = {name: cells[number] for name, number in mapping.items() if number < len(cells)}
    return {**read, **{name: clean_cell(text) for name, text in corrections.items()}}


def check_row(
    *, texts: Mapping[str, str], orders: Mapping[str, str], issuer: str, today: date
) -> Checked:
    """``orders``: field of dates to how its slashed dates are read (``dates.decide_order``)."""
    row = Checked()
    for name, text in texts.items():
        most = LENGTHS.get(Field(name), MOST_CHARACTERS)
        if text in _SHEET_ERRORS:
            row.fail(name, "cell_error")
        elif len(text) > most:
            row.fail(name, "too_long")
        elif text:
            row.values[name] = text
    _check_identifiers(row, issuer)
    _check_name(row)
    for name in DATE_FIELDS:
        _check_date(row, name, orders.get(name), today)
    _check_words(row)
    _check_case(row, today)
    return row


def _check_identifiers(row: Checked, issuer: str) -> None:
    for name in IDENTIFIER_FIELDS:
        text = row.values.get(name, "")
        if _SCIENTIFIC.match(text):
            row.fail(name, "digits_lost")
        elif set(text) & set("*?\\\n"):  # wild cards of a query (PS3.4 C.2.2.2.4), VR LO
            row.fail(name, "identifier_invalid")
    row.values.setdefault(Field.ISSUER, issuer)
    if not row.values.get(Field.PATIENT_ID) and not _has(row, Field.PATIENT_ID):
        row.fail(Field.PATIENT_ID, "patient_id_missing")
    uid = row.values.get(Field.STUDY_UID, "")
    if uid and not UID.match(uid) and not _has(row, Field.STUDY_UID):
        row.fail(Field.STUDY_UID, "study_uid_invalid")


def _check_name(row: Checked) -> None:
    """As DICOM writes it: Family^Given (PS3.5 6.2, PN). A name without a comma stays as it is."""
    family = row.values.pop(Field.FAMILY_NAME, "")
    given = row.values.pop(Field.GIVEN_NAME, "")
    name = row.values.get(Field.NAME, "")
    if family:
        name = f"{family}^{given}".rstrip("^")
    elif given and name and "," not in name and "^" not in name:
        name = f"{name}^{given}"  # "Name" and "Vorname" beside each other
    elif name.count(",") == 1 and "^" not in name:
        name = "^".join(part.strip() for part in name.split(",")).strip("^")
    name = " ".join(name.split())
    if name:
        row.values[Field.NAME] = name


def _check_date(row: Checked, name: Field, order: str | None, today: date) -> None:
    text = row.values.get(name)
    if not text:
        return
    try:
        is_birth = name == Field.BIRTH_DATE
        found = read_date(text, order=order, today=today, is_birth=is_birth)
    except BadDate as bad:
        row.fail(name, bad.code)
        del row.values[name]
        return
    row.values[name] = found.isoformat()


def _check_words(row: Checked) -> None:
    if text := row.values.pop(Field.SEX, ""):
        sex = SEXES.get(normalise(text))
        if sex is None:
            row.fail(Field.SEX, "sex_unknown")
        else:
            row.values[Field.SEX] = sex
    if text := row.values.pop(Field.ECOG, ""):
        match = re.fullmatch(r"(?:ecog|ps)?\s*[:=]?\s*([0-5])", text.strip().lower())
        if match is None:
            row.fail(Field.ECOG, "ecog_invalid")
        else:
            row.values[Field.ECOG] = match[1]
    if text := row.values.pop(Field.URGENCY, ""):
        urgency = URGENCIES.get(normalise(text))
        if urgency is None:
            row.fail(Field.URGENCY, "urgency_unknown")
        else:
            row.values[Field.URGENCY] = urgency
    if text := row.values.pop(Field.TUMOUR_TYPE, ""):
        row.values[Field.TUMOUR_TYPE] = _tumour_type(row, text)


def _tumour_type(row: Checked, text: str) -> str:
    """A word that is none of ours is kept: in the diagnosis, where that says nothing else."""
    words = normalise(text).split()
    found = {_TUMOUR_OF[one] for one in [*words, "".join(words)] if one in _TUMOUR_OF}
    found |= {kind for kind in TumourType.values if normalise(text) == normalise(kind)}
    if len(found) == 1:
        return found.pop()
    row.warn(Field.TUMOUR_TYPE, "tumour_type_other")
    row.values.setdefault(Field.DIAGNOSIS, text)
    return TumourType.OTHER.value


def _check_case(row: Checked, today: date) -> None:
    question = row.values.get(Field.QUESTION, "")
    if not question:
        row.warn(Field.QUESTION, "question_missing")
    if not row.values.get(Field.TITLE):
        first = (question or row.values.get(Field.DIAGNOSIS, "")).split("\n")[0]
        kind = TumourType(row.values.get(Field.TUMOUR_TYPE, TumourType.OTHER)).label
        row.values[Field.TITLE] = _cut(first) or f"{kind}: from a list"
    row.values[Field.TITLE] = " ".join(row.values[Field.TITLE].split())
    if row.values.get(Field.URGENCY) == Urgency.URGENT and not row.values.get(Field.URGENCY_REASON):
        row.warn(Field.URGENCY_REASON, "urgency_reason_missing")
    wanted = row.values.get(Field.WANTED_DATE)
    if wanted and date.fromisoformat(wanted) < today:
        row.warn(Field.WANTED_DATE, "wanted_date_past")


def _cut(text: str) -> str:
    if len(text) <= TITLE_FROM_QUESTION:
        return text
    return text[:TITLE_FROM_QUESTION].rsplit(" ", 1)[0] + " …"


def _has(row: Checked, name: Field) -> bool:
    return any(one["field"] == name for one in row.errors)
