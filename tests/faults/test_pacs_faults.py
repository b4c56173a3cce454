"""Whatever a PACS does wrong: the job says so, can be retried, and nothing partial is served."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pydicom.uid import generate_uid

from apps.core.exceptions import DomainError
from apps.core.models import OutboxMessage
from apps.imaging import archive, services
from apps.imaging.choices import JobState, StudyState
from apps.imaging.exceptions import LostLease
from apps.imaging.models import IngestJob, Instance, Series, Study
from apps.imaging.pacs import breaker as breaker_module
from apps.imaging.pacs import client as pacs_client
from apps.imaging.services import ingesting
from apps.imaging.services.leases import claim_ingest
from apps.imaging.sweeper import sweep_ingest
from tests.apps.imaging.dicom import make_series, make_slice, read_bytes, to_bytes
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import BOUNDARY, FakePacs, multipart, send, wait_until_closed
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]
Fault = Callable[[socket.socket, str, bytes], bool]
LIMIT_S = 25.0


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with shorter time-outs, and an archive of its own."""
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    monkeypatch.setattr(pacs_client, "READ_TIMEOUT_S", 1.0)
    monkeypatch.setattr(pacs_client, "CONNECT_TIMEOUT_S", 1.0)
    monkeypatch.setattr(pacs_client, "QUERY_TOTAL_S", 4.0)
    monkeypatch.setattr(pacs_client, "SERIES_TOTAL_S", 3.0)
    monkeypatch.setattr(pacs_client, "RETRY_BASE_S", 0.02)
    monkeypatch.setattr(ingesting, "PAUSE_S", 0.02)
    monkeypatch.setattr(breaker_module, "OPENS_AFTER_FAILURES", 1000)


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def objects(team: CaseTeam) -> list[bytes]:
    return make_series(count=4, study_uid=generate_uid(), **patient_fields(team))


@pytest.fixture()
def pacs(objects: list[bytes]) -> Iterator[FakePacs]:
    server = FakePacs(objects)
    yield server
    server.stop()


@pytest.fixture()
def study(team: CaseTeam, pacs: FakePacs, objects: list[bytes]) -> Study:
    return link(team, pacs, objects)


def link(team: CaseTeam, pacs: FakePacs, objects: list[bytes]) -> Study:
    """Linked and queued while the PACS was still well."""
    connection = services.create_connection(actor=SYSTEM, name="fake", base_url=pacs.base_url)
    return services.link_study(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        pacs_id=connection.pk,
        study_instance_uid=str(read_bytes(objects[0]).StudyInstanceUID),
    ).study


def run_queued() -> float:
    started = time.monotonic()
    for message in OutboxMessage.objects.filter(task=ingesting.INGEST_TASK).order_by("id"):
        services.run_ingest(job_id=message.kwargs["job_id"])
    return time.monotonic() - started


def on(kind: str, act: Callable[[socket.socket, bytes], None]) -> Fault:
    def fault(connection: socket.socket, asked: str, body: bytes) -> bool:
        if asked != kind:
            return False
        act(connection, body)
        return True

    return fault


def status(text: str, headers: str = "") -> Callable[[socket.socket, bytes], None]:
    return lambda c, body: send(c, b"{}", status=text, headers=headers)


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


def no_leftovers(study: Study) -> bool:
    root = archive.reader.series_directory("a" * 64).parents[2]
    staged = [path for path in (root / "staging").rglob("*") if path.is_file()]
    drafts = list((root / "drafts").iterdir()) if (root / "drafts").exists() else []
    return not staged and not drafts


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


def test_objects_of_another_study_are_not_taken_in(
    team: CaseTeam, pacs: FakePacs, study: Study
) -> None:
    foreign = make_series(count=4, **patient_fields(team))
    pacs.fault = on("retrieve", lambda c, b: send(c, multipart(foreign)))
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "wrong_object")
    assert not Instance.objects.exists()


def test_a_query_that_ignores_its_filter_links_nobody_elses_study(
    team: CaseTeam, pacs: FakePacs, objects: list[bytes]
) -> None:
    connection = services.create_connection(actor=SYSTEM, name="fake", base_url=pacs.base_url)
    with pytest.raises(DomainError) as refused:
        services.link_study(
            actor=team.actor("coordinator"),
            case_id=team.case_id,
            pacs_id=connection.pk,
            study_instance_uid="1.2.3.4.5",
        )
    assert refused.value.error_code == "study_not_in_pacs"


def test_images_that_name_another_patient_than_the_query_fail_the_job(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes]
) -> None:
    first = read_bytes(objects[0])
    wrong = patient_fields(team) | {"patient_id": "SOMEBODY-ELSE"}
    other = to_bytes(
        make_slice(
            study_uid=first.StudyInstanceUID, series_uid=first.SeriesInstanceUID, index=0, **wrong
        )
    )
    pacs.fault = on("retrieve", lambda c, b: send(c, multipart([other, *objects[1:]])))
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "patient_mismatch")
    assert not Instance.objects.exists()


def test_a_store_that_says_ok_and_keeps_nothing_is_not_believed(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes]
) -> None:
    run_queued()
    made = to_bytes(
        make_slice(
            seed=7,
            study_uid=study.study_instance_uid,
            series_uid=generate_uid(),
            **patient_fields(team),
        )
    )
    uid = str(read_bytes(made).SOPInstanceUID)
    reply = (
        b'{"00081198":{"vr":"SQ"},"00081199":{"vr":"SQ","Value":'
        b'[{"00081155":{"vr":"UI","Value":["%b"]}}]}}' % uid.encode()
    )
    pacs.fault = on("store", lambda c, b: send(c, reply, content_type="application/dicom+json"))
    outcome = services.store_objects(actor=SYSTEM, study_id=study.pk, objects=[made])
    assert outcome.stored == ()
    assert "does not list it" in outcome.failed[uid]
    assert not Instance.objects.filter(sop_instance_uid=uid).exists()


def test_a_store_in_doubt_is_never_repeated_by_the_client(
    team: CaseTeam, pacs: FakePacs, study: Study
) -> None:
    run_queued()
    made = to_bytes(
        make_slice(
            seed=7,
            study_uid=study.study_instance_uid,
            series_uid=generate_uid(),
            **patient_fields(team),
        )
    )
    pacs.fault = on("store", lambda c, b: c.close())
    pacs.requests.clear()
    with pytest.raises(DomainError):
        services.store_objects(actor=SYSTEM, study_id=study.pk, objects=[made])
    assert len([one for one in pacs.requests if one.startswith("POST")]) == 1


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
    assert services.search_studies(actor=SYSTEM, pacs_id=connection.pk, filters={"PatientID": "1"})


def test_a_worker_that_dies_in_the_middle_is_taken_over(
    team: CaseTeam, pacs: FakePacs, study: Study
) -> None:
    job = IngestJob.objects.get()
    dead = claim_ingest(job_id=job.pk, worker="dead")
    assert dead is not None
    run_queued()  # delivered again while the lease holds: nobody works twice
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.RUNNING, 1)
    IngestJob.objects.update(lease_expires_at=timezone.now())
    OutboxMessage.objects.all().delete()
    assert sweep_ingest() == 1
    run_queued()
    job.refresh_from_db()
    study.refresh_from_db()
    assert (job.state, study.state) == (JobState.DONE, StudyState.READY)
    with pytest.raises(LostLease), transaction.atomic():
        dead.check()  # the first worker wakes up and finds that its lease is gone


def slow_parts(connection: socket.socket, body: bytes) -> None:
    """The right answer, one object every tenth of a second."""
    delimiter = b"--" + BOUNDARY.encode()
    connection.sendall(
        f'HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary="{BOUNDARY}"\r\n'
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    )
    pieces = body.split(delimiter)
    for number, piece in enumerate(pieces):
        connection.sendall((delimiter if number else b"") + piece)
        time.sleep(0.1)


def start_worker(job_id: object, archive_root: Path) -> subprocess.Popen[bytes]:
    """A worker process of its own on the test's database."""
    database = connection.settings_dict
    environment = os.environ | {
        "DATABASE_URL": str(os.environ["DATABASE_URL"]).replace(
            "/consilium?", f"/{database['NAME']}?"
        ),
        "CONSILIUM_ARCHIVE": str(archive_root),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": settings.SECRET_KEY,
    }
    program = (
        "import django; django.setup()\n"
        "from apps.imaging.services import ingesting\n"
        f"ingesting.run_ingest(job_id='{job_id}')\n"
    )
    return subprocess.Popen([sys.executable, "-c", program], env=environment)


def parsers_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            line = (entry / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if b"apps.imaging.parser" in line and int(stat[1]) == pid:
            found.append(int(entry.name))
    return found


@pytest.mark.slow
def test_a_worker_killed_at_any_moment_leaves_nothing_partial(
    team: CaseTeam, tmp_path: Path
) -> None:
    objects = make_series(count=30, study_uid=generate_uid(), **patient_fields(team))
    pacs = FakePacs(objects)
    study = link(team, pacs, objects)
    pacs.fault = on("retrieve", slow_parts)
    job = IngestJob.objects.get()
    staging = tmp_path / "archive" / "staging" / str(study.pk)
    kills = 0
    for more in (0, 1, 4, 2, 6):
        before = len(list(staging.glob("*.json")))
        IngestJob.objects.update(lease_expires_at=timezone.now())
        asked = len(pacs.requests)
        worker = start_worker(job.pk, tmp_path / "archive")
        while len(list(staging.glob("*.json"))) < before + more or len(pacs.requests) < asked + 3:
            assert worker.poll() is None
            time.sleep(0.01)
        children = parsers_of(worker.pid)
        worker.kill()
        worker.wait()
        kills += 1
        study.refresh_from_db()
        assert study.ready_at is None
        until = time.monotonic() + 5
        while any(Path("/proc", str(pid)).exists() for pid in children):
            assert time.monotonic() < until, "a parser outlived its worker"
            time.sleep(0.05)
    print(f"workers killed in the middle of an ingest: {kills}")
    assert 13 <= len(list(staging.glob("*.json"))) < 30  # what came complete is kept
    pacs.fault = None
    IngestJob.objects.update(lease_expires_at=timezone.now())
    assert sweep_ingest() == 1
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY
    assert Instance.objects.count() == 30
    pacs.stop()
    assert no_leftovers(study)


def test_at_least_twenty_ways_to_fail_were_tried() -> None:
    print(f"faults injected into the PACS: {len(FAULTS)}")
    assert len(FAULTS) >= 20
