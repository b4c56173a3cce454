"""Every way a PACS can break off or answer wrongly: told, harmless, and over after a retry."""

from __future__ import annotations

import socket
import time

import pytest
from django.test import Client

from apps.core.exceptions import DomainError
from apps.imaging import archive, services
from apps.imaging.choices import StudyState
from apps.imaging.models import Instance, Series, Study
from apps.imaging.pacs import breaker as breaker_module
from apps.imaging.pacs import client as pacs_client
from tests.faults.fake_pacs import BOUNDARY, FakePacs, multipart, send, wait_until_closed
from tests.faults.pacs.scene import Fault, no_leftovers, on, run_queued, status
from tests.people import SYSTEM, CaseTeam

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]
LIMIT_S = 25.0


def drip(connection: socket.socket, body: bytes) -> None:
    """One byte at a time: no single read is late, the whole never ends."""
    connection.sendall(
        f"HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
    )
    for byte in body[:400]:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def endless_json(connection: socket.socket, body: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n\r\n[")
    for _ in range(200):
        connection.sendall(b'{"0020000E":{}},' * 65536)


def endless_part(connection: socket.socket, body: bytes) -> None:
    head = f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n"
    connection.sendall(
        f"HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary={BOUNDARY}\r\n\r\n".encode()
        + head.encode()
    )
    for _ in range(200):
        connection.sendall(b"\0" * 1048576)


FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "closes at once": (on("retrieve", lambda c, b: c.close()), {"pacs_connection_broken"}),
    "never answers": (on("retrieve", lambda c, b: wait_until_closed(c, 8)), {"pacs_timeout"}),
    "query never answers": (on("series", lambda c, b: wait_until_closed(c, 8)), {"pacs_timeout"}),
    "drips": (on("retrieve", drip), {"pacs_timeout"}),
    "half a body": (
        on("retrieve", lambda c, b: send(c, b[: len(b) // 2], length=len(b))),
        {"pacs_connection_broken"},
    ),
    "half a body, lying length": (
        on("retrieve", lambda c, b: send(c, b[: len(b) // 2])),
        {"truncated_multipart"},
    ),
    "length too short": (
        on("retrieve", lambda c, b: send(c, b, length=len(b) - 700)),
        {"truncated_multipart", "pacs_connection_broken"},
    ),
    "no closing delimiter": (
        on("retrieve", lambda c, b: send(c, b.rpartition(b"--" + BOUNDARY.encode())[0])),
        {"truncated_multipart"},
    ),
    "wrong boundary": (
        on(
            "retrieve",
            lambda c, b: send(c, b, content_type='multipart/related; boundary="something else"'),
        ),
        {"bad_boundary", "truncated_multipart"},
    ),
    "no boundary": (
        on("retrieve", lambda c, b: send(c, b, content_type="multipart/related")),
        {"bad_boundary"},
    ),
    "HTML": (
        on("retrieve", lambda c, b: send(c, b"<html>", content_type="text/html")),
        {"bad_content_type"},
    ),
    "empty multipart": (on("retrieve", lambda c, b: send(c, multipart([]))), {"incomplete_series"}),
    "one object less": (
        on("retrieve", lambda c, b: send(c, _without_last_part(b))),
        {"incomplete_series"},
    ),
    "no DICOM inside": (
        on("retrieve", lambda c, b: send(c, multipart([b"hello" * 100]))),
        {"object_refused"},
    ),
    "endless part": (on("retrieve", endless_part), {"part_too_large", "answer_too_large"}),
    "endless JSON": (on("series", endless_json), {"answer_too_large"}),
    "broken JSON": (
        on("series", lambda c, b: send(c, b"[{", content_type="application/dicom+json")),
        {"bad_json"},
    ),
    "JSON that is no list": (
        on("series", lambda c, b: send(c, b'{"a":1}', content_type="application/dicom+json")),
        {"bad_json"},
    ),
    "empty study": (
        on("series", lambda c, b: send(c, b"[]", content_type="application/dicom+json")),
        {"empty_study"},
    ),
    "401": (on("retrieve", status("401 Unauthorized")), {"pacs_unauthorised"}),
    "404": (on("retrieve", status("404 Not Found")), {"pacs_not_found"}),
    "500": (on("retrieve", status("500 Oops")), {"pacs_failed"}),
    "503 with Retry-After": (
        on("retrieve", status("503 Busy", "Retry-After: 1\r\n")),
        {"pacs_busy"},
    ),
    "redirect to somewhere": (
        on("retrieve", status("302 Found", "Location: http://169.254.169.254/latest\r\n")),
        {"pacs_redirected"},
    ),
    "not HTTP": (
        on("retrieve", lambda c, b: c.sendall(b"SSH-2.0-x\r\n")),
        {"pacs_connection_broken"},
    ),
}


def _without_last_part(body: bytes) -> bytes:
    delimiter = b"--" + BOUNDARY.encode()
    return delimiter.join(body.split(delimiter)[:-2]) + delimiter + b"--\r\n"


@pytest.fixture()
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacs_client, "PART_BYTES", 8 * 1024 * 1024)
    monkeypatch.setattr(pacs_client, "JSON_BYTES", 4 * 1024 * 1024)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_harms_nothing_and_can_be_retried(
    name: str, team: CaseTeam, pacs: FakePacs, study: Study, small_limits: None
) -> None:
    pacs.fault, codes = FAULTS[name]
    took_s = run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.FAILED
    assert study.error_code in codes
    assert study.error_message
    assert took_s < LIMIT_S
    assert_nothing_is_served(team, study)
    pacs.fault = None
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.READY, "")
    assert Instance.objects.count() == 4
    assert archive.open_series(Series.objects.get().archive_key).verify() == []
    assert no_leftovers(study)


def assert_nothing_is_served(team: CaseTeam, study: Study) -> None:
    client = Client()
    client.force_login(team.people["surgeon"], backend="django.contrib.auth.backends.ModelBackend")
    uid = study.study_instance_uid
    base = f"/dicomweb/cases/{team.case_id}/studies"
    assert client.get(base).status_code == 204
    assert client.get(f"{base}/{uid}/metadata").status_code == 404
    ticket = client.post(f"/api/cases/{team.case_id}/studies/{uid}/ticket")
    assert (ticket.status_code, ticket.json()["code"]) == (409, "study_not_ready")
    (shown,) = client.get(f"/api/cases/{team.case_id}/studies").json()["results"]
    assert shown["state"] == "failed"
    assert shown["error"]["message"]


def test_a_hiccup_is_survived_without_telling_anybody(
    team: CaseTeam, pacs: FakePacs, study: Study
) -> None:
    failures = {"series": 2, "retrieve": 1}

    def fault(connection: socket.socket, kind: str, body: bytes) -> bool:
        if failures.get(kind, 0) == 0:
            return False
        failures[kind] -= 1
        send(connection, b"", status="503 Busy", headers="Retry-After: 0\r\n")
        return True

    pacs.fault = fault
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY


def test_what_came_complete_is_not_fetched_again(
    team: CaseTeam, pacs: FakePacs, study: Study
) -> None:
    cut = [3]

    def fault(connection: socket.socket, kind: str, body: bytes) -> bool:
        if kind != "retrieve" or not cut[0] or body.count(BOUNDARY.encode()) < 4:
            return False
        cut[0] -= 1
        delimiter = b"--" + BOUNDARY.encode()
        whole_parts = body.split(delimiter)
        partial = delimiter.join(whole_parts[:3]) + delimiter + whole_parts[3][:300]
        send(connection, partial, length=len(body))
        return True

    pacs.fault = fault
    run_queued()
    study.refresh_from_db()
    retrieved = [path for path in pacs.requests if "/series/" in path and "GET" in path]
    singles = [path for path in retrieved if "/instances/" in path]
    assert len(singles) >= 2  # only the missing ones, one by one
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY
    assert Instance.objects.count() == 4


def test_a_pacs_that_keeps_failing_is_left_alone_for_a_moment(
    pacs: FakePacs, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker_module, "OPENS_AFTER_FAILURES", 2)
    connection = services.create_connection(actor=SYSTEM, name="fake", base_url=pacs.base_url)
    pacs.fault = on("studies", status("500 Oops"))
    codes = []
    for _ in range(4):
        with pytest.raises(DomainError) as failed:
            services.search_studies(actor=SYSTEM, pacs_id=connection.pk, filters={"PatientID": "1"})
        codes.append(failed.value.error_code)
    assert codes == ["pacs_failed", "pacs_failed", "pacs_circuit_open", "pacs_circuit_open"]
    pacs.fault = None
    assert services.test_connection(actor=SYSTEM, pacs_id=connection.pk)["ok"] is True
    found = services.search_studies(actor=SYSTEM, pacs_id=connection.pk, filters={"PatientID": "1"})
    assert found.studies


def test_at_least_twenty_ways_to_fail_were_tried() -> None:
    print(f"faults injected into the PACS: {len(FAULTS)}")
    assert len(FAULTS) >= 20
