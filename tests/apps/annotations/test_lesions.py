"""Lesions: numbers for good, one measurement a time point, nothing across cases."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models.deletion import Collector
from django.test import Client

from apps.annotations import services
from apps.annotations.api.lesion_serializers import LesionSerializer
from apps.annotations.events import LesionPut, LesionRemoved, LesionRevised, MeasurementRevised
from apps.annotations.exceptions import (
    LesionExists,
    LesionHasMeasurements,
    LesionMeasuredTwice,
    LesionNotInCase,
)
from apps.annotations.models import Lesion, LesionRevision, Measurement, MeasurementRevision
from apps.annotations.selectors import describe_lesion, describe_measurement, lesions_of_case
from apps.annotations.services import Drawing, Saying
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.events import CaseEvent
from apps.core.exceptions import Forbidden, InvalidInput, NotVisible, StaleVersion
from apps.live.protocol.bodies import LesionBody
from tests.people import CaseTeam, make_case_team
from tests.scans import Scan, import_ct

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
LIVER = Saying(label="segment VII", site="liver", role="target")


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def scan(team: CaseTeam, tmp_path: Path) -> Scan:
    return import_ct(case=team.case, folder=tmp_path)


@pytest.fixture()
def said(monkeypatch: pytest.MonkeyPatch) -> list[CaseEvent]:
    heard: list[CaseEvent] = []
    monkeypatch.setattr(events, "_subscribers", [(CaseEvent, heard.append)])
    return heard


def _lesion(team: CaseTeam, saying: Saying = LIVER, who: str = "surgeon", **more: Any) -> Lesion:
    return services.put_lesion(actor=team.actor(who), case_id=team.case_id, saying=saying, **more)


def _measure(team: CaseTeam, scan: Scan, *, index: int = 1, who: str = "surgeon") -> Measurement:
    return services.put_measurement(
        actor=team.actor(who),
        case_id=team.case_id,
        drawing=_drawing(scan, index=index),
    )


def _drawing(scan: Scan, *, index: int = 1) -> Drawing:
    return Drawing(
        kind="length",
        study_instance_uid=scan.study_instance_uid,
        series_instance_uid=scan.series_instance_uid,
        sop_instance_uid=scan.slices[index],
        frame_of_reference_uid=scan.frame_of_reference_uid,
        points_lps=[
            scan.point_lps(index=index, column=10, row=20),
            scan.point_lps(index=index, column=42, row=20),
        ],
    )


def _assign(
    team: CaseTeam, measurement: Measurement, lesion: Lesion | None, who: str = "surgeon"
) -> Measurement:
    return services.assign_measurement(
        actor=team.actor(who),
        measurement_id=measurement.pk,
        version=measurement.version,
        lesion_id=lesion and lesion.pk,
    )


def test_a_lesion_is_numbered_said_once_and_kept(team: CaseTeam, said: list[CaseEvent]) -> None:
    lesion = _lesion(team)
    assert (lesion.number, lesion.version, lesion.role) == (1, 1, "target")
    assert lesion.tracking_uid.startswith("2.25.")
    assert [type(event) for event in said] == [LesionPut]
    assert said[0].payload() == {"lesion": describe_lesion(lesion)}
    entry = AuditEntry.objects.get(action="lesion.put")
    assert (entry.case_id, entry.entity_id) == (team.case_id, str(lesion.pk))
    again = _lesion(team, lesion_id=lesion.pk)
    assert (again.pk, again.number, len(said)) == (lesion.pk, 1, 1)


def test_the_shape_is_the_same_in_rest_and_on_the_socket(team: CaseTeam) -> None:
    body = describe_lesion(_lesion(team, Saying()))
    LesionBody.model_validate(body)
    assert set(LesionSerializer().fields) == set(body)
    assert body["role"] is None


def test_LIVE_N1_a_number_is_never_given_again(team: CaseTeam) -> None:
    first, second = _lesion(team), _lesion(team)
    services.remove_lesion(actor=team.actor("surgeon"), lesion_id=second.pk, version=1)
    third = _lesion(team)
    assert (first.number, second.number, third.number) == (1, 2, 3)
    back = _lesion(team, lesion_id=second.pk, version=2)
    assert (back.number, back.version, back.tracking_uid) == (2, 3, second.tracking_uid)
    other = make_case_team(patient=team.case.patient)
    assert _lesion(other).number == 1


def test_a_revision_names_its_version_and_keeps_every_one(
    team: CaseTeam, said: list[CaseEvent]
) -> None:
    lesion = _lesion(team)
    surgeon = team.actor("surgeon")
    services.revise_lesion(actor=surgeon, lesion_id=lesion.pk, version=1, role="non_target")
    with pytest.raises(StaleVersion) as caught:
        services.revise_lesion(actor=surgeon, lesion_id=lesion.pk, version=1, role="new")
    assert caught.value.details["current"]["role"] == "non_target"
    assert [type(event) for event in said] == [LesionPut, LesionRevised]
    services.revise_lesion(actor=surgeon, lesion_id=lesion.pk, version=2, role="non_target")
    assert len(said) == 2, "no change, no event"
    kept = LesionRevision.objects.filter(lesion=lesion).values_list("version", "role")
    assert list(kept) == [(1, "target"), (2, "non_target")]


@pytest.mark.parametrize(
    "saying",
    [Saying(label="x" * 81), Saying(site="x" * 65), Saying(role="benign"), Saying(label="\x00")],
)
def test_words_have_an_end(team: CaseTeam, saying: Saying) -> None:
    with pytest.raises(InvalidInput):
        _lesion(team, saying)
    assert not Lesion.objects.exists()


def test_an_id_of_another_case_says_nothing_of_it(team: CaseTeam) -> None:
    theirs = _lesion(make_case_team())
    with pytest.raises(LesionExists) as caught:
        _lesion(team, lesion_id=theirs.pk, version=1)
    assert caught.value.details == {}


def test_who_may(team: CaseTeam) -> None:
    with pytest.raises((Forbidden, NotVisible)):
        _lesion(team, who="outsider")
    lesion = _lesion(team)
    change = {"lesion_id": lesion.pk, "version": 1, "label": "x"}
    with pytest.raises(Forbidden):
        services.revise_lesion(actor=team.actor("oncologist"), **change)
    assert services.revise_lesion(actor=team.actor("radiologist"), **change).label == "x"


def test_LIVE_N2_an_assignment_is_a_revision_of_the_measurement(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    lesion, measurement = _lesion(team), _measure(team, scan)
    assigned = _assign(team, measurement, lesion)
    assert (assigned.lesion_id, assigned.version) == (lesion.pk, 2)
    assert type(said[-1]) is MeasurementRevised
    assert said[-1].payload()["measurement"]["lesion"] == str(lesion.pk)
    assert AuditEntry.objects.filter(action="measurement.assigned").count() == 1
    count = len(said)
    _assign(team, assigned, lesion)
    assert len(said) == count, "no change, no event"
    freed = _assign(team, assigned, None)
    assert (freed.lesion_id, freed.version) == (None, 3)
    kept = MeasurementRevision.objects.filter(measurement=measurement)
    assert list(kept.values_list("lesion_id", flat=True)) == [None, lesion.pk, None]


def test_LIVE_N3_a_lesion_of_another_case_is_refused(team: CaseTeam, scan: Scan) -> None:
    measurement = _measure(team, scan)
    same_patient = make_case_team(patient=team.case.patient)
    for lesion in (_lesion(make_case_team()), _lesion(same_patient)):
        with pytest.raises(LesionNotInCase) as caught:
            _assign(team, measurement, lesion)
        assert caught.value.details == {}
    removed = _lesion(team)
    services.remove_lesion(actor=team.actor("surgeon"), lesion_id=removed.pk, version=1)
    with pytest.raises(LesionNotInCase):
        _assign(team, measurement, removed)
    measurement.refresh_from_db()
    assert (measurement.lesion_id, measurement.version) == (None, 1)


def test_LIVE_N4_a_lesion_is_measured_once_a_study_and_kind(team: CaseTeam, scan: Scan) -> None:
    lesion = _lesion(team)
    first = _assign(team, _measure(team, scan), lesion)
    second = _measure(team, scan, index=2)
    with pytest.raises(LesionMeasuredTwice) as caught:
        _assign(team, second, lesion)
    assert caught.value.details["measurement"] == str(first.pk)
    assert caught.value.details["current"] == describe_measurement(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        Measurement.objects.filter(pk=second.pk).update(lesion=lesion)
    services.remove_measurement(
        actor=team.actor("surgeon"), measurement_id=first.pk, version=first.version
    )
    assert _assign(team, second, lesion).lesion_id == lesion.pk


def _put_back(team: CaseTeam, scan: Scan, measurement: Measurement) -> Measurement:
    return services.put_measurement(
        actor=team.actor("surgeon"),
        case_id=team.case_id,
        drawing=_drawing(scan),
        measurement_id=measurement.pk,
        version=measurement.version,
    )


def test_LIVE_N5_a_measurement_comes_back_to_its_lesion_where_that_is_free(
    team: CaseTeam, scan: Scan
) -> None:
    lesion = _lesion(team)
    surgeon = team.actor("surgeon")
    first = _assign(team, _measure(team, scan), lesion)
    first = services.remove_measurement(actor=surgeon, measurement_id=first.pk, version=2)
    first = _put_back(team, scan, first)
    assert first.lesion_id == lesion.pk
    first = services.remove_measurement(actor=surgeon, measurement_id=first.pk, version=4)
    _assign(team, _measure(team, scan, index=2), lesion)
    first = _put_back(team, scan, first)
    assert (first.removed_at, first.lesion_id) == (None, None)


def test_LIVE_N5_a_measured_lesion_is_not_removed(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    lesion = _lesion(team)
    surgeon = team.actor("surgeon")
    measurement = _assign(team, _measure(team, scan), lesion)
    with pytest.raises(LesionHasMeasurements) as caught:
        services.remove_lesion(actor=surgeon, lesion_id=lesion.pk, version=1)
    assert caught.value.details == {"measurements": [str(measurement.pk)]}
    _assign(team, measurement, None)
    services.remove_lesion(actor=surgeon, lesion_id=lesion.pk, version=1)
    assert type(said[-1]) is LesionRemoved
    assert not lesions_of_case(case_id=team.case_id).exists()


def test_a_case_goes_with_its_lesions(team: CaseTeam, scan: Scan) -> None:
    """What holds a lesion in place while it is measured does not hold the case."""
    _assign(team, _measure(team, scan), _lesion(team))
    collector = Collector(using="default")
    collector.collect([team.case])
    assert Lesion in collector.data


def _client(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


def test_over_rest_as_measurements_are(team: CaseTeam, scan: Scan) -> None:
    client, measurement = _client(team, "surgeon"), _measure(team, scan)
    json = {"content_type": "application/json"}
    body = {"case": str(team.case_id), "id": str(uuid4()), "site": "liver", "role": "target"}
    made, again = (client.post("/api/lesions", body, **json) for _ in range(2))
    assert (made.status_code, again.json()) == (201, made.json())
    lesion = made.json()
    page = client.get(f"/api/lesions?case={team.case_id}").json()
    assert page["results"] == [lesion]

    one = f"/api/lesions/{lesion['id']}"
    assert client.patch(one, {"role": None}, **json).status_code in {400, 428}
    changed = client.patch(one, {"role": None}, headers={"If-Match": '"1"'}, **json)
    assert (changed.status_code, changed.json()["role"]) == (200, None)
    assert changed.json()["site"] == "liver"

    where = f"/api/measurements/{measurement.pk}/lesion"
    put = client.put(where, {"lesion": lesion["id"]}, headers={"If-Match": '"1"'}, **json)
    assert (put.status_code, put.json()["lesion"]) == (200, lesion["id"])
    second = _measure(team, scan, index=2)
    twice = client.put(
        f"/api/measurements/{second.pk}/lesion",
        {"lesion": lesion["id"]},
        headers={"If-Match": '"1"'},
        **json,
    )
    assert (twice.status_code, twice.json()["code"]) == (409, "lesion_measured_twice")
    kept = client.delete(one, headers={"If-Match": '"2"'})
    assert (kept.status_code, kept.json()["code"]) == (409, "lesion_has_measurements")
    client.put(where, {"lesion": None}, headers={"If-Match": '"2"'}, **json)
    assert client.delete(one, headers={"If-Match": '"2"'}).status_code == 204


def test_a_deidentified_view_neither_reads_nor_writes_them_by_rest(team: CaseTeam) -> None:
    lesion, client = _lesion(team), _client(team, "consultant")
    assert client.get(f"/api/lesions?case={team.case_id}").status_code == 403
    body = {"case": str(team.case_id)}
    assert client.post("/api/lesions", body, content_type="application/json").status_code == 403
    one = f"/api/lesions/{lesion.pk}"
    assert client.delete(one, headers={"If-Match": '"1"'}).status_code == 403
