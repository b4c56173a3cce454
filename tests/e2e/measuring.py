"""A person who measures, and an image as its file has it: what tests of measuring tools share."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.e2e.harness import BASE_DIRECTORY, Stack, wait_for
from tests.e2e.screen import Point, Screen, distance_mm


class Bench:
    """One person measuring: draws on the screen, reads what the server made of it."""

    def __init__(self, stack: Stack, screen: Screen, case_id: str) -> None:
        self.screen, self.case_id = screen, case_id
        self.client = stack.client(role="radiologist")
        self.held: list[dict[str, Any]] = []

    def listed(self, what: str = "measurements") -> list[dict[str, Any]]:
        return list(
            self.client.get(f"/api/{what}", params={"case": self.case_id}).json()["results"]
        )

    def hold(self, what: str, measured: float, expected: float, allowed: float) -> None:
        """What is measured to what is known; kept for the table in the documentation."""
        found = {"measured": measured, "expected": float(expected), "allowed": allowed}
        self.held.append({"what": what, **found})
        assert abs(measured - expected) <= allowed, (what, found)

    def write_down(self, geometry: str) -> None:
        folder = BASE_DIRECTORY / "var" / "e2e"
        folder.mkdir(parents=True, exist_ok=True)
        told = json.dumps(self.held, indent=1)
        (folder / f"measurement-truth-{geometry}.json").write_text(told, "utf-8")

    def drawn(self, kind: str, act: Callable[[], None]) -> dict[str, Any]:
        """The one measurement of this kind that an act leaves on the server."""
        known = {one["id"] for one in self.listed()}
        act()

        def new() -> dict[str, Any] | None:
            return next((one for one in self.listed() if one["id"] not in known), None)

        made: dict[str, Any] = wait_for(new, what=f"a {kind}", timeout_s=20)
        assert made["kind"] == kind
        return made

    def by_mouse(
        self, kind: str, key: str, *drags: tuple[Point, Point], keep: bool = False
    ) -> dict[str, Any]:
        """The tool's key, then press, drag, let go between patient points."""
        page_of = self.screen.page_of

        def act() -> None:
            self.screen.press(key)
            for start, end in drags:
                if start == end:
                    self.screen.page.mouse.click(*page_of(start))
                else:
                    self.screen.drag(page_of(start), page_of(end))

        made = self.drawn(kind, act)
        if not keep:
            self.put_away(made)
        return made

    def put_away(self, measurement: dict[str, Any]) -> None:
        """What was just drawn is selected: Delete takes it away, and the next has room."""
        self.screen.wait_for_measurement(measurement["id"])
        self.screen.press("Delete")
        wait_for(
            lambda: measurement["id"] not in {one["id"] for one in self.listed()},
            what="the measurement is gone",
            timeout_s=20,
        )

    def outlined(self, points: list[Point]) -> dict[str, Any]:
        def act() -> None:
            mouse = self.screen.page.mouse
            self.screen.press("f")
            mouse.move(*self.screen.page_of(points[0]))
            mouse.down()
            for point in [*points[1:], points[0]]:
                mouse.move(*self.screen.page_of(point), steps=3)
            mouse.up()

        made = self.drawn("freehand", act)
        self.put_away(made)
        return made


def outline_of(points: list[Point]) -> tuple[float, float]:
    """Area by triangles from the first point, and the way around, of a flat outline."""
    places = np.array(points)
    arms = places[1:] - places[0]
    normal = np.cross(arms[0], arms[1])
    normal /= np.linalg.norm(normal)
    area = abs(float(sum(np.cross(a, b) @ normal for a, b in pairwise(arms))))
    around = np.linalg.norm(places - np.roll(places, -1, axis=0), axis=1).sum()
    return area / 2, float(around)


def said(measurement: dict[str, Any]) -> dict[str, float]:
    return {one["quantity"]: one["value"] for one in measurement["values"]}


class Picture:
    """One image as its file has it: PS3.3 C.7.6.2.1-1 and C.11.1, written out."""

    def __init__(self, hu: np.ndarray, *, position: Any, orientation: Any, spacing: Any) -> None:
        self.hu = hu
        self.origin = np.array(position, float)
        self.across = np.array(orientation[:3], float)
        self.down = np.array(orientation[3:], float)
        self.row_mm, self.column_mm = map(float, spacing)

    @classmethod
    def of(cls, dataset: Any) -> Picture:
        hu = dataset.pixel_array.astype(float) * float(dataset.RescaleSlope)
        return cls(
            hu + float(dataset.RescaleIntercept),
            position=dataset.ImagePositionPatient,
            orientation=dataset.ImageOrientationPatient,
            spacing=dataset.PixelSpacing,
        )

    @classmethod
    def of_frame(cls, dataset: Any, number: int) -> Picture:
        """One frame of an enhanced object; everything is said of each frame (PS3.3 C.7.6.16)."""
        said = dataset.PerFrameFunctionalGroupsSequence[number - 1]
        value = said.PixelValueTransformationSequence[0]
        hu = dataset.pixel_array[number - 1].astype(float) * float(value.RescaleSlope)
        return cls(
            hu + float(value.RescaleIntercept),
            position=said.PlanePositionSequence[0].ImagePositionPatient,
            orientation=said.PlaneOrientationSequence[0].ImageOrientationPatient,
            spacing=said.PixelMeasuresSequence[0].PixelSpacing,
        )

    def at(self, column: float, row: float) -> Point:
        x, y, z = (
            self.origin + self.across * column * self.column_mm + self.down * row * self.row_mm
        )
        return (float(x), float(y), float(z))

    def pixels(self, points: list[list[float]]) -> np.ndarray:
        offsets = np.array(points, float) - self.origin
        return np.stack(
            [offsets @ self.across / self.column_mm, offsets @ self.down / self.row_mm], axis=1
        )

    def in_ellipse(self, points: list[list[float]]) -> np.ndarray:
        """Pixels whose centre fulfils the ellipse's equation in millimetres."""
        a, b, c, d = (np.array(point, float) for point in points)
        middle = (a + b) / 2
        rows, columns = np.mgrid[: self.hu.shape[0], : self.hu.shape[1]]
        places = (
            self.origin
            + self.across * (columns[..., None] * self.column_mm)
            + self.down * (rows[..., None] * self.row_mm)
            - middle
        )
        first, second = (b - a) / 2, (d - c) / 2
        share = (places @ first / (first @ first)) ** 2 + (places @ second / (second @ second)) ** 2
        return self.hu[share <= 1]

    def in_outline(self, points: list[list[float]]) -> np.ndarray:
        """Even-odd by one ray per pixel, in plain loops."""
        outline = self.pixels(points)
        found = []
        low, high = np.floor(outline.min(axis=0)), np.ceil(outline.max(axis=0))
        for row in range(int(low[1]), int(high[1]) + 1):
            for column in range(int(low[0]), int(high[0]) + 1):
                inside = False
                for (x1, y1), (x2, y2) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
                    if (y1 > row) != (y2 > row):
                        inside ^= bool(column < x1 + (row - y1) / (y2 - y1) * (x2 - x1))
                if inside:
                    found.append(self.hu[row, column])
        return np.array(found)

    @property
    def half_pixel_mm(self) -> float:
        return max(self.row_mm, self.column_mm) / 2


def check_every_kind(bench: Bench, picture: Picture, column: int, row: int, reach: int) -> None:
    """Draw each kind about a place, ``reach`` pixels wide, and hold the values to the file."""
    at = picture.at
    left, right = at(column - reach, row), at(column + reach, row)
    top, bottom = at(column, row - reach), at(column, row + reach)

    half, hold = picture.half_pixel_mm, bench.hold
    length = bench.by_mouse("length", "m", (left, right))
    hold("length, mm", said(length)["length"], distance_mm(left, right), half)
    slanted = at(column - reach, row - 1)
    axes = said(bench.by_mouse("bidirectional", "b", (slanted, right)))
    hold("long axis, mm", axes["long_axis"], distance_mm(slanted, right), half)

    probe = bench.by_mouse("probe", "d", (at(column + 1, row - 2), at(column + 1, row - 2)))
    hold("probe, HU", said(probe)["value"], picture.hu[row - 2, column + 1], 1e-4)
    assert probe["values"][0]["unit"] == "HU"

    angle = bench.by_mouse("angle", "a", (top, at(column, row)), (right, right))
    hold("angle, deg", said(angle)["angle"], 90.0, 0.5)
    diagonal = (at(column - reach, row + reach), at(column + reach, row + reach - 4))
    cobb = bench.by_mouse("cobb", "Shift+A", (left, right), diagonal)
    expected = math.degrees(math.atan2(4 * picture.row_mm, 2 * reach * picture.column_mm))
    hold("Cobb angle, deg", said(cobb)["angle"], expected, 0.5)

    corners = (at(column - reach + 0.3, row - 4.6), at(column + 3.2, row + 5.4))
    box = bench.by_mouse("rectangle", "Shift+E", corners)
    inside = picture.hu[row - 4 : row + 6, column - reach + 1 : column + 4]
    width, height = (3.2 + reach - 0.3) * picture.column_mm, 10.0 * picture.row_mm
    # Each edge may lie half a pixel away from where it was meant.
    hold("rectangle, mm2", said(box)["area"], width * height, half * (width + height))
    hold("rectangle, mean HU", said(box)["mean"], inside.mean(), 0.5)
    assert said(box)["count"] == inside.size

    angles = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    star = [
        at(column + r * math.cos(turn), row + r * math.sin(turn))
        for turn, r in zip(angles, [reach, reach * 0.55] * 7, strict=True)
    ]
    outline = bench.outlined(star)
    inside = picture.in_outline(outline["points_lps"])
    hold("freehand, mean HU", said(outline)["mean"], inside.mean(), 0.5)
    assert said(outline)["count"] == pytest.approx(inside.size, abs=1)
    area, around = outline_of(star)
    hold("freehand, mm2", said(outline)["area"], area, half * around)

    corners = (at(column - reach, row - 5.3), at(column + 5.2, row + 6.1))
    ellipse = bench.by_mouse("ellipse", "e", corners, keep=True)
    inside = picture.in_ellipse(ellipse["points_lps"])
    statistics = said(ellipse)
    hold("ellipse, mean HU", statistics["mean"], inside.mean(), 0.5)
    hold("ellipse, SD HU", statistics["standard_deviation"], inside.std(), 0.5)
    assert (statistics["minimum"], statistics["maximum"]) == (inside.min(), inside.max())
    assert statistics["count"] == inside.size
    a, b = (reach + 5.2) / 2 * picture.column_mm, 11.4 / 2 * picture.row_mm
    hold("ellipse, mm2", statistics["area"], math.pi * a * b, half * math.pi * (a + b))

    arrow = bench.by_mouse("arrow", "Shift+W", (bottom, at(column + 2, row + 2)), keep=True)
    assert arrow["values"] == [] and arrow["problem"] is None
