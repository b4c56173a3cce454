"""Where a coordinator works on lists, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from apps.boards.models import AgendaItem, Board, Meeting
from apps.core.exceptions import DomainError
from apps.intake import services
from apps.intake.models import IntakeList, IntakeRow
from tests.apps.intake.lists import GERMAN, ROWS, table
from tests.people import CaseTeam


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


def titles(desk: Desk) -> list[str]:
    items = AgendaItem.objects.filter(meeting=desk.meeting).order_by("position")
    return list(items.values_list("case__title", flat=True))


def refused(call: object, *arguments: object, **named: object) -> str:
    with pytest.raises(DomainError) as error:
        call(*arguments, **named)  # type: ignore[operator]
    return error.value.error_code
