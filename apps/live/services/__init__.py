"""Writes of the live session, split by concern."""

from apps.live.services.chat import post_chat
from apps.live.services.leases import (
    acquire_lease,
    guard_edit,
    release_lease,
    renew_lease,
    require_lease,
)
from apps.live.services.ops import submit_op
from apps.live.services.presenter import (
    grant_presenter,
    release_presenter,
    renew_epoch,
    return_token,
    take_presenter,
)
from apps.live.services.sessions import (
    end_session,
    open_ad_hoc_session,
    open_meeting_session,
    record_attendance,
    record_studies_viewed,
)
from apps.live.services.stage import write_keyframe
from apps.live.services.tickets import mint_ticket, purge_tickets, redeem_ticket

__all__ = [
    "acquire_lease",
    "end_session",
    "grant_presenter",
    "guard_edit",
    "mint_ticket",
    "open_ad_hoc_session",
    "open_meeting_session",
    "post_chat",
    "purge_tickets",
    "record_attendance",
    "record_studies_viewed",
    "redeem_ticket",
    "release_lease",
    "release_presenter",
    "renew_epoch",
    "renew_lease",
    "require_lease",
    "return_token",
    "submit_op",
    "take_presenter",
    "write_keyframe",
]
