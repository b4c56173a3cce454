"""What a list's columns may be, and the states of a list and of its rows."""

from django.db import models


class Field(models.TextChoices):
    """What a column says of a patient or of the case."""

    PATIENT_ID = "patient_id", "Patient ID"
    ISSUER = "issuer", "Issuer of the patient ID"
    NAME = "name", "Name"
    FAMILY_NAME = "family_name", "Family name"
    GIVEN_NAME = "given_name", "Given name"
    BIRTH_DATE = "birth_date", "Birth date"
    SEX = "sex", "Sex"
    TITLE = "title", "Title"
    QUESTION = "question", "Clinical question"
    HISTORY = "history", "History"
    TUMOUR_TYPE = "tumour_type", "Tumour type"
    DIAGNOSIS = "diagnosis", "Diagnosis"
    STAGE = "stage", "Stage"
    ECOG = "ecog", "ECOG"
    URGENCY = "urgency", "Urgency"
    URGENCY_REASON = "urgency_reason", "Reason of the urgency"
    WANTED_DATE = "wanted_date", "Wanted date"
    ACCESSION = "accession", "Accession number"
    STUDY_UID = "study_uid", "Study Instance UID"


DATE_FIELDS = (Field.BIRTH_DATE, Field.WANTED_DATE)
IDENTIFIER_FIELDS = (Field.PATIENT_ID, Field.ISSUER, Field.ACCESSION, Field.STUDY_UID)


class DateOrder(models.TextChoices):
    """How 03/04/1961 is read in one column."""

    DAY_FIRST = "dmy", "Day first"
    MONTH_FIRST = "mdy", "Month first"


class Source(models.TextChoices):
    PASTED = "pasted", "Pasted"
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"


class ListState(models.TextChoices):
    OPEN = "open", "Being checked"
    PLACING = "placing", "Being put on the agenda"
    PLACED = "placed", "On the agenda"
    UNDONE = "undone", "Undone"


class RowState(models.TextChoices):
    ERROR = "error", "Error"
    CHOICE = "choice", "Needs a choice"
    READY = "ready", "Ready"
    SKIPPED = "skipped", "Left out"
    PLACED = "placed", "On the agenda"
    UNDONE = "undone", "Undone"


class RowChoice(models.TextChoices):
    """What a person said about a row whose patient has an open case or stands there twice."""

    OPEN = "", "Not said"
    NEW = "new", "A new case"
    LINK = "link", "The case that is open"
    SKIP = "skip", "Leave out"


class SearchState(models.TextChoices):
    IDLE = "idle", "Not asked"
    RUNNING = "running", "Asking the PACS"
    DONE = "done", "Asked"


class StudiesState(models.TextChoices):
    WAITING = "waiting", "Not asked yet"
    FOUND = "found", "Found"
    NONE = "none", "The PACS has none"
    AMBIGUOUS = "ambiguous", "Somebody has to choose"
    UNREACHABLE = "unreachable", "The PACS does not answer"
    NO_PACS = "no_pacs", "No PACS is connected"
