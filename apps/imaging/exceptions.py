"""Refusals of imaging. All are shown to the user unless their docstring says otherwise."""

from apps.core.exceptions import Conflict, DomainError, InvalidInput, Unavailable


class PatientMismatch(Conflict):
    """The study's patient is not the case's; ``details`` hold both identities, side by side."""

    code = "patient_mismatch"


class StudyNotReady(Conflict):
    """The study is not completely in the archive; nothing of it is served."""

    code = "study_not_ready"


class OffsetMismatch(Conflict):
    """Bytes for another place of the upload than the next; ``details['offset']`` is the next."""

    code = "offset_mismatch"


class SeriesEvicted(Conflict):
    """The series was evicted from the archive and is being fetched from the PACS again."""

    code = "series_evicted"


class PacsError(Unavailable):
    """The PACS did not do what was asked; ``error_code`` says how it failed."""

    code = "pacs_unavailable"


class PacsRefused(DomainError):
    """The PACS answered, and said no."""

    code = "pacs_refused"
    status = 502


class PacsAnswerBroken(DomainError):
    """The PACS answered something that is not what DICOMweb promises."""

    code = "pacs_answer_broken"
    status = 502


class StandInRefused(DomainError):
    """A PACS cannot serve a study in place of another; told with the other's failure."""

    code = "stand_in_refused"
    status = 502


class AddressNotAllowed(InvalidInput):
    """The PACS's name resolves to an address outside the admin's allow-list."""

    code = "pacs_address_not_allowed"


class UnreadableObject(InvalidInput):
    """A DICOM object could not be accepted; ``error_code`` is the verdict's code."""

    code = "unreadable"


class NotAVolume(Conflict):
    """The series is not one regular volume; ``error_code`` names the first reason found."""

    code = "not_a_volume"


class Withheld(DomainError):
    """Cannot be shown without patient identity to a de-identified viewer."""

    code = "withheld"
    status = 403


class LostLease(Exception):
    """Another worker took the job over. For the ingest machinery, never for people."""
