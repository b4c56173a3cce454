"""A PACS is away and another holds the study: all of it and of the same patient, or nothing."""

from __future__ import annotations

import socket

import pytest

from apps.audit.models import AuditEntry
from apps.imaging import services
from apps.imaging.choices import SourceState, StudyState
from apps.imaging.models import Instance, PacsConnection, Series, Study
from apps.imaging.pacs import breaker as breaker_module
from tests.apps.imaging.dicom import make_series, make_slice, read_bytes, to_bytes
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import FakePacs, send
from tests.faults.pacs.scene import Fault, no_leftovers, on, run_queued, status
from tests.faults.pacs.several import (
    Serve,
    away,
    fetched_from,
    refused_by,
    remade,
    serve,
)
from tests.people import CaseTeam
from tests.tallies import Tally

__all__ = ["serve"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


AWAY: dict[str, tuple[Fault, str]] = {
    "closes": (lambda c, kind, body: (c.close(), True)[1], "pacs_connection_broken"),
    "500": (on("series", status("500 Oops")), "pacs_failed"),
    "503": (on("series", status("503 Busy", "Retry-After: 0\r\n")), "pacs_busy"),
    "500 for the images": (on("retrieve", status("500 Oops")), "pacs_failed"),
}


@pytest.mark.parametrize("name", AWAY)
def test_first_away_second_serves_and_it_is_said(
    name: str,
    pacs: FakePacs,
    study: Study,
    objects: list[bytes],
    serve: Serve,
    tally: Tally,
) -> None:
    serve(objects)
    pacs.fault, code = AWAY[name]
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.READY, "")
    assert study.pacs is not None and study.pacs.name == "fake"  # results go home as before
    assert fetched_from(study) == {"second": 4}
    states = set(Instance.objects.values_list("source_state", flat=True))
    assert states == {SourceState.ELSEWHERE}
    (warning,) = Series.objects.get().source_warnings
    assert warning["code"] == "fetched_elsewhere"
    told = AuditEntry.objects.get(action="study.ingested").details
    second = PacsConnection.objects.get(name="second")
    assert told["pacs"] == str(second.pk)
    assert told["linked_pacs"] == str(study.pacs_id)
    assert told["because"] == code
    assert no_leftovers(study)
    tally("PACS that stood in", cases=1)


def test_a_circuit_that_is_open_is_away(
    pacs: FakePacs,
    study: Study,
    objects: list[bytes],
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breaker_module, "OPENS_AFTER_FAILURES", 1)
    serve(objects)
    assert study.pacs_id is not None
    breaker_module.breaker.failed(study.pacs_id)
    pacs.requests.clear()
    run_queued()
    assert fetched_from(study) == {"second": 4}
    assert pacs.requests == []


def test_a_pacs_that_is_switched_off_is_away(
    study: Study, objects: list[bytes], serve: Serve
) -> None:
    serve(objects)
    PacsConnection.objects.filter(name="fake").update(is_active=False)
    run_queued()
    assert fetched_from(study) == {"second": 4}


def test_the_first_serves_as_long_as_it_can(
    pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    second = serve(objects, priority=1)
    run_queued()
    assert fetched_from(study) == {"fake": 4}
    assert second.requests == []
    assert set(Instance.objects.values_list("source_state", flat=True)) == {SourceState.HELD}


def test_both_away_is_told_of_both_and_over_after_a_retry(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    second = serve(objects)
    away(pacs)
    away(second)
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "pacs_connection_broken")
    assert "second:" in study.error_message
    assert refused_by(study) == ["pacs_connection_broken"]
    assert not Instance.objects.exists()
    for name in ("fake", "second"):
        connection = PacsConnection.objects.get(name=name)
        assert connection.unreachable_since is not None
        assert "second" not in connection.last_error
    pacs.fault = None
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    assert fetched_from(study) == {"fake": 4}


OTHERS: dict[str, dict[str, str]] = {
    "another patient": {"PatientID": "SOMEBODY-ELSE"},
    "another birth date": {"PatientBirthDate": "19010101"},
    "another sex": {"PatientSex": "M"},
}


@pytest.mark.parametrize("what", OTHERS)
def test_second_holds_another_patient_under_the_same_uid(
    what: str, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve, tally: Tally
) -> None:
    second = serve(remade(objects, **OTHERS[what]))
    away(pacs)
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "pacs_connection_broken")
    assert refused_by(study) == ["patient_mismatch"]
    assert not [path for path in second.requests if "/series" in path]  # not even listed
    assert not Instance.objects.exists()
    assert no_leftovers(study)
    tally("PACS that stood in", cases=1)


@pytest.mark.parametrize("what", OTHERS)
def test_second_answers_with_the_right_patient_and_sends_another(
    what: str, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    second = serve(objects)
    wrong = remade(objects, **OTHERS[what])

    def swap(connection: socket.socket, kind: str, body: bytes) -> bool:
        if kind == "retrieve":
            second.objects = {str(read_bytes(raw).SOPInstanceUID): raw for raw in wrong}
            send(connection, second._honest(kind, "/series/x".replace("x", uid))[0])
            return True
        return False

    uid = str(read_bytes(objects[0]).SeriesInstanceUID)
    second.fault = swap
    before = Study.objects.values("patient_id", "patient_birth_date", "patient_sex").get()
    away(pacs)
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "pacs_connection_broken")
    assert refused_by(study) == ["patient_mismatch"]
    assert not Instance.objects.exists()
    assert Study.objects.values("patient_id", "patient_birth_date", "patient_sex").get() == before
    assert no_leftovers(study)


@pytest.mark.parametrize("when", ["counted at linking", "listed before it went away"])
def test_second_holds_fewer_images(
    when: str,
    team: CaseTeam,
    pacs: FakePacs,
    study: Study,
    objects: list[bytes],
    serve: Serve,
    tally: Tally,
) -> None:
    second = serve(objects[:3])
    if when == "listed before it went away":
        pacs.fault = on("retrieve", status("500 Oops"))
        run_queued()
        assert refused_by(study) == ["fewer_images"]
        actor = team.actor("coordinator")
        services.retry_ingest(actor=actor, case_id=team.case_id, study_id=study.pk)
    away(pacs)
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "pacs_connection_broken")
    assert set(refused_by(study)) == {"fewer_images"}
    assert "4 images" in study.error_message
    assert not Instance.objects.exists()
    assert not [path for path in second.requests if path.count("/") > 6]  # nothing was fetched
    tally("PACS that stood in", cases=1)


def test_as_many_images_that_are_others_are_fewer(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    first = read_bytes(objects[0])
    other = make_slice(
        index=9,
        study_uid=first.StudyInstanceUID,
        series_uid=first.SeriesInstanceUID,
        **patient_fields(team),
    )
    serve([*objects[:3], to_bytes(other)])
    pacs.fault = on("retrieve", status("500 Oops"))
    run_queued()
    assert refused_by(study) == ["fewer_images"]


def test_what_the_first_never_listed_stays_out(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    first = read_bytes(objects[0])
    fields = patient_fields(team) | {"study_uid": first.StudyInstanceUID}
    late = make_slice(index=9, series_uid=first.SeriesInstanceUID, **fields)
    serve([*objects, to_bytes(late), *make_series(count=2, seed=5, **fields)])
    pacs.fault = on("retrieve", status("500 Oops"))
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY
    assert Instance.objects.count() == 4
    assert fetched_from(study) == {"second": 4}


NO_STAND_IN: dict[str, tuple[Fault, str]] = {
    "404 in the middle": (on("retrieve", status("404 Not Found")), "pacs_not_found"),
    "401": (on("series", status("401 Unauthorized")), "pacs_unauthorised"),
    "a redirect": (on("series", status("302 Found")), "pacs_redirected"),
    "no DICOM": (
        on("retrieve", lambda c, b: send(c, b"<html>", content_type="text/html")),
        "bad_content_type",
    ),
}


@pytest.mark.parametrize("name", NO_STAND_IN)
def test_an_answer_that_is_wrong_is_no_absence(
    name: str, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    second = serve(objects)
    pacs.fault, code = NO_STAND_IN[name]
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, code)
    assert second.requests == []


def test_images_of_another_patient_in_the_first_ask_nobody_else(
    pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    second = serve(objects)
    wrong = remade(objects, PatientID="SOMEBODY-ELSE")
    pacs.objects = {str(read_bytes(raw).SOPInstanceUID): raw for raw in wrong}
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "patient_mismatch")
    assert second.requests == []


def test_a_third_is_asked_when_the_second_may_not(
    pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    serve(objects[:1], name="second", priority=150)
    serve(objects, name="third", priority=160)
    away(pacs)
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY
    assert refused_by(study) == ["fewer_images"]
    assert fetched_from(study) == {"third": 4}
