"""In the room nobody is excepted: AI results of the case on screen, until they are revealed."""

from uuid import UUID

from apps.boards.choices import AiReading, MeetingStatus
from apps.boards.embargo import Pairs, unread_items, withhold
from apps.live.choices import SessionState
from apps.live.models import LiveSession


def withhold_in_room(*, case_ids: frozenset[UUID], user_ids: frozenset[UUID]) -> Pairs:
    """While a room of the board's open meeting has the case on screen."""
    shown = LiveSession.objects.filter(
        state=SessionState.OPEN,
        meeting__status=MeetingStatus.OPEN,
        meeting__board__ai_reading__in=(AiReading.IN_MEETING, AiReading.FROM_AGENDA),
    )
    items = unread_items().filter(pk__in=shown.values("agenda_item_id"))
    return withhold(items=items, case_ids=case_ids, user_ids=user_ids, except_reviewers=False)
