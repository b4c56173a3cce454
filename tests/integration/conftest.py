"""One case with images from a real PACS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.imaging.pacs import breaker as breaker_module
from apps.imaging.pacs import client as pacs_client
from tests.integration.pacs_scene import Scene
from tests.orthanc import OrthancUnderTest


@pytest.fixture()
def scene(
    orthanc: OrthancUnderTest,
    db: None,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Scene:
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    monkeypatch.setattr(pacs_client, "breaker", breaker_module.Breaker())
    monkeypatch.setattr(pacs_client, "RETRY_BASE_S", 0.01)
    monkeypatch.setattr("apps.imaging.services.fetching.PAUSE_S", 0.01)
    return Scene(orthanc)
