"""A board in session with one case, for tests of its decisions."""

from dataclasses import dataclass
from datetime import timedelta
from time import time
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.boards import decision_text, selectors, services
from apps.boards.choices import BoardRole
from apps.boards.models import AgendaItem, Board, Decision, Meeting
from tests.people import CaseTeam, make_case_team


@dataclass
class Scene:
    team: CaseTeam
    board: Board
    meeting: Meeting
    item: AgendaItem

    def draft(self, **more: Any) -> Decision:
        fields: dict[str, Any] = {
            "recommendations": [services.RecommendationDraft(text="Lobectomy", intent="curative")],
            "positions": [],
            "meeting_id": self.meeting.pk,
        } | more
        return services.save_draft(
            actor=self.team.actor("coordinator"), case_id=self.team.case_id, **fields
        )

    def sign(self, decision: Decision, **more: Any) -> Decision:
        fields = {"version": decision.version, "digest": digest(decision)} | more
        return services.sign_decision(
            actor=self.team.actor("chair"), decision_id=decision.pk, **fields
        )

    def tick(self, who: str) -> None:
        services.tick_attendance(
            actor=self.team.actor("chair"),
            meeting_id=self.meeting.pk,
            user_id=self.team.people[who].pk,
        )

    def client(self, who: str, *, proven_s_ago: float | None = 0) -> Client:
        return client_of(self.team, who, proven_s_ago=proven_s_ago)


def make_scene(*, quorum: tuple[str, ...] = ()) -> Scene:
    team = make_case_team()
    coordinator = team.actor("coordinator")
    board = services.create_board(actor=coordinator, name="Thoracic")
    for who, role in (
        ("chair", BoardRole.CHAIR),
        ("surgeon", BoardRole.CORE),
        ("radiologist", BoardRole.CORE),
        ("oncologist", BoardRole.CORE),
    ):
        services.add_board_member(
            actor=coordinator, board_id=board.pk, user_id=team.people[who].pk, role=role
        )
    services.set_quorum(actor=coordinator, board_id=board.pk, disciplines=list(quorum))
    meeting, item = add_meeting(team, board)
    services.goto_agenda_item(actor=coordinator, item_id=item.pk)
    return Scene(team, board, meeting, item)


def add_meeting(team: CaseTeam, board: Board, *, days: int = 0) -> tuple[Meeting, AgendaItem]:
    start = timezone.now() + timedelta(days=days)
    meeting = services.schedule_meeting(
        actor=team.actor("coordinator"), board_id=board.pk, starts_at=start,
        ends_at=start + timedelta(hours=1),
    )  # fmt: skip
    item = services.add_agenda_item(
        actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=team.case_id
    )
    return meeting, item


def whole(decision: Decision) -> Decision:
    """The decision as a reader gets it."""
    return selectors.with_all_of_it(Decision.objects.all()).get(pk=decision.pk)


def digest(decision: Decision) -> str:
    return decision_text.digest_of(decision_text.signed_part(whole(decision)))


def client_of(team: CaseTeam, who: str, *, proven_s_ago: float | None = 0) -> Client:
    """A session in which this person said who they are so many seconds ago, or never."""
    client = Client()
    user = team.people[who]
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if proven_s_ago is not None:
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": time() - proven_s_ago}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client
