"""States and codes of follow-up."""

from django.db import models


class TaskKind(models.TextChoices):
    RECOMMENDATION = "recommendation", "What became of a recommendation"
    INCIDENTAL = "incidental", "An incidental finding that somebody looks after"


class TaskState(models.TextChoices):
    OPEN = "open", "Open"
    ONGOING = "ongoing", "Ongoing"
    DONE = "done", "Done"


TASK_MOVES: dict[str, frozenset[str]] = {
    TaskState.OPEN: frozenset({TaskState.ONGOING, TaskState.DONE}),
    TaskState.ONGOING: frozenset({TaskState.ONGOING, TaskState.DONE}),
    TaskState.DONE: frozenset({TaskState.ONGOING, TaskState.DONE}),
}
"""From done only by a correction of the result that ended it."""
UNFINISHED = (TaskState.OPEN, TaskState.ONGOING)


class Implementation(models.TextChoices):
    """Whether a recommendation was carried out (MDT-10)."""

    FULL = "full", "Implemented in full"
    PARTIAL = "partial", "Implemented in part"
    NOT = "not", "Not implemented"


class FollowUpStatus(models.TextChoices):
    """Follow-up status of the German MTB module (mii-cs-mtb-follow-up-status)."""

    ONGOING = "ongoing", "Ongoing"
    COMPLETED = "completed", "Completed"
    NOT_DONE = "not-done", "Not done"
    LOST = "lost-to-follow-up", "Lost to follow-up"


class NonAdherenceReason(models.TextChoices):
    """Why a recommendation was not, or not in full, carried out.

    The codes of ``mii-cs-mtb-follow-up-grund-nicht-umsetzung`` (medizininformatik-initiative/
    kerndatensatzmodul-molekulares-tumorboard), and five more that boards need (clinical
    reference, B). Without a reason is no choice: one in five had none (BMJ Quality & Safety).
    """

    PATIENT_WISH = "patient-wish", "Wish of the patient"
    PATIENT_REFUSAL = "patient-refusal", "Refused by the patient"
    DID_NOT_ATTEND = "did-not-attend", "The patient did not attend"
    PATIENT_DEATH = "patient-death", "The patient died"
    DETERIORATION = "deterioration", "Deterioration of general condition"
    COMORBIDITY_AROSE = "comorbidity-arose", "Comorbidity arose"
    MEDICAL_REASON = "medical-reason", "Other medical reason"
    TOXICITY = "toxicity", "Toxicity"
    PROGRESSION = "progression", "Progression"
    CHRONIC_REMISSION = "chronic-remission", "Chronic remission"
    CONDITION_NOT_MET = "condition-not-met", "Its condition was not met"
    NEW_INFORMATION = "new-information", "New clinical information"
    INCORRECT_INFORMATION = (
        "incorrect-information-at-MDT",
        "Information at the meeting was incorrect",
    )
    NO_INDICATION = "no-indication", "No indication any more"
    OTHER_THERAPY = "other-therapy-chosen", "Another therapy was chosen"
    BEST_SUPPORTIVE_CARE = "best-supportive-care", "Best supportive care"
    REGULAR_COMPLETION = "regular-completion", "Ended as planned"
    PAYMENT_REFUSED = "payment-refused", "Payment refused"
    PAYMENT_PENDING = "payment-pending", "Payment pending"
    PAYMENT_ENDED = "payment-ended", "Payment ended"
    LOST_TO_FU = "lost-to-fu", "Lost to follow-up"
    UNKNOWN = "unknown", "Not known (say what was tried)"
    OTHER = "other", "Other (say why)"


NEEDS_WORDS = frozenset({NonAdherenceReason.OTHER, NonAdherenceReason.UNKNOWN})
"""Reasons that say nothing without a sentence."""


class TreatmentKind(models.TextChoices):
    SURGERY = "surgery", "Surgery"
    SYSTEMIC = "systemic", "Systemic therapy"
    RADIOTHERAPY = "radiotherapy", "Radiotherapy"
    CHEMORADIOTHERAPY = "chemoradiotherapy", "Chemoradiotherapy"
    INTERVENTION = "intervention", "Image-guided intervention"
    SURVEILLANCE = "surveillance", "Active surveillance"
    SUPPORTIVE = "supportive", "Supportive care"
    OTHER = "other", "Other"
