"""A PACS that lies about whose images these are, or about what it kept, is not believed."""

from __future__ import annotations

import socket

import pytest
from pydicom.uid import generate_uid

from apps.core.exceptions import DomainError
from apps.imaging import archive, services
from apps.imaging.choices import StudyState
from apps.imaging.models import Instance, Study
from tests.apps.imaging.dicom import make_series, make_slice, read_bytes, to_bytes
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import BOUNDARY, FakePacs, multipart, send
from tests.faults.pacs.scene import on, run_queued
from tests.people import SYSTEM, CaseTeam

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


def test_objects_of_another_study_are_not_taken_in(
    team: CaseTeam, pacs: FakePacs, study: Study
) -> None:
    foreign = make_series(count=4, **patient_fields(team))
    pacs.fault = on("retrieve", lambda c, b: send(c, multipart(foreign)))
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "wrong_object")
    assert not Instance.objects.exists()


def test_pixels_that_change_on_retry_never_make_a_mixed_series(
    team: CaseTeam, pacs: FakePacs, study: Study, objects: list[bytes]
) -> None:
    """Cut after two objects; then the PACS serves the same UIDs with other pixels."""
    changed = []
    for raw in objects:
        other = read_bytes(raw)
        other.PixelData = bytes(len(other.PixelData))
        changed.append(to_bytes(other))
    cut = [True]

    def fault(connection: socket.socket, kind: str, body: bytes) -> bool:
        if kind != "retrieve" or not cut:
            return False
        cut.clear()
        pacs.objects = {str(read_bytes(raw).SOPInstanceUID): raw for raw in changed}
        delimiter = b"--" + BOUNDARY.encode()
        send(connection, delimiter.join(body.split(delimiter)[:4])[:-9], length=len(body))
        return True

    pacs.fault = fault
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY
    kept = [archive.read_original(instance_id=one.pk) for one in Instance.objects.all()]
    assert sorted(kept) == sorted(changed)


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
