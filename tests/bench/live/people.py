"""Rooms and the people in them, made by the product's services. Imported once Django is set up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.cases.choices import Capacity
from apps.cases.services import create_case, grant_access
from apps.core.actors import Actor
from apps.imaging.choices import StudyState
from apps.imaging.models import CaseStudy, Study
from apps.live import services
from apps.live.models import LiveSession, LiveTicket
from apps.live.protocol import SUBPROTOCOLS
from tests.bench.live.generator import stage_text
from tests.bench.live.house import Server
from tests.people import SYSTEM, make_patient, make_person

Json = dict[str, Any]


@dataclass
class BenchRoom:
    """An ad hoc room; the first of its people chairs it and presents."""

    number: int
    session: LiveSession
    people: list[User]
    study: str
    _cookies: dict[UUID, tuple[str, str]] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        return stage_text(self.study, room=self.number)

    def head(self) -> int:
        return LiveSession.objects.get(pk=self.session.pk).head

    def client(self, person: int, *, server: Server, signed_in: bool = False, **does: Any) -> Json:
        """A client of the load generator: one window of somebody, with what it does.

        ``signed_in``: it asks for its tickets itself, by REST. Otherwise it is given one.
        """
        user = self.people[person]
        plan: Json = {
            "dialect": "consilium",
            "room": self.number,
            "url": f"{server.socket_origin}/ws/live/{self.session.pk}/",
            "origin": server.origin,
            "protocols": SUBPROTOCOLS,
            **does,
        }
        if not signed_in:
            return plan | {"ticket": self._ticket(user)}
        cookie, csrf = self._sign_in(user)
        ticket_url = f"{server.origin}/api/live/sessions/{self.session.pk}/ticket"
        return plan | {"cookie": cookie, "csrf": csrf, "ticket_url": ticket_url}

    def _ticket(self, user: User) -> str:
        """Good for the minutes that a thousand people take to come in."""
        token = services.mint_ticket(actor=_actor(user), session_id=self.session.pk)
        until = timezone.now() + timedelta(minutes=10)
        LiveTicket.objects.filter(session=self.session, user=user).update(expires_at=until)
        return token

    def _sign_in(self, user: User) -> tuple[str, str]:
        if user.pk not in self._cookies:
            client = Client(SERVER_NAME="127.0.0.1")
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            client.get("/api/csrf")
            jar = {name: morsel.value for name, morsel in client.cookies.items()}
            cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
            self._cookies[user.pk] = (cookie, jar["csrftoken"])
        return self._cookies[user.pk]


def make_people(count: int) -> list[User]:
    return [make_person(name=f"Bench Person {number}") for number in range(count)]


def make_room(people: list[User], *, number: int = 0) -> BenchRoom:
    """A case of these people, one study on it, and its room."""
    case = create_case(actor=SYSTEM, patient_id=make_patient().pk, title="Bench")
    for index, user in enumerate(people):
        capacity = Capacity.MEMBER if index else Capacity.CHAIR
        grant_access(actor=SYSTEM, case_id=case.pk, user_id=user.pk, capacity=capacity)
    study = Study.objects.create(
        study_instance_uid=f"1.2.826.0.1.{uuid4().int % 10**12}", state=StudyState.READY
    )
    CaseStudy.objects.create(case=case, study=study)
    session, _ = services.open_ad_hoc_session(actor=_actor(people[0]), case_id=case.pk)
    return BenchRoom(number=number, session=session, people=people, study=study.study_instance_uid)


def _actor(user: User) -> Actor:
    return actor_for(user=User.objects.prefetch_related("roles").get(pk=user.pk))
