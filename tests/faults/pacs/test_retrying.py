"""A PACS that was away is asked again by itself; one that said no is not."""

from __future__ import annotations

import socket
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.imaging import keeper
from apps.imaging.choices import StudyState
from apps.imaging.exceptions import PacsError
from apps.imaging.models import IngestJob, Study
from apps.imaging.pacs import open_client
from apps.imaging.services import retrying
from tests.faults.fake_pacs import FakePacs
from tests.faults.pacs.scene import on, run_queued, status

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


def test_a_study_comes_by_itself_when_its_pacs_is_back(pacs: FakePacs, study: Study) -> None:
    pacs.fault = lambda connection, kind, body: (connection.close(), True)[1]
    before = timezone.now()
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.FAILED
    assert study.retry_at is not None
    assert study.retry_at - before >= retrying.PAUSES[0]
    assert keeper.retry_failed() == 0, "its time has not come"

    pacs.fault = None
    Study.objects.filter(pk=study.pk).update(retry_at=timezone.now())
    assert keeper.retry_failed() == 1
    assert keeper.retry_failed() == 0, "asked twice it is owed once"
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code, study.retry_at) == (StudyState.READY, "", None)


def test_pauses_grow_and_end(pacs: FakePacs, study: Study) -> None:
    away = PacsError("away")
    planned = []
    for _ in range(6):
        IngestJob.objects.filter(study=study).update(state="failed")
        moment = retrying.retry_time(study=study, error=away)
        assert moment is not None
        planned.append(round((moment - timezone.now()).total_seconds()))
        IngestJob.objects.create(study=study, state="failed")
    assert planned == [20, 60, 300, 900, 900, 900]
    long_ago = timezone.now() - retrying.GIVEN_UP_AFTER - timedelta(minutes=1)
    IngestJob.objects.filter(study=study).update(created_at=long_ago)
    assert retrying.retry_time(study=study, error=away) is None


def test_a_no_is_not_asked_again(pacs: FakePacs, study: Study) -> None:
    pacs.fault = on("series", status("401 No"))
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.FAILED, "pacs_unauthorised")
    assert study.retry_at is None


def test_a_study_that_no_case_shows_is_left_alone(study: Study) -> None:
    study.case_studies.all().delete()
    Study.objects.filter(pk=study.pk).update(retry_at=timezone.now())
    assert keeper.retry_failed() == 0


def test_nobody_there_is_waited_for_once(study: Study) -> None:
    """A host that drops packets: one connect time-out (1 s here), not three."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:  # fill the queue of connections, then nobody is let in
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    connection = study.pacs
    assert connection is not None
    connection.base_url = f"http://127.0.0.1:{full.getsockname()[1]}/dicom-web"
    started = time.monotonic()
    with pytest.raises(PacsError) as refusal, open_client(connection) as client:
        client.search_studies(filters={"PatientID": "x"}, limit=1)
    assert refusal.value.error_code == "pacs_unreachable"
    assert 0.9 < time.monotonic() - started < 2.0
    for one in (*waiting, full):
        one.close()
