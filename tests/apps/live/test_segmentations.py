"""Painting in a room: one window at a time, voxels beside the log (LIVE-S1, S2)."""

import json
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.db import connection
from django.test import Client

from apps.annotations.models import Segmentation, SegmentationRevision
from apps.annotations.segmentations import services as painting
from apps.annotations.segmentations.exceptions import LeaseHeld
from apps.audit.models import AuditEntry
from apps.live import limits
from apps.live.models import LiveEvent, LiveOp, LiveSession
from apps.live.selectors import build_snapshot
from tests.apps.live.conftest import Connect, call
from tests.live_client import LiveClient
from tests.painting import Chunk, begin, block, make_chunk, paint, send, voxels
from tests.people import CaseTeam, make_case_team
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)

Json = dict[str, Any]


@pytest.fixture()
def segmentation(team: CaseTeam, scan: Scan) -> Segmentation:
    return begin(team, scan)


async def lease(client: LiveClient, segmentation: Segmentation, verb: str, **more: Any) -> None:
    await client.send({"type": f"lease.{verb}", "segmentation_id": str(segmentation.pk), **more})


async def holder(client: LiveClient) -> Json:
    return await client.until("lease.changed")


async def revise(
    client: LiveClient, segmentation: Segmentation, chunk: Chunk, *, parent: int
) -> Json:
    return await client.op(
        "segmentation.revise",
        {"parent": parent, "sha256": chunk.sha256},
        entity=str(segmentation.pk),
    )


def run_out(segmentation: Segmentation) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE live_segmentationlease SET expires_at = now() - interval '1 second'")


def seconds_left() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM expires_at - clock_timestamp()) FROM live_segmentationlease"
        )
        return float(cursor.fetchone()[0])


async def test_LIVE_S1_one_window_holds_it_and_everybody_knows_on_any_process(
    connect: Connect, team: CaseTeam, segmentation: Segmentation
) -> None:
    surgeon, reader = await connect("surgeon"), await connect("radiologist", process=1)
    await lease(surgeon, segmentation, "acquire")
    mine = await holder(surgeon)
    assert (mine["mine"], mine["renew_after_s"]) == (True, 10)
    seen = await holder(reader)
    assert seen["mine"] is False
    assert seen["holder"]["id"] == str(team.people["surgeon"].pk)
    assert limits.LEASE_TTL_S == 30
    assert 28 < await call(seconds_left) <= 30
    await lease(reader, segmentation, "acquire")
    refused = await reader.until("error")
    assert (refused["code"], refused["details"]["segmentation_id"]) == (
        "lease_held",
        str(segmentation.pk),
    )
    window = await connect("surgeon")
    told = await holder(window)
    assert told["mine"] is False, "the lease is one window's, not one person's"
    await lease(window, segmentation, "acquire")
    assert (await window.until("error"))["code"] == "lease_held"
    await lease(surgeon, segmentation, "release")
    assert (await holder(reader))["holder"] is None
    await lease(reader, segmentation, "acquire")
    assert (await holder(reader))["mine"] is True


async def test_LIVE_S1_it_is_renewed_and_ends_after_thirty_seconds_without(
    connect: Connect, team: CaseTeam, segmentation: Segmentation
) -> None:
    surgeon, reader = await connect("surgeon"), await connect("radiologist", process=1)
    await lease(surgeon, segmentation, "acquire")
    await holder(surgeon)
    await holder(reader)

    def age() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE live_segmentationlease SET expires_at = clock_timestamp() + interval '9 s'"
            )

    await call(age)
    await lease(surgeon, segmentation, "renew")
    # A renewal has no answer of its own; a pong comes after what was said before it.
    await surgeon.send({"type": "ping", "t": 1})
    await surgeon.until("pong")
    assert await call(seconds_left) > 28
    await call(run_out, segmentation)
    assert (await holder(reader))["holder"] is None, "told by the second-hand"
    await lease(surgeon, segmentation, "renew")
    assert (await surgeon.until("error"))["code"] == "lease_required"
    await lease(reader, segmentation, "acquire")
    assert (await holder(reader))["mine"] is True


async def test_LIVE_S1_only_the_chair_takes_it_over(
    connect: Connect, team: CaseTeam, segmentation: Segmentation
) -> None:
    def give_to_reader() -> None:
        Segmentation.objects.filter(pk=segmentation.pk).update(author=team.people["chair"])

    await call(give_to_reader)
    reader, chair = await connect("radiologist"), await connect("chair")
    await lease(reader, segmentation, "acquire")
    assert (await holder(reader))["mine"]
    assert not (await holder(chair))["mine"]
    await lease(chair, segmentation, "acquire")
    assert (await chair.until("error"))["code"] == "lease_held", "not by accident"
    await lease(chair, segmentation, "acquire", take_over=True)
    assert (await chair.until("lease.changed"))["mine"] is True
    lost = await holder(reader)
    assert (lost["mine"], lost["holder"]["id"]) == (False, str(team.people["chair"].pk))
    assert await call(AuditEntry.objects.filter(action="segmentation.lease_taken").count) == 1
    await lease(reader, segmentation, "acquire", take_over=True)
    assert (await reader.until("error"))["code"] == "ask_the_chair"


async def test_LIVE_S1_who_may_not_change_it_gets_no_lease(
    connect: Connect, team: CaseTeam, segmentation: Segmentation
) -> None:
    oncologist, guest = await connect("oncologist"), await connect("consultant")
    for client in (oncologist, guest):
        await lease(client, segmentation, "acquire")
        assert (await client.until("error"))["code"] in ("forbidden", "deidentified_only")
    await lease(oncologist, type("", (), {"pk": uuid4()})(), "acquire")
    assert (await oncologist.until("error"))["code"] == "not_found"


async def test_LIVE_S1_nobody_paints_without_it_neither_by_op_nor_by_rest(
    connect: Connect, team: CaseTeam, segmentation: Segmentation
) -> None:
    surgeon, reader = await connect("surgeon"), await connect("radiologist")
    chunk = make_chunk({1: block((1, 2, 2))})
    people = {who: await call(team.actor, who) for who in ("surgeon", "radiologist")}
    for actor in people.values():
        await call(send, actor, segmentation, chunk, parent=0)
    ack = await revise(surgeon, segmentation, chunk, parent=0)
    assert (ack["outcome"], ack["code"]) == ("rejected", "lease_required")
    await lease(surgeon, segmentation, "acquire")
    await holder(surgeon)
    ack = await revise(reader, segmentation, chunk, parent=0)
    assert (ack["outcome"], ack["code"]) == ("rejected", "lease_held")

    def by_rest(client_id: UUID | None) -> None:
        painting.commit_chunk(
            actor=people["radiologist"],
            segmentation_id=segmentation.pk,
            parent=0,
            sha256=chunk.sha256,
            client_id=client_id,
        )

    for pretended in (None, surgeon.client_id):
        with pytest.raises(LeaseHeld) as refused:
            await call(by_rest, pretended)
        assert refused.value.details["holder"]["id"] == str(people["surgeon"].id)
    ack = await revise(surgeon, segmentation, chunk, parent=0)
    assert ack["outcome"] == "committed"


async def test_LIVE_S2_a_stroke_is_one_op_one_event_and_no_voxel_is_in_the_log(
    connect: Connect, team: CaseTeam, session: LiveSession, segmentation: Segmentation
) -> None:
    surgeon, reader = await connect("surgeon"), await connect("radiologist", process=1)
    mask = np.zeros((2, 6, 6), dtype=bool)
    mask[1, 2:5, 1:4] = True
    chunk = make_chunk({1: mask}, first=(0, 10, 20))
    await lease(surgeon, segmentation, "acquire")
    await holder(surgeon)
    await call(send, await call(team.actor, "surgeon"), segmentation, chunk, parent=0)
    before = await call(LiveEvent.objects.count)
    ack = await revise(surgeon, segmentation, chunk, parent=0)
    assert ack["outcome"] == "committed"
    told = await reader.until_event("segmentation.revised")
    assert told["payload"] == {
        "segmentation": {"id": str(segmentation.pk), "version": 1, "revision": 1},
        "revision": 1,
        "parent": 0,
        "box": [1, 12, 21, 2, 15, 24],
        "segments": [1],
    }
    assert await call(LiveEvent.objects.count) == before + 1
    assert len(json.dumps(told)) < 1000
    client = Client()

    def fetch() -> bytes:
        client.force_login(
            team.people["radiologist"], backend="django.contrib.auth.backends.ModelBackend"
        )
        box = ",".join(map(str, told["payload"]["box"]))
        path = f"/api/segmentations/{segmentation.pk}/revisions/1/voxels?segment=1&box={box}"
        return bytes(client.get(path).content)

    assert await call(fetch) == bytes([0xFF, 0x01]), "nine voxels, and no byte more"
    fresh = await call(build_snapshot, await call(LiveSession.objects.get, pk=session.pk))
    assert surgeon.snapshot is not None and reader.snapshot is not None
    await surgeon.sync(told["seq"])  # before its answer or after: no rule says which
    assert reader.snapshot["segmentations"] == fresh["segmentations"]
    assert surgeon.snapshot["segmentations"] == fresh["segmentations"]


async def test_LIVE_S2_a_stale_parent_is_refused_with_the_current_one_and_a_retry_is_once(
    connect: Connect, team: CaseTeam, segmentation: Segmentation
) -> None:
    surgeon = await connect("surgeon")
    actor = await call(team.actor, "surgeon")
    await lease(surgeon, segmentation, "acquire")
    await holder(surgeon)
    first, second = make_chunk({1: block((1, 2, 2))}), make_chunk({1: block((1, 3, 3))})
    for chunk in (first, second):
        await call(send, actor, segmentation, chunk, parent=0)
    op_id = str(uuid4())
    payload = {"parent": 0, "sha256": first.sha256}
    for _ in range(2):
        ack = await surgeon.op(
            "segmentation.revise", payload, entity=str(segmentation.pk), op_id=op_id
        )
        assert ack["outcome"] == "committed"
    ack = await revise(surgeon, segmentation, second, parent=0)
    assert (ack["outcome"], ack["code"]) == ("rejected", "stale_version")
    assert ack["current"]["revision"] == 1
    assert (await call(voxels, segmentation)).sum() == 4
    assert await call(LiveOp.objects.filter(kind="segmentation.revise").count) == 2


async def test_LIVE_S2_undo_is_a_new_revision_and_revisions_stay(
    connect: Connect, team: CaseTeam, segmentation: Segmentation
) -> None:
    surgeon, reader = await connect("surgeon"), await connect("radiologist")
    await call(
        paint, await call(team.actor, "surgeon"), segmentation, {1: block((1, 2, 2))}, parent=0
    )
    rest = await reader.until_event("segmentation.revised")
    assert rest["op_id"] is None, "a stroke by REST is in the room's log, too (LIVE-O6)"
    await lease(surgeon, segmentation, "acquire")
    await holder(surgeon)
    ack = await surgeon.op(
        "segmentation.revert", {"parent": 1, "revision": 1}, entity=str(segmentation.pk)
    )
    assert ack["outcome"] == "committed"
    undone = await reader.until_event("segmentation.revised")
    assert undone["payload"]["box"] == rest["payload"]["box"]
    assert (await call(voxels, segmentation)).sum() == 0
    assert (await call(voxels, segmentation, revision=1)).sum() == 4
    assert await call(SegmentationRevision.objects.count) == 2


async def test_what_is_of_another_case_is_not_painted_from_this_room(
    connect: Connect, team: CaseTeam, scan: Scan
) -> None:
    surgeon = await connect("surgeon")

    def elsewhere() -> Segmentation:
        other = make_case_team()
        mine = begin(team, scan)
        Segmentation.objects.filter(pk=mine.pk).update(case=other.case)
        return mine

    foreign = await call(elsewhere)
    await lease(surgeon, foreign, "acquire")
    assert (await surgeon.until("error"))["code"] == "other_case"
    ack = await revise(surgeon, foreign, make_chunk({1: block((1, 2, 2))}), parent=0)
    assert ack["code"] == "other_case"
