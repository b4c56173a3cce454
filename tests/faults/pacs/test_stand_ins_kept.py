"""What a stand-in gave: per series, until the study's own PACS is back, and only for its cases."""

from __future__ import annotations

import socket
from datetime import date

import pytest
from django.utils import timezone
from pydicom.uid import generate_uid

from apps.cases.models import Patient
from apps.imaging import services
from apps.imaging.archive.layout import archive_root
from apps.imaging.choices import SourceState, StudyState
from apps.imaging.models import Instance, PacsConnection, Series, SeriesOrigin, Study
from apps.imaging.services import retention
from tests.apps.imaging.dicom import make_series, read_bytes
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import FakePacs, send
from tests.faults.pacs.scene import no_leftovers, on, run_queued
from tests.faults.pacs.several import (
    Serve,
    away,
    fetched_from,
    refused_by,
    remade,
    serve,
)
from tests.people import CaseTeam

__all__ = ["serve"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


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
