"""Kill -9 in the middle of evictions: every series is whole or absent, never half."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pydicom.uid import generate_uid

from apps.imaging import archive, services
from apps.imaging.archive.layout import archive_root, series_directory, trash_directory
from apps.imaging.archive.place import series_store
from apps.imaging.models import Instance, PacsConnection, Series, Study
from apps.imaging.services import retention
from tests.apps.imaging.dicom import make_series, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]
SERIES = 50
KILLS = 12
PROGRAM = """
import django
django.setup()
from django.conf import settings
from apps.imaging.services import retention
settings.ARCHIVE_BUDGET_BYTES = 1
retention.used_bytes()
print("ready", flush=True)
retention.enforce_budget()
"""


@pytest.fixture()
def team(db: None, tmp_path: Path, settings: Any) -> CaseTeam:
    """A case with many series, all of them also in a PACS, none needed for days."""
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    team = make_case_team()
    study_uid = generate_uid()
    for number in range(SERIES):
        made = make_series(
            count=1, study_uid=study_uid, shape=(8, 8), seed=number, **patient_fields(team)
        )
        write_files(tmp_path / "in", made, prefix=f"{number:03d}-")
    services.import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    pacs = PacsConnection.objects.create(name="PACS", base_url="http://127.0.0.1:9/dicom-web")
    Study.objects.update(pacs=pacs)
    Instance.objects.update(source_state="held")
    Series.objects.update(needed_at="2020-01-01T00:00:00Z")
    return team


def start_eviction() -> subprocess.Popen[bytes]:
    database = connection.settings_dict
    environment = os.environ | {
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/consilium?", f"/{database['NAME']}?"),
        "CONSILIUM_ARCHIVE": str(archive_root()),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    return child


def evicted_count() -> int:
    return Series.objects.filter(evicted_at__isnull=False).count()


def test_kills_during_eviction_leave_every_series_whole_or_absent(team: CaseTeam) -> None:
    dice = random.Random(4)
    cut_off = half = 0
    for _ in range(KILLS):
        child = start_eviction()
        goal = evicted_count() + dice.randint(1, 2)
        while child.poll() is None and evicted_count() < goal:
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.02))
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
        cut_off += len(list(trash_directory().iterdir()))
        for stored in series_store().list_keys():
            half += bool(archive.SeriesArchive(stored.archive_key).verify())
        counts = retention.tidy()
        cut_off += counts["evicted"]
        assert list(trash_directory().iterdir()) == []
        for series in Series.objects.all():
            is_here = series_directory(series.archive_key).exists()
            assert is_here == (series.evicted_at is None)
    gone = evicted_count()
    assert half == 0
    assert gone > 0
    print(
        f"{KILLS} kills during eviction: {gone} of {SERIES} series evicted, "
        f"{cut_off} cut off and finished, {half} half servable"
    )


def test_a_crash_between_index_and_files_is_finished(team: CaseTeam) -> None:
    series = Series.objects.first()
    assert series is not None
    Series.objects.filter(pk=series.pk).update(evicted_at="2026-01-01T00:00:00Z")
    assert archive.SeriesArchive(series.archive_key).verify() == []  # whole until it goes
    assert retention.tidy()["evicted"] == 1
    assert not series_store().exists(series.archive_key)


def test_a_deletion_that_was_cut_off_is_swept(team: CaseTeam) -> None:
    series = Series.objects.first()
    assert series is not None
    target = trash_directory() / "cut-off"
    series_directory(series.archive_key).rename(target)
    (target / "frames.bin").unlink()
    assert retention.tidy()["trash"] == 1
    assert not target.exists()
