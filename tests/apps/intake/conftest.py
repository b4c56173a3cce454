"""A board whose coordinator takes lists in, and a meeting of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.boards import services as boards
from apps.boards.choices import BoardRole
from apps.boards.models import Board, Meeting
from apps.intake import services
from apps.intake.models import IntakeList, IntakeRow
from tests.apps.intake.lists import GERMAN, ROWS, table
from tests.people import CaseTeam, make_case_team


@dataclass
class Desk:
    """Where the coordinator works."""

    team: CaseTeam
    board: Board
    meeting: Meeting

    def receive(self, text: str = "", *, who: str = "coordinator") -> IntakeList:
        return services.receive_list(
            actor=self.team.actor(who),
            board_id=self.board.pk,
            text=text or table([GERMAN, *ROWS]),
        )

    def row(self, intake_list: IntakeList, position: int = 1) -> IntakeRow:
        return IntakeRow.objects.get(intake_list=intake_list, position=position)

    def correct(self, intake_list: IntakeList, position: int = 1, **changes: object) -> IntakeRow:
        services.correct_row(
            actor=self.team.actor("coordinator"),
            intake_list_id=intake_list.pk,
            position=position,
            version=self.row(intake_list, position).version,
            changes=changes,
        )
        return self.row(intake_list, position)

    def map(self, intake_list: IntakeList, **changes: object) -> IntakeList:
        intake_list.refresh_from_db()
        return services.map_list(
            actor=self.team.actor("coordinator"),
            intake_list_id=intake_list.pk,
            version=intake_list.version,
            changes=changes,
        )

    def confirm(self, intake_list: IntakeList, *, who: str = "coordinator") -> IntakeList:
        """What is said on the screen, and the task that it owes."""
        intake_list.refresh_from_db()
        services.confirm_list(
            actor=self.team.actor(who),
            intake_list_id=intake_list.pk,
            version=intake_list.version,
            meeting_id=self.meeting.pk,
        )
        services.place_rows(intake_list_id=intake_list.pk)
        intake_list.refresh_from_db()
        return intake_list

    def undo(self, intake_list: IntakeList) -> IntakeList:
        intake_list.refresh_from_db()
        return services.undo_list(
            actor=self.team.actor("coordinator"),
            intake_list_id=intake_list.pk,
            version=intake_list.version,
        )


@pytest.fixture()
def desk(db: None) -> Desk:
    team = make_case_team()
    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name="Thoracic")
    for who, role in (("chair", BoardRole.CHAIR), ("surgeon", BoardRole.CORE)):
        boards.add_board_member(
            actor=coordinator, board_id=board.pk, user_id=team.people[who].pk, role=role
        )
    starts = timezone.now() + timedelta(days=3)
    meeting = boards.schedule_meeting(
        actor=coordinator,
        board_id=board.pk,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
    )
    return Desk(team, board, meeting)
