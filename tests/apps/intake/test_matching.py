"""Which patient a row is: by issuer and identifier, then birth date and sex; never by a name."""

from __future__ import annotations

from datetime import date

import pytest

from apps.cases.services import create_case, create_patient
from apps.intake.choices import RowChoice, RowState
from apps.intake.models import IntakeList
from tests.apps.intake.lists import table
from tests.apps.intake.scene import Desk
from tests.people import SYSTEM

pytestmark = pytest.mark.django_db

HEADS = ["MRN", "Issuer", "Name", "DOB", "Sex", "Question"]
JANE = ["4711", "TEST", "Doe, Jane", "1961-05-04", "F", "Resectable?"]


def receive(desk: Desk, *rows: list[str]) -> IntakeList:
    return desk.receive(table([HEADS, *rows]))


def register(**changes: object) -> object:
    fields = {
        "patient_id": "4711", "issuer": "TEST", "name": "Doe^Jane",
        "birth_date": date(1961, 5, 4), "sex": "F",
    }  # fmt: skip
    return create_patient(actor=SYSTEM, **{**fields, **changes})  # type: ignore[arg-type]


def changed(**cells: str) -> list[str]:
    return [cells.get(name, text) for name, text in zip(HEADS, JANE, strict=True)]


def errors(desk: Desk, intake_list: IntakeList, position: int = 1) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in desk.row(intake_list, position).errors]


def test_a_registered_patient_is_found_with_the_reasons(desk: Desk) -> None:
    patient = register()
    row = desk.row(receive(desk, JANE))
    assert (row.patient, row.state) == (patient, RowState.READY)
    assert row.match_reasons == ["patient_id", "issuer", "birth_date", "sex"]


def test_a_new_patient_is_nobody_until_the_list_is_confirmed(desk: Desk) -> None:
    row = desk.row(receive(desk, JANE))
    assert (row.patient, row.match_reasons, row.state) == (
        None, ["not_registered"], RowState.READY,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "field"), [({"DOB": "1961-05-05"}, "birth_date"), ({"Sex": "M"}, "sex")]
)
def test_another_birth_date_or_sex_is_a_mismatch(
    desk: Desk, cells: dict[str, str], field: str
) -> None:
    register()
    intake_list = receive(desk, changed(**cells))
    assert errors(desk, intake_list) == [(field, "patient_mismatch")]
    assert desk.row(intake_list).patient is None


def test_a_name_alone_never_matches_and_another_name_is_only_told(desk: Desk) -> None:
    patient = register()
    same_name = receive(desk, changed(MRN="9999"))
    assert desk.row(same_name).patient is None
    other_name = receive(desk, changed(Name="Smith, Jane"))
    assert desk.row(other_name).patient == patient
    assert "name_differs" in desk.row(other_name).match_reasons


def test_the_same_number_of_another_issuer_is_another_patient(desk: Desk) -> None:
    register(issuer="ELSEWHERE", birth_date=date(1940, 1, 1))
    row = desk.row(receive(desk, JANE))
    assert (row.patient, row.state) == (None, RowState.READY)


def test_an_issuer_that_one_side_does_not_name_needs_the_birth_date(desk: Desk) -> None:
    patient = register()
    assert desk.row(receive(desk, changed(Issuer=""))).patient == patient
    without = receive(desk, changed(Issuer="", DOB=""))
    assert errors(desk, without) == [("issuer", "issuer_unconfirmed")]


def test_a_number_that_two_hospitals_gave_asks_for_the_issuer(desk: Desk) -> None:
    register()
    register(issuer="ELSEWHERE")
    intake_list = receive(desk, changed(Issuer=""))
    assert errors(desk, intake_list) == [("issuer", "issuer_needed")]
    desk.map(intake_list, issuer="TEST")
    assert desk.row(intake_list).state == RowState.READY


def test_a_new_patient_needs_a_name_and_a_known_one_does_not(desk: Desk) -> None:
    assert errors(desk, receive(desk, changed(Name=""))) == [("name", "name_missing")]
    register()
    assert errors(desk, receive(desk, changed(Name=""))) == []


def test_the_same_patient_twice_asks_what_is_meant(desk: Desk) -> None:
    intake_list = receive(desk, JANE, changed(Question="And the liver?"))
    second = desk.row(intake_list, 2)
    assert (second.state, second.same_as) == (RowState.CHOICE, 1)
    assert desk.row(intake_list).state == RowState.READY
    assert desk.correct(intake_list, 2, choice=RowChoice.NEW).state == RowState.READY
    assert desk.correct(intake_list, 2, choice=RowChoice.SKIP).state == RowState.SKIPPED


def test_two_rows_that_contradict_each_other_are_both_wrong(desk: Desk) -> None:
    intake_list = receive(desk, JANE, changed(DOB="1962-05-04"))
    wrong = [("birth_date", "patient_differs_in_list")]
    assert errors(desk, intake_list, 1) == wrong and errors(desk, intake_list, 2) == wrong
    desk.correct(intake_list, 2, corrections={"birth_date": "1961-05-04"})
    assert errors(desk, intake_list, 1) == []
    assert desk.row(intake_list, 2).state == RowState.CHOICE


def test_an_open_case_asks_whether_it_is_meant(desk: Desk) -> None:
    patient = register()
    case = create_case(
        actor=desk.team.actor("coordinator"),
        patient_id=patient.pk,
        title="Nodule",  # type: ignore[attr-defined]
    )
    intake_list = receive(desk, JANE)
    row = desk.row(intake_list)
    assert row.state == RowState.CHOICE
    assert [(one["id"], one["title"], one["on_board"]) for one in row.open_cases] == [
        (str(case.pk), "Nodule", False)
    ]
    row = desk.correct(intake_list, choice=RowChoice.LINK, case=case.pk)
    assert (row.state, row.chosen_case_id) == (RowState.READY, case.pk)


def test_a_case_that_is_not_ones_own_is_not_told(desk: Desk) -> None:
    patient = register()
    create_case(actor=SYSTEM, patient_id=patient.pk, title="Another board's")  # type: ignore[attr-defined]
    row = desk.row(receive(desk, JANE))
    assert (row.state, row.open_cases) == (RowState.READY, [])
