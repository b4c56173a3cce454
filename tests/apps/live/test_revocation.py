"""Revocation, privacy and audit (LIVE-A3…A5)."""

import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.cases.models import CaseGrant
from apps.cases.services import create_case, grant_access, revoke_grant
from apps.core.exceptions import NotVisible
from apps.live import limits, services
from apps.live.choices import SessionState
from apps.live.exceptions import SessionEnded
from apps.live.models import LiveEvent, LiveSession, LiveTicket
from tests.apps.live.conftest import Connect, call, code_of_hello, mint
from tests.live_client import pointer, stage
from tests.people import SYSTEM, CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)


async def test_LIVE_A3_a_revoked_person_is_out_within_two_seconds(
    connect: Connect, team: CaseTeam
) -> None:
    surgeon, chair = await connect("surgeon"), await connect("chair")
    await call(_revoke, team, "surgeon")
    started = time.monotonic()
    assert await surgeon.until_closed(timeout_s=6) == 4403
    assert time.monotonic() - started < 2.0
    await chair.until("participant.left")


async def test_LIVE_A3_an_expired_grant_ends_the_socket_without_any_bell(
    connect: Connect, team: CaseTeam
) -> None:
    surgeon = await connect("surgeon")
    grants = CaseGrant.objects.filter(user=team.people["surgeon"])
    await call(grants.update, expires_at=timezone.now())
    assert await surgeon.until_closed(timeout_s=6) == 4403


async def test_LIVE_A3_a_deactivated_account_ends_the_socket(
    connect: Connect, team: CaseTeam
) -> None:
    surgeon = await connect("surgeon")
    await call(User.objects.filter(pk=team.people["surgeon"].pk).update, is_active=False)
    assert await surgeon.until_closed(timeout_s=6) == 4403


async def test_LIVE_A3_revocation_between_ticket_and_hello_counts(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    ticket = await mint(team, "surgeon", session.pk)
    await call(_revoke, team, "surgeon")
    assert await code_of_hello(await connect("surgeon", hello=False), ticket) == 4403


def test_LIVE_A3_a_ticket_is_worth_what_it_was_minted_on(
    team: CaseTeam, session: LiveSession
) -> None:
    """Before the socket asks anything: whoever may not enter any more gets no further."""
    ticket = services.mint_ticket(actor=team.actor("surgeon"), session_id=session.pk)
    _revoke(team, "surgeon")
    with pytest.raises(NotVisible):
        services.redeem_ticket(token=ticket, session_id=session.pk)
    of_the_chair = services.mint_ticket(actor=team.actor("chair"), session_id=session.pk)
    LiveSession.objects.filter(pk=session.pk).update(state=SessionState.ENDED)
    with pytest.raises(SessionEnded):
        services.redeem_ticket(token=of_the_chair, session_id=session.pk)


async def test_LIVE_A3_a_changed_guise_is_told_and_starts_afresh(
    connect: Connect, team: CaseTeam
) -> None:
    chair, guest = await connect("chair"), await connect("consultant")
    await chair.op("chat.post", {"text": "Mrs Doe"})
    await call(_grant_identified, team, "consultant")
    changed = await guest.until("access.changed")
    assert changed["projection"] == "identified"
    fresh = await guest.until("snapshot")
    assert [one["text"] for one in fresh["snapshot"]["chat"]] == ["Mrs Doe"]
    await call(_revoke_direct, team, "consultant")
    assert (await guest.until("access.changed"))["projection"] == "deidentified"
    assert (await guest.until("snapshot"))["snapshot"]["chat"] == []


async def test_LIVE_A3_signing_off_ends_the_socket(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    key = await call(_sign_in_session)
    ticket = await mint(team, "surgeon", session.pk)
    await call(LiveTicket.objects.update, sign_in_key=key)
    surgeon = await connect("surgeon", hello=False)
    await surgeon.hello(ticket)
    await call(SessionStore(session_key=key).delete)
    assert await surgeon.until_closed(timeout_s=6) == 4401


def _sign_in_session() -> str:
    store = SessionStore()
    store["x"] = 1
    store.create()
    return str(store.session_key)


def _revoke(team: CaseTeam, who: str) -> None:
    grant = CaseGrant.objects.get(user=team.people[who], revoked_at__isnull=True)
    revoke_grant(actor=team.actor("coordinator"), case_id=team.case_id, grant_id=grant.pk)


def _grant_identified(team: CaseTeam, who: str) -> None:
    grant_access(actor=SYSTEM, case_id=team.case_id, user_id=team.people[who].pk, capacity="member")


def _revoke_direct(team: CaseTeam, who: str) -> None:
    grant = CaseGrant.objects.get(user=team.people[who], revoked_at__isnull=True, source="direct")
    revoke_grant(actor=SYSTEM, case_id=team.case_id, grant_id=grant.pk)


async def test_LIVE_A3_one_rooms_trouble_keeps_no_other_from_its_access(
    connect: Connect, team: CaseTeam, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second-hand of a room that was opened earlier fails each second."""
    from apps.live.hub.people_lane import PeopleLane

    other = await call(_other_room, team)
    await connect("coordinator", session_id=other.pk)
    surgeon = await connect("surgeon")
    watch = PeopleLane.watch_presenter

    async def fails_there(self: PeopleLane) -> None:
        if self._room.session_id == other.pk:
            raise RuntimeError("a bug of ours")
        await watch(self)

    monkeypatch.setattr(PeopleLane, "watch_presenter", fails_there)
    await call(_revoke, team, "surgeon")
    assert await surgeon.until_closed(timeout_s=6) == 4403


def _other_room(team: CaseTeam) -> LiveSession:
    coordinator = team.actor("coordinator")
    case = create_case(actor=coordinator, patient_id=team.case.patient_id, title="Other")
    opened, _ = services.open_ad_hoc_session(actor=coordinator, case_id=case.pk)
    return opened


async def test_LIVE_A3_unreadable_for_long_means_nobody_stays(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from apps.live import selectors

    surgeon = await connect("surgeon")
    monkeypatch.setattr(limits, "UNREADABLE_LIMIT_S", 2.0)

    def away(**_: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(selectors, "heads_of", away)
    assert await surgeon.until_closed(timeout_s=8) == 4408


async def test_LIVE_A4_nothing_of_the_patient_is_in_names_presence_or_redis(
    connect: Connect,
    team: CaseTeam,
    session: LiveSession,
    study: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    import redis
    from django.conf import settings

    caplog.set_level("DEBUG")
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await chair.send(stage(study, epoch=1, rev=1))
    await chair.send(pointer())
    for wanted in ("presence.delta", "stage"):
        if all(one["type"] != wanted for one in surgeon.seen):
            await surgeon.until(wanted)
    await surgeon.op("chat.post", {"text": "Doe^Jane"})
    store = redis.Redis.from_url(settings.REDIS_URL)
    patient = await call(lambda: team.case.patient)
    kept = b""
    for key in await call(lambda: list(store.scan_iter("live:*"))):
        kept += key + str(await call(store.hgetall, key)).encode()
    assert kept, "the register and the roster should be there"
    for secret in (patient.patient_id, "Doe", team.case.title):
        assert secret.encode() not in kept
        assert secret not in caplog.text


async def test_LIVE_A4_a_broken_message_is_not_logged_with_its_content(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    surgeon = await connect("surgeon")
    await surgeon.send({"type": "ping", "t": 1, "Doe^Jane": "born 1961"})
    assert await surgeon.until_closed() == 4400
    assert "Doe" not in caplog.text and "1961" not in caplog.text


async def test_LIVE_A5_joining_leaving_and_what_followers_saw_is_audited(
    connect: Connect, team: CaseTeam, session: LiveSession, study: str
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await chair.send(stage(study, epoch=1, rev=1))
    await surgeon.until("stage")
    await chair.send(stage(study, epoch=1, rev=2))
    await surgeon.until("stage")
    await surgeon.op("chat.post", {"text": "seen"})
    await surgeon.close()
    await chair.until("participant.left")
    actions = await _audit_of(team, "surgeon", wanted="live.left")
    assert {"live.joined", "live.left", "study.viewed", "chat.posted"} <= set(actions)
    assert actions.count("study.viewed") == 1
    entry = await call(AuditEntry.objects.get, action="study.viewed")
    assert (entry.case_id, entry.entity_id) == (team.case_id, study)
    assert await call(LiveEvent.objects.filter(session=session).exists)


async def _audit_of(team: CaseTeam, who: str, *, wanted: str) -> list[str]:
    import asyncio

    rows = AuditEntry.objects.filter(actor_id=team.people[who].pk)
    for _ in range(50):
        actions = await call(lambda: list(rows.values_list("action", flat=True)))
        if wanted in actions:
            break
        await asyncio.sleep(0.1)
    return actions
