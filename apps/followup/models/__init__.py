"""What became of what a board recommended."""

from apps.followup.models.findings import IncidentalFinding
from apps.followup.models.outcomes import Outcome, Presentation
from apps.followup.models.rules import FollowUpRule
from apps.followup.models.tasks import FollowUpResult, FollowUpTask

__all__ = [
    "FollowUpResult",
    "FollowUpRule",
    "FollowUpTask",
    "IncidentalFinding",
    "Outcome",
    "Presentation",
]
