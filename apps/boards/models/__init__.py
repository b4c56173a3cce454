"""Boards, meetings, agendas and what was decided, by whom, with which dissent."""

from apps.boards.models.boards import Board, BoardMember
from apps.boards.models.decisions import Decision, DecisionNote, Position, Recommendation
from apps.boards.models.hangings import HangingProtocol
from apps.boards.models.meetings import AgendaItem, Attendance, Meeting
from apps.boards.models.series import MeetingSeries

__all__ = [
    "AgendaItem",
    "Attendance",
    "Board",
    "BoardMember",
    "Decision",
    "DecisionNote",
    "HangingProtocol",
    "Meeting",
    "MeetingSeries",
    "Position",
    "Recommendation",
]
