"""The same line on real images: through Orthanc, into the archive, onto the screen, analysed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED
from tests.e2e.real import PET_CT_MR, PET_RAW, case_with_studies, send_to_pacs
from tests.e2e.screen import Screen
from tests.e2e.segments import show_segment

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.orthanc,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here"),
]
Keep = Callable[[Page, str], Path]

CT_CHEST = "01-ct-chest-adenocarcinoma-A0001"
CT_LIVER = "02-ct-liver-mets-CRLM-1004"
SEG_DCMQI = "11-seg-sr-dcmqi/ct-3slice"
GTV_MAXIMUM = 7.911


def _show(open_page: OpenPage, case_id: str, study_uid: str, series_uid: str) -> Screen:
    page = open_page(
        role="radiologist",
        width=1280,
        height=800,
        path=f"/cases/{case_id}/view?study={study_uid}&series={series_uid}",
    )
    screen = Screen(page)
    screen.wait_for_picture()
    return screen


@pytest.mark.parametrize("folder", [CT_CHEST, CT_LIVER, PET_CT_MR])
def test_real_series_are_shown_with_their_own_values(
    folder: str, stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    """Every image series of the set draws, and a voxel's value is what pydicom computes."""
    patient_id = send_to_pacs(stack, folder)
    case_id, studies = case_with_studies(stack, patient_id=patient_id, title=folder)
    originals = {}
    for path in (SHARED / folder).rglob("*"):
        if path.is_file():
            try:
                dataset = pydicom.dcmread(path)
            except pydicom.errors.InvalidDicomError:
                continue
            originals[str(dataset.SOPInstanceUID)] = dataset
    shown = 0
    for study in studies:
        for series in study["series"]:
            if series["kind"] != "image" or not series["frame_count"]:
                continue
            screen = _show(
                open_page, case_id, study["study_instance_uid"], series["series_instance_uid"]
            )
            report = screen.viewport()
            original = originals.get(report["sop_instance_uid"])
            if original is None:  # another set of the same patient
                continue
            keep_screenshot(screen.page, f"{series['modality']}")
            assert float(np.std(screen.picture())) > 5, "an empty picture"
            column, row = int(original.Columns) // 2, int(original.Rows) // 2
            slope = float(getattr(original, "RescaleSlope", 1))
            intercept = float(getattr(original, "RescaleIntercept", 0))
            expected = float(original.pixel_array[row, column]) * slope + intercept
            assert screen.read("valueAt", 0, [column, row]) == pytest.approx(expected, abs=0.01)
            shown += 1
            screen.page.context.close()
    assert shown >= 1


def test_pet_regions_of_a_real_scan_contain_the_hottest_voxel_of_the_tumour(
    stack: Stack,
) -> None:
    """Set 04: SUVbw from the header; the region with the GTV's maximum is listed among all."""
    patient_id = send_to_pacs(stack, PET_RAW)
    case_id, studies = case_with_studies(stack, patient_id=patient_id, title=PET_RAW)
    reader = stack.client(role="radiologist")
    model = next(one for one in reader.get("/api/models").json()["results"] if "PET" in one["name"])
    raw = {
        str(pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID)
        for path in (SHARED / PET_RAW).rglob("*.dcm")
    }
    series_uid = next(
        series["series_instance_uid"]
        for study in studies
        for series in study["series"]
        if series["modality"] == "PT" and series["series_instance_uid"] in raw
    )
    answer = reader.post(
        "/api/jobs", json={"case": case_id, "model": model["id"], "series_instance_uid": series_uid}
    )
    assert answer.status_code in {200, 201, 202}, answer.text
    job_id = answer.json()["id"]

    def ended() -> Any:
        job = reader.get(f"/api/jobs/{job_id}").json()
        return job if job["state"] not in {"queued", "running"} else None

    job = wait_for(ended, what="the PET analysis ended", timeout_s=240)
    assert job["state"] == "findings", job
    findings: list[Any] = []
    url: str | None = f"/api/findings?case={case_id}&limit=200"
    while url:
        page = reader.get(url).json()
        findings += page["results"]
        url = page["next"]
    maxima = [
        value["value"]
        for finding in findings
        for value in finding["measurements"]
        if value["quantity"] in {"suv_max", "SUVmax", "suvmax"}
    ]
    assert len(findings) > 1
    assert any(value == pytest.approx(GTV_MAXIMUM, abs=0.005) for value in maxima), maxima
    assert not any("tumour" in finding["label"].lower() for finding in findings)


def test_the_phantom_model_refuses_a_real_scan_and_says_why(stack: Stack) -> None:
    patient_id = send_to_pacs(stack, CT_CHEST)
    case_id, studies = case_with_studies(stack, patient_id=patient_id, title=f"{CT_CHEST} scope")
    reader = stack.client(role="radiologist")
    model = next(
        one for one in reader.get("/api/models").json()["results"] if "hantom" in one["name"]
    )
    series_uid = next(
        series["series_instance_uid"]
        for study in studies
        for series in study["series"]
        if series["modality"] == "CT"
    )
    job_id = reader.post(
        "/api/jobs", json={"case": case_id, "model": model["id"], "series_instance_uid": series_uid}
    ).json()["id"]

    def ended() -> Any:
        job = reader.get(f"/api/jobs/{job_id}").json()
        return job if job["state"] not in {"queued", "running"} else None

    job = wait_for(ended, what="the job ended", timeout_s=120)
    assert job["state"] == "out_of_scope"
    assert "phantom" in job["reason"]["message"].lower()


@pytest.mark.parametrize("renderer", ["canvas", "gpu"])
def test_a_segmentation_from_the_pacs_lies_on_the_pixels_it_was_drawn_on(
    renderer: str, stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    """dcmqi's liver: listed, off, switched on by keyboard, and then where the file says."""
    patient_id = send_to_pacs(stack, SEG_DCMQI)
    case_id, studies = case_with_studies(stack, patient_id=patient_id, title=f"SEG {renderer}")
    (study,) = studies
    ct = next(one for one in study["series"] if one["modality"] == "CT")
    screen = _show(open_page, case_id, study["study_instance_uid"], ct["series_instance_uid"])
    page = screen.page
    page.evaluate("kind => localStorage.setItem('consilium.renderer', kind)", renderer)
    page.reload()
    screen.wait_for_picture()
    # The first picture is the canvas's; the card's renderer takes over when the page rests.
    wait_for(lambda: screen.viewport()["renderer"] == renderer, what=renderer, timeout_s=30)
    screen.wait_for_picture()
    page.locator("label", has_text="Segments").click()
    boxes = page.get_by_role("checkbox", name="Show")
    wait_for(lambda: boxes.count() >= 5, what="the segments that people drew, if not more")
    assert page.get_by_role("radio", name=f"Segments {boxes.count()}").is_checked()
    assert not any(boxes.nth(n).is_checked() for n in range(boxes.count()))
    assert screen.read("masks") == []
    keep_screenshot(page, f"seg-{renderer}-off")
    liver = pydicom.dcmread(SHARED / SEG_DCMQI / "liver.dcm")
    client = stack.client(role="radiologist")
    listed = client.get(f"/api/cases/{case_id}/segmentations").json()
    (own,) = (one for one in listed["results"] if one["sop_instance_uid"] == liver.SOPInstanceUID)
    section = page.locator(f"[data-segmentation='{own['id']}']")
    assert section.get_attribute("aria-label") == str(liver.SeriesDescription)
    # A person and a program drew it: a finding of that program, until somebody answers for it.
    assert liver.SegmentSequence[0].SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert show_segment(screen, client, case_id=case_id, listed=own)
    originals = {
        str(one.SOPInstanceUID): one
        for one in map(pydicom.dcmread, sorted((SHARED / SEG_DCMQI).glob("0*.dcm")))
    }
    planes = {
        round(float(group.PlanePositionSequence[0].ImagePositionPatient[2]), 2): plane > 0
        for group, plane in zip(
            liver.PerFrameFunctionalGroupsSequence, liver.pixel_array, strict=True
        )
    }
    wait_for(lambda: len(screen.read("masks") or []) == 1, what="one mask is on")
    seen = set()
    for press in ("Home", "ArrowDown", "ArrowDown"):
        screen.focus_viewport()
        page.keyboard.press(press)
        report = screen.wait_for_picture()
        image = originals[report["sop_instance_uid"]]
        seen.add(report["sop_instance_uid"])
        mask = planes[round(float(image.ImagePositionPatient[2]), 2)]
        points, inside = _sample(image, mask)

        def drawn(points: Any = points, inside: Any = inside) -> bool:
            return bool(np.array_equal(screen.overlay_at(points) > 0, inside))

        wait_for(drawn, what=f"{renderer}: the overlay is the mask, pixel for pixel")
    assert len(seen) == 3
    keep_screenshot(page, f"seg-{renderer}-on")
    page.set_viewport_size({"width": 1024, "height": 768})
    page.wait_for_timeout(500)
    keep_screenshot(page, f"seg-{renderer}-1024")


def _sample(image: Any, mask: np.ndarray) -> tuple[list[Any], np.ndarray]:
    """Centres of pixels well inside the mask, or far enough outside for its name not to reach."""
    rows, columns = np.mgrid[36:470:19, 36:470:19].reshape(2, -1)
    clear = [
        bool(
            mask[r - 3 : r + 4, c - 3 : c + 4].all()
            or not mask[r - 36 : r + 37, c - 36 : c + 37].any()
        )
        for r, c in zip(rows, columns, strict=True)
    ]
    origin = np.array(image.ImagePositionPatient, dtype=float)
    row_axis, column_axis = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
    between_rows, between_columns = (float(v) for v in image.PixelSpacing)
    chosen = [(r, c) for r, c, is_clear in zip(rows, columns, clear, strict=True) if is_clear]
    points = [
        (origin + row_axis * c * between_columns + column_axis * r * between_rows).tolist()
        for r, c in chosen
    ]
    inside = np.array([mask[r, c] for r, c in chosen])
    assert inside.any() and not inside.all()
    return points, inside
