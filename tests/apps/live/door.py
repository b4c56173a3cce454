"""The door of a meeting's room, for tests that are about what is behind it."""

from apps.live import services
from apps.live.models import LiveSession
from tests.people import CaseTeam


def let_in(team: CaseTeam, session: LiveSession, who: str) -> None:
    """The guest has knocked and the chair has admitted them (LIVE-M4)."""
    services.come_to_door(actor=team.actor(who), session_id=session.pk)
    services.answer_guest(
        actor=team.actor("chair"),
        session_id=session.pk,
        user_id=team.people[who].pk,
        answer="admitted",
    )
