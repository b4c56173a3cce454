"""A PACS is away and another holds the study: all of it and of the same patient, or nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from pydicom.uid import generate_uid

from apps.audit.models import AuditEntry
from apps.cases.models import Patient
from apps.imaging import services
from apps.imaging.archive.layout import archive_root
from apps.imaging.choices import SourceState, StudyState
from apps.imaging.models import Instance, PacsConnection, Series, SeriesOrigin, Study
from apps.imaging.pacs import breaker as breaker_module
from apps.imaging.services import retention
from tests.apps.imaging.dicom import make_series, make_slice, read_bytes, to_bytes
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import FakePacs, send
from tests.faults.pacs.scene import Fault, no_leftovers, on, run_queued, status
from tests.people import SYSTEM, CaseTeam
from tests.tallies import Tally

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

Serve = Callable[..., FakePacs]


@pytest.fixture()
def serve(db: None) -> Iterator[Serve]:
    """Another PACS of the house, asked after the first."""
    servers: list[FakePacs] = []

    def start(objects: list[bytes], *, name: str = "second", **fields: Any) -> FakePacs:
        server = FakePacs(objects)
        servers.append(server)
        services.create_connection(
            actor=SYSTEM, name=name, base_url=server.base_url, **({"priority": 200} | fields)
        )
        return server

    yield start
    for server in servers:
        server.stop()


def away(pacs: FakePacs) -> None:
    pacs.fault = lambda c, kind, body: (c.close(), True)[1]


def refused_by(study: Study) -> list[str]:
    entries = AuditEntry.objects.filter(action="study.stand_in_refused", entity_id=study.pk)
    return [one.details["code"] for one in entries.order_by("pk")]


def fetched_from(study: Study) -> dict[str, int]:
    rows = SeriesOrigin.objects.filter(series__study=study)
    counts: dict[str, int] = {}
    for name, objects in rows.values_list("pacs__name", "objects_fetched"):
        counts[name] = counts.get(name, 0) + objects
    return counts


def remade(objects: list[bytes], **fields: Any) -> list[bytes]:
    """The same UIDs with other elements."""
    made = []
    for raw in objects:
        dataset = read_bytes(raw)
        for name, value in fields.items():
            setattr(dataset, name, value)
        made.append(to_bytes(dataset))
    return made


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


def test_one_that_does_not_know_the_study_is_passed_over(
    pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve, team: CaseTeam
) -> None:
    serve(make_series(count=2, study_uid=generate_uid(), **patient_fields(team)))
    away(pacs)
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.FAILED
    assert refused_by(study) == ["study_not_held"]


def test_two_series_from_two_pacs_say_which(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    """The first series comes whole, in the second the PACS goes away: it is fetched anew."""
    fields = patient_fields(team) | {"study_uid": study.study_instance_uid}
    more = make_series(count=3, seed=5, **fields)
    both = [*objects, *more]
    uids = [str(read_bytes(raw[0]).SeriesInstanceUID) for raw in (objects, more)]
    pacs.objects = {str(read_bytes(raw).SOPInstanceUID): raw for raw in both}
    serve(both)

    def cut(connection: socket.socket, kind: str, body: bytes) -> bool:
        if kind != "retrieve" or uids[1] not in pacs.requests[-1]:
            return False
        send(connection, body[: len(body) * 2 // 3], length=len(body))
        return True

    pacs.fault = cut
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY
    origins = SeriesOrigin.objects.values_list(
        "series__series_instance_uid", "pacs__name", "objects_fetched"
    )
    assert set(origins) == {(uids[0], "fake", 4), (uids[1], "second", 3)}
    assert no_leftovers(study)


def test_back_again_the_first_is_compared_and_its_differences_told(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    away(pacs)
    serve(remade(objects, SeriesDescription="Coerced elsewhere"))
    run_queued()
    services.check_study(study_id=study.pk)
    assert Series.objects.get().source_warnings[0]["code"] == "fetched_elsewhere"
    assert not retention.evictable_series().exists()
    pacs.fault = lambda c, kind, body: (
        kind == "metadata" and (send(c, b"[]", content_type="application/dicom+json"), True)[1]
    )
    services.check_study(study_id=study.pk)
    assert set(Instance.objects.values_list("source_state", flat=True)) == {SourceState.HELD}
    assert Series.objects.get().source_warnings == []
    assert fetched_from(study) == {"second": 4}  # where they came from stays known


def test_what_was_evicted_comes_back_from_the_second(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    run_queued()
    assert fetched_from(study) == {"fake": 4}
    series = Series.objects.get()
    Series.objects.update(needed_at="2020-01-01T00:00Z")
    assert services.evict_series(series_id=series.pk)
    serve(objects)
    away(pacs)
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    series.refresh_from_db()
    assert series.evicted_at is None
    assert fetched_from(study) == {"second": 4}
    assert (archive_root() / "series").exists()


def test_where_nothing_is_missing_nobody_is_asked(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    run_queued()
    second = serve(objects)
    away(pacs)
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY
    assert second.requests == []


@pytest.mark.parametrize(
    ("second_names", "state"), [("ANOTHER", StudyState.READY), ("A-THIRD", StudyState.FAILED)]
)
def test_a_confirmed_mismatch_holds_for_exactly_that_identity(
    second_names: str, state: StudyState, team: CaseTeam, objects: list[bytes], serve: Serve
) -> None:
    foreign = remade(objects, PatientID="ANOTHER")
    first = serve(foreign, name="first", priority=1)
    serve(remade(objects, PatientID=second_names), name="second", priority=2)
    study = services.link_study(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        pacs_id=PacsConnection.objects.get(name="first").pk,
        study_instance_uid=str(read_bytes(objects[0]).StudyInstanceUID),
        mismatch_reason="The number is the one of the referring hospital.",
    ).study
    away(first)
    run_queued()
    study.refresh_from_db()
    assert study.state == state
    assert refused_by(study) == ([] if state == StudyState.READY else ["patient_mismatch"])


def test_a_case_of_another_patient_is_no_place_for_it(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    """The case's patient is corrected after linking: the second is compared with what is now."""
    serve(objects)
    Patient.objects.update(birth_date=date(1999, 9, 9))
    away(pacs)
    run_queued()
    assert refused_by(study) == ["patient_mismatch"]
    assert not Instance.objects.exists()


def test_a_study_its_pacs_took_away_is_not_fetched_elsewhere(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes], serve: Serve
) -> None:
    run_queued()
    pacs.fault = on("studies", lambda c, b: send(c, b"[]", content_type="application/dicom+json"))
    Study.objects.update(source_listed_at=None)
    services.check_study(study_id=study.pk)
    Series.objects.update(evicted_at=timezone.now())
    second = serve(objects)
    away(pacs)
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    assert second.requests == []
