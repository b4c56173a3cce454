"""Presenter, follow and stage (LIVE-P1…P7)."""

import asyncio

import pytest

from apps.live import limits, services
from apps.live.hub.stage import StageState
from apps.live.models import LiveEvent, LiveSession
from tests.apps.live.conftest import Connect, call
from tests.live_client import LiveClient, stage
from tests.people import CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)


async def _present(client: LiveClient, study: str, *, rev: int, **changes: object) -> None:
    epoch = client.welcome["presenter"]["epoch"]
    await client.send(stage(study, epoch=epoch, rev=rev, **changes))


async def test_LIVE_P1_the_chair_grants_the_token_under_a_new_epoch(
    connect: Connect, team: CaseTeam, study: str
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    before = chair.welcome["presenter"]["epoch"]
    ack = await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    assert ack["outcome"] == "committed"
    changed = await surgeon.until(
        "presenter.changed", where=lambda m: m["presenter"]["epoch"] > before
    )
    assert changed["presenter"]["user"]["id"] == str(team.people["surgeon"].pk)
    await surgeon.send(stage(study, epoch=before + 1, rev=1))
    shown = await chair.until("stage")
    assert (shown["frame"]["epoch"], shown["frame"]["rev"]) == (before + 1, 1)


async def test_LIVE_P1_frames_of_an_old_epoch_and_of_others_are_ignored(
    connect: Connect, team: CaseTeam, study: str
) -> None:
    chair, surgeon, watcher = (
        await connect("chair"),
        await connect("surgeon"),
        await connect("oncologist"),
    )
    await _present(surgeon, study, rev=50)  # not the presenter
    await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    await surgeon.until("presenter.changed", where=lambda m: m["presenter"]["epoch"] == 2)
    await _present(chair, study, rev=60)  # the old epoch
    await surgeon.send(stage(study, epoch=2, rev=1))
    shown = await watcher.until("stage")
    assert (shown["frame"]["epoch"], shown["frame"]["rev"]) == (2, 1)
    await watcher.quiet(of="stage")


async def test_LIVE_P1_frames_of_somebody_else_in_the_right_epoch_are_ignored(
    connect: Connect, study: str
) -> None:
    chair, surgeon, watcher = (
        await connect("chair"),
        await connect("surgeon"),
        await connect("oncologist"),
    )
    for kind in ("stage.update", "stage.keyframe"):
        await _present(surgeon, study, rev=50, kind=kind)
    await surgeon.op("chat.post", {"text": "after them"})
    await _present(chair, study, rev=1)
    shown = await watcher.until("stage")
    assert shown["frame"]["rev"] == 1
    await watcher.quiet(of="stage")


async def test_LIVE_P1_a_presenter_speaks_in_the_epoch_that_is_on(
    connect: Connect, study: str
) -> None:
    """An epoch of the future would shut out whoever gets the token next."""
    chair, watcher = await connect("chair"), await connect("oncologist")
    await chair.send(stage(study, epoch=7, rev=1))
    await _present(chair, study, rev=1)
    assert (await watcher.until("stage"))["frame"]["epoch"] == 1
    await watcher.quiet(of="stage")


def test_LIVE_P1_a_late_frame_of_an_old_epoch_is_not_shown() -> None:
    """Another process's frame may come by the bus after the token went on."""
    shown = StageState()
    late = {"epoch": 1, "rev": 99, "state": {}}
    assert not shown.accept(late, epoch=2)
    assert shown.accept({"epoch": 2, "rev": 1, "state": {}}, epoch=2)
    assert not shown.accept(late, epoch=2)


async def test_LIVE_P1_who_is_not_chair_cannot_take_or_grant(
    connect: Connect, team: CaseTeam
) -> None:
    surgeon = await connect("surgeon")
    ack = await surgeon.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    assert (ack["outcome"], ack["code"]) == ("rejected", "forbidden")
    await surgeon.send({"type": "presenter.request"})
    refusal = await surgeon.until("error")
    assert refusal["code"] == "ask_the_chair"


async def test_LIVE_P1_the_chair_takes_the_token_back_and_a_release_returns_it(
    connect: Connect, team: CaseTeam
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    await surgeon.until("presenter.changed", where=lambda m: m["presenter"]["epoch"] == 2)
    await surgeon.send({"type": "presenter.release"})
    back = await surgeon.until("presenter.changed", where=lambda m: m["presenter"]["epoch"] == 3)
    assert back["presenter"]["user"]["id"] == str(team.people["chair"].pk)
    await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    await chair.send({"type": "presenter.request"})
    taken = await surgeon.until("presenter.changed", where=lambda m: m["presenter"]["epoch"] == 5)
    assert taken["presenter"]["user"]["id"] == str(team.people["chair"].pk)


async def test_LIVE_P1_only_people_of_the_case_can_present(
    connect: Connect, team: CaseTeam
) -> None:
    chair = await connect("chair")
    ack = await chair.op("presenter.grant", {"user": str(team.people["outsider"].pk)})
    assert (ack["outcome"], ack["code"]) == ("rejected", "unknown_person")


async def test_LIVE_P2_after_the_grace_the_token_returns_to_the_chair(
    connect: Connect, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PRESENTER_GRACE_S", 2.5)
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    await surgeon.until("presenter.changed", where=lambda m: m["presenter"]["epoch"] == 2)
    await surgeon.close()
    await asyncio.sleep(1.0)
    assert all(m["presenter"]["epoch"] <= 2 for m in chair.seen if m["type"] == "presenter.changed")
    back = await chair.until(
        "presenter.changed", where=lambda m: m["presenter"]["epoch"] == 3, timeout_s=15
    )
    assert back["presenter"]["user"]["id"] == str(team.people["chair"].pk)
    event = await call(LiveEvent.objects.filter(kind="presenter.changed").latest, "seq")
    assert event.payload["reason"] == "grace_over"


async def test_LIVE_P2_who_comes_back_in_time_still_presents(
    connect: Connect, team: CaseTeam, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PRESENTER_GRACE_S", 4.0)
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    await surgeon.until("presenter.changed", where=lambda m: m["presenter"]["epoch"] == 2)
    await surgeon.close()
    await asyncio.sleep(1.5)
    back = await connect("surgeon")
    assert back.welcome["presenter"]["epoch"] == 2
    await asyncio.sleep(4.0)
    await back.send(stage(study, epoch=2, rev=1))
    shown = await chair.until("stage")
    assert shown["frame"]["epoch"] == 2


async def test_LIVE_P2_a_vacant_token_may_be_taken_by_a_clinician(
    connect: Connect, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chair opened the room, presents, and is gone past the grace."""
    monkeypatch.setattr(limits, "PRESENTER_GRACE_S", 1.0)
    surgeon = await connect("surgeon")
    await asyncio.sleep(3.0)
    await surgeon.send({"type": "presenter.request"})
    taken = await surgeon.until("presenter.changed", where=lambda m: m["presenter"]["epoch"] == 2)
    assert taken["presenter"]["user"]["id"] == str(team.people["surgeon"].pk)


async def test_LIVE_P3_following_is_on_by_default_and_detaching_stops_the_stage(
    connect: Connect, study: str
) -> None:
    chair, surgeon, oncologist = (
        await connect("chair"),
        await connect("surgeon"),
        await connect("oncologist"),
    )
    await surgeon.send({"type": "follow.set", "following": False})
    await chair.until("presenter.changed", where=lambda m: m["followers"] == 1)
    await _present(chair, study, rev=1)
    assert (await oncologist.until("stage"))["frame"]["rev"] == 1
    await surgeon.quiet(of="stage")
    await surgeon.send({"type": "follow.set", "following": True})
    assert (await surgeon.until("stage"))["frame"]["rev"] == 1


async def test_LIVE_P3_following_in_a_cycle_is_refused(connect: Connect) -> None:
    chair = await connect("chair")
    await chair.send({"type": "follow.set", "following": True})
    assert (await chair.until("error"))["code"] == "follow_cycle"


async def test_LIVE_P4_the_presenter_learns_how_many_follow_and_when_nobody_does(
    connect: Connect, study: str
) -> None:
    chair = await connect("chair")
    assert chair.welcome["followers"] == 0
    surgeon = await connect("surgeon")
    await chair.until("presenter.changed", where=lambda m: m["followers"] == 1)
    companion = await connect("surgeon")  # a second window of the same person counts once
    trainee = await connect("trainee", process=1)
    await chair.until("presenter.changed", where=lambda m: m["followers"] == 2)
    await trainee.close()
    await chair.until("presenter.changed", where=lambda m: m["followers"] == 1)
    await companion.send({"type": "follow.set", "following": False})
    await surgeon.send({"type": "follow.set", "following": False})
    await chair.until("presenter.changed", where=lambda m: m["followers"] == 0)


async def test_LIVE_P5_everybody_is_told_who_presents_to_how_many(
    connect: Connect, team: CaseTeam
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    assert surgeon.welcome["presenter"]["user"]["display_name"] == "Chair Person"
    assert surgeon.welcome["followers"] == 1
    await connect("oncologist")
    for client in (chair, surgeon):
        told = await client.until("presenter.changed", where=lambda m: m["followers"] == 2)
        assert told["presenter"]["user"]["id"] == str(team.people["chair"].pk)


async def test_LIVE_P6_the_view_reaches_the_other_screen_untouched(
    connect: Connect, study: str
) -> None:
    """Millimetres, plane and window as sent, nothing of anybody's canvas."""
    chair, surgeon = await connect("chair"), await connect("surgeon", process=1)
    sent = stage(study, epoch=1, rev=7)
    await chair.send(sent)
    shown = await surgeon.until("stage")
    assert shown["frame"] == {key: sent[key] for key in ("epoch", "rev", "state")}
    late = await connect("oncologist")
    assert late.welcome["stage"] == shown["frame"]


async def test_LIVE_P7_a_held_stage_is_shown_as_held_and_late_comers_see_it(
    connect: Connect, study: str
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await _present(chair, study, rev=1)
    await surgeon.until("stage")
    await _present(chair, study, rev=2, held=True)
    shown = await surgeon.until("stage")
    assert shown["frame"]["state"]["held"] is True
    assert (await connect("oncologist")).welcome["stage"]["state"]["held"] is True


async def test_the_settled_stage_goes_into_the_log_once(
    connect: Connect, session: LiveSession, study: str
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    for rev in range(1, 8):
        await _present(chair, study, rev=rev)
    event = await surgeon.until_event("stage.keyframe")
    assert event["payload"]["stage"]["rev"] == 7
    await asyncio.sleep(0.8)
    rows = LiveEvent.objects.filter(session=session, kind="stage.keyframe")
    assert await call(rows.count) == 1
    await _present(chair, study, rev=8, kind="stage.keyframe")
    assert (await surgeon.until_event("stage.keyframe"))["payload"]["stage"]["rev"] == 8


async def test_a_stage_of_another_cases_study_is_refused(connect: Connect, study: str) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await _present(chair, "1.2.999", rev=1)
    assert (await chair.until("error"))["code"] == "study_not_in_case"
    await surgeon.quiet(of="stage")


def test_two_people_opening_at_once_are_in_one_room(team: CaseTeam) -> None:
    first, made = services.open_ad_hoc_session(actor=team.actor("surgeon"), case_id=team.case_id)
    second, again = services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    assert (first.pk, made, again) == (second.pk, True, False)
