"""One search over several PACS: who is away, slow or wrong hides nothing of the others."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pydicom.uid import generate_uid

from apps.audit.models import AuditEntry
from apps.core.exceptions import InvalidInput
from apps.imaging import services
from apps.imaging.models import PacsConnection
from apps.imaging.pacs import breaker as breaker_module
from apps.imaging.services import searching
from tests.apps.imaging.dicom import make_series, read_bytes, to_bytes
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import FakePacs, send, study_record, wait_until_closed
from tests.faults.pacs.scene import Fault, on, status
from tests.people import SYSTEM, CaseTeam

pytestmark = [pytest.mark.django_db(transaction=True)]

JSON = "application/dicom+json"
Serve = Callable[..., FakePacs]


@pytest.fixture()
def serve(db: None) -> Iterator[Serve]:
    servers: list[FakePacs] = []

    def start(objects: list[bytes], *, name: str, **fields: Any) -> FakePacs:
        server = FakePacs(objects)
        servers.append(server)
        services.create_connection(
            actor=SYSTEM, name=name, base_url=server.base_url, **({"priority": 200} | fields)
        )
        return server

    yield start
    for server in servers:
        server.stop()


def ask(team: CaseTeam, who: str = "coordinator", **filters: str) -> Any:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client.get("/api/pacs/studies", filters or {"PatientID": "P-1"})


def answers(told: dict[str, Any]) -> dict[str, Any]:
    return {
        one["name"]: one["error"]["code"] if one["error"] else one["found"]
        for one in told["answers"]
    }


def test_a_study_that_two_hold_is_one_with_both_in_order_of_priority(
    team: CaseTeam, objects: list[bytes], serve: Serve
) -> None:
    serve(objects[:3], name="mirror", priority=20)
    serve(objects, name="house", priority=10)
    own = make_series(count=1, study_uid=generate_uid(), **patient_fields(team))
    serve(own, name="clinic", priority=30)
    told = ask(team).json()
    assert answers(told) == {"house": 1, "mirror": 1, "clinic": 1}
    assert [one["name"] for one in told["answers"]] == ["house", "mirror", "clinic"]
    held = {
        one["study_instance_uid"]: [(by["name"], by["instance_count"]) for by in one["held_by"]]
        for one in told["results"]
    }
    assert held == {
        str(read_bytes(objects[0]).StudyInstanceUID): [("house", 4), ("mirror", 3)],
        str(read_bytes(own[0]).StudyInstanceUID): [("clinic", 1)],
    }
    asked = AuditEntry.objects.filter(action="query.studies")
    connections = PacsConnection.objects.values_list("pk", flat=True)
    assert {one.entity_id for one in asked} == {str(pk) for pk in connections}


FAULTS: dict[str, tuple[Fault, str]] = {
    "away": (lambda c, kind, body: (c.close(), True)[1], "pacs_connection_broken"),
    "refuses": (on("studies", status("401 Unauthorized")), "pacs_unauthorised"),
    "fails": (on("studies", status("500 Oops")), "pacs_failed"),
    "busy": (on("studies", status("503 Busy", "Retry-After: 0\r\n")), "pacs_busy"),
    "redirects": (on("studies", status("302 Found")), "pacs_redirected"),
    "no JSON": (on("studies", lambda c, b: send(c, b"[{", content_type=JSON)), "bad_json"),
    "silent": (on("studies", lambda c, b: wait_until_closed(c, 8)), "pacs_timeout"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_that_does_not_answer_hides_nothing_of_the_other(
    name: str, team: CaseTeam, objects: list[bytes], serve: Serve
) -> None:
    first = serve(objects, name="first", priority=1)
    serve(objects, name="second", priority=2)
    first.fault, code = FAULTS[name]
    answer = ask(team)
    assert answer.status_code == 200
    told = answer.json()
    assert answers(told) == {"first": code, "second": 1}
    assert [by["name"] for by in told["results"][0]["held_by"]] == ["second"]
    failed = AuditEntry.objects.get(action="query.studies", outcome="failed")
    assert failed.details["code"] == code


def test_all_away_is_an_answer_too(team: CaseTeam, objects: list[bytes], serve: Serve) -> None:
    for name in ("first", "second"):
        serve(objects, name=name).fault = FAULTS["away"][0]
    told = ask(team).json()
    assert told["results"] == []
    assert set(answers(told).values()) == {"pacs_connection_broken"}


def test_slow_ones_are_waited_for_side_by_side(
    team: CaseTeam, objects: list[bytes], serve: Serve
) -> None:
    def late(connection: socket.socket, kind: str, body: bytes) -> bool:
        time.sleep(0.6)
        return False

    for number in range(5):
        serve(objects, name=f"pacs {number}", priority=number).fault = late
    started = time.monotonic()
    told = ask(team).json()
    took_s = time.monotonic() - started
    assert set(answers(told).values()) == {1}
    assert len(told["results"][0]["held_by"]) == 5
    assert took_s < 2.0


def test_one_that_keeps_failing_is_left_alone(
    team: CaseTeam, objects: list[bytes], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker_module, "OPENS_AFTER_FAILURES", 2)
    first = serve(objects, name="first")
    serve(objects, name="second")
    first.fault = FAULTS["fails"][0]
    codes = [answers(ask(team).json())["first"] for _ in range(3)]
    assert codes == ["pacs_failed", "pacs_failed", "pacs_circuit_open"]


def many(objects: list[bytes], count: int, headers: str = "") -> Fault:
    record = study_record([read_bytes(objects[0])])
    records = [record | {"0020000D": {"vr": "UI", "Value": [f"1.2.{n}"]}} for n in range(count)]
    body = json.dumps(records).encode()
    return on("studies", lambda c, b: send(c, body, content_type=JSON, headers=headers))


MORE = 'Warning: 299 house: "There are 12 additional results that can be requested"\r\n'


@pytest.mark.parametrize(
    ("count", "headers", "shown", "is_truncated"),
    [(100, "", 100, False), (101, "", 100, True), (5, MORE, 5, True)],
)
def test_an_answer_that_is_cut_short_says_so(
    count: int,
    headers: str,
    shown: int,
    is_truncated: bool,
    team: CaseTeam,
    objects: list[bytes],
    serve: Serve,
) -> None:
    serve(objects, name="first").fault = many(objects, count, headers)
    serve(objects, name="second")
    told = ask(team).json()
    cut = {one["name"]: (one["found"], one["is_truncated"]) for one in told["answers"]}
    assert cut == {"first": (shown, is_truncated), "second": (1, False)}


def test_another_patient_under_the_same_uid_is_pointed_out(
    team: CaseTeam, objects: list[bytes], serve: Serve
) -> None:
    other = read_bytes(objects[0])
    other.PatientID = "SOMEBODY-ELSE"
    serve(objects, name="first", priority=1)
    serve([to_bytes(other)], name="second", priority=2)
    (found,) = ask(team).json()["results"]
    assert found["patient_id"] == team.case.patient.patient_id
    assert [by["is_same_patient"] for by in found["held_by"]] == [True, False]


def test_one_that_is_switched_off_is_not_asked(
    team: CaseTeam, objects: list[bytes], serve: Serve
) -> None:
    off = serve(objects, name="off", is_active=False)
    serve(objects, name="on")
    assert answers(ask(team).json()) == {"on": 1}
    assert off.requests == []


def test_no_pacs_at_all_is_an_empty_answer(team: CaseTeam) -> None:
    assert ask(team).json() == {"results": [], "answers": []}


@pytest.mark.parametrize(
    ("who", "code"),
    [("coordinator", 200), ("radiologist", 200), ("surgeon", 403), ("auditor", 403)],
)
def test_it_is_searched_by_whoever_links(team: CaseTeam, who: str, code: int) -> None:
    assert ask(team, who).status_code == code


def test_an_empty_search_would_list_the_hospital(db: None) -> None:
    for filters in (
        {},
        {"PatientID": " "},
        {"PatientName": "*", "PatientID": "?"},
        {"PatientID": "*"},
    ):
        with pytest.raises(InvalidInput):
            searching.search_studies(actor=SYSTEM, filters=filters)
