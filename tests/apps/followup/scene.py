"""A board that decided about a case, at a time of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.boards import services as boards
from apps.boards.choices import BoardRole
from apps.boards.models import Board, Decision, Meeting
from apps.boards.services import RecommendationDraft
from apps.followup.models import FollowUpTask
from tests.people import CaseTeam, make_case_team

NOW = datetime(2027, 1, 12, 14, tzinfo=UTC)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass
class Scene:
    team: CaseTeam
    board: Board
    meeting: Meeting

    def decide(
        self, *, texts: tuple[str, ...] = ("Lobectomy",), who: str | None = "surgeon"
    ) -> Decision:
        """Draft and sign; ``who`` is responsible."""
        responsible = self.team.people[who].pk if who else None
        draft = boards.save_draft(
            actor=self.team.actor("coordinator"),
            case_id=self.team.case_id,
            meeting_id=self.meeting.pk,
            recommendations=[
                RecommendationDraft(text=one, responsible=responsible) for one in texts
            ],
            positions=[],
        )
        return boards.sign_decision(
            actor=self.team.actor("chair"), decision_id=draft.pk, version=draft.version
        )

    def tasks(self) -> list[FollowUpTask]:
        return list(FollowUpTask.objects.order_by("due", "recommendation__position"))

    def client(self, who: str) -> APIClient:
        made = APIClient()
        made.force_login(self.team.people[who], backend=BACKEND)
        return made


def make_scene(monkeypatch: pytest.MonkeyPatch, *, name: str = "Thoracic") -> Scene:
    """People first: what was granted them ends by today's clock."""
    team = make_case_team()
    set_clock(monkeypatch, NOW - timedelta(days=30))
    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name=name)
    for who, role in (
        ("chair", BoardRole.CHAIR),
        ("surgeon", BoardRole.CORE),
        ("radiologist", BoardRole.CORE),
        ("oncologist", BoardRole.CORE),
        ("trainee", BoardRole.OBSERVER),
    ):
        seat(board_id=board.pk, team=team, who=who, role=role)
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=NOW, ends_at=NOW + timedelta(hours=1)
    )
    boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)
    set_clock(monkeypatch, NOW)
    return Scene(team, board, meeting)


def seat(*, board_id: UUID, team: CaseTeam, who: str, role: str) -> None:
    boards.add_board_member(
        actor=team.actor("coordinator"), board_id=board_id, user_id=team.people[who].pk, role=role
    )


def set_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: at)
