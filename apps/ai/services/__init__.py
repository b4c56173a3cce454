"""Writes of the AI floor. Jobs, results, reviews and exports each have their own module."""

from apps.ai.services.activation import (
    confirm_activation,
    decline_activation,
    propose_activation,
    put_into_shadow,
    retire_version,
    roll_back,
    suspend_version,
)
from apps.ai.services.bundle_uploads import (
    discard_upload,
    install_upload,
    open_bundle_upload,
    receive_bundle_piece,
)
from apps.ai.services.cards import record_local_validation, write_card_entry
from apps.ai.services.claiming import claim_next_job
from apps.ai.services.exports import (
    claim_export,
    complete_export,
    fail_export,
    retry_export,
)
from apps.ai.services.installation import install_bundle
from apps.ai.services.jobs import (
    cancel_job,
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
from apps.ai.services.opinions import give_opinion, note_viewing
from apps.ai.services.registry import (
    approve_version,
    register_builtin,
    register_bundle,
)
from apps.ai.services.results import complete_job
from apps.ai.services.reviews import accept_finding, defer_finding, dismiss_finding

__all__ = [
    "accept_finding",
    "acknowledge_alert",
    "approve_version",
    "cancel_job",
    "claim_export",
    "claim_next_job",
    "complete_export",
    "complete_job",
    "confirm_activation",
    "decline_activation",
    "defer_finding",
    "discard_upload",
    "dismiss_finding",
    "fail_export",
    "fail_job",
    "finish_cancelled_job",
    "give_opinion",
    "heartbeat_job",
    "install_bundle",
    "install_upload",
    "keep_profile",
    "keep_reference",
    "note_viewing",
    "open_bundle_upload",
    "propose_activation",
    "put_into_shadow",
    "receive_bundle_piece",
    "record_local_validation",
    "register_builtin",
    "register_bundle",
    "release_job",
    "request_job",
    "retire_version",
    "retry_export",
    "retry_job",
    "roll_back",
    "suspend_version",
    "watch_version",
    "watch_versions",
    "write_card_entry",
]
