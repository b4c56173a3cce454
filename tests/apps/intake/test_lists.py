"""From a list to a draft agenda: mapped once per site, errors by row, nothing made twice."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Institution
from apps.audit.models import AuditEntry
from apps.boards import services as boards
from apps.cases.services import create_case
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.models import OutboxMessage
from apps.intake import services
from apps.intake.choices import ListState, RowState, StudiesState
from apps.intake.models import IntakeList, IntakeRow
from apps.intake.selectors import get_list
from tests.apps.intake.lists import GERMAN, ROWS, table, workbook
from tests.apps.intake.scene import Desk, refused, titles
from tests.people import SYSTEM

pytestmark = pytest.mark.django_db

AMBIGUOUS = [["MRN", "Name", "DOB"], ["1001", "Doe, Jane", "03/04/1961"],
             ["1002", "Roe, Ann", "05/06/1950"]]  # fmt: skip


# --- mapping -------------------------------------------------------------------------


def test_what_was_said_of_the_columns_is_used_by_the_sites_next_list(desk: Desk) -> None:
    site = Institution.objects.create(name="North")
    for who in ("coordinator", "chair"):
        person = desk.team.people[who]
        person.institution = site
        person.save()
    odd = [["Nr", "Wer", "Wann"], ["1001", "Doe, Jane", "03/04/1961"]]
    first = desk.receive(table(odd))
    assert (first.mapping, first.is_known) == ({}, False)
    assert desk.row(first).errors == [{"field": "patient_id", "code": "patient_id_missing"}]
    mapping = {"patient_id": 0, "name": 1, "birth_date": 2}
    desk.map(first, mapping=mapping, date_orders={"birth_date": "dmy"}, issuer="NORTH")
    second = desk.receive(table([odd[0], ["1002", "Roe, Ann", "05/06/1950"]]), who="chair")
    assert second.is_known and second.mapping == mapping
    row = desk.row(second)
    assert (row.state, row.values["birth_date"]) == (RowState.READY, "1950-06-05")
    assert row.values["issuer"] == "NORTH"
    Institution.objects.create(name="South")
    desk.team.people["coordinator"].institution = Institution.objects.get(name="South")
    desk.team.people["coordinator"].save()
    assert not desk.receive(table(odd)).is_known, "another site says it for itself"


def test_a_kept_order_of_dates_gives_way_to_a_list_that_contradicts_it(desk: Desk) -> None:
    first = desk.receive(table(AMBIGUOUS))
    desk.map(first, date_orders={"birth_date": "mdy"})
    other = desk.receive(table([AMBIGUOUS[0], ["1003", "Poe, Ed", "25/12/1950"],
                                ["1004", "Lee, Al", "03/04/1961"]]))  # fmt: skip
    assert other.date_orders == {}
    assert desk.row(other, 2).values["birth_date"] == "1961-04-03"


def test_dates_of_two_readings_are_decided_once_for_the_column(desk: Desk) -> None:
    intake_list = desk.receive(table(AMBIGUOUS))
    rows = intake_list.rows.order_by("position")
    assert [row.errors for row in rows] == [
        [{"field": "birth_date", "code": "date_order_undecided"}]
    ] * 2
    desk.map(intake_list, date_orders={"birth_date": "mdy"})
    assert [row.values["birth_date"] for row in rows.all()] == ["1961-03-04", "1950-05-06"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mapping": {"patient_id": 9}}, "mapping_invalid"),
        ({"mapping": {"patient_id": 0, "name": 0}}, "mapping_invalid"),
        ({"mapping": {"shoe_size": 0}}, "mapping_invalid"),
        ({"date_orders": {"birth_date": "ydm"}}, "date_order_invalid"),
        ({"date_orders": {"name": "dmy"}}, "date_order_invalid"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    desk: Desk, changes: dict[str, object], code: str
) -> None:
    intake_list = desk.receive()
    assert refused(desk.map, intake_list, **changes) == code


# --- rows ----------------------------------------------------------------------------


def test_a_wrong_row_stops_no_other(desk: Desk) -> None:
    wrong = ["", "Nobody", "", "31.02.1950", "?", "", ""]
    intake_list = desk.receive(table([GERMAN, ROWS[0], wrong, ROWS[1]]))
    assert {one["code"] for one in desk.row(intake_list, 2).errors} == {
        "patient_id_missing", "date_invalid", "sex_unknown",
    }  # fmt: skip
    desk.confirm(intake_list)
    assert titles(desk) == ["Resektabel?", "Adjuvante Therapie?"]
    assert intake_list.state == ListState.PLACED


def test_a_correction_is_kept_beside_what_the_list_says(desk: Desk) -> None:
    intake_list = desk.receive(table([GERMAN, ["4711", "Doe", "Jane", "31.02.1950", "w", "", ""]]))
    row = desk.correct(intake_list, corrections={"birth_date": "1950-02-28"})
    assert (row.state, row.values["birth_date"], row.cells[3]) == (
        RowState.READY, "1950-02-28", "31.02.1950",
    )  # fmt: skip
    row = desk.correct(intake_list, corrections={"birth_date": None})
    assert row.state == RowState.ERROR


def test_a_row_that_somebody_else_changed_is_not_overwritten(desk: Desk) -> None:
    intake_list = desk.receive()
    desk.correct(intake_list, corrections={"name": "Other"})
    code = refused(
        services.correct_row, actor=desk.team.actor("coordinator"), intake_list_id=intake_list.pk,
        position=1, version=1, changes={"corrections": {"name": "Mine"}},
    )  # fmt: skip
    assert code == "stale_version"


def test_only_what_is_offered_can_be_chosen(desk: Desk) -> None:
    intake_list = desk.receive()
    other = create_case(actor=SYSTEM, patient_id=desk.team.case.patient_id, title="Another's")
    assert refused(desk.correct, intake_list, choice="link", case=other.pk) == "no_such_choice"
    assert refused(desk.correct, intake_list, studies=["1.2.3"]) == "no_such_study"
    assert refused(desk.correct, intake_list, corrections={"shoe": "42"}) == "no_such_field"


# --- who may -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("coordinator", 200), ("chair", 200), ("surgeon", 403), ("outsider", 404),
        ("auditor", 404), ("system_admin", 403),
    ],
)  # fmt: skip
def test_chair_and_coordinator_of_the_board_and_nobody_else(
    desk: Desk, who: str, answer: int
) -> None:
    intake_list = desk.receive()
    client = Client()
    client.force_login(desk.team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    path = f"/api/intake-lists/{intake_list.pk}"
    assert client.get(path).status_code == answer
    assert client.get(f"{path}/progress").status_code == answer
    assert client.get(f"{path}/leftover").status_code == answer
    listed = client.get("/api/intake-lists").json()["results"]
    assert len(listed) == (1 if answer == 200 else 0)
    if answer != 200:
        body = {"version": 1, "meeting": str(desk.meeting.pk)}
        for what in ("confirm", "undo", "search"):
            sent = client.post(f"{path}/{what}", body, content_type="application/json")
            assert sent.status_code == answer
        for patched in (path, f"{path}/rows/1"):
            sent = client.patch(patched, {"version": 1}, content_type="application/json")
            assert sent.status_code == answer
        new = {"board": str(desk.board.pk), "text": "MRN\tName\n1\tDoe"}
        assert (
            client.post("/api/intake-lists", new, content_type="application/json").status_code
            == answer
        )


def test_a_chair_without_the_houses_role_takes_a_list_in(desk: Desk) -> None:
    intake_list = desk.receive(who="chair")
    desk.confirm(intake_list, who="chair")
    assert len(titles(desk)) == 2


def test_somebody_who_lost_the_board_does_not_get_their_list_placed(desk: Desk) -> None:
    intake_list = desk.receive(who="chair")
    services.confirm_list(
        actor=desk.team.actor("chair"), intake_list_id=intake_list.pk, version=1,
        meeting_id=desk.meeting.pk,
    )  # fmt: skip
    member = desk.board.members.get(user=desk.team.people["chair"])
    boards.remove_board_member(
        actor=desk.team.actor("coordinator"), board_id=desk.board.pk, member_id=member.pk
    )
    services.place_rows(intake_list_id=intake_list.pk)
    intake_list.refresh_from_db()
    assert (titles(desk), intake_list.problem) == ([], "not_found")


def test_services_ask_for_themselves(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.receive(who="surgeon")
    with pytest.raises(NotVisible):
        desk.receive(who="outsider")


def test_the_trail_names_no_patient(desk: Desk) -> None:
    intake_list = desk.receive()
    desk.correct(intake_list, corrections={"name": "Zqname, Zqgiven"})
    desk.confirm(intake_list)
    entries = AuditEntry.objects.filter(action__startswith="intake.")
    said = json.dumps([[one.action, one.details] for one in entries])
    assert not any(word in said for word in ("Zqname", "4711", "Resektabel", "1961"))


# --- REST ----------------------------------------------------------------------------


@pytest.fixture()
def client(desk: Desk) -> Client:
    client = Client()
    client.force_login(
        desk.team.people["coordinator"], backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_a_file_becomes_an_agenda_by_rest(desk: Desk, client: Client) -> None:
    raw = workbook([GERMAN, *ROWS])
    sent = client.post(
        "/api/intake-lists",
        {"board": str(desk.board.pk), "file": SimpleUploadedFile("list.xlsx", raw)},
    )
    assert sent.status_code == 201, sent.content
    told = sent.json()
    assert (told["source"], told["file_name"], told["counts"]["ready"]) == ("xlsx", "list.xlsx", 2)
    assert sent["ETag"] == f'"{told["version"]}"'
    path = f"/api/intake-lists/{told['id']}"
    row = client.patch(
        f"{path}/rows/2", {"version": told["rows"][1]["version"], "choice": "skip"},
        content_type="application/json",
    ).json()  # fmt: skip
    assert row["rows"][1]["state"] == "skipped"
    confirmed = client.post(
        f"{path}/confirm", {"meeting": str(desk.meeting.pk)}, content_type="application/json",
        headers={"If-Match": f'"{row["version"]}"'},
    )  # fmt: skip
    assert (confirmed.status_code, confirmed.json()["state"]) == (202, "placing")
    owed = OutboxMessage.objects.get(task="apps.intake.tasks.place_rows")
    services.place_rows(intake_list_id=owed.kwargs["intake_list_id"])
    done = client.get(path).json()
    assert (done["state"], done["counts"]["placed"], done["counts"]["skipped"]) == ("placed", 1, 1)
    undone = client.post(
        f"{path}/undo", {"version": done["version"]}, content_type="application/json"
    )
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")


def test_refusals_are_problems_with_codes(desk: Desk, client: Client) -> None:
    def post(**body: object) -> tuple[int, str]:
        sent = client.post("/api/intake-lists", {"board": str(desk.board.pk), **body})
        return sent.status_code, sent.json()["code"]

    assert post(text=" ") == (400, "list_empty")
    assert post(file=SimpleUploadedFile("x.csv", b"")) == (400, "list_empty")
    assert post(file=SimpleUploadedFile("x.xlsx", b"PK\x03\x04x")) == (400, "bad_workbook")
    large = SimpleUploadedFile("x.csv", b"x" * (6 * 1024 * 1024))
    assert post(file=large) == (413, "list_too_large")
    assert IntakeList.objects.count() == 0


def test_what_stays_behind_leaves_as_text_no_spreadsheet_computes(
    desk: Desk, client: Client
) -> None:
    evil = ["4711", "=cmd|' /C calc'!A0", "", "31.02.1950", "w", "", "@SUM(1)"]
    intake_list = desk.receive(table([GERMAN, evil]))
    answer = client.get(f"/api/intake-lists/{intake_list.pk}/leftover")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    told = answer.content.decode("utf-8-sig")
    assert "'=cmd" in told and "'@SUM" in told and "birth_date: date_invalid" in told


def test_html_and_control_characters_are_plain_text(desk: Desk, client: Client) -> None:
    evil = '<script>alert(1)</script>\x07"&'
    row = ["4711", "Doe", "Jane", "04.05.1961", "w", "", evil]
    intake_list = desk.receive(table([GERMAN, row]))
    told = client.get(f"/api/intake-lists/{intake_list.pk}").json()["rows"][0]
    assert told["values"]["question"] == '<script>alert(1)</script> "&'


# --- how much is asked ---------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 10, 200])
def test_queries_do_not_grow_with_the_list(desk: Desk, client: Client, size: int) -> None:
    rows = [[f"N{n}", "Doe", "Jane", "04.05.1961", "w", "", "?"] for n in range(size)]
    intake_list = desk.receive(table([GERMAN, *rows]))
    actor = desk.team.actor("coordinator")
    with CaptureQueriesContext(connection) as queries:
        assert len(get_list(actor=actor, intake_list_id=intake_list.pk).rows.all()) == size
    assert len(queries) <= 4
    with CaptureQueriesContext(connection) as queries:
        desk.correct(intake_list, corrections={"ecog": "1"})
    assert len(queries) <= 24


@pytest.mark.parametrize("size", [1, 10, 60])
def test_the_list_of_lists_asks_the_same_for_any_number(
    desk: Desk, client: Client, size: int
) -> None:
    IntakeList.objects.bulk_create(
        IntakeList(
            board=desk.board, created_by=desk.team.people["coordinator"], source="csv",
            headings_sha256="x",
        )
        for _ in range(size)
    )  # fmt: skip
    client.get("/api/intake-lists")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/api/intake-lists?limit=200")
    assert len(answer.json()["results"]) == size
    own = [one for one in queries.captured_queries if "intake_" in one["sql"]]
    assert len(own) == 1


def test_without_a_pacs_the_rows_say_so(desk: Desk) -> None:
    intake_list = desk.receive()
    services.find_studies(intake_list_id=intake_list.pk, run=intake_list.search_run)
    states = set(intake_list.rows.values_list("studies_state", flat=True))
    assert states == {StudiesState.NO_PACS}
    assert IntakeRow.objects.exclude(linked_studies=[]).count() == 0
