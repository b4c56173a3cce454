"""Whole slides: a level as one picture, tile by tile where it is too large, and what is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import VLWholeSlideMicroscopyImageStorage, generate_uid

from tests.apps.imaging.dicom import make_slice
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED
from tests.e2e.screen import Screen
from tests.e2e.studies import BORN, colour, import_cases

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]
REAL = SHARED / "17-mg-us-wsi-fodicom" / "multiframe.dcm"
TILE, MICRONS = 64, 0.5
#: Left, top of each tile of a level that is too large, and of one that has holes.
LARGE = ((0, 0), (9984, 64), (19968, 6400))
HOLES = ((0, 0), (64, 0), (64, 64))


def _tiles(study_uid: str, name: str, matrix: tuple[int, int], places: Any) -> tuple[Dataset, str]:
    """A sparse level whose tile ``n`` is red 40 n at its left half, green at the other."""
    values = np.zeros((len(places), TILE, TILE, 3), np.uint8)
    values[:, :, : TILE // 2, 0] = 40 * np.arange(1, len(places) + 1)[:, None, None]
    values[:, :, TILE // 2 :, 1] = 200
    made = make_slice(
        study_uid=study_uid,
        series_uid=generate_uid(),
        patient_id="HANGS-slide",
        name="Hangs^slide",
        birth_date=BORN,
        shape=(TILE, TILE),
        modality="SM",
        SOPClassUID=VLWholeSlideMicroscopyImageStorage,
        SeriesDescription=name,
        StudyDescription="",
        DimensionOrganizationType="TILED_SPARSE",
        TotalPixelMatrixColumns=matrix[0],
        TotalPixelMatrixRows=matrix[1],
    )
    slide = colour(made, values)
    slide.file_meta.MediaStorageSOPClassUID = slide.SOPClassUID
    measures, shared = Dataset(), Dataset()
    measures.PixelSpacing = [MICRONS / 1000] * 2
    shared.PixelMeasuresSequence = [measures]
    slide.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for left, top in places:
        position, group = Dataset(), Dataset()
        position.ColumnPositionInTotalImagePixelMatrix = left + 1
        position.RowPositionInTotalImagePixelMatrix = top + 1
        group.PlanePositionSlideSequence = [position]
        groups.append(group)
    slide.PerFrameFunctionalGroupsSequence = groups
    return slide, str(slide.SeriesInstanceUID)


def _real(folder: Path, study_uid: str) -> np.ndarray:
    """The real level, with the identity and the study that its writer left out; its pixels."""
    slide = pydicom.dcmread(REAL)
    slide.StudyInstanceUID, slide.Modality, slide.StudyDate = study_uid, "SM", "20250102"
    slide.PatientID, slide.PatientName = "HANGS-slide", "Hangs^slide"
    slide.PatientBirthDate, slide.PatientSex = BORN, "F"
    slide.save_as(folder / "real.dcm", enforce_file_format=True)
    level = np.zeros((slide.TotalPixelMatrixRows, slide.TotalPixelMatrixColumns, 3), np.uint8)
    short = 0
    for index, jpeg in enumerate(generate_frames(slide.PixelData, number_of_frames=140)):
        tile = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))
        row, column = divmod(index, 14)
        level[
            row * 240 : row * 240 + tile.shape[0], column * 240 : column * 240 + tile.shape[1]
        ] = tile
        short += tile.shape != (240, 240, 3)
    assert short == 14 + 10 - 1  # its writer cut the right column and the lowest row
    return level


def _corner(level: np.ndarray) -> tuple[int, int]:
    """Column and row where four tiles meet in tissue: the darkest such place."""
    corners = [(x, y) for x in range(240, 3000, 240) for y in range(240, 2200, 240)]
    return min(
        corners, key=lambda at: level[at[1] - 24 : at[1] + 24, at[0] - 24 : at[0] + 24].mean()
    )


@pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here")
def test_a_level_is_one_picture_and_what_is_too_large_is_shown_by_its_tiles(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    study_uid = generate_uid()
    level = _real(tmp_path, study_uid)
    large, large_uid = _tiles(study_uid, "Level 0", (20032, 6464), LARGE)
    sparse, sparse_uid = _tiles(study_uid, "Region", (128, 100), HOLES)
    for slide in (large, sparse):
        slide.save_as(tmp_path / f"{slide.SOPInstanceUID}.dcm", enforce_file_format=True)
    cases = import_cases(stack, {"slide": [tmp_path]})
    page = open_page(
        role="radiologist", width=1920, height=1080, path=f"/cases/{cases['slide']}/view"
    )
    screen = Screen(page)

    # The pathology layout opens with the level, all of it, with its colours where they belong.
    report = screen.wait_for_picture(timeout_s=60)
    button = page.get_by_role("button", name="Layouts", exact=True)
    button.click()
    expect(page.locator("[role=menuitem][aria-current]")).to_contain_text("Pathology image")
    button.click()
    assert (report["modality"], report["slices"], report["stacks"]) == ("SM", 1, 1)
    expect(page.get_by_test_id("slide-region")).to_contain_text("3175 × 2281 pixels")
    expect(page.get_by_test_id("slide-region")).to_contain_text("140 tiles")
    # In the overview a pixel of the screen is three of the slide: every core where it is.
    rows, columns = np.mgrid[40:2240:40, 40:3140:40]
    grid = [[int(x), int(y), 0] for x, y in zip(columns.flat, rows.flat, strict=True)]
    seen = np.array([one[:3] for one in screen.read("colours", 0, grid)], float)
    wanted = np.array([level[y - 2 : y + 3, x - 2 : x + 3].mean(axis=(0, 1)) for x, y, _ in grid])
    tissue = wanted[:, 1] < 215
    assert 60 < tissue.sum() < len(grid) / 2
    for channel in range(3):
        assert np.corrcoef(seen[:, channel], wanted[:, channel])[0, 1] > 0.85
    assert (
        np.median(abs(seen - wanted)) < 2 and abs(seen[tissue].mean() - wanted[tissue].mean()) < 4
    )
    # The last pixel of the matrix is there, and nothing beyond: no padding of the last tile.
    inside, beyond = screen.read("colours", 0, [[3160, 2270, 0], [3190, 2270, 0]])
    assert min(inside[:3]) > 150 and max(beyond[:3]) == 0
    # One pixel is 1.03424 units of the file: it says millimetres.
    drawn = page.locator("[data-viewport='0'] .vw-scale").first.get_attribute("d") or ""
    (begin,), (end,) = (re.findall(rf"{letter}([\d.]+)", drawn) for letter in "MH")
    label = page.locator("[data-viewport='0'] .vw-scale-label").text_content() or ""
    per_px = float(label.split()[0]) * 10 / (float(end) - float(begin))
    assert label.endswith("cm") and per_px == pytest.approx(report["mm_per_px"] * 1.03424, rel=0.02)
    keep_screenshot(page, "level-1920")

    # Enlarged about a corner of four tiles: every pixel of each where it belongs.
    page.set_viewport_size({"width": 1280, "height": 800})
    wait_for(lambda: screen.viewport()["size"]["width"] < 900, what="the smaller page")
    page.wait_for_timeout(200)
    corner = _corner(level)
    x, y = screen.page_of((corner[0] - 0.5, corner[1] - 0.5, 0))
    page.mouse.move(x, y)
    page.mouse.down(button="right")
    page.mouse.move(x, y - 360, steps=6)
    page.mouse.up(button="right")
    wait_for(lambda: screen.viewport()["mm_per_px"] < 0.25, what="enlarged")
    near = [
        [corner[0] + dx, corner[1] + dy, 0] for dx in range(-12, 12, 2) for dy in range(-12, 12, 2)
    ]
    own = np.array([level[y, x] for x, y, _ in near], float)
    assert own.std(axis=0).min() > 8, "tissue, not glass"

    def apart() -> np.ndarray:
        seen = np.array([one[:3] for one in screen.read("colours", 0, near)], float)
        return abs(seen - own).max(axis=1)

    # The page has no pixel at the very middle of each of the slide's.
    wait_for(lambda: apart().max() < 25 and np.mean(apart()) < 5, what="pixels", timeout_s=10)
    # Nothing is measured on it, and it says so.
    page.get_by_role("button", name="Length", exact=True).click()
    expect(page.get_by_test_id("slide-refusal")).to_contain_text("Nothing is measured")
    centre = screen.focus_viewport()
    screen.drag(centre, (centre[0] + 80, centre[1]))
    page.wait_for_timeout(200)
    assert screen.measurements() == []
    keep_screenshot(page, "level-zoomed-1280")

    # Too large for one picture: tile by tile, each with its place in the whole.
    page.locator(f"[data-series='{large_uid}']").click()
    wait_for(lambda: screen.viewport()["series_instance_uid"] == large_uid, what="level 0")
    report = screen.wait_for_picture()
    assert report["slices"] == len(LARGE)
    expect(page.get_by_test_id("slide-refusal")).to_contain_text("too large for one picture")
    screen.focus_viewport()
    for key, (tile, (left, top)) in zip(
        ("Home", "ArrowDown", "ArrowDown"), enumerate(LARGE, 1), strict=True
    ):
        screen.press(key)
        wait_for(lambda tile=tile: screen.wait_for_picture()["frame"] == tile, what=f"tile {tile}")
        words = (
            f"columns {left + 1} to {left + TILE} of 20032, rows {top + 1} to {top + TILE} of 6464"
        )
        expect(page.get_by_test_id("slide-tile")).to_have_text(re.compile(re.escape(words)))
        wanted = [[40 * tile, 0, 0], [0, 200, 0]]
        wait_for(
            lambda wanted=wanted: np.allclose(
                [one[:3] for one in screen.read("colours", 0, [[10, 30, 0], [50, 30, 0]])],
                wanted,
                atol=2,
            ),
            what=f"the colours of tile {tile}",
            timeout_s=20,
        )
    expect(page.locator("[data-viewport='0'] .vw-scale-label")).to_contain_text("µm")
    keep_screenshot(page, "tile-1280")

    # Tiles that lie where the file says; where none lies there is nothing, in words too.
    page.locator(f"[data-series='{sparse_uid}']").click()
    wait_for(lambda: screen.viewport()["series_instance_uid"] == sparse_uid, what="the region")
    screen.wait_for_picture()
    expect(page.get_by_test_id("series-banner")).to_contain_text("Region")
    expect(page.get_by_text("Parts of this level have no tile")).to_be_visible()
    spots = [[10, 30, 0], [74, 30, 0], [74, 90, 0], [10, 90, 0], [110, 90, 0]]
    wanted = [[40, 0, 0], [80, 0, 0], [120, 0, 0], [0, 0, 0], [0, 200, 0]]
    wait_for(
        lambda: np.allclose([one[:3] for one in screen.read("colours", 0, spots)], wanted, atol=2),
        what="each tile in its place",
    )
    keep_screenshot(page, "sparse-1280")
