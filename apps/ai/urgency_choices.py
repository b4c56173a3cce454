"""Words of automatic rules and of urgency. Pure: models, scoring and screens use them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.ai.choices import VersionState


class ContrastAsked(models.TextChoices):
    """What a rule asks of contrast: by the headers, PS3.3 C.7.6.4 (Contrast/Bolus)."""

    ANY = "any", _("With or without contrast")
    WITH = "with", _("With contrast")
    WITHOUT = "without", _("Without contrast")


class RuleOutcome(models.TextChoices):
    """What a rule did with a study that arrived. Nothing done is said, with the reason."""

    REQUESTED = "requested", _("Asked for an analysis")
    NO_SERIES = "no_series", _("No series fits")
    INPUTS_UNCLEAR = "inputs_unclear", _("The model's inputs are unclear")
    MODEL_NOT_ACTIVE = "model_not_active", _("The model is not in use")
    HEADERS_AWAY = "headers_away", _("The headers are not at hand")
    REFUSED = "refused", _("Refused")


REPEATED_OUTCOMES = frozenset({RuleOutcome.HEADERS_AWAY})
"""What another arrival of the same content may answer differently."""


class UrgencyLevel(models.TextChoices):
    """As the model's side-car says it of a finding."""

    ROUTINE = "routine", _("Routine")
    URGENT = "urgent", _("Urgent")
    CRITICAL = "critical", _("Critical")


FLAGGED_LEVELS = (UrgencyLevel.URGENT, UrgencyLevel.CRITICAL)
LEVEL_RANK: dict[str, int] = {
    UrgencyLevel.ROUTINE: 0,
    UrgencyLevel.URGENT: 1,
    UrgencyLevel.CRITICAL: 2,
}

ORDERING_STATES = (VersionState.ACTIVE, VersionState.RETIRED)
"""Versions whose findings order and notify. A newer version does not silence what its
predecessor found; a version that was taken out of use does neither, its findings stay."""


class AlertTier(models.TextChoices):
    """How loud a flagged finding is. None of them hides anything."""

    INTERRUPT = "interrupt", _("Notice until acknowledged")
    REORDER = "reorder", _("Moves the case up")
    PASSIVE = "passive", _("Shown only")


TIER_RANK: dict[str, int] = {
    AlertTier.PASSIVE: 0,
    AlertTier.REORDER: 1,
    AlertTier.INTERRUPT: 2,
}
TIER_OF_LEVEL: dict[str, AlertTier] = {
    UrgencyLevel.ROUTINE: AlertTier.PASSIVE,
    UrgencyLevel.URGENT: AlertTier.REORDER,
    UrgencyLevel.CRITICAL: AlertTier.INTERRUPT,
}
"""Until somebody sets another."""


class DemotionReason(models.TextChoices):
    """Which budget a tier went beyond."""

    SHARE = "share", _("More studies flagged than the budget allows")
    PPV = "ppv", _("Too few of the reviewed ones were accepted")


class AcknowledgedHow(models.TextChoices):
    NOTICE = "notice", _("Acknowledged")
    REVIEW = "review", _("Reviewed")


UNDECIDED = ("deferred", "proposed")
"""Reviews that say neither that a finding is right nor that it is wrong."""
