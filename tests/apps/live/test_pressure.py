"""Limits, back-pressure, close codes, several processes, Redis lost (LIVE-B*, LIVE-C*)."""

import asyncio
import json
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from apps.live import limits, services
from apps.live.hub.buckets import TokenBucket
from apps.live.hub.bus import Bus
from apps.live.hub.codes import CloseCode
from apps.live.hub.outbox import Outbox
from apps.live.limits import LaneRate
from apps.live.models import LiveSession
from tests.apps.live.conftest import Connect, call
from tests.live_client import pointer, stage
from tests.people import CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)


def test_LIVE_B1_a_bucket_refills_at_its_rate() -> None:
    bucket = TokenBucket(LaneRate(per_second=10, burst=3))
    assert [bucket.take(now=0.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(now=0.1) is True
    assert bucket.take(now=0.1) is False
    assert [bucket.take(now=60.0) for _ in range(4)] == [True, True, True, False]


async def test_LIVE_B1_ops_over_the_rate_are_refused_and_told(
    connect: Connect, settings: Any
) -> None:
    settings.LIVE_LANE_RATES = {"op": (0.01, 2)}
    surgeon = await connect("surgeon")
    assert surgeon.welcome["limits"]["op"] == {"per_second": 0.01, "burst": 2}
    outcomes = [(await surgeon.op("chat.post", {"text": "x"}))["outcome"] for _ in range(3)]
    assert outcomes == ["committed", "committed", "rejected"]
    last = [m for m in surgeon.seen if m["type"] == "op.ack"][-1]
    assert last["code"] == "rate_limited"


def test_LIVE_B1_a_rate_for_no_lane_is_refused(settings: Any) -> None:
    settings.LIVE_LANE_RATES = {"ops": (1, 1)}
    with pytest.raises(ImproperlyConfigured, match="ops"):
        limits.lane_rates()


async def test_LIVE_B2_presence_goes_first_stage_collapses_durable_stays() -> None:
    outbox = Outbox()
    outbox.put_durable("event 1")
    outbox.put_presence("pointer")  # dropped: something waits
    outbox.put_stage("stage 1")
    outbox.put_stage("stage 2")
    outbox.put_durable("event 2")
    assert [await outbox.next() for _ in range(3)] == ["event 1", "event 2", "stage 2"]
    assert (outbox.presence_dropped, outbox.stage_collapsed) == (1, 1)
    outbox.put_presence("pointer")
    assert await outbox.next() == "pointer"


async def test_LIVE_B2_a_durable_message_that_does_not_fit_closes_with_4408(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "OUTBOX_MESSAGES", 3)
    outbox = Outbox()
    for number in range(4):
        outbox.put_durable(str(number))
    assert outbox.close_code == CloseCode.RESYNC
    assert await outbox.next() is None


async def test_LIVE_B2_a_slow_client_is_closed_and_slows_nobody(
    connect: Connect,
    session: LiveSession,
    team: CaseTeam,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One socket whose transport does not drain: its queue fills, the others go on."""
    from apps.live.consumers import LiveConsumer

    monkeypatch.setattr(limits, "OUTBOX_MESSAGES", 10)
    settings.LIVE_LANE_RATES = {"op": (1000, 1000)}
    surgeon, slow = await connect("surgeon"), await connect("trainee")
    slow_id = str(team.people["trainee"].pk)
    send = LiveConsumer.send

    async def send_slowly(self: LiveConsumer, **message: object) -> None:
        if self.member is not None and str(self.member.user_id) == slow_id:
            await asyncio.sleep(3600)
        await send(self, **message)

    monkeypatch.setattr(LiveConsumer, "send", send_slowly)
    for number in range(30):
        started = time.monotonic()
        ack = await surgeon.op("chat.post", {"text": str(number)})
        assert ack["outcome"] == "committed"
        assert time.monotonic() - started < 3.0
    monkeypatch.setattr(LiveConsumer, "send", send)
    head = (await call(LiveSession.objects.get, pk=session.pk)).head
    await surgeon.sync(head)
    back = await connect("trainee", last_seq=slow.seq)
    assert back.seq == head


async def test_LIVE_B4_a_message_that_breaks_the_schema_closes_4400_and_harms_nobody(
    connect: Connect,
) -> None:
    chair = await connect("chair")
    broken = [
        "not json",
        "[]",
        '{"type":"ping","t":NaN}',
        '{"type":"ping","t":1,"extra":2}',
        json.dumps({"type": "op.submit", "op_id": str(uuid4()), "kind": "nothing", "payload": {}}),
        json.dumps({"type": "ping", "t": 1, "pad": "x" * 70_000}),
        "[" * 20_000,
    ]
    for text in broken:
        surgeon = await connect("surgeon")
        await surgeon.send_text(text)
        assert await surgeon.until_closed() == 4400, text[:40]
        await surgeon.close()
    assert (await chair.op("chat.post", {"text": "still here"}))["outcome"] == "committed"


async def test_LIVE_B4_the_same_window_opened_again_replaces_itself(connect: Connect) -> None:
    client_id = uuid4()
    first = await connect("surgeon", client_id=client_id)
    other_window = await connect("surgeon")
    second = await connect("surgeon", client_id=client_id)
    assert await first.until_closed() == 4409
    third = await connect("surgeon", client_id=client_id, process=1)
    assert await second.until_closed() == 4409
    assert (await third.op("chat.post", {"text": "x"}))["outcome"] == "committed"
    assert (await other_window.op("chat.post", {"text": "y"}))["outcome"] == "committed"


async def test_LIVE_B4_several_windows_of_one_person_count_once(
    connect: Connect, team: CaseTeam
) -> None:
    await connect("surgeon")
    await connect("surgeon", process=1)
    chair = await connect("chair")
    people = {one["user"]["id"]: one["windows"] for one in chair.welcome["people"]}
    assert people == {
        str(team.people["surgeon"].pk): 2,
        str(team.people["chair"].pk): 1,
    }


async def test_LIVE_B4_an_ended_session_closes_4410(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    surgeon = await connect("surgeon")
    await call(lambda: services.end_session(actor=team.actor("chair"), session_id=session.pk))
    assert await surgeon.until_closed() == 4410


async def test_LIVE_B4_another_protocol_closes_4426(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    from tests.apps.live.conftest import mint
    from tests.live_client import Closed

    old = await connect("surgeon", hello=False, subprotocols=("consilium.live.v0",))
    assert await old.until_closed() == 4426
    ticket = await mint(team, "surgeon", session.pk)
    other = await connect("surgeon", hello=False)
    with pytest.raises(Closed) as closed:
        await other.hello(ticket, protocol="consilium.live.v9")
    assert closed.value.code == 4426


async def test_LIVE_B3_a_ping_is_answered_at_once(connect: Connect) -> None:
    surgeon = await connect("surgeon")
    await surgeon.send({"type": "ping", "t": 12.5})
    assert (await surgeon.until("pong"))["t"] == 12.5


async def test_LIVE_B5_polling_by_number_sees_what_the_socket_sees(
    connect: Connect, team: CaseTeam, session: LiveSession, study: str
) -> None:
    from django.test import AsyncClient

    chair, surgeon = await connect("chair"), await connect("surgeon")
    await chair.send(stage(study, epoch=1, rev=1))
    await surgeon.until("stage")
    await surgeon.op("chat.post", {"text": "hello"})
    await surgeon.until_event("stage.keyframe")
    http = AsyncClient()
    await call(
        http.force_login, team.people["surgeon"], "django.contrib.auth.backends.ModelBackend"
    )
    first = (await http.get(f"/api/live/sessions/{session.pk}/events")).json()
    assert first["snapshot"]["chat"][0]["text"] == "hello"
    assert first["stage"]["rev"] == 1
    since = (await http.get(f"/api/live/sessions/{session.pk}/events?after=0")).json()
    on_socket = [m for m in surgeon.seen if m["type"] == "event"]
    assert since["events"] == on_socket
    assert since["head_seq"] == on_socket[-1]["seq"]


async def test_LIVE_C1_sockets_of_one_session_sit_on_any_process(
    connect: Connect, study: str
) -> None:
    chair = await connect("chair", process=0)
    surgeon = await connect("surgeon", process=1)
    await chair.until(
        "participant.joined",
        where=lambda m: m["person"]["user"]["display_name"] == "Surgeon Person",
    )
    assert len(surgeon.welcome["people"]) == 2
    ack = await surgeon.op("chat.post", {"text": "from the other process"})
    assert (await chair.until_event("chat.posted"))["seq"] == ack["seq"]
    await chair.send(stage(study, epoch=1, rev=1))
    assert (await surgeon.until("stage"))["frame"]["rev"] == 1
    await surgeon.send(pointer(x=42.0))
    delta = await chair.until("presence.delta")
    assert delta["changed"][0]["pointer"]["point_lps"] == [42.0, 2.0, 3.0]


async def test_LIVE_C1_one_subscription_for_a_room_and_none_when_it_is_empty(
    connect: Connect, session: LiveSession
) -> None:
    store = redis.Redis.from_url(django_settings.REDIS_URL)

    def subscribers() -> int:
        return int(store.pubsub_numsub(f"live:{session.pk}")[0][1])

    clients = [await connect(who) for who in ("chair", "surgeon", "oncologist")]
    assert await call(subscribers) == 1
    for client in clients:
        await client.close()
    for _ in range(50):
        if await call(subscribers) == 0:
            break
        await asyncio.sleep(0.05)
    assert await call(subscribers) == 0


async def test_a_clock_of_the_server_that_jumps_harms_nobody(
    connect: Connect, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three hours ahead, then six back: numbers order the log, and liveness has its own clock."""
    chair, surgeon = await connect("chair"), await connect("surgeon")
    real_now, real_time = timezone.now, time.time
    numbers = []
    for hours in (3, -3):
        monkeypatch.setattr(timezone, "now", lambda h=hours: real_now() + timedelta(hours=h))
        monkeypatch.setattr(time, "time", lambda h=hours: real_time() + h * 3600)
        ack = await surgeon.op("chat.post", {"text": f"at {hours}"})
        numbers.append(ack["seq"])
        await chair.send(stage(study, epoch=1, rev=len(numbers)))
        await surgeon.until("stage")
        await asyncio.sleep(2.5)  # the second-hand comes round
    await chair.sync(numbers[-1])
    assert [one["text"] for one in chair.snapshot["chat"]] == ["at 3", "at -3"]  # type: ignore[index]
    newcomer = await connect("oncologist")
    assert newcomer.snapshot["chat"] == chair.snapshot["chat"]  # type: ignore[index]


async def test_LIVE_C2_without_bells_the_poll_brings_every_event(
    connect: Connect, session: LiveSession, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.live import log

    monkeypatch.setattr(log, "ring", lambda **_: None)
    surgeon = await connect("surgeon")
    ack = await surgeon.op("chat.post", {"text": "no bell"})
    assert ack["outcome"] == "committed"
    await surgeon.until_event("chat.posted", timeout_s=6)


async def test_LIVE_C2_redis_away_is_said_and_durable_work_goes_on(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BUS_SILENCE_LIMIT_S", 1.5)
    surgeon, chair = await connect("surgeon"), await connect("chair")

    async def fails(self: Bus, call: object) -> None:
        call.close() if hasattr(call, "close") else None
        return

    with monkeypatch.context() as patch:
        patch.setattr(Bus, "_try", fails)
        told = await surgeon.until("limits", timeout_s=8)
        assert told["realtime"] is False
        ack = await surgeon.op("chat.post", {"text": "durable"})
        assert ack["outcome"] == "committed"
        await chair.until_event("chat.posted")
    assert (await surgeon.until("limits", timeout_s=8))["realtime"] is True


async def test_LIVE_C2_after_a_flush_the_presenter_goes_on_under_a_new_epoch(
    connect: Connect, study: str
) -> None:
    # On another process: what is seen there has been in Redis.
    chair, surgeon = await connect("chair"), await connect("surgeon", process=1)
    await chair.send(stage(study, epoch=1, rev=9))
    await surgeon.until("stage")
    await call(redis.Redis.from_url(django_settings.REDIS_URL).flushall)
    renewed = await chair.until(
        "presenter.changed", where=lambda m: m["presenter"]["epoch"] == 2, timeout_s=8
    )
    assert renewed["presenter"]["user"]["display_name"] == "Chair Person"
    await chair.send(stage(study, epoch=2, rev=1))
    shown = await surgeon.until("stage", where=lambda m: m["frame"]["epoch"] == 2)
    assert shown["frame"]["rev"] == 1
    assert (await connect("oncologist")).welcome["stage"]["epoch"] == 2


async def test_LIVE_C2_a_room_whose_register_is_lost_starts_from_the_last_keyframe(
    connect: Connect, study: str
) -> None:
    chair = await connect("chair")
    await chair.send(stage(study, epoch=1, rev=3))
    await chair.until_event("stage.keyframe")
    await chair.close()
    await call(redis.Redis.from_url(django_settings.REDIS_URL).flushall)
    surgeon = await connect("surgeon", process=1)
    assert surgeon.welcome["stage"]["rev"] == 3


async def test_presence_ends_after_five_seconds_and_with_the_person(
    connect: Connect, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PRESENCE_TTL_S", 1.0)
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await surgeon.send(pointer())
    await chair.until("presence.delta", where=lambda m: bool(m["changed"]))
    gone = await chair.until("presence.delta", where=lambda m: bool(m["removed"]), timeout_s=8)
    assert gone["removed"] == [str(team.people["surgeon"].pk)]


async def test_a_failure_of_ours_puts_one_socket_out_to_resume_and_harms_no_other(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.live.hub.room import Room

    chair, surgeon = await connect("chair"), await connect("surgeon")

    async def broken(self: Room, *args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patch:
        patch.setattr(Room, "resume", broken)
        await surgeon.send({"type": "resume", "after_seq": 0})
        assert await surgeon.until_closed() == 4408
    await chair.until("participant.left")
    assert (await chair.op("chat.post", {"text": "still here"}))["outcome"] == "committed"
