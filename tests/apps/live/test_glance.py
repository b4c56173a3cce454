"""The second-hand's one look for all rooms: as many queries for three rooms as for one."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.cases.services import revoke_grant
from apps.live import services
from apps.live.access import Access, read_access
from apps.live.hub.glance import Glance, people_in, take_glance
from apps.live.models import LiveSession
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = pytest.mark.django_db


def _room(team: CaseTeam, *who: str) -> Any:
    """As much of a room as the look asks for, with everybody's access as it is now."""
    session, _ = services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    access = read_access(case_id=team.case_id, user_ids=[team.people[one].pk for one in who])
    members = [
        SimpleNamespace(user_id=user_id, access=one, sign_in_key="")
        for user_id, one in access.items()
    ]
    return SimpleNamespace(
        session_id=session.pk,
        case_id=team.case_id,
        members=members,
        leases=SimpleNamespace(held={}),
    )


def _look(rooms: list[Any]) -> Glance:
    return take_glance(
        people=people_in(rooms),
        session_ids=[room.session_id for room in rooms],
        sign_in_keys={"nobody"},
    )


def test_the_number_of_queries_is_that_of_one_room() -> None:
    rooms = [_room(make_case_team(), "chair", "surgeon", "consultant") for _ in range(3)]
    counts = []
    for some in (rooms[:1], rooms):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            _look(some)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


def test_LIVE_A3_whoever_lost_something_is_looked_at_and_nobody_else() -> None:
    teams = [make_case_team() for _ in range(3)]
    rooms = [_room(team, "chair", "surgeon", "consultant") for team in teams]
    assert not [room for room in rooms if _look(rooms).has_other_access(room)]
    grant = teams[0].case.grants.get(user=teams[0].people["surgeon"])
    revoke_grant(actor=SYSTEM, case_id=teams[0].case_id, grant_id=grant.pk)
    User.objects.filter(pk=teams[1].people["consultant"].pk).update(is_active=False)
    look = _look(rooms)
    assert [look.has_other_access(room) for room in rooms] == [True, True, False]


def test_LIVE_A3_a_person_of_two_rooms_is_judged_by_each_rooms_case() -> None:
    """Access to one case says nothing of the other."""
    one, other = make_case_team(), make_case_team()
    rooms = [_room(one, "surgeon"), _room(other, "chair")]
    stranger = rooms[0].members[0]
    rooms[1].members.append(stranger)
    look = _look(rooms)
    assert [look.has_other_access(room) for room in rooms] == [False, True]
    assert look.access[other.case_id][stranger.user_id].standing is None


def test_LIVE_A3_a_room_that_moved_since_and_who_just_came_are_looked_at() -> None:
    room = _room(make_case_team(), "chair")
    look = _look([room])
    room.members.append(SimpleNamespace(user_id=uuid4(), access=Access(standing=None)))
    assert look.has_other_access(room)
    room.members.pop()
    assert not look.has_other_access(room)
    room.case_id = uuid4()
    assert look.has_other_access(room)


def test_an_ended_room_and_an_ended_sign_in_are_seen() -> None:
    team = make_case_team()
    room = _room(team, "chair")
    services.end_session(actor=team.actor("chair"), session_id=room.session_id)
    look = _look([room])
    assert look.heads[room.session_id]["state"] == LiveSession.objects.get().state == "ended"
    assert look.ended == {"nobody"}
