"""What tests of planes and of what is laid over pictures share."""

from __future__ import annotations

from typing import Any

import pydicom

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import wait_for
from tests.e2e.imports import SHARED
from tests.e2e.screen import Screen
from tests.e2e.volumes import Truth

AXIAL, CORONAL, SAGITTAL, NATIVE = range(4)
SARCOMA, LIVER, ODD = "03-petctmr-sarcoma-STS_001", "11-seg-sr-dcmqi/ct-3slice", "16-odd-geometry"


def settled(screen: Screen, *indices: int, timeout_s: float = 60) -> list[dict[str, Any]]:
    """Until these viewports show at full resolution what was asked for."""

    def ready() -> list[dict[str, Any]] | None:
        reports = [screen.viewport(index) for index in indices]
        return reports if all(one.get("plane_settled") for one in reports) else None

    reports: list[dict[str, Any]] = wait_for(ready, what="planes", timeout_s=timeout_s)
    return reports


def local_truth(folder: str) -> Truth:
    return Truth.of([pydicom.dcmread(path) for path in sorted((SHARED / folder).glob("*.dcm"))])


def uid_of(every: list[dict[str, Any]], folder: str, part: str) -> str:
    path = next(iter(sorted((SHARED / folder / part).glob("*.dcm"))))
    wanted = str(pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID)
    assert any(one["series_instance_uid"] == wanted for one in every)
    return wanted


def open_series(open_page: OpenPage, case_id: str, uid: str) -> Screen:
    path = f"/cases/{case_id}/view?series={uid}"
    screen = Screen(open_page(role="radiologist", width=1920, height=1080, path=path))
    screen.wait_for_picture()
    screen.focus_viewport()
    return screen
