"""Reads of the AI floor. Each module is one concern."""

from apps.ai.selectors.cases import (
    ResultCases,
    cases_in_work,
    result_cases,
)
from apps.ai.selectors.external import describe_external, offer_external, own_objects
from apps.ai.selectors.findings import (
    UNREVIEWED_VERSION,
    accepted_findings,
    describe_finding,
    findings_of_case,
    get_finding,
    list_findings,
    resolve_case,
    standing_review,
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
    "describe_external",
    "describe_finding",
    "findings_of_case",
    "get_finding",
    "get_job",
    "is_approved",
    "list_findings",
    "list_jobs",
    "list_models",
    "offer_external",
    "own_objects",
    "queue_places",
    "resolve_case",
    "result_cases",
    "standing_review",
    "summarise_cases",
    "usual_durations_s",
    "version_acts",
]
