"""Writes of the live session, split by concern."""

from apps.live.services.asks import ask_to_present, decline_ask, withdraw_ask
from apps.live.services.chat import post_chat
from apps.live.services.leases import (
    acquire_lease,
    guard_edit,
    release_lease,
    renew_lease,
    require_lease,
)
from apps.live.services.lobby import answer_guest, come_to_door, stay_at_door
from apps.live.services.ops import submit_op
from apps.live.services.presenter import (
    grant_presenter,
    release_presenter,
    renew_epoch,
    return_token,
    take_presenter,
)
from apps.live.services.screens import (
    announce_screen,
    claim_screen,
    connect_screen,
    disconnect_screen,
    purge_screens,
    show_next_case,
)
from apps.live.services.sessions import (
    end_idle_rooms,
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
    "announce_screen",
    "answer_guest",
    "ask_to_present",
    "claim_screen",
    "come_to_door",
    "connect_screen",
    "decline_ask",
    "disconnect_screen",
    "end_idle_rooms",
    "end_session",
    "grant_presenter",
    "guard_edit",
    "mint_ticket",
    "open_ad_hoc_session",
    "open_meeting_session",
    "post_chat",
    "purge_screens",
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
    "show_next_case",
    "stay_at_door",
    "submit_op",
    "take_presenter",
    "withdraw_ask",
    "write_keyframe",
]
