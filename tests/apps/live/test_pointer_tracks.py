"""Pointers of a recorded room: at most five a second, in patient coordinates, batch by batch."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.imaging.projection import Projection
from apps.live.hub.pointer_tracks import PointerTracks
from apps.live.models import LiveSession, PointerTrack
from tests.apps.live.conftest import Connect, call
from tests.live_client import pointer
from tests.people import CaseTeam

CASE = uuid4()
START = datetime(2027, 1, 12, 14, tzinfo=UTC)


def _person(*, x: float | None) -> dict[str, Any]:
    shown = pointer(x=x or 0.0)
    return {"user": "u1", "pointer": None if x is None else shown["pointer"]}


def _at(ms: float) -> datetime:
    return START + timedelta(milliseconds=ms)


def test_sixty_a_second_become_five_and_the_end_is_kept() -> None:
    tracks = PointerTracks()
    for number in range(60):
        tracks.note(_person(x=float(number)), case_id=CASE, at=_at(number * 1000 / 60))
    tracks.note(_person(x=None), case_id=CASE, at=_at(1001))
    tracks.note(_person(x=None), case_id=CASE, at=_at(1002))
    batch = tracks.take(at=_at(1100))
    assert batch is not None
    assert len(batch["samples"]) == 6
    assert batch["samples"][-1] == [1001, 0, -1, []]
    assert len(batch["places"]) == 1, "an image is named once"
    assert batch["samples"][0] == [0, 0, 0, [0.0, 2.0, 3.0]]
    assert tracks.take(at=_at(1200)) is None


def test_a_batch_is_due_after_five_seconds() -> None:
    tracks = PointerTracks()
    assert not tracks.is_due(at=_at(0))
    tracks.note(_person(x=1.0), case_id=CASE, at=_at(0))
    assert not tracks.is_due(at=_at(4999))
    assert tracks.is_due(at=_at(5000))


@pytest.mark.django_db(transaction=True)
async def test_LIVE_R1_pointers_are_kept_only_where_the_board_records_them(
    connect: Connect, team: CaseTeam, session: LiveSession
) -> None:
    await call(LiveSession.objects.filter(pk=session.pk).update, records_pointers=True)
    chair, surgeon = await connect("chair"), await connect("surgeon", process=1)
    await chair.send(pointer(x=7.25))
    await surgeon.until("presence.delta", where=lambda message: bool(message["changed"]))
    await chair.close()
    await surgeon.close()
    for _ in range(50):
        if await call(PointerTrack.objects.exists):
            break
        await asyncio.sleep(0.1)
    tracks = await call(lambda: list(PointerTrack.objects.all()))
    assert len(tracks) == 1, "the pointer's own process writes it, and no other"
    assert tracks[0].people == [str(team.people["chair"].pk)]
    assert tracks[0].samples[0][3] == [7.25, 2.0, 3.0]
    shown = await call(_asked, team, "radiologist", session, tracks[0])
    assert shown["tracks"][0]["places"][0]["series_instance_uid"] == "1.2.3"
    guest = await call(_asked, team, "consultant", session, tracks[0])
    grant = await call(team.people["consultant"].case_grants.get, case=team.case)
    mapped = Projection(grant_id=grant.pk).uid("1.2.3")
    assert guest["tracks"][0]["places"][0]["series_instance_uid"] == mapped


@pytest.mark.django_db(transaction=True)
async def test_no_pointer_is_kept_where_the_board_does_not_record_them(
    connect: Connect, session: LiveSession
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await chair.send(pointer(x=7.25))
    await surgeon.until("presence.delta", where=lambda message: bool(message["changed"]))
    await chair.close()
    await surgeon.close()
    await asyncio.sleep(0.3)
    assert not await call(PointerTrack.objects.exists)


def _asked(team: CaseTeam, who: str, session: LiveSession, track: PointerTrack) -> Any:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client.get(
        f"/api/live/sessions/{session.pk}/recording/pointers",
        {"since": track.from_at.isoformat(), "until": (track.until_at).isoformat()},
    ).json()
