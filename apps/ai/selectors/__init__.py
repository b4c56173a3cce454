"""Reads of the AI floor. Each module is one concern."""

from apps.ai.selectors.cards import describe_card
from apps.ai.selectors.cases import (
    ResultCases,
    cases_in_work,
    result_cases,
)
from apps.ai.selectors.describing import describe_finding, history_of_finding
from apps.ai.selectors.external import describe_external, offer_external, own_objects
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
from apps.ai.selectors.monitoring import (
    MonitoredVersion,
    drift_report,
    list_alerts,
    monitored_version,
    monitoring_report,
)
from apps.ai.selectors.objects import (
    claim_reports,
    claim_segmentations,
    summarise_cases,
)
from apps.ai.selectors.reach import (
    ReachScope,
    count_reach,
    describe_reach,
    list_reach,
    reach_scope,
)
from apps.ai.selectors.registry import (
    APPROVALS_NEEDED,
    approvals_of,
    current_version,
    get_version,
    is_approved,
    list_models,
    may_skip_validation,
    open_proposal,
    unvalidated_reason,
    version_acts,
    version_to_return_to,
)

__all__ = [
    "APPROVALS_NEEDED",
    "UNREVIEWED_VERSION",
    "MonitoredVersion",
    "QueuePlace",
    "ReachScope",
    "ResultCases",
    "accepted_findings",
    "approvals_of",
    "cases_in_work",
    "claim_reports",
    "claim_segmentations",
    "count_reach",
    "current_version",
    "describe_card",
    "describe_external",
    "describe_finding",
    "describe_reach",
    "drift_report",
    "findings_of_case",
    "get_finding",
    "get_job",
    "get_version",
    "history_of_finding",
    "is_approved",
    "list_alerts",
    "list_findings",
    "list_jobs",
    "list_models",
    "list_reach",
    "may_skip_validation",
    "monitored_version",
    "monitoring_report",
    "offer_external",
    "open_proposal",
    "own_objects",
    "queue_places",
    "reach_scope",
    "resolve_case",
    "result_cases",
    "standing_amendment",
    "standing_review",
    "state_of_finding",
    "summarise_cases",
    "unvalidated_reason",
    "usual_durations_s",
    "version_acts",
    "version_to_return_to",
]
