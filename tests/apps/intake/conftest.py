"""A board whose coordinator takes lists in, and a meeting of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.boards import services as boards
from apps.boards.choices import BoardRole
from tests.apps.intake.scene import Desk
from tests.people import make_case_team


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
