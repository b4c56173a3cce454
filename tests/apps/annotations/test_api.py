"""Measurements over REST: shapes, versions, refusals, who."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.people import CaseTeam, make_case_team
from tests.scans import Scan, import_ct

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def scan(team: CaseTeam, tmp_path: Path) -> Scan:
    return import_ct(case=team.case, folder=tmp_path)


def _client(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


def _body(team: CaseTeam, scan: Scan, **changes: Any) -> dict[str, Any]:
    return {
        "case": str(team.case_id),
        "kind": "length",
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[1],
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": [
            scan.point_lps(index=1, column=10, row=20),
            scan.point_lps(index=1, column=42, row=20),
        ],
        **changes,
    }


def _post(client: Client, body: dict[str, Any]) -> Any:
    return client.post("/api/measurements", body, content_type="application/json")


def test_a_measurement_is_made_read_changed_and_removed(team: CaseTeam, scan: Scan) -> None:
    client = _client(team, "surgeon")
    made = _post(client, _body(team, scan, label="S7"))
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["values"] == [
        {"quantity": "length", "value": 16.0, "unit": "mm", "basis": None, "ucum": None}
    ]
    listed = client.get(f"/api/measurements?case={team.case_id}").json()
    assert listed["results"] == [body]
    url = f"/api/measurements/{body['id']}"
    changed = client.patch(
        url, {"label": "S8"}, content_type="application/json", headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = client.patch(
        url, {"label": "S9"}, content_type="application/json", headers={"If-Match": '"1"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert stale.json()["details"]["current"]["label"] == "S8"
    assert client.delete(url).status_code == 400
    assert client.delete(url, headers={"If-Match": '"2"'}).status_code == 204
    assert client.get(f"/api/measurements?case={team.case_id}").json()["results"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"points_lps": [[0, 0, 0], [1, 1, 1]]}, "points_off_plane"),
        ({"frame_of_reference_uid": "1.2.3"}, "frame_of_reference_mismatch"),
        ({"sop_instance_uid": "1.2.3"}, "image_not_in_case"),
        ({"points_lps": [[0, 0, 0]]}, "wrong_point_count"),
        ({"points_lps": [[0, 0], [1, 1]]}, "invalid_input"),
        ({"points_lps": [[0, 0, "x"], [1, 1, 1]]}, "invalid_input"),
        ({"points_lps": None}, "one_space"),
        ({"points_image": [[0, 0], [5, 5]]}, "one_space"),
        ({"kind": "volume"}, "invalid_input"),
        ({"label": "x" * 500}, "invalid_input"),
        ({"sop_instance_uid": "1.2'; DROP TABLE"}, "invalid_input"),
        ({"frame": 0}, "invalid_input"),
        ({"frame": 7}, "image_not_in_case"),
    ],
)
def test_bad_input_is_refused_by_name(
    team: CaseTeam, scan: Scan, changes: dict[str, Any], code: str
) -> None:
    answer = _post(_client(team, "surgeon"), _body(team, scan, **changes))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(team: CaseTeam, scan: Scan, number: str) -> None:
    import json

    text = json.dumps(_body(team, scan)).replace("100.0", number).replace("102.0", number)
    assert number in text
    answer = _client(team, "surgeon").post(
        "/api/measurements", text, content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("who", "read", "write"),
    [
        ("surgeon", 200, 201),
        ("trainee", 200, 201),
        ("coordinator", 200, 403),
        ("consultant", 403, 403),
        ("outsider", 404, 404),
        ("system_admin", 404, 404),
        ("auditor", 404, 404),
    ],
)
def test_who_reads_and_who_measures(
    team: CaseTeam, scan: Scan, who: str, read: int, write: int
) -> None:
    client = _client(team, who)
    assert client.get(f"/api/measurements?case={team.case_id}").status_code == read
    assert _post(client, _body(team, scan)).status_code == write


def test_nobody_signed_in_sees_nothing(team: CaseTeam, scan: Scan) -> None:
    assert Client().get(f"/api/measurements?case={team.case_id}").status_code == 401
    assert _post(Client(), _body(team, scan)).status_code in (401, 403)
    assert Client().delete(f"/api/measurements/{uuid4()}").status_code in (401, 403)


def test_another_cases_measurement_does_not_exist(team: CaseTeam, scan: Scan) -> None:
    made = _post(_client(team, "surgeon"), _body(team, scan)).json()
    other = _client(make_case_team(), "surgeon")
    answer = other.delete(f"/api/measurements/{made['id']}", headers={"If-Match": '"1"'})
    assert answer.status_code == 404


def test_the_list_asks_the_same_questions_however_long_it_is(team: CaseTeam, scan: Scan) -> None:
    client = _client(team, "surgeon")
    counts = []
    for wanted in (1, 10):
        while len(client.get(f"/api/measurements?case={team.case_id}").json()["results"]) < wanted:
            _post(client, _body(team, scan))
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/api/measurements?case={team.case_id}")
        counts.append(len(queries))
    assert counts[0] == counts[1]
