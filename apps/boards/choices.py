"""Roles and states of boards, meetings and decisions; unlisted moves are illegal."""

from django.db import models

from apps.cases.choices import Capacity


class BoardRole(models.TextChoices):
    CHAIR = "chair", "Chair"
    COORDINATOR = "coordinator", "Coordinator"
    CORE = "core", "Core member"
    EXTENDED = "extended", "Extended member"
    OBSERVER = "observer", "Observer"


CAPACITY_OF_ROLE: dict[str, str] = {
    BoardRole.CHAIR: Capacity.CHAIR,
    BoardRole.COORDINATOR: Capacity.COORDINATOR,
    BoardRole.CORE: Capacity.MEMBER,
    BoardRole.EXTENDED: Capacity.MEMBER,
    BoardRole.OBSERVER: Capacity.OBSERVER,
}
"""What a board role is in each case on that board's agendas."""


class AiReading(models.TextChoices):
    """When a board's cases are read without AI: read first, reveal AI."""

    NEVER = "never", "Shown from the start"
    IN_MEETING = "in_meeting", "Hidden in the meeting until revealed"
    FROM_AGENDA = "from_agenda", "Hidden from the agenda on until revealed"


class MeetingStatus(models.TextChoices):
    PLANNED = "planned", "Planned"
    OPEN = "open", "In session"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


MEETING_MOVES: dict[str, frozenset[str]] = {
    MeetingStatus.PLANNED: frozenset({MeetingStatus.OPEN, MeetingStatus.CANCELLED}),
    MeetingStatus.OPEN: frozenset({MeetingStatus.CLOSED}),
    MeetingStatus.CLOSED: frozenset(),
    MeetingStatus.CANCELLED: frozenset(),
}


class Arrival(models.TextChoices):
    """By what somebody counts as being at a meeting. Order: the surer one last."""

    JOINED = "joined", "Joined the live session"
    CHECKED_IN = "checked_in", "Checked in by phone"
    TICKED = "ticked", "Ticked by who runs the meeting"


class AgendaStatus(models.TextChoices):
    PLANNED = "planned", "Planned"
    CURRENT = "current", "Being discussed"
    DISCUSSED = "discussed", "Discussed"
    DEFERRED = "deferred", "Deferred"
    SOC_LISTED = "soc_listed", "Standard of care: listed, not discussed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class DeferralReason(models.TextChoices):
    """Why a case waits for another meeting (clinical reference B: 48 % imaging, 42 % pathology)."""

    IMAGING_MISSING = "imaging_missing", "Imaging is missing"
    IMAGING_NOT_REPORTED = "imaging_not_reported", "Imaging is not reported"
    OUTSIDE_IMAGING_UNAVAILABLE = "outside_imaging_unavailable", "Outside imaging is not there"
    PATHOLOGY_PENDING = "pathology_pending", "Pathology is pending"
    MOLECULAR_PENDING = "molecular_pending", "Molecular pathology is pending"
    CLINICAL_INFO_MISSING = "clinical_info_missing", "Clinical information is missing"
    PRESENTER_ABSENT = "presenter_absent", "The presenter is absent"
    DISCIPLINE_ABSENT = "discipline_absent", "A discipline is absent: no quorum"
    PATIENT_NOT_FIT = "patient_not_fit", "The patient is not fit"
    PATIENT_WISH = "patient_wish", "The patient wishes so"
    OUT_OF_TIME = "out_of_time", "The meeting ran out of time"
    WRONG_BOARD = "wrong_board", "It belongs to another board"
    OTHER = "other", "Other, in words"


class ClockMove(models.TextChoices):
    PAUSE = "pause", "Pause"
    RESUME = "resume", "Go on"
    ADD = "add", "Add minutes"


class DecisionStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    SIGNED = "signed", "Signed"


class Consensus(models.TextChoices):
    CONSENSUS = "consensus", "Consensus"
    MAJORITY = "majority", "Majority"
    NONE = "none", "No consensus"


class Stance(models.TextChoices):
    AGREE = "agree", "Agrees"
    DISSENT = "dissent", "Dissents"
    ABSTAIN = "abstain", "Abstains"


class Intent(models.TextChoices):
    CURATIVE = "curative", "Curative"
    PALLIATIVE = "palliative", "Palliative"
    DIAGNOSTIC = "diagnostic", "Diagnostic"
    SURVEILLANCE = "surveillance", "Surveillance"
    SUPPORTIVE = "supportive", "Supportive"


class Modality(models.TextChoices):
    """The kind of act a recommendation is; what is neither of these is ``other``."""

    SURGERY = "surgery", "Surgery"
    SYSTEMIC = "systemic", "Systemic therapy"
    RADIOTHERAPY = "radiotherapy", "Radiotherapy"
    INTERVENTIONAL = "interventional", "Interventional procedure"
    DIAGNOSTIC = "diagnostic", "Diagnostic procedure"
    IMAGING_FOLLOW_UP = "imaging_follow_up", "Imaging follow-up"
    SUPPORTIVE = "supportive", "Supportive or palliative care"
    GENETIC = "genetic", "Genetic counselling"
    TRIAL = "trial", "Clinical trial"
    WAITING = "waiting", "Watchful waiting"
    OTHER = "other", "Other"


class TrialConsidered(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class ViewConsidered(models.TextChoices):
    """Whether what the patient wants was known to the board when it decided."""

    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known"


class DecisionQuorum(models.TextChoices):
    """Whether those the board needs were there when the case was decided."""

    MET = "met", "Quorum met"
    MISSING = "missing", "No quorum: provisional"
    NOT_REQUIRED = "not_required", "The board asks for no quorum"
    OUTSIDE = "outside", "Decided outside a meeting"


class NoteKind(models.TextChoices):
    """What may come after a signature. The decision itself stays as it was signed."""

    ADDENDUM = "addendum", "Addendum"
    CORRECTION = "correction", "Correction"
    CONFIRMED = "confirmed", "Confirmed with quorum"
    TOLD = "told", "Told to the patient"


class ToldBy(models.TextChoices):
    IN_PERSON = "in_person", "In person"
    VIDEO = "video", "By video"
    PHONE = "phone", "By telephone"
    LETTER = "letter", "By letter"
