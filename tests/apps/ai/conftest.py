"""A case with a synthetic CT in the archive, and an approved bundle that finds its boxes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.ai import execution, services
from apps.ai.models import ModelVersion
from apps.imaging.models import Series
from apps.imaging.services import import_files
from tests.apps.ai import world
from tests.apps.ai.bundles import write_bundle
from tests.apps.ai.phantom_files import write_ct
from tests.apps.ai.world import INSTALLER
from tests.people import CaseTeam, make_case_team, make_patient


@pytest.fixture
def house(tmp_path: Path, settings: Any) -> Path:
    """State and archive of their own."""
    settings.VAR_DIR = tmp_path / "var"
    settings.ARCHIVE_ROOT = tmp_path / "var" / "archive"
    settings.SCRATCH_ROOT = tmp_path / "var" / "scratch"
    return tmp_path


@pytest.fixture
def phantom_team(house: Path, db: Any) -> CaseTeam:
    return make_case_team(patient=make_patient(patient_id="PH-1", issuer="", name="Test^Patient"))


def import_ct(team: CaseTeam, folder: Path) -> Series:
    patient = team.case.patient
    patient.birth_date = None
    known = set(Series.objects.values_list("pk", flat=True))
    done = import_files(actor=team.actor("radiologist"), case_id=team.case_id, paths=[folder])
    verdicts = {file.verdict for file in done.files.all()}
    assert verdicts == {"stored"}, [(file.name, file.reason) for file in done.files.all()]
    return Series.objects.exclude(pk__in=known).get()


@pytest.fixture
def approved_bundle(phantom_team: CaseTeam, house: Path) -> ModelVersion:
    root = write_bundle(house / "source" / "bright")
    version = services.register_bundle(actor=INSTALLER, root=root)
    return world.put_into_use(team=phantom_team, version=version)


@pytest.fixture
def fresh_runner(house: Path) -> Iterator[None]:
    execution.model_runner.cache_clear()
    yield
    execution.model_runner().close()
    execution.model_runner.cache_clear()


@pytest.fixture
def phantom_series(phantom_team: CaseTeam, house: Path) -> Series:
    folder = write_ct(house / "ct", patient_id="PH-1", birth_date="19610504")
    return import_ct(phantom_team, folder)
