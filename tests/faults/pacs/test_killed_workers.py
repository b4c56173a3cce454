"""An ingest worker that dies at any moment: another takes over and nothing is partial."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from pydicom.uid import generate_uid

from apps.core.models import OutboxMessage
from apps.imaging.choices import JobState, StudyState
from apps.imaging.exceptions import LostLease
from apps.imaging.models import IngestJob, Instance, Study
from apps.imaging.services.leases import claim_ingest
from apps.imaging.sweeper import sweep_ingest
from tests.apps.imaging.dicom import make_series
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import BOUNDARY, FakePacs
from tests.faults.pacs.scene import link, no_leftovers, on, run_queued
from tests.people import CaseTeam
from tests.tallies import Tally

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


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
    team: CaseTeam, tmp_path: Path, tally: Tally
) -> None:
    objects = make_series(count=30, study_uid=generate_uid(), **patient_fields(team))
    pacs = FakePacs(objects)
    study = link(team, pacs, objects)
    pacs.fault = on("retrieve", slow_parts)
    job = IngestJob.objects.get()
    staging = tmp_path / "archive" / "staging" / str(study.pk)
    kills = 0
    for more in (1, 6):  # test_hundred_kills has the rest; here it is whole processes
        before = len(list(staging.glob("*/*.json")))
        IngestJob.objects.update(lease_expires_at=timezone.now())
        asked = len(pacs.requests)
        worker = start_worker(job.pk, tmp_path / "archive")
        while len(list(staging.glob("*/*.json"))) < before + more or len(pacs.requests) < asked + 3:
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
    tally("whole workers killed during ingest", kills=kills, orphans=0)
    assert 7 <= len(list(staging.glob("*/*.json"))) < 30  # what came complete is kept
    pacs.fault = None
    IngestJob.objects.update(lease_expires_at=timezone.now())
    assert sweep_ingest() == 1
    run_queued()
    study.refresh_from_db()
    assert study.state == StudyState.READY
    assert Instance.objects.count() == 30
    pacs.stop()
    assert no_leftovers(study)
