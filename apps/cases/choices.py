"""States and words of a case. Moves that are not listed are illegal."""

from django.db import models


class Sex(models.TextChoices):
    """Patient's Sex, DICOM (0010,0040)."""

    FEMALE = "F", "Female"
    MALE = "M", "Male"
    OTHER = "O", "Other"
    UNKNOWN = "", "Unknown"


class CaseStatus(models.TextChoices):
    SUBMITTED = "submitted", "Submitted"
    NEEDS_INFO = "needs_info", "Needs information"
    READY = "ready", "Ready"
    SCHEDULED = "scheduled", "Scheduled"
    DISCUSSED = "discussed", "Discussed"
    SOC_LISTED = "soc_listed", "Standard of care: listed, not discussed"
    DEFERRED = "deferred", "Deferred"
    WITHDRAWN = "withdrawn", "Withdrawn"
    DECIDED = "decided", "Decided"
    FOLLOW_UP = "follow_up", "Follow-up"
    CLOSED = "closed", "Closed"


ALLOWED_MOVES: dict[str, frozenset[str]] = {
    CaseStatus.SUBMITTED: frozenset(
        {CaseStatus.NEEDS_INFO, CaseStatus.READY, CaseStatus.SCHEDULED, CaseStatus.WITHDRAWN}
    ),
    CaseStatus.NEEDS_INFO: frozenset(
        {CaseStatus.SUBMITTED, CaseStatus.READY, CaseStatus.SCHEDULED, CaseStatus.WITHDRAWN}
    ),
    CaseStatus.READY: frozenset(
        {CaseStatus.NEEDS_INFO, CaseStatus.SCHEDULED, CaseStatus.SOC_LISTED, CaseStatus.WITHDRAWN}
    ),
    CaseStatus.SCHEDULED: frozenset(
        {
            CaseStatus.SUBMITTED,
            CaseStatus.NEEDS_INFO,
            CaseStatus.READY,
            CaseStatus.DISCUSSED,
            CaseStatus.SOC_LISTED,
            CaseStatus.DEFERRED,
            CaseStatus.WITHDRAWN,
            CaseStatus.DECIDED,
            CaseStatus.FOLLOW_UP,
        }
    ),
    CaseStatus.SOC_LISTED: frozenset({CaseStatus.READY, CaseStatus.SCHEDULED, CaseStatus.DECIDED}),
    CaseStatus.DEFERRED: frozenset(
        {CaseStatus.READY, CaseStatus.NEEDS_INFO, CaseStatus.SCHEDULED, CaseStatus.WITHDRAWN}
    ),
    CaseStatus.DISCUSSED: frozenset({CaseStatus.DECIDED, CaseStatus.DEFERRED}),
    CaseStatus.DECIDED: frozenset({CaseStatus.FOLLOW_UP, CaseStatus.CLOSED, CaseStatus.SCHEDULED}),
    CaseStatus.FOLLOW_UP: frozenset({CaseStatus.CLOSED, CaseStatus.SCHEDULED}),
    CaseStatus.WITHDRAWN: frozenset({CaseStatus.SUBMITTED}),
    CaseStatus.CLOSED: frozenset(),
}
"""MDT-4: `submitted → needs-info → ready → scheduled → … → closed`; re-discussion re-schedules.

``scheduled`` goes back to what a case was before when it is taken off the agenda.
"""


WAITING = frozenset(
    {
        CaseStatus.SUBMITTED,
        CaseStatus.NEEDS_INFO,
        CaseStatus.READY,
        CaseStatus.SCHEDULED,
        CaseStatus.DEFERRED,
    }
)
"""The board is still to discuss it."""


class TumourType(models.TextChoices):
    LUNG = "lung", "Lung"
    LIVER = "liver", "Liver"
    COLORECTAL = "colorectal", "Colorectal"
    BREAST = "breast", "Breast"
    PROSTATE = "prostate", "Prostate"
    BRAIN = "brain", "Brain"
    HEAD_NECK = "head_neck", "Head and neck"
    GYNAECOLOGICAL = "gynaecological", "Gynaecological"
    SARCOMA = "sarcoma", "Sarcoma"
    LYMPHOMA = "lymphoma", "Lymphoma"
    OTHER = "other", "Other"


class Urgency(models.TextChoices):
    ROUTINE = "routine", "Routine"
    SOON = "soon", "Soon"
    URGENT = "urgent", "Urgent"


class Guise(models.TextChoices):
    """How a patient appears to whoever holds the grant. Order: most permissive last."""

    DEIDENTIFIED = "deidentified", "De-identified"
    IDENTIFIED = "identified", "Identified"


class Capacity(models.TextChoices):
    """In which capacity somebody is in a case (permission table of the clinical reference)."""

    OBSERVER = "observer", "Observer or trainee"
    CONSULTANT = "consultant", "Remote consultant"
    MEMBER = "member", "Board member"
    CHAIR = "chair", "Chair"
    COORDINATOR = "coordinator", "Coordinator"


class GrantSource(models.TextChoices):
    DIRECT = "direct", "Granted by a person"
    BOARD = "board", "Member of the board"
    CONSULT = "consult", "Second opinion"
    PLACE = "place", "Screen of a room in session"
