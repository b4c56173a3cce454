"""What a picture says of itself: its side, whose it may not say it is, what is too large."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, Response, expect
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tests.e2e.access import find_accessibility_faults
from tests.e2e.devices import OpenDevice, open_device
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_sets
from tests.e2e.meetings import all_cases
from tests.e2e.screen import Screen

__all__ = ["open_device"]

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]
Keep = Callable[[Page, str], Path]
MAMMOGRAM = "10-gsps-kos-pdf-rdsr/pixel-spacing"
MIB = 1024 * 1024
SIDE, SLICES = 1024, 70
SMALLEST = "Object.defineProperty(navigator, 'deviceMemory', { get: () => 0.25 })"
LARGE = "Object.defineProperty(navigator, 'deviceMemory', { get: () => 8 })"
VOLUME = {"consilium.mode": "volume"}


def _show(screen: Screen, series_uid: str) -> dict[str, Any]:
    screen.page.locator(f"[data-series='{series_uid}']").click()

    def shown() -> dict[str, Any] | None:
        report = screen.viewport()
        return report if report.get("series_instance_uid") == series_uid else None

    wait_for(shown, what="the series", timeout_s=60)
    return screen.wait_for_picture()


@pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here")
def test_the_side_is_said_and_missed_where_the_file_does_not_say_it(
    stack: Stack, tmp_path: Path, open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    original = next(
        one
        for path in sorted((SHARED / MAMMOGRAM).glob("*.dcm"))
        if (one := pydicom.dcmread(path)).Modality == "MG"
    )
    assert original.ImageLaterality == "R"
    # The same picture, said to be of the other side, and of none.
    series = {}
    for side in ("R", "L", ""):
        original.ImageLaterality = side
        if not side:
            del original.ImageLaterality
        original.SeriesInstanceUID = series[side] = generate_uid()
        original.SOPInstanceUID = original.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        original.save_as(tmp_path / f"{side or 'none'}.dcm")
    case_id, _ = import_sets(stack, "SIDES", tmp_path)
    screen = Screen(open_device(path=f"/cases/{case_id}/view", storage=VOLUME))
    words = {"R": "Right side", "L": "Left side", "": "Side not stated by the file"}
    for side, said in words.items():
        _show(screen, series[side])
        cell = screen.page.locator("[data-viewport='0']")
        expect(cell.get_by_test_id("laterality")).to_have_text(said)
        assert [one for one in words.values() if one in cell.inner_text()] == [said]
        keep_screenshot(screen.page, side or "none")


def test_a_guest_sees_the_pictures_and_not_whose_they_are(
    stack: Stack, open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    guest = stack.client(role="consultant")
    case = next(one for one in all_cases(guest) if one["guise"] == "deidentified")
    patient = next(
        one["patient"]
        for one in all_cases(stack.client(role="coordinator"))
        if one["id"] == case["id"]
    )
    family, given = patient["name"].split("^")[:2]
    secrets = [patient["name"], f"{family}, {given}", patient["patient_id"], patient["birth_date"]]
    path = f"/cases/{case['id']}/view"
    # Frames, planes, and what the server draws: each by its own way.
    for mode in ("volume", "pictures"):
        heard: list[str] = []
        page = open_device(path="/", role="consultant", storage={"consilium.mode": mode})
        page.on("response", lambda one, heard=heard: _hear(one, heard))
        page.goto(path)
        screen = Screen(page)
        report = screen.wait_for_picture()
        assert report["preview"] is (mode == "pictures")
        banner = page.get_by_test_id("patient-banner").first
        expect(banner).to_contain_text("De-identified")
        expect(banner).not_to_contain_text(family)
        page.wait_for_timeout(500)
        assert len(heard) > 3
        told = [*heard, page.content(), page.title(), page.url]
        assert [secret for secret in secrets for one in told if secret and secret in one] == []
        keep_screenshot(page, mode)
        if mode == "volume":
            frames = screen.picture()
            assert find_accessibility_faults(page) == []
            # The window of its own is the guest's too.
            with page.expect_popup() as opened:
                page.get_by_role("button", name="Open in a window of its own").click()
            companion = Screen(opened.value)
            companion.wait_for_picture()
            expect(companion.page.get_by_test_id("patient-banner")).to_contain_text("De-identified")
            held = companion.page.content()
            assert [secret for secret in secrets if secret and secret in held] == []
    # Whoever may know whose it is sees the same pixels with the name.
    known = Screen(open_device(path=path, storage=VOLUME))
    known.wait_for_picture()
    expect(known.page.get_by_test_id("patient-banner").first).to_contain_text(family)
    wait_for(lambda: np.array_equal(known.picture(), frames), what="the same pixels", timeout_s=20)


def _hear(response: Response, heard: list[str]) -> None:
    heard.append(response.url)
    if "json" in response.headers.get("content-type", ""):
        heard.append(response.text())


def _large_series(folder: Path) -> str:
    """Larger as a volume than what the smallest machine may hold (128 MiB)."""
    common = {"study": generate_uid(), "series": generate_uid(), "frame": generate_uid()}
    ramp = np.add.outer(np.arange(SIDE), np.arange(SIDE)).astype(np.int16)
    for at in range(SLICES):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = CTImageStorage
        one.SOPInstanceUID = generate_uid()
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.StudyInstanceUID, one.SeriesInstanceUID = common["study"], common["series"]
        one.FrameOfReferenceUID = common["frame"]
        one.PatientID, one.PatientName, one.Modality = "LARGE", "Large^Of", "CT"
        one.StudyDate, one.SeriesNumber, one.InstanceNumber = "20260101", 1, at + 1
        one.Rows = one.Columns = SIDE
        one.PixelSpacing, one.SliceThickness = [0.4, 0.4], 1
        one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        one.ImagePositionPatient = [-200, -200, float(at)]
        one.BitsAllocated, one.BitsStored, one.HighBit = 16, 16, 15
        one.SamplesPerPixel, one.PixelRepresentation = 1, 1
        one.PhotometricInterpretation = "MONOCHROME2"
        one.RescaleSlope, one.RescaleIntercept = 1, 0
        one.WindowCenter, one.WindowWidth = 1000, 2000
        one.PixelData = (ramp + at).tobytes()
        one.save_as(folder / f"{at}.dcm", enforce_file_format=True)
    return str(common["series"])


def test_a_series_takes_no_more_memory_than_the_machine_has(
    stack: Stack, tmp_path: Path, open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    uid = _large_series(tmp_path)
    assert SIDE * SIDE * 2 * SLICES > 128 * MIB
    case_id, _ = import_sets(stack, "LARGE", tmp_path)
    path = f"/cases/{case_id}/view"
    small = Screen(open_device(path=path, storage=VOLUME, script=SMALLEST))
    _show(small, uid)
    # Of 96 MiB, prefetching may fill 40 %; it counts 4 bytes a pixel before it has decoded any.
    held = int(96 * MIB * 0.4 / (SIDE * SIDE * 4))
    wait_for(lambda: small.viewport()["loaded"] == held, what="what fits is fetched", timeout_s=60)
    small.page.wait_for_timeout(1500)
    assert small.viewport()["loaded"] == held
    # All of it can be looked at; what was looked at long ago makes room.
    small.focus_viewport()
    small.press("Home")
    for _ in range(SLICES - 1):
        small.press("ArrowDown")
        small.wait_for_picture()
    assert small.viewport()["slice"] == SLICES
    assert small.viewport()["loaded"] <= 96 * MIB / (SIDE * SIDE * 2)
    assert small.read("valueAt", 0, [10, 20]) == 30 + SLICES - 1
    # The volume would not fit, is refused in words before it is loaded, and the image stays.
    small.press("n")
    refused = small.page.get_by_test_id("plane-refusal").first
    expect(refused).to_contain_text("too large for this device")
    assert small.viewport()["refusal"] == "too_large"
    assert small.viewport()["slice"] == SLICES
    status = small.page.get_by_test_id("device-status")
    status.click()
    expect(small.page.get_by_role("menu")).to_contain_text("up to 96 MiB")
    keep_screenshot(small.page, "too-large")
    # Whoever shows image by image is not asked to build one at all.
    small.page.get_by_role("menuitemradio", name="Image by image").click()
    small.page.keyboard.press("Escape")
    small.focus_viewport()
    small.press("n")
    wait_for(lambda: small.viewport()["refusal"] == "image_by_image", what="refused by its mode")
    small.page.context.close()

    large = Screen(open_device(path=path, storage=VOLUME, script=LARGE))
    _show(large, uid)
    wait_for(lambda: large.viewport()["loaded"] == SLICES, what="all of it", timeout_s=90)
    large.focus_viewport()
    large.press("n")
    wait_for(lambda: large.viewport()["plane_settled"], what="a plane", timeout_s=60)
    assert large.viewport()["refusal"] is None
