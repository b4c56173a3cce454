"""Segmentations of every kind that DICOM has, on an oblique phantom: drawn where they lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from tests.apps.imaging.dicom import write_files
from tests.apps.imaging.segs import OBLIQUE, describe_segment, make_seg, make_stack, raw
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import import_sets
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(600)]

Keep = Callable[[Page, str], Path]
COUNT, ROWS, COLUMNS = 5, 48, 64
ORANGE, BLUE = (230, 120, 30), (60, 120, 240)
FILL = 0.22
"""Opacity of a mask of what people or reviewed software drew (`overlay/maskPainter.ts`)."""
TAG_CSS_PX = 24
"""Height of a tag's row above its mask."""

COLOURS = """([points]) => {
  const canvas = document.querySelector("[data-viewport='0'] canvas.vw-masks")
  const box = canvas.getBoundingClientRect()
  const ratio = canvas.width / box.width
  const { width, height } = canvas
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
  return points.map((point) => {
    const [x, y] = window.__consilium.pageOf(0, point)
    const [column, row] = [Math.floor((x - box.left) * ratio), Math.floor((y - box.top) * ratio)]
    if (column < 0 || column >= width || row < 0 || row >= height) return [x, y, NaN, NaN, NaN, NaN]
    return [x, y, ...data.slice((row * width + column) * 4, (row * width + column) * 4 + 4)]
  })
}"""


def _ball(slice_: float, row: float, column: float, radius: float) -> NDArray[np.float64]:
    """Distance from a centre in radii: 0 there, 1 on the edge of a ball (an egg in mm)."""
    z, y, x = np.mgrid[:COUNT, :ROWS, :COLUMNS]
    away: NDArray[np.float64] = np.sqrt(
        ((z - slice_) * 5) ** 2 + (y - row) ** 2 + (x - column) ** 2
    )
    return away / radius


@dataclass(frozen=True)
class Kind:
    """A segmentation as sent, and the pixels that each of its segments should have."""

    name: str
    seg: hd.seg.Segmentation
    masks: list[NDArray[np.bool_]]
    note: str = ""


def _kinds(images: list[FileDataset]) -> list[Kind]:
    segments = [
        describe_segment(1, label="Liver", rgb=ORANGE),
        describe_segment(2, label="Lesion", rgb=BLUE),
    ]
    # Whole hundredths, as stored: 50 is drawn, 49 is not.
    percent = np.clip(np.round(100 - 50 * _ball(2, 26, 22, 12)), 0, 100)
    assert {49, 50} <= set(percent.ravel())
    near = _ball(2, 26, 22, 12) <= 1
    far = _ball(3, 22, 44, 11) <= 1
    labels = (near + 2 * (far & ~near)).astype(np.uint8)
    over = _ball(2, 28, 32, 13) <= 1
    both = np.stack([near, over], axis=-1).astype(np.uint8)
    assert (near & over).any() and (near & ~over).any() and (over & ~near).any()

    def made(description: str, pixels: NDArray[Any], **options: Any) -> hd.seg.Segmentation:
        return make_seg(images, pixels, series_description=description, **options)

    fractions = made(
        "Fractions",
        percent / 100,
        kind="FRACTIONAL",
        segments=segments[:1],
        fractional_type="PROBABILITY",
        max_fractional_value=100,
    )
    labelmap = made("Labels", labels, kind="LABELMAP", segments=segments)
    overlapping = made("Overlapping", both, segments=segments)
    assert (fractions.pixel_array.max(), labelmap.pixel_array.max()) == (100, 2)
    return [
        Kind("Fractions", fractions, [percent >= 50], "drawn where at least 50 % is reached"),
        Kind("Labels", labelmap, [labels == 1, labels == 2]),
        Kind("Overlapping", overlapping, [near, over]),
    ]


def _wrong(screen: Screen, image: FileDataset, masks: list[NDArray[np.bool_]]) -> int:
    """Pixels whose middle is not covered as it should be, in colour and opacity."""
    axes = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    row_mm, column_mm = (float(value) for value in image.PixelSpacing)
    rows, columns = np.mgrid[:ROWS, :COLUMNS].reshape(2, -1)
    points = (
        np.array(image.ImagePositionPatient, float)
        + columns[:, None] * column_mm * axes[0]
        + rows[:, None] * row_mm * axes[1]
    )
    seen = np.asarray(screen.page.evaluate(COLOURS, [points.tolist()]), float)
    y, colours = seen[:, 1], seen[:, 2:]
    pixel_height = abs(y.max() - y.min()) / (len(np.unique(np.round(y, 3))) - 1)
    expected = np.zeros((ROWS * COLUMNS, 4))
    # A turned picture is wider than its cell: what is outside has no colour.
    is_free = ~np.isnan(colours).any(axis=1)
    for mask, rgb in zip(masks, (ORANGE, BLUE), strict=False):
        inside = mask.ravel()
        if not inside.any():
            continue
        top = y[inside].min() - pixel_height / 2
        is_free &= (y < top - TAG_CSS_PX) | (y >= top)
        below, alpha = expected[inside, :3], expected[inside, 3:]
        over = FILL + alpha * (1 - FILL)
        mixed = (np.array(rgb) * FILL + below * alpha * (1 - FILL)) / over
        expected[inside] = np.concatenate([mixed, over], axis=1)
    assert is_free.mean() > 0.6
    opacity = np.abs(colours[:, 3] - expected[:, 3] * 255) > 2
    # Of few shades of opacity a canvas keeps a colour only roughly.
    colour = (np.abs(colours[:, :3] - expected[:, :3]) > 8).any(axis=1) & (expected[:, 3] > 0)
    return int(((opacity | colour) & is_free).sum())


def _is_right(screen: Screen, image: FileDataset, masks: list[NDArray[np.bool_]]) -> bool:
    return _wrong(screen, image, masks) == 0


def _are_on(screen: Screen, count: int) -> bool:
    return len(screen.read("masks") or []) == count


def test_fractions_labels_and_overlapping_segments_are_drawn_where_they_lie(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    """Each pixel of each slice in the colour and opacity of what lies on it, turned too."""
    ramp = np.mgrid[:ROWS, :COLUMNS].sum(axis=0).astype("<i2") * 4 + 400
    images = make_stack(
        count=COUNT,
        orientation=OBLIQUE,
        study_uid=generate_uid(),
        series_uid=generate_uid(),
        shape=(ROWS, COLUMNS),
        PixelData=ramp.tobytes(),
    )
    kinds = _kinds(images)
    write_files(tmp_path / "kinds", raw([*images, *(kind.seg for kind in kinds)]))
    case_id, _ = import_sets(stack, "SEG-KINDS", tmp_path / "kinds")
    by_uid = {str(image.SOPInstanceUID): number for number, image in enumerate(images)}
    page = open_page(
        role="radiologist",
        width=1280,
        height=800,
        path=f"/cases/{case_id}/view?series={images[0].SeriesInstanceUID}",
    )
    screen = Screen(page)
    screen.wait_for_picture()
    page.locator("label", has_text="Segments").click()
    for kind in kinds:
        section = page.get_by_role("region", name=kind.name)
        if kind.note:
            expect(section).to_contain_text(kind.note)
        switch = section.get_by_role("switch")
        switch.focus()
        page.keyboard.press("Space")
        wait_for(
            partial(_are_on, screen, len(kind.masks)),
            what=f"{kind.name} are on",
        )
        screen.focus_viewport()
        screen.press("Home")
        seen = set()
        for step in range(COUNT):
            if step:
                screen.press("ArrowDown")
            number = by_uid[screen.wait_for_picture()["sop_instance_uid"]]
            seen.add(number)
            here = [mask[number] for mask in kind.masks]
            wait_for(
                partial(_is_right, screen, images[number], here),
                what=f"{kind.name} on slice {number}, pixel for pixel",
                timeout_s=20,
            )
            if number == 2:
                keep_screenshot(page, kind.name.lower())
        assert seen == set(range(COUNT))
        if kind is kinds[-1]:
            for key in ("h", "r"):
                screen.press(key)
            wait_for(
                partial(_is_right, screen, images[number], here),
                what="the same, flipped and turned",
                timeout_s=20,
            )
        switch.focus()
        page.keyboard.press("Space")
        wait_for(partial(_are_on, screen, 0), what=f"{kind.name} are off")
