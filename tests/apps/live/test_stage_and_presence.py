"""The stage in full, where people look, and calls to look at a point (LIVE-V*)."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from apps.cases.models import CaseGrant
from apps.imaging.projection import Projection
from apps.live import limits, projections
from apps.live.hub.presence import PresenceBoard
from apps.live.limits import LaneRate
from apps.live.projections import View, project_presence
from tests.apps.live.conftest import Connect, call
from tests.live_client import pointer, stage
from tests.people import CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)

GUEST = View(guise="deidentified", grant_id=uuid4())
NOTHING = View(guise="none")
PAGE = {
    "viewport": 0,
    "id": str(uuid4()),
    "page": 3,
    "center": [0.5, 0.25],
    "extent": [1.0, 0.5],
}
CINE = {"frames_per_second": 12.0, "mode": "loop", "axis": "slices"}


def looks_at(scan: Scan, **changes: Any) -> dict[str, Any]:
    return {
        "series_instance_uid": scan.series_instance_uid,
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "sop_instance_uid": scan.slices[0],
        "frame": 1,
        "center_lps": [1.0, 2.0, 3.0],
        **changes,
    }


def point_in(scan: Scan) -> dict[str, Any]:
    return {
        **pointer()["pointer"],
        "series_instance_uid": scan.series_instance_uid,
        "frame_of_reference_uid": scan.frame_of_reference_uid,
    }


# ── the stage ─────────────────────────────────────────────────────────────────────────


async def test_LIVE_V1_page_cine_and_hanging_reach_whoever_follows(
    connect: Connect, scan: Scan
) -> None:
    chair, follower = await connect("chair"), await connect("radiologist")
    frame = stage(scan.study_instance_uid, epoch=chair.welcome["presenter"]["epoch"], rev=1)
    frame["state"].update(pages=[PAGE], hanging={"key": "pet_ct", "step": 1})
    frame["state"]["viewports"][0].update(cine=CINE, visible_mm=[640.0, 360.0])
    await chair.send(frame)
    shown = (await follower.until("stage"))["frame"]["state"]
    assert shown["pages"] == [PAGE]
    assert shown["hanging"] == {"key": "pet_ct", "step": 1}
    assert shown["viewports"][0]["cine"] == CINE
    assert shown["viewports"][0]["visible_mm"] == [640.0, 360.0]
    # Who comes late finds it in the register.
    late = await connect("surgeon")
    assert late.welcome["stage"]["state"]["pages"] == [PAGE]


async def test_LIVE_V1_an_older_client_hears_of_nothing_that_was_not_said(
    connect: Connect, scan: Scan
) -> None:
    """Its schema refuses what it does not know; so nothing is put before it unasked."""
    chair, follower = await connect("chair"), await connect("radiologist")
    epoch = chair.welcome["presenter"]["epoch"]
    await chair.send(stage(scan.study_instance_uid, epoch=epoch, rev=1))
    state = (await follower.until("stage"))["frame"]["state"]
    assert not {"pages", "hanging", "comparison"} & set(state)
    assert not {"visible_mm", "visible_px", "cine"} & set(state["viewports"][0])


def test_LIVE_V1_a_guest_is_told_no_hanging_and_sees_pages_by_number_only() -> None:
    frame = stage("1.2.3", epoch=1, rev=1)
    frame["state"].update(pages=[PAGE], hanging={"key": "mrs-doe", "step": 0})
    frame["state"]["viewports"][0].update(cine=CINE, visible_mm=[640.0, 360.0])
    shown = projections.project_stage(frame, view=GUEST)
    assert shown is not None
    assert "doe" not in str(shown)
    assert shown["state"]["hanging"] is None
    assert shown["state"]["pages"] == [PAGE]
    assert shown["state"]["viewports"][0]["visible_mm"] == [640.0, 360.0]
    assert projections.project_stage(frame, view=NOTHING) is None


# ── where people look ─────────────────────────────────────────────────────────────────


async def test_LIVE_V4_where_somebody_looks_is_told_in_each_guise(
    connect: Connect, team: CaseTeam, scan: Scan
) -> None:
    grant = await call(CaseGrant.objects.get, user=team.people["consultant"])
    mapping = Projection(grant_id=grant.pk)
    surgeon = await connect("surgeon")
    reader, guest = await connect("radiologist"), await connect("consultant")
    place = looks_at(scan)
    await surgeon.send({**pointer(), "pointer": None, "tool": "mrs-doe", "looks_at": place})
    of_surgeon = str(team.people["surgeon"].pk)

    def said(message: dict[str, Any]) -> bool:
        return any(p["user"] == of_surgeon and p["looks_at"] for p in message["changed"])

    seen = (await reader.until("presence.delta", where=said))["changed"][0]["looks_at"]
    assert seen == place
    theirs = (await guest.until("presence.delta", where=said))["changed"][0]
    assert theirs["looks_at"] == {
        **place,
        "series_instance_uid": mapping.uid(scan.series_instance_uid),
        "frame_of_reference_uid": mapping.uid(scan.frame_of_reference_uid),
        "sop_instance_uid": mapping.uid(scan.slices[0]),
    }
    assert theirs["tool"] is None
    heard = "".join(guest.texts)
    assert scan.series_instance_uid not in heard
    assert "doe" not in heard
    hidden = project_presence({**pointer(), "looks_at": place}, view=NOTHING)
    assert hidden["looks_at"] is None


async def test_LIVE_V4_a_guest_says_no_place(connect: Connect, scan: Scan) -> None:
    chair, guest = await connect("chair"), await connect("consultant")
    await guest.send({**pointer(), "pointer": None, "looks_at": looks_at(scan)})
    delta = await chair.until("presence.delta", where=lambda m: bool(m["changed"]))
    assert delta["changed"][0]["looks_at"] is None


def test_LIVE_V4_a_move_forgets_where_people_looked() -> None:
    board = PresenceBoard()
    place = {"series_instance_uid": "1.2.3"}
    person = {"user": "u", "pointer": None, "looks_at": place}
    board.hear(person, now=0.0)
    board.say(person)
    board.take_delta()
    board.forget_places()
    delta = board.take_delta()
    assert delta is not None
    assert delta[0][0]["looks_at"] is None
    assert board.take_outgoing()[0]["looks_at"] is None


# ── look here ─────────────────────────────────────────────────────────────────────────


async def test_LIVE_V5_a_call_reaches_everybody_in_their_own_guise(
    connect: Connect, team: CaseTeam, scan: Scan
) -> None:
    grant = await call(CaseGrant.objects.get, user=team.people["consultant"])
    mapping = Projection(grant_id=grant.pk)
    surgeon = await connect("surgeon")
    reader, guest = await connect("radiologist"), await connect("consultant")
    await surgeon.send({"type": "look.here", "at": point_in(scan)})
    own, theirs = await surgeon.until("look.called"), await reader.until("look.called")
    assert own == theirs
    assert theirs["at"] == point_in(scan)
    assert theirs["user"]["id"] == str(team.people["surgeon"].pk)
    mapped = await guest.until("look.called")
    assert mapped["at"]["series_instance_uid"] == mapping.uid(scan.series_instance_uid)
    assert mapped["at"]["point_lps"] == point_in(scan)["point_lps"]
    assert scan.series_instance_uid not in "".join(guest.texts)
    # It is of the moment: who joins now hears nothing of it, and the log holds nothing.
    late = await connect("trainee")
    await late.quiet(of="look.called")
    assert late.seq == reader.seq == own.get("seq", reader.seq)


async def test_LIVE_V5_a_guest_cannot_call(connect: Connect, scan: Scan) -> None:
    chair, guest = await connect("chair"), await connect("consultant")
    await guest.send({"type": "look.here", "at": point_in(scan)})
    assert (await guest.until("error"))["code"] == "deidentified_only"
    await chair.quiet(of="look.called")


async def test_LIVE_V5_calls_are_few(
    connect: Connect, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOOK_RATE", LaneRate(per_second=0.01, burst=2))
    surgeon, reader = await connect("surgeon"), await connect("radiologist")
    for _ in range(3):
        await surgeon.send({"type": "look.here", "at": point_in(scan)})
    refusal = await surgeon.until("error")
    assert (refusal["code"], refusal["details"]) == ("rate_limited", {"lane": "look"})
    await reader.until("look.called")
    await reader.until("look.called")
    await reader.quiet(of="look.called")
    await asyncio.sleep(0)
