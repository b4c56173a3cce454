"""Lesions in a room: by the same services, one event an act, nothing across cases."""

from typing import Any
from uuid import uuid4

import pytest

from apps.annotations import services as annotations
from apps.annotations.models import Lesion, Measurement
from apps.live import services
from apps.live.models import LiveEvent, LiveSession
from apps.live.projections import View, project_event
from apps.live.selectors import build_snapshot, describe_event
from tests.apps.live.test_ops import _drawing, _op, _other_room
from tests.people import CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)


def _submit(team: CaseTeam, session: LiveSession, op: Any, who: str = "surgeon") -> Any:
    return services.submit_op(actor=team.actor(who), session_id=session.pk, op=op)


def _lesion(team: CaseTeam, session: LiveSession, **told: Any) -> str:
    lesion_id = str(uuid4())
    ack = _submit(team, session, _op("lesion.put", {"id": lesion_id, **told}))
    assert ack.outcome == "committed", ack
    return lesion_id


def _measured(team: CaseTeam, session: LiveSession, scan: Scan) -> str:
    drawn = _drawing(scan)
    _submit(team, session, _op("measurement.put", drawn))
    return str(drawn["id"])


def _assign(entity: str, lesion: str | None, version: int = 1) -> Any:
    return _op("measurement.assign", {"lesion": lesion}, entity=entity, entity_version=version)


def _kinds(session: LiveSession) -> list[str]:
    return list(
        LiveEvent.objects.filter(session=session).order_by("seq").values_list("kind", flat=True)
    )


def test_LIVE_N2_an_assignment_is_one_event_that_older_windows_know(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    entity, lesion = _measured(team, session, scan), _lesion(team, session, role="target")
    before = len(_kinds(session))
    ack = _submit(team, session, _assign(entity, lesion))
    assert (ack.outcome, _kinds(session)[before:]) == ("committed", ["measurement.revised"])
    session.refresh_from_db()
    snapshot = build_snapshot(session)
    assert [one["lesion"] for one in snapshot["measurements"]] == [lesion]
    assert [(one["id"], one["number"], one["role"]) for one in snapshot["lesions"]] == [
        (lesion, 1, "target")
    ]


def test_LIVE_N2_undo_of_an_assignment_is_the_assignment_before(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    entity, lesion = _measured(team, session, scan), _lesion(team, session)
    _submit(team, session, _assign(entity, lesion))
    assert _submit(team, session, _assign(entity, None, version=2)).outcome == "committed"
    measurement = Measurement.objects.get(pk=entity)
    assert (measurement.lesion_id, measurement.version) == (None, 3)


def test_LIVE_N3_nothing_is_assigned_across_cases(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    entity, other = _measured(team, session, scan), _other_room(team)
    theirs = _lesion(team, other)
    ack = _submit(team, session, _assign(entity, theirs))
    assert (ack.outcome, ack.code, ack.current) == ("rejected", "lesion_not_in_case", None)
    ours = _lesion(team, session)
    ack = _submit(team, other, _assign(entity, ours))
    assert (ack.outcome, ack.code) == ("rejected", "other_case")
    ack = _submit(team, other, _op("lesion.remove", {}, entity=ours, entity_version=1))
    assert (ack.outcome, ack.code) == ("rejected", "other_case")
    said = {"label": "x", "site": "", "role": None, "is_node": False}
    ack = _submit(team, other, _op("lesion.revise", said, entity=ours, entity_version=1))
    assert (ack.outcome, ack.code) == ("rejected", "other_case")
    assert Measurement.objects.get(pk=entity).lesion_id is None


def test_LIVE_N4_the_second_measurement_of_a_time_point_is_refused_and_names_the_first(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    lesion = _lesion(team, session)
    first, second = _measured(team, session, scan), _measured(team, session, scan)
    _submit(team, session, _assign(first, lesion))
    before = _kinds(session)
    ack = _submit(team, session, _assign(second, lesion))
    assert (ack.outcome, ack.code) == ("rejected", "lesion_measured_twice")
    assert ack.current is not None and ack.current["id"] == first
    assert _kinds(session) == before


def test_LIVE_N5_a_lesion_is_put_revised_removed_and_put_back(
    team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    lesion = _lesion(team, session, site="liver", role="target")
    said = {"label": "", "site": "lymph_node", "role": None, "is_node": True}
    _submit(team, session, _op("lesion.revise", said, entity=lesion, entity_version=1))
    entity = _measured(team, session, scan)
    _submit(team, session, _assign(entity, lesion))
    gone = _op("lesion.remove", {}, entity=lesion, entity_version=2)
    assert _submit(team, session, gone).code == "lesion_has_measurements"
    _submit(team, session, _assign(entity, None, version=2))
    gone = _op("lesion.remove", {}, entity=lesion, entity_version=2)
    assert _submit(team, session, gone).outcome == "committed"
    back = _op("lesion.put", {"id": lesion, **said}, entity=lesion, entity_version=3)
    assert _submit(team, session, back).outcome == "committed"
    kept = Lesion.objects.get(pk=lesion)
    assert (kept.number, kept.version, kept.is_node, kept.removed_at) == (1, 4, True, None)
    assert [kind for kind in _kinds(session) if kind.startswith("lesion.")] == [
        "lesion.put",
        "lesion.revised",
        "lesion.removed",
        "lesion.put",
    ]


def test_LIVE_O6_a_lesion_written_by_rest_is_heard_in_the_room(
    team: CaseTeam, session: LiveSession
) -> None:
    before = len(_kinds(session))
    annotations.put_lesion(
        actor=team.actor("surgeon"), case_id=team.case_id, saying=annotations.Saying()
    )
    assert _kinds(session)[before:] == ["lesion.put"]


def test_LIVE_N6_a_guise_sees_number_role_and_sites_of_the_list_and_no_words(
    team: CaseTeam, session: LiveSession
) -> None:
    _lesion(team, session, label="beside Mrs Doe's stent", site="liver", role="target")
    _lesion(team, session, label="x", site="Mrs Doe's own words")
    guest = View("deidentified", grant_id=uuid4())
    shown = [
        project_event(describe_event(row), view=guest)["payload"]["lesion"]
        for row in LiveEvent.objects.filter(session=session, kind="lesion.put").order_by("seq")
    ]
    assert [(one["number"], one["label"], one["site"], one["role"]) for one in shown] == [
        (1, "", "liver", "target"),
        (2, "", "", None),
    ]
    known = set(Lesion.objects.values_list("tracking_uid", flat=True))
    assert known.isdisjoint(one["tracking_uid"] for one in shown)
