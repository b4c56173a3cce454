"""The screen on a room's wall is a place: it looks, at one meeting, and does nothing (LIVE-M10)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for, search_people
from apps.audit.models import AuditEntry
from apps.boards import services as boards
from apps.boards.models import AgendaItem, Attendance, Meeting
from apps.cases import policies as case_policies
from apps.cases.choices import Capacity, Guise
from apps.cases.models import CaseGrant
from apps.cases.selectors import list_grants, people_in_case
from apps.cases.services import grant_access
from apps.core.actors import Actor
from apps.core.exceptions import DomainError, Forbidden, InvalidInput, NotVisible, RateLimited
from apps.live import services
from apps.live.api.screen_views import ScreensPerAddress
from apps.live.models import LiveSession, RoomScreen
from apps.live.services import screens
from tests.apps.live.conftest import Connect, call
from tests.apps.live.test_meeting import meeting, session
from tests.live_client import pointer, stage
from tests.people import SYSTEM, CaseTeam

__all__ = ["meeting", "session"]
pytestmark = pytest.mark.django_db(transaction=True)


def _connect(
    team: CaseTeam, session: LiveSession, *, guise: str = Guise.IDENTIFIED, by: str = "chair"
) -> RoomScreen:
    announced = services.announce_screen()
    return services.connect_screen(
        actor=team.actor(by),
        session_id=session.pk,
        code=announced.code,
        name="Room 2.14",
        guise=guise,
    )


def _as_member(team: CaseTeam, screen: RoomScreen) -> None:
    """So that the tests' own door can be used: ``connect("wall")``."""
    assert screen.place is not None
    team.people["wall"] = screen.place


def _actor(screen: RoomScreen) -> Actor:
    return actor_for(user=User.objects.get(pk=screen.place_id))


def _browser(screen_id: Any, secret: str) -> tuple[Client, dict[str, Any]]:
    client = Client()
    answer = client.post(
        f"/api/room-screens/{screen_id}/claim",
        {"secret": secret},
        content_type="application/json",
    )
    return client, {"status": answer.status_code, **answer.json()}


# ── pairing ───────────────────────────────────────────────────────────────────────────


def test_LIVE_M10_a_browser_on_the_wall_gets_a_code_and_is_signed_on_once_connected(
    team: CaseTeam, session: LiveSession
) -> None:
    made = Client().post("/api/room-screens").json()
    assert set(made) == {"id", "code", "secret", "expires_at"}
    browser, told = _browser(made["id"], made["secret"])
    assert (told["state"], told["session"]) == ("waiting", None)
    assert "sessionid" not in browser.cookies
    services.connect_screen(
        actor=team.actor("chair"),
        session_id=session.pk,
        code=f"{made['code'][:4]}-{made['code'][4:].lower()}",
        name="Room 2.14",
    )
    browser, told = _browser(made["id"], made["secret"])
    assert (told["state"], told["session"], told["name"]) == (
        "connected",
        str(session.pk),
        "Room 2.14",
    )
    wall = browser.get(f"/api/live/sessions/{session.pk}/wall").json()
    assert wall["name"] == "Room 2.14"
    assert len(wall["code"]) == 6
    row = RoomScreen.objects.get()
    kept = f"{row.code_sha256} {row.secret_sha256}"
    assert made["secret"] not in kept and made["code"] not in kept


def test_LIVE_M10_one_address_does_not_keep_a_hospital_from_its_walls(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScreensPerAddress, "rate", "3/hour")
    monkeypatch.setattr(ScreensPerAddress, "cache", LocMemCache("screens", {}))
    here, there = {"REMOTE_ADDR": "10.0.0.1"}, {"REMOTE_ADDR": "10.0.0.2"}
    claimed = [f"10.9.9.{number}" for number in range(5)]  # a client's own word counts nothing
    answers = [
        Client().post("/api/room-screens", HTTP_X_FORWARDED_FOR=one, **here).status_code
        for one in claimed
    ]
    assert answers == [201, 201, 201, 429, 429]
    assert Client().post("/api/room-screens", **there).status_code == 201
    assert RoomScreen.objects.count() == 4


def test_LIVE_M10_the_secret_is_the_proof_and_nobody_loses_their_sign_in(
    team: CaseTeam, session: LiveSession
) -> None:
    announced = services.announce_screen()
    services.connect_screen(
        actor=team.actor("chair"), session_id=session.pk, code=announced.code, name="Room"
    )
    assert _browser(announced.screen.pk, "wrong")[1]["status"] == 404
    assert _browser(uuid4(), announced.secret)[1]["status"] == 404
    person = Client()
    person.force_login(team.people["chair"], backend="django.contrib.auth.backends.ModelBackend")
    answer = person.post(
        f"/api/room-screens/{announced.screen.pk}/claim",
        {"secret": announced.secret},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "signed_in")


def test_LIVE_M10_only_who_steers_the_room_connects_a_screen_and_a_code_is_good_once(
    team: CaseTeam, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced = services.announce_screen()
    for who, refusal in (("surgeon", Forbidden), ("outsider", NotVisible)):
        with pytest.raises(refusal):
            services.connect_screen(
                actor=team.actor(who), session_id=session.pk, code=announced.code, name="Room"
            )
    _connect(team, session, by="coordinator")
    services.connect_screen(
        actor=team.actor("chair"), session_id=session.pk, code=announced.code, name="Room"
    )
    old = services.announce_screen()
    RoomScreen.objects.filter(pk=old.screen.pk).update(expires_at=timezone.now())
    for code in (announced.code, "AAAAAAAA", old.code):
        with pytest.raises(InvalidInput) as wrong:
            services.connect_screen(
                actor=team.actor("chair"), session_id=session.pk, code=code, name="Room"
            )
        assert wrong.value.error_code == "screen_code_wrong"
    monkeypatch.setattr(screens, "MOST_WAITING", 0)
    with pytest.raises(RateLimited):
        services.announce_screen()
    assert AuditEntry.objects.filter(action="security.screen_connected").count() == 2


# ── it looks, and nothing else ────────────────────────────────────────────────────────


def test_LIVE_M10_every_policy_of_a_case_refuses_a_screen_all_but_looking(
    team: CaseTeam, session: LiveSession
) -> None:
    place = _actor(_connect(team, session))
    assert (place.is_place, place.is_person) == (True, False)
    case_policies.view_case(actor=place, case_id=team.case_id)
    assert case_policies.capabilities(actor=place, case_id=team.case_id) == ["view_identified"]
    with pytest.raises(Forbidden):
        case_policies.post_chat(actor=place, case_id=team.case_id)
    for refused in (
        lambda: services.take_presenter(actor=place, session_id=session.pk, vacant=True),
        lambda: services.ask_to_present(actor=place, session_id=session.pk),
        lambda: services.grant_presenter(
            actor=team.actor("chair"), session_id=session.pk, user_id=place.id
        ),
        lambda: boards.check_in(actor=place, code="000000"),
        lambda: boards.tick_attendance(
            actor=team.actor("chair"), meeting_id=session.meeting_id, user_id=place.id
        ),
        lambda: grant_access(
            actor=SYSTEM, case_id=team.case_id, user_id=place.id, capacity=Capacity.MEMBER
        ),
    ):
        with pytest.raises(DomainError):
            refused()


def test_LIVE_M10_a_screen_is_in_no_list_of_people(team: CaseTeam, session: LiveSession) -> None:
    place_id = _connect(team, session).place_id
    assert not search_people(text="Room 2.14").exists()
    assert not people_in_case(case_id=team.case_id).filter(pk=place_id).exists()
    assert not list_grants(case_id=team.case_id).filter(user_id=place_id).exists()


@pytest.fixture()
def wall(team: CaseTeam, session: LiveSession) -> Callable[..., Client]:
    def sign_on(*, guise: str = Guise.IDENTIFIED) -> Client:
        announced = services.announce_screen()
        services.connect_screen(
            actor=team.actor("chair"),
            session_id=session.pk,
            code=announced.code,
            name="Room 2.14",
            guise=guise,
        )
        browser, told = _browser(announced.screen.pk, announced.secret)
        assert told["state"] == "connected"
        return browser

    return sign_on


def test_LIVE_M10_rest_answers_a_screen_only_what_its_views_say(
    team: CaseTeam, meeting: Meeting, session: LiveSession, wall: Callable[..., Client]
) -> None:
    browser = wall()
    case = f"/api/cases/{team.case_id}"
    live = f"/api/live/sessions/{session.pk}"
    for path in (case, f"{case}/studies", live, f"{live}/events", f"{live}/wall"):
        assert browser.get(path).status_code == 200, path
    for path in (
        "/api/me",
        "/api/people",
        "/api/cases",
        "/api/meetings",
        f"/api/meetings/{meeting.pk}/agenda",
        f"/api/meetings/{meeting.pk}/attendance",
        f"{case}/members",
        f"{case}/documents",
        f"/api/decisions?case={team.case_id}",
        "/api/live/sessions",
        "/api/tokens",
        "/_allauth/browser/v1/account/password/change",
        "/_allauth/browser/v1/auth/session",
        f"/dicomweb/cases/{team.case_id}/studies",
    ):
        assert browser.get(path).status_code in {403, 404}, path
    second = AgendaItem.objects.get(meeting=meeting, position=2)
    assert browser.get(f"/api/cases/{second.case_id}").status_code == 404
    assert browser.patch(case, "{}", content_type="application/json").status_code == 403


def test_LIVE_M10_a_deidentified_wall_names_nobody(
    team: CaseTeam, wall: Callable[..., Client]
) -> None:
    shown = wall(guise=Guise.DEIDENTIFIED).get(f"/api/cases/{team.case_id}")
    assert shown.json()["guise"] == "deidentified"
    assert "Doe" not in shown.content.decode()


async def test_LIVE_M10_in_the_room_it_is_a_place_that_follows_and_says_nothing(
    connect: Connect, team: CaseTeam, session: LiveSession, study: str
) -> None:
    _as_member(team, await call(_connect, team, session))
    chair, screen = await connect("chair"), await connect("wall", process=1)
    assert (screen.welcome["can"], screen.welcome["projection"]) == ([], "identified")
    joined = await chair.until("participant.joined", where=lambda m: m["person"]["place"])
    assert joined["person"]["user"]["display_name"] == "Room 2.14"
    await chair.send(stage(study, epoch=1, rev=1))
    assert (await screen.until("stage"))["frame"]["rev"] == 1
    for said in (pointer(), {"type": "presenter.request"}, stage(study, epoch=1, rev=9)):
        await screen.send(said)
        assert (await screen.until("error"))["code"] == "place"
    await screen.send(
        {
            "type": "op.submit",
            "op_id": str(uuid4()),
            "kind": "chat.post",
            "payload": {"text": "hello"},
        }
    )
    assert (await screen.until("error"))["code"] == "place"
    await chair.quiet(of="presence.delta")
    assert not await call(Attendance.objects.filter(user=team.people["wall"]).exists)
    entries = AuditEntry.objects.filter(actor_kind="place", action="study.viewed")
    entry = await call(entries.get)
    assert (entry.actor_label, entry.entity_id) == ("Room 2.14", study)


async def test_LIVE_M10_its_sight_follows_the_agenda_and_ends_with_the_session(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    _as_member(team, await call(_connect, team, session))
    chair, screen = await connect("chair"), await connect("wall")
    second = await call(AgendaItem.objects.get, meeting=meeting, position=2)
    await chair.op("agenda.goto", {"agenda_item": str(second.pk)})
    fresh = await screen.until("snapshot", where=lambda m: m["snapshot"] is not None)
    assert fresh["snapshot"]["case_id"] == str(second.case_id)
    in_force = CaseGrant.objects.filter(user=team.people["wall"], revoked_at__isnull=True)
    assert [one.case_id for one in await call(list, in_force)] == [second.case_id]
    await call(lambda: services.end_session(actor=team.actor("chair"), session_id=session.pk))
    assert await screen.until_closed(timeout_s=8) in {4403, 4410}
    assert not await call(in_force.all().exists)
    assert (await call(User.objects.get, pk=team.people["wall"].pk)).is_active is False


async def test_LIVE_M10_a_screen_that_is_put_out_is_out_at_once_and_for_good(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    screen = await call(_connect, team, session)
    _as_member(team, screen)
    client = await connect("wall")

    def put_out() -> None:
        services.disconnect_screen(
            actor=team.actor("chair"), session_id=session.pk, place_id=screen.place_id
        )

    await call(put_out)
    assert await client.until_closed(timeout_s=8) == 4403
    with pytest.raises(DomainError):
        await call(lambda: services.mint_ticket(actor=_actor(screen), session_id=session.pk))
    with pytest.raises(NotVisible):
        await call(put_out)


def test_LIVE_M10_a_meeting_that_nobody_ended_ends_for_its_screens(
    team: CaseTeam, session: LiveSession
) -> None:
    screen = _connect(team, session)
    RoomScreen.objects.filter(pk=screen.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    services.purge_screens()
    assert User.objects.get(pk=screen.place_id).is_active is False
    assert not CaseGrant.objects.filter(user_id=screen.place_id, revoked_at__isnull=True).exists()
