"""A hundred workers killed between any two steps of an ingest: nothing partial, all completed.

The steps are enumerated, not drawn: every attempt dies at another one, spread over the whole of
the work, and what the next attempt finds is what the dead ones left.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pydicom.uid import generate_uid

from apps.core.exceptions import DomainError
from apps.imaging import archive, services
from apps.imaging.archive.place import series_store
from apps.imaging.choices import FileVerdict, ImportState, JobState, StudyState
from apps.imaging.models import Import, IngestJob, Instance, Series, Study
from apps.imaging.services import leftovers
from tests.apps.imaging.dicom import make_series, read_bytes
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import FakePacs
from tests.people import SYSTEM, CaseTeam
from tests.tallies import Tally

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
    pytest.mark.slow,
]

INGEST_KILLS, IMPORT_KILLS = 72, 28
KILLS_PER_STUDY = 6
OBJECTS = 2
BASE_DIRECTORY = Path(__file__).resolve().parents[3]


@dataclass
class Nursery:
    process: subprocess.Popen[str]

    def run(self, work: str, row_id: object, *, die_before: int) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        request = {"work": work, "id": str(row_id), "die_before": die_before}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def count_steps(self, work: str, row_id: object) -> int:
        """How many steps the whole work has, when nobody dies."""
        return int(self.run(work, row_id, die_before=0)["steps"])


@pytest.fixture()
def nursery(team: CaseTeam, tmp_path: Path) -> Iterator[Nursery]:
    """After the team: the database is there. Its archive is the test's."""
    database = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/consilium?", f"/{database}?"),
        "CONSILIUM_ARCHIVE": str(tmp_path / "archive"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": settings.SECRET_KEY,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.pacs.dying_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=BASE_DIRECTORY,
        env=environment,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == {"ready": True}
    yield Nursery(process)
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=20)


def partial_series(*, known: set[str]) -> int:
    """Published directories that are not whole; what was whole once is not read again."""
    found = 0
    for one in series_store().list_keys():
        if one.archive_key not in known:
            found += bool(archive.open_series(one.archive_key).verify())
            known.add(one.archive_key)
    return found


def served_too_early(team: CaseTeam, study: Study) -> bool:
    """A ticket for a study whose objects are not all there."""
    try:
        services.mint_ticket(
            actor=team.actor("coordinator"),
            case_id=team.case_id,
            study_instance_uid=study.study_instance_uid,
        )
    except DomainError:
        return False
    return Instance.objects.filter(study=study).count() != OBJECTS


def leftovers_of(root: Path) -> list[str]:
    found = [path for path in (root / "staging").rglob("*") if path.is_file()]
    found += [path for name in ("drafts", "spool") for path in (root / name).glob("*")]
    return [str(path.relative_to(root)) for path in found]


@dataclass
class Work:
    """One piece of work that is killed again and again, then let through."""

    kind: str
    row: IngestJob | Import
    study_uid: str
    close: Callable[[], None] = lambda: None

    @property
    def studies(self) -> list[Study]:
        return list(Study.objects.filter(study_instance_uid=self.study_uid))

    def end_lease(self) -> None:
        """Thirty seconds later: the sweeper would queue it again."""
        type(self.row).objects.filter(pk=self.row.pk).update(
            lease_expires_at=timezone.now() - timedelta(seconds=1)
        )

    def is_complete(self) -> bool:
        self.row.refresh_from_db()
        (study,) = self.studies
        whole = study.state == StudyState.READY and study.instances.count() == OBJECTS
        if isinstance(self.row, IngestJob):
            return whole and self.row.state == JobState.DONE
        verdicts = set(self.row.files.values_list("verdict", flat=True))
        return whole and self.row.state == ImportState.DONE and verdicts == {FileVerdict.STORED}


def new_ingest(team: CaseTeam) -> Work:
    objects = make_series(count=OBJECTS, study_uid=generate_uid(), **patient_fields(team))
    uid = str(read_bytes(objects[0]).StudyInstanceUID)
    pacs = FakePacs(objects)
    row = services.create_connection(actor=SYSTEM, name=f"fake {uid}", base_url=pacs.base_url)
    study = services.link_study(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        pacs_id=row.pk,
        study_instance_uid=uid,
    ).study
    return Work("ingest", IngestJob.objects.get(study=study), uid, close=pacs.stop)


def new_import(team: CaseTeam) -> Work:
    objects = make_series(count=OBJECTS, study_uid=generate_uid(), **patient_fields(team))
    actor = team.actor("coordinator")
    files = [
        services.AnnouncedFile(name=f"{n}.dcm", size_bytes=len(raw))
        for n, raw in enumerate(objects)
    ]
    parent = services.open_upload(actor=actor, case_id=team.case_id, files=files)
    content = b"".join(objects)
    services.receive_piece(actor=actor, import_id=parent.pk, offset=0, content=content)
    return Work("import", parent, str(read_bytes(objects[0]).StudyInstanceUID))


@dataclass
class Outcome:
    kills: int = 0
    partial: int = 0
    incomplete: int = 0
    steps: int = 0


def kill_again_and_again(
    team: CaseTeam, nursery: Nursery, new: Callable[[CaseTeam], Work], *, count: int
) -> Outcome:
    """Every attempt dies at a later step; after a few, one is let through to the end."""
    found = Outcome()
    known: set[str] = set()
    first = new(team)
    found.steps = spread_over = nursery.count_steps(first.kind, first.row.pk)
    first.close()
    while found.kills < count:
        work = new(team)
        for attempt in range(KILLS_PER_STUDY):
            at = 1 + found.kills * spread_over // count
            work.end_lease()
            if nursery.run(work.kind, work.row.pk, die_before=at)["end"] != "killed":
                if attempt == 0:
                    spread_over -= 1  # the last steps differ from run to run
                break
            found.kills += 1
            found.partial += partial_series(known=known)
            found.partial += sum(served_too_early(team, study) for study in work.studies)
            if found.kills == count:
                break
        work.end_lease()
        nursery.run(work.kind, work.row.pk, die_before=0)
        work.close()
        found.incomplete += not work.is_complete()
    return found


def test_a_hundred_kills_leave_nothing_partial_and_everything_completes(
    team: CaseTeam, nursery: Nursery, tmp_path: Path, tally: Tally
) -> None:
    started = time.monotonic()
    pulled = kill_again_and_again(team, nursery, new_ingest, count=INGEST_KILLS)
    uploaded = kill_again_and_again(team, nursery, new_import, count=IMPORT_KILLS)
    kills = pulled.kills + uploaded.kills
    partial = pulled.partial + uploaded.partial + partial_series(known=set())
    incomplete = pulled.incomplete + uploaded.incomplete
    took_s = time.monotonic() - started
    print(f"{kills} kills in {took_s:.0f} s, over {pulled.steps} and {uploaded.steps} steps")
    tally("kills during ingest", kills=kills, partial=partial, not_completed=incomplete)
    assert (kills, partial, incomplete) == (100, 0, 0)
    assert min(pulled.steps, uploaded.steps) > 50
    assert Series.objects.exclude(archive_key="").count() == Study.objects.count()
    # What the dead had in their hands is litter, and goes once it is old.
    old = time.time() - 2 * leftovers.LITTER_AFTER_S
    for path in (tmp_path / "archive").rglob("*"):
        if path.is_dir():
            os.utime(path, (old, old))
    leftovers.delete_leftovers()
    assert leftovers_of(tmp_path / "archive") == []
