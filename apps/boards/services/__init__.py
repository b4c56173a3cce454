"""Every change to boards, meetings, agendas and decisions."""

from apps.boards.services.agenda import (
    add_agenda_item,
    finish_agenda_item,
    goto_agenda_item,
    move_agenda_item,
    remove_agenda_item,
)
from apps.boards.services.attendance import (
    check_in,
    note_gone,
    note_joined,
    note_left,
    remove_attendance,
    set_quorum,
    tick_attendance,
)
from apps.boards.services.clock import set_clock
from apps.boards.services.decisions import (
    AlternativeDraft,
    DraftWords,
    EvidenceDraft,
    PositionDraft,
    RecommendationDraft,
    ToSign,
    add_addendum,
    call_for_votes,
    confirm_decision,
    note_told,
    save_draft,
    sign_decision,
    sign_many,
    state_position,
)
from apps.boards.services.hangings import create_hanging, delete_hanging, revise_hanging
from apps.boards.services.meetings import (
    move_meeting,
    reschedule_meeting,
    revise_meeting,
    schedule_meeting,
)
from apps.boards.services.members import (
    add_board_member,
    change_board_role,
    create_board,
    remove_board_member,
    set_recording,
)
from apps.boards.services.reading import reveal_ai, set_ai_reading
from apps.boards.services.series import (
    end_series,
    make_meetings_ahead,
    plan_series,
    revise_series,
)

__all__ = [
    "AlternativeDraft",
    "DraftWords",
    "EvidenceDraft",
    "PositionDraft",
    "RecommendationDraft",
    "ToSign",
    "add_addendum",
    "add_agenda_item",
    "add_board_member",
    "call_for_votes",
    "change_board_role",
    "check_in",
    "confirm_decision",
    "create_board",
    "create_hanging",
    "delete_hanging",
    "end_series",
    "finish_agenda_item",
    "goto_agenda_item",
    "make_meetings_ahead",
    "move_agenda_item",
    "move_meeting",
    "note_gone",
    "note_joined",
    "note_left",
    "note_told",
    "plan_series",
    "remove_agenda_item",
    "remove_attendance",
    "remove_board_member",
    "reschedule_meeting",
    "reveal_ai",
    "revise_hanging",
    "revise_meeting",
    "revise_series",
    "save_draft",
    "schedule_meeting",
    "set_ai_reading",
    "set_clock",
    "set_quorum",
    "set_recording",
    "sign_decision",
    "sign_many",
    "state_position",
    "tick_attendance",
]
