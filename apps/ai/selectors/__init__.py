"""Reads of the AI floor. Each module is one concern."""

from apps.ai.selectors.cases import (
    ResultCases,
    cases_in_work,
    result_cases,
)
from apps.ai.selectors.describing import describe_finding, history_of_finding
from apps.ai.selectors.findings import (
    UNREVIEWED_VERSION,
    accepted_findings,
    findings_of_case,
    get_finding,
    list_findings,
    resolve_case,
    standing_amendment,
    standing_review,
    state_of_finding,
)
from apps.ai.selectors.jobs import (
    QueuePlace,
    get_job,
    list_jobs,
    queue_places,
    usual_durations_s,
)
from apps.ai.selectors.objects import (
    claim_reports,
    claim_segmentations,
    summarise_cases,
)
from apps.ai.selectors.registry import (
    APPROVALS_NEEDED,
    approvals_of,
    current_version,
    is_approved,
    list_models,
    version_acts,
)

__all__ = [
    "APPROVALS_NEEDED",
    "UNREVIEWED_VERSION",
    "QueuePlace",
    "ResultCases",
    "accepted_findings",
    "approvals_of",
    "cases_in_work",
    "claim_reports",
    "claim_segmentations",
    "current_version",
    "describe_finding",
    "findings_of_case",
    "get_finding",
    "get_job",
    "history_of_finding",
    "is_approved",
    "list_findings",
    "list_jobs",
    "list_models",
    "queue_places",
    "resolve_case",
    "result_cases",
    "standing_amendment",
    "standing_review",
    "state_of_finding",
    "summarise_cases",
    "usual_durations_s",
    "version_acts",
]
