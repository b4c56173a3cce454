"""The pixel path of a case with one study, as its tests share it.

A test module imports the fixtures it wants and names them in ``__all__``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pydicom.uid import generate_uid

from apps.imaging.pixels import app as pixel_module
from apps.imaging.pixels import guard as guard_module
from apps.imaging.services import import_files
from tests import pixel_client
from tests.apps.imaging.dicom import make_series, read_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam, make_case_team


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"


@pytest.fixture(autouse=True)
def fresh_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[guard_module.TicketGuard]:
    guard = guard_module.TicketGuard()
    monkeypatch.setattr(pixel_module, "guard", guard)
    yield guard
    guard.stop()


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def objects(team: CaseTeam, tmp_path: Path) -> list[bytes]:
    made = make_series(count=3, study_uid=generate_uid(), **patient_fields(team))
    write_files(tmp_path / "in", made)
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    return made


def sign_in(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def mint(team: CaseTeam, who: str, study_uid: str) -> dict[str, Any]:
    return pixel_client.mint(sign_in(team, who), case_id=team.case_id, study_uid=study_uid)


def frame_path(minted: dict[str, Any], raw: bytes) -> str:
    return f"{minted['series'][0]['base_url']}/instances/{read_bytes(raw).SOPInstanceUID}/frames/1"


@pytest.fixture(autouse=True)
def close_threads_connections() -> Iterator[None]:
    yield
    connections.close_all()
