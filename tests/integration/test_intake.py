"""The studies of a list, found in a real Orthanc and linked only when the list is confirmed."""

from __future__ import annotations

import pytest
from pydicom.uid import generate_uid

from apps.imaging.models import CaseStudy, PacsConnection
from apps.intake import services
from apps.intake.choices import RowState, StudiesState
from apps.intake.models import IntakeList
from tests.apps.imaging.dicom import make_series
from tests.apps.intake.conftest import desk
from tests.apps.intake.lists import table
from tests.apps.intake.scene import Desk
from tests.integration.test_orthanc_ingest import connect
from tests.orthanc import OrthancUnderTest

__all__ = ["desk"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.orthanc]

HEADS = ["MRN", "Name", "DOB", "Sex", "Accession", "Question"]


def store(
    orthanc: OrthancUnderTest, patient_id: str, *, accession: str = "A-1", **fields: str
) -> str:
    uid = str(generate_uid())
    known = {"patient_id": patient_id, "birth_date": "19610504", "AccessionNumber": accession}
    for raw in make_series(
        count=1, study_uid=uid, series_uid=str(generate_uid()), **{**known, **fields}
    ):
        orthanc.store(raw)
    return uid


def patient(number: str, *, accession: str = "", born: str = "04.05.1961") -> list[str]:
    return [number, "Test, Patient", born, "F", accession, "Resectable?"]


@pytest.fixture()
def pacs(orthanc: OrthancUnderTest, desk: Desk) -> PacsConnection:
    return connect(orthanc)


def search(desk: Desk, *rows: list[str]) -> IntakeList:
    intake_list = desk.receive(table([HEADS, *rows]))
    services.find_studies(intake_list_id=intake_list.pk, run=intake_list.search_run)
    return intake_list


def test_exact_matches_are_ticked_and_others_offered(
    desk: Desk, orthanc: OrthancUnderTest, pacs: PacsConnection
) -> None:
    mine = store(orthanc, "N1")
    named, beside = store(orthanc, "N2", accession="B-7"), store(orthanc, "N2", accession="B-8")
    intake_list = search(desk, patient("N1"), patient("N2", accession="B-7"), patient("N3"))
    first, second, third = intake_list.rows.order_by("position")
    assert (first.studies_state, first.chosen_studies) == (StudiesState.FOUND, [mine])
    assert first.studies[0]["reasons"] == ["patient_id", "birth_date"]
    assert (second.studies_state, second.chosen_studies) == (StudiesState.FOUND, [named])
    assert {one["study_instance_uid"] for one in second.studies} == {named, beside}
    assert (third.studies_state, third.studies) == (StudiesState.NONE, [])
    assert CaseStudy.objects.count() == 0, "found is not linked"


def test_a_study_of_somebody_else_is_shown_and_cannot_be_chosen(
    desk: Desk, orthanc: OrthancUnderTest, pacs: PacsConnection
) -> None:
    theirs = store(orthanc, "N1", birth_date="19400101")
    other = store(orthanc, "N9", accession="C-3")
    intake_list = search(desk, patient("N1", accession="C-3"))
    row = desk.row(intake_list)
    against = {one["study_instance_uid"]: one["contradicts"] for one in row.studies}
    assert against == {theirs: ["birth_date"], other: ["patient_id"]}
    assert (row.studies_state, row.chosen_studies) == (StudiesState.AMBIGUOUS, [])
    for uid in (theirs, other):
        with pytest.raises(Exception, match="not found for this patient"):
            desk.correct(intake_list, studies=[uid])


def test_what_is_ticked_is_linked_with_the_case_and_once(
    desk: Desk, orthanc: OrthancUnderTest, pacs: PacsConnection
) -> None:
    mine, untick = store(orthanc, "N1"), store(orthanc, "N1", accession="A-2")
    intake_list = search(desk, patient("N1"))
    desk.correct(intake_list, studies=[mine])
    desk.confirm(intake_list)
    row = desk.row(intake_list)
    links = CaseStudy.objects.filter(case=row.case)
    assert list(links.values_list("study__study_instance_uid", flat=True)) == [mine]
    assert (row.linked_studies, row.link_problems, row.state) == ([mine], [], RowState.PLACED)
    desk.confirm(intake_list)
    assert links.count() == 1 and untick not in row.linked_studies
    assert desk.undo(intake_list).state == "undone", "our own link is nothing that happened"


def test_a_pacs_that_is_away_is_told_and_asked_again(
    desk: Desk, orthanc: OrthancUnderTest, pacs: PacsConnection
) -> None:
    mine = store(orthanc, "N1")
    orthanc.stop()
    intake_list = search(desk, patient("N1"))
    row = desk.row(intake_list)
    assert (row.studies_state, row.state, row.pacs_away) == (
        StudiesState.UNREACHABLE, RowState.READY, True,
    )  # fmt: skip
    orthanc.start()
    intake_list.refresh_from_db()
    again = services.search_again(
        actor=desk.team.actor("coordinator"), intake_list_id=intake_list.pk,
        version=intake_list.version,
    )  # fmt: skip
    services.find_studies(intake_list_id=again.pk, run=again.search_run)
    assert desk.row(intake_list).chosen_studies == [mine]


def test_a_corrected_row_is_asked_for_anew(
    desk: Desk, orthanc: OrthancUnderTest, pacs: PacsConnection
) -> None:
    mine = store(orthanc, "N1")
    intake_list = search(desk, patient("N7"))
    assert desk.row(intake_list).studies_state == StudiesState.NONE
    row = desk.correct(intake_list, corrections={"patient_id": "N1"})
    assert row.studies_state == StudiesState.WAITING
    intake_list.refresh_from_db()
    services.find_studies(intake_list_id=intake_list.pk, run=intake_list.search_run - 1)
    assert desk.row(intake_list).studies_state == StudiesState.WAITING, "an older run ended"
    services.find_studies(intake_list_id=intake_list.pk, run=intake_list.search_run)
    assert desk.row(intake_list).chosen_studies == [mine]


def test_what_is_found_after_confirming_is_not_linked_unseen(
    desk: Desk, orthanc: OrthancUnderTest, pacs: PacsConnection
) -> None:
    store(orthanc, "N1")
    intake_list = desk.receive(table([HEADS, patient("N1")]))
    desk.confirm(intake_list)
    services.find_studies(intake_list_id=intake_list.pk, run=intake_list.search_run)
    desk.confirm(intake_list)
    assert desk.row(intake_list).chosen_studies == []
    assert CaseStudy.objects.count() == 0
