"""Measured on the screen, held to the phantoms: enhanced frames, SUV, and images without a scale.

`docs/measurement-truth.md` has the table of every quantity on every geometry.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
    generate_uid,
)

from tests.apps.ai.real_data import read_nifti_mask
from tests.apps.imaging.dicom import make_slice
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_sets
from tests.e2e.measuring import Bench, Picture, check_every_kind, said
from tests.e2e.screen import Screen
from tests.phantom_enhanced import build_enhanced

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]
DROS = SHARED / "22-suv-dro"


def _show(screen: Screen, series_uid: str) -> None:
    """The series in the first viewport, from the list of series."""
    screen.page.locator(f"[data-series='{series_uid}']").first.click()
    wait_for(
        lambda: screen.viewport().get("series_instance_uid") == series_uid,
        what="the series",
        timeout_s=60,
    )
    screen.wait_for_picture()
    screen.focus_viewport()
    screen.page.locator("[data-viewport='0']").focus()  # Enter would press the series again


def _go_to(screen: Screen, sop_instance_uid: str, frame: int = 1) -> None:
    screen.press("Home")
    for _ in range(40):
        report = screen.wait_for_picture()
        if (report["sop_instance_uid"], report["frame"]) == (sop_instance_uid, frame):
            break
        screen.press("ArrowDown")
    report = screen.wait_for_picture()
    assert (report["sop_instance_uid"], report["frame"]) == (sop_instance_uid, frame)


def test_every_tool_on_frames_of_an_enhanced_object(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    image = build_enhanced(patient_id="TRUTH-1", name="Truth^Enhanced")
    image.save_as(tmp_path / "enhanced.dcm", enforce_file_format=True)
    case_id, _ = import_sets(stack, "TRUTH-1", tmp_path)
    screen = Screen(open_page(role="radiologist", path=f"/cases/{case_id}/view"))
    screen.wait_for_picture()
    screen.focus_viewport()
    _go_to(screen, str(image.SOPInstanceUID), frame=3)
    picture = Picture.of_frame(image, 3)
    # The screen has the values of this frame, where this frame says that it lies.
    for column, row in ((10, 12), (46, 30), (80, 50)):
        x, y = screen.page_of(picture.at(column, row))
        assert screen.read("valueAt", 0, [column, row]) == pytest.approx(picture.hu[row, column])
        back = screen.read("patientAt", 0, [x, y])
        assert back == pytest.approx(picture.at(column, row), abs=1e-6)
    bench = Bench(stack, screen, case_id)
    check_every_kind(bench, picture, 46, 30, reach=16)
    bench.write_down("enhanced")
    assert {one["frame"] for one in bench.listed()} == {3}
    keep_screenshot(screen.page, "1280")


def _dro_files(name: str) -> list[Dataset]:
    files = [pydicom.dcmread(path) for path in sorted((DROS / name / "PT").glob("*.dcm"))]
    return sorted(files, key=lambda one: float(one.ImagePositionPatient[2]))


def _across_midnight(images: list[Dataset]) -> None:
    """Injected at 23:30 and scanned at 0:30 of the next day; only the time of day is told."""
    for image in images:
        image.SeriesTime = image.AcquisitionTime = "003000"
        (drug,) = image.RadiopharmaceuticalInformationSequence
        if "RadiopharmaceuticalStartDateTime" in drug:
            del drug.RadiopharmaceuticalStartDateTime
        drug.RadiopharmaceuticalStartTime = "233000"
        image.SeriesInstanceUID = f"{image.SeriesInstanceUID}.7"
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()


@pytest.mark.skipif(not DROS.exists(), reason="shared data 22-suv-dro is not here")
def test_suv_of_reference_objects_on_the_screen(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    with (DROS / "expected.csv").open(encoding="utf-8") as rows:
        expected = {row["ID"]: float(row["SUVmax_expected"]) for row in csv.DictReader(rows)}
    wanted: dict[str, tuple[Dataset, np.ndarray, float]] = {}
    study = generate_uid()
    for name in [*expected, "midnight"]:
        source = "DRO_0_0" if name == "midnight" else name
        images = _dro_files(source)
        for image in images:
            image.StudyInstanceUID = study  # the contours of the same study are another test's
        if name == "midnight":
            _across_midnight(images)
        mask = read_nifti_mask(DROS / source / "mask" / "DRO_mask.nii.gz")
        values = np.stack([one.pixel_array * float(one.RescaleSlope) for one in images])
        # The published maximum of the object gives every voxel its SUV: no formula of ours.
        scale = expected[source] / values[mask].max()
        hottest = int(np.argmax((values * mask).max(axis=(1, 2))))
        for index in (hottest - 1, hottest, hottest + 1):
            images[index].save_as(tmp_path / f"{name}-{index}.dcm", enforce_file_format=True)
        wanted[name] = images[hottest], values[hottest] * scale, expected[source]
    case_id, _ = import_sets(stack, "TRUTH-2", tmp_path)
    screen = Screen(open_page(role="radiologist", path=f"/cases/{case_id}/view"))
    screen.wait_for_picture()
    bench = Bench(stack, screen, case_id)
    for name, (image, suv, highest) in wanted.items():
        _show(screen, str(image.SeriesInstanceUID))
        _go_to(screen, str(image.SOPInstanceUID))
        assert screen.viewport()["unit"] == "SUVbw g/mL", name
        _hold_to(bench, name, image, suv, highest)
    bench.write_down("suv")
    keep_screenshot(screen.page, "1280")


def _hold_to(bench: Bench, name: str, image: Dataset, suv: np.ndarray, highest: float) -> None:
    """The probe of the viewer, and the region of the server, within 0.1 %."""
    row, column = map(int, np.unravel_index(int(np.argmax(suv)), suv.shape))
    shown = bench.screen.read("valueAt", 0, [column, row])
    bench.hold(f"{name}, value at the pointer", shown, highest, 1e-3 * highest)
    image.RescaleIntercept = getattr(image, "RescaleIntercept", 0)
    at = Picture.of(image).at
    probe = bench.by_mouse("probe", "d", (at(column, row), at(column, row)))
    bench.hold(f"{name}, probe", said(probe)["value"], highest, 1e-3 * highest)
    assert probe["values"][0]["unit"] == "SUVbw"
    corners = (at(column - 6.4, row - 4.4), at(column + 5.4, row + 7.4))
    region = bench.by_mouse("rectangle", "Shift+E", corners)
    inside = suv[row - 4 : row + 8, column - 6 : column + 6]
    assert said(region)["count"] == inside.size
    mean = float(inside.mean())
    bench.hold(f"{name}, region mean", said(region)["mean"], mean, 1e-3 * mean)
    bench.hold(f"{name}, region maximum", said(region)["maximum"], highest, 1e-3 * highest)


def _plain(name: str, sop_class: str, modality: str, **elements: Any) -> Dataset:
    """An image without a place in the patient; what it says of millimetres is ``elements``."""
    image = make_slice(
        study_uid=STUDY,
        series_uid=generate_uid(),
        patient_id="TRUTH-3",
        name="Truth^Scale",
        shape=(96, 128),
        modality=modality,
        StudyID="1",
        SeriesDescription=name,
    )
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "SliceThickness",
        "FrameOfReferenceUID",
    ):
        delattr(image, keyword)
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = sop_class
    for keyword, value in elements.items():
        setattr(image, keyword, value)
    return image


STUDY = generate_uid()
#: The label is asked for anew each time: the drawing may be made again meanwhile.
FITS = """(id) => {
  const cell = document.querySelector("[data-viewport='0']")
  const words = cell.querySelector(`[data-measurement='${id}'] text`)
  if (words === null) return false
  const [a, b] = [words, cell].map((one) => one.getBoundingClientRect())
  return a.left >= b.left && a.right <= b.right
}"""


def _ultrasound_region() -> list[Dataset]:
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 10, 10
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 120, 90
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX, region.PhysicalDeltaY = 0.03, 0.05
    return [region]


XRAY, SCREEN = DigitalXRayImageStorageForPresentation, SecondaryCaptureImageStorage
#: What is said on the viewport, and what twenty pixels along a row are then: value, unit, basis.
SCALES: dict[str, tuple[str, str, dict[str, Any], str, tuple[float, str, str | None]]] = {
    "nothing known": (SCREEN, "OT", {}, "lengths in pixels", (20.0, "px", None)),
    "says a spacing": (
        SCREEN, "OT", {"PixelSpacing": [0.4, 0.2]},
        "as the file states", (4.0, "mm", "stated"),
    ),
    "detector only": (
        XRAY, "DX", {"ImagerPixelSpacing": [0.3, 0.15]},
        "at the detector", (3.0, "mm", "detector"),
    ),
    "detector and magnification": (
        XRAY, "DX",
        {"ImagerPixelSpacing": [0.3, 0.15], "EstimatedRadiographicMagnificationFactor": 1.5},
        "at the detector", (3.0, "mm", "detector"),
    ),
    "calibrated": (
        XRAY, "DX",
        {"ImagerPixelSpacing": [0.3, 0.15], "PixelSpacing": [0.2, 0.1],
         "PixelSpacingCalibrationType": "GEOMETRY"},
        "calibrated by the file", (2.0, "mm", "calibrated"),
    ),
    "ultrasound region": (
        UltrasoundImageStorage, "US", {"SequenceOfUltrasoundRegions": _ultrasound_region()},
        "calibrated ultrasound region", (6.0, "mm", "region"),
    ),
}  # fmt: skip


def test_an_image_without_a_scale_says_so_and_what_is_measured_on_it_too(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    images = {
        name: _plain(name, sop_class, modality, **elements)
        for name, (sop_class, modality, elements, _, _) in SCALES.items()
    }
    for name, image in images.items():
        image.save_as(tmp_path / f"{name}.dcm", enforce_file_format=True)
    case_id, _ = import_sets(stack, "TRUTH-3", tmp_path)
    page = open_page(role="radiologist", path=f"/cases/{case_id}/view")
    screen = Screen(page)
    screen.wait_for_picture()
    bench = Bench(stack, screen, case_id)
    marks = {
        "stated": "as stated by the file",
        "detector": "at the detector",
        "calibrated": "calibrated",
        "region": "ultrasound region",
    }
    page.get_by_text("Measured").click()

    def by_keys() -> None:
        screen.press("Escape")
        for key in ("m", "Enter", "Enter", "Shift+ArrowRight", "Shift+ArrowRight", "Enter"):
            screen.press(key)

    for name, (_, _, _, words, (length, unit, basis)) in SCALES.items():
        _show(screen, str(images[name].SeriesInstanceUID))
        cell = page.locator("[data-viewport='0']")
        expect(cell).to_contain_text(words)
        made = bench.drawn("length", by_keys)
        # With the tool in hand the viewport says loudly that these are no millimetres.
        expect(cell.get_by_test_id("uncalibrated")).to_have_count(1 if basis is None else 0)
        (value,) = made["values"]
        assert (value["value"], value["unit"], value["basis"]) == (
            pytest.approx(length, abs=1e-6),
            unit,
            basis,
        ), name
        # The drawing itself and the list say of what: a number alone never stands for millimetres.
        told = f"{length:.1f} {unit}" + (f" ({marks[basis]})" if basis else "")
        screen.wait_for_measurement(made["id"])
        (drawn,) = [one for one in screen.measurements() if one["id"] == made["id"]]
        assert drawn["text"] == told, name
        page.wait_for_function(FITS, arg=made["id"], timeout=5_000)
        expect(page.locator(f"[data-measured='{made['id']}']")).to_contain_text(told)
        keep_screenshot(page, name.replace(" ", "-"))
    # Half in the region and half outside of it: no scale holds for both ends.
    for key in ("Escape", "m", "Enter", *["Shift+ArrowRight"] * 6, "Enter"):
        screen.press(key)

    def back_into_it() -> None:
        for key in (*["Shift+ArrowLeft"] * 9, "Enter"):
            screen.press(key)

    assert bench.drawn("length", back_into_it)["values"][0]["unit"] == "px"
