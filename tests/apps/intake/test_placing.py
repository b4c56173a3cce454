"""A list is put on an agenda once, in its order, and taken back whole or not at all."""

from __future__ import annotations

import pytest

from apps.audit.models import AuditEntry
from apps.boards import services as boards
from apps.boards.choices import MeetingStatus
from apps.boards.models import AgendaItem
from apps.cases.choices import CaseStatus
from apps.cases.models import Case, Patient
from apps.cases.services import create_case, create_patient, edit_case
from apps.core.exceptions import Conflict, InvalidInput
from apps.intake import services
from apps.intake.choices import ListState, RowChoice, RowState
from apps.intake.models import IntakeList
from tests.apps.intake.lists import GERMAN, ROWS, table
from tests.apps.intake.scene import Desk, refused, titles
from tests.people import SYSTEM

pytestmark = pytest.mark.django_db


def test_confirming_makes_patients_cases_and_an_agenda_in_the_lists_order(desk: Desk) -> None:
    intake_list = desk.confirm(desk.receive())
    assert titles(desk) == ["Resektabel?", "Adjuvante Therapie?"]
    patient = Patient.objects.get(patient_id="4711")
    assert (patient.name, str(patient.birth_date), patient.sex) == (
        "Müller^Änne",
        "1961-05-04",
        "F",
    )
    case = patient.cases.get()
    assert (case.tumour_type, case.status, case.clinical_question) == (
        "lung", CaseStatus.SCHEDULED, "Resektabel?",
    )  # fmt: skip
    assert case.created_by_id == desk.team.people["coordinator"].pk
    row = desk.row(intake_list)
    assert (row.state, row.case, row.made_patient, row.made_case) == (
        RowState.PLACED, case, True, True,
    )  # fmt: skip
    assert intake_list.state == ListState.PLACED


def test_confirming_twice_makes_nothing_twice(desk: Desk) -> None:
    intake_list = desk.confirm(desk.receive())
    count = (Case.objects.count(), Patient.objects.count(), AgendaItem.objects.count())
    desk.confirm(intake_list)
    services.place_rows(intake_list_id=intake_list.pk)
    IntakeList.objects.update(state=ListState.PLACING)
    services.place_rows(intake_list_id=intake_list.pk)
    assert (Case.objects.count(), Patient.objects.count(), AgendaItem.objects.count()) == count


def test_what_was_cut_off_goes_on_where_it_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.intake.services import placing

    intake_list = desk.receive()
    become, calls = placing._become, []

    def dies(**named: object) -> None:
        calls.append(1)
        become(**named)  # type: ignore[arg-type]
        if len(calls) == 2:
            raise SystemExit  # as a killed worker: what it was at rolls back

    monkeypatch.setattr(placing, "_become", dies)
    with pytest.raises(SystemExit):
        desk.confirm(intake_list)
    assert titles(desk) == ["Resektabel?"]
    monkeypatch.undo()
    services.place_rows(intake_list_id=intake_list.pk)
    assert titles(desk) == ["Resektabel?", "Adjuvante Therapie?"]


def test_rows_corrected_later_follow(desk: Desk) -> None:
    intake_list = desk.receive(table([GERMAN, ["", *ROWS[0][1:]], ROWS[1]]))
    desk.confirm(intake_list)
    assert titles(desk) == ["Adjuvante Therapie?"]
    desk.correct(intake_list, corrections={"patient_id": "4711"})
    desk.confirm(intake_list)
    assert titles(desk) == ["Adjuvante Therapie?", "Resektabel?"]


def test_an_open_case_that_is_meant_is_put_on_the_agenda_and_none_is_made(desk: Desk) -> None:
    coordinator = desk.team.actor("coordinator")
    patient = create_patient(actor=SYSTEM, patient_id="4711", name="Müller^Änne")
    case = create_case(actor=coordinator, patient_id=patient.pk, title="Known")
    intake_list = desk.receive(table([GERMAN, ROWS[0]]))
    desk.correct(intake_list, choice=RowChoice.LINK, case=case.pk)
    desk.confirm(intake_list)
    assert titles(desk) == ["Known"] and patient.cases.count() == 1
    again = desk.receive(table([GERMAN, ROWS[0]]))
    assert desk.row(again).open_cases[0]["on_board"]
    desk.correct(again, choice=RowChoice.LINK, case=case.pk)
    desk.confirm(again)
    assert titles(desk) == ["Known"], "on this agenda already"
    assert not desk.row(again).made_item


def test_a_second_question_about_one_patient_is_a_second_case(desk: Desk) -> None:
    intake_list = desk.receive(table([GERMAN, ROWS[0], [*ROWS[0][:6], "Und die Leber?"]]))
    desk.correct(intake_list, 2, choice=RowChoice.NEW)
    desk.confirm(intake_list)
    assert titles(desk) == ["Resektabel?", "Und die Leber?"]
    assert Patient.objects.filter(patient_id="4711").count() == 1


def test_somebody_who_registers_the_patient_meanwhile_with_another_birth_date_stops_the_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_list = desk.receive()
    services.confirm_list(
        actor=desk.team.actor("coordinator"), intake_list_id=intake_list.pk, version=1,
        meeting_id=desk.meeting.pk,
    )  # fmt: skip
    create_patient(actor=SYSTEM, patient_id="4711", name="X", sex="M")
    services.place_rows(intake_list_id=intake_list.pk)
    row = desk.row(intake_list)
    assert (row.state, row.case) == (RowState.ERROR, None)
    assert row.errors == [{"field": "patient_id", "code": "patient_mismatch"}]
    assert titles(desk) == ["Adjuvante Therapie?"]


def test_a_meeting_that_closed_or_is_another_boards_takes_nothing(desk: Desk) -> None:
    intake_list = desk.receive()
    coordinator = desk.team.actor("coordinator")
    other = boards.create_board(actor=coordinator, name="Liver")
    theirs = boards.schedule_meeting(
        actor=coordinator, board_id=other.pk, starts_at=desk.meeting.starts_at,
        ends_at=desk.meeting.ends_at,
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="this board"):
        desk.map(intake_list, meeting=theirs.pk)
    boards.move_meeting(
        actor=coordinator, meeting_id=desk.meeting.pk, version=desk.meeting.version,
        to=MeetingStatus.CANCELLED,
    )  # fmt: skip
    assert refused(desk.confirm, intake_list) == "meeting_closed"


def test_a_meeting_that_closes_while_it_works_stops_the_list_and_says_why(desk: Desk) -> None:
    intake_list = desk.receive()
    services.confirm_list(
        actor=desk.team.actor("coordinator"), intake_list_id=intake_list.pk, version=1,
        meeting_id=desk.meeting.pk,
    )  # fmt: skip
    desk.meeting.status = MeetingStatus.CANCELLED
    desk.meeting.save()
    services.place_rows(intake_list_id=intake_list.pk)
    intake_list.refresh_from_db()
    assert (intake_list.state, intake_list.problem) == (ListState.OPEN, "meeting_closed")
    assert not any(row.errors for row in intake_list.rows.all())


def test_with_nothing_ready_nothing_is_confirmed(desk: Desk) -> None:
    intake_list = desk.receive(table([GERMAN, ["", *ROWS[0][1:]]]))
    assert refused(desk.confirm, intake_list) == "nothing_ready"


# --- undoing -------------------------------------------------------------------------


def test_a_list_is_taken_back_whole(desk: Desk) -> None:
    intake_list = desk.confirm(desk.receive())
    desk.undo(intake_list)
    assert titles(desk) == []
    made = Case.objects.filter(patient__patient_id__in=["4711", "0815"])
    assert {case.status for case in made} == {CaseStatus.WITHDRAWN}
    assert {row.state for row in intake_list.rows.all()} == {RowState.UNDONE}
    entry = AuditEntry.objects.get(action="intake.undone")
    assert entry.details == {"rows": 2, "withdrawn": 2}
    assert refused(desk.confirm, intake_list) == "list_undone"


def test_looking_at_a_case_is_nothing_that_happened(desk: Desk) -> None:
    from apps.cases.services import record_view

    intake_list = desk.confirm(desk.receive())
    record_view(actor=desk.team.actor("surgeon"), case=desk.row(intake_list).case)  # type: ignore[arg-type]
    assert desk.undo(intake_list).state == ListState.UNDONE


def test_nothing_is_taken_back_once_something_happened(desk: Desk) -> None:
    intake_list = desk.confirm(desk.receive())
    row = desk.row(intake_list, 2)
    assert row.case is not None
    edit_case(
        actor=desk.team.actor("coordinator"), case_id=row.case.pk, version=row.case.version,
        changes={"stage": "IIB"},
    )  # fmt: skip
    with pytest.raises(Conflict) as error:
        desk.undo(intake_list)
    assert error.value.details == {"rows": [{"row": 2, "codes": ["case_edited", "worked_on"]}]}
    assert len(titles(desk)) == 2


def test_a_case_that_was_open_before_is_not_withdrawn(desk: Desk) -> None:
    coordinator = desk.team.actor("coordinator")
    patient = create_patient(actor=SYSTEM, patient_id="4711", name="Müller^Änne")
    case = create_case(actor=coordinator, patient_id=patient.pk, title="Known")
    intake_list = desk.receive(table([GERMAN, ROWS[0]]))
    desk.correct(intake_list, choice=RowChoice.LINK, case=case.pk)
    desk.undo(desk.confirm(intake_list))
    case.refresh_from_db()
    assert (case.status, titles(desk)) == (CaseStatus.SUBMITTED, []), "what it was before"
