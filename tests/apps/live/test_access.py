"""Tickets, guises, revocation, audit (LIVE-A1…A5)."""

import json
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.cases.models import CaseGrant
from apps.cases.services import grant_access, revoke_grant
from apps.imaging.projection import Projection
from apps.live import limits, services
from apps.live.models import LiveEvent, LiveSession, LiveTicket
from apps.live.projections import View, ai_embargoes, project_event, project_snapshot
from apps.live.protocol import PROTOCOL_NAME
from tests.apps.live.conftest import Connect, call, mint
from tests.live_client import Closed, LiveClient, pointer, stage
from tests.people import SYSTEM, CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)


async def _code_of_hello(client: LiveClient, ticket: str, **fields: object) -> int | None:
    with pytest.raises(Closed) as closed:
        await client.hello(ticket, **fields)  # type: ignore[arg-type]
    return closed.value.code


async def test_LIVE_A1_a_ticket_is_good_once(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    ticket = await mint(team, "surgeon", session.pk)
    first = await connect("surgeon", hello=False)
    await first.hello(ticket)
    second = await connect("surgeon", hello=False)
    assert await _code_of_hello(second, ticket) == 4401


async def test_LIVE_A1_a_ticket_ends_after_sixty_seconds(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    ticket = await mint(team, "surgeon", session.pk)
    row = await call(LiveTicket.objects.get)
    assert timedelta(seconds=55) < row.expires_at - timezone.now() <= timedelta(seconds=60)
    assert ticket not in json.dumps(list(await call(_ticket_values)), default=str)
    await call(LiveTicket.objects.update, expires_at=timezone.now())
    assert await _code_of_hello(await connect("surgeon", hello=False), ticket) == 4401


def _ticket_values() -> list[dict[str, object]]:
    return list(LiveTicket.objects.values())


async def test_LIVE_A1_a_ticket_of_another_room_or_a_made_up_one_is_refused(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    assert await _code_of_hello(await connect("surgeon", hello=False), "made-up") == 4401
    ticket = await mint(team, "surgeon", session.pk)
    await call(LiveTicket.objects.update, session=await call(_other_session, team))
    assert await _code_of_hello(await connect("surgeon", hello=False), ticket) == 4401


def _other_session(team: CaseTeam) -> LiveSession:
    from apps.cases.services import create_case

    case = create_case(
        actor=team.actor("coordinator"), patient_id=team.case.patient_id, title="Other"
    )
    opened, _ = services.open_ad_hoc_session(actor=team.actor("coordinator"), case_id=case.pk)
    return opened


async def test_LIVE_A1_without_hello_the_socket_closes(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HELLO_TIMEOUT_S", 0.2)
    client = await connect("surgeon", hello=False)
    assert await client.until_closed() == 4401


async def test_LIVE_A1_speaking_before_hello_closes(connect: Connect) -> None:
    client = await connect("surgeon", hello=False)
    await client.send({"type": "ping", "t": 1})
    assert await client.until_closed() == 4401


async def test_LIVE_A1_a_foreign_origin_is_refused_at_the_handshake() -> None:
    from asgiref.testing import ApplicationCommunicator

    from config.origins import allow_known_origins

    async def never(scope: object, receive: object, send: object) -> None:
        raise AssertionError("a foreign origin reached the application")

    communicator = ApplicationCommunicator(
        allow_known_origins(never),
        {
            "type": "websocket",
            "path": f"/ws/live/{uuid4()}/",
            "headers": [(b"origin", b"https://evil.example"), (b"host", b"127.0.0.1")],
            "query_string": b"",
            "subprotocols": [PROTOCOL_NAME],
        },
    )
    await communicator.send_input({"type": "websocket.connect"})
    assert (await communicator.receive_output(timeout=5))["type"] == "websocket.close"


def test_LIVE_A1_only_who_may_see_the_case_gets_a_ticket(
    team: CaseTeam, session: LiveSession, client: Client
) -> None:
    for who, status in (("surgeon", 201), ("consultant", 201), ("outsider", 404), ("auditor", 404)):
        client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
        answer = client.post(f"/api/live/sessions/{session.pk}/ticket")
        assert answer.status_code == status, (who, answer.content)
    client.logout()
    assert client.post(f"/api/live/sessions/{session.pk}/ticket").status_code in (401, 403)


async def test_LIVE_A2_a_deidentified_guest_gets_whole_numbers_and_no_content(
    connect: Connect, team: CaseTeam, session: LiveSession, study: str
) -> None:
    chair = await connect("chair")
    await chair.op("chat.post", {"text": "Mrs Doe is 65"})
    guest = await connect("consultant")
    assert guest.welcome["projection"] == "deidentified"
    assert guest.welcome["snapshot"]["chat"] == []
    await chair.op("chat.post", {"text": "Mrs Doe lives in town"})
    withheld = await guest.until("event")
    assert withheld == {"type": "event", "kind": "withheld", "seq": guest.seq}
    await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    await guest.until_event("presenter.changed")
    assert "Doe" not in json.dumps(guest.seen)


async def test_LIVE_A2_a_deidentified_guest_follows_in_the_uids_of_its_grant(
    connect: Connect, team: CaseTeam, scan: Scan
) -> None:
    """Stage, pointers and measurements name the images as the guest's own viewer knows them."""
    grant = await call(CaseGrant.objects.get, user=team.people["consultant"])
    mapping = Projection(grant_id=grant.pk)
    chair, guest = await connect("chair"), await connect("consultant")
    await chair.send(stage(scan.study_instance_uid, epoch=1, rev=1))
    viewport = (await guest.until("stage"))["frame"]["state"]["viewports"][0]
    assert viewport["study_instance_uid"] == mapping.uid(scan.study_instance_uid)
    assert viewport["camera"]["focal_point_lps"] == [1.5, 2.5, 1.0]
    await chair.send(pointer())
    delta = await guest.until("presence.delta", where=lambda m: bool(m["changed"]))
    assert delta["changed"][0]["pointer"]["series_instance_uid"] == mapping.uid("1.2.3")
    drawn = {
        "id": str(uuid4()),
        "kind": "length",
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[0],
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": [
            scan.point_lps(index=0, column=3, row=4),
            scan.point_lps(index=0, column=9, row=4),
        ],
        "label": "Mrs Doe, segment VII",
    }
    assert (await chair.op("measurement.put", drawn))["outcome"] == "committed"
    event = await guest.until_event("measurement.put")
    shown = event["payload"]["measurement"]
    assert shown["sop_instance_uid"] == mapping.uid(scan.slices[0])
    assert (shown["points_lps"], shown["label"]) == (drawn["points_lps"], "")
    again = await connect("consultant")
    await guest.sync(again.seq)
    assert guest.snapshot == again.snapshot
    seen = json.dumps([guest.seen, again.seen])
    for secret in (scan.study_instance_uid, scan.series_instance_uid, scan.slices[0], "Doe"):
        assert secret not in seen


async def test_LIVE_A2_a_deidentified_guest_neither_points_nor_measures_nor_presents(
    connect: Connect, team: CaseTeam
) -> None:
    chair, guest = await connect("chair"), await connect("consultant")
    await guest.send(pointer())
    delta = await chair.until("presence.delta", where=lambda m: bool(m["changed"]))
    assert delta["changed"][0]["pointer"] is None
    ack = await chair.op("presenter.grant", {"user": str(team.people["consultant"].pk)})
    assert (ack["outcome"], ack["code"]) == ("rejected", "deidentified_only")


async def test_LIVE_A2_policy_runs_on_every_op(connect: Connect, team: CaseTeam) -> None:
    """Roles changed after joining count at the next op."""
    surgeon = await connect("surgeon")
    assert (await surgeon.op("chat.post", {"text": "one"}))["outcome"] == "committed"
    await call(
        CaseGrant.objects.filter(user=team.people["surgeon"]).update, revoked_at=timezone.now()
    )
    try:
        ack = await surgeon.op("chat.post", {"text": "two"})
        assert ack["outcome"] == "rejected"
    except Closed as closed:
        assert closed.code == 4403


def test_LIVE_A2_an_embargo_withholds_ai_and_nothing_else() -> None:
    view = View(guise="identified", embargoed=True)
    hidden = project_event({"type": "event", "kind": "findings.added", "seq": 3}, view=view)
    assert hidden == {"type": "event", "kind": "withheld", "seq": 3}
    shown = {"type": "event", "kind": "measurement.put", "seq": 4, "payload": {}}
    assert project_event(shown, view=view) == shown
    snapshot = {"findings": [{"id": "x"}], "measurements": [1], "chat": []}
    assert project_snapshot(snapshot, view=view) == {**snapshot, "findings": []}
    assert project_snapshot(snapshot, view=View(guise="none")) is None


async def test_LIVE_A2_an_embargo_is_per_person(
    connect: Connect, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    surgeon_id = team.people["surgeon"].pk
    monkeypatch.setattr(ai_embargoes, "_providers", {})
    ai_embargoes.register("test", lambda **_: frozenset({surgeon_id}))
    surgeon, chair = await connect("surgeon"), await connect("chair")
    await call(_pretend_job_changed, team)
    assert (await surgeon.until("event"))["kind"] == "withheld"
    assert (await chair.until("event"))["kind"] == "job.changed"


def _pretend_job_changed(team: CaseTeam) -> None:
    from django.db import transaction

    from apps.ai.events import JobChanged
    from apps.core.events import record

    with transaction.atomic():
        record(
            JobChanged(
                case_id=team.case_id,
                entity="job",
                entity_id="1",
                state="running",
                series_instance_uid="1.2.3",
            )
        )


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
    assert await _code_of_hello(await connect("surgeon", hello=False), ticket) == 4403


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
