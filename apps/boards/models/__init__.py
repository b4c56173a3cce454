"""Boards, meetings, agendas and what was decided, by whom, with which dissent."""

from apps.boards.models.boards import Board, BoardMember
from apps.boards.models.decisions import Decision, DecisionNote, Position, Recommendation
from apps.boards.models.hangings import HangingProtocol
from apps.boards.models.meetings import AgendaItem, Attendance, Meeting
from apps.boards.models.readiness import CaseReadiness, ItemDuty, ItemRecord, ItemReminder
from apps.boards.models.series import MeetingSeries
from apps.boards.models.templates import CaseTemplate, CaseTemplateVersion
from apps.boards.models.triage import CaseMove

__all__ = [
    "AgendaItem",
    "Attendance",
    "Board",
    "BoardMember",
    "CaseMove",
    "CaseReadiness",
    "CaseTemplate",
    "CaseTemplateVersion",
    "Decision",
    "DecisionNote",
    "HangingProtocol",
    "ItemDuty",
    "ItemRecord",
    "ItemReminder",
    "Meeting",
    "MeetingSeries",
    "Position",
    "Recommendation",
]
