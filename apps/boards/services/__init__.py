"""Every change to boards, meetings, agendas and decisions."""

from apps.boards.services.agenda import (
    add_agenda_item,
    finish_agenda_item,
    goto_agenda_item,
    move_agenda_item,
    remove_agenda_item,
)
from apps.boards.services.agenda_order import (
    add_agenda_items,
    carry_over,
    order_agenda,
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
from apps.boards.services.chasing import Reminded, give_duty, remind, send_reminder
from apps.boards.services.clock import set_clock
from apps.boards.services.decisions import (
    PositionDraft,
    RecommendationDraft,
    call_for_votes,
    save_draft,
    sign_decision,
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
from apps.boards.services.readiness import (
    readiness_of,
    record_item,
    refresh_readiness,
    refresh_waiting,
    take_template,
)
from apps.boards.services.reading import reveal_ai, set_ai_reading
from apps.boards.services.series import (
    end_series,
    make_meetings_ahead,
    plan_series,
    revise_series,
)
from apps.boards.services.templates import ensure_templates, revise_template
from apps.boards.services.time_boxes import capacity_of, set_agenda_rules, set_time_box
from apps.boards.services.triage import (
    Moved,
    Owed,
    TriageWish,
    propose_standard,
    pull_up,
    triage_case,
    triage_many,
    undo_moves,
)

__all__ = [
    "Moved",
    "Owed",
    "PositionDraft",
    "RecommendationDraft",
    "Reminded",
    "TriageWish",
    "add_agenda_item",
    "add_agenda_items",
    "add_board_member",
    "call_for_votes",
    "capacity_of",
    "carry_over",
    "change_board_role",
    "check_in",
    "create_board",
    "create_hanging",
    "delete_hanging",
    "end_series",
    "ensure_templates",
    "finish_agenda_item",
    "give_duty",
    "goto_agenda_item",
    "make_meetings_ahead",
    "move_agenda_item",
    "move_meeting",
    "note_gone",
    "note_joined",
    "note_left",
    "order_agenda",
    "plan_series",
    "propose_standard",
    "pull_up",
    "readiness_of",
    "record_item",
    "refresh_readiness",
    "refresh_waiting",
    "remind",
    "remove_agenda_item",
    "remove_attendance",
    "remove_board_member",
    "reschedule_meeting",
    "reveal_ai",
    "revise_hanging",
    "revise_meeting",
    "revise_series",
    "revise_template",
    "save_draft",
    "schedule_meeting",
    "send_reminder",
    "set_agenda_rules",
    "set_ai_reading",
    "set_clock",
    "set_quorum",
    "set_recording",
    "set_time_box",
    "sign_decision",
    "state_position",
    "take_template",
    "tick_attendance",
    "triage_case",
    "triage_many",
    "undo_moves",
]
