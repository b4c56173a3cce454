"""States of models, jobs, reviews and exports, each with its allowed moves."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.ai.exceptions import refuse_move


class ModelKind(models.TextChoices):
    BUNDLE = "bundle", _("MONAI bundle")
    BUILTIN = "builtin", _("Built-in analysis")
    EXTERNAL = "external", _("External: results from the PACS")


class VersionState(models.TextChoices):
    """How far a content has come. Only ``active`` and ``shadow`` start jobs."""

    REGISTERED = "registered", _("Registered")
    VALIDATED = "validated", _("Validated locally")
    ACTIVE = "active", _("In use")
    SHADOW = "shadow", _("In shadow: runs, shows nothing")
    SUSPENDED = "suspended", _("Suspended")
    RETIRED = "retired", _("Retired")
    EXTERNAL = "external", _("Runs elsewhere")


VERSION_MOVES: dict[str, frozenset[str]] = {
    VersionState.REGISTERED: frozenset(
        {
            VersionState.VALIDATED,
            VersionState.ACTIVE,
            VersionState.SHADOW,
            VersionState.RETIRED,
        }
    ),
    VersionState.VALIDATED: frozenset(
        {VersionState.ACTIVE, VersionState.SHADOW, VersionState.RETIRED}
    ),
    VersionState.ACTIVE: frozenset(
        {VersionState.SHADOW, VersionState.SUSPENDED, VersionState.RETIRED}
    ),
    VersionState.SHADOW: frozenset(
        {VersionState.ACTIVE, VersionState.SUSPENDED, VersionState.RETIRED}
    ),
    VersionState.SUSPENDED: frozenset(
        {VersionState.ACTIVE, VersionState.SHADOW, VersionState.RETIRED}
    ),
    VersionState.RETIRED: frozenset(),
    VersionState.EXTERNAL: frozenset(),
}
RUNNING_STATES = frozenset({VersionState.ACTIVE, VersionState.SHADOW})
LEFT_STATES = frozenset({VersionState.SUSPENDED, VersionState.RETIRED})
"""Out of use: no job of it starts, and what it touched can be asked for."""


class VersionAct(models.TextChoices):
    """What a person does with a version; the moves follow from it."""

    APPROVE = "approve", _("Approve")
    PROPOSE = "propose", _("Propose for use")
    CONFIRM = "confirm", _("Put into use")
    DECLINE = "decline", _("Take the proposal back")
    SHADOW = "shadow", _("Put into shadow")
    SUSPEND = "suspend", _("Suspend")
    ROLL_BACK = "roll_back", _("Roll back")
    RETIRE = "retire", _("Retire")


class VersionChangeKind(models.TextChoices):
    """Why a version came into the state it is in."""

    REGISTERED = "registered", _("Registered")
    VALIDATED = "validated", _("Validated locally")
    ACTIVATED = "activated", _("Put into use")
    SHADOWED = "shadowed", _("Put into shadow")
    SUSPENDED = "suspended", _("Suspended")
    REPLACED = "replaced", _("Replaced by another version")
    ROLLED_BACK = "rolled_back", _("Rolled back from")
    BROUGHT_BACK = "brought_back", _("Brought back")
    RETIRED = "retired", _("Retired")


class JobState(models.TextChoices):
    """Four endings that never look alike: findings, no findings, out of scope, failed."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    FINDINGS = "findings", _("Ran: findings")
    NO_FINDINGS = "no_findings", _("Ran: no findings")
    OUT_OF_SCOPE = "out_of_scope", _("Not run: out of scope")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class RankReason(models.TextChoices):
    """Why a waiting job stands where it stands."""

    TURN = "turn", _("By its turn")
    MEETING = "meeting", _("Its case is on a coming agenda")
    URGENT = "urgent", _("Asked for as urgent")


_ENDINGS = frozenset({JobState.FINDINGS, JobState.NO_FINDINGS, JobState.OUT_OF_SCOPE})
JOB_MOVES: dict[str, frozenset[str]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED}),
    JobState.RUNNING: _ENDINGS | {JobState.FAILED, JobState.CANCELLED, JobState.QUEUED},
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
    JobState.FINDINGS: frozenset(),
    JobState.NO_FINDINGS: frozenset(),
    JobState.OUT_OF_SCOPE: frozenset(),
}
OPEN_JOB_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})
RETRYABLE_JOB_STATES = frozenset({JobState.FAILED, JobState.CANCELLED})


class FindingState(models.TextChoices):
    """What one case thinks of a finding; derived from its standing review."""

    UNREVIEWED = "unreviewed", _("Unreviewed")
    ACCEPTED = "accepted", _("Accepted")
    DISMISSED = "dismissed", _("Dismissed")
    DEFERRED = "deferred", _("Deferred")
    SUPERSEDED = "superseded", _("Superseded by a newer version")


OPEN_FINDING_STATES = frozenset({FindingState.UNREVIEWED, FindingState.DEFERRED})
"""Somebody is still to say whether it is right."""

FINDING_MOVES: dict[str, frozenset[str]] = {
    FindingState.UNREVIEWED: frozenset(
        {FindingState.ACCEPTED, FindingState.DISMISSED, FindingState.DEFERRED}
    ),
    FindingState.DEFERRED: frozenset({FindingState.ACCEPTED, FindingState.DISMISSED}),
    FindingState.DISMISSED: frozenset({FindingState.ACCEPTED}),
    FindingState.ACCEPTED: frozenset({FindingState.DISMISSED}),
    FindingState.SUPERSEDED: frozenset(),
}
"""A changed mind is a new review. From accepted it is refused once the PACS holds the result.

Superseded is what nobody reviewed before a newer version of its model read the same images.
"""


class ReviewContext(models.TextChoices):
    """What the reviewer had seen first (clinical reference, E3)."""

    READ_FIRST = "read_first", _("The images were read first, then the AI was shown")
    CONCURRENT = "concurrent", _("Images and AI were shown together")


class OpinionKind(models.TextChoices):
    """Why an opinion is no review."""

    PROPOSAL = "proposal", _("Proposed by a trainee")
    OPINION = "opinion", _("Opinion of somebody who does not review it")
    DISSENT = "dissent", _("Another reviewer disagrees")


class DismissalReason(models.TextChoices):
    """Why a finding is dismissed (clinical reference, E3)."""

    FALSE_POSITIVE_ARTEFACT = "false-positive-artefact", _("False positive: artefact")
    FALSE_POSITIVE_NORMAL = (
        "false-positive-normal-anatomy",
        _("False positive: normal anatomy or variant"),
    )
    FALSE_POSITIVE_BENIGN = "false-positive-benign-known", _("False positive: known benign")
    WRONG_LOCATION = "wrong-location", _("Wrong location")
    WRONG_BOUNDARY = "wrong-size-boundary", _("Wrong size or boundary")
    WRONG_CLASS = "wrong-class", _("Wrong class")
    DUPLICATE = "duplicate", _("Duplicate")
    ALREADY_KNOWN = "already-known", _("Already known")
    NOT_RELEVANT = "not-relevant-to-question", _("Not relevant to the question")
    IMAGE_QUALITY = "image-quality", _("Image quality")
    OUT_OF_SCOPE = "out-of-scope", _("Outside the model's scope")
    TREATMENT_CHANGE = "treatment-change", _("Treatment change")
    CANNOT_ASSESS = "cannot-assess", _("Cannot be assessed")
    OTHER = "other", _("Other (say why)")


class AlertRule(models.TextChoices):
    """What AI administration is told about a version in use."""

    FAILURES = "failures", _("Runs fail too often")
    DRIFT = "drift", _("Inputs or scores have drifted")
    ACCEPTANCE = "acceptance", _("Fewer findings are accepted than before")
    FAST_DISMISSALS = "fast_dismissals", _("Findings are dismissed too fast to be read")
    BUDGET = "budget", _("More studies are flagged urgent than agreed")


class ExternalOutcome(models.TextChoices):
    """What became of an object of somebody else's."""

    TAKEN = "taken", _("Its results are findings")
    JOINED = "joined", _("It says more of findings that are known")
    EMPTY = "empty", _("It states that nothing was found")
    REFUSED = "refused", _("It could not be read, or does not belong to the images")
    NOT_AI = "not_ai", _("Nothing in it was made by an algorithm")
    OWN = "own", _("This house wrote it")


class VerifiedElsewhere(models.TextChoices):
    """What the report of somebody else says of itself. Here it is unreviewed all the same."""

    NOT_SAID = "", _("Says nothing of verification")
    UNVERIFIED = "unverified", _("Unverified")
    VERIFIED = "verified", _("Verified elsewhere")


class ExportState(models.TextChoices):
    QUEUED = "queued", _("Waiting to be stored")
    STORING = "storing", _("Being stored")
    STORED = "stored", _("Stored and verified in the PACS")
    FAILED = "failed", _("Could not be stored")
    WITHDRAWN = "withdrawn", _("Withdrawn before it was stored")


EXPORT_MOVES: dict[str, frozenset[str]] = {
    ExportState.QUEUED: frozenset({ExportState.STORING, ExportState.WITHDRAWN}),
    ExportState.STORING: frozenset({ExportState.STORED, ExportState.QUEUED, ExportState.FAILED}),
    ExportState.FAILED: frozenset({ExportState.QUEUED, ExportState.WITHDRAWN}),
    ExportState.STORED: frozenset(),
    ExportState.WITHDRAWN: frozenset(),
}


class ValidationState(models.TextChoices):
    """A local validation run."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


_VALIDATION_ENDINGS = frozenset(
    {ValidationState.FINISHED, ValidationState.FAILED, ValidationState.CANCELLED}
)
VALIDATION_MOVES: dict[str, frozenset[str]] = {
    ValidationState.QUEUED: frozenset(
        {ValidationState.RUNNING, ValidationState.CANCELLED, ValidationState.FAILED}
    ),
    ValidationState.RUNNING: _VALIDATION_ENDINGS,
    **{ending: frozenset() for ending in _VALIDATION_ENDINGS},
}


def check_move(*, moves: dict[str, frozenset[str]], subject: str, source: str, to: str) -> None:
    """Raise ``IllegalMove`` unless ``to`` may follow ``source``."""
    if to not in moves[source]:
        raise refuse_move(subject=subject, source=source, to=to)
