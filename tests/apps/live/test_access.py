"""Tickets and guises (LIVE-A1, A2)."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.cases.embargo import ai_embargoes
from apps.cases.models import CaseGrant
from apps.imaging.projection import Projection
from apps.live import access, limits, services
from apps.live.hub.room import Room
from apps.live.models import ChatMessage, LiveSession, LiveTicket
from apps.live.projections import View, project_event, project_snapshot
from apps.live.protocol import PROTOCOL_NAME
from tests.apps.live.conftest import Connect, call, code_of_hello, mint
from tests.live_client import Closed, pointer, stage
from tests.people import CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)


async def test_LIVE_A1_a_ticket_is_good_once(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    ticket = await mint(team, "surgeon", session.pk)
    first = await connect("surgeon", hello=False)
    await first.hello(ticket)
    second = await connect("surgeon", hello=False)
    assert await code_of_hello(second, ticket) == 4401


async def test_LIVE_A1_a_ticket_ends_after_sixty_seconds(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    ticket = await mint(team, "surgeon", session.pk)
    row = await call(LiveTicket.objects.get)
    assert timedelta(seconds=55) < row.expires_at - timezone.now() <= timedelta(seconds=60)
    assert ticket not in json.dumps(list(await call(_ticket_values)), default=str)
    await call(LiveTicket.objects.update, expires_at=timezone.now())
    assert await code_of_hello(await connect("surgeon", hello=False), ticket) == 4401


def _ticket_values() -> list[dict[str, object]]:
    return list(LiveTicket.objects.values())


async def test_LIVE_A1_a_ticket_of_another_room_or_a_made_up_one_is_refused(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    assert await code_of_hello(await connect("surgeon", hello=False), "made-up") == 4401
    ticket = await mint(team, "surgeon", session.pk)
    await call(LiveTicket.objects.update, session=await call(_other_session, team))
    assert await code_of_hello(await connect("surgeon", hello=False), ticket) == 4401


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


async def test_LIVE_A2_a_deactivated_account_does_nothing_more(
    connect: Connect, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused at the op itself, before the second-hand comes round to close the socket."""
    surgeon = await connect("surgeon")
    assert (await surgeon.op("chat.post", {"text": "one"}))["outcome"] == "committed"

    async def not_yet(self: Room) -> None:
        return

    monkeypatch.setattr(Room, "refresh_access", not_yet)
    await call(User.objects.filter(pk=team.people["surgeon"].pk).update, is_active=False)
    assert (await surgeon.op("chat.post", {"text": "two"}))["outcome"] == "rejected"
    assert await call(ChatMessage.objects.count) == 1


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
    ai_embargoes.register("test", lambda **_: frozenset({(team.case_id, surgeon_id)}))
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


def test_abilities_of_a_full_room_cost_no_more_than_of_one_person(
    team: CaseTeam, session: LiveSession, django_assert_num_queries: Any
) -> None:
    everybody = [(user.pk, "") for user in team.people.values()]
    with django_assert_num_queries(4):
        alone = access.read_abilities(sign_ins=everybody[:1], session_id=session.pk)
    with django_assert_num_queries(4):
        found = access.read_abilities(sign_ins=everybody, session_id=session.pk)
    assert len(found) == len(everybody) > 5
    assert found[everybody[0]] == alone[everybody[0]]
    assert "annotate" in found[team.people["surgeon"].pk, ""].can
    assert found[team.people["outsider"].pk, ""].can == []
