"""A case with its team, and an archive of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.people import CaseTeam, make_case_team


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: object) -> Path:
    root = tmp_path / "archive"
    settings.ARCHIVE_ROOT = root  # type: ignore[attr-defined]
    return root


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()
