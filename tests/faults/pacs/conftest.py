"""A case, its study linked while a fake PACS was still well, and short time-outs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import generate_uid

from apps.imaging.models import Study
from apps.imaging.pacs import breaker as breaker_module
from apps.imaging.pacs import client as pacs_client
from apps.imaging.services import fetching
from tests.apps.imaging.dicom import make_series
from tests.apps.imaging.test_importing import patient_fields
from tests.faults.fake_pacs import FakePacs
from tests.faults.pacs.scene import link
from tests.people import CaseTeam, make_case_team


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with shorter time-outs, and an archive of its own."""
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    monkeypatch.setattr(pacs_client, "READ_TIMEOUT_S", 1.0)
    monkeypatch.setattr(pacs_client, "CONNECT_TIMEOUT_S", 1.0)
    monkeypatch.setattr(pacs_client, "QUERY_TOTAL_S", 4.0)
    monkeypatch.setattr(pacs_client, "SERIES_TOTAL_S", 3.0)
    monkeypatch.setattr(pacs_client, "RETRY_BASE_S", 0.02)
    monkeypatch.setattr(fetching, "PAUSE_S", 0.02)
    monkeypatch.setattr(breaker_module, "OPENS_AFTER_FAILURES", 1000)


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def objects(team: CaseTeam) -> list[bytes]:
    return make_series(count=4, study_uid=generate_uid(), **patient_fields(team))


@pytest.fixture()
def pacs(objects: list[bytes]) -> Iterator[FakePacs]:
    server = FakePacs(objects)
    yield server
    server.stop()


@pytest.fixture()
def study(team: CaseTeam, pacs: FakePacs, objects: list[bytes]) -> Study:
    return link(team, pacs, objects)
