"""Who in a room may see what, read for all its people at once and each second (LIVE-A3)."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.middleware import LAST_SEEN
from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.cases import policies as case_policies
from apps.cases.access import Standing, standings_in_cases, standings_of_people
from apps.cases.choices import Capacity
from apps.cases.embargo import hidden_from
from apps.cases.selectors import one_look
from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.live import policies
from apps.live.door import GUESTS
from apps.live.models import LiveSession
from apps.live.projections import NOTHING, View, view_of

_CASE_POLICIES = (
    ("annotate", case_policies.annotate_case),
    ("review_findings", case_policies.review_findings),
    ("chat", case_policies.post_chat),
    ("draft_decision", case_policies.write_decision),
)


@dataclass(frozen=True, slots=True)
class Access:
    """One person's access to one case; ``None`` standing means none."""

    standing: Standing | None
    view: View = NOTHING

    @property
    def case_id(self) -> UUID | None:
        return None if self.standing is None else self.standing.case_id

    @property
    def expires_at(self) -> str | None:
        """When it ends by itself, for the countdown on screen (LIVE-M7)."""
        end = None if self.standing is None else self.standing.expires_at
        return None if end is None else end.isoformat()


def read_access(*, case_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, Access]:
    """Everybody's standing in one query; people who are no longer active have none."""
    return read_access_in(people={case_id: user_ids})[case_id]


def read_access_in(*, people: Mapping[UUID, Iterable[UUID]]) -> dict[UUID, dict[UUID, Access]]:
    """The same of several cases, each with its people, in as many queries as of one."""
    wanted = {case_id: frozenset(user_ids) for case_id, user_ids in people.items()}
    everybody = frozenset(chain.from_iterable(wanted.values()))
    active = frozenset(
        User.objects.filter(pk__in=everybody, is_active=True).values_list("pk", flat=True)
    )
    standings = standings_in_cases(case_ids=wanted, user_ids=active)
    hidden = hidden_from(case_ids=wanted, user_ids=active)
    return {
        case_id: {
            user_id: _access(
                standing=standings.get((case_id, user_id)), embargoed=(case_id, user_id) in hidden
            )
            for user_id in user_ids
        }
        for case_id, user_ids in wanted.items()
    }


def _access(*, standing: Standing | None, embargoed: bool) -> Access:
    return Access(standing=standing, view=view_of(standing=standing, embargoed=embargoed))


def ended_sign_ins(*, sign_in_keys: Iterable[str]) -> frozenset[str]:
    """Sign-in sessions that are over: signed off here, or ended by an administrator."""
    wanted = frozenset(key for key in sign_in_keys if key)
    if not wanted:
        return frozenset()
    alive = Session.objects.filter(
        session_key__in=wanted, expire_date__gt=timezone.now()
    ).values_list("session_key", flat=True)
    return wanted - frozenset(alive)


def keep_signed_in(*, sign_in_keys: Iterable[str]) -> None:
    """Following a session is use of the product: idle sign-off waits (LIVE-B5)."""
    for key in sign_in_keys:
        store = SessionStore(session_key=key)
        if not store.exists(key):
            continue
        store[LAST_SEEN] = int(time.time())
        # Signed off meanwhile: it stays so.
        with suppress(UpdateError):
            store.save()


def fresh_actor(*, user_id: UUID, session_key: str) -> Actor:
    """The person as of now, for an op: roles may have changed since they joined."""
    user = User.objects.prefetch_related("roles").get(pk=user_id)
    if not user.is_active:
        return Actor.anonymous()
    return actor_for(user=user, session_key=session_key)


@dataclass(frozen=True, slots=True)
class Ability:
    """Who somebody is now, and what the screen offers them; every act is checked again."""

    actor: Actor
    can: list[str]
    part: str = "contributor"


def read_abilities(
    *, sign_ins: Iterable[tuple[UUID, str]], session_id: UUID
) -> dict[tuple[UUID, str], Ability]:
    """Of everybody in a room at once, by person and sign-in.

    A few queries whatever the number of people: a full room goes to the next case as fast as
    an empty one.
    """
    wanted = frozenset(sign_ins)
    session = LiveSession.objects.get(pk=session_id)
    users = User.objects.filter(is_active=True).prefetch_related("roles")
    people = users.in_bulk({user_id for user_id, _ in wanted})
    standings = standings_of_people(case_id=session.case_id, user_ids=people)
    actors = {
        (user_id, key): actor_for(user=people[user_id], session_key=key)
        if user_id in people
        else Actor.anonymous()
        for user_id, key in wanted
    }
    known = {
        (actor, session.case_id): standings.get(user_id)
        for (user_id, _), actor in actors.items()
        if actor.is_person
    }
    with one_look(known):
        return {
            sign_in: Ability(
                actor=actor,
                can=_capabilities(actor=actor, session=session),
                part=part_of(actor=actor, session=session, standing=standings.get(sign_in[0])),
            )
            for sign_in, actor in actors.items()
        }


def _capabilities(*, actor: Actor, session: LiveSession) -> list[str]:
    found = [
        name
        for name, policy in _CASE_POLICIES
        if _allows(policy, actor=actor, case_id=session.case_id)
    ]
    if _allows(policies.steer_session, actor=actor, session=session):
        found.append("grant_presenter")
        if session.meeting_id is not None:
            found += ["admit", "goto"]
    if _allows(policies.take_presenter, actor=actor, session=session, vacant=False):
        found.append("present")
    return sorted(found)


def role_of(*, actor: Actor, session: LiveSession, standing: Standing | None) -> str:
    if standing is not None and policies.is_chair(actor=actor, session=session):
        return "chair"
    only_watches = standing is None or standing.capacities <= {Capacity.OBSERVER}
    return "observer" if only_watches else "participant"


def part_of(*, actor: Actor, session: LiveSession, standing: Standing | None) -> str:
    """What somebody is in this room, in a word; who presents is told apart (LIVE-M3)."""
    if standing is None:
        return "observer"
    if policies.is_chair(actor=actor, session=session):
        return "chair"
    if standing.capacities <= {Capacity.OBSERVER}:
        return "observer"
    return "guest" if standing.capacities <= GUESTS else "contributor"


def _allows(policy: object, **arguments: object) -> bool:
    assert callable(policy)
    try:
        policy(**arguments)
    except DomainError:
        return False
    return True
