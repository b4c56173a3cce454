"""Followers on the presenter's process see a frame before Redis does, once (LIVE-C1, C2, P1)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis
from django.conf import settings

from apps.live.hub.bus import Bus
from apps.live.models import LiveSession
from tests.apps.live.conftest import Connect, call
from tests.live_client import LiveClient, stage

pytestmark = pytest.mark.django_db(transaction=True)

WriteStage = Callable[..., Awaitable[bool | None]]


async def revs_of(client: LiveClient, *, for_s: float = 0.6) -> list[int]:
    """Stage numbers heard in a while."""
    heard = []
    end = asyncio.get_running_loop().time() + for_s
    while (left := end - asyncio.get_running_loop().time()) > 0:
        try:
            message = await client.receive(left)
        except TimeoutError:
            break
        if message["type"] == "stage":
            heard.append(message["frame"]["rev"])
    return heard


@pytest.fixture()
def gate(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """While it is not set, nothing is written into Redis' register."""
    opened = asyncio.Event()
    write: WriteStage = Bus.write_stage

    async def write_later(self: Bus, *args: Any, **kwargs: Any) -> bool | None:
        await opened.wait()
        return await write(self, *args, **kwargs)

    monkeypatch.setattr(Bus, "write_stage", write_later)
    return opened


async def test_LIVE_C1_a_frame_is_shown_here_at_once_and_its_echo_not_again(
    connect: Connect, study: str, gate: asyncio.Event
) -> None:
    chair, here = await connect("chair"), await connect("surgeon")
    there = await connect("oncologist", process=1)
    await chair.send(stage(study, epoch=1, rev=1))
    assert (await here.until("stage"))["frame"]["rev"] == 1
    await there.quiet(of="stage", for_s=0.2)
    gate.set()
    assert (await there.until("stage"))["frame"]["rev"] == 1
    await chair.send(stage(study, epoch=1, rev=2))
    assert await revs_of(here) == [2]
    assert await revs_of(there, for_s=0.1) == [2]
    await chair.quiet(of="stage", for_s=0.1)


async def test_LIVE_P1_what_is_shown_at_once_never_goes_back(
    connect: Connect, study: str, gate: asyncio.Event
) -> None:
    """Neither by a late frame of the presenter nor by the echo of an older one."""
    chair, here = await connect("chair"), await connect("surgeon")
    for rev in (1, 3, 2, 3, 5, 4):
        await chair.send(stage(study, epoch=1, rev=rev))
    heard = await revs_of(here, for_s=0.3)
    gate.set()
    heard += await revs_of(here)
    assert heard == sorted(set(heard))
    assert heard[-1] == 5


async def test_LIVE_P1_between_two_windows_of_the_presenter_the_register_decides(
    connect: Connect, study: str, gate: asyncio.Event
) -> None:
    """On two processes, both with the same number: everybody ends with the same picture."""
    here, there = await connect("surgeon"), await connect("oncologist", process=1)
    one, other = await connect("chair"), await connect("chair", process=1)
    for client in (here, there):
        await client.until("participant.joined", where=lambda m: m["person"]["windows"] == 2)
    await one.send(stage(study, epoch=1, rev=1))
    await other.send(stage(study, epoch=1, rev=1, held=True))
    for client in (here, there):
        await client.quiet(of="stage", for_s=0.2)
    gate.set()
    shown = [(await client.until("stage"))["frame"] for client in (here, there)]
    assert shown[0] == shown[1]


async def test_LIVE_P1_a_frame_that_the_register_refuses_is_replaced_by_its_own(
    connect: Connect, study: str, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window that nobody here has heard of was ahead."""
    chair, here = await connect("chair"), await connect("surgeon")
    await chair.send(stage(study, epoch=1, rev=1))
    await here.until("stage")
    ahead = stage(study, epoch=1, rev=9, held=True)
    ahead.pop("type")
    stranger = Bus()
    message = {"k": "elsewhere", "case": str(session.case_id), "client": "x", "frame": ahead}
    assert await stranger.write_stage(session.pk, message) is True
    assert await stranger.write_stage(session.pk, message) is False
    await chair.send(stage(study, epoch=1, rev=2))
    shown = await here.until("stage", where=lambda m: m["frame"]["rev"] == 9)
    assert shown["frame"] == ahead
    await stranger.stop()


async def test_LIVE_C2_while_redis_is_not_heard_the_stage_pauses_for_all_alike(
    connect: Connect, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chair, here = await connect("chair"), await connect("surgeon")

    async def unwritten(self: Bus, *args: object, **kwargs: object) -> None:
        return None

    monkeypatch.setattr(Bus, "write_stage", unwritten)
    with monkeypatch.context() as patch:
        patch.setattr(Bus, "is_alive", False)
        await chair.send(stage(study, epoch=1, rev=1))
        await here.quiet(of="stage")


async def test_LIVE_A3_what_is_shown_at_once_is_shown_by_the_same_views(
    connect: Connect, study: str, gate: asyncio.Event
) -> None:
    chair, guest = await connect("chair"), await connect("consultant")
    await chair.send(stage(study, epoch=1, rev=1))
    (viewport,) = (await guest.until("stage"))["frame"]["state"]["viewports"]
    assert viewport["study_instance_uid"] != study


async def test_LIVE_C2_a_frame_that_went_by_unheard_is_looked_up(
    connect: Connect, study: str
) -> None:
    """The listening connections are cut; the presenter scrolls once meanwhile, and rests."""
    chair, there = await connect("chair"), await connect("surgeon", process=1)
    await chair.send(stage(study, epoch=1, rev=1))
    assert (await there.until("stage"))["frame"]["rev"] == 1
    await call(redis.Redis.from_url(settings.REDIS_URL).client_kill_filter, _type="pubsub")
    await chair.send(stage(study, epoch=1, rev=2))
    assert (await there.until("stage"))["frame"]["rev"] == 2
