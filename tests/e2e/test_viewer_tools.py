"""Every measuring tool on the screen, and the server's values held to the DICOM read by pydicom."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import new_case, person
from tests.e2e.measuring import Bench, Picture, check_every_kind, said
from tests.e2e.meetings import phantom_cases
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]
Keep = Callable[[Page, str], Path]
LIVER_HU = (60, 140)
PATIENT = person("TOOLS-1", "Tools^Of")


def _liver_of_a_demo_case(stack: Stack) -> tuple[str, str, Picture, int, int]:
    """A CT of the demo hospital, and a place in it where all around is liver."""
    client = stack.client(role="radiologist")
    for case in phantom_cases(client):
        for study in client.get(f"/api/cases/{case['id']}/studies").json()["results"]:
            for series in study["series"]:
                if series["modality"] != "CT" or study["state"] != "ready":
                    continue
                found = _liver_in(stack, series["series_instance_uid"])
                if found is not None:
                    return (case["id"], *found)
    pytest.fail("no liver in the demo hospital")


def _liver_in(stack: Stack, series_uid: str) -> tuple[str, Picture, int, int] | None:
    with stack.pacs() as pacs:
        (series,) = pacs.post("/tools/lookup", content=series_uid).json() or [None]
        if series is None:
            return None
        instances = pacs.get(f"/series/{series['ID']}/instances").json()
        for instance in instances[:: max(1, len(instances) // 12)]:
            body = pacs.get(f"/instances/{instance['ID']}/file").content
            dataset = pydicom.dcmread(io.BytesIO(body))
            picture = Picture.of(dataset)
            place = _homogeneous(picture.hu, reach=9)
            if place is not None:
                return str(dataset.SOPInstanceUID), picture, *place
    return None


def _homogeneous(hu: np.ndarray, *, reach: int) -> tuple[int, int] | None:
    fits = (hu >= LIVER_HU[0]) & (hu <= LIVER_HU[1])
    size = 2 * reach + 1
    windows = np.lib.stride_tricks.sliding_window_view(fits, (size, size)).mean(axis=(2, 3))
    row, column = np.unravel_index(int(np.argmax(windows)), windows.shape)
    if windows[row, column] < 0.98:
        return None
    return int(column) + reach, int(row) + reach


def _go_to(screen: Screen, sop_instance_uid: str) -> None:
    screen.wait_for_picture()
    screen.press("Home")
    for _ in range(400):
        if screen.viewport()["target_sop_instance_uid"] == sop_instance_uid:
            break
        screen.press("ArrowDown")
    assert screen.wait_for_picture()["sop_instance_uid"] == sop_instance_uid


def test_every_tool_in_the_liver_of_a_phantom(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, sop, picture, column, row = _liver_of_a_demo_case(stack)
    page = open_page(role="radiologist", width=1920, height=1080, path=f"/cases/{case_id}/view")
    screen = Screen(page)
    screen.wait_for_picture()
    page.get_by_text("Measured").click()
    _go_to(screen, sop)
    bench = Bench(stack, screen, case_id)
    check_every_kind(bench, picture, column, row, reach=9)
    bench.write_down("square")
    keep_screenshot(page, "1920")

    # By keyboard alone: a cross, two points ten pixels apart, and a name.
    def by_keys() -> None:
        for key in ("m", "Enter", "Enter", "Shift+ArrowRight", "Enter"):
            screen.press(key)

    made = bench.drawn("length", by_keys)
    expected = 10 * picture.column_mm
    assert said(made)["length"] == pytest.approx(expected, abs=1e-6)
    screen.press("t")
    expect(page.get_by_label("Label", exact=True)).to_be_focused()
    page.keyboard.type("Portal vein")
    screen.press("Tab")
    page.keyboard.type("Liver")
    keep_screenshot(page, "label")
    screen.press("Enter")
    screen.press("Enter")

    def named() -> dict[str, Any] | None:
        found = next(one for one in bench.listed() if one["id"] == made["id"])
        return found if found["label"] else None

    assert wait_for(named, what="the name is kept", timeout_s=20)["label"] == "Portal vein"
    assert named()["site"] == "liver"  # type: ignore[index]
    row_of = page.locator(f"[data-measured='{made['id']}']")
    expect(row_of).to_contain_text("Portal vein · Liver")

    # A key image, said on the picture; elsewhere it is not, and the list leads back.
    screen.press("k")
    wait_for(lambda: bench.listed("key-images"), what="a key image", timeout_s=20)
    expect(page.get_by_test_id("key-image").first).to_be_visible()
    screen.press("Escape")
    screen.press("ArrowUp", times=2)
    screen.wait_for_picture()
    expect(page.get_by_test_id("key-image")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Key image 1")).click()
    expect(page.get_by_test_id("key-image").first).to_be_visible()

    # Taken away from the list, and put back.
    row_of.get_by_role("button", name="Remove this measurement").click()
    expect(row_of).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row_of).to_be_visible()

    # A key of one's own: one that is taken is refused by name.
    screen.press("?")
    page.get_by_role("button", name="Change keys").click()
    change = page.locator("[data-action='probe']")
    change.click()
    screen.press("z")
    expect(page.get_by_role("alert")).to_contain_text("Z already means")
    change.click()
    screen.press(";")
    expect(change).to_have_text(";")
    keep_screenshot(page, "keys")
    screen.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 800})
    screen.press(";")
    assert screen.read("tool") == "probe"
    screen.press("Shift+M")
    screen.focus_viewport()
    page.locator("canvas.vw-loupe").first.wait_for()
    keep_screenshot(page, "loupe-1280")


def _oblique(folder: Path) -> list[Picture]:
    """Three slices of an oblique CT with pixels of 0.9 x 0.6 mm, of values one can tell apart."""
    study, series, space = generate_uid(), generate_uid(), generate_uid()
    across, down = np.array([0.8, 0.6, 0.0]), np.array([0.0, 0.0, -1.0])
    normal = np.cross(across, down)
    pictures = []
    for index in range(3):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = (
            CTImageStorage,
            ExplicitVRLittleEndian,
        )
        meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        dataset.PatientID, dataset.PatientName = PATIENT["patient_id"], PATIENT["name"]
        dataset.PatientBirthDate = dataset.PatientSex = ""
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
        dataset.SOPClassUID = CTImageStorage
        dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
        dataset.FrameOfReferenceUID = space
        dataset.Modality, dataset.StudyDate, dataset.StudyTime = "CT", "20260301", "101500"
        dataset.StudyID, dataset.AccessionNumber, dataset.SeriesNumber = "1", "T1", 1
        dataset.InstanceNumber = index + 1
        dataset.Rows, dataset.Columns = 64, 96
        dataset.ImagePositionPatient = list(np.round(normal * index * 3.0, 6))
        dataset.ImageOrientationPatient = [*across, *down]
        dataset.PixelSpacing, dataset.SliceThickness = [0.9, 0.6], 3
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
        dataset.PixelRepresentation = 0
        dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType = 1, -1024, "HU"
        rows, columns = np.mgrid[:64, :96]
        values = 1024 + 2 * rows - columns + 10 * np.sin(columns / 3) + 5 * index
        dataset.PixelData = values.astype(np.uint16).tobytes()
        dataset.save_as(folder / f"{index}.dcm", enforce_file_format=True)
        pictures.append(Picture.of(dataset))
    return pictures


def test_every_tool_on_an_oblique_image_of_pixels_that_are_not_square(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    picture = _oblique(tmp_path)[1]
    case = new_case(stack, PATIENT, "Tools")
    stack.manage("import_dicom", str(tmp_path), "--case", case)
    page = open_page(role="radiologist", path=f"/cases/{case}/view")
    screen = Screen(page)
    assert screen.wait_for_picture()["slice"] == 2
    bench = Bench(stack, screen, case)
    check_every_kind(bench, picture, 46, 30, reach=16)
    bench.write_down("oblique-not-square")
    keep_screenshot(page, "1280")
