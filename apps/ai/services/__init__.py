"""Writes of the AI floor. Jobs, results, reviews and exports each have their own module."""

from apps.ai.services.exports import (
    claim_export,
    complete_export,
    fail_export,
    retry_export,
)
from apps.ai.services.installation import install_bundle
from apps.ai.services.jobs import (
    cancel_job,
    claim_next_job,
    fail_job,
    finish_cancelled_job,
    heartbeat_job,
    release_job,
    request_job,
    retry_job,
)
from apps.ai.services.monitoring import (
    acknowledge_alert,
    keep_profile,
    keep_reference,
    watch_version,
    watch_versions,
)
from apps.ai.services.registry import (
    activate_version,
    approve_version,
    register_builtin,
    register_bundle,
    suspend_version,
)
from apps.ai.services.results import complete_job
from apps.ai.services.reviews import accept_finding, dismiss_finding

__all__ = [
    "accept_finding",
    "acknowledge_alert",
    "activate_version",
    "approve_version",
    "cancel_job",
    "claim_export",
    "claim_next_job",
    "complete_export",
    "complete_job",
    "dismiss_finding",
    "fail_export",
    "fail_job",
    "finish_cancelled_job",
    "heartbeat_job",
    "install_bundle",
    "keep_profile",
    "keep_reference",
    "register_builtin",
    "register_bundle",
    "release_job",
    "request_job",
    "retry_export",
    "retry_job",
    "suspend_version",
    "watch_version",
    "watch_versions",
]
